"""Whole numbers, and mixtures with continuous ones: from neighbour to neighbour, all of them evaluated at once.

A neighbour has one number moved by one, or one up and another down, which keeps a sum that is limited. Continuous
variables move by a step that is halved when no neighbour is better.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scenarios.search.problem import TOLERANCE, Found, Problem, merit

__all__ = ["integers"]

_STEPS = (0.2, 0.1, 0.05, 0.02)


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
    """
    rng = np.random.default_rng(seed)
    known: dict[tuple[float, ...], np.ndarray] = {}
    history: list[tuple[int, float]] = []

    def evaluate(points: list[tuple[float, ...]]) -> None:
        new = [point for point in dict.fromkeys(points) if point not in known][: max(0, evaluations - len(known))]
        if new:
            known.update(zip(new, problem.evaluate(np.array(new)).means, strict=True))
            best = min((row[0] for row in known.values() if (row[1:] <= TOLERANCE).all()), default=np.nan)
            history.append((len(known), float(best)))
        if progress is not None:
            progress(min(1.0, len(known) / evaluations))

    first = tuple(np.where(problem.integer, np.round(problem.start), problem.start))
    for number in range(starts):
        drawn = problem.low + rng.random(len(problem.low)) * (problem.high - problem.low)
        here = first if number == 0 else tuple(np.where(problem.integer, np.round(drawn), drawn))
        evaluate([here])
        for share in _STEPS if not np.all(problem.integer) else _STEPS[:1]:
            while len(known) < evaluations:
                around = _neighbours(problem, here, share)
                evaluate(around)
                best = min((point for point in around if point in known), key=lambda p: _worth(known[p]), default=here)
                if here not in known or not _worth(known[best]) < _worth(known[here]):
                    break
                here = best
        if len(known) >= evaluations:
            break
    chosen = min(known, key=lambda point: ((known[point][1:] > TOLERANCE).any(), _worth(known[point])))
    return Found(np.array(chosen), known[chosen], len(known), history)


def _worth(means: np.ndarray) -> float:
    return float(merit(means, 1))


def _neighbours(problem: Problem, here: tuple[float, ...], share: float) -> list[tuple[float, ...]]:
    """Points one step away, in the box."""
    steps = np.where(problem.integer, 1.0, share * (problem.high - problem.low))
    moves = [sign * steps * row for row in np.eye(len(here)) for sign in (1.0, -1.0)]
    whole = np.flatnonzero(problem.integer)
    moves += [np.eye(len(here))[i] - np.eye(len(here))[k] for i in whole for k in whole if i != k]
    points = [np.array(here) + move for move in moves]
    inside = [p for p in points if (p >= problem.low - 1e-9).all() and (p <= problem.high + 1e-9).all()]
    return [tuple(map(float, point)) for point in inside]
