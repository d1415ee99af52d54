"""Pressure die casting in a cold-chamber cell, with the die as its slow memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.scipy import special

from twin.physics.die import Die, relax
from twin.physics.leak import leaking
from twin.physics.solidification import (
    ALUMINIUM,
    LIQUID_HEAT,
    ROOT_STEPS,
    SOLID_HEAT,
    ejection_temperature,
    freezing_time,
    melt_enthalpy,
)
from twin.process import Around, Attribute, Knob, Named, Outcome, Process, Solver, family, number, ranged

__all__ = ["Casting"]

OURS = "assumption"
CELL = "assumption: 900 t cell, housing of 1.2 kg"
SEEN = "assumption: a quarter of the leaks that are found"
SHRINK = "Trimet data sheet, AlSi9Cu1Mg"
METAL, SPEED, PRESSURE = 953.15, 40.0, 7e7
"""Where the laws of porosity and of defects are anchored: metal temperature [K], gate speed [m/s], pressure [Pa]."""

LONGEST = 1e9
"""Idle time after which a die is surely at rest [s]; keeps an infinite one out of the derivatives."""


class Shot(NamedTuple):
    """What is told of a shot.

    Attributes:
        ready, hot: cavity before filling and at opening [K].
        casting, spot: mean and hottest spot of the casting at ejection [K].
        freezing, solid: times in which biscuit and casting freeze [s]; 0 where not followed.
    """

    ready: Array
    hot: Array
    casting: Array
    spot: Array
    freezing: Array
    solid: Array


def window(value: float, unit: str, released: tuple[float, float], machine: tuple[float, float], meaning: str) -> Knob:
    """A setpoint of the cell."""
    return Knob(value, unit, machine, released, meaning, CELL)


@family
class Casting(Process):
    """One shot of a cold-chamber die-casting cell.

    The die is two lumps, its cavity surface layer and its body, coupled to each other, to the oil, the hall and, while
    spraying, the spray (`twin.physics.die.relax`, exact). A visit goes through: rest (idle, close, dose), metal
    (fill, dwell), rest (open, extract), spray and blow, rest (robot and check). A die that never worked is held by its
    oil.

    Heat of the metal, per kg: 1,100 (T_cavity - T_freezing) + latent (1 - liquid) + 960 (T_freezing - T_ejection), for
    casting and biscuit with runners apart, evenly over fill and dwell; T_ejection from `freezing_time` and
    `ejection_temperature` against the mean temperature of the cavity meanwhile (two passes, within 0.5 % of the heat).
    Gas: melting in proportion to `melt_enthalpy`. Electricity: hydraulics at rest, the work of a shot (half of the
    injection with gate speed squared, half with intensification), pumps, and heaters where oil has to heat the die.

    Porosity = reference exp(0.006/K (T_metal - 680 °C) + 1.2 ln²(v / 40 m/s) + 0.004/K (255 °C - T_cavity))
    (p / 700 bar)^-0.8 x lognormal; distortion = expansion x length x unevenness (T_ejection - T_hall) x lognormal. Each
    defect is a logistic function: cold runs of T_cavity + 0.3 (T_metal - 680 °C) + 20 K ln(v / 40 m/s), soldering of
    the cavity at opening, blisters of T_ejection + 20 K ln(porosity / reference), burst biscuits of the dwell beyond
    freezing, flash of p √v. A casting leaks as it comes out of the die where pores join through both of its skins
    (`twin.physics.leak.leaking`, of its own porosity); more leak once they are machined. It is distorted where that,
    with other errors of its shape, exceeds what machining takes off: Phi((distortion - allowance) / blank_scatter).
    These laws are assumptions, plausible in direction and size, to be fitted to a plant.

    Left out: the sleeve and plunger, filling in time, cooling of single spots of the die, Leidenfrost, wear of the die,
    contraction onto cores, melt loss (the 0.70 kWh are per kg melted).
    """

    model: ClassVar[str] = "die_casting"
    setpoints: ClassVar[Mapping[str, Knob]] = {
        "metal": window(METAL, "degC", (943.15, 963.15), (923.15, 993.15), "temperature of the metal in the furnace"),
        "oil": window(473.15, "degC", (453.15, 493.15), (423.15, 523.15), "temperature of the tempering oil"),
        "dwell": window(9.0, "s", (8.0, 11.0), (5.0, 16.0), "time from the end of filling to opening"),
        "spray": window(12.0, "s", (9.0, 14.0), (5.0, 18.0), "time of spraying and blowing"),
        "gate_speed": window(SPEED, "m/s", (35.0, 48.0), (20.0, 60.0), "speed of the metal in the gate, second phase"),
        "intensification": window(PRESSURE, "bar", (6e7, 8e7), (4e7, 1e8), "pressure on the metal, third phase"),
    }
    reads: ClassVar[Mapping[str, Attribute]] = {}
    makes: ClassVar[Mapping[str, Attribute]] = {
        "temperature": Attribute(293.15, "degC", 250.0, 900.0, "mean temperature of the part"),
        "porosity": Attribute(0.0, "%", 0.0, 1.0, "share of pores in its volume"),
        "distortion": Attribute(0.0, "mm", 0.0, 0.01, "deviation of its shape"),
    }
    condition: ClassVar[Mapping[str, Attribute]] = {
        "surface": Attribute(473.15, "degC", 250.0, 850.0, "surface layer of the cavity"),
        "body": Attribute(473.15, "degC", 250.0, 850.0, "body of the die inserts"),
    }
    draws: ClassVar[tuple[str, ...]] = ("porosity", "distortion")
    causes: ClassVar[tuple[str, ...]] = (
        "cold run",
        "soldering",
        "blister",
        "burst biscuit",
        "flash",
        "leak",
        "distorted",
    )

    solver: ClassVar[Solver | None] = Solver(
        inputs={
            **ranged(setpoints, "metal", "oil", "dwell"),
            "surface": Attribute(473.15, "degC", 283.15, 593.15, "cavity before filling"),
            "body": Attribute(473.15, "degC", 283.15, 573.15, "body of the die before filling"),
            "hall": Attribute(293.15, "degC", 273.15, 313.15, "temperature of the hall"),
        },
        outputs={
            "heat": Attribute(1.5e6, "kJ", 1e5, 5e6, "heat into the die"),
            "casting": Attribute(600.0, "degC", 273.15, 900.0, "casting at ejection"),
            "freezing": Attribute(8.0, "s", 0.5, 100.0, "time in which the biscuit freezes"),
        },
        logs=("freezing",),
    )

    close: float = number(4.0, "s", 0.1, 60.0, meaning="closing the die", source=CELL)
    dose: float = number(6.0, "s", 0.1, 60.0, meaning="dosing into the sleeve", source=CELL)
    fill: float = number(1.5, "s", 0.1, 10.0, meaning="filling and intensifying", source=CELL)
    open: float = number(3.5, "s", 0.1, 60.0, meaning="opening the die", source=CELL)
    extract: float = number(7.0, "s", 0.1, 60.0, meaning="taking the casting out", source=CELL)
    check: float = number(7.0, "s", 0.1, 60.0, meaning="robot home, casting checked", source=CELL)
    mass: float = number(1.2, "kg", 0.01, 50.0, meaning="mass of the casting", source=CELL)
    runners: float = number(0.9, "kg", 0.01, 50.0, meaning="mass of biscuit, runners and overflows", source=CELL)
    half: float = number(0.003, "m", 0.0005, 0.02, meaning="mean half thickness of the casting", source=CELL)
    biscuit: float = number(
        0.011, "m", 0.002, 0.05, meaning="half thickness of biscuit and runner", source=CELL + ": 20 to 30 mm"
    )
    film: float = number(1e4, "W/m^2/K", 1000.0, 1e5, meaning="heat transfer while metal touches the die", source=OURS)
    gap: float = number(
        1000.0, "W/m^2/K", 50.0, 1e4, meaning="heat transfer once the casting has shrunk off the die", source=OURS
    )
    sleeve: float = number(17.0, "K", 0.0, 60.0, meaning="drop of the metal between furnace and cavity", source=OURS)
    air: float = number(30.0, "W/m^2/K", 0.0, 500.0, meaning="heat transfer of the extracted casting", source=OURS)
    surface_capacity: float = number(1.2e4, "J/K", 100.0, 1e6, meaning="surface layer, 12 mm of steel", source=CELL)
    body_capacity: float = number(
        5.4e4, "J/K", 1000.0, 1e7, meaning="body of the inserts that follows within minutes", source=CELL
    )
    between: float = number(700.0, "W/K", 10.0, 1e5, meaning="surface to body, 10 mm of steel", source=CELL)
    to_oil: float = number(140.0, "W/K", 1.0, 1e4, meaning="body to tempering oil", source=CELL)
    to_hall: float = number(40.0, "W/K", 0.1, 1e4, meaning="die to hall and platens", source=CELL)
    to_spray: float = number(
        170.0, "W/K", 0.0, 1e4, meaning="surface to spray and air, mean over spraying: 600 W/(m^2 K)", source=CELL
    )
    hydraulics: float = number(1.2e4, "W", 0.0, 1e6, meaning="power of the hydraulics at rest", source=CELL)
    moves: float = number(5.5e5, "J", 0.0, 1e8, meaning="hydraulic work of a shot without the injection", source=CELL)
    injection: float = number(1.5e5, "J", 0.0, 1e8, meaning="work of the injection at 40 m/s and 700 bar", source=CELL)
    robots: float = number(2000.0, "W", 0.0, 1e6, meaning="robots, vacuum and control at rest", source=CELL)
    handling: float = number(1e5, "J", 0.0, 1e8, meaning="work of robots and vacuum of one shot", source=CELL)
    pumps: float = number(
        8000.0, "W", 0.0, 1e6, meaning="power of the tempering units while the die gives heat", source=CELL
    )
    melting: float = number(
        2.52e6,
        "J/kg",
        1e6,
        6e6,
        meaning="gas per kg melted at 680 degC: 0.70 kWh/kg",
        source=OURS + ", shaft furnace 0.55 to 0.8 kWh/kg",
    )
    porosity: float = number(
        0.006, "1", 1e-5, 0.1, meaning="porosity at 680 degC, 40 m/s, 700 bar, cavity 255 degC", source=OURS
    )
    porosity_spread: float = number(0.25, "1", 0.001, 1.0, meaning="deviation of its logarithm", source=OURS)
    expansion: float = number(2.1e-5, "1/K", 1e-6, 0.0001, meaning="thermal expansion", source=SHRINK)
    length: float = number(0.2, "m", 0.01, 2.0, meaning="length of the casting", source=CELL)
    unevenness: float = number(0.1, "1", 0.001, 1.0, meaning="share of the contraction that is uneven", source=OURS)
    distortion_spread: float = number(
        0.2, "1", 0.001, 1.0, meaning="deviation of the logarithm of the distortion", source=OURS
    )
    cold: float = number(
        488.0,
        "K",
        300.0,
        800.0,
        meaning="cavity temperature before filling at which half run cold, 680 degC, 40 m/s",
        source=OURS,
    )
    cold_width: float = number(5.0, "K", 0.5, 50.0, meaning="its spread", source=OURS)
    solder: float = number(
        649.5, "K", 400.0, 850.0, meaning="cavity temperature at opening at which half solder", source=OURS
    )
    solder_width: float = number(12.0, "K", 0.5, 100.0, meaning="its spread", source=OURS)
    blister: float = number(
        769.0,
        "K",
        400.0,
        850.0,
        meaning="ejection temperature at which half blister, at reference porosity",
        source=OURS,
    )
    blister_width: float = number(20.0, "K", 0.5, 100.0, meaning="its spread", source=OURS)
    burst: float = number(0.3, "s", 0.0, 10.0, meaning="dwell beyond freezing at which half burst", source=OURS)
    burst_width: float = number(0.25, "s", 0.01, 5.0, meaning="its spread", source=OURS)
    flashing: float = number(
        1.62, "1", 1.0, 4.0, meaning="p √v over that of 700 bar and 40 m/s at which half flash", source=OURS
    )
    flash_width: float = number(0.11, "1", 0.005, 1.0, meaning="its spread", source=OURS)
    leaks: float = number(
        0.0025,
        "1",
        0.0,
        1.0,
        meaning="leaks through the skins of a casting, at reference porosity",
        source=SEEN,
    )
    row: float = number(3.0, "1", 1.0, 6.0, meaning="pores in a row that join through a wall", source=OURS)
    allowance: float = number(6.5e-4, "mm", 1e-5, 1e-2, meaning="distortion that cleans up when machined", source=OURS)
    blank_scatter: float = number(2e-4, "mm", 1e-6, 1e-2, meaning="other errors of a blank's shape", source=OURS)

    def visit(self, setpoints: Named, part: Named, condition: Named, around: Around, draw: Named) -> Outcome:
        """One visit, see `twin.process.Process.visit`."""
        rest = self.resting(setpoints["oil"], around.temperature)
        waited, _ = relax(rest, (condition["surface"], condition["body"]), jnp.minimum(around.idle, LONGEST))
        shot, after, heat = self.cycle(rest, waited, setpoints, around.temperature)
        time = self.duration(setpoints)
        porosity = self.pores(setpoints, shot) * _lognormal(draw["porosity"], self.porosity_spread)
        uneven = self.expansion * self.length * self.unevenness * _lognormal(draw["distortion"], self.distortion_spread)
        storage = ALUMINIUM.density * ALUMINIUM.heat * self.half
        cooled = jnp.exp(-self.air * (self.open + self.extract + setpoints["spray"] + self.check) / storage)
        distortion = uneven * (shot.casting - around.temperature)
        return Outcome(
            time,
            {"electricity": self.electricity(setpoints, time, heat["oil"]), "gas": self.gas(setpoints["metal"])},
            {
                "temperature": around.temperature + (shot.casting - around.temperature) * cooled,
                "porosity": porosity / (1 + porosity),
                "distortion": distortion,
            },
            {"surface": after[0], "body": after[1]},
            self.chances(setpoints, shot, porosity, distortion),
            heat=heat,
        )

    def duration(self, setpoints: Named) -> Array:
        """Time of a cycle [s]."""
        moves = self.close + self.dose + self.fill + self.open + self.extract + self.check
        return moves + setpoints["dwell"] + setpoints["spray"]

    def resting(self, oil: Array, hall: Array) -> Die:
        """The die between shots."""
        return Die(
            (self.surface_capacity, self.body_capacity),
            self.between,
            (0.0, self.to_oil + self.to_hall),
            (0.0, self.to_oil * oil + self.to_hall * hall),
        )

    def cycle(
        self, rest: Die, waited: tuple[Array, Array], setpoints: Named, hall: Array
    ) -> tuple[Shot, tuple[Array, Array], dict[str, Array]]:
        """One cycle of the die: the shot, temperatures after it, and flows of heat into the die [J]."""
        closed, spray = self.fill + setpoints["dwell"], setpoints["spray"]
        (_, cools), (_, warms) = rest.loss, rest.source
        ready, before = relax(rest, waited, self.close + self.dose)
        found = self.solve({**setpoints, "surface": ready[0], "body": ready[1], "hall": hall})
        heat, casting, freezing = found["heat"], found["casting"], found["freezing"]
        spot, solid = found.get("spot", casting), found.get("solid", jnp.zeros_like(freezing))
        hot, during = relax(rest._replace(source=(heat / closed, warms)), ready, closed)
        opened, between = relax(rest, hot, self.open + self.extract)
        wet = rest._replace(loss=(self.to_spray, cools), source=(self.to_spray * hall, warms))
        sprayed, wetted = relax(wet, opened, spray)
        after, checked = relax(rest, sprayed, self.check)
        time = self.duration(setpoints)
        body = before[1] + during[1] + between[1] + wetted[1] + checked[1]
        flows = {
            "metal": heat,
            "oil": self.to_oil * (setpoints["oil"] * time - body),
            "spray": self.to_spray * (hall * spray - wetted[0]),
            "hall": self.to_hall * (hall * time - body),
            "die": self.surface_capacity * (waited[0] - after[0]) + self.body_capacity * (waited[1] - after[1]),
        }
        return Shot(ready[0], hot[0], casting, spot, freezing, solid), after, flows

    def solve(self, inputs: Named) -> dict[str, Array]:
        """What the metal does in a closed die, see `twin.process.Process.solve`.

        Its heat depends on the mean temperature of the cavity meanwhile, and that on the heat: two passes.
        """
        rest, closed = self.resting(inputs["oil"], inputs["hall"]), self.fill + inputs["dwell"]
        heat, _, _ = self.freeze(inputs, inputs["surface"])
        warmed = rest._replace(source=(heat / closed, rest.source[1]))
        _, during = relax(warmed, (inputs["surface"], inputs["body"]), closed)
        heat, casting, freezing = self.freeze(inputs, during[0] / closed)
        return {"heat": heat, "casting": casting, "freezing": freezing}

    def estimate(self, inputs: Named) -> dict[str, Array]:
        """The heat of a shot from one film and a guess of the die, then the die by that heat, then freezing in it.

        The guess warms the die by the latent heat, half way to its body; metal freezes through the film alone and falls
        behind the gap to the temperature of the die. Freezing as in `freeze`, Newton's steps aside.
        """
        melting, storage = ALUMINIUM.freezing, ALUMINIUM.density * ALUMINIUM.heat
        held = ALUMINIUM.latent + LIQUID_HEAT * (inputs["metal"] - self.sleeve - melting)
        flows = self.between * (self.fill + inputs["dwell"])
        towards = flows * (inputs["body"] - inputs["surface"])
        warmed = ((self.mass + self.runners) * held + towards) / (self.surface_capacity + flows) / 2
        above = melting - inputs["surface"] - warmed
        above = (above + jnp.sqrt(above**2 + 1e4)) / 2  # never below 0, smoothly
        heat = jnp.zeros_like(held)
        for mass, half in ((self.mass, self.half), (self.runners, self.biscuit)):
            frozen = ALUMINIUM.density * half * held / (self.film * above)
            solid = inputs["dwell"] ** 2 / (inputs["dwell"] + frozen)
            heat += mass * (held + SOLID_HEAT * above * -jnp.expm1(-self.gap * solid / (storage * half)))
        share = flows * (1 / self.surface_capacity + 1 / self.body_capacity)
        mean = (heat + towards) / self.surface_capacity * (share + jnp.expm1(-share)) / share**2
        return dict(
            zip(("heat", "casting", "freezing"), self.freeze(inputs, inputs["surface"] + mean, steps=0), strict=True)
        )

    def freeze(self, setpoints: Named, cavity: Array, *, steps: int = ROOT_STEPS) -> tuple[Array, Array, Array]:
        """Heat into the die [J], temperature of the casting at ejection [K], time in which the biscuit freezes [s]."""
        melting, metal = ALUMINIUM.freezing, setpoints["metal"] - self.sleeve
        mould = melting - 10 * jax.nn.softplus((melting - cavity) / 10)
        melt = melting + 10 * jax.nn.softplus((metal - melting) / 10)
        walls = (self.half, self.biscuit)
        frozen = [freezing_time(half, mould, film=self.film, melt=melt, steps=steps) for half in walls]
        hot, liquid = ejection_temperature(
            setpoints["dwell"],
            jnp.stack(frozen),
            mould,
            melting=melting,
            half=jnp.stack([jnp.asarray(self.half, float), jnp.asarray(self.biscuit, float)]),
            gap=self.gap,
        )
        heat = LIQUID_HEAT * (melt - melting) + ALUMINIUM.latent * (1 - liquid) + SOLID_HEAT * (melting - hot)
        return self.mass * heat[0] + self.runners * heat[1], hot[0], frozen[1]

    def electricity(self, setpoints: Named, time: Array, oil: Array) -> Array:
        """Of one cycle [J]; heaters switch on smoothly, over 1 kW, where oil heats the die."""
        speed, pressure = setpoints["gate_speed"] / SPEED, setpoints["intensification"] / PRESSURE
        injection = self.injection * (speed**2 + pressure) / 2
        heaters = 1000 * jax.nn.softplus(oil / time / 1000)
        return (self.hydraulics + self.robots + self.pumps + heaters) * time + self.moves + injection + self.handling

    def gas(self, metal: Array) -> Array:
        """Of melting one shot [J]."""
        return self.melting * (self.mass + self.runners) * melt_enthalpy(metal) / melt_enthalpy(METAL)

    def pores(self, setpoints: Named, shot: Shot) -> Array:
        """Porosity without its scatter."""
        speed, pressure = setpoints["gate_speed"] / SPEED, setpoints["intensification"] / PRESSURE
        metal, die = 0.006 * (setpoints["metal"] - METAL), 0.004 * (528.15 - shot.ready)
        return self.porosity * jnp.exp(metal + die + 1.2 * jnp.log(speed) ** 2) * pressure**-0.8

    def chances(self, setpoints: Named, shot: Shot, porosity: Array, distortion: Array) -> dict[str, Array]:
        """Cause -> probability."""
        speed, pressure = setpoints["gate_speed"] / SPEED, setpoints["intensification"] / PRESSURE
        runs = shot.ready + 0.3 * (setpoints["metal"] - METAL) + 20 * jnp.log(speed)
        swelling = shot.spot + 20 * jnp.log(porosity / self.porosity)
        sigmoid = jax.nn.sigmoid
        return {
            "cold run": sigmoid((self.cold - runs) / self.cold_width),
            "soldering": sigmoid((shot.hot - self.solder) / self.solder_width),
            "blister": sigmoid((swelling - self.blister) / self.blister_width),
            "burst biscuit": sigmoid((shot.freezing + self.burst - setpoints["dwell"]) / self.burst_width),
            "flash": sigmoid((pressure * jnp.sqrt(speed) - self.flashing) / self.flash_width),
            "leak": leaking(self.leaks, porosity, self.porosity, self.row),
            "distorted": special.ndtr((distortion - self.allowance) / self.blank_scatter),
        }


def _lognormal(uniform: Array, spread: Array | float) -> Array:
    """Lognormal of mean 1."""
    return jnp.exp(spread * special.ndtri(uniform) - spread**2 / 2)
