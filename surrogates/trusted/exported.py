"""Whether the files for a plant tell the same as the surrogate."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from surrogates.bare import tells
from surrogates.export import KIND, export, read_back
from surrogates.onnx_graph import evaluator
from surrogates.sealed import unseal
from surrogates.surrogate import Surrogate

__all__ = ["exported"]


def exported(surrogate: Surrogate, x: np.ndarray) -> dict[str, Any]:
    """Export, read back, and ask both; once more by ONNX where that is installed.

    Args:
        surrogate: to be exported.
        x: points [case, input], SI.

    Returns:
        The block "export" of a card, the largest differences in standard deviations of the outputs; "onnx" is None
        without that package.
    """
    told = surrogate.predict(x)
    deviation = np.maximum(surrogate.problem.truth(x).std(axis=0), 1e-300)
    off = lambda y: float((np.abs(np.asarray(y) - told) / deviation).max())  # noqa: E731
    with tempfile.TemporaryDirectory() as folder:
        plainly = read_back(export(surrogate, Path(folder) / "plain.deployed"))
        found: dict[str, Any] = {"stablehlo": off(plainly.predict(x)), "onnx": None}
        try:
            path = export(surrogate, Path(folder) / "onnx.deployed", onnx=True)
            graph = unseal(KIND, path.read_bytes(), str(path)).files["model.onnx"]
            run = evaluator(graph, tells(surrogate))
        except ImportError:
            return found
        return found | {"onnx": off(run(np.asarray(x, float))["y"])}
