"""Run one line in the twin and in the oracle, on the same random numbers, and compare visit by visit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax.numpy as jnp
import numpy as np
from oracles.event_line import (
    OracleFailure,
    OracleLine,
    OracleMaintenance,
    OracleSetup,
    OracleStation,
    Visit,
    simulate,
)

from twin import clock as clocks
from twin.distribution import quantile
from twin.line import Line, Maintenance, Setup, Station
from twin.plan import plan
from twin.random import uniform
from twin.run import keys_of
from twin.run import simulate as twin_simulate

DRAWS = 1500


def oracle_line(line: Line, seed: int, replication: int) -> OracleLine:
    """The same line for the oracle, with the twin's random numbers read out as data."""
    prepared = plan(line)
    shape = prepared.shape
    keys = keys_of(shape, seed, replication + 1)
    number = np.arange(DRAWS)

    def u(purpose: str, row: int, attempt: int = 0) -> np.ndarray:
        high, low = (k[row, replication] for k in keys[purpose])
        return np.asarray(uniform((high, low), jnp.asarray(number), attempt))

    def values(distribution: Any, numbers: np.ndarray) -> np.ndarray:
        return np.asarray(
            quantile(distribution.signature, distribution.arrays(lambda _, v: v, ""), jnp.asarray(numbers))
        )

    stations = [_station(s, m, shape, u, values) for m, s in enumerate(line.stations)]
    names = [p.name for p in line.products]
    share = np.cumsum([p.share for p in line.products])[:-1]
    kinds = [names[int((x > share).sum())] for x in u("product", 0)]
    release: Any = None
    if line.source.mode == "interval":
        release = list(np.cumsum(values(line.source.time, u("interval", 0))))
    if line.source.mode == "orders":
        orders = sorted(line.source.orders, key=lambda o: o.release)
        release = [o.release for o in orders for _ in range(o.quantity)]
        kinds = [o.product for o in orders for _ in range(o.quantity)]
    closed = [(a, a + b) for a, b in clocks.closed_hours(line)]
    closed = [(a + k * clocks.WEEK, b + k * clocks.WEEK) for k in range(2) for a, b in closed]
    return OracleLine(stations, release, lambda n: kinds[n], line.pallets, closed)


def _station(station: Station, m: int, shape: Any, u: Any, values: Any) -> OracleStation:
    process = station.process
    attempts = station.rework.max_attempts if station.rework else 1

    def times(product: str, machine: int, attempt: int) -> np.ndarray:
        own = (station.overrides[machine].process if station.overrides else None) or process
        return values(own.product.get(product, own.time), u("process", m, attempt))

    cache: dict[Any, np.ndarray] = {}

    def work(visit: int, attempt: int, machine: int, product: str) -> float:
        if process.model == "recorded":
            return process.rows[visit]
        key = (product, machine if station.overrides else 0, attempt)
        if key not in cache:
            cache[key] = times(*key)
        return float(cache[key][visit])

    asks = [u("rework", m, a) < station.rework.share for a in range(attempts)] if station.rework else []
    bad = u("scrap", m) < station.scrap
    failures = []
    for f, mode in enumerate(station.failures):
        row = f * shape.stations + m
        count = 1 if station.kind == "conveyor" else station.machines
        up = [list(values(mode.up, u("up", row, k))) for k in range(count)]
        down = [list(values(mode.down, u("down", row, k))) for k in range(count)]
        failures.append(OracleFailure(up, down, mode.clock, mode.interrupted))
    setup = station.setup and _setup(station.setup)
    return OracleStation(
        station.name,
        work,
        machines=station.machines,
        buffer=station.buffer,
        kind=station.kind,
        pitch=station.pitch,
        transport=station.transport,
        rework=(lambda v, a: bool(asks[a][v])) if asks else None,
        max_attempts=attempts,
        scrap=(lambda v: bool(bad[v])) if station.scrap else None,
        setup=setup or None,
        failures=failures,
        maintenance=[_maintenance(station, task) for task in station.maintenance],
        standby=[(x.after, x.wake) for x in station.standby],
        rows=len(process.rows) if process.model == "recorded" else None,
    )


def _maintenance(station: Station, task: Maintenance) -> OracleMaintenance:
    modes = [mode.name for mode in station.failures if mode.clock == "operating"]
    foresees = None if task.foresees is None else modes.index(task.foresees)
    renews = [modes.index(name) for name in dict.fromkeys((*task.renews, task.foresees)) if name]
    return OracleMaintenance(task.name, task.every, task.duration, task.clock, tuple(renews), foresees)


def _setup(setup: Setup) -> OracleSetup:
    """For the oracle a release is more of the setup that it follows."""
    whole = lambda time: time + setup.release if time else 0.0  # noqa: E731
    changes = {pair: whole(time) for pair, time in setup.changes.items()}
    return OracleSetup(whole(setup.default), changes, setup.begins)


def twin_rows(trace: Any, replication: int) -> dict[tuple[str, int], dict[str, Any]]:
    """Visits of one replication by (station name, number of the visit)."""
    end = float(np.asarray(trace.window[1])[replication])
    rows = {}
    for block in trace.blocks:
        for m, station in enumerate(trace.line.stations):
            keep = block["fixed"][:, m, replication] & (block["arrive"][:, m, replication] <= end)
            columns = {
                k: v[keep, m, replication] for k, v in block.items() if isinstance(v, np.ndarray) and v.ndim == 3
            }
            for i in range(int(keep.sum())):
                row = {k: v[i] for k, v in columns.items()}
                row |= {k: (row[k] if row[k] <= end else None) for k in ("start", "finish", "depart")}
                rows[station.name, int(row["number"])] = row
    return rows


def differences(line: Line, *, seed: int = 0, replication: int = 0, replications: int = 2, **run: Any) -> list[str]:
    """What differs between twin and oracle: empty when every time and every order is the same."""
    trace = twin_simulate(line, seed=seed, replications=replications, **run)
    until = {"parts": run["parts"]} if "parts" in run else {"until": run["horizon"]}
    expected = simulate(oracle_line(line, seed, replication), **until)
    got = twin_rows(trace, replication)
    found = [] if len(got) == len(expected) else [f"{len(got)} visits instead of {len(expected)}"]
    belts = {station.name for station in line.stations if station.kind == "conveyor"}
    for visit in expected:
        row = got.get((visit.station, visit.visit))
        wrong = ["missing"] if row is None else [*_times(row, visit), *_facts(row, visit, belt=visit.station in belts)]
        found += [f"{visit.station} visit {visit.visit}: {words}" for words in wrong]
    return found


def _times(row: dict[str, Any], visit: Visit) -> Iterator[str]:
    """Times of one visit that differ by more than 1e-9 relative, or are known on one side only."""
    for name in ("arrive", "start", "finish", "depart"):
        a, b = row[name], getattr(visit, name)
        if (a is None) != (b is None) or (a is not None and abs(a - b) > 1e-9 * max(1.0, abs(b))):
            yield f"{name} {a} instead of {b}"


def _facts(row: dict[str, Any], visit: Visit, *, belt: bool) -> Iterator[str]:
    """Part, machine, scrap, attempts and repair of one visit, as far as they are known."""
    expected = {"part": visit.part}
    if visit.machine is not None and not belt:
        expected["machine"] = visit.machine
    if visit.finish is not None:
        expected |= {"scrapped": visit.scrapped, "attempts": visit.attempts, "stopped": visit.down}
    for name, value in expected.items():
        if name in row and row[name] != value:
            yield f"{name} {row[name]} instead of {value}"
