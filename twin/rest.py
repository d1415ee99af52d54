"""What machines take less, or more, in closed hours because their processes are set back until the line opens again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from twin.behave import HALL, process_of
from twin.clock import WEEK
from twin.line import Line
from twin.process import Process
from twin.ramp import Ramp

if TYPE_CHECKING:
    from twin.trace import Trace


def sets_back(line: Line) -> bool:
    """Whether a process of the line may be set back in closed hours."""
    own = (type(station.process.behaviour) for station in line.stations if station.process.behaviour is not None)
    return bool(line.shifts) and any(cls.rest is not Process.rest for cls in own)


def saved_until(trace: Trace, carrier: str, time: Any, measure: Ramp) -> Any:
    """Energy beyond that of machines which stay ready, from t = 0 on; mostly negative.

    Args:
        trace: of a run.
        carrier: e.g. "gas".
        time: clock times [...], NumPy or JAX arrays.
        measure: of time: seconds, or its price or CO2 per joule.

    Returns:
        Joules, or their price or CO2, by those times [station, ...].
    """
    line, xp = trace.line, jnp if isinstance(time, jax.Array) else np
    nothing = xp.zeros(time.shape)
    found = [nothing] * len(line.stations)
    for m, station in enumerate(line.stations):
        if station.process.behaviour is None or type(station.process.behaviour).rest is Process.rest:
            continue
        for begin, length, watts in _stretches(trace, m, carrier, trace.values):
            inside = _inside(measure, begin, begin + length, time)
            found[m] = found[m] + xp.asarray(watts * inside)
    return xp.stack(found)


def _stretches(trace: Trace, m: int, carrier: str, values: Mapping[str, Any]) -> list[tuple[Any, Any, Any]]:
    """Begin [s], length [s] and additional power [W] of stretches that come every week at a station."""
    process, setpoints = process_of(trace.line.stations[m], values)
    hall, machines = jnp.asarray(HALL), trace.plan.shape.machines[m]
    usual = process.base(setpoints, hall).get(carrier, 0.0)
    found = []
    for begin, duration in _stops(trace.plan.numbers["closed"]):
        moment = jnp.asarray(begin)
        for length, power in process.rest(setpoints, jnp.asarray(duration), hall):
            found.append((moment, length, machines * (power.get(carrier, 0.0) - usual)))
            moment = moment + length
    return found


def _stops(closed: np.ndarray) -> list[tuple[float, float]]:
    """Closed intervals (begin, length) of a week; those that touch, also across its end, are one."""
    merged: list[tuple[float, float]] = []
    for begin, length in sorted(map(tuple, np.asarray(closed).tolist())):
        if merged and begin <= sum(merged[-1]):
            merged[-1] = (merged[-1][0], begin + length - merged[-1][0])
        else:
            merged.append((begin, length))
    if len(merged) > 1 and merged[0][0] == 0 and np.isclose(sum(merged[-1]), WEEK):
        merged[-1] = (merged[-1][0], merged[-1][1] + merged.pop(0)[1])
    return merged


def _inside(measure: Ramp, begin: Any, end: Any, time: Any) -> Any:
    """How much of the measure lies in [begin, end] of every week, from t = 0 to the times."""
    time = jnp.asarray(time)
    week = jnp.floor(time / WEEK)
    rest = time - week * WEEK
    whole = 0.0
    for shift in (0.0, WEEK):  # what lies beyond the end of the week is at the beginning of the next
        first, last = (jnp.clip(edge - shift, 0.0, WEEK) for edge in (begin, end))
        until = lambda moment, first=first, last=last: measure.at(jnp.clip(moment, first, last)) - measure.at(first)  # noqa: E731
        whole = whole + week * until(last) + until(rest)
    return whole
