"""Which earlier moment every moment of a run waited for: the term that won each maximum of the recursion.

Moments are numbered 3 x visit + (START, FINISH, DEPART); visits stand by station, replication and order of departure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from twin.trace import Trace

START, FINISH, DEPART = range(3)
NONE = -1
"""The beginning of the run, which waited for nothing."""

_COLUMNS = ("number", "part", "machine", "left", "arrive", "start", "finish", "depart")
_OPTIONAL = {"scrapped": False, "work": 0.0, "stopped": 0.0, "wake": 0.0, "setup_begin": 0.0, "setup_end": 0.0}


@dataclass(frozen=True)
class Visits:
    """All visits that ended, as flat columns.

    Attributes:
        station, replication: numbers [visit].
        columns: further ones by name: times [s], `part`, `number` of the start at its station, `machine`, `scrapped`;
            "repaired" and "ready" say when the machine was free again but for its part.
        machines, places, room: of each station: machines, places of a conveyor (else 0), waiting places [station].
        pallets: of the line, 0 without.
        saturated: whether the first station never waits for parts.
        replications: how many.
    """

    station: np.ndarray
    replication: np.ndarray
    columns: Mapping[str, np.ndarray]
    machines: np.ndarray
    places: np.ndarray
    room: np.ndarray
    pallets: int
    saturated: bool
    replications: int

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    @staticmethod
    def of(trace: Trace) -> Visits:
        """The visits of a run that kept them."""
        shape, numbers = trace.plan.shape, trace.plan.numbers
        found: dict[str, list[np.ndarray]] = {}
        for block in trace.blocks:
            there = block["fixed"] & np.isfinite(block["depart"])
            row, station, replication = np.nonzero(there)
            place = (row, station, replication)
            begin = block.get("begin", block["start"])
            extra = {"station": station, "replication": replication, "begin": begin[place]}
            repaired = block.get("repaired", block["finish"])
            extra |= {"repaired": repaired[place], "ready": block.get("maintained", repaired)[place]}
            extra |= {name: np.broadcast_to(block[name], there.shape)[place] for name in _COLUMNS if name in block}
            for name, default in _OPTIONAL.items():
                extra[name] = block[name][place] if name in block else np.full(len(row), default)
            for name, column in extra.items():
                found.setdefault(name, []).append(column)
        columns = {name: np.concatenate(pieces) for name, pieces in found.items()}
        columns.setdefault("machine", np.zeros(len(columns["start"]), int))
        order = np.lexsort((columns["replication"], columns["station"]))  # stable: rows are departures in order
        columns = {name: column[order] for name, column in columns.items()}
        pallets = int(np.asarray(numbers["pallets"]).ravel()[0]) if shape.pallets else 0
        room = np.asarray(numbers["buffer"]).ravel() + np.maximum(np.asarray(shape.places) - 1, 0)
        return Visits(
            columns.pop("station"), columns.pop("replication"), columns, np.asarray(shape.machines),
            np.asarray(shape.places), room, pallets, shape.source == "saturated", trace.replications,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.station)

    @cached_property
    def group(self) -> np.ndarray:
        """Number of the station and replication together [visit]."""
        return self.station * self.replications + self.replication

    @cached_property
    def _size(self) -> np.ndarray:
        return np.bincount(self.group, minlength=len(self.machines) * self.replications)

    @cached_property
    def rank(self) -> np.ndarray:
        """How many visits left the station before [visit]."""
        return np.arange(len(self)) - (np.cumsum(self._size) - self._size)[self.group]

    @cached_property
    def good_rank(self) -> np.ndarray:
        """How many good visits left the station before [visit]."""
        before = np.cumsum(~self["scrapped"]) - ~self["scrapped"]
        return before - before[np.arange(len(self)) - self.rank]

    def ranked(self, rank: np.ndarray, group: np.ndarray) -> np.ndarray:
        """The visits that left the stations of `group` as number `rank`; NONE where there is none."""
        there = (rank >= 0) & (rank < self._size[group])
        return np.where(there, (np.cumsum(self._size) - self._size)[group] + np.where(there, rank, 0), NONE)

    @cached_property
    def upstream(self) -> np.ndarray:
        """The visit of the same part to the station before; NONE at the first one."""
        most = int(self["part"].max(initial=0)) + 1
        key = self.group * most + self["part"]
        order = np.argsort(key)
        wanted = key - self.replications * most
        found = order[np.minimum(np.searchsorted(key, wanted, sorter=order), len(self) - 1)]
        return np.where((self.station > 0) & (key[found] == wanted), found, NONE)

    @cached_property
    def earlier(self) -> np.ndarray:
        """The visit before on the same machine, or in front of it on the same conveyor; NONE for the first."""
        key = self.group * (int(self["machine"].max(initial=0)) + 1) + self["machine"]
        order = np.lexsort((self["number"], key))
        found = np.full(len(self), NONE)
        found[order[1:]] = np.where(key[order[1:]] == key[order[:-1]], order[:-1], NONE)
        return found

    def time(self, moment: np.ndarray) -> np.ndarray:
        """When moments were [s]; minus infinity for NONE."""
        stacked = np.stack([self["start"], self["finish"], self["depart"]], axis=1).ravel()
        return np.where(moment >= 0, stacked[np.maximum(moment, 0)], -np.inf)


def waited_for(visits: Visits) -> np.ndarray:
    """The moment that each moment waited for [3 * visit], NONE at the beginning of the run.

    Of equal ones the machine's own comes first.
    """
    before = np.empty((len(visits), 3), np.int64)
    before[:, START] = _starts(visits)
    before[:, FINISH] = 3 * np.arange(len(visits)) + START
    before[:, DEPART] = _departures(visits)
    return before.ravel()


def _moment(visit: np.ndarray, kind: int) -> np.ndarray:
    return np.where(visit >= 0, 3 * visit + kind, NONE)


def _starts(visits: Visits) -> np.ndarray:
    """A start waited for the part or for the machine."""
    machine, free = _machines(visits)
    comes, arrive = _moment(visits.upstream, DEPART), visits["arrive"]
    first = visits.station == 0
    if visits.saturated:
        arrive = np.where(first, -np.inf, arrive)
    if visits.pallets:
        last = (len(visits.machines) - 1) * visits.replications + visits.replication
        pallet = visits.ranked(visits["number"] - visits.pallets, last)
        back = visits.time(_moment(pallet, DEPART))
        waits = first & (pallet >= 0) & (back > (free if visits.saturated else visits["left"]))
        comes, arrive = np.where(waits, _moment(pallet, DEPART), comes), np.where(waits, back, arrive)
    return np.where(free >= arrive, machine, comes)


def _machines(visits: Visits) -> tuple[np.ndarray, np.ndarray]:
    """What made the machine free, and when it was free and set up."""
    earlier, start = visits.earlier, visits["start"]
    left, ready = visits.time(_moment(earlier, DEPART)), np.where(earlier >= 0, visits["ready"][earlier], 0.0)
    moment = _moment(earlier, np.where(ready > left, FINISH, DEPART))  # type: ignore[arg-type]
    free = np.where(earlier >= 0, np.maximum(left, ready), 0.0)
    places = visits.places[visits.station]
    if places.any():
        behind = _moment(visits.ranked(visits["number"] - places, visits.group), DEPART)
        by_place = (behind >= 0) & (visits.time(behind) >= start)
        spaced = np.where((earlier >= 0) & (start > visits["arrive"]), start, 0.0)
        moment = np.where(places > 0, np.where(by_place, behind, _moment(earlier, START)), moment)
        free = np.where(places > 0, np.where(by_place, visits.time(behind), spaced), free)
    return moment, np.maximum(free, visits["setup_end"])


def _departures(visits: Visits) -> np.ndarray:
    """A departure waited for its own finish, for the part in front on a conveyor, or for a place downstream."""
    depart, finish = visits["depart"], visits["finish"]
    own = 3 * np.arange(len(visits)) + FINISH
    ahead = _moment(visits.earlier, DEPART)
    held = (visits.places[visits.station] > 0) & (depart > finish) & (visits.time(ahead) == depart)
    following = np.minimum(visits.station + 1, len(visits.machines) - 1)
    rank = visits.good_rank - visits.room[following] - visits.machines[following]
    gives_way = visits.ranked(rank, following * visits.replications + visits.replication)
    blocked = (depart > finish) & ~held & (visits.station < len(visits.machines) - 1) & (gives_way >= 0)
    return np.where(held, ahead, np.where(blocked, _moment(gives_way, DEPART), own))
