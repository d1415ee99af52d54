"""Cells of a casting: a section through boss and wall, a plain wall, and the biscuit, as one list of neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

__all__ = ["Cells", "cells_of"]

MILLIMETRES = {"half_boss": 10, "tall": 24, "wall": 4, "reach": 20, "half_wall": 2}
"""Boss 20 mm wide and 24 mm tall, the wall of 4 mm under it included, which reaches 20 mm beyond it."""
BISCUIT = 5
"""Cells of the biscuit, for each of the fineness."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Square cells, one number for each; those of a piece follow each other.

    Attributes:
        side: of those of the casting [m].
        ahead: distance in the list -> 1 for each cell that touches the one so far ahead, else 0.
        faces: how many of its sides lie on the die.
        pieces: the section, the plain wall, and the biscuit, from the die to its middle, as ranges of the list.
    """

    side: float
    ahead: dict[int, np.ndarray]
    faces: np.ndarray
    pieces: tuple[slice, slice, slice]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.faces)

    @property
    def shares(self) -> np.ndarray:
        """Of each cell in each piece [cell, piece]."""
        found = np.zeros((self.count, 3))
        for k, piece in enumerate(self.pieces):
            found[piece, k] = 1 / (piece.stop - piece.start)
        return found


@lru_cache
def cells_of(fine: int) -> Cells:
    """Cells of 2 mm / fine: the section between the middle of the boss and the end of its wall, both symmetry lines.

    A column of cells after the other, each from the outer face inwards; the die lies on all other faces, and on one
    face of the plain wall and of the biscuit, whose middles are symmetry planes.

    Args:
        fine: 1 or more.

    Example:
        >>> cells = cells_of(1)
        >>> cells.count, [piece.stop - piece.start for piece in cells.pieces]
        (86, [80, 1, 5])
    """
    boss, tall, wall, reach, plain = (fine * size // 2 for size in MILLIMETRES.values())
    slab = BISCUIT * fine
    heights = [tall] * boss + [wall] * reach
    starts = np.cumsum([0, *heights])
    ends = int(starts[-1])
    pieces = (slice(0, ends), slice(ends, ends + plain), slice(ends + plain, ends + plain + slab))
    ahead = {gap: np.zeros(pieces[2].stop) for gap in (1, wall, tall)}
    faces = np.zeros(pieces[2].stop)
    for column, height in enumerate(heights):
        start = starts[column]
        ahead[1][start : start + height - 1] = 1
        faces[[start, start + height - 1]] += 1
        beside = heights[column + 1] if column + 1 < len(heights) else height
        faces[start + beside : start + height] += 1
        if column + 1 < len(heights):
            ahead[height][start : start + beside] = 1
    for piece in pieces[1:]:
        ahead[1][piece.start : piece.stop - 1] = 1
        faces[piece.start] += 1
    return Cells(0.002 / fine, ahead, faces, pieces)
