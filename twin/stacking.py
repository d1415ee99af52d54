"""Numbers side by side: NumPy arrays, or JAX arrays where one of the numbers is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array, lax


def stacked(values: Any, dtype: Any = float) -> Any:
    """Numbers or arrays of one shape along a new first axis."""
    values = list(values)
    traced = any(isinstance(value, Array) for value in values)
    return jnp.stack([jnp.asarray(v, dtype) for v in values]) if traced else np.asarray(values, dtype)


def column(values: Any, dtype: Any = float) -> Any:
    """One number per row, [row, 1]."""
    return stacked(values, dtype).reshape(-1, 1)


def with_rows(whole: Array, rows: Sequence[int], values: Array) -> Array:
    """`whole` [row, ...] with some rows, known in advance, replaced by `values` [len(rows), ...].

    Written row by row: a scatter would keep XLA from compiling the loop around it as one function.
    """
    values = jnp.broadcast_to(values, (len(rows), *whole.shape[1:])).astype(whole.dtype)
    for k, row in enumerate(rows):
        whole = lax.dynamic_update_slice_in_dim(whole, values[k : k + 1], row, axis=0)
    return whole


def rows_of(whole: Array, rows: Sequence[int]) -> Array:
    """Some rows, known in advance, of `whole` [row, ...]: slices, which XLA compiles better than a gather."""
    if len(rows) == len(whole):
        return whole
    runs = np.split(np.asarray(rows), np.flatnonzero(np.diff(rows) != 1) + 1)
    pieces = [whole[run[0] : run[-1] + 1] for run in runs]
    return pieces[0] if len(pieces) == 1 else jnp.concatenate(pieces)
