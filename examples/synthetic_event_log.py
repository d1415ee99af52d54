"""Writes an event log of a line that the twin simulated, so that the truth is known, with rows that are wrong.

    python examples/synthetic_event_log.py FOLDER [--days 3] [--seed 0] [--wrong 0.05]
    linetwin calibrate FOLDER/visits.csv --output learned.toml

FOLDER gets the log (visits.csv), the line that it is of (truth.toml) and the rows that were spoiled (wrong.csv).
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

import twin

LINE = """schema = 1
[line]
name = "synthetic"
start = "2026-01-05 06:00"
[source]
mode = "interval"
time = { distribution = "exponential", mean = "200 s" }
[[product]]
name = "A"
share = 0.6
[[product]]
name = "B"
share = 0.4
[[shift]]
days = "mon-fri"
from = "06:00"
to = "14:00"
breaks = ["09:00-09:15", "11:30-12:00"]
[[station]]
name = "saw"
process.model = "timed"
process.time = { distribution = "lognormal", mean = "34 s", cv = 0.15 }
process.product.B = { distribution = "lognormal", mean = "40 s", cv = 0.25 }
setup = { default = "9 s" }
scrap = 0.03
[[station]]
name = "mill"
machines = 2
buffer = 3
transport = "6 s"
process.model = "timed"
process.time = { distribution = "gamma", mean = "84 s", cv = 0.2 }
process.product.B = { distribution = "gamma", mean = "70 s", cv = 0.3 }
[[station]]
name = "wash"
buffer = 4
transport = "4 s"
process.model = "timed"
process.time = { distribution = "weibull", shape = 3.0, scale = "30 s" }
process.product.B = { distribution = "weibull", shape = 2.0, scale = "36 s" }
[[station]]
name = "test"
buffer = 2
transport = "5 s"
process.model = "timed"
process.time = { distribution = "lognormal", mean = "36 s", cv = 0.3 }
process.product.B = { distribution = "lognormal", mean = "31 s", cv = 0.3 }
rework = { share = 0.06, max_attempts = 2 }
"""
"""The line that is simulated."""

COLUMNS = ("part", "station", "machine", "product", "scheduled", "start", "complete", "attempts", "outcome")
KINDS = ("lost", "doubled", "swapped", "wrong clock")
DAY = 86400.0


@dataclass(frozen=True)
class Row:
    """A row of the log; times in seconds from the line's start."""

    part: int
    station: str
    machine: int
    product: str
    scheduled: float
    start: float
    complete: float
    attempts: int
    outcome: str


def visits(line: twin.Line, *, days: float, replications: int = 1, seed: int = 0) -> list[list[Row]]:
    """The visits of some days that ended in them, one list for each replication."""
    trace = twin.simulate(line, horizon=days * DAY, replications=replications, seed=seed)
    table = trace.visits
    names, products = [s.name for s in line.stations], [p.name for p in line.products]
    ended = ~np.isnan(table["finish"])
    columns = {name: table[name][ended].tolist() for name in table}
    found: list[list[Row]] = [[] for _ in range(replications)]
    for k in range(int(ended.sum())):
        found[columns["replication"][k]].append(
            Row(
                columns["part"][k], names[columns["station"][k]], columns["machine"][k] + 1,
                products[columns["product"][k]], columns["arrive"][k], columns["start"][k], columns["finish"][k],
                columns["attempts"][k], "scrap" if columns["scrapped"][k] else "ok",
            )
        )  # fmt: skip
    return [sorted(rows, key=lambda row: (row.start, row.part)) for rows in found]


def spoiled(rows: list[Row], share: float, rng: np.random.Generator) -> tuple[list[Row], dict[int, str]]:
    """The log with this share of its rows lost, doubled, with swapped times or with a wrong clock, a quarter each.

    A wrong clock is off by 10 min to 2 h, either way; it wrote both times of the row, or only its end.

    Returns:
        The rows, and what is wrong by the row number in the file (a lost row: that of the row which took its place).
    """
    kinds = np.where(rng.random(len(rows)) < share, rng.integers(0, len(KINDS), len(rows)), -1)
    found: list[Row] = []
    wrong: dict[int, str] = {}
    for row, code in zip(rows, kinds.tolist(), strict=True):
        kind = KINDS[code] if code >= 0 else ""
        number = len(found) + 2  # the header is row 1
        if kind == "lost":
            wrong.setdefault(number, kind)
            continue
        new = row
        if kind == "swapped":
            new = _with(row, row.scheduled, row.complete, row.start)
        elif kind == "wrong clock":
            off = float(rng.uniform(600, 7200) * rng.choice([-1, 1]))
            whole = rng.random() < 0.5
            new = _with(row, row.scheduled + off * whole, row.start + off * whole, row.complete + off)
        if kind:
            wrong[number + (kind == "doubled")] = kind
        found += [new, new] if kind == "doubled" else [new]
    return found, wrong


def _with(row: Row, scheduled: float, start: float, complete: float) -> Row:
    return Row(row.part, row.station, row.machine, row.product, scheduled, start, complete, row.attempts, row.outcome)


def write(path: Path, rows: list[Row], start: datetime) -> None:
    """Writes a log, times to the millisecond."""
    begin = start.replace(tzinfo=UTC)

    def texts() -> Iterator[list[object]]:
        for row in rows:
            times = [begin + timedelta(milliseconds=round(1000 * t)) for t in (row.scheduled, row.start, row.complete)]
            moments = [t.strftime("%Y-%m-%d %H:%M:%S.") + f"{t.microsecond // 1000:03d}" for t in times]
            yield [f"P{row.part:05d}", row.station, row.machine, row.product, *moments, row.attempts, row.outcome]

    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(texts())


def main() -> None:
    """Writes what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--days", type=float, default=3.0, help="length of the log (default 3)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--wrong", type=float, default=0.05, help="share of the rows that are wrong (default 0.05)")
    words = parser.parse_args()
    words.folder.mkdir(parents=True, exist_ok=True)
    (words.folder / "truth.toml").write_text(LINE, encoding="utf-8")
    line = twin.load_line(words.folder / "truth.toml")
    rows, wrong = spoiled(
        visits(line, days=words.days, seed=words.seed)[0], words.wrong, np.random.default_rng(words.seed)
    )
    write(words.folder / "visits.csv", rows, line.start)
    with (words.folder / "wrong.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("row", "kind"), *sorted(wrong.items())])
    print(
        f"{len(rows)} rows, {len(wrong)} of them wrong, in {words.folder}: linetwin calibrate {words.folder}/visits.csv"
    )


if __name__ == "__main__":
    main()
