"""Where data lie, in few points: whitened coordinates, and centres that every point is close to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["centres_of", "nearest", "whitening"]

Floats = NDArray[np.float64]
SHRINK = 1e-3
"""Share of the unit matrix in the correlations, so that inputs that follow each other exactly can be whitened."""
CHUNK = 4096


def whitening(x: Floats) -> tuple[Floats, Floats]:
    """Shift and matrix after which data have mean 0, deviations 1 and no correlation: z = (x - shift) @ matrix.

    Args:
        x: [case, input]. An input that never changes keeps its unit.

    Returns:
        Shift [input] and matrix [input, input].

    Source:
        Mahalanobis, On the generalised distance in statistics, 1936: the length of z is his distance.

    Example:
        >>> shift, matrix = whitening(np.random.default_rng(0).normal([5.0, 1.0], [2.5, 0.1], (500, 2)))
        >>> np.round(np.diag(matrix))
        array([ 0., 10.])
    """
    shift, deviation = x.mean(axis=0), x.std(axis=0)
    deviation = np.where(deviation > 1e-12 * np.abs(shift), deviation, 1.0)
    z = (x - shift) / deviation
    correlation = (1.0 - SHRINK) * z.T @ z / len(z) + SHRINK * np.eye(x.shape[1])
    values, vectors = np.linalg.eigh(correlation)
    return shift, vectors / np.sqrt(values) @ vectors.T / deviation[:, None]


def nearest(z: Floats, centres: Floats) -> tuple[NDArray[np.intp], Floats]:
    """The nearest centre of each point, and how far it is.

    Args:
        z: points [case, input].
        centres: [centre, input].

    Returns:
        Index of the centre [case], and distance [case].

    Example:
        >>> nearest(np.array([[0.0], [9.0]]), np.array([[1.0], [10.0]]))
        (array([0, 1]), array([1., 1.]))
    """
    which, far = np.empty(len(z), np.intp), np.empty(len(z))
    for begin in range(0, len(z), CHUNK):
        part = slice(begin, begin + CHUNK)
        distance = np.linalg.norm(z[part, None] - centres[None], axis=-1)
        which[part], far[part] = distance.argmin(axis=1), distance.min(axis=1)
    return which, far


def centres_of(z: Floats, count: int, *, rounds: int = 25) -> Floats:
    """Centres of groups of points: k-means by Lloyd's rounds, begun at points far from each other.

    The first centre is the mean, the next ones are each the point farthest from those before. No chance is involved.

    Args:
        z: points [case, input], best whitened.
        count: how many centres; at most as many as there are points.
        rounds: at most so many.

    Returns:
        [centre, input].

    Source:
        Lloyd, Least squares quantization in PCM, IEEE Transactions on Information Theory 28, 1982. Gonzalez, Clustering
        to minimize the maximum intercluster distance, Theoretical Computer Science 38, 1985 (the beginning).

    Example:
        >>> np.sort(centres_of(np.array([[0.0], [1.0], [10.0], [12.0]]), 2), axis=0).ravel()
        array([ 0.5, 11. ])
    """
    centres = np.empty((min(count, len(z)), z.shape[1]))
    centres[0] = z.mean(axis=0)
    gap = np.linalg.norm(z - centres[0], axis=1)
    for k in range(1, len(centres)):
        centres[k] = z[gap.argmax()]
        gap = np.minimum(gap, np.linalg.norm(z - centres[k], axis=1))
    for _ in range(rounds):
        which, _ = nearest(z, centres)
        members = np.bincount(which, minlength=len(centres))
        total = np.zeros_like(centres)
        np.add.at(total, which, z)
        moved = np.where(members[:, None] > 0, total / np.maximum(members, 1)[:, None], centres)
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres
