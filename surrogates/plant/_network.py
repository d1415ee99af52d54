"""A small ensemble of networks on measured rows, its members trained at once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

__all__ = ["train_ensemble"]

Floats = NDArray[np.float64]
Members = Callable[[Floats], Floats]
BATCH = 64
SCAN = 100
"""Steps in one call of compiled code."""


def train_ensemble(
    x: Floats,
    y: Floats,
    *,
    members: int = 4,
    hidden: tuple[int, ...] = (32, 32),
    seed: int = 0,
    steps: int = 600,
    rate: float = 5e-3,
    decay: float = 1e-4,
) -> Members:
    """Trains multilayer perceptrons on standardised rows, each member on batches of a bootstrap sample of its own.

    Mean squared error of standardised outputs, AdamW with a rate that falls along a cosine, batches of 64 rows.
    Networks run in float32; scaling happens outside, in float64.

    Args:
        x: inputs [case, input].
        y: outputs [case, output].
        members: number of networks.
        hidden: widths of the hidden layers, with swish between them.
        seed: of weights, bootstrap samples and batches.
        steps: number of batches, a multiple of 100.
        rate: highest learning rate.
        decay: weight decay.

    Returns:
        What predicts [member, case, output] from [case, input].

    Raises:
        ValueError: when `steps` is no multiple of 100.

    Source: Loshchilov and Hutter, Decoupled weight decay regularization, ICLR 2019; Lakshminarayanan, Pritzel and
    Blundell, Deep ensembles, NeurIPS 2017.
    """
    if steps < SCAN or steps % SCAN:
        raise ValueError(f"steps is {steps}; they come in hundreds. Use a multiple of {SCAN}.")
    centre, scale = x.mean(axis=0), _scale(x)
    middle, spread = y.mean(axis=0), _scale(y)
    z, target = _padded((x - centre) / scale), _padded((y - middle) / spread)
    draw = np.random.default_rng(seed)
    own = draw.integers(len(x), size=(members, len(x)))
    start, run, apply = _program(x.shape[1], y.shape[1], hidden, steps, rate, decay)
    state = start(jax.random.split(jax.random.key(seed), members))
    for _ in range(steps // SCAN):
        picks = draw.integers(len(x), size=(SCAN, members, BATCH))
        state = run(state, z, target, np.take_along_axis(own[None], picks, axis=2).astype(np.int32))
    weights = jax.block_until_ready(state[0])

    def predict(inputs: Floats) -> Floats:
        found = np.asarray(apply(weights, _padded((inputs - centre) / scale)), float)
        return found[:, : len(inputs)] * spread + middle

    return predict


@functools.lru_cache(maxsize=32)
def _program(
    inputs: int, outputs: int, hidden: tuple[int, ...], steps: int, rate: float, decay: float
) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    """Compiled code for networks of one shape: make them, train them for some steps, apply them."""
    import optax  # noqa: PLC0415 - 0.6 s: only when something is trained
    from flax import nnx  # noqa: PLC0415 - as above

    class Perceptron(nnx.Module):
        def __init__(self, rngs: nnx.Rngs) -> None:
            widths = (inputs, *hidden, outputs)
            self.layers = nnx.List([nnx.Linear(a, b, rngs=rngs) for a, b in pairwise(widths)])

        def __call__(self, z: jax.Array) -> jax.Array:
            for layer in list(self.layers)[:-1]:
                z = nnx.swish(layer(z))
            return self.layers[-1](z)

    optimiser = optax.adamw(optax.cosine_decay_schedule(rate, steps, alpha=0.02), weight_decay=decay)
    graph = nnx.split(Perceptron(nnx.Rngs(0)))[0]

    def made(key: jax.Array) -> tuple[Any, Any]:
        weights = nnx.to_pure_dict(nnx.split(Perceptron(nnx.Rngs(key)))[1])
        return weights, optimiser.init(weights)

    def applied(weights: Any, z: jax.Array) -> jax.Array:
        state = nnx.split(Perceptron(nnx.Rngs(0)))[1]
        nnx.replace_by_pure_dict(state, weights)
        return nnx.merge(graph, state)(z)

    def loss(weights: Any, z: jax.Array, target: jax.Array) -> jax.Array:
        return jnp.mean(jnp.square(applied(weights, z) - target))

    def step(carry: tuple[Any, Any], z: jax.Array, target: jax.Array, rows: jax.Array) -> tuple[Any, Any]:
        weights, moments = carry
        change, moments = optimiser.update(jax.grad(loss)(weights, z[rows], target[rows]), moments, weights)
        return optax.apply_updates(weights, change), moments

    @jax.jit
    def run(state: tuple[Any, Any], z: jax.Array, target: jax.Array, picks: jax.Array) -> tuple[Any, Any]:
        every = jax.vmap(step, in_axes=(0, None, None, 0))
        return jax.lax.scan(lambda carry, rows: (every(carry, z, target, rows), None), state, picks)[0]

    return jax.jit(jax.vmap(made)), run, jax.jit(jax.vmap(applied, in_axes=(0, None)))


def _scale(values: Floats) -> Floats:
    """Standard deviation of each column [column]; 1 where it does not vary."""
    spread = values.std(axis=0)
    return np.where(spread > 1e-12 * (1 + np.abs(values.mean(axis=0))), spread, 1.0)


def _padded(values: Floats) -> NDArray[np.float32]:
    """Rows filled up to a power of two, so that folds of about one size share compiled code."""
    rows = max(256, 1 << (len(values) - 1).bit_length())
    return np.concatenate([values, np.zeros((rows - len(values), values.shape[1]))]).astype(np.float32)
