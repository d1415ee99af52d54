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
from itertools import pairwise

import numpy as np

from viz.layout import GAP, Bay, Layout
from viz.looks import BELT

__all__ = ["SPEED", "Tracks", "tracks_of"]

SPEED = 1.5
"""Of handling [m/s]: gantries and robots that load machines move at 1 to 2 m/s."""
MOST = 0.45
_AWAY = 0.5
"""Of the belt at the end of the line [m/s]."""
_THROWN = 4.0
"""How long a scrapped part is seen in its box [s]."""
_BEYOND = 60.0
"""Time after the end of the run [s] up to which ways are drawn, so that none is hurried at its end."""
_OVER, _OVER_RACK, _ASIDE = 1.4, 2.1, 0.5
_USUAL = 10.0
"""A line whose median visit lasts less [s] is quicker than handling at `SPEED`: everything in it is as much quicker."""
_WORTH = 4.0
"""Time [s] for which a part is worth a place of its own; one that waits less goes on without stopping."""
_UP = BELT + 0.01
_TOLERANCE = 2e-3

Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class Tracks:
    """The ways of the parts.

    Attributes:
        part: number of each part, in order of release.
        first: of the key frames of each part, and one more at the end.
        time: of each key frame [s].
        place: along the path, to its left, up [key frame, 3], metres.
    """

    part: np.ndarray
    first: np.ndarray
    time: np.ndarray
    place: np.ndarray

    def at(self, time: float) -> tuple[np.ndarray, np.ndarray]:
        """Which parts there are at a moment (rows of `part`), and their places along the path [part, 3]."""
        begin, end, keys, span = self._search
        seen = np.flatnonzero((begin <= time) & (time < end))
        after = np.searchsorted(keys, seen * span + (time - self.time_zero), side="right")
        after = np.clip(after, self.first[seen] + 1, self.first[seen + 1] - 1)
        before = after - 1
        length = self.time[after] - self.time[before]
        share = (time - self.time[before]) / np.where(length > 0, length, 1.0)
        share = np.clip(share, 0.0, 1.0)[:, None]
        return seen, self.place[before] * (1 - share) + self.place[after] * share

    @property
    def time_zero(self) -> float:
        """The first moment [s]."""
        return float(self.time.min()) if len(self.time) else 0.0

    @property
    def _search(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        kept = self.__dict__.get("_kept")
        if kept is None:
            begin, end = self.time[self.first[:-1]], self.time[self.first[1:] - 1]
            span = float(np.ptp(self.time)) + 1.0 if len(self.time) else 1.0
            row = np.repeat(np.arange(len(self.part)), np.diff(self.first))
            kept = begin, end, row * span + (self.time - self.time_zero), span
            object.__setattr__(self, "_kept", kept)
        return kept


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
    worked = (visits["finish"] - visits["start"])[visits["start"] <= until]
    slower = max(1.0, _USUAL / max(float(np.median(worked)), 1e-6)) if len(worked) else 1.0
    times = {name: slower * visits[name] for name in ("left", "arrive", "start", "finish", "depart")}
    slow = {m: slower * moments for m, moments in (halts or {}).items()}
    found = _in_usual_time(layout, {**visits, **times}, slower * until, slow)
    return Tracks(found.part, found.first, found.time / slower, found.place)


def _in_usual_time(
    layout: Layout, visits: Mapping[str, np.ndarray], until: float, halts: Mapping[int, np.ndarray]
) -> Tracks:
    """The ways of all parts of a line whose visits last long enough to handle them."""
    frames: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
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
    return _joined(frames)


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
    frames: list[tuple[np.ndarray, np.ndarray, np.ndarray]]
    at_start: np.ndarray


class _Ramp:
    """A number that grows with time in straight lines."""

    def __init__(self, times: np.ndarray, values: np.ndarray) -> None:
        self.times, self.values = times, values

    @staticmethod
    def of_steps(moments: np.ndarray) -> _Ramp:
        """How many of some moments are over, each counted bit by bit within the time in which a part moves up."""
        known = moments[np.isfinite(moments)]
        rise = GAP / SPEED
        times = np.concatenate([known, known + rise])
        order = np.argsort(times, kind="stable")
        slope = np.cumsum(np.repeat([1.0, -1.0], len(known))[order])
        times = times[order]
        return _Ramp(times, np.concatenate([[0.0], np.cumsum(slope[:-1] * np.diff(times)) / rise])[: len(times)])

    def at(self, time: np.ndarray) -> np.ndarray:
        """The number at moments."""
        if not len(self.times):
            return np.zeros(np.shape(time))
        return np.interp(time, self.times, self.values)

    def nodes(self, begin: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Corners between moments: to which of the pairs each belongs, and when it is."""
        low, high = np.searchsorted(self.times, begin, side="right"), np.searchsorted(self.times, end, side="left")
        return _ranges(low, high, self.times)


def _ranges(low: np.ndarray, high: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    count = np.maximum(high - low, 0)
    owner = np.repeat(np.arange(len(low)), count)
    return owner, values[np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)]


def _comes(layout: Layout, rows: list[Columns], m: int, until: float) -> _Coming:
    """From the station before to the moment at which the visit starts."""
    bay, row = layout.bays[m], rows[m]
    part, left, arrive, start = row["part"], row["left"], row["arrive"], np.minimum(row["start"], np.inf)
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
        hop = np.minimum(_far(door, at) / SPEED, MOST * np.minimum(start - reach, 1e6))
        frames += _flight(part, reach, hop, door, at, stored, row["number"], rack=bay)
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
        self.gone = _Ramp.of_steps(row["start"])
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
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
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


def _far(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.abs(other - one).sum(axis=1) + 0.6


def _flight(
    part: np.ndarray,
    begin: np.ndarray,
    length: np.ndarray,
    one: np.ndarray,
    other: np.ndarray,
    there: np.ndarray,
    number: np.ndarray,
    rack: Bay | None = None,
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Key frames of handling from `one` to `other`: up, over what lies between, down; a neighbour is just pushed."""
    level = (_OVER_RACK if rack else _OVER) + 0.34 * (number % 2)
    if rack:
        racked = np.abs(one[:, 1]) > _ASIDE + 0.2
        out = np.where(racked[:, None], _with(one, rack.side * _ASIDE, None), one)
        aim = np.where(racked[:, None], other, _with(other, rack.side * _ASIDE, None))
        legs = [one, out, _with(out, None, level), _with(aim, None, level), aim, other]
        lifted = there
    else:
        ahead = np.sign(other[:, 0] - one[:, 0]) * np.minimum(GAP, np.abs(other[:, 0] - one[:, 0]) / 2)
        legs = [one, _with(_along(one, ahead), None, level), _with(_along(other, -ahead), None, level), other]
        lifted = there & (np.abs(other[:, 0] - one[:, 0]) >= 0.5 * GAP)
    way = np.cumsum([np.linalg.norm(b - a, axis=1) for a, b in pairwise(legs)], axis=0)
    shares = [np.zeros(len(part)), *(way / np.maximum(way[-1], 1e-9))]
    frames = []
    for k, (share, place) in enumerate(zip(shares, legs, strict=True)):
        some = lifted if 0 < k < len(legs) - 1 else there
        frames.append((part[some], (begin + share * length)[some], place[some]))
    frames[-1] = (part[there], (begin + length)[there], other[there])
    return frames


def _along(place: np.ndarray, by: np.ndarray) -> np.ndarray:
    return place + by[:, None] * np.array([1.0, 0.0, 0.0])


def _with(place: np.ndarray, aside: float | None, up: np.ndarray | None) -> np.ndarray:
    changed = place.copy()
    if aside is not None:
        changed[:, 1] = aside
    if up is not None:
        changed[:, 2] = np.maximum(up, changed[:, 2])
    return changed


def _works(
    bay: Bay, row: Columns, origin: np.ndarray, until: float, halted: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
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
    remote = begun & (np.abs(bay.head - origin[:, 0]) > 1.0) & (np.abs(origin[:, 1]) < _ASIDE + 0.2)
    if remote.any():  # straight from the machine before: along the belt first
        head = np.tile([bay.head, 0.0, _UP], (len(part), 1))
        way = np.abs(bay.head - origin[:, 0]) / SPEED
        whole = start - since + room
        ride = np.where(remote, way * np.minimum(1.0, whole / (way + _far(head, spot) / SPEED)), 0.0)
        door = np.stack([origin[:, 0], np.zeros(len(part)), np.full(len(part), _UP)], axis=1)
        yield part[remote], since[remote], origin[remote]
        yield part[remote], (since + 0.1 * ride)[remote], door[remote]
        room = np.where(remote, whole - ride, room)
        start = np.where(remote, since + ride, start)
        origin = np.where(remote[:, None], head, origin)
    from_rack = np.full(len(part), bay.racked) & (np.abs(origin[:, 1]) > _ASIDE + 0.2)
    far = np.where(
        np.abs(spot[:, 0] - origin[:, 0]) < 0.5 * GAP, np.linalg.norm(spot - origin, axis=1), _far(origin, spot)
    )
    length = np.minimum(far / SPEED, room)
    for some, rack in ((begun & from_rack, bay), (begun & ~from_rack, None)):
        yield from _flight(part, start, length, origin, spot, some, row["number"], rack)
    yield part[begun], ends[begun], spot[begun]


def _through(
    bay: Bay, row: Columns, origin: np.ndarray, begun: np.ndarray, ends: np.ndarray, halted: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Through a tunnel at its speed; who is done and cannot leave stands at its end, the next ones behind it."""
    part, start, finish = row["part"], row["start"], row["finish"]
    gone, moved = _Ramp.of_steps(row["depart"]), _running(halted, finish)
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


def _running(halted: np.ndarray, finish: np.ndarray) -> _Ramp:
    """How long a conveyor has moved so far [s]; `halted` are beginnings and ends of its stops."""
    last = max(finish[np.isfinite(finish)].max(initial=1.0), halted.max(initial=0.0)) + 1.0
    times = np.concatenate([[0.0], halted, [last]])
    runs = np.arange(len(times) - 1) % 2 == 0
    return _Ramp(times, np.concatenate([[0.0], np.cumsum(np.diff(times) * runs)]))


def _leaves(
    layout: Layout, rows: list[Columns], m: int, until: float
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Out of the line: scrap into a bin, good parts of the last station along the belt."""
    bay, row = layout.bays[m], rows[m]
    part, depart = row["part"], row["depart"]
    out = _exit(bay, row["machine"])
    thrown = row["scrapped"] & (depart <= until)
    bin_ = np.stack([out[:, 0], np.full(len(part), bay.bin), np.full(len(part), 0.35)], axis=1)
    yield from _flight(part, depart, np.full(len(part), 1.5), out, bin_, thrown, row["number"])
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


def _joined(frames: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Tracks:
    """All key frames part by part, without those that a straight line shows as well."""
    if not frames:
        return Tracks(np.zeros(0, int), np.zeros(1, int), np.zeros(0), np.zeros((0, 3)))
    part, time, place = (np.concatenate([frame[k] for frame in frames]) for k in range(3))
    order = np.lexsort((np.arange(len(time)), time, part))
    part, time, place = part[order], time[order], place[order]
    while True:
        keep = _needed(part, time, place)
        if keep.all():
            break
        part, time, place = part[keep], time[keep], place[keep]
    parts, first = np.unique(part, return_index=True)
    return Tracks(parts, np.append(first, len(time)), time, place)


def _needed(part: np.ndarray, time: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Which key frames a straight line between their neighbours would miss; of two neighbours one stays."""
    keep = np.ones(len(time), bool)
    if len(time) < 3:
        return keep
    middle = np.arange(1, len(time) - 1)
    inside = (part[:-2] == part[1:-1]) & (part[1:-1] == part[2:])
    length = time[2:] - time[:-2]
    share = (time[1:-1] - time[:-2]) / np.where(length > 0, length, 1.0)
    line = place[:-2] + share[:, None] * (place[2:] - place[:-2])
    off = np.abs(line - place[1:-1]).max(axis=1)
    same = (length <= 0) | ((time[1:-1] - time[:-2] <= 0) & (np.abs(place[1:-1] - place[:-2]).max(axis=1) < 1e-6))
    spare = inside & ((off < _TOLERANCE) | same)
    drop = middle[spare]
    alone = np.ones(len(drop), bool)
    alone[1:] = np.diff(drop) > 1
    run = np.cumsum(alone)
    place_in_run = np.arange(len(drop)) - np.searchsorted(run, run)
    keep[drop[place_in_run % 2 == 0]] = False
    return keep
