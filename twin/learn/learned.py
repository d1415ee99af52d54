"""What was learned from an event log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from twin.calibrate.resample import Interval
from twin.calibrate.stoplog import Note
from twin.eventlog.route import Route
from twin.eventlog.visits import VisitLog
from twin.learn.backoff import TimesModel
from twin.learn.calendar import Calendar
from twin.learn.settings import Settings
from twin.learn.station import StationFacts
from twin.line import Draws, Line
from twin.parameters import numbers_of

__all__ = ["Learned"]


@dataclass(frozen=True)
class Learned:
    """The outcome of `learn`.

    Attributes:
        log: the visits that were kept.
        read: visits that were read.
        route: the order of the stations.
        calendar: when the line works.
        times: predictive distributions of visit times by station, activity and product.
        waits: the same for the time from arrival to start; None where arrivals are not logged.
        moves: the same for the time from the end of a visit to the part's next arrival, by the station left.
        stations: name -> what was found, in the order of the route; empty where the log is not one of a serial line.
        saturated: whether the first station always has a part.
        line: the line, or None where the log is not one of a serial line.
        draws: sets of its numbers, for predictions that hold their uncertainty.
        step: step of the log's clock [s].
        settings: how it was done.
        notes: what was left out, changed or is doubtful.
        cannot_tell: what the log cannot tell, as sentences.
    """

    log: VisitLog
    read: int
    route: Route
    calendar: Calendar
    times: TimesModel
    waits: TimesModel | None
    moves: TimesModel | None
    stations: Mapping[str, StationFacts]
    saturated: bool
    line: Line | None
    draws: Draws
    step: float
    settings: Settings
    notes: tuple[Note, ...]
    cannot_tell: tuple[str, ...] = ()

    @property
    def intervals(self) -> dict[str, Interval]:
        """Every number of the line with its interval, by path, in SI units."""
        if self.line is None:
            return {}
        tail = 50 * (1 - self.settings.level)
        found = {}
        values = np.array(self.draws.values).reshape(len(self.draws), len(self.draws.paths))
        for column, (path, value) in enumerate(numbers_of(self.line).items()):
            low, high = np.percentile(values[:, column], [tail, 100 - tail]) if len(values) else (np.nan, np.nan)
            found[path] = Interval(value, float(low), float(high))
        return found
