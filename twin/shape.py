"""What a compiled run depends on; everything that the whole line does not use is left out of it."""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twin.clock import closed_hours
from twin.distribution import signature_of
from twin.line import Line, Process
from twin.process import Process as Behaviour

Group = tuple[Hashable, tuple[int, ...]]
"""A distribution signature and the places (stations, or failure modes) that share it."""


@dataclass(frozen=True)
class Shape:
    """What a compiled run depends on. Tuples are indexed by station.

    Attributes:
        names: of the stations.
        machines: per station; 1 for a conveyor, which acts as one machine.
        places: of conveyors; 0 for other stations.
        offset: how many steps a station lags behind the first.
        chain: longest row of stations without places in front, in doublings (0: none).
        ring: how many departures are remembered.
        products: number of products.
        by_machine, by_product: whether any station's times differ so.
        times, recorded: stations by distribution of their times; stations with recorded times.
        cooling: whether parts take on the temperature of the hall between stations.
        families: stations by family of their process; `attributes` that parts carry; `causes`: (station, name) of the
            defects that can be made.
        aged: stations whose processes begin at a random moment of their service.
        source: "saturated", "interval" or "orders"; `interval` is the signature of its distribution.
        pallets, scrap, rates: whether there are any.
        attempts: most attempts of a visit (0: no rework).
        setup: "none", "early", "loaded" or "both"; `release`: whether any setup ends with one.
        modes: failure modes per station; `clocks`, `scrapping`: what each [mode][station] is.
        up, down: (mode, station) pairs by distribution; `new` those with ages = "new".
        hastened: (mode, station, family, condition) of the failures that a condition makes age faster.
        maintenance: clock of each [entry][station].
        renewing: whether it makes a mode as good as new [entry][mode][station]; `foreseen`: the mode whose failure it
            sees coming, else -1 [entry][station].
        planned: whether any station has calendar maintenance.
        standby: levels of standby.
        shifts: number of closed intervals in a week.
        window: failures drawn ahead per chunk; `near`: those that a visit looks at.
        strikes: most in one visit where breaks interleave.
        closures: closed intervals that the visits of a block look at; 0: all.
        span, weeks: calendar failures drawn, and weeks of shifts laid out, for a run in which both occur.
    """

    names: tuple[str, ...]
    machines: tuple[int, ...]
    places: tuple[int, ...]
    chain: int
    ring: int
    products: int
    by_machine: bool
    by_product: bool
    times: tuple[Group, ...]
    recorded: tuple[int, ...]
    families: tuple[tuple[type[Any], tuple[int, ...]], ...]
    cooling: bool
    attributes: tuple[str, ...]
    causes: tuple[tuple[int, str], ...]
    aged: tuple[int, ...]
    source: str
    interval: Hashable
    pallets: bool
    scrap: bool
    rates: bool
    attempts: int
    setup: str
    release: bool
    modes: int
    clocks: tuple[tuple[str, ...], ...]
    scrapping: tuple[tuple[bool, ...], ...]
    up: tuple[Group, ...]
    down: tuple[Group, ...]
    new: tuple[tuple[bool, ...], ...]
    mode_names: tuple[tuple[str, ...], ...]
    hastened: tuple[tuple[int, int, int, str], ...]
    maintenance: tuple[tuple[str, ...], ...]
    renewing: tuple[tuple[tuple[bool, ...], ...], ...]
    foreseen: tuple[tuple[int, ...], ...]
    planned: bool
    standby: int
    shifts: int
    window: int = 8
    near: int = 8
    strikes: int = 3
    closures: int = 0
    span: int = 0
    weeks: int = 0

    @property
    def stations(self) -> int:
        """How many there are."""
        return len(self.names)

    @property
    def width(self) -> int:
        """Most machines of a station."""
        return max(self.machines)

    @property
    def offset(self) -> np.ndarray:
        """How many steps each station lags behind the first."""
        return np.concatenate([[0], np.cumsum(self.machines[:-1])]).astype(np.int32)

    @property
    def overtaking(self) -> bool:
        """Whether parts may pass each other."""
        return self.width > 1

    @property
    def operating(self) -> bool:
        """Whether any machine fails by operating time."""
        return any("operating" in row for row in self.clocks)

    @property
    def calendar(self) -> bool:
        """Whether any machine fails by the calendar."""
        return any("calendar" in row for row in self.clocks)

    @property
    def closes(self) -> bool:
        """Whether any machine has closed intervals."""
        return self.shifts > 0 or self.calendar

    @property
    def served(self) -> bool:
        """Whether a machine may be kept busy after its part has left."""
        upkeep = any(c for row in self.maintenance for c in row if c != "calendar")
        return upkeep or self.serves or any(any(row) for row in self.scrapping)

    @property
    def remembers(self) -> bool:
        """Whether a process looks at what a part or a machine carries, so that it matters who goes where."""
        return any(cls.condition or cls.reads for cls, _ in self.families)

    @property
    def serves(self) -> bool:
        """Whether a process may ask for time after a visit, e.g. to change a tool."""
        return any(cls.serves for cls, _ in self.families)

    @property
    def guarded(self) -> bool:
        """Whether a visit may lie outside the region in which its process may be trusted."""
        return any(cls.guarded for cls, _ in self.families)

    @property
    def tests(self) -> bool:
        """Whether a process tests parts, with errors of its own."""
        return _tests(cls for cls, _ in self.families)


def shape_of(line: Line, *, buffers_vary: bool = False) -> Shape:
    """The shape of a line; with `buffers_vary` the buffers may be replaced by traced values."""
    stations = line.stations
    conveyor = [s.kind == "conveyor" for s in stations]
    machines = tuple(1 if belt else s.machines for s, belt in zip(stations, conveyor, strict=True))
    products = len(line.products)
    by_machine = any(o.process for s in stations for o in s.overrides)
    by_product = products > 1 and any(s.process.product or s.process.behaviours for s in stations)
    delays = [s.buffer + (s.machines - 1 if belt else 0) for s, belt in zip(stations, conveyor, strict=True)]
    row = longest = 0
    for delay in delays[1:]:
        row = row + 1 if delay == 0 or buffers_vary else 0
        longest = max(longest, row)
    pairs = [(f, m) for m, s in enumerate(stations) for f in range(len(s.failures))]
    modes = max((len(s.failures) for s in stations), default=0)
    table = lambda read, default: tuple(  # noqa: E731
        tuple(read(s.failures[f]) if f < len(s.failures) else default for s in stations) for f in range(modes)
    )
    made = [(m, s.process.behaviour) for m, s in enumerate(stations) if s.process.behaviour is not None]
    tests = _tests(type(process) for _, process in made)
    scrap = (
        tests
        or any(s.scrap > 0 or s.rework or s.finds or s.false_alarm > 0 for s in stations)
        or any(f.interrupted == "scrapped" for s in stations for f in s.failures)
    )
    setups = {s.setup.begins for s in stations if s.setup}
    entries = max((len(s.maintenance) for s in stations), default=0)
    families = tuple(_groups((type(process), m) for m, process in made))
    named = lambda f, m: stations[m].failures[f].name if f < len(stations[m].failures) else None  # noqa: E731
    upkeep = [[s.maintenance[q] if q < len(s.maintenance) else None for s in stations] for q in range(entries)]
    pallets = line.pallets or 0
    return Shape(
        names=tuple(s.name for s in stations),
        machines=machines,
        places=tuple(s.machines if belt else 0 for s, belt in zip(stations, conveyor, strict=True)),
        chain=int(np.ceil(np.log2(longest + 1))),
        ring=int(
            2
            ** np.ceil(
                np.log2(max(8, pallets + 2, *(d + s.machines + 2 for d, s in zip(delays, stations, strict=True))))
            )
        ),
        products=products,
        by_machine=by_machine,
        by_product=by_product,
        times=_groups((_time_signature(s.process), m) for m, s in enumerate(stations) if s.process.model == "timed"),
        recorded=tuple(m for m, s in enumerate(stations) if s.process.model == "recorded"),
        families=families,  # type: ignore[arg-type]
        cooling=line.cooling is not None and any("temperature" in process.reads for _, process in made),
        attributes=tuple(sorted({name for _, process in made for name in (*process.reads, *process.makes)})),
        causes=tuple((m, cause) for m, process in made for cause in process.causes),
        aged=tuple(m for m, process in made if process.ages and stations[m].process.ages == "stationary"),
        source=line.source.mode,
        interval=line.source.time.signature if line.source.time else None,
        pallets=line.pallets is not None,
        scrap=scrap,
        rates=any(s.process.rate_setpoint for s in stations),
        attempts=max((s.rework.max_attempts for s in stations if s.rework), default=0),
        setup="none" if not setups else "both" if len(setups) == 2 else setups.pop(),
        release=any(s.setup and s.setup.release > 0 for s in stations),
        modes=modes,
        clocks=table(lambda f: f.clock, ""),
        scrapping=table(lambda f: f.interrupted == "scrapped", False),
        up=_groups((stations[m].failures[f].up.signature, (f, m)) for f, m in pairs),
        down=_groups((stations[m].failures[f].down.signature, (f, m)) for f, m in pairs),
        new=table(lambda f: f.ages == "new", False),
        mode_names=table(lambda f: f.name, ""),
        hastened=tuple(
            (f, m, next(g for g, (_, places) in enumerate(families) if m in places), hastened.by)
            for f, m in pairs
            if (hastened := stations[m].failures[f].hastened) is not None
        ),
        maintenance=tuple(tuple(task.clock if task else "" for task in row) for row in upkeep),
        renewing=tuple(
            tuple(
                tuple(task is not None and named(f, m) in (*task.renews, task.foresees) for m, task in enumerate(row))
                for f in range(modes)
            )
            for row in upkeep
        ),
        foreseen=tuple(
            tuple(
                next((f for f in range(modes) if task and task.foresees and named(f, m) == task.foresees), -1)
                for m, task in enumerate(row)
            )
            for row in upkeep
        ),
        planned=any(x.clock == "calendar" for s in stations for x in s.maintenance),
        standby=max((len(s.standby) for s in stations), default=0),
        shifts=len(closed_hours(line)),
    )


def timeless(shape: Shape) -> Shape:
    """The shape without what depends on the length of the run."""
    return replace(shape, window=0, near=0, strikes=0, closures=0, span=0, weeks=0)


def flagged(overflow: Mapping[str, Any], **short: Any) -> dict[str, Any]:
    """What was too short so far [replication], by the names of `grown`, and what is now."""
    return dict(overflow) | {name: overflow[name] | now for name, now in short.items()}


def grown(shape: Shape, short: Container[str]) -> Shape:
    """The same shape with twice the room of what was `short`: "window", "strikes", "closures"."""
    more = {name: getattr(shape, name) * (1 + (name in short)) for name in ("window", "strikes", "closures")}
    return replace(shape, near=shape.near * (1 + ("window" in short)), **more)


def _tests(classes: Iterable[type[Any]]) -> bool:
    return any(cls.finds is not Behaviour.finds for cls in classes)


def _groups(pairs: Any) -> tuple[Group, ...]:
    groups: dict[Hashable, list[Any]] = {}
    for signature, place in pairs:
        groups.setdefault(signature, []).append(place)
    return tuple((signature, tuple(places)) for signature, places in groups.items())


def _time_signature(process: Process) -> Hashable:
    assert process.time is not None  # noqa: S101 - built by Line
    return signature_of([process.time, *process.product.values()])
