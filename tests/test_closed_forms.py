"""The loop against closed forms and exact Markov chains (exponential times, mean 1, blocking after service)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import twin
from twin.distribution import Distribution
from twin.line import Failure, Line, Process, Station
from twin.run import advance
from twin.support import MATRIX, page


def exponential(mean: float = 1.0) -> Process:
    return Process(time=Distribution("exponential", {"mean": mean}))


def throughput(stations: tuple[Station, ...], parts: int, replications: int) -> tuple[float, float]:
    """Good parts per second and half of its 95 % interval."""
    run = twin.simulate(
        Line("closed form", stations), parts=parts, warmup_parts=parts // 10, replications=replications, record="kpis"
    )
    figure = twin.kpis(run)["throughput"]
    assert figure is not None
    assert figure.ci95 is not None
    return figure.mean / 3600, (figure.ci95[1] - figure.ci95[0]) / 7200


def balanced(count: int, places: int) -> tuple[Station, ...]:
    return tuple(Station(f"S{k}", exponential(), buffer=places if k else 0) for k in range(count))


@pytest.mark.parametrize(
    ("count", "places", "exact"),
    [
        (2, 0, 2 / 3),
        (2, 3, 5 / 6),
        (3, 0, 0.56410),
        (4, 0, 0.51478),
        (5, 0, 0.48580),
        (3, 4, 0.80749),
        (5, 3, 0.72995),
        (5, 4, 0.76593),
        (6, 1, 0.59183),
    ],
)
def test_balanced_lines(count: int, places: int, exact: float) -> None:
    """Markov chains; two stations with B places: (B + 2) / (B + 3)."""
    mean, half = throughput(balanced(count, places), 6000, 64)
    assert half < 0.004
    assert abs(mean - exact) < 1.6 * half


@pytest.mark.parametrize(
    ("machines", "places", "exact"),
    [
        ((1, 2, 1), (0, 0), 0.61513),
        ((2, 1, 2), (1, 1), 0.706387),
        ((2, 2, 2), (2, 2), 0.776057),
        ((1, 3, 1), (2, 2), 0.770080),
    ],
)
def test_parallel_machines(machines: tuple[int, ...], places: tuple[int, ...], exact: float) -> None:
    """Total capacity 1 per station: a station of c machines has mean c."""
    stations = tuple(
        Station(f"S{k}", exponential(float(c)), machines=c, buffer=b)
        for k, (c, b) in enumerate(zip(machines, (0, *places), strict=True))
    )
    mean, half = throughput(stations, 6000, 64)
    assert abs(mean - exact) < 1.6 * half


def unreliable(clock: str, interrupted: str = "kept") -> tuple[Station, ...]:
    up, down = (Distribution("exponential", {"mean": mean}) for mean in (100.0, 10.0))
    mode = Failure("stop", up, down, clock, interrupted)
    constant = Process(time=Distribution("constant", {"mean": 1.0}))
    return tuple(Station(f"S{k}", constant, buffer=10 if k else 0, failures=(mode,)) for k in range(10))


def test_ten_unreliable_stations_on_the_operating_clock() -> None:
    """0.728 +- 0.002 by event simulation."""
    mean, half = throughput(unreliable("operating"), 20000, 32)
    assert abs(mean - 0.728) < 0.002 + half


@pytest.mark.slow
def test_ten_unreliable_stations_on_the_calendar_clock() -> None:
    """0.708 +- 0.006 by event simulation."""
    mean, half = throughput(unreliable("calendar"), 10000, 16)
    assert abs(mean - 0.708) < 0.006 + half


@pytest.mark.parametrize(
    ("p1", "r1", "p2", "r2", "storage", "exact"),
    [(0.01, 0.1, 0.01, 0.1, 4, 0.84094), (0.01, 0.1, 0.01, 0.1, 20, 0.87054), (0.01, 0.1, 0.02, 0.1, 10, 0.79613)],
)
def test_two_unreliable_machines(p1: float, r1: float, p2: float, r2: float, storage: int, exact: float) -> None:
    """Buzacott and Gershwin's chain with N = B + 2; exponential instead of geometric times cost up to 0.0016."""
    stations = tuple(
        Station(
            name,
            Process(time=Distribution("constant", {"mean": 1.0})),
            buffer=places,
            failures=(
                Failure(
                    "f", Distribution("exponential", {"mean": 1 / p}), Distribution("exponential", {"mean": 1 / r})
                ),
            ),
        )
        for name, p, r, places in (("A", p1, r1, 0), ("B", p2, r2, storage - 2))
    )
    mean, half = throughput(stations, 20000, 32)
    assert abs(mean - exact) < 0.0016 + half


def test_new_machines_fail_less_in_the_first_shift() -> None:
    """Weibull up time of shape 3, scale 9 h, in 7.5 h of operation: 0.453 failures when new, 0.933 in the long run."""
    counts = {}
    for ages in ("new", "stationary"):
        up, down = Distribution("weibull", {"shape": 3.0, "scale": 32400.0}), Distribution("constant", {"mean": 1e-6})
        mode = Failure("f", up, down, ages=ages)
        station = Station("A", Process(time=Distribution("constant", {"mean": 100.0})), failures=(mode,))
        run = twin.simulate(Line("ages", (station,)), parts=270, replications=2000, record="kpis")
        counts[ages] = float(np.mean(run.totals["failures"]))
    assert counts["new"] == pytest.approx(0.453, abs=0.03)
    assert counts["stationary"] == pytest.approx(0.933, abs=0.05)


def test_the_page_of_the_support_matrix_is_up_to_date() -> None:
    assert (Path(__file__).parent.parent / "docs" / "support.md").read_text() == page()
    assert len(MATRIX) > 20


def test_a_run_goes_on_from_its_last_state() -> None:
    line = Line("halves", balanced(3, 2))
    whole = twin.simulate(line, horizon=600.0, replications=3, record="kpis")
    first = twin.simulate(line, horizon=250.0, replications=3, record="kpis")
    second = twin.simulate(line, horizon=600.0, replications=3, record="kpis", state=first.state)
    np.testing.assert_array_equal(first.totals["good"] + second.totals["good"], whole.totals["good"])
    np.testing.assert_allclose(first.totals["states"] + second.totals["states"], whole.totals["states"], atol=1e-6)


def test_draws_do_not_depend_on_replications_stations_or_length() -> None:
    line = Line("more", balanced(2, 2))
    few = twin.simulate(line, parts=50, replications=2, seed=5)
    many = twin.simulate(Line("more", balanced(3, 2)), parts=80, replications=7, seed=5)
    first = lambda run: run.blocks[0]["work"][:30, 0, :2]  # noqa: E731
    np.testing.assert_array_equal(first(few), first(many))


def test_one_compilation_serves_all_numbers_of_a_shape() -> None:
    make = lambda mean: Line("shape", (Station("A", exponential(mean)), Station("B", exponential(mean), buffer=1)))  # noqa: E731
    twin.simulate(make(1.0), parts=20, replications=2, record="kpis")
    compiled: Any = advance
    before = compiled._cache_size()
    twin.simulate(make(1.7), parts=20, replications=2, seed=9, record="kpis")
    assert compiled._cache_size() == before
