"""Whether the files for a plant tell the same as the surrogate."""

from __future__ import annotations

import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from surrogates.surrogate import Surrogate

__all__ = ["exported"]


def exported(surrogate: Surrogate, x: np.ndarray) -> dict[str, Any] | None:
    """Export, read back, and ask both; once more by ONNX where that is installed.

    Args:
        surrogate: to be exported.
        x: points [case, input], SI.

    Returns:
        The block "export" of a card, the largest differences in standard deviations of the outputs; None where this
        version cannot export.
    """
    try:
        module: Any = import_module("surrogates.export")
    except ModuleNotFoundError:
        return None
    told = surrogate.predict(x)
    deviation = np.maximum(surrogate.problem.truth(x).std(axis=0), 1e-300)
    off = lambda y: float((np.abs(np.asarray(y) - told) / deviation).max())  # noqa: E731
    with tempfile.TemporaryDirectory() as folder:
        plainly = module.read_back(module.export(surrogate, Path(folder) / "plain.deployed"))
        found: dict[str, Any] = {"stablehlo": off(plainly.predict(x)), "onnx": None}
        try:
            path = module.export(surrogate, Path(folder) / "onnx.deployed", onnx=True)
            _, files, *_ = import_module("surrogates.sealed").unseal(path, remedy="Export it again.")
            names = import_module("surrogates.bare").tells(surrogate)
            run = import_module("surrogates.onnx_graph").evaluator(files["model.onnx"], names)
        except ImportError:
            return found
        return found | {"onnx": off(run(np.asarray(x, float))["y"])}
