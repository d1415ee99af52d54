"""What may be, given a log: probabilities of places and machines, and draws of all unknown numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.special import log_ndtr, ndtri_exp

from twin.learn.moments import Fitted

__all__ = ["drawn", "inside", "probabilities"]

Array = np.ndarray
_SWEEPS = 60
_ROUNDS = 5


def probabilities(fits: Sequence[Fitted]) -> Float[Array, " combination"]:
    """Posterior probabilities of combinations of whole numbers that are equally likely beforehand.

    By a synthetic likelihood (Wood, Nature 466, 2010): statistics of a log are normal, with mean and covariance from
    simulated logs; since the covariance comes from R of these, Student's t (Sellentin, Heavens, MNRAS 456, 2016). One
    covariance serves all combinations, the mean of theirs weighted by probability: where a number hardly ever acts,
    statistics are far from normal, and the determinant of its own covariance would decide. What is not whole is
    integrated over its range by Laplace's method.
    """
    probability = np.full(len(fits), 1.0 / len(fits))
    best = min(range(len(fits)), key=lambda k: _distance(fits[k], fits[k].covariance))
    covariance = fits[best].covariance
    wide, count = fits[best].wide, fits[best].replications
    for _ in range(_ROUNDS):
        logs = np.array([-0.5 * count * np.log1p(_distance(fit, covariance) / wide / (count - 1)) for fit in fits])
        logs -= [0.5 * np.linalg.slogdet(fit.precision / 12 + np.eye(len(fit.share)))[1] for fit in fits]
        probability = np.exp(logs - logs.max())
        probability /= probability.sum()
        covariance = np.einsum("c,cij->ij", probability, [fit.covariance for fit in fits])
    return probability


def _distance(fit: Fitted, covariance: Float[Array, "statistic statistic"]) -> float:
    """Squared distance of the log from the simulated ones (Mahalanobis)."""
    return float(fit.off @ np.linalg.solve(covariance, fit.off))


def drawn(
    fits: Sequence[Fitted], probability: Float[Array, " combination"], draws: int, rng: np.random.Generator
) -> tuple[Array, Float[Array, "draw smooth"]]:
    """Draws of the combination, and of the other numbers as shares of their ranges.

    Returns:
        Places of combinations [draw], and shares.
    """
    chosen = np.sort(rng.choice(len(fits), draws, p=probability))
    shares = np.concatenate(
        [inside(fits[k].target, fits[k].precision, int((chosen == k).sum()), rng) for k in np.unique(chosen)]
    )
    order = rng.permutation(draws)
    return chosen[order], shares[order]


def inside(
    middle: Float[Array, " smooth"], precision: Float[Array, "smooth smooth"], draws: int, rng: np.random.Generator
) -> Float[Array, "draw smooth"]:
    """Draws from a normal distribution cut off at 0 and 1 in every direction; its precision may be singular.

    By Gibbs' sampler along the main axes of the precision, all draws side by side as chains of their own.
    """
    size = len(middle)
    values, vectors = np.linalg.eigh(precision + 1e-9 * np.eye(size))
    wide = np.sqrt(1.0 / np.maximum(values, 12.0))
    share = np.clip(middle + (rng.standard_normal((draws, size)) * wide) @ vectors.T, 0.0, 1.0)
    for _ in range(_SWEEPS if size > 1 else min(size, 1)):
        share = _turned(share, middle, precision, vectors, rng)
    return share


def _turned(share: Array, middle: Array, precision: Array, vectors: Array, rng: np.random.Generator) -> Array:
    """One sweep along the main axes of the precision, along which the numbers are independent but for the cut."""
    for k in range(len(middle)):
        axis = vectors[:, k]
        sd = 1.0 / np.sqrt(max(float(axis @ precision @ axis), 1e-9))
        mean = (middle - share) @ precision @ axis * sd**2
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = np.stack([-share / axis, (1.0 - share) / axis])
        ends = np.where(np.abs(axis) > 1e-9, ends, np.array([-np.inf, np.inf])[:, None, None])
        low, high = ends.min(axis=0).max(axis=1), ends.max(axis=0).min(axis=1)
        move = _cut_normal(mean, sd, np.minimum(low, 0.0), np.maximum(high, 0.0), rng)
        share = np.clip(share + move[:, None] * axis, 0.0, 1.0)
    return share


def _cut_normal(mean: Array, sd: float, low: Array, high: Array, rng: np.random.Generator) -> Array:
    """Draws from normal distributions cut off at `low` and `high`, exact far out in a tail."""
    a, b = (low - mean) / sd, (high - mean) / sd
    flip = a > -b  # work in the lower tail, where logarithms keep their digits
    a, b = np.where(flip, -b, a), np.where(flip, -a, b)
    below, above = log_ndtr(a), log_ndtr(b)
    u = rng.random(len(mean))
    logs = above + np.log(u + (1.0 - u) * np.exp(np.minimum(below - above, 0.0)))
    z = np.clip(ndtri_exp(np.minimum(logs, -1e-300)), a, b)
    return mean + sd * np.where(flip, -z, z)
