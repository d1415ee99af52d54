"""When the line works: visits by weekday and time of day, with the shifts and breaks that were found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from scenarios.learned_wide import across_texts, box, label, wide
from scenarios.learned_words import clock, several
from surrogates.pages.content import Part, Plot, Plots, Points
from twin.calibrate.words import time
from twin.eventlog.visits import DAY, VisitLog
from twin.learn.calendar import said
from twin.learn.learned import Learned
from twin.line import Shift

__all__ = ["activity", "week"]

Array = NDArray[np.float64]

_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_BIN = 900.0
_ROW, _DEEP = 40.0, 22.0


def week(found: Learned) -> Iterator[Part]:
    """The heat map, and the calendar in words."""
    if found.log.zone == "seconds":
        yield "The log counts seconds, so no time of day is known."
        return
    calendar = found.calendar
    if calendar.shifts:
        yield Points(
            [
                *said(calendar),
                f"Found on {several(calendar.days, 'day')}; times of day may be off by {time(calendar.sure)}.",
            ]
        )
    elif found.route.serial:
        yield "No shifts or breaks were found: the line works always, or these days are too few to tell."
    else:
        yield "Shifts are looked for in logs of a serial line only; the plot shows when visits start."
    yield Plots([Plot("Visits started per quarter of an hour, by weekday", _map(found.log, calendar.shifts))])
    outlines = " Outlined: shifts; broken outlines: breaks." if calendar.shifts else ""
    yield f"The darker, the more visits start on such a day, on average over the days with any.{outlines}"


def activity(log: VisitLog) -> tuple[Array, Array]:
    """Visits that start on a weekday in a quarter of an hour, per day that has any visit [weekday, quarter].

    Returns:
        Them, and the number of such days [weekday].
    """
    day, late = np.divmod(log.start, DAY)
    weekday = (day.astype(int) + 3) % 7  # 1970 began on a Thursday
    counts = np.zeros((7, int(DAY / _BIN)))
    np.add.at(counts, (weekday, (late // _BIN).astype(int)), 1.0)
    days = np.bincount((np.unique(day).astype(int) + 3) % 7, minlength=7).astype(float)
    return counts / np.maximum(days, 1)[:, None], days


def _map(log: VisitLog, shifts: Sequence[Shift]) -> str:
    counts, days = activity(log)
    top = float(counts.max(initial=0.0)) or 1.0
    body = []
    for k, name in enumerate(_NAMES):
        y = _ROW * k
        body += [
            label(0, y + 11, name, "row"),
            label(100, y + 11, several(int(days[k]), "day") if days[k] else "no day", "tick end"),
        ]
        body.append(box(0, 100, y + 14, _DEEP, colour="fill:var(--grid);opacity:.6"))
        for quarter in np.flatnonzero(counts[k]):
            share = counts[k, quarter] / top
            told = f"{name} {clock(quarter * _BIN)}: {counts[k, quarter]:.3g} visits"
            left, right = _percent(quarter * _BIN), _percent((quarter + 1) * _BIN)
            body.append(
                box(left, right, y + 14, _DEEP, style="heat", colour=f"opacity:{0.15 + 0.85 * share:.2f}", told=told)
            )
    for shift in shifts:
        body += _outlines(shift)
    foot = _ROW * 7 + 10
    marks = [(100 * hour / 24, f"{hour:02d}:00") for hour in (0, 6, 12, 18, 24)]
    return wide([*body, *across_texts(marks, foot)], height=foot + 6, alt="visits by weekday and time of day")


def _outlines(shift: Shift) -> Iterator[str]:
    """A shift and its breaks, on each of its days; what runs past midnight goes on the day after."""
    end = shift.end if shift.end > shift.begin else shift.end + DAY
    pieces = [(shift.begin, end, "outline")]
    pieces += [
        (a if a >= shift.begin else a + DAY, b if b > shift.begin else b + DAY, "pause") for a, b in shift.breaks
    ]
    for day in shift.days:
        for begin, until, style in pieces:
            grow = 3.0 if style == "outline" else 0.0
            for row, a, b in ((day, begin, min(until, DAY)), ((day + 1) % 7, max(begin, DAY) - DAY, until - DAY)):
                if b > a >= 0:
                    yield box(_percent(a), _percent(b), _ROW * row + 14 - grow, _DEEP + 2 * grow, style=style)


def _percent(seconds: float) -> float:
    return 100 * seconds / DAY
