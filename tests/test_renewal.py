"""Failures that wear hastens, and maintenance that makes as good as new or sees a failure coming."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from plants import constant, exponential, timed

import twin
from twin.distribution import Distribution
from twin.line import Failure, Hastened, Line, Maintenance, Process, Station
from twin.physics import Machining

WEAROUT = Distribution("weibull", {"shape": 3.0, "scale": 3600.0})


def one(up: Distribution, *maintenance: Maintenance) -> Line:
    failure = Failure("spindle", up=up, down=constant(600.0), ages="new")
    return Line("one", (Station("S", timed(constant(10.0)), failures=(failure,), maintenance=maintenance),))


def failures(line: Line, hours: float = 150.0, replications: int = 8) -> Any:
    run = twin.simulate(line, horizon=hours * 3600.0, replications=replications, record="kpis")
    figures = twin.kpis(run).stations[line.stations[0].name]
    return figures.failures["spindle"]["count"], figures


def test_renewal_pays_when_machines_wear_out_and_not_without_memory() -> None:
    care = Maintenance("care", 1800.0, 60.0, renews=("spindle",))
    neglected, _ = failures(one(WEAROUT))
    cared, _ = failures(one(WEAROUT, care))
    useless, _ = failures(one(WEAROUT, Maintenance("wash", 1800.0, 60.0)))
    assert cared.mean < 0.3 * neglected.mean
    assert useless.mean > 0.85 * neglected.mean
    without, figures = failures(one(exponential(3600.0)))
    with_care, cared_for = failures(one(exponential(3600.0), care))
    rates = [
        np.asarray(count.values) / np.asarray(its["produced"].values)
        for count, its in ((without, figures), (with_care, cared_for))
    ]
    spread = np.hypot(*(rate.std(ddof=1) / np.sqrt(len(rate)) for rate in rates))
    assert abs(rates[0].mean() - rates[1].mean()) < 4 * spread


def test_block_replacement_meets_its_closed_form() -> None:
    """Up times uniform on (0, 2 T) renewed every T: in one interval failures number exp(1/2) - 1 in the mean.

    The renewal function of the uniform distribution on (0, 1) is exp(t) - 1 for t up to 1 (Feller II, XI.1).
    """
    length = 1000.0
    up = Distribution("uniform", {"low": 0.0, "high": 2 * length})
    count, its = failures(one(up, Maintenance("care", length, 1.0, renews=("spindle",))), hours=2000.0)
    intervals = np.asarray(its["produced"].values) * 10.0 / length
    rate = np.asarray(count.values) / intervals
    assert rate.mean() == pytest.approx(np.exp(0.5) - 1, abs=4 * rate.std(ddof=1) / np.sqrt(len(rate)))


def test_what_is_seen_in_time_never_fails() -> None:
    """A warning of one visit is enough; one of half a visit is not."""
    line = one(WEAROUT, Maintenance("change", 10.0, 60.0, "condition", foresees="spindle"))
    count, its = failures(line)
    assert count.mean == 0.0
    assert its["maintenance"].mean > 0.01
    late, _ = failures(one(WEAROUT, Maintenance("change", 5.0, 60.0, "condition", foresees="spindle")))
    assert 0 < late.mean < failures(one(WEAROUT))[0].mean


def test_worn_tools_break_spindles_as_the_integral_of_wear_says() -> None:
    """With a constant time to failure each strike comes when processing, weighted by wear, has reached it."""
    doubling, up = 0.25, 700.0
    failure = Failure("spindle", up=constant(up), down=constant(50.0), ages="new", hastened=Hastened("wear", doubling))
    family = Machining(life=600.0)
    line = Line("mill", (Station("mill", Process("machining", behaviour=family, ages="new"), failures=(failure,)),))
    trace = twin.simulate(line, parts=60, replications=2, seed=4)
    rows = trace.blocks
    struck = 0
    for replication in range(2):
        work, hits = (
            np.concatenate([b[name][..., 0, replication][b["fixed"][:, 0, replication]] for b in rows])
            for name in ("work", "hits")
        )
        hits = hits if hits.ndim == 1 else hits[:, 0]
        wear, age, struck = 0.0, 0.0, 0
        setpoints = {name: knob.value for name, knob in family.setpoints.items()}
        in_cut = float(family.cutting(setpoints, 0.0)[1]) / float(family.life_in_cut(setpoints))  # type: ignore[arg-type]
        for done, expected in zip(work, hits, strict=True):
            age += done * 2 ** (wear / doubling)
            now = int(np.ceil(age / up) - 1)
            assert now - struck == expected
            struck, worn = now, wear + in_cut
            wear = 0.0 if worn >= 1 else worn
    assert struck > 8


def test_a_line_file_says_it(tmp_path: Path) -> None:
    (tmp_path / "line.toml").write_text(
        """
schema = 1
[source]
mode = "saturated"
[[station]]
name = "mill"
process = { model = "machining" }
maintenance = [
    { name = "service", every = "500 h", duration = "4 h", renews = ["spindle", "drive"] },
    { name = "bearing change", foresees = "bearing", warning = "20 h", duration = "1 h" },
]
[[station.failure]]
name = "spindle"
up = { distribution = "weibull", shape = 2, scale = "900 h" }
down = { distribution = "exponential", mean = "5 h" }
hastened = { by = "wear", doubling = 0.5 }
[[station.failure]]
name = "drive"
up = { distribution = "exponential", mean = "900 h" }
down = { distribution = "exponential", mean = "5 h" }
[[station.failure]]
name = "bearing"
up = { distribution = "exponential", mean = "900 h" }
down = { distribution = "exponential", mean = "5 h" }
"""
    )
    station = twin.load_line(tmp_path / "line.toml").stations[0]
    assert station.failures[0].hastened == Hastened("wear", 0.5, "")
    assert station.maintenance[0].renews == ("spindle", "drive")
    assert station.maintenance[1].clock == "condition"
    assert station.maintenance[1].every == 20 * 3600.0
    assert twin.simulate(twin.load_line(tmp_path / "line.toml"), parts=3).complete.all()
