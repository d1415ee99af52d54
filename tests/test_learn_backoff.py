"""Times of groups within groups: closed forms, what is borrowed, ranks, and the model as a file."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from twin.eventlog.words import Words, words_of
from twin.learn.backoff import BORROWED, TimesModel, learn_times
from twin.learn.groups import ATOMS, SHORTEST, Group, day_spread


def two_levels(seed: int = 0, n: int = 300) -> tuple[np.ndarray, list[Words], np.ndarray]:
    """Times of two stations with two activities each, over ten days."""
    rng = np.random.default_rng(seed)
    station, activity = rng.integers(0, 2, n), rng.integers(0, 2, n)
    seconds = np.exp(np.log([40.0, 90.0])[station] + np.array([0.0, 0.4])[activity] + 0.1 * rng.standard_normal(n))
    keys = [Words(station.astype(np.int32), ("mill", "saw")), Words(activity.astype(np.int32), ("cut", "drill"))]
    return seconds, keys, np.arange(n) * 10 // n


class TestClosedForms:
    def test_without_groups_it_is_one_lognormal(self):
        logs = np.array([3.0, 3.5, 4.0, 4.5])
        model = TimesModel((), {(): Group(4, 1, logs)}, 1.0, {})
        spread = math.sqrt(2 * (np.subtract(*np.quantile(logs, [0.75, 0.25])) / 1.349) ** 2 / 4 + 1e-6)
        truth: Any = stats.norm(logs.mean(), max(logs.std(), spread))
        seconds = np.exp([2.0, 3.7, 5.0])
        np.testing.assert_allclose(model.ranks([words_of(["a"] * 3)], seconds), truth.cdf([2.0, 3.7, 5.0]), atol=1e-12)
        np.testing.assert_allclose(model.log_density([words_of(["a"] * 3)], seconds), truth.logpdf([2.0, 3.7, 5.0]))
        assert model.quantile((), 0.3) == pytest.approx(math.exp(truth.ppf(0.3)))
        low, high = model.interval((), 0.9)
        assert (low, high) == pytest.approx(tuple(np.exp(truth.ppf([0.05, 0.95]))))

    def test_one_group_is_weighed_against_the_group_around_it(self):
        own, around = np.array([3.0, 3.1, 3.2]), np.array([3.0, 3.1, 3.2, 5.0, 5.2])
        model = TimesModel(("station",), {(): Group(5, 1, around), ("mill",): Group(3, 1, own)}, 2.0, {})
        means, widths, weights = model.atoms(("mill",))
        assert means.tolist() == [3.0, 3.1, 3.2, around.mean()]
        np.testing.assert_allclose(weights, [0.2, 0.2, 0.2, 0.4])  # 3 of its own against k = 2
        s = 0.1 / 1.349
        np.testing.assert_allclose(widths[:3], math.sqrt(2 * s**2 / 3 + 1e-6))
        assert widths[3] == pytest.approx(around.std())

    def test_days_that_differ_widen_it_by_how_few_were_seen(self):
        logs = np.array([3.0, 3.1, 3.2])
        groups = {(): Group(3, 3, logs), ("mill",): Group(3, 3, logs)}
        still, moving = (TimesModel(("station",), groups, 1.0, {"mill": d}).atoms(("mill",))[1][0] for d in (0.0, 0.3))
        assert moving**2 - still**2 == pytest.approx(2 * 0.3**2 / 3)

    def test_one_time_borrows_the_spread_around_it(self):
        around = np.array([3.0, 3.5, 4.0])
        model = TimesModel(("station",), {(): Group(3, 1, around), ("mill",): Group(1, 1, np.array([3.0]))}, 1.0, {})
        s = 0.5 / 1.349
        assert model.atoms(("mill",))[1][0] == pytest.approx(math.sqrt(2 * s**2 + 1e-6))

    @given(st.lists(st.floats(0.1, 1000), min_size=1, max_size=60), st.floats(0.01, 0.99))
    def test_rank_and_quantile_are_inverse(self, seconds, share):
        model = learn_times(np.array(seconds), [words_of(["a"] * len(seconds))])
        time = model.quantile(("a",), share)
        assume(time > SHORTEST)  # shorter ones count as this
        assert model.ranks([words_of(["a"])], np.array([time]))[0] == pytest.approx(share, abs=1e-6)

    def test_density_is_the_slope_of_the_rank(self):
        seconds, keys, day = two_levels()
        model = learn_times(seconds, keys, day=day)
        x, h = np.log(np.array([40.0, 41.0, 60.0])), 1e-6
        own = [words_of(["mill"] * 3), words_of(["cut"] * 3)]
        slope = (model.ranks(own, np.exp(x + h)) - model.ranks(own, np.exp(x - h))) / (2 * h)
        np.testing.assert_allclose(np.exp(model.log_density(own, np.exp(x))), slope, rtol=1e-5)


class TestBorrowing:
    def test_unknown_words_fall_back_to_the_group_around(self):
        seconds, keys, day = two_levels()
        model = learn_times(seconds, keys, day=day, names=("station", "activity"))
        assert model.names == ("station", "activity")
        assert model.known(("mill", "grind")) == ("mill",)
        assert model.known(("lathe", "cut")) == ()
        assert model.quantile(("mill", "grind"), 0.5) == model.quantile(("mill",), 0.5)
        assert model.quantile(("lathe", "cut"), 0.5) == model.quantile((), 0.5)

    def test_a_key_ends_at_the_first_blank(self):
        seconds, keys, day = two_levels()
        model = learn_times(seconds, keys, day=day)
        half = [words_of(["mill", "mill"]), words_of([None, "grind"])]
        ranks = model.ranks(half, np.array([50.0, 50.0]))
        assert ranks[0] == ranks[1]

    def test_groups_that_are_alike_borrow_and_others_do_not(self):
        rng = np.random.default_rng(0)
        group = np.arange(400) % 100
        keys = [words_of([f"g{k:02d}" for k in group])]
        day = np.arange(400) // 100
        alike = learn_times(rng.lognormal(4, 0.3, 400), keys, day=day)
        apart = learn_times(np.exp(group / 10.0 + 0.01 * rng.standard_normal(400)), keys, day=day)
        assert alike.borrowed == max(BORROWED)
        assert apart.borrowed == min(BORROWED)

    def test_many_times_are_kept_as_quantiles(self):
        seconds = np.random.default_rng(0).lognormal(4, 0.3, 5000)
        model = learn_times(seconds, [words_of(["a"] * 5000)])
        group = model.groups["a",]
        assert (group.n, len(group.log_times)) == (5000, ATOMS)
        assert model.quantile(("a",), 0.1) == pytest.approx(np.quantile(seconds, 0.1), rel=0.02)

    @pytest.mark.parametrize("true", [0.0, 0.15])
    def test_the_spread_from_day_to_day(self, true):
        rng = np.random.default_rng(1)
        day = np.repeat(np.arange(60), 50)
        logs = 4 + true * rng.standard_normal(60)[day] + 0.1 * rng.standard_normal(3000)
        found = day_spread(logs, [words_of(["a"] * 3000)], np.arange(3000), day)
        assert found == pytest.approx(true, abs=0.03)

    def test_no_times_and_negative_ones_are_refused(self):
        for seconds in ([], [-1.0], [np.nan], [np.inf]):
            with pytest.raises(ValueError, match="times are zero or more seconds"):
                learn_times(np.array(seconds), [words_of(["a"] * len(seconds))])

    def test_zero_counts_as_a_thousandth_of_a_second(self):
        model = learn_times(np.zeros(10), [words_of(["a"] * 10)])
        assert model.quantile(("a",), 0.5) == pytest.approx(1e-3, rel=0.01)


class TestPredictions:
    @pytest.mark.parametrize("key", [("mill", "cut"), ("saw",), ()])
    def test_ranks_of_its_own_draws_are_even(self, key):
        seconds, keys, day = two_levels()
        model = learn_times(seconds, keys, day=day)
        drawn = model.draw(key, np.random.default_rng(1), 4000)
        columns = [words_of([key[level] if level < len(key) else None] * 4000) for level in range(2)]
        assert stats.kstest(model.ranks(columns, drawn), "uniform").pvalue > 0.01

    def test_intervals_hold_new_times_as_often_as_they_promise(self):
        held = []
        for seed in range(40):
            seconds, keys, day = two_levels(seed, 120)
            later, own, _ = two_levels(seed + 1000, 200)
            ranks = learn_times(seconds, keys, day=day).ranks(own, later)
            held.append(np.mean(np.abs(2 * ranks - 1) <= 0.9))
        assert 0.88 < np.mean(held) < 0.94

    def test_widths_are_those_of_the_intervals(self):
        seconds, keys, day = two_levels()
        model = learn_times(seconds, keys, day=day)
        own = [words_of(["mill", "saw"]), words_of(["cut", "drill"])]
        (a, b), (c, d) = (model.interval(key, 0.8) for key in (("mill", "cut"), ("saw", "drill")))
        np.testing.assert_allclose(model.widths(own, 0.8), [b - a, d - c])


def test_the_model_comes_back_from_json():
    seconds, keys, day = two_levels()
    model = learn_times(seconds, keys, day=day, names=("station", "activity"))
    text = json.dumps(model.to_dict())
    back = TimesModel.from_dict(json.loads(text))
    assert json.dumps(back.to_dict()) == text
    assert (back.names, back.borrowed, back.day_spread) == (model.names, model.borrowed, model.day_spread)
    np.testing.assert_allclose(back.ranks(keys, seconds), model.ranks(keys, seconds), atol=1e-4)
