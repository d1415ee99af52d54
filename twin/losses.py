"""How often and how long each failure mode stopped a station."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from twin import failures
from twin.plan import Plan
from twin.run import keys_of
from twin.timesheet import TimeSheet

if TYPE_CHECKING:
    from twin.trace import Trace


def failure_times(trace: Trace, sheet: TimeSheet, m: int) -> dict[str, tuple[Any, Any, Any]]:
    """Failures of a station in the window, by name of the mode.

    On the operating clock a failure counts with the visit in which it struck, when that finishes in the window, and
    with its whole repair. On the calendar clock it counts when it begins in the window, with the part of the repair
    that lies in it.

    Args:
        trace: of any run.
        sheet: its times.
        m: number of the station.

    Returns:
        Name -> (count, repair time [s], time exposed to the failure [s]), each [replication]. Exposed is processing on
        the operating clock, which only ages then, and all time but the mode's own repairs on the calendar clock.
    """
    shape = trace.plan.shape
    found = {}
    calendar = _calendar(trace) if any(row[m] == "calendar" for row in shape.clocks) else None
    for mode, names in enumerate(shape.mode_names):
        if shape.clocks[mode][m] == "operating":
            count, seconds = (trace.totals[name][mode, m] for name in ("failures", "repairs"))
            found[names[m]] = (count, seconds, sheet.seconds("processing")[m])
        elif calendar is not None and shape.clocks[mode][m] == "calendar":
            count, seconds = (x[mode, m] for x in calendar)
            whole = float(sheet.machines[m].sum()) * sheet.window[0]
            found[names[m]] = (count, seconds, whole - seconds)
    return found


def _calendar(trace: Trace) -> tuple[Any, Any]:
    """Count and repair time [s] of the calendar-clock failures in the window [mode, station, replication].

    They are drawn again, because a run keeps only the union of all closed intervals of a machine.
    """
    keys = keys_of(trace.plan.shape, trace.seed, trace.replications)
    return _drawn_again(trace.plan, keys, trace.window, replications=trace.replications)


@partial(jax.jit, static_argnames="replications")
def _drawn_again(plan: Plan, keys: Any, window: Any, *, replications: int) -> tuple[Any, Any]:
    shape = plan.shape
    first = jnp.zeros((shape.modes, shape.stations, shape.width, replications), jnp.int32)
    new = failures.first_up(plan, keys, replications)
    up, down = failures.draw(plan, keys, first, shape.span, "calendar", new)
    start = jnp.cumsum(up, axis=0) + jnp.cumsum(down, axis=0) - down
    low, high = (jnp.asarray(t).reshape(1, 1, 1, 1, -1) for t in window)
    count = jnp.sum((start > low) & (start <= high), axis=(0, 3))
    seconds = jnp.sum(jnp.clip(start + down, low, high) - jnp.clip(start, low, high), axis=(0, 3))
    return count, seconds
