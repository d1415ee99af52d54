"""When a line works, found from the gaps of its log."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from twin.eventlog.visits import DAY, VisitLog
from twin.line import Shift

__all__ = ["ALWAYS", "Calendar", "calendar_of", "closures", "in_hours", "said"]

Array = NDArray[np.float64]

_LEAST_GAP = 300.0
"""Shorter pauses are not taken for breaks [s]."""
_USUAL = 5.0
"""A break is at least so many times as long as the gaps between events that all but one in a hundred stay below."""
_OFTEN = 0.6
"""Share of the days on which a standstill must come at night."""
_BIN = 300.0
_LEAST_BINS = 2
_NEARLY = 0.9
"""Share of the days on which a break has no event."""
_EVIDENCE = 12.0
"""Events that a break would have at the rate beside it, on all days: by chance none with a probability of 6e-6."""
_ROUND = (3600.0, 1800.0, 900.0, 300.0, 60.0)
_SATURDAY = 5
_SLIP = 60.0
"""Seconds from a limit within which a start is no slip."""
_FEW = 0.005
_ALONE = 5
"""Fewer events than this between long gaps are not work."""


@dataclass(frozen=True)
class Calendar:
    """When the line works.

    Attributes:
        shifts: in the words of a line; empty where the line works always, or the log cannot tell.
        begin, end: of all times at which the line stood still by plan, in order [s since 1970].
        days: working days that they rest on.
        sure: how far the times of day may be off [s]: the largest distance from a limit to the nearest event.
    """

    shifts: tuple[Shift, ...]
    begin: Array
    end: Array
    days: int
    sure: float

    def is_closed(self, moment: Array) -> NDArray[np.bool_]:
        """Whether the line stands still by plan at these moments; limits count as open [moment]."""
        place = np.searchsorted(self.begin, moment, side="left") - 1
        if not len(self.begin):
            return np.zeros(len(moment), bool)
        return (place >= 0) & (moment < self.end[np.maximum(place, 0)])

    def until_closing(self, moment: Array) -> Array:
        """Time to the next planned standstill [s], infinite where there is none [moment]."""
        return np.append(self.begin, np.inf)[np.searchsorted(self.begin, moment, side="left")] - moment

    def closed(self, begin: Array, end: Array) -> Array:
        """Planned standstill between two moments [s]."""
        if not len(self.begin):
            return np.zeros(len(begin))
        length = np.concatenate([[0.0], np.cumsum(self.end - self.begin)])

        def until(moment: Array) -> Array:
            place = np.searchsorted(self.begin, moment, side="right")
            inside = np.minimum(moment, self.end[np.maximum(place - 1, 0)]) - self.begin[np.maximum(place - 1, 0)]
            return np.where(place > 0, length[np.maximum(place - 1, 0)] + np.maximum(inside, 0.0), 0.0)

        return until(end) - until(begin)


ALWAYS = Calendar((), np.zeros(0), np.zeros(0), 0, 0.0)
"""A line that works always."""


def calendar_of(log: VisitLog) -> Calendar:
    """Shifts and breaks of a log of at least two days, from gaps without any event that come at the same time of day.

    A shift's limits are the roundest times of day (to the hour, half hour, ... minute) that keep all events inside, a
    break's those that keep them outside. Weekdays without events are free; those on which the log says nothing, because
    it is shorter than a week, are taken to be like the others from Monday to Friday.
    """
    if log.zone == "seconds":
        return ALWAYS
    events = np.sort(np.concatenate([log.start, log.complete]))
    gaps = np.diff(events)
    days = np.unique(log.day)
    if len(days) < 2 or not len(gaps):  # one day has no habits
        return ALWAYS
    least = max(_LEAST_GAP, _USUAL * float(np.quantile(gaps, 0.99)))
    events = _dense(events, least, len(days))
    turn = _turn(events, least)
    if turn is None:
        return ALWAYS
    events = events - turn  # so that no day of work goes past midnight
    days = np.unique(np.floor(events / DAY)).astype(np.int64)
    first, last = _limits(events, days)
    opening, closing = _rounded_down(float(first.min())), _rounded_up(float(last.max()))
    breaks = [one for one in _breaks(events, days, opening, closing) if opening < one[0] and one[1] < closing]
    sure = max([float(np.median(first) - opening), float(closing - np.median(last)), *[off for *_, off in breaks]])
    later = int((opening + turn) // DAY)  # days on which work begins, by the clock of the log
    seen = {_weekday(day + later) for day in days}
    passed = {_weekday(day + later) for day in range(int(days[0]), int(days[-1]) + 1)}
    weekdays = tuple(day for day in range(7) if day in seen or (day not in passed and day < _SATURDAY))
    if not breaks and closing - opening >= DAY and passed <= seen:
        return ALWAYS  # stops that came at midnight by chance
    limits = tuple(((a + turn) % DAY, (b + turn) % DAY) for a, b, _ in breaks)
    shift = Shift(weekdays, (opening + turn) % DAY, (closing + turn) % DAY, limits)
    return replace(closures((shift,), int(days[0]) + later, int(days[-1]) + later), days=len(days), sure=sure)


def _turn(events: Array, least: float) -> float | None:
    """The hour at which days of work are told apart [s]: in the longest standstill, midnight if it can be.

    None where no hour has a standstill on most of the days: the line works round the clock.
    """
    long = np.flatnonzero(np.diff(events) >= least)
    hours = 3600.0 * np.arange(24)[:, None]
    begin, end = events[long] - hours, events[long + 1] - hours
    held = np.floor(end / DAY) > np.floor(begin / DAY)
    days = min(float(np.floor(events[-1] / DAY) - np.floor(events[0] / DAY)), len(np.unique(events // DAY)) - 1)
    often = held.sum(axis=1) >= np.maximum(1.0, _OFTEN * (days - (hours[:, 0] > 0)))  # one less between nights of work
    length = np.where(often, np.round((held * (end - begin)).sum(axis=1) / 600.0), -1.0)
    if length.max() < 0:
        return None
    best = np.flatnonzero(length == length.max())
    return 0.0 if 0 in best else float(hours[best[len(best) // 2], 0])


def _weekday(day: int) -> int:
    """0 is a Monday; 1970 began on a Thursday."""
    return (int(day) + 3) % 7


def in_hours(log: VisitLog, calendar: Calendar) -> VisitLog:
    """The log without the few visits that start while the line stands still: slips of a clock.

    Where they are one in two hundred or more, somebody works then, and they stay.
    """
    odd = calendar.is_closed(log.start - _SLIP) & calendar.is_closed(log.start + _SLIP)
    return log.without(odd, "starts outside of working hours") if odd.mean() < _FEW else log


def _dense(events: Array, least: float, days: int) -> Array:
    """Events but for those that stand alone between long gaps: a wrong clock, or somebody trying a machine."""
    piece = np.cumsum(np.diff(events, prepend=events[0]) >= least)
    counts = np.bincount(piece)
    return events[counts[piece] >= max(_ALONE, 0.02 * len(events) / days)]


def _limits(events: Array, days: NDArray[np.int64]) -> tuple[Array, Array]:
    """Time of day of the first and the last event of each day."""
    day = np.floor(events / DAY)
    edge = np.searchsorted(day, days.astype(float))
    return events[edge] % DAY, events[np.append(edge[1:], len(events)) - 1] % DAY


def _breaks(events: Array, days: NDArray[np.int64], opening: float, closing: float) -> list[tuple[float, float, float]]:
    """Stretches of the day without any event on nearly all days: their limits, and how far these may be off.

    By chance a stretch is empty with probability exp(-n), n the events that there would be at the rate before and
    behind it; only where n is so large that this is out of the question is it a break.
    """
    edges = np.arange(opening, closing + _BIN / 2, _BIN)
    day = np.searchsorted(days, np.floor(events / DAY).astype(np.int64))
    counts = np.stack([np.histogram(events[day == d] % DAY, edges)[0] for d in range(len(days))])
    empty = np.concatenate([[False], (counts == 0).mean(axis=0) >= _NEARLY, [False]])
    found = []
    for i, j in np.flatnonzero(np.diff(empty)).reshape(-1, 2).tolist():
        beside = [counts[:, max(0, 2 * i - j - 1) : max(0, i - 1)], counts[:, j + 1 : 2 * j - i + 1]]
        expected = sum(one.sum() for one in beside) / max(1, sum(one.shape[1] for one in beside)) * (j - i)
        if j - i < _LEAST_BINS or expected < _EVIDENCE:
            continue
        before = [float(own[own <= edges[i]].max(initial=opening)) for own in _by_day(events, day, len(days))]
        behind = [float(own[own >= edges[j]].min(initial=closing)) for own in _by_day(events, day, len(days))]
        room = 3.0 * (j - i) * _BIN / expected  # in which no event on any day is no surprise, at the rate beside it
        a = _rounded_up(float(np.quantile(before, 0.9)), room)
        b = _rounded_down(float(np.quantile(behind, 0.1)), room)
        if b > a:
            found.append((a, b, max(abs(a - float(np.median(before))), abs(float(np.median(behind)) - b))))
    return found


def _by_day(events: Array, day: NDArray[np.int64], days: int) -> list[Array]:
    return [events[day == d] % DAY for d in range(days)]


def _rounded_up(moment: float, room: float = 0.0) -> float:
    """The roundest time of day that is just after a moment: 8:59:40 becomes 9:00."""
    later = [step * math.ceil((moment - 1.0) / step) for step in _ROUND]
    return next(t for t, step in zip(later, _ROUND, strict=True) if t - moment <= max(_slack(step), room))


def _rounded_down(moment: float, room: float = 0.0) -> float:
    """The roundest time of day that is just before a moment."""
    earlier = [step * math.floor((moment + 1.0) / step) for step in _ROUND]
    return next(t for t, step in zip(earlier, _ROUND, strict=True) if moment - t <= max(_slack(step), room))


def _slack(step: float) -> float:
    """How far an event may be from a limit of this roundness [s]."""
    return max(60.0, 0.1 * step)


def closures(shifts: Sequence[Shift], first: int, last: int) -> Calendar:
    """The calendar of some shifts, from a day to a day (since 1970); without shifts the line works always."""
    if not shifts:
        return ALWAYS
    opened: list[tuple[float, float]] = []
    for day in range(first - 1, last + 2):
        for shift in shifts:
            if _weekday(day) in shift.days:
                pauses = sorted(t + DAY * (t < shift.begin) for pause in shift.breaks for t in pause)
                edges = [shift.begin, *pauses, shift.end + DAY * (shift.end <= shift.begin)]
                opened += [(day * DAY + a, day * DAY + b) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    begin = np.array([-np.inf, *(until for _, until in sorted(opened))])
    end = np.array([*(since for since, _ in sorted(opened)), np.inf])
    there = end > begin
    begin, end = np.maximum(begin[there], (first - 2) * DAY), np.minimum(end[there], (last + 3) * DAY)
    return Calendar(tuple(shifts), begin, end, 0, 0.0)


def said(calendar: Calendar) -> Sequence[str]:
    """The shifts as people say them."""
    clock = lambda s: datetime.fromtimestamp(s, UTC).strftime("%H:%M")  # noqa: E731
    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    return [
        f"{', '.join(names[day] for day in shift.days)} {clock(shift.begin)} to {clock(shift.end)}"
        + (f", breaks {', '.join(f'{clock(a)} to {clock(b)}' for a, b in shift.breaks)}" if shift.breaks else "")
        for shift in calendar.shifts
    ]
