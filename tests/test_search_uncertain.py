"""Constraints by chance, choices for several scenarios, and the worth of a front."""

from __future__ import annotations

import numpy as np
import pytest
from searched import Bowl, Noted, Two

from scenarios.search import Evaluated, search
from scenarios.search.chance import Chance, order_weights
from scenarios.search.hypervolume import hypervolume
from scenarios.search.robust import Robust


class Stock(Noted):
    """Keep as little as may be, and no less than a demand that each replication draws: demand * (1 - y / 4)."""

    def __init__(self, *, sloping: bool = True) -> None:
        super().__init__([0.0, 0.0], [300.0, 1.0], [200.0, 0.5])
        self.demand = np.random.default_rng(1).normal(100.0, 10.0, 200)
        self.sloping = sloping

    def evaluate(self, points):
        x, y = np.asarray(points, float).T[..., None]
        self.asked.append(np.asarray(points))
        short = (self.demand * (1 - y / 4) - x) / 100
        cost = (x + 20 * y + 20 * y**2) / 100 + 0 * short
        return Evaluated(np.stack([cost, short], axis=1))

    def slopes(self, point):
        return self.slopes_each(point).mean(axis=2)

    def slopes_each(self, point):
        cost = np.array([0.01, 0.2 + 0.4 * point[1]])
        one = np.ones(200)
        return np.stack([cost[:, None] * one, np.stack([-0.01 * one, -self.demand / 400])])


class TestChance:
    @pytest.mark.parametrize("method", ["gradient", "slsqp"])
    def test_95_of_100(self, method):
        problem = Stock()
        found = search(Chance(problem, {0: 0.95}), method, evaluations=600)
        quantile = np.sort(problem.demand)[189]  # the 190th of 200
        place = (quantile / 4 - 20) / 40  # cost = quantile (1 - y / 4) + 20 y + 20 y^2
        x, y = found.point
        assert found.feasible
        assert ((problem.demand * (1 - y / 4) - x) <= 1e-6).sum() == 190
        assert y == pytest.approx(place, abs=0.02)
        assert found.values[0] == pytest.approx(
            (quantile * (1 - place / 4) + 20 * place + 20 * place**2) / 100, rel=1e-4
        )

    def test_slopes_are_near_those_of_a_smooth_quantile(self):
        problem = Chance(Stock(), {0: 0.95})
        point = np.array([110.0, 0.2])
        step = 0.05
        ends = problem.evaluate(point + np.array([[0, step], [0, -step]])).means[:, 1]
        slopes = problem.slopes(point)
        assert slopes is not None
        assert slopes[1, 0] == pytest.approx(-0.01)
        assert slopes[1, 1] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=0.03)

    def test_without_slopes_of_every_run_they_are_not_known(self):
        class Bare(Bowl):
            def evaluate(self, points):
                return Evaluated(np.repeat(super().evaluate(points).values, 5, axis=2))

        slopes = Chance(Bare(), {0: 0.9}).slopes(np.zeros(2))
        assert slopes is not None
        assert np.isnan(slopes).tolist() == [[False] * 2, [True] * 2]
        found = search(Chance(Bare(), {0: 0.9}), evaluations=200)
        np.testing.assert_allclose(found.point, [2 / 3, -5 / 3], atol=1e-2)  # by differences

    @pytest.mark.parametrize(("share", "kept"), [(1.0, 200), (0.5, 100), (0.001, 1)])
    def test_zero_exactly_if_so_many_keep_it(self, share, kept):
        problem = Stock()
        x = np.sort(problem.demand)[kept - 1]
        wrapped = Chance(problem, {0: share})
        told = wrapped.evaluate(np.array([[x + 1e-9, 0.0], [x - 1e-6, 0.0]])).means[:, 1]
        assert told[0] <= 0 < told[1]

    def test_weights(self):
        for share in (0.1, 0.5, 0.95, 1.0):
            weights = order_weights(share, 20)
            assert weights.sum() == pytest.approx(1.0)
            assert np.argmax(weights) + 1 == pytest.approx(share * 20, abs=1)

    @pytest.mark.parametrize(("shares", "words"), [({1: 0.9}, "no constraint 1"), ({0: 95.0}, "Use 0.95")])
    def test_what_cannot_be(self, shares, words):
        with pytest.raises(ValueError, match=words):
            Chance(Stock(), shares)


class Sloped(Noted):
    """A stock in one scenario: what is left over costs 1, what is missing 4."""

    def __init__(self, demand: float) -> None:
        super().__init__([0.0], [10.0], [9.0], limits=0)
        self.demand = demand

    def means(self, points):
        over = points[:, 0] - self.demand
        return np.maximum(over, -4 * over)[:, None]


class TestRobust:
    demands = (2.0, 4.0, 5.0, 8.0)

    def answer(self, cost):
        grid = np.linspace(0, 10, 10001)
        over = grid[:, None] - np.array(self.demands)
        costs = cost(np.maximum(over, -4 * over))
        return grid[np.argmin(costs)], costs.min()

    @pytest.mark.parametrize(
        ("tail", "cost"),
        [
            (1.0, lambda c: c.mean(axis=1)),
            (0.0, lambda c: c.max(axis=1)),
            (0.5, lambda c: np.sort(c, axis=1)[:, 2:].mean(axis=1)),
            (0.375, lambda c: np.sort(c, axis=1)[:, 2:] @ np.array([1 / 3, 2 / 3])),
        ],
    )
    def test_the_mean_the_worst_and_the_mean_of_the_worst(self, tail, cost):
        problem = Robust([Sloped(demand) for demand in self.demands], tail=tail)
        points = np.linspace(0, 10, 21)[:, None]
        over = points - np.array(self.demands)
        np.testing.assert_allclose(problem.evaluate(points).means[:, 0], cost(np.maximum(over, -4 * over)))
        found = search(problem, "de", evaluations=1500, seed=1)
        assert found.values[0] == pytest.approx(self.answer(cost)[1], abs=0.02)

    def test_probabilities(self):
        problem = Robust([Sloped(2.0), Sloped(6.0)], probabilities=[3.0, 1.0])
        assert problem.evaluate(np.array([[4.0]])).means[0, 0] == pytest.approx(0.75 * 2 + 0.25 * 8)

    def test_constraints_hold_in_every_scenario(self):
        easy, hard = Bowl(), Bowl(shift=1.0)
        found = search(Robust([easy, hard]), evaluations=200)
        assert found.values[1] == pytest.approx(0.0, abs=1e-9)
        assert hard.means(found.point[None])[0, 1] == pytest.approx(0.0, abs=1e-9)
        assert easy.means(found.point[None])[0, 1] == pytest.approx(-1.0, abs=1e-9)
        assert found.multipliers == pytest.approx([4 / 3], rel=1e-4)  # x + y <= -2

    def test_scenarios_that_are_not_alike(self):
        with pytest.raises(ValueError, match="differ"):
            Robust([Bowl(), Sloped(1.0)])
        with pytest.raises(ValueError, match="one probability above 0"):
            Robust([Bowl(), Bowl()], probabilities=[1.0])
        with pytest.raises(ValueError, match="tail is 2"):
            Robust([Bowl()], tail=2)
        with pytest.raises(ValueError, match="needs a scenario"):
            Robust([])


class TestHypervolume:
    def test_of_boxes(self):
        reference = np.array([3.0, 3.0, 3.0])
        assert hypervolume(np.array([[1.0, 1.0, 1.0]]), reference) == 8.0
        assert hypervolume(np.array([[0.0, 2.0, 2.0], [2.0, 0.0, 2.0], [2.0, 2.0, 0.0]]), reference) == 3 * 3 - 2
        assert hypervolume(np.array([[4.0, 0.0, 0.0]]), reference) == 0.0

    @pytest.mark.parametrize("aims", [2, 3, 4])
    def test_as_pymoo_has_it(self, aims):
        hv = pytest.importorskip("pymoo.indicators.hv", reason="needs pip install linetwin[search]").HV
        values = np.random.default_rng(aims).random((25, aims))
        assert hypervolume(values, np.full(aims, 1.1)) == pytest.approx(float(hv(ref_point=np.full(aims, 1.1))(values)))

    def test_a_front_by_weights_and_by_nsga2(self):
        pytest.importorskip("pymoo", reason="needs pip install linetwin[search]")
        full = np.linspace(0, 1, 2001)
        reference = np.array([1.1, 1.1])
        best = hypervolume(np.stack([full**2, (1 - full) ** 2], axis=1)[::4], reference)
        for method, share, count in (("pareto", 0.85, 300), ("nsga2", 0.9, 1200)):
            front = search(Two(), method, evaluations=count, seed=1).front
            assert front is not None
            means = front[1]
            assert share * best < hypervolume(means, reference) <= best * 1.001
