"""The way of the parts over the floor: corners rounded, measured along itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

__all__ = ["Path", "rounded"]

STEP = 0.1
"""Distance [m] between the points of a path."""


@dataclass(frozen=True)
class Path:
    """A way in steps of the same length.

    Attributes:
        points: [point, 2], metres.
        left: unit vectors to the left of it [point, 2].
        step: distance between two points [m].
    """

    points: np.ndarray
    left: np.ndarray
    step: float

    @property
    def length(self) -> float:
        """In metres."""
        return self.step * (len(self.points) - 1)

    def at(self, along: np.ndarray, aside: np.ndarray, up: np.ndarray) -> np.ndarray:
        """Places on the floor [..., 3], metres.

        Args:
            along: the path [m]; before its beginning and after its end it goes straight on.
            aside: to the left of it [m].
            up: above the floor [m].
        """
        along = np.asarray(along, float)
        place = np.clip(along / self.step, 0, len(self.points) - 1.000001)
        low = place.astype(int)
        share = (place - low)[..., None]
        here = self.points[low] * (1 - share) + self.points[low + 1] * share
        left = self.left[low] * (1 - share) + self.left[low + 1] * share
        beyond = along - place * self.step
        ahead = np.stack([left[..., 1], -left[..., 0]], axis=-1)
        here = here + left * np.asarray(aside)[..., None] + ahead * beyond[..., None]
        return np.concatenate([here, np.broadcast_to(np.asarray(up, float), here.shape[:-1])[..., None]], axis=-1)

    def leftward(self, along: float) -> np.ndarray:
        """The unit vector to the left of the path [2] at a place along it [m]."""
        return self.left[int(np.clip(along / self.step, 0, len(self.left) - 1))]

    def direction(self, along: float) -> float:
        """Where the path leads to at a place along it [m], counter-clockwise from +x [rad]."""
        left = self.leftward(along)
        return float(np.arctan2(-left[0], left[1]))

    def turned(self, along: np.ndarray) -> np.ndarray:
        """How much the path has turned so far, both ways added up [rad]."""
        return np.interp(along, self.step * np.arange(len(self.left)), self._turned)

    @cached_property
    def _turned(self) -> np.ndarray:
        return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(self.left, axis=0), axis=1))])

    def part(self, begin: float, end: float, aside: float = 0.0) -> np.ndarray:
        """Points [point, 3] from `begin` to `end` [m], as few as show its corners."""
        along = np.arange(begin, end, self.step)
        along = np.append(along, end)
        points = self.at(along, np.full(len(along), aside), np.zeros(len(along)))
        ahead = np.diff(points[:, :2], axis=0)
        ahead /= np.linalg.norm(ahead, axis=1, keepdims=True) + 1e-12
        bends = np.flatnonzero(np.abs(np.diff(ahead, axis=0)).max(axis=1) > 1e-3) + 1
        return points[np.unique(np.concatenate([[0], bends, [len(points) - 1]]))]


def rounded(corners: Sequence[Sequence[float]], radius: float) -> tuple[Path, np.ndarray]:
    """A path through corners.

    Args:
        corners: [corner, 2], metres; two that follow each other differ.
        radius: of the arc in place of each [m], less where there is no room for it.

    Returns:
        The path, and how far along it each corner is [m]; where it is rounded, the middle of its arc.
    """
    way = np.asarray(corners, float)
    points, marks = [way[0]], [0]
    for k in range(1, len(way) - 1):
        before, after = way[k - 1] - way[k], way[k + 1] - way[k]
        lengths = np.linalg.norm(before), np.linalg.norm(after)
        before, after = before / lengths[0], after / lengths[1]
        half = np.arccos(np.clip(before @ after, -1, 1)) / 2
        if half > np.pi / 2 - 1e-6:
            points.append(way[k])
        else:
            back = min(radius / np.tan(max(half, 0.1)), 0.499 * min(lengths))
            first, last = way[k] + before * back, way[k] + after * back
            middle = way[k] + (before + after) / np.linalg.norm(before + after) * back / np.cos(half)
            turn = np.linspace(0, 1, 17)[:, None]
            spokes = (first - middle) * (1 - turn) + (last - middle) * turn
            spokes *= np.linalg.norm(first - middle) / np.linalg.norm(spokes, axis=1, keepdims=True)
            points.extend(middle + spokes)
            marks.append(len(points) - 9)
            continue
        marks.append(len(points) - 1)
    points.append(way[-1])
    marks.append(len(points) - 1)
    fine = np.array(points)
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(fine, axis=0), axis=1))])
    count = max(2, round(along[-1] / STEP) + 1)
    even = np.linspace(0, along[-1], count)
    path = np.stack([np.interp(even, along, fine[:, k]) for k in range(2)], axis=1)
    ahead = np.gradient(path, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    return Path(path, np.stack([-ahead[:, 1], ahead[:, 0]], axis=1), along[-1] / (count - 1)), along[marks]
