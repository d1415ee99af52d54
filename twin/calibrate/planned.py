"""Planned stops hidden in a stop log: naming them, and finding a habit such as a midday break."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtrc

from twin.calibrate.errors import LogError
from twin.calibrate.moments import DAY
from twin.calibrate.stoplog import StopLog
from twin.calibrate.windows import Window
from twin.errors import shown

__all__ = ["Habit", "Planned", "find_habit"]

_PATTERN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*,?\s*(\d+(?:\.\d+)?)\s*(s|min|h)")
_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class Planned:
    """Which stops are planned: those that begin between two times of day and last long enough.

    Attributes:
        begin, end: times of day [s after midnight].
        least: shortest planned stop [s].
    """

    begin: float
    end: float
    least: float

    @classmethod
    def parse(cls, text: str) -> Planned:
        """Reads "11:30-13:15, 40 min": stops of at least 40 minutes that begin between 11:30 and 13:15.

        Raises:
            LogError: when the text is not of that form.

        Example:
            >>> Planned.parse("11:30-13:15, 40 min").least
            2400.0
        """
        match = _PATTERN.fullmatch(text.strip())
        if not match:
            raise LogError(
                f"planned stop {shown(text)}: two times of day and a shortest length are expected. "
                'Write it like "11:30-13:15, 40 min".'
            )
        hours = [int(match[place]) * 3600.0 for place in (1, 3)]
        minutes = [int(match[place]) * 60.0 for place in (2, 4)]
        begin, end = hours[0] + minutes[0], hours[1] + minutes[1]
        if not begin < end <= DAY or max(minutes) > 59 * 60:
            raise LogError(
                f"planned stop {shown(text)}: the first time must lie before the second on one day. "
                'Write it like "11:30-13:15, 40 min".'
            )
        return cls(begin, end, float(match[5]) * _UNITS[match[6]])

    def holds(self, log: StopLog) -> NDArray[np.bool_]:
        """Which stops of a log are planned."""
        clock = log.begin % DAY
        return (clock >= self.begin) & (clock < self.end) & (log.duration >= self.least)


@dataclass(frozen=True)
class Habit:
    """Long stops that begin at the same time of day more often than chance allows.

    Attributes:
        begin, end: times of day [s after midnight].
        least: what counts as long [s].
        count: long stops that begin there.
        expected: as many would, if they began evenly over the observed time.
        chance: probability of so many or more, times the number of places tried.
        seconds: time that these stops hold [s].
    """

    begin: float
    end: float
    least: float
    count: int
    expected: float
    chance: float
    seconds: float


def find_habit(
    windows: Sequence[Window],
    log: StopLog,
    *,
    least: Sequence[float] = (1800.0, 2700.0, 3600.0),
    width: float = 5400.0,
) -> Habit | None:
    """The time of day at which long stops crowd, if they do.

    A scan statistic: for each quarter of an hour the number of long stops that begin in the next `width` is compared
    with a Poisson number whose mean is in proportion to the observed time there (Bonferroni over all that is tried).

    Args:
        windows: when stops were recorded.
        log: the stops.
        least: what counts as long [s], each tried.
        width: length of the time of day that is looked at [s].

    Returns:
        The most telling time of day if its chance is below 0.1 %, else None.
    """
    starts = np.arange(0.0, DAY - width + 1.0, 900.0)
    span = [(window.begin % DAY, window.begin % DAY + window.end - window.begin) for window in windows]
    observed = np.array([sum(max(0.0, min(e, s + width) - max(b, s)) for b, e in span) for s in starts])
    total = sum(e - b for b, e in span)
    found = []
    for shortest in least:
        long = log.select(log.duration >= shortest)
        clock = long.begin % DAY
        for start, time in zip(starts, observed, strict=True):
            inside = (clock >= start) & (clock < start + width)
            count, expected = int(inside.sum()), len(clock) * time / total
            chance = float(pdtrc(count - 1, expected)) * len(starts) * len(least) if count >= 5 else 1.0
            seconds = float(long.duration[inside].sum())
            found.append(Habit(start, start + width, shortest, count, expected, chance, seconds))
    best = min(found, key=lambda habit: habit.chance)
    return best if best.chance < 1e-3 else None
