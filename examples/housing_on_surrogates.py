"""The line `housing` on surrogates beside first principles: `python examples/housing_on_surrogates.py [--members]`.

`--line housing_section --parts 200 --replications 16 --rounds 1` takes the line with a dear solver instead.

Both run 1,000 parts x 64 replications, or as many as are asked for, with the same random numbers, so that the
differences of KPIs are paired; CPU seconds are of a run that is compiled already, the two taking turns, loops compiled
as the command `linetwin` does it.
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


def run(line: Any, seed: int, size: tuple[int, int]) -> tuple[Any, float]:
    """A run, and its CPU seconds; JAX comes back before it is done, and the rest would count as the next run's."""
    begin = time.process_time()
    parts, replications = size
    trace = twin.simulate(line, parts=parts, replications=replications, seed=seed, record="kpis")
    jax.block_until_ready(trace.totals)
    return trace, time.process_time() - begin


def main() -> None:
    """Run, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="a network at the mill, too")
    parser.add_argument("--members", action="store_true", help="run every member of the ensembles")
    parser.add_argument("--line", default="housing", help="a line of the library, or a file")
    parser.add_argument("--parts", type=int, default=1000, help="good parts of a replication")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each, of which the best counts")
    parser.add_argument("--replications", type=int, default=64)
    options = parser.parse_args()
    size = (options.parts, options.replications)
    line = twin.load_line(options.line)
    lines = {"first principles": line, "surrogates": with_surrogates(line, every=options.all)}
    for name, one in lines.items():
        print(f"{name:17} {run(one, 0, size)[1]:6.1f} CPU s, the first run, compiled on the way", flush=True)
    spent: dict[str, list[float]] = {name: [] for name in lines}
    found: dict[str, Any] = {}
    for _ in range(options.rounds):
        for name, one in lines.items():
            found[name], seconds = run(one, 1, size)
            spent[name].append(seconds)
    best = {name: min(seconds) for name, seconds in spent.items()}
    visits = options.parts * options.replications * len(line.stations)
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
        half = stats.t.ppf(0.975, options.replications - 1) * gap.std(ddof=1) / np.sqrt(options.replications)
        print(f"{name:22} {figure.mean:10.4g} ({low:.4g} to {high:.4g}) {gap.mean():12.3g} ({-half:+.2g}, {half:+.2g})")
    if options.members:
        members = [with_surrogates(line, every=options.all, member=k) for k in range(5)]
        runs = [twin.kpis(run(member, 1, size)[0]) for member in members]
        print(f"{'KPI':22} {'mean':>10} {'95 %, luck and model':>26} {'share of the model':>20}")
        for name in NAMES:
            shares = shares_of(np.stack([np.asarray(kpis[name].values) for kpis in runs]))
            low, high = shares.interval
            print(f"{name:22} {shares.mean:10.4g} {f'{low:.4g} to {high:.4g}':>26} {shares.model:>19.2%}")


if __name__ == "__main__":
    main()
