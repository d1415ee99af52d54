"""The line at one moment: where every part is and what every machine does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from twin.courses import Courses, courses_of
from twin.segments import STATES, planned_numbers, segments

if TYPE_CHECKING:
    from twin.trace import Trace


_PLACES = ("left", "arrive", "start", "finish", "depart", "part", "number", "machine", "product")
_COLUMNS = (*_PLACES, "scrapped", "defect")


@dataclass(frozen=True)
class PartState:
    """A part somewhere in the line.

    Attributes:
        number: of the part, counted from 0 in order of release.
        product: its name.
        progress: how much of the transport (from 0 to 1), or of the time from start to finish, is over; 1 when done.
    """

    number: int
    product: str
    progress: float


@dataclass(frozen=True)
class MachineState:
    """A machine: its state (one of `twin.segments.STATES`) and the parts on it; only a conveyor has several."""

    state: str
    parts: tuple[PartState, ...]


@dataclass(frozen=True)
class StationState:
    """A station: its machines, the parts in its buffer, and those on their way to it, each first come, first served.

    In front of the first station the parts that wait outside count as waiting.
    """

    name: str
    machines: tuple[MachineState, ...]
    waiting: tuple[PartState, ...]
    coming: tuple[PartState, ...]


@dataclass(frozen=True)
class LineState:
    """All stations at a moment [s]."""

    time: float
    stations: tuple[StationState, ...]

    @property
    def parts(self) -> int:
        """How many parts are in the line, those outside included."""
        return sum(
            len(s.waiting) + len(s.coming) + sum(len(machine.parts) for machine in s.machines) for s in self.stations
        )


def line_state(trace: Trace, time: float, replication: int) -> LineState:
    """See `Trace.state_at`."""
    if not 0 <= replication < trace.replications:
        raise ValueError(f"state_at: replication is {replication}; the run has 0 to {trace.replications - 1}.")
    end = float(np.asarray(trace.window[1])[replication])
    if not 0 <= time <= end:
        raise ValueError(f"state_at: time is {time:g} s; it must lie in the run, from 0 to {end:g} s.")
    stays, courses = trace.one_replication(replication)
    now = courses.at(time)
    states: list[list[str]] = [[] for _ in trace.plan.shape.names]
    for (m, _), state in zip(courses.machines, now, strict=True):
        states[m].append(STATES[state])
    inside = np.flatnonzero((stays["left"] <= time) & (time < stays["depart"]))
    inside = inside[np.argsort(stays["number"][inside], kind="stable")]
    here = {name: stays[name][inside] for name in (*_PLACES, "station")}
    products = [product.name for product in trace.line.products]
    stations = []
    for m, name in enumerate(trace.plan.shape.names):
        coming, waiting, aboard = [], [], [[] for _ in states[m]]
        for i in np.flatnonzero(here["station"] == m):
            row = {key: value[i] for key, value in here.items()}
            if time < row["arrive"]:
                place, since, until = coming, row["left"], row["arrive"]
            elif time < row["start"]:
                place, since, until = waiting, time, np.inf
            else:
                place, since, until = aboard[row["machine"]], row["start"], row["finish"]
            done = 1.0 if time >= until else float((time - since) / (until - since)) if np.isfinite(until) else 0.0
            place.append(PartState(int(row["part"]), products[row["product"]], done))
        machines = tuple(MachineState(s, tuple(p)) for s, p in zip(states[m], aboard, strict=True))
        stations.append(StationState(name, machines, tuple(waiting), tuple(coming)))
    return LineState(float(time), tuple(stations))


def index(trace: Trace, replication: int) -> tuple[dict[str, np.ndarray], Courses]:
    """The visits of one replication as flat columns, and what its machines did.

    Beside times and numbers the columns are `scrapped`, `defect` (0, or 1 + the place of its cause in the shape), and
    what processes tell: "part/ATTRIBUTE" after the visit, "condition/NAME" of the machine after it, "power/CARRIER" in
    it [W].
    """
    planned = jax.tree.map(np.asarray, planned_numbers(trace.plan.shape, trace.plan.numbers))
    stays: list[dict[str, np.ndarray]] = []
    stretches: list[dict[str, Any]] = []
    for block in trace.blocks:
        rows = {name: value[..., replication : replication + 1] for name, value in block.items() if name != "exit"}
        place = np.nonzero(rows["fixed"])
        station = place[1]
        zero = np.zeros_like(station)
        named = [name for name in rows if name.startswith(("part/", "condition/", "power/"))]
        stays.append({n: rows[n][place] if n in rows else zero for n in (*_COLUMNS, *named)} | {"station": station})
        stays[-1]["scrapped"] = stays[-1]["scrapped"].astype(bool)
        with np.errstate(invalid="ignore"):
            for state, begin, end, sign in segments(trace.plan.shape, rows, planned):
                a, b = begin[place], end[place]
                some = a < b
                found = {"begin": a, "end": b, "station": station, "machine": stays[-1]["machine"]}
                found |= {"state": np.full(len(a), STATES.index(state)), "sign": np.full(len(a), sign)}
                stretches.append({name: value[some] for name, value in found.items()})
    join = lambda pieces: {name: np.concatenate([p[name] for p in pieces]) for name in pieces[0]}  # noqa: E731
    return join(stays), courses_of(trace, join(stretches), replication)
