"""Train an ensemble: Adam on small batches, then L-BFGS on all cases; the best weights are kept."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from surrogates.checkpoint import Keeper
from surrogates.networks import Ensemble, apply

if TYPE_CHECKING:
    import optax

__all__ = ["Fitted", "Loss", "Recipe", "fit", "squares"]

Loss = Callable[[Any, Array, Array], Array]
"""Weights of one member, scaled inputs [case, input], scaled outputs [case, output] -> a number."""


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes:
        hidden: neurons of each hidden layer.
        members: networks of the ensemble.
        steps: of Adam, each on one batch; in whole chunks.
        batch: cases in it.
        rate: highest learning rate; it warms up over a twentieth of the steps and falls as a cosine.
        finish: steps of L-BFGS on all cases, in whole chunks; 0 for none.
        chunk: steps between two looks at the held-out cases.
        patience: looks without progress of any member before a phase ends early.
        held_out: share of the cases that only choose the best weights.
        seed: of weights and batches.
    """

    hidden: tuple[int, ...] = (32, 32)
    members: int = 5
    steps: int = 2000
    batch: int = 256
    rate: float = 5e-3
    finish: int = 2000
    chunk: int = 100
    patience: int = 10
    held_out: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("members", 1), ("steps", 0), ("batch", 1), ("finish", 0), ("chunk", 1), ("patience", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"recipe: {name} is {getattr(self, name)}; use {least} or more.")
        if not 0 < self.held_out < 1:
            raise ValueError(f"recipe: held_out is {self.held_out:g}; use a share above 0 and below 1, e.g. 0.1.")
        if not self.hidden or min(self.hidden) < 1:
            raise ValueError(f"recipe: hidden is {self.hidden}; name the neurons of one or more layers, e.g. (32, 32).")

    @property
    def looks(self) -> tuple[int, int]:
        """Chunks of Adam and of L-BFGS."""
        return -(-self.steps // self.chunk), -(-self.finish // self.chunk)


@dataclass(frozen=True)
class Fitted:
    """A trained ensemble.

    Attributes:
        ensemble: with the best weights of every member.
        error: root mean square of its scaled error on held-out cases [member].
        held_out: numbers of these cases.
        history: (phase, loss, held-out error) at every look, means over the members; phase 0 is Adam, 1 L-BFGS.
    """

    ensemble: Ensemble
    error: np.ndarray
    held_out: np.ndarray
    history: np.ndarray


class State(NamedTuple):
    """What training goes on from.

    Attributes:
        weights, best: of all members now, and where each was best.
        least: best held-out error [member].
        idle: looks since any member became better.
        adam, lbfgs: states of the optimisers.
        look: how many looks there were.
        phase: 0 in Adam, 1 in L-BFGS.
        history: see `Fitted` [look, 3], NaN for looks to come.
    """

    weights: Any
    best: Any
    least: Array
    idle: Array
    adam: Any
    lbfgs: Any
    look: Array
    phase: Array
    history: Array


def squares(weights: Any, z: Array, told: Array) -> Array:
    """Mean square of the scaled error."""
    return jnp.mean((jax.vmap(lambda case: apply(weights, case))(z) - told) ** 2)


def fit(
    ensemble: Ensemble,
    x: np.ndarray,
    y: np.ndarray,
    *,
    recipe: Recipe | None = None,
    loss: Loss = squares,
    held_out: np.ndarray | None = None,
    checkpoint: Path | None = None,
    progress: Callable[[int, int, float], None] | None = None,
) -> Fitted:
    """Train all members at once on cases in SI.

    Args:
        ensemble: with scales and first weights.
        x: inputs [case, input].
        y: outputs [case, output].
        recipe: how; None for the usual one.
        loss: to be made small.
        held_out: numbers of the cases that only choose the best weights, e.g. whole groups; None: drawn at random.
        checkpoint: folder that keeps the state after every chunk; training goes on from what is there.
        progress: called with the look, how many there are at most, and the mean held-out error.

    Raises:
        ValueError: a case is not finite, there are too few, or the checkpoint is of other training.
    """
    recipe = recipe or Recipe()
    held = _held_out(x, y, recipe) if held_out is None else np.asarray(held_out)
    rest = np.setdiff1d(np.arange(len(x)), held)
    z = np.asarray(ensemble.scales.inward(x), np.float32)
    base = np.asarray(jax.vmap(ensemble.based)(jnp.asarray(x, float)))
    told = np.asarray(ensemble.scales.told(y, base), np.float32)
    data = tuple(jnp.asarray(part) for part in (z[rest], told[rest], z[held], told[held]))
    state = _start(ensemble, recipe)
    with Keeper.open(checkpoint, (recipe, z, told)) if checkpoint else nullcontext() as keeper:
        state = keeper.newest(state) if keeper else state
        while int(state.phase) < 2:
            state = _advance(state, data, recipe=recipe, loss=loss)
            if keeper:
                keeper.keep(int(state.look), state)
            if progress:
                progress(int(state.look), sum(recipe.looks), float(state.least.mean()))
    history = np.asarray(state.history)
    found = replace(ensemble, weights=state.best)
    return Fitted(found, np.asarray(state.least), held, history[np.isfinite(history).all(axis=1)])


def _held_out(x: np.ndarray, y: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Cases held out at random, where all of them can be used."""
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y):
        raise ValueError(f"fit: inputs {x.shape} and outputs {y.shape}; both are tables with one row per case.")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        row = int(np.flatnonzero(~(np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1)))[0])
        raise ValueError(f"fit: case {row} has a number that is not finite. Leave such cases out.")
    count = round(recipe.held_out * len(x))
    if not 0 < count < len(x):
        raise ValueError(f"fit: {len(x)} cases, of which {count} are held out; there must be some of both.")
    return np.sort(np.random.default_rng(recipe.seed).permutation(len(x))[:count])


def _start(ensemble: Ensemble, recipe: Recipe) -> State:
    import optax  # noqa: PLC0415 - takes half a second, and is for training alone

    weights = ensemble.weights
    return State(
        weights,
        weights,
        jnp.full(ensemble.count, jnp.inf, jnp.float32),
        jnp.asarray(0),
        jax.vmap(_adam(recipe).init)(weights),
        jax.vmap(optax.lbfgs().init)(weights),
        jnp.asarray(0),
        jnp.asarray(0 if recipe.looks[0] else 1),
        jnp.full((sum(recipe.looks), 3), jnp.nan, jnp.float32),
    )


def _adam(recipe: Recipe) -> optax.GradientTransformation:
    import optax  # noqa: PLC0415

    steps = max(recipe.looks[0] * recipe.chunk, 20)
    return optax.adam(optax.warmup_cosine_decay_schedule(0.0, recipe.rate, steps // 20, steps, recipe.rate / 100))


def _advance(state: State, data: Any, *, recipe: Recipe, loss: Loss) -> State:
    """One chunk of the phase, a look, and the next phase where this one ends."""
    first = int(state.phase) == 0
    run = _adam_chunk if first else _lbfgs_chunk
    shape = replace(recipe, seed=0)  # a number, not a shape: another seed needs no other program
    state, trained = run(state, data, recipe.seed, recipe=shape, loss=loss)
    state = _look(state, data, trained)
    looks = int(state.look)
    over = int(state.idle) >= recipe.patience or looks >= (recipe.looks[0] if first else sum(recipe.looks))
    if not over:
        return state
    following = 2 if not first or not recipe.looks[1] else 1
    return state._replace(phase=jnp.asarray(following), weights=state.best, idle=jnp.asarray(0))


@partial(jax.jit, static_argnames=("recipe", "loss"))
def _adam_chunk(state: State, data: Any, seed: Array | int, *, recipe: Recipe, loss: Loss) -> tuple[State, Array]:
    import optax  # noqa: PLC0415

    z, told, _, _ = data
    rule, members = _adam(recipe), state.least.shape[0]

    def step(carry: Any, number: Array) -> tuple[Any, Array]:
        weights, memory = carry
        keys = jax.random.split(jax.random.fold_in(jax.random.key(seed), number), members)

        def one(weights: Any, memory: Any, key: Array) -> tuple[Any, Any, Array]:
            rows = jax.random.randint(key, (min(recipe.batch, len(z)),), 0, len(z))
            value, slope = jax.value_and_grad(loss)(weights, z[rows], told[rows])
            change, memory = rule.update(slope, memory, weights)
            return optax.apply_updates(weights, change), memory, value

        weights, memory, value = jax.vmap(one)(weights, memory, keys)
        return (weights, memory), value

    numbers = state.look * recipe.chunk + jnp.arange(recipe.chunk)
    (weights, memory), values = lax.scan(step, (state.weights, state.adam), numbers)
    return state._replace(weights=weights, adam=memory), values[-1].mean()


@partial(jax.jit, static_argnames=("recipe", "loss"))
def _lbfgs_chunk(state: State, data: Any, seed: Array | int, *, recipe: Recipe, loss: Loss) -> tuple[State, Array]:  # noqa: ARG001
    import optax  # noqa: PLC0415

    z, told, _, _ = data
    rule = optax.lbfgs()
    whole = lambda weights: loss(weights, z, told)  # noqa: E731
    ask = optax.value_and_grad_from_state(whole)

    def step(carry: Any, _: None) -> tuple[Any, Array]:
        def one(weights: Any, memory: Any) -> tuple[Any, Any, Any]:
            value, slope = ask(weights, state=memory)
            change, memory = rule.update(slope, memory, weights, value=value, grad=slope, value_fn=whole)
            return optax.apply_updates(weights, change), memory, value

        weights, memory, value = jax.vmap(one)(*carry)
        return (weights, memory), value

    (weights, memory), values = lax.scan(step, (state.weights, state.lbfgs), None, length=recipe.chunk)
    return state._replace(weights=weights, lbfgs=memory), values[-1].mean()


@jax.jit
def _look(state: State, data: Any, trained: Array) -> State:
    """Keep the weights of those members that are better on the held-out cases than ever before."""
    _, _, z, told = data
    error = jnp.sqrt(jax.vmap(squares, in_axes=(0, None, None))(state.weights, z, told))
    better = error < state.least
    chosen = lambda new, old: jnp.where(better.reshape(-1, *[1] * (new.ndim - 1)), new, old)  # noqa: E731
    best = jax.tree.map(chosen, state.weights, state.best)
    least = jnp.where(better, error, state.least)
    ahead = jnp.any(error < state.least * (1 - 1e-3))
    row = jnp.stack([state.phase.astype(jnp.float32), trained.astype(jnp.float32), least.mean()])
    return state._replace(
        best=best,
        least=least,
        idle=jnp.where(ahead, 0, state.idle + 1),
        look=state.look + 1,
        history=state.history.at[state.look].set(row),
    )
