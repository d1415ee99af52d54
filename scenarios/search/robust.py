"""One choice for several scenarios (of demand, tariff or failures): the mean, the worst, or the mean of the worst."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scenarios.search.problem import Evaluated, Problem

__all__ = ["Robust"]


class Robust:
    """The same variables in several problems, whose outputs are made one.

    Args:
        problems: one for each scenario, alike in variables, objectives, constraints and replications.
        probabilities: of the scenarios; all the same if not given.
        tail: share of the probability that counts, the worst first: 1 is the mean over all scenarios, 0 is the worst
            scenario alone, 0.2 is the mean of the worst fifth (conditional value at risk).
        constraint_tail: the same for the constraints: 0, the default, keeps them in every scenario.

    Raises:
        ValueError: the problems are not alike, or a number that cannot be.

    Source:
        Rockafellar and Uryasev, Optimization of conditional value-at-risk, Journal of Risk 2 (2000) 21-41.
    """

    def __init__(
        self,
        problems: Sequence[Problem],
        *,
        probabilities: Sequence[float] | None = None,
        tail: float = 1.0,
        constraint_tail: float = 0.0,
    ) -> None:
        if not problems:
            raise ValueError("a robust choice needs a scenario. Give one problem at least.")
        first = problems[0]
        for other in problems[1:]:
            if (other.names, other.objectives, other.constraints) != (first.names, first.objectives, first.constraints):
                raise ValueError("the scenarios differ in variables, aims or constraints. Build them alike.")
        for name, part in (("tail", tail), ("constraint_tail", constraint_tail)):
            if not 0 <= part <= 1:
                raise ValueError(f"{name} is {part}; it lies between 0 (the worst alone) and 1 (the mean).")
        own = np.full(len(problems), 1.0) if probabilities is None else np.asarray(probabilities, float)
        if own.shape != (len(problems),) or not (own > 0).all():
            raise ValueError("there is one probability above 0 for each scenario. Leave out scenarios that never come.")
        self._problems, self._probabilities = tuple(problems), own / own.sum()
        self._tails = np.array([tail] * first.objectives + [constraint_tail] * first.constraints)
        self.names, self.start, self.integer = first.names, first.start, first.integer
        self.low = np.max([problem.low for problem in problems], axis=0)
        self.high = np.min([problem.high for problem in problems], axis=0)
        self.objectives, self.constraints = first.objectives, first.constraints

    def evaluate(self, points: Any) -> Evaluated:
        """Outputs of the scenarios, weighted; not known where one of them is not."""
        values = np.stack([problem.evaluate(points).values for problem in self._problems])
        weights = self._weights(values.mean(axis=3))
        return Evaluated((weights[..., None] * values).sum(axis=0))

    def slopes(self, point: np.ndarray) -> np.ndarray | None:
        """Derivatives with the weights held: those of the outputs, but where two scenarios are as bad."""
        found = [problem.slopes(point) for problem in self._problems]
        if any(one is None for one in found):
            return None
        means = np.stack([problem.evaluate(point[None]).values.mean(axis=2) for problem in self._problems])
        weights = self._weights(means)[:, 0]
        return (weights[..., None] * np.array(found, float)).sum(axis=0)

    def _weights(self, means: np.ndarray) -> np.ndarray:
        """Of each scenario [scenario, point, output]: its share of the tail, the worst filled first."""
        order = np.argsort(-means, axis=0, kind="stable")
        chances = self._probabilities[order]
        before = np.cumsum(chances, axis=0) - chances
        tails = np.maximum(self._tails, 1e-12)
        filled = np.clip(tails - before, 0.0, chances) / tails
        weights = np.empty_like(means)
        np.put_along_axis(weights, order, filled, axis=0)
        return np.where(np.isfinite(means).all(axis=0), weights, np.nan)
