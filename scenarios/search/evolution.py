"""Evolution of populations by the library pymoo behind `ask` and `tell`: differential evolution and NSGA-II."""

from __future__ import annotations

from typing import Any

import numpy as np

from scenarios.search.box import Box, finite
from scenarios.search.extras import needed
from scenarios.search.points import filling
from scenarios.search.problem import Evaluated, Problem

__all__ = ["DifferentialEvolution", "Nsga2"]

POPULATION = 32


class _Population:
    """A population of pymoo; constraints are the library's own."""

    def __init__(self, problem: Problem, seed: int, *, name: str, make: Any) -> None:
        self.done = False
        self._box = Box(problem)
        self._objectives, self._constraints = problem.objectives, problem.constraints
        size = self._box.size
        module = needed("pymoo.core.problem", name)
        self._space: Any = module.Problem(
            n_var=size, n_obj=problem.objectives, n_ieq_constr=problem.constraints, xl=np.zeros(size), xu=np.ones(size)
        )
        self._static = needed("pymoo.problems.static", name).StaticProblem
        self._evaluator = needed("pymoo.core.evaluator", name).Evaluator()
        forever = needed("pymoo.core.termination", name).NoTermination()
        self._run: Any = make(pop_size=POPULATION, sampling=filling(self._box, POPULATION, seed))
        self._run.setup(self._space, termination=forever, seed=seed, verbose=False)
        self._asked: Any = None

    def ask(self) -> np.ndarray:
        """A generation."""
        self._asked = self._run.ask()
        return self._box.plant(np.asarray(self._asked.get("X"), float))

    def tell(self, points: np.ndarray, told: Evaluated) -> None:
        """Select."""
        del points
        means = finite(told)
        outputs = {"F": means[:, : self._objectives], "G": means[:, self._objectives :]}
        static = self._static(self._space, **{name: own for name, own in outputs.items() if own.shape[1]})
        self._evaluator.eval(static, self._asked)
        self._run.tell(infills=self._asked)


class DifferentialEvolution(_Population):
    """Differential evolution, feasible points before others.

    Args:
        problem: with one objective.
        seed: of what is drawn.

    Source:
        Storn and Price, Journal of Global Optimization 11 (1997) 341-359; Blank and Deb, IEEE Access 8 (2020) 89497
        (pymoo).
    """

    def __init__(self, problem: Problem, seed: int) -> None:
        if problem.objectives != 1:
            raise ValueError("de moves towards one aim; use nsga2 or pareto for several.")
        super().__init__(problem, seed, name="de", make=needed("pymoo.algorithms.soo.nonconvex.de", "de").DE)


class Nsga2(_Population):
    """Non-dominated sorting with crowding, for one aim or several.

    Args:
        problem: what is searched.
        seed: of what is drawn.

    Source:
        Deb et al., IEEE Transactions on Evolutionary Computation 6 (2002) 182-197.
    """

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed, name="nsga2", make=needed("pymoo.algorithms.moo.nsga2", "nsga2").NSGA2)
