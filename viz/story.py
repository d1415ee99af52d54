"""A run as something to look at: where every part is, what every machine does and how its figures go, at any time.

Nothing here draws. Every picture, page and file shows the same story, so none can tell another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np

from twin.courses import Courses
from twin.process import Attribute
from twin.segments import STATES
from twin.trace import Trace
from viz.layout import Layout, lay_out
from viz.motion import tracks_of
from viz.series import Gauge, Series, gauges_of, grid, load_of, series_of
from viz.tracks import Tracks

__all__ = ["Frame", "Story", "story_of"]


@dataclass(frozen=True)
class Frame:
    """One moment.

    Attributes:
        time: seconds from the run's start.
        parts: rows of `Story.tracks.part` that are to be seen [part].
        places: of these, in metres [part, 3].
        looks: 0 a blank, 1 finished, 2 packed [part].
        states: of every machine, numbers in `twin.segments.STATES` [machine].
        progress: how much of the visit on every machine is over, 0 where there is none [machine].
    """

    time: float
    parts: np.ndarray
    places: np.ndarray
    looks: np.ndarray
    states: np.ndarray
    progress: np.ndarray


@dataclass(frozen=True)
class Story:
    """A replication of a run.

    Attributes:
        name: of the line.
        start: local time at its beginning.
        until: its end [s].
        layout: where everything stands.
        tracks: the ways of the parts.
        courses: the states of the machines, in the order of `layout.machines`.
        labels: a name for each machine.
        products: their names, and `product` of each part of `tracks` as a number.
        turns: when each part gets its looks 1 and 2 [part, 2], infinite where it doesn't.
        spoiled: when each part got its defect [part], infinite where it has none, and `cause` as a number in `causes`.
        causes: names of defects, "STATION.cause".
        makes: of each station what its process tells of a part, by name.
        visits: all visits of the replication, column by column (see `twin.snapshot.index`).
        machine: of each visit, by its place in `labels`.
        energy: station -> state -> electricity [kWh]; empty where no power is given.
        prices: times of day at which a price of electricity begins [s].
        series: figures of machines over time, by name.
        gauges: figures of the line over time.
    """

    name: str
    start: datetime
    until: float
    layout: Layout
    tracks: Tracks
    courses: Courses
    labels: tuple[str, ...]
    products: tuple[str, ...]
    product: np.ndarray
    turns: np.ndarray
    spoiled: np.ndarray
    cause: np.ndarray
    causes: tuple[str, ...]
    makes: tuple[Mapping[str, Attribute], ...]
    visits: Mapping[str, np.ndarray]
    machine: np.ndarray
    energy: Mapping[str, Mapping[str, float]]
    prices: tuple[float, ...]
    series: Mapping[str, Series]
    gauges: tuple[Gauge, ...]

    def at(self, time: float) -> Frame:
        """What is to be seen at a moment [s].

        Raises:
            ValueError: the moment lies outside the run.
        """
        if not 0 <= time <= self.until:
            raise ValueError(f"time is {time:g} s; it must lie in the run, from 0 to {self.until:g} s.")
        parts, along = self.tracks.at(time)
        places = self.layout.path.at(along[:, 0], along[:, 1], along[:, 2])
        looks = (self.turns[parts] <= time).sum(axis=1)
        return Frame(time, parts, places, looks, self.courses.at(time), self._progress(time))

    def sample(self, time: float) -> int:
        """Which sample of the series and gauges holds at a moment [s]."""
        times = self._grid
        return int(np.clip(np.searchsorted(times, time, side="right") - 1, 0, len(times) - 1))

    @cached_property
    def _grid(self) -> np.ndarray:
        return grid(self.until)

    def span(self, begin: float, end: float | None, speed: float) -> float:
        """The end of a span of the run [s], which is that of the run where none is given.

        Raises:
            ValueError: the span does not lie in the run, or the speed is not positive.
        """
        end = self.until if end is None else end
        if not (0 <= begin < end <= self.until and speed > 0):
            rule = (
                f"begin {begin:g} s and end {end:g} s must lie in the run, 0 to {self.until:g} s, one after the other"
            )
            raise ValueError(f"{rule}, and speed ({speed:g}) must be more than zero.")
        return end

    def work(self, machine: int) -> tuple[np.ndarray, np.ndarray]:
        """When the visits on a machine start and finish [s], by its place in `labels`; one after the other."""
        first, start, finish = self._work
        own = slice(first[machine], first[machine + 1])
        return start[own], finish[own]

    def _progress(self, time: float) -> np.ndarray:
        found = np.zeros(len(self.labels))
        first, start, finish = self._work
        for j in range(len(found)):
            own = slice(first[j], first[j + 1])
            last = int(np.searchsorted(start[own], time, side="right")) - 1 + first[j]
            if last >= first[j] and time < finish[last]:
                found[j] = (time - start[last]) / (finish[last] - start[last])
        return found

    @cached_property
    def _work(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where the visits of each machine begin, and starts and finishes of all of them."""
        begun = self.visits["start"] <= self.until
        order = np.lexsort((self.visits["start"], self.machine))
        order = order[begun[order]]
        first = np.searchsorted(self.machine[order], np.arange(len(self.labels) + 1))
        return first, self.visits["start"][order], self.visits["finish"][order]


def _machine_of(layout: Layout, visits: Mapping[str, np.ndarray]) -> np.ndarray:
    """The place in `layout.machines` of the machine of each visit."""
    counts = np.array([len(bay.machines) for bay in layout.bays])
    first = np.concatenate([[0], np.cumsum(counts)])
    own = np.where(counts[visits["station"]] > 1, visits["machine"], 0)
    return first[visits["station"]] + own


def story_of(trace: Trace, replication: int = 0) -> Story:
    """The story of a replication.

    Raises:
        ValueError: the run kept no visits or only those of some stations, goes on from another one, or there is no such
            replication.
    """
    trace.need_visits("a picture")
    if trace.record != "all" or trace.since is not None:
        rule = "it kept visits of some stations" if trace.record != "all" else "it goes on from another run"
        raise ValueError(f"a picture needs a run from its beginning with record='all', and {rule}.")
    if not 0 <= replication < trace.replications:
        raise ValueError(f"replication is {replication}; the run has 0 to {trace.replications - 1}.")
    layout = lay_out(trace.line)
    visits, courses = trace.one_replication(replication)
    until = float(np.asarray(trace.window[1])[replication])
    visits = {name: column[visits["left"] <= until] for name, column in visits.items()}
    machine, load = _machine_of(layout, visits), load_of(trace, replication, until)
    tracks = tracks_of(layout, visits, until, _halts(layout, courses))
    spoiled, cause = _spoiled(tracks, visits, until)
    return Story(
        name=trace.line.name,
        start=trace.line.start,
        until=until,
        layout=layout,
        tracks=tracks,
        courses=courses,
        labels=_labels(layout),
        products=tuple(product.name for product in trace.line.products),
        product=_of_parts(tracks, visits, visits["product"]),
        turns=_turns(layout, tracks, visits, until),
        spoiled=spoiled,
        cause=cause,
        causes=tuple(f"{layout.bays[m].name}.{name}" for m, name in trace.plan.shape.causes),
        makes=tuple(_makes(station.process.behaviour) for station in trace.line.stations),
        visits=visits,
        machine=machine,
        energy={} if load is None else load.energy(),
        prices=tuple(price.begin for price in trace.line.tariff.energy),
        series=series_of(trace.line, layout, visits, courses, machine, until, load),
        gauges=gauges_of(len(layout.bays), visits, until, load),
    )


def _makes(process: Any) -> Mapping[str, Attribute]:
    return {} if process is None else type(process).makes


def _labels(layout: Layout) -> tuple[str, ...]:
    many = [len(bay.machines) > 1 for bay in layout.bays]
    return tuple(f"{layout.bays[m].name} {k + 1}" if many[m] else layout.bays[m].name for m, k in layout.machines)


def _halts(layout: Layout, courses: Courses) -> dict[int, np.ndarray]:
    """When conveyors stand still: beginnings and ends, one after the other."""
    found = {}
    for j, (m, _) in enumerate(courses.machines):
        if layout.bays[m].places:
            times, states = courses.of(j)
            still = np.isin(states, [STATES.index("down"), STATES.index("planned_stop")])
            found[m] = times[np.diff(still.astype(int), prepend=0) != 0]
    return found


def _of_parts(tracks: Tracks, visits: Mapping[str, np.ndarray], column: np.ndarray) -> np.ndarray:
    """The value at the last visit of each part."""
    order = np.lexsort((visits["station"], visits["part"]))
    last = np.searchsorted(visits["part"][order], tracks.part, side="right") - 1
    return column[order][last]


def _turns(layout: Layout, tracks: Tracks, visits: Mapping[str, np.ndarray], until: float) -> np.ndarray:
    """When parts look finished, and when they look packed."""
    families = [bay.kind for bay in layout.bays]
    coats = [m for m, kind in enumerate(families) if kind in ("booth", "oven", "mill")]
    packs = [m for m, kind in enumerate(families) if kind == "bench" and m == len(families) - 1]
    finished = coats[-1] if coats else (len(families) - 1) // 2
    found = np.full((len(tracks.part), 2), np.inf)
    for look, station in ((0, finished), *((1, m) for m in packs)):
        here = (visits["station"] == station) & (visits["finish"] <= until)
        row = np.searchsorted(tracks.part, visits["part"][here])
        found[row, look] = visits["finish"][here]
    return found


def _spoiled(tracks: Tracks, visits: Mapping[str, np.ndarray], until: float) -> tuple[np.ndarray, np.ndarray]:
    """When each part got its defect, and which."""
    time, cause = np.full(len(tracks.part), np.inf), np.full(len(tracks.part), -1)
    bad = np.flatnonzero((visits["defect"] > 0) & (visits["finish"] <= until))
    bad = bad[np.argsort(-visits["finish"][bad], kind="stable")]  # so that the first of a part is written last
    row = np.searchsorted(tracks.part, visits["part"][bad])
    time[row], cause[row] = visits["finish"][bad], visits["defect"][bad] - 1
    return time, cause
