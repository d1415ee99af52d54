"""Continuous variables by their slopes: sequential quadratic programming in a trust region, on paired evaluations.

Every step minimises a quadratic model of the Lagrangian on linearised constraints within a box around the point, tries
several lengths of that step at once, and takes the best if it is better on the same random numbers. A step that met
constraints which bend is made again on what it met (second-order correction). Where there is no
derivative, slopes are differences between points of one batch.

Source:
    Nocedal and Wright, Numerical Optimization, 2nd ed. 2006, sections 18.2 to 18.5 (SQP, damped BFGS, the l1 merit,
    correction).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scenarios.search.box import Box
from scenarios.search.points import filling
from scenarios.search.problem import PENALTY, TOLERANCE, Found, Problem, Spent, merit
from scenarios.search.quadratic import elastic_step

__all__ = ["gradient"]

LENGTHS = (1.0, 2.5, 0.4)
"""Multiples of a step that are tried at once."""

DIFFERENCE = 0.2
"""First step of differences, as a share of the window: luck hides what smaller ones move; it shrinks with the steps."""

SCREENED = 4
"""Points for each variable, at most, of which the best is where a descent without derivatives begins."""

_FINEST = 1e-4
"""The finest step of differences, towards which they go when a step no longer gains."""

_SOFT = 0.03
"""Curvature of the first model against that along the first step, which leads where the bowl is steep: BFGS makes a
model that is too flat steeper within a few steps, the other way takes many."""

_FLAT = 1e-3
"""Curvature of the model before any is met: the first step goes as far as it may."""

_STEEPER = 3.0
"""A step that meets so many times the curvature of the model makes the model steeper in all directions, too."""

_SMALLEST = 1e-7
_RADIUS = 0.25


@dataclass
class _Here:
    """A point of the unit box, its mean outputs and their slopes."""

    x: np.ndarray
    means: np.ndarray
    slopes: np.ndarray


class _Run:
    """One descent; counts what it evaluates."""

    def __init__(self, problem: Problem, most: int) -> None:
        self.problem, self.most, self.used = problem, most, 0
        self.step = DIFFERENCE
        self.width = problem.high - problem.low
        self.history: list[tuple[int, float]] = []
        self.best: tuple[bool, float, np.ndarray, np.ndarray] | None = None
        self.known: dict[bytes, np.ndarray] = {}
        self.exact: dict[bytes, np.ndarray | None] = {}
        self.differenced = False

    def evaluate(self, xs: np.ndarray) -> np.ndarray:
        """Means [point, output] at points of the unit box."""
        values = self.problem.evaluate(self.problem.low + xs * self.width)
        self.used += len(xs)
        means = values.means
        for x, row in zip(xs, means, strict=True):
            kept = bool((row[1:] <= TOLERANCE).all())
            worth = float(merit(row, 1))
            if np.isfinite(worth) and (self.best is None or (kept, -worth) > (self.best[0], -self.best[1])):
                self.best = (kept, worth, x.copy(), row.copy())
        known = self.best is not None and self.best[0]
        self.history.append((self.used, float(self.best[3][0]) if known and self.best else np.nan))
        return means

    def means_of(self, x: np.ndarray) -> np.ndarray:
        """Means at a point [output], evaluated unless it is the best that is known."""
        if self.best is not None and np.array_equal(self.best[2], x):
            return self.best[3]
        return self.evaluate(x[None])[0]

    def derivatives(self, x: np.ndarray) -> np.ndarray | None:
        """Those of the problem [output, variable], asked once for each point; None where there are none."""
        key = x.tobytes()
        if key not in self.exact:
            self.exact = {key: self.problem.slopes(self.problem.low + x * self.width)}
        return self.exact[key]

    def slopes(self, x: np.ndarray, means: np.ndarray, step: float) -> np.ndarray:
        """[output, variable] in units of the window, from derivatives where there are any."""
        found = self.derivatives(x)
        slopes = np.full((len(means), len(x)), np.nan) if found is None else found * self.width
        self.used += 0 if found is None else len(x) // 2
        missing = np.flatnonzero(np.isnan(slopes).any(axis=0))
        if len(missing):
            steps = np.where(x[missing] + step <= 1.0, step, -step)
            points = np.repeat(x[None], len(missing), axis=0)
            points[np.arange(len(missing)), missing] += steps
            differences = ((self.evaluate(points) - means) / steps[:, None]).T
            slopes[:, missing] = np.where(np.isnan(slopes[:, missing]), differences, slopes[:, missing])
        self.differenced = len(missing) > 0
        self.known[x.tobytes()] = np.where(np.isfinite(slopes), slopes, 0.0)
        return self.known[x.tobytes()]


def gradient(
    problem: Problem,
    *,
    evaluations: int,
    starts: int = 1,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Found:
    """Descend from where the problem stands, then from points drawn in the box.

    Where slopes are not known, from the best of `SCREENED` points a variable first, a third of the evaluations at most.

    Args:
        problem: with one objective; integers are refused.
        evaluations: at most.
        starts: how many descents share them; the first gets half.
        seed: of the further starts.
        progress: called with the finished share.

    Raises:
        ValueError: there are integers or several objectives.
    """
    if np.any(problem.integer) or problem.objectives != 1:
        raise ValueError("the gradient method moves continuous variables towards one aim")
    rng = np.random.default_rng(seed)
    first = (problem.start - problem.low) / (problem.high - problem.low)
    points = [first, *rng.random((max(0, starts - 1), len(first)))]
    run = _Run(problem, evaluations)
    try:
        if run.derivatives(first) is None:
            points[0] = _screened(run, min(SCREENED * len(first), evaluations // 3), seed)
        for number, x in enumerate(points):
            share = evaluations // 2 if number == 0 and len(points) > 1 else evaluations
            most = share if number == 0 else run.used + (evaluations - run.used) // (len(points) - number)
            _descend(run, x, min(most, evaluations), progress)
            if run.used >= evaluations:
                break
    except Spent:
        if run.best is None:
            raise
    if run.best is None:
        raise ValueError("the search found no point whose figures are known; start it where the line delivers parts.")
    _, _, x, means = run.best
    return Found(problem.low + x * run.width, means, run.used, run.history, _priced(run, x, means))


def _screened(run: _Run, count: int, seed: int) -> np.ndarray:
    """The best of the start and some points that fill the box, every other one half as far away.

    Where slopes are differences of noisy runs, they tell little of a point from which several variables have to move
    together.
    """
    first, *drawn = filling(Box(run.problem), 1 + count, seed)
    near = np.where(np.arange(len(drawn))[:, None] % 2 == 0, 1.0, 0.5)
    points = first + near * (np.reshape(drawn, (-1, len(first))) - first)
    run.evaluate(np.concatenate([first[None], np.clip(points, 0.0, 1.0)]))
    return first if run.best is None else run.best[2]


def _priced(run: _Run, x: np.ndarray, means: np.ndarray) -> np.ndarray | None:
    """The multipliers; None where slopes are not known and nothing is left of the budget to find them."""
    if len(means) == 1:
        return np.zeros(0)
    slopes = run.known.get(x.tobytes())
    if slopes is None:
        try:
            slopes = run.slopes(x, means, run.step)
        except Spent:
            return None
    return _multipliers(_Here(x, means, slopes))


def _descend(run: _Run, x: np.ndarray, most: int, progress: Callable[[float], None] | None) -> None:
    """Step after step until nothing is gained, or the evaluations are used up."""
    means = run.means_of(x)
    radius, step, penalty = _RADIUS, DIFFERENCE, PENALTY
    hessian = None
    here = _Here(x, means, run.slopes(x, means, step))
    while run.used < most and radius > _SMALLEST:
        if progress is not None:
            progress(min(1.0, run.used / run.most))
        model = _FLAT * np.eye(len(x)) if hessian is None else hessian
        move, predicted = _model(here, model, radius, penalty)
        if predicted < 1e-14:
            if not (run.differenced and step > _FINEST):
                break
            step = _finer(run, here, step)
            continue
        tries = np.clip(here.x + np.array(LENGTHS)[:, None] * move, 0.0, 1.0)
        tried = run.evaluate(tries)
        again = _corrected(here, model, radius, penalty, move, tried[0])
        if again is not None:
            tries = np.concatenate([tries, np.clip(here.x + again, 0.0, 1.0)[None]])
            tried = np.concatenate([tried, run.evaluate(tries[-1:])])
        worth = merit(tried, 1, penalty)
        chosen = int(np.argmin(worth))
        gained = float(merit(here.means, 1, penalty)) - float(worth[chosen])
        if not gained > 1e-15:
            if run.differenced and step > _FINEST:
                step = _finer(run, here, step)
                radius = max(0.3 * radius, 2 * step)
            else:
                radius = min(radius, float(np.abs(move).max())) * 0.1
            continue
        there = _Here(tries[chosen], tried[chosen], here.slopes)
        there.slopes = run.slopes(there.x, there.means, step)
        multipliers = _multipliers(there)
        hessian = _damped(hessian, here, there, multipliers)
        penalty = max(penalty, 2.0 * float(multipliers.max(initial=0.0)))
        length = float(np.abs(there.x - here.x).max())
        if gained < 0.25 * predicted:
            radius = max(length, 0.3 * radius)
        elif gained > 0.5 * predicted and length > 0.9 * radius:
            radius = min(1.0, 2 * radius)
        run.step = step = min(step, max(length, _FINEST))
        here = there


def _finer(run: _Run, here: _Here, step: float) -> float:
    """Differences of a tenth of the step, if the coarse ones point nowhere any more."""
    finer = max(0.1 * step, _FINEST)
    here.slopes = run.slopes(here.x, here.means, finer)
    return finer


def _model(here: _Here, hessian: np.ndarray, radius: float, penalty: float) -> tuple[np.ndarray, float]:
    """The move that the model likes best within the radius, and the merit that it promises to gain."""
    return elastic_step(here.slopes[0], hessian, (here.means[1:], here.slopes[1:]), _ends(here, radius), penalty)


def _ends(here: _Here, radius: float) -> tuple[np.ndarray, np.ndarray]:
    return np.maximum(here.x - radius, 0.0) - here.x, np.minimum(here.x + radius, 1.0) - here.x


def _corrected(
    here: _Here, hessian: np.ndarray, radius: float, penalty: float, move: np.ndarray, means: np.ndarray
) -> np.ndarray | None:
    """The move again, with the constraints as the move met them, which bend; None if it broke none."""
    if not (np.isfinite(means).all() and (means[1:] > TOLERANCE).any()):
        return None
    slopes = here.slopes[1:]
    limits = (means[1:] - slopes @ move, slopes)
    again, _ = elastic_step(here.slopes[0], hessian, limits, _ends(here, radius), penalty)
    return again


def _multipliers(here: _Here) -> np.ndarray:
    """Prices of the constraints: the least squares of the optimum's conditions over what is active, none negative."""
    from scipy.optimize import nnls  # noqa: PLC0415

    count, size = len(here.means) - 1, len(here.x)
    active = [k for k in range(count) if here.means[1 + k] > -1e-3]
    at_low, at_high = (np.flatnonzero(here.x <= 1e-9), np.flatnonzero(here.x >= 1 - 1e-9))
    columns = [here.slopes[1 + k] for k in active]
    columns += [-np.eye(size)[k] for k in at_low] + [np.eye(size)[k] for k in at_high]
    found = np.zeros(count)
    if active:
        weights, _ = nnls(np.stack(columns, axis=1), -here.slopes[0])
        found[active] = weights[: len(active)]
    return found


def _damped(hessian: np.ndarray | None, here: _Here, there: _Here, multipliers: np.ndarray) -> np.ndarray | None:
    """BFGS on the Lagrangian, damped so that the model stays convex (Nocedal and Wright, procedure 18.2)."""
    move = there.x - here.x
    weights = np.concatenate([[1.0], multipliers])
    turn = weights @ (there.slopes - here.slopes)
    if hessian is None:  # a share of the first curvature that is met, in all directions
        first = _SOFT * float(move @ turn) / float(move @ move)
        if first <= _FLAT:
            return None
        hessian = first * np.eye(len(move))
    curved = hessian @ move
    bent = float(move @ curved)
    if bent <= 0:
        return hessian
    ahead = float(move @ turn)
    if ahead > _STEEPER * bent:
        floor, met = float(np.linalg.eigvalsh(hessian)[0]), ahead / float(move @ move)
        hessian = hessian + max(0.0, (floor * met) ** 0.5 - floor) * np.eye(len(move))
        curved = hessian @ move
        bent = float(move @ curved)
    theta = 1.0 if ahead >= 0.2 * bent else 0.8 * bent / (bent - ahead)
    turn = theta * turn + (1 - theta) * curved
    return hessian - np.outer(curved, curved) / bent + np.outer(turn, turn) / float(move @ turn)
