"""How fast what-if scenarios are: an eight-hour shift of `housing` on surrogates, four replications each.

    python benchmarks/what_ifs.py --json benchmarks/results/what_ifs.json

Sobol points over ten setpoints in their released windows, all in one program; CPU seconds of a second run, once
compiled, with the figures of every scenario worked out. `--count 1000` is the whole.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scenarios.compiled import prepare_jax

PATHS = (
    "cast.spray", "cast.dwell", "cast.oil", "cast.metal", "mill.face_mill_speed", "mill.feed_per_tooth", "wash.bath",
    "wash.dryer", "cure.zone_1", "cure.exhaust",
)  # fmt: skip


def measured(count: int, replications: int = 4) -> dict[str, Any]:
    """Seconds of so many scenarios, by what they go into."""
    import numpy as np  # noqa: PLC0415  after JAX is set up
    from scipy.stats import qmc  # noqa: PLC0415

    import twin  # noqa: PLC0415
    from scenarios.cases import Case, Evaluation  # noqa: PLC0415
    from scenarios.length import Length  # noqa: PLC0415
    from surrogates.swap import with_surrogates  # noqa: PLC0415

    line = with_surrogates(twin.load_line("housing"))
    windows = np.array([line.station(s).setpoints[n].released for s, n in (path.split(".") for path in PATHS)], float)
    shares = qmc.Sobol(len(PATHS), scramble=True, rng=0).random_base2((count - 1).bit_length())[:count]
    points = windows[:, 0] + shares * (windows[:, 1] - windows[:, 0])
    cases = [Case(str(k), line, dict(zip(PATHS, map(float, row), strict=True))) for k, row in enumerate(points)]
    begin = time.process_time()
    evaluation = Evaluation(cases, Length(horizon=8 * 3600.0, replications=replications))
    ready = time.process_time()
    evaluation.run(0)
    compiled = time.process_time()
    for block in range(len(evaluation.blocks)):
        evaluation.run(block)
    done = time.process_time()
    return {
        "scenarios": count,
        "replications": replications,
        "prepared_s": ready - begin,
        "first_block_compiled_s": compiled - ready,
        "all_s": done - compiled + ready - begin,
        "per_1000_s": 1000 / count * (done - compiled + ready - begin),
    }


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--count", type=int, default=128)
    options = parser.parse_args(words)
    prepare_jax()
    found = measured(options.count)
    print(json.dumps(found, indent=2))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
