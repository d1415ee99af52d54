"""How long the machines of each station were in each state, over the measured window, without a gap.

The totals of a run hold what its visits explain, in open hours. Here the rest is added: closed hours are planned stops,
a machine's own calendar-clock stops are down time, and what is left is starved.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer

from twin.measures import measures_of
from twin.ramp import Ramp, ramp
from twin.segments import FOREVER, STATES

if TYPE_CHECKING:
    from twin.trace import Trace


@dataclass(frozen=True)
class TimeSheet:
    """Time of the machines of every station in every state.

    Measure 0 is seconds; where the CO2 or the price of electricity change with the time of day, further measures are
    seconds weighted by them [kg s/J, currency s/J].

    Attributes:
        measures: "time", then "co2" and "price" as far as they change.
        states: [measure, state, station, machine, replication]; one entry for all machines of a station together,
            unless their powers differ.
        window: the same measures of the window [measure, replication].
        opened: those of the line's working hours in the window [measure, replication].
        machines: how many machines each entry stands for [station, machine].
    """

    measures: tuple[str, ...]
    states: Any
    window: Any
    opened: Any
    machines: np.ndarray

    def seconds(self, state: str) -> Any:
        """Seconds in a state, all machines of a station together [station, replication]."""
        return self.states[0, STATES.index(state)].sum(axis=1)

    @cached_property
    def planned_busy(self) -> Any:
        """Window less planned stops and planned maintenance, all machines together [station, replication], seconds.

        ISO 22400-2 leaves planned downtime out of the planned busy time.
        """
        whole = self.machines.sum(axis=1)[:, None] * self.window[:1]
        return whole - self.seconds("planned_stop") - self.seconds("maintenance")

    @cached_property
    def shares(self) -> Any:
        """Shares of the window [state, station, replication], mean over the machines; they add up to 1."""
        time = self.states[0].sum(axis=2)
        time = time * (time > 0)  # a rest of rounding in a machine that never starves is no share
        return time / time.sum(axis=0)[None]


def time_sheet(trace: Trace) -> TimeSheet:
    """Complete the totals of a run.

    Args:
        trace: of any kind of run; with traced totals the sheet is traced and differentiable.
    """
    numbers, shape = trace.plan.numbers, trace.plan.shape
    xp: Any = jnp if is_traced(trace) else np
    begin, end = (xp.asarray(t) for t in trace.window)
    length = lambda closed: xp.stack([_between(of, begin, end) for of in weekly_measures(trace, closed)])  # noqa: E731
    window = length(np.zeros((0, 2)))
    opened = length(numbers["closed"]) if shape.shifts else window
    by_machine = "machine_states" in trace.totals
    base = xp.asarray(trace.totals["machine_states" if by_machine else "states"])
    base = base if by_machine else base[:, :, :, None]
    exists = np.arange(shape.width)[None] < np.asarray(shape.machines)[:, None]
    machines = exists if by_machine else exists.sum(axis=1, keepdims=True)
    count = machines[None, :, :, None]
    found = {state: base[:, i] for i, state in enumerate(STATES)}
    if "overrun" in trace.totals:
        down, maintenance = _overrun(trace, xp)
        found["down"] = found["down"] + (down if by_machine else down.sum(axis=2, keepdims=True))
        found["maintenance"] = found["maintenance"] + (
            maintenance if by_machine else maintenance.sum(axis=2, keepdims=True)
        )
    if shape.shifts:
        found["planned_stop"] = found["planned_stop"] + (window - opened)[:, None, None] * count
    if shape.calendar:
        stopped = (opened[:, None, None] - _own_hours(trace, xp)) * exists[None, :, :, None]
        found["down"] = found["down"] + (stopped if by_machine else stopped.sum(axis=2, keepdims=True))
    explained = sum(time for state, time in found.items() if state != "starved")
    found["starved"] = window[:, None, None] * count - explained
    states = xp.stack([found[state] for state in STATES], axis=1)
    return TimeSheet(("time", *sorted(numbers["tariff"])), states, window, opened, machines)


def weekly_measures(trace: Trace, closed: np.ndarray) -> list[Ramp]:
    """The measures of a time sheet as functions of clock time outside of closed intervals (see `twin.ramp.ramp`)."""
    tariff = {name: np.asarray(steps) for name, steps in trace.plan.numbers["tariff"].items()}
    return [ramp(closed, rate) for rate in (np.zeros((0, 3)), *(tariff[name] for name in sorted(tariff)))]


def _between(of: Ramp, begin: Any, end: Any) -> Any:
    return of.at(end) - of.at(begin)


def _own_hours(trace: Trace, xp: Any) -> Any:
    """Open hours of each machine's own clock in the window [measure, station, machine, replication]."""
    window = jnp.stack([jnp.asarray(t) for t in trace.window])
    return xp.asarray(
        _between_moments(trace.plan.numbers["tariff"], trace.clock, window, *trace.clock.begin.shape[1:3])
    )


@partial(jax.jit, static_argnames=("stations", "width"))
def _between_moments(tariff: Any, clock: Any, window: Array, stations: int, width: int) -> Array:
    """Each measure from beginning to end of the window [measure, station, machine, replication]."""
    time = jnp.broadcast_to(window[:, None], (2, stations, window.shape[1]))
    found = []
    for measure in measures_of(tariff, clock):
        each = [jnp.diff(_of_slot(measure, time, slot, width), axis=0)[0] for slot in range(width)]
        found.append(jnp.stack(each, axis=1))
    return jnp.stack(found)


def _overrun(trace: Trace, xp: Any) -> tuple[Any, Any]:
    """What repair and maintenance [measure, station, machine, replication] were counted wrongly (see `twin.totals`).

    Visits counted before the beginning of the window was known were left out, those before its end were not cut off.
    """
    window = [jnp.asarray(t).reshape(1, 1, 1, -1) for t in trace.window]
    tariff, width = trace.plan.numbers["tariff"], trace.plan.shape.width
    spent = _beyond(tariff, trace.clock, trace.totals["overrun"], window, width)
    return xp.asarray(spent[:, 0]), xp.asarray(spent[:, 1])


@partial(jax.jit, static_argnames="width")
def _beyond(tariff: Any, clock: Any, overrun: Any, window: Any, width: int) -> Array:
    """Repair and maintenance of `_overrun` [measure, (repair, maintenance), station, machine, replication]."""
    begin, end = window
    early, open_ended = overrun
    low = jnp.clip(open_ended, begin, FOREVER)
    moments = jnp.stack([jnp.clip(early, begin, end), jnp.clip(open_ended, begin, end), low])
    weights = []
    for measure in measures_of(tariff, clock):
        slots = [_of_slot(measure, moments[..., slot, :], slot, width) for slot in range(width)]
        weight = jnp.stack(slots, axis=3)
        weights.append(weight[0] + weight[1] - weight[2])
    return jnp.diff(jnp.stack(weights), axis=1)


def _of_slot(measure: Any, time: Any, slot: int, width: int) -> Any:
    """A measure of moments [..., station, replication] by the clocks of machine number `slot`."""
    flat = time.reshape(-1, *time.shape[-2:])
    mine = (jnp.arange(width) == slot)[None, None, :, None]
    chosen = jnp.broadcast_to(mine, (*flat.shape[:2], width, flat.shape[2]))
    return measure(flat, chosen).reshape(time.shape)


def is_traced(trace: Trace) -> bool:
    """Whether the run is part of a program that JAX transforms, so that its values are not known yet."""
    known = (trace.totals, trace.window, trace.values)
    return any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(known))
