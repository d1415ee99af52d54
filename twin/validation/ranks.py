"""How often intervals hold what was measured, from the ranks of measurements in their predictions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["BINS", "LEVELS", "Coverage", "coverage_of"]

Array = NDArray[np.float64]

LEVELS = (0.5, 0.8, 0.9)
BINS = 10
SURE = 2.6
"""Standard deviations past which a difference is not taken for chance: one in a hundred."""
PER_DAY = 20
"""Measurements of one day that count as independent at most; those of a day resemble each other."""


@dataclass(frozen=True)
class Coverage:
    """What the ranks of some measurements say of their predictions.

    Attributes:
        n: number of measurements.
        days: number of days that they come from.
        held: share of them inside the central intervals of `LEVELS`.
        histogram: how many ranks lie in each tenth; even if the prediction is right (Talagrand, Vautard, Strauss 1997).
        mean: mean rank, 0.5 if the prediction is right: more means that larger values were measured than predicted.
        worth: number of independent measurements that these are worth.
        width: mean width of the 90 % intervals, in the unit of the measurements; NaN where it was not told.
    """

    n: int
    days: int
    held: tuple[float, ...]
    histogram: tuple[int, ...]
    mean: float
    worth: int
    width: float = math.nan

    def room(self, level: float) -> float:
        """How far a coverage may be from its level by chance, a twentieth at least."""
        return max(0.05, SURE * float(np.sqrt(level * (1 - level) / max(self.worth, 1))))

    @property
    def fault(self) -> str:
        """What is wrong: "" , "too narrow", "too wide", "too low" or "too high" (of the prediction)."""
        if not self.n:
            return ""
        gaps = [held - level for held, level in zip(self.held, LEVELS, strict=True)]
        rooms = [self.room(level) for level in LEVELS]
        worst = max(range(len(LEVELS)), key=lambda k: abs(gaps[k]) / rooms[k])
        shift = self.mean - 0.5
        if abs(shift) > max(0.05, SURE / np.sqrt(12 * self.worth)):
            return "too low" if shift > 0 else "too high"
        if abs(gaps[worst]) <= rooms[worst]:
            return ""
        return "too wide" if gaps[worst] > 0 else "too narrow"


def coverage_of(
    ranks: Array, days: NDArray[np.int64], *, widths: Array | None = None, per_day: int = PER_DAY
) -> Coverage:
    """The coverage of measurements with these ranks in (0, 1); NaN is left out.

    Args:
        ranks: of the measurements in their predictions.
        days: on which they were made.
        widths: of the 90 % intervals.
        per_day: how many of a day count as independent at most.

    Example:
        >>> found = coverage_of((np.arange(100) + 0.5) / 100, np.zeros(100, int))
        >>> found.held, found.fault
        ((0.5, 0.8, 0.9), '')
    """
    known = np.isfinite(ranks)
    ranks, days = ranks[known], days[known]
    counts = np.histogram(ranks, BINS, (0.0, 1.0))[0]
    if not len(ranks):
        return Coverage(0, 0, (np.nan,) * len(LEVELS), tuple(counts.tolist()), np.nan, 0)
    held = tuple(float(np.mean(np.abs(2 * ranks - 1) <= level + 1e-12)) for level in LEVELS)
    number = len(np.unique(days))
    worth = min(len(ranks), per_day * number)
    width = math.nan if widths is None else float(np.mean(widths[known]))
    return Coverage(len(ranks), number, held, tuple(counts.tolist()), float(ranks.mean()), worth, width)
