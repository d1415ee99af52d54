"""What a log says of one station."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.eventlog.visits import VisitLog
from twin.learn.calendar import Calendar
from twin.learn.moves import Places, SetupTimes
from twin.learn.shares import Share, share_of
from twin.learn.stops import Interruptions, interruptions_of, ranges_of
from twin.learn.times import Times, learn_station

__all__ = ["StationFacts", "Waits", "learn_one_station"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Waits:
    """Time from arrival to start at a station: mean, median, 95th percentile [s], and of how many visits."""

    mean: float
    median: float
    high: float
    n: int


@dataclass(frozen=True)
class StationFacts:
    """A station.

    Attributes:
        name: of the station.
        machines: machines, or parts at a time.
        visits: visits that were kept.
        times: product -> process times of visits that ran through at the first attempt; "" for all others.
        stops: what interrupts visits, or None.
        too_short, too_long: visits whose time is out of range; they are not in `times`.
        across: visits that a planned standstill interrupted; in `times` they lasted longer than until it.
        scrap: share of the visits that end in scrap, or None where the log has no such word.
        rework: share of the attempts that are repeated, or None where no visit was.
        attempts: most attempts seen.
        transport: to the station [s], NaN where it does not show.
        setup: setup times, or None.
        places: waiting places in front, or None where they do not show.
        waits: product -> waits before the start; "" of all.
        undisturbed: whether `times` are of visits that ran through; else there were none, and they are of all visits.
    """

    name: str
    machines: int
    visits: int
    times: Mapping[str, Times]
    stops: Interruptions | None
    too_short: int
    too_long: int
    across: int
    scrap: Share | None
    rework: Share | None
    attempts: int
    transport: float
    setup: SetupTimes | None
    places: Places | None
    waits: Mapping[str, Waits]
    undisturbed: bool = True


def learn_one_station(
    log: VisitLog,
    name: str,
    calendar: Calendar,
    *,
    machines: int,
    transport: float = np.nan,
    setup: SetupTimes | None = None,
    places: Places | None = None,
    step: float,
    draws: int,
    rng: np.random.Generator,
) -> StationFacts:
    """Learns a station from its visits.

    Args:
        log: cleaned visits.
        name: of the station.
        calendar: planned standstills.
        machines: machines, or parts at a time.
        transport: to the station [s], NaN where it does not show.
        setup: setup times, or None.
        places: waiting places in front, or None where they do not show.
        step: step of the log's clock [s].
        draws: how many draws.
        rng: their source.

    Returns:
        The facts.
    """
    own = log.select(log.station.where(name))
    closed = calendar.closed(own.start, own.complete)
    across = closed > 0
    once = ~across & (own.attempts == 1) & own.good_or_scrapped
    clean = own.select(once) if once.any() else _shared_out(own, closed)
    short, long, excess = ranges_of(clean)
    kept = clean.select(~short & ~long)
    seconds, days = _by_product(kept.time, kept), _by_product(kept.day, kept)
    broken = own.select(across & (own.attempts == 1) & own.good_or_scrapped & ~calendar.is_closed(own.start))
    cut = _by_product(np.maximum(calendar.until_closing(broken.start), step), broken)
    worked = float((own.time - closed).sum() - excess[long].sum())
    stops = interruptions_of(excess[long], clean.day[long], worked, step=step, draws=draws, rng=rng)
    scrapped, repeated = own.scrapped, own.attempts > 1
    most = int(own.attempts.max(initial=1))
    by_rework = scrapped & (own.attempts == most) & (most > 1)
    scrap = (
        share_of(int((scrapped & ~by_rework).sum()), len(own), draws=draws, rng=rng)
        if (scrapped & ~by_rework).any()
        else None
    )
    asked = int((own.attempts - 1).sum() + by_rework.sum())
    rework = share_of(asked, int(own.attempts.sum()), draws=draws, rng=rng) if repeated.any() else None
    times = learn_station(seconds, days, cut, step=step, draws=draws, rng=rng) if seconds else {}
    return StationFacts(
        name, machines, len(own), times, stops, int(short.sum()), int(long.sum()), int(across.sum()), scrap, rework,
        most, transport, setup, places, _waits(own), bool(once.any()),
    )  # fmt: skip


def _shared_out(log: VisitLog, closed: Array) -> VisitLog:
    """Visits as if they had run through: without planned standstill, their time shared among their attempts."""
    return replace(log, complete=log.start + (log.time - closed) / log.attempts)


def _by_product(values: NDArray[np.generic], log: VisitLog) -> dict[str, NDArray]:
    """Values of each product that has some; "" where the log names none."""
    codes = log.product.codes
    return {log.product.words[code] if code >= 0 else "": values[codes == code] for code in np.unique(codes)}


def _waits(log: VisitLog) -> dict[str, Waits]:
    wait = log.start - log.scheduled
    known = ~np.isnan(wait)
    if not known.any():
        return {}
    parts = {"": wait[known]} | _by_product(wait[known], log.select(known))
    return {
        name: Waits(float(own.mean()), float(np.median(own)), float(np.quantile(own, 0.95)), len(own))
        for name, own in parts.items()
    }
