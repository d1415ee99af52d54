"""Whether intervals of differences keep their promise: 1,000 studies whose true differences are known.

    python benchmarks/coverage.py --json benchmarks/results/coverage.json

One machine that is never starved or blocked makes 200 parts; the mean time per good part is the mean of its times, in
closed form. Three scenarios move that mean, two of them in proportion, one by another family of distributions, which
common random numbers follow less closely. Each study has 16 replications of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import twin
from scenarios.cases import Case, evaluate
from scenarios.compare import compared
from scenarios.length import Length
from twin.figures import Figure

STUDIES, REPLICATIONS, PARTS = 1000, 16, 200
MEANS = {"a tenth quicker": 0.9, "a twentieth slower": 1.05, "steadier": 0.97}


def line_of(mean: float, *, steady: bool = False) -> twin.Line:
    """One machine with times of that mean [s]."""
    family = {"distribution": "gamma", "cv": 0.5} if steady else {"distribution": "exponential"}
    station = {"name": "S1", "process": {"model": "timed", "time": {**family, "mean": f"{mean} s"}}}
    return twin.read_line({"source": {"mode": "saturated"}, "station": [station]})


def covered(studies: int = STUDIES, seed: int = 0) -> dict[str, Any]:
    """Shares of studies whose intervals hold the truth, and how much common random numbers narrow them."""
    cases = [Case("now", line_of(1.0))]
    cases += [Case(name, line_of(mean, steady=name == "steadier")) for name, mean in MEANS.items()]
    length = Length(parts=PARTS, replications=studies * REPLICATIONS, seed=seed)
    told = [kpis["takt"] for kpis in evaluate(cases, length)]
    single = dict.fromkeys(MEANS, 0)
    together, narrower = 0, {name: [] for name in MEANS}
    for k in range(studies):
        own = slice(k * REPLICATIONS, (k + 1) * REPLICATIONS)
        base, *others = (Figure(figure.values[own], "s") for figure in told if figure is not None)
        all_hold = True
        for (name, mean), figure in zip(MEANS.items(), others, strict=True):
            found = compared("takt", figure, base, family=len(MEANS))
            single[name] += _holds(found.ci95, mean - 1.0)
            all_hold &= _holds(found.all95, mean - 1.0)
            narrower[name].append(found.shrunk)
        together += all_hold
    return {
        "studies": studies,
        "replications": REPLICATIONS,
        "parts": PARTS,
        "single": {name: count / studies for name, count in single.items()},
        "single_mean": float(np.mean(list(single.values()))) / studies,
        "together": together / studies,
        "narrower": {name: float(np.median(values)) for name, values in narrower.items()},
    }


def _holds(interval: Any, truth: float) -> bool:
    return interval is not None and interval[0] <= truth <= interval[1]


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, write; 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--studies", type=int, default=STUDIES)
    options = parser.parse_args(words)
    found = covered(options.studies)
    print(json.dumps(found, indent=2))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0 if all(0.93 <= share <= 0.97 for share in found["single"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
