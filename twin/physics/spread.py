"""The lognormal factor by which a time or a size scatters around its mean."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from twin.distribution import quantile


def lognormal(cv: ArrayLike, draw: ArrayLike) -> Array:
    """A lognormal factor of mean 1.

    Formula: exp(s z - s^2/2), s^2 = ln(1 + cv^2), z the standard normal quantile of the draw.

    Args:
        cv: coefficient of variation, above 0.
        draw: uniform in (0, 1).

    Example:
        >>> round(float(lognormal(0.2, 0.5)), 4)  # its median
        0.9806
    """
    return quantile("lognormal", {"mean": 1.0, "cv": jnp.asarray(cv)}, jnp.asarray(draw))
