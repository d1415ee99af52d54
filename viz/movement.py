"""How what moves at a machine moves while a visit goes on."""

from __future__ import annotations

import numpy as np

from viz.mesh import rotation
from viz.scene import Mover

__all__ = ["place", "pose", "shift", "swing"]

_STROKE, _TURN, _REST = 0.35, 0.55, 0.75
_FASTER = 1.2


def shift(kind: str, progress: np.ndarray) -> np.ndarray:
    """How far a ram or slide is from its rest [m]: out and back within the visit; a ram down, a slide to the left."""
    way = _STROKE if kind == "ram" else 0.45
    return -way * np.sin(np.pi * np.minimum(1.0, np.asarray(progress) * _FASTER)) ** 2


def swing(progress: np.ndarray) -> np.ndarray:
    """How far an arm is turned from facing the part [rad]: to and fro twice within the visit, aside without one."""
    progress = np.asarray(progress)
    return np.where(progress > 0, _TURN * np.sin(4 * np.pi * progress), _REST)


def place(mover: Mover, progress: np.ndarray) -> np.ndarray:
    """Where the origin of a mover is [..., 3], metres."""
    along = {"ram": (0.0, 0.0, 1.0), "slide": (np.cos(mover.turn), np.sin(mover.turn), 0.0)}
    if mover.kind not in along:
        return np.broadcast_to(mover.at, (*np.shape(progress), 3))
    return mover.at + shift(mover.kind, progress)[..., None] * np.array(along[mover.kind])


def pose(mover: Mover, progress: float) -> np.ndarray:
    """The matrix [4, 4] that takes a mover to where it is."""
    matrix = np.eye(4)
    matrix[:3, 3] = place(mover, np.array(progress))
    if mover.kind == "swing":
        matrix[:3, :3] = rotation(z=float(swing(np.array(progress))))
    return matrix
