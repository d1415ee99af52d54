"""A surrogate as an ONNX graph, written node by node, for onnxruntime and other readers without JAX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from surrogates.onnx_tape import taped
from surrogates.tape import Tape

__all__ = ["IR", "OPSET", "evaluator", "onnx_graph"]

OPSET, IR = 17, 8
"""Operators and file format: what onnxruntime reads since 1.12 (2022)."""

MISSING = "ONNX needs the package onnx. Install it with `pip install linetwin[onnx]`, or export without ONNX."


def onnx_graph(arrays: Mapping[str, np.ndarray], names: tuple[str, ...], formula: Tape | None = None) -> bytes:
    """The graph x [batch, input] double, SI -> the answers, see `surrogates.bare.arrays_of` for the formulas.

    Args:
        arrays: of the surrogate, from `arrays_of`.
        names: of the answers, from `surrogates.bare.tells`.
        formula: what the networks correct, from `surrogates.bare.formula_of`.

    Raises:
        ImportError: the package onnx is missing.

    Source: ONNX, operator schemas, opset 17.
    """
    onnx: Any = _onnx()
    graph = _Graph(onnx, arrays)
    y, spread = graph.network(formula)
    made = {"y": y, "outside": graph.guard(spread), "spread": spread}
    for name in names:
        graph.add("Identity", made[name], makes=name)
    outputs = arrays["scales/y_middle"].size
    double, flag = onnx.TensorProto.DOUBLE, onnx.TensorProto.BOOL
    told = {"y": (double, ["batch", outputs]), "outside": (flag, ["batch"]), "spread": (double, ["batch", outputs])}
    info = onnx.helper.make_tensor_value_info
    whole = onnx.helper.make_graph(
        graph.nodes,
        "surrogate",
        [info("x", double, ["batch", arrays["scales/x_middle"].size])],
        [info(name, *told[name]) for name in names],
        graph.constants,
    )
    opset = onnx.helper.make_opsetid("", OPSET)
    model = onnx.helper.make_model(whole, opset_imports=[opset], ir_version=IR, producer_name="linetwin")
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def evaluator(data: bytes, names: tuple[str, ...]) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    """What evaluates a graph with the reference operators of the package onnx, slowly: to check what was written.

    Args:
        data: from `onnx_graph`.
        names: of the answers.

    Raises:
        ImportError: the package onnx is missing.
    """
    onnx: Any = _onnx()
    from onnx.reference import ReferenceEvaluator  # type: ignore[import-not-found] # noqa: PLC0415 - optional

    run: Any = ReferenceEvaluator(onnx.load_model_from_string(data))

    def answers(x: Any) -> dict[str, Any]:
        with np.errstate(divide="ignore", invalid="ignore"):  # a quotient that is not chosen may be infinite
            return dict(zip(names, run.run(list(names), {"x": x}), strict=True))

    return answers


def _onnx() -> Any:
    try:
        import onnx  # type: ignore[import-not-found] # noqa: PLC0415 - optional
        import onnx.checker  # type: ignore[import-not-found] # noqa: PLC0415
        import onnx.helper  # type: ignore[import-not-found] # noqa: PLC0415
    except ImportError as fault:
        raise ImportError(MISSING) from fault
    return onnx


class _Graph:
    """Nodes and constants as they are added; each node is named after its order."""

    def __init__(self, onnx: Any, arrays: Mapping[str, np.ndarray]) -> None:
        self.onnx, self.arrays = onnx, arrays
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, operator: str, *inputs: str, makes: str | None = None, **how: Any) -> str:
        """A node; the name of what it makes."""
        name = makes or f"{operator}_{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(operator, list(inputs), [name], **how))
        return name

    def put(self, value: Any, dtype: Any = np.float64) -> str:
        """A constant; its name."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(np.array(value, dtype, order="C"), name))
        return name

    def scale(self, name: str) -> str:
        return self.put(self.arrays[f"scales/{name}"])

    def guarded(self, name: str) -> str:
        return self.put(self.arrays[f"guard/{name}"])

    def network(self, formula: Tape | None) -> tuple[str, str]:
        """What the chosen member tells, and the spread [batch, output]; that of one member is zero."""
        z = self.add("Div", self.add("Sub", "x", self.scale("x_middle")), self.scale("x_half"))
        z = self.cast(z, "FLOAT")
        count = self.arrays["layers/0/bias"].shape[0]
        if count > 1:
            z = self.add("Unsqueeze", z, self.put([0], np.int64))
        layers = sum(name.endswith("/kernel") for name in self.arrays)
        for k in range(layers):
            kernel, bias = self.arrays[f"layers/{k}/kernel"], self.arrays[f"layers/{k}/bias"][:, None, :]
            kernel, bias = (kernel, bias) if count > 1 else (kernel[0], bias[0])
            z = self.add("Add", self.add("MatMul", z, self.put(kernel, np.float32)), self.put(bias, np.float32))
            z = self.add("Tanh", z) if k < layers - 1 else z
        y = self.add("Mul", self.cast(z, "DOUBLE"), self.scale("y_half"))
        y = self.add("Add", y, self.scale("y_middle"))
        y = self.add("Add", y, taped(self, formula)) if formula else y
        log = np.asarray(self.arrays["scales/log"], bool)
        if log.any():
            is_log = self.put(log, np.bool_)
            safe = self.add("Where", is_log, y, self.put(0.0))
            y = self.add("Where", is_log, self.add("Exp", safe), y)
        share = np.asarray(self.arrays["scales/share"], bool)
        if share.any():
            is_share, one = self.put(share, np.bool_), self.put(1.0)
            safe = self.add("Where", is_share, y, self.put(0.0))
            odds = self.add("Exp", self.add("Neg", safe))
            y = self.add("Where", is_share, self.add("Div", one, self.add("Add", one, odds)), y)
        if count == 1:
            return y, self.add("Sub", y, y)
        chosen = self.add("Gather", y, self.put(self.arrays["chosen"], np.int64), axis=0)
        apart = self.add("Sub", y, self.add("ReduceMean", y, axes=[0], keepdims=1))
        square = self.add("ReduceSum", self.add("Mul", apart, apart), self.put([0], np.int64), keepdims=0)
        return chosen, self.add("Sqrt", self.add("Div", square, self.put(count - 1.0)))

    def guard(self, spread: str) -> str:
        """Whether a case is outside [batch]; one that is not a number is."""
        away = self.add("Abs", self.add("Sub", "x", self.guarded("middle")))
        box = self._all(self._least(self.add("Div", away, self.guarded("half"))))
        w = self.add("MatMul", self.add("Sub", "x", self.guarded("shift")), self.guarded("matrix"))
        limits = self.arrays["guard/limits"]
        middle = self._least(self._over(self._length(w, axis=1), limits[0]))
        apart = self.add("Sub", self.add("Unsqueeze", w, self.put([1], np.int64)), self.guarded("centres"))
        near = self._least(
            self._over(self.add("ReduceMin", self._length(apart, axis=2), axes=[1], keepdims=0), limits[1])
        )
        inside = self.add("And", self.add("And", box, middle), near)
        if self.arrays["guard/usual"].size:
            share = self._over(self.add("Div", spread, self.guarded("usual")), limits[2])
            inside = self.add("And", inside, self._all(self._least(share)))
        return self.add("Not", inside)

    def cast(self, x: str, kind: str) -> str:
        """As numbers of another kind, in the words of ONNX."""
        return self.add("Cast", x, to=getattr(self.onnx.TensorProto, kind))

    def _least(self, x: str) -> str:
        """Whether a score is at most 1, with the tolerance of the edge."""
        return self.add("LessOrEqual", x, self.put(1.0 + self.arrays["guard/edge"]))

    def _over(self, x: str, limit: Any) -> str:
        return self.add("Div", x, self.put(limit))

    def _length(self, x: str, axis: int) -> str:
        """Euclidean length along an axis."""
        square = self.add("ReduceSum", self.add("Mul", x, x), self.put([axis], np.int64), keepdims=0)
        return self.add("Sqrt", self.add("Add", square, self.put(1e-24)))

    def _all(self, x: str) -> str:
        """Whether all of a row are true."""
        least = self.add("ReduceMin", self.cast(x, "FLOAT"), axes=[1], keepdims=0)
        return self.cast(least, "BOOL")
