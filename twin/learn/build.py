"""The line that follows from what was learned, for the estimates and for each draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from twin.distribution import Distribution
from twin.learn.station import StationFacts
from twin.learn.times import Times
from twin.line import Draws, Failure, Line, Process, Product, Rework, Setup, Shift, Source, Station
from twin.parameters import numbers_of

__all__ = ["Ingredients", "buffer_of", "built"]


@dataclass(frozen=True)
class Ingredients:
    """What a line is made of.

    Attributes:
        name: of the line.
        start: local time at t = 0.
        stations: in the order of the route.
        shifts: when it works.
        between: times between releases; None for a saturated source.
        products: their names; empty where the log names none.
        shares: share of each product: as estimated [product], and drawn [draw, product].
    """

    name: str
    start: datetime
    stations: Sequence[StationFacts]
    shifts: tuple[Shift, ...]
    between: Times | None
    products: Sequence[str]
    shares: tuple[NDArray[np.float64], NDArray[np.float64]]


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as a local date and time."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).replace(tzinfo=None)


def built(given: Ingredients, draws: int) -> tuple[Line, Draws]:
    """The line of the estimates, and the numbers of the drawn ones."""
    line = _line(given, None)
    paths = tuple(numbers_of(line))
    rows = []
    for k in range(draws):
        numbers = numbers_of(_line(given, k))
        rows.append(tuple(numbers[path] for path in paths))
    return line, Draws(paths, tuple(rows))


def _line(given: Ingredients, k: int | None) -> Line:
    """The line of one draw, of the estimates without one."""
    source = Source("saturated") if given.between is None else Source("interval", _law(given.between, k))
    products: tuple[Product, ...] = (Product("part"),)
    if given.products:
        shares = given.shares[0] if k is None else given.shares[1][k]
        products = tuple(Product(name, float(share)) for name, share in zip(given.products, shares, strict=True))
    stations = tuple(_station(facts, k, first=not place) for place, facts in enumerate(given.stations))
    line = Line(given.name, stations, source, products, given.shifts, start=given.start)
    if given.between is None:
        line = replace(line, stations=(replace(line.stations[0], buffer=0, transport=0.0), *line.stations[1:]))
    return line


def _law(times: Times, k: int | None) -> Distribution:
    return times.law if k is None else times.draws[k]


def _station(facts: StationFacts, k: int | None, *, first: bool) -> Station:
    laws = {name: _law(times, k) for name, times in facts.times.items()}
    usual = laws.pop("") if "" in laws else laws.pop(max(laws, key=lambda name: facts.times[name].n))
    share = lambda one: 0.0 if one is None else one.value if k is None else float(one.draws[k])  # noqa: E731
    failures = ()
    if facts.stops:
        up = facts.stops.up if k is None else Distribution("exponential", {"mean": float(facts.stops.up_draws[k])})
        failures = (Failure("stop", up, _law(facts.stops.down, k)),)
    setup = facts.setup and Setup(facts.setup.default or 0.0, dict(facts.setup.changes))
    return Station(
        facts.name,
        Process("timed", usual, laws),
        machines=facts.machines,
        buffer=0 if first else buffer_of(facts),
        transport=0.0 if np.isnan(facts.transport) else facts.transport,
        scrap=share(facts.scrap),
        rework=Rework(share(facts.rework), facts.attempts) if facts.rework else None,
        setup=setup or None,
        failures=failures,
    )


def buffer_of(facts: StationFacts) -> int:
    """Waiting places for the line: those that were seen; more where parts never had to wait for one."""
    if facts.places is None:
        return 10
    return facts.places.least if facts.places.blocked else 2 * facts.places.least + 2
