"""Physics in a surrogate: answers in range by construction, and formulas worth correcting."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import surrogates
from surrogates.fit import squares
from surrogates.networks import EDGE, Bends, Ensemble, Scales, new_ensemble
from surrogates.problem import Problem
from surrogates.training import bends_of, learned
from surrogates.trusted.points import fresh
from twin.physics import Casting, Oven
from twin.physics.cure import Kinetics, cured, roughly_cured
from twin.physics.solidification import stefan_root
from twin.process import Attribute

ONE = Kinetics(6436.0, 64364.0, 60e3, 1.0, 1.0)


def wild(problem: Problem, seed: int) -> Ensemble:
    """Networks that nobody trained, whose numbers are a hundred times too large."""
    y = problem.truth(fresh(problem, 64))
    scales = Scales.of(problem.low, problem.high, y, bends_of(problem))
    return new_ensemble(
        (len(problem.inputs), 8, len(problem.outputs)),
        scales._replace(y_half=100 * scales.y_half),
        members=2,
        seed=seed,
        formula=problem.formula,
    )


@pytest.mark.parametrize(("process", "names"), [(Oven(), ("cure", "overcure")), (Casting(), ("freezing",))])
def test_whatever_a_network_says_answers_stay_in_range(process: Any, names: tuple[str, ...]) -> None:
    """Shares from 0 to 1, times from 0; what is learned as a value does leave its range here."""
    problem = surrogates.problem_of(process)
    told = wild(problem, 3).ask(fresh(problem, 500))
    places = list(problem.outputs)
    for name in names:
        answers = told[..., places.index(name)]
        assert np.isfinite(answers).all()
        assert answers.min() >= 0.0
        assert answers.max() <= (1.0 if name in problem.shares else np.inf)
    free = [k for k, name in enumerate(places) if name not in (*problem.logs, *problem.shares)]
    high = np.asarray([about.high for about in problem.outputs.values()])
    assert (told[..., free] > high[free]).any()


def test_outputs_come_back_from_the_form_in_which_they_are_learned() -> None:
    bends = Bends(np.asarray([True, False, False]), np.asarray([False, True, False]))
    y = np.asarray([[2.0, 0.25, -3.0], [1e-6, 1 - 1e-6, 4.0]])
    np.testing.assert_allclose(bends.bent(y)[0], [np.log(2.0), np.log(1 / 3), -3.0])
    np.testing.assert_allclose(jax.vmap(bends.straight)(jnp.asarray(bends.bent(y))), y, rtol=1e-9)
    ends = bends.bent(np.asarray([1.0, 0.0, 0.0])), bends.bent(np.asarray([1.0, 1.0, 0.0]))
    np.testing.assert_allclose([end[1] for end in ends], [np.log(EDGE), -np.log(EDGE)], rtol=1e-6)


def test_a_full_share_can_be_learned() -> None:
    """A share that reaches 0 and 1 has log odds without end; they are cut."""
    about = {"y": Attribute(0.5, "1", 0.0, 1.0, "a share")}
    problem = Problem(
        "full",
        {"a": Attribute(0.0, "1", -1.0, 1.0, "one")},
        about,
        solve=lambda x: {"y": jnp.clip(0.5 + x["a"], 0.0, 1.0)},
        shares=("y",),
    )
    made = surrogates.train(problem, cases=64, recipe=surrogates.Recipe(hidden=(8,), members=1, steps=300, finish=0))
    x = fresh(problem, 200)
    told, full = made.predict(x), np.abs(x[:, 0]) > 0.7
    assert np.isfinite(told).all()
    assert full.any()
    np.testing.assert_allclose(told[full], problem.truth(x)[full], atol=1e-3)


def test_rough_cure_is_exact_for_orders_of_one() -> None:
    exposure = jnp.geomspace(1.0, 1e4, 40)
    exact = jax.vmap(lambda t: cured(t, 473.15, ONE, steps=400))(exposure)
    np.testing.assert_allclose(roughly_cured(exposure, 473.15, ONE), exact, atol=1e-6)


@pytest.mark.parametrize("kinetics", [ONE._replace(order=1.5), ONE._replace(speeding=2.0), ONE._replace(slow=0.0)])
def test_rough_cure_rises_from_nothing_to_all(kinetics: Kinetics) -> None:
    told = np.asarray(roughly_cured(jnp.linspace(0.0, 1e5, 500), 473.15, kinetics))
    assert told[0] == pytest.approx(0.0, abs=1e-12)
    assert (np.diff(told) >= 0.0).all()
    assert told[-1] <= 1.0
    assert np.isfinite(told).all()


def test_where_newton_begins_is_near_the_root() -> None:
    stefan = jnp.geomspace(1e-4, 100.0, 200)
    np.testing.assert_allclose(stefan_root(stefan, steps=0), stefan_root(stefan), rtol=0.015)


@pytest.mark.parametrize(
    ("process", "most"),
    [
        (Oven(), {"boss": 0.02, "wall": 0.03, "hanger": 0.01, "cure": 0.1, "overcure": 0.25}),
        (Casting(), {"heat": 0.03, "casting": 0.03, "freezing": 0.04}),
    ],
)
def test_formulas_miss_little(process: Any, most: dict[str, float]) -> None:
    """Deviation of what they miss, as a share of the output's own, over the whole box."""
    problem = surrogates.problem_of(process)
    x, places = fresh(problem, 2000), list(problem.outputs)
    assert problem.rough is not None
    told = jax.vmap(lambda case: problem.rough(dict(zip(problem.inputs, case, strict=True))))(jnp.asarray(x))  # type: ignore[misc]
    true = problem.truth(x)
    for name, share in most.items():
        exact = true[:, places.index(name)]
        missed = np.asarray(told[name]) - exact
        assert missed.std() < share * exact.std(), name


def test_an_oven_whose_rates_are_equal_has_an_estimate() -> None:
    """Boss and wall of one thickness, apart: the formula of two different rates would divide by nothing."""
    equal = Oven(boss=0.004, wall=0.004, coupling=0.0)
    inputs = {"zone_1": 503.15, "zones_2_3": 473.15, "pitch": 45.0, "temperature": 293.15, "film": 8e-5, "hall": 293.15}
    given = {name: jnp.asarray(value) for name, value in inputs.items()}
    found, slope = jax.value_and_grad(lambda pitch: equal.estimate({**given, "pitch": pitch})["boss"])(given["pitch"])
    other = equal.estimate(given)
    assert float(found) == pytest.approx(float(other["wall"]), abs=1e-6)
    assert np.isfinite(float(slope))
    coupled = replace(equal, coupling=1e-6)
    assert float(coupled.estimate(given)["boss"]) == pytest.approx(float(found), abs=1e-3)


@pytest.mark.parametrize("process", [Oven(), Casting()])
def test_structure_halves_the_error_where_cases_are_few(process: Any) -> None:
    recipe = surrogates.Recipe(hidden=(16,), members=1, steps=400, finish=0)
    found = []
    for structure in (False, True):
        problem = surrogates.problem_of(process, structure=structure)
        x, others = surrogates.design(problem.low, problem.high, 256), fresh(problem, 1000)
        ensemble = learned(problem, x, problem.truth(x), recipe=recipe).ensemble
        bends, true = bends_of(problem), problem.truth(others)
        off = bends.bent(ensemble.ask(others)[0]) - bends.bent(true)
        found.append(np.sqrt((off**2).mean(axis=0)) / bends.bent(true).std(axis=0))
    plain, inside = (errors.mean() for errors in found)
    assert inside < plain / 2, found


def test_the_loss_is_blind_to_units() -> None:
    """A share and a time weigh the same: both are told in deviations of the form in which they are learned."""
    problem = surrogates.problem_of(Oven(), structure=False)
    x = fresh(problem, 400)
    y = problem.truth(x)
    scales = Scales.of(problem.low, problem.high, y, bends_of(problem))
    told = scales.told(y)
    np.testing.assert_allclose(told.std(axis=0), 1.0, rtol=1e-6)
    weights = ((np.zeros((6, 5), np.float32), np.zeros(5, np.float32)),)
    assert float(squares(weights, jnp.asarray(scales.inward(x)), jnp.asarray(told))) == pytest.approx(1.0, rel=1e-3)
