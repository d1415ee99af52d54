"""Sensitivities: closed forms, what is refused, and one compilation for all values."""

from __future__ import annotations

import numpy as np
import pytest

import twin
from twin.distribution import Distribution
from twin.line import Failure, Line, Process, Station
from twin.sensitivity import Slopes


def machine(name: str, mean: float, family: str = "exponential", **more: object) -> Station:
    return Station(name, Process(time=Distribution(family, {"mean": mean})), **more)  # type: ignore[arg-type]


def test_one_machine_has_the_slope_of_its_closed_form() -> None:
    line = Line("one", (machine("A", 4.0, "constant"),))
    found = twin.sensitivity(line, ["throughput"], ["A.process.time.mean"], parts=60, warmup_parts=10, replications=2)
    per_second = found.values["throughput"][0]
    assert found.kinds["A.process.time.mean"] == "exact"
    np.testing.assert_allclose(found.mean("A.process.time.mean", "throughput"), -per_second / 4.0, rtol=1e-9)


def test_slopes_equal_central_differences_in_every_replication() -> None:
    line = Line("two", (machine("A", 3.0), machine("B", 3.5, buffer=2)))
    slopes = Slopes(line, ["throughput", "lead_time"], parts=80, warmup_parts=10, replications=3)
    here, step, path = slopes(), 1e-5, "B.process.time.mean"
    up, down = slopes({path: 3.5 + step}), slopes({path: 3.5 - step})
    for kpi in slopes.kpis:
        central = (up.values[kpi] - down.values[kpi]) / (2 * step)
        np.testing.assert_allclose(here.slopes[path][kpi].values, central, rtol=1e-5)
        low, high = here.ci95(path, kpi) or (np.nan, np.nan)
        assert low < here.mean(path, kpi) < high
    assert slopes.compilations == 1


def test_what_is_refused_says_why_and_leaves_the_others_exact() -> None:
    fail = Failure("jam", Distribution("exponential", {"mean": 300.0}), Distribution("exponential", {"mean": 20.0}))
    line = Line("fail", (machine("A", 3.0, failures=(fail,)), machine("B", 3.0)))
    paths = ["A.process.time.mean", "A.failure.jam.down.mean"]
    found = twin.sensitivity(line, ["throughput"], paths, parts=60, replications=2)
    assert found.kinds[paths[0]].startswith("refused: ")
    assert "operating time" in found.kinds[paths[0]]
    assert found.kinds[paths[1]] == "exact"
    assert found.mean(paths[1], "throughput") < 0
    with pytest.raises(KeyError, match="refused"):
        found.mean(paths[0], "throughput")


def test_an_unknown_path_lists_those_there_are() -> None:
    with pytest.raises(KeyError, match=r"A\.process\.time\.mean"):
        twin.sensitivity(Line("one", (machine("A", 4.0),)), ["throughput"], ["A.speed"], parts=20)
