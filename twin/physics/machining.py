"""A machining centre: face milling with diamond, drilling and tapping with carbide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import jax.numpy as jnp
from jax import Array
from jax.scipy import special

from twin.physics.cutting import chip_thickness, ideal_roughness, specific_cutting_force, tool_life
from twin.physics.leak import leaking, opened
from twin.physics.spread import lognormal
from twin.process import Around, Attribute, Knob, Named, Outcome, Process, Solver, family, number, ranged

ISCAR = "Iscar turning catalogue 2017, p. 558: cast aluminium up to 12 % Si, neutral rake"
BOOK = "Tabellenbuch Zerspantechnik, Europa, 5th ed. 2022, p. 215 f., as quoted in FreeCAD's material card"
LEAKS = "assumption: 0.9 % of the parts of housing leak by milling; 1.3 % leak in all, table B"
TRIMET = "Trimet data sheet of AlSi9Cu1Mg"


@family
class Machining(Process):
    """Face milling, drilling and tapping of one casting in one clamping.

    | what | formula | source |
    |---|---|---|
    | feed rate | v_f = z f_z v / (pi D), z teeth; a drill has two | geometry |
    | time | (load + positioning + tool changes + milled path / v_f + drilled path / v_f) * lognormal(mean 1, cv) | |
    | energy | base power * time + k_c V / efficiency, V removed | Gutowski 2006; Kara and Li 2011: e = C0 + C1 / MRR |
    | k_c | k_c1.1 h^-m (1 - 0.01 rake) (1 + wear_force * wear), mills times `milling`; drills: h = f_z | Kienzle |
    | life in cut | T = T_1 (v_1 / v)^(1/n) (f_1 / f)^q; wear grows by time in cut / T | Taylor, extended by feed |
    | roughness | f_z^2 / (8 r) + finest + wear_roughness * wear | geometry; rest assumption |
    | blank | T_cut - T_coolant = (T - T_coolant) exp(-t / (2 tau)), and exp(-t / tau) at the end | one node, Bi << 1 |
    | deviation | -wear_size * wear - alpha L (T_cut - T_coolant) + scatter * z, negative: too small | expansion |
    | defects | normal tails beyond tolerances; breakage 1 - exp(-b exp(g wear)) | assumption |
    | leak | 1 - exp(-paths A (p / usual)^row), A the area on which the dense skin is cut off | `twin.physics.leak` |

    The tools are changed when `count` reaches the setpoint `tool_change_after`, or wear reaches 1. One tool in turn is
    changed at a time, so each serves as many spans as there are tools: a span wears it by its own time in cut / T times
    their number, which is the whole drilling time / T. Changes come by jumps, also those that wear asks for: a
    derivative by speed or feed does not see them come more often (above about 182 m/min at the other defaults).

    Left out: wear of the diamond mill (20,000 parts and more), limits of spindle power and speed, taps whose feed is
    their pitch (counted as drilling), burr, built-up edges, growth of the machine with the hall (probed), and the stop
    that follows a breakage (a failure in the line file).
    """

    model: ClassVar[str] = "machining"
    setpoints: ClassVar[Mapping[str, Knob]] = {
        "face_mill_speed": Knob(
            25.0, "m/min", (400 / 60, 50.0), (1000 / 60, 2000 / 60), "cutting speed of the diamond mill", "assumption"
        ),
        "drill_speed": Knob(
            160 / 60,
            "m/min",
            (1.0, 260 / 60),
            (2.0, 200 / 60),
            "cutting speed of drills and taps",
            "assumption",
            counts=True,
        ),
        "feed_per_tooth": Knob(
            1e-4, "mm", (4e-5, 2e-4), (8e-5, 1.4e-4), "feed per tooth of all tools", "assumption", counts=True
        ),
        "tool_change_after": Knob(
            120.0, "1", (40.0, 400.0), (80.0, 160.0), "parts between changes of a tool", "assumption", jumps=True
        ),
    }
    reads: ClassVar[Mapping[str, Attribute]] = {
        "temperature": Attribute(295.0, "degC", 253.0, 900.0, "of the blank"),
        "porosity": Attribute(0.0, "%", 0.0, 1.0, "share of pores in the blank"),
    }
    makes: ClassVar[Mapping[str, Attribute]] = {
        "roughness": Attribute(4e-6, "um", 0.0, 5e-5, "peak to valley, of the milled face"),
        "deviation": Attribute(0.0, "mm", -5e-3, 5e-3, "of the distance of the bores from nominal"),
        "temperature": Attribute(295.0, "degC", 253.0, 900.0, "of the part"),
    }
    condition: ClassVar[Mapping[str, Attribute]] = {
        "wear": Attribute(0.0, "1", 0.0, 1.5, "share of their life that the tools due have used"),
        "count": Attribute(0.0, "1", 0.0, 400.0, "parts since the last tool change"),
    }
    serves: ClassVar[bool] = True
    ages: ClassVar[tuple[str, ...]] = ("tools",)
    draws: ClassVar[tuple[str, ...]] = ("time", "size")
    causes: ClassVar[tuple[str, ...]] = ("off size", "breakage", "leak")
    solver: ClassVar[Solver | None] = Solver(
        inputs={
            **ranged(setpoints, "face_mill_speed", "drill_speed", "feed_per_tooth"),
            "wear": Attribute(0.0, "1", 0.0, 1.2, "share of the life of the tools that is used"),
        },
        outputs={
            "milling": Attribute(20.0, "s", 0.1, 1000.0, "time in cut of the mills"),
            "drilling": Attribute(40.0, "s", 0.1, 1000.0, "time in cut of drills and taps"),
            "energy": Attribute(1e5, "kJ", 1e3, 1e7, "at the cutting edges"),
        },
        logs=("milling", "drilling", "energy"),
    )

    load: float = number(14.0, "s", 0.0, 1e3, meaning="loading by the gantry", source="assumption")
    positioning: float = number(30.0, "s", 0.0, 1e4, meaning="rapid moves", source="assumption")
    swaps: float = number(18.0, "1", 0.0, 100.0, meaning="tools swapped in per part", source="assumption")
    swap: float = number(3.0, "s", 0.0, 60.0, meaning="time of a swap, chip to chip", source="assumption")
    cv: float = number(0.01, "1", 1e-3, 1.0, meaning="coefficient of variation of the time", source="assumption")
    mill: float = number(0.08, "m", 1e-3, 0.5, meaning="diameter of the face mill", source="assumption")
    teeth: float = number(6.0, "1", 1.0, 60.0, meaning="teeth of the face mill", source="assumption")
    lead: float = number(1.5707963267948966, "rad", 0.1, 1.6, meaning="angle of its edges", source="assumption")
    depth: float = number(0.002, "m", 0.0, 0.02, meaning="depth of cut of the face mill", source="assumption")
    width: float = number(0.06, "m", 1e-4, 0.5, meaning="engaged width, below the diameter", source="assumption")
    milled: float = number(0.36, "m", 0.0, 100.0, meaning="path of the face mill in the metal", source="assumption")
    approach: float = number(0.48, "m", 0.0, 100.0, meaning="its path beside the metal at feed", source="assumption")
    drill: float = number(0.006, "m", 5e-4, 0.1, meaning="mean diameter of the drills", source="assumption")
    drilled: float = number(1.356, "m", 0.0, 100.0, meaning="path of drills and taps", source="assumption")
    bored: float = number(11.8e-6, "m^3", 0.0, 0.01, meaning="volume drilled off cored holes", source="assumption")
    unit_force: float = number(7e8, "Pa", 1e8, 1e10, meaning="k_c1.1", source=ISCAR)
    exponent: float = number(0.25, "1", 0.05, 0.5, meaning="m of k_c", source=ISCAR)
    rake: float = number(12.0, "deg", -15.0, 40.0, meaning="rake; 1 % less force per degree", source=BOOK)
    milling: float = number(1.2, "1", 0.8, 2.0, meaning="force of milling over turning", source=BOOK)
    wear_force: float = number(0.3, "1", 0.0, 2.0, meaning="rise of the force at end of life", source="assumption")
    efficiency: float = number(0.8, "1", 0.1, 1.0, meaning="of spindle and drive", source="Mitsubishi, cutting power")
    base_power: float = number(8900.0, "W", 0.0, 1e5, meaning="with coolant, chips and mist", source="assumption")
    life: float = number(8500.0, "s", 60.0, 1e7, meaning="of a drill in cut at known speed, feed", source="assumption")
    known_speed: float = number(160 / 60, "m/s", 0.1, 50.0, meaning="where that life holds", source="assumption")
    known_feed: float = number(1e-4, "m", 1e-5, 1e-3, meaning="per tooth, where that life holds", source="assumption")
    taylor: float = number(0.25, "1", 0.1, 0.6, meaning="n: carbide 0.2 to 0.3", source="assumption")
    feed_power: float = number(1.5, "1", 0.0, 4.0, meaning="q: life falls with feed^q", source="assumption")
    change: float = number(240.0, "s", 0.0, 1e5, meaning="stop to change a tool", source="assumption")
    nose: float = number(8e-4, "m", 1e-5, 0.01, meaning="nose radius of the mill's teeth", source="assumption")
    finest: float = number(1e-6, "m", 0.0, 1e-5, meaning="roughness without feed marks", source="assumption")
    wear_roughness: float = number(3e-6, "m", 0.0, 2e-5, meaning="rise at end of life", source="assumption")
    rough: float = number(1e-5, "m", 1e-6, 1e-4, meaning="roughness allowed", source="assumption")
    rough_scatter: float = number(1e-6, "m", 1e-8, 1e-5, meaning="remaining scatter of roughness", source="assumption")
    expansion: float = number(2.1e-5, "1/K", 0.0, 1e-4, meaning="of the part", source=TRIMET)
    length: float = number(0.2, "m", 0.0, 5.0, meaning="distance of the farthest bores", source="assumption")
    coolant: float = number(2.0, "K", -10.0, 20.0, meaning="coolant above the hall", source="assumption")
    settling: float = number(40.0, "s", 1.0, 1e4, meaning="time constant of the part in coolant", source="assumption")
    wear_size: float = number(3e-5, "m", 0.0, 1e-3, meaning="bores too small at end of life", source="assumption")
    scatter: float = number(8e-6, "m", 1e-8, 1e-3, meaning="drawn scatter of deviation", source="assumption")
    remaining: float = number(1.2e-5, "m", 1e-7, 1e-3, meaning="scatter of the other sizes", source="assumption")
    tolerance: float = number(5e-5, "m", 1e-6, 1e-2, meaning="deviation allowed to either side", source="assumption")
    breakage: float = number(1e-4, "1", 0.0, 0.1, meaning="b: breakages per part, new tools", source="assumption")
    breakage_growth: float = number(4.0, "1", 0.0, 10.0, meaning="g: growth of breakage with wear", source="assumption")
    skin: float = number(8e-4, "m", 1e-5, 0.01, meaning="depth scale of the dense skin", source="assumption")
    paths: float = number(
        0.21, "1/m^2", 0.0, 100.0, meaning="leaks where the skin is cut off, at usual porosity", source=LEAKS
    )
    usual: float = number(0.006, "%", 1e-4, 0.2, meaning="usual porosity", source="assumption")
    row: float = number(3.0, "1", 1.0, 6.0, meaning="pores in a row that join through a wall", source="assumption")

    def cutting(self, setpoints: Named, wear: float | Array) -> tuple[Array, Array, Array]:
        """Time of milling [s], time of drilling [s], and energy at the cutting edges [J]."""
        feed = setpoints["feed_per_tooth"]
        milling = (
            (self.milled + self.approach) * jnp.pi * self.mill / (self.teeth * feed * setpoints["face_mill_speed"])
        )
        drilling = self.drilled * jnp.pi * self.drill / (2 * feed * setpoints["drill_speed"])
        chip = chip_thickness(feed, width=self.width, diameter=self.mill, lead=self.lead)
        milled = specific_cutting_force(chip, self.unit_force, self.exponent) * self.depth * self.width * self.milled
        bored = specific_cutting_force(feed, self.unit_force, self.exponent) * self.bored
        state = (1 - 0.01 * self.rake) * (1 + self.wear_force * jnp.asarray(wear))
        return milling, drilling, state * (self.milling * milled + bored)

    def solve(self, inputs: Named) -> dict[str, Array]:
        """Times and energy of cutting, see `twin.process.Process.solve`."""
        milling, drilling, energy = self.cutting(inputs, inputs["wear"])
        return {"milling": milling, "drilling": drilling, "energy": energy}

    def life_in_cut(self, setpoints: Named) -> Array:
        """Life of the drills and taps [s]."""
        return tool_life(
            setpoints["drill_speed"],
            known_speed=self.known_speed,
            known_life=self.life,
            exponent=self.taylor,
            feed_ratio=setpoints["feed_per_tooth"] / self.known_feed,
            feed_power=self.feed_power,
        )

    def worn_by_a_part(self, setpoints: Named) -> Array:
        """Share of the life of its tools that one part uses."""
        return self.cutting(setpoints, 0.0)[1] / self.life_in_cut(setpoints)

    def aged(self, setpoints: Named, draw: Named) -> dict[str, Array]:
        """Any part of the span between two tool changes, all equally likely, and the wear up to it."""
        each = self.worn_by_a_part(setpoints)
        span = jnp.ceil(jnp.minimum(setpoints["tool_change_after"], 1 / jnp.maximum(each, 1e-9)))
        made = jnp.floor(draw["tools"] * span)
        return {"wear": made * each, "count": made}

    def open_area(self) -> Array:
        """Area on which the dense skin of the blank is cut off, milled and bored [m2]."""
        bored = jnp.pi * self.drill * self.drilled
        milled = opened(self.width * jnp.asarray(self.milled), self.depth, self.skin)
        return milled + opened(bored, self.bored / jnp.maximum(bored, 1e-12), self.skin)

    def defects(self, wear: Array, roughness: Array, deviation: Array, part: Named) -> dict[str, Array]:
        """Cause -> probability; of the part its porosity counts."""
        large = special.ndtr((deviation - self.tolerance) / self.remaining)
        small = special.ndtr((-deviation - self.tolerance) / self.remaining)
        rough = special.ndtr((roughness - self.rough) / self.rough_scatter)
        return {
            "off size": jnp.clip(1 - (1 - large - small) * (1 - rough), 0.0, 1.0),
            "breakage": -jnp.expm1(-self.breakage * jnp.exp(self.breakage_growth * wear)),
            "leak": leaking(self.paths * self.open_area(), part["porosity"], self.usual, self.row),
        }

    def visit(self, setpoints: Named, part: Named, condition: Named, around: Around, draw: Named) -> Outcome:
        """One visit, see `twin.process.Process.visit`."""
        wear, feed = condition["wear"], setpoints["feed_per_tooth"]
        cut = self.solve({**setpoints, "wear": wear})
        fixed = self.load + self.positioning + self.swaps * self.swap
        time = (fixed + cut["milling"] + cut["drilling"]) * lognormal(self.cv, draw["time"])
        bath = around.temperature + self.coolant
        half = jnp.exp(-time / (2 * self.settling))
        excess = part["temperature"] - bath
        deviation = self.scatter * special.ndtri(draw["size"]) - self.wear_size * wear
        deviation = deviation - self.expansion * self.length * excess * half
        roughness = ideal_roughness(feed, self.nose) + self.finest + self.wear_roughness * wear
        worn = wear + self.worn_by_a_part(setpoints)
        made = condition["count"] + 1
        due = (made >= setpoints["tool_change_after"]) | (worn >= 1)
        return Outcome(
            time,
            {"electricity": self.base_power * time + cut["energy"] / self.efficiency},
            {"roughness": roughness, "deviation": deviation, "temperature": bath + excess * half**2},
            {"wear": jnp.where(due, 0.0, worn), "count": jnp.where(due, 0.0, made)},
            self.defects(wear, roughness, deviation, part),
            jnp.where(due, self.change, 0.0),
        )
