"""What figures cannot show: one shift in pictures, from runs of a study's first cases that keep their visits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scenarios.cases import Case
from scenarios.length import Length
from twin.critical import critical_path
from twin.energy import has_power
from twin.figures import Figure
from twin.profile import load_profile
from twin.run import simulate
from twin.trace import Trace
from viz.charts import gantt
from viz.story import story_of

__all__ = ["Pictures", "pictures_of"]

REPLICATIONS = 4
CASES = 4
"""The baseline and so many less one scenarios: a run that keeps its visits needs a program of its own."""
STRETCH = 2 * 3600.0
"""Length of the Gantt chart [s]."""


@dataclass(frozen=True)
class Pictures:
    """One case.

    Attributes:
        name: of the case.
        shares: of the critical path, by station: who holds up the good parts.
        hours: middles of the periods of the load profile [h], and
        power: mean electric power in them [kW]; empty where no power is given.
        gantt: what the machines did in the first hours of the window, as SVG.
    """

    name: str
    shares: Mapping[str, Figure]
    hours: np.ndarray
    power: np.ndarray
    gantt: str


def pictures_of(cases: Sequence[Case], length: Length) -> list[Pictures]:
    """Run the first cases again, keeping visits.

    Args:
        cases: the baseline first; those of another shape than it are left out.
        length: of the study's runs; a few replications of it are made.
    """
    few = replace(length, replications=min(REPLICATIONS, length.replications))
    found = []
    for case in cases[:CASES]:
        if _shape(case) == _shape(cases[0]):
            trace = simulate(case.line, setpoints=case.values, record="all", **few.run)
            begin = float(np.asarray(trace.window[0])[0])
            drawn = gantt(story_of(trace), begin, begin + STRETCH)
            found.append(Pictures(case.name, critical_path(trace).shares, *_load(trace), drawn))
    return found


def _shape(case: Case) -> tuple[object, ...]:
    return tuple((s.name, s.machines, len(s.failures), len(s.standby), len(s.maintenance)) for s in case.line.stations)


def _load(trace: Trace) -> tuple[np.ndarray, np.ndarray]:
    """Quarters of an hour [h], and mean electric power in them over the replications [kW]."""
    if not any(has_power(station) for station in trace.line.stations):
        return np.zeros(0), np.zeros(0)
    profile = load_profile(trace, 900.0)
    if "electricity" not in profile.by_state:
        return np.zeros(0), np.zeros(0)
    power = profile.power("electricity") / 1000
    known = np.isfinite(power).all(axis=1)
    hours = (profile.edges[:-1] + profile.edges[1:]) / 7200
    return hours[known], power[known].mean(axis=1)
