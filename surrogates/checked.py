"""Tables and vectors of numbers, checked where they come in."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["table", "vector"]


def table(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """A table [case, column] of finite numbers.

    Args:
        name: what it is called in a complaint.
        values: the numbers.

    Raises:
        ValueError: another number of axes, nothing in it, or a number that is not finite.

    Example:
        >>> table("x", [[1, 2]])
        array([[1., 2.]])
    """
    found = np.asarray(values, np.float64)
    if found.ndim != 2 or 0 in found.shape:
        raise ValueError(f"{name}: shape {found.shape}; it is a table of cases by columns. Give at least one of each.")
    if not np.isfinite(found).all():
        row, column = np.argwhere(~np.isfinite(found))[0]
        raise ValueError(
            f"{name}: row {row}, column {column} is {found[row, column]}; finite numbers only. Leave the row out."
        )
    return found


def vector(name: str, values: ArrayLike, width: int) -> NDArray[np.float64]:
    """A finite number for each of so many columns.

    Args:
        name: what it is called in a complaint.
        values: the numbers.
        width: how many there should be.

    Raises:
        ValueError: another number of them, or one that is not finite.

    Example:
        >>> vector("low", [1, 2], 2)
        array([1., 2.])
    """
    found = np.asarray(values, np.float64)
    if found.shape != (width,) or not np.isfinite(found).all():
        raise ValueError(f"{name} is {found}; it holds {width} finite numbers, one for each column. Give those.")
    return found
