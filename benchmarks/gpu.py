"""The same runs on an accelerator and on all cores of its host: visits per second of wall time, compiling apart.

    python benchmarks/gpu.py --json benchmarks/results/gpu.json

Without an accelerator only the host is measured. Times are float64 on both.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np

import twin
from twin.distribution import Distribution
from twin.line import Line, Process, Station

BUDGET = 60.0
"""Seconds after which a case with more replications is not tried."""


def exponential(stations: int, places: int) -> Line:
    """Single machines, exponential times of mean 1 s."""
    process = Process(time=Distribution("exponential", {"mean": 1.0}))
    row = (Station(f"S{k}", process, buffer=places if k else 0) for k in range(stations))
    return Line(f"exponential {stations}", tuple(row))


def run(line: Line, parts: int, replications: int) -> Callable[[], Any]:
    """A run of KPIs alone."""
    how = {"parts": parts, "replications": replications, "record": "kpis"}
    return lambda: twin.kpis(twin.simulate(line, **how))["throughput"].mean


def gradient(line: Line, parts: int, replications: int) -> Callable[[], Any]:
    """Throughput with its derivative with respect to all setpoints."""

    def throughput(setpoints: dict[str, Any]) -> Any:
        trace = twin.simulate(line, parts=parts, replications=replications, setpoints=setpoints, record="kpis")
        return twin.kpis(trace)["throughput"].mean

    compiled = jax.jit(jax.value_and_grad(throughput))
    setpoints = {name: np.float64(value) for name, value in line.setpoints.items()}
    return lambda: jax.block_until_ready(compiled(setpoints))


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of the first call, which compiles, and least seconds of two more."""
    began = time.perf_counter()
    work()
    first = time.perf_counter() - began
    later = []
    for _ in range(2):
        began = time.perf_counter()
        work()
        later.append(time.perf_counter() - began)
    return first, min(later)


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--quick", action="store_true", help="few replications, to try it")
    words = parser.parse_args()
    housing = twin.load_line("housing")
    several = (128, 1024, 8192, 65536) if not words.quick else (16, 64)
    cases: list[tuple[str, Callable[..., Callable[[], Any]], Line, int, tuple[int, ...]]] = [
        ("5 stations, exponential", run, exponential(5, 4), 1000, several),
        ("the same with its derivative", gradient, exponential(5, 4), 500, several[:3]),
        ("20 stations, exponential", run, exponential(20, 4), 500, several[:3]),
        ("housing, physics", run, housing, 100, (64, 1024, 8192) if not words.quick else (16,)),
    ]
    kinds = [kind for kind in ("gpu", "cpu") if _devices(kind)]
    rows = []
    for name, how, line, parts, sizes in cases:
        for kind in kinds:
            device = _devices(kind)[0]
            for replications in sizes:
                with jax.default_device(device):
                    try:
                        first, seconds = timed(how(line, parts, replications))
                    except Exception as error:  # noqa: BLE001  a case that does not fit is told, and the others go on
                        print(f"{name:32s} {device.device_kind:24s} {replications:7d} {str(error)[:80]}", flush=True)
                        break
                rate = replications * parts * len(line.stations) / seconds
                row = {"case": name, "device": device.device_kind, "kind": kind, "replications": replications}
                rows.append(row | {"parts": parts, "seconds": seconds, "first": first, "visits per second": rate})
                said = f"{seconds:9.3f} s {rate / 1e6:9.2f} M/s  first {first:6.1f} s"
                print(f"{name:32s} {device.device_kind:24s} {replications:7d} {said}", flush=True)
                if words.json:
                    found = {"cores": os.cpu_count(), "jax": jax.__version__, "rows": rows}
                    words.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
                if first + seconds > BUDGET:
                    break


def _devices(kind: str) -> list[Any]:
    try:
        return jax.devices(kind)
    except RuntimeError:
        return []


if __name__ == "__main__":
    main()
