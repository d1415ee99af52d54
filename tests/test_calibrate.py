"""From files to a line: synthetic logs of known truth, reasons, planned stops, the line file, the report."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from examples.synthetic_stop_log import Truth, write
from twin.calibrate import Calibration, LogError, Settings, calibrate, calibrate_files, read_counts, read_stop_log
from twin.calibrate.estimate import estimate
from twin.calibrate.oneday import day_estimate
from twin.calibrate.windows import infer_windows
from twin.distribution import Distribution
from twin.spec import read_line

ROOT = Path(__file__).resolve().parents[1]
EXACT = Settings(
    hidden="stops",
    up_families=("exponential",),
    down_families=("exponential + exponential",),
    draws=20,
    tests=0,
    compare_days=False,
)
QUICK = Settings(
    up_families=("exponential", "lognormal"),
    down_families=("exponential", "exponential + exponential"),
    draws=10,
    tests=0,
    compare_days=False,
)
TRUTH = Truth()
BOTTLING = Path(os.environ.get("LINETWIN_DATA") or ROOT.parent / "shared" / "data" / "bottling_line")


def files(folder: Path, truth: Truth = TRUTH, *, days: int = 40, seed: int = 0) -> tuple[Path, Path, Path]:
    write(folder, truth, days=days, seed=seed)
    names = ("downtime_event_log.csv", "processed_hourly.csv", "daily_operation_summary.csv")
    return folder / names[0], folder / names[1], folder / names[2]


def true_numbers(truth: Truth) -> dict[str, float]:
    return {
        "availability": truth.availability,
        "micro-stop.mttr": truth.micro_mean,
        "breakdown.mttr": truth.breakdown_mean,
        "micro-stop.mtbf": truth.up_mean / (1 - truth.breakdown_share),
        "breakdown.mtbf": truth.up_mean / truth.breakdown_share,
        **{f"{name}.seconds_per_part": 3600 / speed for name, speed in truth.parts_per_hour.items()},
    }


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    paths = files(tmp_path_factory.mktemp("log"), Truth(day_sigma=0.4), seed=2)
    return calibrate_files(*paths, settings=replace(QUICK, compare_days=True), station="filler", source="synthetic")


def covered(tmp_path: Path, logs: int, draws: int) -> dict[str, float]:
    """The share of logs whose 90 % intervals hold the truth."""
    truth = Truth()
    hits = dict.fromkeys(true_numbers(truth), 0)
    for seed in range(logs):
        calibration = calibrate_files(
            *files(tmp_path / str(seed), truth, seed=seed), settings=replace(EXACT, draws=draws)
        )
        for name, value in true_numbers(truth).items():
            interval = calibration.intervals[name]
            hits[name] += interval.low <= value <= interval.high
    return {name: number / logs for name, number in hits.items()}


def test_the_truth_behind_synthetic_logs_is_recovered(tmp_path: Path) -> None:
    shares = covered(tmp_path, 2, 20)
    assert np.mean(list(shares.values())) >= 0.7


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say(tmp_path: Path) -> None:
    shares = covered(tmp_path, 100, 60)
    assert all(0.82 <= share <= 0.97 for share in shares.values()), shares


def test_the_line_file_loads_and_holds_the_numbers(found: Calibration) -> None:
    text = found.to_toml(name="synthetic", command="a command")
    line = read_line(text)
    assert line.stations[0].name == "filler"
    assert {failure.name for failure in line.stations[0].failures} == {mode.name for mode in found.point.modes}
    assert "# Made by: a command" in text
    for mode in found.point.modes:
        failure = next(failure for failure in line.stations[0].failures if failure.name == mode.name)
        assert failure.clock == "operating"
        assert mean_of(failure.down) == pytest.approx(mode.mttr, rel=1e-3)
        assert mean_of(failure.up) == pytest.approx(mode.mtbf, rel=1e-3)
    numbers = [row for row in text.splitlines() if row.startswith("# ") and " to " in row]
    assert sum("n = " in row for row in numbers) >= 2 * len(found.point.modes) + 2
    assert max(map(len, text.splitlines())) <= 120


def mean_of(law: Distribution) -> float:
    if law.family == "mixture":
        return sum(weight * mean_of(part) for weight, part in law.parts)
    if law.family == "weibull":
        from math import gamma

        return law.numbers["scale"] * gamma(1 + 1 / law.numbers["shape"])
    return law.numbers["mean"]


def test_the_fitted_line_stands_as_much_as_the_log(found: Calibration) -> None:
    share = found.extent.operating / found.extent.observed
    assert found.point.availability == pytest.approx(share, rel=0.03)
    lost = sum(mode.count * mode.mttr for mode in found.point.modes) / sum(mode.count for mode in found.point.modes)
    assert lost == pytest.approx(found.data.modes[0].down.value.mean(), rel=0.01)


def test_the_report_is_narrow_and_says_what_the_log_cannot_tell(found: Calibration) -> None:
    text = found.report()
    assert max(map(len, text.splitlines())) <= 80
    for words in ("FAILURE MODES", "SPEED", "WHAT THE LOG CANNOT TELL", "no reasons", "shorter than 60 s"):
        assert words in text
    told = json.dumps(found.to_dict(), allow_nan=False)
    assert {"parameters", "families", "cannot_tell", "extent"} <= set(json.loads(told))
    assert all(
        each["n"] or "." in path or path == "availability" for path, each in found.to_dict()["parameters"].items()
    )


def test_days_differ_from_each_other_and_keep_the_means(found: Calibration) -> None:
    assert found.spread["up"].sigma == pytest.approx(0.4, abs=0.15)
    days = found.days(400, seed=1)
    assert days[:3] == found.days(3, seed=1)
    rates = np.array([[1 / mode.mtbf for mode in day.modes] for day in days]).sum(axis=1)
    assert np.std(np.log(rates)) > 0.25
    shares = np.array([day.availability for day in days])
    assert shares.mean() == pytest.approx(found.point.availability, abs=0.02)
    line = found.line(days[0], product="3")
    assert [product.name for product in line.products] == ["3"]
    with pytest.raises(ValueError, match="no product '4'; use one of"):
        found.line(product="4")


def test_days_keep_the_means_when_hidden_stops_are_added(found: Calibration) -> None:
    kept = replace(found.data, hidden="stops")
    point = estimate(kept, near=found.point)
    rng = np.random.default_rng(0)
    days = [day_estimate(kept, point, point, found.spread, rng) for _ in range(300)]
    between = [1 / sum(1 / mode.mtbf for mode in day.modes) for day in days]
    assert sum(1 / mode.mtbf for mode in point.modes) > sum(1 / mode.mtbf for mode in found.point.modes)
    assert np.mean([day.availability for day in days]) == pytest.approx(point.availability, abs=0.02)
    assert 1 / np.mean(1 / np.array(between)) == pytest.approx(1 / sum(1 / mode.mtbf for mode in point.modes), rel=0.1)


def test_a_planned_break_is_suspected_and_can_be_named(tmp_path: Path) -> None:
    paths = files(tmp_path, Truth(break_at=12 * 3600.0, breakdown_share=0.03), days=25, seed=3)
    naive = calibrate_files(*paths, settings=QUICK)
    assert naive.habit is not None
    assert naive.habit.begin <= 12 * 3600.0 <= naive.habit.end
    assert any("planned=" in text for text in naive.cannot_tell)
    named = calibrate_files(*paths, planned=["11:50-12:40, 60 min"], settings=QUICK)
    assert named.planned_stops >= 10
    assert named.habit is None
    assert named.point.availability > naive.point.availability + 0.05


def test_reason_codes_become_named_modes(tmp_path: Path) -> None:
    path, counts, windows = files(tmp_path, days=25, seed=4)
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    rng = np.random.default_rng(0)
    codes = rng.choice(["J1", "J2", "B", "L"], len(rows) - 1, p=[0.5, 0.2, 0.2, 0.1])
    rows = [[*rows[0], "reason_code"], *[[*row, code] for row, code in zip(rows[1:], codes, strict=True)]]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    reasons = {"J1": "jam", "J2": "jam", "L": None}
    found = calibrate_files(path, counts, windows, reasons=reasons, settings=QUICK)
    counted = {mode.name: round(mode.count) for mode in found.point.modes}
    assert set(counted) == {"jam", "B"}
    assert found.planned_stops == int((codes == "L").sum())
    assert abs(counted["jam"] - np.isin(codes, ["J1", "J2"]).sum()) <= 8
    assert not any("no reasons" in text for text in found.cannot_tell)
    assert {failure.name for failure in read_line(found.to_toml()).stations[0].failures} == {"jam", "B"}


def test_windows_are_inferred_from_the_counts(tmp_path: Path) -> None:
    path, counts, windows = files(tmp_path, days=25, seed=5)
    given = calibrate_files(path, counts, windows, settings=QUICK)
    inferred = calibrate_files(path, counts, settings=QUICK)
    assert any("windows inferred" in note.what for note in inferred.notes)
    assert inferred.extent.observed == pytest.approx(given.extent.observed, rel=0.03)
    assert inferred.point.availability == pytest.approx(given.point.availability, abs=0.03)
    log = read_stop_log(path)
    first = infer_windows(log, read_counts(counts))[0]
    assert first.end > first.begin


def test_without_counts_there_are_failure_modes_but_no_line(tmp_path: Path) -> None:
    path, _, windows = files(tmp_path, days=10, seed=6)
    found = calibrate_files(path, None, windows, settings=QUICK)
    assert found.point.modes
    assert "unknown: no production counts" in found.report()
    with pytest.raises(ValueError, match="the speed is unknown"):
        found.to_toml()
    alone = calibrate(read_stop_log(path), settings=QUICK)
    assert any("first up-times are missing" in note.what for note in alone.notes)


def test_a_recorder_that_was_off_is_found_by_the_counts(tmp_path: Path) -> None:
    path, counts, windows = files(tmp_path, days=20, seed=7)
    rows = path.read_text().splitlines()
    date = rows[1].split(",")[1]
    path.write_text("\n".join([rows[0], *[row for row in rows[1:] if row.split(",")[1] != date]]) + "\n")
    cells = [row.split(",") for row in counts.read_text().splitlines()]
    cells = [[*row[:3], "0"] if row[0] == date else row for row in cells]
    counts.write_text("\n".join(",".join(row) for row in cells) + "\n")
    found = calibrate_files(path, counts, windows, settings=QUICK)
    assert any("contradict each other" in note.what for note in found.notes)
    assert found.extent.days == 19


def test_the_empirical_distribution_takes_the_times_themselves(tmp_path: Path) -> None:
    settings = replace(QUICK, up_families=(), down_families=(), draws=0)
    found = calibrate_files(*files(tmp_path, days=6, seed=8), settings=settings)
    assert [mode.name for mode in found.point.modes] == ["stop"]
    line = read_line(found.to_toml())
    failure = line.stations[0].failures[0]
    assert failure.down.family == failure.up.family == "empirical"
    assert np.mean(failure.down.values) == pytest.approx(found.point.modes[0].mttr, rel=1e-3)


def test_a_log_of_a_day_has_intervals_from_hours_and_says_so(tmp_path: Path) -> None:
    found = calibrate_files(*files(tmp_path, Truth(up_mean=200.0), days=2, seed=9), settings=QUICK)
    assert found.extent.block == 3600.0
    assert any("rough" in text for text in found.cannot_tell)


def test_counts_without_parts_are_refused(tmp_path: Path) -> None:
    path, counts, windows = files(tmp_path, days=3, seed=10)
    cells = [row.split(",") for row in counts.read_text().splitlines()]
    counts.write_text("\n".join(",".join([*row[:3], "0" if i else row[3]]) for i, row in enumerate(cells)) + "\n")
    with pytest.raises(LogError, match="nothing was made"):
        calibrate_files(path, counts, windows, settings=QUICK)


def test_the_example_runs(tmp_path: Path) -> None:
    words = [sys.executable, str(ROOT / "examples" / "synthetic_stop_log.py"), str(tmp_path), "--days", "3"]
    told = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert told.startswith("wrote a log of 3 days")
    assert len(read_stop_log(tmp_path / "downtime_event_log.csv").begin) > 10


def test_the_library_line_is_what_the_real_log_gives() -> None:
    if not BOTTLING.is_dir():
        pytest.skip("the log of the bottling line is not here; name its folder by LINETWIN_DATA")
    from benchmarks.validate_bottling import fitted, read

    plant = read(BOTTLING)
    real = fitted(plant, plant.days.tolist(), settings=Settings(draws=0, tests=0, compare_days=False))
    assert (real.extent.stops, real.extent.days, real.planned_stops) == (1271, 56, 23)
    line = read_line((ROOT / "scenarios" / "library" / "bottling.toml").read_text(encoding="utf-8"))
    for failure, mode in zip(line.stations[0].failures, real.point.modes, strict=True):
        assert failure.name == mode.name
        assert mean_of(failure.down) == pytest.approx(mode.mttr, rel=0.02)
        assert mean_of(failure.up) == pytest.approx(mode.mtbf, rel=0.02)
