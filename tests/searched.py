"""Functions with a known best point for searches, which note what they were asked."""

from __future__ import annotations

from typing import Any

import numpy as np

from scenarios.search import Evaluated

__all__ = ["Bowl", "Noted", "Places", "Two"]


class Noted:
    """A problem that notes the points it was asked for.

    Args:
        low, high, start: of each variable.
        integer: which are whole.
        objectives, constraints: how many.
    """

    def __init__(
        self, low: Any, high: Any, start: Any, *, integer: Any = False, aims: int = 1, limits: int = 1
    ) -> None:
        self.low, self.high, self.start = (np.asarray(end, float) for end in (low, high, start))
        self.integer = np.broadcast_to(np.asarray(integer, bool), self.low.shape)
        self.names = tuple(f"x{k}" for k in range(len(self.low)))
        self.objectives, self.constraints = aims, limits
        self.asked: list[np.ndarray] = []

    def means(self, points: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def evaluate(self, points: Any) -> Evaluated:
        points = np.asarray(points, float)
        self.asked.append(points.copy())
        return Evaluated(self.means(points)[..., None] + np.zeros(4))

    def slopes(self, point: np.ndarray) -> np.ndarray | None:
        return None


class Bowl(Noted):
    """(x - 1)^2 + (y + 1)^2 / 2 within x + y <= -1; the best point is (2/3, -5/3), a unit more room is worth 2/3.

    Args:
        shift: added to the constraint: with a large one nothing is feasible.
        whole: whether y is a whole number.
    """

    def __init__(self, *, shift: float = 0.0, whole: bool = False, slopes: bool = True) -> None:
        super().__init__([-3.0, -4.0], [3.0, 4.0], [-1.0, 2.0], integer=[False, whole])
        self.shift, self.sloping = shift, slopes and not whole

    def means(self, points: np.ndarray) -> np.ndarray:
        x, y = points.T
        return np.stack([(x - 1) ** 2 + (y + 1) ** 2 / 2, x + y + 1 + self.shift], axis=1)

    def slopes(self, point: np.ndarray) -> np.ndarray | None:
        x, y = point
        return np.array([[2 * (x - 1), y + 1], [1.0, 1.0]]) if self.sloping else None


class Places(Noted):
    """Output that rises less and less with each place of a buffer, of which there are so many in all."""

    def __init__(self, weights: tuple[float, ...], most: int, each: int) -> None:
        count = len(weights)
        super().__init__(np.zeros(count), np.full(count, each), np.zeros(count), integer=True)
        self.weights, self.most = np.array(weights), most

    def means(self, points: np.ndarray) -> np.ndarray:
        assert (points == np.round(points)).all()
        return self.smooth(points)

    def smooth(self, points: np.ndarray) -> np.ndarray:
        """The same between whole numbers."""
        gain = 1 / (1 / (1 - 0.5 / (1 + points * self.weights))).sum(axis=1)  # stations that hold each other up
        return np.stack([-gain, (points.sum(axis=1) - self.most) / self.most], axis=1)


class Two(Noted):
    """x^2 + y and (x - 1)^2 + y with y no less than 0: the front is x from 0 to 1 at y = 0."""

    def __init__(self) -> None:
        super().__init__([-2.0, 0.0], [2.0, 1.0], [1.5, 0.5], aims=2, limits=0)

    def means(self, points: np.ndarray) -> np.ndarray:
        x, y = points.T
        return np.stack([x**2 + y, (x - 1) ** 2 + y], axis=1)

    def slopes(self, point: np.ndarray) -> np.ndarray:
        return np.array([[2 * point[0], 1.0], [2 * point[0] - 2, 1.0]])
