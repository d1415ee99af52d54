"""From an event log of visits to what it says of its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.eventlog.cleaning import cleaned, clock_step
from twin.eventlog.visits import DAY, VisitLog, read_visits
from twin.learn.backoff import TimesModel, learn_times
from twin.learn.build import Ingredients, built, moment
from twin.learn.calendar import ALWAYS, Calendar, calendar_of, in_hours
from twin.learn.learned import Learned
from twin.learn.limits import cannot_tell
from twin.learn.moves import places_of, setups_before, setups_of, transports_of
from twin.learn.sequence import sequence_of
from twin.learn.settings import Settings
from twin.learn.shares import shares_of
from twin.learn.source import gaps_between_releases, is_saturated, product_counts
from twin.learn.station import StationFacts, learn_one_station
from twin.learn.times import learn_times_of
from twin.line import Draws

__all__ = ["learn", "learn_file", "next_arrivals"]

Array = NDArray[np.float64]
LEVELS = ("station", "activity", "product")


def learn_file(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    date_format: str | None = None,
    settings: Settings | None = None,
) -> Learned:
    """Reads an event log and learns from it; see `read_visits` and `learn`."""
    return learn(read_visits(path, columns=columns, date_format=date_format), settings)


def learn(log: VisitLog, settings: Settings | None = None) -> Learned:
    """Learns from the visits of a log.

    Visit times by station, activity and product are learned from any log. If parts pass the stations in one order,
    so is a line: process times, setups, transport, waiting places, scrap, rework, stops, shifts, and where parts come
    from.

    Args:
        log: visits as they were read.
        settings: how it is done; None for the defaults.

    Returns:
        What was found, each number with draws of its uncertainty.

    Raises:
        LogError: when no visit is left that could be true.
    """
    settings = settings or Settings()
    read = len(log)
    log, route = cleaned(log)
    step = clock_step(log)
    calendar = calendar_of(log) if route.serial else ALWAYS
    log = in_hours(log, calendar)
    times, waits, moves = _predictive(log, calendar)
    found = Learned(
        log, read, route, calendar, times, waits, moves, {}, False, None, Draws((), ()), step, settings, log.notes
    )
    if route.serial:
        found = _with_line(found)
    return replace(found, cannot_tell=cannot_tell(found))


def _predictive(log: VisitLog, calendar: Calendar) -> tuple[TimesModel, TimesModel | None, TimesModel | None]:
    """Models of the times in visits, before and after them, net of planned standstills."""
    keys = [log.station, log.activity, log.product]
    solid = log.good_or_scrapped

    def model(seconds: Array, use: NDArray[np.bool_]) -> TimesModel | None:
        use = use & np.isfinite(seconds) & (seconds >= 0)
        if not use.any():
            return None
        return learn_times(seconds[use], [key.select(use) for key in keys], day=log.day[use], names=LEVELS)

    times = model(log.time - calendar.closed(log.start, log.complete), solid)
    if times is None:
        times = model(log.time, np.ones(len(log), bool))
    assert times is not None  # noqa: S101  a cleaned log has visits
    onward = next_arrivals(log)
    between = onward - log.complete - calendar.closed(log.complete, np.fmax(onward, log.complete))
    waits = model(log.start - log.arrived - calendar.closed(log.arrived, log.start), ~np.isnan(log.scheduled))
    return times, waits, model(between, ~np.isnan(onward))


def next_arrivals(log: VisitLog) -> Array:
    """When each visit's part is next scheduled, or started where that is not logged; NaN after its last visit."""
    order = np.lexsort((log.start, log.case.codes))
    same = log.case.codes[order[1:]] == log.case.codes[order[:-1]]
    found = np.full(len(log), np.nan)
    found[order[:-1][same]] = log.arrived[order[1:][same]]
    return found


def _with_line(found: Learned) -> Learned:
    """A serial line besides."""
    log, calendar, step, settings = found.log, found.calendar, found.step, found.settings
    rng = np.random.default_rng(settings.seed)
    line = sequence_of(log, found.route)
    transport = transports_of(line, calendar, step=step)
    known = {name: 0.0 if np.isnan(way) else way for name, way in transport.items()}
    departures = line.departures(known)
    setups = setups_of(line, calendar, departures, known, step=step)
    places = places_of(line, departures, known, step=step)
    stations: dict[str, StationFacts] = {
        name: learn_one_station(
            log, name, calendar, machines=line.machines[name], transport=transport[name], setup=setups.get(name),
            places=places.get(name), step=step, draws=settings.draws, rng=rng,
        )
        for name in found.route.stations
    }  # fmt: skip
    saturated = is_saturated(line, calendar, departures, setups_before(line, setups))
    gaps, visits = gaps_between_releases(line)
    between = None
    if saturated or not len(gaps):  # one part says nothing of others
        saturated = True
    else:
        between = learn_times_of(np.maximum(gaps, 1e-3), log.day[visits], step=step, draws=settings.draws, rng=rng)
    products, counts = product_counts(log)
    shares = counts / max(counts.sum(), 1.0), shares_of(counts, draws=settings.draws, rng=rng)
    given = Ingredients(
        log.name, _start(log, calendar), [stations[name] for name in found.route.stations], calendar.shifts,
        between, products if len(products) > 1 else (), shares,
    )  # fmt: skip
    twin_line, draws = built(given, settings.draws)
    return replace(found, stations=stations, saturated=saturated, line=twin_line, draws=draws)


def _start(log: VisitLog, calendar: Calendar) -> datetime:
    """The line's t = 0: the beginning of the first shift, or the hour of the first visit."""
    first = float(np.nanmin(log.start))
    if calendar.shifts:
        opening = np.floor(first / DAY) * DAY + calendar.shifts[0].begin
        return moment(opening if opening <= first + 3600.0 else opening - DAY)  # the night before
    return moment(max(0.0, np.floor(first / 3600.0) * 3600.0))
