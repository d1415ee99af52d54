"""Guarded processes in runs that go on from a state, are differentiated, keep no visits, or have calendars."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from guarded import bench, constant, learned
from plants import POWER

import twin
from scenarios.doubts import doubts
from twin.clock import Clock
from twin.distribution import Distribution
from twin.line import Demand, Failure, Line, Price, Shift, Station, Tariff
from twin.together import _clock
from twin.trace import Trace

HOUR = 3600.0


def figures(trace: Trace) -> dict[str, np.ndarray]:
    found = twin.kpis(trace)
    return {name: figure.values for name, figure in found.items() if figure is not None}


def test_a_run_goes_on_on_first_principles_where_it_was_before() -> None:
    """The errors begin outside only, so that a run that falls back each time is one of first principles throughout."""
    line = bench(patience=54.0)
    line = replace(line, stations=line.stations[:2])
    plain, last, other = twin.first_principles(line), None, None
    repeated = []
    for horizon in (12000.0, 24000.0, 36000.0):
        run: dict[str, Any] = {"horizon": horizon, "replications": 4, "seed": 3}
        ours = twin.simulate(line, state=last and last.state, **run)
        truth = twin.simulate(plain, state=other and other.state, **run)
        for name, total in truth.totals.items():
            np.testing.assert_allclose(ours.totals[name], total, rtol=1e-12, atol=1e-7, err_msg=name)
        for name in ("replication", "part", "station", "machine", "start", "depart"):
            np.testing.assert_array_equal(ours.visits[name], truth.visits[name])
        last, other = ours, truth
        repeated.append(np.asarray(ours.repeated).tolist())
        flags = np.asarray(ours.totals["outside_run"]).any(axis=0)
        assert not (flags & np.asarray(repeated[-2] if len(repeated) > 1 else [False] * 4)).any()
    assert repeated == [[True, True, True, False], [True] * 4, [True] * 4]
    assert last is not None
    assert last.state is not None
    assert [numbers.tolist() for numbers, _ in last.state.repeated] == [[0, 1, 2], [3]]
    assert doubts(last, twin.kpis(last))[0] == "4 of 4 runs are on first principles since an earlier run."


def calendar_line() -> Line:
    """Breaks, calendar stops, tariff, powers, a cell that is guarded."""
    power = {"electricity": {key: value for key, value in POWER.items() if key != "processing"}}
    jam = Failure("jam", Distribution("exponential", {"mean": 1500.0}), constant(200.0).time, clock="calendar")  # type: ignore[arg-type]
    return Line(
        "calendar",
        (
            Station("feed", constant(36.0)),
            Station("hands", learned(patience=100.0, standard=30.0), failures=(jam,), power=power),
            Station("pack", constant(20.0), buffer=2, power={"electricity": POWER}),
        ),
        shifts=(Shift((0, 1, 2, 3, 4), 0.0, 12 * HOUR, ((1 * HOUR, 1.2 * HOUR),)),),
        tariff=Tariff(energy=(Price(0.0, 1e-7), Price(1.5 * HOUR, 3e-7)), demand=Demand(0.1)),
    )


@pytest.mark.parametrize("record", ["kpis", pytest.param("all", marks=pytest.mark.slow)])
def test_all_figures_of_repeated_replications_are_those_of_first_principles(record: str) -> None:
    run: dict[str, Any] = {"horizon": 2 * HOUR, "warmup": 0.5 * HOUR, "replications": 4, "seed": 1, "record": record}
    ours = twin.simulate(calendar_line(), **run)
    truth = twin.simulate(twin.first_principles(calendar_line()), **run)
    which = np.asarray(ours.repeated)
    assert 0 < which.sum() < 4
    told = figures(truth)
    assert {"peak_power", "energy_cost", "demand_charge", "oee"} & set(told) >= {"peak_power", "energy_cost"}
    for name, values in figures(ours).items():
        np.testing.assert_allclose(values[which], told[name][which], rtol=1e-12, err_msg=name)
    for name, station in twin.kpis(truth).stations.items():
        for key, figure in station.items():
            if figure is not None:
                mine = twin.kpis(ours).stations[name][key].values
                np.testing.assert_allclose(mine[which], figure.values[which], rtol=1e-12, atol=1e-12, err_msg=key)
    np.testing.assert_array_equal(np.asarray(ours.clock.begin)[..., which], np.asarray(truth.clock.begin)[..., which])


def test_closed_intervals_of_unlike_number_stand_side_by_side() -> None:
    few = Clock(jnp.ones((2, 1, 1, 3)), jnp.full((2, 1, 1, 3), 5.0), jnp.asarray(jnp.inf))
    many = Clock(jnp.full((4, 1, 1, 1), 2.0), jnp.full((4, 1, 1, 1), 7.0), jnp.asarray(jnp.inf))
    for a, b, last in ((few, many, [np.inf, 2.0, np.inf]), (many, few, [np.inf])):
        found = _clock(a, b, np.asarray([1 if a is few else 0]))
        assert found is not None
        assert found.begin.shape == (4, *a.begin.shape[1:])
        assert found.begin[-1].ravel().tolist() == last
        assert np.isfinite(np.asarray(found.length)).all()
