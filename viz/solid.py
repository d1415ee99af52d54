"""A machine's own solid from a file of CAD, in place of a look."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from viz.look import SPOT, Look, shelf
from viz.mesh import Mesh, cylinder

__all__ = ["look_from_file"]

MOST = 20_000
"""Triangles; a finer solid is made coarser."""
_SMALLEST, _LARGEST = 0.05, 50.0


@lru_cache(maxsize=64)
def look_from_file(path: str) -> Look:
    """The look of a machine whose solid stands in an STL or GLB file.

    It is set on the floor behind the belt, the middle of its width at the middle of the station. Lengths are metres; in
    GLB y is up, as that format has it, in STL z.

    Raises:
        ValueError: the file cannot be read, holds no triangles, or is not of the size of a machine.
    """
    import pyvista as pv  # noqa: PLC0415  a second

    try:
        found: Any = pv.read(path)
    except (OSError, RuntimeError, ValueError) as fault:
        raise ValueError(f"{path}: cannot be read as a solid ({fault}). Export it anew as STL or GLB.") from fault
    data: Any = found.combine().extract_surface() if isinstance(found, pv.MultiBlock) else found
    if not isinstance(data, pv.PolyData) or data.n_cells == 0:
        raise ValueError(f"{path}: holds no triangles. Export the solid itself, not a drawing of it.")
    data = data.triangulate().clean()
    if data.n_cells > MOST:
        data = data.decimate(1 - MOST / data.n_cells)
    data = data.compute_normals(split_vertices=True, feature_angle=35.0, auto_orient_normals=False)
    points, normals = np.asarray(data.points, float), np.asarray(data.point_data["Normals"], float)
    if Path(path).suffix.lower() == ".glb":
        points, normals = (np.stack([x[:, 0], -x[:, 2], x[:, 1]], axis=1) for x in (points, normals))
    size = np.ptp(points, axis=0)
    if not (np.isfinite(points).all() and _SMALLEST < size.max() < _LARGEST):
        rule = f"it is {size.max():g} m long, and a machine is {_SMALLEST:g} to {_LARGEST:g} m"
        raise ValueError(f"{path}: {rule}. Its lengths have to be metres; scale it when exporting.")
    low, high = points.min(axis=0), points.max(axis=0)
    front = SPOT[1] + 0.25
    points = points - [(low[0] + high[0]) / 2, low[1] - front, low[2]]
    solid = Mesh(points, normals, np.asarray(data.faces).reshape(-1, 4)[:, 1:])
    lamp = (-size[0] / 2 - 0.15, front, 1.7)
    pole = cylinder(0.022, lamp[2], (lamp[0], lamp[1], 0), sides=8)
    width, depth = max(1.0, float(size[0]) + 0.6), float(size[1]) + front + 0.2
    return Look(((solid, "shell"), shelf(), (pole, "steel")), lamp, width, depth, max(1.0, float(size[2])))
