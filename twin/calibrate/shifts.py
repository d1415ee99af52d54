"""The shift pattern of a machine, from when it runs in the week."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from twin.calibrate.activity import Spans
from twin.calibrate.moments import DAY
from twin.calibrate.workinghours import Shift, clock, days_of, named, open_spans

__all__ = ["STEP", "ShiftPattern", "find_shifts"]

STEP = 1800.0
"""Width of a piece of the week [s]."""
_DAY_PIECES = int(DAY // STEP)
_WEEK = 7 * DAY
_MONDAY = 4 * DAY
"""1970 began on a Thursday: the first Monday is the fifth of January."""
_LEAST_WEEKS = 4
_LEAST_INSIDE = 0.6
"""A pattern that holds less of the running time is none."""


@dataclass(frozen=True)
class ShiftPattern:
    """When a machine works in the week.

    Attributes:
        shifts: the pattern; none where the machine ran in too few weeks.
        share: share of the weeks in which it ran in each piece of the week [day, piece].
        weeks: weeks in which it ran at all.
        threshold: the share from which on a piece belongs to a shift.
        inside: share of its running time that lies in the shifts.
        zone: time zone of the times of day.
    """

    shifts: tuple[Shift, ...]
    share: NDArray[np.float64]
    weeks: int
    threshold: float
    inside: float
    zone: str = ""

    def toml(self) -> list[str]:
        """The `[[shift]]` tables of a line file."""
        text: list[str] = []
        for shift in self.shifts:
            early, late = (f"{clock(a)} to {clock(b)}" for a, b in (shift.begin_range, shift.end_range))
            text += ["", f"# begins {early}, ends {late} (90 % of {self.weeks} weeks)"]
            text += [
                "[[shift]]",
                f'days = "{shift.days}"',
                f'from = "{clock(shift.begin)}"',
                f'to = "{clock(shift.end)}"',
            ]
            if shift.breaks:
                text.append("breaks = [" + ", ".join(f'"{clock(a)}-{clock(b)}"' for a, b in shift.breaks) + "]")
        return text

    def closing(self, begin: float, end: float, *, least: float, cut: bool = False) -> float | None:
        """The first moment at which working hours end for at least `least` [s] and begin again, all in an interval.

        Args:
            begin: of the interval [s since 1970, in the pattern's zone].
            end: of the interval [s since 1970, in the pattern's zone].
            least: shortest closed time that counts [s].
            cut: whether the end of the interval was not seen, so that they need not begin again in it.

        Returns:
            The moment, or None.
        """
        if not self.shifts:
            return None
        spans = open_spans(self.shifts, begin, end)
        ends = [begin, *(close for _, close in spans)]
        starts = [*(open_ for open_, _ in spans), math.inf]
        for close, again in zip(ends, starts, strict=True):
            if begin <= close < end and again - close >= least and (cut or again <= end):
                return close
        return None


def find_shifts(runs: Spans, *, threshold: float | None = None, zone: str = "", level: float = 0.9) -> ShiftPattern:
    """Finds working hours.

    A piece of the week belongs to a shift when the machine ran in it in at least `threshold` of the weeks in which it
    ran at all. Working days are pooled; a day that surely differs from the others has a shift of its own. The range of
    an edge holds the pieces whose share may be on the other side of the threshold (Wilson, JASA 22, 1927).

    Args:
        runs: when the machine ran; a missing or unobserved time counts as not running.
        threshold: a share of the weeks; None takes half of the share of the busiest piece.
        zone: time zone of the moments, for the report.
        level: probability behind the ranges.

    Returns:
        The pattern.
    """
    table, kept = _ran(runs)
    weeks = len(table)
    share = table.mean(axis=0) if weeks else np.zeros((7, _DAY_PIECES))
    pooled = float(np.sort(share, axis=None)[-8:].mean())
    edge = pooled / 2 if threshold is None else threshold
    if weeks < _LEAST_WEEKS or not (share >= edge).any():
        return ShiftPattern((), share, weeks, edge, 0.0, zone)
    groups = _groups(share, weeks, edge, level)
    shifts = tuple(one for days in groups for one in _shifts(share, days, weeks, edge, level))
    mask = np.zeros((7, _DAY_PIECES), bool)
    for shift in shifts:
        days = days_of(shift.days)
        mask[days, int(shift.begin // STEP) : int(shift.end // STEP)] = True
        for first, last in shift.breaks:
            mask[days, int(first // STEP) : int(last // STEP)] = False
    inside = float(kept[mask].sum() / kept.sum())
    return ShiftPattern(shifts if inside >= _LEAST_INSIDE else (), share, weeks, edge, inside, zone)


def _ran(runs: Spans) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Whether the machine ran in each piece of its weeks [week, day, piece]; how long in all [day, piece], seconds.

    It ran in a piece when it did so for a sixth of it: a last run that ends after the shift makes no overtime.
    """
    begin, end = runs.begin - _MONDAY, runs.end - _MONDAY
    first, last = (begin // STEP).astype(np.int64), ((end - 1e-6) // STEP).astype(np.int64)
    count = last - first + 1
    piece = np.repeat(first - np.append(0, np.cumsum(count)[:-1]), count) + np.arange(count.sum())
    length = np.minimum(np.repeat(end, count), (piece + 1) * STEP) - np.maximum(np.repeat(begin, count), piece * STEP)
    per_week = 7 * _DAY_PIECES
    weeks, place = np.unique(piece // per_week, return_inverse=True)
    table = np.zeros((len(weeks), per_week))
    np.add.at(table, (place, piece % per_week), length)
    seconds = np.bincount(piece % per_week, length, per_week).astype(float)
    return (table >= STEP / 6).reshape(-1, 7, _DAY_PIECES), seconds.reshape(7, _DAY_PIECES)


def _groups(share: NDArray[np.float64], weeks: int, edge: float, level: float) -> list[list[int]]:
    """Days of one pattern: those that may be like the mean of all working days, then the same of the rest."""
    left = [day for day in range(7) if (share[day] >= edge).sum() >= 2]
    groups = []
    while left:
        open_ = _smooth(share[left].mean(axis=0) >= edge)
        alike = [day for day in left if not _differs(share[day], open_, weeks, edge, level)] or left[:1]
        groups.append(alike)
        left = [day for day in left if day not in alike]
    return groups


def _differs(share: NDArray[np.float64], open_: NDArray[np.bool_], weeks: int, edge: float, level: float) -> bool:
    """Whether two hours or more of a day surely are open where the pattern is closed, or the other way round."""
    low, high = _wilson(share, weeks, level)
    wrong = (open_ & (high < edge)) | (~open_ & (low > edge))
    return float(wrong.sum()) * STEP >= 7200.0


def _shifts(share: NDArray[np.float64], days: list[int], weeks: int, edge: float, level: float) -> list[Shift]:
    """The shift of some days."""
    mean = share[days].mean(axis=0)
    open_ = np.flatnonzero(_smooth(mean >= edge))
    if not len(open_):
        return []
    first, last = int(open_[0]), int(open_[-1]) + 1
    low, high = _wilson(mean, weeks * len(days), level)
    sure, maybe = np.flatnonzero(low >= edge), np.flatnonzero(high >= edge)
    middle = (first + last) // 2
    begins = (_back(maybe, middle, -1), int(sure[0]) if len(sure) else middle)
    ends = (int(sure[-1]) + 1 if len(sure) else middle, _back(maybe, middle, 1) + 1)
    gaps = np.flatnonzero(np.diff(open_) > 1)
    breaks = tuple((float(open_[g] + 1) * STEP, float(open_[g + 1]) * STEP) for g in gaps)
    shown = tuple((min(a, first if k == 0 else last) * STEP, max(b, first if k == 0 else last) * STEP)
                  for k, (a, b) in enumerate((begins, ends)))  # fmt: skip
    return [Shift(named(days), first * STEP, last * STEP, breaks, shown[0], shown[1])]


def _smooth(open_: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Working hours without single pieces that stand alone."""
    padded = np.concatenate([[False], open_, [False]])
    return open_ & (padded[:-2] | padded[2:])


def _back(pieces: NDArray[Any], start: int, step: int) -> int:
    """The last of the pieces that follow each other without a gap from `start` in one direction."""
    there = set(pieces.tolist())
    while start + step in there:
        start += step
    return start


def _wilson(share: NDArray[np.float64], n: int, level: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The interval of a share of n."""
    z = float(ndtri(0.5 + level / 2))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return middle - reach, middle + reach
