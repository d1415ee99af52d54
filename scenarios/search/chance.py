"""Constraints that have to hold in so many of a hundred runs, around any problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from scenarios.search.problem import Evaluated, Problem

__all__ = ["Chance", "order_weights"]


class Chance:
    """A problem whose constraints hold in a share of the replications, in place of on average.

    The value of such a constraint is the least that at least the share of the replications keep below: it is zero or
    less exactly if so many keep the constraint. Its slopes, which jump where two replications change places, are the
    average of the slopes of the replications, weighted by how near each is to that rank (`order_weights`).

    Args:
        problem: what is searched; with `slopes_each(point) -> [output, variable, replication]` it has derivatives of
            these constraints, else their rows are not known and searches take differences.
        shares: of the replications, from above 0 to 1, by place of the constraint, 0 for the first.

    Raises:
        ValueError: a share or a place that cannot be.

    Example:
        >>> from types import SimpleNamespace
        >>> told = Evaluated(np.array([[[5.0, 5, 5, 5], [-3, -2, -1, 4]]]))
        >>> own = SimpleNamespace(
        ...     names=("x",), low=np.zeros(1), high=np.ones(1), start=np.zeros(1), integer=np.zeros(1, bool),
        ...     objectives=1, constraints=1, evaluate=lambda points: told)
        >>> Chance(own, {0: 0.75}).evaluate(np.zeros((1, 1))).means
        array([[ 5., -1.]])
    """

    def __init__(self, problem: Problem, shares: Mapping[int, float]) -> None:
        for place, share in shares.items():
            if not 0 <= place < problem.constraints:
                raise ValueError(
                    f"there is no constraint {place}; the problem has {problem.constraints}. Count from 0."
                )
            if not 0 < share <= 1:
                raise ValueError(
                    f"a share of runs is {share}; it lies above 0 and is 1 at most. Use 0.95 for 95 in 100."
                )
        self._problem, self._shares = problem, dict(shares)
        self.names, self.low, self.high = problem.names, problem.low, problem.high
        self.start, self.integer = problem.start, problem.integer
        self.objectives, self.constraints = problem.objectives, problem.constraints

    def evaluate(self, points: Any) -> Evaluated:
        """Outputs, each replication of a chance constraint with the value of its rank."""
        values = np.array(self._problem.evaluate(points).values, float)
        for place, share in self._shares.items():
            row = values[:, self.objectives + place]
            rank = _rank(share, row.shape[1])
            known = np.isfinite(row).all(axis=1, keepdims=True)
            row[:] = np.where(known, np.sort(row, axis=1)[:, rank - 1 : rank], np.nan)
        return Evaluated(values)

    def slopes(self, point: np.ndarray) -> np.ndarray | None:
        """Derivatives; rows of chance constraints are NaN where the problem does not tell those of every run."""
        slopes = self._problem.slopes(point)
        if slopes is None:
            return None
        slopes = np.array(slopes, float)
        each = getattr(self._problem, "slopes_each", None)
        if each is None:
            slopes[[self.objectives + place for place in self._shares]] = np.nan
            return slopes
        values, jacobians = self._problem.evaluate(point[None]).values[0], np.asarray(each(point), float)
        for place, share in self._shares.items():
            at = self.objectives + place
            weights = np.empty(values.shape[1])
            weights[np.argsort(values[at], kind="stable")] = order_weights(share, len(weights))
            slopes[at] = jacobians[at] @ weights
        return slopes


def _rank(share: float, count: int) -> int:
    """How many of the replications have to keep a constraint."""
    return max(1, int(np.ceil(share * count - 1e-9)))


def order_weights(share: float, count: int) -> np.ndarray:
    """Weights [rank] of the sorted replications, adding to 1, centred on the rank of a share.

    Weight k is I(k/n) - I((k-1)/n) with the regularised incomplete beta function of parameters r and n - r + 1, where
    the r-th order statistic of n uniform draws lies.

    Source:
        Harrell and Davis, A new distribution-free quantile estimator, Biometrika 69 (1982) 635-640.

    Example:
        >>> weights = order_weights(0.8, 10)
        >>> round(float(weights.sum()), 12), int(np.argmax(weights)) + 1
        (1.0, 8)
    """
    from scipy.special import betainc  # noqa: PLC0415  half a second

    rank = _rank(share, count)
    return np.diff(betainc(rank, count - rank + 1, np.linspace(0.0, 1.0, count + 1)))
