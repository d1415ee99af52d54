"""Networks of flax, from which training begins; what was trained works on bare weights, see `networks.apply`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import jax.numpy as jnp
from flax import nnx
from jax import Array

__all__ = ["Mlp", "untrained"]


class Mlp(nnx.Module):
    """Dense layers with tanh between them, from scaled inputs to scaled outputs."""

    def __init__(self, sizes: Sequence[int], *, rngs: nnx.Rngs) -> None:
        self.layers = nnx.List([nnx.Linear(a, b, rngs=rngs) for a, b in pairwise(sizes)])

    def __call__(self, x: Array) -> Array:
        """One scaled case [input] -> [output]."""
        for layer in self.layers[:-1]:
            x = jnp.tanh(layer(x))
        return self.layers[-1](x)


def untrained(sizes: Sequence[int], seed: int) -> tuple[tuple[Array, Array], ...]:
    """Kernels and biases of the layers of a network with random weights (LeCun normal), float32."""
    network = Mlp(sizes, rngs=nnx.Rngs(seed))
    pairs: list[tuple[Any, Any]] = [(layer.kernel, layer.bias) for layer in network.layers]
    return tuple((jnp.asarray(kernel[...], jnp.float32), jnp.asarray(bias[...], jnp.float32)) for kernel, bias in pairs)
