"""Moments as logs write them, as seconds since the start of 1970; each different text is read once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.errors import LogError
from twin.calibrate.moments import moments
from twin.calibrate.table import Table
from twin.errors import shown
from twin.eventlog.files import LogTable

__all__ = ["Instants", "instants"]

_ZONE = re.compile(r"(?<=\d)\s*(Z|UTC|[+-]\d{2}:?\d{2})$")
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")
_LONGEST = 4e9
"""Seconds: beyond the year 2096, a number is not a time in seconds."""


@dataclass(frozen=True)
class Instants:
    """A column of moments.

    Attributes:
        seconds: since the start of 1970, NaN where blank [row]; since the start of the log where it counts seconds.
        zone: "" for local times, "UTC" or "+02:00" where all times name this one, "UTC, from several" where they name
            different ones and were turned into UTC, "seconds" for plain numbers.
    """

    seconds: NDArray[np.float64]
    zone: str


def instants(table: LogTable, column: str, *, date_format: str | None = None) -> Instants:
    """Reads a column of dates with times, or of seconds.

    Args:
        table: the log.
        column: its name.
        date_format: "year-month-day", "day.month.year" or "month/day/year"; None finds it out.

    Returns:
        The moments. Times that name a zone keep their wall-clock time if all name the same one, and become UTC if not.

    Raises:
        LogError: when a cell is none, when some times name a zone and others don't, when formats are mixed, or when
            day and month cannot be told apart.
    """
    import pyarrow as pa  # noqa: PLC0415  takes 0.2 s to import

    values: Any = table.data[column].combine_chunks()
    kind = values.type
    if pa.types.is_timestamp(kind):
        seconds = values.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64())
        return Instants(_floats(seconds) / 1e6, "UTC" if kind.tz else "")
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return Instants(_counted(table, column, _floats(values)), "seconds")
    if not pa.types.is_dictionary(kind):
        values = values.cast(pa.string()).dictionary_encode()
    codes = _floats(values.indices)
    texts = [(text or "").strip() for text in values.dictionary.to_pylist()]
    read, zone = _read(table, column, texts, codes, date_format)
    return Instants(np.append(read, np.nan)[np.where(np.isnan(codes), len(read), codes).astype(np.int64)], zone)


def _floats(values: Any) -> NDArray[np.float64]:
    return values.to_numpy(zero_copy_only=False).astype(np.float64)


def _counted(table: LogTable, column: str, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers as seconds; thousands where they can only be milliseconds since 1970."""
    if np.isinf(seconds).any():
        row = int(np.flatnonzero(np.isinf(seconds))[0])
        raise table.fault(row, column, "is no time, which is a number with an end", "Correct the row")
    size = np.abs(seconds[~np.isnan(seconds)])
    if not size.size or size.max() <= _LONGEST:
        return seconds
    row = int(np.nanargmax(np.abs(seconds)))
    if size.max() > 1000 * _LONGEST:
        raise table.fault(row, column, "is too large for seconds or milliseconds", "Write times as dates")
    if size.min() <= _LONGEST:
        rule = f"can only be milliseconds, and {size.min():g} in the same column only seconds"
        raise table.fault(row, column, rule, "Write all times in one unit")
    return seconds / 1000.0


def _read(
    table: LogTable, column: str, texts: list[str], codes: NDArray[np.float64], date_format: str | None
) -> tuple[NDArray[np.float64], str]:
    """The different texts of a column as seconds, and their zone."""
    there = [text for text in texts if text]
    if there and all(_NUMBER.fullmatch(text) for text in there):
        numbers = np.array([float(text) if text else np.nan for text in texts])
        whole = np.append(numbers, np.nan)[np.where(np.isnan(codes), len(texts), codes).astype(np.int64)]
        factor = 1000.0 if np.nanmax(np.abs(_counted(table, column, whole))) < np.nanmax(np.abs(whole)) else 1.0
        return numbers / factor, "seconds"
    odd = [place for place, text in enumerate(texts) if text and not _NUMBER.fullmatch(text)]
    if len(odd) < 0.5 * len(there):
        rule = "is not a number of seconds, as the other times in its column are"
        raise table.fault(min(_first(codes, place) for place in odd), column, rule, "Correct the row")
    zones = [match[1] if (match := _ZONE.search(text)) else "" for text in texts]
    named = {zone for zone, text in zip(zones, texts, strict=True) if text}
    if "" in named and len(named) > 1:
        place = next(k for k, (zone, text) in enumerate(zip(zones, texts, strict=True)) if text and not zone)
        other = next(text for zone, text in zip(zones, texts, strict=True) if zone)
        rule = f"names no time zone, but {shown(other)} in the same column does"
        raise table.fault(_first(codes, place), column, rule, "Write all times with a zone, or all without")
    bare = [_ZONE.sub("", text) for text in texts]
    seconds = _iso(bare)
    if seconds is None:
        seconds = _other(table, column, bare, codes, date_format)
    if len(named) > 1:
        return seconds - np.array([_offset(zone) for zone in zones]), "UTC, from several"
    zone = next(iter(named), "")
    return seconds, "UTC" if zone in ("Z", "UTC") else zone


def _iso(texts: list[str]) -> NDArray[np.float64] | None:
    """Texts in ISO 8601 as seconds, or None where one is not."""
    import pyarrow as pa  # noqa: PLC0415  takes 0.2 s to import

    try:
        read = pa.array([text or None for text in texts], pa.string()).cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return None
    if any(text and ":" not in text for text in texts[:1000]):  # dates alone
        return None
    return _floats(read.cast(pa.int64())) / 1e6


def _other(
    table: LogTable, column: str, texts: list[str], codes: NDArray[np.float64], date_format: str | None
) -> NDArray[np.float64]:
    """Texts in other formats, one by one; a fault is said with the row of its first cell."""
    first = np.full(len(texts), len(codes))
    known = ~np.isnan(codes)
    np.minimum.at(first, codes[known].astype(np.int64), np.flatnonzero(known))
    lines = [int(table.rows[row]) if row < len(codes) else 0 for row in first]
    order = sorted(range(len(texts)), key=lines.__getitem__)  # so that the row that stands out is a later one
    pieces = Table(table.name, (column,), tuple((texts[k],) for k in order), tuple(lines[k] for k in order))
    read = np.empty(len(texts))
    read[order] = moments(pieces, column, date_format=date_format)
    return read


def _first(codes: NDArray[np.float64], place: int) -> int:
    return int(np.flatnonzero(codes == place)[0])


def _offset(zone: str) -> float:
    """Seconds that a zone is ahead of UTC.

    Example:
        >>> _offset("+02:00"), _offset("Z")
        (7200.0, 0.0)
    """
    if zone in ("Z", "UTC", ""):
        return 0.0
    digits = zone[1:].replace(":", "")
    return (-1.0 if zone[0] == "-" else 1.0) * (int(digits[:2]) * 3600.0 + int(digits[2:]) * 60.0)


def same_zone(table: LogTable, columns: dict[str, Instants]) -> str:
    """The zone of several columns of one log.

    Raises:
        LogError: when they name different ones.
    """
    zones = {name: one.zone for name, one in columns.items() if not np.isnan(one.seconds).all()}
    if len(set(zones.values())) > 1:
        said = ", ".join(f"{shown(name)} {zone or 'none'}" for name, zone in zones.items())
        rule = f"the columns of times name different time zones ({said}); all times of a log are in one"
        raise LogError(f"{table.name}: {rule}. Convert them to one zone.")
    return next(iter(zones.values()), "")
