"""What was thrown away of a log, why, and when: a bad day or a clock that jumped is seen at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from scenarios.learned_wide import strip
from scenarios.learned_words import HOUR, clock, date, listed, several, ticks
from surrogates.pages.content import Part, Plot, Plots, Table
from surrogates.pages.words import percent
from twin.calibrate.stoplog import Note
from twin.eventlog.visits import DAY, VisitLog
from twin.learn.learned import Learned
from viz.drawing import Axis, Series, plane

__all__ = ["WHY", "dropped", "dropped_rows"]

Array = NDArray[np.float64]

WHY = {
    "dropped, no start": "the event that begins the visit was not recorded",
    "dropped, no end": "the event that ends the visit was not recorded, or the log stops before it",
    "dropped, ends before it starts": "a clock ran backwards, or start and end are swapped",
    "dropped, doubled": "the same visit was written twice",
    "dropped, far from all other days": "a clock was set wrong, or a row of another time came in",
    "dropped, on its machine at the same time as another part": "one resource cannot do two things at a time",
    "dropped, its part is at a later station before": "a part is at one station at a time, in the order of the line",
    "dropped, overtakes other parts": "parts keep their order: two rows are swapped, or a number is wrong",
    "dropped, starts outside of working hours": "nobody else works then: a clock was wrong",
    "dropped, no case": "nobody can tell which part it was",
    "dropped, no station": "nobody can tell where it was",
    "dropped, no time": "an event without a moment has no place in the course of events",
    "dropped, another event than scheduling, start or completion": "it tells neither a beginning nor an end",
    "dropped, too many or too few cells": "the row is torn, or a separator stands inside a cell",
    "scheduling ignored, after the start": "the visit is kept; its wait is not known",
    "taken as another attempt of the visit before": "the same part, machine and activity once more: a repeated attempt",
    "a visit is missing before this one, at the station in front": "that row was lost or thrown away",
}
"""What stands behind each kind of note."""

_BINS = (60.0, 300.0, 900.0, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, DAY, 7 * DAY, 28 * DAY)
_MOST_BINS = 240
_MOST_POINTS = 700


def dropped(found: Learned, read: VisitLog | None = None) -> Iterator[Part]:
    """Table and plots.

    Args:
        found: what was learned.
        read: the visits as they were read, for the moments of those thrown away; without them these stand where their
            neighbours in the file stand.
    """
    rows = [_row(note, found.read) for note in found.notes]
    heads = ("what was found", "rows", "share", "why", "first rows")
    yield Table(
        "Thrown away, changed or doubtful: share of the visits read; the header is row 1", heads, rows, left=(0, 3, 4)
    )
    yield Plots([Plot("Kept and thrown away over time", _over_time(found, read))])
    yield Plots([Plot("Moments in the order of the file", _order(found, read))])
    yield (
        "In the second plot a clock that jumped is a step, one that was wrong for a while a piece beside the others. A"
        " file that is sorted by part or by station shows a rise for each."
    )


def _row(note: Note, read: int) -> tuple[str, ...]:
    numbers = [str(row) for row in note.rows]
    share = percent(len(note.rows) / read) if note.rows and read else percent(None)
    return note.what, f"{len(note.rows):,}", share, WHY.get(note.what, ""), listed(numbers)


def dropped_rows(found: Learned) -> NDArray[np.int64]:
    """Rows of the file that were thrown away."""
    rows = [row for note in found.notes if note.what.startswith("dropped") for row in note.rows]
    return np.unique(np.array(rows, np.int64))


def _moments(found: Learned, read: VisitLog | None) -> Array:
    """When the rows thrown away were, or those next to them in the file where they name no moment [s]."""
    log = found.log if read is None else read
    at = np.where(np.isnan(log.start), np.where(np.isnan(log.complete), log.scheduled, log.complete), log.start)
    known = np.isfinite(at)
    rows, at = log.rows[known], at[known]
    order = np.argsort(rows, kind="stable")
    rows, at = rows[order], at[order]
    gone = dropped_rows(found)
    right = np.clip(np.searchsorted(rows, gone), 0, len(rows) - 1)
    left = np.maximum(right - 1, 0)
    return at[np.where(np.abs(rows[left] - gone) < np.abs(rows[right] - gone), left, right)]


def _over_time(found: Learned, read: VisitLog | None) -> str:
    """Visits by the hour or a fitting unit."""
    start = found.log.start
    width = next((w for w in _BINS if np.ptp(start) / w < _MOST_BINS), _BINS[-1])
    first = np.floor(start.min() / width) * width
    count = int((start.max() - first) // width) + 1
    kept = np.bincount(((start - first) // width).astype(int), minlength=count).astype(float)
    when = _moments(found, read)
    inside = (when >= first) & (when < first + count * width)
    gone = np.bincount(((when[inside] - first) // width).astype(int), minlength=count).astype(float)
    unit = _unit(width)
    names = (f"visits kept per {unit}", f"thrown away per {unit}")
    begins = [first + width * k for k in range(count)]
    said = [
        f"{date(at, found.log.zone)}{f' {clock(at)}' if width < DAY else ''}: {int(a):,} kept, {int(b):,} thrown away"
        for at, a, b in zip(begins, kept, gone, strict=True)
    ]
    length = count * width
    marks = [
        (100 * (at - first) / length, text) for at, text in ticks(first, first + length, found.log.zone, inside=True)
    ]
    drawn = strip(
        kept,
        gone if len(when) else None,
        names=names,
        marks=marks,
        told=said,
        alt="visits kept and thrown away over time",
    )
    beyond = int((~inside).sum())
    said_beyond = f"{several(beyond, 'row')} thrown away lie outside these days." if beyond else ""
    return drawn + (f"<p>{said_beyond}</p>" if said_beyond else "")


def _unit(width: float) -> str:
    known = {60.0: "min", HOUR: "h", DAY: "day", 7 * DAY: "week", 28 * DAY: "4 weeks"}
    if width in known:
        return known[width]
    return f"{width / 60:g} min" if width < HOUR else f"{width / HOUR:g} h"


def _order(found: Learned, read: VisitLog | None) -> str:
    """Days passed over the number of the row."""
    log = found.log
    some = np.unique(np.linspace(0, len(log) - 1, min(len(log), _MOST_POINTS)).astype(int))
    first = np.floor(log.start.min() / DAY) * DAY
    series = [
        Series("kept", log.rows[some].tolist(), ((log.start[some] - first) / DAY).tolist(), style="accent", mark="dot")
    ]
    if read is not None:
        rows, when = dropped_rows(found), _moments(found, read)
        own = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _MOST_POINTS)).astype(int)) if len(rows) else []
        days = np.clip((when[own] - first) / DAY, -1.0, np.ptp(log.start) / DAY + 2.0)
        series.append(Series("thrown away", rows[own].tolist(), days.tolist(), style="second", mark="dot"))
    y = Axis(f"days since {date(first, log.zone)}")
    return plane(series, x=Axis("row of the file"), y=y, alt="moments in the order of the file", height=190)
