"""Whole numbers: the best of all by far fewer evaluations than there are points."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from searched import Bowl, Noted, Places

from scenarios.search import search


def enumerated(problem: Noted) -> tuple[np.ndarray, int]:
    """Objective of the best feasible point and how many points there are."""
    ranges = [np.arange(low, high + 1) for low, high in zip(problem.low, problem.high, strict=True)]
    grid = np.array(list(product(*ranges)))
    means = problem.means(grid)
    kept = means[(means[:, 1:] <= 1e-9).all(axis=1)]
    return kept[:, 0].min(), len(grid)


@pytest.mark.parametrize(
    ("weights", "most", "each"),
    [
        ((1.0, 1.0, 1.0), 6, 6),
        ((1.0, 3.0, 0.3), 9, 8),
        ((0.2, 1.0, 5.0, 0.5), 10, 7),
        ((1.0, 0.4, 2.0, 0.7, 1.3), 12, 6),
        ((0.1, 0.1, 4.0, 0.9, 0.9, 1.1), 11, 5),
    ],
)
def test_places_of_buffers_with_a_sum(weights, most, each):
    problem = Places(weights, most, each)
    best, count = enumerated(problem)
    found = search(problem, evaluations=1000)
    assert found.values[0] == pytest.approx(best, abs=1e-12)
    assert found.feasible
    assert found.evaluations < min(0.5 * count, 40 * len(weights))
    asked = np.concatenate(problem.asked)
    assert len(np.unique(asked, axis=0)) == len(asked) == found.evaluations


def test_slopes_spare_evaluations():
    class Sloping(Places):
        def slopes(self, point):
            step = 1e-4
            around = np.concatenate([point[None], point + step * np.eye(len(point))])
            gain = Places.smooth(self, around)
            return ((gain[1:] - gain[0]) / step).T

    weights = (0.1, 0.1, 4.0, 0.9, 0.9, 1.1)
    blind, led = Places(weights, 11, 5), Sloping(weights, 11, 5)
    one, two = (search(problem, evaluations=1000) for problem in (blind, led))
    assert two.values[0] == one.values[0]
    assert two.evaluations < one.evaluations


def test_a_mixture():
    problem = Bowl(whole=True)
    found = search(problem, evaluations=400)
    best = min(
        ((x - 1) ** 2 + (y + 1) ** 2 / 2, x, y) for y in range(-4, 5) for x in [min(1.0, -1.0 - y)] if -3 <= x <= 3
    )
    np.testing.assert_allclose(found.point, best[1:], atol=1e-5)
    assert found.values[0] == pytest.approx(best[0], abs=1e-6)


def test_several_aims_are_refused():
    problem = Places((1.0, 1.0), 3, 3)
    problem.objectives = 2
    with pytest.raises(ValueError, match="towards one aim"):
        search(problem, "integers", evaluations=10)
