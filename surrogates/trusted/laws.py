"""Laws of the kind "more of this, more of that": found in the solver, then asked of the surrogate."""

from __future__ import annotations

from typing import Any

import numpy as np

from surrogates.problem import Problem

__all__ = ["laws"]

NEARLY = 0.02
"""Share of cases with the other sign up to which a pair of input and output is listed."""
NOTHING = 1e-9
"""Slopes that count as none: rounding of the solver."""
CLEAR = 0.01
"""Slopes that nobody overlooks: a hundredth of the output's deviation over half of the box."""


def laws(problem: Problem, exact: np.ndarray, told: np.ndarray) -> list[dict[str, Any]]:
    """Every pair of input and output in which the solver's slope has one sign, or nearly so.

    A law holds where the solver's slope has the other sign nowhere; only then is it the surrogate's duty. "surrogate"
    counts every slope with the other sign, "surrogate_clear" those steeper than a hundredth of the output's standard
    deviation over half of the input's range: where the solver is flat, as at full cure, a sign means nothing.

    Args:
        problem: with the solver.
        exact: slopes of the solver [case, output, input], see `surrogates.trusted.scaled.jacobians`.
        told: slopes of the surrogate, the same.

    Returns:
        The block "laws" of a card.
    """
    found = []
    for i, name in enumerate(problem.inputs):
        for o, output in enumerate(problem.outputs):
            slope = exact[:, o, i]
            sign = 1 if (slope > NOTHING).sum() >= (slope < -NOTHING).sum() else -1
            if (np.abs(slope) <= NOTHING).all() or (against := float((sign * slope < -NOTHING).mean())) > NEARLY:
                continue
            other = sign * told[:, o, i]
            found.append(
                {
                    "input": name,
                    "output": output,
                    "sign": sign,
                    "holds": against == 0.0,
                    "solver": against,
                    "surrogate": float((other < -NOTHING).mean()),
                    "surrogate_clear": float((other < -CLEAR).mean()),
                }
            )
    return found
