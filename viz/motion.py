"""Where every part is at any time: its visits as key frames, between which it moves in straight lines along the path.

A part that comes lies on the belt and reaches its place in the queue exactly on arrival; one that waits lies in a place
of the queue or a cell of the rack; one that is worked on lies on its machine, or moves through the tunnel. A change of
place that takes no time in the line takes a moment here: as long as handling it at `SPEED` takes, but never more than
`MOST` of the time that the part then stays where it goes.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from viz.handling import SPEED, Ramp, far, flight, racked
from viz.layout import GAP, Bay, Layout
from viz.look import BELT
from viz.tracks import KeyFrames, Tracks, joined

__all__ = ["MOST", "tracks_of"]

MOST = 0.45
_AWAY = 0.5
"""Of the belt at the end of the line [m/s]."""
_THROWN = 4.0
"""How long a scrapped part is seen in its box [s]."""
_BEYOND = 60.0
"""Time after the end of the run [s] up to which ways are drawn, so that none is hurried at its end."""
_USUAL = 10.0
"""A line whose median visit lasts less [s] is quicker than handling at `SPEED`: everything in it is as much quicker."""
_WORTH = 4.0
"""Time [s] for which a part is worth a place of its own; one that waits less goes on without stopping."""
_UP = BELT + 0.01

Columns = dict[str, np.ndarray]


def tracks_of(
    layout: Layout, visits: Mapping[str, np.ndarray], until: float, halts: Mapping[int, np.ndarray] | None = None
) -> Tracks:
    """The ways of all parts up to `until` [s].

    Args:
        layout: where the stations stand.
        visits: one row per visit, as `twin.snapshot.index` gives them, with `scrapped`; times after the end may be
            infinite.
        until: end of the run.
        halts: station -> when its conveyor stands still, beginnings and ends one after the other [s].
    """
    begun = visits["start"] <= until
    worked = visits["finish"][begun] - visits["start"][begun]
    slower = max(1.0, _USUAL / max(float(np.median(worked)), 1e-6)) if len(worked) else 1.0
    times = {name: slower * visits[name] for name in ("left", "arrive", "start", "finish", "depart")}
    slow = {m: slower * moments for m, moments in (halts or {}).items()}
    found = _in_usual_time(layout, {**visits, **times}, slower * until, slow)
    return Tracks(found.part, found.first, found.time / slower, found.place)


def _in_usual_time(
    layout: Layout, visits: Mapping[str, np.ndarray], until: float, halts: Mapping[int, np.ndarray]
) -> Tracks:
    """The ways of all parts of a line whose visits last long enough to handle them."""
    frames: list[KeyFrames] = []
    stations = len(layout.bays)
    rows = _by_station(visits, stations, until)
    until = until + _BEYOND
    for m in range(stations):
        if len(rows[m]["part"]):
            begun = _comes(layout, rows, m, until)
            frames += begun.frames
            halted = halts.get(m, np.zeros(0))
            frames += list(_works(layout.bays[m], rows[m], begun.at_start, until, halted))
            frames += list(_leaves(layout, rows, m, until))
    return joined(frames)


def _by_station(visits: Mapping[str, np.ndarray], stations: int, until: float) -> list[Columns]:
    """The visits of each station in the order in which parts come; where each came from is looked up by its part."""
    names = ("part", "number", "station", "machine", "left", "arrive", "start", "finish", "depart", "scrapped")
    found: list[Columns] = []
    for m in range(stations):
        here = (visits["station"] == m) & (visits["left"] <= until)
        rows = {name: visits[name][here] for name in names}
        order = np.argsort(rows["number"], kind="stable")
        rows = {name: column[order] for name, column in rows.items()}
        rows["from"] = np.zeros(len(order), int)
        if m and len(order):
            before = np.argsort(found[-1]["part"], kind="stable")
            place = np.searchsorted(found[-1]["part"], rows["part"], sorter=before)
            rows["from"] = found[-1]["machine"][before[np.minimum(place, len(before) - 1)]]
        found.append(rows)
    return found


@dataclass(frozen=True)
class _Coming:
    frames: list[KeyFrames]
    at_start: np.ndarray


def _comes(layout: Layout, rows: list[Columns], m: int, until: float) -> _Coming:
    """From the station before to the moment at which the visit starts."""
    bay, row = layout.bays[m], rows[m]
    part, left, arrive, start = row["part"], row["left"], row["arrive"], row["start"]
    count = len(part)
    if m == 0:
        origin = np.tile([bay.head, 0.0, _UP], (count, 1))
        lane = np.zeros(count)
    else:
        before = layout.bays[m - 1]
        origin = _exit(before, row["from"])
        lane = before.lane(row["from"])
    if bay.waits == 0 and m == 0:  # of a line that never runs dry, parts come when they start
        return _Coming([], origin)
    stay = np.minimum(start, until) - left
    waits = stay > np.where((arrive > left) | (m == 0), 1e-9, _WORTH)
    reach = _reach(bay, row, origin, waits, stay) if m else arrive
    queue = _Queue(bay, row, origin, lane, reach)
    ends = np.minimum(start, until)
    every = np.arange(count)
    out = np.minimum(0.8 / SPEED, MOST * (reach - left)) if m else np.zeros(count)
    frames = [(part[waits], left[waits], origin[waits])]
    if not bay.racked:
        frames += _belt(queue, part, waits, left, ends, out)
        return _Coming(frames, np.where(waits[:, None], queue.place(every, ends), origin))
    frames += _belt(queue, part, waits & (m > 0), left, np.minimum(reach, ends), out)
    cells = _cells(reach, start)
    stored = (cells >= 0) & (reach <= until)
    at = bay.cell(np.maximum(cells, 0))
    if m:
        door = np.tile([bay.head, 0.0, _UP], (count, 1))
        hop = np.minimum(far(door, at) / SPEED, MOST * np.minimum(start - reach, 1e6))
        frames += flight(part, reach, hop, door, at, stored, row["number"], rack=bay)
    else:
        frames.append((part[stored], left[stored], at[stored]))
    frames.append((part[stored], ends[stored], at[stored]))
    last = np.where(stored[:, None], at, queue.place(every, ends))
    return _Coming(frames, np.where(waits[:, None], last, origin))


def _reach(bay: Bay, row: Columns, origin: np.ndarray, waits: np.ndarray, stay: np.ndarray) -> np.ndarray:
    """When parts reach the end of their way to the queue: on arrival; a moment later where the way takes no time."""
    left, arrive = row["left"], row["arrive"]
    share = MOST / 2 if bay.racked else MOST
    handled = left + np.minimum(np.abs(bay.head - origin[:, 0]) / SPEED + 0.3, share * stay)
    reach = np.where(arrive > left, arrive, handled)
    reach = np.maximum.accumulate(np.where(waits, reach, -np.inf))  # nobody overtakes
    return np.where(waits, np.clip(reach, arrive, np.maximum(row["start"], arrive)), arrive)


def _exit(bay: Bay, machine: np.ndarray) -> np.ndarray:
    """Where parts lie that leave a station."""
    return np.tile([bay.end, 0.0, _UP], (len(machine), 1)) if bay.places else bay.spot(machine)


class _Queue:
    """Places on the lane in front of a station: a part is as far along it as its transport is, behind those before."""

    def __init__(self, bay: Bay, row: Columns, origin: np.ndarray, lane: np.ndarray, reach: np.ndarray) -> None:
        self.bay, self.left, self.arrive = bay, row["left"].copy(), reach
        self.origin, self.lane = origin[:, 0], lane
        self.gone = Ramp.of_steps(row["start"])
        self._space(row["from"])

    def _space(self, machine: np.ndarray) -> None:
        """Parts that leave a machine in quick succession go on the belt one after the other."""
        travel = self.arrive - self.left
        for k in np.unique(machine):
            own = np.flatnonzero((machine == k) & (travel > 0))
            if len(own) > 1:
                way = np.maximum(self.bay.head - self.origin[own], GAP)
                least = np.minimum(travel[own] * GAP / way, 0.8 * travel[own])
                late = np.maximum.accumulate(self.left[own] - np.cumsum(least)) + np.cumsum(least)
                self.left[own] = np.minimum(late, self.left[own] + 0.8 * travel[own])

    def ahead(self, index: np.ndarray, time: np.ndarray) -> np.ndarray:
        """How many parts are in front, as a line without jumps."""
        return np.zeros(len(index)) if self.bay.racked else np.maximum(index - self.gone.at(time), 0.0)

    def place(self, index: np.ndarray, time: np.ndarray) -> np.ndarray:
        """Where parts lie [..., 3]."""
        travel = self.arrive[index] - self.left[index]
        over = np.where(travel > 0, (time - self.left[index]) / np.where(travel > 0, travel, 1.0), 1.0)
        over = np.clip(over, 0.0, 1.0)
        slot = self.bay.head - GAP * self.ahead(index, time)
        along = self.origin[index] + over * (slot - self.origin[index])
        aside = self.lane[index] * np.clip((1 - over) / 0.2, 0, 1)
        return np.stack([along, aside, np.full(along.shape, _UP)], axis=-1)


def _belt(
    queue: _Queue, part: np.ndarray, there: np.ndarray, left: np.ndarray, ends: np.ndarray, out: np.ndarray
) -> list[KeyFrames]:
    """Key frames on the lane, from a moment after leaving the machine until `ends`."""
    index = np.flatnonzero(there)
    begin, end = np.minimum(left + out, ends)[index], ends[index]
    turn = queue.left + 0.8 * (queue.arrive - queue.left)
    owners, times = [index] * 2, [begin, end]
    for moment in (queue.left, turn, queue.arrive):
        inside = (moment[index] > begin) & (moment[index] < end)
        owners.append(index[inside])
        times.append(moment[index][inside])
    if not queue.bay.racked:
        owner, node = queue.gone.nodes(begin, end)
        owners.append(index[owner])
        times.append(node)
    owner, time = np.concatenate(owners), np.concatenate(times)
    return [(part[owner], time, queue.place(owner, time))]


def _cells(arrive: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The cell that each part takes: the free one nearest to the machines; -1 for a part that need not wait."""
    cells = np.full(len(arrive), -1)
    free: list[int] = []
    taken: list[tuple[float, int]] = []
    made = 0
    for i in np.flatnonzero(start - arrive > _WORTH):
        while taken and taken[0][0] <= arrive[i]:
            heapq.heappush(free, heapq.heappop(taken)[1])
        if not free:
            free.append(made)
            made += 1
        cells[i] = heapq.heappop(free)
        heapq.heappush(taken, (float(start[i]), int(cells[i])))
    return cells


def _works(bay: Bay, row: Columns, origin: np.ndarray, until: float, halted: np.ndarray) -> Iterator[KeyFrames]:
    """From the start of the visit to its departure."""
    begun = row["start"] <= until
    part, start = row["part"], row["start"]
    ends = np.minimum(row["depart"], until)
    if bay.places:
        yield from _through(bay, row, origin, begun, ends, halted)
        return
    spot = bay.spot(row["machine"])
    room = MOST * np.maximum(np.minimum(row["finish"], ends) - start, 0.0)
    since = np.where((row["arrive"] <= row["left"]) & (row["station"] > 0), row["left"], start)
    remote = begun & (np.abs(bay.head - origin[:, 0]) > 1.0) & ~racked(origin)
    if remote.any():  # straight from the machine before: along the belt first
        head = np.tile([bay.head, 0.0, _UP], (len(part), 1))
        way = np.abs(bay.head - origin[:, 0]) / SPEED
        whole = start - since + room
        ride = np.where(remote, way * np.minimum(1.0, whole / (way + far(head, spot) / SPEED)), 0.0)
        door = np.stack([origin[:, 0], np.zeros(len(part)), np.full(len(part), _UP)], axis=1)
        yield part[remote], since[remote], origin[remote]
        yield part[remote], (since + 0.1 * ride)[remote], door[remote]
        room = np.where(remote, whole - ride, room)
        start = np.where(remote, since + ride, start)
        origin = np.where(remote[:, None], head, origin)
    from_rack = bay.racked & racked(origin)
    way = np.where(
        np.abs(spot[:, 0] - origin[:, 0]) < 0.5 * GAP, np.linalg.norm(spot - origin, axis=1), far(origin, spot)
    )
    length = np.minimum(way / SPEED, room)
    for some, rack in ((begun & from_rack, bay), (begun & ~from_rack, None)):
        yield from flight(part, start, length, origin, spot, some, row["number"], rack)
    yield part[begun], ends[begun], spot[begun]


def _through(
    bay: Bay, row: Columns, origin: np.ndarray, begun: np.ndarray, ends: np.ndarray, halted: np.ndarray
) -> Iterator[KeyFrames]:
    """Through a tunnel at its speed; who is done and cannot leave stands at its end, the next ones behind it."""
    part, start, finish = row["part"], row["start"], row["finish"]
    gone, moved = Ramp.of_steps(row["depart"]), _running(halted, finish)
    length, pitch = bay.end - bay.begin, (bay.end - bay.begin) / bay.places
    index, order = np.flatnonzero(begun), np.arange(len(part))
    since, whole = moved.at(start), np.maximum(moved.at(finish) - moved.at(start), 1e-9)

    def place(who: np.ndarray, time: np.ndarray) -> np.ndarray:
        over = np.clip((moved.at(time) - since[who]) / whole[who], 0.0, 1.0)
        most = bay.end - pitch * np.maximum(order[who] - gone.at(time), 0.0)
        along = np.minimum(bay.begin + length * over, np.maximum(most, bay.begin))
        return np.stack([along, np.zeros(len(who)), np.full(len(who), _UP)], axis=-1)

    hop = np.minimum(0.8 / SPEED, MOST * np.maximum(ends - start, 0.0))
    yield part[index], start[index], origin[index]
    owners = [index] * 3
    times = [(start + hop)[index], np.minimum(finish, ends)[index], ends[index]]
    for ramp in (gone, moved):
        owner, node = ramp.nodes((start + hop)[index], ends[index])
        owners.append(index[owner])
        times.append(node)
    for ahead in range(1, bay.places):  # where a part may meet those that stand at the end
        moment = np.interp(since + whole * (1 - ahead / bay.places), moved.values, moved.times)
        stands = (np.maximum(order - gone.at(moment), 0.0) >= ahead - 1e-6) & (moment < ends) & (moment > start + hop)
        who = np.flatnonzero(begun & stands)
        owners.append(who)
        times.append(moment[who])
    owner, time = np.concatenate(owners), np.concatenate(times)
    yield part[owner], time, place(owner, time)


def _running(halted: np.ndarray, finish: np.ndarray) -> Ramp:
    """How long a conveyor has moved so far [s]; `halted` are beginnings and ends of its stops."""
    last = max(finish[np.isfinite(finish)].max(initial=1.0), halted.max(initial=0.0)) + 1.0
    times = np.concatenate([[0.0], halted, [last]])
    runs = np.arange(len(times) - 1) % 2 == 0
    return Ramp(times, np.concatenate([[0.0], np.cumsum(np.diff(times) * runs)]))


def _leaves(layout: Layout, rows: list[Columns], m: int, until: float) -> Iterator[KeyFrames]:
    """Out of the line: scrap into a bin, good parts of the last station along the belt."""
    bay, row = layout.bays[m], rows[m]
    part, depart = row["part"], row["depart"]
    out = _exit(bay, row["machine"])
    thrown = row["scrapped"] & (depart <= until)
    bin_ = np.stack([out[:, 0], np.full(len(part), bay.bin), np.full(len(part), 0.35)], axis=1)
    yield from flight(part, depart, np.full(len(part), 1.5), out, bin_, thrown, row["number"])
    yield part[thrown], depart[thrown] + 1.5 + _THROWN, bin_[thrown]
    if m + 1 < len(layout.bays):
        return
    done = ~row["scrapped"] & (depart <= until)
    hop = 0.5
    end = layout.path.length - 0.2
    own = np.sort(depart[done])
    least = np.diff(own)[np.diff(own) > 1e-6].min(initial=np.inf)
    speed = max(_AWAY, 1.2 * GAP / least)
    aside = bay.lane(row["machine"])
    begin = np.stack([out[:, 0], aside, np.full(len(part), _UP)], axis=1)
    last = np.stack([np.full(len(part), end), aside, np.full(len(part), _UP)], axis=1)
    hop = min(hop, 0.4 * least)
    yield part[done], depart[done] + hop, begin[done]
    yield part[done], depart[done] + hop + (end - out[done, 0]) / speed, last[done]
