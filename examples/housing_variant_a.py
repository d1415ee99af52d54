"""The line `housing` with variant A alone, beside an independent simulation of the tables that it was written from.

    python examples/housing_variant_a.py

That simulation had timed stations, start-up scrap and tool changes, no breaks, no care of the die, 120 runs of 140 h.
Here times, energy and scrap come from the processes. Accepted: 2 % of the throughput, 5 % of the energy.
"""

from __future__ import annotations

from dataclasses import replace

import twin
from twin.line import Product

HOURS, WARMUP, RUNS = 146, 6, 64
INDEPENDENT = {
    "good parts per hour": 57.7,
    "OEE, %": 80.0,
    "lead time, h": 1.85,
    "electricity per good part, kWh": 2.61,
    "gas per good part, kWh": 2.34,
    "energy per good part, kWh": 4.95,
    "good parts per shot": 0.91,
    "scrap at the leak test, %": 1.6,
    "false alarms of it, %": 0.3,
    "cast: processing, %": 87.7,
    "cast: blocked, %": 2.2,
    "mill: processing, %": 89.3,
    "mill: starved, %": 2.9,
    "deburr: blocked, %": 26.0,
    "assemble: starved, %": 23.0,
    "inspect: starved, %": 51.0,
}


def main() -> None:
    """Simulate 140 hours 64 times and print both sides."""
    line = twin.load_line("housing")
    stations = [replace(s, maintenance=()) for s in line.stations]
    line = replace(line, products=(Product("A"),), shifts=(), stations=tuple(stations))
    run = twin.simulate(line, horizon=HOURS * 3600.0, warmup=WARMUP * 3600.0, replications=RUNS, record="kpis")
    kpis = twin.kpis(run)
    value = {name: figure.value or 0.0 for name, figure in kpis.items() if figure is not None}
    share = {
        f"{name}: {state}, %": 100 * (figure.value or 0.0)
        for name, station in kpis.stations.items()
        for state, figure in station.states.items()
    }
    shots = kpis.stations["cast"].figures["produced"]
    assert shots is not None
    leak = [station.name for station in line.stations].index("leak")
    tested, scrapped = (run.totals[name][leak].sum() for name in ("produced", "scrapped"))
    false = run.totals["found"][0, leak].sum()
    found = share | {
        "good parts per hour": value["throughput"],
        "OEE, %": 100 * value["oee"],
        "lead time, h": value["lead_time"] / 3600,
        "electricity per good part, kWh": value["electricity"] / value["good"],
        "gas per good part, kWh": value["gas"] / value["good"],
        "energy per good part, kWh": value["energy_per_good_part"],
        "good parts per shot": value["good"] / (shots.value or 1.0),
        "scrap at the leak test, %": 100 * float(scrapped / tested),
        "false alarms of it, %": 100 * float(false / tested),
    }
    print(f"{'':32} {'processes':>10} {'tables':>8}")
    for name, expected in INDEPENDENT.items():
        print(f"{name:32} {found[name]:10.3g} {expected:8.3g}  {100 * (found[name] / expected - 1):+5.1f} %")


if __name__ == "__main__":
    main()
