"""Bayesian optimisation by the library bayesian-optimization behind `ask` and `tell`."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from scenarios.search.box import Box, finite
from scenarios.search.extras import needed
from scenarios.search.points import filling
from scenarios.search.problem import Evaluated, Problem, merit

__all__ = ["Bayesian"]

BATCH = 4
"""Points that are asked for at once, the later ones as if the earlier were as good as the mean."""

DRAWN, CLIMBS = 2000, 1
"""Where the most promising point is looked for: the library's own 10,000 and 10 take seconds for every point."""


class Bayesian:
    """A Gaussian process of the objective with broken constraints added, expected improvement, batches of some points.

    Args:
        problem: with one objective.
        seed: of what is drawn.

    Source:
        Jones, Schonlau and Welch, Journal of Global Optimization 13 (1998) 455-492; Ginsbourger, Le Riche and Carraro,
        2010 (batches by constant liars).
    """

    def __init__(self, problem: Problem, seed: int) -> None:
        if problem.objectives != 1:
            raise ValueError("bayes moves towards one aim; use nsga2 or pareto for several.")
        library: Any = needed("bayes_opt", "bayes")
        acquisition: Any = needed("bayes_opt.acquisition", "bayes")
        self._threads: Any = needed("threadpoolctl", "bayes")
        process: Any = needed("sklearn.gaussian_process", "bayes")
        self.done = False
        self._box = Box(problem)
        self._names = [f"x{k:03}" for k in range(self._box.size)]
        gain = acquisition.ExpectedImprovement(xi=0.0)
        self._promise = acquisition.ConstantLiar(gain, strategy="mean")
        self._run = library.BayesianOptimization(
            f=None,
            acquisition_function=self._promise,
            pbounds=dict.fromkeys(self._names, (0.0, 1.0)),
            random_state=seed,
            verbose=0,
            allow_duplicate_points=True,
        )
        self._surface = process.GaussianProcessRegressor(
            kernel=process.kernels.Matern(nu=2.5, length_scale_bounds=(0.05, 50.0)),
            alpha=1e-6,
            normalize_y=True,
            n_restarts_optimizer=1,
            random_state=seed,
        )
        self._begun, self._seed = False, seed
        self._rng = np.random.RandomState(seed)
        self._units = np.zeros((0, self._box.size))

    def ask(self) -> np.ndarray:
        """First points that fill the box, then those that promise most."""
        if self._begun:
            # The matrices are small: several threads take three times the CPU time.
            with (
                self._threads.threadpool_limits(1),
                warnings.catch_warnings(),
            ):  # the fit of a length may end at its bound
                warnings.simplefilter("ignore")
                self._units = np.array([self._most_promising() for _ in range(BATCH)], float)
        else:
            self._units, self._begun = filling(self._box, max(8, 2 * self._box.size), self._seed), True
        return self._box.plant(self._units)

    def _most_promising(self) -> np.ndarray:
        return self._promise.suggest(
            self._surface, self._run.space, n_random=DRAWN, n_smart=CLIMBS, random_state=self._rng
        )

    def tell(self, points: np.ndarray, told: Evaluated) -> None:
        """Learn."""
        del points
        for unit, worth in zip(self._units, merit(finite(told, 1e3), 1), strict=True):
            self._run.register(params=dict(zip(self._names, map(float, unit), strict=True)), target=-float(worth))
