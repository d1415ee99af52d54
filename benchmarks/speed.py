"""How fast: the twin against a bare SimPy model, both in one run, per CPU second, draws and KPIs included.

    python benchmarks/speed.py --json benchmarks/results/speed.json

Compilation is not in the rates; it is listed apart. Machines are shared and noisy, so only the ratios say something.
Loops are compiled as the command `linetwin` does it (`scenarios.compiled.compile_whole_loops`).
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import jax
import numpy as np
from oracles import bare_simpy

import twin
from scenarios.compiled import compile_whole_loops
from twin.distribution import Distribution
from twin.line import Failure, Line, Process, Station

PARTS = 10_000


def exponential(stations: int, places: int) -> Line:
    """Single machines, exponential times of mean 1 s."""
    process = Process(time=Distribution("exponential", {"mean": 1.0}))
    return Line(
        f"exponential {stations}", tuple(Station(f"S{k}", process, buffer=places if k else 0) for k in range(stations))
    )


def unreliable(stations: int, places: int) -> Line:
    """Cycle 1 s; breakdowns on the operating clock, MTTF 100 s, MTTR 10 s."""
    mode = Failure("stop", Distribution("exponential", {"mean": 100.0}), Distribution("exponential", {"mean": 10.0}))
    process = Process(time=Distribution("constant", {"mean": 1.0}))
    return Line(
        f"unreliable {stations}",
        tuple(Station(f"S{k}", process, buffer=places if k else 0, failures=(mode,)) for k in range(stations)),
    )


def cpu(work: Callable[[], Any], repeats: int = 3) -> float:
    """Least CPU seconds of some repetitions, all threads."""
    best = np.inf
    for _ in range(repeats):
        begin = time.process_time()
        jax.block_until_ready(work())
        best = min(best, time.process_time() - begin)
    return float(best)


def simpy_rate(stations: int, places: int, **stops: float) -> float:
    """Visits per CPU second of the bare SimPy model."""
    return PARTS * stations / cpu(lambda: bare_simpy.run(stations, places, PARTS, 1.0, 0, **stops))


def value(line: Line, replications: int, setpoints: dict[str, Any] | None = None) -> Any:
    """Mean throughput of a KPI-only run [1/h]."""
    run = twin.simulate(
        line, parts=PARTS, warmup_parts=PARTS // 10, replications=replications, record="kpis", setpoints=setpoints
    )
    figure = twin.kpis(run)["throughput"]
    assert figure is not None
    return figure.mean


def rates(line: Line, paths: list[str], count: int) -> dict[str, float]:
    """Visits per CPU second of a run, and of a run with the derivative with respect to `paths`."""
    numbers = dict.fromkeys(paths, 1.0 if "process" in paths[0] else 10.0)
    visits = PARTS * len(line.stations) * count
    value(line, count)
    both = jax.jit(jax.value_and_grad(lambda numbers: value(line, count, numbers)))
    jax.block_until_ready(both(numbers))
    return {"value": visits / cpu(lambda: value(line, count)), "gradient": visits / cpu(lambda: both(numbers))}


def compile_seconds(line: Line) -> float:
    """CPU seconds of the first small run of a line, all caches empty."""
    jax.clear_caches()
    begin = time.process_time()
    twin.simulate(line, parts=50, replications=64, record="kpis")
    return time.process_time() - begin


def peak_memory(parts: int) -> float:
    """Peak memory [MB] of a process that makes one KPI-only run of the reference line (Linux)."""
    code = (
        "import twin; line = twin.load_line('reference');"
        f"twin.simulate(line, parts={parts}, replications=16, record='kpis');"
        "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    )
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) / 1024


def main() -> None:
    """Measure everything and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="where to store the figures")
    parser.add_argument("--replications", default="1,16,128")
    words = parser.parse_args()
    compile_whole_loops()
    counts = [int(word) for word in words.replications.split(",")]
    result: dict[str, Any] = {"parts": PARTS, "python": platform.python_version(), "jax": jax.__version__}
    result["device"] = jax.devices()[0].device_kind
    lines = {
        "five stations, four places, exponential": (exponential(5, 4), "S{}.process.time.mean", (5, 4), {}),
        "ten stations, ten places, breakdowns": (
            unreliable(10, 10), "S{}.failure.stop.down.mean", (10, 10), {"mttf": 100.0, "mttr": 10.0},
        ),
    }  # fmt: skip
    for name, (line, path, size, stops) in lines.items():
        bare = simpy_rate(*size, **stops)
        paths = [path.format(k) for k in range(len(line.stations))]
        found = {str(count): rates(line, paths, count) for count in counts}
        bare = max(bare, simpy_rate(*size, **stops))
        result[name] = {"simpy": bare, "twin": found}
        print(f"{name}: SimPy {bare / 1e6:.3f} million visits per CPU second")
        for count, rate in found.items():
            value_, slope = rate["value"], rate["gradient"]
            print(
                f"  {count:>4} replications: {value_ / 1e6:6.2f} million, {value_ / bare:6.1f} x;"
                f" with derivative {slope / 1e6:6.2f} million, {slope / bare:6.1f} x"
            )
    result["compile_s"] = {str(n): compile_seconds(exponential(n, 4)) for n in (5, 100)}
    short, long = result["compile_s"].values()
    print(f"first run of 5 / 100 stations: {short:.2f} / {long:.2f} CPU s, {long / short:.2f} x")
    result["memory_MB"] = {str(n): peak_memory(n) for n in (10_000, 200_000)}
    print(
        "peak memory of a KPI-only run:", ", ".join(f"{n} parts {mb:.0f} MB" for n, mb in result["memory_MB"].items())
    )
    result["own_memory_MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if words.json:
        words.json.parent.mkdir(parents=True, exist_ok=True)
        words.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
