"""Energy, its cost and its load profile, by hand, second by second, and in balance with each other."""

import json
from dataclasses import replace
from datetime import datetime

import numpy as np
import pyarrow.parquet as parquet
import pytest
from plants import (
    HOUR,
    KWH,
    POWER,
    WEEKDAYS,
    by_hand,
    constant,
    full_plant_trace,
    own_stops_trace,
    pair,
    pair_trace,
    plant,
    plant_trace,
    timed,
)

from twin.clock import WEEK, closed_hours
from twin.energy import carriers, demand_charge, energy, powers, powers_differ
from twin.kpi import kpis
from twin.line import Demand, Intensity, Line, Machine, Price, Shift, Station, Tariff
from twin.measures import tariff_steps
from twin.profile import load_profile, peak_power
from twin.ramp import ramp
from twin.run import simulate
from twin.segments import STATES
from twin.timesheet import time_sheet

DAY = 24 * HOUR


def one_station(power, **changes):
    return Line("l", (Station("a", timed(constant(60.0)), power=power),), **changes)


TIMES = {"a": {"processing": 600.0, "blocked": 100.0, "down": 200.0}}
"""The rest of a window of 1,000 s, 100 s, is starved."""


def test_energy_is_power_times_time_by_state_and_carrier():
    power = {"electricity": {"processing": 5e3, "starved": 1e3, "blocked": 2e3}, "gas": {"processing": 3e3}}
    trace = by_hand(one_station(power, base_load={"electricity": 400.0}), TIMES, window=(0, 1000), good=[10])
    found = kpis(trace)
    electric = 600 * 5e3 + 100 * 2e3 + 100 * 1e3 + 1000 * 400.0  # down has no power of its own: none
    assert found["electricity"].value == pytest.approx(electric / KWH)
    assert found["gas"].value == pytest.approx(600 * 3e3 / KWH)
    assert found["energy"].value == pytest.approx((electric + 600 * 3e3) / KWH)
    assert found["energy_per_good_part"].value == pytest.approx(found["energy"].value / 10)
    assert found.stations["a"]["energy"].value == pytest.approx((electric - 4e5 + 600 * 3e3) / KWH)


def test_cost_and_co2_need_a_figure_for_every_carrier_in_use():
    power = {"electricity": {"processing": 5e3}, "gas": {"processing": 3e3}}
    prices = Tariff(energy=(Price(0.0, 0.2 / KWH),), co2={"electricity": 0.4 / KWH})
    found = kpis(by_hand(one_station(power, tariff=prices), TIMES, window=(0, 1000)))
    assert found["energy_cost"] is None
    assert found["co2"] is None
    prices = replace(prices, price={"gas": 0.05 / KWH}, co2={**prices.co2, "gas": 0.2 / KWH})
    found = kpis(by_hand(one_station(power, tariff=prices), TIMES, window=(0, 1000)))
    assert found["energy_cost"].value == pytest.approx((3e6 * 0.2 + 1.8e6 * 0.05) / KWH)
    assert found["cost"].value == found["energy_cost"].value
    assert found["co2"].value == pytest.approx((3e6 * 0.4 + 1.8e6 * 0.2) / KWH)
    assert found["energy_cost"].unit == "EUR"


def test_no_power_is_no_energy_but_a_base_load_alone_is():
    idle = by_hand(one_station({}), TIMES, window=(0, 1000))
    assert energy(idle, time_sheet(idle)) is None
    found = kpis(by_hand(one_station({}, base_load={"gas": 500.0}), TIMES, window=(0, 1000)))
    assert found["energy"].value == pytest.approx(5e5 / KWH)
    assert found.stations["a"]["energy"] is None  # not known, which is not 0


def test_powers_of_unequal_machines_replace_those_of_the_station():
    wash = plant().stations[1]
    line = Line("l", (Station("a", timed(constant(1.0)), power={"electricity": POWER}), wash))
    watts = powers(
        line, "electricity", {"wash.power.electricity.down": 7.0, "wash.machine.1.power.electricity.down": 9.0}
    )
    assert watts.shape == (len(STATES), 2, 2)
    assert watts[STATES.index("processing"), 1].tolist() == [8e3, 12e3]
    assert watts[STATES.index("down"), 1].tolist() == [7.0, 9.0]
    assert powers_differ(line)
    same = replace(wash, overrides=(Machine(), Machine(power=wash.power)))
    assert not powers_differ(replace(line, stations=(same,)))
    assert carriers(line) == ("electricity",)


@pytest.mark.parametrize(("per", "period"), [("year", 365 * DAY), ("month", 365 * DAY / 12)])
def test_demand_charge_is_pro_rata(per, period):
    line = one_station({}, tariff=Tariff(demand=Demand(0.11, per)))
    trace = by_hand(line, {}, window=(1000.0, 1000.0 + 8 * HOUR))
    assert demand_charge(trace, np.array([2e4]))[0] == pytest.approx(0.11 * 2e4 * 8 * HOUR / period)
    assert demand_charge(trace, None) is None
    assert demand_charge(by_hand(one_station({}), {}, window=(0, 1)), np.array([2e4])) is None


def test_hours_and_their_price_as_in_a_count_of_every_half_minute():
    """Two weeks and a half from a Wednesday afternoon, with a shift past midnight and a price that changes in it."""
    line = Line(
        "l",
        pair().stations,
        shifts=(Shift(WEEKDAYS, 22 * HOUR, 6 * HOUR, ((2 * HOUR, 2.5 * HOUR),)), Shift((5,), 8 * HOUR, 12 * HOUR)),
        tariff=Tariff(energy=(Price(5 * HOUR, 3.0), Price(23.5 * HOUR, 2.0))),
        start=datetime(2026, 1, 7, 15, 20),
    )
    step = 30.0
    moments = np.arange(0, 2.5 * WEEK, step) + step / 2
    seconds = moments + (15 * HOUR + 20 * 60)
    hour, day = seconds % DAY / HOUR, (2 + seconds // DAY) % 7
    night = ((hour >= 22) & (day < 5)) | ((hour < 6) & ~((hour >= 2) & (hour < 2.5)) & ((day - 1) % 7 < 5))
    working = night | ((hour >= 8) & (hour < 12) & (day == 5))
    price = np.where((hour >= 5) & (hour < 23.5), 3.0, 2.0)
    ends = moments + step / 2
    closed, steps = closed_hours(line), tariff_steps(line)["price"]
    none = np.zeros((0, 3))
    np.testing.assert_allclose(ramp(closed, none).at(ends), np.cumsum(working) * step, atol=1e-6)
    np.testing.assert_allclose(ramp(closed[:0], steps).at(ends), np.cumsum(price) * step, atol=1e-6)
    np.testing.assert_allclose(ramp(closed, steps).at(ends), np.cumsum(working * price) * step, atol=1e-6)


TRACES = [
    pytest.param(pair_trace, id="pair"),
    pytest.param(plant_trace, id="plant"),
    pytest.param(own_stops_trace, id="own stops"),
    pytest.param(full_plant_trace, id="full plant", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("make", TRACES)
def test_energy_is_the_same_by_state_by_station_by_period_and_in_all(make):
    trace = make()
    sums = energy(trace, time_sheet(trace))
    assert sums is not None
    profile = load_profile(trace)
    found = kpis(trace)
    for carrier, joules in sums.by_state.items():
        np.testing.assert_allclose(profile.by_state[carrier].sum(axis=2), joules, rtol=1e-9, atol=1e-9 * joules.max())
        np.testing.assert_allclose(profile.energy(carrier).sum(axis=0), sums.of_carrier(carrier), rtol=1e-12)
        assert profile.by_state[carrier].min() > -1e-6
    stations = sum(station["energy"].values for station in found.stations.values())
    base = sum(sums.base.values()) / KWH
    np.testing.assert_allclose(found["energy"].values, stations + base, rtol=1e-12)


def test_electricity_costs_what_it_does_when_it_is_used():
    """The price changes at 09:30 and 22:00 only, so half an hour has one price."""
    trace = plant_trace()
    profile = load_profile(trace, period=1800.0)
    price = np.where(profile.edges[:-1] + 6 * HOUR + 2400 < 9.5 * HOUR, 0.21, 0.30)[:, None]
    cost = (profile.energy() / KWH * price).sum(axis=0) + profile.energy("gas").sum(axis=0) / KWH * 0.05
    np.testing.assert_allclose(kpis(trace)["energy_cost"].values, cost, rtol=1e-12)


def at_hours(trace, profile, rates):
    """What holds in each period, by the times of day [h] at which it begins to."""
    clock = trace.line.start.hour * HOUR + trace.line.start.minute * 60 + profile.edges[:-1]
    begins = np.array([hour for hour, _ in rates]) * HOUR
    return np.array([rate for _, rate in rates])[np.searchsorted(begins, clock, side="right") - 1][:, None]


@pytest.mark.parametrize(
    ("make", "rates", "gas"),
    [
        (plant_trace, [(0, 0.42), (8.5, 0.31), (12, 0.25)], 0.2),
        (own_stops_trace, [(0, 0.3), (6.5, 0.4), (8.25, 0.3)], 0.0),  # stops by the calendar
    ],
)
def test_electricity_emits_what_it_does_when_it_is_used(make, rates, gas):
    """The intensity changes on the quarter of an hour, so that a quarter has one."""
    trace = make()
    profile = load_profile(trace)
    emitted = (profile.energy() / KWH * at_hours(trace, profile, rates)).sum(axis=0)
    if gas:
        emitted = emitted + profile.energy("gas").sum(axis=0) / KWH * gas
    np.testing.assert_allclose(kpis(trace)["co2"].values, emitted, rtol=1e-12)


def test_intensities_that_are_all_the_same_are_one():
    day = Tariff(intensity=(Intensity(0.0, 0.4 / KWH), Intensity(9 * HOUR, 0.4 / KWH)))
    line = one_station({"electricity": {"processing": 6e3}}, tariff=day)
    assert tariff_steps(line) == {}
    assert kpis(by_hand(line, TIMES, window=(0, 1000)))["co2"].value == pytest.approx(0.4)


def test_price_and_co2_each_by_its_own_times_of_day():
    """From 23:30 for an hour at 6 kW: half an hour before midnight, half an hour after it."""
    prices = (Price(0.0, 0.1 / KWH), Price(23 * HOUR, 0.3 / KWH))
    intensities = (Intensity(0.25 * HOUR, 0.2 / KWH), Intensity(6 * HOUR, 0.4 / KWH))
    line = Line(
        "l",
        (Station("a", timed(constant(60.0)), power={"electricity": {"processing": 6e3}}),),
        tariff=Tariff(energy=prices, intensity=intensities),
        start=datetime(2026, 1, 5, 23, 30),
    )
    found = kpis(simulate(line, horizon=HOUR, record="kpis"))
    assert found["energy_cost"].value == pytest.approx(3 * 0.3 + 3 * 0.1)
    assert found["co2"].value == pytest.approx(4.5 * 0.4 + 1.5 * 0.2)


def test_load_profile_as_in_a_slow_sum_over_visits():
    """A saturated pair from 06:07, second by second: which state each visit says a machine is in."""
    trace = simulate(pair(start=datetime(2026, 1, 5, 6, 7)), horizon=4000.0, warmup=500.0)
    profile = load_profile(trace)
    assert profile.edges[:2].tolist() == [480.0, 1380.0]  # 06:15 and 06:30
    second = np.arange(500, 4000) + 0.5
    watts = np.zeros(len(second))
    visits = trace.visits
    for station in (0, 1):
        state = np.full(len(second), 0.6e3)
        mine = visits["station"] == station
        times = [np.nan_to_num(visits[name][mine], nan=1e9) for name in ("start", "finish", "depart")]
        for start, finish, depart in zip(*times, strict=True):
            state[(second > start) & (second < finish)] = 6e3
            state[(second > finish) & (second < depart)] = 1.2e3
        watts += state
    period = np.searchsorted(profile.edges, second) - 1
    expected = np.bincount(period, watts)
    np.testing.assert_allclose(profile.energy()[:, 0], expected, rtol=1e-12)
    np.testing.assert_allclose(profile.power()[:, 0], expected / np.bincount(period), rtol=1e-12)
    full = np.bincount(period) == 900
    assert profile.peak()[0] == pytest.approx((expected / 900)[full].max())
    assert profile.covered[:, 0].sum() == 3500.0


def test_periods_start_on_the_clock_and_may_have_any_length():
    profile = load_profile(plant_trace(), period=3600.0)
    assert profile.edges.tolist() == [-2400.0 + 3600.0 * k for k in range(1, 8)]
    assert profile.covered[0].tolist() == [1920.0, 1920.0]
    with pytest.raises(ValueError, match="period is 0 s; it must be positive"):
        load_profile(plant_trace(), period=0.0)


def test_the_table_of_a_load_profile(tmp_path):
    trace = plant_trace()
    profile = load_profile(trace, period=600.0)
    stored = parquet.read_table(profile.save(tmp_path / "load.parquet", trace.provenance))
    assert json.loads(stored.schema.metadata[b"linetwin"])["seed"] == 3
    table = profile.to_table()
    assert stored.equals(table)
    rows = table.to_pylist()
    named = {(row["carrier"], row["station"]) for row in rows}
    electric = ("line", "mill", "wash", "check", "line.base_load")
    assert named == {("electricity", name) for name in electric} | {("gas", "line"), ("gas", "mill")}
    assert len(rows) == len(named) * (len(profile.edges) - 1)
    first = rows[0]
    assert first["begin"] == datetime(2026, 1, 5, 7, 20)  # the window begins at 07:28
    assert (first["time_s"], first["covered_s"]) == (2400.0, 120.0)
    own = profile.power()[0] / 1000
    assert first["power_kW"] == pytest.approx(own.mean())
    assert [first["p5_kW"], first["p95_kW"]] == pytest.approx([min(own) + q * np.ptp(own) for q in (0.05, 0.95)])
    for carrier in ("electricity", "gas"):
        used = dict.fromkeys(electric, 0.0)
        for row in (row for row in rows if row["carrier"] == carrier):
            used[row["station"]] += row["power_kW"] * row["covered_s"] / 3600
        assert used["line"] == pytest.approx(kpis(trace)[carrier].mean, rel=1e-9)
        assert sum(used.values()) == pytest.approx(2 * used["line"], rel=1e-9)


def test_a_load_profile_of_one_replication_has_no_spread_and_its_text_has_ten_digits(tmp_path):
    trace = simulate(pair(), parts=50)  # the window ends with the last part
    profile = load_profile(trace, period=700.0)
    text = profile.save(tmp_path / "load.csv").read_text(encoding="utf-8").splitlines()
    assert text[0] == "carrier,station,begin,time_s,covered_s,power_kW,p5_kW,p95_kW"
    assert text[1].startswith("electricity,line,2026-01-05 00:00:00,0,700,")
    assert text[1].endswith(",,")
    last = text[1 + len(profile.edges) - 2].split(",")
    assert float(last[4]) == pytest.approx(profile.covered[-1, 0])
    assert float(last[5]) == pytest.approx(profile.power()[-1, 0] / 1000, rel=1e-9)


def test_closed_hours_take_the_power_of_a_planned_stop():
    profile = load_profile(plant_trace())
    at = int(np.flatnonzero(profile.edges == 12000.0)[0])  # 10:00, between the shifts
    assert profile.power("gas")[at].tolist() == [0.0, 0.0]
    assert profile.power()[at].tolist() == pytest.approx([4 * 500.0 + 12e3] * 2)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(pair_trace, id="pair"),
        pytest.param(plant_trace, id="plant", marks=pytest.mark.slow),
        pytest.param(own_stops_trace, id="own stops", marks=pytest.mark.slow),
        pytest.param(full_plant_trace, id="full plant", marks=pytest.mark.slow),
    ],
)
def test_peak_power_added_up_during_the_run_is_that_of_the_visits(make):
    summed = make("kpis")
    assert summed.blocks == []
    peak, expected = peak_power(summed), peak_power(make())
    assert peak is not None
    assert expected is not None
    np.testing.assert_allclose(peak, expected, rtol=1e-9)


def test_a_profile_needs_visits():
    with pytest.raises(ValueError, match="kept no visits; simulate with record='all'"):
        load_profile(pair_trace("kpis"))


def test_powers_may_be_replaced_by_path():
    trace = pair_trace()
    louder = replace(trace, values={"weld.power.electricity.processing": 7e3, "cut.power.electricity.blocked": 0.0})
    gained = kpis(louder)["energy"].value - kpis(trace)["energy"].value
    assert gained == pytest.approx((3000 * 1e3 - 1000 * 1.2e3) / KWH)
    assert load_profile(louder).energy().sum() / KWH == pytest.approx(kpis(louder)["energy"].value)
