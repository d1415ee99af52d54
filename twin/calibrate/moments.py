"""Dates and times of day as plants write them, as seconds since the start of 1970 (local time, no daylight saving)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.table import Table

__all__ = ["DAY", "clock", "dates", "durations", "moments", "text_of"]

DAY = 86400.0

_DATE_FORMATS = {
    "year-month-day": re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"),
    "day.month.year": re.compile(r"(?P<day>\d{1,2})[-/.](?P<month>\d{1,2})[-/.](?P<year>\d{4})"),
    "month/day/year": re.compile(r"(?P<month>\d{1,2})[-/.](?P<day>\d{1,2})[-/.](?P<year>\d{4})"),
}
_TIME = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:[.,]\d{1,9})?))?\s*(?P<half>[AaPp][Mm])?"
)
_DURATION = re.compile(r"(?P<hour>\d{1,4}):(?P<minute>\d{2}):(?P<second>\d{2}(?:[.,]\d{1,9})?)")
_ZONE = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})$")


@dataclass(frozen=True)
class _Column:
    """A column while it is read: where it stands and what it holds."""

    table: Table
    name: str
    cells: Sequence[str]


def text_of(moment: float) -> str:
    """A moment as people read it.

    Example:
        >>> text_of(0.0)
        '1970-01-01 00:00'
    """
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M")


def dates(table: Table, name: str, *, date_format: str | None = None) -> NDArray[np.float64]:
    """A column of dates, as the seconds at their midnight; NaN where blank.

    Args:
        table: the file.
        name: the column.
        date_format: "year-month-day", "day.month.year" or "month/day/year"; None finds it out.

    Raises:
        LogError: when a cell is no date, when formats are mixed, or when day and month cannot be told apart.
    """
    column = _Column(table, name, table.column(name))
    return _dates(column, list(column.cells), date_format)


def clock(table: Table, name: str) -> NDArray[np.float64]:
    """A column of times of day or whole hours, in seconds after midnight; NaN where blank.

    Raises:
        LogError: when a cell is no time of day.
    """
    cells = table.column(name)
    return np.array([_time_of(table, name, row, cell) for row, cell in enumerate(cells)])


def durations(table: Table, name: str) -> NDArray[np.float64]:
    """A column of durations h:m:s, in seconds; NaN where blank.

    Raises:
        LogError: when a cell is no duration.
    """
    values = []
    for row, cell in enumerate(table.column(name)):
        match = _DURATION.fullmatch(cell)
        if cell and not match:
            raise table.fault(row, name, cell, "is not a duration like 00:03:30", "Write hours:minutes:seconds")
        values.append(_seconds(match) if match else np.nan)
    return np.array(values)


def moments(table: Table, name: str, *, date_format: str | None = None) -> NDArray[np.float64]:
    """A column of dates with times ("2022-07-22 11:58:03.777"), in seconds since 1970; NaN where blank.

    Raises:
        LogError: when a cell is none, when formats are mixed, or when day and month cannot be told apart.
    """
    column = _Column(table, name, table.column(name))
    days, times = [], []
    for row, cell in enumerate(column.cells):
        if _ZONE.search(cell) and "T" in cell.upper():
            remedy = "Convert the log to local time without zones"
            raise table.fault(row, name, cell, "names a time zone, and the times of a line are local", remedy)
        day, _, time = cell.replace("T", " ").partition(" ")
        if cell and not time.strip():
            raise table.fault(row, name, cell, "is not a date with a time like 2026-01-05 06:00:00", "Correct the row")
        days.append(day)
        times.append(time.strip())
    midnight = _dates(column, days, date_format)
    return midnight + np.array([_time_of(table, name, row, cell) for row, cell in enumerate(times)])


def _dates(column: _Column, cells: list[str], date_format: str | None) -> NDArray[np.float64]:
    """Dates by the one format that reads every cell."""
    table, name = column.table, column.name
    if date_format is not None and date_format not in _DATE_FORMATS:
        raise table.fault(0, name, date_format, "is not a format of dates", f"Use one of {', '.join(_DATE_FORMATS)}")
    found: dict[str, list[float]] = {}
    stuck: dict[str, int] = {}
    for known in [date_format] if date_format else _DATE_FORMATS:
        values = [_date_of(cell, known) for cell in cells]
        if None in values:
            stuck[known] = values.index(None)
        else:
            found[known] = [value for value in values if value is not None]
    if not found:
        row = max(stuck.values())
        if row and not date_format and any(_date_of(cells[row], known) is not None for known in _DATE_FORMATS):
            remedy = "Write all dates in one format"
            raise table.fault(row, name, column.cells[row], "is written in another format than the rows above", remedy)
        raise table.fault(row, name, column.cells[row], "is not a date", "Write dates like 2026-01-05")
    if len(found) > 1 and len({tuple(values) for values in found.values()}) > 1:
        remedy = f"Say which with date_format={' or '.join(repr(known) for known in found)}"
        raise table.fault(0, name, column.cells[0], "leaves open which number is the day and which the month", remedy)
    return np.array(next(iter(found.values())))


def _date_of(cell: str, known: str) -> float | None:
    """Seconds at the midnight of a date; NaN for a blank, None for what the format does not read."""
    if not cell:
        return np.nan
    match = _DATE_FORMATS[known].fullmatch(cell)
    if not match:
        return None
    try:
        return datetime(int(match["year"]), int(match["month"]), int(match["day"]), tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _time_of(table: Table, name: str, row: int, cell: str) -> float:
    """Seconds after midnight of one cell; a whole number is an hour."""
    if not cell:
        return np.nan
    if cell.isdecimal() and int(cell) <= 24:
        return int(cell) * 3600.0
    match = _TIME.fullmatch(cell)
    if not match:
        raise table.fault(row, name, cell, "is not a time of day like 06:30:00", "Correct the row")
    seconds = _seconds(match)
    if match["half"]:
        if not 1 <= int(match["hour"]) <= 12:
            raise table.fault(row, name, cell, "is not a time of day with am or pm", "Correct the row")
        seconds = seconds % (12 * 3600.0) + (12 * 3600.0 if match["half"].lower() == "pm" else 0.0)
    if int(match["minute"]) > 59 or seconds > DAY or (match["second"] or "0")[:2] > "60":
        raise table.fault(row, name, cell, "is not a time of day between 00:00 and 24:00", "Correct the row")
    return seconds


def _seconds(match: re.Match[str]) -> float:
    """Seconds of hours, minutes and seconds."""
    second = (match["second"] or "0").replace(",", ".")
    return int(match["hour"]) * 3600.0 + int(match["minute"]) * 60.0 + float(second)
