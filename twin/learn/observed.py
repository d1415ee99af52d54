"""The parts of a log that passed a line: when each was where, in working time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from twin.calibrate.errors import LogError
from twin.clock import WEEK, Clock, closed_hours
from twin.errors import shown
from twin.eventlog.visits import VisitLog
from twin.line import Line

__all__ = ["LEAST", "Observed", "observed"]

LEAST = 100
"""Parts that a log must have: with fewer, blocks of consecutive parts are too short to tell how sure a figure is."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Observed:
    """Parts that passed a line, in the order in which they began at the first logged station.

    Attributes:
        name: of the log.
        places: of the logged stations on the line, in its order.
        arrivals: for each of them, whether the log tells when parts came to it.
        arrive, start, finish: moments, working time since the first start [s]; NaN where not known.
        product: place of each part's product among those of the line.
    """

    name: str
    places: tuple[int, ...]
    arrivals: tuple[bool, ...]
    arrive: Float[np.ndarray, "part logged"]
    start: Float[np.ndarray, "part logged"]
    finish: Float[np.ndarray, "part logged"]
    product: Int[np.ndarray, " part"]

    @property
    def there(self) -> Bool[np.ndarray, "part logged"]:
        """Which visits are known."""
        return ~(np.isnan(self.start) | np.isnan(self.finish))


def observed(line: Line, log: VisitLog, parts: int | None = None) -> Observed:
    """The first parts of a log that began at its first station on the line.

    Args:
        line: whose stations the log is of, some or all.
        log: visits, contradictions removed (see `twin.eventlog.cleaning.cleaned`).
        parts: how many; None: all.

    Raises:
        LogError: the log has a station that the line has not, only one station, or too few parts.
    """
    names = [station.name for station in line.stations]
    used = log.station.used().words
    if strangers := [word for word in used if word not in names]:
        rule = f"station {shown(strangers[0])} is not on line {line.name!r}, which has {', '.join(names)}"
        raise LogError(f"{log.name}: {rule}. Leave its visits out, or add the station.")
    places = tuple(k for k, name in enumerate(names) if name in used)
    if len(places) < 2:
        rule = f"there are visits at {len(places)} station{'s' * (len(places) != 1)} of line {line.name!r} only"
        raise LogError(f"{log.name}: {rule}; what is hidden shows between two. Export the visits of another station.")
    case = _cases(log, names[places[0]])
    wanted = len(case.first) if parts is None else parts
    if not LEAST <= wanted <= len(case.first):
        least = max(LEAST, parts or 0)
        rule = f"{len(case.first)} parts began at {shown(names[places[0]])}; this fit needs at least {least}"
        raise LogError(
            f"{log.name}: {rule}. Give a longer log" + (f", or parts={LEAST} to {len(case.first)}." if parts else ".")
        )
    columns = {}
    for key, moment, choose in (
        ("arrive", log.scheduled, np.fmin),
        ("start", log.start, np.fmin),
        ("finish", log.complete, np.fmax),
    ):
        columns[key] = _by_part(_working(line, log, moment), log, case.number, [names[k] for k in places], choose)[
            :wanted
        ]
    told = tuple(bool((~np.isnan(columns["arrive"][:, k])).mean() > 0.5) for k in range(len(places)))
    first = np.nanmin(columns["start"])
    columns = {key: column - first for key, column in columns.items()}
    return Observed(log.name, places, told, **columns, product=_products(line, log, case.first)[:wanted])


@dataclass(frozen=True)
class _Cases:
    """Parts in order: the number of each visit's part [visit], -1 where it is none, and each part's first visit."""

    number: NDArray[np.int64]
    first: NDArray[np.int64]


def _cases(log: VisitLog, station: str) -> _Cases:
    """Parts that have a visit at the first station, in order of its start."""
    rows = np.flatnonzero(log.station.where(station) & ~np.isnan(log.start))
    rows = rows[np.lexsort((log.complete[rows], log.start[rows]))]
    _, once = np.unique(log.case.codes[rows], return_index=True)
    first = rows[np.sort(once)]
    number = np.full(len(log.case.words) + 1, -1, np.int64)
    number[log.case.codes[first]] = np.arange(len(first))
    return _Cases(number[log.case.codes], first)


def _by_part(moment: Array, log: VisitLog, number: NDArray[np.int64], names: list[str], choose: np.ufunc) -> Array:
    """Moments as a table [part, station]; of several visits of a part to a station the first start and last finish."""
    table = np.full((int(number.max()) + 1, len(names)), np.nan)
    for k, name in enumerate(names):
        own = log.station.where(name) & (number >= 0)
        choose.at(table[:, k], number[own], moment[own])
    return table


def _working(line: Line, log: VisitLog, moment: Array) -> Array:
    """Moments in working time since the line's start [s]."""
    zero = 0.0 if log.zone == "seconds" else line.start.replace(tzinfo=UTC).timestamp()
    since = moment - zero
    closed = closed_hours(line)
    if not len(closed):
        return since
    clock = Clock(closed[:, :1], closed[:, 1:], np.asarray(WEEK))  # type: ignore[arg-type]
    return np.where(np.isnan(since), np.nan, np.asarray(clock.work_at(np.nan_to_num(since))))  # type: ignore[arg-type]


def _products(line: Line, log: VisitLog, first: NDArray[np.int64]) -> NDArray[np.int64]:
    """Place of each part's product on the line, the first where the log does not say."""
    place = {product.name: k for k, product in enumerate(line.products)}
    return np.array([*(place.get(word, 0) for word in log.product.words), 0], np.int64)[log.product.codes[first]]
