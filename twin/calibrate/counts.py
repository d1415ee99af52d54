"""Production counts: how many parts were made from when to when."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.columns import assign, intervals, required
from twin.calibrate.errors import LogError
from twin.calibrate.stoplog import Note
from twin.calibrate.table import Table, read_table

__all__ = ["Counts", "read_counts"]

_ROLES = ("start", "end", "date", "product", "count")


@dataclass(frozen=True)
class Counts:
    """Parts made in each interval, in order of time.

    Attributes:
        name: the file's name.
        begin: starts of the intervals [s since 1970, local time].
        end: their ends.
        number: parts made.
        product: product type of each interval, "" where the file names none.
        notes: what was left out or changed while reading.
    """

    name: str
    begin: NDArray[np.float64]
    end: NDArray[np.float64]
    number: NDArray[np.float64]
    product: tuple[str, ...]
    notes: tuple[Note, ...] = ()


def read_counts(
    path: str | Path, *, columns: Mapping[str, str] | None = None, date_format: str | None = None
) -> Counts:
    """Reads production counts from a CSV file.

    Start and end may be dates with times, or times of day (or whole hours) beside a column of dates. Rows without a
    number and exact duplicates are left out and noted; several rows of one interval are added up.

    Args:
        path: the file.
        columns: role -> column name for "start", "end", "date", "product", "count"; the rest is guessed from names.
        date_format: see `read_stop_log`.

    Returns:
        The counts in order of time.

    Raises:
        LogError: when the file cannot be read, a count is negative or no number, or intervals overlap.
    """
    table = read_table(path)
    found = assign(table, _ROLES, columns)
    begin, end = intervals(table, found, date_format=date_format)
    count_column = required(table, found, "count")
    number = _numbers(table, count_column)
    product = table.column(found["product"]) if "product" in found else ("",) * len(number)
    lines = np.array(table.lines)
    usable = ~np.isnan(number) & (end > begin)
    notes = []
    if not usable.all():
        notes.append(Note("dropped, no number or no length", tuple(int(row) for row in lines[~usable])))
    rows: dict[tuple[float, float, str], float] = {}
    seen: set[tuple[float, float, str, float]] = set()
    twice, added = [], []
    for place in np.flatnonzero(usable):
        key = (float(begin[place]), float(end[place]), product[place])
        whole = (*key, float(number[place]))
        if whole in seen:
            twice.append(int(lines[place]))
            continue
        if key in rows:
            added.append(int(lines[place]))
        seen.add(whole)
        rows[key] = rows.get(key, 0.0) + float(number[place])
    if not rows:
        raise LogError(
            f"{table.name}: no row has a start, an end and a count; at least one is needed. Export it again."
        )
    notes += [Note("dropped, duplicate", tuple(twice))] if twice else []
    notes += [Note("added to another row of the same interval", tuple(added))] if added else []
    keys = sorted(rows)
    for (first, last, _), (start, stop, _) in itertools.pairwise(keys):
        if start < last and (start, stop) != (first, last):
            place = int(np.flatnonzero((begin == start) & (end == stop))[0])
            cell = table.column(found["start"])[place]
            rule = "begins before the interval above it has ended, and a part can be counted only once"
            raise table.fault(place, found["start"], cell, rule, "Correct the rows")
    return Counts(
        table.name,
        np.array([key[0] for key in keys]),
        np.array([key[1] for key in keys]),
        np.array([rows[key] for key in keys]),
        tuple(key[2] for key in keys),
        tuple(notes),
    )


def _numbers(table: Table, column: str) -> NDArray[np.float64]:
    """Counts of a column; NaN where blank."""
    values = []
    for row, cell in enumerate(table.column(column)):
        try:
            value = float(cell) if cell else np.nan
        except ValueError:
            rule = "is not a number of parts"
            raise table.fault(row, column, cell, rule, "Write whole numbers without units or commas") from None
        if value < 0 or np.isinf(value):
            raise table.fault(row, column, cell, "is not a number of parts; a count is zero or more", "Correct the row")
        values.append(value)
    return np.array(values)
