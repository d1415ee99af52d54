"""After a run: refuse it, or repeat with first principles the replications that cannot be trusted.

Draws are keyed by the number of a replication, so one that is repeated is the one that a run of first principles alone
would have had. Of a run that goes on from a state, the part from that state on is repeated: what led to it was trusted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from twin.fallback import POLICIES
from twin.guess import doubled
from twin.line import Line
from twin.outside import refuse
from twin.shape import Shape, shape_of
from twin.state import State
from twin.together import together
from twin.trace import Trace

__all__ = ["not_refused", "repeated"]

Once = Callable[[np.ndarray, State | None], Trace]
"""Runs the replications of these numbers, from states of their own, on first principles."""


def repeated(trace: Trace, state: State | None, line: Line, once: Once) -> Trace:
    """The same run, with those replications repeated that have to be.

    Args:
        trace: of all replications, on guarded processes.
        state: from which it went on; a replication that was on first principles there stays so.
        line: the line on first principles.
        once: runs some replications of it.

    Raises:
        LineError: a station refuses visits outside of where its process may be trusted, and there are some.
    """
    before = state.repeated if state else ()
    known = np.zeros(trace.replications, bool)
    for numbers, _ in before:
        known[numbers] = True
    trace = replace(trace, totals=_without(trace.totals, known), repeated=known)
    refuse(trace)
    flagged = np.flatnonzero(_concerned(trace, POLICIES[0]))
    pieces = [(numbers, _run(numbers, own, trace.replications, once)) for numbers, own in before]
    if len(flagged):
        start = None if state is None else _regrouped(state.select(flagged), line)
        pieces.append((flagged, _run(flagged, start, trace.replications, once)))
    return together(trace, pieces) if pieces else trace


def not_refused(trace: Trace) -> Trace:
    """A run that JAX transforms: replications that would be refused count as those that did not reach their end."""
    return replace(trace, complete=trace.complete & ~_concerned(trace, "refuse"))


def _concerned(trace: Trace, policy: str) -> Any:
    """Whether a visit lies outside at a station of this policy [replication]."""
    own = np.asarray([station.process.outside == policy for station in trace.line.stations])
    counts = trace.totals["outside_run"]
    return (counts * own[:, None] > 0).any(axis=0)


def _without(totals: dict[str, Any], known: np.ndarray) -> dict[str, Any]:
    """Totals in which replications that run on first principles anyhow have no visit outside."""
    names = [name for name in totals if name in ("outside", "outside_run") or name.startswith("stray/")]
    return totals | {name: np.where(known, 0.0, np.asarray(totals[name])) for name in names}


def _run(numbers: np.ndarray, state: State | None, most: int, once: Once) -> Trace:
    """Run some replications, filled up with the same again to a power of two, so that few programs are compiled."""
    again = np.arange(min(doubled(len(numbers)), most)) % len(numbers)
    return once(numbers[again], None if state is None else state.select(again))


def _regrouped(state: State, line: Line) -> State:
    """A state of guarded processes as one of first principles, whose stations stand in other families."""
    families = shape_of(line).families
    place = {m: (g, row) for g, (_, places) in enumerate(state.shape.families) for row, m in enumerate(places)}
    condition = state.carry["condition"]
    carry = dict(state.carry)
    carry["condition"] = [
        {name: jnp.stack([condition[place[m][0]][name][place[m][1]] for m in places]) for name in cls.condition}
        for cls, places in families
    ]
    if "slots" in carry:
        carry["slots"] = {name: value for name, value in carry["slots"].items() if name != "outside"}
    shape: Shape = replace(state.shape, families=families)
    return replace(state, shape=shape, carry=carry)
