"""In which order parts visit the stations, and whether that makes a line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.eventlog.visits import VisitLog

__all__ = ["SERIAL", "Route", "route_of"]

SERIAL = 0.9
"""Share of moves that go forward, from which on a log is one of a serial line: some rows are always wrong."""


@dataclass(frozen=True)
class Route:
    """The order of the stations.

    Attributes:
        stations: their names, in the order in which parts visit them on average.
        forward: share of the moves from one visit of a part to its next that go forward in this order.
        again: share of the moves that stay at the station: the visit is repeated.
        busiest_return: "A > B" of the most frequent move backward, "" if there is none.
        cases: number of parts.
    """

    stations: tuple[str, ...]
    forward: float
    again: float
    busiest_return: str
    cases: int

    @property
    def serial(self) -> bool:
        """Whether parts pass the stations one after another, wrong rows aside."""
        return self.forward >= SERIAL

    def place(self, log: VisitLog) -> NDArray[np.int64]:
        """The place of each visit's station on the route [visit]."""
        return log.place_in(self.stations)


def route_of(log: VisitLog) -> Route:
    """The order of the stations of a log.

    A station's place is the mean place of its visits among those of their parts, in order of time.
    """
    known = ~np.isnan(log.start)
    rows = np.flatnonzero(known)
    if not len(rows):
        return Route((), 1.0, 0.0, "", 0)
    rows = rows[np.lexsort((log.start[rows], log.case.codes[rows]))]
    case, station = log.case.codes[rows], log.station.codes[rows]
    first = np.ones(len(rows), bool)
    first[1:] = case[1:] != case[:-1]
    begins = np.flatnonzero(first)
    own = np.cumsum(first) - 1
    length = np.diff(np.append(begins, len(rows)))[own]
    share = (np.arange(len(rows)) - begins[own]) / np.maximum(length - 1, 1)
    whole = length >= np.median(length)  # parts that left early, or whose rows are lost, say less
    count = np.bincount(station[whole], minlength=len(log.station.words))
    mean = np.bincount(station[whole], share[whole], len(log.station.words)) / np.maximum(count, 1)
    there = np.flatnonzero(np.bincount(station, minlength=len(log.station.words)))
    order = there[np.lexsort((there, mean[there]))]
    place = np.full(len(log.station.words), -1)
    place[order] = np.arange(len(order))
    moves = np.flatnonzero(~first)
    step = place[station[moves]] - place[station[moves - 1]]
    back = moves[step < 0]
    busiest = ""
    if back.size:
        pairs = station[back - 1].astype(np.int64) * len(log.station.words) + station[back]
        worst = int(np.bincount(pairs).argmax())
        words = log.station.words
        busiest = f"{words[worst // len(words)]} > {words[worst % len(words)]}"
    other = step != 0
    forward = float((step[other] > 0).mean()) if other.any() else 1.0
    again = float((~other).mean()) if len(step) else 0.0
    return Route(tuple(log.station.words[k] for k in order), forward, again, busiest, len(begins))
