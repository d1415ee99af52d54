"""Transport, setup and places of a line, from what happens between visits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.eventlog.capacity import at_once
from twin.learn.calendar import Calendar
from twin.learn.sequence import Sequence, most_common

__all__ = ["Places", "SetupTimes", "places_of", "setups_before", "setups_of", "transports_of"]

Array = NDArray[np.float64]
_FEW = 5
_ALIKE = 0.05
_MOSTLY = 0.5
"""Share of the parts kept waiting that must find the station full: rows that are lost make it look emptier."""


@dataclass(frozen=True)
class SetupTimes:
    """Setup times of a station [s].

    Attributes:
        default: of changes that are not listed, or None where there are only listed ones.
        changes: (previous product, next product) -> time.
        n: changes of product that they rest on.
        seen: changes of product in all; where the part came later than the setup ended, it does not show.
    """

    default: float | None
    changes: Mapping[tuple[str, str], float]
    n: int
    seen: int


@dataclass(frozen=True)
class Places:
    """Waiting places in front of a station.

    Attributes:
        least: the station held so many parts besides those on its machines.
        blocked: how often a finished part waited for a place when it held that many.
        known: whether that happened so often that there are no more places.
    """

    least: int
    blocked: int
    known: bool


def transports_of(line: Sequence, calendar: Calendar, *, step: float) -> dict[str, float]:
    """Transport to each station from the one in front [s]: 0 to the first, NaN where the log does not show it.

    Most parts leave when they are finished, so the most common time from the end of a visit to the arrival at the next
    buffer is the transport alone. Where arrivals are not logged, it is taken from parts that found the machine idle.
    """
    log = line.log
    found = {}
    done = line.at(log.complete, line.before)
    for k, name in enumerate(line.route.stations):
        rows = np.flatnonzero((line.place == k) & (line.before >= 0))
        arrived = log.scheduled[rows]
        if len(rows) and np.isnan(arrived).mean() > 0.5:
            idle = line.at(log.complete, line.previous)[rows] < done[rows]
            rows, arrived = rows[idle], log.start[rows][idle]
        gap = arrived - done[rows]
        gap = gap[(gap >= -step) & (calendar.closed(done[rows], arrived) == 0)]
        found[name] = max(0.0, most_common(gap, step=step)) if len(gap) >= _FEW else (0.0 if k == 0 else np.nan)
    return found


def setups_of(
    line: Sequence, calendar: Calendar, departures: Array, transport: Mapping[str, float], *, step: float
) -> dict[str, SetupTimes]:
    """Setup times by station: how long a machine stands free with a part waiting when the product changes.

    A setup begins when the machine is free. If the part comes after its end, the setup does not show; if the part waits
    already, the time from free to start is the setup. The same time without a change of product is taken off.

    Returns:
        Station -> times, for stations where a change takes longer than no change.
    """
    log = line.log
    way = np.array([transport.get(name, 0.0) for name in line.route.stations])
    free = line.at(departures, line.previous)
    came = np.where(
        np.isnan(log.scheduled), line.at(log.complete, line.before) + np.nan_to_num(way[line.place]), log.scheduled
    )
    last = np.where(line.previous >= 0, log.product.codes[line.previous], -1)
    known = (line.previous >= 0) & ~log.product.blank & (last >= 0) & ~np.isnan(free)
    shows = known & (log.start > came + max(step, 1e-3)) & (calendar.closed(np.fmin(free, log.start), log.start) == 0)
    gap = log.start - free
    if _takes_at_once(line, came, gap, known & (last == log.product.codes), step):
        shows |= known & (line.place == 0) & (gap > 0) & (calendar.closed(np.fmin(free, log.start), log.start) == 0)
    found = {}
    for k, name in enumerate(line.route.stations):
        own = line.place == k
        same, change = own & shows & (last == log.product.codes), own & shows & (last != log.product.codes)
        if change.sum() < _FEW:
            continue
        usual = most_common(gap[same], step=step) if same.sum() >= _FEW else 0.0
        found[name] = _by_change(
            line,
            np.flatnonzero(change),
            last,
            gap - usual,
            step,
            int((own & known & (last != log.product.codes)).sum()),
        )
    return {name: times for name, times in found.items() if _longest(times) > max(2 * step, 0.5)}


def _takes_at_once(line: Sequence, came: Array, gap: Array, same: NDArray[np.bool_], step: float) -> bool:
    """Whether the first station begins the next part as soon as it is free, arrivals being unknown or the starts.

    Then a part always waited, and what a change of product takes longer is the setup.
    """
    own = same & (line.place == 0)
    if own.sum() < _FEW or (came < line.log.start)[own].any():
        return False
    usual = most_common(gap[own], step=step)
    return bool(np.mean(gap[own] <= usual + max(2 * step, 0.5)) > _MOSTLY)


def setups_before(line: Sequence, setups: Mapping[str, SetupTimes]) -> Array:
    """The setup in front of each visit, by the products of it and of the one before on its machine [s] [visit]."""
    codes, words = line.log.product.codes, line.log.product.words
    found = np.zeros(len(codes))
    last = np.where(line.previous >= 0, codes[line.previous], -1)
    for place, name in enumerate(line.route.stations):
        if name not in setups:
            continue
        times = setups[name]
        for row in np.flatnonzero((line.place == place) & (last >= 0) & (codes >= 0) & (last != codes)):
            found[row] = times.changes.get((words[last[row]], words[codes[row]]), times.default or 0.0)
    return found


def _by_change(line: Sequence, rows: NDArray[np.int64], last: Array, gap: Array, step: float, seen: int) -> SetupTimes:
    """By pair of products, where pairs differ by more than a twentieth."""
    codes, words = line.log.product.codes, line.log.product.words
    pairs = {}
    for a in np.unique(last[rows]):
        for b in np.unique(codes[rows]):
            own = rows[(last[rows] == a) & (codes[rows] == b)]
            if len(own) >= _FEW:
                pairs[words[int(a)], words[int(b)]] = most_common(gap[own], step=step)
    default = most_common(gap[rows], step=step)
    if all(abs(time - default) <= max(_ALIKE * default, 2 * step) for time in pairs.values()):
        return SetupTimes(default, {}, len(rows), seen)
    return SetupTimes(None, pairs, len(rows), seen)


def _longest(times: SetupTimes) -> float:
    return max([times.default or 0.0, *times.changes.values()])


def places_of(line: Sequence, departures: Array, transport: Mapping[str, float], *, step: float) -> dict[str, Places]:
    """Waiting places in front of each station but the first: at least as many as were used at once three times or more.

    If parts were kept waiting on the machine in front while that many were in use, there are no more.
    """
    log = line.log
    found = {}
    for k, name in enumerate(line.route.stations):
        if k == 0:
            continue
        rows = np.flatnonzero((line.place == k) & ~np.isnan(departures) & (line.before >= 0))
        if not len(rows):
            continue
        entered = departures[line.before[rows]]
        entered = np.where(np.isnan(entered), log.scheduled[rows] - transport.get(name, 0.0), entered)
        rows, entered = rows[~np.isnan(entered)], entered[~np.isnan(entered)]
        inside = at_once(entered, departures[rows])  # who leaves at that moment makes room
        counts = np.bincount(inside)
        most = int(np.flatnonzero(counts >= min(3, counts.max()))[-1])
        waited = entered - log.complete[line.before[rows]] > max(2 * step, 0.5)
        full = int((waited & (inside >= most)).sum())
        known = not np.isnan(log.scheduled[rows]).all() and full >= _FEW and full >= _MOSTLY * waited.sum()
        found[name] = Places(max(0, most - line.machines[name]), full, bool(known))
    return found
