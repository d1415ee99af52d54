"""A line made ready to run: what is compiled in (`Shape`) and the numbers that go through (`Plan`).

Two lines of one shape share one compiled program; whatever the whole line does not use is not in the shape and costs
nothing. Every number may be replaced by path, so that a derivative or a sweep reaches it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from twin.behave import behaviour_numbers
from twin.clock import closed_hours
from twin.distribution import arrays_of
from twin.gradient import REMEDY, smooth_only
from twin.line import Line, Station
from twin.measures import tariff_steps
from twin.shape import Shape, grown, shape_of
from twin.stacking import column, stacked
from twin.support import refuse_unsupported


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
    whole = partial(column, dtype=np.int32)
    numbers: dict[str, Any] = {
        "transport": column(get(f"{s.name}.transport", s.transport) for s in stations),
        "buffer": whole(counted(get)(f"{s.name}.buffer", s.buffer) for s in stations),
        "times": [_stack([_variants(shape, line, stations[m], get) for m in places]) for _, places in shape.times],
    }
    if shape.recorded:
        numbers["rows"] = _rows([stations[m].process.rows for m in shape.recorded])
    if shape.rates:
        numbers["rate"] = column(_rate(s, get) for s in stations)
    if any(shape.places):
        numbers["pitch"] = column(_pitch(s, get) for s in stations)
    if shape.scrap:
        numbers["scrap"] = column(counted(get)(f"{s.name}.scrap", s.scrap) for s in stations)
    if shape.attempts:
        numbers["rework"] = column(
            counted(get)(f"{s.name}.rework.share", s.rework.share) if s.rework else 0.0 for s in stations
        )
        numbers["attempts"] = whole(s.rework.max_attempts if s.rework else 1 for s in stations)
    numbers |= _setup_numbers(line, shape, get)
    if shape.families:
        numbers |= behaviour_numbers(line, shape, get, counted(get))
    numbers |= _failure_numbers(shape, stations, get)
    numbers |= _upkeep_numbers(shape, stations, get)
    numbers |= _source_numbers(line, shape, get)
    numbers["tariff"] = tariff_steps(line)
    if shape.shifts:
        numbers["closed"] = closed_hours(line)
    idle = {f"{s.name}.{p}" for s in stations for p in s.setpoints if p != s.process.rate_setpoint} - known
    for path in idle & set(values or {}):
        if values is not None and isinstance(values[path], Array):
            smooth_only(
                values[path], f"{path}: this setpoint acts on nothing; name it as rate_setpoint of the process."
            )
    unknown = (
        set(values or {}) - known - set(power_paths(line)) - {f"{s.name}.{p}" for s in stations for p in s.setpoints}
    )
    if unknown:
        raise KeyError(
            f"{min(unknown)!r} names no number of the line {line.name!r}; there are {', '.join(sorted(known))}"
        )
    return Plan(shape, numbers)


def calendar_maintenance(shape: Shape, numbers: Mapping[str, Any]) -> tuple[Array, Array]:
    """Interval and duration of calendar maintenance [station, 1] in seconds; infinite and 0 where there is none."""
    mine = (np.asarray(shape.maintenance) == "calendar")[..., None]
    every = jnp.min(jnp.where(mine, numbers["every"], jnp.inf), axis=0)
    return every, jnp.sum(jnp.where(mine, numbers["duration"], 0.0), axis=0)


def power_paths(line: Line) -> list[str]:
    """Paths of all power figures of a line."""
    stations = [
        f"{s.name}.power.{c}.{state}" for s in line.stations for c, states in s.power.items() for state in states
    ]
    own = [
        f"{s.name}.machine.{k}.power.{c}.{state}"
        for s in line.stations
        for k, machine in enumerate(s.overrides)
        for c, states in (machine.power or {}).items()
        for state in states
    ]
    levels = [
        f"{s.name}.standby.{k}.power.{c}" for s in line.stations for k, its in enumerate(s.standby) for c in its.power
    ]
    return stations + own + levels + [f"line.base_load.{c}" for c in line.base_load]


def _failure_numbers(shape: Shape, stations: tuple[Station, ...], get: Get) -> dict[str, Any]:
    numbers: dict[str, Any] = {}
    if shape.modes:
        pairs = lambda groups: [[(stations[m], stations[m].failures[f]) for f, m in g] for _, g in groups]  # noqa: E731
        numbers["up"] = [
            _stack([_by_machine(shape, s, f.name, "up", counted(get)) for s, f in g]) for g in pairs(shape.up)
        ]
        numbers["down"] = [
            _stack([_by_machine(shape, s, f.name, "down", get) for s, f in g]) for g in pairs(shape.down)
        ]
    if shape.hastened:
        numbers["doubling"] = column(
            counted(get)(f"{s.name}.failure.{f.name}.hastened.doubling", f.hastened.doubling)
            for s, f in ((stations[m], stations[m].failures[k]) for k, m, _, _ in shape.hastened)
            if f.hastened is not None
        )
    return numbers


def _upkeep_numbers(shape: Shape, stations: tuple[Station, ...], get: Get) -> dict[str, Any]:
    numbers: dict[str, Any] = {}
    if shape.maintenance or shape.planned:
        entries = lambda key, read: stacked([  # noqa: E731
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
        numbers["after"] = stacked([pick("after", k) for k in range(shape.standby)])
        numbers["wake"] = stacked([pick("wake", k) for k in range(shape.standby)])
    return numbers


def _stack(items: list[Any]) -> Any:
    return jax.tree.map(lambda *leaves: stacked(leaves), *items)


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
            assert process.time is not None and time is not None  # noqa: S101, PT018 - built by Line
            several = [process.time, *process.product.values()]
            numbers.append(arrays_of(time, several, get, f"{station.name}{own}.process{named}"))
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
    for place, values in enumerate(rows):
        table[: len(values), place] = values
    return table


def _pitch(station: Station, get: Get) -> Any:
    """Least time between two starts: of a conveyor whose process has a setpoint `pitch`, that one."""
    knobs = station.knobs
    return get(f"{station.name}.pitch", float(knobs["pitch"].value) if "pitch" in knobs else station.pitch)


def _rate(station: Station, get: Get) -> Any:
    name = station.process.rate_setpoint
    if name is None:
        return 1.0
    value = station.setpoints[name].value
    return value / get(f"{station.name}.{name}", value)


def _setup_numbers(line: Line, shape: Shape, get: Get) -> dict[str, Any]:
    stations = line.stations
    numbers: dict[str, Any] = {}
    if shape.setup != "none":
        numbers["setup"] = stacked([_setup_table(line, s, get) for s in stations])
        numbers["loaded"] = np.asarray([[s.setup is not None and s.setup.begins == "loaded"] for s in stations])
    if shape.release:
        own = lambda s: get(f"{s.name}.setup.release", s.setup.release) if s.setup else 0.0  # noqa: E731
        numbers["first_off"] = column(own(s) for s in stations)
    return numbers


def _setup_table(line: Line, station: Station, get: Get) -> Any:
    """Setup times [previous product, next product]."""
    names = [p.name for p in line.products]
    if station.setup is None:
        return np.zeros((len(names), len(names)))
    default = get(f"{station.name}.setup.default", station.setup.default)
    changes = station.setup.changes
    time = lambda a, b: get(f"{station.name}.setup.{a}>{b}", changes[a, b]) if (a, b) in changes else default  # noqa: E731
    return stacked([stacked([0.0 if a == b else time(a, b) for b in names]) for a in names])


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
        numbers["ordered"] = np.repeat(
            [names.index(order.product) for order in orders], [*count[:-1], count[-1] + 1]
        ).astype(np.int32)
        numbers["order"] = np.append(np.repeat(np.arange(len(orders)), count), len(orders)).astype(np.int32)
    elif shape.products > 1:
        numbers["share"] = np.cumsum([p.share for p in line.products])
    if line.pallets is not None:
        numbers["pallets"] = stacked([counted(get)("line.pallets", line.pallets)], np.int32)
    return numbers


__all__ = ["Plan", "Shape", "calendar_maintenance", "getter", "grown", "plan", "power_paths", "shape_of"]
