"""How full the buffers were: mean level, and the shares of time in which they were full or empty, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.figures import Figure
from twin.kpi import told

if TYPE_CHECKING:
    from twin.trace import Trace

Pairs = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class BufferLevel:
    """The buffer in front of a station, over the measured window.

    Attributes:
        station: its name.
        places: in the buffer; None for the unlimited queue outside, in front of the first station.
        level: mean number of parts that wait or are on their way to it.
        empty: share of the window in which none does.
        full: share in which the station has no place for another part, so that it blocks the one before; None where it
            has always one.
    """

    station: str
    places: int | None
    level: Figure
    empty: Figure
    full: Figure | None


def buffer_levels(trace: Trace) -> list[BufferLevel]:
    """The levels of all buffers of a run that kept its visits, in the order of the line.

    A part takes a place from its departure upstream on, so while it is on its way too. Without a part on some of its
    machines a station lets as many more wait, so a level may be above the number of places. A saturated source has no
    buffer in front of the first station.

    Raises:
        ValueError: the run kept no visits.
    """
    trace.need_visits("buffer_levels")
    line = trace.line
    found = []
    for m, station in enumerate(line.stations):
        outside = m == 0
        if outside and line.source.mode == "saturated":
            continue
        most = None if outside else station.buffer + station.machines
        shares = np.array([_shares(trace, m, r, most) for r in range(trace.replications)]).T
        level, empty, full = (told(trace, share) for share in shares)
        places = None if outside else station.buffer
        found.append(BufferLevel(station.name, places, level, empty, None if outside else full))
    return found


def _shares(trace: Trace, m: int, replication: int, most: int | None) -> tuple[float, float, float]:
    """Mean level, share of time with nobody, share of time with `most` parts at the station, one replication."""
    begin, end = (float(np.asarray(t)[replication]) for t in trace.window)
    pieces = []
    for block in trace.blocks:
        here = block["fixed"][:, m, replication]
        pieces.append([block[name][here, m, replication] for name in ("left", "start", "depart")])
    left, start, depart = (np.clip(np.concatenate(times), begin, end) for times in zip(*pieces, strict=True))
    length = end - begin
    waiting = np.sum(start - left) / length
    empty = _time_at((left, start), 0, length, begin) / length
    return waiting, empty, 0.0 if most is None else _time_at((left, depart), most, length, begin) / length


def _time_at(stays: Pairs, number: int, length: float, begin: float) -> float:
    """Seconds of the window, `length` long, in which exactly so many stays [begin, end] overlap."""
    moments = np.concatenate([[begin], *stays])
    change = np.repeat([0, 1, -1], [1, len(stays[0]), len(stays[1])])
    order = np.argsort(moments, kind="stable")
    inside = np.cumsum(change[order])
    return float(np.diff(moments[order], append=begin + length)[inside == number].sum())
