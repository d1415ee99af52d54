"""Numbers that a log does not show: how often intervals hold the truth, bias, cost, and gradient against none.

    python benchmarks/hidden.py --json benchmarks/results/hidden.json

A line of four stations of which one, the washer, keeps no log; no station logs arrivals. `mean`: its mean time, `pair`:
its mean time and coefficient of variation, `places`: the places in front of it, with everything else known. `methods`
minimises the same objective (statistics, weights, random numbers, starting point) by gradient, by Nelder and Mead's
simplex and by CMA-ES, on logs of their own.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cma
import numpy as np
from scipy.optimize import minimize
from scipy.stats import binom

import twin
from twin.distribution import Distribution
from twin.eventlog.visits import VisitLog
from twin.learn.hidden import HiddenFit
from twin.learn.moments import Descent, target_of
from twin.learn.observed import observed
from twin.learn.replayed import replay_of
from twin.learn.simulated import Simulated
from twin.learn.simulated_log import log_of
from twin.learn.summaries import Summaries
from twin.learn.unknowns import unknowns_of
from twin.line import Line, Process, Station

PARTS, REPLICATIONS = 400, 200
MEAN, CV, PLACES = "wash.process.time.mean", "wash.process.time.cv", "wash.buffer"
TRUTH = {MEAN: 30.0, CV: 0.4, PLACES: 2.0}
BOUNDS = {MEAN: (10.0, 60.0), CV: (0.05, 1.0), PLACES: (0.0, 6.0)}


def plant() -> Line:
    """The line whose logs are fitted."""
    timed = lambda mean: Process(time=Distribution("lognormal", {"mean": mean, "cv": 0.4}))  # noqa: E731
    return Line(
        "washing",
        (
            Station("saw", timed(33.0)),
            Station("mill", timed(30.0), buffer=2, transport=6.0),
            Station("wash", timed(30.0), buffer=2, transport=4.0),
            Station("test", timed(31.0), buffer=2, transport=5.0),
        ),
    )


def log(seed: int) -> VisitLog:
    """A log of its other stations."""
    trace = twin.simulate(plant(), parts=PARTS, seed=1000 + seed)
    return log_of(trace, ["saw", "mill", "test"], arrivals=False)


def covered(paths: list[str], logs: int, *, repeat: bool = True) -> dict[str, Any]:
    """Fits of many logs: how often intervals hold the truth, bias and cost."""
    bounds = {path: BOUNDS[path] for path in paths}
    fit = HiddenFit(plant(), bounds, parts=PARTS, replications=REPLICATIONS, repeat=repeat)
    begun = time.process_time()
    fit(log(-1))
    first = time.process_time() - begun
    found, costs = [], []
    for seed in range(logs):
        own = log(seed)
        begun = time.process_time()
        found.append(fit(own))
        costs.append(time.process_time() - begun)
    told: dict[str, Any] = {"logs": logs, "repeat": repeat}
    told |= {"cpu_seconds_per_fit": float(np.mean(costs)), "cpu_seconds_of_first": first}
    told["runs_per_fit"] = float(np.mean([one.runs for one in found]))
    for path in paths:
        values = np.array([one.values[path] for one in found])
        ends = np.array([one.intervals[path] for one in found])
        held = int(((ends[:, 0] <= TRUTH[path]) & (TRUTH[path] <= ends[:, 1])).sum())
        told[path] = {
            "truth": TRUTH[path],
            "held": held,
            "held_if_right": [int(binom.ppf(q, logs, 0.9)) for q in (0.025, 0.975)],
            "bias": float(values.mean() - TRUTH[path]),
            "standard_error_of_bias": float(values.std(ddof=1) / np.sqrt(logs)),
            "standard_deviation": float(values.std(ddof=1)),
            "mean_length_of_interval": float(np.diff(ends, axis=1).mean()),
        }
        if path == PLACES:
            told[path]["exactly"] = int((values == TRUTH[path]).sum())
            told[path]["probability_of_truth"] = float(np.mean([one.probability[path][2] for one in found]))
    return told


Search = Callable[[Descent, np.ndarray, np.ndarray], np.ndarray]


def by_gradient(path: Descent, share: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """As `fit_hidden` does it."""
    return path.descended(share, weight)


def by_simplex(path: Descent, share: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Nelder and Mead's simplex, until it and the objective hardly change."""
    cost = path.cost(weight)
    how = {"xatol": 1e-3, "fatol": 1e-2, "initial_simplex": share + np.array([[0, 0], [0.1, 0], [0, 0.1]])}
    return minimize(cost, share, method="Nelder-Mead", bounds=[(0, 1)] * len(share), options=how).x


def by_cma(path: Descent, share: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """CMA-ES, until the step is a thousandth of the range."""
    how = {"bounds": [0, 1], "tolx": 1e-3, "tolfun": 1e-2, "seed": 1, "verbose": -9, "maxfevals": 400}
    return np.asarray(cma.fmin2(path.cost(weight), share, 0.1, how)[0])


def compared(logs: int) -> dict[str, Any]:
    """The same objective minimised by each method."""
    line, bounds = plant(), {path: BOUNDS[path] for path in (MEAN, CV)}
    unknown = unknowns_of(line, bounds)
    seen = observed(line, log(0))
    ready, what = replay_of(line, seen, unknown=list(bounds), repeat=True), Summaries.of(line, seen)
    keep = np.where(np.arange(PARTS) < PARTS // 10, 0.0, 1.0)
    made = Simulated(ready.line, what, seen.places, unknown=unknown, keep=keep, replications=REPLICATIONS, seed=0)
    methods: dict[str, Search] = {"gradient": by_gradient, "Nelder-Mead": by_simplex, "CMA-ES": by_cma}
    begin = np.array([0.6, 0.6])
    rows: dict[str, list[tuple[float, ...]]] = {name: [] for name in methods}
    for seed in range(-1, logs):  # the first compiles
        seen = observed(line, log(seed))
        target = target_of(what, seen, keep, step=0.0, numbers=ready.numbers(seen))
        values = made.values(np.array([0.4, 0.4]), [], target.numbers)
        for name, method in methods.items():
            path = Descent(made, target, [])
            weight = path.weight(values)
            begun = time.process_time()
            share = method(path, begin, weight)
            cost = time.process_time() - begun
            at = [float(one.scaled(x)) for one, x in zip(unknown, share, strict=True)]
            if seed >= 0:
                rows[name].append((cost, path.runs, path.cost(weight)(share), *at))
    told = {}
    best = np.min([[row[2] for row in found] for found in rows.values()], axis=0)
    for name, found in rows.items():
        table = np.array(found)
        told[name] = {
            "cpu_seconds": float(table[:, 0].mean()),
            "runs": float(table[:, 1].mean()),
            "objective_above_best": float((table[:, 2] - best).mean()),
            "worst_objective_above_best": float((table[:, 2] - best).max()),
            "rms_error": {
                p: float(np.sqrt(np.mean((table[:, 3 + k] - TRUTH[p]) ** 2))) for k, p in enumerate((MEAN, CV))
            },
        }
    return {"logs": logs, **told}


def main() -> None:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--logs", type=int, default=100)
    words = parser.parse_args()
    found: dict[str, Any] = {"parts": PARTS, "replications": REPLICATIONS}
    for name, measure in (
        ("mean", lambda: covered([MEAN], words.logs)),
        ("mean_drawn_anew", lambda: covered([MEAN], max(words.logs // 5, 2), repeat=False)),
        ("pair", lambda: covered([MEAN, CV], max(words.logs // 3, 2))),
        ("places", lambda: covered([PLACES], words.logs)),
        ("methods", lambda: compared(max(words.logs // 20, 2))),
    ):
        found[name] = measure()
        print(name, json.dumps(found[name], indent=1), flush=True)
        if words.json:
            words.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
