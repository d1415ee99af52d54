"""The highest quarter of an hour of a run: when it is, and which station makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.energy import carriers
from twin.figures import Figure
from twin.kpi import told
from twin.profile import full_periods, load_profile

if TYPE_CHECKING:
    from twin.trace import Trace


@dataclass(frozen=True)
class Peak:
    """The highest electric mean of a full quarter of an hour of clock time in the measured window.

    Attributes:
        power: in kW.
        begin: of the quarter that is the highest most often, clock time [s].
        often: share of the replications in which it is that one.
        station: whose power is above its own mean the most in the highest quarter, on average; None where none is.
        excess: how much, in kW.
    """

    power: Figure
    begin: float
    often: float
    station: str | None
    excess: Figure | None


def peak(trace: Trace) -> Peak | None:
    """The peak of a run that kept its visits; None when no electric power is given or no full quarter was measured.

    Raises:
        ValueError: the run kept no visits.
    """
    trace.need_visits("peak")
    if "electricity" not in carriers(trace.line):
        return None
    profile = load_profile(trace)
    length = np.diff(profile.edges)[:, None]
    full = full_periods(profile.covered, profile.edges)
    if not full.any(axis=0).all():
        return None
    power = np.where(full, profile.energy() / length, -np.inf)
    highest = power.argmax(axis=0)
    each = np.arange(trace.replications)
    quarters, count = np.unique(highest, return_counts=True)
    kilowatts = lambda watts: told(trace, watts / 1000, "kW")  # noqa: E731
    by_station = profile.by_state["electricity"].sum(axis=0)
    then = by_station[:, highest, each] / length[highest, 0]
    excess = then - by_station.sum(axis=1) / profile.covered.sum(axis=0)
    most = int(excess.mean(axis=1).argmax())
    some = excess[most].mean() > 1e-6 * max(1.0, float(power.max()))
    return Peak(
        power=kilowatts(power.max(axis=0)),
        begin=float(profile.edges[quarters[count.argmax()]]),
        often=float(count.max() / trace.replications),
        station=trace.line.stations[most].name if some else None,
        excess=kilowatts(excess[most]) if some else None,
    )
