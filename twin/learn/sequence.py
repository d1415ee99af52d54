"""What came before and after each visit: of its part along the line, and on its machine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.eventlog.capacity import capacities, machine_codes
from twin.eventlog.route import Route
from twin.eventlog.visits import VisitLog

__all__ = ["Sequence", "most_common", "sequence_of"]

Array = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Sequence:
    """Neighbours of visits, as places in the log; -1 where there is none.

    Attributes:
        log: the visits.
        route: their route.
        place: of each visit's station on the route [visit].
        before, after: the visit of the same part at the station in front and behind [visit].
        previous, following: the visit before and after on the same machine, where that takes one part at a time; at
            stations of several machines that the log does not tell apart there is none [visit].
        machines: station -> number of its machines.
    """

    log: VisitLog
    route: Route
    place: Places
    before: Places
    after: Places
    previous: Places
    following: Places
    machines: dict[str, int]

    def at(self, column: Array, rows: Places) -> Array:
        """A column at some visits, NaN where there is none."""
        return np.where(rows >= 0, column[rows], np.nan)

    def departures(self, transport: dict[str, float]) -> Array:
        """When each part left its machine, as far as the log shows it: the latest moment at which it may have.

        It arrives at the next buffer after transport; where that is not logged, it has left before its machine starts
        another part and before the next station starts it. It leaves the last station when it is finished.
        NaN where none of this is known [visit].
        """
        log = self.log
        way = np.array([transport.get(name, 0.0) for name in self.route.stations])
        ahead = self.at(way[self.place], self.after)
        onward = self.at(log.scheduled, self.after) - ahead
        begun = np.fmin(self.at(log.start, self.following), self.at(log.start, self.after) - ahead)
        leaves = np.where(np.isnan(onward), begun, onward)
        ends = (self.place == len(self.route.stations) - 1) | log.scrapped
        return np.where(ends, log.complete, np.fmax(leaves, log.complete))


def sequence_of(log: VisitLog, route: Route) -> Sequence:
    """The neighbours of all visits of a serial line."""
    place, machine = route.place(log), machine_codes(log)
    order = np.lexsort((log.start, place, log.case.codes))
    same = log.case.codes[order[1:]] == log.case.codes[order[:-1]]
    next_station = same & (place[order[1:]] == place[order[:-1]] + 1)
    before, after = _linked(order, next_station, len(log))
    capacity = capacities(log)
    order = np.lexsort((log.start, machine))
    same = (machine[order[1:]] == machine[order[:-1]]) & (capacity[machine[order[1:]]] == 1)
    previous, following = _linked(order, same, len(log))
    machines = {}
    for name in route.stations:
        own = np.unique(machine[log.station.where(name)])
        machines[name] = int(capacity[own].sum())
    return Sequence(log, route, place, before, after, previous, following, machines)


def _linked(order: Places, linked: NDArray[np.bool_], size: int) -> tuple[Places, Places]:
    """For each visit the one in front of it and behind it in an order, where these are linked."""
    front, behind = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
    front[order[1:][linked]] = order[:-1][linked]
    behind[order[:-1][linked]] = order[1:][linked]
    return front, behind


def most_common(values: Array, *, step: float = 0.0) -> float:
    """Where values lie closest together: the middle of the shortest interval that holds a fifth of them.

    A constant that is mostly seen undisturbed, with anything on top in the rest.

    Example:
        >>> most_common(np.array([6.0, 6.0, 6.001, 9.0, 31.0]))
        6.0
    """
    ordered = np.sort(values)
    size = max(min(3, len(ordered)), len(ordered) // 5)
    widths = ordered[size - 1 :] - ordered[: len(ordered) - size + 1]
    first = int(np.argmin(np.round(widths / max(step, 1e-3))))
    return float(np.median(ordered[first : first + size]))
