"""Runge-Kutta-Legendre of second order: explicit steps as long as those of implicit methods, for conduction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

__all__ = ["legendre_step", "stages_for"]

State = TypeVar("State")


def stages_for(step: float, longest: float) -> int:
    """Fewest stages with which a step is stable: step ≤ (s² + s - 2) / 4 longest.

    Args:
        step: [s].
        longest: stable step of the explicit Euler method [s].

    >>> stages_for(0.2, 0.005)
    13
    """
    return max(3, int(np.ceil((-1 + np.sqrt(9 + 16 * step / longest)) / 2)))


def legendre_step(rates: Callable[[State], State], before: State, duration: Array, *, stages: int) -> State:
    """One step of an autonomous system whose Jacobian has real, negative eigenvalues, such as conduction.

    Stable over s² / 4 steps of Euler for the price of s; linear invariants, such as heat, are kept to rounding.
    Source: Meyer, Balsara and Aslam, J. Comput. Phys. 257 (2014) 594, section 3.

    Args:
        rates: state -> its derivative by time.
        before: state, any pytree.
        duration: of the step [s].
        stages: 3 or more, see `stages_for`.

    Example:
        >>> print(f"{legendre_step(lambda y: -y, jnp.asarray(1.0), jnp.asarray(0.1), stages=5):.4f}")  # exp(-0.1)
        0.9049
    """
    first, table = _coefficients(stages)
    slope = rates(before)
    one = jax.tree.map(lambda y, f: y + first * duration * f, before, slope)

    def stage(carry: tuple[Any, Any], row: Array) -> tuple[tuple[Any, Any], None]:
        older, now = carry
        mu, nu, rest, new, old = row
        after = jax.tree.map(
            lambda y, z, a, f, g: mu * y + nu * z + rest * a + duration * (new * f + old * g),
            now,
            older,
            before,
            rates(now),
            slope,
        )
        return (now, after), None

    (_, end), _ = lax.scan(stage, (before, one), jnp.asarray(table))
    return end


def _coefficients(stages: int) -> tuple[float, np.ndarray]:
    """Of the first stage, and a row (mu, nu, 1 - mu - nu, mu~, gamma~) for each of the others, as in the paper."""
    j = np.arange(stages + 1, dtype=float)
    b = np.full(stages + 1, 1 / 3)
    b[2:] = (j[2:] ** 2 + j[2:] - 2) / (2 * j[2:] * (j[2:] + 1))
    wide = 4 / (stages**2 + stages - 2)
    k = np.arange(2, stages + 1)
    mu, nu = (2 * k - 1) / k * b[k] / b[k - 1], -(k - 1) / k * b[k] / b[k - 2]
    return float(b[1] * wide), np.stack([mu, nu, 1 - mu - nu, mu * wide, -(1 - b[k - 1]) * mu * wide], axis=1)
