"""A line made ready to run: what is compiled in (`Shape`) and the numbers that go through (`Plan`).

Two lines of one shape share one compiled program; whatever the whole line does not use is not in the shape and costs
nothing. Every number may be replaced by path, so that a derivative or a sweep reaches it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from twin.clock import closed_hours
from twin.gradient import REMEDY, smooth_only
from twin.line import Line, Process, Station
from twin.measures import tariff_steps
from twin.support import refuse_unsupported

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
        source: "saturated", "interval" or "orders"; `interval` is the signature of its distribution.
        pallets, scrap, rates: whether there are any.
        attempts: most attempts of a visit (1: no rework).
        setup: "none", "early", "loaded" or "both".
        modes: failure modes per station; `clocks`, `scrapping`: what each [mode][station] is.
        up, down: (mode, station) pairs by distribution; `new` those with ages = "new".
        maintenance: clock of each [entry][station].
        planned: whether any station has calendar maintenance.
        standby: levels of standby.
        shifts: number of closed intervals in a week.
        window: failures drawn ahead per chunk; `strikes`: most in one visit where breaks interleave.
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
    source: str
    interval: Hashable
    pallets: bool
    scrap: bool
    rates: bool
    attempts: int
    setup: str
    modes: int
    clocks: tuple[tuple[str, ...], ...]
    scrapping: tuple[tuple[bool, ...], ...]
    up: tuple[Group, ...]
    down: tuple[Group, ...]
    new: tuple[tuple[bool, ...], ...]
    mode_names: tuple[tuple[str, ...], ...]
    maintenance: tuple[tuple[str, ...], ...]
    planned: bool
    standby: int
    shifts: int
    window: int = 8
    strikes: int = 3
    span: int = 0
    weeks: int = 0

    @property
    def stations(self) -> int:
        return len(self.names)

    @property
    def width(self) -> int:
        """Most machines of a station."""
        return max(self.machines)

    @property
    def offset(self) -> np.ndarray:
        return np.concatenate([[0], np.cumsum([c for c in self.machines[:-1]])]).astype(np.int32)

    @property
    def overtaking(self) -> bool:
        """Whether parts may pass each other."""
        return self.width > 1

    @property
    def operating(self) -> bool:
        return any("operating" in row for row in self.clocks)

    @property
    def calendar(self) -> bool:
        return any("calendar" in row for row in self.clocks)

    @property
    def closes(self) -> bool:
        """Whether any machine has closed intervals."""
        return self.shifts > 0 or self.calendar

    @property
    def served(self) -> bool:
        """Whether a machine may be kept busy after its part has left."""
        return any(any(row) for row in self.scrapping) or any(c for row in self.maintenance for c in row if c != "calendar")


@partial(jax.tree_util.register_dataclass, meta_fields=["shape"], data_fields=["numbers"])
@dataclass(frozen=True)
class Plan:
    """A shape and its numbers, a pytree of arrays whose first axis is the station unless said otherwise."""

    shape: Shape
    numbers: dict[str, Any]


Get = Callable[[str, float], Any]

_COUNTED = "the number of events changes with it, which no derivative for fixed random numbers shows"


def getter(values: Mapping[str, Any] | None, known: set[str] | None = None) -> Get:
    """A function (path, default) -> value that looks `path` up in `values` first and notes it in `known`."""
    values = values or {}

    def get(path: str, default: float) -> Any:
        if known is not None:
            known.add(path)
        return values.get(path, default)

    return get


def counted(get: Get) -> Get:
    """Like `get`, for numbers that decide how many events there are: refuses to be differentiated."""


    def refusing(path: str, default: float) -> Any:
        value = get(path, default)
        return smooth_only(value, f"{path}: {_COUNTED}; {REMEDY}.") if isinstance(value, Array) else value

    return refusing


def _stacked(values: Any, dtype: Any = float) -> Any:
    """Numbers side by side: a NumPy array, or a JAX array where one of them is."""
    values = list(values)
    traced = any(isinstance(value, Array) for value in values)
    return jnp.stack([jnp.asarray(v, dtype) for v in values]) if traced else np.asarray(values, dtype)


def plan(line: Line, values: Mapping[str, Any] | None = None) -> Plan:
    """Make a line ready to run.

    Args:
        line: the description.
        values: numbers that replace those of the line, by path ("S1.process.time.mean", "S1.speed", ...), in SI units.

    Raises:
        LineError: the line asks for what cannot be simulated exactly.
        KeyError: a path in `values` names nothing that can be replaced.
    """
    refuse_unsupported(line)
    known: set[str] = set()
    get = getter(values, known)
    stations = line.stations
    shape = shape_of(line, buffers_vary=any(path.endswith(".buffer") for path in values or {}))
    column = lambda x: _stacked(x).reshape(-1, 1)  # noqa: E731
    whole = lambda x: _stacked(x, np.int32).reshape(-1, 1)  # noqa: E731
    numbers: dict[str, Any] = {
        "transport": column(get(f"{s.name}.transport", s.transport) for s in stations),
        "buffer": whole(counted(get)(f"{s.name}.buffer", s.buffer) for s in stations),
        "times": [
            _stack([_variants(shape, line, stations[m], get) for m in places]) for _, places in shape.times
        ],
    }
    if shape.recorded:
        numbers["rows"] = _rows([stations[m].process.rows for m in shape.recorded])
    if shape.rates:
        numbers["rate"] = column(_rate(s, get) for s in stations)
    if any(shape.places):
        numbers["pitch"] = column(get(f"{s.name}.pitch", s.pitch) for s in stations)
    if shape.scrap:
        numbers["scrap"] = column(counted(get)(f"{s.name}.scrap", s.scrap) for s in stations)
    if shape.attempts > 1:
        numbers["rework"] = column(counted(get)(f"{s.name}.rework.share", s.rework.share) if s.rework else 0.0 for s in stations)
        numbers["attempts"] = whole(s.rework.max_attempts if s.rework else 1 for s in stations)
    if shape.setup != "none":
        numbers["setup"] = _stacked([_setup_table(line, s, get) for s in stations])
        numbers["loaded"] = np.asarray([[s.setup is not None and s.setup.begins == "loaded"] for s in stations])
    if shape.modes:
        pairs = lambda groups: [[(stations[m], stations[m].failures[f]) for f, m in g] for _, g in groups]  # noqa: E731
        numbers["up"] = [
            _stack([_by_machine(shape, s, f.name, "up", counted(get)) for s, f in g]) for g in pairs(shape.up)
        ]
        numbers["down"] = [_stack([_by_machine(shape, s, f.name, "down", get) for s, f in g]) for g in pairs(shape.down)]
    if shape.maintenance or shape.planned:
        entries = lambda key, read: _stacked([  # noqa: E731
            column(
                read(f"{s.name}.maintenance.{s.maintenance[q].name}.{key}", getattr(s.maintenance[q], key))
                if q < len(s.maintenance) else (np.inf if key == "every" else 0.0)
                for s in stations
            )
            for q in range(len(shape.maintenance))
        ])  # fmt: skip
        numbers["every"], numbers["duration"] = entries("every", counted(get)), entries("duration", get)
    if shape.standby:
        level = lambda s, k: s.standby[k] if k < len(s.standby) else None  # noqa: E731
        pick = lambda key, k: column(  # noqa: E731
            (counted(get) if key == "after" else get)(f"{s.name}.standby.{k}.{key}", getattr(level(s, k), key))
            if level(s, k) else (np.inf if key == "after" else 0.0) for s in stations
        )  # fmt: skip
        numbers["after"] = _stacked([pick("after", k) for k in range(shape.standby)])
        numbers["wake"] = _stacked([pick("wake", k) for k in range(shape.standby)])
    numbers |= _source_numbers(line, shape, get)
    numbers["tariff"] = tariff_steps(line)
    if shape.shifts:
        numbers["closed"] = closed_hours(line)
    idle = {f"{s.name}.{p}": s for s in stations for p in s.setpoints if p != s.process.rate_setpoint}
    for path in idle.keys() & (values or {}).keys():
        if isinstance((values or {})[path], Array):
            smooth_only(values[path], f"{path}: this setpoint acts on nothing in a {idle[path].process.model} process; name it as rate_setpoint.")
    unknown = set(values or {}) - known - set(power_paths(line)) - {f"{s.name}.{p}" for s in stations for p in s.setpoints}
    if unknown:
        raise KeyError(f"{sorted(unknown)[0]!r} names no number of the line {line.name!r}; there are {', '.join(sorted(known))}")
    return Plan(shape, numbers)


def power_paths(line: Line) -> list[str]:
    """Paths of all power figures of a line."""
    stations = [f"{s.name}.power.{c}.{state}" for s in line.stations for c, states in s.power.items() for state in states]
    return stations + [f"line.base_load.{c}" for c in line.base_load]


def shape_of(line: Line, *, buffers_vary: bool = False) -> Shape:
    """The shape of a line; with `buffers_vary` the buffers may be replaced by traced values."""
    stations = line.stations
    conveyor = [s.kind == "conveyor" for s in stations]
    machines = tuple(1 if belt else s.machines for s, belt in zip(stations, conveyor, strict=True))
    products = len(line.products)
    by_machine = any(o.process for s in stations for o in s.overrides)
    by_product = products > 1 and any(s.process.product for s in stations)
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
    scrap = any(s.scrap > 0 or s.rework for s in stations) or any(
        f.interrupted == "scrapped" for s in stations for f in s.failures
    )
    setups = {s.setup.begins for s in stations if s.setup}
    entries = max((len(s.maintenance) for s in stations), default=0)
    pallets = line.pallets or 0
    return Shape(
        names=tuple(s.name for s in stations),
        machines=machines,
        places=tuple(s.machines if belt else 0 for s, belt in zip(stations, conveyor, strict=True)),
        chain=int(np.ceil(np.log2(longest + 1))),
        ring=int(2 ** np.ceil(np.log2(max(8, pallets + 2, *(d + s.machines + 2 for d, s in zip(delays, stations, strict=True)))))),
        products=products,
        by_machine=by_machine,
        by_product=by_product,
        times=_groups((_time_signature(s.process), m) for m, s in enumerate(stations) if s.process.model == "timed"),
        recorded=tuple(m for m, s in enumerate(stations) if s.process.model == "recorded"),
        source=line.source.mode,
        interval=line.source.time.signature if line.source.time else None,
        pallets=line.pallets is not None,
        scrap=scrap,
        rates=any(s.process.rate_setpoint for s in stations),
        attempts=max((s.rework.max_attempts for s in stations if s.rework), default=1),
        setup="none" if not setups else "both" if len(setups) == 2 else setups.pop(),
        modes=modes,
        clocks=table(lambda f: f.clock, ""),
        scrapping=table(lambda f: f.interrupted == "scrapped", False),
        up=_groups((stations[m].failures[f].up.signature, (f, m)) for f, m in pairs),
        down=_groups((stations[m].failures[f].down.signature, (f, m)) for f, m in pairs),
        new=table(lambda f: f.ages == "new", False),
        mode_names=table(lambda f: f.name, ""),
        maintenance=tuple(
            tuple(s.maintenance[q].clock if q < len(s.maintenance) else "" for s in stations) for q in range(entries)
        ),
        planned=any(x.clock == "calendar" for s in stations for x in s.maintenance),
        standby=max((len(s.standby) for s in stations), default=0),
        shifts=len(closed_hours(line)),
    )


def grown(shape: Shape, *, window: bool, strikes: bool) -> Shape:
    """The same shape with room for twice as many failures in a chunk (`window`), in a visit (`strikes`)."""
    return replace(shape, window=shape.window * (1 + window), strikes=shape.strikes * (1 + strikes))


def _groups(pairs: Any) -> tuple[Group, ...]:
    groups: dict[Hashable, list[Any]] = {}
    for signature, place in pairs:
        groups.setdefault(signature, []).append(place)
    return tuple((signature, tuple(places)) for signature, places in groups.items())


def _stack(items: list[Any]) -> Any:
    return jax.tree.map(lambda *leaves: _stacked(leaves), *items)


def _time_signature(process: Process) -> Hashable:
    assert process.time is not None  # noqa: S101 - built by Line
    return process.time.signature


def _variants(shape: Shape, line: Line, station: Station, get: Get) -> Any:
    """Numbers of a station's time for each (machine, product), stacked: leaves [variant, ...]."""
    products = [p.name for p in line.products] if shape.by_product else [""]
    numbers = []
    for k in range(shape.width if shape.by_machine else 1):
        override = station.overrides[k].process if k < len(station.overrides) else None
        process = override or station.process
        own = f".machine.{k}" if override else ""
        for product in products:
            time = process.product.get(product, process.time)
            named = f".product.{product}" if product in process.product else ".time"
            numbers.append(time.arrays(get, f"{station.name}{own}.process{named}"))  # type: ignore[union-attr]
    return _stack(numbers)


def _by_machine(shape: Shape, station: Station, name: str, key: str, get: Get) -> Any:
    """Numbers of one failure mode's up or down time for each machine, stacked: leaves [machine, ...]."""
    numbers = []
    for k in range(shape.width):
        override = station.overrides[k].failures if k < len(station.overrides) else None
        own = f".machine.{k}" if override else ""
        mode = next(f for f in override or station.failures if f.name == name)
        numbers.append(getattr(mode, key).arrays(get, f"{station.name}{own}.failure.{name}.{key}"))
    return _stack(numbers)


def _rows(rows: list[tuple[float, ...]]) -> np.ndarray:
    """Recorded times [row, station], padded with infinity: what has no row never starts."""
    table = np.full((max(map(len, rows)) + 1, len(rows)), np.inf)
    for column, values in enumerate(rows):
        table[: len(values), column] = values
    return table


def _rate(station: Station, get: Get) -> Any:
    name = station.process.rate_setpoint
    if name is None:
        return 1.0
    value = station.setpoints[name].value
    return value / get(f"{station.name}.{name}", value)


def _setup_table(line: Line, station: Station, get: Get) -> Any:
    """Setup times [previous product, next product]."""
    names = [p.name for p in line.products]
    if station.setup is None:
        return np.zeros((len(names), len(names)))
    default = get(f"{station.name}.setup.default", station.setup.default)
    changes = station.setup.changes
    time = lambda a, b: get(f"{station.name}.setup.{a}>{b}", changes[a, b]) if (a, b) in changes else default  # noqa: E731
    return _stacked([_stacked([0.0 if a == b else time(a, b) for b in names]) for a in names])


def _source_numbers(line: Line, shape: Shape, get: Get) -> dict[str, Any]:
    numbers: dict[str, Any] = {}
    if line.source.mode == "interval":
        assert line.source.time is not None  # noqa: S101 - built by Line
        numbers["interval"] = line.source.time.arrays(get, "source.time")
    if line.source.mode == "orders":
        names = [p.name for p in line.products]
        orders = sorted(line.source.orders, key=lambda order: order.release)
        count = [order.quantity for order in orders]
        numbers["release"] = np.append(np.repeat([order.release for order in orders], count), np.inf)
        numbers["ordered"] = np.append(np.repeat([names.index(order.product) for order in orders], count), 0).astype(np.int32)
        numbers["order"] = np.append(np.repeat(np.arange(len(orders)), count), len(orders)).astype(np.int32)
    elif shape.products > 1:
        numbers["share"] = np.cumsum([p.share for p in line.products])
    if line.pallets is not None:
        numbers["pallets"] = _stacked([counted(get)("line.pallets", line.pallets)], np.int32)
    return numbers


