"""How long it takes to read an event log of a million events and to learn a line from it, and how much memory.

    python benchmarks/large_log.py --json benchmarks/results/large_log.json

The log is one of the line of examples/synthetic_event_log.py, a row an event (scheduled, start, complete), in order of
time, as CSV. Reading and learning run in a process of their own; its CPU time and largest memory are measured, start of
Python and imports included.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))

import synthetic_event_log as made  # pyright: ignore[reportMissingImports]  found by the path above

import twin

KINDS = ("scheduled", "start", "complete")
_CHILD = """
import resource, sys, time
from twin.learn.learn import learn_file
found = learn_file(sys.argv[1])
used = resource.getrusage(resource.RUSAGE_SELF)
print(found.read, len(found.log), len(found.draws), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def write(path: Path, events: int) -> int:
    """Writes a log of about so many events; returns how many."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "truth.toml"
        file.write_text(made.LINE, encoding="utf-8")
        line = twin.load_line(file)
    days = events / len(KINDS) / len(line.stations) / 432.0
    table = twin.simulate(line, horizon=days * made.DAY, replications=1, seed=0).visits
    done = ~np.isnan(table["finish"])
    part, station = table["part"][done], table["station"][done]
    machine, product = table["machine"][done], table["product"][done]
    moments = np.stack([table[name][done] for name in ("arrive", "start", "finish")])
    scrapped = table["scrapped"][done]
    kind, visit = (axis.ravel() for axis in np.meshgrid(np.arange(3), np.arange(len(part)), indexing="ij"))
    order = np.lexsort((kind, moments.ravel()))
    stations, products = [s.name for s in line.stations], [p.name for p in line.products]
    base = np.datetime64(line.start, "ms")
    with path.open("w", encoding="utf-8") as out:
        out.write("case_id,timestamp,lifecycle,station,machine,product,outcome\n")
        for first in range(0, len(order), 100_000):
            some = order[first : first + 100_000]
            times = (base + np.round(1000 * moments.ravel()[some]).astype("timedelta64[ms]")).astype(str).tolist()
            rows = []
            for moment, k, v in zip(times, kind[some].tolist(), visit[some].tolist(), strict=True):
                outcome = "" if k < 2 else "scrap" if scrapped[v] else "ok"
                place = f"{stations[station[v]]},{machine[v] + 1},{products[product[v]]}"
                rows.append(f"P{part[v]:06d},{moment},{KINDS[k]},{place},{outcome}\n")
            out.writelines(rows)
    return len(order)


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.csv"
        events = write(path, words.events)
        size = path.stat().st_size / 1e6
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", _CHILD, str(path)], capture_output=True, text=True, check=True)
        wall = time.perf_counter() - began
    read, kept, draws, seconds, megabytes = map(float, done.stdout.split())
    found: dict[str, Any] = {
        "events": events, "file, MB": size, "visits": read, "visits kept": kept, "draws": draws,
        "CPU seconds": seconds, "wall seconds": wall, "largest memory, MB": megabytes,
    }  # fmt: skip
    for name, value in found.items():
        print(f"{name:20s} {value:12,.1f}")
    if words.json:
        words.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime > 0


if __name__ == "__main__":
    main()
