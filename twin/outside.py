"""Visits that lie outside of where their process may be trusted: how many, where, for which inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np

from twin.behave import watched
from twin.errors import LineError, shown
from twin.timesheet import is_traced

if TYPE_CHECKING:
    from twin.trace import Trace

__all__ = ["Outside", "StationOutside", "refuse", "visits_outside"]


@dataclass(frozen=True)
class StationOutside:
    """Visits of one station outside of where its process may be trusted, before any replication was repeated.

    Attributes:
        policy: what is done about them: "first principles", "refuse" or "flag".
        window: those that finished in the measured window [replication].
        run: all of the run, warm-up included; these decide which replications are repeated [replication].
        inputs: input that the process watches -> visits of the run in which it alone is outside [replication].
    """

    policy: str
    window: Any
    run: Any
    inputs: Mapping[str, Any]


@dataclass(frozen=True)
class Outside:
    """Visits outside of where their process may be trusted.

    Attributes:
        stations: those with a guarded process, by name.
        repeated: which replications run on first principles therefore [replication].
    """

    stations: Mapping[str, StationOutside]
    repeated: Any

    def to_json(self) -> dict[str, Any]:
        """Counts in all replications together, and how many replications were repeated."""
        total = lambda counts: int(np.sum(np.asarray(counts)))  # noqa: E731
        stations = {
            name: {
                "policy": found.policy,
                "visits": total(found.window),
                "visits_of_run": total(found.run),
                "replications": total(np.asarray(found.run) > 0),
                "inputs": {key: total(counts) for key, counts in found.inputs.items()},
            }
            for name, found in self.stations.items()
        }
        return {"stations": stations, "repeated": total(self.repeated)}


def visits_outside(trace: Trace) -> Outside | None:
    """Count the visits of a run that lie outside of where their process may be trusted.

    Args:
        trace: of any run.

    Returns:
        The counts by station, traced when the run is; None when no process of the line is guarded.

    Example:
        >>> import twin
        >>> visits_outside(twin.simulate(twin.load_line("reference"), parts=20)) is None
        True
    """
    if not trace.plan.shape.guarded:
        return None
    xp: Any = jnp if is_traced(trace) else np
    count = lambda name, m: xp.asarray(trace.totals[name])[m]  # noqa: E731
    stations = {}
    for m, station in enumerate(trace.line.stations):
        cls = type(station.process.behaviour)
        if station.process.behaviour is not None and cls.guarded:
            inputs = {name: count(f"stray/{name}", m) for name in watched(cls)}
            counts = (count("outside", m), count("outside_run", m))
            stations[station.name] = StationOutside(station.process.outside, *counts, inputs)
    none = np.zeros(trace.replications, bool)
    return Outside(stations, none if trace.repeated is None else trace.repeated)


def refuse(trace: Trace) -> None:
    """Nothing, unless a station that refuses visits outside of where its process may be trusted has some.

    Raises:
        LineError: names the station, how many visits, which inputs where they are known, and the remedy.
    """
    found = visits_outside(trace)
    for name, own in (found.stations if found else {}).items():
        if own.policy != "refuse" or not own.run.any():
            continue
        strays = {key: int(counts.sum()) for key, counts in own.inputs.items() if counts.sum()}
        inputs = f" ({', '.join(f'{key} in {count}' for key, count in strays.items())})" if strays else ""
        visits = f"{int(own.run.sum())} visits in {int((own.run > 0).sum())} of {trace.replications} replications"
        raise LineError(
            f"station {name!r}: {visits} lie outside of where its process may be trusted{inputs}; outside is "
            f"{shown(own.policy)}. Use outside = 'first principles' to repeat these replications, or keep its inputs "
            "inside."
        )
