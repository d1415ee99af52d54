"""What a search is given: points in, outputs in every replication out."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np

__all__ = ["TOLERANCE", "Evaluated", "Found", "Problem", "merit"]

TOLERANCE = 1e-9
"""By how much a constraint may be broken and count as kept: rounding."""

PENALTY = 10.0
"""What a unit of a broken constraint weighs against a unit of the objective, at least."""


class Evaluated(NamedTuple):
    """Outputs at some points.

    Attributes:
        values: [point, output, replication]; objectives first, to be small, then constraints, kept at zero or less.
    """

    values: np.ndarray

    @property
    def means(self) -> np.ndarray:
        """[point, output]; infinite where an output is not known, so that no search goes there."""
        means = self.values.mean(axis=2)
        return np.where(np.isfinite(means), means, np.inf)


class Problem(Protocol):
    """A function with a box around it, evaluated many points at once on the same random numbers.

    Attributes:
        names: of the variables.
        low, high, start: of each variable.
        integer: which of them are whole numbers.
        objectives, constraints: how many outputs of each kind.
    """

    names: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray
    start: np.ndarray
    integer: np.ndarray
    objectives: int
    constraints: int

    def evaluate(self, points: Any) -> Evaluated:
        """Outputs at points [point, variable]."""
        ...

    def slopes(self, point: np.ndarray) -> np.ndarray | None:
        """Derivatives of the mean outputs [output, variable], NaN for variables without; None without any."""
        ...


class Found(NamedTuple):
    """What a search ends with.

    Attributes:
        point: the best that was evaluated: feasible if any was.
        values: its mean outputs.
        evaluations: points that were evaluated, the slopes counted with as many as they cost.
        history: (evaluations, best feasible objective so far) after every step; NaN before one was feasible.
        multipliers: of each constraint: how much the objective falls per unit that the constraint is relaxed.
        front: nondominated points [point, variable] and their mean outputs, where there are several objectives.
    """

    point: np.ndarray
    values: np.ndarray
    evaluations: int
    history: list[tuple[int, float]]
    multipliers: np.ndarray | None = None
    front: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def feasible(self) -> bool:
        """Whether the search's own figures keep all constraints."""
        return bool((self.values[1:] <= TOLERANCE).all()) if self.front is None else True


def merit(means: np.ndarray, objectives: int, penalty: float = PENALTY) -> np.ndarray:
    """Objective with broken constraints added [point]; the first objective alone counts."""
    broken = np.maximum(means[..., objectives:], 0.0).sum(axis=-1)
    return means[..., 0] + penalty * broken
