"""Guarded processes under JAX's transformations, and in a line so small that their visits can be counted by hand."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from guarded import learned

import twin
from twin.line import Line, Station


def one(policy: str, **numbers: Any) -> Line:
    """One person who is outside from the tenth part on."""
    return Line("one", (Station("hands", learned(policy, **({"seen": 1e6 + 8.5} | numbers))),))


def slope(line: Line) -> tuple[float, float]:
    def throughput(standard: Any) -> Any:
        run = twin.simulate(line, parts=40, setpoints={"hands.process.standard": standard}, record="kpis")
        return twin.kpis(run)["throughput"].mean

    value, derivative = jax.value_and_grad(throughput)(72.0)
    return float(value), float(derivative)


def test_a_differentiated_run_repeats_nothing_and_refuses_by_nan() -> None:
    value, derivative = slope(one("first principles"))
    flagged = twin.kpis(twin.simulate(one("flag"), parts=40, record="kpis"))["throughput"].mean
    assert value == pytest.approx(float(flagged), rel=1e-12)
    assert derivative == pytest.approx(-value / 72.0, rel=1e-9)
    assert np.isnan(slope(one("refuse"))[0])
    inside = slope(one("refuse", seen=1e9))
    repeated = twin.simulate(one("first principles"), parts=40, record="kpis")
    assert inside[0] == pytest.approx(float(twin.kpis(repeated)["throughput"].mean), rel=1e-12)


def test_visits_outside_are_counted_from_the_part_on_from_which_they_are() -> None:
    run = twin.simulate(one("flag"), parts=40, warmup_parts=20, replications=2)
    np.testing.assert_array_equal(run.totals["outside"][0], [20, 20])
    np.testing.assert_array_equal(run.totals["outside_run"][0], [31, 31])  # 0 to 8 are inside
    np.testing.assert_array_equal(run.totals["stray/practice"], run.totals["outside_run"])


def test_a_flag_that_is_no_number_counts_as_outside() -> None:
    run = twin.simulate(one("flag", seen=1e9, patience=np.nan), parts=10, record="kpis")
    assert run.totals["outside_run"][0] == [10]
