"""Searches on functions whose best point is known."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.search import METHODS, Evaluated, search
from scenarios.search.pareto import nondominated

SIZE = 16


class Quadratic:
    """A bowl with a linear constraint, 4 - sum(x) <= 0, that the best point only just keeps."""

    def __init__(self, *, slopes: bool = True, noise: float = 0.0) -> None:
        rng = np.random.default_rng(0)
        self.names = tuple(f"x{k}" for k in range(SIZE))
        self.low, self.high, self.start = -5 * np.ones(SIZE), 5 * np.ones(SIZE), np.zeros(SIZE)
        self.integer = np.zeros(SIZE, bool)
        self.objectives, self.constraints = 1, 1
        root = rng.normal(size=(SIZE, SIZE))
        self.bowl, self.tilt = root @ root.T / SIZE + np.eye(SIZE), rng.normal(size=SIZE)
        self.luck = noise * rng.normal(size=8)
        self.has_slopes, self.asked = slopes, []

    def evaluate(self, points):
        points = np.asarray(points, float)
        self.asked.append(points)
        cost = 0.5 * np.einsum("pi,ij,pj->p", points, self.bowl, points) + points @ self.tilt
        means = np.stack([cost, 4.0 - points.sum(axis=1)], axis=1)
        return Evaluated(means[..., None] + self.luck)

    def slopes(self, point):
        return np.stack([self.bowl @ point + self.tilt, -np.ones(SIZE)]) if self.has_slopes else None

    def answer(self):
        """Best point and multiplier, from the optimum's linear equations."""
        ones = np.ones((SIZE, 1))
        both = np.block([[self.bowl, -ones], [ones.T, np.zeros((1, 1))]])
        found = np.linalg.solve(both, np.append(-self.tilt, 4.0))
        return found[:SIZE], found[SIZE]


class Whole(Quadratic):
    """Whole numbers, of which the best are known by trying all."""

    def __init__(self) -> None:
        super().__init__()
        self.names, self.integer = ("a", "b", "c"), np.ones(3, bool)
        self.low, self.high, self.start = np.zeros(3), 6 * np.ones(3), np.zeros(3)

    def evaluate(self, points):
        points = np.asarray(points, float)
        self.asked.append(points)
        assert (points == np.round(points)).all()
        gain = 5 * np.log1p(points @ np.array([1.0, 2.0, 0.5])) - 0.2 * (points**2).sum(axis=1)
        return Evaluated(np.stack([-gain, points.sum(axis=1) - 5], axis=1)[..., None])

    def slopes(self, point):
        return None


class Two(Quadratic):
    """Two aims, x^2 and (x - 1)^2 in the first variable: the front is 0 to 1."""

    def __init__(self) -> None:
        super().__init__()
        self.names, self.low, self.high, self.start = ("x",), -2 * np.ones(1), 2 * np.ones(1), 1.5 * np.ones(1)
        self.integer, self.objectives, self.constraints = np.zeros(1, bool), 2, 0

    def evaluate(self, points):
        x = np.asarray(points, float)[:, 0]
        self.asked.append(points)
        return Evaluated(np.stack([x**2, (x - 1) ** 2], axis=1)[..., None])

    def slopes(self, point):
        return np.array([[2 * point[0]], [2 * point[0] - 2]])


def fitting(method):
    return {"integers": Whole, "pareto": Two}.get(method, Quadratic)()


class TestEveryMethod:
    @pytest.mark.parametrize("method", METHODS)
    def test_stays_in_the_box_and_within_its_evaluations(self, method):
        problem = fitting(method)
        found = search(problem, method, evaluations=60, starts=2, seed=3)
        asked = np.concatenate(problem.asked)
        assert (asked >= problem.low - 1e-9).all()
        assert (asked <= problem.high + 1e-9).all()
        assert len(asked) <= 60 + 2 * len(problem.low) + 8  # what was begun is ended
        assert found.evaluations >= len(asked) * 0.5

    @pytest.mark.parametrize("method", METHODS)
    def test_tells_the_same_by_the_same_seed(self, method):
        one, two = (search(fitting(method), method, evaluations=50, starts=2, seed=5) for _ in range(2))
        np.testing.assert_array_equal(one.point, two.point)

    @pytest.mark.parametrize("method", METHODS)
    def test_names_a_point_that_it_evaluated(self, method):
        problem = fitting(method)
        found = search(problem, method, evaluations=50, seed=1)
        values = problem.evaluate(found.point[None]).means[0]
        np.testing.assert_allclose(values, found.values)

    def test_the_best_feasible_never_gets_worse(self):
        values = [value for _, value in search(Quadratic(), evaluations=200).history if np.isfinite(value)]
        assert len(values) > 3
        assert (np.diff(values) <= 1e-9).all()  # as much as a constraint may be broken by rounding

    def test_a_method_that_is_not_there(self):
        with pytest.raises(ValueError, match="there are auto, gradient"):
            search(Quadratic(), "magic", evaluations=10)


class TestGradient:
    def test_finds_the_best_point_and_the_price_of_the_constraint(self):
        problem = Quadratic()
        point, price = problem.answer()
        found = search(problem, evaluations=300)
        np.testing.assert_allclose(found.point, point, atol=1e-6)
        assert found.multipliers is not None
        np.testing.assert_allclose(found.multipliers, [price], atol=1e-5)
        assert found.feasible

    def test_needs_no_derivatives(self):
        problem = Quadratic(slopes=False)
        found = search(problem, evaluations=600)
        np.testing.assert_allclose(found.point, problem.answer()[0], atol=2e-3)

    def test_luck_that_all_points_share_does_no_harm(self):
        problem = Quadratic(noise=0.5)
        problem.luck -= problem.luck.mean()
        np.testing.assert_allclose(search(problem, evaluations=300).point, problem.answer()[0], atol=1e-5)

    def test_a_constraint_with_something_to_spare_costs_nothing(self):
        problem = Quadratic()
        problem.evaluate = lambda points: Evaluated(
            (0.5 * ((np.asarray(points) - 1) ** 2).sum(axis=1)[:, None] * [1.0, 0.0] - [0.0, 1.0])[..., None]
        )
        problem.slopes = lambda point: np.stack([point - 1, np.zeros(SIZE)])
        found = search(problem, evaluations=200)
        assert found.multipliers == 0
        np.testing.assert_allclose(found.point, 1.0, atol=1e-6)

    def test_ends_at_the_border_of_the_box(self):
        problem = Quadratic()
        problem.evaluate = lambda points: Evaluated(np.asarray(points).sum(axis=1)[:, None, None])
        problem.slopes = lambda point: np.ones((1, SIZE))
        problem.constraints = 0
        np.testing.assert_allclose(search(problem, evaluations=100).point, problem.low)

    def test_refuses_whole_numbers(self):
        with pytest.raises(ValueError, match="continuous"):
            search(Whole(), "gradient", evaluations=10)


class TestIntegers:
    def test_finds_the_best_of_all_with_few_evaluations(self):
        problem = Whole()
        grid = np.stack(np.meshgrid(*[np.arange(7.0)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
        means = problem.evaluate(grid).means
        allowed = means[:, 1] <= 0
        best = grid[allowed][np.argmin(means[allowed, 0])]
        found = search(problem, evaluations=300)
        np.testing.assert_array_equal(found.point, best)
        assert found.evaluations < 80

    def test_evaluates_nothing_twice(self):
        problem = Whole()
        search(problem, evaluations=300)
        asked = np.concatenate(problem.asked)
        assert len(np.unique(asked, axis=0)) == len(asked)


class TestPareto:
    def test_the_front_lies_between_the_two_best_points(self):
        front = search(Two(), evaluations=200).front
        assert front is not None
        points, means = front
        assert points.min() == pytest.approx(0.0, abs=1e-3)
        assert points.max() == pytest.approx(1.0, abs=1e-3)
        np.testing.assert_allclose(np.sqrt(means[:, 0]) + np.sqrt(means[:, 1]), 1.0, atol=1e-3)
        assert (np.diff(means[:, 0]) > 0).all()

    def test_nondominated_keeps_one_of_equals(self):
        np.testing.assert_array_equal(nondominated(np.array([[1.0, 1.0], [1.0, 1.0], [0.0, 2.0], [1.0, 2.0]])), [0, 2])
