"""Freezing of a wall of metal against a colder mould: closed forms, and an enthalpy solver to check them."""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.scipy.special import erf

__all__ = [
    "ALUMINIUM",
    "LIQUID_HEAT",
    "SOLID_HEAT",
    "Metal",
    "ejection_temperature",
    "film_freezing_time",
    "freezing_time",
    "melt_enthalpy",
    "neumann_freezing_time",
    "solidify",
    "solved_freezing_time",
    "stefan_root",
]

SOLID_HEAT, LIQUID_HEAT = 960.0, 1100.0
"""Specific heats of solid and liquid aluminium alloy for balances [J/(kg K)]; an assumption."""

ROOT_STEPS = 3
"""Newton steps of `stefan_root`: to round-off; two are within 1e-8 (benchmarks/solvers.py)."""
CELLS = 30
STEPS = 140
"""Grid of `solidify`: the coarsest within 1 % of the front and 1.2 % of a thin wall's time (benchmarks/solvers.py)."""
NEWTON = 3


class Metal(NamedTuple):
    """A metal that freezes at one temperature.

    Attributes:
        conductivity: [W/(m K)].
        density: [kg/m³].
        heat: specific heat in casting and freezing, both phases [J/(kg K)].
        latent: heat of fusion [J/kg].
        freezing: temperature at which it freezes [K].
    """

    conductivity: Array | float
    density: Array | float
    heat: Array | float
    latent: Array | float
    freezing: Array | float


ALUMINIUM = Metal(120.0, 2650.0, 1000.0, 390e3, 853.15)
"""Die-casting alloy: density of the Trimet data sheet, liquidus 580 °C (BS alloy table, LM24); rest an assumption."""


def melt_enthalpy(temperature: Array | float, metal: Metal = ALUMINIUM) -> Array:
    """Heat that takes a metal from 20 °C to a temperature above its freezing point [J/kg].

    960 (T_freezing - 293.15 K) + latent + 1,100 (T - T_freezing).

    >>> print(f"{melt_enthalpy(953.15) / 3.6e6:.3f} kWh/kg")
    0.288 kWh/kg
    """
    superheat = jnp.asarray(temperature, float) - metal.freezing
    return SOLID_HEAT * (metal.freezing - 293.15) + metal.latent + LIQUID_HEAT * superheat


def stefan_root(stefan: Array | float, *, steps: int = ROOT_STEPS) -> Array:
    """λ of Neumann's solution, √π λ exp(λ²) erf λ = St; front at 2 λ √(a t) (Carslaw and Jaeger, 1959, p. 287).

    Newton in ln λ from λ² = ln(1 + 0.6 St) / 1.2, which is St/2 for small numbers; three steps reach round-off.

    Args:
        stefan: Stefan number, specific heat times the difference to the mould over the latent heat [1], 1e-4 to 100.
        steps: of Newton; with none it is within 1.5 % of the root.

    >>> print(f"{stefan_root(1.0):.6f}")
    0.620063
    """
    first = jnp.sqrt(jnp.log1p(0.6 * jnp.asarray(stefan, float)) / 1.2)
    if not steps:
        return first
    aim, position = jnp.log(jnp.asarray(stefan, float)), jnp.log(first)
    for _ in range(steps):
        root = jnp.exp(position)
        slope = 1 + 2 * root**2 + 2 / math.sqrt(math.pi) * root * jnp.exp(-(root**2)) / erf(root)
        value = 0.5 * math.log(math.pi) + position + root**2 + jnp.log(erf(root)) - aim
        position = position - value / slope
    return jnp.exp(position)


def neumann_freezing_time(
    half: Array | float, mould: Array | float, metal: Metal = ALUMINIUM, *, steps: int = ROOT_STEPS
) -> Array:
    """Time in which a wall at its freezing point freezes through, its faces held at the mould's temperature [s].

    half² / (4 λ² a), with a the thermal diffusivity and λ of `stefan_root`; exact.

    Args:
        half: half thickness [m].
        mould: its temperature, below the freezing point [K].
        metal: what freezes.
        steps: of Newton, see `stefan_root`.

    >>> print(f"{neumann_freezing_time(0.002, 493.15):.3f}")
    0.061
    """
    diffusivity = metal.conductivity / (metal.density * metal.heat)
    root = stefan_root(metal.heat * (metal.freezing - mould) / metal.latent, steps=steps)
    return half**2 / (4 * root**2 * diffusivity)


def film_freezing_time(
    half: Array | float, mould: Array | float, metal: Metal = ALUMINIUM, *, film: Array | float, melt: Array | float
) -> Array:
    """Time in which a thin wall freezes through a film, its own conduction being no obstacle [s].

    ρ half / film (c ln((T_melt - T_mould) / (T_freezing - T_mould)) + latent / (T_freezing - T_mould)), the exact
    solution of the lumped balance.

    Args:
        half: half thickness [m].
        mould: its temperature, below the freezing point [K].
        metal: what freezes.
        film: heat transfer coefficient between metal and mould [W/(m² K)].
        melt: temperature of the metal when it has filled the cavity [K].

    >>> print(f"{film_freezing_time(0.002, 493.15, film=1e4, melt=936.15):.2f}")
    0.68
    """
    drop = metal.freezing - mould
    superheat = metal.heat * jnp.log((melt - mould) / drop)
    return metal.density * half / film * (superheat + metal.latent / drop)


def freezing_time(
    half: Array | float,
    mould: Array | float,
    metal: Metal = ALUMINIUM,
    *,
    film: Array | float,
    melt: Array | float,
    steps: int = ROOT_STEPS,
) -> Array:
    """Time in which a wall of any thickness freezes through [s]: through the film, then through itself.

    The sum of `film_freezing_time` and `neumann_freezing_time`: exact for thin and for perfectly cooled walls. Between,
    for aluminium in a die, `solved_freezing_time` gives 1 to 11 % more.
    Arguments as there.

    >>> print(f"{freezing_time(0.0125, 493.15, film=1e4, melt=936.15):.1f}")  # a biscuit of 25 mm
    6.7
    """
    through = neumann_freezing_time(half, mould, metal, steps=steps)
    return film_freezing_time(half, mould, metal, film=film, melt=melt) + through


def ejection_temperature(
    dwell: Array | float,
    freezing: Array | float,
    mould: Array | float,
    *,
    melting: Array | float,
    half: Array | float,
    gap: Array | float,
) -> tuple[Array, Array]:
    """Temperature of a casting when the die opens, and the share of it that is still liquid.

    After it has frozen it shrinks off the die, and a gap conducts: T = T_mould + (T_freezing - T_mould)
    exp(-film t / (ρ c half)), t the time since it froze, smoothed over 0.3 s (assumption).

    Args:
        dwell: time in the closed die [s].
        freezing: time in which it freezes, see `freezing_time` [s].
        mould: temperature of the cavity [K].
        melting: freezing temperature [K].
        half: half thickness [m].
        gap: heat transfer coefficient over the gap [W/(m² K)].

    Example:
        >>> hot, liquid = ejection_temperature(9.0, 1.0, 533.15, melting=853.15, half=0.003, gap=1000.0)
        >>> print(f"{hot - 273.15:.0f} degC, {liquid:.3f}")
        377 degC, 0.000
    """
    missing = 0.3 * jax.nn.softplus((freezing - dwell) / 0.3)
    since = dwell - freezing + missing
    storage = ALUMINIUM.density * ALUMINIUM.heat * half
    return mould + (melting - mould) * jnp.exp(-gap * since / storage), jnp.minimum(missing / freezing, 1.0)


def solidify(
    half: Array | float,
    mould: Array | float,
    metal: Metal = ALUMINIUM,
    *,
    film: Array | float,
    melt: Array | float,
    horizon: Array | float,
    cells: int = CELLS,
    steps: int = STEPS,
) -> tuple[Array, Array]:
    """Freezing of a wall on a fixed grid, by its enthalpy.

    ∂H/∂t = conductivity ∂²T/∂x² with T a function of H that stands still while latent heat leaves; finite volumes,
    implicit Euler in time with three Newton steps (which reach round-off), steps growing evenly so that the front keeps
    its pace. Front against Neumann's solution: within 1 % beyond a quarter of the half thickness.

    Args:
        half: half thickness, insulated at the middle [m].
        mould: its temperature, below the freezing point [K].
        metal: what freezes.
        film: heat transfer coefficient between metal and mould [W/(m² K)]; infinite for perfect contact.
        melt: temperature at the start, at or above the freezing point [K].
        horizon: time to follow [s].
        cells: across the half thickness.
        steps: in time.

    Returns:
        Times [s] and the heat that each cell, from the mould inwards, still has to give before it is all solid, as a
        share of its latent heat: 1 or more while liquid, 0 when just frozen, negative below.
    """
    cell = half / cells
    between = metal.conductivity / cell
    through = 1 / (0.5 / between + 1 / jnp.asarray(film, float))
    latent, heat = metal.density * metal.latent * cell, metal.density * metal.heat * cell
    times = horizon * (jnp.arange(steps + 1) / steps) ** 2
    warm = jnp.zeros(cells).at[0].set(through * (mould - metal.freezing))
    gives = jnp.full(cells, 2 * between).at[0].set(between + through).at[-1].set(between)
    beside = jnp.full(cells, -between)

    def above(enthalpy: Array) -> Array:
        return (jnp.minimum(enthalpy, 0.0) + jnp.maximum(enthalpy - latent, 0.0)) / heat

    def newton(now: Array, before: Array, duration: Array) -> Array:
        kelvin = above(now)
        moves = jnp.where((now < 0) | (now > latent), 1 / heat, 0.0)
        flow = gives * kelvin + beside * (jnp.append(kelvin[1:], 0.0) + jnp.append(0.0, kelvin[:-1])) - warm
        lower = duration * (beside * jnp.roll(moves, 1)).at[0].set(0.0)
        upper = duration * (beside * jnp.roll(moves, -1)).at[-1].set(0.0)
        residual = now - before + duration * flow
        return now - jax.lax.linalg.tridiagonal_solve(
            lower, 1 + duration * gives * moves, upper, residual[:, None]
        ).squeeze(1)

    def step(before: Array, duration: Array) -> tuple[Array, Array]:
        after = before
        for _ in range(NEWTON):
            after = newton(after, before, duration)
        return after, after / latent

    start = jnp.full(cells, latent + heat * (melt - metal.freezing))
    _, left = jax.lax.scan(step, start, jnp.diff(times))
    return times, jnp.vstack([start / latent, left])


def solved_freezing_time(
    half: Array | float,
    mould: Array | float,
    metal: Metal = ALUMINIUM,
    *,
    film: Array | float,
    melt: Array | float,
    cells: int = CELLS,
    steps: int = STEPS,
) -> Array:
    """Time in which a wall freezes through, solved by `solidify` [s]; arguments as there, a check on `freezing_time`.

    Within 1 % of Neumann's solution with perfect contact, 1.2 % of the exact time of thin walls behind a film.

    >>> print(f"{solved_freezing_time(0.0125, 493.15, film=1e4, melt=936.15):.1f}")
    7.3
    """
    horizon = 1.3 * freezing_time(half, mould, metal, film=film, melt=melt)
    times, left = solidify(half, mould, metal, film=film, melt=melt, horizon=horizon, cells=cells, steps=steps)
    last = left[:, -1]
    fall = last[:-1] - last[1:]
    share = jnp.clip(last[:-1] / jnp.where(fall > 0, fall, 1.0), 0.0, 1.0)
    return jnp.sum(jnp.where(fall > 0, share, 1.0) * jnp.diff(times))
