"""The larger and the smaller of two numbers without a kink."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike


def larger(a: ArrayLike, b: ArrayLike, width: ArrayLike) -> Array:
    """The larger of two numbers, rounded off where they are equal.

    Formula: (a + b + sqrt((a - b)^2 + w^2)) / 2: too high by w/2 where they are equal, by w^2 / (4 |a - b|) far away.

    Args:
        a: a number.
        b: another in the same unit.
        width: w, above 0, in the same unit.

    Example:
        >>> round(float(larger(3.0, 7.0, 0.2)), 4)
        7.0025
    """
    return (jnp.add(a, b) + jnp.sqrt(jnp.square(jnp.subtract(a, b)) + jnp.square(width))) / 2


def smaller(a: ArrayLike, b: ArrayLike, width: ArrayLike) -> Array:
    """The smaller of two numbers, rounded off where they are equal; a + b - larger(a, b).

    Example:
        >>> round(float(smaller(3.0, 7.0, 0.2)), 4)
        2.9975
    """
    return jnp.add(a, b) - larger(a, b, width)
