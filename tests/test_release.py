"""First-off release: after a setup the machine waits, as if the setup took longer, in a state of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest

import twin
from twin.distribution import Distribution
from twin.line import Failure, Line, Order, Process, Product, Setup, Shift, Source, Station
from twin.spec import read_line

CHANGES = {("A", "B"): 480.0, ("B", "A"): 0.0}


def line(setup: Setup, machines: int = 2, **keys: Any) -> Line:
    """A feed, and machines that are set up from A to B in 8 min and from B to A in no time."""
    time = Process(time=Distribution("lognormal", {"mean": 50.0, "cv": 0.3}))
    power = {"electricity": {"setup": 3e3, "release": 1e3, "processing": 8e3}}
    stations = (Station("feed", time), Station("mill", time, machines=machines, buffer=4, setup=setup, power=power))
    return Line("two", stations, products=(Product("A", 0.6), Product("B", 0.4)), **keys)


SHIFTS = (Shift((0, 1, 2, 3, 4), 0.0, 14400.0, breaks=((1800.0, 2400.0), (5000.0, 5300.0))),)
OUTAGE = Failure("outage", Distribution("exponential", {"mean": 4000.0}), Distribution("constant", {"mean": 300.0}),
                 clock="calendar")  # fmt: skip


@pytest.mark.parametrize(
    ("begins", "record", "keys"),
    [
        ("early", "all", {}),
        ("loaded", "all", {"shifts": SHIFTS}),
        ("early", "kpis", {"shifts": SHIFTS}),
        ("loaded", "kpis", {}),
    ],
)
def test_a_release_is_the_end_of_a_longer_setup(begins: str, record: str, keys: dict[str, Any]) -> None:
    released = line(Setup(0.0, CHANGES, begins, release=900.0), **keys)
    longer = line(Setup(0.0, {**CHANGES, ("A", "B"): 1380.0}, begins), **keys)
    runs = [
        twin.simulate(x, horizon=4 * 3600.0, warmup=600.0, replications=4, record=record) for x in (released, longer)
    ]
    if record == "all":
        for name in ("arrive", "start", "finish", "depart", "machine", "setup"):
            np.testing.assert_array_equal(runs[0].visits[name], runs[1].visits[name])
    states, whole = (twin.kpis(run).stations["mill"].states for run in runs)
    for state, share in whole.items():
        if state not in ("setup", "release"):
            np.testing.assert_allclose(states[state].values, share.values, atol=1e-12)
    both = states["setup"].values + states["release"].values
    np.testing.assert_allclose(both, whole["setup"].values, rtol=1e-12)
    assert (whole["release"].values == 0).all()
    share = states["release"].values.sum() / both.sum()
    assert share == pytest.approx(900 / 1380, rel=0.05)  # less than one setup of each machine is cut off by the window


def test_every_change_is_released_exactly() -> None:
    """One machine and no window that cuts anything off: 8 min of setup, 15 min of release whenever B follows A."""
    for begins in ("early", "loaded"):
        run = twin.simulate(line(Setup(0.0, CHANGES, begins, 900.0), machines=1), parts=60)
        visits = run.visits
        products = visits["product"][visits["station"] == 1][:60]
        changes = int(((products[:-1] == 0) & (products[1:] == 1)).sum())
        assert changes > 5
        window = float(np.asarray(run.window[1])[0])
        states = twin.kpis(run).stations["mill"].states
        for state, seconds in (("release", 900.0), ("setup", 480.0)):
            assert (states[state].value or 0.0) * window == pytest.approx(changes * seconds, rel=1e-9)


def test_the_state_at_a_moment_and_its_power() -> None:
    run = twin.simulate(line(Setup(0.0, CHANGES, "loaded", 900.0), machines=1), parts=40)
    visits = run.visits
    mill = visits["station"] == 1
    first = np.flatnonzero(mill & (visits["setup"] > 0))[0]
    start = float(visits["start"][first])
    at = lambda time: run.state_at(time).stations[1].machines[0].state  # noqa: E731
    assert [at(start + t) for t in (10.0, 470.0, 490.0, 1370.0, 1390.0)] == ["setup"] * 2 + ["release"] * 2 + [
        "processing"
    ]
    worked = visits["finish"][first] - start - 1380.0
    expected = (480 * 3e3 + 900 * 1e3 + worked * 8e3) / 3.6e6
    assert visits["energy"][first] == pytest.approx(expected, rel=1e-9)


def test_releases_beside_setups_of_both_kinds_and_outages() -> None:
    early, loaded = Setup(60.0, {}, "early", 30.0), Setup(90.0, CHANGES, "loaded")
    base = line(early, shifts=SHIFTS)
    last = replace(base.stations[1], name="last", setup=loaded, machines=1, failures=(OUTAGE,))
    mixed = replace(base, stations=(*base.stations, last))
    states = twin.kpis(twin.simulate(mixed, horizon=4 * 3600.0, replications=3)).stations
    assert (states["mill"].states["release"].value or 0) == pytest.approx(
        (states["mill"].states["setup"].value or 0) / 2, rel=0.05
    )
    assert states["last"].states["release"].value == 0
    for station in states.values():
        assert sum(share.value or 0.0 for share in station.states.values()) == pytest.approx(1.0)


def test_campaigns_of_orders_are_released_one_by_one() -> None:
    """Three campaigns A, B, A on one machine: two setups of 20 s, each with 30 s of release."""
    orders = tuple(Order(f"o{k}", kind, 5) for k, kind in enumerate("ABA"))
    campaigns = replace(line(Setup(20.0, {}, "loaded", 30.0), machines=1), source=Source("orders", orders=orders))
    run = twin.simulate(campaigns, parts=15)
    visits = run.visits
    assert visits["setup"][visits["station"] == 1].tolist() == [0.0] * 5 + [50.0] + [0.0] * 4 + [50.0] + [0.0] * 4
    window = float(np.asarray(run.window[1])[0])
    assert (twin.kpis(run).stations["mill"].states["release"].value or 0) * window == pytest.approx(60.0)


def test_derivative_by_the_time_of_release() -> None:
    whole = line(Setup(20.0, {}, "loaded", 30.0), machines=1)

    def time(release: Any) -> Any:
        run = twin.simulate(whole, parts=40, warmup_parts=5, setpoints={"mill.setup.release": release})
        return twin.kpis(run).figures["throughput"].mean  # type: ignore[union-attr]

    central = (time(30.0 + 1e-4) - time(30.0 - 1e-4)) / 2e-4
    assert jax.grad(time)(30.0) == pytest.approx(central, rel=1e-5)


def test_release_stands_in_the_line_file() -> None:
    text = """
        source.mode = "saturated"
        [[product]]
        name = "A"
        share = 0.5
        [[product]]
        name = "B"
        share = 0.5
        [[station]]
        name = "S1"
        process = { model = "timed", time = { distribution = "constant", mean = "42 s" } }
        setup = { "A>B" = "8 min", release = "15 min" }
    """
    assert read_line(text).stations[0].setup == Setup(0.0, {("A", "B"): 480.0}, "early", 900.0)
