"""Machines that are switched to standby or off in closed hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from plants import HOUR, KWH, constant, timed

from twin.kpi import kpis
from twin.line import Closed, Line, Machine, Price, Process, Shift, Station, Tariff
from twin.physics.oven import Oven
from twin.profile import load_profile, peak_power
from twin.run import simulate

MONDAY = datetime(2026, 1, 5, 6)
POWER = {"electricity": {"processing": 8e3, "starved": 5e3, "planned_stop": 5e3, "standby": 1e3, "off": 0.0}}
SWITCHED = Closed("standby", after=HOUR, wake=0.25 * HOUR)
CLOSED_HOURS = 4 * 9.75 + 57.75 + 5 * 1.25
"""Of a week, in stops of an hour or more, less the quarter before each ends: four nights, a week-end, five middays."""


def line(closed: Closed | None, **station: Any) -> Line:
    """Two stations, at work from 06:00 to 14:00 and from 15:30 to 20:00, with a break of half an hour, on five days."""
    days = tuple(range(5))
    shifts = (
        Shift(days, 6 * HOUR, 14 * HOUR, breaks=((9 * HOUR, 9.5 * HOUR),)),
        Shift(days, 15.5 * HOUR, 20 * HOUR),
    )
    own: dict[str, Any] = {"machines": 2, "power": POWER, "closed": closed} | station
    saw = Station("saw", timed(constant(300.0)))
    press = Station("press", own.pop("process", timed(constant(500.0))), buffer=3, **own)
    return Line("closed", (saw, press), start=MONDAY, shifts=shifts, tariff=Tariff(energy=(Price(0.0, 0.1 / KWH),)))


def week(line: Line, figure: str = "energy", **run: Any) -> float:
    return float(kpis(simulate(line, horizon=168 * HOUR, record="kpis", **run))[figure].mean)


def test_closed_hours_take_the_power_of_the_state() -> None:
    saved = week(line(None)) - week(line(SWITCHED))
    assert saved == pytest.approx(2 * 4.0 * CLOSED_HOURS, rel=1e-12)
    assert week(line(None)) - week(line(replace(SWITCHED, state="off"))) == pytest.approx(2 * 5.0 * CLOSED_HOURS)


def test_short_stops_are_left_alone() -> None:
    only_nights = replace(SWITCHED, after=2 * HOUR)
    assert week(line(None)) - week(line(only_nights)) == pytest.approx(2 * 4.0 * (CLOSED_HOURS - 5 * 1.25))
    assert week(line(Closed("off", after=100 * HOUR))) == week(line(None))


def test_a_wake_longer_than_the_stop_changes_nothing() -> None:
    assert week(line(Closed("off", wake=100 * HOUR))) == week(line(None))


def test_output_stays_the_same() -> None:
    assert week(line(SWITCHED), "good") == week(line(None), "good")


def test_a_conveyor_is_switched_as_a_whole() -> None:
    belt = {"kind": "conveyor", "machines": 6}
    assert week(line(None, **belt)) - week(line(SWITCHED, **belt)) == pytest.approx(4.0 * CLOSED_HOURS)


def test_machines_of_different_power_are_switched_each() -> None:
    second = Machine(power={"electricity": POWER["electricity"] | {"planned_stop": 3e3}})
    own = {"overrides": (Machine(), second)}
    assert week(line(None, **own)) - week(line(SWITCHED, **own)) == pytest.approx((4.0 + 2.0) * CLOSED_HOURS)


def test_a_number_replaces_the_power() -> None:
    lower = {"press.power.electricity.standby": 200.0}
    found = week(line(SWITCHED), setpoints=lower)
    assert week(line(None)) - found == pytest.approx(2 * 4.8 * CLOSED_HOURS)


def test_load_profile_and_peak_agree() -> None:
    trace = simulate(line(SWITCHED), horizon=168 * HOUR)
    profile = load_profile(trace, HOUR)
    assert profile.energy().sum() / KWH == pytest.approx(float(kpis(trace)["energy"].mean))
    counted = simulate(line(SWITCHED), horizon=168 * HOUR, record="kpis")
    assert peak_power(counted) == pytest.approx(peak_power(trace))


def test_an_oven_is_switched_in_place_of_its_own_set_back() -> None:
    power = {"electricity": {"standby": 1e3}, "gas": {"standby": 2e3}}
    oven = {"process": Process("oven", behaviour=Oven()), "kind": "conveyor", "machines": 24, "power": power}
    set_back = oven | {"process": Process("oven", behaviour=Oven(set_back_after=HOUR))}
    assert week(line(SWITCHED, **oven), "gas") == pytest.approx(week(line(SWITCHED, **set_back), "gas"))
    assert week(line(SWITCHED, **oven), "gas") < week(line(None, **set_back), "gas") < week(line(None, **oven), "gas")
