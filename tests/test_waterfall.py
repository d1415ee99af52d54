"""The loss waterfall: it adds up, and each of its steps is what it is called."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
import pytest
from plants import by_hand, constant, exponential, full_plant_trace, pair_trace, plant_trace, timed
from random_lines import random_line

from twin.figures import Figure
from twin.kpi import kpis
from twin.line import Failure, Line, Machine, Product, Rework, Source, Station
from twin.run import simulate
from twin.waterfall import LOSSES, micro_stops, waterfall

MINUTE = 60.0


def adds_up(trace):
    """Check the sums in minutes and in parts, replication by replication, and the OEE."""
    found, figures = waterfall(trace), kpis(trace)
    assert found is not None
    assert tuple(found.losses) == LOSSES
    for unit in ("minutes", "parts"):
        value = lambda step, unit=unit: np.asarray(getattr(step, unit).values)  # noqa: E731
        rest = value(found.planned_busy) - sum(value(step) for step in found.losses.values())
        np.testing.assert_allclose(rest, value(found.good), rtol=0, atol=1e-9 * max(1, value(found.planned_busy).max()))
    busy, good = (np.asarray(step.minutes.values) for step in (found.planned_busy, found.good))
    if (busy > 0).all():
        np.testing.assert_allclose(good / busy, figures["oee"].values, rtol=1e-12)
    np.testing.assert_allclose(found.good.parts.values, figures["good"].values, rtol=1e-12)
    return found


def by_name(found):
    return {name: (step.minutes.value, step.parts.value) for name, step in found.occurring.items()}


def mean(step):
    return float(step.minutes.mean)


def test_a_shift_by_hand():
    """480 min less a break of 30: 420 made in 370 min where 50 s each, 350 min, were planned; 399 good."""
    modes = (
        Failure("jam", exponential(600.0), constant(MINUTE)),
        Failure("spindle", exponential(9000.0), constant(20 * MINUTE)),
    )
    press = Station("press", timed(constant(50.0)), planned_time={"": 50.0}, failures=modes)
    pack = Station("pack", timed(constant(10.0)))
    seconds = {"press": {"processing": 370 * MINUTE, "setup": 20 * MINUTE, "down": 38 * MINUTE, "blocked": 2 * MINUTE}}
    seconds["press"]["planned_stop"] = 30 * MINUTE
    counts = {"produced": [420, 405], "scrapped": [12, 6], "good": [399], "clean": [399]}
    counts |= {"failures": [[3, 0], [2, 0]], "repairs": [[3 * MINUTE, 0], [41 * MINUTE, 0]]}
    trace = by_hand(Line("l", (press, pack), pace="press"), seconds, window=(0.0, 480 * MINUTE), **counts)
    found = adds_up(trace)
    assert (found.station, found.machines) == ("press", 1)
    assert (found.planned_busy.minutes.value, found.planned_busy.parts.value) == (450, 540)
    expected = {
        "setup": (20, 24),
        "breakdown": (35, 42),
        "micro-stop": (3, 3.6),
        "starved": (20, 24),
        "blocked": (2, 2.4),
        "speed": (20, 24),
        "scrap": (15, 18),
        "in process": (2.5, 3),
    }
    assert by_name(found) == {name: pytest.approx(value, abs=1e-9) for name, value in expected.items()}
    assert (found.good.minutes.value, found.good.parts.value) == pytest.approx((332.5, 399))
    said = found.to_json()
    assert said["steps"]["speed"] == {"minutes": pytest.approx(20), "parts": pytest.approx(24)}
    assert said["steps"]["standby"] == {"minutes": 0, "parts": 0}


def test_products_count_with_their_own_planned_time():
    press = Station("press", timed(constant(50.0)), planned_time={"A": 40.0, "": 100.0})
    line = Line("l", (press,), products=(Product("A"), Product("B")), pace="press")
    counts = {"products": [[6], [4]], "good_products": [6, 3], "produced": [10], "good": [9], "scrapped": [1]}
    found = adds_up(by_hand(line, {"press": {"processing": 800.0}}, window=(0, 1000), **counts))
    seconds = {name: step.minutes.value * 60 for name, step in found.occurring.items() if step.minutes.value}
    # the scrapped part was a B, but scrap is not counted by product: it weighs 64 s, the mean of those made
    assert seconds == pytest.approx({"starved": 200, "speed": 160, "scrap": 64, "in process": 36})
    assert found.planned_busy.parts.value == pytest.approx(1000 / 60)


def test_the_pair():
    """The welder takes 60 s where 54 were planned, and never waits: 50 min of work for 50 parts."""
    found = adds_up(pair_trace())
    assert by_name(found) == {"speed": (pytest.approx(5), pytest.approx(5 / 0.9))}


@pytest.mark.parametrize("make", [plant_trace, pytest.param(full_plant_trace, marks=pytest.mark.slow)])
def test_plants(make):
    found = adds_up(make())
    assert mean(found.losses["scrap"]) > 0
    assert mean(found.losses["micro-stop"]) > 0
    if make is plant_trace:  # which has no longer stops
        assert mean(found.losses["breakdown"]) == 0


SETS = [
    {"machines", "buffers", "transport", "scrap", "rework", "operating", "maintenance", "shifts"},
    {"machines", "buffers", "setup", "products", "scrap", "standby", "planned", "interval"},
    {"buffers", "calendar", "scrapping", "shifts", "conveyor", "orders"},
    {"machines", "pallets", "differ", "recorded", "operating"},
]


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(k, marks=pytest.mark.slow) for k in range(3, 12))])
def test_random_lines(seed):
    """Any feature, any station as the pace station; by time from some moment on, and by parts."""
    line = random_line(seed, SETS[seed % len(SETS)])
    rng = np.random.default_rng(seed)
    times = {product.name: float(rng.uniform(0.5, 3)) for product in line.products}
    pace = line.stations[int(rng.integers(len(line.stations)))]
    planned = {"": float(rng.uniform(0.5, 3))} if rng.random() < 0.5 else times
    stations = tuple(replace(s, planned_time=planned) if s is pace else s for s in line.stations)
    line = replace(line, stations=stations, pace=pace.name)
    adds_up(simulate(line, horizon=60.0, warmup=7.0, replications=3, seed=seed, record="kpis"))
    if seed % 4 == 3:
        adds_up(simulate(line, parts=12, warmup_parts=3, replications=2, seed=seed, record="kpis"))


def test_micro_stops_have_a_short_mean_repair():
    jam, crash = (Failure(n, exponential(1.0), exponential(t)) for n, t in (("jam", 299.0), ("crash", 300.0)))
    press = Station("press", timed(constant(1.0)), machines=2, failures=(jam, crash))
    assert micro_stops(press) == {"jam"}
    slow = replace(jam, down=exponential(400.0))
    assert micro_stops(replace(press, overrides=(Machine(failures=(slow, crash)), Machine()))) == frozenset()


def test_nothing_made_is_all_lost():
    press = Station("press", timed(constant(5000.0)), planned_time={"": 50.0}, rework=Rework(0.0))
    found = adds_up(simulate(Line("l", (press,), pace="press"), horizon=600.0))
    assert by_name(found) == {"speed": (10, 12)}
    assert found.good.parts.value == 0


def test_is_none_without_a_pace_station_or_its_planned_time():
    press = Station("press", timed(constant(50.0)))
    assert waterfall(by_hand(Line("l", (press,)), {}, window=(0, 10))) is None
    assert waterfall(by_hand(Line("l", (press,), pace="press"), {}, window=(0, 10))) is None


def test_is_refused_inside_of_jit():
    press = Station("press", timed(constant(50.0)), planned_time={"": 50.0})
    line = Line("l", (press,), source=Source(), pace="press")

    def lost(mean):
        found = waterfall(simulate(line, parts=3, setpoints={"press.process.time.mean": mean}))
        assert found is not None
        return found.planned_busy.minutes.mean

    with pytest.raises(ValueError, match="outside of jit"):
        jax.jit(lost)(50.0)


def test_figures_have_intervals():
    step = waterfall(plant_trace()).planned_busy  # type: ignore[union-attr]
    assert isinstance(step.minutes, Figure)
    assert step.minutes.unit == "min"
