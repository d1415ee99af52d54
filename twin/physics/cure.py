"""Cure of a coating: a rate law that follows temperature, integrated as one exposure."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array, lax

__all__ = ["GAS", "Kinetics", "cure_rate", "cured", "exposure_rate", "roughly_cured"]

GAS = 8.314462618
"""Molar gas constant [J/(mol K)] (SI, exact)."""

STEPS = 8
"""Runge-Kutta steps of `cured`: within 0.0002 of the exact cure (tests/test_physics_oven.py)."""


class Kinetics(NamedTuple):
    """Constants of the rate law of Kamal and Sourour with one activation energy.

    Attributes:
        slow: A1, frequency factor of the reaction that starts alone [1/s].
        fast: A2, frequency factor of the reaction that its product speeds up [1/s].
        activation: E, activation energy [J/mol].
        speeding: m, order in what has reacted, at least 1.
        order: n, order in what is left, at least 1.
    """

    slow: Array | float
    fast: Array | float
    activation: Array | float
    speeding: Array | float
    order: Array | float


def cure_rate(cure: Array | float, temperature: Array | float, kinetics: Kinetics) -> Array:
    """Rate of cure [1/s]: (A1 + A2 cure^m) exp(-E / (R T)) (1 - cure)^n.

    Args:
        cure: degree of cure, 0 to 1.
        temperature: of the coating [K].
        kinetics: constants of the rate law.

    Source: Kamal and Sourour, Kinetics and thermal characterization of thermoset cure, Polymer Engineering and
    Science 13, 1973.

    Example:
        >>> float(cure_rate(0.5, 473.15, Kinetics(6436.0, 64364.0, 60e3, 1.0, 1.5)))
        0.003247
    """
    drive = kinetics.slow + kinetics.fast * cure**kinetics.speeding
    return drive * jnp.exp(-kinetics.activation / (GAS * temperature)) * (1.0 - cure) ** kinetics.order


def exposure_rate(temperature: Array, reference: float, activation: Array | float) -> Array:
    """Seconds at the reference temperature that cure as much as one second here: exp(E/R (1/T_ref - 1/T)).

    Args:
        temperature: of the coating [K].
        reference: temperature at which exposure is counted [K].
        activation: E [J/mol].

    With one activation energy the whole rate law has this factor, so its integral over time, the exposure, tells the
    cure at the end, whatever way the temperature went (Arrhenius law, equivalent time).

    Example:
        >>> float(exposure_rate(jnp.asarray(450.15), 477.15, 45.8e3))  # 20 min at 177 degC are 10 min at 204 degC
        0.500
    """
    return jnp.exp(activation / GAS * (1.0 / reference - 1.0 / temperature))


def _degree(progress: Array, order: Array | float) -> Array:
    """Cure from progress v = ((1 - cure)^(1 - n) - 1) / (n - 1), or -ln(1 - cure) for n = 1."""
    above = order - 1.0
    first = jnp.abs(above) < 1e-9
    safe = jnp.where(first, 1.0, above)
    return -jnp.expm1(-jnp.where(first, progress, jnp.log1p(safe * progress) / safe))


def cured(exposure: Array | float, temperature: float, kinetics: Kinetics, *, steps: int = STEPS) -> Array:
    """Degree of cure after so long at one temperature, from nothing.

    Args:
        exposure: time [s], at least 0.
        temperature: [K].
        kinetics: constants of the rate law.
        steps: of Runge-Kutta.

    The rate law is solved for v with dv/dt = (A1 + A2 cure(v)^m) exp(-E / (R T)), which is smooth and not stiff for
    every order n >= 1, since (1 - cure)^n falls out: classical Runge-Kutta steps that grow with time, t ~ s^2.

    Example:
        >>> float(cured(600.0, 473.15, Kinetics(6436.0, 64364.0, 60e3, 1.0, 1.5)))
        0.950
    """
    pace = jnp.exp(-kinetics.activation / (GAS * temperature))
    step = 1.0 / steps

    def speed(share: Array, progress: Array) -> Array:
        reacted = _degree(progress, kinetics.order) ** kinetics.speeding
        return 2.0 * share * exposure * pace * (kinetics.slow + kinetics.fast * reacted)

    def onward(progress: Array, share: Array) -> tuple[Array, None]:
        first = speed(share, progress)
        second = speed(share + step / 2, progress + step / 2 * first)
        third = speed(share + step / 2, progress + step / 2 * second)
        fourth = speed(share + step, progress + step * third)
        return progress + step / 6 * (first + 2.0 * second + 2.0 * third + fourth), None

    start = jnp.zeros_like(jnp.asarray(exposure, float))
    progress, _ = lax.scan(onward, start, jnp.arange(steps) * step)
    return _degree(progress, kinetics.order)


def roughly_cured(exposure: Array, temperature: float, kinetics: Kinetics) -> Array:
    """Degree of cure after so long at one temperature, roughly: in closed form, rising with exposure, from 0 to 1.

    Exact for orders m = n = 1, where the rate law is the logistic one and its progress v = -ln(1 - cure) is
    v = k t + ln((1 + r exp(-k t)) / (1 + r)), r = A2 / A1, k = (A1 + A2) exp(-E / (R T)). Other orders n make of the
    same progress less cure; m is left aside.

    Args:
        exposure: time [s], at least 0.
        temperature: [K].
        kinetics: constants of the rate law.

    Example:
        >>> float(roughly_cured(jnp.asarray(600.0), 473.15, Kinetics(6436.0, 64364.0, 60e3, 1.0, 1.5)))
        0.958
    """
    ratio = kinetics.fast / jnp.maximum(kinetics.slow, 1e-9 * kinetics.fast + 1e-300)
    through = (kinetics.slow + kinetics.fast) * jnp.exp(-kinetics.activation / (GAS * temperature)) * exposure
    return _degree(through + jnp.log((1.0 + ratio * jnp.exp(-through)) / (1.0 + ratio)), kinetics.order)
