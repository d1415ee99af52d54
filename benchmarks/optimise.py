"""A race of searches on one problem, each with the same budget of CPU seconds: `python benchmarks/optimise.py`.

    python benchmarks/optimise.py --json benchmarks/results/optimise_valley.json
    python benchmarks/optimise.py --problem optimise_problems:housing --seconds 300 --json FILE

A problem is a function of a seed, `module:function`, that gives a `scenarios.search.Problem`. Every method gets the
same problem, the same start and batches of its own size; programs are compiled and libraries imported before the clock
runs. Seconds are CPU time of the process over all threads, plus what the problem charges by its attribute `charged`.
All values are means over the problem's own replications at feasible points; the last column is the same points on
fresh random numbers (feasible there or not).
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scenarios.compiled import prepare_jax
from scenarios.search import METHODS, Found, Problem, run

RACED = ("gradient", "cma", "de", "scipy_de", "slsqp", "bayes", "nsga2", "sobol")
SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
FRESH = 10_000

Row = dict[str, Any]


def loaded(name: str) -> Callable[[int], Problem]:
    """The function `module:function`."""
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)


def warm(problem: Problem) -> None:
    """Compile what batches of all sizes need, and the slopes."""
    for count in (1, 2, 4, 8, 16, 32, 64):
        problem.evaluate(np.repeat(problem.start[None], count, axis=0))
    problem.slopes(problem.start)


def imported(methods: Sequence[str]) -> None:
    """Every method once on a small problem, so that its libraries are there."""
    small = loaded("optimise_problems:valley")(0)
    for method in methods:
        run(METHODS[method], small, evaluations=45, seed=0)


def one(problem: Problem, method: str, seconds: float, seed: int) -> tuple[Row, Found]:
    """One method's run: when it knew what, and what it ended with."""

    def clock() -> float:
        return time.process_time() + float(getattr(problem, "charged", 0.0))

    found = run(METHODS[method], problem, seconds=seconds, starts=3, seed=seed, clock=clock)
    track: list[tuple[float, float]] = []
    for second, (_, value) in zip(found.seconds, found.history, strict=True):
        if np.isfinite(value) and second <= seconds and (not track or value < track[-1][1]):
            track.append((second, float(value)))
    row = {"method": method, "seed": seed, "evaluations": found.evaluations, "ended_s": found.seconds[-1]}
    return {**row, "track": track}, found


def at(row: Row, second: float) -> float:
    """Best feasible value that a run knew by then; infinite before one."""
    return min((value for when, value in row["track"] if when <= second), default=np.inf)


def reached(row: Row, value: float) -> float:
    """Seconds until a run knew a value as good."""
    return min((when for when, known in row["track"] if known <= value + 1e-9 * abs(value)), default=np.inf)


def summary(rows: Sequence[Row], seconds: float, of: str) -> list[Row]:
    """By method: quartiles of the best against time, and how it stands to the method `of` on the same seeds."""
    table = []
    own = {row["seed"]: row for row in rows if row["method"] == of}
    for method in dict.fromkeys(row["method"] for row in rows):
        mine = [row for row in rows if row["method"] == method]
        known = np.array([[at(row, share * seconds) for share in SHARES] for row in mine])
        lower, median, upper = (np.sort(known, axis=0)[round(q * (len(mine) - 1))] for q in (0.25, 0.5, 0.75))
        line: Row = {"method": method, "lower": list(lower), "median": list(median), "upper": list(upper)}
        if method != of and own:
            ends = [(row["track"][-1][1] if row["track"] else np.inf, own[row["seed"]]) for row in mine]
            times = np.array([reached(first, end) for end, first in ends])
            line["share_of_time"] = float(np.median(times) / seconds)
            line["share_of_time_worst"] = float(times.max() / seconds)
            line["seeds_beaten"] = int(sum(at(first, seconds) <= end for end, first in ends))
        verified = [row["fresh"] for row in mine if "fresh" in row]
        if verified:
            line["fresh"] = float(np.median([one["value"] for one in verified]))
            line["fresh_broken"] = float(np.median([one["broken"] for one in verified]))
        table.append(line)
    return table


def shown(table: Sequence[Row], of: str) -> str:
    """As Markdown."""
    heads = [f"{share:.0%}" for share in SHARES]
    lines = [f"| method | {' | '.join(heads)} | quartiles at the end | {of} is there after | fresh (broken by) |"]
    lines.append("|" + "---|" * (len(SHARES) + 4))
    for row in table:
        values = [f"{value:.5g}" if np.isfinite(value) else "none" for value in row["median"]]
        ends = f"{row['lower'][-1]:.5g} to {row['upper'][-1]:.5g}"
        there = f"{row['share_of_time']:.1%} of the time" if np.isfinite(row.get("share_of_time", np.inf)) else "never"
        there = "" if "share_of_time" not in row else f"{there}, worst seed {row['share_of_time_worst']:.1%}"
        fresh = f"{row['fresh']:.5g} ({row['fresh_broken']:.2g})" if "fresh" in row else ""
        lines.append(f"| {row['method']} | {' | '.join(values)} | {ends} | {there} | {fresh} |")
    return "\n".join(lines)


def main(words: Sequence[str] | None = None) -> int:
    """Race, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problem", default="optimise_problems:valley", help="module:function of a seed")
    parser.add_argument("--methods", default=",".join(RACED))
    parser.add_argument("--seconds", type=float, default=30.0, help="CPU seconds of each run")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--same-luck", action="store_true", help="one problem for all seeds: it is compiled once")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(words)
    methods = options.methods.split(",")
    prepare_jax()
    imported(methods)
    make = loaded(options.problem)
    rows: list[Row] = []
    problem, fresh = None, None
    for seed in range(options.seeds):
        if problem is None or fresh is None or not options.same_luck:
            problem, fresh = make(seed), make(seed + FRESH)
            warm(problem)
        turn = seed % len(methods)
        for method in methods[turn:] + methods[:turn]:
            row, found = one(problem, method, options.seconds, seed)
            told = fresh.evaluate(found.point[None]).means[0]
            row["fresh"] = {"value": float(told[0]), "broken": float(max(0.0, *told[1:]))}
            rows.append(row)
            end = at(row, options.seconds)
            print(f"seed {seed} {method:9} {end:.6g} by {row['evaluations']} evaluations", file=sys.stderr, flush=True)
        table = summary(rows, options.seconds, methods[0])
        if options.json:
            libraries = ("numpy", "scipy", "jax", "cma", "pymoo", "bayesian-optimization")
            made = {name: version(name) for name in libraries} | {"python": platform.python_version()}
            told = {"problem": options.problem, "seconds": options.seconds, "seeds": seed + 1, "versions": made}
            whole = _plain({**told, "shares": SHARES, "table": table, "runs": rows})
            options.json.write_text(json.dumps(whole) + "\n", encoding="utf-8")
    print(shown(summary(rows, options.seconds, methods[0]), methods[0]))
    return 0


def _plain(value: Any) -> Any:
    """For JSON, which has no infinite numbers."""
    if isinstance(value, dict):
        return {key: _plain(own) for key, own in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(own) for own in value]
    if isinstance(value, float):
        return round(value, 9) if np.isfinite(value) else None
    return value


if __name__ == "__main__":
    sys.exit(main())
