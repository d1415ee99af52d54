"""A surrogate as StableHLO, which runs wherever XLA does: from SI to SI, for any number of cases at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import twin  # noqa: F401 - from here on JAX computes with double precision
from surrogates.bare import needs_spread, tells
from surrogates.guard import spread_of
from surrogates.surrogate import Surrogate

__all__ = ["PLATFORMS", "runner", "stablehlo"]

PLATFORMS = ("cpu", "cuda", "tpu")
"""For which the graph is lowered."""


def stablehlo(surrogate: Surrogate) -> bytes:
    """The graph x [batch, input] float64, SI -> what the surrogate `tells`, as `jax.export` serialises it.

    Scaler, formula and guard are in the graph; the network computes in float32, as in a line, and its products are of
    full float32 precision on every platform. The batch is symbolic and one or more. Later
    versions of JAX promise to read it for a limited time; the bare arrays and ONNX last longer.

    Source: OpenXLA, StableHLO specification; JAX, "Exporting and serializing staged-out computations".
    """
    from jax import export  # noqa: PLC0415 - only here and in `runner`

    weights = jax.tree.map(np.asarray, surrogate.ensemble.member(surrogate.chosen))

    def graph(x: Array) -> tuple[Array, ...]:
        return jax.vmap(lambda case: _told(surrogate, weights, case))(x)

    (batch,) = export.symbolic_shape("batch")
    cases = jax.ShapeDtypeStruct((batch, len(surrogate.problem.inputs)), jnp.float64)
    with jax.default_matmul_precision("highest"), _no_places():
        return bytes(export.export(jax.jit(graph), platforms=PLATFORMS)(cases).serialize())


def runner(data: bytes, names: tuple[str, ...]) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    """What calls a serialised graph: x [case, input] -> answers by name.

    Args:
        data: from `stablehlo`.
        names: of the answers, in order.

    Raises:
        ValueError: it is no such graph, or it tells another number of answers.
    """
    from jax import export  # noqa: PLC0415

    try:
        found = export.deserialize(bytearray(data))
    except Exception as fault:  # flatbuffers and MLIR raise what they like
        raise ValueError(f"it is no graph that JAX {jax.__version__} reads: {fault}") from fault
    if len(found.out_avals) != len(names):
        raise ValueError(f"it tells {len(found.out_avals)} arrays; {', '.join(names)} are due.")
    call = jax.jit(found.call)

    def run(x: np.ndarray) -> dict[str, np.ndarray]:
        return {name: np.asarray(value) for name, value in zip(names, call(jnp.asarray(x, float)), strict=True)}

    return run


@contextmanager
def _no_places() -> Iterator[None]:
    """Leave out where in the code a node was made: paths of this machine, other bytes for every caller."""
    option = "jax_traceback_in_locations_limit"
    before = getattr(jax.config, option)
    jax.config.update(option, 0)
    try:
        yield
    finally:
        jax.config.update(option, before)


def _told(surrogate: Surrogate, weights: Any, x: Array) -> tuple[Array, ...]:
    """What is told of one case [input]; the weights are those of the chosen member."""
    if needs_spread(surrogate):
        members = surrogate.ensemble.members(x)
        y, spread = members[surrogate.chosen], spread_of(members)
    else:
        y = surrogate.ensemble.one(weights, x)
        spread = jnp.zeros_like(y)
    found = {"y": y, "outside": surrogate.guard.outside(x, spread), "spread": spread}
    return tuple(found[name] for name in tells(surrogate))
