"""The ways of parts as key frames, between which they move in straight lines along the path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

__all__ = ["KeyFrames", "Tracks", "joined"]

TOLERANCE = 2e-3
"""How far [m] a place may be from where its key frames put it."""

KeyFrames = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Some key frames: numbers of parts, times [s], and places along the path, to its left, up [m]."""


@dataclass(frozen=True)
class Tracks:
    """The ways of the parts.

    Attributes:
        part: number of each part, in order of release.
        first: of the key frames of each part, and one more at the end.
        time: of each key frame [s].
        place: along the path, to its left, up [key frame, 3], metres.
    """

    part: np.ndarray
    first: np.ndarray
    time: np.ndarray
    place: np.ndarray

    def at(self, time: float) -> tuple[np.ndarray, np.ndarray]:
        """Which parts there are at a moment (rows of `part`), and their places along the path [part, 3]."""
        begin, end, keys, span = self._search
        seen = np.flatnonzero((begin <= time) & (time < end))
        after = np.searchsorted(keys, seen * span + (time - self.time_zero), side="right")
        after = np.clip(after, self.first[seen] + 1, self.first[seen + 1] - 1)
        before = after - 1
        length = self.time[after] - self.time[before]
        share = (time - self.time[before]) / np.where(length > 0, length, 1.0)
        share = np.clip(share, 0.0, 1.0)[:, None]
        return seen, self.place[before] * (1 - share) + self.place[after] * share

    @cached_property
    def time_zero(self) -> float:
        """The first moment [s]."""
        return float(self.time.min()) if len(self.time) else 0.0

    @cached_property
    def _search(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        """First and last moment of each part, and its row and the time as one number that rises throughout."""
        begin, end = self.time[self.first[:-1]], self.time[self.first[1:] - 1]
        span = float(np.ptp(self.time)) + 1.0 if len(self.time) else 1.0
        row = np.repeat(np.arange(len(self.part)), np.diff(self.first))
        return begin, end, row * span + (self.time - self.time_zero), span


def joined(frames: Sequence[KeyFrames]) -> Tracks:
    """All key frames part by part, without those that a straight line shows as well."""
    if not frames:
        return Tracks(np.zeros(0, int), np.zeros(1, int), np.zeros(0), np.zeros((0, 3)))
    part, time, place = (np.concatenate([frame[k] for frame in frames]) for k in range(3))
    order = np.lexsort((np.arange(len(time)), time, part))
    part, time, place = part[order], time[order], place[order]
    while True:
        keep = _needed(part, time, place)
        if keep.all():
            break
        part, time, place = part[keep], time[keep], place[keep]
    parts, first = np.unique(part, return_index=True)
    return Tracks(parts, np.append(first, len(time)), time, place)


def _needed(part: np.ndarray, time: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Which key frames a straight line between their neighbours would miss; of two neighbours one stays."""
    keep = np.ones(len(time), bool)
    if len(time) < 3:
        return keep
    middle = np.arange(1, len(time) - 1)
    inside = (part[:-2] == part[1:-1]) & (part[1:-1] == part[2:])
    length = time[2:] - time[:-2]
    share = (time[1:-1] - time[:-2]) / np.where(length > 0, length, 1.0)
    line = place[:-2] + share[:, None] * (place[2:] - place[:-2])
    off = np.abs(line - place[1:-1]).max(axis=1)
    same = (length <= 0) | ((time[1:-1] - time[:-2] <= 0) & (np.abs(place[1:-1] - place[:-2]).max(axis=1) < 1e-6))
    spare = inside & ((off < TOLERANCE) | same)
    drop = middle[spare]
    alone = np.ones(len(drop), bool)
    alone[1:] = np.diff(drop) > 1
    run = np.cumsum(alone)
    place_in_run = np.arange(len(drop)) - np.searchsorted(run, run)
    keep[drop[place_in_run % 2 == 0]] = False
    return keep
