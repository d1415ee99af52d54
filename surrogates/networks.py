"""Ensembles of small networks that know the units of what they read and tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

__all__ = ["Bends", "Ensemble", "Scales", "new_ensemble"]

EDGE = 1e-9
"""Shares are learned between this and one less this, where their log odds are finite."""


class Bends(NamedTuple):
    """In which form outputs are learned, so that what is told stays in range whatever a network says.

    Attributes:
        log: whether as logarithm, which is always positive when told [output].
        share: whether as log odds, log(y / (1 - y)), which is always between 0 and 1 when told [output].
    """

    log: np.ndarray
    share: np.ndarray

    def bent(self, y: np.ndarray) -> np.ndarray:
        """Outputs from SI [..., output] to the form in which they are learned."""
        between = np.clip(np.where(self.share, y, 0.5), EDGE, 1 - EDGE)
        return np.where(
            self.share, np.log(between / (1 - between)), np.where(self.log, np.log(_or_one(self.log, y)), y)
        )

    def straight(self, y: Array) -> Array:
        """And back [output]."""
        y = jnp.where(self.log, jnp.exp(jnp.where(self.log, y, 0.0)), y)
        return jnp.where(self.share, jax.nn.sigmoid(jnp.where(self.share, y, 0.0)), y) if self.share.any() else y


def _or_one(chosen: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.where(chosen, y, 1.0)


class Scales(NamedTuple):
    """How numbers in SI become numbers of about 1, and back.

    Attributes:
        x_middle: of the box of the inputs [input].
        x_half: half of its extent.
        y_middle: mean of the outputs, in the form in which they are learned, beyond a formula's if there is one.
        y_half: their standard deviation [output].
        log, share: the form in which outputs are learned, see `Bends` [output].
    """

    x_middle: np.ndarray
    x_half: np.ndarray
    y_middle: np.ndarray
    y_half: np.ndarray
    log: np.ndarray
    share: np.ndarray

    @staticmethod
    def of(low: np.ndarray, high: np.ndarray, y: np.ndarray, bends: Bends, base: Any = 0.0) -> Scales:
        """Of a box, outputs of cases [case, output] and what a formula says of them, see `based`."""
        beyond = bends.bent(y) - base
        spread = beyond.std(axis=0)
        half = np.where(spread > 0, spread, 1.0)
        return Scales((low + high) / 2, (high - low) / 2, beyond.mean(axis=0), half, *bends)

    @property
    def bends(self) -> Bends:
        """In which form outputs are learned."""
        return Bends(self.log, self.share)

    def inward(self, x: Any) -> Any:
        """Inputs from SI: of one case [input], or NumPy arrays of many [..., input]."""
        return (x - self.x_middle) / self.x_half

    def told(self, y: np.ndarray, base: Any = 0.0) -> np.ndarray:
        """Outputs from SI [..., output]."""
        return (self.bends.bent(y) - base - self.y_middle) / self.y_half

    def outward(self, z: Array, base: Any = 0.0) -> Array:
        """Outputs of one case to SI [output]."""
        return self.bends.straight(self.y_middle + self.y_half * z + base)


@dataclass(frozen=True)
class Ensemble:
    """Networks of one shape that were trained apart from each other.

    Attributes:
        sizes: of the layers, inputs first.
        scales: between SI and the network's numbers.
        weights: of all members, a pytree of float32 arrays with members first.
        formula: what the networks correct: one case [input] -> {output: SI}; None where they tell all.
    """

    sizes: tuple[int, ...]
    scales: Scales
    weights: Any
    formula: Callable[[Array], dict[int, Array]] | None = None

    @property
    def count(self) -> int:
        """How many members there are."""
        return jax.tree.leaves(self.weights)[0].shape[0]

    def member(self, k: int) -> Any:
        """The weights of one member."""
        return jax.tree.map(lambda leaf: leaf[k], self.weights)

    def one(self, weights: Any, x: Array) -> Array:
        """What one member tells of one case [input] -> [output], SI."""
        found = apply(weights, self.scales.inward(x).astype(jnp.float32)).astype(x.dtype)
        return self.scales.outward(found, self.based(x))

    def based(self, x: Array) -> Array:
        """What the formula says of one case [input] -> [output], in the form that is learned; 0 elsewhere."""
        return based(self.formula, self.scales.bends, x)

    def members(self, x: Array) -> Array:
        """What every member tells of one case [input] -> [member, output], SI."""
        return jax.vmap(lambda weights: self.one(weights, x))(self.weights)

    @cached_property
    def _many(self) -> Callable[[Array], Array]:
        return jax.jit(jax.vmap(self.members, out_axes=1))

    def ask(self, x: np.ndarray) -> np.ndarray:
        """What every member tells of many cases [case, input]: [member, case, output], SI."""
        return np.asarray(self._many(jnp.asarray(x, float)))


def based(formula: Callable[[Array], dict[int, Array]] | None, bends: Bends, x: Array) -> Array:
    """See `Ensemble.based`."""
    said = formula(x) if formula else {}
    log, share = bends
    base = jnp.zeros(len(log), x.dtype)
    for k, value in said.items():  # chosen, not stacked: XLA computes what goes into a stack once for each output
        base = jnp.where(np.arange(len(log)) == k, _bent(value, log=log[k], share=share[k]), base)
    return base


def _bent(value: Array, *, log: bool, share: bool) -> Array:
    if share:
        between = jnp.clip(value, EDGE, 1 - EDGE)
        return jnp.log(between / (1 - between))
    return jnp.log(value) if log else value


def apply(weights: Any, z: Array) -> Array:
    """A network on one scaled case [input] -> [output]; the same as `surrogates.mlp.Mlp.__call__`, on bare weights."""
    *inner, last = weights
    for kernel, bias in inner:
        z = jnp.tanh(kernel.T @ z + bias)  # of many cases one row for each neuron: XLA's tanh is quicker so on CPUs
    return last[0].T @ z + last[1]


def new_ensemble(sizes: Sequence[int], scales: Scales, *, members: int, seed: int, formula: Any = None) -> Ensemble:
    """Untrained networks, each with its own random weights (LeCun normal)."""
    from surrogates.mlp import untrained  # noqa: PLC0415 - flax takes a second, and is for training alone

    made = [untrained(sizes, seed * 1000 + k) for k in range(members)]
    return Ensemble(tuple(sizes), scales, jax.tree.map(lambda *leaves: jnp.stack(leaves), *made), formula)
