"""Derivatives equal central differences on random numbers that stay the same, or refuse by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest

import twin
from twin.distribution import Distribution
from twin.line import (
    Failure,
    Line,
    Maintenance,
    Price,
    Process,
    Product,
    Setpoint,
    Setup,
    Shift,
    Standby,
    Station,
    Tariff,
)

KPIS = ("throughput", "lead_time", "energy_per_good_part", "cost", "wip")
POWER = {"electricity": {"processing": 8000.0, "starved": 2000.0, "blocked": 2500.0}}


def smooth_line(seed: int) -> Line:
    """A line with continuous times, so that ties have probability zero."""
    rng = np.random.default_rng(seed)
    families = (
        lambda m: Distribution("exponential", {"mean": m}),
        lambda m: Distribution("lognormal", {"mean": m, "cv": 0.4}),
        lambda m: Distribution("gamma", {"mean": m, "cv": 0.6}),
        lambda m: Distribution("weibull", {"shape": 1.5, "scale": m}),
        lambda m: Distribution("uniform", {"low": 0.5 * m, "high": 1.5 * m}),
        lambda m: Distribution("triangular", {"low": 0.5 * m, "mode": m, "high": 2 * m}),
        lambda m: Distribution("normal", {"mean": m, "sd": 0.5 * m}),
    )
    stations = tuple(
        Station(
            f"S{k}",
            Process(time=families[int(rng.integers(len(families)))](float(rng.uniform(0.8, 1.4)))),
            machines=int(rng.integers(1, 3)),
            buffer=int(rng.integers(0, 4)) if k else 0,
            transport=float(rng.uniform(0, 1)) if k else 0.0,
            scrap=0.05 if seed % 3 == 0 and k == 1 else 0.0,
            power=POWER,
        )
        for k in range(int(rng.integers(2, 5)))
    )
    first = stations[0].process
    speed = {"speed": Setpoint(2.0, "m/s")}
    stations = (replace(stations[0], process=replace(first, rate_setpoint="speed"), setpoints=speed), *stations[1:])
    prices = (Price(0.0, 2e-8), Price(40.0, 7e-8)) if seed % 2 else (Price(0.0, 5e-8),)
    return Line(f"smooth {seed}", stations, tariff=Tariff(energy=prices), base_load={"electricity": 5000.0})


def value(line: Line, kpi: str, setpoints: dict[str, Any]) -> Any:
    run = twin.simulate(line, parts=120, warmup_parts=20, replications=2, seed=3, setpoints=setpoints, record="kpis")
    return twin.kpis(run)[kpi].mean


def worst_error(seed: int) -> float:
    """Largest relative difference between derivative and central difference over all KPIs and setpoints of a line."""
    line = smooth_line(seed)
    at = line.setpoints
    run = jax.jit(lambda p: {k: value(line, k, p) for k in KPIS})
    slopes = jax.jit(jax.jacrev(lambda p: {k: value(line, k, p) for k in KPIS}))(at)
    worst = 0.0
    for path, x in at.items():
        h = 1e-6 * x
        up, down = run(at | {path: x + h}), run(at | {path: x - h})
        for kpi in KPIS:
            central = (up[kpi] - down[kpi]) / (2 * h)
            scale = max(abs(float(central)), 1e-3 * abs(float(up[kpi])) / x)
            worst = max(worst, abs(float(slopes[kpi][path]) - float(central)) / scale)
    return worst


@pytest.mark.parametrize("seed", range(4))
def test_derivatives_equal_central_differences(seed: int) -> None:
    assert worst_error(seed) < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 130))
def test_derivatives_equal_central_differences_on_many_lines(seed: int) -> None:
    assert worst_error(seed) < 1e-6


def test_jit_vmap_and_grad_agree_with_the_loop() -> None:
    line = smooth_line(1)
    slope = jax.grad(lambda x: value(line, "throughput", {"S1.transport": x}))
    points = np.asarray([0.2, 0.4, 0.9])
    together = jax.vmap(slope)(points)
    np.testing.assert_allclose(together, [slope(x) for x in points], rtol=1e-9)
    traced = jax.jit(lambda x: value(line, "throughput", {"S1.transport": x}))(0.4)
    np.testing.assert_allclose(traced, value(line, "throughput", {"S1.transport": 0.4}), rtol=1e-12)


def test_a_tie_shares_the_derivative() -> None:
    """Two machines in a row with equal constant times: each finish ties with the place that comes free."""
    constant = Process(time=Distribution("constant", {"mean": 2.0}))
    line = Line("tie", (Station("A", constant), Station("B", constant)))
    slopes = jax.grad(lambda p: -3600.0 / value(line, "throughput", p))(line.setpoints)
    assert sum(float(v) for v in slopes.values()) == pytest.approx(-1.0)


EXPONENTIAL = Distribution("exponential", {"mean": 1.0})
MODE = Failure("jam", Distribution("exponential", {"mean": 50.0}), Distribution("exponential", {"mean": 5.0}))
PLAIN = (Station("A", Process(time=EXPONENTIAL)), Station("B", Process(time=EXPONENTIAL), buffer=2))
NEEDS = {"failures": (MODE,)}

REFUSED = (
    ("B.buffer", {}, {}, "B.buffer"),
    ("B.scrap", {"scrap": 0.1}, {}, "B.scrap"),
    ("B.failure.jam.up.mean", NEEDS, {}, "B.failure.jam.up.mean"),
    ("B.process.time.mean", NEEDS, {}, "operating time"),
    ("A.process.time.mean", {"failures": (replace(MODE, clock="calendar"),)}, {}, "calendar"),
    ("B.process.time.mean", {"maintenance": (Maintenance("m", 30.0, 5.0),)}, {}, "maintenance"),
    ("A.process.time.mean", {"standby": (Standby(1.0, 0.5),)}, {}, "sleeps"),
    ("A.process.time.mean", {}, {"shifts": (Shift(tuple(range(7)), 0.0, 80000.0),)}, "breaks"),
    ("B.speed", {"setpoints": {"speed": Setpoint(1.0)}}, {}, "acts on nothing"),
    (
        "A.process.time.mean",
        {"machines": 2, "setup": Setup(1.0)},
        {"products": (Product("A", 0.5), Product("B", 0.5))},
        "overtake",
    ),
)


@pytest.mark.parametrize(("path", "station", "line", "fragment"), REFUSED)
def test_what_fixed_random_numbers_cannot_show_is_refused(path: str, station: Any, line: Any, fragment: str) -> None:
    described = Line("refused", (PLAIN[0], replace(PLAIN[1], **station)), **line)
    with pytest.raises(twin.GradientError, match=fragment):
        jax.grad(lambda x: value(described, "throughput", {path: x}))(1.0)


def test_a_run_by_time_refuses_and_names_parts() -> None:
    line = Line("time", PLAIN)
    with pytest.raises(twin.GradientError, match="parts="):
        jax.grad(
            lambda x: twin.kpis(twin.simulate(line, horizon=50.0, setpoints={"A.process.time.mean": x}))["wip"].mean
        )(1.0)


def test_repair_times_have_a_derivative() -> None:
    line = Line("repair", (PLAIN[0], replace(PLAIN[1], **NEEDS)))
    path = "B.failure.jam.down.mean"
    slope = jax.grad(lambda x: value(line, "throughput", {path: x}))(5.0)
    central = (value(line, "throughput", {path: 5.0 + 1e-5}) - value(line, "throughput", {path: 5.0 - 1e-5})) / 2e-5
    assert float(slope) == pytest.approx(float(central), rel=1e-6)
    assert float(slope) < 0


def test_a_difference_on_common_random_numbers_is_narrow() -> None:
    line = Line("repair", (PLAIN[0], replace(PLAIN[1], **NEEDS)))
    effect = twin.difference(
        line, "throughput", "B.failure.jam.up.mean", 50.0, 60.0, parts=400, warmup_parts=50, replications=16
    )
    assert effect.ci95 is not None
    assert effect.ci95[0] > 0
