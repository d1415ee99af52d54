"""Stations of a line: how long visits take, how they are spread, and what else happens there."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from scenarios.learned_histogram import Curve, histogram, range_of
from scenarios.learned_laws import band, cv, density, named
from scenarios.learned_words import interval, listed
from surrogates.pages.content import Part, Plot, Plots, Table, trimmed
from surrogates.pages.words import percent, stated
from twin.calibrate.words import time
from twin.learn.learned import Learned
from twin.learn.shares import Share
from twin.learn.station import StationFacts
from twin.learn.stops import out_of_range
from twin.learn.times import Times
from viz.numbers import UNKNOWN, number

__all__ = ["stations", "times_of"]

Array = NDArray[np.float64]

_MOST_PRODUCTS, _MOST_PLOTS = 4, 40


def stations(found: Learned) -> Iterator[Part]:
    """Histograms with what was fitted, the numbers, and what else was found."""
    level = stated(found.settings.level)
    plots = [plot for facts in found.stations.values() for plot in _plots(found, facts)]
    yield (
        "Grey: visits, as they were logged. Coloured: the distribution that was fitted to them; the band holds"
        f" {level} of those that are as likely as the log allows. Axes leave out one visit in a thousand at either end."
    )
    yield Plots(plots[:_MOST_PLOTS])
    rows = [_row(found, facts, key) for facts in found.stations.values() for key in facts.times]
    heads = (
        "station",
        "product",
        "n",
        "distribution",
        "mean, s",
        f"{level} interval",
        "cv",
        f"{level} interval",
        "days",
    )
    yield Table("Times of visits that ran through at the first attempt", heads, rows, left=(0, 1, 3))
    yield (
        "n: visits that the fit rests on; cv: standard deviation over mean; days: how much more daily means differ than"
        " chance makes them (1: no more)."
    )
    heads = ("station", "visits", "scrap", "rework", "setup", "stops", "too short", "too long", "over a break")
    others = [_others(facts) for facts in found.stations.values()]
    yield trimmed(Table("What else was found", heads, others, left=(0,)))
    waits = [row for facts in found.stations.values() for row in _waits(facts)]
    if waits:
        heads = ("station", "product", "n", "median", "mean", "95 % within")
        yield Table("Waits from arrival to start, nights and breaks included", heads, waits, left=(0, 1))
    else:
        yield "Arrivals are not logged, so waits are not known."


def times_of(found: Learned, facts: StationFacts) -> dict[str, Array]:
    """The times that a station's distributions were fitted to, by the keys of `facts.times` [s]."""
    log = found.log
    own = log.select(log.station.where(facts.name))
    whole = (found.calendar.closed(own.start, own.complete) == 0) & (own.attempts == 1) & own.good_or_scrapped
    own = own.select(whole)
    kept: dict[str, Array] = {}
    for code in np.unique(own.product.codes):
        seconds = own.time[own.product.codes == code]
        short, long = out_of_range(seconds)
        kept[own.product.words[code] if code >= 0 else ""] = seconds[~short & ~long]
    whole_sample = np.concatenate([*kept.values(), np.zeros(0)])
    return {key: kept[key] if key in kept and key else whole_sample for key in facts.times}


def _plots(found: Learned, facts: StationFacts) -> Iterator[Plot]:
    """A histogram for each product whose times are told apart, all over one axis."""
    samples = times_of(found, facts)
    keys = sorted(samples, key=lambda key: -len(samples[key]))[:_MOST_PRODUCTS]
    drawn = [key for key in keys if len(samples[key])]
    if not drawn:
        return
    span = range_of(np.concatenate([samples[key] for key in drawn]))
    for key in drawn:
        times = facts.times[key]
        constant = times.law.family == "constant"
        guides = [(f"always {number(times.law.mean)} s", times.law.mean)] if constant else []
        words = f"{facts.name}{f', {key}' if key else ''}: {named(times.law)}, mean {time(times.law.mean)}".replace(
            " s", "\u00a0s"
        )
        curve = None if constant else _curve(found, times)
        yield Plot(
            words,
            histogram(
                samples[key],
                curve,
                span=span,
                step=found.step,
                guides=guides,
                alt=f"times at {facts.name} {key}".strip(),
            ),
        )


def _curve(found: Learned, times: Times) -> Curve:
    def of(x: Array, _: float) -> tuple[Array, Array | None, Array | None]:
        low, high = band(times.draws, x, found.settings.level) if times.draws else (None, None)
        return density(times.law, x), low, high

    return Curve(f"{named(times.law)}, {stated(found.settings.level)} band" if times.draws else named(times.law), of)


def _row(found: Learned, facts: StationFacts, key: str) -> tuple[str, ...]:
    times = facts.times[key]
    product = key or ("all" if len(facts.times) == 1 else "others")
    constant = times.law.family == "constant"
    ends = [UNKNOWN, UNKNOWN]
    if times.draws and not constant:
        tail = 50 * (1 - found.settings.level)
        for k, figure in enumerate((lambda law: law.mean, cv)):
            low, high = np.percentile([figure(law) for law in times.draws], [tail, 100 - tail])
            ends[k] = interval(float(low), float(high))
    spread = number(times.overdispersion, 3)
    return (
        facts.name, product, f"{times.n:,}", named(times.law), number(times.law.mean), ends[0],
        number(cv(times.law), 3), ends[1], spread,
    )  # fmt: skip


def _others(facts: StationFacts) -> tuple[str, ...]:
    stops = UNKNOWN
    if facts.stops is not None:
        stops = (
            f"{facts.stops.count}: one in {time(facts.stops.up.mean)} of work, {time(facts.stops.down.law.mean)} each"
        )
    counts = (f"{n:,}" if n else UNKNOWN for n in (facts.too_short, facts.too_long, facts.across))
    return facts.name, f"{facts.visits:,}", _share(facts.scrap), _share(facts.rework), _setup(facts), stops, *counts


def _share(one: Share | None) -> str:
    return UNKNOWN if one is None else f"{percent(one.value)} ({one.count:,} of {one.n:,})"


def _setup(facts: StationFacts) -> str:
    setup = facts.setup
    if setup is None:
        return UNKNOWN
    said = [f"{a} > {b} {time(seconds)}" for (a, b), seconds in setup.changes.items()]
    if setup.default is not None:
        said.insert(0, f"{time(setup.default)} at {'any' if not said else 'another'} change")
    return f"{listed(said, 4)} ({setup.n:,} of {setup.seen:,} seen)"


def _waits(facts: StationFacts) -> Iterator[tuple[str, ...]]:
    """A row for all products, and one for each where there are several."""
    several = len(facts.waits) > 2  # all, and one product that is the same
    for key, waits in facts.waits.items():
        if not key or several:
            numbers = (time(value) for value in (waits.median, waits.mean, waits.high))
            yield facts.name, key or "all", f"{waits.n:,}", *numbers
