"""Families of times, days that differ, visits out of range, and shares: against closed forms and known samples."""

import numpy as np
import pytest
from event_logs import there

from twin.distribution import Distribution
from twin.learn.shares import share_of, shares_of
from twin.learn.stops import interruptions_of, out_of_range
from twin.learn.times import MOST_CV, learn_station, learn_times_of


class TestTimes:
    LAWS = (
        Distribution("lognormal", {"mean": 40.0, "cv": 0.5}),
        Distribution("gamma", {"mean": 40.0, "cv": 0.7}),
        Distribution("weibull", {"shape": 4.0, "scale": 40.0}),
        Distribution("exponential", {"mean": 40.0}),
    )

    def sample(self, law, n=1500, seed=0):
        rng = np.random.default_rng(seed)
        if law.family == "lognormal":
            s = np.sqrt(np.log(1 + law.numbers["cv"] ** 2))
            return law.mean * np.exp(s * rng.standard_normal(n) - s * s / 2)
        if law.family == "gamma":
            shape = law.numbers["cv"] ** -2
            return rng.gamma(shape, law.mean / shape, n)
        if law.family == "weibull":
            return law.numbers["scale"] * rng.weibull(law.numbers["shape"], n)
        return rng.exponential(law.mean, n)

    @pytest.mark.parametrize("law", LAWS, ids=[law.family for law in LAWS])
    def test_the_family_is_found(self, law):
        seconds = self.sample(law)
        found = learn_times_of(seconds, np.zeros(1500, int), draws=50, rng=np.random.default_rng(0))
        assert found.law.family == law.family
        assert found.law.mean == pytest.approx(law.mean, rel=0.06)
        assert found.distance < 0.04
        assert found.overdispersion == 1.0
        assert found.choices[0].fit.bic == min(choice.fit.bic for choice in found.choices)

    def test_two_kinds_in_one_are_a_mixture(self):
        rng = np.random.default_rng(0)
        seconds = np.where(rng.random(1000) < 0.7, 30.0, 60.0) * rng.lognormal(0, 0.05, 1000)
        found = learn_times_of(seconds, np.zeros(1000, int), draws=20, rng=rng)
        weights = sorted((weight, part.mean) for weight, part in found.law.parts)
        assert weights == [(pytest.approx(0.3, abs=0.05), pytest.approx(60, rel=0.02)),
                           (pytest.approx(0.7, abs=0.05), pytest.approx(30, rel=0.02))]  # fmt: skip
        assert all(one.parts[0][1].mean < 45 for one in found.draws) == (found.law.parts[0][1].mean < 45)

    def test_a_coarse_clock_changes_little(self):
        seconds = self.sample(self.LAWS[0], 2000)
        fine = learn_times_of(seconds, np.zeros(2000, int), draws=0, rng=np.random.default_rng(0))
        coarse = learn_times_of(
            np.round(seconds / 10) * 10, np.zeros(2000, int), step=10.0, draws=0, rng=np.random.default_rng(0)
        )
        assert coarse.law.mean == pytest.approx(fine.law.mean, rel=0.01)

    def test_days_that_differ_widen_the_interval(self):
        rng = np.random.default_rng(3)
        days = np.repeat(np.arange(10), 100)
        seconds = 40 * rng.lognormal(0, 0.1, 1000)
        even = learn_times_of(seconds, days, draws=200, rng=np.random.default_rng(0))
        moved = learn_times_of(
            seconds * np.exp(0.1 * rng.standard_normal(10))[days], days, draws=200, rng=np.random.default_rng(0)
        )
        assert even.overdispersion == 1.0
        assert moved.overdispersion > 5
        spread = [np.std([law.mean for law in one.draws]) for one in (even, moved)]
        assert spread[1] > 2 * spread[0]

    def test_products_are_told_apart_by_their_times_alone(self):
        rng = np.random.default_rng(0)
        alike = {name: rng.lognormal(3, 0.2, 200) for name in "AB"}
        apart = {"A": rng.lognormal(3, 0.2, 200), "B": rng.lognormal(3.2, 0.2, 200), "C": rng.lognormal(3, 0.2, 5)}
        days = {name: np.zeros(len(times), int) for name, times in (alike | apart).items()}
        told = learn_station(alike, {k: np.zeros(200, int) for k in alike}, draws=0, rng=rng)
        assert set(told) == {""}
        told = learn_station(apart, days, draws=0, rng=rng)
        assert set(told) == {"", "A", "B"}

    def test_intervals_narrow_with_the_root_of_the_count(self):
        widths = []
        for n in (100, 1600):
            found = learn_times_of(
                self.sample(self.LAWS[0], n), np.zeros(n, int), draws=400, rng=np.random.default_rng(0)
            )
            widths.append(np.std([np.log(law.mean) for law in found.draws]))
        assert widths[0] / widths[1] == pytest.approx(4, rel=0.3)
        assert widths[1] == pytest.approx(np.sqrt(np.log(1.25)) / 40, rel=0.2)  # the standard error of a mean


class TestStops:
    def test_out_of_range_needs_a_factor_and_a_deviation(self):
        rng = np.random.default_rng(0)
        narrow, wide = rng.lognormal(3, 0.05, 500), rng.lognormal(3, 1.0, 500)
        for times in (narrow, wide, rng.gamma(2, 20, 500), rng.weibull(1.5, 500)):
            short, long = out_of_range(times)
            assert not short.any()
            assert not long.any()
        assert out_of_range(np.append(narrow, 3.9 * np.median(narrow)))[1].sum() == 0
        assert out_of_range(np.append(narrow, 4.1 * np.median(narrow)))[1].sum() == 1
        assert out_of_range(np.append(narrow, np.median(narrow) / 4.1))[0].sum() == 1

    def test_the_time_between_stops_is_work_over_count(self):
        rng = np.random.default_rng(0)
        excess = rng.lognormal(6, 0.5, 50)
        found = there(interruptions_of(excess, np.zeros(50, int), 36_000.0, step=0.0, draws=4000, rng=rng))
        assert found.up == Distribution("exponential", {"mean": 720.0})
        assert np.mean(1 / found.up_draws) == pytest.approx(1 / 720, rel=0.01)
        assert np.std(1 / found.up_draws) * 720 == pytest.approx(50**-0.5, rel=0.05)
        assert interruptions_of(np.ones(4), np.zeros(4, int), 100.0, step=0.0, draws=1, rng=rng) is None


class TestShares:
    @pytest.mark.parametrize(("count", "n"), [(0, 100), (3, 100), (50, 100)])
    def test_draws_are_a_beta_distribution(self, count, n):
        one = share_of(count, n, draws=40_000, rng=np.random.default_rng(0))
        assert one.value == count / n
        assert one.draws.mean() == pytest.approx((count + 0.5) / (n + 1), rel=0.02)

    def test_all_is_taken_as_half_a_case_less(self):
        assert share_of(10, 10, draws=1, rng=np.random.default_rng(0)).value == 0.95

    def test_shares_sum_to_one(self):
        drawn = shares_of(np.array([30.0, 60.0, 10.0]), draws=20_000, rng=np.random.default_rng(0))
        np.testing.assert_allclose(drawn.sum(axis=1), 1)
        np.testing.assert_allclose(drawn.mean(axis=0), [30.5 / 101.5, 60.5 / 101.5, 10.5 / 101.5], rtol=0.01)


def test_a_spread_beyond_all_measure_is_what_a_line_may_have():
    rng = np.random.default_rng(0)
    found = learn_times_of(np.exp(3.0 * rng.standard_normal(19)), np.zeros(19, int), draws=5, rng=rng)
    spreads = [
        part.numbers.get("cv", 0.0) for law in (found.law, *found.draws) for _, part in law.parts or [(1.0, law)]
    ]
    assert max(spreads) <= MOST_CV
