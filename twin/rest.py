"""What machines take less, or more, in closed hours: switched to standby or off, or set back by their processes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from twin.behave import HALL, numbers_of
from twin.clock import WEEK
from twin.line import Closed, Line, Station
from twin.process import Process
from twin.ramp import Ramp
from twin.segments import STATES
from twin.timesheet import is_traced

if TYPE_CHECKING:
    from twin.trace import Trace


def sets_back(line: Line) -> bool:
    """Whether a machine of the line may take another power in closed hours than in a planned stop."""
    return bool(line.shifts) and any(station.closed or _rests_itself(station) for station in line.stations)


def _rests_itself(station: Station) -> bool:
    process = station.process.behaviour
    return process is not None and type(process).rest is not Process.rest


def saved_until(trace: Trace, carrier: str, watts: Any, time: Any, measures: Sequence[Ramp]) -> Any:
    """Energy beyond that of machines which stay in a planned stop, from t = 0 on; mostly negative.

    Args:
        trace: of a run.
        carrier: e.g. "gas".
        watts: power of a machine [state, station, machine or 1], watts, from `twin.energy.powers`.
        time: clock times [...], JAX arrays if the run is traced, else NumPy arrays.
        measures: of time: seconds, or its price or CO2 per joule.

    Returns:
        Joules, or their price or CO2, by those times [measure, station, ...].
    """
    xp: Any = jnp if is_traced(trace) else np
    stops = np.asarray(_stops(trace.plan.numbers["closed"])).reshape(-1, 2)
    found = []
    for m, station in enumerate(trace.line.stations):
        stretches = []
        if station.closed:
            stretches = [_switched(station.closed, trace.plan.shape.machines[m], watts[:, m], stops)]
        elif _rests_itself(station):
            stretches = _set_back(trace, m, carrier, stops, xp)
        totals = [xp.zeros(time.shape)] * len(measures)
        for begin, length, more in stretches:
            watts_more = more.reshape(-1, *[1] * time.ndim)
            inside = [_inside(xp, measure, begin, begin + length, time) for measure in measures]
            totals = [total + (watts_more * own).sum(axis=0) for total, own in zip(totals, inside, strict=True)]
        found.append(xp.stack(totals))
    return xp.stack(found, axis=1)


def _switched(closed: Closed, machines: int, watts: Any, stops: np.ndarray) -> tuple[Any, Any, Any]:
    """Begin [s], length [s] and additional power [W] of a station's stretches in another state, every week.

    Args:
        closed: which state and when.
        machines: how many there are.
        watts: power of a machine [state, machine or 1].
        stops: closed intervals of a week [stop, (begin, length)], seconds.
    """
    begin, duration = stops.T
    length = np.where(duration >= closed.after, np.maximum(duration - closed.wake, 0.0), 0.0)
    more = watts[STATES.index(closed.state)] - watts[STATES.index("planned_stop")]
    more = more.sum() if len(more) > 1 else machines * more[0]
    return begin, length, more + np.zeros(len(begin))


def _set_back(trace: Trace, m: int, carrier: str, stops: np.ndarray, xp: Any) -> list[tuple[Any, Any, Any]]:
    """The same of a station whose process is set back: one stretch after the other in each stop."""
    station, machines, (moment, duration) = trace.line.stations[m], trace.plan.shape.machines[m], stops.T
    usual, stretches = _rests(type(station.process.behaviour))(*numbers_of(station, trace.values), duration)
    found = []
    for length, power in stretches:
        more = machines * (xp.asarray(power.get(carrier, 0.0)) - xp.asarray(usual.get(carrier, 0.0)))
        found.append((moment, xp.asarray(length), xp.broadcast_to(more, duration.shape)))
        moment = moment + found[-1][1]
    return found


@cache
def _rests(cls: type[Any]) -> Any:
    """Power of a machine that is on, by carrier [W], and what it does in stops of some durations [s]."""

    def found(numbers: Any, setpoints: Any, durations: Any) -> tuple[dict[str, Any], list[Any]]:
        process, hall = cls(**numbers), jnp.asarray(HALL)
        return process.base(setpoints, hall), jax.vmap(lambda stop: process.rest(setpoints, stop, hall))(durations)

    return jax.jit(found)


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


def _inside(xp: Any, measure: Ramp, begin: Any, end: Any, time: Any) -> Any:
    """How much of the measure lies in [begin, end] of every week, from t = 0 to the times [stretch, ...]."""
    begin, end = (edge.reshape(-1, *[1] * time.ndim) for edge in (begin, end))
    week = xp.floor(time / WEEK)[None]
    rest = time[None] - week * WEEK
    whole = 0.0
    for shift in (0.0, WEEK):  # what lies beyond the end of the week is at the beginning of the next
        first, last = (xp.clip(edge - shift, 0.0, WEEK) for edge in (begin, end))
        until = lambda moment, first=first, last=last: measure.at(xp.clip(moment, first, last)) - measure.at(first)  # noqa: E731
        whole = whole + week * until(last) + until(rest)
    return whole
