"""Known truth: event logs that the twin made, with wrong rows, and how often the learned intervals hold the truth.

    python benchmarks/event_logs.py --logs 500 --json benchmarks/results/event_logs.json

Each log is of three days of a line of four stations (examples/synthetic_event_log.py); 5 % of its rows are lost,
doubled, swapped, or written by a wrong clock. Constants (transport, setup) and limits (shifts, waiting places) have no
interval; what is counted there is how often they are found exactly.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))

import synthetic_event_log as made  # pyright: ignore[reportMissingImports]  found by the path above

import twin
from twin.distribution import Distribution
from twin.learn.build import buffer_of
from twin.learn.learn import learn_file
from twin.learn.learned import Learned
from twin.line import Shift
from twin.parameters import drawn, numbers_of

DAYS = 3.0
TOGETHER = 20
"""Logs that one simulation makes."""
SPOILED = ("doubled", "swapped", "wrong clock")


def truth() -> twin.Line:
    """The line of all logs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "truth.toml"
        path.write_text(made.LINE, encoding="utf-8")
        return twin.load_line(path)


def moments(law: Distribution) -> tuple[float, float]:
    """Mean and mean square of a law [s, s²]."""
    n, mean = law.numbers, law.mean
    if law.family == "mixture":
        parts = [(weight, *moments(part)) for weight, part in law.parts]
        total = sum(weight for weight, _, _ in parts)
        return mean, sum(weight * square for weight, _, square in parts) / total
    if law.family == "weibull":
        return mean, n["scale"] ** 2 * math.gamma(1 + 2 / n["shape"])
    cv = {"constant": 0.0, "exponential": 1.0}.get(law.family, n.get("cv", math.nan))
    return mean, mean**2 * (1 + cv**2)


def figures(line: twin.Line) -> dict[str, float]:
    """The numbers of a line; of laws mean and coefficient of variation, so that families can be compared."""
    found = {
        path: value for path, value in numbers_of(line).items() if ".process." not in path and "source." not in path
    }
    laws: dict[str, Distribution] = {}
    for station in line.stations:
        assert station.process.time is not None
        laws[f"{station.name}.time"] = station.process.time
        laws |= {f"{station.name}.time of {product}": law for product, law in station.process.product.items()}
    if line.source.time is not None:
        laws["time between releases"] = line.source.time
    for name, law in laws.items():
        mean, square = moments(law)
        found |= {f"{name}, mean": mean, f"{name}, cv": math.sqrt(max(square / mean**2 - 1, 0.0))}
    return found


def held(found: Learned, true: dict[str, float]) -> dict[str, tuple[bool, float]]:
    """Whether each figure's interval holds its truth, and estimate over truth; what was not found is not held."""
    assert found.line is not None
    line = replace(found.line, draws=found.draws)
    values = [figures(drawn(line, k)) for k in range(len(found.draws))]
    point = figures(found.line)
    said = {}
    for path, value in true.items():
        if path not in point:
            said[path] = (False, math.nan)
            continue
        low, high = np.percentile([one[path] for one in values], [5, 95])
        slack = 1e-5 * value  # clocks count milliseconds
        said[path] = (bool(low - slack <= value <= high + slack), point[path] / value)
    return said


def apart(found: tuple[Shift, ...], true: tuple[Shift, ...]) -> float:
    """Largest distance of a limit of shifts and breaks from the truth [s]; infinite where there are more or fewer."""
    times = lambda shift: (shift.begin, shift.end, *(t for pause in shift.breaks for t in pause))  # noqa: E731
    limits = [[t for shift in some for t in times(shift)] for some in (found, true)]
    if len(limits[0]) != len(limits[1]):
        return math.inf
    return max(abs(a - b) for a, b in zip(*limits, strict=True))


def batch(first: int) -> list[dict[str, Any]]:
    """Some logs: made, spoiled, written, read and learned."""
    line = truth()
    true = figures(line)
    rows = []
    for place, visits in enumerate(made.visits(line, days=DAYS, replications=TOGETHER, seed=first)):
        rng = np.random.default_rng([first, place])
        spoiled, wrong = made.spoiled(visits, 0.05, rng)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "visits.csv"
            made.write(path, spoiled, line.start)
            began = time.process_time()
            found = learn_file(path)
            seconds = time.process_time() - began
        named = {row for note in found.notes if note.what.startswith("dropped") for row in note.rows}
        missing = {row for note in found.notes if "missing" in note.what for row in note.rows}
        bad = {row for row, kind in wrong.items() if kind in SPOILED}
        assert found.line is not None
        places = {name: (buffer_of(one), one.places) for name, one in found.stations.items()}
        rows.append(
            {
                "held": held(found, true),
                "named": dict(Counter(kind for row, kind in wrong.items() if row in named and kind in SPOILED)),
                "wrong": dict(Counter(wrong.values())),
                "good_named": len(named - bad),
                "rows": len(spoiled),
                "missing": len(missing),
                "machines": [one.machines for one in found.stations.values()] == [s.machines for s in line.stations],
                "order": found.route.stations == tuple(s.name for s in line.stations),
                "shifts": apart(found.calendar.shifts, line.shifts) <= 600.0,
                "shifts_exact": apart(found.calendar.shifts, line.shifts) == 0.0,
                "places_least": all(p is None or p.least <= line.station(n).buffer for n, (_, p) in places.items()),
                "places_known": [
                    p.least == line.station(n).buffer for n, (_, p) in places.items() if p is not None and p.known
                ],
                "families": {
                    f"{name}.{product or 'all'}": times.law.family
                    for name, one in found.stations.items()
                    for product, times in one.times.items()
                },
                "seconds": seconds,
            }
        )
    return rows


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Coverage by figure and the rest, over all logs."""
    paths = list(rows[0]["held"])
    coverage = {
        path: {
            "held": float(np.mean([row["held"][path][0] for row in rows])),
            "estimate / truth": float(np.nanmean([row["held"][path][1] for row in rows])),
        }
        for path in paths
    }
    total = lambda key, kind: sum(row[key].get(kind, 0) for row in rows)  # noqa: E731
    known = [one for row in rows for one in row["places_known"]]
    return {
        "logs": len(rows),
        "rows": float(np.mean([row["rows"] for row in rows])),
        "coverage": coverage,
        "named": {kind: total("named", kind) / max(1, total("wrong", kind)) for kind in SPOILED},
        "missing_named": sum(row["missing"] for row in rows) / max(1, sum(row["wrong"].get("lost", 0) for row in rows)),
        "good_rows_named": sum(row["good_named"] for row in rows) / sum(row["rows"] for row in rows),
        "machines": float(np.mean([row["machines"] for row in rows])),
        "order": float(np.mean([row["order"] for row in rows])),
        "shifts and breaks within 10 min": float(np.mean([row["shifts"] for row in rows])),
        "of these exact": float(np.mean([row["shifts_exact"] for row in rows])),
        "places at most the truth": float(np.mean([row["places_least"] for row in rows])),
        "places said to be known": len(known),
        "of these right": float(np.mean(known)) if known else None,
        "CPU seconds a log": float(np.mean([row["seconds"] for row in rows])),
    }


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logs", type=int, default=500, help=f"rounded up to a multiple of {TOGETHER} (default 500)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    words = parser.parse_args()
    firsts = range(-(-words.logs // TOGETHER))
    rows: list[dict[str, Any]] = []
    with ProcessPoolExecutor(words.workers, mp_context=get_context("spawn")) as pool:
        for done in pool.map(batch, firsts):
            rows += done
            print(f"{len(rows)} logs", file=sys.stderr, flush=True)
    found = summary(rows)
    print(f"{found['logs']} logs of {found['rows']:.0f} rows\n{'figure':36s} 90 % holds   estimate / truth")
    for path, one in found["coverage"].items():
        print(f"{path:36s} {one['held']:10.3f} {one['estimate / truth']:18.4f}")
    for key, value in found.items():
        if key not in ("coverage", "logs", "rows"):
            print(f"{key}: {value}")
    if words.json:
        words.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
