"""Cycle times of programs that a machine runs again and again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from twin.calibrate.activity import Activity
from twin.calibrate.choose import Choice, choose
from twin.calibrate.fit import filled
from twin.calibrate.modes import recorded_law
from twin.calibrate.moments import DAY
from twin.calibrate.resample import Interval
from twin.calibrate.sample import CENSORED, COMPLETE, RESIDUAL, RESIDUAL_CENSORED, Sample
from twin.distribution import Distribution
from twin.eventlog.meanings import DOWN, RUN, STOP
from twin.eventlog.words import Words

__all__ = ["CYCLE_FAMILIES", "Program", "ProgramRuns", "program_runs", "programs_of"]

CYCLE_FAMILIES = ("weibull", "gamma", "lognormal", "lognormal + lognormal")
"""Families tried for the runs of a program; two parts where some runs are broken off, or several pieces are made."""


@dataclass(frozen=True)
class ProgramRuns:
    """Runs of programs on one machine, in order of time; a stop interrupts a run and does not count.

    Attributes:
        program: the program of each run [run].
        begin: when it began [s since 1970] [run].
        seconds: how long the machine ran for it, stops left out [s] [run].
        kind: COMPLETE, CENSORED, RESIDUAL or RESIDUAL_CENSORED, by whether begin and end were seen [run].
        stops: number of stops in it [run].
    """

    program: Words
    begin: NDArray[np.float64]
    seconds: NDArray[np.float64]
    kind: NDArray[np.int64]
    stops: NDArray[np.int64]


@dataclass(frozen=True)
class Program:
    """The cycle time of one program.

    Attributes:
        name: the program.
        sample: its runs.
        choices: the families tried, the chosen one first.
        mean: mean time of a run with its interval [s]; one that is cut off counts with what it may have become.
        days: days with a run.
        left_out: runs shorter than what counts, and runs whose begin was not seen.
    """

    name: str
    sample: Sample
    choices: tuple[Choice, ...]
    mean: Interval
    days: int
    left_out: tuple[int, int]

    @property
    def law(self) -> Distribution:
        """The time of a run in the words of a line file: the chosen family, its mean the measured one."""
        return recorded_law(self.choices[0].fit, self.mean.value)

    @property
    def median(self) -> float:
        """The median of the complete runs [s]."""
        return float(np.median(self.sample.complete))


def program_runs(activity: Activity) -> ProgramRuns:
    """The runs of programs on a machine.

    A run goes on after a stop if the machine runs the same program again without having been ready in between.

    Args:
        activity: what the machine did; its log has programs.

    Returns:
        The runs.
    """
    log = activity.log
    assert log.program is not None  # noqa: S101  the caller asks only then
    lengths = log.end - log.start
    rows: list[list[float]] = []
    code, window, is_open, halted, fresh = -1, -1, False, False, False
    for row, meaning in enumerate(activity.meaning.tolist()):
        if int(activity.window[row]) != window:
            if is_open:
                rows[-1][3] = 1.0
            window, is_open, fresh = int(activity.window[row]), False, False
        if meaning == RUN:
            own = int(log.program.codes[row])
            if not is_open or own != code:
                rows.append([own, log.start[row], 0.0, 0.0, float(not fresh), 0.0])
            elif halted:
                rows[-1][5] += 1
            rows[-1][2] += lengths[row]
            code, is_open, halted, fresh = own, True, False, True
        else:
            halted, fresh = True, fresh or meaning not in (STOP, DOWN)
            is_open = is_open and meaning in (STOP, DOWN)
    if is_open:
        rows[-1][3] = 1.0
    table = np.array(rows).reshape(-1, 6)
    cut, late = table[:, 3] > 0, table[:, 4] > 0
    kind = np.where(late, np.where(cut, RESIDUAL_CENSORED, RESIDUAL), np.where(cut, CENSORED, COMPLETE))
    program = Words(table[:, 0].astype(np.int32), log.program.words)
    return ProgramRuns(program, table[:, 1], table[:, 2], kind.astype(np.int64), table[:, 5].astype(np.int64))


def programs_of(
    runs: ProgramRuns, *, least: int, shortest: float, level: float, families: Sequence[str] = CYCLE_FAMILIES
) -> tuple[Program, ...]:
    """The cycle times of the programs that ran often enough.

    Args:
        runs: the runs of a machine.
        least: complete runs that a program needs.
        shortest: shorter runs are tries that somebody broke off [s]; they are left out, and the fit knows it.
        level: probability that an interval should hold the truth.
        families: families to choose from.

    Returns:
        The programs, the most often run first.
    """
    found = []
    for code, name in enumerate(runs.program.words):
        own = runs.program.codes == code
        late = own & np.isin(runs.kind, (RESIDUAL, RESIDUAL_CENSORED))
        short = own & ~late & (runs.seconds < shortest)
        kept = own & ~late & ~short
        if (runs.kind[kept] == COMPLETE).sum() < least:
            continue
        sample = Sample(runs.seconds[kept], runs.kind[kept], runs.begin[kept], 0.0, shortest)
        choices = choose(sample, families)
        days = len(np.unique(sample.at // DAY))
        mean = _mean(sample, filled(sample, choices[0].fit), level)
        found.append(Program(name, sample, choices, mean, days, (int(short.sum()), int(late.sum()))))
    return tuple(sorted(found, key=lambda one: -len(one.sample.complete)))


def _mean(sample: Sample, times: NDArray[np.float64], level: float) -> Interval:
    """The mean of the runs with its interval, days being the pieces of evidence.

    With S_d the sum and n_d the number of the runs of day d, the mean is m = ΣS_d / Σn_d, and its variance
    D / (D - 1) Σ (S_d - m n_d)² / (Σn_d)² (the ratio estimator for clusters; Cochran, Sampling Techniques, 1977,
    section 9A). The interval is m exp(±t s/m) with Student's t for D - 1 days.
    """
    day = np.unique(sample.at // DAY, return_inverse=True)[1]
    sums, counts = np.bincount(day, times), np.bincount(day)
    mean = float(sums.sum() / counts.sum())
    if len(counts) < 2:
        return Interval(mean, math.nan, math.nan)
    variance = len(counts) / (len(counts) - 1) * float(((sums - mean * counts) ** 2).sum()) / float(counts.sum()) ** 2
    reach = float(stdtrit(len(counts) - 1, 0.5 + level / 2)) * math.sqrt(variance) / mean
    return Interval(mean, mean * math.exp(-reach), mean * math.exp(reach))
