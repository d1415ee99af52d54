"""Where everything stands: a line of stations laid out straight, as a U or in rows to and fro.

Places are measured along the path of the parts, to its left, and up [m]. In front of a station is its lane, on which
parts come and wait; where more than `ON_BELT` may wait, they do so in a rack beside the end of the lane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from twin.line import Line, Station
from viz.look import SPOT, Look
from viz.looks import look as look_called
from viz.looks import look_for
from viz.path import Path, rounded

__all__ = ["GAP", "Bay", "Layout", "lay_out"]

GAP = 0.42
"""Between the middles of parts that wait one behind the other [m]; a part is 0.30 m wide."""
ON_BELT = 14
LANE = 0.38
"""Between the middles of belts side by side [m]."""
MOST_LANES = 3
LEVELS = 4
COLUMNS = 24
_BETWEEN, _OUTSIDE = 0.35, 8
_ROWS = 5.5
"""Between the paths of two rows [m]."""
_RADIUS, _ENDS = 1.4, 1.8
_SHAPE = 1.5
"""Width of the floor over its depth."""
_BIN = 0.95
_SHELF, _FLOOR, _FIRST = 0.42, 0.34, 0.95
"""Height of a shelf of a rack, height of its lowest, and its distance from the path [m]."""


@dataclass(frozen=True)
class Bay:
    """A station on the floor; distances along the path [m].

    Attributes:
        name: of the station.
        kind: name of the look of its machines, and
        look: that look.
        machines: where the middle of each is; a conveyor is one.
        begin, end: from where to where they stand.
        side: 1 where they stand to the left of the path, -1 to the right.
        head: where the first part in the queue waits.
        waits: how many parts may wait or come; None: any number.
        racked: whether they wait in a rack.
        places: in a conveyor; 0 for machines.
        lanes: belts that lead away from it.
        scraps: whether parts may be scrapped here.
    """

    name: str
    kind: str
    look: Look = field(compare=False)
    machines: tuple[float, ...]
    begin: float
    end: float
    side: int
    head: float
    waits: int | None
    racked: bool
    places: int
    lanes: int
    scraps: bool

    def spot(self, machine: np.ndarray) -> np.ndarray:
        """Where parts lie that are worked on by machines [..., 3]: along the path, to its left, up."""
        along = np.asarray(self.machines)[machine]
        return np.stack([along, np.full(along.shape, self.side * SPOT[1]), np.full(along.shape, SPOT[2])], axis=-1)

    def lane(self, machine: np.ndarray) -> np.ndarray:
        """How far to the left of the path the belt is on which a part leaves the station after machines [...]."""
        return -self.side * LANE * (np.asarray(machine) % self.lanes)

    @property
    def bin(self) -> float:
        """How far to the left of the path the boxes for scrap stand: in front of its belts [m]."""
        return -self.side * (_BIN + LANE * (self.lanes - 1))

    def cell(self, number: np.ndarray) -> np.ndarray:
        """Cells of the rack [..., 3], from 0, where the first to be taken are nearest to the machines."""
        number = np.asarray(number)
        level, column = number % LEVELS, number // LEVELS
        most = COLUMNS if self.waits is not None else _OUTSIDE
        row, column = column // most, column % most
        along = self.head - GAP * column
        return np.stack([along, self.side * (_FIRST + GAP * row), _FLOOR + _SHELF * level], axis=-1)


@dataclass(frozen=True)
class Layout:
    """The path, the stations along it, and where the first parts come in [m]."""

    path: Path
    bays: tuple[Bay, ...]
    begin: float

    @property
    def machines(self) -> list[tuple[int, int]]:
        """Station and number of each machine; a conveyor is one."""
        return [(m, k) for m, bay in enumerate(self.bays) for k in range(len(bay.machines))]


@dataclass(frozen=True)
class _Size:
    """How long the pieces of a station are [m]: the lane in front, the rack or queue, the machines."""

    look: Look
    lane: float
    queue: float
    bay: float
    racked: bool
    waits: int | None


def lay_out(line: Line) -> Layout:
    """Where the stations of a line stand.

    Where the line file places stations (`view = { at = … }`) they stand there, and where it doesn't they follow in a
    straight line; else the rows are as many as make the floor about twice as wide as deep.
    """
    sizes = [_size(line, m) for m in range(len(line.stations))]
    placed = any(station.view.at for station in line.stations)
    corners, begins = _as_placed(line, sizes) if placed else _in_rows(sizes)
    path, along = rounded(corners, _RADIUS)
    bays = []
    for station, size, begin in zip(line.stations, sizes, begins, strict=True):
        start = float(along[begin])
        belt = station.kind == "conveyor"
        count = 1 if belt else station.machines
        pitch = size.bay / count
        bays.append(
            Bay(
                name=station.name,
                kind=_named(station),
                look=size.look,
                machines=tuple(start + (k + 0.5) * pitch for k in range(count)),
                begin=start,
                end=start + size.bay,
                side=1 if path.leftward(start + size.bay / 2)[1] > -1e-6 else -1,
                head=start - 0.3,
                waits=size.waits,
                racked=size.racked,
                places=station.machines if belt else 0,
                lanes=min(count, MOST_LANES),
                scraps=_scraps(station),
            )
        )
    return Layout(path, tuple(bays), float(bays[0].begin - sizes[0].queue - 0.6))


def _size(line: Line, m: int) -> _Size:
    station = line.stations[m]
    belt = station.kind == "conveyor"
    seen = look_called(_named(station), places=station.machines if belt else 0)
    if station.view.model and not belt:
        from viz.solid import look_from_file  # noqa: PLC0415  reads with PyVista, which takes a second

        seen = look_from_file(station.view.model)
    outside = m == 0 and line.source.mode != "saturated"
    waits = None if outside else 0 if m == 0 else station.buffer + station.machines
    queue = None if waits is None else station.buffer + 2 if belt else waits  # a conveyor is full before parts wait
    racked = queue is None or queue > ON_BELT
    columns = _OUTSIDE if waits is None else min(-(-waits // LEVELS), COLUMNS) if racked else queue or 0
    bay = seen.width if belt else station.machines * (seen.width + _BETWEEN)
    way = float(np.clip(1.0 + 0.0095 * station.transport, 1.2, 9.6)) if m else 0.6
    return _Size(seen, way, GAP * columns + 0.3, bay, racked, waits)


def _scraps(station: Station) -> bool:
    found = station.scrap or station.rework or station.finds or station.false_alarm
    return bool(found) or any(failure.interrupted == "scrapped" for failure in station.failures)


def _named(station: Station) -> str:
    return station.view.look or look_for(station.process.model, station.name)


def _in_rows(sizes: Sequence[_Size]) -> tuple[list[tuple[float, float]], list[int]]:
    """Corners of the path, and which of them are the beginnings of the machines of each station."""
    whole = sum(size.lane + size.queue + size.bay for size in sizes)
    widest = max(size.queue + size.bay for size in sizes)
    found: dict[int, tuple[float, list[list[int]]]] = {}
    for width in np.geomspace(max(widest, 8.0), max(whole, widest, 8.0) + 1e-9, 80)[::-1]:
        rows = _filled(sizes, float(width))
        used = max(sum(_length(sizes[m], first=m == row[0] and m > 0) for m in row) for row in rows)
        if len(rows) == 1 or len(sizes) > 3:
            found[len(rows)] = min(found.get(len(rows), (np.inf, rows)), (used, rows))
    shape = lambda count: abs(np.log((found[count][0] + 4) / (_ROWS * count) / _SHAPE))  # noqa: E731
    width, rows = found[min(found, key=shape)]
    corners, begins = [(-_ENDS, 0.0)], []
    for r, row in enumerate(rows):
        ahead, y = (1 if r % 2 == 0 else -1), -_ROWS * r
        x = 0.0 if ahead > 0 else width
        for m in row:
            size = sizes[m]
            x += ahead * (size.queue + (0.0 if m == row[0] and m > 0 else size.lane))
            begins.append(len(corners))
            corners += [(x, y), (x + ahead * size.bay, y)]
            x += ahead * size.bay
        turn = width + _RADIUS + 0.4 if ahead > 0 else -_RADIUS - 0.4
        corners += [(turn, y), (turn, y - _ROWS)] if r + 1 < len(rows) else [(x + ahead * _ENDS, y)]
    return corners, begins


def _length(size: _Size, *, first: bool) -> float:
    return size.queue + size.bay + (0.0 if first else size.lane)


def _filled(sizes: Sequence[_Size], width: float) -> list[list[int]]:
    """Stations row by row; the corner takes the place of the lane of the first station of a row."""
    rows: list[list[int]] = [[]]
    used = 0.0
    for m, size in enumerate(sizes):
        if rows[-1] and used + _length(size, first=False) > width:
            rows.append([])
            used = 0.0
        used += _length(size, first=not rows[-1] and m > 0)
        rows[-1].append(m)
    return rows


def _as_placed(line: Line, sizes: Sequence[_Size]) -> tuple[list[tuple[float, float]], list[int]]:
    """The same where stations have places of their own: `at` is the middle of the station on its path."""
    corners: list[tuple[float, float]] = []
    begins: list[int] = []
    x = y = 0.0
    turn = 0.0
    for station, size in zip(line.stations, sizes, strict=True):
        turn = station.view.turn if station.view.turn is not None else turn
        ahead = np.array([np.cos(turn), np.sin(turn)])
        if station.view.at is not None:
            middle = np.asarray(station.view.at)
            start = middle - ahead * size.bay / 2
        else:
            start = np.array([x, y]) + ahead * (size.lane + size.queue)
        before = start - ahead * min(size.queue, 0.8)
        if not corners or np.linalg.norm(before - corners[-1]) > 0.05:
            corners.append((float(before[0]), float(before[1])))
        begins.append(len(corners))
        x, y = (start + ahead * size.bay).tolist()
        corners += [(float(start[0]), float(start[1])), (x, y)]
    corners.append((x + _ENDS * float(np.cos(turn)), y + _ENDS * float(np.sin(turn))))
    return corners, begins
