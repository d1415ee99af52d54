"""Levels of standby: when a machine is at which, and what it takes there beyond its power in standby."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from twin.line import Line


def sleeps(rows: Mapping[str, Any], after: Any) -> list[tuple[str, Any, Any, float]]:
    """Stretches of each level of standby before each visit, like `twin.segments.segments`; together they are `standby`.

    Args:
        rows: visits [row, station, replication], as NumPy or JAX arrays, with `asleep`.
        after: idle time [level, station, 1] before each level [s]; infinite where a station has no such level.

    Returns:
        ("standby/0", begin, end, 1) for the lightest level, and so on.
    """
    xp: Any = np if isinstance(rows["start"], np.ndarray) else jnp
    arrive = rows["arrive"]
    asleep = xp.where(rows["asleep"] < 0, arrive, rows["asleep"])
    first = xp.where(xp.isfinite(after[0]), after[0], 0.0)
    moments = [asleep, *(xp.minimum(asleep + (each - first)[None], arrive) for each in after[1:]), arrive]
    return [(f"standby/{k}", *pair, 1.0) for k, pair in enumerate(pairwise(moments))]


def has_level_powers(line: Line) -> bool:
    """Whether a level of standby has a power of its own."""
    return any(level.power for station in line.stations for level in station.standby)


def level_powers(line: Line, carrier: str, standby: Any, values: Mapping[str, Any] | None = None) -> Any:
    """What a machine takes at each level of standby beyond its power in the state "standby".

    Args:
        line: the description.
        carrier: e.g. "electricity".
        standby: power in the state "standby" [station, machine or 1], watts.
        values: powers [W] that replace those of the line, by path, e.g. "S1.standby.1.power.electricity"; may be
            traced.

    Returns:
        Watts [level, station, machine or 1], 0 where a level has no power of its own, negative where it takes less. A
        NumPy array, unless a value is traced.
    """
    values = values or {}
    rows = []
    for k in range(max((len(station.standby) for station in line.stations), default=0)):
        for station, usual in zip(line.stations, standby, strict=True):
            own = station.standby[k].power.get(carrier) if k < len(station.standby) else None
            power = usual if own is None else values.get(f"{station.name}.standby.{k}.power.{carrier}", own)
            rows.append(power - usual)
    xp: Any = jnp if any(isinstance(row, Tracer) for row in rows) else np
    return xp.stack([xp.asarray(row, float) for row in rows]).reshape(-1, *standby.shape)
