"""Times to fit, each with what is known of it: complete, cut off at an end, or already under way at the start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.stoplog import StopLog
from twin.calibrate.windows import Window

__all__ = ["CENSORED", "COMPLETE", "RESIDUAL", "RESIDUAL_CENSORED", "Sample", "down_times", "up_times"]

COMPLETE, CENSORED, RESIDUAL, RESIDUAL_CENSORED = range(4)
"""What is known of a time: all of it; that it lasts at least so long; what was left of it when the window began; and
that what was left lasts at least so long."""


@dataclass(frozen=True)
class Sample:
    """Times of one kind.

    Attributes:
        value: the times [s].
        kind: COMPLETE, CENSORED, RESIDUAL or RESIDUAL_CENSORED.
        at: the moment at which each began [s since 1970], which decides its block in the bootstrap.
        step: step of the recorder's clock [s]; 0 when times are exact.
        least: shortest time that is recorded [s].
        slips: share of the complete and cut-off times that a wrong clock wrote, as likely of any order of size.
    """

    value: NDArray[np.float64]
    kind: NDArray[np.int64]
    at: NDArray[np.float64]
    step: float = 0.0
    least: float = 0.0
    slips: float = 0.0

    @property
    def complete(self) -> NDArray[np.float64]:
        """The times that are known in full [s]."""
        return self.value[self.kind == COMPLETE]


def down_times(windows: Sequence[Window], log: StopLog, *, step: float, least: float) -> Sample:
    """Lengths of the stops that begin in a window.

    Args:
        windows: when stops were recorded.
        log: stops, none shorter than `least`.
        step: step of the recorder's clock [s].
        least: shortest stop that is recorded [s].

    Returns:
        One time per stop, complete unless the log says that its end was not seen.
    """
    seen = _window_of(windows, log.begin) >= 0
    kind = np.full(int(seen.sum()), COMPLETE, np.int64)
    if log.cut_off is not None:
        kind[log.cut_off[seen]] = CENSORED
    return Sample(log.duration[seen], kind, log.begin[seen], step, least)


def up_times(windows: Sequence[Window], log: StopLog, own: NDArray[np.bool_], *, step: float) -> Sample:
    """Operating times between stops of one kind; other stops hold the clock.

    The first time of a window is residual, unless the window begins in a stop of this kind; the last one is cut off.

    Args:
        windows: when stops were recorded.
        log: all stops in order of time.
        own: which of them are of this kind.
        step: step of the recorder's clock [s]; a time shorter than a step is not seen.

    Returns:
        The times of all windows.
    """
    times: list[tuple[float, int, float]] = []
    for window in windows:
        inside = (log.end > window.begin) & (log.begin < window.end)
        now, age, fresh, since = window.begin, 0.0, False, window.begin
        for begin, end, counts in zip(log.begin[inside], log.end[inside], own[inside], strict=True):
            age += max(0.0, begin - now)
            now = max(now, end)
            if not counts:
                continue
            if age > 0:
                times.append((age, COMPLETE if fresh else RESIDUAL, since))
            age, fresh, since = 0.0, True, now
        age += max(0.0, window.end - now)
        if age > 0:
            times.append((age, CENSORED if fresh else RESIDUAL_CENSORED, since))
    value = np.array([time[0] for time in times])
    kind = np.array([time[1] for time in times], dtype=np.int64)
    return Sample(value, kind, np.array([time[2] for time in times]), step, step)


def _window_of(windows: Sequence[Window], moments: NDArray[np.float64]) -> NDArray[np.int64]:
    """The place of the window that holds each moment, -1 where there is none."""
    begin = np.array([window.begin for window in windows])
    end = np.array([window.end for window in windows])
    place = np.searchsorted(begin, moments, side="right") - 1
    held = (place >= 0) & (moments < end[np.maximum(place, 0)])
    return np.where(held, place, -1)
