"""Key figures against ISO 22400's formulas worked out by hand, against visits, and against each other."""

import json
from dataclasses import replace

import jax
import numpy as np
import pytest
from plants import (
    HOUR,
    by_hand,
    constant,
    exponential,
    full_plant_trace,
    own_stops_trace,
    pair,
    pair_trace,
    plant,
    plant_trace,
    timed,
)

from twin.figures import Figure
from twin.kpi import is_random, kpis
from twin.line import Failure, Intensity, Line, Machine, Maintenance, Order, Price, Product, Source, Station, Tariff
from twin.profile import load_profile
from twin.run import simulate
from twin.segments import STATES
from twin.split import energy_split
from twin.timesheet import time_sheet

MINUTE = 60.0


def test_iso_22400_worked_example():
    """Planned busy 450 min, setup 20, delay 38, down 22, production 370; PRI 50 s, 420 made, 399 good."""
    press = Station("press", timed(constant(50.0)), planned_time={"": 50.0})
    seconds = {"press": {"processing": 370 * MINUTE, "setup": 20 * MINUTE, "down": 38 * MINUTE}}
    counts = {"produced": [420], "scrapped": [21], "good": [399], "clean": [399]}
    found = kpis(by_hand(Line("l", (press,), pace="press"), seconds, window=(0.0, 450 * MINUTE), **counts))
    station = {name: figure.value for name, figure in found.stations["press"].items() if figure is not None}
    expected = {
        "availability": 0.82222,
        "performance": 0.94595,
        "quality": 0.95,
        "oee": 0.73889,
        "nee": 0.77883,
        "technical_efficiency": 0.90686,
        "utilisation_efficiency": 0.86449,
        "allocation_efficiency": 0.95111,
        "setup_ratio": 0.05128,
        "starved": 22 / 450,
    }
    assert {name: station[name] for name in expected} == pytest.approx(expected, abs=5e-6)
    assert [found[name].value for name in ("oee", "availability", "performance", "quality")] == pytest.approx(
        [0.73889, 0.82222, 0.94595, 0.95], abs=5e-6
    )


def test_planned_stops_and_maintenance_are_no_planned_busy_time():
    line = Line("l", (Station("press", timed(constant(50.0)), machines=2),), pace="press")
    trace = by_hand(
        line, {"press": {"processing": 500.0, "maintenance": 200.0, "planned_stop": 800.0}}, window=(0, 1000)
    )
    assert kpis(trace)["availability"].value == pytest.approx(500 / 1000)


def test_products_are_weighted_by_their_planned_time():
    press = Station("press", timed(constant(50.0)), planned_time={"A": 40.0, "": 100.0})
    line = Line("l", (press,), products=(Product("A"), Product("B")), pace="press")
    counts = {"products": [[6], [4]], "good_products": [6, 3], "produced": [10], "good": [9], "scrapped": [1]}
    found = kpis(by_hand(line, {"press": {"processing": 800.0}}, window=(0, 1000), **counts))
    assert found.stations["press"]["performance"].value == pytest.approx((6 * 40 + 4 * 100) / 800)
    assert found["oee"].value == pytest.approx((6 * 40 + 3 * 100) / 1000)
    assert found["performance"].value == found.stations["press"]["performance"].value


def test_a_line_without_chance_by_hand():
    """The welder takes 60 s, always; the cutter waits blocked for 20 s of each 60, with one part in the buffer."""
    found = kpis(pair_trace())
    expected = {
        "throughput": 60.0,
        "wip": 3.0,
        "lead_time": 180.0,
        "lead_time_median": 180.0,
        "lead_time_p95": 180.0,
        "oee": 0.9,
        "availability": 1.0,
        "performance": 0.9,
        "quality": 1.0,
        "scrap_rate": 0.0,
        "first_pass_yield": 1.0,
        "takt": 60.0,
        "energy": (3000 * 6 + 2000 * 6 + 1000 * 1.2) / 3600,
    }
    assert {name: found[name].value for name in expected} == pytest.approx(expected, rel=1e-12)
    cut = found.stations["cut"]
    assert [cut[s].value for s in ("processing", "blocked", "starved")] == pytest.approx([2 / 3, 1 / 3, 0])
    assert [cut[s].value for s in ("oee", "performance")] == pytest.approx([0.6, 0.9])


def test_nothing_random_has_no_interval():
    assert not is_random(pair())
    figure = kpis(pair_trace(replications=3))["throughput"]
    assert figure.values.tolist() == [60.0] * 3
    assert figure.ci95 is None
    assert figure.to_json() == {"mean": 60.0, "ci95": None, "unit": "1/h"}


@pytest.mark.parametrize(
    "change",
    [
        {"stations": (Station("a", timed(exponential(1.0))),)},
        {"stations": (Station("a", timed(constant(1.0)), scrap=0.1),)},
        {"products": (Product("A"), Product("B"))},
        {"source": Source("interval", exponential(60.0))},
    ],
)
def test_what_is_random(change):
    assert is_random(replace(pair(), **change))


def test_intervals_contain_the_mean():
    for figure in kpis(plant_trace()).values():
        if figure is not None and figure.value is not None:
            low, high = figure.ci95
            assert low <= figure.value <= high


def test_what_cannot_be_known_is_none():
    bare = Line("l", (Station("a", timed(constant(50.0))),))
    found = kpis(by_hand(bare, {}, window=(0, 1000), good=[3]))
    unknown = "oee availability performance energy energy_per_good_part energy_cost cost co2 peak_power demand_charge"
    unknown += " lead_time_median lead_time_p95 plan_attainment orders_on_time"
    assert {name for name, figure in found.items() if figure is None} == set(unknown.split())
    assert found.stations["a"]["oee"] is None
    assert found.stations["a"]["energy"] is None


def test_nothing_made_is_not_known_but_throughput_is_zero():
    found = kpis(by_hand(pair(), {}, window=(0, 1000)))
    assert found["throughput"].value == 0.0
    assert found["oee"].value == 0.0
    for name in ("lead_time", "scrap_rate", "quality", "performance", "energy_per_good_part", "takt"):
        assert np.isnan(found[name].values).all()
        assert found[name].value is None
    said = json.dumps(found.to_json(), allow_nan=False)
    assert json.loads(said)["kpis"]["lead_time"] is None
    assert json.loads(said)["stations"]["cut"]["quality"] is None


def test_a_window_shorter_than_a_quarter_of_an_hour_has_no_peak():
    found = kpis(simulate(pair(), horizon=3600.0, warmup=2760.0))
    assert found["peak_power"] is None
    assert found["energy"].value > 0


TRACES = [
    pytest.param(pair_trace, id="pair"),
    pytest.param(plant_trace, id="plant"),
    pytest.param(own_stops_trace, id="own stops"),
    pytest.param(full_plant_trace, id="full plant", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("make", TRACES)
def test_shares_of_time_add_up_to_one(make):
    sheet = time_sheet(make())
    assert abs(sheet.shares.sum(axis=0) - 1).max() < 1e-15
    assert sheet.states.min() > -1e-9  # no second is counted twice
    for station in kpis(make()).stations.values():
        assert sum(float(station.states[state].mean) for state in STATES) == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(pair_trace, id="pair"),
        pytest.param(plant_trace, id="plant", marks=pytest.mark.slow),
        pytest.param(own_stops_trace, id="own stops", marks=pytest.mark.slow),
        pytest.param(full_plant_trace, id="full plant", marks=pytest.mark.slow),
    ],
)
def test_figures_do_not_depend_on_what_is_kept(make):
    kept, summed = kpis(make()), kpis(make("kpis"))
    for name, figure in kept.items():
        if not name.startswith("lead_time_"):
            assert (figure is None) == (summed[name] is None)
            if figure is not None:
                np.testing.assert_allclose(summed[name].values, figure.values, rtol=1e-9, atol=1e-12)
    assert summed["lead_time_median"] is None


def stays(trace, replication):
    """When each part entered and left the line, as far as it did, from the visits alone."""
    visits = trace.visits
    mine = visits["replication"] == replication
    last = len(trace.line.stations) - 1
    found = {}
    for part in np.unique(visits["part"][mine]):
        rows = mine & (visits["part"] == part)
        enter = visits["arrive"][rows].min()
        gone = rows & (visits["scrapped"] | (visits["station"] == last))
        leave = visits["depart"][gone]
        done = len(leave) > 0 and np.isfinite(leave[0])
        found[int(part)] = (enter, leave[0] if done else np.inf, done and not visits["scrapped"][gone][0])
    return found


@pytest.mark.parametrize("make", [pair_trace, plant_trace])
def test_littles_law_and_lead_time_from_the_visits(make):
    trace = make()
    found = kpis(trace)
    for r in range(trace.replications):
        begin, end = (float(t[r]) for t in trace.window)
        parts = stays(trace, r).values()
        inside = sum(np.clip(leave, begin, end) - np.clip(enter, begin, end) for enter, leave, _ in parts)
        assert found["wip"].values[r] == pytest.approx(inside / (end - begin), rel=1e-12)
        good = [leave - enter for enter, leave, good in parts if good and begin < leave <= end]
        assert found["good"].values[r] == len(good)
        assert found["throughput"].values[r] == pytest.approx(len(good) / (end - begin) * HOUR)
        assert found["lead_time"].values[r] == pytest.approx(np.mean(good))
        assert found["lead_time_median"].values[r] == pytest.approx(np.median(good))


def test_times_are_clipped_to_the_window_as_in_a_slow_count():
    """Working hours between 06:40 and 12:40 without the break at 08:00 and the hour from 10:00, second by second."""
    trace, line = plant_trace(), plant()
    sheet = time_sheet(trace)
    second = np.arange(2880, 21600) + 0.5
    working = ~((second > 4800) & (second < 5700)) & ~((second > 12000) & (second < 15600))
    visits = trace.visits
    for r in range(trace.replications):
        busy = {}
        for m, station in enumerate(line.stations):
            mine = (visits["replication"] == r) & (visits["station"] == m)
            held = np.zeros(len(second))
            for start, finish in zip(
                visits["start"][mine], np.nan_to_num(visits["finish"][mine], nan=21600.0), strict=True
            ):
                held += np.clip(second + 0.5, start, finish) - np.clip(second - 0.5, start, finish)
            busy[station.name] = held[working].sum()
        time = {state: sheet.states[0, i].sum(axis=1)[:, r] for i, state in enumerate(STATES)}
        assert time["processing"] + time["down"] == pytest.approx(list(busy.values()), abs=1e-6)
        assert time["planned_stop"].tolist() == [4500.0, 9000.0, 4500.0]


def test_visits_and_totals_tell_the_same_failures():
    trace, station = plant_trace(), kpis(plant_trace()).stations["mill"]
    tool = station.failures["tool"]
    visits = trace.visits
    for r in range(trace.replications):
        mine = (visits["replication"] == r) & (visits["station"] == 0) & (visits["finish"] > trace.window[0][r])
        assert tool["minutes"].values[r] * 60 == pytest.approx(np.nansum(visits["down"][mine]))
        assert tool["mttr"].values[r] * tool["count"].values[r] == pytest.approx(tool["minutes"].values[r] * 60)
    processing = station["processing"].values * (21600 - 2880)
    np.testing.assert_allclose(tool["mtbf"].values * tool["count"].values, processing)


def test_a_machine_under_repair_when_a_run_by_parts_ends_counts_up_to_the_end():
    """One of two machines fails after 500 s of work, for long; the end of the run is not known when this is counted."""
    soon = Failure("break", constant(500.0), constant(1e5), interrupted="scrapped", ages="new")
    never = replace(soon, up=constant(1e12))
    both = (Machine(failures=(soon,)), Machine(failures=(never,)))
    press = Station("press", timed(constant(10.0)), machines=2, failures=(soon,), overrides=both)
    trace = simulate(Line("l", (press,)), parts=1000, warmup_parts=20)
    assert [float(t[0]) for t in trace.window] == [100.0, 9500.0]
    sheet = time_sheet(trace)
    times = {state: float(sheet.seconds(state)[0, 0]) for state in ("processing", "down", "starved")}
    assert times == pytest.approx({"processing": 9400 + 400, "down": 9000, "starved": 0}, abs=1e-6)
    np.testing.assert_allclose(machine_seconds(trace), sheet.states[0, :, :, 0], atol=1e-6)


def machine_seconds(trace):
    """Seconds [state, station, replication] from the visits, for a line that draws 1 W in one state after the other."""
    found = []
    for state in STATES:
        stations = tuple(replace(s, power={"electricity": {state: 1.0}}, overrides=()) for s in trace.line.stations)
        metered = replace(trace, line=replace(trace.line, stations=stations))
        found.append(load_profile(metered).by_state["electricity"].sum(axis=(0, 2)))
    return np.array(found)


def test_maintenance_of_a_machine_that_waits_long_counts_each_time():
    """Every 100 s for 5 s, also while no part comes for 2,000 s; a visit of 10 s delays it."""
    care = Maintenance("care", 100.0, 5.0, clock="calendar")
    press = Station("press", timed(constant(10.0)), maintenance=(care,))
    trace = simulate(Line("l", (press,), source=Source("interval", constant(2000.0))), horizon=3950.0)
    sheet = time_sheet(trace)
    assert sheet.seconds("maintenance")[0, 0] == 39 * 5.0
    assert sheet.seconds("processing")[0, 0] == 10.0
    np.testing.assert_allclose(machine_seconds(trace), sheet.states[0, :, :, 0], atol=1e-6)


def test_own_stops_are_down_time_beyond_the_break():
    trace = own_stops_trace()
    sheet, jam = time_sheet(trace), kpis(trace).stations["cast"].failures["jam"]
    clock = trace.clock
    for r in range(trace.replications):
        closed = 0.0
        for machine in range(2):
            begin, length = (np.asarray(x)[:, 0, machine, r] for x in (clock.begin, clock.length))
            closed += (np.clip(begin + length, 600, 10800) - np.clip(begin, 600, 10800))[length > 0].sum()
        assert sheet.seconds("down")[0, r] == pytest.approx(closed - 2 * 1800)
        assert sheet.seconds("planned_stop")[0, r] == 2 * 1800
        assert jam["minutes"].values[r] * 60 >= sheet.seconds("down")[0, r] - 1e-9
    assert jam["count"].values.sum() > 4


def test_orders_count_as_on_time_when_all_their_parts_have_left():
    orders = (
        Order("late", "part", 2, due=50.0),
        Order("kept", "part", 2, due=70.0),
        Order("short", "part", 1, due=90.0),
        Order("later", "part", 1, due=200.0),
        Order("any time", "part", 1),
    )
    line = Line("l", (Station("a", timed(constant(10.0))),), source=Source("orders", orders=orders))
    column = lambda *values: np.array(values).reshape(-1, 1, 1)  # noqa: E731
    block = {
        "fixed": np.ones((7, 1, 1), bool),
        "depart": column(40.0, 51.0, 60.0, 70.0, 85.0, 95.0, 99.0),
        "scrapped": column(False, False, True, False, False, False, False),
        "order": column(0, 0, 1, 1, 2, 3, 4),
        "measured": np.zeros((7, 1), bool),
        "exit": {"enter": np.zeros((7, 1))},
    }
    trace = replace(by_hand(line, {}, window=(0.0, 100.0)), blocks=[block])
    assert kpis(trace)["orders_on_time"].value == pytest.approx(2 / 3)


def test_differences_are_paired():
    base = kpis(plant_trace())
    shifted = replace(base, figures={n: f and Figure(f.values + 1.0, f.unit) for n, f in base.items()})
    gap = shifted.difference(base)
    assert gap["throughput"].value == pytest.approx(1.0)
    assert gap["throughput"].ci95 == pytest.approx((1.0, 1.0))
    assert gap["lead_time_p95"].unit == "s"


def gradient_line():
    power = {"electricity": {"processing": 6e3, "blocked": 1e3, "starved": 0.5e3}}
    stations = (
        Station("a", timed(exponential(50.0)), power=power),
        Station(
            "b", timed(exponential(60.0)), buffer=2, power=power | {"gas": {"processing": 2e3}}, planned_time={"": 55.0}
        ),
    )
    tariff = Tariff(
        energy=(Price(0.0, 1e-7), Price(600.0, 3e-7)),
        price={"gas": 2e-8},
        co2={"gas": 5e-8},
        intensity=(Intensity(0.0, 2e-7), Intensity(900.0, 1e-7)),
    )
    return Line("slope", stations, tariff=tariff, pace="b", base_load={"electricity": 1e3})


def test_figures_have_the_derivatives_of_central_differences():
    line = gradient_line()
    names = ["throughput", "wip", "lead_time", "oee", "availability", "performance"]
    names += ["energy", "energy_per_good_part", "energy_cost", "co2"]
    values = {
        "a.process.time.mean": 50.0,
        "b.process.time.mean": 60.0,
        "a.power.electricity.processing": 6e3,
        "b.power.gas.processing": 2e3,
        "line.base_load.electricity": 1e3,
    }

    def figures(values):
        run = simulate(line, parts=30, warmup_parts=4, replications=2, setpoints=values)
        found, split = kpis(run), energy_split(run)
        assert split is not None
        assert split.co2 is not None
        means = [found[name].mean for name in names] + [found.stations["a"]["blocked"].mean]
        means.append(split.co2.by_state["electricity"][STATES.index("blocked"), 0].mean())
        return dict(zip([*names, "blocked", "CO2 while blocked"], means, strict=True))

    slopes, value_of = jax.jit(jax.jacrev(figures))(values), jax.jit(figures)
    for path, value in values.items():
        step = 1e-5 * value
        above, below = (value_of(values | {path: value + way * step}) for way in (1, -1))
        for name, slope in slopes.items():
            expected = (float(above[name]) - float(below[name])) / (2 * step)
            scale = abs(float(above[name])) / value
            assert float(slope[path]) == pytest.approx(expected, rel=1e-6, abs=1e-7 * scale), (name, path)
    for name, figure in figures(values).items():  # not traced
        assert float(figure) == pytest.approx(float(value_of(values)[name]), rel=1e-12)
    assert float(slopes["throughput"]["b.process.time.mean"]) < 0
    assert float(slopes["energy"]["a.power.electricity.processing"]) > 0
    assert float(slopes["throughput"]["a.power.electricity.processing"]) == 0


def test_by_parts_throughput_is_what_left_between_two_departures():
    trace = simulate(gradient_line(), parts=30, warmup_parts=4, replications=2)
    found = kpis(trace)
    for r in range(2):
        leave, _ = trace.good_parts(r)
        first = trace.window[0][r]
        assert found["good"].values[r] == len(leave) == 26
        assert found["throughput"].values[r] == pytest.approx(26 / (leave[-1] - float(first)) * HOUR)
    assert found["peak_power"] is not None


def test_by_parts_electricity_costs_and_emits_by_the_time_of_day():
    """They change at 600 s and 900 s; the window ends with the last part, elsewhere in each replication."""
    trace = simulate(gradient_line(), parts=30, warmup_parts=4, replications=2)
    found, profile = kpis(trace), load_profile(trace, period=300.0)
    gas = profile.energy("gas").sum(axis=0)
    begin = profile.edges[:-1, None]
    price, co2 = np.where(begin < 600, 1e-7, 3e-7), np.where(begin < 900, 2e-7, 1e-7)
    assert profile.edges[0] < 600 < 900 < profile.edges[-1]
    cost = (price * profile.energy()).sum(axis=0) + 2e-8 * gas
    np.testing.assert_allclose(found["energy_cost"].values, cost, rtol=1e-12)
    np.testing.assert_allclose(found["co2"].values, (co2 * profile.energy()).sum(axis=0) + 5e-8 * gas, rtol=1e-12)
