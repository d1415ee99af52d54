"""Shapley values against games whose values are known, closed forms, and the definition by all orders."""

import itertools
import math
from typing import Any

import numpy as np
import pytest

from surrogates.shapley import shapley

ONE = np.ones


def game(worth):
    """A game as a model: players that are there have a 1 in their column."""
    return lambda x: np.array([[float(worth({int(i) for i in np.flatnonzero(case > 0.5)}))] for case in np.asarray(x)])


def of_game(worth, players, **options: Any):
    return shapley(game(worth), np.zeros((1, players)), ONE((1, players)), **options)


GAMES = {
    # one left glove, two right gloves: only a pair is worth something
    "gloves": (lambda s: min(0 in s, len(s & {1, 2})), [2 / 3, 1 / 6, 1 / 6]),
    # 51 of 50 + 49 + 1 votes: the two small ones are equally strong
    "votes": (lambda s: sum([50, 49, 1][i] for i in s) >= 51, [2 / 3, 1 / 6, 1 / 6]),
    # a runway for planes that need 1, 2 and 3: each pays its part of what it uses
    "runway": (lambda s: max((i + 1 for i in s), default=0), [1 / 3, 1 / 3 + 1 / 2, 1 / 3 + 1 / 2 + 1]),
}


@pytest.mark.parametrize("name", GAMES)
def test_known_games(name):
    worth, expected = GAMES[name]
    assert of_game(worth, 3).values[0, :, 0] == pytest.approx(expected, abs=1e-12)
    sampled = of_game(worth, 3, rounds=600, seed=1)
    assert np.all(np.abs(sampled.values[0, :, 0] - expected) < 4 * sampled.sampling_error[0, :, 0] + 1e-12)


def test_security_council_has_too_many_coalitions_to_ask_all():
    # five with a veto and four of ten others: 421/2145 and 4/2145 (Shapley and Shubik 1954, as counted today)
    found = of_game(lambda s: len(s & set(range(5))) == 5 and len(s) >= 9, 15, rounds=1500)
    expected = np.array([421 / 2145] * 5 + [4 / 2145] * 10)
    error = found.sampling_error[0, :, 0]
    assert np.all(np.abs(found.values[0, :, 0] - expected) < 4 * error + 1e-3)
    assert found.sampling_error[0, :5, 0] == pytest.approx(0.007, rel=0.3)


def test_a_linear_model_pays_each_input_its_distance_from_the_mean():
    random = np.random.default_rng(0)
    slope, background, x = random.normal(size=(5, 3)), random.normal(size=(40, 5)), random.normal(size=(7, 5))
    expected = (x - background.mean(axis=0))[:, :, None] * slope
    for rounds in (None, 2):
        found = shapley(lambda x: x @ slope, background, x, rounds=rounds)
        assert found.values == pytest.approx(expected, abs=1e-12)
        assert found.sampling_error.max() < 1e-12  # the order does not matter
        of_mean = background.std(axis=0, ddof=1)[:, None] * np.abs(slope) / math.sqrt(40)
        assert found.background_error == pytest.approx(np.broadcast_to(of_mean, expected.shape), abs=1e-12)


def test_a_product_of_independent_inputs():
    # f = x1 x2: phi_1 = (x1 - m1) (x2 + m2) / 2 for a background whose inputs are independent
    first, second = np.meshgrid([1.0, 2.0, 6.0], [-1.0, 4.0])
    background = np.stack([first.ravel(), second.ravel()], axis=1)
    found = shapley(lambda x: x[:, :1] * x[:, 1:], background, [[5.0, 7.0]], pairs=True)
    assert found.values[0, :, 0] == pytest.approx([(5 - 3) * (7 + 1.5) / 2, (7 - 1.5) * (5 + 3) / 2])
    assert found.pairs is not None
    assert found.pairs[0, 0, 1, 0] == pytest.approx((5 - 3) * (7 - 1.5))
    assert found.pairs[0, 0, 0, 0] == pytest.approx((5 - 3) * 1.5)


def tangled(x):
    """Interactions of every order, two outputs."""
    x = np.asarray(x)
    return np.stack([np.sin(x.sum(axis=1)) * x[:, 0] + x.prod(axis=1), np.abs(x[:, 1] - x[:, 2]) ** 1.5], axis=1)


def by_all_orders(predict, background, case, groups):
    """The definition, one order after the other."""
    values = np.zeros((len(groups), 2))
    orders = list(itertools.permutations(range(len(groups))))
    for order in orders:
        now = background.copy()
        before = predict(now).mean(axis=0)
        for player in order:
            now[:, groups[player]] = case[groups[player]]
            after = predict(now).mean(axis=0)
            values[player] += (after - before) / len(orders)
            before = after
    return values


@pytest.mark.parametrize("groups", [None, [[0, 3], [1], [2, 4]]])
def test_the_definition_by_all_orders(groups):
    random = np.random.default_rng(1)
    background = random.normal(size=(9, 5)) @ random.normal(size=(5, 5))  # dependent inputs
    x = random.normal(size=(3, 5))
    players = groups or [[i] for i in range(5)]
    expected = np.stack([by_all_orders(tangled, background, case, players) for case in x])
    assert shapley(tangled, background, x, groups=groups).values == pytest.approx(expected, abs=1e-10)
    small_batches = shapley(tangled, background, x, groups=groups, batch=7)
    assert small_batches.values == pytest.approx(expected, abs=1e-10)
    sampled = shapley(tangled, background, x, groups=groups, rounds=200)
    assert np.all(np.abs(sampled.values - expected) < 4.5 * sampled.sampling_error + 1e-12)


@pytest.mark.parametrize("inputs", [3, 8, 20])
@pytest.mark.parametrize("rounds", [None, 2])
def test_values_add_up_to_what_there_is_to_explain(inputs, rounds):
    random = np.random.default_rng(2)
    background, x = random.normal(size=(10, inputs)), random.normal(size=(4, inputs))

    def predict(x):  # in single precision, and not the same to the last bit in another batch
        x = np.asarray(x, np.float32)
        return 1e3 * np.tanh(x @ np.ones((inputs, 2), np.float32)) + 1e-4 * len(x)

    found = shapley(predict, background, x, rounds=rounds)
    assert found.values.sum(axis=1) == pytest.approx(found.predicted - found.base, rel=1e-12, abs=1e-9)


def test_pairs_add_up_too_and_a_game_of_three_has_half_in_each_pair():
    random = np.random.default_rng(3)
    found = shapley(tangled, random.normal(size=(6, 5)), random.normal(size=(2, 5)), pairs=True)
    assert found.pairs is not None
    assert found.pairs == pytest.approx(found.pairs.swapaxes(1, 2))
    upper = np.triu(np.ones((5, 5)))[None, :, :, None]
    assert (found.pairs * upper).sum(axis=(1, 2)) == pytest.approx(found.predicted - found.base, abs=1e-9)
    together = of_game(lambda s: len(s) == 3, 3, pairs=True).pairs
    assert together is not None
    assert together[0, :, :, 0] == pytest.approx(np.full((3, 3), 0.5) - np.eye(3) * (0.5 + 1 / 6), abs=1e-12)


def test_one_input_and_an_input_without_effect():
    alone = shapley(lambda x: x**2, [[1.0], [3.0]], [[4.0]], pairs=True)
    assert alone.values[0, 0, 0] == pytest.approx(16 - 5)
    assert shapley(lambda x: x**2, [[1.0], [3.0]], [[4.0]], rounds=2).values[0, 0, 0] == pytest.approx(16 - 5)
    idle = shapley(lambda x: x[:, :1] ** 2, [[1.0, 5.0], [3.0, 6.0]], [[4.0, 9.0]])
    assert idle.values[0, 1, 0] == 0.0
    assert np.isnan(shapley(lambda x: x, [[1.0]], [[4.0]]).background_error).all()


def test_standard_errors_of_sampling_hold_the_truth_as_often_as_they_should():
    random = np.random.default_rng(4)
    background, x = random.normal(size=(20, 5)), random.normal(size=(1, 5))
    truth = shapley(tangled, background, x).values
    runs = [shapley(tangled, background, x, rounds=16, seed=seed) for seed in range(200)]
    miss = np.array([run.values - truth for run in runs])[:, 0, :, 0]
    error = np.array([run.sampling_error for run in runs])[:, 0, :, 0]
    assert np.all(np.abs(miss.mean(axis=0)) < 4 * miss.std(axis=0) / math.sqrt(200))
    assert np.sqrt((error**2).mean(axis=0)) == pytest.approx(miss.std(axis=0), rel=0.2)
    assert (np.abs(miss) < 1.96 * error).mean() == pytest.approx(0.95, abs=0.04)


def test_standard_errors_over_the_background_hold_the_truth_as_often_as_they_should():
    random = np.random.default_rng(5)
    x = np.array([[1.0, 2.0]])  # f = exp(x1) x2 with standard normal inputs
    mean = math.exp(0.5)
    truth = (math.e - mean) * 2 / 2 + 0.0 * mean  # phi_1 = (exp(x1) - E exp) (x2 + E x2) / 2
    runs = [shapley(lambda x: np.exp(x[:, :1]) * x[:, 1:], random.normal(size=(200, 2)), x) for _ in range(200)]
    score = [(run.values[0, 0, 0] - truth) / run.background_error[0, 0, 0] for run in runs]
    assert np.std(score) == pytest.approx(1.0, abs=0.2)
    assert abs(np.mean(score)) < 0.3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[0.0, 1.0]], [1.0, 2.0]), r"x has shape \(2,\); it is a table"),
        (([[0.0, 1.0]], [[1.0]]), "x has 1 inputs; the background has 2"),
        (([[0.0, np.nan]], [[1.0, 1.0]]), "background: input 1 of case 0 is nan"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        shapley(lambda x: x, *arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": [[0], [0, 1]]}, "exactly one group"),
        ({"groups": [[0, 1], []]}, "exactly one group"),
        ({"rounds": 1}, "rounds is 1; the standard error needs 2"),
        ({"rounds": 2, "pairs": True}, "leave out rounds"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        shapley(lambda x: x, [[0.0, 1.0]], [[1.0, 1.0]], **options)


def test_models_that_answer_strangely_are_refused():
    with pytest.raises(ValueError, match="Keep the axis of outputs"):
        shapley(lambda x: np.asarray(x)[:, 0], [[0.0, 1.0]], [[1.0, 1.0]])
    with pytest.raises(ValueError, match="not finite at"):
        shapley(lambda x: np.full_like(x, np.inf), [[0.0, 1.0]], [[1.0, 1.0]])
