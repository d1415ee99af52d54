"""A line that repeats what its log tells: times of logged stations, arrivals and products come from the log itself.

What is left to chance is what is hidden, so that the simulated log differs from the real one by that alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from twin.calibrate.errors import LogError
from twin.learn.observed import Observed
from twin.line import Line, Order, Process, Source, Station

__all__ = ["Replay", "replay_of"]

SPARE = 256
"""Parts that follow those of the log, so that the last of these meet a line that is full."""


@dataclass(frozen=True)
class Replay:
    """A line made ready to repeat a log.

    Attributes:
        line: without shifts: everything is working time.
        repeated: places of the logged stations whose times are those of the log, among all stations.
        ordered: whether arrivals and products are those of the log.
        parts: of the log.
    """

    line: Line
    repeated: tuple[int, ...]
    ordered: bool
    parts: int

    def numbers(self, seen: Observed) -> dict[str, Any]:
        """What a log replaces of `Plan.numbers`."""
        found: dict[str, Any] = {}
        if self.repeated:
            rows = [_rows(seen, seen.places.index(place), self.parts + SPARE) for place in self.repeated]
            found["rows"] = np.stack([np.append(row, np.inf) for row in rows], axis=1)
        if self.ordered:
            found |= _orders(self.line, seen, self.parts + SPARE)
        return found


def replay_of(line: Line, seen: Observed, *, unknown: Sequence[str], repeat: bool) -> Replay:
    """Make a line ready to repeat logs like `seen`, in working time.

    Args:
        line: to be fitted.
        seen: a log; others that it may be used for have the same stations and number of parts.
        unknown: paths that are fitted: a station whose own times are among them does not repeat those of the log.
        repeat: whether to repeat anything at all.

    Raises:
        LogError: the line closes, and the log does not tell when parts came.
    """
    parts = len(seen.start)
    first = 0 in seen.places and seen.arrivals[seen.places.index(0)]
    mixed = len(line.products) > 1 and 0 in seen.places
    ordered = repeat and (first if line.source.mode != "saturated" else mixed)
    if line.shifts and line.source.mode != "saturated" and not ordered:
        rule = f"line {line.name!r} has shifts and parts come by themselves, but no column tells when they come"
        raise LogError(f"{seen.name}: {rule}. Log their arrival at {line.stations[0].name!r}, or fit within one shift.")
    repeated = tuple(place for place in seen.places if repeat and _repeats(line.stations[place], unknown))
    stations = tuple(_repeating(s, parts + SPARE) if k in repeated else s for k, s in enumerate(line.stations))
    ready = replace(line, stations=stations, shifts=(), takt=None)
    if ordered:
        product = next(iter(line.products)).name
        orders: tuple[Order, ...] = tuple(Order(str(k), product, 1) for k in range(parts + SPARE))
        ready = replace(ready, source=Source("orders", orders=orders))
    return Replay(ready, repeated, ordered, parts)


def _repeats(station: Station, unknown: Sequence[str]) -> bool:
    """Whether a station repeats the times of its log: not on a conveyor, and not where these are what is unknown."""
    own = (f"{station.name}.process.", f"{station.name}.failure.", f"{station.name}.rework.")
    return station.kind == "machines" and not any(path.startswith(own) for path in unknown)


def _repeating(station: Station, rows: int) -> Station:
    """A station with recorded times, in which its failures, repeated visits and setup on the part are contained."""
    setup = station.setup if station.setup and station.setup.begins == "early" else None
    process = Process(model="recorded", rows=(1.0,) * rows)
    nothing: Mapping[str, Any] = {"failures": (), "maintenance": (), "rework": None, "overrides": (), "setpoints": {}}
    return replace(station, process=process, setup=setup, **nothing)


def _rows(seen: Observed, logged: int, count: int) -> Float[np.ndarray, " row"]:
    """Times of a station in order of start [s]; those of lost visits are the median, and the rest begins anew."""
    start, time = seen.start[:, logged], seen.finish[:, logged] - seen.start[:, logged]
    known = ~np.isnan(time)
    left = ~known & ~seen.there[:, logged + 1 :].any(axis=1)  # scrapped before, or still on its way
    time = np.where(known, time, np.median(time[known]))[~left]
    start = _filled(start)[~left]
    ordered = time[np.argsort(start, kind="stable")]
    return np.resize(np.maximum(ordered, 0.0), count)


def _filled(moment: NDArray[np.float64]) -> NDArray[np.float64]:
    """Moments with those that are not known put between their neighbours."""
    known = ~np.isnan(moment)
    places = np.arange(len(moment))
    return np.interp(places, places[known], moment[known])


def _orders(line: Line, seen: Observed, count: int) -> dict[str, Any]:
    """Arrivals and products of a log as orders of one part each; parts that follow come as these did on average."""
    n = len(seen.start)
    release = np.zeros(n)
    if 0 in seen.places and seen.arrivals[seen.places.index(0)]:
        release = np.maximum.accumulate(_filled(seen.arrive[:, 0] - line.stations[0].transport))
        release = np.maximum(release - release[0], 0.0)
    gap = (release[-1] - release[0]) / (n - 1)
    release = np.append(release, release[-1] + gap * np.arange(1, count - n + 1))
    product = np.resize(seen.product, count)
    return {
        "release": np.append(release, np.inf),
        "ordered": np.append(product, product[-1]).astype(np.int32),
        "order": np.arange(count + 1, dtype=np.int32),
    }
