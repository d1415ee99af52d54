"""Working hours in the words of a line file."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from twin.calibrate.moments import DAY

__all__ = ["Shift", "clock", "days_of", "named", "open_spans"]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Shift:
    """Working hours of some days of the week, in the words of a line file.

    Attributes:
        days: e.g. "mon-fri".
        begin, end: times of day [s after midnight].
        breaks: pairs of times of day inside [s after midnight].
        begin_range, end_range: where the edges may lie as well [s after midnight].
    """

    days: str
    begin: float
    end: float
    breaks: tuple[tuple[float, float], ...]
    begin_range: tuple[float, float]
    end_range: tuple[float, float]


def named(days: Sequence[int]) -> str:
    """Days in the words of a line file, e.g. "mon-thu,sat".

    Example:
        >>> named([0, 1, 2, 4])
        'mon-wed,fri'
    """
    runs = [[k for _, k in group] for _, group in itertools.groupby(enumerate(days), lambda pair: pair[1] - pair[0])]
    if len(runs) == 1 and len(days) == 7:
        return "daily"
    return ",".join(DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}-{DAYS[run[-1]]}" for run in runs)


def days_of(text: str) -> list[int]:
    """Days of the week of such words, Monday being 0."""
    if text == "daily":
        return list(range(7))
    spans = [[DAYS.index(word) for word in part.split("-")] for part in text.split(",")]
    return [day for span in spans for day in range(span[0], span[-1] + 1)]


def open_spans(shifts: Sequence[Shift], begin: float, end: float) -> list[tuple[float, float]]:
    """Working hours from the day of `begin` to the day of `end`, breaks included."""
    days = range(int(begin // DAY), int(end // DAY) + 1)
    spans = [
        (day * DAY + shift.begin, day * DAY + shift.end)
        for day in days
        for shift in shifts
        if (day - 4) % 7 in days_of(shift.days)
    ]
    return [(a, b) for a, b in sorted(spans) if b > begin]


def clock(seconds: float) -> str:
    """A time of day.

    Example:
        >>> clock(30600.0)
        '08:30'
    """
    return f"{int(seconds // 3600):02d}:{int(seconds % 3600 // 60):02d}"
