"""Whether a surrogate stays in the range of each output, where the solver does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from surrogates.problem import Problem
from surrogates.trusted.shown import value

__all__ = ["bounds"]


def bounds(problem: Problem, predict: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> list[dict[str, Any]]:
    """Least and largest answer of solver and surrogate, and how often the surrogate leaves the output's range.

    Args:
        problem: with the solver, and the range of each output.
        predict: the surrogate, [case, input] -> [case, output], SI.
        x: points [case, input], SI, best also on the faces of the box.

    Returns:
        The block "bounds" of a card; "beyond_solver" is the share of answers outside the solver's own range.
    """
    true, told = problem.truth(x), predict(x)
    found = []
    for k, (name, about) in enumerate(problem.outputs.items()):
        exact, answer = true[:, k], told[:, k]
        ends = [[float(one.min()), float(one.max())] for one in (exact, answer)]
        low, high = value(about, [about.low, about.high]).tolist()
        found.append(
            {
                "output": name,
                "unit": about.unit,
                "low": low,
                "high": high,
                "solver": value(about, ends[0]).tolist(),
                "surrogate": value(about, ends[1]).tolist(),
                "violations": float(((answer < about.low) | (answer > about.high)).mean()),
                "beyond_solver": float(((answer < ends[0][0]) | (answer > ends[0][1])).mean()),
            }
        )
    return found
