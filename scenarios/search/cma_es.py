"""CMA-ES of the library pycma behind `ask` and `tell`."""

from __future__ import annotations

from typing import Any

import numpy as np

from scenarios.search.box import Box, finite
from scenarios.search.extras import needed
from scenarios.search.problem import Evaluated, Problem

__all__ = ["CmaEs"]

SPREAD = 0.2
"""First standard deviation, as a share of the window."""


class CmaEs:
    """Covariance matrix adaptation, constraints by the augmented Lagrangian of the same library.

    When a run has converged another begins at the best point, with twice as many points in a generation.

    Args:
        problem: with one objective.
        seed: of what is drawn.

    Source:
        Hansen, The CMA Evolution Strategy: A Tutorial, arXiv:1604.00772; Atamna, Auger and Hansen, FOGA 2017
        (augmented Lagrangian).
    """

    def __init__(self, problem: Problem, seed: int) -> None:
        if problem.objectives != 1:
            raise ValueError("cma moves towards one aim; use nsga2 or pareto for several.")
        self._cma: Any = needed("cma", "cma")
        self._handlers: Any = needed("cma.constraints_handler", "cma")
        self._handlers._Logger = self._cma.logger.LoggerDummy  # else it writes files into the folder of the day
        self.done = False
        self._box, self._seed, self._constraints = Box(problem), seed, problem.constraints
        self._best: tuple[float, np.ndarray] = (np.inf, self._box.start)
        self._runs, self._units, self._population = 0, np.zeros((0, self._box.size)), 0
        self._begin()

    def _begin(self) -> None:
        """A run with twice the population of the one before."""
        options = {"seed": self._seed * 1000 + self._runs + 1, "verbose": -9, "bounds": [0.0, 1.0], "tolfun": 1e-10}
        if self._runs:
            options["popsize"] = 2 * self._population
        # A single variable: the library needs two, so that one more is carried along, which nothing depends on.
        start = self._best[1] if self._box.size > 1 else np.append(self._best[1], 0.5)
        self._run = self._cma.CMAEvolutionStrategy(np.clip(start, 0.0, 1.0), SPREAD, options)
        self._population, self._runs = self._run.popsize, self._runs + 1
        self._price = self._handlers.AugmentedLagrangian(self._run.N)

    def ask(self) -> np.ndarray:
        """A generation, with the start as the first point of all."""
        self._units = np.array(self._run.ask())
        return self._box.plant(self._units[:, : self._box.size])

    def tell(self, points: np.ndarray, told: Evaluated) -> None:
        """Adapt, and begin anew when nothing moves any more."""
        means = finite(told)
        aims, broken = means[:, 0], means[:, 1:]
        worth = aims + 10.0 * np.maximum(broken, 0.0).sum(axis=1)
        best = int(np.argmin(worth))
        if worth[best] < self._best[0]:
            self._best = (float(worth[best]), self._box.unit(points[best]))
        costs = aims
        if self._constraints:
            self._price.set_coefficients(list(aims), [list(row) for row in broken])
            self._price.update(float(np.median(aims)), np.median(broken, axis=0))
            costs = aims + np.array([sum(self._price(list(row))) for row in broken])
        self._run.tell(list(self._units), list(map(float, costs)))
        if self._run.stop():
            self._begin()
