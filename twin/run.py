"""From a line to a trace: chunks of steps until the window is measured.

A run is `parts` long (until so many good parts have left) or `horizon` long. Visits of a chunk are counted one chunk later,
when it is known whether the run has ended: the window of a run by parts ends with its last part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from twin import stops
from twin.errors import LineError
from twin.gradient import smooth_only
from twin.line import Line
from twin.measures import measures_of
from twin.plan import Plan, Shape, grown, plan as make_plan
from twin.random import keys as make_keys
from twin.simulate import Given, empty_slots, interval, step
from twin.totals import FOREVER, account, empty, needed
from twin.trace import State, Trace

STEPS = 256
"""Steps in a chunk, unless the line is so long that a part needs more to pass it."""

_HORIZON = "a run by time counts parts in a window, which does not change smoothly; use parts= instead of horizon=."


@dataclass(frozen=True)
class Span:
    """How long a run is: static part. `by` is "parts" or "time"; `parts`, `warmup_parts` count good parts."""

    by: str
    parts: int
    warmup_parts: int
    fields: tuple[str, ...]
    steps: int


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

    Returns:
        The trace: visits, totals of the measured window, last state.

    Raises:
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
    steps = max(STEPS, int(2 ** np.ceil(np.log2(shape.offset[-1] + 2 * sum(shape.machines) + 8))))
    kept = record if record in ("all", "kpis") else "all"
    span = Span("time" if parts is None else "parts", parts or 0, warmup_parts, needed(shape, kept), steps)
    window = (float(warmup), FOREVER if horizon is None else float(horizon))
    numbers = jnp.arange(replications)
    drawn = make_keys_of(shape, seed, numbers)
    traced = any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves((prepared, seed)))
    rough = horizon if horizon is not None else _rough_duration(line, parts or 0)
    shape = grown(shape, span=_calendar_failures(line, rough))
    prepared = replace(prepared, shape=shape, numbers=prepared.numbers | {"weeks": int(rough * 2 // (7 * 86400)) + 2})
    run = _traced if traced else _concrete
    result = run(line, prepared, drawn, span, window, replications, kept)
    return Trace(line=line, shape=shape, values=values, seed=seed, replications=replications, by=span.by, record=record, **result)


def _concrete(
    line: Line, plan: Plan, keys: Any, span: Span, window: tuple[float, float], replications: int, kept: str
) -> dict[str, Any]:
    """Run chunk after chunk until every station has passed the end; draw more failures ahead where they run out."""
    shape = plan.shape
    clock, strikes = _clocks(plan, keys, replications)
    loop = _loop(plan, keys, span, window, replications)
    blocks = []
    while True:
        later = advance(plan, keys, clock, strikes, span, loop)
        if bool(jnp.any(later["carry"]["overflow"])):
            plan = replace(plan, shape=grown(plan.shape, window=True, strikes=True))
            continue
        loop = later
        if kept == "all":
            blocks.append(jax.tree.map(np.asarray, loop["rows"]))
        end, reach = np.asarray(loop["window"][1]), np.asarray(loop["reach"])
        if (reach > end).all():
            break
        if span.by == "parts" and np.isinf(reach).all() and (end >= FOREVER).any():
            short = int(np.asarray(loop["out"]).min())
            raise LineError(f"line {line.name!r}: delivers only {short} of {span.parts} parts; ask for at most {short} parts.")
    if shape.calendar and bool(jnp.any(jnp.max(jnp.where(jnp.isfinite(clock.begin), clock.begin, FOREVER), axis=0) < end.max())):
        wider = replace(plan, shape=grown(plan.shape, span=2 * plan.shape.span))
        return _concrete(line, wider, keys, span, window, replications, kept)
    totals, pending = conclude(plan, clock, span, loop)
    if kept == "all" and pending:
        blocks.append(jax.tree.map(np.asarray, pending))
    return {"totals": totals, "window": loop["window"], "blocks": blocks, "clock": clock, "plan": plan, "complete": jnp.asarray(True)}


def _traced(
    line: Line, plan: Plan, keys: Any, span: Span, window: tuple[float, float], replications: int, kept: str
) -> dict[str, Any]:
    """A run of fixed length, differentiable and vectorisable: enough chunks for a line that is full when it ends."""
    shape = plan.shape
    if span.by == "time":
        raise NotImplementedError
    inside = sum(s.buffer + s.machines for s in line.stations) + shape.offset[-1] + 2 * sum(shape.machines)
    steps = int(span.parts / _yield(line) * (1.2 if shape.scrap else 1.0)) + inside + (64 if shape.scrap else 0)
    clock, strikes = stops.clock_of(plan, keys, replications)
    chunk = jax.checkpoint(lambda loop, _: (advance(plan, keys, clock, strikes, span, loop), None))
    loop, _ = lax.scan(chunk, _loop(plan, keys, span, window, replications), None, length=-(-steps // span.steps))
    totals, _ = conclude(plan, clock, span, loop)
    complete = jnp.all(loop["reach"] > loop["window"][1][None], axis=0) & ~loop["carry"]["overflow"]
    return {"totals": totals, "window": loop["window"], "blocks": [], "clock": clock, "plan": plan, "complete": complete}


@partial(jax.jit, static_argnames="span")
def advance(plan: Plan, keys: Any, clock: Any, strikes: Array | None, span: Span, loop: dict[str, Any]) -> dict[str, Any]:
    """One chunk: steps, then the count of the chunk before, now that the end may be known."""
    shape, carry = plan.shape, loop["carry"]
    given = Given(plan, keys, stops.drawn_ahead(plan, keys, carry), clock, strikes)

    def body(carry: dict[str, Any], _: None) -> tuple[dict[str, Any], dict[str, Array]]:
        carry, visit = step(given, carry)
        return carry, {name: visit[name] for name in span.fields if name in visit}

    carry, rows = lax.scan(body, carry, None, length=span.steps)
    if given.failures is not None:
        struck = jnp.arange(shape.window).reshape(-1, 1, 1, 1, 1) < (carry["struck"] - given.failures.first)[None]
        ages = jnp.where(struck, given.failures.age, loop["carry"]["struck_age"][None])
        carry["struck_age"] = jnp.max(ages, axis=0)
    good = rows["fixed"][:, -1] & jnp.isfinite(rows["depart"][:, -1])
    if shape.scrap:
        good = good & ~rows["scrapped"][:, -1]
    out = loop["out"][None] + jnp.cumsum(good, axis=0)
    begin, end = loop["window"]
    if span.by == "parts":
        left = rows["depart"][:, -1]
        if span.warmup_parts:
            begin = jnp.where(begin < FOREVER, begin, _moment(good & (out == span.warmup_parts), left))
        end = jnp.where(end < FOREVER, end, _moment(good & (out == span.parts), left))
        measured = good & (out > span.warmup_parts) & (out <= span.parts)
    else:
        left = rows["depart"][:, -1]
        measured = good & (left > begin[None]) & (left <= end[None])
    rows["measured"] = measured
    totals = _account(plan, clock, loop["totals"], loop["rows"], (begin, end))
    reach = jnp.maximum(loop["reach"], jnp.max(jnp.where(rows["fixed"], rows["left"], -jnp.inf), axis=0))
    return {"carry": carry, "rows": rows, "totals": totals, "out": out[-1], "window": (begin, end), "reach": reach}


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
    rows["measured"] = jnp.zeros((shape.width, rows["start"].shape[2]), bool)
    return _account(plan, clock, totals, rows, loop["window"]), rows


def _account(plan: Plan, clock: Any, totals: dict[str, Array], rows: dict[str, Array], window: Any) -> dict[str, Array]:
    rows = dict(rows)
    measured = rows.pop("measured")
    machine = None
    if plan.shape.calendar and plan.shape.overtaking:
        machine = rows["machine"][:, :, None] == jnp.arange(plan.shape.width)[None, None, :, None]
    measures = [partial(m, machine=machine) for m in measures_of(plan.numbers["tariff"], clock)]
    return account(plan.shape, totals, rows, window, measured, measures)


def _moment(when: Array, time: Array) -> Array:
    """The time [replication] of the row in which `when` [row, replication] holds; FOREVER if none."""
    return jnp.where(jnp.any(when, axis=0), jnp.sum(jnp.where(when, time, 0.0), axis=0), FOREVER)


_clocks = jax.jit(stops.clock_of, static_argnames="replications")


def _loop(plan: Plan, keys: Any, span: Span, window: tuple[float, float], replications: int) -> dict[str, Any]:
    """The state before the first chunk."""
    shape = plan.shape
    carry = initial(plan, keys, replications)
    probe = lambda c: step(Given(plan, keys, stops.drawn_ahead(plan, keys, c), *stops.clock_of(plan, keys, replications)), c)  # noqa: E731
    _, visit = jax.eval_shape(probe, carry)
    if shape.overtaking:
        names = set(span.fields) | set(carry["part"]) | {"number", "finish", "passable", "scrapped"}
        kept = {name: v for name, v in visit.items() if name in names - {"depart", "fixed", "machine"}}
        carry["slots"] = empty_slots(shape, kept)
    rows = {name: jnp.zeros((span.steps, *v.shape), v.dtype) for name, v in visit.items() if name in span.fields}
    rows["measured"] = jnp.zeros((span.steps, replications), bool)
    begin = window[0] if span.by == "time" or not span.warmup_parts else FOREVER
    return {
        "carry": carry,
        "rows": rows,
        "totals": empty(shape, replications, 1 + (len(plan.numbers["tariff"]) > 0)),
        "out": jnp.zeros(replications, jnp.int64),
        "window": (jnp.full(replications, begin), jnp.full(replications, window[1])),
        "reach": jnp.full((shape.stations, replications), -jnp.inf),
    }


def initial(plan: Plan, keys: Any, replications: int) -> dict[str, Any]:
    """An empty line at t = 0, ready."""
    shape = plan.shape
    whole = (shape.stations, replications)
    each = (shape.stations, shape.width, replications)
    zeros, count = jnp.zeros(whole), jnp.zeros(whole, jnp.int32)
    part: dict[str, Array] = {"enter": zeros, "part": count, "clean": jnp.ones(whole, bool)}
    if shape.source == "orders":
        part["order"] = count
    if shape.products > 1:
        part["product"] = count
    carry: dict[str, Any] = {
        "step": jnp.asarray(0, jnp.int32),
        "departed": zeros,
        "part": part,
        "ring": jnp.full((shape.ring, *whole), -jnp.inf),
        "overflow": jnp.zeros(replications, bool),
    }
    if shape.overtaking:
        carry["machine"] = count
    if shape.scrap:
        carry |= {"starts": count, "gone": count, "good": count, "sent": jnp.zeros(whole, bool)}
    if any(shape.places):
        carry |= {"started": zeros, "finished": zeros}
    if shape.setup != "none":
        carry["last_product"] = jnp.full(each, -1, jnp.int32)
    if shape.operating:
        modes = (shape.modes, *each)
        carry |= {"age": jnp.zeros(each), "struck": jnp.zeros(modes, jnp.int32), "struck_age": jnp.zeros(modes)}
    if shape.served:
        carry["ready"] = jnp.zeros(each)
    if shape.maintenance:
        carry["since"] = jnp.zeros((len(shape.maintenance), *each))
    if shape.planned:
        mine = np.asarray(shape.maintenance)[..., None] == "calendar"
        every = jnp.min(jnp.where(mine, plan.numbers["every"], jnp.inf), axis=0)
        carry["due"] = jnp.broadcast_to(every[:, None], each)
    if shape.source == "interval":
        given = Given(plan, keys, None, None, None)
        carry["released"] = interval(given, jnp.asarray(0), replications)
    return carry


def make_keys_of(shape: Shape, seed: Any, replications: Array) -> dict[str, tuple[Array, Array]]:
    """Keys of every purpose that the line has, each a pair of arrays [station (mode), replication]."""
    purposes = {p: [f"{name}/{p}" for name in shape.names] for p in ("process", "rework", "scrap")}
    for p in ("up", "down", "age"):
        purposes[p] = [f"{s}/{p}/{m}" for row in shape.mode_names for s, m in zip(shape.names, row, strict=True)]
    purposes |= {"product": ["source/product"], "interval": ["source/interval"]}
    return {purpose: make_keys(seed, replications, names) for purpose, names in purposes.items() if names}


def _check_window(horizon: Any, parts: Any, warmup: float, warmup_parts: int, replications: int) -> None:
    if (horizon is None) == (parts is None):
        raise ValueError("simulate: give either horizon= (seconds) or parts= (good parts that leave), not both or neither.")
    if horizon is not None and not 0 <= warmup < horizon < np.inf:
        raise ValueError(f"simulate: the warm-up is {warmup:g} s and the horizon {horizon:g} s; make the horizon longer than the warm-up.")
    if parts is not None and not 0 <= warmup_parts < parts:
        raise ValueError(f"simulate: warmup_parts is {warmup_parts} and parts {parts}; make parts larger than warmup_parts.")
    if replications < 1:
        raise ValueError(f"simulate: replications is {replications}; use at least 1.")


def _rough_duration(line: Line, parts: int) -> float:
    """How long a run by parts may take [s], for drawing enough calendar stops ahead."""
    slowest = 1.0
    for station in line.stations:
        process = station.process
        mean = process.time.mean if process.time else float(np.mean(process.rows))
        lost = sum(f.down.mean / f.up.mean for f in station.failures)
        slowest = max(slowest, mean / station.machines * (1 + lost))
    if line.source.time:
        slowest = max(slowest, line.source.time.mean)
    return 2.0 * slowest * parts / _yield(line) + 3600.0


def _calendar_failures(line: Line, duration: float) -> int:
    modes = [f for s in line.stations for f in s.failures if f.clock == "calendar"]
    most = max((duration / (f.up.mean + f.down.mean) for f in modes), default=0.0)
    return int(most + 5 * np.sqrt(most) + 8) if modes else 0


def _yield(line: Line) -> float:
    return float(np.prod([1 - s.scrap for s in line.stations]) * 0.9 ** any(f.interrupted == "scrapped" for s in line.stations for f in s.failures))
