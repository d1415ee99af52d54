"""Pressure die casting of a housing with heavy bosses, whose freezing is followed in two dimensions."""

from __future__ import annotations

from typing import ClassVar

import jax
from jax import Array

from twin.physics.casting import OURS, Casting, Shot
from twin.physics.cells import cells_of
from twin.physics.section import LM24, Contact, Frozen, Grid, Metals, freeze, grid
from twin.process import Attribute, Named, Solver, family, number, ranged

__all__ = ["FINE", "STEPS", "CastingSection"]

FINE, STEPS = 2, 40
"""Cells of 1 mm and steps in time: the coarsest within 1 K of the hot spot, root mean square (docs/benchmarks.md)."""
ALIKE = "assumption: as often as with die_casting, warm and at its setpoints"
LATER = 80.0
"""How much colder than the casting the biscuit is when the gap opens, because the plunger holds it [K]; assumption."""


@family
class CastingSection(Casting):
    """One shot of a cold-chamber die-casting cell that makes a housing with heavy bosses.

    As `die_casting`, but for what the metal does in the closed die: casting and biscuit freeze by conduction, latent
    heat and contact with the die (`twin.physics.section`): a section through a boss of 20 mm on a wall of 4 mm, plain
    wall beside it, and the biscuit, together with the die's two lumps, which they warm. A face touches the die until it
    is `solidus`, then a gap opens over 80 K; the plunger keeps the biscuit on the die for 80 K more.

    Blisters swell where the casting is hottest, in the middle of the boss. What freezes later than the biscuit is not
    fed: porosity x (1 + unfed softplus((t_boss - t_biscuit) / 1 s)).

    Left out beyond that: filling in time, flow and settling in the boss, its round shape, single spots of the die, and
    that the die takes the heat sooner than evenly over the time it is closed once the metal's heat is known.
    """

    model: ClassVar[str] = "die_casting_section"
    solver: ClassVar[Solver | None] = Solver(
        inputs={
            **ranged(Casting.setpoints, "metal", "oil"),
            "dwell": Attribute(9.0, "s", 7.5, 16.0, "time from the end of filling to opening, the boss being solid"),
            "surface": Attribute(473.15, "degC", 283.15, 593.15, "cavity before filling"),
            "body": Attribute(473.15, "degC", 283.15, 573.15, "body of the die before filling"),
            "hall": Attribute(293.15, "degC", 273.15, 313.15, "temperature of the hall"),
        },
        outputs={
            "heat": Attribute(1.3e6, "kJ", 1e5, 5e6, "heat into the die"),
            "casting": Attribute(660.0, "degC", 273.15, 900.0, "mean of the casting at ejection"),
            "spot": Attribute(700.0, "degC", 273.15, 950.0, "hottest spot of the casting at ejection"),
            "solid": Attribute(6.0, "s", 0.5, 100.0, "time in which 99 % of boss and wall freeze"),
            "freezing": Attribute(8.0, "s", 0.5, 100.0, "time in which the middle of the biscuit freezes"),
        },
    )

    biscuit: float = number(
        0.01, "m", 0.01, 0.05, meaning="half thickness of biscuit and runner", source=OURS + ": 20 to 30 mm"
    )
    cold: float = number(
        496.0,
        "K",
        300.0,
        800.0,
        meaning="cavity temperature before filling at which half run cold, 680 degC, 40 m/s",
        source=ALIKE,
    )
    solder: float = number(
        663.0, "K", 400.0, 850.0, meaning="cavity temperature at opening at which half solder", source=ALIKE
    )
    blister: float = number(
        811.3,
        "K",
        400.0,
        850.0,
        meaning="temperature of the hottest spot at ejection at which half blister, at reference porosity",
        source=ALIKE,
    )
    burst: float = number(
        -1.07,
        "s",
        -5.0,
        10.0,
        meaning="dwell beyond freezing of the biscuit's middle at which half burst",
        source=ALIKE,
    )
    bossy: float = number(0.6, "1", 0.0, 1.0, meaning="share of its mass in bosses and 20 mm around", source=OURS)
    unfed: float = number(0.2, "1", 0.0, 5.0, meaning="porosity for each second that a boss is not fed", source=OURS)

    def solve(self, inputs: Named) -> dict[str, Array]:
        """What the metal does in a closed die, see `twin.process.Process.solve`."""
        return self.solved(inputs, grid(cells_of(FINE), STEPS))

    def solved(self, inputs: Named, on: Grid) -> dict[str, Array]:
        """As `solve`, on another grid."""
        shot, (section, plain, _) = self.frozen(inputs, on), on.cells.pieces
        boss, wall = shot.temperature[section], shot.temperature[plain]
        return {
            "heat": shot.given,
            "casting": self.bossy * boss.mean() + (1 - self.bossy) * wall.mean(),
            "spot": boss.max(),
            "solid": shot.solid,
            "freezing": shot.slab,
        }

    def frozen(self, inputs: Named, on: Grid) -> Frozen:
        """All that there is when the die opens."""
        contact = Contact(self.film, self.gap, LM24.solidus, LM24.solidus - 80.0)
        held = contact._replace(touching=contact.touching - LATER, opened=contact.opened - LATER)
        masses = (self.mass * self.bossy, self.mass * (1 - self.bossy), self.runners)
        metals = Metals(contact, held, masses, self.biscuit)
        start, die = (inputs["surface"], inputs["body"]), self.resting(inputs["oil"], inputs["hall"])
        melt = LM24.liquidus + 10 * jax.nn.softplus((inputs["metal"] - self.sleeve - LM24.liquidus) / 10)
        return freeze(melt, inputs["dwell"], start, metals, die=die, on=on)

    def pores(self, setpoints: Named, shot: Shot) -> Array:
        """Porosity without its scatter."""
        late = jax.nn.softplus(shot.solid - shot.freezing)
        return super().pores(setpoints, shot) * (1 + self.unfed * late)
