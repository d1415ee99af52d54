"""Draws that fill a distribution evenly, so that few of them give its quantiles nearly without noise.

Each number of a draw comes from another stratum of equal probability, in random order (Latin hypercube; McKay, Beckman,
Conover, Technometrics 21, 1979).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

__all__ = ["normals", "uniforms"]

Array = NDArray[np.float64]


def uniforms(rng: np.random.Generator, draws: int, size: int) -> Array:
    """Numbers in (0, 1) [draw, number]: each column holds the middle of every stratum once.

    Example:
        >>> sorted(uniforms(np.random.default_rng(0), 4, 1)[:, 0].tolist())
        [0.125, 0.375, 0.625, 0.875]
    """
    middle = (np.arange(draws) + 0.5) / max(draws, 1)
    return np.stack([rng.permutation(middle) for _ in range(size)], axis=1) if size else np.zeros((draws, 0))


def normals(rng: np.random.Generator, draws: int, size: int) -> Array:
    """Standard normal numbers [draw, number], by the same rule; mean 0, variance 1 and no correlation exactly.

    The shuffles leave some correlation, which the square root of the covariance takes out.
    """
    z = ndtri(uniforms(rng, draws, size))
    if draws < 10 * size:  # so few that shuffles may agree
        return z
    z = z - z.mean(axis=0)
    return np.linalg.solve(np.linalg.cholesky(z.T @ z / draws), z.T).T
