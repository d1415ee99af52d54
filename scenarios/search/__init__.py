"""Searches over a box, which know nothing of lines: one interface for methods of ours and those of other libraries."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scenarios.search.bayes import Bayesian
from scenarios.search.cma_es import CmaEs
from scenarios.search.driver import Asking, Method, asked, run
from scenarios.search.evolution import DifferentialEvolution, Nsga2
from scenarios.search.gradient import gradient
from scenarios.search.integers import integers
from scenarios.search.pareto import pareto
from scenarios.search.points import SobolPoints
from scenarios.search.problem import Evaluated, Found, Problem
from scenarios.search.scipy_methods import evolution, slsqp

__all__ = ["METHODS", "Asking", "Evaluated", "Found", "Method", "Problem", "asked", "run", "search"]

METHODS: dict[str, Method] = {
    "gradient": gradient,
    "integers": integers,
    "pareto": pareto,
    "cma": asked(CmaEs),
    "nsga2": asked(Nsga2),
    "de": asked(DifferentialEvolution),
    "scipy_de": evolution,
    "slsqp": slsqp,
    "bayes": asked(Bayesian),
    "sobol": asked(SobolPoints),
}
"""By the names that study files use; cma, nsga2, de and bayes need the extra `search`."""


def search(
    problem: Problem,
    method: str = "auto",
    *,
    evaluations: int | None = None,
    seconds: float | None = None,
    starts: int = 1,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Found:
    """Look for the best point.

    Args:
        problem: what is searched.
        method: one of `METHODS`; "auto" takes pareto for several objectives, integers where there are any, else
            gradient.
        evaluations: of points, at most.
        seconds: of CPU time, at most.
        starts: descents from different points.
        seed: of what is drawn.
        progress: called with the finished share.

    Raises:
        ValueError: no such method, one that cannot be used here or whose library is not installed, or no budget.
    """
    if method == "auto":
        method = "pareto" if problem.objectives > 1 else "integers" if np.any(problem.integer) else "gradient"
    if method not in METHODS:
        raise ValueError(f"there is no method '{method}'; there are auto, {', '.join(METHODS)}. Use auto.")
    return run(
        METHODS[method],
        problem,
        evaluations=evaluations,
        seconds=seconds,
        starts=starts,
        seed=seed,
        progress=progress,
    )
