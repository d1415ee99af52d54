"""A line fitted to the first half of a real plant's log, and what that plant did in the second half.

    python examples/bottling_compared.py

The fit (`bottling_first_half.toml`) rests on 28 days of 2022; measured are the 28 days that followed, up to February
2023 (David, de Carvalho Monson, Soares Junior 2026, doi 10.5281/zenodo.18146866, CC BY 4.0). Only sums of the second
half stand here; `docs/validation.md` has the hours and days, the uncertainty of the fitted numbers, and the misses.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

import twin

OBSERVED_HOURS = 90.25
MEASURED = {"share of operating time": 0.565, "containers per hour": 333.4}
MIX = {"3 l": 21471, "5 l": 8618}
"""Containers of each size in the second half."""


def main() -> None:
    """Simulate as many hours as were observed, 200 times, and print both sides."""
    line = twin.load_line(Path(__file__).parent / "bottling_first_half.toml")
    total = sum(MIX.values())
    line = replace(line, products=tuple(replace(p, share=MIX[p.name] / total) for p in line.products))
    run = twin.simulate(line, horizon=OBSERVED_HOURS * 3600, replications=200, seed=0, record="kpis")
    kpis = twin.kpis(run)
    throughput = kpis["throughput"]
    assert throughput is not None
    found = {
        "share of operating time": np.asarray(kpis.stations["filler"].states["processing"].values),
        "containers per hour": np.asarray(throughput.values),
    }
    print(f"{OBSERVED_HOURS} h after the fit       predicted (90 % of runs)      measured")
    for name, values in found.items():
        low, high = np.quantile(values, [0.05, 0.95])
        print(f"{name:24} {values.mean():8.4g} ({low:.4g} to {high:.4g}) {MEASURED[name]:15.4g}")
    print("The interval holds chance alone; docs/validation.md adds the uncertainty of the fitted numbers.")


if __name__ == "__main__":
    main()
