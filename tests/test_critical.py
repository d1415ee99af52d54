"""The critical path is the derivative of the length of a run, and one unbroken chain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from plants import constant, exponential, timed
from random_lines import FEATURES, random_line
from test_gradients import smooth_line

import twin
from twin.critical import SPENT
from twin.line import Failure, Line, Shift, Source, Station
from twin.links import Visits, waited_for

LENGTHS = ("mean", "low", "high", "mode", "sd", "scale")
"""Numbers of a distribution that are times."""


def lengths(line: Line, values: dict[str, Any], **run: Any) -> Any:
    window = twin.simulate(line, setpoints=values, record="kpis", **run).window
    return jnp.asarray(window[1]) - jnp.asarray(window[0])


@pytest.mark.parametrize("seed", range(3))
def test_the_path_is_the_derivative_by_every_time(seed: int) -> None:
    line = smooth_line(seed)
    run: dict[str, Any] = {"parts": 60, "warmup_parts": 15, "replications": 2, "seed": 3}
    values = {f"{s.name}.transport": s.transport for s in line.stations}
    for s in line.stations:
        assert s.process.time
        values |= {f"{s.name}.process.time.{k}": v for k, v in s.process.time.numbers.items() if k in LENGTHS}
    slopes = jax.jacrev(lambda v: lengths(line, v, **run))(values)
    path = twin.critical_path(twin.simulate(line, **run))
    for m, s in enumerate(line.stations):
        own = sum(slopes[name] * values[name] for name in values if name.startswith(f"{s.name}.process"))
        np.testing.assert_allclose(path.seconds["processing"][m], own, rtol=1e-9, atol=1e-9)
        moved = slopes[f"{s.name}.transport"] * s.transport
        np.testing.assert_allclose(path.seconds["transport"][m], moved, rtol=1e-9, atol=1e-9)
    assert path.bottleneck in {s.name for s in line.stations}


def test_with_failures_the_path_is_the_derivative_by_transport_and_repair() -> None:
    line = smooth_line(3)  # with scrap
    failure = Failure("f", up=exponential(20.0), down=exponential(3.0))
    line = replace(line, stations=tuple(replace(s, failures=(failure,)) for s in line.stations))
    run: dict[str, Any] = {"parts": 60, "warmup_parts": 15, "replications": 2, "seed": 3}
    values = {f"{s.name}.transport": s.transport for s in line.stations}
    values |= {f"{s.name}.failure.f.down.mean": 3.0 for s in line.stations}
    slopes = jax.jacrev(lambda v: lengths(line, v, **run))(values)
    path = twin.critical_path(twin.simulate(line, **run))
    for m, s in enumerate(line.stations):
        for what, name in (("transport", f"{s.name}.transport"), ("down", f"{s.name}.failure.f.down.mean")):
            expected = slopes[name] * values[name]
            np.testing.assert_allclose(path.seconds[what][m], expected, rtol=1e-9, atol=1e-9)
    assert path.seconds["down"].sum() > 0


def test_a_slow_station_is_the_whole_path() -> None:
    line = Line("two", (Station("fast", timed(constant(1.0))), Station("slow", timed(constant(3.0)), buffer=2)))
    path = twin.critical_path(twin.simulate(line, parts=50, warmup_parts=10))
    assert path.bottleneck == "slow"
    assert path.shares["slow"].value == pytest.approx(1.0)
    assert path.shares["fast"].value == 0.0
    assert path.elasticity["slow"].value == pytest.approx(-1.0)
    assert path.length.tolist() == [120.0]


def test_a_line_with_too_few_parts_waits_for_the_source() -> None:
    line = Line("calm", (Station("S", timed(constant(1.0))),), Source("interval", time=constant(5.0)))
    path = twin.critical_path(twin.simulate(line, parts=50, warmup_parts=10))
    assert path.bottleneck == "source"
    assert path.shares["source"].value == pytest.approx(1.0)


def test_breaks_are_left_out_of_the_shares() -> None:
    shift = Shift(tuple(range(7)), 0.0, 0.0, ((3600.0, 5400.0),))
    line = Line("pause", (Station("S", timed(constant(100.0))),), shifts=(shift,))
    path = twin.critical_path(twin.simulate(line, horizon=8000.0))
    assert path.seconds["planned_stop"].tolist() == [[1800.0]]
    assert path.seconds["processing"].tolist() == [[6200.0 - 6200.0 % 100]]
    assert path.shares["S"].value == 1.0


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(k, marks=pytest.mark.slow) for k in range(6, 120))])
def test_the_path_is_one_chain_on_lines_with_everything(seed: int) -> None:
    rng = np.random.default_rng(seed)
    features = {str(f) for f in rng.choice(FEATURES, size=rng.integers(2, 10), replace=False)}
    trace = twin.simulate(random_line(seed, features), horizon=200.0, replications=2, seed=seed)
    visits = Visits.of(trace)
    before = waited_for(visits)
    moments = np.arange(len(before))
    linked = before >= 0
    assert (visits.time(moments[linked]) >= visits.time(before[linked])).all()
    leaving = linked & (moments % 3 == 2)
    np.testing.assert_array_equal(visits.time(moments[leaving]), visits.time(before[leaving]))
    path = twin.critical_path(trace)
    assert set(path.seconds) == set(SPENT)
    np.testing.assert_allclose(np.sum(list(path.seconds.values()), axis=(0, 1)), path.length, atol=1e-9)
    assert min(seconds.min() for seconds in path.seconds.values()) >= -1e-9


def test_a_run_without_visits_says_what_to_do() -> None:
    line = Line("one", (Station("S", timed(constant(1.0))),))
    with pytest.raises(ValueError, match="record='all'"):
        twin.critical_path(twin.simulate(line, parts=5, record="kpis"))
