"""Energy adds up: over states, stations, periods and visits, on random lines and on the line `housing`."""

import functools
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from plants import HOUR, KWH
from random_lines import random_line

from twin.energy import energy
from twin.kpi import kpis
from twin.line import Intensity, Line, Machine, Order, Price, Source, Tariff
from twin.profile import load_profile
from twin.run import simulate
from twin.segments import STATES
from twin.spec import load_line
from twin.split import energy_split
from twin.timesheet import time_sheet

EXACT = 1e-9
"""Largest relative difference between two ways to the same energy."""

INSIDE = ("processing", "blocked", "down")
"""States between start and depart of a visit, in a line without setup, shifts and scrapping or calendar stops."""

LINES = {
    "upkeep": (187, {"machines", "buffers", "transport", "scrap", "rework", "setup", "operating", "maintenance",
                     "standby", "interval", "products", "shifts"}),
    "calendar": (193, {"machines", "buffers", "transport", "scrap", "calendar", "shifts", "conveyor", "interval",
                       "differ"}),
    "planned": (193, {"machines", "buffers", "transport", "setup", "operating", "scrapping", "planned", "standby"}),
}  # fmt: skip
"""Seed and features of random lines of three stations, chosen so that (nearly) all of the features occur."""

INSIDE_VISITS = {"machines", "buffers", "transport", "scrap", "rework", "operating", "standby", "products", "orders"}


def powered(line: Line, seed: int) -> Line:
    """The line with random powers of two carriers in all states, prices and intensities by the time of day."""
    rng = np.random.default_rng(seed)

    def table() -> dict[str, dict[str, float]]:
        draw = rng.uniform(100, 9e3, (2, len(STATES)))
        return {
            carrier: {state: float(watts) for state, watts in zip(STATES, row, strict=True)}
            for carrier, row in zip(("electricity", "gas"), draw, strict=True)
        }

    stations = []
    for station in line.stations:
        power = table()
        levels = [
            replace(level, power={"electricity": float(rng.uniform(50, 500))} if rng.random() < 0.6 else {})
            for level in station.standby
        ]
        own = station.overrides or (Machine(),) * station.machines * (station.kind == "machines")
        own = tuple(replace(machine, power=table()) for machine in own)
        unequal = own if len(own) > 1 and rng.random() < 0.5 else station.overrides
        stations.append(replace(station, power=power, standby=tuple(levels), overrides=unequal))
    tariff = Tariff(
        energy=(Price(0.0, 0.2 / KWH), Price(900.0, 0.3 / KWH)),
        price={"gas": 0.05 / KWH},
        co2={"gas": 0.2 / KWH},
        intensity=(Intensity(0.0, 0.4 / KWH), Intensity(1800.0, 0.3 / KWH)),
    )
    return replace(
        line, stations=tuple(stations), tariff=tariff, base_load={"electricity": 5e3}, start=datetime(2026, 1, 5)
    )


@functools.cache
def random_trace(name):
    seed, features = LINES[name]
    line = powered(random_line(seed, features), seed)
    return simulate(line, horizon=3000.0, warmup=5.0, replications=2, seed=seed)


@functools.cache
def housing_trace():
    """From 06:00, measured from 07:00 to 11:00, through the break at 10:00."""
    return simulate(load_line("housing"), horizon=5 * HOUR, warmup=HOUR, replications=2, seed=1)


TRACES = [
    *(pytest.param(functools.partial(random_trace, name), id=f"random, {name}") for name in LINES),
    pytest.param(housing_trace, id="housing", marks=pytest.mark.slow),
]


def gap(found, expected, scale):
    """Largest difference in proportion to the whole."""
    return float(np.max(np.abs(np.asarray(found) - np.asarray(expected)) / scale))


@pytest.mark.parametrize("period", [60.0, 900.0])
@pytest.mark.parametrize("make", TRACES)
def test_the_load_profile_integrates_to_the_energy_by_carrier_station_and_state(make, period):
    trace = make()
    sums, profile = energy(trace, time_sheet(trace)), load_profile(trace, period)
    assert sums is not None
    worst = 0.0
    for carrier, joules in sums.by_state.items():
        whole = sums.of_carrier(carrier)
        worst = max(worst, gap(profile.by_state[carrier].sum(axis=2), joules, whole))
        worst = max(worst, gap(profile.energy(carrier).sum(axis=0), whole, whole))
        worst = max(worst, gap((profile.power(carrier) * profile.covered).sum(axis=0), whole, whole))
        assert profile.by_state[carrier].min() > -EXACT * whole.max()
    assert worst < EXACT


@pytest.mark.parametrize("make", TRACES)
def test_energy_by_state_adds_up_to_energy_by_station_and_to_the_kpis(make):
    trace = make()
    sums, found, split = energy(trace, time_sheet(trace)), kpis(trace), energy_split(trace)
    assert sums is not None
    assert split is not None
    whole = found["energy"].values
    stations = np.stack([found.stations[station.name]["energy"].values for station in trace.line.stations])
    by_state = sum(joules.sum(axis=0) for joules in sums.by_state.values()) / KWH
    base = sum(sums.base.values()) / KWH
    carriers = sum(found[carrier].values for carrier in sums.by_state)
    good = found["good"].values
    gaps = [gap(by_state, stations, whole), gap(stations.sum(axis=0) + base, whole, whole), gap(carriers, whole, whole)]
    gaps.append(gap(split.energy.total() * good, whole, whole))
    for amount, name in ((split.cost, "energy_cost"), (split.co2, "co2")):
        assert amount is not None
        gaps.append(gap(amount.total() * good, found[name].values, found[name].values))
    assert max(gaps) < EXACT


def test_price_and_co2_by_the_time_of_day_are_those_of_the_profile():
    for name in LINES:
        trace = random_trace(name)
        found, profile = kpis(trace), load_profile(trace, 60.0)
        begin, gas = profile.edges[:-1, None], profile.energy("gas").sum(axis=0) / KWH
        electric = profile.energy() / KWH
        cost = (np.where(begin < 900, 0.2, 0.3) * electric).sum(axis=0) + 0.05 * gas
        co2 = (np.where(begin < 1800, 0.4, 0.3) * electric).sum(axis=0) + 0.2 * gas
        np.testing.assert_allclose(found["energy_cost"].values, cost, rtol=EXACT)
        np.testing.assert_allclose(found["co2"].values, co2, rtol=EXACT)


@pytest.mark.parametrize("seed", [1, 2])
def test_visits_hold_what_is_used_from_start_to_depart_and_the_states_the_rest(seed):
    """Orders that are done before the end: every visit is whole."""
    line = random_line(60 + seed, INSIDE_VISITS)
    names = [product.name for product in line.products]
    orders = tuple(Order(f"o{k}", names[k % len(names)], 5, release=20.0 * k) for k in range(8))
    line = powered(replace(line, source=Source("orders", orders=orders)), seed)
    trace = simulate(line, horizon=900.0, replications=2, seed=seed)
    sums, visits = energy(trace, time_sheet(trace)), trace.visits
    assert sums is not None
    assert np.isfinite(visits["depart"]).all()
    inside = np.array([state in INSIDE for state in STATES])
    used = np.sum(list(sums.by_state.values()), axis=0) / KWH
    worst = 0.0
    for r in range(trace.replications):
        mine = visits["replication"] == r
        by_station = np.bincount(visits["station"][mine], visits["energy"][mine], len(line.stations))
        worst = max(worst, gap(by_station, used[inside, :, r].sum(axis=0), used[:, :, r].sum()))
        outside = used[~inside, :, r].sum() + sum(base[r] for base in sums.base.values()) / KWH
        assert visits["energy"][mine].sum() + outside == pytest.approx(kpis(trace)["energy"].values[r], rel=EXACT)
        assert outside > 0
    assert worst < EXACT


@pytest.mark.slow
def test_visits_of_housing_hold_less_than_the_states_by_those_that_are_cut_off():
    trace = simulate(load_line("housing"), horizon=2 * HOUR, replications=1, seed=1)
    sums, visits = energy(trace, time_sheet(trace)), trace.visits
    assert sums is not None
    inside = np.array([state in INSIDE for state in STATES])
    used = np.sum(list(sums.by_state.values()), axis=0)[inside, :, 0].sum(axis=0) / KWH
    for m, station in enumerate(trace.line.stations):
        if station.kind == "conveyor":
            continue  # whose visits share what runs all the time
        own = visits["energy"][visits["station"] == m]
        whole = own[np.isfinite(own)]
        assert whole.sum() <= used[m] * (1 + EXACT)
        assert used[m] - whole.sum() <= station.machines * whole.max() * (1 + EXACT)
