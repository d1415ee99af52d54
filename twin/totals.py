"""What a run adds up: times in each state, counts, work in process, over the measured window.

A visit is cut into `segments`, stretches of one state in clock time; every figure is a sum over segments of a measure
of time: open hours, the price of energy, or the overlap with the periods of a load profile. Sums are taken block by
block, so a run needs no memory for its visits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from twin.anywhere import anywhere
from twin.asleep import sleeps
from twin.behave import watched
from twin.plan import Shape
from twin.segments import FOREVER, MOST_PLANNED, STATES, Rows, Segment, segments

Measure = Callable[[Array], Array]


def empty(shape: Shape, replications: int, measures: int, meters: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Totals of nothing.

    Args:
        shape: of the line.
        replications: how many.
        measures: of time: open hours and, where price or CO2 of electricity change, theirs.
        meters: further totals that the line needs for its energy, from `twin.energy.meters`.
    """
    by_station = jnp.zeros((shape.stations, replications))
    totals: dict[str, Any] = dict.fromkeys(("produced", "scrapped", "reworked", "wip"), by_station)
    totals |= {name: jnp.zeros(replications) for name in ("good", "lead", "clean")}
    totals["states"] = jnp.zeros((measures, len(STATES), shape.stations, replications))
    totals["products"] = jnp.zeros((shape.products, shape.stations, replications))
    totals["good_products"] = jnp.zeros((shape.products, replications))
    if shape.modes:
        totals["failures"] = jnp.zeros((shape.modes, shape.stations, replications))
        totals["repairs"] = jnp.zeros((shape.modes, shape.stations, replications))
    if shape.guarded:
        totals |= dict.fromkeys(("outside", "outside_run"), by_station) | dict.fromkeys(strays(shape), by_station)
        totals["outside_since"] = jnp.full(replications, -jnp.inf)
    if shape.causes:
        totals["found"] = jnp.zeros((len(shape.causes) + 1, shape.stations, replications))
        totals["made"] = totals["escaped"] = jnp.zeros((len(shape.causes) + 1, replications))
        totals["delay"] = jnp.zeros((len(shape.causes) + 1, replications))
    return totals | dict(meters or {})


def account(
    shape: Shape,
    totals: dict[str, Any],
    rows: Rows,
    window: tuple[Array, Array],
    measured: Array,
    measures: list[Measure],
    planned: tuple[Array, Array] | None = None,
    after: Array | None = None,
) -> dict[str, Any]:
    """Add a block of visits.

    Args:
        shape: of the line.
        totals: sums so far, from `empty`.
        rows: visits [row, station, replication] with `fixed` where there is one.
        window: beginning and end of the measured window [replication], in seconds.
        measured: whether the part that left the line in a row counts [row, replication].
        measures: monotone functions of clock time (shaped like the rows) that give the weight of the time before it.
        planned: interval and duration of calendar maintenance [1, station, 1].
        after: idle time before each level of standby [level, station, 1], see `sleeps`.
    """
    low, high = (jnp.broadcast_to(x, rows["start"].shape[1:])[None] for x in window)
    fixed = rows["fixed"]
    clip = lambda t: jnp.clip(t, low, high)  # noqa: E731
    new = dict(totals)
    names = ("states", "machine_states", "levels", "load")
    timed = {name: totals[name] for name in totals if name in names or "/" in name}
    asleep = sleeps(rows, after) if "levels" in totals else []
    timed = _timed(shape, timed, rows, segments(shape, rows) + asleep, clip, measures)
    if planned is not None:
        timed = _upkeep(shape, timed, rows, planned, clip, measures)
    new |= timed
    if "overrun" in totals:
        new["overrun"] = _overrun(shape, totals["overrun"], rows, window)
    finished = fixed & (rows["finish"] > low) & (rows["finish"] <= high)
    new |= _counts(shape, totals, rows, finished, measured)
    if shape.guarded:
        new |= _outside(shape, totals, rows, finished, high)
    new["wip"] = totals["wip"] + jnp.sum(jnp.where(fixed, clip(rows["depart"]) - clip(rows["left"]), 0.0), axis=0)
    return new


def _timed(
    shape: Shape, totals: dict[str, Any], rows: Rows, stretches: list[Segment], clip: Measure, measures: list[Measure]
) -> dict[str, Any]:
    """Add stretches of time to the states of the stations and machines and to the load profile."""
    fixed = rows["fixed"]
    new = dict(totals)
    by_station = lambda x: jnp.sum(jnp.where(fixed, x, 0.0), axis=0)  # noqa: E731
    new["states"] = totals["states"] + _by_state(stretches, clip, measures, by_station)
    levels = [state for state, *_ in stretches if state.startswith("standby/")]
    if levels and "machine_states" not in totals:
        new["levels"] = totals["levels"] + _by_state(stretches, clip, measures, by_station, levels)[:, :, :, None]
    if "machine_states" in totals:
        mine = fixed[:, :, None] & (rows["machine"][:, :, None] == jnp.arange(shape.width)[None, None, :, None])
        by_machine = lambda x: jnp.sum(jnp.where(mine, x[:, :, None], 0.0), axis=0)  # noqa: E731
        new["machine_states"] = totals["machine_states"] + _by_state(stretches, clip, measures, by_machine)
        if levels:
            new["levels"] = totals["levels"] + _by_state(stretches, clip, measures, by_machine, levels)
    working = [stretch for stretch in stretches if stretch[0] == "processing"]
    for name in (name for name in totals if name.startswith("power/") and working):
        own = lambda x, watts=rows[name]: by_station(watts * x)  # noqa: E731
        new[name] = totals[name] + _by_state(working, clip, measures, own)[:, STATES.index("processing")]
    if "load" in totals:
        new["load"] = metered(shape, totals["load"], rows, stretches, clip, measures[0])
    return new


def _upkeep(
    shape: Shape,
    totals: dict[str, Any],
    rows: Rows,
    planned: tuple[Array, Array],
    clip: Measure,
    measures: list[Measure],
) -> dict[str, Any]:
    """Add the calendar maintenance before the visits, one after the other, since few of them are there at all."""
    every, length = planned
    late, second, first, count = (
        jnp.moveaxis(jnp.where(rows["fixed"][:, None], rows[f"planned_{name}"], never), 1, 0)
        for name, never in (("late", jnp.inf), ("second", jnp.inf), ("first", jnp.inf), ("further", 0.0))
    )

    def add(totals: dict[str, Any], begin: Array) -> dict[str, Any]:
        return _timed(shape, totals, rows, [("maintenance", begin, begin + length, 1.0)], clip, measures)

    def add_some(totals: dict[str, Any], begin: Array) -> tuple[dict[str, Any], None]:
        return lax.cond(anywhere(begin < FOREVER), add, lambda totals, _: totals, totals, begin), None

    def add_further(totals: dict[str, Any], k: Array) -> tuple[dict[str, Any], None]:
        begins = jnp.where(count > k, first + k * every[None], jnp.inf)
        return lax.scan(add_some, totals, begins)[0], None

    totals = lax.scan(add_some, totals, jnp.concatenate([late, second]))[0]
    return lax.cond(
        anywhere(count > 0),
        lambda totals: lax.scan(jax.checkpoint(add_further), totals, jnp.arange(MOST_PLANNED, dtype=float))[0],
        lambda totals: totals,
        totals,
    )


def _overrun(shape: Shape, overrun: Array, rows: Rows, window: tuple[Array, Array]) -> Array:
    """Keep the last repair and maintenance after a visit that was counted before the window was known.

    A run by parts knows its window only afterwards. Everything else about a visit is over by then, but a machine may be
    under repair for longer; `twin.timesheet` takes off what was counted too much.

    Args:
        shape: of the line.
        overrun: latest finish, end of repair and end of maintenance [phase, moment, station, machine, replication]: of
            the visits counted before the beginning of the window was known, and of those before its end.
        rows: a block of visits.
        window: beginning and end [replication] as far as they are known.
    """
    finish = rows["finish"]
    repaired = rows.get("repaired", finish)
    moments = jnp.stack([finish, repaired, rows.get("maintained", repaired)])
    begun, ended = (t < FOREVER for t in window)
    phase = jnp.stack([jnp.broadcast_to(~begun, ended.shape), begun & ~ended])
    there = rows["fixed"] & jnp.isfinite(finish)
    slots = jnp.arange(shape.width)[None, None, :, None]
    mine = there[:, :, None] & (rows["machine"][:, :, None] == slots if "machine" in rows else slots == 0)
    found = jnp.max(jnp.where(mine[None], moments[:, :, :, None], -jnp.inf), axis=1)
    return jnp.maximum(overrun, jnp.where(phase[:, None, None, None], found[None], -jnp.inf))


def _by_state(
    stretches: list[Segment], clip: Measure, measures: list[Measure], add: Measure, states: Sequence[str] = STATES
) -> Array:
    """Weight of the time in every state [measure, state, station, ...], zero for states that have no stretch."""
    moments = {id(t): t for _, *pair, _ in stretches for t in pair}
    place = {key: k for k, key in enumerate(moments)}
    stacked = jnp.stack([jnp.broadcast_to(clip(t), jnp.shape(stretches[0][1])) for t in moments.values()])
    found: dict[tuple[int, str], Array] = {}
    for k, measure in enumerate(measures):
        weight = jax.vmap(measure)(stacked)
        for state, begin, end, sign in stretches:
            time = weight[place[id(end)]] - weight[place[id(begin)]]
            found[k, state] = found.get((k, state), 0.0) + sign * add(time)
    zero = jnp.zeros_like(next(iter(found.values())))
    return jnp.stack([jnp.stack([found.get((k, s), zero) for s in states]) for k in range(len(measures))])


def _counts(shape: Shape, totals: dict[str, Any], rows: Rows, finished: Array, measured: Array) -> dict[str, Array]:
    """Counts of visits that finished in the window, and of good parts that left the line in it."""
    last = rows["exit"]
    left = rows["depart"][:, -1]
    good = {
        "good": measured,
        "lead": jnp.where(measured, left - last["enter"], 0.0),
        "clean": measured & last["clean"],
    }
    made = {"produced": finished}
    if "scrapped" in rows:
        made["scrapped"] = finished & rows["scrapped"]
    if "attempts" in rows:
        made["reworked"] = finished & (rows["attempts"] > 1)
    new = {name: totals[name] + jnp.sum(value, axis=0) for name, value in (good | made).items()}
    if shape.products > 1:
        kinds = jnp.arange(shape.products)
        of = lambda x: x[None] == kinds.reshape(-1, *[1] * x.ndim)  # noqa: E731
        new["products"] = totals["products"] + jnp.sum(of(rows["product"]) & finished[None], axis=1)
        new["good_products"] = totals["good_products"] + jnp.sum(of(last["product"]) & measured[None], axis=1)
    if shape.causes:
        new |= _defects(shape, totals, rows, finished, measured)
    if "hits" in rows:
        for name, field in (("failures", "hits"), ("repairs", "hit_time")):
            new[name] = totals[name] + jnp.sum(jnp.where(finished[:, None], rows[field], 0), axis=0)
    return new


def _outside(shape: Shape, totals: dict[str, Any], rows: Rows, finished: Array, end: Array) -> dict[str, Array]:
    """Visits outside of where their process may be trusted: in the window, and since the run began, with their inputs.

    A visit of the warm-up bends all that follows, so that those of the whole run decide whether to trust it. A block in
    which all visits are inside costs no more than to see that.
    """
    bits, known = rows["outside"], {name: totals[name] for name in ("outside", "outside_run", *strays(shape))}
    begun = rows["fixed"] & (rows["start"] > totals["outside_since"].reshape(1, 1, -1)) & (rows["start"] < end)

    def add(known: dict[str, Array]) -> dict[str, Array]:
        seen = {"outside": finished & (bits & 1 > 0), "outside_run": begun & (bits & 1 > 0)}
        for name in strays(shape):
            bit = np.zeros((1, shape.stations, 1), np.int32)
            for cls, places in shape.families:
                if (own := name.removeprefix("stray/")) in watched(cls):
                    bit[:, list(places)] = 2 << watched(cls).index(own)
            seen[name] = begun & (bits & bit > 0)
        return {name: count + jnp.sum(seen[name], axis=0) for name, count in known.items()}

    return lax.cond(anywhere(rows["fixed"] & (bits != 0)), add, lambda known: known, known)


def _defects(shape: Shape, totals: dict[str, Any], rows: Rows, finished: Array, measured: Array) -> dict[str, Array]:
    """Defects by cause (0: none known): parts scrapped for them at each station, made, escaped, and how late found."""
    scrapped = finished & rows.get("scrapped", False)
    late = jnp.where(scrapped, rows["finish"] - rows["defect_time"], 0.0)
    maker = np.asarray([-1] + [m for m, _ in shape.causes])
    found, delay, made, escaped = [], [], [], []
    for code in range(len(maker)):
        mine = rows["defect"] == code
        found.append(jnp.sum(scrapped & mine, axis=0))
        delay.append(jnp.sum(jnp.where(mine, late, 0.0), axis=(0, 1)))
        at = maker[code]
        made.append(jnp.sum(finished[:, at] & mine[:, at], axis=0) if code else jnp.zeros(late.shape[2]))
        escaped.append(jnp.sum(measured & (rows["exit"]["defect"] == code), axis=0))
    stacked = {"found": found, "delay": delay, "made": made, "escaped": escaped}
    return {name: totals[name] + jnp.stack(values) for name, values in stacked.items()}


def metered(
    shape: Shape, load: dict[str, Array], rows: Rows, stretches: list[Segment], clip: Measure, opened: Measure
) -> dict[str, Array]:
    """Add the power of a block of visits to the load profile of the window.

    A stretch of power P from a to b adds P (O(T) - O(a)) to the energy up to any later T, and takes P (O(T) - O(b)) off
    again from b on, where O is open time. So each moment at which the power changes by D is noted in its period:
    D (O(T) - O(t)) for the period's own end T, and D for all periods after it. Only the difference to a starved machine
    counts.

    Args:
        shape: of the line.
        load: `noted` [line, (energy, power)], `watts` [state, station, machine or 1], `begin` and `period` [s]; where
            levels of standby have powers, `levels` [level, station, machine or 1], what they take beyond the state.
        rows: a block of visits.
        stretches: its `segments`.
        clip: cuts times off at the window.
        opened: open time before a clock time.
    """
    replications = rows["start"].shape[-1]
    groups = shape.stations * shape.width if shape.calendar else 1
    bins = load["noted"].shape[0] // (groups * replications)
    station = jnp.arange(shape.stations)[None, :, None]
    machine = rows.get("machine", jnp.zeros_like(station))
    group = station * shape.width + machine if shape.calendar else 0
    more = load["watts"] - load["watts"][STATES.index("starved")][None]
    changes: dict[int, tuple[Array, Array | float]] = {}
    for state, begin, end, sign in stretches:
        name, _, level = state.partition("/")
        own = load["levels"][int(level)] if level else more[STATES.index(name)]
        power = sign * (own[:, 0][None, :, None] if own.shape[1] == 1 else own[station, machine])
        if state == "processing":
            power = power + sign * rows.get("power/electricity", 0.0)
        for moment, change in ((begin, power), (end, -power)):
            changes[id(moment)] = (moment, change + changes.get(id(moment), (moment, 0.0))[1])
    whole = rows["start"].shape
    time = jnp.stack([jnp.broadcast_to(clip(moment), whole) for moment, _ in changes.values()])
    by = jnp.stack([jnp.where(rows["fixed"], jnp.broadcast_to(change, whole), 0.0) for _, change in changes.values()])
    number = jnp.clip(jnp.floor((time - load["begin"]) / load["period"]), 0, bins - 1)
    ends = load["begin"] + load["period"] * (number + 1)
    energy = by * (jax.vmap(opened)(ends) - jax.vmap(opened)(time))
    line = number.astype(jnp.int32) + jnp.broadcast_to(group * bins, whole)[None]
    line = line * replications + jnp.arange(replications).reshape(1, 1, 1, -1)
    note = jnp.stack([energy.reshape(-1), by.reshape(-1)], axis=-1)
    noted = load["noted"].at[line.reshape(-1)].add(note, mode="promise_in_bounds")
    return load | {"noted": noted}


def strays(shape: Shape) -> list[str]:
    """Names of the totals of the inputs that guarded processes watch one by one."""
    return sorted({f"stray/{name}" for cls, _ in shape.families for name in watched(cls)})


def needed(shape: Shape, record: Any, meters: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """Names of the row fields that the totals (and, unless `record` is "kpis", the trace) read."""
    names = ["exit", "fixed", "left", "start", "finish", "depart", "product", "scrapped", "attempts", "begin"]
    names += ["setup_begin", "released_from", "setup_end"]
    names += ["stopped", "stopped_from", "repaired", "maintained", "hits", "hit_time"]
    names += ["planned_late", "planned_second", "planned_first", "planned_further", "wake", "asleep"]
    names += ["belt_from", "belt_held", "belt_done"]
    if shape.standby or record != "kpis":
        names.append("arrive")
    if shape.setup not in ("loaded", "both") and not any(shape.places):
        names.remove("begin")
    if not shape.attempts and record == "kpis":
        names.remove("attempts")
    names += [name for name in (meters or {}) if name.startswith("power/")]
    if shape.guarded:
        names.append("outside")
    if shape.causes:
        names += ["defect", "defect_time"]
    if record != "kpis":
        names += [f"part/{name}" for name in shape.attributes]
        names += sorted({f"condition/{name}" for cls, _ in shape.families for name in cls.condition})
        names += ["part", "order", "enter", "number", "machine", "work"]
    elif set(meters or {}) - set(names) or shape.calendar or shape.served:
        names.append("machine")  # which there is only where parts may overtake
    return tuple(names)
