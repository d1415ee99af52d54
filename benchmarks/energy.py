"""What blind sampling finds where `linetwin optimise energy_setpoints` searches: the best of many Sobol points.

    python benchmarks/energy.py --json benchmarks/results/energy.json

Every point is a week of `housing` with closed hours and oven as in "all three", on first principles and the random
numbers of the study. Of those that keep throughput and scrap rate of the baseline, the best are run again with fresh
random numbers and more replications, as the optimum is; the best of these counts.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from scenarios.compiled import prepare_jax

STUDY = "energy_setpoints"
AIM, KEPT = "energy_per_good_part", {"throughput": 1.0, "scrap_rate": -1.0}
BEGIN = "all three"


def measured(points: int, replications: int, finalists: int, verify: int) -> dict[str, Any]:
    """The best of so many points, verified."""
    import numpy as np  # noqa: PLC0415  after JAX is set up
    from scipy.stats import qmc  # noqa: PLC0415

    from scenarios.cases import Case, evaluate  # noqa: PLC0415
    from scenarios.optimise import FRESH  # noqa: PLC0415
    from scenarios.study import load_study  # noqa: PLC0415
    from scenarios.variables import variable_of  # noqa: PLC0415

    study = load_study(STUDY)
    asked = study.optimise
    assert asked is not None
    cases = {case.name: case for case in study.cases()}
    now, begin = cases[study.baseline.name], cases[BEGIN]
    variables = [variable_of(begin.line, path, own) for path, own in asked.setpoints.items()]
    low, high = (np.array([getattr(v, end) for v in variables]) for end in ("low", "high"))
    shares = qmc.Sobol(len(variables), scramble=True, rng=0).random_base2((points - 1).bit_length())[:points]
    rows = low + shares * (high - low)
    values = [{**begin.values, **dict(zip((v.path for v in variables), map(float, row), strict=True))} for row in rows]
    begun = time.process_time()
    short = replace(study.length, replications=replications)
    told = evaluate([now, *(Case(str(k), begin.line, own) for k, own in enumerate(values))], short)
    before, found = told[0], told[1:]
    keeps = [
        all(sign * float((own[name] - before[name]).mean) >= 0 for name, sign in KEPT.items()) for own in found
    ]  # fmt: skip
    order = sorted((k for k, kept in enumerate(keeps) if kept), key=lambda k: float(found[k][AIM].mean))[:finalists]
    proof = replace(study.length, replications=verify, seed=study.length.seed + FRESH)
    again = evaluate([now, begin, *(Case(str(k), begin.line, values[k]) for k in order)], proof)
    saved = [1 - float(own[AIM].mean) / float(again[0][AIM].mean) for own in again[1:]]
    moved = [{name: float((own[name] - again[0][name]).mean) for name in KEPT} for own in again[1:]]
    best = max(range(len(order)), key=lambda k: saved[1 + k]) if order else None
    return {
        "points": points,
        "keep_throughput_and_scrap_rate": sum(keeps),
        "saved_without_setpoints": saved[0],
        "saved_by_best": None if best is None else saved[1 + best],
        "best_differs_in": None if best is None else moved[1 + best],
        "best": None if best is None else {v.path: v.shown(rows[order[best]][k]) for k, v in enumerate(variables)},
        "cpu_s": time.process_time() - begun,
    }


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--replications", type=int, default=4, help="of a point")
    parser.add_argument("--finalists", type=int, default=16)
    parser.add_argument("--verify", type=int, default=64, help="replications of a finalist")
    options = parser.parse_args(words)
    prepare_jax()
    found = measured(options.points, options.replications, options.finalists, options.verify)
    print(json.dumps(found, indent=2))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
