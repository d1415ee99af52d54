"""Formulas as tapes: the plant's reader and ONNX tell what JAX tells, and what no tape can hold is refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from deployed import by_onnxruntime, reader
from jax import Array, lax

import surrogates
from surrogates.bare import formula_of
from surrogates.onnx_graph import _Graph
from surrogates.onnx_tape import taped
from surrogates.swap import SHIPPED
from surrogates.tape import OPERATIONS, Tape, tape_of

ODD = np.asarray([-1.0, 0.0, 1.0, -0.0, 1e-300, -1e-9, 1e-17, 700.0, -700.0, 1e300, np.inf, -np.inf, np.nan])


def by_onnx(tape: Tape) -> Callable[[np.ndarray], np.ndarray]:
    onnx = pytest.importorskip("onnx", reason="ONNX needs `pip install onnx`")
    graph = _Graph(onnx, {})
    graph.add("Identity", taped(graph, tape), makes="y")
    info, double = onnx.helper.make_tensor_value_info, onnx.TensorProto.DOUBLE
    told, taken = info("y", double, ["batch", len(tape.outputs)]), info("x", double, ["batch", tape.inputs])
    whole = onnx.helper.make_graph(graph.nodes, "formula", [taken], [told], graph.constants)
    model = onnx.helper.make_model(whole, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    run = by_onnxruntime(model.SerializeToString())
    return lambda x: run(x)["y"]


def told_alike(formula: Callable[[Array], Array], x: np.ndarray, *, atol: float = 1e-300) -> Tape:
    """A tape, after JSON, by both readers, to a few roundings; what is no number there is none here."""
    tape = tape_of(formula, x.shape[1])
    right = np.asarray(jax.jit(jax.vmap(formula))(x))
    kept = json.loads(json.dumps(tape._asdict(), allow_nan=False))
    for found in (reader().played(kept, x), by_onnx(tape)(x)):
        np.testing.assert_allclose(found, right, rtol=1e-13, atol=atol)
    assert {step[0] for step in tape.steps} <= set(OPERATIONS)
    return tape


EVERY: dict[str, Callable[[Any, Any], Any]] = {
    "sums": lambda a, b: (a + b) * (a - b) / (1.5 + b * b) - -a,
    "powers": lambda a, b: a**3 + jnp.square(b) + jnp.abs(a) ** b + b**-2 + lax.rsqrt(jnp.abs(a)) + jnp.sqrt(b),
    "exponentials": lambda a, b: jnp.exp(a) + jnp.log(b) + jnp.tanh(a) + jax.nn.sigmoid(b),
    "log1p": lambda a, b: jnp.log1p(a),
    "expm1": lambda a, b: jnp.expm1(a),
    "bounds": lambda a, b: jnp.clip(a, -0.5, 0.5) + lax.clamp(-2.0, b, 2.0) + jnp.minimum(a, b) + jnp.maximum(b, 0.25),
    "choices": lambda a, b: jnp.where((a > b) & ~(a <= 0) | (a == b), a, jnp.where((a >= 1) ^ True, b, 2.0)),
    "kinds": lambda a, b: (a < b).astype(float) + jnp.asarray(a, bool) + jnp.isfinite(b) + (a != b),
    "soft": lambda a, b: jax.nn.softplus(a) + jnp.logaddexp(a, b) + lax.stop_gradient(b),
    "vectors": lambda a, b: (
        jnp.stack([a, b])[::-1][0] + (jnp.stack([a, b]) * jnp.asarray([2.0, 3.0])).reshape(2, 1)[1, 0]
    ),
    "constant": lambda a, b: jnp.asarray(4.0),
    "infinite": lambda a, b: jnp.where(a > 0, jnp.inf, b),
}


@pytest.mark.parametrize("name", EVERY)
def test_every_operation_is_told_alike(name: str) -> None:
    formula = EVERY[name]
    usual = np.random.default_rng(0).normal(size=(100, 2)) * [1.0, 3.0]
    every = np.stack(np.meshgrid(ODD, ODD), axis=-1).reshape(-1, 2)
    told_alike(lambda x: jnp.stack([formula(x[0], x[1]), x[0]]), np.vstack([usual, every]))


def test_small_numbers_keep_their_digits() -> None:
    """Where log(1 + x) and exp(x) - 1 would lose them."""
    x = np.asarray([[sign * 10.0**k] for k in range(-30, 0) for sign in (1, -1)])
    tape = told_alike(lambda x: jnp.stack([jnp.log1p(x[0]), jnp.expm1(x[0])]), x)
    assert [step[0] for step in tape.steps] == ["log1p", "expm1"]


@pytest.mark.parametrize("model", ["die_casting", "oven"])
def test_the_formulas_that_ship(model: str) -> None:
    found = surrogates.load(SHIPPED / f"{model}.surrogate")
    low, high = found.problem.low, found.problem.high
    x = low + (high - low) * np.random.default_rng(1).uniform(-0.2, 1.2, (200, len(low)))
    tape = told_alike(found.ensemble.based, x, atol=1e-11)  # log odds pass 0, and magnify a rounding of what is near 1
    assert formula_of(found) == tape


def test_nothing_is_done_twice() -> None:
    tape = tape_of(lambda x: jnp.stack([jnp.exp(x[0] * 2.0), jnp.exp(x[0] * 2.0) + 2.0]), 1)
    assert tape.steps == [["constant", 2.0], ["mul", 0, 1], ["exp", 2], ["add", 3, 1]]
    assert tape.outputs == [3, 4]


def test_a_call_is_opened() -> None:
    once = jax.jit(lambda a: a * 3.0)
    assert [step[0] for step in tape_of(lambda x: jnp.stack([once(once(x[0]))]), 1).steps] == ["constant", "mul", "mul"]


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        (jnp.sin, "uses 'sin'"),
        (lambda x: lax.fori_loop(0, 3, lambda _, y: y * 2.0, x), "uses '(scan|while)'"),
        (lambda x: lax.cond(x[0] > 0, jnp.exp, jnp.log, x), "'convert_element_type' of int32"),
        (jnp.cumsum, "uses 'cumsum'"),
        (
            lambda x: x.astype(jnp.float32).astype(float),
            "of float32; it can be exported where all of its numbers are float64",
        ),
        (lambda x: jnp.floor(x).astype(int) * 1.0, "uses 'floor'"),
        (lambda x: x * jnp.asarray([3]), "a constant of int64"),
    ],
)
def test_what_no_tape_can_hold_is_refused(formula: Callable[[Array], Array], words: str) -> None:
    with pytest.raises(ValueError, match=rf"the formula .*{words}.*structure=False"):
        tape_of(formula, 1)


def test_without_a_formula_there_is_no_tape() -> None:
    none: Any = SimpleNamespace(ensemble=SimpleNamespace(formula=None))
    assert formula_of(none) is None
