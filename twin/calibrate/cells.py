"""Windows cut at the intervals of the counts: operating time beside parts made, and whether the two agree."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.counts import Counts
from twin.calibrate.stoplog import StopLog
from twin.calibrate.windows import Window, covered

__all__ = ["Cells", "cut", "disagree"]


@dataclass(frozen=True)
class Cells:
    """Pieces of windows, each inside one interval of the counts.

    Attributes:
        begin, end: [s since 1970, local time].
        operating: time that no stop covers [s].
        number: parts made; 0 where the counts have no interval.
        product: product type.
    """

    begin: NDArray[np.float64]
    end: NDArray[np.float64]
    operating: NDArray[np.float64]
    number: NDArray[np.float64]
    product: tuple[str, ...]

    @property
    def day(self) -> NDArray[np.int64]:
        """Days since 1970."""
        return (self.begin // 86400.0).astype(np.int64)

    def select(self, mask: NDArray[np.bool_]) -> Cells:
        """The cells for which `mask` is true."""
        kept = np.flatnonzero(mask)
        product = tuple(self.product[place] for place in kept)
        return Cells(self.begin[kept], self.end[kept], self.operating[kept], self.number[kept], product)


def cut(windows: Sequence[Window], log: StopLog, counts: Counts) -> Cells:
    """Cuts windows at the ends of the counts' intervals.

    Where two windows share an interval, its parts are divided by operating time.

    Args:
        windows: when stops were recorded.
        log: the stops.
        counts: the production counts.

    Returns:
        The pieces in order of time.
    """
    marks = np.unique(np.concatenate([counts.begin, counts.end]))
    pieces = []
    for window in windows:
        inside = marks[(marks > window.begin) & (marks < window.end)]
        edges = [window.begin, *inside.tolist(), window.end]
        pieces += [(a, b, window.product) for a, b in itertools.pairwise(edges)]
    begin = np.array([piece[0] for piece in pieces])
    end = np.array([piece[1] for piece in pieces])
    operating = np.array([covered(log, a, b) for a, b, _ in pieces])
    number = np.zeros(len(pieces))
    product = [piece[2] for piece in pieces]
    for first, last, made, kind in zip(counts.begin, counts.end, counts.number, counts.product, strict=True):
        own = np.flatnonzero((begin >= first) & (end <= last))
        if not own.size:
            continue
        running = operating[own]
        share = running / running.sum() if running.sum() > 0 else np.full(own.size, 1.0 / own.size)
        number[own] += made * share
        for place in own:
            product[place] = product[place] or kind
    return Cells(begin, end, operating, number, tuple(product))


def disagree(cells: Cells, *, factor: float, slack: float) -> NDArray[np.bool_]:
    """Cells in which the counts cannot be what the log says.

    With v the median speed of all cells that run at least `slack`, a cell disagrees when number / v and the operating
    time differ by more than `slack` and by more than `factor`: a recorder that was off (long running, nothing made), or
    parts counted in another hour.

    Args:
        cells: operating times and counts.
        factor: largest plausible ratio of the two.
        slack: smallest difference that counts [s].

    Returns:
        One truth value per cell.
    """
    solid = (cells.operating >= slack) & (cells.number > 0)
    if not solid.any():
        return np.zeros(len(cells.begin), bool)
    needed = cells.number / float(np.median(cells.number[solid] / cells.operating[solid]))
    apart = np.abs(needed - cells.operating) > slack
    return apart & (np.maximum(needed, cells.operating) > factor * np.minimum(needed, cells.operating))
