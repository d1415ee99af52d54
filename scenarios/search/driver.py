"""What every search runs in: it counts evaluations and seconds, keeps the best, and ends when the budget is spent."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

import numpy as np

from scenarios.search.pareto import nondominated
from scenarios.search.problem import PENALTY, TOLERANCE, Evaluated, Found, Problem, Spent

__all__ = ["Asking", "Method", "Watched", "asked", "run"]

Progress = Callable[[float], None]

UNLIMITED = 10**9
"""Evaluations of a search that seconds alone end."""


class Method(Protocol):
    """A search that asks the problem itself."""

    def __call__(
        self, problem: Problem, *, evaluations: int, starts: int = 1, seed: int = 0, progress: Progress | None = None
    ) -> Found | None:
        """Search; what it returns adds multipliers to what was seen on the way. `Spent` may end it at any time."""
        ...


class Asking(Protocol):
    """A search that is asked for points and told their outputs, never the other way round.

    Attributes:
        done: whether it has nothing more to ask.
    """

    done: bool

    def ask(self) -> np.ndarray:
        """The next points [point, variable], plant units, inside of the box, whole where they have to be."""
        ...

    def tell(self, points: np.ndarray, told: Evaluated) -> None:
        """Outputs of the points that were asked for, in their order."""
        ...


class Watched:
    """A problem that keeps account of what a search asks of it.

    Args:
        problem: what is searched.
        evaluations: at most; exactly kept: a batch is cut where it would go beyond, then `Spent` is raised.
        seconds: at most, looked at between batches.
        progress: called with the finished share.
        clock: seconds; CPU time of this process if nothing else is given.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        evaluations: int | None = None,
        seconds: float | None = None,
        progress: Progress | None = None,
        clock: Callable[[], float] = time.process_time,
    ) -> None:
        self.problem = problem
        self.names, self.low, self.high = problem.names, problem.low, problem.high
        self.start, self.integer = problem.start, problem.integer
        self.objectives, self.constraints = problem.objectives, problem.constraints
        self.most = UNLIMITED if evaluations is None else evaluations
        self._seconds, self._progress, self._clock, self._begin = seconds, progress, clock, clock()
        self.used = 0
        self.history: list[tuple[int, float]] = []
        self.seconds: list[float] = []
        self.best: tuple[bool, float, np.ndarray, np.ndarray] | None = None
        self._seen: list[tuple[np.ndarray, np.ndarray]] = []

    def evaluate(self, points: Any) -> Evaluated:
        """Outputs of the problem.

        Raises:
            Spent: nothing is left of the budget.
        """
        points = np.asarray(points, float)
        self._look()
        allowed = points[: self.most - self.used]
        told = self.problem.evaluate(allowed)
        self.used += len(allowed)
        self._keep(allowed, told.means)
        if len(allowed) < len(points):
            raise Spent
        return told

    def slopes(self, point: np.ndarray) -> np.ndarray | None:
        """Derivatives of the problem; they count with as many evaluations as they cost about, half of the variables.

        Raises:
            Spent: nothing is left of the budget.
        """
        self._look()
        found = self.problem.slopes(point)
        self.used = self.used if found is None else min(self.most, self.used + max(1, len(point) // 2))
        return found

    def found(self, more: Found | None = None) -> Found:
        """The best of all that was evaluated, with the multipliers of the method if they belong to that point.

        Raises:
            ValueError: no point has figures that are known.
        """
        if self.best is None:
            raise ValueError(
                "the search found no point whose figures are known; start it where they are, and check the windows."
            )
        _, _, point, means = self.best
        close = 1e-6 * (np.asarray(self.high) - np.asarray(self.low))
        same = more is not None and bool((np.abs(more.point - point) <= close).all())
        prices = more.multipliers if more is not None and same else None
        front = self._front() if self.objectives > 1 else None
        return Found(point, means, self.used, self.history, prices, front, tuple(self.seconds))

    def _look(self) -> None:
        spent = self._clock() - self._begin
        late = self._seconds is not None and spent >= self._seconds
        if self._progress is not None:
            share = max(self.used / self.most, 0.0 if self._seconds is None else spent / self._seconds)
            self._progress(min(1.0, share))
        if late or self.used >= self.most:
            raise Spent

    def _keep(self, points: np.ndarray, means: np.ndarray) -> None:
        for point, row in zip(points, means, strict=True):
            broken = np.maximum(row[self.objectives :], 0.0)
            kept, aim = bool((broken <= TOLERANCE).all()), float(row[: self.objectives].mean())
            worth = aim + PENALTY * float(broken.sum())
            if np.isfinite(worth) and (self.best is None or (kept, -worth) > (self.best[0], -self.best[1])):
                self.best = (kept, worth, point.copy(), row.copy())
        if self.objectives > 1:
            self._seen.append((points.copy(), means))
        self.history.append((self.used, self.best[1] if self.best is not None and self.best[0] else np.nan))
        self.seconds.append(self._clock() - self._begin)

    def _front(self) -> tuple[np.ndarray, np.ndarray]:
        """All that was evaluated and is feasible and not dominated, sorted by the first objective."""
        points, means = (np.concatenate(part) for part in zip(*self._seen, strict=True))
        good = (means[:, self.objectives :] <= TOLERANCE).all(axis=1) & np.isfinite(means).all(axis=1)
        kept = np.flatnonzero(good)
        front = kept[nondominated(means[kept][:, : self.objectives])]
        front = front[np.argsort(means[front, 0], kind="stable")]
        return points[front], means[front]


def run(
    method: Method,
    problem: Problem,
    *,
    evaluations: int | None = None,
    seconds: float | None = None,
    starts: int = 1,
    seed: int = 0,
    progress: Progress | None = None,
    clock: Callable[[], float] = time.process_time,
) -> Found:
    """Search until the method is done or the budget is spent.

    Args:
        method: one of `scenarios.search.METHODS`, or another; `asked(...)` makes one of a class that is asked and told.
        problem: what is searched.
        evaluations: at most.
        seconds: at most, by the clock; looked at between batches.
        starts: descents from different points, for methods that descend.
        seed: of what is drawn.
        progress: called with the finished share.
        clock: CPU time of this process if nothing else is given.

    Raises:
        ValueError: no budget, the method cannot be used here, or no point has figures that are known.
    """
    if evaluations is None and seconds is None:
        raise ValueError("a search needs an end. Give evaluations, or seconds, or both.")
    if evaluations is not None and evaluations < 1:
        raise ValueError(f"evaluations is {evaluations}; a search needs at least one. Use 200 for instance.")
    watched = Watched(problem, evaluations=evaluations, seconds=seconds, progress=progress, clock=clock)
    more = None
    with suppress(Spent):
        more = method(watched, evaluations=watched.most, starts=starts, seed=seed)
    if progress is not None:
        progress(1.0)
    return watched.found(more)


def asked(make: Callable[[Problem, int], Asking]) -> Method:
    """A method of a class that is asked and told, made from the problem (which it does not evaluate) and a seed."""

    def method(
        problem: Problem, *, evaluations: int, starts: int = 1, seed: int = 0, progress: Progress | None = None
    ) -> None:
        del evaluations, starts, progress  # the driver's
        search = make(problem, seed)
        while not search.done:
            points = search.ask()
            search.tell(points, problem.evaluate(points))

    return method
