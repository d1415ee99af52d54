"""Shares from counts: scrap, rework, products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaincinv

from twin.learn.strata import uniforms

__all__ = ["Share", "share_of", "shares_of"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """A share of cases.

    Attributes:
        value: the share that was seen; where it was all, half a case less.
        count, n: how often, of how many.
        draws: shares that are as likely as the count allows.
    """

    value: float
    count: int
    n: int
    draws: Array


def share_of(count: int, n: int, *, draws: int, rng: np.random.Generator) -> Share:
    """A share with its posterior under Jeffreys' prior, Beta(count + 1/2, n - count + 1/2).

    Its central intervals cover as often as they promise (Brown, Cai, DasGupta, Statistical Science 16, 2001).
    """
    u = uniforms(rng, draws, 1)[:, 0]
    value = count / max(n, 1) if count < n else (n - 0.5) / max(n, 1)  # not all: a part that never comes through
    return Share(value, count, n, betaincinv(count + 0.5, n - count + 0.5, u))


def shares_of(counts: Array, *, draws: int, rng: np.random.Generator) -> Array:
    """Shares of several kinds [draw, kind], from Dirichlet(counts + 1/2)."""
    counts = np.asarray(counts, float) + 0.5
    if len(counts) == 2:  # a single share
        one = betaincinv(counts[0], counts[1], uniforms(rng, draws, 1))
        return np.concatenate([one, 1 - one], axis=1)
    parts = gammaincinv(counts, uniforms(rng, draws, len(counts)))
    return parts / parts.sum(axis=1, keepdims=True)
