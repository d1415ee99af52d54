"""The line as a time-sampled USD stage, for Omniverse, usdview and film tools; needs `usd-core`, an extra.

States stand as colours of frames on the floor and as a token `linetwin:state`; parts are one point instancer.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from twin.segments import STATES as NAMES
from twin.store import write_atomic
from viz.colours import MATERIALS, PRODUCTS, STATES, rgb
from viz.looks import part_looks
from viz.mesh import Mesh
from viz.movement import place, swing
from viz.scene import Mover, scene_of
from viz.story import Story

__all__ = ["write_usd"]

RATE = 24.0
"""Time codes per second."""
_STEP = 1.0
"""Between two samples of the parts [s of the film]."""


def write_usd(
    story: Story, path: str | Path, *, begin: float = 0.0, end: float | None = None, speed: float = 1.0
) -> Path:
    """Write the line from `begin` to `end` [s] as a stage (.usd, .usda or .usdc), `speed` times as fast.

    Raises:
        ModuleNotFoundError: usd-core is not installed.
        ValueError: the span does not lie in the run.
        OSError: the file cannot be written; nothing is left behind.
    """
    path, last = Path(path), story.span(begin, end, speed)
    try:
        pxr = {name: import_module(f"pxr.{name}") for name in ("Gf", "Sdf", "Usd", "UsdGeom", "Vt")}
    except ModuleNotFoundError as missing:
        remedy = "Install linetwin[usd], or write a .glb, which needs nothing"
        raise ModuleNotFoundError(f"a USD stage needs usd-core, which is not installed. {remedy}.") from missing

    def write(part: Path) -> None:
        named = part.with_suffix(path.suffix)  # the ending chooses the format
        _Stage(pxr, story, begin, last, speed).save(named)
        named.replace(part)

    return write_atomic(path, write)


class _Stage:
    """A stage that is being put together."""

    def __init__(self, pxr: dict[str, Any], story: Story, begin: float, end: float, speed: float) -> None:
        self.gf, self.sdf, self.usd, self.geom, self.vt = pxr.values()
        self.story, self.begin, self.end, self.speed = story, begin, end, speed
        self.stage = self.usd.Stage.CreateInMemory()
        self.geom.SetStageUpAxis(self.stage, self.geom.Tokens.z)
        self.geom.SetStageMetersPerUnit(self.stage, 1.0)
        self.stage.SetTimeCodesPerSecond(RATE)
        self.stage.SetStartTimeCode(0)
        self.stage.SetEndTimeCode(self._code(end))
        self.stage.SetDefaultPrim(self.geom.Xform.Define(self.stage, "/Line").GetPrim())
        scene = scene_of(story.layout)
        for name, mesh in scene.solids.items():
            self._mesh(f"/Line/Still/{name}", mesh, MATERIALS[name].colour)
        for j, housing in enumerate(scene.housings):
            group = self.geom.Xform.Define(self.stage, f"/Line/Machine{j}").GetPrim()
            group.SetCustomDataByKey("machine", story.labels[j])
            self._mesh(f"/Line/Machine{j}/Housing", housing, MATERIALS["shell"].colour)
            self._state(j, scene.pad(j))
        for k, mover in enumerate(scene.movers):
            self._mover(f"/Line/Machine{mover.machine}/Mover{k}", mover)
        self._parts()

    def save(self, path: Path) -> None:
        """Write everything into one file."""
        self.stage.Export(str(path))

    def _code(self, time: float) -> float:
        return float((time - self.begin) / self.speed * RATE)

    def _colour(self, text: str) -> Any:
        return self.gf.Vec3f(*map(float, rgb(text) ** 2.2))

    def _mesh(self, path: str, mesh: Mesh, colour: str) -> Any:
        made = self.geom.Mesh.Define(self.stage, path)
        made.CreatePointsAttr(self.vt.Vec3fArray.FromNumpy(mesh.points.astype(np.float32)))
        made.CreateNormalsAttr(self.vt.Vec3fArray.FromNumpy(mesh.normals.astype(np.float32)))
        made.SetNormalsInterpolation("vertex")
        made.CreateFaceVertexCountsAttr(self.vt.IntArray.FromNumpy(np.full(len(mesh.faces), 3, np.int32)))
        made.CreateFaceVertexIndicesAttr(self.vt.IntArray.FromNumpy(mesh.faces.astype(np.int32).ravel()))
        made.CreateSubdivisionSchemeAttr("none")
        made.CreateDisplayColorAttr([self._colour(colour)])
        return made

    def _state(self, machine: int, pad: Mesh) -> None:
        """Its colour, held until just before it changes, because colours blend between samples."""
        times, _, states = self.story.courses.between(machine, self.begin, self.end)
        frame = self._mesh(f"/Line/Machine{machine}/State", pad, STATES[NAMES[states[0]]])
        colour = frame.GetDisplayColorAttr()
        token = frame.GetPrim().CreateAttribute("linetwin:state", self.sdf.ValueTypeNames.Token)
        before = None
        for time, state in zip(times.tolist(), states.tolist(), strict=True):
            code = self._code(time)
            if before is not None:
                colour.Set([self._colour(STATES[NAMES[before]])], self.usd.TimeCode(code - 0.01))
            colour.Set([self._colour(STATES[NAMES[state]])], self.usd.TimeCode(code))
            token.Set(NAMES[state], self.usd.TimeCode(code))
            before = state

    def _mover(self, path: str, mover: Mover) -> None:
        group = self.geom.Xform.Define(self.stage, path)
        moves, turns = group.AddTranslateOp(), group.AddRotateZOp()
        self._mesh(f"{path}/Solid", mover.mesh, MATERIALS[mover.material].colour)
        moves.Set(self.gf.Vec3d(*mover.at.tolist()))
        turns.Set(0.0)
        start, finish = self.story.work(mover.machine)
        share = np.linspace(0, 1, 13)
        angles = np.degrees(swing(np.where(share < 1, share, 0.0))).tolist()
        places = place(mover, share).tolist()
        for a, b in zip(start.tolist(), finish.tolist(), strict=True):
            if not (a >= self.begin and b <= self.end):
                continue
            for u, angle, point in zip(share.tolist(), angles, places, strict=True):
                code = self.usd.TimeCode(self._code(a + (b - a) * u))
                if mover.kind == "swing":
                    turns.Set(angle, code)
                else:
                    moves.Set(self.gf.Vec3d(*point), code)

    def _parts(self) -> None:
        """Those that are in the line at each sample."""
        instancer = self.geom.PointInstancer.Define(self.stage, "/Line/Parts")
        kinds = instancer.CreatePrototypesRel()
        count = len(self.story.products)
        for look, about in enumerate(part_looks()):
            for product in range(count):
                colour = MATERIALS[about.material].colour if about.material else PRODUCTS[product % len(PRODUCTS)]
                path = f"/Line/Parts/Look{look}Product{product}"
                self._mesh(path, about.mesh, colour)
                kinds.AddTarget(path)
        ids, places, looks = (
            instancer.CreateIdsAttr(),
            instancer.CreatePositionsAttr(),
            instancer.CreateProtoIndicesAttr(),
        )
        for time in np.arange(self.begin, self.end + 1e-9, _STEP * self.speed).tolist():
            frame, code = self.story.at(time), self.usd.TimeCode(self._code(time))
            which = frame.looks * count + self.story.product[frame.parts]
            ids.Set(self.vt.Int64Array.FromNumpy(self.story.tracks.part[frame.parts].astype(np.int64)), code)
            places.Set(self.vt.Vec3fArray.FromNumpy(frame.places.astype(np.float32)), code)
            looks.Set(self.vt.IntArray.FromNumpy(which.astype(np.int32)), code)
