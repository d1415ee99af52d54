"""Which column of a table means what, given or guessed from its name."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.errors import LogError
from twin.calibrate.moments import DAY, clock, dates, moments
from twin.calibrate.table import Table
from twin.errors import nearest, shown

__all__ = ["assign", "intervals", "required"]

WORDS: dict[str, tuple[str, ...]] = {
    "date": ("date", "day", "datum"),
    "start": ("start", "started", "begin", "began", "from", "beginn"),
    "end": ("end", "ended", "finish", "finished", "until", "to", "ende"),
    "duration": ("duration", "dauer"),
    "reason": ("reason", "cause", "code", "fault", "category", "grund"),
    "product": ("product", "article", "type", "size", "sku"),
    "count": ("count", "counts", "production", "units", "pieces", "parts", "quantity", "output", "produced", "bottles"),
}
"""What a column means -> words in its name that say so, the most telling first."""


def assign(table: Table, roles: tuple[str, ...], columns: Mapping[str, str] | None) -> dict[str, str]:
    """The column of each role: as given, else the first whose name holds one of the role's words.

    Args:
        table: the file.
        roles: names in `WORDS`.
        columns: role -> column name, for those that a person names.

    Returns:
        Role -> column name; roles without a column are missing.

    Raises:
        LogError: when `columns` names a role or a column that does not exist.
    """
    given = dict(columns or {})
    for role, name in given.items():
        if role not in roles:
            near = nearest(role, roles)
            remedy = f"Use {shown(near)}" if near else f"Use {', '.join(roles)}"
            raise LogError(f"{table.name}: columns= names {shown(role)}; a column may be {', '.join(roles)}. {remedy}.")
        table.column(name)
    free = [name for name in table.header if name not in given.values()]
    for role in roles:
        if role in given:
            continue
        for word in WORDS[role]:
            match = next((name for name in free if word in re.split(r"[^a-z]+", name.lower())), None)
            if match is not None:
                given[role] = match
                free.remove(match)
                break
    return given


def required(table: Table, found: Mapping[str, str], role: str) -> str:
    """The column of a role that must be there.

    Raises:
        LogError: when none was found, naming the columns that there are.
    """
    if role not in found:
        names = ", ".join(shown(name) for name in table.header[:12])
        raise LogError(
            f"{table.name}, row 1: no column looks like the {role}; the columns are {names}. "
            f'Name it with columns={{"{role}": ...}}.'
        )
    return found[role]


def intervals(
    table: Table, found: Mapping[str, str], *, date_format: str | None = None, midnight: bool = True
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Starts and ends in seconds since 1970, from dates with times or from a date column and two times of day.

    Args:
        table: the file.
        found: role -> column name; "start", perhaps "end", and "date" where start and end are times of day.
        date_format: see `dates`.
        midnight: an end before its start is the day after, as long as that is within 12 hours.

    Returns:
        Starts and ends; NaN where blank (all NaN without a column of ends).

    Raises:
        LogError: when a cell cannot be read, or an end lies before its start.
    """
    start_column = required(table, found, "start")
    end_column = found.get("end")
    if _has_dates(table, start_column):
        begin = moments(table, start_column, date_format=date_format)
        end = moments(table, end_column, date_format=date_format) if end_column else np.full(len(begin), np.nan)
        late = np.zeros(len(begin), bool)
    else:
        if "date" not in found:
            raise LogError(
                f"{table.name}, column {shown(start_column)}: there are times of day but no column of dates. "
                'Name it with columns={"date": ...}.'
            )
        day = dates(table, found["date"], date_format=date_format)
        begin = day + clock(table, start_column)
        end = day + clock(table, end_column) if end_column else np.full(len(begin), np.nan)
        late = (end < begin) & (end + DAY - begin <= DAY / 2) & midnight
    end = np.where(late, end + DAY, end)
    backwards = np.flatnonzero(end < begin)
    if backwards.size and end_column:
        row = int(backwards[0])
        cell = table.column(end_column)[row]
        remedy = "Correct the row, or write dates with the times where it runs past midnight"
        raise table.fault(row, end_column, cell, "lies before the start of its row", remedy)
    return begin, end


def _has_dates(table: Table, name: str) -> bool:
    """Whether the first cell with a value holds a date and a time."""
    first = next((cell for cell in table.column(name) if cell), "")
    return bool(re.match(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}", first))
