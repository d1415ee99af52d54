"""Numbers that a log does not show: known truths, derivatives, and what cannot be told."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.stats import binom

import twin
from twin.calibrate.errors import LogError
from twin.distribution import Distribution
from twin.errors import LineError
from twin.eventlog.visits import VisitLog
from twin.learn.hidden import Hidden, HiddenFit, fit_hidden
from twin.learn.identify import enough_from, together
from twin.learn.observed import observed
from twin.learn.passing import passing
from twin.learn.posterior import inside
from twin.learn.replayed import replay_of
from twin.learn.simulated import Simulated
from twin.learn.simulated_log import log_of
from twin.learn.summaries import Summaries, of_log
from twin.learn.unknowns import Unknown, unknowns_of
from twin.line import Failure, Line, Process, Product, Shift, Source, Station

LOGGED = ("saw", "mill", "test")
MEAN = "wash.process.time.mean"


def station(name: str, mean: float, cv: float = 0.4, **more: object) -> Station:
    family = Distribution("lognormal", {"mean": mean, "cv": cv}) if cv else Distribution("constant", {"mean": mean})
    return Station(name, Process(time=family), **more)  # type: ignore[arg-type]


def line(*, mean: float = 30.0, places: int = 2, cv: float = 0.4, test: float = 31.0) -> Line:
    """A line whose washer keeps no log."""
    return Line(
        "washing",
        (
            station("saw", 33.0),
            station("mill", 30.0, buffer=2, transport=6.0),
            station("wash", mean, cv, buffer=places, transport=4.0),
            station("test", test, buffer=2, transport=5.0),
        ),
    )


def log(of: Line, *, seed: int = 0, parts: int = 300, stations: tuple[str, ...] = LOGGED) -> VisitLog:
    return log_of(twin.simulate(of, parts=parts, seed=seed), stations, arrivals=False)


@cache
def mean_fit(seed: int = 1) -> Hidden:
    return fit_hidden(line(), log(line(), seed=seed), {MEAN: (10.0, 60.0)}, replications=100)


def test_times_of_parts_are_those_of_the_trace() -> None:
    mixed = replace(
        line(),
        stations=(*line().stations[:1], replace(line().stations[1], machines=2, scrap=0.1), *line().stations[2:]),
    )
    found, known = passing(mixed, {}, parts=60, replications=2, seed=4)
    table = twin.simulate(mixed, parts=60, replications=2, seed=4).visits
    own = (table["part"] < 60) & ~np.isnan(table["finish"])
    place = tuple(table[name][own] for name in ("part", "station", "replication"))
    assert bool(np.all(known))
    assert int(np.asarray(found.there).sum()) >= int(own.sum())
    for name in ("arrive", "start", "finish"):
        np.testing.assert_array_equal(np.asarray(getattr(found, name))[place], table[name][own])


def test_the_mean_time_of_a_hidden_station_is_found() -> None:
    found = mean_fit()
    low, high = found.intervals[MEAN]
    assert low < 30.0 < high
    assert high - low < 6.0
    assert found.identified[MEAN]
    assert found.kinds[MEAN] == "gradient"
    assert found.misfit < 1.5
    assert np.all((found.draws[MEAN] >= 10.0) & (found.draws[MEAN] <= 60.0))


def test_the_report_has_eighty_columns_and_a_sentence_for_each_number() -> None:
    text = mean_fit().report()
    assert max(map(len, text.splitlines())) <= 80
    assert f"{MEAN}: " in text
    assert "gradient" in text


def simulated(
    unknown: dict[str, tuple[float, float]], of: Line, *, repeat: bool = True
) -> tuple[Simulated, dict[str, object]]:
    seen = observed(of, log(of))
    ready = replay_of(of, seen, unknown=list(unknown), repeat=repeat)
    kept = np.where(np.arange(300) < 30, 0.0, 1.0)
    what = Summaries.of(of, seen)
    made = Simulated(ready.line, what, seen.places, unknown=unknowns_of(of, unknown), keep=kept, replications=8, seed=3)
    return made, ready.numbers(seen)


def test_the_jacobian_equals_central_differences() -> None:
    made, numbers = simulated(
        {MEAN: (10.0, 60.0), "wash.process.time.cv": (0.1, 0.9), "test.transport": (0.0, 20.0)}, line()
    )
    share = np.array([0.43, 0.35, 0.26])
    slopes = made.jacobian(share, [], numbers)
    assert set(made.kinds(numbers).values()) == {"gradient"}
    central = np.stack([made.differences(share, [], numbers, k, 1e-6) for k in range(3)], axis=1)
    np.testing.assert_allclose(slopes, central, rtol=1e-4, atol=1e-4)
    assert np.abs(slopes).max(axis=0).min() > 0.1


def test_without_a_gradient_differences_are_used_and_named() -> None:
    jam = Failure("jam", Distribution("exponential", {"mean": 600.0}), Distribution("constant", {"mean": 90.0}))
    of = line()
    of = replace(of, stations=(*of.stations[:2], replace(of.stations[2], failures=(jam,)), of.stations[3]))
    made, numbers = simulated(
        {"wash.failure.jam.up.mean": (200.0, 3000.0), "wash.failure.jam.down.mean": (20.0, 200.0)}, of
    )
    kinds = made.kinds(numbers)
    assert kinds["wash.failure.jam.up.mean"].startswith("differences: wash.failure.jam.up.mean: the number of events")
    assert kinds["wash.failure.jam.down.mean"] == "gradient"
    way = Summaries.of(of, observed(of, log(of))).names.index("from mill to test, mean")
    assert made.differences(np.array([0.2, 0.4]), [], numbers, 0)[way] < 0  # fewer failures, shorter ways


def test_places_are_found_where_parts_wait_for_them() -> None:
    of = line(places=1, test=34.0)
    found = fit_hidden(of, log(of, seed=2), {"wash.buffer": (0, 6)}, replications=100)
    low, high = found.intervals["wash.buffer"]
    assert low <= 1 <= high
    assert found.identified["wash.buffer"]
    assert found.probability["wash.buffer"].sum() == pytest.approx(1.0)


def test_places_that_are_never_full_could_be_any_number_from_some_on() -> None:
    of = line(mean=12.0, places=6, cv=0.1)
    found = fit_hidden(of, log(of, seed=2), {"wash.buffer": (0, 8)}, replications=40)
    assert "any number from" in found.sentences[0]
    assert "tried up to 8" in found.sentences[0] or "does not tell" in found.sentences[0]
    assert found.intervals["wash.buffer"][1] == 8
    assert not found.identified["wash.buffer"]


def test_a_fast_station_and_the_way_behind_it_are_not_told_apart() -> None:
    of = line(mean=8.0, places=6, cv=0.0)
    of = replace(of, stations=tuple(replace(s, buffer=6) if s.name != "saw" else s for s in of.stations))
    unknown = {MEAN: (1.0, 14.0), "test.transport": (0.0, 14.0)}
    found = fit_hidden(of, log(of, seed=2), unknown, replications=40)
    assert not any(found.identified.values())
    assert "the log does not tell" in found.sentences[0]
    total = found.draws[MEAN] + found.draws["test.transport"]
    assert found.sentences[-1].startswith(f"Together they are known better: {MEAN} + test.transport is ")
    assert np.std(total) < 0.5 * np.std(found.draws[MEAN])
    assert total.mean() == pytest.approx(13.0, abs=1.0)


@pytest.mark.slow
def test_without_repeating_the_log_the_interval_is_wider_and_holds_the_truth() -> None:
    found = fit_hidden(line(), log(line(), seed=1), {MEAN: (10.0, 60.0)}, replications=100, repeat=False)
    low, high = found.intervals[MEAN]
    assert low < 30.0 < high
    least, most = mean_fit().intervals[MEAN]
    assert high - low > most - least


def test_a_line_with_shifts_is_fitted_in_working_time() -> None:
    shift = Shift(tuple(range(7)), 6 * 3600.0, 14 * 3600.0, ((9 * 3600.0, 9.25 * 3600.0),))
    closing = replace(line(), shifts=(shift,))
    seen = observed(closing, log(closing, parts=1200))
    free = observed(line(), log(line(), parts=1200))
    assert np.nanmax(seen.finish) == pytest.approx(float(np.nanmax(free.finish)), rel=0.02)
    assert not replay_of(closing, seen, unknown=[], repeat=True).line.shifts
    coming = replace(closing, source=Source("interval", Distribution("exponential", {"mean": 40.0})))
    with pytest.raises(LogError, match="no column tells when they come"):
        replay_of(coming, seen, unknown=[], repeat=True)


def test_arrivals_and_products_of_the_log_are_repeated() -> None:
    products = (Product("A", 0.5), Product("B", 0.5))
    source = Source("interval", Distribution("exponential", {"mean": 45.0}))
    of = replace(line(), source=source, products=products)
    trace = twin.simulate(of, parts=200, seed=5)
    seen = observed(of, log_of(trace, ["saw", "mill", "wash", "test"]))
    ready = replay_of(of, seen, unknown=[], repeat=True)
    found, known = passing(ready.line, {}, parts=200, replications=1, numbers=ready.numbers(seen))
    assert bool(np.all(known))
    zero = float(found.start[0, 0, 0])
    for name in ("start", "finish"):
        np.testing.assert_allclose(np.asarray(getattr(found, name))[:, :, 0] - zero, getattr(seen, name), atol=1e-6)
    assert seen.product.tolist() == trace.visits["product"][trace.visits["station"] == 0][:200].tolist()


def test_blocks_tell_how_sure_a_mean_of_dependent_times_is() -> None:
    rng = np.random.default_rng(0)
    of, n = line(), 3000
    noise = np.zeros(n)
    for k in range(1, n):
        noise[k] = 0.9 * noise[k - 1] + rng.normal()
    seen = replace(observed(of, log(of)), product=np.zeros(n, int))
    start = np.arange(n)[:, None] * 1000.0 + np.array([0.0, 100.0, 300.0])
    start[:, 1] += noise
    seen = replace(seen, arrive=np.full((n, 3), np.nan), start=start, finish=start + 10.0, arrivals=(False,) * 3)
    what = Summaries.of(of, seen)
    _, covariance = of_log(what, seen, np.ones(n))
    mean = what.names.index("from saw to mill, mean")
    slope = what.scale + 90.0  # a time stands as log(1 + time / scale)
    assert covariance[mean, mean] * slope**2 == pytest.approx(100.0 / n, rel=0.5)  # independent times: 5.3 / n


def test_draws_stay_inside_and_follow_a_singular_precision() -> None:
    axis = np.array([1.0, 1.0]) / np.sqrt(2)
    draws = inside(np.array([0.5, 0.5]), 1e6 * np.outer(axis, axis), 4000, np.random.default_rng(0))
    assert draws.min() >= 0.0
    assert draws.max() <= 1.0
    np.testing.assert_allclose(draws.sum(axis=1), 1.0, atol=0.01)
    np.testing.assert_allclose(np.quantile(draws[:, 0], [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.04)
    far = inside(np.array([1.5]), np.array([[100.0]]), 2000, np.random.default_rng(0))
    assert far.mean() == pytest.approx(0.98, abs=0.01)


def test_directions_and_flat_ends() -> None:
    pair = [Unknown("a.transport", 0.0, 10.0, whole=False), Unknown("b.transport", 0.0, 20.0, whole=False)]
    weights = np.array([10.0, 20.0])  # the sum is known
    (first, told), (second, also) = together(pair, 50.0 * np.outer(weights, weights))
    assert (told, also) == (False, True)
    np.testing.assert_allclose(second[1] / second[0], 1.0)
    assert first[1] / first[0] < 0
    places = Unknown("a.buffer", 2, 6, whole=True)
    assert enough_from(places, np.array([0.04, 0.06, 0.3, 0.3, 0.3])) == 4
    assert enough_from(places, np.array([0.0, 0.0, 0.9, 0.1, 0.0])) is None


@pytest.mark.parametrize(
    ("unknown", "message"),
    [
        ({}, "no number is said to be unknown"),
        ({"wash.speed": (1, 2)}, "'wash.speed': no number of line 'washing' has this path"),
        ({MEAN: (60, 10)}, "the bounds are 60 and 10; they are finite"),
        ({MEAN: 3.0}, "the bounds are 3.0; an unknown number has two"),
        ({"wash.buffer": (0.5, 2)}, "counted in whole numbers"),
        ({"wash.machines": (0, 2)}, "from 1 on"),
        ({"wash.buffer": (0, 99), "mill.buffer": (0, 99)}, "10000 combinations; at most 400"),
        ({"line.pallets": (1, 9)}, "how many pallets go round is not fitted"),
    ],
)
def test_bad_bounds_give_one_sentence(unknown: dict[str, tuple[float, float]], message: str) -> None:
    with pytest.raises(LineError, match=message) as raised:
        HiddenFit(line(), unknown, parts=300)
    assert "\n" not in str(raised.value)


def test_a_log_that_does_not_fit_the_line_gives_one_sentence() -> None:
    whole = log(line())
    with pytest.raises(LogError, match="station 'test' is not on line 'short'"):
        observed(Line("short", line().stations[:3]), whole)
    with pytest.raises(LogError, match="visits at 1 station of line"):
        observed(line(), whole.select(whole.station.where("mill")))
    with pytest.raises(LogError, match="300 parts began at 'saw'; this fit needs at least 900"):
        observed(line(), whole, 900)
    with pytest.raises(LogError, match="50 parts began at 'saw'; this fit needs at least 100"):
        observed(line(), log(line(), parts=50))


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Forty logs: the count lies in the middle 99.8 % of the binomial distribution with 0.9."""
    fit, hits = HiddenFit(line(), {MEAN: (10.0, 60.0)}, parts=250, replications=100), 0
    for seed in range(40):
        low, high = fit(log(line(), seed=100 + seed, parts=250)).intervals[MEAN]
        hits += low <= 30.0 <= high
    assert binom.ppf(0.001, 40, 0.9) <= hits <= binom.ppf(0.999, 40, 0.9)
