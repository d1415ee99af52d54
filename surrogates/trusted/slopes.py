"""Whether the surrogate's gradients point where the solver's do."""

from __future__ import annotations

from typing import Any

import numpy as np

from surrogates.problem import Problem

__all__ = ["cosines", "slopes"]

FLAT = 1e-3
"""Gradients of the solver shorter than this, in deviations of the output per half of the box, have no direction."""


def slopes(problem: Problem, exact: np.ndarray, told: np.ndarray) -> dict[str, Any]:
    """Cosine between the gradients of solver and surrogate, in deviations of the outputs per half of the box.

    "cosine" is over the gradients of all outputs together, "by_output" of each by itself; there, cases count in which
    the solver's gradient is not flat.

    Args:
        problem: with the solver.
        exact: slopes of the solver [case, output, input], see `surrogates.trusted.scaled.jacobians`.
        told: slopes of the surrogate, the same.

    Returns:
        The block "gradients" of a card.
    """
    whole = cosines(exact.reshape(len(exact), -1), told.reshape(len(told), -1))
    rows = []
    for k, name in enumerate(problem.outputs):
        steep = np.linalg.norm(exact[:, k], axis=1) > FLAT
        found = cosines(exact[steep, k], told[steep, k])
        ends = {"mean": float(found.mean()), "p05": float(np.quantile(found, 0.05))} if len(found) else {}
        rows.append({"output": name, "mean": None, "p05": None} | ends | {"flat": float(1 - steep.mean())})
    cosine = {"mean": float(whole.mean()), "p05": float(np.quantile(whole, 0.05)), "min": float(whole.min())}
    return {"cosine": cosine, "by_output": rows, "cases": len(exact)}


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Cosine of the angle between rows [case, axis]; 0 where the second is zero.

    Example:
        >>> cosines(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([[2.0, 0.0], [1.0, -1.0]]))
        array([1., 0.])
    """
    length = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return (a * b).sum(axis=1) / np.maximum(length, 1e-300)
