"""The response of a die: two coupled lumps, exact for any time between changes."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

__all__ = ["Die", "relax"]

Pair = tuple[Array | float, Array | float]


class Die(NamedTuple):
    """Two coupled lumps of a die in surroundings that stay the same for a while.

    Surface: C1 dT1/dt = k (T2 - T1) + s1 - g1 T1; body: C2 dT2/dt = k (T1 - T2) + s2 - g2 T2.

    Attributes:
        capacity: heat capacity of the cavity surface layer and of the body [J/K].
        between: conductance between them [W/K].
        loss: conductances g to all surroundings, of each [W/K]; that of the body is positive.
        source: heat flows s, of each: conductances times temperatures of the surroundings, and heat put in [W].
    """

    capacity: Pair
    between: Array | float
    loss: Pair
    source: Pair


def relax(
    die: Die, start: tuple[Array, Array], duration: Array | float
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Temperatures of a die after some time and their integrals over it, exact for constant surroundings.

    T(t) = T∞ + exp(A t) (T(0) - T∞), by the closed form of the exponential of a 2 x 2 matrix with real, distinct
    eigenvalues m ± d: exp(A t) = (e⁺ + e⁻)/2 I + (e⁺ - e⁻)/(2 d) (A - m I). The integral follows from the balance,
    T∞ t + A⁻¹ (T(t) - T(0)).

    Args:
        die: constant over the time.
        start: temperatures of surface and body [K].
        duration: finite, zero or more [s].

    Returns:
        Temperatures of surface and body [K], and their integrals over time [K s].

    Example:
        >>> die = Die((1e4, 6e4), 600.0, (0.0, 200.0), (0.0, 200.0 * 450))
        >>> (surface, body), _ = relax(die, (jnp.asarray(550.0), jnp.asarray(500.0)), 1e5)
        >>> print(f"{surface:.1f} {body:.1f}")
        450.0 450.0
    """
    (c1, c2), k, (g1, g2), (s1, s2) = die
    a, b, c, d = -(k + g1) / c1, k / c1, k / c2, -(k + g2) / c2
    middle, apart = (a + d) / 2, jnp.sqrt(((a - d) / 2) ** 2 + b * c)
    slow, fast = jnp.exp((middle + apart) * duration), jnp.exp((middle - apart) * duration)
    even, odd = (slow + fast) / 2, (slow - fast) / (2 * apart)
    determinant = (k + g1) * (k + g2) - k * k
    rest1, rest2 = ((k + g2) * s1 + k * s2) / determinant, (k * s1 + (k + g1) * s2) / determinant
    x, y = start[0] - rest1, start[1] - rest2
    half = (a - d) / 2
    end1 = rest1 + even * x + odd * (half * x + b * y)
    end2 = rest2 + even * y + odd * (c * x - half * y)
    lost1, lost2 = c1 * (start[0] - end1), c2 * (start[1] - end2)
    area1 = rest1 * duration + ((k + g2) * lost1 + k * lost2) / determinant
    area2 = rest2 * duration + (k * lost1 + (k + g1) * lost2) / determinant
    return (end1, end2), (area1, area2)
