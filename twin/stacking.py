"""Numbers side by side: NumPy arrays, or JAX arrays where one of the numbers is one."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array


def stacked(values: Any, dtype: Any = float) -> Any:
    """Numbers or arrays of one shape along a new first axis."""
    values = list(values)
    traced = any(isinstance(value, Array) for value in values)
    return jnp.stack([jnp.asarray(v, dtype) for v in values]) if traced else np.asarray(values, dtype)


def column(values: Any, dtype: Any = float) -> Any:
    """One number per row, [row, 1]."""
    return stacked(values, dtype).reshape(-1, 1)
