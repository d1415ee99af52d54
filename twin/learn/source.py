"""Where parts come from: without end, or one after another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.eventlog.visits import VisitLog
from twin.learn.calendar import Calendar
from twin.learn.sequence import Sequence

__all__ = ["all_releases", "gaps_between_releases", "is_saturated", "product_counts", "releases"]

Array = NDArray[np.float64]

_FURTHEST = 4
SATURATED = 0.02
"""A first station that lacks parts for less than this share of its working time is never without one."""


def releases(line: Sequence) -> tuple[Array, NDArray[np.int64]]:
    """When parts came to the line, in order [s since 1970], and the place of each part's first visit in the log.

    The arrival at the first station where that is logged, else the start of its visit.
    """
    log = line.log
    first = np.flatnonzero(line.place == 0)
    came = log.arrived[first]
    order = np.argsort(came, kind="stable")
    return came[order], first[order]


def all_releases(line: Sequence) -> tuple[Array, NDArray[np.int64]]:
    """The same for all parts of the log, also those whose first row is lost.

    Such a part is taken to have come with the one that went before it at the first station that it was seen at.
    """
    log = line.log
    came, first = releases(line)
    when = np.full(len(log.case.words), np.nan)
    when[log.case.codes[first]] = came
    order = np.lexsort((log.start, line.place))
    rows = order[np.unique(log.case.codes[order], return_index=True)[1]]  # each part's visit nearest to the beginning
    for place in np.unique(line.place[rows]):
        own = np.flatnonzero(line.place == place)
        own = own[np.argsort(log.start[own], kind="stable")]
        known = when[log.case.codes[own]]
        before = np.maximum.accumulate(np.where(np.isnan(known), -1, np.arange(len(own))))
        filled = np.where(before >= 0, known[np.maximum(before, 0)], log.start[own])
        lost = np.isnan(known) & np.isin(own, rows)
        when[log.case.codes[own[lost]]] = filled[lost]
    when = when[log.case.codes[rows]]
    order = np.argsort(when, kind="stable")
    return when[order], rows[order]


def is_saturated(line: Sequence, calendar: Calendar, departures: Array, setup: Array) -> bool:
    """Whether the first station always has a part: it begins the next as soon as the last has left.

    Args:
        line: the visits and their neighbours.
        calendar: planned standstills.
        departures: when each part left its machine [s since 1970] [visit].
        setup: in front of each visit [s] [visit].
    """
    log = line.log
    rows = np.flatnonzero((line.place == 0) & (line.previous >= 0))
    if not len(rows) or not np.isnan(log.scheduled[rows]).all():
        known = log.scheduled[rows]
        waited = (log.start[rows] - known) > 0
        return bool(len(rows)) and bool(
            np.isclose(known, log.start[rows]).all()
            and not waited.any()
            and _lacked(line, calendar, departures, rows, setup) < SATURATED
        )
    return _lacked(line, calendar, departures, rows, setup) < SATURATED


def _lacked(line: Sequence, calendar: Calendar, departures: Array, rows: NDArray[np.int64], setup: Array) -> float:
    """Share of the working time in which the first station was free and began nothing; usual pauses are not lack."""
    log = line.log
    free, start = line.at(departures, line.previous)[rows], log.start[rows]
    gap = start - free - calendar.closed(free, start) - setup[rows]
    usual = float(np.median(gap))
    worked = log.complete[rows] - log.start[rows] - calendar.closed(log.start[rows], log.complete[rows])
    lacked = np.maximum(gap - 2 * max(usual, 0.0) - 1.0, 0.0)
    total = lacked.sum() + worked.sum() + np.maximum(gap, 0).sum()
    return float(lacked.sum() / total) if total > 0 else 0.0


def gaps_between_releases(line: Sequence) -> tuple[Array, NDArray[np.int64]]:
    """Times between releases [s] and the place of the later part's visit, but for gaps with a part whose row is lost.

    A part without a first visit in the log came between its neighbours at the next station.
    """
    came, first = releases(line)
    gap = np.diff(came)
    lost = _between_lost(line.log, line, first)
    return gap[~lost], first[1:][~lost]


def _between_lost(log: VisitLog, line: Sequence, first: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which gaps may hold a part that is known from later stations only [gap].

    It came between the parts before and behind it at the first station at which it was seen.
    """
    lost = np.zeros(max(len(first) - 1, 0), bool)
    position = np.full(len(log.case.words), -1, np.int64)
    position[log.case.codes[first]] = np.arange(len(first))
    for station in range(1, len(line.route.stations)):
        own = np.flatnonzero(line.place == station)
        own = own[np.argsort(log.start[own], kind="stable")]
        at = position[log.case.codes[own]]
        before = np.maximum.accumulate(at)
        behind = np.minimum.accumulate(np.where(at < 0, len(first), at)[::-1])[::-1]
        for place in np.flatnonzero(at < 0):
            lost[max(0, before[place]) : min(behind[place], before[place] + _FURTHEST)] = True
        position[log.case.codes[own[at < 0]]] = np.maximum(before[at < 0], 0)  # not again at later stations
    return lost


def product_counts(log: VisitLog) -> tuple[tuple[str, ...], Array]:
    """Products, and the number of parts of each."""
    known = np.flatnonzero(~log.product.blank)
    _, first = np.unique(log.case.codes[known], return_index=True)
    counts = np.bincount(log.product.codes[known[first]], minlength=len(log.product.words))
    return log.product.words, counts.astype(float)
