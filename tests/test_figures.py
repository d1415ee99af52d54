"""Figures that count all replications together, and how figures are written."""

from __future__ import annotations

import numpy as np
import pytest

import twin
from twin.distribution import Distribution
from twin.figures import Figure
from twin.line import Failure, Line, Process, Station
from twin.statistics import ratio_interval


def exponential(mean: float) -> Distribution:
    return Distribution("exponential", {"mean": mean})


def test_time_between_rare_failures_is_neither_unknown_nor_too_long() -> None:
    """A run has 0.3 failures on average; most have none, and the mean over the others would be far off."""
    mode = Failure("stop", exponential(7200.0), exponential(60.0))
    process = Process(time=Distribution("constant", {"mean": 60.0}))
    line = Line("rare", (Station("S", process, failures=(mode,)),))
    trace = twin.simulate(line, horizon=2160.0, replications=400, record="kpis")
    stop = twin.kpis(trace).stations["S"].failures["stop"]
    assert np.isnan(stop["mtbf"].values).any()
    assert stop["mtbf"].value == pytest.approx(7200.0, rel=0.25)
    low, high = stop["mtbf"].ci95 or (0.0, 0.0)
    assert low < 7200.0 < high
    assert stop["mttr"].value == pytest.approx(60.0, rel=0.25)


def test_ratio_interval_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    whole = rng.poisson(3.0, (3000, 40))
    part = 5.0 * whole + rng.normal(0.0, 2.0, whole.shape)
    pairs = [ratio_interval(a, b) for a, b in zip(part, whole, strict=True)]
    covered = np.mean([pair is not None and pair[0] <= 5.0 <= pair[1] for pair in pairs])
    assert covered == pytest.approx(0.95, abs=0.015)


def test_ratio_interval_of_nothing() -> None:
    assert ratio_interval([1.0], [1.0]) is None
    assert ratio_interval([0.0, 0.0], [0.0, 0.0]) is None


def test_performance_is_that_of_the_pace_station_whatever_was_scrapped_before_it() -> None:
    times = [Process(time=Distribution("constant", {"mean": mean})) for mean in (20.0, 80.0)]
    for scrap in (0.0, 0.3):
        saw = Station("saw", times[0], scrap=scrap)
        lathe = Station("lathe", times[1], buffer=3, planned_time={"": 80.0})
        line = Line("two", (saw, lathe), pace="lathe")
        performance = twin.kpis(twin.simulate(line, horizon=400 * 3600.0)).figures["performance"]
        assert performance is not None
        assert performance.value == pytest.approx(1.0, abs=1e-3)


def test_an_interval_is_written_with_the_digits_that_it_needs() -> None:
    assert repr(Figure(np.array([2755.0, 2757.0, 2756.0]), "1/h")) == "2756.0 1/h, 95 % interval 2753.5 to 2758.5"


def test_times_as_texts_are_refused_with_the_remedy() -> None:
    line = Line("one", (Station("S", Process(time=exponential(1.0))),))
    with pytest.raises(TypeError, match="horizon=28800"):
        twin.simulate(line, horizon="8 h")  # type: ignore[arg-type]
