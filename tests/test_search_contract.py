"""One battery that every search passes, ours and those of other libraries."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from searched import Bowl, Two

from scenarios.search import METHODS, asked, run, search
from scenarios.search.driver import Watched
from scenarios.search.points import SobolPoints
from scenarios.search.problem import Spent

pytest.importorskip("cma", reason="needs pip install linetwin[search]")
pytest.importorskip("pymoo", reason="needs pip install linetwin[search]")
pytest.importorskip("bayes_opt", reason="needs pip install linetwin[search]")

CONTINUOUS = ("gradient", "slsqp")
EVALUATIONS = {"bayes": 16}  # what it suggests takes its time
NEAR = {"gradient": 1e-6, "slsqp": 1e-4, "integers": 0.2, "cma": 0.02, "de": 0.3, "scipy_de": 0.3, "bayes": 0.3}


def problem_for(method, **how):
    return Two() if method == "pareto" else Bowl(**how)


def budget(method):
    return EVALUATIONS.get(method, 80)


@pytest.mark.parametrize("method", METHODS)
class TestEveryMethod:
    def test_asks_inside_of_the_box_and_not_more_than_it_may(self, method):
        problem = problem_for(method)
        found = search(problem, method, evaluations=budget(method), seed=3)
        points = np.concatenate(problem.asked)
        assert (points >= problem.low).all()
        assert (points <= problem.high).all()
        assert len(points) <= found.evaluations <= budget(method)

    def test_asks_whole_numbers_where_they_have_to_be(self, method):
        if method in CONTINUOUS:
            with pytest.raises(ValueError, match="continuous"):
                search(Bowl(whole=True), method, evaluations=20)
            return
        problem = problem_for(method, whole=True)
        found = search(problem, method, evaluations=budget(method), seed=1)
        points = np.concatenate(problem.asked)[:, problem.integer]
        np.testing.assert_array_equal(points, np.round(points))
        np.testing.assert_array_equal(found.point[problem.integer], np.round(found.point[problem.integer]))

    def test_tells_the_same_by_the_same_seed(self, method):
        one, two = (problem_for(method) for _ in range(2))
        for problem in (one, two):
            search(problem, method, evaluations=budget(method), starts=2, seed=5)
        np.testing.assert_array_equal(np.concatenate(one.asked), np.concatenate(two.asked))

    def test_names_the_best_that_it_evaluated(self, method):
        problem = problem_for(method)
        found = search(problem, method, evaluations=budget(method), seed=2)
        told = problem.means(np.concatenate(problem.asked))
        kept = told[(told[:, problem.objectives :] <= 1e-9).all(axis=1)]
        assert found.feasible
        assert found.shortfall is None
        least = kept[:, : problem.objectives].mean(axis=1).min()
        assert found.values[: problem.objectives].mean() == pytest.approx(least, abs=1e-7)
        np.testing.assert_array_equal(problem.means(found.point[None])[0], found.values)

    def test_the_history_never_gets_worse_and_ends_at_the_best(self, method):
        found = search(problem_for(method), method, evaluations=budget(method), seed=2)
        values = np.array([value for _, value in found.history])
        values = values[np.isfinite(values)]
        assert (np.diff(values) <= 0).all()
        assert values[-1] == pytest.approx(found.values[: 2 if method == "pareto" else 1].mean())
        counts = [count for count, _ in found.history]
        assert counts == sorted(counts)
        assert len(found.seconds) == len(found.history)
        assert (np.diff(found.seconds) >= 0).all()

    def test_says_that_nothing_is_feasible(self, method):
        if method == "pareto":
            pytest.skip("this problem of several aims has no constraints")
        found = search(Bowl(shift=9.0), method, evaluations=budget(method), seed=1)
        assert not found.feasible
        assert found.shortfall is not None
        assert "evaluations keeps all constraints; the nearest breaks constraint 1 by" in found.shortfall
        assert "Allow more evaluations" in found.shortfall

    def test_ends_when_its_seconds_are_over(self, method):
        problem = problem_for(method)
        hours = iter(np.arange(0.0, 1e6))
        found = run(METHODS[method], problem, seconds=12.0, seed=1, clock=lambda: float(next(hours)))
        assert found.seconds[-1] <= 14.0  # looked at between batches

    def test_does_not_stumble_over_what_is_not_known(self, method):
        problem = problem_for(method)
        own = problem.means
        problem.means = lambda points: np.where(points[:, :1] < -1.5, np.nan, own(points))
        found = search(problem, method, evaluations=budget(method), seed=1)
        assert np.isfinite(found.values).all()
        assert found.point[0] >= -1.5

    def test_tells_how_far_it_is(self, method):
        shares = []
        search(problem_for(method), method, evaluations=budget(method), seed=1, progress=shares.append)
        assert shares == sorted(shares)
        assert shares[-1] == 1.0


@pytest.mark.parametrize("method", NEAR)
def test_gets_near_the_best(method):
    found = search(Bowl(), method, evaluations=48 if method == "bayes" else 300, seed=4)
    np.testing.assert_allclose(found.point, [2 / 3, -5 / 3], atol=NEAR[method])


@pytest.mark.parametrize("method", ["cma", "de", "nsga2", "scipy_de", "bayes"])
def test_one_variable_is_enough(method):
    problem = Bowl()
    problem.low, problem.high, problem.start = np.array([-3.0]), np.array([3.0]), np.array([-1.0])
    problem.integer, problem.names, problem.constraints = np.zeros(1, bool), ("x",), 0
    problem.means = lambda points: (points - 1) ** 2
    found = search(problem, method, evaluations=budget(method), seed=4)
    assert found.point == pytest.approx([1.0], abs=0.3)


@pytest.mark.parametrize("method", ["cma", "de", "scipy_de", "slsqp", "bayes"])
def test_one_aim_only(method):
    with pytest.raises(ValueError, match=r"towards one aim; use nsga2 or pareto"):
        search(Two(), method, evaluations=40)


@pytest.mark.parametrize(
    ("method", "module"), [("cma", "cma"), ("nsga2", "pymoo"), ("de", "pymoo"), ("bayes", "bayes_opt")]
)
def test_a_library_that_is_not_here(method, module, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == module] + [module]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ValueError, match=rf"'{method}' needs {module}.*pip install linetwin\[search\]"):
        search(Bowl(), method, evaluations=20)


class TestDriver:
    def test_cuts_the_batch_that_goes_too_far(self):
        problem = Bowl()
        watched = Watched(problem, evaluations=5)
        watched.evaluate(np.zeros((3, 2)))
        with pytest.raises(Spent):
            watched.evaluate(np.zeros((3, 2)))
        assert sum(map(len, problem.asked)) == watched.used == 5

    def test_wants_an_end(self):
        with pytest.raises(ValueError, match="Give evaluations, or seconds"):
            search(Bowl(), "sobol")
        with pytest.raises(ValueError, match="evaluations is 0"):
            search(Bowl(), "sobol", evaluations=0)

    def test_a_method_of_ones_own(self):
        class Corner(SobolPoints):
            def ask(self):
                self.done = True
                return np.array([[-3.0, -4.0]])

        found = run(asked(Corner), Bowl(), evaluations=10)
        np.testing.assert_array_equal(found.point, [-3.0, -4.0])
        assert found.evaluations == 1

    def test_nothing_that_is_known(self):
        problem = Bowl()
        problem.means = lambda points: np.full((len(points), 2), np.nan)
        with pytest.raises(ValueError, match="no point whose figures are known"):
            search(problem, "sobol", evaluations=10)
