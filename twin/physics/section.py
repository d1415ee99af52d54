"""Freezing of a casting where a boss stands on its wall: heat in two dimensions, with latent heat and the die."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from twin.physics.cells import Cells
from twin.physics.die import Die
from twin.physics.legendre import legendre_step, stages_for

__all__ = ["LM24", "Alloy", "Contact", "Frozen", "Grid", "Metals", "freeze", "grid", "kelvin"]

LATEST = 2.0
"""Time beyond the opening within which metal is said to freeze that is liquid when the die opens [s]."""
REST = 0.01
"""Share of the latent heat of the section that is left when it is said to be solid."""
PACE = 1.25
"""Power with which time grows from step to step: short ones first, when most happens."""


class Alloy(NamedTuple):
    """A metal that freezes over a range, see `kelvin`.

    Attributes:
        conductivity: [W/(m K)].
        density: [kg/m³].
        solid: specific heat below the liquidus, but for the latent heat [J/(kg K)].
        liquid: specific heat above it [J/(kg K)].
        latent: heat of fusion [J/kg].
        solidus: [K].
        liquidus: not below the solidus [K]; equal for a metal that freezes at one temperature.
    """

    conductivity: float
    density: float
    solid: float
    liquid: float
    latent: float
    solidus: float
    liquidus: float

    @property
    def melt(self) -> float:
        """Heat from the solidus to the liquidus [J/kg]."""
        return self.latent + self.solid * (self.liquidus - self.solidus)

    def heat(self, temperature: Array | float) -> Array:
        """Of melt, at or above the liquidus, beyond that at the solidus [J/kg]."""
        return self.melt + self.liquid * (jnp.asarray(temperature, float) - self.liquidus)


LM24 = Alloy(120.0, 2650.0, 960.0, 1100.0, 390e3, 793.15, 853.15)
"""Die-casting alloy: freezes from 580 to 520 °C (BS alloy table, LM24); the rest as `twin.physics.solidification`."""


class Contact(NamedTuple):
    """Heat transfer between metal and die: `film` while it touches, `gap` once it has shrunk off.

    Between them it falls with 3 s² - 2 s³, s = (T - opened) / (touching - opened), T of the face of the metal.

    Attributes:
        film, gap: [W/(m² K)].
        touching: temperature above which it touches [K].
        opened: temperature below which the gap is open, below `touching` [K].
    """

    film: Array | float
    gap: Array | float
    touching: Array | float
    opened: Array | float


class Metals(NamedTuple):
    """What is cast.

    Attributes:
        contact: of the casting with the die.
        held: of the biscuit, which the plunger presses to the die.
        masses: of the section, of the plain wall and of the biscuit [kg].
        half: half thickness of the biscuit [m].
    """

    contact: Contact
    held: Contact
    masses: tuple[Array | float, Array | float, Array | float]
    half: Array | float


@dataclass(frozen=True, eq=False)
class Grid:
    """Cells and steps, and the alloy for which they are stable.

    Attributes:
        cells: of the pieces.
        alloy: of which they are.
        steps: share of the whole time that each step takes [step].
        stages: of each step.
    """

    cells: Cells
    alloy: Alloy
    steps: np.ndarray
    stages: int


class Frozen(NamedTuple):
    """What there is when the die opens.

    Attributes:
        heat: above that at the solidus [cell], J/kg.
        temperature: [cell], K.
        die: temperatures of its surface and its body [K].
        given: heat that the metal gave to the die [J].
        solid: time in which 99 % of the section has frozen [s]; where that comes after the opening, it is told
            from the heat that is left and the last pace, 2 s later at most: the end comes sooner than that pace says.
        slab: the same of the middle of the biscuit [s].
    """

    heat: Array
    temperature: Array
    die: tuple[Array, Array]
    given: Array
    solid: Array
    slab: Array


def kelvin(heat: Array, alloy: Alloy) -> Array:
    """Temperature of metal [K], of its heat above that at the solidus [J/kg].

    Straight lines beyond the freezing range; within it the monotone rational quadratic that goes on from both without a
    kink (Gregory and Delbourgo, IMA J. Numer. Anal. 2 (1982) 123): latent heat leaves slowly at first and at last.
    """
    melt, span = alloy.melt, alloy.liquidus - alloy.solidus
    mean, first, last = max(span / melt, 1e-12), 1 / alloy.solid, 1 / alloy.liquid
    share = jnp.clip(heat / melt, 0.0, 1.0)
    both = share * (1 - share)
    within = (mean * share * share + first * both) / (mean + (first + last - 2 * mean) * both)
    over, below = jnp.maximum(heat - melt, 0.0), jnp.minimum(heat, 0.0)
    return alloy.solidus + below / alloy.solid + span * within + over / alloy.liquid


@lru_cache
def grid(cells: Cells, steps: int, *, longest: float = 16.0, alloy: Alloy = LM24) -> Grid:
    """So many steps, with as many stages as the largest of them takes.

    Args:
        cells: of the casting; those of a biscuit may be no smaller.
        steps: in time.
        longest: time that has to be stable [s].
        alloy: of which they are.
    """
    shares = np.diff((np.arange(steps + 1) / steps) ** PACE)
    heat = alloy.density * min(alloy.solid, alloy.liquid)
    return Grid(
        cells, alloy, shares, stages_for(longest * shares.max(), heat * cells.side**2 / (4 * alloy.conductivity))
    )


@partial(jax.jit, static_argnames="on")
def freeze(
    melt: Array | float, dwell: Array | float, start: tuple[Array, Array], metals: Metals, *, die: Die, on: Grid
) -> Frozen:
    """Casting and biscuit from the end of filling to the opening of the die.

    ∂H/∂t = conductivity / density ∇²T, with T(H) of `kelvin`: finite volumes on square cells; on the die half a cell
    and the contact in series, at the temperature of the face (once put in from that of the cell). The die is the two
    lumps of `twin.physics.die`, warmed by all faces. One system, stepped by `twin.physics.legendre`: heat adds up to
    rounding.

    Args:
        melt: temperature of the metal in the filled cavity, at or above the liquidus [K].
        dwell: time to the opening [s]; no longer than the grid is stable.
        start: temperatures of the die's surface and body [K].
        metals: what is cast.
        die: lumps, without the heat of the metal.
        on: grid.
    """
    rates = _rates(metals, die, on)
    section, _, slab = on.cells.pieces
    alloy, weights = on.alloy, _weights(metals, on.cells)
    heat = jnp.full(on.cells.count, alloy.heat(melt))

    def lasts(heat: Array) -> Array:
        liquid = jnp.clip(heat[section], 0.0, alloy.melt).mean()
        return jnp.stack([liquid - REST * alloy.melt, heat[slab.stop - 1]])

    @jax.checkpoint
    def step(before: _State, share: Array) -> tuple[_State, Array]:
        after = legendre_step(rates, before, dwell * share, stages=on.stages)
        return after, lasts(after[0])

    begin: _State = (heat, jnp.asarray(start[0], float), jnp.asarray(start[1], float))
    (end, surface, body), seen = lax.scan(step, begin, jnp.asarray(on.steps))
    solid, biscuit = _solid(jnp.concatenate([lasts(heat)[None], seen]), dwell * jnp.asarray(on.steps))
    return Frozen(end, kelvin(end, alloy), (surface, body), weights @ (heat - end), solid, biscuit)


_State = tuple[Array, Array, Array]
"""Heat of all cells [J/kg], temperatures of the surface and of the body of the die [K]."""


def _weights(metals: Metals, cells: Cells) -> Array:
    """Mass of each cell [kg]."""
    return jnp.asarray(cells.shares) @ jnp.stack([jnp.asarray(mass, float) for mass in metals.masses])


def _rates(metals: Metals, die: Die, on: Grid) -> Any:
    """What changes by time: the function of a state."""
    cells, alloy, weights, slab = on.cells, on.alloy, _weights(metals, on.cells), on.cells.pieces[2]
    inside = jnp.asarray(np.arange(cells.count) < slab.start)
    side = jnp.where(inside, cells.side, metals.half / (slab.stop - slab.start))
    film, gap, touching, opened = (
        jnp.where(inside, one, other) for one, other in zip(metals.contact, metals.held, strict=True)
    )
    through = side / 2 / alloy.conductivity
    open_, touched = 1 / (1 / gap + through), 1 / (1 / film + through)
    resists, range_ = (through * open_, through * (touched - open_)), touching - opened
    on_die = jnp.asarray(cells.faces) / (alloy.density * side)
    passes = (on_die * open_, on_die * (touched - open_))
    gives = alloy.conductivity / (alloy.density * side**2)
    there = {gap: jnp.asarray(one) * gives for gap, one in cells.ahead.items()}
    back = {gap: jnp.concatenate([jnp.zeros(gap), one[:-gap]]) for gap, one in there.items()}
    total = sum(there.values(), start=jnp.zeros(())) + sum(back.values(), start=jnp.zeros(()))
    far, count = max(there), cells.count
    (c1, c2), between, (g1, g2), (s1, s2) = die

    def step(temperature: Array) -> Array:
        share = jnp.clip((temperature - opened) / range_, 0.0, 1.0)
        return share * share * (3 - 2 * share)

    def rates(state: _State) -> _State:
        heat, surface, body = state
        wide = lax.optimization_barrier(jnp.pad(kelvin(heat, alloy), (far, far)))  # once, not for each neighbour
        cell = wide[far : far + count]
        near = lambda gap: wide[far + gap : far + gap + count]  # noqa: E731
        flow = sum((there[gap] * near(gap) + back[gap] * near(-gap) for gap in there), start=-total * cell)
        above = cell - surface
        face = cell - (resists[0] + resists[1] * step(cell)) * above
        lost = lax.optimization_barrier((passes[0] + passes[1] * step(face)) * above)
        inward = between * (surface - body)
        warms = s1 - g1 * surface - inward + weights @ lost
        return flow - lost, warms / c1, (s2 - g2 * body + inward) / c2

    return rates


def _solid(heats: Array, durations: Array) -> Array:
    """When heats [time, which] that fall reach zero [s], by inverse interpolation of three, or after the last."""
    times = jnp.concatenate([jnp.zeros(1), jnp.cumsum(durations)])
    after = jnp.clip(jnp.sum(heats > 0, axis=0), 2, len(times) - 1)
    (ha, ta), (hb, tb), (hc, tc) = (
        (jnp.take_along_axis(heats, (after - k)[None], axis=0)[0], times[after - k]) for k in (2, 1, 0)
    )
    first, second = jnp.maximum(ha - hb, 1.0), jnp.maximum(hb - hc, 1.0)
    both = first + second
    within = ta * hb * hc / (first * both) - tb * ha * hc / (first * second) + tc * ha * hb / (both * second)
    more = (tc - tb) * jnp.maximum(hc, 0.0) / second
    return jnp.where(hc > 0, tc - LATEST * jnp.expm1(-more / LATEST), jnp.clip(within, tb, tc))
