"""From where the line is seen: so that all of it fits, with room for what stands around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Camera", "fitted"]

ANGLE = 30.0
"""Of view, from bottom to top [deg]."""
_FROM = np.array([0.20, -0.82, 0.56])


@dataclass(frozen=True)
class Camera:
    """A camera.

    Attributes:
        position, focus: where it is and where it looks [m].
        angle: of view, from bottom to top [deg].
    """

    position: np.ndarray
    focus: np.ndarray
    angle: float = ANGLE

    def project(self, points: np.ndarray, width: int, height: int) -> np.ndarray:
        """Pixels [point, 2] of points [point, 3] on a picture, from its upper left corner."""
        ahead, right, up = self.axes
        rays = np.asarray(points, float) - self.position
        depth = np.maximum(rays @ ahead, 1e-6)
        scale = height / 2 / np.tan(np.radians(self.angle) / 2)
        return np.stack([width / 2 + rays @ right / depth * scale, height / 2 - rays @ up / depth * scale], axis=1)

    def ray(self, x: float, y: float, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
        """From where and in which direction (of unit length) a pixel is seen."""
        ahead, right, up = self.axes
        step = 2 * np.tan(np.radians(self.angle) / 2) / height
        way = ahead + right * (x - width / 2) * step + up * (height / 2 - y) * step
        return self.position, way / np.linalg.norm(way)

    @property
    def axes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Unit vectors ahead, to the right and up."""
        ahead = self.focus - self.position
        ahead = ahead / np.linalg.norm(ahead)
        right = np.cross(ahead, [0.0, 0.0, 1.0])
        right = right / np.linalg.norm(right)
        return ahead, right, np.cross(right, ahead)


def fitted(points: np.ndarray, aspect: float, margins: tuple[float, float, float, float]) -> Camera:
    """A camera that sees all points and fills the picture with them.

    Args:
        points: [point, 3], metres.
        aspect: width of the picture over its height.
        margins: shares of the picture that stay free to the left, right, top and bottom.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    away = _FROM / np.linalg.norm(_FROM)
    some = points[np.linspace(0, len(points) - 1, min(len(points), 4000)).astype(int)]
    focus = (low + high) / 2
    distance = float(np.linalg.norm(high - low)) * 1.5
    left, right, top, bottom = margins
    camera = Camera(focus + away * distance, focus)
    for _ in range(80):
        seen = camera.project(some, 1000, round(1000 / aspect)) / [1000, 1000 / aspect]
        lowest, highest = seen.min(axis=0), seen.max(axis=0)
        grow = max((highest[0] - lowest[0]) / (1 - left - right), (highest[1] - lowest[1]) / (1 - top - bottom))
        off = (lowest + highest) / 2 - [(left + 1 - right) / 2, (top + 1 - bottom) / 2]
        if abs(grow - 1) < 2e-3 and np.abs(off).max() < 2e-3:
            break
        span = 2 * distance * np.tan(np.radians(ANGLE) / 2)
        ahead, across, up = camera.axes
        shift = across * off[0] * span * aspect - up * off[1] * span
        shift = shift - ahead * (shift[2] / ahead[2])  # the focus stays at its height
        focus = focus + 0.6 * shift
        distance *= float(np.clip(grow, 0.7, 1.4))
        camera = Camera(focus + away * distance, focus)
    return camera
