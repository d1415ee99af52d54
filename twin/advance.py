"""A chunk of steps as one compiled program, and the last count of a run.

Visits of a block are counted one block later, when it is known whether the run has ended: the window of a run by parts
ends with its last part.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from twin import failures as failing
from twin.energy import PERIOD
from twin.measures import measures_of
from twin.nearby import nearby
from twin.plan import Plan, Shape
from twin.segments import FOREVER, planned_numbers, segments
from twin.shape import flagged
from twin.simulate import Given, step
from twin.start import Span
from twin.totals import account

__all__ = ["advance", "conclude", "concluded"]


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


concluded = jax.jit(conclude, static_argnames="span")


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
