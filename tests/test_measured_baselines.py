"""Baselines and scores against closed forms, scikit-learn and known truth."""

import builtins
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn_absent import sklearn_or_skip

from surrogates.baselines import Fit, as_before, linear, mean, trees
from surrogates.compare import compare
from surrogates.scores import scores
from surrogates.splits import grouped, random
from surrogates.table import Table

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(200, 3)) * [1.0, 100.0, 0.01]
Y = np.stack([2 * X[:, 0] - 0.01 * X[:, 1] + 1, X[:, 2] * 50 + DRAW.normal(size=200)], axis=1)


def test_linear_is_the_ridge_of_another_library() -> None:
    z = (X - X.mean(axis=0)) / X.std(axis=0)
    theirs = sklearn_or_skip("linear_model").Ridge(alpha=0.3 * len(X)).fit(z, Y).predict(z)
    np.testing.assert_allclose(linear(0.3)(X, Y, seed=0)(X), theirs, rtol=1e-9)


def test_linear_without_penalty_is_least_squares() -> None:
    design = np.column_stack([np.ones(len(X)), X])
    np.testing.assert_allclose(linear(0)(X, Y, seed=0)(X), design @ np.linalg.lstsq(design, Y)[0], atol=1e-9)
    constant = np.column_stack([X, np.full(len(X), 7.0)])  # an input that does not vary changes nothing
    found = linear(0)(constant, Y, seed=0)(constant + np.array([0, 0, 0, 5]))
    np.testing.assert_allclose(found, linear(0)(X, Y, seed=0)(X), atol=1e-9)
    with pytest.raises(ValueError, match="strength is -1"):
        linear(-1)


def test_trees_follow_a_step() -> None:
    sklearn_or_skip("ensemble")
    x = np.linspace(0, 1, 200)[:, None]
    predict = trees()(x, np.column_stack([x > 0.5, x < 0.2]).astype(float), seed=0)
    np.testing.assert_allclose(predict(np.array([[0.1], [0.4], [0.9]])), [[0, 1], [0, 0], [1, 0]], atol=0.01)


def test_trees_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = builtins.__import__

    def without(name: str, *words: Any, **more: Any) -> Any:
        if name.startswith("sklearn"):
            raise ImportError(name)
        return usual(name, *words, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install linetwin\[trust\]"):
        trees()(X, Y, seed=0)


def test_as_before_names_an_input_for_each_output() -> None:
    assert as_before([2, 0])(X, Y, seed=0)(X).tolist() == X[:, [2, 0]].tolist()
    with pytest.raises(ValueError, match=r"columns are \[3, 0\] with 3 inputs and 2 outputs"):
        as_before([3, 0])(X, Y, seed=0)


def test_scores_are_those_of_another_library() -> None:
    metrics = sklearn_or_skip("metrics")
    y, predicted = Y[:, 0] + 1e3, Y[:, 1] + 1e3
    found = scores(y, predicted)
    assert found.r2.value == pytest.approx(metrics.r2_score(y, predicted), rel=1e-9)
    assert found.rmse.value == pytest.approx(metrics.root_mean_squared_error(y, predicted))
    assert found.mae.value == pytest.approx(metrics.mean_absolute_error(y, predicted))


def test_intervals_of_rows_are_those_of_another_bootstrap() -> None:
    error = np.abs(DRAW.normal(size=150))
    found = scores(np.zeros(150), error, draws=4000).mae
    theirs = stats.bootstrap((error,), np.mean, method="percentile", n_resamples=4000, rng=1).confidence_interval
    assert found.low == pytest.approx(theirs.low, abs=0.01)
    assert found.high == pytest.approx(theirs.high, abs=0.01)


def test_intervals_of_groups_cover_the_truth_and_those_of_rows_do_not() -> None:
    """Errors shared by a group: the mean absolute error is 2 plus the mean of the groups' shifts, whose mean is 0."""
    held = {"groups": 0, "rows": 0}
    for seed in range(100):
        draw = np.random.default_rng(seed)
        groups = np.repeat(np.arange(25), 20)
        error = 2 + 0.3 * draw.normal(size=25)[groups] + 0.1 * draw.normal(size=500)
        for name, given in (("groups", groups), ("rows", None)):
            found = scores(np.zeros(500), error, groups=given, draws=200).mae
            held[name] += found.low <= 2 <= found.high
    assert 0.88 <= held["groups"] / 100 <= 0.99
    assert held["rows"] / 100 < 0.5


def test_scores_refuse() -> None:
    with pytest.raises(ValueError, match=r"shape \(200, 2\)"):
        scores(Y, Y)
    with pytest.raises(ValueError, match="1 rows are not finite"):
        scores(np.array([1.0, np.nan]), np.zeros(2))


def known(slope: float, noise: float = 0.0) -> Fit:
    """A model that knows y = x, more or less, and does not learn."""

    def fit(x: np.ndarray, y: np.ndarray, *, seed: int) -> Any:
        return lambda inputs: slope * inputs + noise * np.random.default_rng(seed).normal(size=inputs.shape)

    return fit


def table() -> Table:
    groups = np.repeat(np.arange(30), 10)
    x = np.random.default_rng(1).normal(size=300)
    y = x + 0.1 * np.random.default_rng(2).normal(size=300)
    return Table({"x": x, "y": y}, {"x": "s"}, {"y": "kW"}, groups=groups)


def test_verdicts_on_known_truth() -> None:
    models = {"mean": mean, "half": known(0.5), "good": known(1.0), "as good": known(1.0, 0.001)}
    found = compare(
        table(), models, lambda t, seed: grouped(np.asarray(t.groups), seed=seed), baselines=["mean", "half"]
    )
    verdicts = found.verdicts["y"]
    assert verdicts["good"].better
    assert verdicts["good"].rival == "half"
    assert verdicts["good"].text.startswith("better than every baseline: RMSE 0.")
    assert found.scores["y"]["good"].rmse.value == pytest.approx(0.1, rel=0.1)
    assert found.predicted["good"].shape == (5, 300, 1)
    against = compare(
        table(), models, lambda t, seed: grouped(np.asarray(t.groups), seed=seed), baselines=["mean", "good"]
    ).verdicts["y"]["as good"]
    assert not against.better
    assert against.text.startswith("not better than good: RMSE ")
    assert "kW" in against.text


def test_models_without_chance_are_fitted_once_per_fold() -> None:
    calls = []

    def counted(x: np.ndarray, y: np.ndarray, *, seed: int) -> Any:
        calls.append(seed)
        return mean(x, y, seed=seed)

    models: dict[str, Fit] = {"mean": counted}
    same = compare(table(), models, lambda t, seed: grouped(np.asarray(t.groups)), baselines=["mean"], fixed=["mean"])
    assert calls == [0] * 5
    each = compare(table(), models, lambda t, seed: grouped(np.asarray(t.groups)), baselines=["mean"])
    np.testing.assert_array_equal(same.predicted["mean"], each.predicted["mean"])


def test_comparisons_refuse_leaks_and_bad_models() -> None:
    def rows(t: Table, seed: int) -> Any:
        return random(len(t), seed=seed)

    with pytest.raises(ValueError, match="a whole group stands on one side"):
        compare(table(), {"mean": mean}, rows, baselines=["mean"])
    assert compare(table(), {"mean": mean}, rows, baselines=["mean"], leaks=True).scores["y"]["mean"].r2.value < 0
    with pytest.raises(ValueError, match="baseline 'median' is no model"):
        compare(table(), {"mean": mean}, rows, baselines=["median"])
    bad: Fit = lambda x, y, *, seed: lambda inputs: np.zeros((len(inputs), 2))  # noqa: E731
    with pytest.raises(ValueError, match=r"model 'bad', fold 1 of 5: predictions have shape \(60, 2\)"):
        compare(table(), {"mean": mean, "bad": bad}, rows, baselines=["mean"], leaks=True)
