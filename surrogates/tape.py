"""A formula of one case as a tape: operations on single numbers, in order, that any reader can run without JAX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.extend.core import Jaxpr, Literal

import twin  # noqa: F401 - from here on JAX computes with double precision

__all__ = ["OPERATIONS", "Tape", "tape_of"]

OPERATIONS = (
    *("constant", "add", "sub", "mul", "div", "neg", "abs", "max", "min", "pow", "sqrt"),
    *("exp", "log", "expm1", "log1p", "tanh"),
    *("eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not", "isfinite", "select", "float"),
)
"""What a step may do, in the sense of IEEE 754; `select` takes the second where the first is true, else the third."""

_CALLS = {"jit": "jaxpr", "pjit": "jaxpr"} | dict.fromkeys(
    ("closed_call", "custom_jvp_call", "custom_vjp_call"), "call_jaxpr"
)
"""Where the function that is called stands."""
_SHAPES = {"slice", "squeeze", "reshape", "broadcast_in_dim", "concatenate", "stack", "transpose", "rev"}
_SAME = {"stop_gradient", "copy", "copy_p"}
_NAMES = {"is_finite": "isfinite"} | {name: name for name in OPERATIONS[1:] if name not in ("select", "float")}
_REMEDY = "Write it in those, or train without it (`problem_of(process, structure=False)`)."


class Tape(NamedTuple):
    """A program without loops and branches; JSON can hold it.

    Attributes:
        inputs: how many there are; they are the values 0, 1, ... of a case.
        steps: each makes the next value: [operation, numbers of the values that it takes ...]. Numbers are float64, but
            for those that are true or false. ["constant", value] has a number, true or false, or the text "inf",
            "-inf" or "nan".
        outputs: number of the value of each output.
    """

    inputs: int
    steps: list[list[Any]]
    outputs: list[int]


def tape_of(formula: Callable[[Array], Array], inputs: int) -> Tape:
    """Write down what a formula does.

    Calls are opened, and arrays taken apart, so that only operations on single numbers are left.

    Args:
        formula: one case [input], float64 -> [output], float64.
        inputs: how many.

    Raises:
        ValueError: the formula does something else than `OPERATIONS`, such as loops, or some numbers are not float64.

    Example:
        >>> tape_of(lambda x: jnp.stack([x[0] / (1.0 + x[1]), jnp.exp(-x[0])]), 2).steps
        [['constant', 1.0], ['add', 2, 1], ['div', 0, 3], ['neg', 0], ['exp', 5]]
    """
    closed = jax.make_jaxpr(formula)(jax.ShapeDtypeStruct((inputs,), jnp.float64))
    writer = _Writer(inputs)
    (outputs,) = writer.follow(closed, [np.arange(inputs)])
    return Tape(inputs, writer.steps, outputs.tolist())


class _Writer:
    """The steps so far. An array of the formula is, here, an array of the numbers of its values."""

    def __init__(self, inputs: int) -> None:
        self.inputs = inputs
        self.steps: list[list[Any]] = []
        self.known: dict[str, int] = {}

    def add(self, *step: Any) -> int:
        """A step, or the same one that is there already; the number of what it makes."""
        found = self.known.setdefault(repr(step), self.inputs + len(self.steps))
        if found == self.inputs + len(self.steps):
            self.steps.append(list(step))
        return found

    def constants(self, values: Any) -> np.ndarray:
        values = np.asarray(values)
        _fit(values.dtype, "a constant")
        words = [value if np.isfinite(value) else str(value) for value in values.ravel().tolist()]
        return np.asarray([self.add("constant", word) for word in words], np.int64).reshape(values.shape)

    def follow(self, closed: Any, given: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Write down a function that was traced, for these arguments; what it returns."""
        jaxpr: Jaxpr = closed.jaxpr
        values: dict[Any, np.ndarray] = dict(zip(jaxpr.invars, given, strict=True))
        values |= {at: self.constants(value) for at, value in zip(jaxpr.constvars, closed.consts, strict=True)}

        def ask(at: Any) -> np.ndarray:
            return self.constants(at.val) if isinstance(at, Literal) else values[at]

        for node in jaxpr.eqns:
            name: str = node.primitive.name
            if name not in {*_CALLS, *_SHAPES, *_SAME, *_NAMES, *_RULES}:
                rule = f"it can be exported where it is made of {', '.join(OPERATIONS[1:])}, for single numbers"
                raise ValueError(f"the formula uses {name!r}; {rule}. {_REMEDY}")
            for made in node.outvars:
                _fit(made.aval.dtype, f"{name!r}")  # type: ignore[union-attr]
            values |= dict(zip(node.outvars, self.done(node, [ask(at) for at in node.invars]), strict=True))
        return [ask(at) for at in jaxpr.outvars]

    def done(self, node: Any, given: list[np.ndarray]) -> list[np.ndarray]:
        """What one operation of the formula makes."""
        name: str = node.primitive.name
        if name in _CALLS:
            return self.follow(node.params[_CALLS[name]], given)
        if name in _SAME:
            return given
        if name in _SHAPES:  # numbers of values move as the values would
            return [np.asarray(node.primitive.bind(*map(jnp.asarray, given), **node.params))]
        together = np.broadcast_arrays(*given)
        rows = zip(*(each.ravel().tolist() for each in together), strict=True)
        rule = _RULES.get(name)
        made = [rule(self, node, *row) if rule else self.add(_NAMES[name], *row) for row in rows]
        return [np.asarray(made, np.int64).reshape(together[0].shape)]


def _fit(dtype: Any, what: str) -> None:
    if dtype not in (np.float64, np.bool_):
        rule = "it can be exported where all of its numbers are float64, or true or false"
        raise ValueError(f"the formula has {what} of {dtype}; {rule}. {_REMEDY}")


def _number(writer: _Writer, value: float) -> int:
    return int(writer.constants(value))


def _converted(writer: _Writer, node: Any, a: int) -> int:
    was, due = node.invars[0].aval.dtype, node.params["new_dtype"]
    if was == due:
        return a
    return writer.add("float", a) if was == np.bool_ else writer.add("ne", a, _number(writer, 0.0))


def _logistic(writer: _Writer, _: Any, a: int) -> int:
    one = _number(writer, 1.0)
    return writer.add("div", one, writer.add("add", one, writer.add("exp", writer.add("neg", a))))


_RULES: dict[str, Callable[..., int]] = {
    "clamp": lambda w, _, low, a, high: w.add("min", w.add("max", a, low), high),
    "convert_element_type": _converted,
    "integer_pow": lambda w, node, a: w.add("pow", a, _number(w, float(node.params["y"]))),
    "logistic": _logistic,
    "rsqrt": lambda w, _, a: w.add("div", _number(w, 1.0), w.add("sqrt", a)),
    "select_n": lambda w, _, which, if_false, if_true: w.add("select", which, if_true, if_false),
    "square": lambda w, _, a: w.add("mul", a, a),
    "xor": lambda w, _, a, b: w.add("ne", a, b),
}
