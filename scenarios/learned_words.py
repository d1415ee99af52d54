"""Moments, times and kinds of a log as people read them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from twin.eventlog.visits import DAY
from viz.numbers import number

__all__ = ["clock", "date", "interval", "listed", "moment", "several", "ticks"]

HOUR = 3600.0
_STEPS = (60.0, 300.0, 600.0, 900.0, 1800.0, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 12 * HOUR)
_DAYS = (1, 2, 7, 14, 28, 56, 91, 182, 364)
_PLAIN = "seconds"
"""Zone of a log that counts seconds from its own beginning."""


def clock(seconds: float) -> str:
    """The time of day of a moment.

    Example:
        >>> clock(34200.0), clock(86400.0 + 59.9)
        ('09:30', '00:00')
    """
    minutes = int(seconds % DAY // 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def date(seconds: float, zone: str = "") -> str:
    """The day of a moment; counted from 1 where the log knows no dates.

    Example:
        >>> date(18801 * 86400.0), date(86400.0, "seconds")
        ('Wed 23 Jun 2021', 'day 2')
    """
    if zone == _PLAIN:
        return f"day {int(seconds // DAY) + 1}"
    day = datetime.fromtimestamp(seconds, UTC)
    return f"{day:%a} {day.day} {day:%b %Y}"


def moment(seconds: float, zone: str = "") -> str:
    """A moment to the minute.

    Example:
        >>> moment(18801 * 86400.0 + 55860.0)
        'Wed 23 Jun 2021 15:31'
    """
    return f"{date(seconds, zone)} {clock(seconds)}"


def ticks(begin: float, end: float, zone: str = "", *, most: int = 5, inside: bool = False) -> list[tuple[float, str]]:
    """Even moments of a span: times of day within a day or so, days beyond.

    Args:
        begin: of the span [s].
        end: of the span [s].
        zone: of the log.
        most: how many there may be.
        inside: whether days are marked in their middle, as columns want it, instead of at midnight.

    Returns:
        Moment and text of each.

    Example:
        >>> ticks(18801 * 86400.0 + 32000.0, 18801 * 86400.0 + 36000.0, most=3)
        [(1624438800.0, '09:00'), (1624440600.0, '09:30'), (1624442400.0, '10:00')]
        >>> [text for _, text in ticks(18801 * 86400.0, 18804 * 86400.0)]
        ['23 Jun', '24 Jun', '25 Jun', '26 Jun']
    """
    steps = (*_STEPS, *(DAY * days for days in _DAYS))
    step = next((one for one in steps if (end - begin) / one <= most), steps[-1])
    middle = DAY / 2 if inside and step >= DAY else 0.0
    first = math.ceil((begin - middle) / step) * step + middle
    count = int((end - first) // step) + 1
    texts = clock if step < DAY else (lambda s: _short(s, zone))
    return [(first + step * k, texts(first + step * k)) for k in range(max(count, 0))]


def _short(seconds: float, zone: str) -> str:
    """A day in a few letters."""
    if zone == _PLAIN:
        return date(seconds, zone)
    day = datetime.fromtimestamp(seconds, UTC)
    return f"{day.day} {day:%b}"


def interval(low: float, high: float, unit: str = "") -> str:
    """An interval; a dash where it has no width or is not known.

    Example:
        >>> interval(1.0, 2.5, "s"), interval(6.0, 6.0)
        ('1 to 2.5 s', '–')
    """
    if not (math.isfinite(low) and math.isfinite(high)) or low == high:
        return number(None)
    return f"{number(low)} to {number(high)} {unit}".strip()


def several(count: int, one: str) -> str:
    """A number of things.

    Example:
        >>> several(1, "visit"), several(2327, "visit")
        ('1 visit', '2,327 visits')
    """
    return f"{count:,} {one}{'' if count == 1 else 's'}"


def listed(words: Sequence[str], most: int = 6) -> str:
    """The first few of some words.

    Example:
        >>> listed(["saw", "mill"]), listed("abc", 2)
        ('saw, mill', 'a, b, …')
    """
    return ", ".join([*words[:most], *(["…"] if len(words) > most else [])])
