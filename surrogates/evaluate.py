"""Call a model that is nothing but a function of rows: arrays in, checked float64 arrays out, in batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy.typing import ArrayLike

__all__ = ["BATCH", "Members", "Predict", "evaluate", "evaluate_members", "rows"]

Predict = Callable[[Any], Any]
"""A model: x [case, input] -> [case, output], each case for itself."""
Members = Callable[[Any], Any]
"""An ensemble: x [case, input] -> [member, case, output]."""
BATCH = 1 << 16
"""Rows that a model is called with at most."""


def rows(values: ArrayLike, what: str, *, inputs: int | None = None) -> Float[np.ndarray, "case input"]:
    """Values as a table of finite float64 numbers, cases first.

    Args:
        values: [case, input].
        what: they are, for messages.
        inputs: how many columns there have to be; any number if None.

    Raises:
        ValueError: they are no such table.

    Example:
        >>> rows([[1, 2]], "background").shape
        (1, 2)
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or 0 in table.shape:
        raise ValueError(
            f"{what} has shape {table.shape}; it is a table [case, input] with a case or more. Use x[None] for one."
        )
    if inputs is not None and table.shape[1] != inputs:
        raise ValueError(
            f"{what} has {table.shape[1]} inputs; the background has {inputs}. Give both the same columns."
        )
    if not np.isfinite(table).all():
        case, column = np.argwhere(~np.isfinite(table))[0]
        raise ValueError(
            f"{what}: input {column} of case {case} is {table[case, column]}; all values are finite. Drop such cases."
        )
    return table


def evaluate(
    predict: Predict, x: Float[np.ndarray, "case input"], *, batch: int = BATCH
) -> Float[np.ndarray, "case output"]:
    """What a model says of each case, in float64.

    Args:
        predict: the model.
        x: [case, input].
        batch: rows in one call at most.

    Raises:
        ValueError: the model returns another shape than [case, output], or numbers that are not finite.

    Example:
        >>> float(evaluate(lambda x: x.sum(axis=1, keepdims=True), np.ones((3, 2)))[2, 0])
        2.0
    """
    return evaluate_members(lambda part: np.asarray(predict(part))[None], x, batch=batch)[0]


def evaluate_members(
    members: Members, x: Float[np.ndarray, "case input"], *, batch: int = BATCH
) -> Float[np.ndarray, "member case output"]:
    """What each member of an ensemble says of each case, in float64.

    Args:
        members: the ensemble.
        x: [case, input].
        batch: rows in one call at most.

    Raises:
        ValueError: as `evaluate`.
    """
    parts = []
    for start in range(0, len(x), batch):
        part = x[start : start + batch]
        found = np.asarray(members(part), dtype=np.float64)
        if found.ndim != 3 or found.shape[1] != len(part):
            raise ValueError(
                f"the model returns shape {found.shape[found.ndim > 2 :]} for {len(part)} cases; "
                "it returns [case, output], members [member, case, output]. Keep the axis of outputs even for one."
            )
        if not np.isfinite(found).all():
            worst = part[np.argwhere(~np.isfinite(found))[0][1]]
            raise ValueError(
                f"the model returns a number that is not finite at {np.array2string(worst, threshold=8)}; only finite "
                "answers can be explained. Explain it where it answers: choose another background or box."
            )
        parts.append(found)
    return np.concatenate(parts, axis=1)
