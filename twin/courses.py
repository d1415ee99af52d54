"""What every machine did when: its states one after another, from the stretches of its visits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.clock import WEEK
from twin.segments import STATES

if TYPE_CHECKING:
    from twin.trace import Trace

__all__ = ["Courses", "courses_of"]

_CALENDAR, _CLOSED = 1e3, 1e6
"""Weights of a stop by the calendar and of closed hours, over whatever a visit says of that time."""


@dataclass(frozen=True)
class Courses:
    """States one after another.

    Attributes:
        machines: station and number of each machine; a conveyor is one.
        first: of the entries of each machine, and one more at the end.
        time: from when on [s]; the first of each machine is 0.
        state: number in `twin.segments.STATES`; two that follow each other differ.
    """

    machines: tuple[tuple[int, int], ...]
    first: np.ndarray
    time: np.ndarray
    state: np.ndarray

    def of(self, machine: int) -> tuple[np.ndarray, np.ndarray]:
        """Times and states of one machine, by its place in `machines`."""
        own = slice(self.first[machine], self.first[machine + 1])
        return self.time[own], self.state[own]

    def between(self, machine: int, begin: float, end: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Beginnings, ends and states of what one machine did from `begin` to `end` [s], cut off there."""
        times, states = self.of(machine)
        ends = np.append(times[1:], np.inf)
        seen = (times < end) & (ends > begin)
        return np.maximum(times[seen], begin), np.minimum(ends[seen], end), states[seen]

    def at(self, time: float) -> np.ndarray:
        """The state of every machine at a moment [machine]."""
        begun = np.concatenate([[0], np.cumsum(self.time <= time)])
        return self.state[begun[self.first[1:]] - begun[self.first[:-1]] + self.first[:-1] - 1]


def courses_of(trace: Trace, stretches: Mapping[str, np.ndarray], replication: int) -> Courses:
    """The courses of all machines in a replication.

    Args:
        trace: a run that kept all visits.
        stretches: of one state each, as `twin.snapshot.index` finds them.
        replication: of which repetition.
    """
    shape = trace.plan.shape
    machines = tuple((m, k) for m, count in enumerate(shape.machines) for k in range(count))
    place = np.full((shape.stations, shape.width), -1)
    place[tuple(np.array(machines).T)] = np.arange(len(machines))
    own = place[stretches["station"], stretches["machine"]]
    pieces = [(own, stretches["begin"], stretches["end"], stretches["state"], stretches["sign"])]
    pieces += [(*piece, np.full(len(piece[0]), w)) for *piece, w in _stops(trace, place, replication)]
    where, begin, end, state, weight = (np.concatenate(columns) for columns in zip(*pieces, strict=True))
    count = len(machines)
    who = np.concatenate([np.arange(count), where, where])
    when = np.concatenate([np.zeros(count), np.maximum(begin, 0.0), np.maximum(end, 0.0)])
    change = np.zeros((len(who), len(STATES)))
    change[:count, STATES.index("starved")] = 0.5
    change[count:][np.arange(2 * len(where)), np.concatenate([state, state])] = np.concatenate([weight, -weight])
    order = np.lexsort((when, who))
    order = order[np.isfinite(when[order])]
    who, when = who[order], when[order]
    net = np.cumsum(change[order], axis=0)
    last = np.append((np.diff(who) > 0) | (np.diff(when) > 0), True)
    who, when, net = who[last], when[last], net[last]
    before = np.searchsorted(who, np.arange(count))
    base = np.concatenate([np.zeros((1, len(STATES))), net])[before]  # what earlier machines end with
    now = (net - base[who]).argmax(axis=1)
    new = np.append(True, (np.diff(now) != 0) | (np.diff(who) > 0))
    return Courses(machines, np.searchsorted(who[new], np.arange(count + 1)), when[new], now[new])


def _stops(
    trace: Trace, place: np.ndarray, replication: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]]:
    """Stops by the calendar and closed hours: machines, beginnings, ends, states and weight."""
    shape = trace.plan.shape
    end = float(np.asarray(trace.window[1])[replication])
    if shape.calendar:
        begin, length = (np.asarray(x)[..., replication] for x in (trace.clock.begin, trace.clock.length))
        begin, length, own = np.broadcast_arrays(begin, length, place)
        some = (own >= 0) & np.isfinite(begin) & (length > 0) & (begin <= end)
        down = np.full(some.sum(), STATES.index("down"))
        yield own[some], begin[some], (begin + length)[some], down, _CALENDAR
    if shape.shifts:
        weeks = WEEK * np.arange(int(end // WEEK) + 1)
        begin, length = (np.asarray(x, float) for x in np.asarray(trace.plan.numbers["closed"]).T)
        first = (weeks[:, None] + begin).ravel()
        last = (weeks[:, None] + begin + length).ravel()
        count = int((place >= 0).sum())
        own = np.repeat(np.arange(count), len(first))
        closed = np.full(len(own), STATES.index("planned_stop"))
        yield own, np.tile(first, count), np.tile(last, count), closed, _CLOSED
