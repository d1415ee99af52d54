"""What a log says of each day: output, lead time, work in process, and how busy stations were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.eventlog.visits import DAY, VisitLog
from twin.learn.calendar import Calendar
from twin.trace import Trace

__all__ = ["Columns", "DayFigures", "completeness", "day_figures", "measured", "visits_of"]

Array = NDArray[np.float64]
Places = NDArray[np.int64]
DayFigures = dict[str, Array]
"""Name -> value by day; NaN where a day has none."""


class Columns:
    """Visits of one run, measured or simulated, as arrays.

    Attributes:
        part: number of the part, in the order in which they came [visit].
        station: place on the route [visit].
        start, complete: [s since 1970] [visit].
        good: whether the part left this station good [visit].
        entered: when the visit's part came to the line [s since 1970] [visit].
        first, last: when each part came and was last seen [part].
    """

    def __init__(
        self, part: Places, station: Places, came: Array, start: Array, complete: Array, good: NDArray[Any]
    ) -> None:
        self.part, self.station, self.good = part, station, good.astype(bool)
        self.start, self.complete = start, complete
        parts, place = np.unique(part, return_inverse=True)
        self.first, self.last = np.full(len(parts), np.inf), np.full(len(parts), -np.inf)
        np.minimum.at(self.first, place, np.where(np.isnan(came), start, came))
        np.maximum.at(self.last, place, complete)
        self.entered = self.first[place]


def day_figures(columns: Columns, days: Places, calendar: Calendar, machines: dict[str, int]) -> DayFigures:
    """Figures of each day.

    Args:
        columns: the visits.
        days: since 1970; midnight to midnight.
        calendar: when the line works.
        machines: station -> number of machines, in the order of the route.

    Returns:
        "throughput" (good parts that left the last station, 1/h of working time), "lead_time" (mean of these, from
        arrival to completion) [s], "wip" (time-average over working time), and for each station "NAME.visit" (mean time
        of its visits, planned standstill left out) [s] and "NAME.processing" (share of its machines' working time).
    """
    begin = days.astype(float) * DAY
    end = begin + DAY
    worked = end - begin - calendar.closed(begin, end)
    last = (columns.station == len(machines) - 1) & columns.good
    left, came = columns.complete[last], columns.entered[last]
    day, mine = _day_of(left, days)
    found: DayFigures = {
        "throughput": np.bincount(day[mine], minlength=len(days)) / worked * 3600.0,
        "lead_time": _means(day[mine], (left - came)[mine], len(days)),
    }
    inside = np.zeros(len(days))
    for k, (first, until) in enumerate(zip(begin, end, strict=True)):
        a, b = np.clip(columns.first, first, until), np.clip(columns.last, first, until)
        inside[k] = (b - a - calendar.closed(a, b)).sum()
    found["wip"] = inside / worked
    net = columns.complete - columns.start - calendar.closed(columns.start, columns.complete)
    for m, (name, number) in enumerate(machines.items()):
        own = columns.station == m
        day, ok = _day_of(columns.start[own], days)
        found[f"{name}.visit"] = _means(day[ok], net[own][ok], len(days))
        found[f"{name}.processing"] = np.bincount(day[ok], net[own][ok], len(days)) / (worked * number)
    return found


def _day_of(moments: Array, days: Places) -> tuple[Places, NDArray[np.bool_]]:
    """The place of each moment's day among some days, and whether it is one of them."""
    day = np.searchsorted(days, np.floor(moments / DAY))
    return day, (day < len(days)) & (days[np.minimum(day, len(days) - 1)] == np.floor(moments / DAY))


def _means(day: Places, values: Array, days: int) -> Array:
    count = np.bincount(day, minlength=days)
    with np.errstate(invalid="ignore"):
        return np.bincount(day, values, days) / np.where(count, count, np.nan)


def completeness(log: VisitLog, stations: Sequence[str]) -> Array:
    """Share of the visits that have a row, by station: rows are lost, and parts are seen before and behind them.

    A part that was seen at a station has been at all in front of it. At the last one, parts that left the one in front
    good, an hour or more before the log ends, have been.
    """
    place = log.place_in(stations)
    cases = np.unique(log.case.codes)
    seen = np.zeros((len(cases), len(stations)), bool)
    own = place >= 0
    seen[np.searchsorted(cases, log.case.codes[own]), place[own]] = True
    passed = seen | (np.cumsum(seen[:, ::-1], axis=1)[:, ::-1] > 0)
    if len(stations) > 1:
        before = (place == len(stations) - 2) & ~log.scrapped & (log.complete < np.nanmax(log.complete) - 3600.0)
        passed[np.searchsorted(cases, log.case.codes[before]), -1] = True
    return (seen & passed).sum(axis=0) / np.maximum(passed.sum(axis=0), 1)


def measured(log: VisitLog, stations: Sequence[str], order: Places, came: Array) -> Columns:
    """The visits of a log at these stations.

    Args:
        log: cleaned visits.
        stations: in the order of the line.
        order: place of each case among the parts, in the order in which they came [case of the log].
        came: when they came to the line [part].
    """
    place = log.place_in(stations)
    own = log.select(place >= 0)
    return Columns(
        order[own.case.codes], place[place >= 0], came[order[own.case.codes]], own.start, own.complete, ~own.scrapped
    )


def visits_of(trace: Trace, begin: float, came: Array | None = None) -> Columns:
    """The finished visits of a run of one replication that began at a moment [s since 1970].

    Args:
        trace: of the run.
        begin: that moment.
        came: when the parts came to the line in truth, those before that moment included [part]; None: as in the run.
    """
    table = trace.visits
    done = np.isfinite(table["finish"])
    column = lambda name: table[name][done]  # noqa: E731
    part = column("part").astype(np.int64)
    return Columns(
        part, column("station").astype(np.int64), column("arrive") + begin if came is None else came[part],
        column("start") + begin, column("finish") + begin, ~column("scrapped").astype(bool),
    )  # fmt: skip
