"""Methods of scipy that ask the problem themselves: differential evolution, and SLSQP with differences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scenarios.search.box import Box, finite
from scenarios.search.problem import Problem

__all__ = ["evolution", "slsqp"]

POPULATION = 4
"""Points of differential evolution for each variable."""

STEPS = (0.005, 1e-3, 1e-5)
"""Steps of differences, as shares of the window: coarse first, then finer from where that ended."""


class _Asked:
    """Outputs at points of the unit box, the last batch remembered: scipy asks for constraints and aim separately."""

    def __init__(self, problem: Problem) -> None:
        if problem.objectives != 1:
            raise ValueError("this method moves towards one aim; use nsga2 or pareto for several.")
        self.problem, self.box = problem, Box(problem)
        self._known: dict[bytes, np.ndarray] = {}

    def __call__(self, units: np.ndarray) -> np.ndarray:
        """Means [point, output] at [point, variable]."""
        if not len(units):
            return np.zeros((0, 1 + self.problem.constraints))
        points = self.box.plant(units)
        keys = [point.tobytes() for point in points]
        new = {key: point for key, point in zip(keys, points, strict=True) if key not in self._known}
        if new:
            told = finite(self.problem.evaluate(np.array(list(new.values()))))
            kept = {key: self._known[key] for key in keys if key in self._known}
            self._known = kept | dict(zip(new, told, strict=True))
        return np.array([self._known[key] for key in keys])


def evolution(
    problem: Problem,
    *,
    evaluations: int,
    starts: int = 1,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Differential evolution of scipy, a generation at once, constraints by its own rule, until the budget is spent.

    Source:
        Lampinen, Congress on Evolutionary Computation 2002, 1468-1473 (constraints).
    """
    from scipy.optimize import NonlinearConstraint, differential_evolution  # noqa: PLC0415  half a second

    del starts, progress
    asked = _Asked(problem)
    size, count = asked.box.size, problem.constraints
    limits = NonlinearConstraint(lambda x: asked(np.reshape(x.T, (-1, size)))[:, 1:].T, -np.inf, np.zeros(count))
    most = 1 + evaluations // max(1, POPULATION * size)
    for number in range(evaluations):
        differential_evolution(
            lambda x: asked(np.reshape(x.T, (-1, size)))[:, 0],
            [(0.0, 1.0)] * size,
            vectorized=True,
            updating="deferred",
            polish=False,
            popsize=max(POPULATION, -(-8 // size)),
            init="sobol",
            x0=asked.box.start if number == 0 else None,
            rng=np.random.default_rng([seed, number]),
            maxiter=most,
            tol=0.0,
            constraints=(limits,) if count else (),
        )


def slsqp(
    problem: Problem,
    *,
    evaluations: int,
    starts: int = 1,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> None:
    """SLSQP of scipy from the start, then from drawn points, until the budget is spent; differences in one batch.

    Raises:
        ValueError: there are integers or several objectives.

    Source:
        Kraft, A software package for sequential quadratic programming, DFVLR-FB 88-28, 1988.
    """
    from scipy.optimize import minimize  # noqa: PLC0415  half a second

    del starts, progress
    if np.any(problem.integer):
        raise ValueError("slsqp moves continuous variables; use integers, de, cma or bayes.")
    asked = _Asked(problem)
    size = asked.box.size
    rng = np.random.default_rng(seed)
    for number in range(evaluations):
        at = np.clip(asked.box.start if number == 0 else rng.random(size), 0.0, 1.0)
        for step in STEPS:
            local = _Local(asked, step)
            limits = {"type": "ineq", "fun": lambda x, own=local: -own.means(x)[1:]}
            limits["jac"] = lambda x, own=local: -own.slopes(x)[1:]
            found = minimize(
                lambda x, own=local: float(own.means(x)[0]),
                at,
                jac=lambda x, own=local: own.slopes(x)[0].copy(),  # scipy writes into it
                bounds=[(0.0, 1.0)] * size,
                constraints=[limits] if problem.constraints else [],
                method="SLSQP",
                options={"maxiter": 25, "ftol": 0.1 * step},
            )
            at = np.clip(found.x, 0.0, 1.0)


class _Local:
    """Means and differences at the point where SLSQP stands; each is asked for once."""

    def __init__(self, asked: _Asked, step: float) -> None:
        self._asked, self._step = asked, step
        self._means: dict[bytes, np.ndarray] = {}
        self._slopes: dict[bytes, np.ndarray] = {}

    def means(self, x: np.ndarray) -> np.ndarray:
        """[output]."""
        key = x.tobytes()
        if key not in self._means:
            self._means[key] = self._asked(x[None])[0]
        return self._means[key]

    def slopes(self, x: np.ndarray) -> np.ndarray:
        """[output, variable]."""
        key = x.tobytes()
        if key not in self._slopes:
            steps = np.where(x + self._step <= 1.0, self._step, -self._step)
            there = self._asked(x + np.diag(steps))
            self._slopes[key] = ((there - self.means(x)) / steps[:, None]).T
        return self._slopes[key]
