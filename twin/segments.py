"""A visit cut into stretches of one state of its machine, in clock time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from twin.plan import Shape, calendar_maintenance

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
"""States of a machine; their shares of the window add up to 1.

Names are borrowed from ISO 14955-1, which covers machine tools only."""

FOREVER = 1e18
"""An end [s] that no run reaches."""

MOST_PLANNED = 100
"""Calendar maintenances of one idle machine, beyond two late ones, that a run counts before its next part."""

Rows = dict[str, Any]
Segment = tuple[str, Any, Any, float]


def segments(shape: Shape, rows: Rows, planned: tuple[Any, Any] | None = None) -> list[Segment]:
    """Stretches of one state in each visit: (state, begin, end, sign); a negative sign takes time away again.

    Times are clock times [s] of the shape of the rows, begin <= end. What no segment covers is starved. The very same
    array ends one stretch and begins the next where they touch, so that a caller can join them.

    Args:
        shape: of the line.
        rows: visits [row, station, replication], as NumPy or JAX arrays.
        planned: interval and duration of calendar maintenance [1, station, 1], see `planned_numbers`; for NumPy rows.
    """
    xp: Any = np if isinstance(rows["start"], np.ndarray) else jnp
    start, finish = rows["start"], rows["finish"]
    begin = rows.get("begin", start)
    free = rows.get("maintained", rows.get("repaired", finish))
    found: list[Segment] = [("processing", rows.get("belt_from", begin), finish, 1.0)]
    if shape.setup in ("loaded", "both"):
        found += _set_up(xp, rows, start, begin)
    if "setup_begin" in rows:
        found += _set_up(xp, rows, rows["setup_begin"], rows["setup_end"])
    if "stopped" in rows:
        strike = rows["stopped_from"]
        again = strike + rows["stopped"]
        found += [("down", strike, again, 1.0), ("processing", strike, again, -1.0)]
    if "repaired" in rows:
        found.append(("down", finish, rows["repaired"], 1.0))
    if "maintained" in rows:
        found.append(("maintenance", rows.get("repaired", finish), rows["maintained"], 1.0))
    if planned is not None:
        found += [("maintenance", first, first + planned[1], 1.0) for first in _planned(rows, planned[0])]
    found.append(("blocked", *_blocked(xp, shape, rows, free), 1.0))
    if "wake" in rows:
        # from a saturated source a part arrives when it starts, so the first machine never waits
        asleep = xp.where(rows["asleep"] < 0, rows["arrive"], rows["asleep"])
        found.append(("standby", asleep, rows["arrive"], 1.0))
        found.append(("warmup", rows["arrive"], rows["arrive"] + rows["wake"], 1.0))
    return found


def _set_up(xp: Any, rows: Rows, begin: Any, end: Any) -> list[Segment]:
    """Setup and, where the line has any, the release that ends it."""
    if "released_from" not in rows:
        return [("setup", begin, end, 1.0)]
    between = xp.clip(rows["released_from"], begin, end)
    return [("setup", begin, between, 1.0), ("release", between, end, 1.0)]


def _blocked(xp: Any, shape: Shape, rows: Rows, free: Array) -> tuple[Array, Array]:
    depart = rows["depart"]
    if any(shape.places):  # a conveyor: between two visits, told by the later one
        belt = np.asarray(shape.places)[:, None] > 0
        free = xp.where(belt, rows["belt_done"], free)
        return free, xp.maximum(free, xp.where(belt, rows["belt_held"], depart))
    return free, depart if free is rows["finish"] else xp.maximum(free, depart)


def _planned(rows: Rows, every: np.ndarray) -> list[np.ndarray]:
    """Beginnings of the calendar maintenance before each visit; fields are [row, round, station, replication]."""
    found = []
    for i in range(rows["planned_late"].shape[1]):
        late, second, first, count = (rows[f"planned_{k}"][:, i] for k in ("late", "second", "first", "further"))
        found += [late, second]
        most = count[rows["fixed"]].max(initial=0)
        found += [np.where(count > k, first + k * every, np.inf) for k in range(int(min(most, MOST_PLANNED)))]
    return found


def planned_numbers(shape: Shape, numbers: Mapping[str, Any]) -> tuple[Array, Array] | None:
    """Interval and duration of calendar maintenance [1, station, 1] in seconds; None when no station has any."""
    if not shape.planned:
        return None
    every, length = calendar_maintenance(shape, numbers)
    return jnp.minimum(every, FOREVER)[None], length[None]
