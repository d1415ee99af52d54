"""Where to ask a solver: points that fill a box evenly."""

from __future__ import annotations

import numpy as np

__all__ = ["KINDS", "design"]

KINDS = ("sobol", "latin", "random")


def design(low: np.ndarray, high: np.ndarray, count: int, *, kind: str = "sobol", seed: int = 0) -> np.ndarray:
    """Points in a box [case, input].

    Args:
        low: lower edges of the box [input].
        high: upper edges.
        count: of points.
        kind: "sobol" (scrambled Sobol points, best balanced at powers of two), "latin" (Latin hypercube) or "random".
        seed: of the scrambling.

    Raises:
        ValueError: the kind is unknown, or there are no points.

    Source: A. Owen, Scrambled Sobol and Faure nets (1998), as in `scipy.stats.qmc`.

    Example:
        >>> design(np.zeros(2), np.ones(2), 4, kind="latin").shape
        (4, 2)
    """
    if kind not in KINDS:
        raise ValueError(f"design: kind is {kind!r}; it is one of {', '.join(KINDS)}. Use 'sobol' if unsure.")
    if count < 1:
        raise ValueError(f"design: {count} points; a design has one or more.")
    if kind == "random":
        unit = np.random.default_rng(seed).uniform(size=(count, len(low)))
    else:
        from scipy.stats import qmc  # noqa: PLC0415 - takes 0.5 s to import

        rng = np.random.default_rng(seed)
        if kind == "sobol":  # in whole powers of two, without a warning
            unit = qmc.Sobol(len(low), rng=rng).random_base2((count - 1).bit_length())[:count]
        else:
            unit = qmc.LatinHypercube(len(low), rng=rng).random(count)
    return low + (high - low) * unit
