"""Quadratic programs and descents along constraints that bend."""

from __future__ import annotations

import numpy as np
import pytest
from searched import Noted

from scenarios.search import search
from scenarios.search.quadratic import elastic_step, quadratic_program


@pytest.mark.parametrize("seed", range(40))
def test_the_conditions_of_an_optimum_hold(seed):
    rng = np.random.default_rng(seed)
    size, count = int(rng.integers(1, 18)), int(rng.integers(1, 12))
    root = rng.normal(size=(size, size)) * 10 ** rng.uniform(-1, 1, size)
    bowl, tilt = root @ root.T + 1e-3 * np.eye(size), rng.normal(size=size)
    rows, inside = rng.normal(size=(count, size)), rng.uniform(-1, 1, size)
    rows = np.concatenate([rows, np.eye(size), -np.eye(size)])
    limits = rows @ inside + rng.exponential(size=len(rows))
    z, price = quadratic_program(bowl, tilt, rows, limits)
    scale = 1.0 + np.abs(tilt).max() + np.abs(price).max()
    assert (rows @ z <= limits + 1e-9).all()
    assert (price >= 0).all()
    np.testing.assert_allclose(bowl @ z + tilt + rows.T @ price, 0.0, atol=1e-8 * scale)
    np.testing.assert_allclose(price * (limits - rows @ z), 0.0, atol=1e-8 * scale)


@pytest.mark.parametrize("seed", range(30))
def test_no_other_step_promises_more(seed):
    rng = np.random.default_rng(seed)
    size, count = int(rng.integers(1, 18)), int(rng.integers(0, 5))
    root = rng.normal(size=(size, size)) * 10 ** rng.uniform(-2, 1, size)
    hessian, slope = root @ root.T, rng.normal(size=size)
    values, slopes = 0.1 * rng.normal(size=count), rng.normal(size=(count, size))
    radius = 10 ** rng.uniform(-6, 0)
    ends = -radius * rng.random(size), radius * rng.random(size)

    def cost(step):
        return slope @ step + 0.5 * step @ hessian @ step + 10 * np.maximum(values + slopes @ step, 0.0).sum()

    step, gain = elastic_step(slope, hessian, (values, slopes), ends, 10.0)
    assert gain == pytest.approx(cost(np.zeros(size)) - cost(step))
    nearby = radius * 10 ** rng.uniform(-6, 0, (500, 1)) * rng.normal(size=(500, size))
    others = np.clip(step + nearby, *ends)
    assert min(map(cost, others)) > cost(step) - 1e-8 * radius


class Ring(Noted):
    """The most of a tilted sum within a circle: x = r c / |c|, and the radius is worth |c| / (2 r) per unit of r^2."""

    def __init__(self, size: int) -> None:
        super().__init__(np.full(size, -2.0), np.full(size, 2.0), np.full(size, -0.5))
        self.tilt = np.geomspace(1.0, 3.0, size)

    def means(self, points):
        return np.stack([-points @ self.tilt, (points**2).sum(axis=1) - 1.0], axis=1)

    def slopes(self, point):
        return np.stack([-self.tilt, 2 * point])


@pytest.mark.parametrize("size", [2, 16])
def test_along_a_constraint_that_bends(size):
    problem = Ring(size)
    found = search(problem, evaluations=330)
    length = float(np.linalg.norm(problem.tilt))
    np.testing.assert_allclose(found.point, problem.tilt / length, atol=1e-6)
    assert found.feasible
    assert found.multipliers == pytest.approx([length / 2], rel=1e-4)
