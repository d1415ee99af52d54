"""A tape (`surrogates.tape`) as nodes of an ONNX graph, in float64 for all cases at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from surrogates.tape import Tape

__all__ = ["Nodes", "taped"]

_SAME = {
    "eq": "Equal",
    "lt": "Less",
    "le": "LessOrEqual",
    "gt": "Greater",
    "ge": "GreaterOrEqual",
    "select": "Where",
} | {
    name.lower(): name
    for name in [
        "Add",
        "Sub",
        "Mul",
        "Div",
        "Neg",
        "Abs",
        "Max",
        "Min",
        "Pow",
        "Sqrt",
        "Exp",
        "Log",
        "Tanh",
        "And",
        "Or",
        "Not",
    ]
}


class Nodes(Protocol):
    """Where nodes and constants are added."""

    def add(self, operator: str, *inputs: str, makes: str | None = None, **how: Any) -> str:
        """A node; the name of what it makes."""
        ...

    def put(self, value: Any, dtype: Any = ...) -> str:
        """A constant; its name."""
        ...

    def cast(self, x: str, kind: str) -> str:
        """As numbers of another kind."""
        ...


def taped(graph: Nodes, tape: Tape) -> str:
    """Add what a tape does with the cases "x" [batch, input]; the name of the outputs [batch, output].

    Each value is a column [batch, 1].
    """
    values = [graph.add("Gather", "x", graph.put([k], np.int64), axis=1) for k in range(tape.inputs)]
    for operation, *given in tape.steps:
        if operation == "constant":
            (value,) = given
            values.append(graph.put([[value]], np.bool_ if isinstance(value, bool) else np.float64))
        else:
            names = [values[k] for k in given]
            values.append(_COMPOSED.get(operation, _plain(operation))(graph, *names))
    rows = graph.add("Shape", values[0])
    columns = [graph.add("Expand", values[k], rows) for k in tape.outputs]  # a constant has one row
    return graph.add("Concat", *columns, axis=1)


def _plain(operation: str) -> Callable[..., str]:
    return lambda graph, *names: graph.add(_SAME[operation], *names)


def _log1p(graph: Nodes, x: str) -> str:
    """log(1 + x) x / ((1 + x) - 1), which corrects what 1 + x rounds off; x where nothing of it is left.

    Source: Goldberg, What every computer scientist should know about floating-point arithmetic, ACM Computing Surveys
    23, 1991, theorem 4.
    """
    one = graph.put(1.0)
    more = graph.add("Add", x, one)
    kept = graph.add("Sub", more, one)
    logarithm = graph.add("Log", more)
    corrected = graph.add("Mul", logarithm, graph.add("Div", x, kept))
    whole = graph.add("Where", graph.add("Equal", kept, x), logarithm, corrected)
    return graph.add("Where", graph.add("Equal", kept, graph.put(0.0)), x, whole)


def _expm1(graph: Nodes, x: str) -> str:
    """exp(x) - 1 = tanh(x / 2) (exp(x) + 1), in which nothing cancels."""
    half = graph.add("Tanh", graph.add("Mul", x, graph.put(0.5)))
    return graph.add("Mul", half, graph.add("Add", graph.add("Exp", x), graph.put(1.0)))


def _isfinite(graph: Nodes, x: str) -> str:
    return graph.add("Not", graph.add("Or", graph.add("IsNaN", x), graph.add("IsInf", x)))


_COMPOSED: dict[str, Callable[..., str]] = {
    "expm1": _expm1,
    "float": lambda graph, x: graph.cast(x, "DOUBLE"),
    "isfinite": _isfinite,
    "log1p": _log1p,
    "ne": lambda graph, a, b: graph.add("Not", graph.add("Equal", a, b)),
}
