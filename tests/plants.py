"""Lines and traces that the tests of figures share, and a trace made by hand, which needs no simulation."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np

from twin.distribution import Distribution
from twin.line import (
    Demand,
    Failure,
    Intensity,
    Line,
    Machine,
    Maintenance,
    Price,
    Process,
    Product,
    Rework,
    Setup,
    Shift,
    Standby,
    Station,
    Tariff,
)
from twin.plan import plan
from twin.run import simulate
from twin.segments import STATES
from twin.totals import empty
from twin.trace import Trace

KWH = 3.6e6
HOUR = 3600.0
WEEKDAYS = (0, 1, 2, 3, 4)


def constant(mean: float) -> Distribution:
    return Distribution("constant", {"mean": mean})


def exponential(mean: float) -> Distribution:
    return Distribution("exponential", {"mean": mean})


def timed(distribution: Distribution) -> Process:
    return Process(time=distribution)


POWER = {"processing": 8e3, "setup": 3e3, "starved": 2e3, "blocked": 2.5e3, "down": 1e3, "planned_stop": 0.5e3}


def plant(**changes: Any) -> Line:
    """Two products with setup, failures, scrap, rework, unequal machines, upkeep, shifts and a tariff."""
    mill = Station(
        "mill",
        timed(Distribution("lognormal", {"mean": 60.0, "cv": 0.3})),
        setup=Setup(changes={("A", "B"): 90.0, ("B", "A"): 120.0}),
        failures=(Failure("tool", exponential(1200.0), exponential(120.0)),),
        power={"electricity": POWER, "gas": {"processing": 3e3}},
        planned_time={"A": 55.0, "B": 60.0},
    )
    wash = Station(
        "wash",
        timed(exponential(110.0)),
        machines=2,
        buffer=3,
        transport=6.0,
        scrap=0.05,
        power={"electricity": POWER},
        overrides=(Machine(), Machine(power={"electricity": POWER | {"processing": 12e3, "starved": 1e3}})),
        planned_time={"": 100.0},
    )
    check = Station(
        "check",
        timed(exponential(35.0)),
        buffer=4,
        rework=Rework(0.1),
        maintenance=(Maintenance("clean", 25, 240.0, clock="parts"),),
        power={"electricity": POWER | {"maintenance": 800.0}},
    )
    morning = Shift(WEEKDAYS, 6 * HOUR, 10 * HOUR, ((8 * HOUR, 8.25 * HOUR),))
    prices = (Price(6 * HOUR, 0.21 / KWH), Price(9.5 * HOUR, 0.30 / KWH), Price(22 * HOUR, 0.14 / KWH))
    parts: dict[str, Any] = {
        "stations": (mill, wash, check),
        "products": (Product("A", 0.6), Product("B", 0.4)),
        "shifts": (morning, Shift(WEEKDAYS, 11 * HOUR, 18 * HOUR)),
        "tariff": Tariff(
            energy=prices,
            demand=Demand(110e-3),
            price={"gas": 0.05 / KWH},
            co2={"gas": 0.2 / KWH},
            intensity=(Intensity(0.0, 0.42 / KWH), Intensity(8.5 * HOUR, 0.31 / KWH), Intensity(12 * HOUR, 0.25 / KWH)),
        ),
        "base_load": {"electricity": 12e3},
        "pace": "mill",
        "start": datetime(2026, 1, 5, 6, 40),
        "takt": 80.0,
    }
    return Line("plant", **(parts | changes))


def full_plant() -> Line:
    """The plant with a conveyor, standby, calendar maintenance and a second failure mode: long to compile."""
    line = plant()
    mill, wash, check = line.stations
    oven = Station(
        "oven",
        timed(constant(200.0)),
        machines=5,
        buffer=2,
        kind="conveyor",
        pitch=30.0,
        power={"gas": {"processing": 20e3, "starved": 9e3}},
    )
    check = replace(
        check,
        maintenance=(*check.maintenance, Maintenance("daily", 7200.0, 300.0, clock="calendar")),
        standby=(Standby(after=60.0, wake=10.0),),
        power={"electricity": POWER | {"standby": 300.0, "warmup": 4e3, "maintenance": 800.0}},
    )
    mill = replace(mill, failures=(*mill.failures, Failure("spindle", exponential(9e3), constant(900.0))))
    return replace(line, name="full plant", stations=(mill, wash, oven, check))


WINDOW = {"horizon": 6 * HOUR, "warmup": 0.8 * HOUR, "replications": 2, "seed": 3}
"""Through a break and the hour between the shifts; not on a full quarter of an hour."""


@functools.cache
def plant_trace(record: str = "all") -> Trace:
    return simulate(plant(), record=record, **WINDOW)


@functools.cache
def full_plant_trace(record: str = "all") -> Trace:
    return simulate(full_plant(), record=record, **WINDOW)


def own_stops() -> Line:
    """Two machines that break down on the calendar, with a break and a tariff."""
    power = {"electricity": POWER}
    cast = Station(
        "cast",
        timed(exponential(100.0)),
        machines=2,
        failures=(Failure("jam", exponential(1500.0), exponential(400.0), clock="calendar"),),
        power=power,
    )
    pack = Station("pack", timed(exponential(45.0)), buffer=2, power=power)
    return Line(
        "own stops",
        (cast, pack),
        shifts=(Shift(WEEKDAYS, 6 * HOUR, 10 * HOUR, ((7 * HOUR, 7.5 * HOUR),)),),
        tariff=Tariff(
            energy=(Price(0.0, 0.1 / KWH), Price(7.2 * HOUR, 0.2 / KWH)),
            intensity=(Intensity(6.5 * HOUR, 0.4 / KWH), Intensity(8.25 * HOUR, 0.3 / KWH)),
        ),
        start=datetime(2026, 1, 5, 6),
    )


@functools.cache
def own_stops_trace(record: str = "all") -> Trace:
    return simulate(own_stops(), horizon=3 * HOUR, warmup=600.0, replications=2, record=record)


def pair(**changes: Any) -> Line:
    """Two stations that take 40 s and 60 s, always: every figure can be worked out by hand."""
    power = {"electricity": {"processing": 6e3, "blocked": 1.2e3, "starved": 0.6e3}}
    stations = (
        Station("cut", timed(constant(40.0)), power=power, planned_time={"": 36.0}),
        Station("weld", timed(constant(60.0)), buffer=1, power=power, planned_time={"": 54.0}),
    )
    return Line("pair", **({"stations": stations, "pace": "weld"} | changes))


@functools.cache
def pair_trace(record: str = "all", replications: int = 1) -> Trace:
    return simulate(pair(), horizon=3600.0, warmup=600.0, replications=replications, record=record)


def by_hand(
    line: Line, seconds: Mapping[str, Mapping[str, float]], *, window: tuple[float, float], **totals: Any
) -> Trace:
    """A trace of one replication whose totals are given instead of simulated.

    Args:
        line: the description.
        seconds: station -> state -> seconds.
        window: beginning and end [s].
        totals: further totals: lists by station, or a number.
    """
    prepared = plan(line)
    shape = prepared.shape
    found = {name: np.array(value) for name, value in empty(shape, 1, 1 + len(prepared.numbers["tariff"])).items()}
    for name, states in seconds.items():
        for state, time in states.items():
            found["states"][0, STATES.index(state), shape.names.index(name), 0] = time
    found |= {name: np.asarray(value, float).reshape(found[name].shape) for name, value in totals.items()}
    return Trace(
        line=line, shape=shape, values={}, seed=0, replications=1, by="time", record="kpis", totals=found,
        window=(np.array([window[0]]), np.array([window[1]])), clock=None, plan=prepared, complete=np.array(True),
    )  # fmt: skip
