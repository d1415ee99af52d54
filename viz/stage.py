"""The line drawn by PyVista: built once, then moved to any time of a story without building anything anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twin.segments import STATES as NAMES
from viz.camera import Camera, fitted
from viz.colours import GROUND, MATERIALS, PRODUCTS, STATES, on_scale, rgb
from viz.floor import LIGHT, floor_picture
from viz.looks import part_looks
from viz.mesh import Mesh, merged
from viz.movement import pose
from viz.opengl import prepare
from viz.scene import lit, scene_of
from viz.story import Frame, Story

if TYPE_CHECKING:
    import pyvista as pv

__all__ = ["QUALITIES", "Stage"]

QUALITIES = ("draft", "smooth", "final")
"""From fast to beautiful: plain, smooth edges, soft shadows in corners and twice the pixels."""

_PALETTE = np.array([rgb(STATES[name]) for name in NAMES])
_PRODUCTS = np.array([rgb(colour) for colour in PRODUCTS])
_LAMP = rgb(MATERIALS["lamp"].colour)
_SHELL = rgb(MATERIALS["shell"].colour)
_MIX = 0.85
"""How much of a figure's colour a housing takes."""


class Stage:
    """A plotter with a line in it."""

    def __init__(
        self,
        story: Story,
        *,
        size: tuple[int, int] = (1280, 720),
        quality: str = "smooth",
        window: bool = False,
        floor: np.ndarray | None = None,
    ) -> None:
        """Build everything.

        Args:
            story: what is shown.
            size: of the picture [pixels].
            quality: one of `QUALITIES`.
            window: whether it opens in a window.
            floor: the picture of the floor, where it is at hand (see `viz.floor`).

        Raises:
            ValueError: there is no such quality.
            MissingError: the libraries for drawing are not there.
        """
        if quality not in QUALITIES:
            raise ValueError(f"quality is {quality!r}; it is one of {', '.join(QUALITIES)}.")
        prepare(window=window)
        import pyvista as pv  # noqa: PLC0415  a second, and OpenGL has to be there

        self.story, self.scene = story, scene_of(story.layout)
        self.plotter: Any = pv.Plotter(off_screen=not window, window_size=list(size), lighting="none")
        self.plotter.set_background(GROUND)
        self._floor(pv, floor)
        self._still(pv)
        self._moving(pv)
        self._lights(pv)
        self.look_from(self.best_camera())
        if quality == "final":
            self.plotter.enable_ssao(radius=0.9, bias=0.03, kernel_size=64, blur=True)
            self.plotter.enable_anti_aliasing("ssaa")
        else:  # FXAA leaves the picture black on Mesa with VTK 9.7
            self.plotter.render_window.SetMultiSamples(4 if quality == "smooth" else 0)
        self._shown = False

    def best_camera(self, margins: tuple[float, float, float, float] = (0.04, 0.04, 0.06, 0.06)) -> Camera:
        """From where all of the line is seen; margins are shares of the picture to the left, right, top and bottom."""
        width, height = self.plotter.window_size
        return fitted(self.scene.outline, width / height, margins)

    def look_from(self, camera: Camera) -> None:
        """Move the camera."""
        self.camera = camera
        own = self.plotter.camera
        own.position, own.focal_point, own.up = tuple(camera.position), tuple(camera.focus), (0, 0, 1)
        own.view_angle = camera.angle
        self.plotter.renderer.ResetCameraClippingRange()

    def show(self, time: float) -> Frame:
        """Move everything to a moment [s]; nothing is drawn yet."""
        frame = self.story.at(time)
        self._states(frame)
        self._parts(frame)
        for mover, actor in zip(self.scene.movers, self._movers, strict=True):
            actor.user_matrix = pose(mover, float(frame.progress[mover.machine]))
        return frame

    def machine_at(self, x: float, y: float) -> int | None:
        """The machine under a pixel, counted from the lower left corner; None where there is none."""
        width, height = self.plotter.window_size
        own = self.plotter.camera
        camera = Camera(np.array(own.position), np.array(own.focal_point), own.view_angle)
        eye, way = camera.ray(x, height - y, width, height)
        best, found = np.inf, None
        for j, machine in enumerate(self.scene.machines):
            low, high = ((corner - eye) / way for corner in machine.box)
            first, last = np.minimum(low, high).max(), np.maximum(low, high).min()
            if first < last and first < best:
                best, found = first, j
        return found

    def tint(self, shares: np.ndarray | None) -> None:
        """Colour the housings by a number from 0 to 1 for each machine, or not (None)."""
        colours = np.tile(_SHELL, (len(self.scene.housings), 1))
        if shares is not None:
            colours = np.where(np.isfinite(shares)[:, None], _MIX * on_scale(shares) + (1 - _MIX) * _SHELL, colours)
        self._housings.set(colours[self._owner])

    def picture(self) -> np.ndarray:
        """What is to be seen [row, column, 3], bytes.

        Raises:
            RuntimeError: the picture is black, because the plotter was made in another thread.
        """
        if self._shown:
            self.plotter.render()
        else:
            self.plotter.show(auto_close=False, interactive=False)
            self._shown = True
        image = np.asarray(self.plotter.screenshot(None, return_img=True))
        if image.mean() < 1:
            raise RuntimeError("The picture is black: make, use and close a Stage in one and the same thread.")
        return image

    def close(self) -> None:
        """Give its memory back."""
        self.plotter.close()

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _floor(self, pv: Any, picture: np.ndarray | None) -> None:
        x0, x1, y0, y1 = self.scene.floor
        picture = floor_picture(self.scene.everything, self.scene.floor) if picture is None else picture
        plane = pv.Plane(
            center=((x0 + x1) / 2, (y0 + y1) / 2, 0),
            direction=(0, 0, 1),
            i_size=x1 - x0,
            j_size=y1 - y0,
            i_resolution=1,
            j_resolution=1,
        )
        texture = pv.Texture(np.ascontiguousarray(picture))
        texture.SetInterpolate(True)
        texture.SetMipmap(True)
        self.plotter.add_mesh(plane, texture=texture, ambient=1.0, diffuse=0, specular=0, reset_camera=False)

    def _still(self, pv: Any) -> None:
        for name, mesh in self.scene.solids.items():
            self._add(_data(pv, mesh), name)
        self._owner = np.concatenate([np.full(len(mesh.points), j) for j, mesh in enumerate(self.scene.housings)])
        data = _data(pv, merged(self.scene.housings))
        self._housings = _Colours(data)
        self._add(data, "shell", own=True)
        self.tint(None)
        pads = [self.scene.pad(j) for j in range(len(self.scene.machines))]
        self._pad_owner = np.repeat(np.arange(len(pads)), [len(pad.points) for pad in pads])
        data = _data(pv, merged(pads))
        self._pads = _Colours(data)
        actor = self._add(data, "shell", own=True)
        actor.prop.ambient, actor.prop.diffuse, actor.prop.specular = 0.9, 0.2, 0.0

    def _moving(self, pv: Any) -> None:
        self._lens_places = self.scene.lenses.reshape(-1, 3)
        self._lenses = _Copies(pv, self.plotter, self.scene.lens(), len(self._lens_places), light=True)
        most = _most_at_once(self.story)
        self._looks = [_Copies(pv, self.plotter, look.mesh, most) for look in part_looks()]
        self._paints = [rgb(MATERIALS[look.material].colour) if look.material else None for look in part_looks()]
        self._movers = [self._add(_data(pv, mover.mesh), mover.material) for mover in self.scene.movers]

    def _add(self, data: pv.PolyData, material: str, *, own: bool = False) -> Any:
        """An actor of a material, or in the colours of its points."""
        colour, metallic, rough = MATERIALS[material]
        how: dict[str, Any] = {"scalars": "rgb", "rgb": True} if own else {"color": colour}
        actor = self.plotter.add_mesh(
            data,
            ambient=0.8 if material in ("screen", "glow") else 0.18,
            diffuse=0.86,
            specular=0.55 * (1 - rough) + 0.1 * metallic,
            specular_power=10 + 60 * (1 - rough),
            smooth_shading=False,
            reset_camera=False,
            show_scalar_bar=False,
            copy_mesh=False,
            **how,
        )
        actor.prop.interpolation = "Phong"
        return actor

    def _lights(self, pv: Any) -> None:
        lights = (
            (LIGHT, "#fff6e8", 0.95),
            ((12.0, -14.0, 9.0), "#dfeaff", 0.42),
            ((3.0, 16.0, 12.0), "#ffffff", 0.25),
        )
        for position, colour, strength in lights:
            self.plotter.add_light(pv.Light(position=position, focal_point=(0, 0, 0), color=colour, intensity=strength))

    def _states(self, frame: Frame) -> None:
        colours = _PALETTE[frame.states]
        lenses = np.tile(_LAMP, (len(colours), 3, 1))
        lenses[np.arange(len(colours)), 2 - lit(frame.states)] = colours
        self._lenses.show(self._lens_places, lenses.reshape(-1, 3))
        self._pads.set(colours[self._pad_owner])

    def _parts(self, frame: Frame) -> None:
        for look, (copies, paint) in enumerate(zip(self._looks, self._paints, strict=True)):
            here = frame.looks == look
            product = self.story.product[frame.parts[here]] % len(_PRODUCTS)
            copies.show(frame.places[here], _PRODUCTS[product] if paint is None else np.tile(paint, (len(product), 1)))


class _Colours:
    """The colours of the points of a solid, written in place."""

    def __init__(self, data: Any) -> None:
        from vtkmodules.util.numpy_support import vtk_to_numpy  # noqa: PLC0415  with PyVista

        data["rgb"] = np.zeros((data.n_points, 3), np.uint8)
        self._data, self._array = data, data.GetPointData().GetArray("rgb")
        self._bytes = vtk_to_numpy(self._array)

    def set(self, colours: np.ndarray) -> None:
        """Colours from 0 to 1 of the first points [point, 3]."""
        self._bytes[: len(colours)] = (255 * colours).astype(np.uint8)
        self._array.Modified()
        self._data.Modified()


class _Copies:
    """One solid at many places, each with a colour of its own: the graphics card repeats it."""

    def __init__(self, pv: Any, plotter: Any, mesh: Mesh, most: int, *, light: bool = False) -> None:
        import vtk  # noqa: PLC0415  with PyVista
        from vtkmodules.util.numpy_support import vtk_to_numpy  # noqa: PLC0415

        data = pv.PolyData(np.zeros((most, 3), np.float32))
        data["there"] = np.zeros(most, np.float32)
        self._data, self._most, self._colours = data, most, _Colours(data)
        self._there = vtk_to_numpy(data.GetPointData().GetArray("there"))
        self._places = vtk_to_numpy(data.GetPoints().GetData())
        mapper = vtk.vtkGlyph3DMapper()
        mapper.SetInputData(data)
        mapper.SetSourceData(_data(pv, mesh))
        mapper.ScalingOn()
        mapper.SetScaleArray("there")
        mapper.SetScaleModeToScaleByMagnitude()
        mapper.OrientOff()
        mapper.ScalarVisibilityOn()
        mapper.SetScalarModeToUsePointFieldData()
        mapper.SelectColorArray("rgb")
        mapper.SetColorModeToDirectScalars()
        actor = vtk.vtkActor()
        actor.SetMapper(mapper)
        how = actor.GetProperty()
        how.SetInterpolationToPhong()
        how.SetAmbient(0.75 if light else 0.2)
        how.SetDiffuse(0.45 if light else 0.85)
        how.SetSpecular(0.3)
        how.SetSpecularPower(25)
        plotter.add_actor(actor, reset_camera=False, pickable=False)

    def show(self, places: np.ndarray, colours: np.ndarray) -> None:
        """Show a copy at each of some places [copy, 3], in colours from 0 to 1 [copy, 3]."""
        self._there[:] = np.arange(self._most) < len(places)
        self._places[: len(places)] = places
        self._places[len(places) :] = (0, 0, -5)
        self._data.GetPoints().Modified()
        self._data.GetPointData().GetArray("there").Modified()
        self._colours.set(colours)


def _most_at_once(story: Story) -> int:
    """How many parts there are at once at most."""
    tracks = story.tracks
    if not len(tracks.part):
        return 1
    begin, end = np.sort(tracks.time[tracks.first[:-1]]), np.sort(tracks.time[tracks.first[1:] - 1])
    return int((np.arange(1, len(begin) + 1) - np.searchsorted(end, begin, side="right")).max()) + 1


def _data(pv: Any, mesh: Mesh) -> Any:
    faces = np.concatenate([np.full((len(mesh.faces), 1), 3), mesh.faces], axis=1).ravel()
    data = pv.PolyData(mesh.points.astype(np.float32), faces.astype(np.int64))
    data.point_data.active_normals = mesh.normals.astype(np.float32)
    return data
