"""Curing oven: thin and thick sections of a part and its hanger on a conveyor through three zones of hot air."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

import jax.numpy as jnp
from jax import Array, lax
from jax.scipy import special

from twin.physics import oven_rest
from twin.physics.cure import Kinetics, cured, exposure_rate, roughly_cured
from twin.physics.smooth import larger
from twin.process import Around, Attribute, Knob, Named, Outcome, Process, Solver, family, number, ranged

__all__ = ["Oven", "radiation"]

STEFAN_BOLTZMANN = 5.670374419e-8
"""[W/(m2 K4)] (SI, exact)."""
REFERENCE = 473.15
"""Temperature at which exposure to heat is counted [K]: 200 degC, the usual schedule of powders."""
AIR = 1.293 * 1006.0
"""Heat capacity of a normal cubic metre of air [J/K]: 1.293 kg/m3 at 0 degC and 101.325 kPa, 1,006 J/(kg K)."""
STEPS = (8, 10)
"""Steps in zone 1 and in zones 2 and 3: the coarsest within 0.5 K and 0.002 of cure (tests/test_physics_oven.py)."""

TABLE_C = "assumption (housing, table C)"
TABLE_E = "assumption (housing, table E)"
DIE_CAST = "housing: die-cast aluminium, wall 4 mm, bosses 12 mm, finished part 1.05 kg, 0.17 m2 coated (assumption)"
SET_BACK = "assumption: held until told otherwise"
STAND_IN = "assumption: stand-in fitted to 0.95 after 10 min at 200 degC until a data sheet is at hand"


def radiation(temperature: Array | float, surroundings: Array | float, emissivity: Array | float) -> Array:
    """Heat that grey surroundings radiate to a surface [W/m2]: emissivity sigma (T_surroundings^4 - T^4).

    Args:
        temperature: of the surface [K].
        surroundings: temperature of what it sees [K].
        emissivity: of the exchange, 0 to 1.

    Source: Stefan-Boltzmann law.

    Example:
        >>> float(radiation(300.0, 500.0, 1.0))
        3084.68
    """
    return emissivity * STEFAN_BOLTZMANN * (jnp.asarray(surroundings) ** 4 - jnp.asarray(temperature) ** 4)


class Sections(NamedTuple):
    """A number for each lumped node: the thick boss, the thin wall around it, and the hanger that carries the part."""

    boss: Array
    wall: Array
    hanger: Array


class Passage(NamedTuple):
    """What a passage does: end temperatures [K], exposure to heat of boss and wall [s at 200 degC], heat taken [J]."""

    temperature: Sections
    boss: Array
    wall: Array
    heat: Sections


@family
class Oven(Process):
    """A conveyor oven in which powder is cured.

    Each section is one lumped node (Biot numbers 0.0005 to 0.0015: conduction through an aluminium wall never counts):
    C dT/dt = area (h (T_air - T) + radiation) + coupling (T_neighbour - T), where boss, wall and hanger are neighbours
    in this order and C holds the film. Steps are linearly implicit (Rosenbrock, one stage, gamma 1/2: second order,
    A-stable, adds up heat exactly). Cure: `twin.physics.cure`, from the exposure of each section; the least counts.
    Gas = (panels + exhaust + part + hanger - heat of the fans) / efficiency: a part pays what it takes and one pitch of
    the base load; empty places are no visit's.

    Without parts it is one lump of steel, heated by the burner, cooled by panels and exhaust: `twin.physics.oven_rest`
    says how long it takes to warm up and what a set-back or a shut-down uses. In a run it is held at its temperatures
    while the line is open, set back in closed hours no shorter than `set_back_after`, and ready when they end.

    Left out: openings, dynamics of the air (its temperatures are setpoints), heat of reaction.
    """

    model: ClassVar[str] = "oven"
    setpoints: ClassVar[Mapping[str, Knob]] = {
        "zone_1": Knob(503.15, "degC", (433.15, 533.15), (488.15, 513.15), "air in zone 1", TABLE_E),
        "zones_2_3": Knob(473.15, "degC", (423.15, 493.15), (463.15, 478.15), "air in zones 2 and 3", TABLE_E),
        "pitch": Knob(45.0, "s", (30.0, 120.0), (43.0, 60.0), "time from one place to the next", TABLE_E),
        "exhaust": Knob(
            400 / 3600,
            "m^3/h",
            (350 / 3600, 800 / 3600),
            (350 / 3600, 600 / 3600),
            "exhaust air in normal cubic metres; never below the safety minimum, 350",
            TABLE_E,
        ),
    }
    reads: ClassVar[Mapping[str, Attribute]] = {
        "temperature": Attribute(293.15, "degC", 263.15, 373.15, "part on entering"),
        "film": Attribute(80e-6, "um", 20e-6, 400e-6, "thickness of the powder film"),
    }
    makes: ClassVar[Mapping[str, Attribute]] = {
        "temperature": Attribute(293.15, "degC", 263.15, 543.15, "mean of the part on leaving"),
        "cure": Attribute(0.0, "1", 0.0, 1.0, "least degree of cure of wall and boss"),
        "overcure": Attribute(0.0, "min", 0.0, 2e4, "exposure of the wall: time at 200 degC that cures as much"),
    }
    condition: ClassVar[Mapping[str, Attribute]] = {}
    draws: ClassVar[tuple[str, ...]] = ()
    causes: ClassVar[tuple[str, ...]] = ("undercured", "overbaked")
    solver: ClassVar[Solver | None] = Solver(
        inputs={
            **ranged(setpoints, "zone_1", "zones_2_3", "pitch"),
            **reads,
            "hall": Attribute(293.15, "degC", 273.15, 313.15, "temperature of the hall"),
        },
        outputs={
            "boss": Attribute(293.15, "degC", 263.15, 543.15, "thick sections on leaving"),
            "wall": Attribute(293.15, "degC", 263.15, 543.15, "thin sections on leaving"),
            "hanger": Attribute(293.15, "degC", 263.15, 543.15, "hanger on leaving"),
            "cure": makes["cure"],
            "overcure": makes["overcure"],
        },
        logs=("overcure",),
        shares=("cure",),
    )

    boosted: float = number(
        8.0, "1", 1.0, 100.0, meaning="places in zone 1", source="assumption (table E: 6 of 18 min)"
    )
    holding: float = number(16.0, "1", 1.0, 200.0, meaning="places in zones 2 and 3", source="assumption (24, table B)")
    area: float = number(0.17, "m^2", 0.005, 5.0, meaning="coated area of the part, both sides", source=DIE_CAST)
    thick: float = number(
        0.07, "1", 0.001, 0.9, meaning="share of thick sections in it, from the mass", source=DIE_CAST
    )
    wall: float = number(0.004, "mm", 0.0005, 0.02, meaning="thickness of the wall", source=DIE_CAST)
    boss: float = number(0.012, "mm", 0.001, 0.05, meaning="thickness of a boss", source=DIE_CAST)
    density: float = number(2700.0, "kg/m^3", 1500.0, 9000.0, meaning="of the metal", source="aluminium, handbook")
    capacity: float = number(
        900.0, "J/kg/K", 300.0, 1500.0, meaning="specific heat of the metal", source="AlSi7Cu0.5Mg, makeitfrom.com"
    )
    coating: float = number(
        2.25e6, "J/m^3/K", 1e6, 4e6, meaning="heat capacity of the film", source="assumption: 1,500 kg/m3, J/(kg K)"
    )
    coupling: float = number(
        0.5, "W/K", 0.0, 20.0, meaning="conductance wall to boss", source="assumption: boss far from the wall's middle"
    )
    convection: float = number(
        22.0, "W/m^2/K", 1.0, 200.0, meaning="film coefficient", source="assumption: 30 W/(m2 K) with radiation"
    )
    emissivity: float = number(
        0.4, "1", 0.0, 1.0, meaning="of the exchange with the zone", source="assumption: 0.9 where half sees neighbours"
    )
    hanger: float = number(
        352.0,
        "J/K",
        0.1,
        1e5,
        meaning="heat capacity of a hanger",
        source="0.073 kWh gas per part, table C: 0.75 kg steel",
    )
    hanger_area: float = number(0.07, "m^2", 0.001, 5.0, meaning="area of a hanger", source="assumption")
    grip: float = number(0.1, "W/K", 0.0, 20.0, meaning="conductance wall to hanger", source="assumption")
    panels: float = number(80.0, "W/K", 0.0, 1e4, meaning="loss through panels", source="40 m2 x 2 W/(m2 K), table C")
    efficiency: float = number(
        0.905, "1", 0.3, 1.0, meaning="heat in the air per gas", source="assumption: 38 kW base load, table C"
    )
    fans: float = number(9000.0, "W", 0.0, 1e6, meaning="power of the fans", source=TABLE_C)
    stirring: float = number(
        0.92, "1", 0.0, 1.0, meaning="share of it that heats the air", source="assumption: efficiency of a motor"
    )
    steel: float = number(
        1.11e6,
        "J/K",
        1e4,
        1e8,
        meaning="heat capacity of the hot side of panels, ducts and chain",
        source="assumption: 2.3 t of steel; wakes from 120 degC in 15 min, table C",
    )
    burner: float = number(1.5e5, "W", 1e3, 1e7, meaning="gas at full power", source="assumption: four times the base")
    chamber: float = number(15.0, "m^3", 0.1, 1e4, meaning="volume of the oven", source="assumption: 40 m2 of panels")
    purges: float = number(
        5.0, "1", 0.0, 20.0, meaning="changes of air before it is lit", source="assumption: 40 min warm-up, table C"
    )
    fans_low: float = number(5000.0, "W", 0.0, 1e6, meaning="power of the fans in a set-back", source=TABLE_C)
    set_back: float = number(
        393.15, "degC", 273.15, 523.15, meaning="temperature held in longer closed hours", source=TABLE_C
    )
    set_back_after: float = number(
        math.inf, "h", 0.0, math.inf, meaning="closed hours from which it is set back; inf for never", source=SET_BACK
    )
    slow: float = number(6436.0, "1/s", 0.0, 1e30, meaning="A1 of the cure", source=STAND_IN)
    fast: float = number(64364.0, "1/s", 0.0, 1e30, meaning="A2 of the cure", source=STAND_IN)
    activation: float = number(60e3, "J/mol", 2e4, 2e5, meaning="activation energy of the cure", source=STAND_IN)
    speeding: float = number(1.0, "1", 1.0, 2.0, meaning="order m in what has reacted", source=STAND_IN)
    order: float = number(1.5, "1", 1.0, 3.0, meaning="order n in what is left", source=STAND_IN)
    required: float = number(0.90, "1", 0.5, 0.999, meaning="least cure that holds", source="assumption")
    scatter: float = number(
        0.014, "1", 1e-4, 0.2, meaning="deviation of it between parts", source="0.3 % scrap, table B (assumption)"
    )
    limit: float = number(
        2400.0, "min", 60.0, 1e5, meaning="exposure that spoils gloss", source="assumption: twice 20 min, the window"
    )
    spread: float = number(0.15, "1", 0.01, 1.0, meaning="deviation of its logarithm", source="assumption")

    def capacities(self, film: Array) -> Sections:
        """Heat capacity of each section with its film [J/K]."""
        metal = self.density * self.capacity / 2.0
        boss = self.area * self.thick * (metal * self.boss + self.coating * film)
        wall = self.area * (1.0 - self.thick) * (metal * self.wall + self.coating * film)
        return Sections(boss, wall, jnp.asarray(self.hanger, float))

    @property
    def areas(self) -> Sections:
        """Of the sections [m2]."""
        return Sections(*map(jnp.asarray, (self.area * self.thick, self.area * (1.0 - self.thick), self.hanger_area)))

    def heating(self, now: Sections, air: Array) -> Sections:
        """Heat into each section at temperatures [K] in air [W]."""
        gain = [
            area * (self.convection * (air - node) + radiation(node, air, self.emissivity))
            for node, area in zip(now, self.areas, strict=True)
        ]
        inward, outward = self.coupling * (now.wall - now.boss), self.grip * (now.wall - now.hanger)
        return Sections(gain[0] + inward, gain[1] - inward - outward, gain[2] + outward)

    def _warmed(self, now: Sections, air: Array, inertia: Sections) -> Sections:
        """Temperatures after one step, where inertia is heat capacity / step [W/K]."""
        boss, wall, hanger = now
        slope = [
            area * (self.convection + 4.0 * self.emissivity * STEFAN_BOLTZMANN * node**3)
            for node, area in zip(now, self.areas, strict=True)
        ]
        diagonal = Sections(
            inertia.boss + (slope[0] + self.coupling) / 2.0,
            inertia.wall + (slope[1] + self.coupling + self.grip) / 2.0,
            inertia.hanger + (slope[2] + self.grip) / 2.0,
        )
        to_boss, to_hanger = self.coupling / 2.0 / diagonal.boss, self.grip / 2.0 / diagonal.hanger
        heat = self.heating(now, air)
        pivot = diagonal.wall - to_boss * self.coupling / 2.0 - to_hanger * self.grip / 2.0
        rise = (heat.wall + to_boss * heat.boss + to_hanger * heat.hanger) / pivot
        return Sections(
            boss + heat.boss / diagonal.boss + to_boss * rise,
            wall + rise,
            hanger + heat.hanger / diagonal.hanger + to_hanger * rise,
        )

    def passage(self, setpoints: Named, part: Named, around: Around, steps: tuple[int, int] = STEPS) -> Passage:
        """Warm a part along the conveyor, in so many steps in zone 1 and in zones 2 and 3."""
        stay = jnp.stack([self.boosted * setpoints["pitch"], self.holding * setpoints["pitch"]])
        zone = jnp.repeat(jnp.arange(2), jnp.asarray(steps), total_repeat_length=sum(steps))
        air = jnp.stack([setpoints["zone_1"], setpoints["zones_2_3"]])[zone]
        capacities = self.capacities(part["film"])
        start = Sections(part["temperature"], part["temperature"], around.temperature)

        def onward(state: tuple[Sections, Array, Array], now: tuple[Array, Array]) -> tuple[tuple, None]:
            nodes, boss, wall = state
            hot, step = now
            after = self._warmed(nodes, hot, Sections(*(c / step for c in capacities)))
            middle = lambda a, b: step * exposure_rate((a + b) / 2.0, REFERENCE, self.activation)  # noqa: E731
            return (after, boss + middle(nodes.boss, after.boss), wall + middle(nodes.wall, after.wall)), None

        nothing = jnp.zeros_like(setpoints["pitch"])
        (end, boss, wall), _ = lax.scan(onward, (start, nothing, nothing), (air, (stay / jnp.asarray(steps))[zone]))
        heat = Sections(*(c * (b - a) for c, a, b in zip(capacities, start, end, strict=True)))
        return Passage(end, boss, wall, heat)

    @property
    def kinetics(self) -> Kinetics:
        """Rate law of the cure."""
        return Kinetics(self.slow, self.fast, self.activation, self.speeding, self.order)

    def solve(self, inputs: Named) -> dict[str, Array]:
        """End temperatures and cure of a passage, see `twin.process.Process.solve`."""
        around = Around(inputs["hall"], jnp.zeros_like(inputs["hall"]))
        through = self.passage(inputs, inputs, around)
        cure = cured(jnp.minimum(through.boss, through.wall), REFERENCE, self.kinetics)
        return {**through.temperature._asdict(), "cure": cure, "overcure": through.wall}

    def estimate(self, inputs: Named) -> dict[str, Array]:
        """Each zone in closed form (`_courses`); exposures by Simpson's rule in each zone, cure from the least."""
        capacities, part, boss, wall = self.capacities(inputs["film"]), inputs["temperature"], 0.0, 0.0
        now = Sections(part, part, inputs["hall"])
        for air, places in ((inputs["zone_1"], self.boosted), (inputs["zones_2_3"], self.holding)):
            half = places * inputs["pitch"] / 2.0
            middle, end = self._courses(now, air, capacities, half)
            first, second, third = (
                Sections(*(exposure_rate(node, REFERENCE, self.activation) for node in nodes))
                for nodes in (now, middle, end)
            )
            boss = boss + half / 3.0 * (first.boss + 4.0 * second.boss + third.boss)
            wall = wall + half / 3.0 * (first.wall + 4.0 * second.wall + third.wall)
            now = end
        cure = roughly_cured(jnp.minimum(boss, wall), REFERENCE, self.kinetics)
        return {**now._asdict(), "cure": cure, "overcure": jnp.asarray(wall)}

    def _courses(self, now: Sections, air: Array, capacities: Sections, time: Array) -> tuple[Sections, Sections]:
        """Roughly, temperatures in constant air after once and twice a time: wall and hanger alone, then the boss.

        theta = T - T_air; theta -> theta e^(-k t), k = area h / C, with radiation made linear, h = convection +
        4 emissivity sigma ((T_air + T) / 2)^3; and of the boss, with g = coupling / C_boss,
        theta_boss e^(-k_boss t) + g theta_wall (e^(-k_wall t) - e^(-k_boss t)) / (k_boss - k_wall).
        """
        film = Sections(
            *(
                area * (self.convection + 4.0 * self.emissivity * STEFAN_BOLTZMANN * ((air + node) / 2.0) ** 3)
                for node, area in zip(now, self.areas, strict=True)
            )
        )
        slow = film.wall / capacities.wall
        apart = (film.boss + self.coupling) / capacities.boss - slow
        apart = jnp.where(jnp.abs(apart) < 1e-9, 1e-9, apart)  # equal rates: the limit, by rates nearly equal
        pulled = self.coupling / capacities.boss * (now.wall - air) / apart
        rates = Sections(slow + apart, slow, film.hanger / capacities.hanger)
        once = Sections(*(jnp.exp(-rate * time) for rate in rates))

        def after(left: Sections) -> Sections:
            boss, wall, hanger = (air + (node - air) * share for node, share in zip(now, left, strict=True))
            return Sections(boss + pulled * (left.wall - left.boss), wall, hanger)

        return after(once), after(Sections(*(share * share for share in once)))

    def _burner(self, setpoints: Named, around: Around, taken: Sections) -> tuple[dict[str, Array], Array]:
        """Flows of heat of one visit, and its gas [J]."""
        pitch, mean = setpoints["pitch"], self.working(setpoints) - around.temperature
        panels, exhaust = pitch * self.panels * mean, pitch * AIR * setpoints["exhaust"] * mean
        part, fans = taken.boss + taken.wall, pitch * self.fans * self.stirring
        burner = panels + exhaust + part + taken.hanger - fans
        losses = {"panels": -panels, "exhaust": -exhaust, "part": -part, "hanger": -taken.hanger}
        return {"burner": burner, "fans": jnp.asarray(fans), **losses}, burner / self.efficiency

    def working(self, setpoints: Named) -> Array:
        """Mean temperature of its places [K]."""
        boosted = self.boosted / (self.boosted + self.holding)
        return boosted * setpoints["zone_1"] + (1.0 - boosted) * setpoints["zones_2_3"]

    def conductance(self, setpoints: Named) -> Array:
        """Loss by panels and exhaust, per kelvin above the hall [W/K]."""
        return self.panels + AIR * setpoints["exhaust"]

    @property
    def places(self) -> float:
        """In zone 1 and behind, see `twin.process.Process.places`."""
        return self.boosted + self.holding

    def base(self, setpoints: Named, temperature: Array) -> dict[str, Array]:
        """Power of the fans, and of the burner for panels and exhaust, see `twin.process.Process.base`."""
        nothing = jnp.zeros_like(setpoints["pitch"])
        empty = Sections(nothing, nothing, nothing)
        _, gas = self._burner(setpoints, Around(temperature, nothing), empty)
        return {"electricity": jnp.asarray(self.fans), "gas": gas / setpoints["pitch"]}

    def rest(self, setpoints: Named, duration: Array, temperature: Array) -> list[tuple[Array, dict[str, Array]]]:
        """Set back in closed hours, see `twin.process.Process.rest`."""
        return oven_rest.closed_hours(self, setpoints, duration, temperature)

    def visit(self, setpoints: Named, part: Named, condition: Named, around: Around, draw: Named) -> Outcome:
        """One visit, see `twin.process.Process.visit`; a part takes the heat that its end temperatures tell."""
        found = self.solve({"hall": around.temperature, **part, **setpoints})
        capacities, cure = self.capacities(part["film"]), found["cure"]
        begin = Sections(part["temperature"], part["temperature"], around.temperature)
        warmed = Sections(*(found[name] - at for name, at in zip(Sections._fields, begin, strict=True)))
        gained = Sections(*(capacity * rise for capacity, rise in zip(capacities, warmed, strict=True)))
        heat, _ = self._burner(setpoints, around, gained)
        taken = larger(gained.boss + gained.wall + gained.hanger, 0.0, 1e3)
        mean = part["temperature"] + (gained.boss + gained.wall) / (capacities.boss + capacities.wall)
        return Outcome(
            (self.boosted + self.holding) * setpoints["pitch"],
            {"gas": taken / self.efficiency},
            {"temperature": mean, "cure": cure, "overcure": found["overcure"]},
            {},
            {
                "undercured": special.ndtr((self.required - cure) / self.scatter),
                "overbaked": special.ndtr(jnp.log(found["overcure"] / self.limit) / self.spread),
            },
            heat=heat,
        )
