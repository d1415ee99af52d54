"""Densities, means and spreads of the distributions that are fitted to times."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from twin.distribution import Distribution

__all__ = ["band", "cv", "density", "named"]

Array = NDArray[np.float64]


def density(law: Distribution, x: Array) -> Array:
    """Density of a distribution of times.

    Args:
        law: exponential, weibull, gamma, lognormal, or a mixture of these.
        x: times, above 0 [s].

    Returns:
        The density [1/s]; zeros for a constant, NaN for families that are not fitted to logs.

    Example:
        >>> density(Distribution("exponential", {"mean": 2.0}), np.array([2.0])).round(4)
        array([0.1839])
    """
    n = law.numbers
    match law.family:
        case "mixture":
            total = sum(weight for weight, _ in law.parts)
            return np.sum([weight / total * density(part, x) for weight, part in law.parts], axis=0)
        case "exponential":
            return np.exp(-x / n["mean"]) / n["mean"]
        case "weibull":
            z = x / n["scale"]
            return n["shape"] / n["scale"] * z ** (n["shape"] - 1) * np.exp(-(z ** n["shape"]))
        case "gamma":
            shape = 1.0 / n["cv"] ** 2
            scale = n["mean"] / shape
            return np.exp((shape - 1) * np.log(x / scale) - x / scale - gammaln(shape)) / scale
        case "lognormal":
            variance = math.log1p(n["cv"] ** 2)
            z = (np.log(x / n["mean"]) + variance / 2) / math.sqrt(variance)
            return np.exp(-0.5 * z * z) / (x * math.sqrt(2 * math.pi * variance))
        case "constant":
            return np.zeros_like(x)
    return np.full_like(x, np.nan)


def band(laws: Sequence[Distribution], x: Array, level: float) -> tuple[Array, Array]:
    """The density's limits at each time: the central share `level` of some distributions lies between them."""
    drawn = np.array([density(law, x) for law in laws])
    low, high = np.quantile(drawn, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return low, high


def cv(law: Distribution) -> float:
    """Coefficient of variation: standard deviation over mean.

    Example:
        >>> cv(Distribution("weibull", {"shape": 1.0, "scale": 9.0}))
        1.0
    """
    return math.sqrt(max(0.0, _second(law) / law.mean**2 - 1.0)) if law.mean > 0 else 0.0


def _second(law: Distribution) -> float:
    """Mean of the square [s²]."""
    n = law.numbers
    match law.family:
        case "mixture":
            total = sum(weight for weight, _ in law.parts)
            return sum(weight * _second(part) for weight, part in law.parts) / total
        case "exponential":
            return 2 * n["mean"] ** 2
        case "weibull":
            return n["scale"] ** 2 * math.gamma(1 + 2 / n["shape"])
        case "gamma" | "lognormal":
            return n["mean"] ** 2 * (1 + n["cv"] ** 2)
        case "constant":
            return n["mean"] ** 2
    return math.nan


def named(law: Distribution) -> str:
    """The family in words.

    Example:
        >>> part = Distribution("exponential", {"mean": 1.0})
        >>> named(part), named(Distribution("mixture", parts=((0.5, part), (0.5, part))))
        ('exponential', 'exponential + exponential')
    """
    return " + ".join(named(part) for _, part in law.parts) if law.family == "mixture" else law.family
