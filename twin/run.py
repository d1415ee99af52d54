"""From a line to a trace: chunks of steps until the window is measured.

A run is `parts` long (until so many good parts have left) or `horizon` long. Where a visit lies outside of where its
process may be trusted, its replication is run again with first principles (`twin.repeat`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.core import Tracer

from twin import failures as failing
from twin.advance import advance, conclude, concluded
from twin.clock import WEEK
from twin.energy import meters
from twin.errors import LineError
from twin.fallback import first_principles, is_guarded
from twin.gradient import smooth_only
from twin.guess import (
    calendar_failures,
    closures_ahead,
    doubled,
    expected_yield,
    failures_ahead,
    mean_times,
    rough_duration,
    rough_visits,
    strikes_in_a_visit,
)
from twin.line import Line
from twin.plan import Plan, grown
from twin.plan import plan as make_plan
from twin.repeat import not_refused, repeated
from twin.segments import FOREVER
from twin.shape import timeless
from twin.start import Span, keys_of, loop_of
from twin.state import State
from twin.totals import needed
from twin.trace import Trace

STEPS = 256
"""Steps in a chunk, unless the line is so long that a part needs more to pass it."""

WIDE, SHORT = 32, 2048
"""From so many replications side by side on, and up to so many parts, a chunk has a quarter of these steps: what is
done after the end then costs more than a further chunk."""

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
        progress: called with the finished share of the run after every chunk; a repetition begins at zero again.

    Replications with a visit outside of where a guarded process may be trusted are repeated with first principles, on
    the same random numbers, or the run is refused: `Process.outside` of the station says which. A run that JAX
    transforms cannot look at its flags. Its figures are those of the guarded processes alone, with the visits
    concerned in `totals["outside_run"]`; with "refuse" those of a replication concerned are NaN.

    Returns:
        The trace: visits, totals of the measured window, last state.

    Raises:
        TypeError: a time is a text; in Python times are seconds.
        ValueError: neither or both of `horizon` and `parts`, or a window that is empty.
        LineError: the line cannot be simulated exactly, or cannot deliver so many parts; or a visit lies outside of
            where its process may be trusted, and that is to be refused.
        GradientError: a derivative with respect to something that fixed random numbers cannot show.
    """
    check_window(horizon, parts, warmup, warmup_parts, replications)
    values = dict(setpoints or {})
    if parts is None:
        values = {path: smooth_only(jnp.asarray(value, float), _HORIZON) for path, value in values.items()}
    asked = Asked(horizon, parts, warmup, warmup_parts, seed, values, record)
    trusted = first_principles(line) if is_guarded(line) else line
    trace = simulate_once(line, asked, np.arange(replications), state, progress)
    if not trace.shape.guarded:
        return trace
    if trace.state is None:
        return not_refused(trace)
    return repeated(
        trace, state, trusted, lambda numbers, start: simulate_once(trusted, asked, numbers, start, progress)
    )


@dataclass(frozen=True)
class Asked:
    """What a run was asked for, see `simulate`; `values` are its setpoints."""

    horizon: float | None
    parts: int | None
    warmup: float
    warmup_parts: int
    seed: Any
    values: dict[str, Any]
    record: Any

    @property
    def by(self) -> str:
        """What ends the run: "parts" or "time"."""
        return "time" if self.parts is None else "parts"

    @property
    def kept(self) -> str:
        """Whose visits the loop hands out: "all" or "kpis" (none)."""
        return self.record if self.record in ("all", "kpis") else "all"


@dataclass(frozen=True)
class Prepared:
    """A line made ready for a run.

    Attributes:
        plan: with as much room as the run will need, by guess.
        span: how long it is.
        window: beginning and end of the measured window [s], as far as they are known.
        count: good parts to make, and of these to warm up.
        metered: further totals (see `twin.energy.meters`).
        traced: whether JAX transforms the run.
    """

    plan: Plan
    span: Span
    window: tuple[float, float]
    count: tuple[int, int]
    metered: dict[str, Any]
    traced: bool


def prepare(line: Line, asked: Asked, replications: int, lines: int = 1) -> Prepared:
    """Make a line ready for a run, with others side by side; raises as `simulate` does."""
    prepared = make_plan(line, asked.values)
    shape = prepared.shape
    traced = any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves((prepared, asked.seed)))
    means = mean_times(line)
    block = max(BLOCK, _multiple(shape.offset[-1] + shape.width + 2, 8))
    visits = asked.parts or rough_visits(line, means, asked.horizon or 0.0)
    chunk = STEPS // 4 if not traced and lines * replications >= WIDE and visits <= SHORT else STEPS
    steps = _multiple(max(chunk, shape.offset[-1] + 2 * sum(shape.machines) + 8), block)
    room = {"window": failures_ahead(line, means, steps), "near": failures_ahead(line, means, block)}
    room["strikes"] = strikes_in_a_visit(line, means)
    if not traced:
        room["closures"] = closures_ahead(line, means, block)
    if shape.calendar:
        rough = asked.horizon if asked.horizon is not None else rough_duration(line, asked.parts or 0)
        room |= {"span": calendar_failures(line, rough), "weeks": doubled(2 * rough / WEEK + 1)}
    shape = replace(shape, **room)
    by, kept = asked.by, asked.kept
    window = (float(asked.warmup), FOREVER if asked.horizon is None else float(asked.horizon))
    counted = {"measures": 1 + len(prepared.numbers["tariff"]), "profile": by == "time" and kept == "kpis"}
    metered = meters(line, asked.values, shape, replications=replications, window=window, **counted)
    span = Span(by, asked.warmup_parts > 0, needed(shape, kept, metered), steps, block, kept == "all")
    count = (asked.parts or 0, asked.warmup_parts)
    return Prepared(replace(prepared, shape=shape), span, window, count, metered, traced)


def _multiple(least: int, of: int) -> int:
    """The first multiple of `of` from `least` on."""
    return -(-least // of) * of


def simulate_once(
    line: Line,
    asked: Asked,
    numbers: np.ndarray,
    state: State | None,
    progress: Callable[[float], None] | None,
) -> Trace:
    """Simulate the replications of these numbers, whatever lies outside of where a process may be trusted."""
    ready = prepare(line, asked, len(numbers))
    shape = ready.plan.shape
    if state is not None and (state.shape != timeless(shape) or state.replications != len(numbers)):
        raise ValueError(
            "simulate: the state is that of another line or number of replications; start it from its own line."
        )
    drawn = keys_of(shape, asked.seed, numbers)
    if ready.traced:
        result = _traced(line, ready, drawn, len(numbers))
    else:
        result = _concrete(line, ready, drawn, len(numbers), state, progress)
    return Trace(
        line=line,
        shape=shape,
        values=asked.values,
        seed=asked.seed,
        replications=len(numbers),
        by=asked.by,
        record=asked.record,
        **result,
    )


def _concrete(
    line: Line,
    ready: Prepared,
    keys: Any,
    replications: int,
    state: State | None,
    progress: Callable[[float], None] | None,
) -> dict[str, Any]:
    """Run chunk after chunk until every station has passed the end; draw more failures ahead where they run out."""
    plan, span, window, asked = ready.plan, ready.span, ready.window, ready.count
    shape = plan.shape
    clock, strikes = (_clocks if shape.calendar else failing.clock_of)(plan, keys, replications)
    loop = loop_of(plan, keys, span, window, asked, replications, ready.metered)
    if state is not None:
        loop |= {"carry": state.carry, "window": (jnp.maximum(loop["window"][0], state.time), loop["window"][1])}
        if shape.guarded:
            loop["totals"] |= {"outside_since": jnp.asarray(state.time)}
    blocks, marks = [], []
    while True:
        later, rows = advance(plan, keys, clock, strikes, span, loop)
        short = {name for name, flags in later["carry"]["overflow"].items() if np.asarray(flags).any()}
        if short:
            plan = replace(plan, shape=grown(plan.shape, short))
            continue
        marks.append(loop["carry"])
        before, loop = np.asarray(loop["reach"]), later
        if span.kept:
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
    if shape.calendar and bool(np.any(covered(clock) < end.max())):
        wider = replace(plan, shape=replace(shape, span=2 * shape.span, weeks=2 * shape.weeks))
        return _concrete(line, replace(ready, plan=wider), keys, replications, state, progress)
    totals, pending = concluded(plan, clock, span, loop)
    if span.kept and pending:
        blocks.append(jax.tree.map(np.asarray, pending))
    last = State(timeless(shape), replications, end, _recent(marks, end)[0])
    return {
        "totals": jax.tree.map(np.asarray, totals), "window": loop["window"], "blocks": blocks,
        "clock": clock, "plan": plan,
        "complete": np.ones(replications, bool), "state": last, "since": None if state is None else state.time,
    }  # fmt: skip


def _recent(marks: list[dict[str, Any]], end: np.ndarray) -> list[dict[str, Any]]:
    """The last of these states in which nothing has yet left any station after `end`, and those that follow it."""
    usable = [k for k, carry in enumerate(marks) if bool((np.asarray(carry["departed"]) <= end).all())]
    return marks[usable[-1] if usable else 0 :]


def covered(clock: Any) -> np.ndarray:
    """Until when the calendar failures drawn reach [station, machine, replication]."""
    begin = np.asarray(clock.begin)
    return np.max(
        np.where(np.isfinite(begin), begin, np.where(np.isfinite(begin).any(axis=0), -np.inf, FOREVER)), axis=0
    )


def _traced(line: Line, ready: Prepared, keys: Any, replications: int) -> dict[str, Any]:
    """A run of fixed length, differentiable and vectorisable: enough chunks for a line that is full when it ends."""
    plan, span, window, asked = ready.plan, ready.span, ready.window, ready.count
    shape = plan.shape
    if span.by == "time":
        raise NotImplementedError
    inside = sum(s.buffer + s.machines for s in line.stations) + shape.offset[-1] + 2 * sum(shape.machines)
    steps = int(asked[0] / expected_yield(line) * (1.2 if shape.scrap else 1.0)) + inside + (64 if shape.scrap else 0)
    clock, strikes = failing.clock_of(plan, keys, replications)
    chunk = jax.checkpoint(lambda loop, _: (advance(plan, keys, clock, strikes, span, loop)[0], None))
    loop, _ = lax.scan(
        chunk,
        loop_of(plan, keys, span, window, asked, replications, ready.metered),
        None,
        length=-(-steps // span.steps),
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


_clocks = jax.jit(failing.clock_of, static_argnames="replications")


def check_window(horizon: Any, parts: Any, warmup: float, warmup_parts: int, replications: int) -> None:
    """Nothing, unless a run is asked for that has no window, see `simulate`."""
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
