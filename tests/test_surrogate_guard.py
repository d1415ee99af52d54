"""The guard of a surrogate: false flags as promised, bad predictions caught, the same in a compiled loop as alone."""

from __future__ import annotations

import json
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.distance import cdist, mahalanobis
from small_ensemble import members

from surrogates.centres import SHRINK, centres_of, nearest, whitening
from surrogates.guard import Guard, spread_of
from surrogates.guard_report import BAD, Flags, guard_report
from twin.physics.oven import Oven
from twin.process import Around

NAMES = ("zone_1", "zones_2_3", "pitch", "temperature", "film")
LOW = np.array([433.15, 423.15, 30.0, 263.15, 20e-6])
HIGH = np.array([533.15, 493.15, 120.0, 373.15, 400e-6])


def smooth(x: Any) -> np.ndarray:
    a, b, c, d = np.asarray(x).T
    return np.stack([np.sin(3 * a) * b + c**2, np.exp(d) * a + 0.5 * np.cos(4 * b * c)], axis=1)


def uniform(draw: np.random.Generator, count: int) -> np.ndarray:
    return draw.uniform(-1, 1, (count, 4))


def without_corner(draw: np.random.Generator, count: int) -> np.ndarray:
    x = uniform(draw, 9 * count)
    return x[(x[:, 0] + x[:, 1] < 0.7) & (x[:, 2] - x[:, 3] < 0.8)][:count]


def banana(draw: np.random.Generator, count: int) -> np.ndarray:
    along, x = draw.uniform(-1, 1, count), draw.uniform(-0.15, 0.15, (count, 4))
    x[:, 0] += along
    x[:, 1] += 0.8 * along**2 - 0.4
    x[:, 2] += 0.7 * along
    return x


def two_modes(draw: np.random.Generator, count: int) -> np.ndarray:
    first, second = draw.normal(0.5, 0.03, (count, 4)), draw.normal(-0.4, 0.2, (count, 4))
    return np.where(draw.random(count)[:, None] < 0.5, first, second)


SOURCES = {one.__name__: one for one in (uniform, without_corner, banana, two_modes)}


def spread(predict: Any, x: np.ndarray) -> np.ndarray:
    return np.asarray(spread_of(predict(x)))


def trained(source: Any, seed: int = 0) -> tuple[Any, Guard, np.random.Generator, np.ndarray]:
    draw = np.random.default_rng(seed)
    x, held = source(draw, 2000), source(draw, 1000)
    predict = members(x, smooth(x), seed=seed)
    return predict, Guard.fit(x, held, spread=spread(predict, held)), draw, x


@pytest.mark.parametrize("name", SOURCES)
def test_extrapolation_within_the_box_of_the_data_is_flagged_and_little_else(name: str) -> None:
    predict, guard, draw, x = trained(SOURCES[name])
    inside, anywhere = SOURCES[name](draw, 4000), draw.uniform(x.min(0), x.max(0), (4000, 4))
    error = lambda q: np.abs(predict(q).mean(0) - smooth(q))  # noqa: E731
    usual = np.quantile(error(inside), 0.95, axis=0)
    flags = lambda q: guard.flags(q, spread(predict, q))  # noqa: E731
    assert flags(inside).mean() < 0.04  # 2 % promised, of 1000 held-out cases
    bad = (error(anywhere) > BAD * usual).any(axis=1)
    if name != "uniform":  # there nothing is extrapolation, and bad cases are few
        assert bad.sum() > 300
        assert flags(anywhere)[bad].mean() > 0.95
        assert bad[~flags(anywhere)].mean() < bad.mean() / 4  # what is let through is better, though not good


def test_beyond_the_box_everything_is_flagged_and_distance_alone_finds_most() -> None:
    predict, guard, *_ = trained(uniform)
    found = guard_report(guard, smooth, predict, low=-np.ones(4), high=np.ones(4), cases=400)
    assert found.passes()
    assert found.total.recall == 1.0
    assert found.total.recall_unboxed > 0.85
    assert found.recall[1] > 0.99
    assert [one.where for one in found.beyond[3:6]] == ["input 3 +10%", "corners +10%", "input 0 +25%"]
    assert json.loads(json.dumps(found.to_dict()))["inside"]["cases"] == 400


def oven(x: Any) -> np.ndarray:
    """End temperatures, logarithms of the exposures, and heat taken, of what goes through an oven."""

    def one(case: Any) -> Any:
        settings: Any = dict(zip(NAMES[:3], case[:3], strict=True))
        part: Any = dict(zip(NAMES[3:], case[3:], strict=True))
        through = Oven().passage(settings, part, Around(jnp.asarray(293.15), jnp.asarray(0.0)))
        ends, heat = through.temperature, through.heat
        exposure = jnp.log(through.boss), jnp.log(through.wall)
        return jnp.stack([ends.boss, ends.wall, *exposure, heat.boss + heat.wall + heat.hanger])

    return np.asarray(jax.jit(jax.vmap(one))(jnp.asarray(x)))


def test_an_oven_surrogate_is_guarded_as_it_has_to_be() -> None:
    draw = np.random.default_rng(1)
    x, held = draw.uniform(LOW, HIGH, (3000, 5)), draw.uniform(LOW, HIGH, (1000, 5))
    predict = members(x, oven(x))
    guard = Guard.fit(x, held, spread=spread(predict, held), low=LOW, high=HIGH)
    thin = np.array([0.0, 0.0, 1.0, 0.0, 1e-6])  # a film of negative thickness has no truth
    found = guard_report(
        guard, oven, predict, low=LOW, high=HIGH, names=NAMES, possible=(thin, np.full(5, 1e4)), cases=1000
    )
    assert found.error[:2].max() < 2.0  # K
    assert found.total.bad > 5000
    assert found.recall[1] >= 0.95
    assert found.total.recall_unboxed > 0.9
    assert found.false_flags[0] < 0.04
    assert found.passes()


def test_a_guard_that_flags_nothing_and_one_that_flags_all_fail() -> None:
    draw = np.random.default_rng(0)
    x = draw.uniform(0, 1, (2000, 2))
    guard = Guard.fit(x[:1000], x[1000:])
    both = lambda q: np.stack([q[:, :1], q[:, :1]])  # noqa: E731
    truth = lambda q: q[:, :1] + (np.abs(q - 0.5) > 0.5).any(axis=1)[:, None]  # noqa: E731
    edges = {"low": np.zeros(2), "high": np.ones(2), "cases": 200}
    never = Guard.from_arrays(guard.to_arrays() | {"low": [-9, -9], "high": [9, 9], "limits": [1e9, 1e9, 1.0]})
    always = Guard.from_arrays(guard.to_arrays() | {"limits": [1e-9, 1e-9, 1.0]})
    assert guard_report(guard, truth, both, **edges).passes()
    assert guard_report(never, truth, both, **edges).total == Flags("all", 1800, 1800, 0, 0, 0)
    assert not guard_report(never, truth, both, **edges).passes()
    assert guard_report(always, truth, both, **edges).false_flags[0] == 1.0
    assert not guard_report(always, truth, both, **edges).passes()


def test_false_flags_are_as_promised_over_many_fits() -> None:
    shares = []
    for seed in range(40):
        draw = np.random.default_rng(seed)
        x, held, fresh = (draw.normal(size=(count, 3)) for count in (300, 400, 2000))
        between = draw.lognormal(size=(400, 2))
        wide = {"low": np.full(3, -9.0), "high": np.full(3, 9.0)}
        guard = Guard.fit(x, held, spread=between, **wide, false_flags=0.05, centres=16)
        shares.append(guard.flags(fresh, draw.lognormal(size=(2000, 2))).mean())
    assert np.mean(shares) == pytest.approx(0.05, abs=0.006)  # deviation of one is 0.011, of the mean 0.002
    assert sum(one > 0.08 for one in shares) <= 2


def test_the_promised_number_of_held_out_cases_is_flagged() -> None:
    draw = np.random.default_rng(3)
    x, held, between = draw.normal(size=(500, 3)), draw.normal(size=(999, 3)), draw.lognormal(size=(999, 2))
    guard = Guard.fit(x, held, spread=between, low=np.full(3, -9.0), high=np.full(3, 9.0), false_flags=0.05)
    flagged = int(guard.flags(held, between).sum())
    assert 999 - 950 - 2 <= flagged <= 999 - 950  # each of three scores may have its own case of the same rank


def test_distances_are_those_of_scipy() -> None:
    draw = np.random.default_rng(2)
    x = draw.multivariate_normal([1.0, -2.0, 50.0], [[1, 0.8, 0], [0.8, 2, 0], [0, 0, 100]], 4000)
    guard = Guard.fit(x, x[:500], centres=8)
    shrunk = np.corrcoef(x.T) * (1 - SHRINK) + SHRINK * np.eye(3)
    inverse = np.linalg.inv(shrunk * np.outer(x.std(0), x.std(0)))
    for case in x[:5] + 3.0:
        parts = guard.parts(jnp.asarray(case))
        assert float(parts.middle) * guard.limits[0] == pytest.approx(mahalanobis(case, x.mean(0), inverse))
        z = (case - guard.shift) @ guard.matrix
        assert float(parts.near) * guard.limits[1] == pytest.approx(cdist(z[None], guard.centres).min())


def test_whitened_data_have_no_correlation_even_where_inputs_follow_each_other() -> None:
    draw = np.random.default_rng(4)
    x = draw.normal(size=(1000, 3)) @ draw.normal(size=(3, 3)) + 7.0
    shift, matrix = whitening(x)
    np.testing.assert_allclose(np.cov(((x - shift) @ matrix).T, ddof=0), np.eye(3), atol=0.05)
    twice = np.column_stack([x[:, 0], 2 * x[:, 0], np.full(1000, 5.0)])
    assert np.isfinite(whitening(twice)[1]).all()


def test_centres_are_as_close_as_those_of_scipy() -> None:
    from scipy.cluster.vq import kmeans

    z = banana(np.random.default_rng(5), 2000)
    ours = centres_of(z, 32)
    theirs, _ = kmeans(z, z[:32])
    best = np.sum(cdist(z, theirs).min(axis=1) ** 2)
    assert np.sum(nearest(z, ours)[1] ** 2) < 1.15 * best
    np.testing.assert_allclose(nearest(z, ours)[1], cdist(z, ours).min(axis=1))
    assert len(centres_of(z[:5], 64)) == 5
    assert np.isfinite(centres_of(np.zeros((10, 2)), 4)).all()


def guard_2d(**more: Any) -> Guard:
    x = np.random.default_rng(0).uniform(0, 1, (1000, 2))
    return Guard.fit(x[:600], x[600:], low=[0, 0], high=[1, 1], **more)


def test_edges_of_the_box_are_inside_and_what_is_no_number_is_outside() -> None:
    x = np.random.default_rng(0).uniform(0.0, 1.0, (2000, 1)) * 0.3 + 273.15
    guard = Guard.fit(x[:1000], x[1000:], low=[273.15], high=[273.45], false_flags=0.004)
    for edge in (273.15, 273.45, np.float32(273.2), 273.15 - 1e-8):
        assert float(guard.parts(jnp.asarray([edge])).box) <= 1 + 1e-6
    for out in (273.149, 273.451, np.nan, np.inf, -np.inf):
        assert bool(guard.outside(jnp.asarray([out])))
    assert bool(guard_2d(spread=np.ones((400, 1))).outside(jnp.full(2, 0.5), jnp.asarray([np.nan])))


def test_an_input_that_never_changed_must_not_change() -> None:
    x = np.column_stack([np.random.default_rng(0).uniform(0, 1, 1000), np.full(1000, 300.0)])
    guard = Guard.fit(x[:600], x[600:], low=[0, 300], high=[1, 300])
    assert not bool(guard.outside(jnp.asarray([0.5, 300.0])))
    assert bool(guard.outside(jnp.asarray([0.5, 300.1])))
    zero = Guard.fit(x * [1, 0], x[600:] * [1, 0], low=[0, 0], high=[1, 0])
    assert not bool(zero.outside(jnp.asarray([0.5, 0.0])))
    assert bool(zero.outside(jnp.asarray([0.5, 0.1])))


def test_one_case_in_a_compiled_loop_says_what_it_says_alone() -> None:
    guard = guard_2d(spread=np.random.default_rng(1).lognormal(size=(400, 2)))
    x = jnp.asarray(np.random.default_rng(2).uniform(-0.2, 1.2, (50, 7, 2)))
    spreads = jnp.asarray(np.random.default_rng(3).lognormal(size=(50, 7, 2)))

    @jax.jit
    def counted(guard: Guard, x: Any, spreads: Any) -> Any:
        def step(count: Any, now: Any) -> Any:
            return count + guard.outside(*now), guard.score(*now)

        return jax.lax.scan(step, jnp.asarray(0), (x, spreads))

    count, scores = jax.vmap(counted, in_axes=(None, 1, 1))(guard, x, spreads)
    alone = np.array([[float(guard.score(x[i, j], spreads[i, j])) for j in range(7)] for i in range(50)])
    rows = guard.flags(np.asarray(x[:, 0]), np.asarray(spreads[:, 0]))
    np.testing.assert_array_equal(rows, alone[:, 0] > 1 + 1e-6)
    np.testing.assert_allclose(scores.T, alone, rtol=1e-12)
    np.testing.assert_array_equal(count, (alone > 1 + 1e-6).sum(axis=0))


def test_a_call_costs_little_and_its_slope_is_finite() -> None:
    draw = np.random.default_rng(0)
    x = draw.uniform(0, 1, (1000, 8))
    guard = Guard.fit(x[:600], x[600:], spread=np.ones((400, 7)), low=np.zeros(8), high=np.ones(8), centres=32)
    cost: Any = jax.jit(guard.score).lower(jnp.zeros(8), jnp.ones(7)).compile().cost_analysis()
    assert cost["flops"] < 1500
    at = (guard.centres @ np.linalg.inv(guard.matrix) + guard.shift)[0]
    for case in (at, guard.shift):
        assert np.isfinite(jax.grad(guard.score)(jnp.asarray(case), jnp.ones(7))).all()


def test_a_guard_is_stored_as_arrays_or_as_json() -> None:
    guard = guard_2d(spread=np.random.default_rng(1).lognormal(size=(400, 2)))
    text = json.dumps({name: array.tolist() for name, array in guard.to_arrays().items()})
    for again in (Guard.from_arrays(guard.to_arrays()), Guard.from_arrays(json.loads(text))):
        for (name, one), (_, other) in zip(guard.items(), again.items(), strict=True):
            np.testing.assert_array_equal(one, other, err_msg=name)
    plain = guard_2d()
    again = Guard.from_arrays(json.loads(json.dumps({n: a.tolist() for n, a in plain.to_arrays().items()})))
    assert float(again.score(jnp.asarray([0.2, 0.3]))) == float(plain.score(jnp.asarray([0.2, 0.3])))


def fitted(**changed: Any) -> Guard:
    x = np.random.default_rng(0).uniform(0, 1, (200, 2))
    given: dict[str, Any] = {"x_train": x, "x_held_out": x} | changed
    return Guard.fit(given.pop("x_train"), given.pop("x_held_out"), **given)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"x_train": np.zeros(3)}, r"x_train: shape \(3,\); .* Give at least one"),
        ({"x_train": np.array([[1.0, np.nan]])}, "x_train: row 0, column 1 is nan; finite numbers only"),
        ({"x_held_out": np.zeros((100, 3))}, "x_held_out: 3 inputs, but x_train has 2"),
        ({"low": [0.0]}, r"low is \[0.\]; it holds 2 finite numbers"),
        ({"low": [0.0, 2.0]}, "low of input 1 is 2 and high is 0.99.*; low is at most high"),
        ({"spread": np.ones((5, 2))}, "spread: 5 cases, but x_held_out has 200"),
        ({"x_held_out": np.full((30, 2), 0.5)}, "x_held_out: 30 cases; 0.02 false flags take 49. Hold out more"),
        ({"x_held_out": np.full((200, 2), 2.0)}, "x_held_out: 100.0% lie outside the box; at most 2.0% may"),
        ({"false_flags": 0.0}, "false_flags is 0.0; it is a share above 0 and below 1"),
    ],
)
def test_what_cannot_be_fitted_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        fitted(**changed)


def test_what_is_missing_or_mixed_up_is_refused() -> None:
    with pytest.raises(ValueError, match=r"spread is missing; this guard was fitted with it. Give"):
        guard_2d(spread=np.ones((400, 1))).outside(jnp.full(2, 0.5))
    with pytest.raises(ValueError, match="spread is missing"):
        guard_2d(spread=np.ones((400, 1))).flags(np.full((3, 2), 0.5))
    arrays = guard_2d().to_arrays()
    with pytest.raises(ValueError, match=r"guard: has .*; a guard is made of .*. Store it by `to_arrays`"):
        Guard.from_arrays({name: one for name, one in arrays.items() if name != "low"})
    with pytest.raises(ValueError, match=r"guard: limits has shape .* it holds finite numbers in shape"):
        Guard.from_arrays(arrays | {"limits": [1.0, np.nan, 1.0]})
    with pytest.raises(ValueError, match="possible: no input may go beyond its range"):
        guard_report(
            guard_2d(), lambda q: q, lambda q: np.stack([q, q]), low=[0, 0], high=[1, 1], possible=([0, 0], [1, 1])
        )


def test_one_member_has_no_spread() -> None:
    np.testing.assert_array_equal(spread_of(np.ones((1, 3, 2))), np.zeros((3, 2)))
    values = np.random.default_rng(0).normal(size=(5, 3, 2))
    np.testing.assert_allclose(spread_of(values), values.std(axis=0, ddof=1))
