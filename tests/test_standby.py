"""Levels of standby: when a machine sleeps, how long it takes to wake, and what it takes meanwhile."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from plants import HOUR, KWH, POWER, constant, exponential, timed

from twin.energy import energy
from twin.kpi import kpis
from twin.line import Line, Machine, Order, Price, Shift, Source, Standby, Station, Tariff
from twin.profile import load_profile, peak_power
from twin.run import simulate
from twin.segments import STATES
from twin.store import line_hash
from twin.timesheet import time_sheet

MILL = {"processing": 9.5e3, "starved": 5.2e3, "standby": 1.4e3, "warmup": 4e3}
LEVELS = (Standby(300.0, 60.0), Standby(7200.0, 600.0, {"electricity": 700.0, "gas": 50.0}))


ARRIVALS = (1.5 * HOUR, 4.5 * HOUR, 4.6 * HOUR, 5.25 * HOUR, 8 * HOUR, 12 * HOUR)
"""It sleeps lightly, deeply, not at all, lightly, deeply, and is asleep at the end."""

STARTS = (5460.0, 16800.0, 16960.0, 18960.0, 29400.0)


def mill(**changes):
    """A mill that takes 160 s, sleeps after 5 min and deeper after 2 h."""
    station = Station("mill", timed(constant(160.0)), standby=LEVELS, power={"electricity": MILL})
    orders = tuple(Order(f"o{k}", "part", 1, release) for k, release in enumerate(ARRIVALS))
    return Line("mill", (replace(station, **changes),), source=Source("orders", orders=orders))


def states_by_hand(second):
    """State of the mill in each second, and whether it sleeps deeper: free at 0 s, then from its last finish on."""
    state, deep, free = np.full(len(second), "starved", dtype="U10"), np.zeros(len(second), bool), 0.0
    for arrive, start in zip(ARRIVALS, (*STARTS, np.inf), strict=True):
        state[(second > free + 300) & (second < arrive)] = "standby"
        deep |= (second > free + 7200) & (second < arrive)
        state[(second > max(arrive, free)) & (second < start)] = "warmup"
        state[(second > start) & (second < start + 160)] = "processing"
        free = start + 160
    return state, deep


def test_a_mill_second_by_second():
    trace = simulate(mill(), horizon=9.5 * HOUR, warmup=HOUR)
    second = np.arange(HOUR, 9.5 * HOUR) + 0.5
    state, deep = states_by_hand(second)
    sheet = time_sheet(trace)
    for name in ("processing", "starved", "standby", "warmup"):
        assert sheet.seconds(name)[0, 0] == (state == name).sum()
    assert trace.visits["start"].tolist() == list(STARTS)  # waking up delays the part by 60 s or 10 min
    watts = np.select([state == name for name in MILL], list(MILL.values()))
    watts = np.where(deep, 700.0, watts)
    found = kpis(trace)
    assert found["electricity"].value == pytest.approx(watts.sum() / KWH, rel=1e-12)
    assert found["gas"].value == pytest.approx(50.0 * deep.sum() / KWH, rel=1e-12)
    assert found["peak_power"].value == pytest.approx(watts.reshape(-1, 900).mean(axis=1).max() / 1000, rel=1e-12)
    profile = load_profile(trace, period=60.0)
    np.testing.assert_allclose(profile.power()[:, 0], watts.reshape(-1, 60).mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(profile.power("gas")[:, 0], 50 * deep.reshape(-1, 60).mean(axis=1), atol=1e-9)


def test_the_totals_of_a_run_without_visits_are_the_same():
    runs = [simulate(mill(), horizon=9.5 * HOUR, warmup=HOUR, record=record) for record in ("all", "kpis")]
    assert runs[1].blocks == []
    for name in ("electricity", "gas", "energy", "peak_power"):
        first, second = (kpis(run)[name].value for run in runs)
        assert first == pytest.approx(second, rel=1e-12)


def test_a_level_without_a_power_takes_that_of_the_state():
    deep = replace(LEVELS[1], power={"electricity": MILL["standby"]})
    plain, same = (
        simulate(mill(standby=(LEVELS[0], level)), horizon=9.5 * HOUR) for level in (replace(deep, power={}), deep)
    )
    assert kpis(plain)["energy"].value == pytest.approx(kpis(same)["energy"].value, rel=1e-12)
    assert "levels" not in plain.totals  # nothing is counted that the line does not use
    assert line_hash(plain.line) != line_hash(same.line)


def line_that_sleeps() -> Line:
    """Unequal machines with levels of their own, breaks, and prices and intensities by the time of day."""
    levels = (Standby(20.0, 3.0, {"electricity": 300.0}), Standby(60.0, 8.0), Standby(150.0, 20.0, {"gas": 90.0}))
    power = {"electricity": POWER | {"standby": 900.0, "warmup": 4e3}, "gas": {"standby": 200.0}}
    louder = {"electricity": power["electricity"] | {"standby": 1100.0, "processing": 9e3}, "gas": power["gas"]}
    saw = Station("saw", timed(exponential(30.0)), standby=levels[:1], power=power)
    lathe = Station("lathe", timed(exponential(80.0)), machines=2, buffer=2, standby=levels, power=power)
    lathe = replace(lathe, overrides=(Machine(), Machine(power=louder)))
    tariff = Tariff(energy=(Price(0.0, 0.1 / KWH), Price(HOUR, 0.2 / KWH)), price={"gas": 0.05 / KWH})
    shift = Shift(tuple(range(7)), 0.0, 4 * HOUR, ((0.5 * HOUR, 0.75 * HOUR),))
    return Line("sleeps", (saw, lathe), source=Source("interval", exponential(70.0)), tariff=tariff, shifts=(shift,))


def test_totals_and_profile_agree_for_unequal_machines_in_shifts():
    trace = simulate(line_that_sleeps(), horizon=3 * HOUR, warmup=600.0, replications=2, seed=5)
    sums, profile = energy(trace, time_sheet(trace)), load_profile(trace, period=300.0)
    assert sums is not None
    assert sums.cost is not None
    standby = STATES.index("standby")
    for carrier, joules in sums.by_state.items():
        assert joules[standby].min() > 0
        np.testing.assert_allclose(profile.by_state[carrier].sum(axis=2), joules, rtol=1e-9, atol=1e-9 * joules.max())
    price = np.where(profile.edges[:-1, None] < HOUR, 0.1, 0.2) / KWH
    cost = (profile.energy() * price).sum(axis=0) + 0.05 / KWH * profile.energy("gas").sum(axis=0)
    np.testing.assert_allclose(sums.cost.total(), cost, rtol=1e-12)
    summed = simulate(line_that_sleeps(), horizon=3 * HOUR, warmup=600.0, replications=2, seed=5, record="kpis")
    peaks = [peak_power(run) for run in (summed, trace)]
    assert peaks[0] is not None
    assert peaks[1] is not None
    np.testing.assert_allclose(peaks[0], peaks[1], rtol=1e-9)


def test_the_power_of_a_level_can_be_chosen_and_has_a_derivative():
    path = "mill.standby.1.power.electricity"

    def used(watts):
        return kpis(simulate(mill(), parts=5, setpoints={path: watts}))["electricity"].mean

    slope = jax.grad(used)(700.0)
    deep = 4.5 * HOUR - (STARTS[0] + 160) - 7200 + 8 * HOUR - (STARTS[3] + 160) - 7200
    assert float(slope) == pytest.approx(deep / KWH, rel=1e-12)
    assert float(used(800.0) - used(700.0)) == pytest.approx(100 * deep / KWH, rel=1e-9)
