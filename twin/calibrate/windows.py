"""Observed windows: when the log would have seen a stop, and where log and counts contradict each other."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.columns import assign, intervals, required
from twin.calibrate.counts import Counts
from twin.calibrate.errors import LogError
from twin.calibrate.moments import DAY, text_of
from twin.calibrate.stoplog import StopLog
from twin.calibrate.table import read_table

__all__ = ["Window", "covered", "infer_windows", "read_windows", "subtract"]

_ROLES = ("start", "end", "date", "product")


@dataclass(frozen=True, order=True)
class Window:
    """A time in which the machine was meant to run and its stops were recorded.

    Attributes:
        begin, end: [s since 1970, local time].
        product: what was made, "" if unknown.
    """

    begin: float
    end: float
    product: str = ""


def read_windows(
    path: str | Path, *, columns: Mapping[str, str] | None = None, date_format: str | None = None
) -> tuple[Window, ...]:
    """Reads observed windows from a CSV file, one row each: date, start, end and perhaps the product.

    Args:
        path: the file.
        columns: role -> column name for "start", "end", "date", "product"; the rest is guessed from names.
        date_format: see `read_stop_log`.

    Returns:
        The windows in order of time.

    Raises:
        LogError: when the file cannot be read, a time is missing, or windows overlap.
    """
    table = read_table(path)
    found = assign(table, _ROLES, columns)
    required(table, found, "end")
    begin, end = intervals(table, found, date_format=date_format)
    product = table.column(found["product"]) if "product" in found else ("",) * len(begin)
    blank = np.flatnonzero(np.isnan(begin) | np.isnan(end))
    if blank.size:
        role = "start" if np.isnan(begin[blank[0]]) else "end"
        remedy = "Fill it in or delete the row"
        raise table.fault(int(blank[0]), found[role], "", f"is blank, and a window needs its {role}", remedy)
    rows = zip(begin, end, product, strict=True)
    windows = sorted(Window(float(b), float(e), kind) for b, e, kind in rows if e > b)
    if not windows:
        raise LogError(f"{table.name}: no window has a length; a window ends after it begins. Correct the rows.")
    for before, after in itertools.pairwise(windows):
        if after.begin < before.end - 1e-6:
            raise LogError(
                f"{table.name}: the window that begins at {text_of(after.begin)} overlaps the one that begins at "
                f"{text_of(before.begin)}; a machine has one window at a time. Correct the rows."
            )
    return tuple(windows)


def infer_windows(log: StopLog, counts: Counts | None) -> tuple[Window, ...]:
    """Windows of a log that comes without them.

    With counts: each run of adjoining intervals, from the first to the last in which something was made; the first and
    last interval are cut so that the time which is not stopped fits their counts at the median speed of the others.
    Without counts: from the first to the last stop of each date.

    Args:
        log: the stops.
        counts: the production counts, or None.

    Returns:
        The windows in order of time.
    """
    if counts is None:
        days = log.begin // DAY
        spans = [(log.begin[days == day].min(), log.end[days == day].max()) for day in np.unique(days)]
        return tuple(Window(float(begin), float(end)) for begin, end in spans)
    windows = []
    running = [covered(log, begin, end) for begin, end in zip(counts.begin, counts.end, strict=True)]
    needed = counts.number * _seconds_per_part(counts, np.array(running))
    for first, last in _runs(counts):
        begin, end = counts.begin[first], counts.end[last]
        spare_first, spare_last = running[first] - needed[first], running[last] - needed[last]
        begin += _reach(log, begin, counts.end[first], max(0.0, spare_first))
        if last > first:
            end -= (
                end - counts.begin[last] - _reach(log, counts.begin[last], end, needed[last] if spare_last > 0 else 1e9)
            )
        windows.append(Window(float(begin), float(end), counts.product[first]))
    return tuple(window for window in windows if window.end > window.begin)


def _seconds_per_part(counts: Counts, running: NDArray[np.float64]) -> float:
    """Median time per part over intervals with both time and parts."""
    solid = (counts.number > 0) & (running > 0.25 * (counts.end - counts.begin))
    return float(np.median(running[solid] / counts.number[solid])) if solid.any() else 0.0


def _runs(counts: Counts) -> list[tuple[int, int]]:
    """First and last place of each run of adjoining intervals, trimmed to where something was made."""
    breaks = np.flatnonzero(counts.begin[1:] > counts.end[:-1] + 1.0) + 1
    runs = []
    for places in np.split(np.arange(len(counts.begin)), breaks):
        made = places[counts.number[places] > 0]
        if made.size:
            runs.append((int(made[0]), int(made[-1])))
    return runs


def _reach(log: StopLog, begin: float, end: float, running: float) -> float:
    """How far from `begin` one gets with so much time that is not stopped, at most to `end` [s]."""
    at = begin
    inside = (log.end > begin) & (log.begin < end)
    for stop, go in zip(log.begin[inside], log.end[inside], strict=True):
        if at + running <= stop:
            break
        running -= max(0.0, stop - at)
        at = max(at, go)
    return min(at + running, end) - begin


def covered(log: StopLog, begin: float, end: float) -> float:
    """Time from `begin` to `end` that no stop covers [s]."""
    overlap = np.minimum(log.end, end) - np.maximum(log.begin, begin)
    return float(end - begin - np.maximum(overlap, 0.0).sum())


def subtract(windows: Sequence[Window], begin: Sequence[float], end: Sequence[float]) -> tuple[Window, ...]:
    """The windows without the given times.

    Example:
        >>> subtract([Window(0, 10)], [4], [6])
        (Window(begin=0, end=4, product=''), Window(begin=6, end=10, product=''))
    """
    left = list(windows)
    for first, last in zip(begin, end, strict=True):
        pieces = []
        for window in left:
            if last <= window.begin or first >= window.end:
                pieces.append(window)
                continue
            pieces += [Window(window.begin, first, window.product)] if first > window.begin else []
            pieces += [Window(last, window.end, window.product)] if last < window.end else []
        left = pieces
    return tuple(left)
