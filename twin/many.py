"""Lines of one shape side by side in one compiled program: what studies, sweeps and searches run.

All share the random numbers of their replications, so that differences between them are paired. What a line tells does
not depend on the others beside it. Numbers in which the lines agree are there once, so that what follows from these
alone, most of the random draws among it, is computed once for all.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import Any

import jax
import numpy as np

from twin import failures as failing
from twin.advance import advance, conclude
from twin.errors import LineError
from twin.fallback import first_principles
from twin.line import Line
from twin.repeat import repeated
from twin.run import Asked, Prepared, check_window, covered, prepare, simulate_once
from twin.segments import FOREVER
from twin.shape import Shape, grown, shape_of, timeless
from twin.start import keys_of, loop_of
from twin.trace import Trace

__all__ = ["Group", "grouped", "simulate_many"]

Values = Mapping[str, Any]
Apart = tuple[bool, ...]
"""For each leaf of the numbers whether the lines differ in it, so that it has an axis for them."""

_ROOMS = ("window", "near", "strikes", "span", "weeks")


def simulate_many(
    lines: Sequence[Line],
    *,
    values: Sequence[Values] | None = None,
    progress: Callable[[float], None] | None = None,
    **run: Any,
) -> list[Trace]:
    """Simulate lines that differ in numbers only, with common random numbers; each trace keeps KPIs, no visits.

    Args:
        lines: one or more; the same line may come often, with different `values`.
        values: for each line, numbers that replace its own, by path, in SI units.
        progress: called with the finished share of the run after every chunk.
        run: `horizon`, `parts`, `warmup`, `warmup_parts`, `replications`, `seed`, as for `simulate`.

    Returns:
        One trace a line, equal to that of `simulate(line, setpoints=values, record="kpis", ...)` up to rounding.

    Raises:
        ValueError: no line, lines that differ in more than numbers, or a window that is empty.
        LineError: a line cannot be simulated exactly, or cannot deliver so many parts; or a visit lies outside of
            where its process may be trusted, and that is to be refused.

    Example:
        >>> import twin
        >>> line = twin.load_line("reference")
        >>> faster = {"S3.process.time.mean": 0.9}
        >>> runs = simulate_many([line, line], values=[{}, faster], parts=400, replications=2)
        >>> bool((twin.kpis(runs[1])["throughput"] - twin.kpis(runs[0])["throughput"]).mean > 0)
        True
    """
    group = Group(lines, [{}] * len(lines) if values is None else values, **run)
    return group.run(range(len(lines)), progress=progress)


def grouped(lines: Sequence[Line], values: Sequence[Values], **run: Any) -> list[tuple[list[int], Group]]:
    """Lines sorted into groups that run side by side each, and the places of a group's lines among them.

    Args:
        lines: one or more.
        values: for each line, numbers that replace its own, by path, in SI units.
        run: as for `simulate_many`.

    Raises:
        ValueError, LineError: as `Group`.
    """
    ready = _ready(lines, *_asked(values, **run))
    kinds: dict[Hashable, list[int]] = {}
    for place, one in enumerate(ready):
        kinds.setdefault(_key(one), []).append(place)
    pick = lambda things, members: [things[place] for place in members]  # noqa: E731
    return [
        (members, Group(pick(lines, members), pick(values, members), ready=pick(ready, members), **run))
        for members in kinds.values()
    ]


def _asked(
    values: Sequence[Values],
    *,
    horizon: float | None = None,
    parts: int | None = None,
    warmup: float = 0.0,
    warmup_parts: int = 0,
    replications: int = 1,
    seed: int = 0,
) -> tuple[list[Asked], int]:
    """What each line is asked for, and the replications of it."""
    check_window(horizon, parts, warmup, warmup_parts, replications)
    return [Asked(horizon, parts, warmup, warmup_parts, seed, dict(own), "kpis") for own in values], replications


def _ready(lines: Sequence[Line], asked: Sequence[Asked], replications: int) -> list[Prepared]:
    return [prepare(line, own, replications, len(lines)) for line, own in zip(lines, asked, strict=True)]


def _key(ready: Prepared) -> Hashable:
    shape = replace(timeless(ready.plan.shape), ring=0, chain=0)
    leaves, tree = jax.tree.flatten((replace(ready.plan, shape=shape).numbers, ready.metered))
    sizes = tuple((np.shape(leaf), np.asarray(leaf).dtype.name) for leaf in leaves)
    return shape, tree, sizes, replace(ready.span, steps=0, block=0)


class Group:
    """Lines that are alike, made ready together: any so many of them run by the same compiled program.

    Args:
        lines: one or more.
        values: for each line, numbers that replace its own, by path, in SI units.
        like: an earlier group of the same shape whose program to use: with its room, and an axis for the numbers in
            which its lines differ.
        ready: the lines as `prepare` made them, where they are known to be alike.
        run: `horizon`, `parts`, `warmup`, `warmup_parts`, `replications`, `seed`, as for `simulate`.

    Raises:
        ValueError: no line, lines that differ in more than numbers, or a window that is empty.
        LineError: a line cannot be simulated exactly.
    """

    def __init__(
        self,
        lines: Sequence[Line],
        values: Sequence[Values],
        *,
        like: Group | None = None,
        ready: Sequence[Prepared] | None = None,
        **run: Any,
    ) -> None:
        self.asked, self.replications = _asked(values, **run)
        if not lines or len(values) != len(lines):
            raise ValueError(
                f"simulate_many: there are {len(lines)} lines and {len(values)} values. Give one for each."
            )
        self.lines = lines
        if ready is None:
            ready = _ready(lines, self.asked, self.replications)
            if len({_key(one) for one in ready}) > 1:
                rule = "these lines differ in more than numbers"
                raise ValueError(f"simulate_many: {rule}. Sort them with `grouped` first.")
        self._first, self._shape = ready[0], _room(lines, [one.plan.shape for one in ready])
        leaves = [list(map(np.asarray, jax.tree.leaves((one.plan.numbers, one.metered)))) for one in ready]
        columns = list(zip(*leaves, strict=True))
        self._apart: Apart = tuple(any(not np.array_equal(own, column[0]) for own in column) for column in columns)
        self._columns = [
            np.stack(column) if apart else np.broadcast_to(column[0], (len(lines), *column[0].shape))
            for column, apart in zip(columns, self._apart, strict=True)
        ]
        if like is not None:
            self._first = replace(self._first, span=like._first.span)
            self._shape = _wider(self._shape, like._shape)
            self._apart = tuple(map(operator.or_, self._apart, like._apart))

    def run(self, which: Sequence[int], *, progress: Callable[[float], None] | None = None) -> list[Trace]:
        """Simulate some of the lines; a trace is the same whichever others are asked for.

        Args:
            which: their places; one may come often, to fill a program up.
            progress: called with the finished share of the run after every chunk.

        Raises:
            LineError: as `simulate`.
        """
        chosen = np.asarray(which)
        found = self._simulated(chosen, progress)
        return [self._trusted(trace, int(s)) for trace, s in zip(found, chosen, strict=True)]

    def _simulated(self, chosen: np.ndarray, progress: Callable[[float], None] | None) -> list[Trace]:
        """Run chunk after chunk until every station of every line has passed the end."""
        span, window, count = self._first.span, self._first.window, self._first.count
        keys = keys_of(self._shape, self.asked[0].seed, self.replications)
        clocks, own_clocks = self._clocks(chosen, keys)
        side = _Side(self._apart, own_clocks, len(chosen))
        plan, metered = self._numbers(chosen)
        loop = _begun(plan, keys, metered, span, window, count, self.replications, side)
        while True:
            plan, _ = self._numbers(chosen)
            later = _advanced(plan, keys, clocks, span, loop, side)
            short = {name for name, flags in later["carry"]["overflow"].items() if np.asarray(flags).any()}
            if short:
                self._shape = grown(self._shape, short)
                continue
            before, loop = np.asarray(loop["reach"]), later
            end, reach = np.asarray(loop["window"][1]), np.asarray(loop["reach"])
            self._check_times(chosen, reach)
            if progress is not None:
                done = np.asarray(loop["carry"]["out"]) / count[0] if span.by == "parts" else reach / window[1]
                progress(float(np.clip(np.min(done), 0.0, 1.0)))
            if (reach > end[:, None]).all() or (before[:, 0] > end).all():
                break
            if span.by == "parts":
                self._check_delivery(chosen, reach, end, loop["carry"]["out"], count[0])
        own = [_of(clocks[0], s) if own_clocks else clocks[0] for s in range(len(chosen))]
        if self._shape.calendar and any((covered(clock) < end.max()).any() for clock in own):
            self._shape = replace(self._shape, span=2 * self._shape.span, weeks=2 * self._shape.weeks)
            return self._simulated(chosen, progress)
        totals = jax.tree.map(np.asarray, _concluded(plan, clocks, span, loop, side))
        begin, end = (np.asarray(t) for t in loop["window"])
        return [
            Trace(
                line=self.lines[s], shape=self._shape, values=self.asked[s].values, seed=self.asked[s].seed,
                replications=self.replications, by=span.by, record="kpis", totals=_of(totals, k),
                window=(begin[k], end[k]), clock=own[k], plan=self._plan(s),
                complete=np.ones(self.replications, bool),
            )
            for k, s in enumerate(chosen)
        ]  # fmt: skip

    def _numbers(self, chosen: np.ndarray) -> tuple[Any, Any]:
        """Plan and meters of the chosen lines: [line, ...] where the lines of the group differ."""
        leaves = [column[chosen] if own else column[0] for column, own in zip(self._columns, self._apart, strict=True)]
        tree = jax.tree.structure((self._first.plan.numbers, self._first.metered))
        numbers, metered = jax.tree.unflatten(tree, leaves)
        return replace(self._first.plan, shape=self._shape, numbers=numbers), metered

    def _plan(self, s: int) -> Any:
        """The plan of one line."""
        tree = jax.tree.structure((self._first.plan.numbers, self._first.metered))
        numbers, _ = jax.tree.unflatten(tree, [column[s] for column in self._columns])
        return replace(self._first.plan, shape=self._shape, numbers=numbers)

    def _clocks(self, chosen: np.ndarray, keys: Any) -> tuple[Any, bool]:
        """Clocks, and whether each line has its own: so where calendars or breakdowns by the calendar differ."""
        plan, _ = self._numbers(chosen)
        side = _Side(self._apart, own_clocks=False, lines=len(chosen))
        try:
            return _clocks(plan, keys, self.replications, side), False
        except ValueError:  # an output that is to be one for all is not
            return _clocks(plan, keys, self.replications, replace(side, own_clocks=True)), True

    def _check_times(self, chosen: np.ndarray, reach: np.ndarray) -> None:
        if np.isnan(reach).any():
            name = self.lines[chosen[int(np.flatnonzero(np.isnan(reach).any(axis=(1, 2)))[0])]].name
            raise ArithmeticError(f"line {name!r}: a time is not a number; please report this line as a defect.")

    def _check_delivery(self, chosen: np.ndarray, reach: np.ndarray, end: np.ndarray, out: Any, parts: int) -> None:
        """Whether a line has run dry before it has delivered all parts."""
        dry = np.isinf(reach).all(axis=(1, 2)) & (end >= FOREVER).any(axis=1)
        if dry.any():
            s = int(np.flatnonzero(dry)[0])
            name, short = self.lines[chosen[s]].name, int(np.asarray(out)[s].min())
            raise LineError(f"line {name!r}: delivers only {short} of {parts} parts; ask for at most {short} parts.")

    def _trusted(self, trace: Trace, s: int) -> Trace:
        """The trace with those replications repeated on first principles that have to be, as `simulate` does."""
        if not trace.shape.guarded:
            return trace
        line, asked = first_principles(self.lines[s]), self.asked[s]
        return repeated(trace, None, line, lambda numbers, start: simulate_once(line, asked, numbers, start, None))


def _room(lines: Sequence[Line], shapes: Sequence[Shape]) -> Shape:
    """The shape with room for the line that needs most."""
    chain, ring = (_with_buffers(lines, choose) for choose in (min, max))
    return replace(reduce(_wider, shapes), chain=chain.chain, ring=ring.ring)


def _wider(one: Shape, other: Shape) -> Shape:
    """The first shape with room for what fits the other, too."""
    most = {name: max(getattr(one, name), getattr(other, name)) for name in (*_ROOMS, "ring", "chain")}
    closures = 0 if 0 in (one.closures, other.closures) else max(one.closures, other.closures)  # 0: all of them
    return replace(one, closures=closures, **most)


def _with_buffers(lines: Sequence[Line], choose: Any) -> Shape:
    """The shape of the first line with the smallest or largest buffers that any has."""
    rooms = zip(*([station.buffer for station in line.stations] for line in lines), strict=True)
    pairs = zip(lines[0].stations, map(choose, rooms), strict=True)
    return shape_of(replace(lines[0], stations=tuple(replace(station, buffer=room) for station, room in pairs)))


def _of(tree: Any, s: int) -> Any:
    return jax.tree.map(lambda leaf: leaf[s], tree)


@dataclass(frozen=True)
class _Side:
    """What has an axis for the lines, which is the first."""

    apart: Apart
    own_clocks: bool
    lines: int

    def axes(self, plan: Any, metered: Any = None) -> tuple[Any, Any]:
        """For `vmap`: 0 where the lines differ, None where they agree."""
        count = len(jax.tree.leaves(plan))
        first, second = ([0 if own else None for own in flags] for flags in (self.apart[:count], self.apart[count:]))
        return _filled(plan, first), None if metered is None else _filled(metered, second)

    @property
    def clock(self) -> int | None:
        """The same for clocks."""
        return 0 if self.own_clocks else None


def _filled(tree: Any, leaves: list[Any]) -> Any:
    return jax.tree.unflatten(jax.tree.structure(tree), leaves)


@partial(jax.jit, static_argnames=("replications", "side"))
def _clocks(plan: Any, keys: Any, replications: int, side: _Side) -> Any:
    def one(plan: Any) -> Any:
        return failing.clock_of(plan, keys, replications)

    return jax.vmap(one, in_axes=side.axes(plan)[:1], out_axes=side.clock, axis_size=side.lines)(plan)


@partial(jax.jit, static_argnames=("span", "window", "count", "replications", "side"))
def _begun(
    plan: Any, keys: Any, metered: Any, span: Any, window: Any, count: Any, replications: int, side: _Side
) -> Any:
    def one(plan: Any, metered: Any) -> Any:
        return loop_of(plan, keys, span, window, count, replications, metered)

    loop = jax.vmap(one, in_axes=side.axes(plan, metered), axis_size=side.lines)(plan, metered)
    first = loop["carry"] | {"step": loop["carry"]["step"][0]}
    return loop | {"carry": first, "asked": loop["asked"][0]}


def _loop_axes(loop: dict[str, Any]) -> dict[str, Any]:
    """All lines are at the same step, which is there once: an index that differed by line would be slow."""
    return dict.fromkeys(loop, 0) | {"carry": dict.fromkeys(loop["carry"], 0) | {"step": None}, "asked": None}


@partial(jax.jit, static_argnames=("span", "side"))
def _advanced(plan: Any, keys: Any, clocks: Any, span: Any, loop: Any, side: _Side) -> Any:
    def one(plan: Any, clock: Any, loop: Any) -> Any:
        return advance(plan, keys, *clock, span, loop)[0]

    axes = _loop_axes(loop)
    return jax.vmap(one, in_axes=(side.axes(plan)[0], side.clock, axes), out_axes=axes)(plan, clocks, loop)


@partial(jax.jit, static_argnames=("span", "side"))
def _concluded(plan: Any, clocks: Any, span: Any, loop: Any, side: _Side) -> Any:
    def one(plan: Any, clock: Any, loop: Any) -> Any:
        return conclude(plan, clock[0], span, loop)[0]

    return jax.vmap(one, in_axes=(side.axes(plan)[0], side.clock, _loop_axes(loop)))(plan, clocks, loop)
