"""A study as long work: blocks of cases that any process computes from a run folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scenarios.cases import Evaluation
    from scenarios.study import Study

__all__ = ["NAME", "StudyWork", "open_study"]

NAME = "scenarios.study_work:open_study"
"""Of this work, for `scenarios.run_sweep.sweep`."""


class StudyWork:
    """The blocks of a study.

    Args:
        study: what is asked.
        evaluation: its cases.
    """

    def __init__(self, study: Study, evaluation: Evaluation) -> None:
        self._study, self._evaluation = study, evaluation

    @property
    def blocks(self) -> int:
        """How many there are."""
        return len(self._evaluation.blocks)

    def cases(self, block: int) -> Sequence[int]:
        """Numbers of the cases of a block."""
        return self._evaluation.blocks[block]

    def run(self, block: int) -> list[str]:
        """The rows of a block, see `Outcome.to_row`."""
        from scenarios.outcome import Outcome  # noqa: PLC0415

        found = zip(self.cases(block), self._evaluation.run(block), strict=True)
        cases = self._evaluation.cases
        return [Outcome.of(cases[n].name, kpis, self._study.prices, cases[n].hourly).to_row() for n, kpis in found]


def open_study(folder: Path) -> StudyWork:
    """The work of a run folder that `linetwin whatif --folder` began."""
    from scenarios.compiled import prepare_jax  # noqa: PLC0415  before jax is imported

    prepare_jax()
    from scenarios.cases import Evaluation  # noqa: PLC0415
    from scenarios.run_folder import read_run  # noqa: PLC0415
    from scenarios.study import load_study  # noqa: PLC0415

    run = read_run(folder)
    study = load_study(run.main)
    study = replace(study, length=replace(study.length, **run.settings))
    return StudyWork(study, Evaluation(study.cases(), study.length))
