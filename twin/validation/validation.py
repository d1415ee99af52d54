"""A model against the days of a log that it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.errors import LogError
from twin.calibrate.stoplog import Note
from twin.eventlog.cleaning import cleaned
from twin.eventlog.visits import DAY, VisitLog
from twin.learn.calendar import ALWAYS, closures, in_hours
from twin.learn.model import VisitModel
from twin.learn.stops import ranges_of
from twin.line import Line
from twin.validation.drift import Trend, trends_of
from twin.validation.ranks import Coverage, coverage_of
from twin.validation.replay import replayed_ranks
from twin.validation.simulated import Simulated, simulated
from twin.validation.verdict import Verdict, verdict_of
from twin.validation.visits import Told, judged, told_by_line, told_by_model, told_plainly

__all__ = ["Validation", "validate_line", "validate_model"]

Array = NDArray[np.float64]
MODEL = "the model"
_NONE = Verdict("", (), ())
LEADS = 1
"""Lead times of a day that count as independent: parts wait together."""
SLIPS = 0.005


@dataclass(frozen=True)
class Validation:
    """The outcome.

    Attributes:
        model: name of what was tried.
        log: name of the log.
        days: on which it was judged, since 1970.
        visits: number of visits that were judged, of how many in the log.
        coverage: prediction -> how well it covers visit times: "the model" first, then plain rules to compare with.
        by_station: station -> the same for the model.
        lead_times: coverage of lead times, replayed or simulated; None where there are none.
        figures: figure of a day ("throughput", "S1.processing", ...) -> coverage over the days, of a simulated line.
        simulation: measured and simulated figures of each day; None where no line was simulated.
        trends: how visit times change over the days.
        unknown: stations or kinds of visits that the model does not know -> number of visits.
        notes: what was left out of the log.
        verdict: in plain words.
    """

    model: str
    log: str
    days: NDArray[np.int64]
    visits: tuple[int, int]
    coverage: Mapping[str, Coverage]
    by_station: Mapping[str, Coverage]
    lead_times: Coverage | None
    figures: Mapping[str, Coverage]
    simulation: Simulated | None
    trends: tuple[Trend, ...]
    unknown: Mapping[str, int]
    notes: tuple[Note, ...]
    verdict: Verdict = _NONE


def validate_model(model: VisitModel, log: VisitLog, *, since: float | None = None, name: str = "") -> Validation:
    """Judges a model of visit times: times of visits, and lead times replayed with its waits.

    Args:
        model: learned on other days.
        log: visits as they were read.
        since: judge days from this moment on [s since 1970]; None: all.
        name: of the model, for the report.

    Returns:
        What was found.

    Raises:
        LogError: when no visit can be judged.
    """
    log, days = _later(cleaned(log)[0], since)
    mine = judged(log, ALWAYS)
    known = np.array([model.times.known((word,)) != () for word in log.station.words] + [False], bool)
    coverage = {MODEL: told_by_model(model, log), **told_plainly(log, mine, model)}
    lead, finished = replayed_ranks(model, log)
    found = _found(name or model.log, log, days, mine, coverage, ~known[log.station.codes])
    return _judged(replace(found, lead_times=coverage_of(lead, finished, per_day=LEADS)))


def validate_line(
    line: Line,
    log: VisitLog,
    *,
    model: VisitModel | None = None,
    since: float | None = None,
    draws: int = 40,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Validation:
    """Judges a line: times of visits, and the days of the log simulated with its numbers.

    Args:
        line: learned on other days; with its draws the predictions hold the uncertainty of its numbers.
        log: visits as they were read.
        model: visit times of the days learned from, for the plain rule "mean of the last day"; None: day by day.
        since: judge days from this moment on [s since 1970]; earlier ones fill the line. None: all.
        draws: runs of the simulation.
        seed: of the random numbers.
        progress: called with the finished share after every run.

    Returns:
        What was found.

    Raises:
        LogError: when the log has none of the line's stations, or no visit can be judged.
    """
    names = {station.name for station in line.stations}
    whole = _without_slips(cleaned(log)[0], line)
    there = np.array([word in names for word in whole.station.words] + [False], bool)[whole.station.codes]
    if not there.any():
        rule = f"the log has visits at {_some(whole.station.words)}, and the line has {_some(tuple(names))}"
        raise LogError(f"{log.name}: {rule}. Give the log of this line, or name the column with --column station=NAME.")
    simulation = simulated(line, whole.select(there), draws=draws, seed=seed, progress=progress)
    later, days = _later(whole, since)
    simulation = simulation.on(days)
    there = np.array([word in names for word in later.station.words] + [False], bool)[later.station.codes]
    calendar = closures(line.shifts, int(days[0]), int(days[-1]))
    mine = judged(later, calendar) & there
    coverage = {MODEL: told_by_line(line, later, seed=seed), **told_plainly(later, mine, model)}
    found = _found(line.name, later, days, mine, coverage, ~there)
    figures = {name: coverage_of(simulation.ranks(name), days) for name in simulation.measured}
    lead = coverage_of(*simulation.lead_ranks(), per_day=LEADS)
    return _judged(replace(found, lead_times=lead, figures=figures, simulation=simulation))


def _found(
    name: str,
    log: VisitLog,
    days: NDArray[np.int64],
    mine: NDArray[np.bool_],
    told: Mapping[str, Told],
    unknown: NDArray[np.bool_],
) -> Validation:
    """What both kinds of validation share."""
    if not mine.any():
        raise LogError(
            f"{log.name}: no visit of the log can be judged; those that are left have no time. Give more days."
        )
    stations = [word for word in log.station.words if (log.station.where(word) & mine).any()]
    cover = lambda one, own: coverage_of(one.ranks[own], log.day[own], widths=one.widths[own])  # noqa: E731
    odd = log.station.select(unknown)
    return Validation(
        name,
        log.name,
        days,
        (int((mine & ~unknown).sum()), len(log)),
        {key: cover(one, mine) for key, one in told.items()},
        {word: cover(told[MODEL], mine & log.station.where(word)) for word in stations},
        None,
        {},
        None,
        trends_of(log.station.select(mine), log.time[mine], log.day[mine]),
        {word: int(n) for word, n in zip(odd.words, odd.count, strict=True) if n},
        log.notes,
    )


def _judged(found: Validation) -> Validation:
    return replace(found, verdict=verdict_of(found))


def _without_slips(log: VisitLog, line: Line) -> VisitLog:
    """The log without the few visits whose time is far from all others of their kind: slips of a clock.

    Where they are one in two hundred or more, or the station has failures, they are none, and stay.
    """
    calendar = closures(line.shifts, int(log.day.min(initial=0)), int(log.day.max(initial=0)))
    log = in_hours(log, calendar)
    short, long, _ = ranges_of(log)
    odd = (short | long) & (calendar.closed(log.start, log.complete) == 0) & (log.attempts == 1)
    for station in line.stations:
        own = log.station.where(station.name)
        if station.failures or (odd & own).sum() >= SLIPS * max(own.sum(), 1):
            odd &= ~own
    return log.without(odd, "its time is far from all others of its kind")


def _later(log: VisitLog, since: float | None) -> tuple[VisitLog, NDArray[np.int64]]:
    """The visits that start on the days that are judged, and these days."""
    if since is not None:
        log = log.select(log.day >= since // DAY)
    if not len(log):
        raise LogError(f"{log.name}: no visit starts on the days that are to be judged. Give an earlier --from.")
    return log, np.unique(log.day)


def _some(words: tuple[str, ...]) -> str:
    names = ", ".join(f"'{word}'" for word in sorted(words)[:5])
    return names + (", ..." if len(words) > 5 else "")
