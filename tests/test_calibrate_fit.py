"""Likelihoods against quadrature, simulation and closed forms; the choice of families; the recorder."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from twin.calibrate.choose import choose, goodness
from twin.calibrate.daily import day_spread, speed_spread
from twin.calibrate.families import SINGLE, Mixture, parse
from twin.calibrate.fit import fit, log_contributions
from twin.calibrate.recorder import find_step, find_threshold
from twin.calibrate.sample import CENSORED, COMPLETE, RESIDUAL, RESIDUAL_CENSORED, Sample, down_times, up_times
from twin.calibrate.stoplog import StopLog
from twin.calibrate.windows import Window
from twin.distribution import FAMILIES

THETA = {
    "exponential": np.log([120.0]),
    "weibull": np.log([120.0, 1.7]),
    "gamma": np.log([80.0, 2.2]),
    "lognormal": np.array([math.log(120.0), math.log(0.7)]),
}
SCIPY: dict[str, Any] = {
    "exponential": stats.expon(scale=120.0),
    "weibull": stats.weibull_min(1.7, scale=120.0),
    "gamma": stats.gamma(2.2, scale=80.0),
    "lognormal": stats.lognorm(0.7, scale=120.0),
}
BOTH = parse("exponential + lognormal")
BOTH_THETA = np.array([math.log(60.0), math.log(900.0), math.log(0.5), 1.3])


def sample_of(
    values: object, *, step: float = 0.0, least: float = 0.0, kind: int = COMPLETE, at: object = None
) -> Sample:
    value = np.atleast_1d(np.asarray(values, float))
    moments = np.zeros(len(value)) if at is None else np.asarray(at, float)
    return Sample(value, np.full(len(value), kind), moments, step, least)


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.parametrize("k", [0, 1, 2])
@pytest.mark.parametrize("x", [0.0, 30.0, 400.0])
def test_tail_moments_are_integrals_of_the_density(name: str, k: int, x: float) -> None:
    family, law = SINGLE[name], SCIPY[name]
    expected = integrate.quad(lambda t: t**k * law.pdf(t), x, np.inf, limit=200)[0]
    assert family.tail(THETA[name], k, np.array([x]))[0] == pytest.approx(expected, rel=1e-6)
    if x > 0:
        assert family.log_density(THETA[name], np.array([x]))[0] == pytest.approx(law.logpdf(x), rel=1e-9)


@pytest.mark.parametrize("name", SINGLE)
def test_the_numbers_of_a_line_file_mean_the_same_family(name: str) -> None:
    family, law = SINGLE[name], SCIPY[name]
    named = family.distribution(THETA[name]).numbers
    assert set(named) == set(FAMILIES[name])
    if "mean" in named:
        assert named["mean"] == pytest.approx(law.mean())
    if "cv" in named:
        assert named["cv"] == pytest.approx(law.std() / law.mean())
    drawn = family.draw(THETA[name], np.random.default_rng(0), 20000)
    assert stats.kstest(drawn, law.cdf).pvalue > 0.001


@given(st.floats(0.01, 0.99), st.floats(1.0, 500.0), st.floats(0.2, 3.0))
def test_a_mixture_scales_and_adds_up(weight: float, mean: float, factor: float) -> None:
    family = parse("exponential + gamma")
    theta = np.array([math.log(mean), math.log(300.0), 0.4, math.log(weight / (1 - weight))])
    x = np.array([0.0, 50.0])
    assert family.tail(theta, 0, x)[0] == pytest.approx(1.0)
    moved = family.tail(family.scaled(theta, factor), 1, x * factor)
    np.testing.assert_allclose(moved, factor * family.tail(theta, 1, x), rtol=1e-9)


def test_a_clock_with_a_step_shows_a_time_with_the_triangles_probability() -> None:
    h, least = 15.0, 60.0
    shown = np.arange(60.0, 40000.0, h)
    logs = log_contributions(BOTH, BOTH_THETA, sample_of(shown, step=h, least=least))
    assert np.exp(logs).sum() == pytest.approx(1.0, abs=1e-6)
    rng = np.random.default_rng(1)
    drawn = BOTH.draw(BOTH_THETA, rng, 400_000)
    seen = np.floor(drawn / h + rng.random(len(drawn))) * h
    seen = seen[seen >= least]
    for place in range(6):
        share = np.mean(seen == shown[place])
        assert math.exp(logs[place]) == pytest.approx(share, abs=5 * math.sqrt(share / len(seen)))


def test_cut_off_and_residual_times_have_the_likelihood_of_a_stationary_renewal_process() -> None:
    x = np.array([20.0, 200.0, 1500.0])
    mean = BOTH.tail(BOTH_THETA, 1, np.zeros(1))[0]
    survival = BOTH.tail(BOTH_THETA, 0, x)
    beyond = [integrate.quad(lambda t: BOTH.tail(BOTH_THETA, 0, np.array([t]))[0], a, 2e4, limit=300)[0] for a in x]
    for kind, expected in (
        (CENSORED, survival),
        (RESIDUAL, survival / mean),
        (RESIDUAL_CENSORED, np.array(beyond) / mean),
    ):
        logs = log_contributions(BOTH, BOTH_THETA, sample_of(x, kind=kind))
        np.testing.assert_allclose(np.exp(logs), expected, rtol=1e-4)


def test_an_exponential_with_censoring_has_its_closed_form() -> None:
    full, cut_off = np.array([10.0, 20.0, 60.0]), np.array([100.0, 50.0])
    both = Sample(
        np.concatenate([full, cut_off]), np.array([COMPLETE] * 3 + [CENSORED, RESIDUAL_CENSORED]), np.zeros(5)
    )
    found = fit(both, parse("exponential"))
    assert found.mean == pytest.approx(240.0 / 3, rel=1e-4)
    assert (found.complete, found.cut_off) == (3, 2)


def test_a_left_truncated_exponential_loses_its_memory() -> None:
    values = 60.0 + np.random.default_rng(0).exponential(100.0, 500)
    found = fit(sample_of(values, least=60.0), parse("exponential"))
    assert found.mean == pytest.approx(values.mean() - 60.0, rel=1e-4)
    assert found.recorded == pytest.approx(math.exp(-60.0 / found.mean))
    assert found.recorded_mean == pytest.approx(values.mean(), rel=1e-4)


def test_weights_count_like_repeated_times() -> None:
    values = np.random.default_rng(2).gamma(2.0, 50.0, 60)
    weight = np.random.default_rng(3).integers(0, 4, 60).astype(float)
    once = fit(sample_of(np.repeat(values, weight.astype(int))), parse("gamma"))
    weighted = fit(sample_of(values), parse("gamma"), weight=weight)
    np.testing.assert_allclose(weighted.theta, once.theta, atol=1e-4)


def test_a_fit_needs_a_complete_time() -> None:
    with pytest.raises(ValueError, match="at least one complete time"):
        fit(sample_of([5.0], kind=CENSORED), parse("exponential"))
    with pytest.raises(ValueError, match="'normal' is not a family"):
        parse("normal")


def recorded(family: Mixture, theta: np.ndarray, n: int, seed: int) -> Sample:
    rng = np.random.default_rng(seed)
    values = family.draw(theta, rng, 4 * n)
    values = np.floor(values / 15.0 + rng.random(len(values))) * 15.0
    return sample_of(values[values >= 60.0][:n], step=15.0, least=60.0)


@pytest.mark.parametrize("name", ["weibull", "gamma", "lognormal"])
def test_the_family_that_made_the_times_is_chosen(name: str) -> None:
    theta = {"weibull": [math.log(400.0), math.log(3.0)], "gamma": [math.log(60.0), math.log(6.0)]}
    numbers = np.array(theta.get(name, [math.log(300.0), math.log(0.6)]))
    sample = recorded(parse(name), numbers, 3000, seed=6)
    best = choose(sample, ("exponential", "weibull", "gamma", "lognormal"))[0]
    assert best.fit.family.name == name
    np.testing.assert_allclose(best.fit.theta, numbers, atol=0.12)
    assert goodness(sample, best.fit, np.random.default_rng(0), draws=39).chance > 0.026


def test_micro_stops_and_breakdowns_need_a_mixture_and_no_single_family_fits() -> None:
    kind = parse("exponential + exponential")
    sample = recorded(kind, np.array([math.log(60.0), math.log(1800.0), 2.5]), 1200, seed=5)
    tried = choose(sample, ("exponential", "weibull", "gamma", "lognormal", "exponential + exponential"))
    assert tried[0].fit.family == kind
    assert tried[0].fit.bic < min(choice.fit.bic for choice in tried[1:]) - 10
    assert any("would be recorded" in choice.verdict for choice in tried)
    single = next(choice.fit for choice in tried if choice.fit.family.name == "exponential")
    rng = np.random.default_rng(0)
    assert goodness(sample, single, rng, draws=19).chance == pytest.approx(0.05)
    assert goodness(sample, tried[0].fit, rng, draws=19).chance > 0.06


def test_few_times_get_few_numbers() -> None:
    values = np.random.default_rng(1).exponential(100.0, 60)
    families = ("exponential", "lognormal", "exponential + exponential")
    assert [len(choose(sample_of(values[:n]), families)) for n in (5, 20, 60)] == [1, 2, 3]


def test_the_step_and_the_threshold_of_a_recorder_are_found() -> None:
    rng = np.random.default_rng(0)
    true = rng.lognormal(math.log(90.0), 0.9, 3000)
    polled = np.floor(true / 15.0 + rng.random(3000)) * 15.0
    polled = polled[polled >= 60.0] + rng.normal(0, 0.02, (polled >= 60.0).sum())
    assert find_step(polled) == 15.0
    assert find_threshold(polled, 15.0) == 60.0
    raised = np.concatenate([polled, [30.0, 30.0, 45.0]])
    assert find_threshold(raised, 15.0) == 60.0
    assert find_step(true) == 0.0
    assert find_threshold(true, 0.0) == 0.0
    assert find_threshold(true[true > 70.0], 0.0) == pytest.approx(70.0, rel=0.01)
    smooth = np.round(rng.lognormal(math.log(900.0), 0.5, 3000) / 60.0) * 60.0
    assert (find_step(smooth), find_threshold(smooth, 60.0)) == (60.0, 0.0)


def log_of(*stops: tuple[float, float]) -> StopLog:
    begin, end = np.array(stops, float).T
    return StopLog("log", begin, end, ("",) * len(begin), np.arange(2, len(begin) + 2))


def test_up_times_are_operating_times_between_stops_of_one_window() -> None:
    log = log_of((100, 130), (200, 230), (1000, 1100), (1500, 1600))
    windows = [Window(0, 300), Window(1000, 2000)]
    everything = up_times(windows, log, np.ones(4, bool), step=0.0)
    assert everything.value.tolist() == [100, 70, 70, 400, 400]
    assert everything.kind.tolist() == [RESIDUAL, COMPLETE, CENSORED, COMPLETE, CENSORED]
    rare = up_times(windows, log, np.array([False, True, False, True]), step=0.0)
    assert rare.value.tolist() == [170, 70, 400, 400]
    assert rare.kind.tolist() == [RESIDUAL, CENSORED, RESIDUAL, CENSORED]
    none = up_times(windows[:1], log, np.zeros(4, bool), step=0.0)
    assert (none.value.tolist(), none.kind.tolist()) == ([240], [RESIDUAL_CENSORED])
    assert down_times(windows, log, step=0.0, least=0.0).value.tolist() == [30, 30, 100, 100]
    assert down_times([Window(150, 1050)], log, step=0.0, least=0.0).value.tolist() == [30, 100]


def test_differences_between_days_are_found_where_there_are_some() -> None:
    rng = np.random.default_rng(0)
    at = np.repeat(np.arange(60) * 86400.0, 40)
    alike = sample_of(rng.exponential(100.0, 2400), at=at)
    moved = sample_of(alike.value * np.repeat(np.exp(0.5 * rng.standard_normal(60)), 40), at=at)
    same = day_spread(alike, [fit(alike, parse("exponential"))])
    other = day_spread(moved, [fit(moved, parse(name)) for name in ("lognormal", "exponential")])
    assert other.within is not None
    assert other.within.family.name == "exponential"
    assert same.gain < 2.7
    assert other.gain > 50
    assert other.sigma == pytest.approx(0.5, abs=0.12)
    made = np.exp(0.2 * rng.standard_normal(200)) * 3600
    speed = speed_spread(made, np.full(200, 3600.0), np.zeros(200, np.int64), np.arange(200.0))
    assert speed.sigma == pytest.approx(0.2, abs=0.03)
