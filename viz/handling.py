"""How parts are handled between a belt, a rack and a machine, and numbers that grow bit by bit while they are."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from viz.layout import GAP, Bay
from viz.tracks import KeyFrames

__all__ = ["ASIDE", "SPEED", "Ramp", "far", "flight", "racked"]

SPEED = 1.5
"""Of handling [m/s]: gantries and robots that load machines move at 1 to 2 m/s."""
ASIDE = 0.5
"""Distance from the path [m] at which parts go up and down in front of a rack."""
_OVER, _OVER_RACK, _BESIDE = 1.4, 2.1, 0.34


class Ramp:
    """A number that grows with time in straight lines."""

    def __init__(self, times: np.ndarray, values: np.ndarray) -> None:
        self.times, self.values = times, values

    @staticmethod
    def of_steps(moments: np.ndarray) -> Ramp:
        """How many of some moments are over, each counted bit by bit within the time in which a part moves up."""
        known = moments[np.isfinite(moments)]
        rise = GAP / SPEED
        times = np.concatenate([known, known + rise])
        order = np.argsort(times, kind="stable")
        slope = np.cumsum(np.repeat([1.0, -1.0], len(known))[order])
        times = times[order]
        return Ramp(times, np.concatenate([[0.0], np.cumsum(slope[:-1] * np.diff(times)) / rise])[: len(times)])

    def at(self, time: np.ndarray) -> np.ndarray:
        """The number at moments."""
        if not len(self.times):
            return np.zeros(np.shape(time))
        return np.interp(time, self.times, self.values)

    def nodes(self, begin: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Corners between moments: to which of the pairs each belongs, and when it is."""
        low, high = np.searchsorted(self.times, begin, side="right"), np.searchsorted(self.times, end, side="left")
        return _ranges(low, high, self.times)


def _ranges(low: np.ndarray, high: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    count = np.maximum(high - low, 0)
    owner = np.repeat(np.arange(len(low)), count)
    return owner, values[np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)]


def racked(place: np.ndarray) -> np.ndarray:
    """Whether places [part, 3] are those of a rack."""
    return np.abs(place[:, 1]) > ASIDE + 0.2


def far(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """About how long the way between places [part, 3] is when a part is lifted over others [m]."""
    return np.abs(other - one).sum(axis=1) + 0.6


def flight(
    part: np.ndarray,
    begin: np.ndarray,
    length: np.ndarray,
    one: np.ndarray,
    other: np.ndarray,
    there: np.ndarray,
    number: np.ndarray,
    rack: Bay | None = None,
) -> list[KeyFrames]:
    """Key frames of handling from `one` to `other`: up, over what lies between, down; a neighbour is just pushed."""
    level = (_OVER_RACK if rack else _OVER) + _BESIDE * (number % 2)
    if rack:
        stored = racked(one)
        out = np.where(stored[:, None], _with(one, rack.side * ASIDE, None), one)
        aim = np.where(stored[:, None], other, _with(other, rack.side * ASIDE, None))
        legs = [one, out, _with(out, None, level), _with(aim, None, level), aim, other]
        lifted = there
    else:
        ahead = np.sign(other[:, 0] - one[:, 0]) * np.minimum(GAP, np.abs(other[:, 0] - one[:, 0]) / 2)
        legs = [one, _with(_along(one, ahead), None, level), _with(_along(other, -ahead), None, level), other]
        lifted = there & (np.abs(other[:, 0] - one[:, 0]) >= 0.5 * GAP)
    way = np.cumsum([np.linalg.norm(b - a, axis=1) for a, b in pairwise(legs)], axis=0)
    shares = [np.zeros(len(part)), *(way / np.maximum(way[-1], 1e-9))]
    frames = []
    for k, (share, place) in enumerate(zip(shares, legs, strict=True)):
        some = lifted if 0 < k < len(legs) - 1 else there
        frames.append((part[some], (begin + share * length)[some], place[some]))
    frames[-1] = (part[there], (begin + length)[there], other[there])
    return frames


def _along(place: np.ndarray, by: np.ndarray) -> np.ndarray:
    return place + by[:, None] * np.array([1.0, 0.0, 0.0])


def _with(place: np.ndarray, aside: float | None, up: np.ndarray | None) -> np.ndarray:
    changed = place.copy()
    if aside is not None:
        changed[:, 1] = aside
    if up is not None:
        changed[:, 2] = np.maximum(up, changed[:, 2])
    return changed
