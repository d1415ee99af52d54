"""Several aims: the front of points that are best in one way or another, by descents with moving weights.

Source:
    Miettinen, Nonlinear Multiobjective Optimization, 1999, section 3.1 (weighting method); points of the front where it
    is not convex come from everything that was evaluated on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from scenarios.search.gradient import gradient
from scenarios.search.integers import integers
from scenarios.search.problem import TOLERANCE, Evaluated, Found, Problem

__all__ = ["nondominated", "pareto"]

WEIGHTS = 5
"""Descents along the front."""


class _Weighted:
    """A problem with one objective, which keeps what it evaluates."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self.names, self.low, self.high = problem.names, problem.low, problem.high
        self.start, self.integer = problem.start, problem.integer
        self.objectives, self.constraints = 1, problem.constraints
        self.weights = np.full(problem.objectives, 1 / problem.objectives)
        self.points: list[np.ndarray] = []
        self.means: list[np.ndarray] = []

    def evaluate(self, points: Any) -> Evaluated:
        found = self._problem.evaluate(points)
        self.points += list(np.asarray(points, float))
        self.means += list(found.means)
        return Evaluated(self._mixed(found.values))

    def slopes(self, point: np.ndarray) -> np.ndarray | None:
        found = self._problem.slopes(point)
        return None if found is None else self._mixed(found[None])[0]

    def _mixed(self, values: np.ndarray) -> np.ndarray:
        aims = len(self.weights)
        first = np.tensordot(self.weights, values[:, :aims], axes=(0, 1))[:, None]
        return np.concatenate([first, values[:, aims:]], axis=1)


def pareto(
    problem: Problem,
    *,
    evaluations: int,
    starts: int = 1,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Found:
    """The front of several objectives; the point of equal weights is the one that is named best.

    Args:
        problem: with two objectives or more.
        evaluations: at most, shared by the descents.
        starts: ignored: each descent begins where the one before ended.
        seed: of the methods below.
        progress: called with the finished share.
    """
    del starts
    mixed = _Weighted(problem)
    method = integers if np.any(problem.integer) else gradient
    shares = np.linspace(0.0, 1.0, WEIGHTS)
    rest = np.full(problem.objectives - 1, 1.0) / max(1, problem.objectives - 1)
    best: Found | None = None
    history: list[tuple[int, float]] = []
    for number, share in enumerate([0.5, *(s for s in shares if s != 0.5)]):
        mixed.weights = np.concatenate([[share], (1 - share) * rest])
        told = None if progress is None else (lambda part, at=number: progress((at + part) / WEIGHTS))
        used = len(mixed.points)
        found = method(mixed, evaluations=max(1, evaluations // WEIGHTS), seed=seed, progress=told)
        history += [(used + count, value) for count, value in found.history] if number == 0 else []
        best = best if best is not None else found
        mixed.start = found.point
    if best is None:
        raise ValueError("a front has at least one point")
    points, means = np.array(mixed.points), np.array(mixed.means)
    kept = np.flatnonzero((means[:, problem.objectives :] <= TOLERANCE).all(axis=1))
    front = kept[nondominated(means[kept][:, : problem.objectives])]
    front = front[np.argsort(means[front, 0], kind="stable")]
    own = int(np.argmin(np.abs(points - best.point).sum(axis=1)))
    return Found(points[own], means[own], len(points), history, None, (points[front], means[front]))


def nondominated(values: np.ndarray) -> np.ndarray:
    """Places of the points [point, objective] that none other is better than in one way and as good in all.

    Example:
        >>> nondominated(np.array([[1.0, 2.0], [2.0, 1.0], [2.0, 2.0]]))
        array([0, 1])
    """
    kept = [
        place
        for place, row in enumerate(values)
        if not ((values <= row).all(axis=1) & (values < row).any(axis=1)).any()
        and not (values[:place] == row).all(axis=1).any()
    ]
    return np.array(kept, int)
