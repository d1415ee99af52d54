"""What each station could make if it never waited for another one: the quick look at where the bottleneck is.

rate = machines x availability / (time of a visit with its repairs, maintenance and set-up)

A visit takes attempts x mean time; each second of work brings mean down / mean up of repair for every failure mode on
the operating clock, and duration / every of maintenance. Stops by the calendar take their share of all time. What a
station makes reaches the end of the line with the probability that it is scrapped neither here nor behind. All of this
is exact for long runs of a single station, save that modes which stop a machine at the same time are taken as
independent, and that a part scrapped by a failure is taken to need its whole time. Of a process of a family the time of
a visit with a blank part counts, and what it spoils does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import prod

import numpy as np

from twin.behave import nominal_time
from twin.clock import WEEK, closed_hours
from twin.line import Failure, Line, Process, Station

__all__ = ["Capacity", "capacities", "open_share", "source_rate"]

HOUR = 3600.0


@dataclass(frozen=True)
class Capacity:
    """What a station could make alone.

    Attributes:
        station: its name.
        mean_time: of a visit without stops and set-up [s], mean over products and machines.
        visits: per working hour.
        good: good parts at the end of the line, per working hour.
    """

    station: str
    mean_time: float
    visits: float
    good: float


def capacities(line: Line) -> list[Capacity]:
    """Capacity of every station, in the order of the line; the smallest `good` is the bottleneck.

    Example:
        >>> from twin.spec import load_line
        >>> capacities(load_line("reference"))[0]
        Capacity(station='S1', mean_time=1.0, visits=3600.0, good=3600.0)
    """
    shares = _shares(line)
    found: list[Capacity] = []
    reach = 1.0
    for station in reversed(line.stations):
        time, rate = _rate(line, station, shares)
        reach *= _kept(station, time)
        found.append(Capacity(station.name, time, HOUR * rate, HOUR * rate * reach))
    return found[::-1]


def source_rate(line: Line) -> float | None:
    """Parts per hour that the source releases; None when it is saturated or has a list of orders."""
    return HOUR / line.source.time.mean if line.source.time and line.source.time.mean > 0 else None


def open_share(line: Line) -> float:
    """Share of the week in which the line works.

    Example:
        >>> from twin.spec import load_line
        >>> open_share(load_line("reference"))
        1.0
    """
    return 1.0 - sum(length for _, length in closed_hours(line)) / WEEK if line.shifts else 1.0


def _shares(line: Line) -> dict[str, float]:
    """Share of each product in the parts."""
    if line.source.mode != "orders":
        return {product.name: product.share for product in line.products}
    total = sum(order.quantity for order in line.source.orders)
    return {p.name: sum(o.quantity for o in line.source.orders if o.product == p.name) / total for p in line.products}


def _rate(line: Line, station: Station, shares: dict[str, float]) -> tuple[float, float]:
    """Mean time of one visit [s] and visits per second."""
    share = station.rework.share if station.rework else 0.0
    attempts = sum(share**k for k in range(station.rework.max_attempts)) if station.rework else 1.0
    if station.kind == "conveyor":
        time = _mean_time(station, station.process, shares)
        rate = station.machines / time
        pitch = station.knobs["pitch"].value if "pitch" in station.knobs else station.pitch
        rate = min(rate, 1 / pitch) if pitch else rate
        return time, rate * _up_share(station, station.failures)
    setup = _setup_time(line, station, shares)
    times, rates = [], []
    for k in range(station.machines):
        own = station.overrides[k] if k < len(station.overrides) else None
        failures = own.failures if own and own.failures is not None else station.failures
        time = attempts * _mean_time(station, (own and own.process) or station.process, shares)
        lost = sum(f.down.mean / f.up.mean for f in failures if f.clock == "operating")
        lost += sum(task.duration / task.every for task in station.maintenance if task.clock == "operating")
        extra = setup + sum(task.duration / task.every for task in station.maintenance if task.clock == "parts")
        whole = time * (1 + lost) + extra
        times.append(time)
        rates.append(_up_share(station, failures) / whole if whole > 0 else np.inf)
    return float(np.mean(times)), float(sum(rates))


def _mean_time(station: Station, process: Process, shares: dict[str, float]) -> float:
    if process.behaviour is not None:
        return sum(share * nominal_time(station, name) for name, share in shares.items())
    if process.time is None:
        return float(np.mean(process.rows))
    means = {name: time.mean for name, time in process.product.items()}
    other = process.time.mean
    return sum(share * means.get(name, other) for name, share in shares.items())


def _up_share(station: Station, failures: tuple[Failure, ...]) -> float:
    """Share of the time that stops by the calendar leave."""
    up = prod(f.up.mean / (f.up.mean + f.down.mean) for f in failures if f.clock == "calendar")
    return up * (1 - min(1.0, sum(t.duration / t.every for t in station.maintenance if t.clock == "calendar")))


def _setup_time(line: Line, station: Station, shares: dict[str, float]) -> float:
    """Mean set-up before a visit, release included [s]: of independent products, or of the orders in their sequence."""
    setup = station.setup
    if setup is None:
        return 0.0
    whole = lambda time: time + setup.release if time else 0.0  # noqa: E731
    time = lambda old, new: 0.0 if old == new else whole(setup.changes.get((old, new), setup.default))  # noqa: E731
    if line.source.mode != "orders":
        return sum(p * q * time(old, new) for old, p in shares.items() for new, q in shares.items())
    orders = sorted(line.source.orders, key=lambda order: order.release)
    changes = sum(time(old.product, new.product) for old, new in pairwise(orders))
    return changes * station.machines / sum(order.quantity for order in orders)


def _kept(station: Station, time: float) -> float:
    """Share of the parts of a station that it does not scrap."""
    struck = sum(min(1.0, time / f.up.mean) for f in station.failures if f.interrupted == "scrapped")
    rejected = station.rework.share**station.rework.max_attempts if station.rework else 0.0
    return (1 - station.scrap) * (1 - rejected) * max(0.0, 1 - struck)
