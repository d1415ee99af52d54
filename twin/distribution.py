"""Families of non-negative random times, sampled by inverse distribution function.

One uniform number per draw keeps common random numbers in step when a parameter changes, and keeps the draw
differentiable with respect to every parameter. A mixture spends the same number twice: it chooses the component, and
what is left of it is the uniform number of that component.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.scipy import special

FAMILIES: dict[str, tuple[str, ...]] = {
    "constant": ("mean",),
    "uniform": ("low", "high"),
    "triangular": ("low", "mode", "high"),
    "normal": ("mean", "sd"),
    "exponential": ("mean",),
    "gamma": ("mean", "cv"),
    "lognormal": ("mean", "cv"),
    "weibull": ("shape", "scale"),
    "empirical": (),
    "mixture": (),
}
"""Family -> its numbers. `normal` is truncated at 0; `cv` is that of the variable itself."""

Numbers = Any
"""A pytree of arrays: the numbers of one distribution, or of many alike along a leading axis."""


@dataclass(frozen=True)
class Distribution:
    """A family and its numbers in SI units.

    Attributes:
        family: one of FAMILIES.
        numbers: parameter -> value; times in seconds, `cv` and `shape` without unit.
        values: the sample of an empirical distribution, each equally likely.
        parts: the components of a mixture as (weight, distribution).
    """

    family: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    values: tuple[float, ...] = ()
    parts: tuple[tuple[float, Distribution], ...] = ()

    @property
    def signature(self) -> Hashable:
        """What must be equal for two distributions to be drawn in one call."""
        if self.family == "mixture":
            return ("mixture", tuple(part.signature for _, part in self.parts))
        return ("empirical", len(self.values)) if self.family == "empirical" else self.family

    def arrays(self, get: Callable[[str, float], Any], path: str) -> Numbers:
        """The numbers as a pytree; `get(path, value)` may replace each, e.g. by the one being differentiated."""
        if self.family == "mixture":
            weights = np.asarray([weight for weight, _ in self.parts], float)
            return weights, [part.arrays(get, f"{path}.{i}") for i, (_, part) in enumerate(self.parts)]
        if self.family == "empirical":
            return np.asarray(sorted(self.values), float)
        return {name: get(f"{path}.{name}", float(value)) for name, value in self.numbers.items()}

    @property
    def mean(self) -> float:
        """Mean of the variable [s]."""
        n = self.numbers
        if "mean" in n and self.family != "normal":
            return float(n["mean"])
        if self.family == "mixture":
            return sum(weight * part.mean for weight, part in self.parts) / sum(weight for weight, _ in self.parts)
        if self.family == "empirical":
            return float(np.mean(self.values))
        if self.family == "weibull":
            return float(n["scale"] * math.gamma(1 + 1 / n["shape"]))
        if self.family == "normal":
            cut = n["mean"] / n["sd"]
            kept = (1 + math.erf(cut / math.sqrt(2))) / 2
            return float(n["mean"] + n["sd"] * math.exp(-(cut**2) / 2) / math.sqrt(2 * math.pi) / kept)
        return float(sum(n.values()) / len(n))  # uniform, triangular


def signature_of(several: Sequence[Distribution]) -> Hashable:
    """What must be equal for any of several distributions to be drawn in one call: their own if they are of one kind.

    Of different kinds it is that of a mixture in which each has all the weight in its turn, see `arrays_of`.
    """
    kinds = tuple(dict.fromkeys(one.signature for one in several))
    return kinds[0] if len(kinds) == 1 else ("mixture", kinds)


def arrays_of(
    one: Distribution, several: Sequence[Distribution], get: Callable[[str, float], Any], path: str
) -> Numbers:
    """The numbers of one of several distributions, for the signature that they share."""
    kinds = {other.signature: other for other in several}
    if len(kinds) == 1:
        return one.arrays(get, path)
    weights = np.asarray([float(kind == one.signature) for kind in kinds])
    plain = lambda _, value: value  # noqa: E731
    parts = [
        one.arrays(get, path) if kind == one.signature else other.arrays(plain, "") for kind, other in kinds.items()
    ]
    return weights, parts


def quantile(signature: Hashable, numbers: Numbers, u: Array) -> Array:
    """The value below which a share `u` of the distribution lies.

    Args:
        signature: of the distribution.
        numbers: its numbers; every leaf broadcasts against `u` (an empirical sample and the weights of a mixture have
            one more axis behind, the sample or the components).
        u: uniform numbers in (0, 1).
    """
    if isinstance(signature, tuple):
        kind, rest = signature
        return _empirical(numbers, rest, u) if kind == "empirical" else _mixture(rest, numbers, u)
    return _QUANTILES[signature](u, **numbers)


def residual(signature: Hashable, numbers: Numbers, u: Array, v: Array) -> Array:
    """What is left of the variable at a random moment: v * L, where L is length-biased (renewal theory).

    L has density x f(x) / mean. Its quantile is read from a table of 2,048 values of the quantile function; exponential
    times have no memory and need none.

    Args:
        signature: of the distribution.
        numbers: as in `quantile`.
        u: as in `quantile`.
        v: a second uniform number of the shape of `u`.
    """
    if signature == "exponential":
        return quantile(signature, numbers, u)
    size = 2048
    grid = (jnp.arange(size) + 0.5) / size
    table = jax.vmap(lambda q: quantile(signature, numbers, jnp.full_like(u, q)))(grid)
    weight = jnp.cumsum(table, axis=0)
    index = jnp.sum(weight < u[None] * weight[-1:], axis=0)[None]
    return v * jnp.take_along_axis(table, jnp.minimum(index, size - 1), axis=0)[0]


def _triangular(u: Array, *, low: Array, mode: Array, high: Array) -> Array:
    span = high - low
    peak = (mode - low) / span
    rise = low + jnp.sqrt(jnp.maximum(u * span * (mode - low), 1e-300))
    fall = high - jnp.sqrt(jnp.maximum((1 - u) * span * (high - mode), 1e-300))
    return jnp.where(u < peak, rise, fall)


def _normal(u: Array, *, mean: Array, sd: Array) -> Array:
    """Truncated at 0: only the part of the bell to the right of 0 is drawn from."""
    below = special.ndtr(-mean / sd)
    return mean + sd * special.ndtri(below + u * (1 - below))


def _lognormal(u: Array, *, mean: Array, cv: Array) -> Array:
    variance = jnp.log1p(cv**2)
    return mean * jnp.exp(jnp.sqrt(variance) * special.ndtri(u) - variance / 2)


def _empirical(values: Array, size: int, u: Array) -> Array:
    index = jnp.minimum((u * size).astype(jnp.int32), size - 1)
    if values.ndim == 1:
        return jnp.asarray(values)[index]
    shape = (*jnp.broadcast_shapes(values.shape[:-1], u.shape), size)
    return jnp.take_along_axis(jnp.broadcast_to(values, shape), index[..., None], axis=-1)[..., 0]


def _mixture(signatures: tuple[Hashable, ...], numbers: Numbers, u: Array) -> Array:
    weights, parts = numbers
    share = weights / jnp.sum(weights, axis=-1, keepdims=True)
    below = jnp.zeros_like(u)
    value = jnp.zeros_like(u)
    for i, (signature, part) in enumerate(zip(signatures, parts, strict=True)):
        weight = share[..., i]
        inner = jnp.clip((u - below) / weight, 1e-16, 1 - 1e-16)
        value = jnp.where(u >= below, quantile(signature, part, inner), value)
        below = below + weight
    return value


@jax.custom_jvp
def gamma_quantile(shape: Array, u: Array) -> Array:
    """Inverse of the regularised incomplete gamma function P(shape, x) = u, by Newton's method in log x.

    Started from Wilson and Hilferty (1931), or from the leading term of the series for small x.
    """
    z = special.ndtri(u)
    cube = 1 - 1 / (9 * shape) + z / (3 * jnp.sqrt(shape))
    small = jnp.exp((jnp.log(u) + special.gammaln(shape + 1)) / shape)
    x = jnp.where((cube > 0.3) & (shape > 0.5), shape * cube**3, jnp.maximum(small, 1e-300))
    for _ in range(8):
        slope = jnp.exp(shape * jnp.log(x) - x - special.gammaln(shape))
        step = (lax.igamma(shape, x) - u) / jnp.maximum(slope, 1e-300)
        x = x * jnp.exp(-jnp.clip(step, -2.0, 2.0))
    return x


@gamma_quantile.defjvp
def _gamma_quantile_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    shape, u = primals
    x = gamma_quantile(shape, u)
    density = jnp.exp((shape - 1) * jnp.log(x) - x - special.gammaln(shape))
    return x, (tangents[1] - lax.igamma_grad_a(shape, x) * tangents[0]) / density


def _gamma(u: Array, *, mean: Array, cv: Array) -> Array:
    shape = jnp.broadcast_to(1 / cv**2, u.shape)
    return mean / shape * gamma_quantile(shape, u)


_QUANTILES: dict[Hashable, Callable[..., Array]] = {
    "constant": lambda u, mean: jnp.broadcast_to(mean, u.shape),
    "uniform": lambda u, low, high: low + u * (high - low),
    "triangular": _triangular,
    "normal": _normal,
    "exponential": lambda u, mean: -mean * jnp.log1p(-u),
    "gamma": _gamma,
    "lognormal": _lognormal,
    "weibull": lambda u, shape, scale: scale * jnp.exp(jnp.log(-jnp.log1p(-u)) / shape),
}
