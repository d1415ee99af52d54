"""Looking at the next few closed intervals only changes nothing, also where they are too few at first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest
from random_lines import random_line

import twin
import twin.run
from twin.line import Line, Price, Tariff

POWER = {"electricity": {"processing": 8000.0, "starved": 2000.0, "down": 500.0, "maintenance": 700.0}}


def line_of(seed: int, features: set[str]) -> Line:
    line = random_line(seed, features)
    line = replace(line, stations=tuple(replace(s, power=POWER) for s in line.stations))
    return replace(line, tariff=Tariff(energy=(Price(0.0, 2e-8), Price(30.0, 7e-8))))


@pytest.mark.parametrize(
    ("seed", "features"),
    [(2, {"planned", "calendar", "shifts", "machines"}), (3, {"shifts", "calendar", "conveyor", "setup"})],
)
def test_totals_are_the_same(monkeypatch: pytest.MonkeyPatch, seed: int, features: set[str]) -> None:
    line, found = line_of(seed, features), []
    for count in (0, 2):
        monkeypatch.setattr(twin.run, "closures_ahead", lambda *_, count=count: count)
        trace = twin.simulate(line, horizon=900.0, warmup=100.0, replications=2, seed=seed, record="kpis")
        found.append(trace.totals)
    assert trace.plan.shape.closures > 2
    for a, b in zip(*map(jax.tree.leaves, found), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * max(1.0, float(np.abs(a).max(initial=0.0))))


def test_a_wide_run_has_the_replications_of_a_narrow_one() -> None:
    """From 32 replications on a chunk is a quarter as long; what happens in each of them stays the same."""
    line = line_of(2, {"planned", "calendar", "shifts", "machines"})
    run: dict[str, Any] = {"horizon": 900.0, "warmup": 100.0, "seed": 5, "record": "kpis"}
    wide, narrow = (twin.simulate(line, replications=count, **run) for count in (32, 3))
    for name in ("states", "good", "lead", "wip", "produced"):
        np.testing.assert_allclose(wide.totals[name][..., :3], narrow.totals[name], rtol=1e-12, atol=1e-6)
