"""What the throughput waited for: the critical path of a run, and the bottleneck.

Every start, finish and departure is the maximum of a few earlier moments, plus a time. Followed backward from the last
good part, always to the term that won, they make one unbroken chain, the critical path. A station's share of it is the
derivative of the length of the run with respect to a factor on its times (infinitesimal perturbation analysis; Ho and
Cao, Perturbation Analysis of Discrete Event Dynamic Systems, 1991), while failures strike the same visits and every
decision stays. The station with the largest share is the bottleneck.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.figures import Figure
from twin.kpi import told
from twin.links import DEPART, FINISH, NONE, START, Visits, waited_for
from twin.ramp import ramp

if TYPE_CHECKING:
    from twin.trace import Trace

SPENT = ("processing", "setup", "down", "maintenance", "warmup", "transport", "planned_stop", "source")
"""What a path is made of: states of a station, transport to it, and at the first one what the source lets it wait."""


Closed = Callable[[np.ndarray, np.ndarray], np.ndarray]
Parts = dict[str, np.ndarray]


@dataclass(frozen=True)
class CriticalPath:
    """The critical path of the measured window, from good part to good part.

    Attributes:
        seconds: each of `SPENT` -> seconds on the path [station, replication].
        length: sum of all of them [replication], seconds.
        shares: station, or "source" unless that is saturated -> its share of the path, planned stops left out.
        elasticity: station -> by how much, relatively, the throughput changes with its process times, to first order:
            minus the share of its processing.
    """

    seconds: Mapping[str, np.ndarray]
    length: np.ndarray
    shares: Mapping[str, Figure]
    elasticity: Mapping[str, Figure]

    @property
    def bottleneck(self) -> str:
        """The station, or "source", with the largest share."""
        return max(self.shares, key=lambda name: np.nan_to_num(float(self.shares[name].mean), nan=-1.0))

    def to_json(self) -> dict[str, Any]:
        """Share and elasticity by name, null when not known."""
        told = lambda figures: {name: figure.to_json() for name, figure in figures.items()}  # noqa: E731
        return {"shares": told(self.shares), "elasticity": told(self.elasticity)}


def critical_path(trace: Trace) -> CriticalPath:
    """Follow the critical path of a run back from its last good part.

    The path of the part with which measuring began is taken off again, so that what is left is the derivative of the
    measured length: of a run by parts D_N - D_W; of a run by time from the last good part before the window to the
    last one in it.

    Of equal terms the machine's own comes first. Where closed hours delay a start, nothing before them mattered; the
    path goes on to what brought the part all the same, and the delay is a planned stop.

    Args:
        trace: of a run that kept its visits.

    Raises:
        ValueError: the run kept no visits.
    """
    trace.need_visits("critical_path")
    visits = Visits.of(trace)
    before = waited_for(visits)
    weight = np.zeros(len(before), np.int64)
    first, last = _ends(trace, visits)
    for ends, sign in ((last, 1), (first, -1)):
        moments = ends
        while (moments := moments[moments >= 0]).size:
            weight[moments] += sign  # one walker in each replication, so that no moment comes twice
            moments = before[moments]
    seconds = _spent(trace, visits, before, weight)
    length = np.maximum(visits.time(last), 0.0) - np.maximum(visits.time(first), 0.0)
    names = [station.name for station in trace.line.stations]
    path = length - seconds["planned_stop"].sum(axis=0)

    def share(part: np.ndarray) -> Figure:
        values = np.divide(part, path, out=np.full(path.shape, np.nan), where=path > 0)
        return told(trace, values)

    own = np.sum([seconds[what] for what in SPENT if what not in ("planned_stop", "source")], axis=0)
    shares = {name: share(own[m]) for m, name in enumerate(names)}
    if trace.line.source.mode != "saturated":
        shares["source"] = share(seconds["source"].sum(axis=0))
    return CriticalPath(seconds, length, shares, {n: share(-seconds["processing"][m]) for m, n in enumerate(names)})


def _ends(trace: Trace, visits: Visits) -> tuple[np.ndarray, np.ndarray]:
    """Departures of the last good part before the window and of the last one in it [replication]; NONE without."""
    mine = (visits.station == len(visits.machines) - 1) & ~visits["scrapped"]
    found = []
    for end in trace.window:
        there = np.flatnonzero(mine & (visits["depart"] <= np.asarray(end)[visits.replication]))
        latest = np.full(trace.replications, NONE)
        np.maximum.at(latest, visits.replication[there], there)  # visits stand in order of departure
        found.append(np.where(latest >= 0, 3 * latest + DEPART, NONE))
    return found[0], found[1]


def _spent(trace: Trace, visits: Visits, before: np.ndarray, weight: np.ndarray) -> dict[str, np.ndarray]:
    """What the steps of the path are made of: each of `SPENT` -> seconds [station, replication]."""
    total = {what: np.zeros((len(visits.machines), trace.replications)) for what in SPENT}
    weekly = ramp(trace.plan.numbers["closed"], np.zeros((0, 3))) if trace.plan.shape.shifts else None

    def closed(begin: np.ndarray, end: np.ndarray) -> np.ndarray:
        return (end - begin) - (weekly.at(end) - weekly.at(begin)) if weekly else np.zeros(len(begin))

    on = np.flatnonzero(weight)
    finishes, starts = (on[on % 3 == kind] for kind in (FINISH, START))
    for moments, parts in (
        (finishes, _of_visits(visits, finishes // 3, closed)),
        (starts, _of_starts(trace, visits, starts // 3, before[starts], closed)),
    ):
        visit = moments // 3
        for what, seconds in parts.items():
            place = (visits.station[visit], visits.replication[visit])
            np.add.at(total[what], place, weight[moments] * seconds)
    return total


def _of_visits(visits: Visits, visit: np.ndarray, closed: Closed) -> Parts:
    """From start to finish."""
    start, begin, finish = (visits[name][visit] for name in ("start", "begin", "finish"))
    stopped = visits["stopped"][visit]
    work = np.minimum(visits["work"][visit], finish - begin - stopped)
    rest = finish - begin - stopped - work
    planned = np.minimum(rest, closed(begin, finish))
    return {
        "processing": work,
        "setup": begin - start,
        "down": stopped + rest - planned,  # what no shift explains are the machine's own calendar stops
        "planned_stop": planned,
    }


def _of_starts(trace: Trace, visits: Visits, visit: np.ndarray, cause: np.ndarray, closed: Closed) -> Parts:
    """From what a start waited for to the start: from a departure upstream, or from the machine's visit before."""
    station, start = visits.station[visit], visits["start"][visit]
    last, kind = np.maximum(cause, 0) // 3, np.where(cause < 0, NONE, cause % 3)
    since = np.maximum(visits.time(cause), 0.0)
    came = (cause >= 0) & (last == visits.upstream[visit])
    served = (cause >= 0) & (last == visits.earlier[visit])
    longer = served & (kind == FINISH)
    pitched = served & (kind == START)
    repair = np.where(longer, visits["repaired"][last] - visits["finish"][last], 0.0)
    care = np.where(longer, visits["ready"][last] - visits["repaired"][last], 0.0)
    setup = np.where(served, visits["setup_end"][visit] - visits["setup_begin"][visit], 0.0)
    moved = np.where(came, visits["arrive"][visit] - since, 0.0)
    first = (station == 0) & (cause < 0) & (not visits.saturated)
    source = np.where(first, visits["arrive"][visit] - since, 0.0)
    rest = start - since - repair - care - setup - moved - source
    wake = np.where(served, 0.0, np.minimum(visits["wake"][visit], rest))
    planned = np.minimum(rest - wake, closed(since, start))
    rest = rest - wake - planned
    tasks = np.asarray(trace.plan.shape.maintenance, str).reshape(-1, len(visits.machines)) == "calendar"
    upkeep = ~pitched & tasks.any(axis=0)[station]
    return {
        "processing": np.where(pitched, rest, 0.0),
        "setup": setup,
        "down": repair + np.where(pitched | upkeep, 0.0, rest),
        "maintenance": care + np.where(upkeep, rest, 0.0),
        "warmup": wake,
        "transport": moved,
        "planned_stop": planned,
        "source": source,
    }
