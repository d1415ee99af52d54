"""Luck and model: the split of a KPI's interval against made data of which the split is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from surrogates.coverage import clopper_pearson
from surrogates.shares import Shares, shares_of

CASES = [(5, 16, 1.0, 1.0, 1.0), (5, 64, 0.1, 16.0, 1.0), (10, 32, 1.0, 16.0, 1.0), (8, 40, 4.0, 0.1, 0.1)]


def crossed(draw: np.random.Generator, case: tuple[int, int, float, float, float]) -> tuple[np.ndarray, float]:
    """KPIs of members by replications around 3, and what one more member has in the long run."""
    members, runs, member, run, rest = case
    a = draw.normal(0, member**0.5, members + 1)
    b, e = draw.normal(0, run**0.5, runs), draw.normal(0, rest**0.5, (members, runs))
    return 3.0 + a[:members, None] + b[None] + e, 3.0 + a[-1]


@pytest.mark.parametrize("case", CASES)
def test_components_are_unbiased_and_intervals_hold(case: tuple[int, int, float, float, float]) -> None:
    draw = np.random.default_rng(0)
    found: list[Shares] = []
    line = mean = 0
    for _ in range(1500):
        values, truth = crossed(draw, case)
        one = shares_of(values)
        line += one.interval[0] <= truth <= one.interval[1]
        mean += one.ensemble[0] <= 3.0 <= one.ensemble[1]
        found.append(one)
    for hits in (line, mean):
        low, high = clopper_pearson(hits, 1500, level=0.999)
        assert low <= 0.95 <= high or 0.95 < low < 0.975  # a component cut off at zero makes it a little wide
    if case[2] >= 1.0:  # seldom cut off
        for name, truth in zip(("member", "replication", "rest"), case[2:], strict=True):
            got = np.array([getattr(one, name) for one in found])
            assert got.mean() == pytest.approx(truth, abs=5 * got.std() / 1500**0.5)


def test_one_known_table_by_hand() -> None:
    values = np.array([[10.0, 13.0, 10.0], [14.0, 15.0, 13.0]])
    found = shares_of(values)
    # means 11, 14 | 12, 14, 11.5 | 12.5; squares: A = 13.5 / 1, B = 7 / 2, E = 1 / 2 by the sums of squares below
    total, by_a, by_b = ((values - 12.5) ** 2).sum(), 3 * 2 * 1.5**2, 2 * (0.25 + 2.25 + 1.0)
    rest = (total - by_a - by_b) / 2
    assert (found.mean, found.member, found.replication, found.rest) == pytest.approx(
        (12.5, (13.5 - rest) / 3, (3.5 - rest) / 2, rest)
    )
    assert found.model == pytest.approx(found.member * 1.5 / (found.member * 1.5 + found.replication / 3 + rest / 6))


def test_shares_add_up() -> None:
    found = shares_of(crossed(np.random.default_rng(1), (5, 20, 1.0, 4.0, 1.0))[0])
    luck, model = found.half_widths
    assert found.luck + found.model == pytest.approx(1.0)
    assert np.hypot(luck, model) == pytest.approx((found.interval[1] - found.interval[0]) / 2)
    assert found.ensemble[0] > found.interval[0]


def test_members_that_agree_leave_luck_alone_with_the_interval_of_student() -> None:
    run = np.random.default_rng(2).normal(size=12)
    found = shares_of(np.stack([run] * 4))
    assert (found.member, found.rest, found.luck) == pytest.approx((0.0, 0.0, 1.0), abs=1e-12)
    theirs = stats.t.interval(0.95, 11, run.mean(), stats.sem(run))
    assert found.interval == pytest.approx(theirs, rel=1e-6)


def test_replications_that_agree_leave_the_model_alone() -> None:
    member = np.random.default_rng(3).normal(size=6)
    found = shares_of(np.stack([member] * 9, axis=1))
    assert found.model == pytest.approx(1.0)
    half = stats.t.ppf(0.975, 5) * member.std(ddof=1) * (1 + 1 / 6) ** 0.5
    assert found.interval == pytest.approx((member.mean() - half, member.mean() + half))
    assert found.ensemble == pytest.approx(stats.t.interval(0.95, 5, member.mean(), stats.sem(member)))
    more = shares_of(np.stack([member] * 900, axis=1))
    assert more.interval == pytest.approx(found.interval)


def test_a_kpi_that_never_varies_has_an_interval_of_no_width() -> None:
    found = shares_of(np.full((3, 4), 7.0))
    assert (found.interval, found.luck, found.model) == ((7.0, 7.0), 0.0, 0.0)


@pytest.mark.parametrize("values", [np.ones((1, 5)), np.ones((5, 1)), np.ones(5), np.full((3, 3), np.nan)])
def test_what_cannot_be_split_is_refused(values: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"values: shape .*; finite KPIs of two or more members by two or more"):
        shares_of(values)
