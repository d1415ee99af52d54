"""Arrays and a header in one piece of text, as a page carries them: gzip, then base64."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import numpy as np

from viz.mesh import Mesh

__all__ = ["Packed"]

_KINDS = {"f4": "<f4", "u4": "<u4", "u2": "<u2", "i2": "<i2", "u1": "u1", "i1": "i1"}
_MILLIMETRE = 1e-3


class Packed:
    """Arrays by name."""

    def __init__(self) -> None:
        self._bytes, self._places = bytearray(), {}

    def add(self, name: str, values: Any, kind: str) -> None:
        """Keep an array as numbers of a kind: f4, u4, u2, i2, u1 or i1."""
        array = np.ascontiguousarray(np.asarray(values), _KINDS[kind])
        self._bytes += bytes(-len(self._bytes) % 4)
        self._places[name] = [kind, len(self._bytes), int(array.size)]
        self._bytes += array.tobytes()

    def small_mesh(self, name: str, mesh: Mesh, colours: np.ndarray) -> None:
        """Keep a solid of less than 32 m around its origin, in millimetres, with a colour [point, 3] from 0 to 1."""
        self.add(f"{name}.p", np.round(mesh.points / _MILLIMETRE), "i2")
        self._surface(name, mesh, colours)

    def large_mesh(
        self, name: str, mesh: Mesh, colours: np.ndarray, owners: np.ndarray, kinds: np.ndarray
    ) -> tuple[list[float], float]:
        """Keep a solid of any size; returns where its points are counted from [m] and in which steps [m].

        Args:
            name: of it.
            mesh: the solid.
            colours: of its points, from 0 to 1 [point, 3].
            owners: the machine to which a point belongs [point].
            kinds: what a point takes its colour from [point]: 0 itself, 1 a figure of its machine, 2 its state, from 3
                on its state where that lens is lit.
        """
        low = mesh.points.min(axis=0)
        step = max(float(np.ptp(mesh.points, axis=0).max()) / 65535, _MILLIMETRE / 2)
        self.add(f"{name}.p", np.round((mesh.points - low) / step), "u2")
        self._surface(name, mesh, colours)
        self.add(f"{name}.o", owners, "u2")
        self.add(f"{name}.k", kinds, "u1")
        return low.tolist(), step

    def _surface(self, name: str, mesh: Mesh, colours: np.ndarray) -> None:
        self.add(f"{name}.n", np.round(mesh.normals * 127), "i1")
        self.add(f"{name}.c", np.round(colours * 255), "u1")
        self.add(f"{name}.f", mesh.faces.ravel(), "u2" if len(mesh.points) < 65536 else "u4")

    def text(self, header: dict[str, Any]) -> str:
        """Everything, with a header in JSON in front."""
        said = json.dumps(header | {"arrays": self._places}, separators=(",", ":"), allow_nan=False).encode()
        said += b" " * (-len(said) % 4)
        raw = len(said).to_bytes(4, "little") + said + bytes(self._bytes)
        return base64.b64encode(gzip.compress(raw, 6, mtime=0)).decode()
