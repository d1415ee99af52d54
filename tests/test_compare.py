"""Differences: against scipy, against the truth, and in words."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from benchmarks.coverage import covered
from scenarios.cases import Case, Evaluation, evaluate
from scenarios.compare import Difference, compared, said
from scenarios.conditions import condition
from scenarios.length import Length
from scenarios.study_result import share_interval
from scenarios.sweep import Range, points_of, read_range
from tests.test_many import REFERENCE, with_buffer
from twin.errors import RuleError
from twin.figures import Figure

NOW = Figure(np.array([10.0, 12.5, 11.0, 13.0, 9.5]), "1/h")
THEN = Figure(np.array([9.0, 11.9, 10.1, 12.4, 8.9]), "1/h")


class TestIntervals:
    def test_the_paired_t_of_scipy(self):
        found = compared("throughput", NOW, THEN, family=6)
        test = stats.ttest_rel(NOW.values, THEN.values)
        single, together = (test.confidence_interval(level) for level in (0.95, 1 - 0.05 / 6))
        assert found.ci95 == pytest.approx((single.low, single.high))
        assert found.all95 == pytest.approx((together.low, together.high))

    @pytest.mark.parametrize(("kept", "of"), [(0, 16), (3, 16), (64, 64), (500, 1000)])
    def test_the_wilson_interval_of_scipy(self, kept, of):
        other = stats.binomtest(kept, of).proportion_ci(method="wilson")
        assert share_interval(kept, of) == pytest.approx((other.low, other.high), abs=1e-9)

    def test_they_hold_what_they_promise(self):
        found = covered(studies=200)
        assert all(0.90 <= share <= 0.99 for share in found["single"].values())
        assert found["together"] >= 0.93
        assert found["narrower"]["a tenth quicker"] > 5

    def test_one_replication_tells_no_interval(self):
        found = compared("throughput", Figure(np.array([2.0]), "1/h"), Figure(np.array([1.0]), "1/h"))
        assert found.ci95 is None
        assert found.verdict == "more"

    def test_what_is_not_known_is_not_claimed(self):
        found = compared("lead_time", Figure(np.array([np.nan, 1.0]), "s"), Figure(np.array([1.0, 1.0]), "s"))
        assert found.verdict == "not known"
        assert found.to_json()["mean"] is None


class TestWords:
    @pytest.mark.parametrize(
        ("name", "mean", "interval", "baseline", "unit", "words", "good"),
        [
            ("throughput", 3.1, (2.6, 3.6), 60.0, "1/h", "+3.10 parts/h (2.60 to 3.60)", 1),
            ("energy_per_good_part", 0.001, (-0.02, 0.021), 5.25, "kWh", "unchanged within 0.40 %", 0),
            ("scrap_rate", -0.02, (-0.03, -0.01), 0.08, "1", "-2.0 %-points (-3.0 to -1.0)", 1),
            ("scrap_rate", 0.0, (-0.01, 0.01), 0.08, "1", "unchanged within 1.0 %-points", 0),
            ("lead_time", 20.0, (10.0, 30.0), 100.0, "s", "+20 s (10 to 30)", -1),
            ("wip", 0.0, (0.0, 0.0), 3.0, "1", "the same", 0),
        ],
    )
    def test_a_difference(self, name, mean, interval, baseline, unit, words, good):
        found = Difference(name, mean, interval, interval, unit, baseline)
        assert (found.words(), found.good) == (words, good)

    def test_numbers_have_the_digits_that_tell_something(self):
        assert said(91.029104972376, like=1e-12) == "91.0291"
        assert said(1234.5, like=3.0) == "1,234.5"


class TestCases:
    def test_blocks_hold_every_case_once_by_shape(self):
        lines = [REFERENCE, with_buffer(REFERENCE, 2, 8)] * 3
        other = REFERENCE.__class__("short", REFERENCE.stations[:3])
        cases = [Case(str(k), line) for k, line in enumerate([*lines, other])]
        evaluation = Evaluation(cases, Length(parts=50, replications=64))
        assert sorted(sum(evaluation.blocks, ())) == list(range(7))
        assert (6,) in evaluation.blocks
        assert max(map(len, evaluation.blocks)) == 2  # 128 replications of five stations side by side

    def test_figures_come_in_the_order_of_the_cases(self):
        means = [1.0, 0.5, 1.5]
        cases = [Case(str(m), REFERENCE, {f"S{k}.process.time.mean": m for k in range(1, 6)}) for m in means]
        found = [float(kpis["throughput"].mean) for kpis in evaluate(cases, Length(parts=100, replications=2))]
        assert found == pytest.approx([found[0], 2 * found[0], found[0] / 1.5])


class TestSweeps:
    def test_drawn_points_fill_the_box(self):
        ranges = {"a": read_range("a", {"low": "1 s", "high": "3 s"}), "b": read_range("b", {"low": 0, "high": 9})}
        for method in ("sobol", "latin-hypercube"):
            points = points_of(ranges, method, 64, 0)
            first = np.array([float(point["a"].split()[0]) for point in points])
            assert len(points) == 64
            assert first.min() < 1.1
            assert first.max() > 2.9
            assert {point["b"] for point in points} == set(range(10))
            assert points == points_of(ranges, method, 64, 0)

    def test_one_at_a_time_moves_one(self):
        points = points_of(
            {"a": Range(values=(1, 2)), "b": Range(low=0.0, high=1.0, steps=3)}, "one-at-a-time", None, 0
        )
        assert points == [{"a": 1}, {"a": 2}, {"b": 0.0}, {"b": 0.5}, {"b": 1.0}]


class TestConditions:
    @pytest.mark.parametrize(
        ("text", "limit"),
        [
            ("throughput >= 1 1/min", 60.0),
            ("scrap_rate <= 8 %", 0.08),
            ("lead_time <= 2 h", 7200.0),
            ("cost ≤ 3 EUR", 3.0),
        ],
    )
    def test_units(self, text, limit):
        assert condition(text).limit == pytest.approx(limit)

    def test_a_share_of_the_baseline(self):
        one = condition("throughput >= 99 % of baseline")
        assert one.limit_for({"throughput": NOW}) == pytest.approx(0.99 * NOW.values.mean())
        assert list(one.kept(NOW.values, {"throughput": NOW})) == [False, True, False, True, False]

    def test_a_unit_of_something_else(self):
        with pytest.raises(RuleError):
            condition("throughput >= 3 kg")
