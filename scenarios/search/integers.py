"""Whole numbers, and mixtures with continuous ones: from neighbour to neighbour, none evaluated twice.

A neighbour has one number moved by one, or one up and another down, which keeps a sum that is limited. What the single
moves gained, or slopes where there are any, tells which exchanges are tried first; a point is left as soon as a batch
holds a better one, and is final when all its neighbours are worse. Continuous variables then descend by `gradient`, the
whole numbers held, until neither finds anything better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from scenarios.search.gradient import gradient
from scenarios.search.problem import TOLERANCE, Evaluated, Found, Problem, Spent, merit

__all__ = ["integers"]

BATCH = 8
"""Exchanges that are evaluated at once; with slopes, which point the way better, half as many."""

_STEP = 0.2

Point = tuple[float, ...]


class _Known:
    """What was evaluated, each point once."""

    def __init__(self, problem: Problem, most: int, progress: Callable[[float], None] | None) -> None:
        self.problem, self.most, self._progress = problem, most, progress
        self.means: dict[Point, np.ndarray] = {}
        self.history: list[tuple[int, float]] = []

    def evaluate(self, points: list[Point]) -> None:
        """Those that are new, as far as evaluations are left.

        Raises:
            Spent: none are left.
        """
        new = [point for point in dict.fromkeys(points) if point not in self.means]
        allowed = new[: max(0, self.most - len(self.means))]
        if allowed:
            told = self.problem.evaluate(np.array(allowed)).means
            self.means.update(zip(allowed, told, strict=True))
            kept = (row[0] for row in self.means.values() if (row[1:] <= TOLERANCE).all())
            self.history.append((len(self.means), float(min(kept, default=np.nan))))
        if self._progress is not None:
            self._progress(min(1.0, len(self.means) / self.most))
        if len(allowed) < len(new):
            raise Spent

    def worth(self, point: Point) -> float:
        """Of a point that was evaluated."""
        return float(merit(self.means[point], 1))

    def best(self) -> Point:
        """Feasible before others."""
        return min(self.means, key=lambda point: ((self.means[point][1:] > TOLERANCE).any(), self.worth(point)))


def integers(
    problem: Problem,
    *,
    evaluations: int,
    starts: int = 1,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Found:
    """Walk downhill over neighbours; further starts are drawn in the box.

    Args:
        problem: with one objective.
        evaluations: of points, at most; none is evaluated twice.
        starts: how many walks, as far as evaluations are left.
        seed: of the further starts.
        progress: called with the finished share.

    Raises:
        ValueError: there are several objectives.
    """
    if problem.objectives != 1:
        raise ValueError("integers moves towards one aim; use pareto or nsga2 for several.")
    rng = np.random.default_rng(seed)
    known = _Known(problem, evaluations, progress)
    try:
        for number in range(starts):
            drawn = problem.low + rng.random(len(problem.low)) * (problem.high - problem.low)
            at = problem.start if number == 0 else drawn
            _settle(known, tuple(map(float, np.where(problem.integer, np.round(at), at))))
    except Spent:
        if not known.means:
            raise
    chosen = known.best()
    return Found(np.array(chosen), known.means[chosen], len(known.means), known.history)


def _settle(known: _Known, here: Point) -> Point:
    """Walk, then descend, as long as one of them gains."""
    known.evaluate([here])
    while True:
        here = _walk(known, here)
        if known.problem.integer.all():
            return here
        lower = _descend(known, here)
        if not known.worth(lower) < known.worth(here) - 1e-9:
            return here
        here = lower


def _walk(known: _Known, here: Point) -> Point:
    """To a point that no neighbour is better than."""
    while True:
        for batch in _neighbours(known, here):
            known.evaluate(batch)
            best = min(batch, key=known.worth)
            if known.worth(best) < known.worth(here):
                here = best
                break
        else:
            return here


def _neighbours(known: _Known, here: Point) -> Iterator[list[Point]]:
    """Batches of neighbours, the most promising first."""
    problem, at = known.problem, np.array(here)
    whole = np.flatnonzero(problem.integer)
    steps = np.where(problem.integer, 1.0, _STEP * (problem.high - problem.low))
    unit = np.eye(len(at)) * steps
    slopes = problem.slopes(at)
    single = [sign * row for row in unit for sign in (1.0, -1.0)]
    pairs = [unit[up] - unit[down] for up in whole for down in whole if up != down]
    if slopes is None or np.isnan(slopes[:, whole]).any():
        batch = _inside(problem, at, single)
        if batch:
            yield batch
        promise, size = _sums(known, here, unit, whole), BATCH
    else:
        hint = np.where(np.isnan(slopes), 0.0, slopes)
        promise = lambda move: float(merit(known.means[here] + hint @ move, 1))  # noqa: E731
        pairs, size = [*single, *pairs], BATCH // 2
    ordered = _inside(problem, at, sorted(pairs, key=promise))
    for first in range(0, len(ordered), size):
        yield ordered[first : first + size]


def _sums(known: _Known, here: Point, unit: np.ndarray, whole: np.ndarray) -> Callable[[np.ndarray], float]:
    """What an exchange promises: the changes by its two halves, added; a half outside of the box changes nothing."""
    own = known.means[here]
    change = {}
    for k in whole:
        for sign in (1.0, -1.0):
            there = known.means.get(tuple(map(float, np.array(here) + sign * unit[k])))
            change[k, sign] = np.zeros_like(own) if there is None else there - own

    def promise(move: np.ndarray) -> float:
        moved = sum((change[k, float(np.sign(move[k]))] for k in whole if move[k]), np.zeros_like(own))
        worth = float(merit(own + moved, 1))
        return worth if np.isfinite(worth) else np.inf

    return promise


def _inside(problem: Problem, at: np.ndarray, moves: list[np.ndarray]) -> list[Point]:
    """Where the moves end, as far as that is in the box; continuous variables stop at its border."""
    ends = [np.where(problem.integer, at + move, np.clip(at + move, problem.low, problem.high)) for move in moves]
    kept = [end for end in ends if (end >= problem.low - 1e-9).all() and (end <= problem.high + 1e-9).all()]
    return [tuple(map(float, end)) for end in kept if (end != at).any()]


class _Rest:
    """The continuous variables of a problem, the whole numbers held."""

    def __init__(self, known: _Known, here: Point) -> None:
        problem = known.problem
        self._known, self._here, self._free = known, np.array(here), np.flatnonzero(~problem.integer)
        self.names = tuple(problem.names[k] for k in self._free)
        self.low, self.high, self.start = problem.low[self._free], problem.high[self._free], self._here[self._free]
        self.integer = np.zeros(len(self._free), bool)
        self.objectives, self.constraints = 1, problem.constraints

    def at(self, point: np.ndarray) -> Point:
        """The whole point."""
        full = self._here.copy()
        full[self._free] = point
        return tuple(map(float, full))

    def evaluate(self, points: Any) -> Evaluated:
        full = [self.at(point) for point in np.asarray(points, float)]
        self._known.evaluate(full)
        return Evaluated(np.array([self._known.means[point] for point in full])[..., None])

    def slopes(self, point: np.ndarray) -> np.ndarray | None:
        found = self._known.problem.slopes(np.array(self.at(point)))
        return None if found is None else found[:, self._free]


def _descend(known: _Known, here: Point) -> Point:
    """The continuous variables to their best, the whole numbers held."""
    rest = _Rest(known, here)
    left = known.most - len(known.means)
    if left < 1:
        raise Spent
    found = gradient(rest, evaluations=min(left, 20 + 15 * len(rest.names)))
    return rest.at(found.point)
