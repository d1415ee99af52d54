"""What a recorder's clock and threshold did to the times of a log."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["find_step", "find_threshold"]

_STEPS = (60.0, 30.0, 20.0, 15.0, 10.0, 5.0, 1.0)


def find_step(durations: NDArray[np.float64]) -> float:
    """The step of the recorder's clock [s]: the largest usual one of which nine in ten lengths are a multiple.

    Args:
        durations: lengths of the stops [s].

    Returns:
        The step, or 0 when times are finer than a second or than a fiftieth of the median.

    Example:
        >>> find_step(np.array([30.01, 44.98, 60.0, 105.02]))
        15.0
    """
    for step in _STEPS:
        off = np.abs(durations - step * np.maximum(np.round(durations / step), 1.0))
        if np.mean(off <= 0.04 * step) >= 0.9:
            return step if step > 0.02 * np.median(durations) else 0.0
    return 0.0


def find_threshold(durations: NDArray[np.float64], step: float) -> float:
    """The shortest stop that the recorder records reliably [s].

    With a clock of a step: the first multiple that holds at least half as many stops as the fullest one, and four
    times as many as the one below. Thresholds are raised over time, and the few shorter stops of an earlier setting (at
    most a tenth) say nothing about the rest. Without a step: the shortest stop, if stops crowd there (5 % of them lie
    within a tenth above it).

    Args:
        durations: lengths of the stops [s].
        step: step of the recorder's clock [s], 0 for none.

    Returns:
        The threshold; 0 when the log shows none.

    Example:
        >>> find_threshold(np.array([30.0, *[60.0] * 6, *[75.0] * 4, 90.0]), 15.0)
        60.0
    """
    if not len(durations):
        return 0.0
    if step <= 0:
        shortest = float(durations.min())
        crowded = np.mean(durations <= 1.1 * shortest) >= 0.05 and len(durations) >= 40
        return shortest if crowded else 0.0
    cells = np.round(durations / step).astype(int)
    numbers = np.bincount(cells[cells < cells.min() + 1000])
    first = int(np.flatnonzero(numbers >= 0.5 * numbers.max())[0])
    jump = numbers[first] >= 4 * numbers[first - 1] and numbers[:first].sum() <= 0.1 * len(durations)
    return first * step if first > 1 and jump else 0.0
