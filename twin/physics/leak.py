"""Why a casting leaks: pores in a row that join one side of a wall to the other, where no dense skin is in the way."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

__all__ = ["leaking", "opened"]


def leaking(paths: ArrayLike, porosity: ArrayLike, usual: ArrayLike, row: ArrayLike) -> Array:
    """Chance that at least one path leads through a wall.

    Pores lie independently of each other, so their rows that bridge the wall are a Poisson number, and each pore of a
    row must be there: chance = 1 - exp(-paths (p / usual)^row). Smooth, from 0 without pores to 1.

    Args:
        paths: expected number of paths at the usual porosity [1], zero or more.
        porosity: share of pores p [1], zero or more.
        usual: porosity at which that number was found [1], above 0.
        row: pores in a row that bridge the wall [1], 1 or more.

    Source: Poisson statistics. A row of three agrees with the p^3 with which flow through pores grows (Kozeny-Carman,
    `twin.physics.inspection.leak_rate`); that it holds for die castings is an assumption.

    Example:
        >>> round(float(leaking(0.01, 0.006, 0.006, 3.0)), 5), round(float(leaking(0.01, 0.012, 0.006, 3.0)), 5)
        (0.00995, 0.07688)
    """
    return -jnp.expm1(-jnp.asarray(paths) * (jnp.asarray(porosity) / usual) ** row)


def opened(area: ArrayLike, depth: ArrayLike, skin: ArrayLike) -> Array:
    """Area on which machining has laid the pores below the skin open [m2]: area (1 - exp(-depth / skin)).

    The rim of a die casting, frozen first against the die, is dense; what is cut off it no longer seals.

    Args:
        area: machined [m2], zero or more.
        depth: of what is cut off [m], zero or more.
        skin: depth scale of the dense skin [m], above 0.

    Source: the dense skin of die castings is common knowledge of foundries; its exponential profile is an assumption.

    Example:
        >>> round(float(opened(0.02, 0.002, 0.0008)), 5)
        0.01836
    """
    return jnp.asarray(area) * -jnp.expm1(-jnp.asarray(depth) / skin)
