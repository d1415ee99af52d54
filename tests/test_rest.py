"""Set-backs in closed hours: the power of an oven that is let down and ready when its line opens again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from plants import HOUR, KWH, constant, timed
from scipy.integrate import solve_ivp

from twin.energy import energy
from twin.kpi import kpis
from twin.line import Intensity, Line, Price, Process, Shift, Station, Tariff
from twin.physics.oven import Oven
from twin.physics.oven_rest import closed_hours, lump_of
from twin.process import knobs
from twin.profile import load_profile, peak_power
from twin.run import simulate
from twin.segments import STATES
from twin.timesheet import time_sheet

HALL = 293.15
OVEN: Any = Oven(set_back_after=HOUR)
WORK = {name: jnp.asarray(value) for name, value in knobs(OVEN).items()}
TARIFF = Tariff(
    energy=(Price(0.0, 0.1 / KWH), Price(7 * HOUR, 0.3 / KWH)),
    price={"gas": 0.05 / KWH},
    co2={"gas": 0.2 / KWH},
    intensity=(Intensity(0.0, 0.5 / KWH), Intensity(3 * HOUR, 0.4 / KWH)),
)


def line(start: datetime, oven: Any = OVEN) -> Line:
    """An oven that works from 06:00 to 14:00 and from 15:30 to 20:00, with a break of half an hour, on five days."""
    days = tuple(range(5))
    shifts = tuple(
        Shift(days, begin * HOUR, end * HOUR, breaks=tuple((a * HOUR, b * HOUR) for a, b in breaks))
        for begin, end, breaks in ((6, 14, [(9, 9.5)]), (15.5, 20, []))
    )
    cure = Station("cure", Process("oven", behaviour=oven), machines=24, kind="conveyor", buffer=4)
    feed = Station("feed", timed(constant(400.0)))
    return Line("oven", (feed, cure), start=start, shifts=shifts, tariff=TARIFF)


@pytest.mark.parametrize("hours", [1.0, 1.6, 8.0, 60.0])
def test_an_oven_that_is_set_back_is_as_warm_as_before_when_the_stop_ends(hours: float) -> None:
    """The temperature by integrating the heat of the stretches; in 1 h it does not get down to 120 degC."""
    lump = jax.tree.map(float, lump_of(OVEN, WORK, HALL))
    stretches = closed_hours(OVEN, WORK, hours * HOUR, HALL)
    assert sum(float(length) for length, _ in stretches) == pytest.approx(hours * HOUR, rel=1e-12)
    temperature = float(OVEN.working(WORK))
    lowest = temperature
    for length, power in stretches:
        heat = OVEN.efficiency * float(power["gas"]) + OVEN.stirring * float(power["electricity"])
        temperature = solve_ivp(
            lambda _, t, p=heat: (p - lump.loss * (t - HALL)) / lump.capacity,
            (0, float(length)),
            [temperature],
            rtol=1e-11,
            atol=1e-9,
        ).y[0, -1]
        lowest = min(lowest, temperature)
    assert temperature == pytest.approx(float(OVEN.working(WORK)), abs=1e-5)
    assert lowest == pytest.approx(393.15, abs=1e-5) if hours > 1.5 else lowest > 400.0


def test_it_stays_warm_in_short_stops_and_where_the_burner_is_too_weak() -> None:
    for oven, hours in ((OVEN, 0.99), (Oven(), 60.0), (Oven(set_back_after=HOUR, burner=3.5e4), 60.0)):
        assert sum(float(length) for length, _ in closed_hours(oven, WORK, hours * HOUR, HALL)) == 0.0


def by_hand(second: np.ndarray, carrier: str) -> np.ndarray:
    """Mean power of the oven without parts in seconds whose middles are counted from Monday 00:00."""
    base = float(OVEN.base(WORK, jnp.asarray(HALL))[carrier])
    power = np.full(len(second), base)
    for day in range(-3, 8):
        night = 10.0 if day % 7 < 4 else 58.0
        stops = [(14.0, 1.5), (20.0, night)] if day % 7 < 5 else []
        for hour, hours in stops:
            moment = (day * 24 + hour) * HOUR
            for length, watts in closed_hours(OVEN, WORK, hours * HOUR, HALL):
                begin, end = (np.clip(second + half, moment, moment + float(length)) for half in (-0.5, 0.5))
                power += (end - begin) * (float(watts[carrier]) - base)
                moment += float(length)
    return power


@pytest.mark.parametrize("begin", [5, 6, 14.25, 22])
def test_a_week_minute_by_minute(begin: float) -> None:
    """From the beginning of the line, be it in closed hours, over the week-end into the next week."""
    start = datetime(2026, 1, 5, int(begin), int(begin % 1 * 60))
    trace = simulate(line(start), horizon=8 * 24 * HOUR - begin * HOUR, warmup=30.0 * 60)
    profile = load_profile(trace, period=60.0)
    second = np.arange((begin + 0.5) * HOUR, 8 * 24 * HOUR, 1.0) + 0.5
    for carrier in ("electricity", "gas"):
        watts = by_hand(second, carrier)
        processing = profile.by_state[carrier][STATES.index("processing"), 1, :, 0]
        told = np.asarray(trace.totals.get(f"power/{carrier}", np.zeros((1, 2, 1))))[0, 1].sum()
        found, without = profile.power(carrier)[:, 0], processing == 0
        np.testing.assert_allclose(found[without], watts.reshape(-1, 60).mean(axis=1)[without], atol=1e-6)
        assert profile.energy(carrier).sum() == pytest.approx(watts.sum() + told, rel=1e-9)


@pytest.mark.parametrize("record", ["all", "kpis"])
def test_profile_and_energy_are_the_same(record: Any) -> None:
    trace = simulate(line(datetime(2026, 1, 5, 12)), horizon=100 * HOUR, warmup=3 * HOUR, record=record)
    sums = energy(trace, time_sheet(trace))
    assert sums is not None
    if record == "all":
        for carrier, joules in sums.by_state.items():
            found = load_profile(trace).by_state[carrier].sum(axis=2)
            np.testing.assert_allclose(found, joules, rtol=1e-9, atol=1e-9 * joules.max())
    ready = simulate(line(datetime(2026, 1, 5, 12), Oven()), horizon=100 * HOUR, warmup=3 * HOUR, record=record)
    for name in ("gas", "energy", "energy_cost", "co2"):
        assert kpis(trace)[name].value < kpis(ready)[name].value
    assert kpis(trace)["good"].value == kpis(ready)["good"].value  # it is ready in time
    peaks = peak_power(trace), peak_power(ready)
    assert peaks[0] == pytest.approx(peaks[1])  # type: ignore[comparison-overlap]


def test_price_and_co2_count_when_the_energy_flows() -> None:
    """Electricity of a line with cheap nights, each second with its own price."""
    trace = simulate(line(datetime(2026, 1, 5)), horizon=48 * HOUR)
    second = np.arange(0, 48 * HOUR) + 0.5
    watts = by_hand(second, "electricity")
    hour = second / HOUR % 24
    sums = energy(trace, time_sheet(trace))
    assert sums is not None
    assert sums.cost is not None
    assert sums.co2 is not None
    cost = (watts * np.where(hour < 7, 0.1, 0.3)).sum() / KWH
    co2 = (watts * np.where(hour < 3, 0.5, 0.4)).sum() / KWH
    assert sums.cost.of_carrier("electricity")[0] == pytest.approx(cost, rel=1e-9)
    assert sums.co2.of_carrier("electricity")[0] == pytest.approx(co2, rel=1e-9)


@pytest.mark.parametrize("path", ["cure.zones_2_3", "cure.exhaust"])
def test_the_gas_of_set_backs_has_a_derivative(path: str) -> None:
    plant = line(datetime(2026, 1, 5, 12))
    value = knobs(OVEN)[path.split(".")[1]]

    def gas(x: Any) -> Any:
        trace = simulate(plant, parts=400, setpoints=plant.setpoints | {path: x}, record="kpis")
        return kpis(trace)["gas"].mean

    step = 1e-4 * value
    difference = (gas(value + step) - gas(value - step)) / (2 * step)
    assert float(jax.grad(gas)(value)) == pytest.approx(float(difference), rel=1e-5)
