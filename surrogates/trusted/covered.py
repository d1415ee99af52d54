"""Whether intervals hold the truth as often as they promise."""

from __future__ import annotations

from typing import Any

import numpy as np

from surrogates.coverage import coverage_of
from surrogates.surrogate import Surrogate
from surrogates.trusted.shown import span, span_unit

__all__ = ["covered"]


def covered(surrogate: Surrogate, x: np.ndarray) -> list[dict[str, Any]]:
    """Promised and found coverage of every output at every level that was calibrated.

    Args:
        surrogate: with its intervals.
        x: fresh points [case, input], SI.

    Returns:
        The block "coverage" of a card.
    """
    problem, rows = surrogate.problem, []
    true = problem.truth(x)
    for promised in surrogate.conformal.coverages:
        low, high = surrogate.interval(x, coverage=promised)
        for k, (name, about) in enumerate(problem.outputs.items()):
            found = coverage_of(true[:, k], low[:, k], high[:, k], promised=promised)
            row = {"output": name, "unit": span_unit(about), "promised": promised, "found": found.share}
            rows.append(row | {"ci95": [found.low, found.high], "width": float(span(about, found.width))})
    return rows
