"""Conformal intervals: the exact law of their coverage, and the promise under groups, spreads and few cases."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy import stats

from surrogates.conformal import COVERAGES, Conformal, coverage_law, rank_of, upper_quantile
from surrogates.coverage import clopper_pearson, coverage_of


@pytest.mark.parametrize(("count", "coverage"), [(50, 0.9), (99, 0.8), (37, 0.5), (200, 0.95)])
def test_coverage_follows_its_beta_law_for_any_distribution(count: int, coverage: float) -> None:
    draw = np.random.default_rng(count)
    drawn = {"normal": draw.normal(size=(3000, count)), "cauchy": draw.standard_cauchy((3000, count))}
    truth = {"normal": stats.norm(), "cauchy": stats.cauchy()}
    law = stats.beta(*coverage_law(count, coverage))
    for name, errors in drawn.items():
        half = upper_quantile(np.abs(errors).T, coverage)
        held = truth[name].cdf(half) - truth[name].cdf(-half)
        assert stats.kstest(held, law.cdf).pvalue > 0.001
        assert held.mean() == pytest.approx(law.mean(), abs=4 * law.std() / 3000**0.5)
        assert law.mean() >= coverage


def test_the_bound_is_the_smallest_score_that_enough_scores_do_not_exceed() -> None:
    draw = np.random.default_rng(0)
    for count in (1, 5, 19, 20, 99):
        scores = draw.normal(size=count)
        for coverage in (0.05, 0.5, 0.8, 0.9, 0.95, 0.99):
            enough = [one for one in sorted(scores) if sum(scores <= one) >= (count + 1) * coverage - 1e-9]
            assert upper_quantile(scores, coverage) == (enough[0] if enough else np.inf)


def test_ranks_are_not_spoilt_by_rounding() -> None:
    assert [rank_of(99, c) for c in (0.5, 0.8, 0.9, 0.95, 0.07, 0.29, 0.57)] == [50, 80, 90, 95, 7, 29, 57]
    assert rank_of(9, 0.9) == 9
    assert rank_of(8, 0.9) == 9  # more than there are: no bound


def noisy(draw: np.random.Generator, count: int) -> tuple[Any, Any, Any, Any]:
    """Measured, predicted, spread and group; the noise grows with the spread, and group b has three times as much."""
    spread = draw.lognormal(0, 0.7, (count, 2))
    group = np.where(draw.random(count) < 0.2, "b", "a")
    predicted = draw.normal(size=(count, 2))
    noise = draw.normal(size=(count, 2)) * spread * np.where(group == "b", 3.0, 1.0)[:, None] * [1.0, 10.0]
    return predicted + noise, predicted, spread * [1.0, 10.0], group


@pytest.mark.parametrize("coverage", COVERAGES)
def test_all_kinds_of_interval_keep_their_promise_and_groups_keep_it_for_each(coverage: float) -> None:
    draw = np.random.default_rng(1)
    true, guess, spread, group = noisy(draw, 4000)
    fresh, centre, between, label = noisy(draw, 20000)
    for more in ((), ("spread",), ("groups",), ("spread", "groups")):
        at = {"spread": spread, "groups": group}
        then = {"spread": between, "groups": label}
        found = Conformal.fit(true, guess, **{name: at[name] for name in more}, floor=np.full(2, 1e-6))
        low, high = found.interval(centre, coverage=coverage, **{name: then[name] for name in more})
        for k in range(2):
            held = coverage_of(fresh[:, k], low[:, k], high[:, k], promised=coverage)
            assert held.share == pytest.approx(coverage, abs=0.03)
            for name in ("a", "b"):
                mine = label == name
                share = coverage_of(fresh[mine, k], low[mine, k], high[mine, k], promised=coverage).share
                if "groups" in more:
                    assert share == pytest.approx(coverage, abs=0.05)
                elif name == "b":
                    assert share < coverage - 0.05  # the price of leaving groups out
            wild = between[:, k] > np.quantile(between[:, k], 0.8)
            share = coverage_of(fresh[wild, k], low[wild, k], high[wild, k], promised=coverage).share
            if "spread" in more:
                assert share == pytest.approx(coverage, abs=0.03)
            else:
                assert share < coverage - 0.1  # the price of leaving spreads out


def test_half_widths_are_those_of_a_loop() -> None:
    true, guess, spread, group = noisy(np.random.default_rng(2), 60)
    found = Conformal.fit(true, guess, spread=spread, groups=group, floor=[0.5, 0.25], coverages=(0.7,))
    low, high = found.interval(guess, coverage=0.7, spread=spread, groups=group)
    for name in ("a", "b"):
        rows = [i for i in range(60) if group[i] == name]
        for k, floor in enumerate((0.5, 0.25)):
            scores = sorted(abs(true[i, k] - guess[i, k]) / (spread[i, k] + floor) for i in rows)
            bound = scores[int(np.ceil((len(rows) + 1) * 0.7)) - 1]
            for i in rows:
                assert high[i, k] - low[i, k] == pytest.approx(2 * bound * (spread[i, k] + floor))
                assert (high[i, k] + low[i, k]) / 2 == pytest.approx(guess[i, k])


def test_too_few_cases_promise_nothing() -> None:
    true, guess, _, _ = noisy(np.random.default_rng(3), 10)
    found = Conformal.fit(true, guess)
    assert np.isfinite(found.interval(guess, coverage=0.9)[0]).all()
    assert np.isinf(found.interval(guess, coverage=0.95)[1]).all()
    assert coverage_law(10, 0.95) == (11, 0)


def test_members_that_agree_make_no_interval_of_width_zero() -> None:
    draw = np.random.default_rng(4)
    spread = np.where(draw.random((500, 1)) < 0.1, 0.0, 1.0)
    found = Conformal.fit(draw.normal(size=(500, 1)), np.zeros((500, 1)), spread=spread)
    low, high = found.interval(np.zeros((1, 1)), coverage=0.5, spread=np.zeros((1, 1)))
    assert high - low > 0.05
    Conformal.fit(np.zeros((100, 1)), np.zeros((100, 1)), spread=np.zeros((100, 1)))  # no warning of a division


@pytest.mark.parametrize("more", [{}, {"spread": 1}, {"groups": 1}, {"spread": 1, "groups": 1}])
def test_intervals_are_stored_as_arrays_or_lists(more: dict[str, Any]) -> None:
    true, guess, spread, group = noisy(np.random.default_rng(5), 100)
    given: dict[str, Any] = {name: {"spread": spread, "groups": group}[name] for name in more}
    found = Conformal.fit(true, guess, **given)
    arrays = found.to_arrays()
    text = json.dumps({name: array.tolist() for name, array in arrays.items()})
    for again in (Conformal.from_arrays(arrays), Conformal.from_arrays(json.loads(text))):
        for one, other in zip(
            found.interval(guess, coverage=0.8, **given), again.interval(guess, coverage=0.8, **given), strict=True
        ):
            np.testing.assert_array_equal(one, other)


def test_what_does_not_fit_is_refused() -> None:
    y = np.ones((50, 2))
    plain, spread = Conformal.fit(y, y), Conformal.fit(y, y, spread=y)
    grouped = Conformal.fit(y, y, groups=["a", "b"] * 25)
    refused = {
        r"predicted: shape \(50, 1\), but measured has \(50, 2\)": lambda: Conformal.fit(y, y[:, :1]),
        "measured: row 0, column 0 is nan": lambda: Conformal.fit(y * np.nan, y),
        r"spread: shape \(50, 2\), least -1; it is zero or more": lambda: Conformal.fit(y, y, spread=-y),
        r"groups: shape \(3,\); there are 50 cases": lambda: Conformal.fit(y, y, groups=["a"] * 3),
        r"coverage is 1.0; it is a share above 0 and below 1": lambda: Conformal.fit(y, y, coverages=(1.0,)),
        r"coverage 0.7: calibrated are \(0.5, 0.8, 0.9, 0.95\)": lambda: plain.interval(y, coverage=0.7),
        "calibrated without it. Give predictions without it": lambda: plain.interval(y, coverage=0.9, spread=y),
        "calibrated with it. Give predictions with it": lambda: spread.interval(y, coverage=0.9),
        "group 'c' was not calibrated": lambda: grouped.interval(y, coverage=0.9, groups=["c"] * 50),
        "group '' was not calibrated": lambda: grouped.interval(y, coverage=0.9),
        r"conformal: \['quantiles'\] missing": lambda: Conformal.from_arrays({"coverages": [0.9], "groups": [""]}),
        r"quantiles has shape \(1, 1\); it is 1 groups by 1": lambda: Conformal.from_arrays(
            {"coverages": [0.9], "groups": [""], "quantiles": [[1.0]], "floor": [1.0, 2.0]}
        ),
    }
    for said, refuse in refused.items():
        with pytest.raises(ValueError, match=said):
            refuse()


def test_the_interval_of_a_share_is_that_of_scipy_and_holds_as_often_as_it_says() -> None:
    for hits, trials in ((0, 10), (3, 10), (10, 10), (900, 1000), (0, 1)):
        theirs = stats.binomtest(hits, trials).proportion_ci(0.95)
        assert clopper_pearson(hits, trials) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    for share in (0.5, 0.9, 0.99):
        chance = stats.binom.pmf(np.arange(81), 80, share)
        held = [clopper_pearson(k, 80)[0] <= share <= clopper_pearson(k, 80)[1] for k in range(81)]
        assert chance @ held >= 0.95
    with pytest.raises(ValueError, match="hits is 3 of 2 trials"):
        clopper_pearson(3, 2)


def test_a_coverage_that_is_off_is_called_off() -> None:
    value = np.arange(1000.0)
    found = coverage_of(value, np.zeros(1000), np.full(1000, 899.0), promised=0.9)
    assert (found.share, found.width, found.is_off) == (0.9, 899.0, False)
    assert coverage_of(value, np.zeros(1000), np.full(1000, 849.0), promised=0.9).is_off
    assert coverage_of([1.0, 2.0], [3.0, 0.0], [0.0, 4.0], promised=0.9)[2:3] == (0.5,)  # inside out holds nothing
    half = coverage_of([1.0, 2.0], [0.0, -np.inf], [4.0, 9.0], promised=0.9)
    assert (half.share, half.width, half.unbounded) == (1.0, 4.0, 0.5)
    assert coverage_of([1.0], [-np.inf], [np.inf], promised=0.9).width == np.inf
    with pytest.raises(ValueError, match=r"measured has shape \(0,\)"):
        coverage_of([], [], [], promised=0.9)
