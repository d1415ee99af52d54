"""Ranks of measurements in their predictions, and times that change over the days: against what is known of both."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.eventlog.words import words_of
from twin.validation.drift import trends_of
from twin.validation.ranks import LEVELS, Coverage, coverage_of


class TestRanks:
    def test_even_ranks_hold_what_is_promised(self):
        found = coverage_of((np.arange(1000) + 0.5) / 1000, np.zeros(1000, int))
        assert found.held == pytest.approx(LEVELS)
        assert found.histogram == (100,) * 10
        assert (found.mean, found.fault, found.worth) == (pytest.approx(0.5), "", 20)

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            (lambda u: u, ""),
            (lambda u: u**2, "too high"),
            (lambda u: 1 - u**2, "too low"),
            (lambda u: 0.5 + 0.3 * (u - 0.5), "too wide"),
            (lambda u: np.where(u < 0.5, 0.5 * (2 * u) ** 3, 1 - 0.5 * (2 - 2 * u) ** 3), "too narrow"),
        ],
    )
    def test_faults(self, change, fault):
        u = (np.arange(2000) + 0.5) / 2000
        assert coverage_of(change(u), np.arange(2000) % 50).fault == fault

    def test_few_days_excuse_more(self):
        u = np.linspace(0.001, 0.999, 400) ** 1.25
        assert coverage_of(u, np.arange(400) % 20).fault == "too high"
        assert coverage_of(u, np.zeros(400, int)).fault == ""

    def test_a_right_model_is_seldom_blamed(self):
        rng = np.random.default_rng(0)
        blamed = [coverage_of(rng.random(400), np.arange(400) % 20).fault != "" for _ in range(500)]
        assert np.mean(blamed) < 0.05

    def test_nothing_is_no_fault(self):
        found = coverage_of(np.array([np.nan, np.nan]), np.array([0, 1]))
        assert (found.n, found.fault, found.worth) == (0, "", 0)

    @given(st.lists(st.floats(0.001, 0.999), min_size=1, max_size=50))
    def test_shares_grow_with_their_level(self, ranks):
        found = coverage_of(np.array(ranks), np.zeros(len(ranks), int), widths=np.ones(len(ranks)))
        assert isinstance(found, Coverage)
        assert 0 <= found.held[0] <= found.held[1] <= found.held[2] <= 1
        assert sum(found.histogram) == found.n == len(ranks)
        assert found.width == 1.0


class TestDrift:
    def trend(self, medians, seed=0):
        rng = np.random.default_rng(seed)
        day = np.repeat(np.arange(len(medians)), 40)
        seconds = np.array(medians)[day] * rng.lognormal(0, 0.05, len(day))
        return trends_of(words_of(["saw"] * len(day)), seconds, day)[0]

    def test_a_trend_and_a_step(self):
        assert self.trend(40 * 1.02 ** np.arange(10)).drifts
        assert self.trend([40] * 6 + [44] * 6).drifts
        assert self.trend(40 * 1.02 ** np.arange(10)).change == pytest.approx(1.02**7, rel=0.02)

    def test_none_is_seldom_seen(self):
        assert np.mean([self.trend([40] * 10, seed).drifts for seed in range(100)]) < 0.05

    def test_a_change_too_small_to_matter_is_none(self):
        assert not self.trend(40 * 1.001 ** np.arange(10)).drifts

    def test_too_few_days_or_visits_tell_nothing(self):
        assert trends_of(words_of(["a"] * 30), np.full(30, 40.0), np.repeat([0, 1, 2], 10)) == ()
        assert trends_of(words_of(["a"] * 35), np.full(35, 40.0), np.repeat(np.arange(5), 7)) == ()

    def test_constant_times_do_not_drift(self):
        one = trends_of(words_of(["a"] * 100), np.full(100, 40.0), np.repeat(np.arange(10), 10))[0]
        assert (one.drifts, one.change, one.chance) == (False, 1.0, 1.0)
