"""The box of a search: plant units outside, the unit box inside, whole numbers rounded at the border."""

from __future__ import annotations

import numpy as np

from scenarios.search.problem import Evaluated, Problem

__all__ = ["Box", "finite"]


class Box:
    """Between plant units and a box from 0 to 1 in each variable.

    A whole number is given as much room as any other of its range: half a unit on both sides.

    Args:
        problem: with `low`, `high`, `start` and `integer`.

    Example:
        >>> from types import SimpleNamespace
        >>> low, high = np.array([1.0, 2.0]), np.array([4.0, 3.0])
        >>> box = Box(SimpleNamespace(low=low, high=high, start=low, integer=np.array([True, False])))
        >>> box.plant(np.array([[0.0, 0.5], [0.3, 1.0], [1.0, 0.0]]))
        array([[1. , 2.5],
               [2. , 3. ],
               [4. , 2. ]])
    """

    def __init__(self, problem: Problem) -> None:
        self.low, self.high = np.asarray(problem.low, float), np.asarray(problem.high, float)
        self.integer = np.asarray(problem.integer, bool)
        room = np.where(self.integer, 0.5, 0.0)
        self._from, self._width = self.low - room, self.high - self.low + 2 * room
        self.size = len(self.low)
        self.start = self.unit(np.asarray(problem.start, float))

    def plant(self, units: np.ndarray) -> np.ndarray:
        """Points of the unit box [..., variable] in plant units, inside of the box whatever is given."""
        points = self._from + np.clip(units, 0.0, 1.0) * self._width
        whole = np.floor(np.nextafter(points, -np.inf) + 0.5)
        return np.clip(np.where(self.integer, whole, points), self.low, self.high)

    def unit(self, points: np.ndarray) -> np.ndarray:
        """Points in plant units [..., variable] in the unit box."""
        moves = self._width > 0
        return np.where(moves, (points - self._from) / np.where(moves, self._width, 1.0), 0.0)


def finite(told: Evaluated, ceiling: float = 1e6) -> np.ndarray:
    """Means [point, output] for libraries that cannot do with what is not known: a large number in its place."""
    return np.clip(told.means, -ceiling, ceiling)
