"""Validation on a real stop log: fit on half of the days of a bottling line, predict the others.

The log (David, de Carvalho Monson, Soares Junior 2026, doi 10.5281/zenodo.18146866, CC BY 4.0) is not part of this
project: put its four sheets as CSV files in a folder and name it by LINETWIN_DATA or --data.

    python benchmarks/validate_bottling.py                         # every figure of docs/validation.md
    python benchmarks/validate_bottling.py --line scenarios/library/bottling.toml     # fits all days, writes the line

Given to a prediction: the days that were not fitted, when they were observed, their product and their midday break.
Predicted: operating time and containers of each hour, each day and all days. Each draw is a bootstrap draw of the
fitted numbers, so the intervals hold their uncertainty; one case leaves the differences between days out.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import twin
from twin.calibrate import (
    Calibration,
    Counts,
    Planned,
    Redate,
    Settings,
    StopLog,
    Window,
    calibrate,
    read_counts,
    read_stop_log,
    read_windows,
)
from twin.calibrate.cells import Cells, cut, disagree
from twin.calibrate.estimate import Estimate
from twin.calibrate.moments import DAY, text_of
from twin.calibrate.windows import subtract
from twin.distribution import Distribution
from twin.line import Line

Array = NDArray[np.float64]

SOURCE = (
    "Fitted to: G. A. David, P. M. de Carvalho Monson, C. Soares Junior, Industrial Production Time-Series Dataset "
    "from a Beverage Bottling Line, Zenodo 2026, doi 10.5281/zenodo.18146866, CC BY 4.0. The log itself is not part of "
    "this project."
)
PRODUCTS = {"3": "3 l", "5": "5 l"}
REDATE = (Redate(756, 788, "2022-10-28"), Redate(1249, 1266, "2023-01-13"))
"""Two blocks of rows with a mistyped month and year. They stand out of order; with these dates their sums equal the
pause times of those days in the daily table (1.12 h and 0.92 h), which otherwise have no stop at all."""
MIDDAY = Planned.parse("11:30-13:15, 40 min")
USUAL = Settings()
THRESHOLD = 60.0
"""Found in the whole log (97 % of the stops are as long); halves are fitted with the same one."""


@dataclass(frozen=True)
class Plant:
    """The three files."""

    log: StopLog
    counts: Counts
    windows: tuple[Window, ...]

    @property
    def days(self) -> NDArray[np.int64]:
        """Days with a window."""
        return np.unique([int(window.begin // DAY) for window in self.windows])

    def windows_of(self, days: Sequence[int]) -> tuple[Window, ...]:
        """The windows of some days."""
        return tuple(window for window in self.windows if int(window.begin // DAY) in set(days))


def folder_of(given: str | None = None) -> Path:
    """Where the log lies: as given, in LINETWIN_DATA, or beside the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "bottling_line"
    return Path(given or os.environ.get("LINETWIN_DATA") or beside)


def read(folder: Path) -> Plant:
    """Reads the log, the hourly counts and the daily windows."""
    return Plant(
        read_stop_log(folder / "downtime_event_log.csv", redate=REDATE),
        read_counts(folder / "processed_hourly.csv"),
        read_windows(folder / "daily_operation_summary.csv"),
    )


def fitted(plant: Plant, days: Sequence[int], *, midday: bool = True, settings: Settings = USUAL) -> Calibration:
    """Calibrates on some days."""
    return calibrate(
        plant.log,
        plant.counts,
        plant.windows_of(days),
        planned=[MIDDAY] if midday else [],
        products=PRODUCTS,
        station="filler",
        source=SOURCE,
        settings=replace(settings, threshold=THRESHOLD),
    )


def measured(plant: Plant, days: Sequence[int], *, midday: bool = True) -> Cells:
    """What was measured on some days: hours in which log and counts contradict each other are left out."""
    log = plant.log.select(plant.log.duration >= THRESHOLD - 7.5)
    off = MIDDAY.holds(log) & midday
    windows = subtract(plant.windows_of(days), log.begin[off].tolist(), log.end[off].tolist())
    cells = cut(windows, log.select(~off), plant.counts)
    return cells.select(~disagree(cells, factor=Settings.factor, slack=Settings.slack))


Predictor = Callable[[Line, Array, int], Array]
"""(line, moments [s], seed) -> parts made until each moment."""


def predict_twin(line: Line, moments: Array, seed: int) -> Array:
    """Parts made until each moment of working time, by the twin."""
    visits = twin.simulate(line, horizon=float(moments[-1]), replications=1, seed=seed).visits
    return np.searchsorted(np.sort(visits["finish"]), moments, side="right").astype(float)


def predict_renewal(line: Line, moments: Array, seed: int) -> Array:
    """The same by a few lines of alternating renewal that share no code with the twin."""
    rng = np.random.default_rng(seed)
    station = line.stations[0]
    strikes, lengths = [], []
    for failure in station.failures:
        up = sampled(failure.up, rng, 4000)
        ages = np.cumsum(up) - rng.uniform(0.3, 0.6) * up.sum()
        ages = ages[(ages > 0) & (ages < moments[-1])]
        strikes.append(ages)
        lengths.append(sampled(failure.down, rng, len(ages)))
    order = np.argsort(np.concatenate(strikes))
    age, length = np.concatenate(strikes)[order], np.concatenate(lengths)[order]
    begin = age + np.concatenate([[0.0], np.cumsum(length)[:-1]]) if len(age) else age
    stood = np.array([np.clip(np.minimum(begin + length, moment) - begin, 0.0, None).sum() for moment in moments])
    assert station.process.time is not None
    return (moments - stood) / station.process.time.numbers["mean"]


def sampled(law: Distribution, rng: np.random.Generator, n: int) -> Array:
    """Independent times of a distribution [s]."""
    p = law.numbers
    if law.family == "mixture":
        which = rng.choice(len(law.parts), n, p=[weight for weight, _ in law.parts])
        return np.choose(which, [sampled(part, rng, n) for _, part in law.parts])
    if law.family == "lognormal":
        variance = np.log1p(p["cv"] ** 2)
        return rng.lognormal(np.log(p["mean"]) - variance / 2, np.sqrt(variance), n)
    if law.family == "gamma":
        return rng.gamma(p["cv"] ** -2.0, p["mean"] * p["cv"] ** 2, n)
    if law.family == "weibull":
        return p["scale"] * rng.weibull(p["shape"], n)
    return rng.exponential(p["mean"], n)


@dataclass(frozen=True)
class Sums:
    """Draws beside what was measured, for one length of time.

    Attributes:
        length: observed time [s].
        running, parts: predicted operating time [s] and parts by draw; the last two are measured.
    """

    length: Array
    running: Array
    parts: Array
    true_running: Array
    true_parts: Array


def predicted(found: Calibration, cells: Cells, *, draws: int, days: bool, by: Predictor) -> tuple[Array, Array]:
    """Operating time and parts of each cell by draw.

    Args:
        found: the calibration on other days.
        cells: what is predicted; only its times and products are used.
        draws: how many; each takes one bootstrap draw for all days.
        days: whether each day differs as days do.
        by: the predictor.

    Returns:
        Two arrays [draw, cell].
    """
    length = cells.end - cells.begin
    running, parts = np.zeros((draws, len(length))), np.zeros((draws, len(length)))
    for draw in range(draws):
        base = replace(found, draws=(found.draws[draw % len(found.draws)],))
        numbers = base.days(len(np.unique(cells.day)), seed=draw) if days else base.draws * len(np.unique(cells.day))
        for place, (day, estimate) in enumerate(zip(np.unique(cells.day), numbers, strict=True)):
            own = np.flatnonzero(cells.day == day)
            product = PRODUCTS[cells.product[own[0]]]
            line = found.line(estimate, product=product)
            made = by(line, np.cumsum(length[own]), 1000 * draw + place)
            made = np.diff(made, prepend=0.0)
            running[draw, own] = np.minimum(made * pace(estimate, cells.product[own[0]]), length[own])
            parts[draw, own] = made
    return running, parts


def pace(estimate: Estimate, product: str) -> float:
    """Seconds per part."""
    return estimate.seconds_per_part[product]


def summed(cells: Cells, running: Array, parts: Array, key: NDArray[np.int64]) -> Sums:
    """Sums over the cells that share a key; groups of less than a quarter of an hour are left out."""
    _, place = np.unique(key, return_inverse=True)
    table = np.zeros((len(key), int(place.max()) + 1))
    table[np.arange(len(key)), place] = 1.0
    length = (cells.end - cells.begin) @ table
    kept = length >= 900.0
    sums = (running @ table, parts @ table, cells.operating @ table, cells.number @ table)
    return Sums(length[kept], *(each[..., kept] for each in sums))


def compared(cells: Cells, running: Array, parts: Array) -> dict[str, dict[str, float]]:
    """Coverage of the 90 % intervals and means, by length of time and figure."""
    found: dict[str, dict[str, float]] = {}
    keys = {
        "hour": (cells.begin // 3600).astype(np.int64),
        "day": cells.day,
        "all": np.zeros(len(cells.begin), np.int64),
    }
    for name, key in keys.items():
        sums = summed(cells, running, parts, key)
        figures = {
            "operating share": (sums.running / sums.length, sums.true_running / sums.length),
            "containers": (sums.parts, sums.true_parts),
        }
        for what, (drawn, true) in figures.items():
            low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
            found[f"{name}, {what}"] = {
                "n": len(true),
                "coverage": float(np.mean((true >= low - 1e-9) & (true <= high + 1e-9))),
                "measured": float(true.mean()),
                "predicted": float(drawn.mean()),
                "low": float(low.mean()),
                "high": float(high.mean()),
            }
    return found


def missed(cells: Cells, running: Array, parts: Array) -> dict[str, list[str]]:
    """Hours whose operating share lies outside its interval, by day: "below" or "above" it."""
    hours = (cells.begin // 3600).astype(np.int64)
    sums = summed(cells, running, parts, hours)
    low, high = np.quantile(sums.running, [0.05, 0.95], axis=0)
    places = np.unique(hours)
    lengths = np.array([(cells.end - cells.begin)[hours == place].sum() for place in places])
    found: dict[str, list[str]] = {"below": [], "above": []}
    for place, true, lowest, highest in zip(places[lengths >= 900.0], sums.true_running, low, high, strict=True):
        if not lowest - 1e-6 <= true <= highest + 1e-6:
            found["below" if true < lowest else "above"].append(text_of(3600.0 * place)[:13])
    return found


def case(
    name: str,
    plant: Plant,
    train: Sequence[int],
    test: Sequence[int],
    *,
    draws: int,
    by: Predictor = predict_renewal,
    days: bool = True,
    midday: bool = True,
) -> dict[str, object]:
    """Fits, predicts, compares and prints one case."""
    began = time.perf_counter()
    found = fitted(plant, train, midday=midday, settings=Settings(tests=0))
    cells = measured(plant, test, midday=midday)
    running, parts = predicted(found, cells, draws=draws, days=days, by=by)
    result = compared(cells, running, parts)
    print(f"\n{name}: fitted on {len(train)} days, predicted {len(np.unique(cells.day))} days, {draws} draws")
    print("                              n  coverage  measured  predicted     90 % interval (mean)")
    for what, row in result.items():
        digits = 3 if "share" in what else 0
        numbers = [f"{row[key]:9.{digits}f}" for key in ("measured", "predicted", "low", "high")]
        print(f"  {what:24s}{row['n']:5.0f}      {row['coverage']:4.2f} {' '.join(numbers)}")
    for side, hours in missed(cells, running, parts).items():
        print(f"  hours {side} their interval: {len(hours)}: {', '.join(hours)}")
    print(f"  ({time.perf_counter() - began:.0f} s)", flush=True)
    return {"case": name, "draws": draws, "figures": result}


def halves(plant: Plant, first: Sequence[int], second: Sequence[int]) -> None:
    """Prints the numbers of both halves side by side: what drifts."""
    one, two = (fitted(plant, days, settings=Settings(tests=0)) for days in (first, second))
    print("\nDrift: numbers of the first and of the second half of the days, 90 % intervals; apart if z is beyond 1.6")
    for name, a in one.intervals.items():
        b = two.intervals.get(name)
        wanted = name == "availability" or name.endswith((".mtbf", ".mttr", ".seconds_per_part"))
        if b is None or not wanted:
            continue
        spread = np.hypot(np.log(a.high / a.low), np.log(b.high / b.low)) / (2 * 1.7)
        z = np.log(b.value / a.value) / spread
        sides = [f"{side.value:8.4g} ({side.low:.4g} to {side.high:.4g})" for side in (a, b)]
        print(f"  {name:28s}{sides[0]} {sides[1]}  z {z:5.1f}")


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder with the CSV files")
    parser.add_argument("--line", type=Path, help="fit all days and write this line file; no validation")
    parser.add_argument("--first-half", action="store_true", help="with --line: fit the first half of the days only")
    parser.add_argument("--report", action="store_true", help="fit all days and print the report; no validation")
    parser.add_argument("--draws", type=int, default=60, help="draws of the twin (default 60)")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    words = parser.parse_args()
    folder = folder_of(words.data)
    if not folder.is_dir():
        sys.exit(
            f"{folder} is not there: put the CSV files of the bottling line into a folder and name it with --data."
        )
    plant = read(folder)
    if words.line or words.report:
        days = plant.days.tolist()
        days = days[: len(days) // 2] if words.first_half else days
        found = fitted(plant, days, settings=Settings(draws=200))
        if words.report:
            print(found.report())
        if words.line:
            half = words.first_half
            command = f"python benchmarks/validate_bottling.py --line {words.line}{' --first-half' if half else ''}"
            name = "bottling, first half" if half else "bottling"
            words.line.write_text(found.to_toml(name=name, command=command), encoding="utf-8")
        return
    days = plant.days.tolist()
    first, second = days[: len(days) // 2], days[len(days) // 2 :]
    cases = [
        case("A. first half predicts second, twin", plant, first, second, draws=words.draws, by=predict_twin),
        case("B. as A, renewal model", plant, first, second, draws=200),
        case("C. as B, days alike", plant, first, second, draws=200, days=False),
        case("D. as B, midday break unknown", plant, first, second, draws=200, midday=False),
        case("E. even days predict odd days, renewal model", plant, days[::2], days[1::2], draws=200),
        case("F. as E, in the second half only", plant, second[::2], second[1::2], draws=200),
    ]
    halves(plant, first, second)
    if words.json:
        words.json.write_text(json.dumps(cases, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
