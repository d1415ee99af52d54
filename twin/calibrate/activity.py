"""What one machine did: observed windows, runs, stops that are failures, and what only holds the clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.sample import CENSORED, COMPLETE, RESIDUAL, RESIDUAL_CENSORED
from twin.calibrate.stoplog import Note, StopLog
from twin.calibrate.windows import Window
from twin.eventlog.meanings import DOWN, MEANINGS, PLANNED, READY, RUN, STOP, UNKNOWN, plain
from twin.eventlog.states import StateLog, noted

__all__ = ["HELD", "Activity", "Spans", "activity_of"]

HELD = "no failure"
"""Name of times in which the machine does not run though nothing failed: ready, set up by hand, planned, closed."""

GAP = 1.0
"""Rows of a machine further apart than this [s] leave a time in which nobody looked."""

_GROUP = np.zeros(len(MEANINGS), np.int8)
_GROUP[[UNKNOWN, RUN, STOP, DOWN, READY, PLANNED]] = [-1, 0, 1, 1, 2, 2]


@dataclass(frozen=True)
class Spans:
    """Stretches of one kind, each as long as it lasted without a break.

    Attributes:
        begin, end: [s since 1970].
        kind: COMPLETE, CENSORED, RESIDUAL or RESIDUAL_CENSORED, by whether its begin and its end were seen.
    """

    begin: NDArray[np.float64]
    end: NDArray[np.float64]
    kind: NDArray[np.int64]

    @property
    def seconds(self) -> NDArray[np.float64]:
        """Their lengths [s]."""
        return self.end - self.begin


@dataclass(frozen=True)
class Activity:
    """What one machine did.

    Attributes:
        machine: its name.
        log: its states that were observed, in order of time.
        meaning: of each of them, a place in `MEANINGS` [row].
        window: place of the window of each of them [row].
        windows: when it was observed without a break.
        runs: stretches in which it ran.
        stops: all other stretches: failures by the name of their longest state, the rest as `HELD`.
        hours: hours by meaning; "unknown" is what was not observed.
        notes: stops that are not taken as failures, and why.
    """

    machine: str
    log: StateLog
    meaning: NDArray[np.int8]
    window: NDArray[np.int64]
    windows: tuple[Window, ...]
    runs: Spans
    stops: StopLog
    hours: Mapping[str, float]
    notes: tuple[Note, ...]

    @property
    def failed(self) -> NDArray[np.bool_]:
        """Which of `stops` are failures."""
        return np.array([reason != HELD for reason in self.stops.reason], bool)


def activity_of(log: StateLog, meaning: NDArray[np.int8], machine: str) -> Activity:
    """Sorts what one machine did.

    A stop is a failure when it interrupts a run, that is, when it follows one directly; `down` is one wherever it
    begins. Windows end where a state is unknown, where days are missing inside a state, and where rows leave a gap: a
    stop that runs into such an end is cut off, and one whose begin was not seen is no evidence of how long stops last.

    Args:
        log: the states of the machine, in order of time.
        meaning: of each, a place in `MEANINGS` [row].
        machine: its name.

    Returns:
        What it did.
    """
    known = (meaning != UNKNOWN) & (log.missing == 0)
    hours: dict[str, float] = {}
    for code, name in enumerate(MEANINGS):
        seen = known & (meaning == code) if code else ~known
        hours[name] = float((log.end - log.start)[seen].sum()) / 3600.0
    touching = np.append(False, known[:-1] & (log.start[1:] - log.end[:-1] <= GAP))
    window = np.cumsum(known & ~touching) - 1
    log, meaning, window = log.select(known), meaning[known], window[known]
    if not len(log.rows):
        empty = Spans(np.zeros(0), np.zeros(0), np.zeros(0, np.int64))
        stops = StopLog(log.name, empty.begin, empty.end, (), np.zeros(0, np.int64))
        return Activity(machine, log, meaning, window, (), empty, stops, hours, ())
    group = _GROUP[meaning]
    first = np.flatnonzero(np.append(True, (np.diff(window) != 0) | (np.diff(group) != 0)))
    last = np.append(first[1:], len(group)) - 1
    own, begin, end, kind = group[first], log.start[first], log.end[last], window[first]
    opens, closes = np.append(True, np.diff(kind) != 0), np.append(np.diff(kind) != 0, True)
    after_run = np.append(False, own[:-1] == 0) & ~opens
    is_down = np.maximum.reduceat((meaning == DOWN).astype(int), first) > 0
    failed = (own == 1) & (after_run | is_down) & ~opens
    ran = own == 0
    seen = np.where(opens, np.where(closes, RESIDUAL_CENSORED, RESIDUAL), np.where(closes, CENSORED, COMPLETE))
    names = _longest_state(log, first, meaning)
    stops = StopLog(
        log.name,
        begin[~ran],
        end[~ran],
        tuple(name if bad else HELD for name, bad in zip(names[~ran], failed[~ran], strict=True)),
        log.rows[first][~ran],
        cut_off=closes[~ran] & failed[~ran],
    )
    notes = []
    for what, mask in (
        ("no failure, the stop follows no run", (own == 1) & ~failed & ~opens),
        ("no failure, the begin of the stop was not seen", (own == 1) & opens),
    ):
        if mask.any():
            notes.append(noted(what, log.rows[first][mask], float((end - begin)[mask].sum())))
    edges = zip(begin[opens].tolist(), end[closes].tolist(), strict=True)
    windows = tuple(Window(one, other) for one, other in edges)
    runs = Spans(begin[ran], end[ran], seen[ran])
    return Activity(machine, log, meaning, window, windows, runs, stops, hours, tuple(notes))


def _longest_state(log: StateLog, first: NDArray[np.int64], meaning: NDArray[np.int8]) -> NDArray[np.object_]:
    """The state that holds most of each stretch; of a stop that is partly `down`, the longest such state."""
    stretch = np.zeros(len(log.rows), np.int64)
    stretch[first[1:]] = 1
    stretch = np.cumsum(stretch)
    time = np.zeros((len(first), len(log.state.words)))
    weight = (log.end - log.start) * np.where(meaning == DOWN, 1e6, 1.0)
    np.add.at(time, (stretch, log.state.codes), weight)
    return np.array([plain(word) for word in log.state.words], object)[time.argmax(axis=1)]
