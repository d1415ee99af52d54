"""Bounds that adapt: equal to a loop in plain Python, and within their proven bounds whatever is thrown at them."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from surrogates.adaptive import AdaptiveLevel, TrackedQuantile, follow, two_sided
from surrogates.conformal import upper_quantile
from surrogates.coverage import coverage_of


def series(draw: np.random.Generator, count: int) -> np.ndarray:
    """Errors that jump, drift and swell."""
    time = np.arange(count)
    return draw.normal(size=count) * (1 + 2 * (time > count / 2)) + 4 * (time > count / 3) - 0.002 * time


def level_by_loop(past: Any, scores: Any, coverage: float, step: float) -> tuple[list[float], list[bool]]:
    window, miss, bounds, missed = list(past), 1 - coverage, [], []
    for score in scores:
        rank = math.ceil((len(window) + 1) * (1 - miss) - 1e-9)
        bound = math.inf if rank > len(window) else -math.inf if rank < 1 else sorted(window)[rank - 1]
        bounds.append(bound)
        missed.append(bool(score > bound))
        miss += step * ((1 - coverage) - missed[-1])
        window = [*window[1:], score]
    return bounds, missed


def quantile_by_loop(past: Any, scores: Any, rule: TrackedQuantile) -> tuple[list[float], list[bool]]:
    unit = float(np.quantile(past, 0.95) - np.quantile(past, 0.05))
    tracked = sorted(past)[math.ceil((len(past) + 1) * rule.coverage - 1e-9) - 1]
    excess, bounds, missed = 0.0, [], []
    for time, score in enumerate(scores):
        lean = 0.0
        if rule.gain:
            angle = excess * math.log(time + 1) / ((time + 1) * rule.saturation)
            lean = math.tan(angle) if abs(angle) < math.pi / 2 else math.copysign(math.inf, angle)
        bounds.append(tracked + rule.gain * unit * lean if rule.gain else tracked)
        missed.append(bool(score > bounds[-1]))
        tracked += rule.rate * unit * (missed[-1] - (1 - rule.coverage))
        excess += missed[-1] - (1 - rule.coverage)
    return bounds, missed


@pytest.mark.parametrize(("coverage", "step"), [(0.9, 0.005), (0.5, 0.1), (0.95, 0.5)])
def test_an_adaptive_level_is_that_of_a_loop(coverage: float, step: float) -> None:
    draw = np.random.default_rng(0)
    past, scores = draw.normal(size=60), series(draw, 400)
    rule = AdaptiveLevel(coverage, step)
    found = follow(rule, rule.start(jnp.asarray(past)), jnp.asarray(scores))
    bounds, missed = level_by_loop(past, scores, coverage, step)
    np.testing.assert_allclose(found.threshold, bounds)
    np.testing.assert_array_equal(found.missed, missed)


@pytest.mark.parametrize(
    "rule", [TrackedQuantile(0.9), TrackedQuantile(0.5, rate=0.2), TrackedQuantile(0.9, gain=0.5, saturation=0.05)]
)
def test_a_tracked_quantile_is_that_of_a_loop(rule: TrackedQuantile) -> None:
    draw = np.random.default_rng(1)
    past, scores = draw.normal(size=60), series(draw, 400)
    found = follow(rule, rule.start(jnp.asarray(past)), jnp.asarray(scores))
    bounds, missed = quantile_by_loop(past, scores, rule)
    np.testing.assert_allclose(found.threshold, bounds, rtol=1e-9)
    np.testing.assert_array_equal(found.missed, missed)


def test_without_a_step_it_is_a_rolling_conformal_quantile() -> None:
    scores = np.random.default_rng(2).normal(size=300)
    rule = AdaptiveLevel(0.8, 0.0)
    found = follow(rule, rule.start(jnp.asarray(scores[:100])), jnp.asarray(scores[100:]))
    due = [upper_quantile(scores[k : k + 100], 0.8) for k in range(200)]
    np.testing.assert_array_equal(found.threshold, due)


@pytest.mark.parametrize("late", [1, 7])
def test_a_miss_that_is_heard_of_late_counts_against_the_bound_that_was_in_force(late: int) -> None:
    draw = np.random.default_rng(8)
    past, scores = draw.normal(size=40), series(draw, 200)
    found = follow(AdaptiveLevel(0.8, 0.1), AdaptiveLevel(0.8).start(jnp.asarray(past)), jnp.asarray(scores), late=late)
    window, miss, bounds = list(past), 0.2, []
    for time in range(200):
        rank = math.ceil(41 * (1 - miss) - 1e-9)
        bounds.append(math.inf if rank > 40 else -math.inf if rank < 1 else sorted(window)[rank - 1])
        if time >= late:
            heard = scores[time - late]
            miss += 0.1 * (0.2 - (heard > bounds[time - late]))
            window = [*window[1:], heard]
    np.testing.assert_allclose(found.threshold, bounds)
    np.testing.assert_array_equal(found.missed, scores > np.asarray(bounds))


@pytest.mark.parametrize("make", [AdaptiveLevel, TrackedQuantile])
def test_coverage_is_kept_where_measurements_come_late(make: Any) -> None:
    draw = np.random.default_rng(9)
    past, errors = draw.normal(size=300), series(draw, 4000)
    below, above = two_sided(make, past, errors, coverage=0.9, late=24)
    assert coverage_of(errors, -below, above, promised=0.9).share == pytest.approx(0.9, abs=0.03)


def adversary(rule: Any, state: Any, *, count: int, choose: Any) -> list[bool]:
    """Misses where the score is chosen in sight of the bound."""
    look = jax.jit(rule.threshold)
    tell = jax.jit(rule.update)
    missed = []
    for time in range(count):
        bound = float(look(state))
        score = choose(bound, time)
        missed.append(score > bound)
        state = tell(state, jnp.asarray(score))
    return missed


ATTACKS = {
    "always above": lambda bound, time: max(bound, 1.0),
    "always below": lambda bound, time: 0.0,
    "in turns": lambda bound, time: 1.0 if (time // 100) % 2 else 0.0,
    "just above": lambda bound, time: float(np.clip(bound + 1e-6, 0.0, 1.0)),
    "jumps": lambda bound, time: 1.0 if time > 700 else 0.1,
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("coverage", [0.5, 0.9])
def test_an_adaptive_level_misses_as_often_as_promised_whatever_comes(attack: str, coverage: float) -> None:
    step, past = 0.05, jnp.linspace(0.0, 1.0, 101)
    rule = AdaptiveLevel(coverage, step)
    missed = adversary(rule, rule.start(past), count=1500, choose=ATTACKS[attack])
    first = max(1 - coverage, coverage)
    for time in (50, 300, 1500):
        assert abs(np.mean(missed[:time]) - (1 - coverage)) <= (first + step) / (step * time) + 1e-12


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("coverage", [0.5, 0.9])
def test_a_tracked_quantile_misses_as_often_as_promised_whatever_comes(attack: str, coverage: float) -> None:
    past = jnp.linspace(0.0, 1.0, 101)
    rule = TrackedQuantile(coverage, rate=0.05)
    state = rule.start(past)
    missed = adversary(rule, state, count=1500, choose=ATTACKS[attack])
    step = 0.05 * float(state.unit)
    for time in (50, 300, 1500):
        assert abs(np.mean(missed[:time]) - (1 - coverage)) <= (1.0 + step) / (step * time) + 1e-12


def test_the_integral_mends_what_a_slow_quantile_cannot() -> None:
    draw = np.random.default_rng(3)
    past, scores = draw.normal(size=500), draw.normal(size=3000) + 0.01 * np.arange(3000)
    shares = []
    for gain in (0.0, 10.0):
        rule = TrackedQuantile(0.9, rate=0.002, gain=gain, saturation=0.1)
        found = follow(rule, rule.start(jnp.asarray(past)), jnp.asarray(scores))
        shares.append(1 - float(found.missed.mean()))
    assert shares[0] < 0.5
    assert shares[1] > 0.8


@pytest.mark.parametrize("make", [AdaptiveLevel, TrackedQuantile])
def test_both_sides_keep_their_coverage_where_a_fixed_interval_loses_it(make: Any) -> None:
    draw = np.random.default_rng(4)
    past, errors = draw.normal(size=300), series(draw, 4000)
    for coverage in (0.5, 0.8, 0.9, 0.95):
        half = upper_quantile(np.abs(past), coverage)
        assert coverage_of(errors, np.full(4000, -half), np.full(4000, half), promised=coverage).share < coverage - 0.2
        below, above = two_sided(make, past, errors, coverage=coverage)
        assert coverage_of(errors, -below, above, promised=coverage).share == pytest.approx(coverage, abs=0.03)


def test_reaches_grow_with_their_unit_and_rest_on_the_past_alone() -> None:
    draw = np.random.default_rng(5)
    past, errors, unit = draw.normal(size=200), draw.normal(size=300), draw.lognormal(size=300)
    plain = two_sided(AdaptiveLevel, past, errors, coverage=0.8)
    scaled = two_sided(AdaptiveLevel, past * 3, errors * unit, coverage=0.8, unit=(np.full(200, 3.0), unit))
    for one, other in zip(plain, scaled, strict=True):
        np.testing.assert_allclose(one * unit, other, rtol=1e-9)
    changed = errors.copy()
    changed[150:] = 99.0
    for one, other in zip(plain, two_sided(AdaptiveLevel, past, changed, coverage=0.8), strict=True):
        np.testing.assert_array_equal(one[:151], other[:151])


@pytest.mark.parametrize("rule", [AdaptiveLevel(0.9), TrackedQuantile(0.9, gain=0.1)])
def test_a_series_in_two_parts_is_followed_as_one(rule: Any) -> None:
    draw = np.random.default_rng(6)
    state = rule.start(jnp.asarray(draw.normal(size=50)))
    scores = jnp.asarray(series(draw, 200))
    whole, first = follow(rule, state, scores), follow(rule, state, scores[:70])
    second = follow(rule, first.state, scores[70:])
    np.testing.assert_array_equal(whole.threshold, jnp.concatenate([first.threshold, second.threshold]))
    many = jax.vmap(lambda one: follow(rule, state, one).threshold)(jnp.stack([scores, scores[::-1]]))
    np.testing.assert_allclose(many[0], whole.threshold)
