"""Families of times by their partial moments, from which every likelihood here follows in closed form.

For a time T the tail moment is M_k(x) = E[T^k; T > x] = ∫_x^∞ t^k f(t) dt. Then the survival is S = M_0, the stop-loss
H(x) = E[(T - x)+] = M_1(x) - x M_0(x), and a clock with step h that is read at a random phase shows a time as k·h with
probability [H((k-1)h) - 2 H(kh) + H((k+1)h)] / h: the mean of f over a triangle of half-width h around k·h.

| family | theta (free numbers) | M_k(x) |
|---|---|---|
| exponential | ln mean | m^k k! Q(k+1, x/m) |
| weibull | ln scale, ln shape | λ^k Γ(1+k/c) Q(1+k/c, (x/λ)^c) |
| gamma | ln scale, ln shape | b^k Γ(a+k)/Γ(a) Q(a+k, x/b) |
| lognormal | ln median, ln σ | exp(kμ + k²σ²/2) Φ((μ + kσ² - ln x)/σ) |

Q is the regularised upper incomplete gamma function (Klugman, Panjer, Willmot, Loss Models, appendix A).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc, gammaln, ndtr

from twin.distribution import Distribution

__all__ = ["EXPONENTIAL", "GAMMA", "LOGNORMAL", "SINGLE", "WEIBULL", "Family", "Mixture", "mixture", "parse"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Family:
    """A family of non-negative times; the first free number is always the logarithm of a scale.

    Attributes:
        name: as in a line file.
        bounds: smallest and largest value of each free number after the scale.
        tail: (theta, k, x) -> M_k(x).
        log_density: (theta, x) -> ln f(x).
        draw: (theta, generator, n) -> n times.
        named: theta -> the numbers of a line file.
        shape: coefficient of variation -> free numbers after the scale.
    """

    name: str
    bounds: tuple[tuple[float, float], ...]
    tail: Callable[[Array, int, Array], Array]
    log_density: Callable[[Array, Array], Array]
    draw: Callable[[Array, np.random.Generator, int], Array]
    named: Callable[[Array], dict[str, float]]
    shape: Callable[[float], list[float]]

    @property
    def size(self) -> int:
        """How many free numbers the family has."""
        return 1 + len(self.bounds)

    def start(self, mean: float, cv: float) -> Array:
        """Free numbers with about this mean and coefficient of variation."""
        theta = np.array([0.0, *self.shape(min(max(cv, 0.1), 3.0))])
        theta[0] = math.log(mean / float(self.tail(theta, 1, np.zeros(1))[0]))
        return theta

    def distribution(self, theta: Array, factor: float = 1.0) -> Distribution:
        """The distribution of a line file, its times multiplied by `factor`."""
        theta = np.array(theta, float)
        theta[0] += math.log(factor)
        return Distribution(self.name, self.named(theta))


def _exponential_tail(theta: Array, k: int, x: Array) -> Array:
    mean = np.exp(theta[0])
    return mean**k * math.factorial(k) * gammaincc(k + 1, np.maximum(x, 0.0) / mean)


def _weibull_tail(theta: Array, k: int, x: Array) -> Array:
    scale, shape = np.exp(theta)
    power = np.minimum(np.maximum(x, 0.0) / scale, 1e30) ** shape
    return scale**k * np.exp(gammaln(1 + k / shape)) * gammaincc(1 + k / shape, power)


def _gamma_tail(theta: Array, k: int, x: Array) -> Array:
    scale, shape = np.exp(theta)
    rise = np.prod([shape + i for i in range(k)]) if k else 1.0
    return scale**k * rise * gammaincc(shape + k, np.maximum(x, 0.0) / scale)


def _lognormal_tail(theta: Array, k: int, x: Array) -> Array:
    mu, sigma = theta[0], np.exp(theta[1])
    with np.errstate(divide="ignore"):
        log_x = np.log(np.maximum(x, 0.0))
    return np.exp(k * mu + 0.5 * (k * sigma) ** 2) * ndtr((mu + k * sigma**2 - log_x) / sigma)


def _exponential_log_density(theta: Array, x: Array) -> Array:
    return -theta[0] - x / np.exp(theta[0])


def _weibull_log_density(theta: Array, x: Array) -> Array:
    shape = np.exp(theta[1])
    log_z = np.log(x) - theta[0]
    return theta[1] - theta[0] + (shape - 1) * log_z - np.exp(np.minimum(shape * log_z, 700.0))


def _gamma_log_density(theta: Array, x: Array) -> Array:
    shape = np.exp(theta[1])
    return (shape - 1) * np.log(x) - x / np.exp(theta[0]) - gammaln(shape) - shape * theta[0]


def _lognormal_log_density(theta: Array, x: Array) -> Array:
    sigma = np.exp(theta[1])
    return -0.5 * ((np.log(x) - theta[0]) / sigma) ** 2 - np.log(x) - theta[1] - 0.5 * math.log(2 * math.pi)


def _lognormal_named(theta: Array) -> dict[str, float]:
    variance = float(np.exp(2 * theta[1]))
    return {"mean": float(np.exp(theta[0] + variance / 2)), "cv": math.sqrt(math.expm1(variance))}


EXPONENTIAL = Family(
    "exponential",
    (),
    _exponential_tail,
    _exponential_log_density,
    lambda theta, rng, n: rng.exponential(np.exp(theta[0]), n),
    lambda theta: {"mean": float(np.exp(theta[0]))},
    lambda cv: [],  # noqa: ARG005  an exponential has no shape
)
WEIBULL = Family(
    "weibull",
    ((math.log(0.2), math.log(20.0)),),
    _weibull_tail,
    _weibull_log_density,
    lambda theta, rng, n: np.exp(theta[0]) * rng.weibull(np.exp(theta[1]), n),
    lambda theta: {"shape": float(np.exp(theta[1])), "scale": float(np.exp(theta[0]))},
    lambda cv: [-math.log(cv)],
)
GAMMA = Family(
    "gamma",
    ((math.log(0.05), math.log(400.0)),),
    _gamma_tail,
    _gamma_log_density,
    lambda theta, rng, n: rng.gamma(np.exp(theta[1]), np.exp(theta[0]), n),
    lambda theta: {"mean": float(np.exp(theta[0] + theta[1])), "cv": float(np.exp(-theta[1] / 2))},
    lambda cv: [-2 * math.log(cv)],
)
LOGNORMAL = Family(
    "lognormal",
    ((math.log(0.05), math.log(2.5)),),
    _lognormal_tail,
    _lognormal_log_density,
    lambda theta, rng, n: rng.lognormal(theta[0], np.exp(theta[1]), n),
    _lognormal_named,
    lambda cv: [0.5 * math.log(math.log1p(cv * cv))],
)
SINGLE = {family.name: family for family in (EXPONENTIAL, WEIBULL, GAMMA, LOGNORMAL)}


@dataclass(frozen=True)
class Mixture:
    """A weighted sum of families; theta is theirs in turn, then the log-odds of all weights but the last."""

    parts: tuple[Family, ...]

    @property
    def name(self) -> str:
        """E.g. "lognormal + lognormal"."""
        return " + ".join(part.name for part in self.parts)

    @property
    def size(self) -> int:
        """How many free numbers the mixture has."""
        return sum(part.size for part in self.parts) + len(self.parts) - 1

    def weights(self, theta: Array) -> Array:
        """The weight of each part."""
        odds = np.append(theta[self.size - len(self.parts) + 1 :], 0.0)
        raised = np.exp(odds - odds.max())
        return raised / raised.sum()

    def unsorted(self, theta: Array) -> list[tuple[float, Family, Array]]:
        """Weight, family and free numbers of each part."""
        parts, first = [], 0
        for weight, part in zip(self.weights(theta).tolist(), self.parts, strict=True):
            parts.append((weight, part, theta[first : first + part.size]))
            first += part.size
        return parts

    def split(self, theta: Array) -> list[tuple[float, Family, Array]]:
        """Weight, family and free numbers of each part, in order of their means."""
        return sorted(self.unsorted(theta), key=lambda part: float(part[1].tail(part[2], 1, np.zeros(1))[0]))

    def tail(self, theta: Array, k: int, x: Array) -> Array:
        """M_k(x)."""
        total = np.zeros(len(x))
        for weight, part, own in self.unsorted(theta):
            total += weight * part.tail(own, k, x)
        return total

    def log_density(self, theta: Array, x: Array) -> Array:
        """The logarithm of the density at x."""
        logs = [np.log(weight) + part.log_density(own, x) for weight, part, own in self.unsorted(theta)]
        return np.logaddexp.reduce(logs, axis=0)

    def draw(self, theta: Array, rng: np.random.Generator, n: int) -> Array:
        """Independent times [s]."""
        parts = self.split(theta)
        which = rng.choice(len(parts), n, p=[weight for weight, _, _ in parts])
        return np.choose(which, [part.draw(own, rng, n) for _, part, own in parts])

    def scaled(self, theta: Array, factor: float) -> Array:
        """Free numbers of the same mixture with all times multiplied by `factor`."""
        theta = np.array(theta, float)
        starts = np.cumsum([0, *[part.size for part in self.parts[:-1]]])
        theta[starts] += math.log(factor)
        return theta

    def distribution(self, theta: Array, factor: float = 1.0) -> Distribution:
        """The distribution of a line file, its times multiplied by `factor`."""
        if len(self.parts) == 1:
            return self.parts[0].distribution(theta, factor)
        parts = self.split(theta)
        return Distribution("mixture", parts=tuple((w, part.distribution(own, factor)) for w, part, own in parts))


def mixture(*parts: Family) -> Mixture:
    """A mixture of families; one part is the family itself."""
    return Mixture(parts)


def parse(name: str) -> Mixture:
    """The mixture of a name such as "weibull" or "lognormal + exponential".

    Raises:
        ValueError: when a part is not a family that can be fitted.

    Example:
        >>> parse("exponential + lognormal").size
        4
    """
    words = [word.strip() for word in name.split("+")]
    for word in words:
        if word not in SINGLE:
            raise ValueError(
                f"{word!r} is not a family that can be fitted; use {', '.join(SINGLE)}, or several with +."
            )
    return Mixture(tuple(SINGLE[word] for word in words))
