"""Real runs to try the same kills on: the line `reference` with its five mean times moved, four replications a case."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from benchmarks.toy_work import Toy, write_start
from scenarios.run_folder import read_run

NAME = "benchmarks.twin_work:open_twin"
"""Of the work, for `scenarios.run_sweep.sweep`."""


class Runs(Toy):
    """Cases that are simulated, those of a block one after the other.

    Args:
        about: as of the toy, with `line`.
        line: as `twin.load_line` reads it.
    """

    def __init__(self, about: dict[str, Any], line: Any) -> None:
        super().__init__(about)
        self._line = line

    def run(self, block: int) -> list[str]:
        """The rows of a block: throughput and lead time of each replication, to the last digit."""
        write_start(self.about["starts"], block)
        return [self._row(case) for case in self.cases(block)]

    def _row(self, case: int) -> str:
        import twin  # noqa: PLC0415  after the process is set up

        moved = {path: value * (1 + 0.001 * case) for path, value in self._line.setpoints.items()}
        trace = twin.simulate(
            self._line, parts=2000, warmup_parts=200, replications=4, seed=0, setpoints=moved, record="kpis"
        )
        kpis = twin.kpis(trace)
        figures = {name: [float(value) for value in kpis[name].values] for name in ("throughput", "lead_time")}
        return json.dumps({"case": case, **figures})


def open_twin(folder: Path) -> Runs:
    """The work of a run folder."""
    from scenarios.compiled import prepare_jax  # noqa: PLC0415  before jax is imported

    prepare_jax()
    import twin  # noqa: PLC0415

    run = read_run(folder)
    about = tomllib.loads(run.main.read_text())
    return Runs(about, twin.load_line(run.main.with_name(about["line"])))
