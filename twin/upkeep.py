"""What planned maintenance and tool changes were done, and which comes due next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.figures import Figure
from twin.kpi import told
from twin.line import Maintenance, Station

if TYPE_CHECKING:
    from twin.trace import Trace

SERVICES = {"machining": "tool change"}
"""What a process asks for after a visit, by its model."""


@dataclass(frozen=True)
class Upkeep:
    """One kind of planned work at a station.

    Attributes:
        station: its name.
        name: of the work.
        clock: "calendar", "operating", "parts" or "condition"; for what a process asks for "parts".
        every: seconds of that clock, or parts; for what a process asks for the mean of the run. None when not known.
        done: how many began in the measured window, all machines together; None on the calendar.
        rest: until the next one, on the machine that is next: seconds of work, or parts. None when not known.
        due: clock time [s] of the next one, on the calendar only.
    """

    station: str
    name: str
    clock: str
    every: float | None
    done: Figure | None
    rest: Figure | None
    due: float | None = None


def upkeep(trace: Trace) -> list[Upkeep]:
    """All planned work of a run that kept its visits, in the order of the line.

    Machines begin a run as after maintenance. What a process asks for is known from the first time on at which it was
    done, unless the process has ages = "new"; how it goes on after another run, or after failures that scrap a part,
    is not known here.

    Raises:
        ValueError: the run kept no visits.
    """
    trace.need_visits("upkeep")
    found = []
    for m, station in enumerate(trace.line.stations):
        serves = bool(getattr(station.process.behaviour, "serves", False))
        if station.maintenance or serves:
            found += _Machines(trace, m, station).upkeep(serves)
    return found


class _Machines:
    """The machines of one station: their visits, one after the other."""

    def __init__(self, trace: Trace, m: int, station: Station) -> None:
        self.trace, self.station = trace, station
        self.visits = [_visits(trace, m, r) for r in range(trace.replications)]
        self.begin, self.end = (np.asarray(t, float) for t in trace.window)
        breaks_off = any(failure.interrupted == "scrapped" for failure in station.failures)
        foresees = any(task.clock == "condition" for task in station.maintenance)
        self.known = trace.since is None and not breaks_off and not foresees

    def upkeep(self, serves: bool) -> list[Upkeep]:
        """What the line file plans, then what the process asks for."""
        found, planned = [], [np.zeros(len(visits["finish"])) for visits in self.visits]
        for task in self.station.maintenance:
            if task.clock == "calendar":
                due = float(np.ceil(self.end.max() / task.every) * task.every)
                found.append(Upkeep(self.station.name, task.name, task.clock, task.every, None, None, due))
            elif task.clock == "condition":
                found.append(Upkeep(self.station.name, task.name, task.clock, None, None, None))
            else:
                found.append(self._counted(task, planned))
        return [*found, self._asked(planned)] if serves and self.known else found

    def _counted(self, task: Maintenance, planned: list[np.ndarray]) -> Upkeep:
        """Maintenance after so much work or so many parts; adds its duration to those `planned` after each visit."""
        done, rest = np.zeros((2, len(self.visits)))
        for r, visits in enumerate(self.visits):
            amount = np.ones(len(visits["work"])) if task.clock == "parts" else visits["work"]
            since = np.zeros(self.station.machines)
            for i, machine in enumerate(visits["machine"]):
                since[machine] += amount[i]
                if since[machine] >= task.every:
                    since[machine] = 0.0
                    planned[r][i] += task.duration
                    done[r] += visits["finish"][i] > self.begin[r]
            rest[r] = task.every - since.max()
        figures = (told(self.trace, done), told(self.trace, rest)) if self.known else (None, None)
        return Upkeep(self.station.name, task.name, task.clock, task.every, *figures)

    def _asked(self, planned: list[np.ndarray]) -> Upkeep:
        """What the process asks for, told from how long a machine was kept after a visit."""
        done, since = np.zeros((2, len(self.visits)))
        gaps: list[int] = []
        for r, visits in enumerate(self.visits):
            asked = visits["kept"] - planned[r] > 1e-6
            done[r] = (asked & (visits["finish"] > self.begin[r])).sum()
            for machine in range(self.station.machines):
                mine = asked[visits["machine"] == machine]
                last = np.flatnonzero(mine)
                if self.station.process.ages == "new":  # else how old it was at the beginning is not told by visits
                    last = np.concatenate([[-1], last])
                gaps += np.diff(last).tolist()
                since[r] = max(since[r], len(mine) - 1 - last[-1] if len(last) else 0)
        every = float(np.mean(gaps)) if gaps else None
        rest = None if every is None else told(self.trace, np.maximum(every - since, 0.0))
        name = SERVICES.get(self.station.process.behaviour.model, "service")
        return Upkeep(self.station.name, name, "parts", every, told(self.trace, done), rest)


def _visits(trace: Trace, m: int, replication: int) -> dict[str, Any]:
    """Visits of a station that were finished by the end of the run, in the order of their starts.

    Columns: machine, work [s], finish [s], and how long the machine was kept for planned work afterwards [s].
    """
    end = float(np.asarray(trace.window[1])[replication])
    pieces = []
    for block in trace.blocks:
        take = lambda name, block=block: block[name][:, m, replication]  # noqa: E731
        here = take("fixed") & (take("finish") <= end)
        free = take("repaired") if "repaired" in block else take("finish")
        columns = {name: take(name) for name in ("start", "finish", "work")}
        columns["machine"] = take("machine") if "machine" in block else np.zeros(len(here), int)
        columns["kept"] = take("maintained") - free if "maintained" in block else np.zeros(len(here))
        pieces.append({name: column[here] for name, column in columns.items()})
    joined = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
    order = np.argsort(joined["start"], kind="stable")
    return {name: column[order] for name, column in joined.items()}
