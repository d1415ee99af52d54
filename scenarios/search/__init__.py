"""Searches over a box, which know nothing of lines: one interface for methods of ours and those of other libraries."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scenarios.search.gradient import gradient
from scenarios.search.integers import integers
from scenarios.search.pareto import pareto
from scenarios.search.problem import Evaluated, Found, Problem

__all__ = ["METHODS", "Evaluated", "Found", "Problem", "search"]

METHODS = {"gradient": gradient, "integers": integers, "pareto": pareto}


def search(
    problem: Problem,
    method: str = "auto",
    *,
    evaluations: int,
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
        starts: descents from different points.
        seed: of what is drawn.
        progress: called with the finished share.

    Raises:
        ValueError: no such method, or one that cannot be used here.
    """
    if method == "auto":
        method = "pareto" if problem.objectives > 1 else "integers" if np.any(problem.integer) else "gradient"
    if method not in METHODS:
        raise ValueError(f"there is no method '{method}'; there are auto, {', '.join(METHODS)}. Use auto.")
    return METHODS[method](problem, evaluations=evaluations, starts=starts, seed=seed, progress=progress)
