"""The line `housing` on surrogates beside first principles: `python examples/housing_on_surrogates.py [--members]`.

Both run 1,000 parts x 64 replications with the same random numbers, so that the differences of KPIs are paired; CPU
seconds are of a run that is compiled already, the two taking turns, loops compiled as the command `linetwin` does it.
With --all the mill runs on a network, too, though that is slower than its formulas. With --members every member of the
ensembles works in the line once, and a KPI's interval is split into luck (replications) and model (members).
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scenarios.compiled import prepare_jax  # noqa: E402

prepare_jax()

import jax  # noqa: E402
import numpy as np  # noqa: E402
from scipy import stats  # noqa: E402

import twin  # noqa: E402
from surrogates import with_surrogates  # noqa: E402
from surrogates.shares import shares_of  # noqa: E402
from twin.outside import visits_outside  # noqa: E402

NAMES = ("throughput", "oee", "lead_time", "scrap_rate", "energy_per_good_part", "co2")
REPLICATIONS = 64


def run(line: Any, seed: int) -> tuple[Any, float]:
    """A run, and its CPU seconds; JAX comes back before it is done, and the rest would count as the next run's."""
    begin = time.process_time()
    trace = twin.simulate(line, parts=1000, replications=REPLICATIONS, seed=seed, record="kpis")
    jax.block_until_ready(trace.totals)
    return trace, time.process_time() - begin


def main() -> None:
    """Run, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="a network at the mill, too")
    parser.add_argument("--members", action="store_true", help="run every member of the ensembles")
    options = parser.parse_args()
    line = twin.load_line("housing")
    lines = {"first principles": line, "surrogates": with_surrogates(line, every=options.all)}
    for one in lines.values():
        run(one, 0)  # compiles
    spent: dict[str, list[float]] = {name: [] for name in lines}
    found: dict[str, Any] = {}
    for _ in range(5):
        for name, one in lines.items():
            found[name], seconds = run(one, 1)
            spent[name].append(seconds)
    best = {name: min(seconds) for name, seconds in spent.items()}
    visits = 1000 * REPLICATIONS * len(line.stations)
    for name, seconds in best.items():
        print(f"{name:17} {seconds:6.2f} CPU s, {1e6 * seconds / visits:5.2f} us for a station and good part")
    print(f"{'ratio':17} {best['first principles'] / best['surrogates']:6.2f}")
    outside: Any = visits_outside(found["surrogates"])
    flagged = sum(int(station.run.sum()) for station in outside.stations.values())
    print(f"visits outside: {flagged}, replications repeated: {int(np.sum(outside.repeated))}")
    print(f"{'KPI':22} {'first principles':>28} {'surrogates less these, 95 %':>34}")
    figures = {name: twin.kpis(trace) for name, trace in found.items()}
    for name in NAMES:
        figure = figures["first principles"][name]
        low, high = figure.ci95
        gap = np.asarray(figures["surrogates"][name].values) - np.asarray(figure.values)
        half = stats.t.ppf(0.975, REPLICATIONS - 1) * gap.std(ddof=1) / np.sqrt(REPLICATIONS)
        print(f"{name:22} {figure.mean:10.4g} ({low:.4g} to {high:.4g}) {gap.mean():12.3g} ({-half:+.2g}, {half:+.2g})")
    if options.members:
        runs = [twin.kpis(run(with_surrogates(line, every=options.all, member=k), 1)[0]) for k in range(5)]
        print(f"{'KPI':22} {'mean':>10} {'95 %, luck and model':>26} {'share of the model':>20}")
        for name in NAMES:
            shares = shares_of(np.stack([np.asarray(kpis[name].values) for kpis in runs]))
            low, high = shares.interval
            print(f"{name:22} {shares.mean:10.4g} {f'{low:.4g} to {high:.4g}':>26} {shares.model:>19.2%}")


if __name__ == "__main__":
    main()
