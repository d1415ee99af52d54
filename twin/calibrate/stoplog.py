"""A stop log: when a machine stood still and, perhaps, why."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.columns import assign, intervals, required
from twin.calibrate.errors import LogError
from twin.calibrate.moments import DAY, dates, durations
from twin.calibrate.table import Table, read_table
from twin.errors import shown

__all__ = ["Note", "Redate", "StopLog", "outside", "read_stop_log"]

_ROLES = ("start", "end", "date", "duration", "reason")


@dataclass(frozen=True)
class Note:
    """Something that was left out, changed or is doubtful.

    Attributes:
        what: one clause, e.g. "dropped: no end".
        rows: rows of the file that it concerns, the header being row 1.
        seconds: the time that it concerns.
    """

    what: str
    rows: tuple[int, ...] = ()
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """The note on one line, with its rows as ranges."""
        count = f"{len(self.rows)} row{'s' if len(self.rows) != 1 else ''}" if self.rows else ""
        time = f"{self.seconds / 3600:.2f} h" if self.seconds else ""
        place = f" ({_ranges(self.rows)})" if self.rows else ""
        return f"{self.what}: {', '.join(text for text in (count, time) if text)}{place}"


@dataclass(frozen=True)
class Redate:
    """Rows whose date was mistyped: rows `first` to `last` of the file (the header is row 1) belong to `date`."""

    first: int
    last: int
    date: str


@dataclass(frozen=True)
class StopLog:
    """Stops of one machine in order of time, none overlapping.

    Attributes:
        name: the file's name.
        begin: starts [s since 1970, local time].
        end: ends [s since 1970, local time].
        reason: the reason of each stop, "" where the log gives none.
        rows: the row of each stop in its file.
        notes: what was left out or changed while reading.
        cut_off: whether the end of a stop was not seen, so that it lasted longer; None: all ends were.
    """

    name: str
    begin: NDArray[np.float64]
    end: NDArray[np.float64]
    reason: tuple[str, ...]
    rows: NDArray[np.int64]
    notes: tuple[Note, ...] = ()
    cut_off: NDArray[np.bool_] | None = None

    @property
    def duration(self) -> NDArray[np.float64]:
        """Lengths of the stops [s]."""
        return self.end - self.begin

    def select(self, mask: NDArray[np.bool_]) -> StopLog:
        """The stops for which `mask` is true."""
        kept = np.flatnonzero(mask)
        return replace(
            self,
            begin=self.begin[kept],
            end=self.end[kept],
            rows=self.rows[kept],
            reason=tuple(self.reason[place] for place in kept),
            cut_off=None if self.cut_off is None else self.cut_off[kept],
        )


def read_stop_log(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    date_format: str | None = None,
    redate: Sequence[Redate] = (),
) -> StopLog:
    """Reads a stop log from a CSV file.

    Start and end may be dates with times, or times of day beside a column of dates; an end before its start is then the
    day after. Without an end, a duration h:m:s does. What cannot be used is left out and noted: rows without an end,
    of no length, exact duplicates. Overlapping stops become one. Rows out of order are sorted and noted.

    Args:
        path: the file.
        columns: role -> column name for "start", "end", "date", "duration", "reason"; the rest is guessed from names.
        date_format: "year-month-day", "day.month.year" or "month/day/year"; None finds it out.
        redate: corrections of mistyped dates.

    Returns:
        The stops in order of time.

    Raises:
        LogError: when the file cannot be read, in one sentence with row, column, value, rule and remedy.
    """
    table = read_table(path)
    found = assign(table, _ROLES, columns)
    if "end" not in found and "duration" not in found:
        required(table, found, "end")
    begin, end = intervals(table, found, date_format=date_format)
    blank = np.flatnonzero(np.isnan(begin))
    if blank.size:
        remedy = "Fill it in or delete the row"
        raise table.fault(int(blank[0]), found["start"], "", "is blank, and a stop needs a start", remedy)
    if "duration" in found:
        end = np.where(np.isnan(end), begin + durations(table, found["duration"]), end)
    lines = np.array(table.lines)
    for correction in redate:
        shift = _shift(table, correction, begin, lines)
        begin, end = begin + shift, end + shift
    reason = table.column(found["reason"]) if "reason" in found else ("",) * len(begin)
    log = StopLog(table.name, begin, end, reason, lines)
    return _in_order(_usable(log))


def _shift(
    table: Table, correction: Redate, begin: NDArray[np.float64], lines: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Seconds to add to each stop, so that the rows of a correction lie on its date."""
    concerned = (lines >= correction.first) & (lines <= correction.last)
    if not concerned.any():
        raise LogError(
            f"{table.name}: redate names rows {correction.first} to {correction.last}, but the file has rows "
            f"{lines[0]} to {lines[-1]}. Count rows from the header, which is row 1."
        )
    try:
        target = dates(Table("redate", ("date",), ((correction.date,),), (1,)), "date")[0]
    except LogError:
        target = np.nan
    if np.isnan(target):
        raise LogError(
            f"{table.name}: redate names {shown(correction.date)}, which is not a date. Write it like 2026-01-05."
        )
    old = begin[concerned] // DAY
    if old[0] != old[-1]:
        raise LogError(
            f"{table.name}: redate names rows {correction.first} to {correction.last}, which lie on several dates; "
            "a correction moves the rows of one date. Give one correction per date."
        )
    return np.where(concerned, target - old[0] * DAY, 0.0)


def _usable(log: StopLog) -> StopLog:
    """The log without stops that have no end or no length."""
    notes = []
    open_ended, zero = np.isnan(log.end), log.end == log.begin
    for what, mask in (("dropped, no end", open_ended), ("dropped, no length", zero)):
        if mask.any():
            notes.append(Note(what, tuple(int(row) for row in log.rows[mask])))
    kept = log.select(~open_ended & ~zero)
    if not len(kept.begin):
        raise LogError(f"{log.name}: no row has both a start and a later end; a stop needs both. Export the log again.")
    return replace(kept, notes=tuple(notes))


def _in_order(log: StopLog) -> StopLog:
    """The log sorted by time, duplicates dropped and overlaps merged."""
    notes = list(log.notes)
    astray = _astray(log.begin)
    if astray.size:
        seconds = float(log.duration[astray].sum())
        notes.append(Note("doubtful, out of order", tuple(int(row) for row in log.rows[astray]), seconds))
    order = np.lexsort((log.end, log.begin))
    begin, end = log.begin[order], log.end[order].copy()
    twice, merged, kept = [], [], [0]
    for place in range(1, len(order)):
        last = kept[-1]
        row = int(log.rows[order[place]])
        if begin[place] == begin[last] and end[place] == end[last]:
            twice.append(row)
        elif begin[place] <= end[last]:
            merged.append(row)
            end[last] = max(end[last], end[place])
        else:
            kept.append(place)
    for what, rows in (("dropped, duplicate", twice), ("merged, overlaps the stop before", merged)):
        if rows:
            notes.append(Note(what, tuple(rows)))
    places = order[kept]
    return StopLog(
        log.name, begin[kept], end[kept], tuple(log.reason[p] for p in places), log.rows[places], tuple(notes)
    )


def _astray(begin: NDArray[np.float64]) -> NDArray[np.int64]:
    """The fewest places that must go for the rest to be in order of time (or wholly newest first)."""
    return min((outside(begin), outside(-begin)), key=len)


def outside(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Places outside a longest non-decreasing subsequence (patience sorting)."""
    tails: list[float] = []
    last_at: list[int] = []
    before = np.full(len(values), -1)
    for place, value in enumerate(values):
        pile = bisect_right(tails, value)
        before[place] = last_at[pile - 1] if pile else -1
        tails[pile : pile + 1] = [value]
        last_at[pile : pile + 1] = [place]
    inside = np.zeros(len(values), bool)
    place = last_at[-1]
    while place >= 0:
        inside[place] = True
        place = before[place]
    return np.flatnonzero(~inside)


def _ranges(rows: Sequence[int]) -> str:
    """Row numbers as ranges, the first few of them."""
    spans: list[list[int]] = []
    for row in sorted(rows):
        if spans and row == spans[-1][1] + 1:
            spans[-1][1] = row
        else:
            spans.append([row, row])
    texts = [f"{a}" if a == b else f"{a}-{b}" for a, b in spans[:6]]
    return ("row " if len(rows) == 1 else "rows ") + ", ".join(texts) + (", ..." if len(spans) > 6 else "")
