"""From a line to a trace: chunks of steps until the window is measured.

A run is `parts` long (until so many good parts have left) or `horizon` long. Visits of a chunk are counted one chunk
later, when it is known whether the run has ended: the window of a run by parts ends with its last part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.core import Tracer

from twin import failures as failing
from twin.clock import WEEK
from twin.energy import PERIOD, meters
from twin.errors import LineError
from twin.gradient import smooth_only
from twin.guess import (
    calendar_failures,
    closures_ahead,
    doubled,
    expected_yield,
    failures_ahead,
    rough_duration,
    strikes_in_a_visit,
)
from twin.line import Line
from twin.measures import measures_of
from twin.nearby import nearby
from twin.plan import Plan, Shape, grown
from twin.plan import plan as make_plan
from twin.segments import FOREVER, planned_numbers, segments
from twin.shape import flagged
from twin.simulate import Given, step
from twin.start import Span, keys_of, loop_of
from twin.state import State
from twin.totals import account, needed
from twin.trace import Trace

STEPS = 256
"""Steps in a chunk, unless the line is so long that a part needs more to pass it."""

BLOCK = 16
"""Steps that are counted together, unless a part needs more to pass the line: few enough for a processor's cache."""

_HORIZON = "a run by time counts parts in a window, which does not change smoothly; use parts= instead of horizon=."


def simulate(
    line: Line,
    *,
    horizon: float | None = None,
    parts: int | None = None,
    warmup: float = 0.0,
    warmup_parts: int = 0,
    replications: int = 1,
    seed: int = 0,
    setpoints: Mapping[str, Any] | None = None,
    record: str | Sequence[str] = "all",
    state: State | None = None,
    progress: Callable[[float], None] | None = None,
) -> Trace:
    """Simulate a line part by part, exactly.

    Args:
        line: what to simulate.
        horizon: run by time: end of the run [s], warm-up included.
        parts: run by parts: the run ends when so many good parts have left. Derivatives are defined here.
        warmup: beginning of the measured window of a run by time [s].
        warmup_parts: good parts before the measured window of a run by parts.
        replications: independent repetitions, with draws that do not depend on how many there are.
        seed: of all random numbers.
        setpoints: numbers that replace those of the line, by path (see `line.setpoints`), in SI units; may be traced.
        record: "all", the names of the stations whose visits to keep, or "kpis" (memory does not grow with the run).
        state: the last state of an earlier run of this line, to go on from.
        progress: called with the finished share of the run after every chunk.

    Returns:
        The trace: visits, totals of the measured window, last state.

    Raises:
        TypeError: a time is a text; in Python times are seconds.
        ValueError: neither or both of `horizon` and `parts`, or a window that is empty.
        LineError: the line cannot be simulated exactly, or cannot deliver so many parts.
        GradientError: a derivative with respect to something that fixed random numbers cannot show.
    """
    _check_window(horizon, parts, warmup, warmup_parts, replications)
    values = dict(setpoints or {})
    if parts is None:
        values = {path: smooth_only(jnp.asarray(value, float), _HORIZON) for path, value in values.items()}
    prepared = make_plan(line, values)
    shape = prepared.shape
    traced = any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves((prepared, seed)))
    block = max(BLOCK, int(2 ** np.ceil(np.log2(shape.offset[-1] + shape.width + 2))))
    steps = max(STEPS, int(2 ** np.ceil(np.log2(shape.offset[-1] + 2 * sum(shape.machines) + 8))))
    room = {"window": failures_ahead(line, steps), "near": failures_ahead(line, block)}
    room["strikes"] = strikes_in_a_visit(line)
    if not traced:
        room["closures"] = closures_ahead(line, block)
    prepared = replace(prepared, shape=replace(shape, **room))
    shape = prepared.shape
    kept = record if record in ("all", "kpis") else "all"
    by = "time" if parts is None else "parts"
    window = (float(warmup), FOREVER if horizon is None else float(horizon))
    measures = 1 + len(prepared.numbers["tariff"])
    profile = by == "time" and kept == "kpis"
    metered = meters(line, values, shape, replications=replications, measures=measures, window=window, profile=profile)
    asked = (parts or 0, warmup_parts)
    span = Span(by, warmup_parts > 0, needed(shape, kept, metered), steps, block, kept == "all")
    drawn = keys_of(shape, seed, replications)
    rough = horizon if horizon is not None else rough_duration(line, parts or 0)
    if shape.calendar:
        shape = replace(shape, span=calendar_failures(line, rough), weeks=doubled(2 * rough / WEEK + 1))
        prepared = replace(prepared, shape=shape)
    if state is not None and (state.shape != _timeless(shape) or state.replications != replications):
        raise ValueError(
            "simulate: the state is that of another line or number of replications; start it from its own line."
        )
    if traced:
        result = _traced(line, prepared, drawn, span, window, asked, replications, metered)
    else:
        result = _concrete(line, prepared, drawn, span, window, asked, replications, kept, metered, state, progress)
    return Trace(
        line=line, shape=shape, values=values, seed=seed, replications=replications, by=by, record=record, **result
    )


def _concrete(
    line: Line,
    plan: Plan,
    keys: Any,
    span: Span,
    window: tuple[float, float],
    asked: tuple[int, int],
    replications: int,
    kept: str,
    metered: dict[str, Any],
    state: State | None,
    progress: Callable[[float], None] | None,
) -> dict[str, Any]:
    """Run chunk after chunk until every station has passed the end; draw more failures ahead where they run out."""
    shape = plan.shape
    clock, strikes = (_clocks if shape.calendar else failing.clock_of)(plan, keys, replications)
    loop = loop_of(plan, keys, span, window, asked, replications, metered)
    if state is not None:
        loop |= {"carry": state.carry, "window": (jnp.maximum(loop["window"][0], state.time), loop["window"][1])}
    blocks, marks = [], []
    while True:
        later, rows = advance(plan, keys, clock, strikes, span, loop)
        short = {name for name, flags in later["carry"]["overflow"].items() if np.asarray(flags).any()}
        if short:
            plan = replace(plan, shape=grown(plan.shape, short))
            continue
        marks.append(loop["carry"])
        before, loop = np.asarray(loop["reach"]), later
        if kept == "all":
            blocks.append(jax.tree.map(np.asarray, rows))
        end, reach = np.asarray(loop["window"][1]), np.asarray(loop["reach"])
        if np.isnan(reach).any():
            raise ArithmeticError(f"line {line.name!r}: a time is not a number; please report this line as a defect.")
        marks = _recent(marks, np.minimum(end, np.asarray(loop["carry"]["departed"])[-1]))
        if progress is not None:
            done = np.asarray(loop["carry"]["out"]) / asked[0] if span.by == "parts" else reach / window[1]
            progress(float(np.clip(np.min(done), 0.0, 1.0)))
        if (reach > end).all() or (before[0] > end).all():  # what entered before the end has passed in one chunk more
            break
        if span.by == "parts" and np.isinf(reach).all() and (end >= FOREVER).any():
            short = int(np.asarray(loop["carry"]["out"]).min())
            raise LineError(
                f"line {line.name!r}: delivers only {short} of {asked[0]} parts; ask for at most {short} parts."
            )
    if shape.calendar and bool(np.any(_covered(clock) < end.max())):
        wider = replace(plan, shape=replace(shape, span=2 * shape.span, weeks=2 * shape.weeks))
        return _concrete(line, wider, keys, span, window, asked, replications, kept, metered, state, progress)
    totals, pending = _conclude(plan, clock, span, loop)
    if kept == "all" and pending:
        blocks.append(jax.tree.map(np.asarray, pending))
    last = State(_timeless(shape), replications, end, _recent(marks, end)[0])
    return {
        "totals": totals, "window": loop["window"], "blocks": blocks, "clock": clock, "plan": plan,
        "complete": np.ones(replications, bool), "state": last, "since": None if state is None else state.time,
    }  # fmt: skip


def _recent(marks: list[dict[str, Any]], end: np.ndarray) -> list[dict[str, Any]]:
    """The last of these states in which nothing has yet left any station after `end`, and those that follow it."""
    usable = [k for k, carry in enumerate(marks) if bool((np.asarray(carry["departed"]) <= end).all())]
    return marks[usable[-1] if usable else 0 :]


def _timeless(shape: Shape) -> Shape:
    """The shape without what depends on the length of the run."""
    return replace(shape, window=0, near=0, strikes=0, closures=0, span=0, weeks=0)


def _covered(clock: Any) -> np.ndarray:
    """Until when the calendar failures drawn reach [station, machine, replication]."""
    begin = np.asarray(clock.begin)
    return np.max(
        np.where(np.isfinite(begin), begin, np.where(np.isfinite(begin).any(axis=0), -np.inf, FOREVER)), axis=0
    )


def _traced(
    line: Line,
    plan: Plan,
    keys: Any,
    span: Span,
    window: tuple[float, float],
    asked: tuple[int, int],
    replications: int,
    metered: dict[str, Any],
) -> dict[str, Any]:
    """A run of fixed length, differentiable and vectorisable: enough chunks for a line that is full when it ends."""
    shape = plan.shape
    if span.by == "time":
        raise NotImplementedError
    inside = sum(s.buffer + s.machines for s in line.stations) + shape.offset[-1] + 2 * sum(shape.machines)
    steps = int(asked[0] / expected_yield(line) * (1.2 if shape.scrap else 1.0)) + inside + (64 if shape.scrap else 0)
    clock, strikes = failing.clock_of(plan, keys, replications)
    chunk = jax.checkpoint(lambda loop, _: (advance(plan, keys, clock, strikes, span, loop)[0], None))
    loop, _ = lax.scan(
        chunk, loop_of(plan, keys, span, window, asked, replications, metered), None, length=-(-steps // span.steps)
    )
    totals, _ = conclude(plan, clock, span, loop)
    short = jnp.any(jnp.stack(list(loop["carry"]["overflow"].values())), axis=0)
    complete = jnp.all(loop["reach"] > loop["window"][1][None], axis=0) & ~short
    return {
        "totals": totals,
        "window": loop["window"],
        "blocks": [],
        "clock": clock,
        "plan": plan,
        "complete": complete,
        "state": None,
        "since": None,
    }


@partial(jax.jit, static_argnames="span")
def advance(
    plan: Plan, keys: Any, clock: Any, strikes: Array | None, span: Span, loop: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Array] | None]:
    """One chunk: block after block of steps, each counted after the next; returns the visits too if they are kept."""
    failures = failing.drawn_ahead(plan, keys, loop["carry"])

    def block(loop: dict[str, Any], _: None) -> tuple[dict[str, Any], dict[str, Array] | None]:
        near = failing.soonest(failures, loop["carry"]["struck"], plan.shape.near) if failures else None
        given = Given(plan, keys, near, _near(plan.shape, clock, loop["carry"]), strikes)

        def body(carry: dict[str, Any], _: None) -> tuple[dict[str, Any], dict[str, Array]]:
            carry, visit = step(given, carry)
            return carry, {name: visit[name] for name in span.fields if name in visit}

        carry, rows = lax.scan(body, loop["carry"], None, length=span.block)
        window, rows["measured"] = _window(span, loop["window"], loop["asked"], rows)
        known, far = _around(plan, clock, loop["rows"], window)
        carry["overflow"] = flagged(carry["overflow"], closures=far)
        totals = _account(plan, known, loop["totals"], loop["rows"], window)
        reach = jnp.maximum(loop["reach"], jnp.max(jnp.where(rows["fixed"], rows["left"], -jnp.inf), axis=0))
        loop = loop | {"carry": carry, "rows": rows, "totals": totals, "window": window, "reach": reach}
        return loop, rows if span.kept else None

    later, rows = lax.scan(block, loop, None, length=span.steps // span.block)
    if failures:
        later["carry"] = failing.used(failures, loop["carry"], later["carry"])
    return later, jax.tree.map(lambda row: row.reshape(-1, *row.shape[2:]), rows)


def _near(shape: Shape, clock: Any, carry: dict[str, Any]) -> Any:
    """The closed intervals that the next block of visits can meet; all of them where that is not bounded."""
    if not shape.closures:
        return clock
    low = carry["departed"]
    if shape.setup in ("none", "loaded"):  # else a machine may be set up as soon as it is free
        low = jnp.maximum(low, jnp.concatenate([low[:1], low[:-1]]))
    if any(shape.places):
        belt = np.asarray(shape.places)[:, None] > 0
        low = jnp.where(belt, jnp.minimum(carry["departed"], carry["started"]), low)
    return nearby(clock, jnp.where(jnp.isfinite(low), low, 0.0), shape.closures)


def _window(
    span: Span, window: tuple[Array, Array], asked: Array, rows: dict[str, Any]
) -> tuple[tuple[Array, Array], Array]:
    """Beginning and end of the measured window as far as they are known, and which parts of a block leave in it."""
    good, out, left = rows["exit"]["good"], rows["exit"]["out"], rows["depart"][:, -1]
    begin, end = window
    if span.by == "time":
        return window, good & (left > begin[None]) & (left <= end[None])
    parts, warmup_parts = asked
    if span.warms:
        begin = jnp.where(begin < FOREVER, begin, _moment(good & (out == warmup_parts), left))
    end = jnp.where(end < FOREVER, end, _moment(good & (out == parts), left))
    return (begin, end), good & (out > warmup_parts) & (out <= parts)


def conclude(plan: Plan, clock: Any, span: Span, loop: dict[str, Any]) -> tuple[dict[str, Array], dict[str, Array]]:
    """Count the last chunk and the visits that are still on their machines; returns totals and those visits."""
    totals = _account(plan, clock, loop["totals"], loop["rows"], loop["window"])
    shape, carry = plan.shape, loop["carry"]
    if not shape.overtaking:
        return totals, {}
    latest = carry["starts"] - 1 if shape.scrap else carry["step"] - 1 - shape.offset[:, None]
    machines = np.asarray(shape.machines)[:, None]
    slot = np.arange(shape.width)[None, :, None]
    latest = jnp.broadcast_to(latest, carry["machine"].shape)
    there = (slot < machines[..., None]) & (slot <= latest[:, None])
    there = there & ~((latest >= machines - 1)[:, None] & (slot == carry["machine"][:, None]))
    rows = {name: jnp.moveaxis(value, -2, 0) for name, value in carry["slots"].items()}
    rows |= {"fixed": jnp.moveaxis(there, 1, 0), "depart": jnp.full(rows["start"].shape, jnp.inf)}
    rows |= {"machine": jnp.broadcast_to(jnp.arange(shape.width).reshape(-1, 1, 1), rows["start"].shape)}
    rows = {name: value for name, value in rows.items() if name in span.fields}
    rows["exit"] = jax.tree.map(lambda x: jnp.zeros((shape.width, *x.shape[1:]), x.dtype), loop["rows"]["exit"])
    rows["measured"] = jnp.zeros((shape.width, rows["start"].shape[2]), bool)
    return _account(plan, clock, totals, rows, loop["window"]), rows


_conclude = jax.jit(conclude, static_argnames="span", compiler_options={"xla_backend_optimization_level": 0})
"""Runs once, so that compiling it well would cost more than it gains: half of the time."""


def _around(plan: Plan, clock: Any, rows: dict[str, Any], window: Any) -> tuple[Any, Array]:
    """The closed intervals around a block of visits, and whether these are too few [replication]."""
    shape, fixed = plan.shape, rows["fixed"]
    enough = jnp.zeros(fixed.shape[2:], bool)
    if not (shape.closures and shape.calendar):
        return clock, enough
    low, high = (jnp.broadcast_to(x, fixed.shape[1:])[None] for x in window)
    stretches = segments(shape, rows)
    moments = [jnp.clip(t, low, high) for stretch in stretches for t in stretch[1:3]]
    if shape.planned:  # the last of these end before the visit starts
        begins = [jnp.min(rows[f"planned_{name}"], axis=1) for name in ("late", "first")]
        moments.append(jnp.clip(jnp.minimum(jnp.minimum(*begins), rows["start"]), low, high))
    first = jnp.min(jnp.where(fixed, jnp.min(jnp.stack(moments), axis=0), jnp.inf), axis=0)
    last = jnp.max(jnp.where(fixed, jnp.max(jnp.stack(moments), axis=0), -jnp.inf), axis=0)
    found = nearby(clock, jnp.where(jnp.isfinite(first), first, 0.0), 2 * shape.closures)
    return found, jnp.any(last + PERIOD > jnp.min(found.until, axis=1), axis=0)


def _account(plan: Plan, clock: Any, totals: dict[str, Array], rows: dict[str, Array], window: Any) -> dict[str, Array]:
    rows = dict(rows)
    measured = rows.pop("measured")
    machine = None
    if plan.shape.calendar and plan.shape.overtaking:
        machine = rows["machine"][:, :, None] == jnp.arange(plan.shape.width)[None, None, :, None]
    measures = [_of(measure, machine) for measure in measures_of(plan.numbers["tariff"], clock)]
    planned, after = planned_numbers(plan.shape, plan.numbers), plan.numbers.get("after")
    return account(plan.shape, totals, rows, window, measured, measures, planned, after)


def _of(measure: Callable[[Array, Any], Array], machine: Array | None) -> Callable[[Array], Array]:
    return lambda time: measure(time, machine)


def _moment(when: Array, time: Array) -> Array:
    """The time [replication] of the row in which `when` [row, replication] holds; FOREVER if none."""
    return jnp.where(jnp.any(when, axis=0), jnp.sum(jnp.where(when, time, 0.0), axis=0), FOREVER)


_clocks = jax.jit(failing.clock_of, static_argnames="replications")


def _check_window(horizon: Any, parts: Any, warmup: float, warmup_parts: int, replications: int) -> None:
    if (horizon is None) == (parts is None):
        raise ValueError(
            "simulate: give either horizon= (seconds) or parts= (good parts that leave), not both or neither."
        )
    if isinstance(horizon, str) or isinstance(warmup, str):
        given = horizon if isinstance(horizon, str) else warmup
        raise TypeError(f"simulate: {given!r} is a text; times in Python are seconds. Use for example horizon=28800.")
    if horizon is not None and not 0 <= warmup < horizon < np.inf:
        raise ValueError(
            f"simulate: the warm-up is {warmup:g} s and the horizon {horizon:g} s; the horizon includes the warm-up. "
            "Make it longer."
        )
    if parts is not None and not 0 <= warmup_parts < parts:
        raise ValueError(
            f"simulate: warmup_parts is {warmup_parts} and parts {parts}; make parts larger than warmup_parts."
        )
    if replications < 1:
        raise ValueError(f"simulate: replications is {replications}; use at least 1.")
