"""Solids of triangles: boxes, cylinders and what is swept along a path. Metres; z is up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

__all__ = ["Mesh", "box", "cylinder", "frame", "merged", "rotation", "sweep"]

_CORNERS = ((-1, -1), (1, -1), (1, 1), (-1, 1))


@dataclass(frozen=True)
class Mesh:
    """Triangles.

    Attributes:
        points: [point, 3], metres.
        normals: of unit length [point, 3].
        faces: numbers of points, counter-clockwise seen from outside [face, 3].
    """

    points: np.ndarray
    normals: np.ndarray
    faces: np.ndarray

    def moved(self, by: Sequence[float] = (0, 0, 0), *, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Mesh:
        """Turned about x, then y, then z [rad], then shifted."""
        turn = rotation(x, y, z).T
        return Mesh(self.points @ turn + np.asarray(by, float), self.normals @ turn, self.faces)


def rotation(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> np.ndarray:
    """The matrix that turns about x, then y, then z [rad].

    Example:
        >>> (rotation(z=np.pi / 2) @ [1, 0, 0]).round(3)
        array([0., 1., 0.])
    """
    (cx, sx), (cy, sy), (cz, sz) = ((np.cos(a), np.sin(a)) for a in (x, y, z))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def merged(meshes: Iterable[Mesh]) -> Mesh:
    """Several as one."""
    some = list(meshes)
    first = np.cumsum([0, *(len(mesh.points) for mesh in some[:-1])])
    return Mesh(
        np.concatenate([mesh.points for mesh in some]),
        np.concatenate([mesh.normals for mesh in some]),
        np.concatenate([mesh.faces + start for mesh, start in zip(some, first, strict=True)]),
    )


def box(size: Sequence[float], at: Sequence[float] = (0, 0, 0), bevel: float = 0.02) -> Mesh:
    """A box that stands on z = 0, moved to `at`, its edges cut off by `bevel` [m]."""
    half = np.asarray(size, float) / 2
    cut = min(bevel, 0.45 * float(half.min()))
    flat = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        for side in (-1, 1):
            corners = np.zeros((4, 3))
            corners[:, axis] = side * half[axis]
            corners[:, [u, v]] = _CORNERS * (half[[u, v]] - cut)
            flat.append(corners)
    if cut > 0:
        flat += [*_edges(half, cut), *_corners(half, cut)]
    mesh = _outward(flat)
    return mesh.moved((0, 0, half[2])).moved(at)


def _edges(half: np.ndarray, cut: float) -> Iterable[np.ndarray]:
    """The faces that stand for the twelve edges."""
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        for su, sv in _CORNERS:
            face = np.zeros((4, 3))
            face[:, axis] = np.array([-1, 1, 1, -1]) * (half[axis] - cut)
            face[:, u] = su * (half[u] - np.array([0, 0, cut, cut]))
            face[:, v] = sv * (half[v] - np.array([cut, cut, 0, 0]))
            yield face


def _corners(half: np.ndarray, cut: float) -> Iterable[np.ndarray]:
    """The triangles that stand for the eight corners."""
    for x, y in _CORNERS:
        for z in (-1, 1):
            yield np.array([x, y, z]) * (half - cut * (1 - np.eye(3)))


def _outward(polygons: Iterable[np.ndarray]) -> Mesh:
    """Flat polygons around the origin, each turned so that it looks outward."""
    points, normals, faces, first = [], [], [], 0
    for polygon in polygons:
        normal = np.cross(polygon[1] - polygon[0], polygon[2] - polygon[0])
        turned = polygon if normal @ polygon.mean(axis=0) > 0 else polygon[::-1]
        normal = normal if turned is polygon else -normal
        points.append(turned)
        normals.append(np.tile(normal / np.linalg.norm(normal), (len(turned), 1)))
        faces += [(first, first + i, first + i + 1) for i in range(1, len(turned) - 1)]
        first += len(turned)
    return Mesh(np.concatenate(points), np.concatenate(normals), np.array(faces))


def cylinder(
    radius: float, height: float, at: Sequence[float] = (0, 0, 0), *, sides: int = 16, top: float | None = None
) -> Mesh:
    """A cylinder that stands on z = 0, moved to `at`; a cone where the radius at the `top` [m] differs."""
    top = radius if top is None else top
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    low, high = np.c_[radius * ring, np.zeros(sides)], np.c_[top * ring, np.full(sides, height)]
    slope = (radius - top) / height
    around = np.c_[ring, np.full(sides, slope)] / np.hypot(1, slope)
    down, up = np.tile([0, 0, -1.0], (sides, 1)), np.tile([0, 0, 1.0], (sides, 1))
    i = np.arange(sides)
    j = (i + 1) % sides
    k = np.arange(1, sides - 1)
    faces = [np.c_[i, j, j + sides], np.c_[i, j + sides, i + sides]]
    faces += [2 * sides + np.c_[0 * k, k + 1, k], 3 * sides + np.c_[0 * k, k, k + 1]]
    mesh = Mesh(
        np.concatenate([low, high, low, high]), np.concatenate([around, around, down, up]), np.concatenate(faces)
    )
    return mesh.moved(at)


def sweep(path: np.ndarray, profile: Sequence[tuple[float, float]], *, closed: bool = False) -> Mesh:
    """A profile drawn along a path on the floor.

    Args:
        path: [point, 3], metres.
        profile: (to the left of the path, up) [m], from left to right over the top; round the solid where it is closed.
        closed: whether the last point of the profile is joined to the first.
    """
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    left = np.c_[-along[:, 1], along[:, 0], np.zeros(len(path))]
    around = [*profile, profile[0]] if closed else list(profile)
    rails = [path + left * aside + np.array([0, 0, up]) for aside, up in around]
    points, normals, faces, first = [], [], [], 0
    for one, other in pairwise(rails):
        quads = np.stack([one[:-1], other[:-1], other[1:], one[1:]], axis=1)
        normal = np.cross(quads[:, 1] - quads[:, 0], quads[:, 3] - quads[:, 0])
        normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
        start = first + 4 * np.arange(len(quads))[:, None]
        points.append(quads.reshape(-1, 3))
        normals.append(np.repeat(normal, 4, axis=0))
        faces += [start + np.array(corners) for corners in ((0, 1, 2), (0, 2, 3))]
        first += 4 * len(quads)
    mesh = Mesh(np.concatenate(points), np.concatenate(normals), np.concatenate(faces))
    return Mesh(mesh.points, -mesh.normals, mesh.faces[:, ::-1]) if mesh.normals[:, 2].sum() < 0 else mesh


def frame(width: float, depth: float, border: float) -> Mesh:
    """A flat frame on the floor around the origin, its outer edge `width` along x and `depth` along y [m]."""
    w, d = width / 2, depth / 2
    bars = [(-w, -d, w, border - d), (-w, d - border, w, d), (-w, border - d, border - w, d - border)]
    bars += [(w - border, border - d, w, d - border)]
    points = [[(x0, y0, 0), (x1, y0, 0), (x1, y1, 0), (x0, y1, 0)] for x0, y0, x1, y1 in bars]
    faces = np.concatenate([4 * k + np.array([[0, 1, 2], [0, 2, 3]]) for k in range(4)])
    return Mesh(np.array(points, float).reshape(-1, 3), np.tile([0, 0, 1.0], (16, 1)), faces)
