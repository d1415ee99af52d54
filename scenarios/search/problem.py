"""What a search is given: points in, outputs in every replication out."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np

__all__ = ["TOLERANCE", "Evaluated", "Found", "Problem", "Spent", "merit"]

TOLERANCE = 1e-9
"""By how much a constraint may be broken and count as kept: rounding."""

PENALTY = 10.0
"""What a unit of a broken constraint weighs against a unit of the objective, at least."""


class Spent(Exception):  # noqa: N818  not a fault: a search that is told ends with what it has
    """The evaluations or the seconds of a search are used up."""


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
        seconds: of each entry of the history, by the clock of the search.
    """

    point: np.ndarray
    values: np.ndarray
    evaluations: int
    history: list[tuple[int, float]]
    multipliers: np.ndarray | None = None
    front: tuple[np.ndarray, np.ndarray] | None = None
    seconds: tuple[float, ...] = ()

    @property
    def feasible(self) -> bool:
        """Whether the search's own figures keep all constraints."""
        return bool((self.values[1:] <= TOLERANCE).all()) if self.front is None else len(self.front[0]) > 0

    @property
    def shortfall(self) -> str | None:
        """A sentence if nothing feasible was found."""
        if self.feasible:
            return None
        told = f"none of {self.evaluations} evaluations keeps all constraints"
        if self.front is None:
            worst = int(np.argmax(self.values[1:]))
            told += f"; the nearest breaks constraint {worst + 1} by {self.values[1 + worst]:.3g} in its scaled units"
        return f"{told}. Allow more evaluations, wider windows, or relax a constraint."


def merit(means: np.ndarray, objectives: int, penalty: float = PENALTY) -> np.ndarray:
    """Objective with broken constraints added [point]; the first objective alone counts."""
    broken = np.maximum(means[..., objectives:], 0.0).sum(axis=-1)
    return means[..., 0] + penalty * broken
