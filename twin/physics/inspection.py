"""Inspection by camera and leak test: how long they take, what they miss, and how often they are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import jax.numpy as jnp
from jax import Array
from jax.scipy import special

from twin.physics.spread import lognormal
from twin.process import Around, Attribute, Knob, Named, Outcome, Process, family, number

__all__ = ["Inspection", "LeakTest", "errors", "leak_rate", "pressure_change"]

ALARM, MISS = "alarm on good", "miss"


def errors(threshold: Array | float, good: Array | float, bad: Array | float, noise: Array | float) -> dict[str, Array]:
    """Chances that a measurement with normal noise is wrong: an alarm on a good part, a miss of a defective one.

    Args:
        threshold: an alarm is raised when more than this is measured; unit as of the others.
        good: mean that a good part shows.
        bad: mean that a defective part shows.
        noise: standard deviation of the measurement, above 0.

    alarm = Phi((good - threshold) / noise), miss = Phi((threshold - bad) / noise).
    Source: Green and Swets, Signal detection theory and psychophysics, 1966.

    Example:
        >>> chance = errors(2.0, 0.0, 3.0, 1.0)
        >>> float(chance["alarm on good"]), float(chance["miss"])
        (0.02275, 0.1587)
    """
    return {ALARM: special.ndtr((good - threshold) / noise), MISS: special.ndtr((threshold - bad) / noise)}


def leak_rate(porosity: Array | float, known: Array | float, at: Array | float) -> Array:
    """Leak through a porous wall [Pa m3/s]: known leak times the ratio of p^3 / (1 - p)^2.

    Args:
        porosity: share of pores p, 0 to below 1.
        known: leak at the porosity `at` [Pa m3/s].
        at: porosity there, above 0.

    Source: Kozeny-Carman law of permeability.

    Example:
        >>> float(leak_rate(0.02, 1e-4, 0.01))
        0.000816
    """
    permeable = lambda p: p**3 / (1.0 - p) ** 2  # noqa: E731
    return known * permeable(porosity) / permeable(at)


def pressure_change(leak: Array | float, time: Array | float, volume: Array | float) -> Array:
    """Pressure lost during a test [Pa]: leak * time / volume (ideal gas, constant temperature).

    Args:
        leak: leak rate [Pa m3/s].
        time: test time [s].
        volume: of the part and the tester [m3].

    Example:
        >>> float(pressure_change(1e-3, 25.0, 0.5e-3))
        50.0
    """
    return jnp.asarray(leak) * time / volume


@family
class Inspection(Process):
    """A camera at the end of the line.

    A score with normal noise tells good from defective (unit: its noise): `finds` gives the chances of the two errors
    from the threshold and from how far apart the scores are, see `errors`. A lower threshold finds more and rejects
    more good parts.

    Left out: that causes differ in how well a camera sees them.
    """

    model: ClassVar[str] = "inspection"
    setpoints: ClassVar[Mapping[str, Knob]] = {
        "threshold": Knob(
            2.5758, "1", (1.0, 5.0), (2.0, 3.0), "score that raises an alarm, in noise", "assumption: 0.5 % false"
        ),
    }
    reads: ClassVar[Mapping[str, Attribute]] = {}
    makes: ClassVar[Mapping[str, Attribute]] = {}
    condition: ClassVar[Mapping[str, Attribute]] = {}
    draws: ClassVar[tuple[str, ...]] = ()
    causes: ClassVar[tuple[str, ...]] = ()

    looking: float = number(30.0, "s", 0.1, 3600.0, meaning="time of a visit", source="assumption (table B)")
    power: float = number(800.0, "W", 0.0, 1e5, meaning="electric power", source="assumption (table C)")
    separation: float = number(
        3.9809, "1", 0.0, 20.0, meaning="score of defective less good parts, in noise", source="assumption: misses 8 %"
    )

    def visit(self, setpoints: Named, part: Named, condition: Named, around: Around, draw: Named) -> Outcome:
        """One visit, see `twin.process.Process.visit`; it makes no defects."""
        time = jnp.asarray(self.looking, float)
        return Outcome(time, {"electricity": self.power * time}, {}, {}, {})

    def finds(self, setpoints: Named, part: Named, condition: Named) -> dict[str, Array]:
        """Chance of an alarm, given that the part is good, and of a miss, given that it has a defect."""
        return errors(setpoints["threshold"], 0.0, self.separation, 1.0)


@family
class LeakTest(Process):
    """A test by pressure decay.

    Pressure lost = leak * test time / volume; the limit on the leak is fixed, so signal and threshold grow with the
    test time against a noise that does not (temperature and sensor): a longer test makes fewer errors of both kinds,
    see `errors`. A good part leaks through its porosity (`leak_rate`), a defective one through a hole besides.
    Time = (handling, filling and settling + test) * lognormal(mean 1, cv).

    Left out: compressed air per test (a utility of the line), tests broken off early, heat of parts still warm.
    """

    model: ClassVar[str] = "leak_test"
    setpoints: ClassVar[Mapping[str, Knob]] = {
        "test": Knob(25.0, "s", (15.0, 60.0), (22.0, 35.0), "test time", "assumption (housing, table E)"),
    }
    reads: ClassVar[Mapping[str, Attribute]] = {
        "porosity": Attribute(0.006, "%", 0.0, 0.3, "share of pores in the casting"),
    }
    makes: ClassVar[Mapping[str, Attribute]] = {}
    condition: ClassVar[Mapping[str, Attribute]] = {}
    draws: ClassVar[tuple[str, ...]] = ("time",)
    causes: ClassVar[tuple[str, ...]] = ()

    handling: float = number(
        45.0, "s", 0.0, 3600.0, meaning="loading, filling and settling", source="assumption: 70 s visit, table B"
    )
    cv: float = number(0.03, "1", 0.001, 1.0, meaning="coefficient of variation of the time", source="table B")
    power: float = number(800.0, "W", 0.0, 1e5, meaning="electric power", source="assumption (table C)")
    volume: float = number(1e-3, "l", 1e-6, 1.0, meaning="of part and tester", source="assumption")
    limit: float = number(1e-3, "Pa*m^3/s", 1e-8, 10.0, meaning="leak that raises an alarm", source="assumption")
    seep: float = number(
        3e-5, "Pa*m^3/s", 0.0, 1.0, meaning="leak of a good part at usual porosity", source="assumption: 3 % of limit"
    )
    usual: float = number(0.006, "%", 1e-4, 0.2, meaning="usual porosity", source="assumption")
    hole: float = number(2e-3, "Pa*m^3/s", 1e-8, 10.0, meaning="leak of a usual defect", source="assumption")
    noise: float = number(
        8.825, "Pa", 1e-3, 1e4, meaning="deviation of the measured pressure", source="assumption: 0.3 % false, table B"
    )

    def visit(self, setpoints: Named, part: Named, condition: Named, around: Around, draw: Named) -> Outcome:
        """One visit, see `twin.process.Process.visit`; it makes no defects."""
        time = (self.handling + setpoints["test"]) * lognormal(self.cv, draw["time"])
        return Outcome(time, {"electricity": self.power * time}, {}, {}, {})

    def finds(self, setpoints: Named, part: Named, condition: Named) -> dict[str, Array]:
        """Chance of an alarm, given that the part is good, and of a miss, given that it leaks."""
        good = leak_rate(jnp.clip(part["porosity"], 0.0, 0.5), self.seep, self.usual)
        shown = lambda leak: pressure_change(leak, setpoints["test"], self.volume)  # noqa: E731
        return errors(shown(self.limit), shown(good), shown(good + self.hole), self.noise)
