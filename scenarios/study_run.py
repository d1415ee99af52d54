"""Running a study: its cases in blocks, in this process or through a run folder; more replications where asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from scenarios.cases import Case, Evaluation
from scenarios.length import Length
from scenarios.outcome import Outcome
from scenarios.study_result import StudyResult
from twin.statistics import replications_needed
from twin.store import line_hash, versions

if TYPE_CHECKING:
    from scenarios.study import Study

__all__ = ["outcomes_of", "result_of", "run_study"]

Progress = Callable[[float], None]


def run_study(study: Study, *, progress: Progress | None = None) -> StudyResult:
    """Run a study in this process, see `Study.run`."""
    cases = study.cases()
    length = study.length
    found = result_of(study, cases, length, outcomes_of(study, cases, length, progress=progress))
    while (wanted := _wanted(found)) > length.replications:
        length = replace(length, replications=wanted)
        found = result_of(study, cases, length, outcomes_of(study, cases, length, progress=progress))
    return found


def outcomes_of(
    study: Study, cases: Sequence[Case], length: Length, *, progress: Progress | None = None
) -> list[Outcome]:
    """What all cases tell."""
    evaluation = Evaluation(cases, length)
    found: dict[int, Outcome] = {}
    count = len(evaluation.blocks)
    for number, block in enumerate(evaluation.blocks):
        told = None if progress is None else (lambda share, at=number: progress((at + share) / count))
        for case, kpis in zip(block, evaluation.run(number, progress=told), strict=True):
            found[case] = Outcome.of(cases[case].name, kpis, study.prices, cases[case].hourly)
    return [found[case] for case in range(len(cases))]


def result_of(study: Study, cases: Sequence[Case], length: Length, outcomes: Sequence[Outcome]) -> StudyResult:
    """The outcomes of the cases of a study, each in its place."""
    first = 1 + len(study.scenarios)
    sweeps, at = {}, first
    for sweep in study.sweeps:
        sweeps[sweep.name] = tuple(outcomes[at : at + len(sweep.points)])
        at += len(sweep.points)
    provenance = {"hash": line_hash(cases[0].line), "versions": versions()}
    return StudyResult(study, length, outcomes[0], tuple(outcomes[1:first]), sweeps, provenance)


def _wanted(found: StudyResult) -> int:
    """Replications that make the intervals of the differences narrow enough, after Stein, but not too many."""
    study, least = found.study, found.length.replications
    if not study.half_width:
        return least
    wanted = max(least, 2)
    for name, half in study.half_width.items():
        for outcome in found.scenarios or (found.baseline,):
            figure, other = outcome.figures.get(name), found.baseline.figures.get(name)
            if figure is None or other is None or not figure.random or least < 2:
                continue
            values = np.asarray(figure.values) - (np.asarray(other.values) if found.scenarios else 0.0)
            if np.isfinite(values).all() and values.std() > 0:
                wanted = max(wanted, replications_needed(values, half))
    return min(max(wanted, least), max(study.most_replications, least))
