"""The line as an animated GLB: for CAD viewers, game engines and presentations. Needs nothing but NumPy.

Core glTF animates places, turns and sizes, not colours: a state is a frame on the floor in its colour, shown while it
lasts. Format: glTF 2.0 (Khronos Group 2017, ISO/IEC 12113:2022). There y is up, here z.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from twin.segments import STATES as NAMES
from twin.store import write_atomic
from viz.colours import MATERIALS, PRODUCTS, STATES, Material, rgb
from viz.looks import part_looks
from viz.mesh import Mesh
from viz.movement import place, swing
from viz.scene import Mover, Scene, scene_of
from viz.story import Story

__all__ = ["write_glb"]

_FLOAT, _WORD, _LONG = 5126, 5123, 5125
_VERTICES, _INDICES = 34962, 34963
_PARTS_OF_CYCLE = 16
"""Key frames of a machine's movement in one visit."""


def write_glb(
    story: Story, path: str | Path, *, begin: float = 0.0, end: float | None = None, speed: float = 1.0
) -> Path:
    """Write the line from `begin` to `end` [s] as an animated GLB, `speed` times as fast.

    Raises:
        ValueError: the span does not lie in the run.
        OSError: the file cannot be written; nothing is left behind.
    """
    return write_atomic(path, _Glb(story, begin, story.span(begin, end, speed), speed).data())


class _Glb:
    """A file that is being put together."""

    def __init__(self, story: Story, begin: float, end: float, speed: float) -> None:
        self.story, self.begin, self.end, self.speed = story, begin, end, speed
        self._bytes = bytearray()
        self._materials: dict[str, int] = {}
        self._channels: list[dict[str, Any]] = []
        self._samplers: list[dict[str, Any]] = []
        self.json: dict[str, Any] = {
            "asset": {"version": "2.0", "generator": "linetwin"},
            "scene": 0,
            "scenes": [{"nodes": []}],
            **{name: [] for name in ("nodes", "meshes", "materials", "accessors", "bufferViews")},
        }
        scene = scene_of(story.layout)
        solids = [(mesh, self._material(name, MATERIALS[name])) for name, mesh in scene.solids.items()]
        self._node("line", mesh=self._mesh("line", solids))
        self._machines(scene)
        for mover in scene.movers:
            self._mover(mover)
        self._parts()

    def data(self) -> bytes:
        """The file."""
        if self._channels:
            self.json["animations"] = [{"name": "run", "channels": self._channels, "samplers": self._samplers}]
        self.json["buffers"] = [{"byteLength": len(self._bytes)}]
        said = json.dumps(self.json, separators=(",", ":")).encode()
        said += b" " * (-len(said) % 4)
        rest = bytes(self._bytes) + bytes(-len(self._bytes) % 4)
        head = struct.pack("<III", 0x46546C67, 2, 28 + len(said) + len(rest))
        return b"".join(
            [head, struct.pack("<II", len(said), 0x4E4F534A), said, struct.pack("<II", len(rest), 0x004E4942), rest]
        )

    def _machines(self, scene: Scene) -> None:
        """Housings, and a frame on the floor for every state that a machine has."""
        shell = self._material("shell", MATERIALS["shell"])
        for j, (name, housing) in enumerate(zip(self.story.labels, scene.housings, strict=True)):
            self._node(name, mesh=self._mesh(name, [(housing, shell)]), extras={"machine": name})
            times, _, states = self.story.courses.between(j, self.begin, self.end)
            pad = scene.pad(j)
            for state in np.unique(states).tolist():
                colour = self._material(f"state {NAMES[state]}", Material(STATES[NAMES[state]], 0.0, 0.8), glow=0.6)
                node = self._node(f"{name} {NAMES[state]}", mesh=self._mesh(f"{name} frame", [(pad, colour)]))
                if len(times) > 1:
                    self._animate(node, "scale", times, np.repeat((states == state)[:, None], 3, axis=1), "STEP")

    def _mover(self, mover: Mover) -> None:
        name = f"{self.story.labels[mover.machine]} {mover.kind}"
        mesh = self._mesh(name, [(mover.mesh, self._material(mover.material, MATERIALS[mover.material]))])
        node = self._node(name, mesh=mesh, translation=_up(mover.at[None])[0].tolist())
        start, finish = self.story.work(mover.machine)
        seen = (start < self.end) & (finish > self.begin)
        start, finish = start[seen], np.minimum(finish[seen], self.end)
        if not len(start):
            return
        share = np.linspace(0, 1, _PARTS_OF_CYCLE)
        time = (start[:, None] + (finish - start)[:, None] * share).ravel()
        progress = np.tile(share, len(start))
        order = np.flatnonzero((time >= self.begin) & (np.diff(time, prepend=-np.inf) > 1e-4))
        time, progress = time[order], progress[order]
        if mover.kind == "swing":
            half = swing(np.where(progress >= 1, 0, progress)) / 2
            turns = np.stack([0 * half, np.sin(half), 0 * half, np.cos(half)], axis=1)
            self._animate(node, "rotation", time, turns)
            return
        self._animate(node, "translation", time, _up(place(mover, progress)))

    def _parts(self) -> None:
        """A node for every part, with its looks below it."""
        story, tracks = self.story, self.story.tracks
        meshes: dict[tuple[int, int], int] = {}
        for row, number in enumerate(tracks.part.tolist()):
            own = slice(tracks.first[row], tracks.first[row + 1])
            time, way = tracks.time[own], tracks.place[own]
            if time[-1] <= self.begin or time[0] >= self.end:
                continue
            time, way = _along(story, *_cut(time, way, self.begin, self.end))
            below = []
            for look, (since, until) in enumerate(_looks(story, row)):
                if since < time[-1] and until > time[0] and since < until:
                    below.append(self._look(meshes, look, story.product[row], (since, until)))
            points = story.layout.path.at(way[:, 0], way[:, 1], way[:, 2])
            node = self._node(f"part {number}", children=below, translation=_up(points[:1])[0].tolist())
            self._animate(node, "translation", time, _up(points))
            there = np.array([[0.0], [1.0], [0.0]]) if time[0] > self.begin else np.array([[1.0], [0.0]])
            when = [self.begin, time[0], time[-1]] if time[0] > self.begin else [time[0], time[-1]]
            self._animate(node, "scale", np.array(when), np.repeat(there, 3, axis=1), "STEP")

    def _look(self, meshes: dict[tuple[int, int], int], look: int, product: int, when: tuple[float, float]) -> int:
        about = part_looks()[look]
        key = (look, 0 if about.material else int(product) % len(PRODUCTS))
        if key not in meshes:
            paint = MATERIALS[about.material] if about.material else Material(PRODUCTS[key[1]], 0.05, 0.45)
            material = self._material(f"part {key[0]} {key[1]}", paint)
            meshes[key] = self._mesh(f"part {key[0]} {key[1]}", [(about.mesh, material)])
        node = self._node(f"look {look}", root=False, mesh=meshes[key])
        edges = [self.begin] + [t for t in when if self.begin < t < self.end]
        if len(edges) > 1 or when[0] > self.begin:
            shown = np.array([[1.0 if when[0] <= t < when[1] else 0.0] * 3 for t in edges])
            self._animate(node, "scale", np.array(edges), shown, "STEP")
        return node

    def _animate(self, node: int, what: str, time: np.ndarray, values: np.ndarray, way: str = "LINEAR") -> None:
        """Key frames of a node; a single one holds throughout."""
        clock = ((np.asarray(time, float) - self.begin) / self.speed).astype(np.float32)
        keep = np.append(np.diff(clock) > 0, True)
        clock, values = clock[keep], np.asarray(values, np.float32)[keep]
        sampler = {"input": self._accessor(clock, ends=True), "output": self._accessor(values), "interpolation": way}
        self._samplers.append(sampler)
        self._channels.append({"sampler": len(self._samplers) - 1, "target": {"node": node, "path": what}})

    def _accessor(self, values: np.ndarray, target: int | None = None, *, ends: bool = False) -> int:
        values = np.ascontiguousarray(values)
        self._bytes += bytes(-len(self._bytes) % 4)
        view: dict[str, Any] = {"buffer": 0, "byteOffset": len(self._bytes), "byteLength": values.nbytes}
        if target:
            view["target"] = target
        self._bytes += values.tobytes()
        self.json["bufferViews"].append(view)
        kind = {"float32": _FLOAT, "uint32": _LONG, "uint16": _WORD}[str(values.dtype)]
        shape = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}[1 if values.ndim == 1 else values.shape[1]]
        about: dict[str, Any] = {"bufferView": len(self.json["bufferViews"]) - 1, "componentType": kind}
        about |= {"count": len(values), "type": shape}
        if ends:
            about |= {name: np.atleast_1d(f(values, axis=0)).tolist() for name, f in (("min", np.min), ("max", np.max))}
        self.json["accessors"].append(about)
        return len(self.json["accessors"]) - 1

    def _material(self, name: str, paint: Material, glow: float = 0.0) -> int:
        if name not in self._materials:
            colour = (rgb(paint.colour) ** 2.2).tolist()  # glTF is linear
            about: dict[str, Any] = {"name": name}
            about["pbrMetallicRoughness"] = {
                "baseColorFactor": [*colour, 1.0],
                "metallicFactor": 0.5 * paint.metallic,
                "roughnessFactor": paint.roughness,
            }
            if glow:
                about["emissiveFactor"] = [glow * value for value in colour]
            self.json["materials"].append(about)
            self._materials[name] = len(self.json["materials"]) - 1
        return self._materials[name]

    def _mesh(self, name: str, pieces: Sequence[tuple[Mesh, int]]) -> int:
        primitives = []
        for mesh, material in pieces:
            normals = mesh.normals / np.linalg.norm(mesh.normals, axis=1, keepdims=True)
            attributes = {
                "POSITION": self._accessor(_up(mesh.points), _VERTICES, ends=True),
                "NORMAL": self._accessor(_up(normals), _VERTICES),
            }
            faces = mesh.faces.ravel().astype(np.uint16 if len(mesh.points) < 65536 else np.uint32)
            primitives.append(
                {"attributes": attributes, "indices": self._accessor(faces, _INDICES), "material": material}
            )
        self.json["meshes"].append({"name": name, "primitives": primitives})
        return len(self.json["meshes"]) - 1

    def _node(self, name: str, *, root: bool = True, **more: Any) -> int:
        self.json["nodes"].append({"name": name, **{key: value for key, value in more.items() if value != []}})
        number = len(self.json["nodes"]) - 1
        if root:
            self.json["scenes"][0]["nodes"].append(number)
        return number


def _up(points: np.ndarray) -> np.ndarray:
    """From z up to y up."""
    return np.stack([points[:, 0], points[:, 2], -points[:, 1]], axis=1).astype(np.float32)


def _looks(story: Story, row: int) -> list[tuple[float, float]]:
    """From when to when a part has each of its looks."""
    first, second = story.turns[row].tolist()
    return [(-np.inf, min(first, second)), (first, second), (second, np.inf)]


def _cut(time: np.ndarray, place: np.ndarray, begin: float, end: float) -> tuple[np.ndarray, np.ndarray]:
    """Key frames within a span, with what lies at its ends."""
    edges = np.array([max(begin, time[0]), min(end, time[-1])])
    inside = (time > edges[0]) & (time < edges[1])
    moments = np.concatenate([edges[:1], time[inside], edges[1:]])
    return moments, np.stack([np.interp(moments, time, place[:, k]) for k in range(3)], axis=1)


def _along(story: Story, time: np.ndarray, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same with more key frames where the path bends: between two of them a straight line would leave it."""
    bends = np.abs(np.diff(story.layout.path.turned(place[:, 0])))
    moments = [time]
    for k in np.flatnonzero(bends > 0.12):
        count = int(np.ceil(bends[k] / 0.12)) * 2
        moments.append(np.linspace(time[k], time[k + 1], count + 2)[1:-1])
    fine = np.sort(np.concatenate(moments))
    return fine, np.stack([np.interp(fine, time, place[:, k]) for k in range(3)], axis=1)
