"""The line as solids: everything that stands still, merged by material, and what moves over it. Draws nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from twin.segments import STATES
from viz.layout import COLUMNS, GAP, LEVELS, Bay, Layout
from viz.look import BELT, Look
from viz.mesh import Mesh, box, cylinder, frame, merged, sweep

__all__ = ["Mover", "Placed", "Scene", "lit", "scene_of"]

_BELT_HALF = 0.17
_LENS, _APART = 0.15, 0.16
"""Height of a lens of a signal tower, and between the feet of two [m]."""
_MARGIN = 3.0
_LEAST = 5.0
"""Half the length of what a picture shows at least [m]."""


@dataclass(frozen=True)
class Placed:
    """A machine on the floor.

    Attributes:
        station, number: of it.
        at: its origin on the floor [m].
        turn: of its frame about z [rad].
        look: what it looks like.
    """

    station: int
    number: int
    at: tuple[float, float]
    turn: float
    look: Look

    def place(self, point: tuple[float, float, float]) -> np.ndarray:
        """A point of its own frame on the floor [m]."""
        c, s = np.cos(self.turn), np.sin(self.turn)
        x, y, z = point
        return np.array([self.at[0] + c * x - s * y, self.at[1] + s * x + c * y, z])

    def mesh(self, solid: Mesh) -> Mesh:
        """A solid of its own frame on the floor."""
        return solid.moved((*self.at, 0.0), z=self.turn)

    @cached_property
    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Its lowest and highest corner [m]."""
        points = np.concatenate([self.mesh(solid).points for solid, _ in self.look.pieces])
        return points.min(axis=0), points.max(axis=0)


@dataclass(frozen=True)
class Mover:
    """What moves at a machine: its solid (turned as the machine is), material, resting place [m] and way of moving."""

    machine: int
    mesh: Mesh
    material: str
    at: np.ndarray
    kind: str
    turn: float


@dataclass(frozen=True)
class Scene:
    """Everything but the parts.

    Attributes:
        solids: material -> what stands still of it, without the housings of machines.
        housings: of each machine [machine]: they take colours.
        movers: what moves.
        machines: where the machines stand, in the order of `Layout.machines`.
        lenses: feet of the three lenses of each signal tower, the lowest first [machine, 3, 3].
        pads: middle [machine, 2], size [machine, 2] and turn [machine] of the frame on the floor around each machine.
        floor: lowest and highest x and y of the floor [m].
    """

    solids: Mapping[str, Mesh]
    housings: tuple[Mesh, ...]
    movers: tuple[Mover, ...]
    machines: tuple[Placed, ...]
    lenses: np.ndarray
    pads: tuple[np.ndarray, np.ndarray, np.ndarray]
    floor: tuple[float, float, float, float]

    @property
    def everything(self) -> list[Mesh]:
        """All solids that stand still."""
        return [*self.solids.values(), *self.housings]

    @cached_property
    def outline(self) -> np.ndarray:
        """Points [point, 3] that a picture of the line has to show; of a short one, some floor as well."""
        solids = [mesh.points for mesh in self.everything]
        pads = [self.pad(j).points for j in range(len(self.machines))]
        points = np.concatenate([*solids, *pads])
        middle = (points.min(axis=0) + points.max(axis=0)) / 2 * [1, 1, 0]
        around = middle + np.array([[x, y, 0] for x in (-_LEAST, _LEAST) for y in (-_LEAST / 2, _LEAST / 2)])
        return np.concatenate([points, around])

    @property
    def stations(self) -> list[np.ndarray]:
        """The places of the machines of each station in `machines`."""
        own = np.array([one.station for one in self.machines])
        return [np.flatnonzero(own == m) for m in range(own.max() + 1)]

    def tags(self) -> np.ndarray:
        """Where the name of each station belongs: above the middle of the tops of its machines [station, 3]."""
        tops = [np.append((one.box[0] + one.box[1])[:2] / 2, one.look.height) for one in self.machines]
        return np.array([np.array(tops)[own].mean(axis=0) for own in self.stations])

    @staticmethod
    def lens() -> Mesh:
        """One lens, around its foot."""
        return cylinder(0.085, _LENS, sides=10)

    def pad(self, machine: int) -> Mesh:
        """The frame on the floor around a machine."""
        middles, sizes, turns = self.pads
        flat = frame(float(sizes[machine, 0]), float(sizes[machine, 1]), 0.13)
        return flat.moved((*middles[machine], 0.012), z=float(turns[machine]))


def lit(states: np.ndarray) -> np.ndarray:
    """Which lens of a signal tower is lit, from the top: 0 broken, 2 at work, 1 anything else."""
    return np.where(states == STATES.index("down"), 0, np.where(states == STATES.index("processing"), 2, 1))


def scene_of(layout: Layout) -> Scene:
    """The solids of a layout."""
    pieces: dict[str, list[Mesh]] = {}
    housings, movers, machines, lenses = [], [], [], []
    for j, one in enumerate(_placed(layout)):
        shells = []
        for solid, material in one.look.pieces:
            (shells if material == "shell" else pieces.setdefault(material, [])).append(one.mesh(solid))
        housings.append(merged(shells) if shells else one.mesh(box((0.01, 0.01, 0.01), (0, 1.5, 0))))
        for mover in one.look.movers:
            turned = mover.mesh.moved(z=one.turn)
            movers.append(Mover(j, turned, mover.material, one.place(mover.at), mover.kind, one.turn))
        machines.append(one)
        lenses.append(one.place(one.look.lamp) + [[0, 0, _APART * k] for k in range(3)])
    for mesh, material in (*_belts(layout), *_racks(layout), *_bins(layout)):
        pieces.setdefault(material, []).append(mesh)
    solids = {material: merged(meshes) for material, meshes in pieces.items()}
    points = np.concatenate([mesh.points for mesh in (*solids.values(), *housings)])
    low, high = points.min(axis=0) - _MARGIN, points.max(axis=0) + _MARGIN
    floor = (float(low[0]), float(high[0]), float(low[1]), float(high[1]))
    return Scene(solids, tuple(housings), tuple(movers), tuple(machines), np.stack(lenses), _pads(machines), floor)


def _placed(layout: Layout) -> Iterator[Placed]:
    for m, k in layout.machines:
        bay = layout.bays[m]
        along = bay.machines[k]
        x, y, _ = layout.path.at(np.array([along]), np.zeros(1), np.zeros(1))[0]
        turn = layout.path.direction(along) + (np.pi if bay.side < 0 else 0.0)
        turn = float(np.round((turn + np.pi) % (2 * np.pi) - np.pi, 9))
        yield Placed(m, k, (float(x), float(y)), turn, bay.look)


def _pads(machines: list[Placed]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    front = 0.75
    middles = [one.place((0, (one.look.depth - front) / 2, 0))[:2] for one in machines]
    sizes = [(one.look.width, one.look.depth + front) for one in machines]
    return np.array(middles), np.array(sizes), np.array([one.turn for one in machines])


def _belts(layout: Layout) -> Iterator[tuple[Mesh, str]]:
    """The belt along the whole path, and further ones beside it where several machines feed a lane."""
    path, bays = layout.path, layout.bays
    ways = [(min(0.0, layout.begin), path.length, 0.0)]
    for bay, after in zip(bays, [*bays[1:], None], strict=True):
        end = after.head if after else path.length
        for lane in range(1, bay.lanes):
            merge = bay.end + 0.85 * (end - bay.end)
            ways.append((bay.machines[0], max(merge, bay.end), float(bay.lane(np.array(lane)))))
    for begin, end, aside in ways:
        way = path.part(begin, end, aside)
        yield sweep(way, [(_BELT_HALF, BELT), (-_BELT_HALF, BELT)]), "belt"
        for edge in (-1, 1):
            middle = edge * (_BELT_HALF + 0.015)
            rail = [(middle + 0.018, BELT - 0.14), (middle + 0.018, BELT + 0.03), (middle - 0.018, BELT + 0.03)]
            yield sweep(way, [*rail, (middle - 0.018, BELT - 0.14)], closed=True), "steel"
    yield merged(list(_legs(layout))), "steel"


def _legs(layout: Layout) -> Iterator[Mesh]:
    for along in np.arange(layout.begin + 0.4, layout.path.length, 1.8):
        spots = layout.path.at(np.full(2, along), np.array([-0.16, 0.16]), np.zeros(2))
        for x, y, _ in spots:
            yield box((0.05, 0.05, 0.66), (x, y, 0), 0)


def _racks(layout: Layout) -> Iterator[tuple[Mesh, str]]:
    """Uprights and shelves where parts wait beside the belt."""
    for bay in layout.bays:
        if not bay.racked:
            continue
        count = bay.waits if bay.waits is not None else 12 * LEVELS
        columns = min(-(-count // LEVELS), COLUMNS)
        cells = bay.cell(np.arange(LEVELS * columns))
        first, last = cells[0, 0] + GAP / 2, cells[-1, 0] - GAP / 2
        near, far = abs(cells[0, 1]) - GAP / 2, abs(cells[:, 1]).max() + GAP / 2
        yield merged(list(_shelves(layout, bay, (last, first), (near, far), cells))), "steel"
        yield merged(list(_uprights(layout, bay, (last, first), (near, far)))), "orange"


def _shelves(
    layout: Layout, bay: Bay, along: tuple[float, float], aside: tuple[float, float], cells: np.ndarray
) -> Iterator[Mesh]:
    middle = np.array([(along[0] + along[1]) / 2])
    at = layout.path.at(middle, np.array([bay.side * (aside[0] + aside[1]) / 2]), np.zeros(1))[0]
    turn = layout.path.direction(float(middle[0]))
    for up in np.unique(cells[:, 2]):
        size = (along[1] - along[0], aside[1] - aside[0], 0.03)
        yield box(size, bevel=0).moved((at[0], at[1], up - 0.035), z=turn)


def _uprights(layout: Layout, bay: Bay, along: tuple[float, float], aside: tuple[float, float]) -> Iterator[Mesh]:
    count = max(2, round((along[1] - along[0]) / 2.1) + 1)
    turn = layout.path.direction((along[0] + along[1]) / 2)
    for s in np.linspace(*along, count):
        for off in aside:
            x, y, _ = layout.path.at(np.array([s]), np.array([bay.side * off]), np.zeros(1))[0]
            yield box((0.05, 0.05, 2.0), bevel=0).moved((x, y, 0), z=turn)


def _bins(layout: Layout) -> Iterator[tuple[Mesh, str]]:
    """A box for scrap in front of each machine that may find some."""
    for m, k in layout.machines:
        bay = layout.bays[m]
        if not bay.scraps:
            continue
        along = bay.end if bay.places else bay.machines[k]
        x, y, _ = layout.path.at(np.array([along]), np.array([bay.bin]), np.zeros(1))[0]
        yield box((0.5, 0.5, 0.3), bevel=0.02).moved((x, y, 0), z=layout.path.direction(along)), "bin"
