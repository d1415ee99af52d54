"""Guard of a surrogate: whether a case lies where the network was trained and its members agree."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike, NDArray

import twin  # noqa: F401 - from here on JAX computes with double precision
from surrogates.centres import centres_of, whitening
from surrogates.checked import table, vector

__all__ = ["TOLERANCE", "Guard", "Parts", "spread_of"]

Floats = NDArray[np.float64]

TOLERANCE = 1e-6
"""Of a score, so that a value on the edge of the box is inside whatever it was rounded to."""

NO_SPREAD = "spread is missing; this guard was fitted with it. Give the members' deviation, see `spread_of`."


class Parts(NamedTuple):
    """What a score is made of; each is 1 where it begins to flag.

    Attributes:
        box: distance from the middle of the box, in half widths of the input that is farthest out.
        middle: whitened (Mahalanobis) distance from the mean of the training data, per its limit.
        near: whitened distance from the nearest centre of the training data, per its limit: holes and curved edges.
        spread: how far the members of the ensemble disagree, per its limit; 0 for a guard without it.
    """

    box: Array
    middle: Array
    near: Array
    spread: Array


@dataclass(frozen=True)
class Guard:
    """Says whether to trust a surrogate at a case: of one by `outside`, which can be compiled, of many by `flags`.

    A case is outside where it leaves the box; where it is farther from the mean, or from the nearest of a few dozen
    centres of the training data, than all but a few held-out cases; or where the members of the ensemble disagree more
    than on all but a few of those. It costs (inputs + 3 centres) x inputs multiplications and is a pytree of arrays, so
    that it can be called within a compiled simulation.

    Attributes:
        low, high: box [input].
        shift, matrix: whiten a case [input], [input, input], see `surrogates.centres.whitening`.
        centres: whitened [centre, input].
        usual: median spread of held-out cases [output]; empty for a guard without spread.
        limits: of the distance from the mean, of that from the nearest centre, and of the spread in usual ones [3].
    """

    low: Any
    high: Any
    shift: Any
    matrix: Any
    centres: Any
    usual: Any
    limits: Any

    @classmethod
    def fit(
        cls,
        x_train: ArrayLike,
        x_held_out: ArrayLike,
        *,
        spread: ArrayLike | None = None,
        low: ArrayLike | None = None,
        high: ArrayLike | None = None,
        false_flags: float = 0.02,
        centres: int = 64,
    ) -> Guard:
        """Fit a guard; the limits are set together, so that all of them flag that share of the held-out cases.

        Args:
            x_train: cases that the network was trained on [case, input].
            x_held_out: other cases from the same source [case, input]; at least 1 / false_flags of them.
            spread: deviation between the members' outputs at the held-out cases [case, output]; None leaves it out.
            low: lower edge of the box [input]; by default that of x_train.
            high: upper edge of the box [input]; by default that of x_train.
            false_flags: share of held-out cases that may be flagged, 0 to 1.
            centres: number of centres.

        Raises:
            ValueError: a shape that does not fit, a number that is not finite, an empty box, too few held-out cases,
                or too many of them outside the box.

        Example:
            >>> x = np.random.default_rng(0).uniform(0.0, 1.0, (1000, 2))
            >>> guard = Guard.fit(x[:800], x[800:], low=[0.0, 0.0], high=[1.0, 1.0])
            >>> bool(guard.outside(jnp.array([0.5, 0.5]))), bool(guard.outside(jnp.array([0.5, 1.1])))
            (False, True)
        """
        train, held = table("x_train", x_train), table("x_held_out", x_held_out)
        width = train.shape[1]
        if held.shape[1] != width:
            raise ValueError(f"x_held_out: {held.shape[1]} inputs, but x_train has {width}. Give the same inputs.")
        bottom = vector("low", train.min(axis=0) if low is None else low, width)
        top = vector("high", train.max(axis=0) if high is None else high, width)
        for k in np.flatnonzero(bottom > top):
            raise ValueError(
                f"low of input {k} is {bottom[k]:g} and high is {top[k]:g}; low is at most high. Swap them."
            )
        usual, between = np.empty(0), np.zeros((len(held), 0))
        if spread is not None:
            between = table("spread", spread)
            if len(between) != len(held):
                raise ValueError(
                    f"spread: {len(between)} cases, but x_held_out has {len(held)}. Give one row for each."
                )
            usual = _usual(between)
        shift, matrix = whitening(train)
        loose = cls(bottom, top, shift, matrix, centres_of((train - shift) @ matrix, centres), usual, np.ones(3))
        box, *scores = loose.parts_of(held, between)
        return cls(**(dict(loose.items()) | {"limits": _limits(box, scores, false_flags)}))

    @property
    def middle(self) -> Array:
        """Of the box [input]."""
        return (jnp.asarray(self.low) + jnp.asarray(self.high)) / 2.0

    @property
    def half(self) -> Array:
        """Half widths of the box [input], above zero even where it has no extent."""
        low, high = jnp.asarray(self.low), jnp.asarray(self.high)
        return jnp.maximum((high - low) / 2.0, 1e-9 * jnp.maximum(jnp.abs(low), jnp.abs(high)) + 1e-300)

    def parts(self, x: Array, spread: Array | None = None) -> Parts:
        """What flags a case.

        Args:
            x: one case [input].
            spread: deviation between the members' outputs there [output]; needed by a guard fitted with it.

        Raises:
            ValueError: the guard was fitted with a spread and none is given.
        """
        box = jnp.max(jnp.abs(x - self.middle) / self.half)
        z = (x - jnp.asarray(self.shift)) @ jnp.asarray(self.matrix)
        middle = _root(jnp.sum(z * z))
        near = _root(jnp.min(jnp.sum((jnp.asarray(self.centres) - z[None]) ** 2, axis=1)))
        apart = jnp.zeros_like(box)
        if np.shape(self.usual)[0]:
            if spread is None:
                raise ValueError(NO_SPREAD)
            apart = jnp.max(spread / jnp.asarray(self.usual))
        limits = jnp.asarray(self.limits)
        return Parts(box, middle / limits[0], near / limits[1], apart / limits[2])

    def score(self, x: Array, spread: Array | None = None) -> Array:
        """The largest part: at most 1 inside, more outside, see `parts`."""
        return jnp.max(jnp.stack(self.parts(x, spread)))

    def outside(self, x: Array, spread: Array | None = None) -> Array:
        """Whether not to trust the surrogate at a case, see `parts`; a case that is not a number is outside."""
        return ~(self.score(x, spread) <= 1.0 + TOLERANCE)

    def parts_of(self, x: ArrayLike, spread: ArrayLike | None = None) -> tuple[Floats, Floats, Floats, Floats]:
        """`parts` of many cases at once, from x [case, input] and spread [case, output]; each is [case]."""
        between = np.zeros((len(np.asarray(x)), 0)) if spread is None else np.asarray(spread)
        if np.shape(self.usual)[0] and spread is None:
            raise ValueError(NO_SPREAD)
        box, middle, near, apart = (np.asarray(part) for part in _many(self, np.asarray(x), between))
        return box, middle, near, apart

    def flags(self, x: ArrayLike, spread: ArrayLike | None = None) -> NDArray[np.bool_]:
        """Whether each of many cases is `outside`, from x [case, input] and spread [case, output]; [case]."""
        return ~(np.max(self.parts_of(x, spread), axis=0) <= 1.0 + TOLERANCE)

    def items(self) -> list[tuple[str, Any]]:
        """Name and array of each field."""
        return [(one.name, getattr(self, one.name)) for one in fields(self)]

    def to_arrays(self) -> dict[str, Floats]:
        """As arrays by name, for storing."""
        return {name: np.asarray(value, np.float64) for name, value in self.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, ArrayLike]) -> Guard:
        """From what `to_arrays` made; lists of numbers, as JSON has them, will do.

        Raises:
            ValueError: an array is missing, unknown or of another shape than the others call for.

        Example:
            >>> x = np.random.default_rng(0).uniform(0.0, 1.0, (1000, 2))
            >>> guard = Guard.fit(x[:800], x[800:], centres=4)
            >>> Guard.from_arrays(guard.to_arrays()).centres.shape
            (4, 2)
        """
        names = [one.name for one in fields(cls)]
        if set(arrays) != set(names):
            raise ValueError(f"guard: has {sorted(arrays)}; a guard is made of {names}. Store it by `to_arrays`.")
        found = {name: np.asarray(arrays[name], np.float64) for name in names}
        n, m, k = (found[name].shape[0] if found[name].ndim else -1 for name in ("low", "centres", "usual"))
        due = {
            "low": (n,),
            "high": (n,),
            "shift": (n,),
            "matrix": (n, n),
            "centres": (m, n),
            "usual": (k,),
            "limits": (3,),
        }
        for name, shape in due.items():
            if found[name].shape != shape or not np.isfinite(found[name]).all():
                raise ValueError(
                    f"guard: {name} has shape {found[name].shape}; it holds finite numbers in shape {shape}."
                )
        return cls(**found)


jax.tree_util.register_dataclass(Guard, data_fields=[one.name for one in fields(Guard)], meta_fields=[])
_many = jax.jit(jax.vmap(Guard.parts, in_axes=(None, 0, 0)))


def spread_of(outputs: ArrayLike) -> Array:
    """How far members disagree: the standard deviation between them; 0 with one member.

    Args:
        outputs: of each member [member, ...], e.g. [member, case, output].

    Returns:
        [...], in the unit of each output.

    Example:
        >>> spread_of([[1.0, 5.0], [3.0, 5.0]])
        Array([1.4142, 0.    ], dtype=float64)
    """
    found = jnp.asarray(outputs)
    return jnp.std(found, axis=0, ddof=min(len(found) - 1, 1))


def _root(square: Array) -> Array:
    """Square root whose derivative at zero is finite."""
    return jnp.sqrt(square + 1e-24)


def _usual(spread: Floats) -> Floats:
    """Median spread of each output, its mean where that is zero, 1 where the members always agree."""
    middle, mean = np.median(spread, axis=0), spread.mean(axis=0)
    return np.where(middle > 0.0, middle, np.where(mean > 0.0, mean, 1.0))


def _limits(box: Floats, scores: Sequence[Floats], false_flags: float) -> Floats:
    """The order statistic, the same for each score, at which all together flag a share of the held-out cases."""
    if not 0.0 < false_flags < 1.0:
        raise ValueError(f"false_flags is {false_flags}; it is a share above 0 and below 1. Give 0.02, for instance.")
    count = len(box)
    inside = math.ceil((count + 1) * (1.0 - false_flags))
    if inside > count:
        least = math.ceil(1.0 / false_flags) - 1
        raise ValueError(f"x_held_out: {count} cases; {false_flags:g} false flags take {least}. Hold out more.")
    left = box > 1.0 + TOLERANCE
    if count - left.sum() < inside:
        raise ValueError(
            f"x_held_out: {left.mean():.1%} lie outside the box; at most {false_flags:.1%} may. Give a wider low and "
            "high, or cases from the same source as x_train."
        )
    ranks = np.max([np.argsort(np.argsort(score)) for score in scores], axis=0)
    rank = np.sort(np.where(left, count, ranks))[inside - 1]
    return np.maximum([np.sort(score)[rank] for score in scores], 1e-9)
