"""What a run adds up: times in each state, counts, work in process, over the measured window.

A visit is cut into `segments`, stretches of one state in clock time; every figure is a sum over segments of a measure of
time: open hours, the price of energy, or the overlap with the 15-minute periods of a load profile. Sums are taken
block by block, so a run needs no memory for its visits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from twin.plan import Shape

STATES = (
    "processing",
    "setup",
    "release",
    "starved",
    "blocked",
    "down",
    "maintenance",
    "planned_stop",
    "standby",
    "warmup",
    "off",
)
"""States of a machine; their shares of the window add up to 1. Names after ISO 14955-1, which covers machine tools only."""

FOREVER = 1e18
"""An end [s] that no run reaches."""

Rows = dict[str, Array]
Measure = Callable[[Array], Array]


def segments(shape: Shape, rows: Rows) -> list[tuple[str, Array, Array, float]]:
    """Stretches of one state in each visit: (state, begin, end, sign); a negative sign takes time away again.

    Times are clock times [s] of the shape of the rows. What no segment covers is starved.
    """
    start, finish, depart = rows["start"], rows["finish"], rows["depart"]
    begin = rows.get("begin", start)
    free = rows.get("maintained", rows.get("repaired", finish))
    found = [("processing", rows.get("belt_from", begin), finish, 1.0)]
    if "loaded" in rows:
        found.append(("setup", start, begin, 1.0))
    if "setup_begin" in rows:
        found.append(("setup", rows["setup_begin"], rows["setup_end"], 1.0))
    if "stopped" in rows:
        strike = rows["stopped_from"]
        found += [("down", strike, strike + rows["stopped"], 1.0), ("processing", strike, strike + rows["stopped"], -1.0)]
    if "repaired" in rows:
        found.append(("down", finish, rows["repaired"], 1.0))
    if "maintained" in rows:
        found.append(("maintenance", rows.get("repaired", finish), rows["maintained"], 1.0))
    if "planned_late" in rows:
        length = rows["planned_length"]
        for first in (rows["planned_late"], rows["planned_second"]):
            found.append(("maintenance", first, first + length, 1.0))
        for k in range(PLANNED):
            first = jnp.where(rows["planned_count"] > k, rows["planned_from"] + k * rows["planned_every"], jnp.inf)
            found.append(("maintenance", first, first + length, 1.0))
    if any(shape.places):
        belt = np.asarray(shape.places)[:, None] > 0
        found.append(("blocked", jnp.where(belt, rows["belt_done"], free), jnp.where(belt, rows["belt_held"], depart), 1.0))
    else:
        found.append(("blocked", free, depart, 1.0))
    if "wake" in rows:
        found.append(("warmup", rows["arrive"], rows["arrive"] + rows["wake"], 1.0))
        found.append(("standby", rows["asleep"], rows["arrive"], 1.0))
    return found


PLANNED = 4
"""Calendar maintenances of one idle machine, beyond two late ones, that are told apart before its next part."""


def empty(shape: Shape, replications: int, measures: int) -> dict[str, Array]:
    """Totals of nothing."""
    by_station = jnp.zeros((shape.stations, replications))
    names = ["produced", "scrapped", "reworked", "wip"]
    totals = {name: by_station for name in names}
    totals |= {name: jnp.zeros(replications) for name in ("good", "lead", "clean", "on_time", "lead_square")}
    totals["states"] = jnp.zeros((measures, len(STATES), shape.stations, replications))
    totals["products"] = jnp.zeros((shape.products, shape.stations, replications))
    totals["good_products"] = jnp.zeros((shape.products, replications))
    if shape.modes:
        totals["failures"] = jnp.zeros((shape.modes, shape.stations, replications))
        totals["repairs"] = jnp.zeros((shape.modes, shape.stations, replications))
    return totals


def account(
    shape: Shape, totals: dict[str, Array], rows: Rows, window: tuple[Array, Array], measured: Array, measures: list[Measure]
) -> dict[str, Array]:
    """Add a block of visits.

    Args:
        shape: of the line.
        totals: sums so far, from `empty`.
        rows: visits [step, station, replication] with `fixed` where there is one.
        window: beginning and end of the measured window [replication], in seconds.
        measured: whether the part that left the line in a row counts [step, replication].
        measures: monotone functions of clock time (of the shape of the rows) that give the weight of the time before it.
    """
    low, high = (jnp.broadcast_to(x, rows["start"].shape[1:])[None] for x in window)
    fixed = rows["fixed"]
    clip = lambda t: jnp.clip(t, low, high)  # noqa: E731
    within = lambda t: fixed & (t > low) & (t <= high)  # noqa: E731
    new = dict(totals)
    sums = {state: [jnp.zeros(())] * len(measures) for state in STATES}
    for state, begin, end, sign in segments(shape, rows):
        begin, end = clip(begin), clip(end)
        end = jnp.maximum(begin, end)
        for k, measure in enumerate(measures):
            sums[state][k] = sums[state][k] + sign * jnp.sum(jnp.where(fixed, measure(end) - measure(begin), 0.0), axis=0)
    zero = jnp.zeros(rows["start"].shape[1:])
    added = jnp.stack([jnp.stack([jnp.broadcast_to(sums[s][k], zero.shape) for s in STATES]) for k in range(len(measures))])
    new["states"] = totals["states"] + added
    finished = within(rows["finish"])
    new["produced"] = totals["produced"] + jnp.sum(finished, axis=0)
    if "scrapped" in rows:
        new["scrapped"] = totals["scrapped"] + jnp.sum(finished & rows["scrapped"], axis=0)
    if "attempts" in rows:
        new["reworked"] = totals["reworked"] + jnp.sum(jnp.where(finished, rows["attempts"] > 1, 0), axis=0)
    new["wip"] = totals["wip"] + jnp.sum(jnp.where(fixed, clip(rows["depart"]) - clip(rows["left"]), 0.0), axis=0)
    last = lambda name: rows[name][:, -1]  # noqa: E731
    lead = jnp.where(measured, last("depart") - last("enter"), 0.0)
    new["good"] = totals["good"] + jnp.sum(measured, axis=0)
    new["lead"] = totals["lead"] + jnp.sum(lead, axis=0)
    new["lead_square"] = totals["lead_square"] + jnp.sum(lead**2, axis=0)
    new["clean"] = totals["clean"] + jnp.sum(measured & last("clean"), axis=0)
    if shape.products > 1:
        kinds = jnp.arange(shape.products).reshape(-1, 1, 1)
        of = lambda x: x[None] == kinds.reshape((-1,) + (1,) * x.ndim)  # noqa: E731
        new["products"] = totals["products"] + jnp.sum(of(rows["product"]) & finished[None], axis=1)
        new["good_products"] = totals["good_products"] + jnp.sum(of(last("product")) & measured[None], axis=1)
    if "hits" in rows:
        struck = jnp.moveaxis(rows["hits"], 1, 0)
        new["failures"] = totals["failures"] + jnp.sum(jnp.where(finished[None], struck, 0), axis=1)
        new["repairs"] = totals["repairs"] + jnp.sum(jnp.where(finished[None], jnp.moveaxis(rows["hit_time"], 1, 0), 0.0), axis=1)
    return new


def needed(shape: Shape, record: Any) -> tuple[str, ...]:
    """Names of the row fields that the totals (and, unless `record` is "kpis", the trace) read."""
    names = ["fixed", "left", "start", "finish", "depart", "enter", "clean", "scrapped", "attempts", "loaded", "begin", "repaired"]
    names += ["setup_begin", "setup_end", "stopped", "stopped_from", "maintained", "wake", "asleep", "hits", "hit_time"]
    names += ["belt_from", "belt_held", "belt_done", "product", "order"]
    names += ["planned_late", "planned_second", "planned_from", "planned_count", "planned_length", "planned_every"]
    if shape.standby or record != "kpis":
        names.append("arrive")
    if not ("early" in shape.setup or "loaded" in shape.setup or shape.setup == "both" or any(shape.places)):
        names.remove("begin")
    if shape.attempts == 1 and record == "kpis":
        names.remove("attempts")
    return tuple(names + ([] if record == "kpis" else ["part", "number", "machine", "work"]))
