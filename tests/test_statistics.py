"""Intervals, numbers of replications and warm-up, against values worked out by hand or from tables."""

import numpy as np
import pytest
from plants import pair_trace
from scipy import special

from twin.statistics import (
    Truncation,
    interval,
    mser5,
    paired_interval,
    replicate_until,
    replications_needed,
    student_t,
    suggest_warmup,
)


@pytest.mark.parametrize(
    ("freedom", "level", "expected"), [(1, 0.95, 12.706), (9, 0.95, 2.262), (9, 0.9, 1.833), (63, 0.95, 1.998)]
)
def test_student_t_as_in_printed_tables(freedom, level, expected):
    assert student_t(freedom, level) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95, 0.999])
def test_student_t_as_scipy_has_it(level):
    for freedom in (*range(1, 70), 127, 1000, 5001):
        assert student_t(freedom, level) == pytest.approx(special.stdtrit(freedom, (1 + level) / 2), rel=1e-9)


def test_interval_by_hand():
    # mean 10, s^2 = (1 + 0 + 1 + 0) / 3, s / sqrt(4) = 0.408248, t_3 = 3.182446
    assert interval([9.0, 10.0, 11.0, 10.0]) == pytest.approx((10 - 1.299228, 10 + 1.299228), abs=1e-6)


@pytest.mark.parametrize("values", [[], [3.0], [3.0, np.nan], [3.0, np.inf]])
def test_no_interval_without_spread_or_with_unknown_values(values):
    assert interval(values) is None


def test_interval_covers_the_mean_as_often_as_it_says():
    draws = np.random.default_rng(0).normal(5.0, 2.0, (4000, 5))
    covered = [low <= 5.0 <= high for low, high in filter(None, map(interval, draws))]
    assert len(covered) == 4000
    assert np.mean(covered) == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / 4000))


def test_pairing_takes_out_what_both_scenarios_share():
    shared = np.array([10.0, 40.0, 20.0, 30.0])
    found = paired_interval(shared + np.array([1.0, 1.1, 0.9, 1.0]), shared)
    # differences 1, 1.1, 0.9, 1: s = 0.0816497
    assert found == pytest.approx((1 - 0.129923, 1 + 0.129923), abs=1e-6)


def test_unequal_pairs_are_refused():
    with pytest.raises(ValueError, match=r"3 values but 2 of the baseline; pair equal replications"):
        paired_interval([1.0, 2.0, 3.0], [1.0, 2.0])


def test_replications_from_a_pilot_by_hand():
    # (3.182446 * 0.816497 / 0.5)^2 = 27.0085
    assert replications_needed([9.0, 10.0, 11.0, 10.0], 0.5) == 28
    assert replications_needed([9.0, 10.0, 11.0, 10.0], 5.0) == 4


def test_what_tells_no_spread_is_refused():
    with pytest.raises(ValueError, match="1 values tell no spread; use at least 2 replications"):
        replications_needed([1.0], 0.1)
    with pytest.raises(ValueError, match="half-width is 0; it must be positive"):
        replications_needed([1.0, 2.0], 0.0)


def test_replications_are_added_until_the_interval_is_narrow_enough():
    draws = np.random.default_rng(1).normal(100.0, 10.0, 5000)
    values = replicate_until(lambda n: draws[:n], 1.0, first=10)
    found = interval(values)
    assert found is not None
    assert (found[1] - found[0]) / 2 <= 1.0
    assert 300 < len(values) < 550  # (1.96 * 10)^2 = 384


def test_replications_stop_at_the_most():
    draws = np.random.default_rng(1).normal(100.0, 10.0, 50)
    assert len(replicate_until(lambda n: draws[:n], 0.001, most=50)) == 50


def test_mser5_by_hand():
    """Batch means 0, 0, 9, 10, 9, 10: the error of what remains is least without the first two.

    d = 0: sum of squares 143.33 / 36 = 3.98; d = 1: 69.2 / 25 = 2.77; d = 2: 1 / 16; d = 3: 0.667 / 9 = 0.074.
    """
    series = np.repeat([0.0, 0.0, 9.0, 10.0, 9.0, 10.0], 5)
    assert mser5(series) == Truncation(10, reliable=True)


def test_mser5_keeps_a_series_without_a_trend():
    series = 1e6 + np.random.default_rng(2).normal(size=1000)
    assert mser5(series).count <= 100


def test_mser5_finds_the_end_of_a_transient():
    time = np.arange(2000)
    series = 50 * (1 - np.exp(-time / 100)) + np.random.default_rng(3).normal(size=2000)
    cut = mser5(series)
    assert cut.reliable
    assert 300 <= cut.count <= 700


def test_mser5_says_when_a_series_is_too_short():
    assert mser5(np.arange(12.0)) == Truncation(0, reliable=False)
    assert not mser5(np.arange(100.0)).reliable


def test_warmup_of_a_line_without_chance_is_short():
    found = suggest_warmup(pair_trace())
    assert found.parts == 0
    assert found.time == 0.0


def test_warmup_needs_visits():
    with pytest.raises(ValueError, match="kept no visits; simulate with record='all'"):
        suggest_warmup(pair_trace("kpis"))
