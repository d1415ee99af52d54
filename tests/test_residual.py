"""Laws of motion as training loss: the oven's law against its solver, and a decay learned from a handful of cases."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from surrogates import Problem, Recipe, design, problem_of
from surrogates.fit import fit, squares
from surrogates.networks import Bends, Scales, based, new_ensemble
from surrogates.residual import Course, along, oven_course, residual_loss, with_way
from twin.physics import Oven
from twin.process import Attribute

RATE = {"rate": Attribute(1.0, "1", 0.5, 3.0, "of the decay")}
DECAY = Problem("decay", RATE, {"left": Attribute(1.0, "1", 0.0, 1.0, "at the end")})
COURSE = Course(("left",), lambda inputs: jnp.ones(1), lambda inputs, way, y: -inputs["rate"] * y)


def test_the_law_of_the_oven_leads_where_its_solver_does() -> None:
    """Runge-Kutta along the way, against the solver's 18 steps, which are within 0.5 K."""
    problem = problem_of(Oven())
    course = oven_course(Oven())
    x = design(problem.low, problem.high, 6, kind="random", seed=3)
    true = problem.truth(x)[:, :3]
    slope = jax.jit(lambda case, way, y: course.slope(dict(zip(problem.inputs, case, strict=True)), way, y))
    for case, told in zip(x, true, strict=True):
        begin = course.begin(dict(zip(problem.inputs, case, strict=True)))
        y = np.asarray(begin)
        for first, last in ((0.0, course.bends[0] - 1e-12), (course.bends[0], 1.0)):
            y = solve_ivp(lambda s, y, c=case: np.asarray(slope(c, s, y)), (first, last), y, rtol=1e-8).y[:, -1]
        np.testing.assert_allclose(y, told, atol=0.5)


def test_cases_lie_at_places_of_the_way() -> None:
    course = oven_course(Oven())
    x = with_way(np.zeros((3, 2)), np.asarray([0.0, 0.5, 1.0]), course)
    np.testing.assert_allclose(x[:, 2:], [[0, 0], [0.5, 0.5 - 1 / 3], [1, 2 / 3]])
    problem = along(problem_of(Oven()), course)
    assert list(problem.outputs) == ["boss", "wall", "hanger"]
    assert problem.formula is not None
    said = problem.formula(jnp.arange(8.0))
    assert [float(said[k]) for k in range(3)] == [3.0, 3.0, 5.0]  # part, part, hall


def missed(weight: float) -> float:
    """Largest error of a network that has seen five cases of a decay, with its law or without."""
    learned = along(DECAY, COURSE)
    rates = np.linspace(0.5, 3.0, 5)[:, None]
    x, y = with_way(rates, np.ones(5), COURSE), np.exp(-rates)
    bends = Bends(np.zeros(1, bool), np.zeros(1, bool))
    base = np.asarray(jax.vmap(lambda case: based(learned.formula, bends, case))(jnp.asarray(x)))
    scales = Scales.of(learned.low, learned.high, y, bends, base)
    ensemble = new_ensemble((2, 12, 1), scales, members=1, seed=0, formula=learned.formula)
    loss: Any = residual_loss(DECAY, COURSE, weight=weight, points=64)(scales) if weight else squares
    recipe = Recipe(hidden=(12,), members=1, steps=0, finish=1500, patience=50, held_out=0.2)
    found = fit(ensemble, x, y, recipe=recipe, loss=loss, held_out=np.asarray([2])).ensemble
    fresh = np.linspace(0.5, 3.0, 101)[:, None]
    told = found.ask(with_way(fresh, np.ones(101), COURSE))[0]
    return float(np.abs(told - np.exp(-fresh)).max())


def test_a_law_makes_up_for_cases() -> None:
    plain, informed = missed(0.0), missed(0.1)
    assert informed < 0.2 * plain
    assert informed == pytest.approx(0.0, abs=5e-3)
