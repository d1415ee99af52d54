"""What is known of the times of a group, and how times are put into groups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.eventlog.words import Words

__all__ = ["ATOMS", "SHORTEST", "Group", "Key", "day_spread", "group_of", "logs_of", "rows_by_key"]

Array = NDArray[np.float64]
Key = tuple[str, ...]

ATOMS = 256
"""Times that a group keeps at most: quantiles of more."""
SHORTEST = 1e-3
"""Shorter times count as this [s]."""
_NORMAL_IQR = 1.349


@dataclass(frozen=True)
class Group:
    """What is known of one group.

    Attributes:
        n: number of its times.
        days: number of days that they come from.
        log_times: them, or their quantiles, as logarithms, in order.
    """

    n: int
    days: int
    log_times: Array

    @property
    def spread(self) -> float:
        """Standard deviation of the bulk of the logarithms: outliers do not widen it."""
        low, high = np.quantile(self.log_times, [0.25, 0.75]) if len(self.log_times) > 1 else (0.0, 0.0)
        return float(high - low) / _NORMAL_IQR


def group_of(logs: Array, day: NDArray[np.int64]) -> Group:
    """What logarithms of times say of their group, measured on these days."""
    kept = np.sort(logs)
    if len(kept) > ATOMS:
        kept = np.quantile(kept, (np.arange(ATOMS) + 0.5) / ATOMS)
    return Group(len(logs), len(np.unique(day)), kept)


def day_spread(logs: Array, keys: Sequence[Words], rows: NDArray[np.int64], day: NDArray[np.int64]) -> float:
    """Standard deviation of days' medians around those of their groups, less what is chance; 0 from one day.

    Args:
        logs: logarithms of times [row].
        keys: columns of words that tell the groups, of the whole log.
        rows: the place of each time in the log [row].
        day: on which it was measured [row].
    """
    apart, weights = [], []
    for _, own in rows_by_key([key.select(rows) for key in keys]):
        days, place, counts = np.unique(day[own], return_inverse=True, return_counts=True)
        if len(days) < 2:
            continue
        by_day = np.split(logs[own][np.argsort(place, kind="stable")], np.cumsum(counts)[:-1])
        medians = np.array([np.median(one) for one in by_day])
        rest = logs[own] - medians[place]
        low, high = np.quantile(rest, [0.25, 0.75])
        error = (math.pi / 2) * ((high - low) / _NORMAL_IQR) ** 2 / counts  # variance of a median
        middle = np.average(medians, weights=counts)
        apart.append(float(np.average((medians - middle) ** 2 - error, weights=counts)) * len(days) / (len(days) - 1))
        weights.append(float(counts.sum()))
    return math.sqrt(max(0.0, float(np.average(apart, weights=weights)))) if apart else 0.0


def rows_by_key(keys: Sequence[Words]) -> list[tuple[Key, NDArray[np.int64]]]:
    """The rows of each combination of words; a key ends at the first blank."""
    if not keys:
        return []
    sizes = [len(key.words) + 1 for key in keys]
    code = np.ravel_multi_index([key.codes + 1 for key in keys], sizes)
    order = np.argsort(code, kind="stable")
    starts = np.flatnonzero(np.diff(code[order], prepend=-1))
    kinds = np.stack(np.unravel_index(code[order[starts]], sizes), axis=1) - 1
    rows = np.split(order, starts[1:])
    found: dict[Key, list[NDArray[np.int64]]] = {}
    for kind, own in zip(kinds, rows, strict=True):
        blank = np.flatnonzero(kind < 0)
        length = int(blank[0]) if blank.size else len(kind)
        found.setdefault(tuple(keys[k].words[kind[k]] for k in range(length)), []).append(own)
    return [(key, np.concatenate(own)) for key, own in found.items()]


def logs_of(seconds: Array) -> Array:
    """Times [s] as logarithms, from the shortest on that counts."""
    return np.log(np.maximum(seconds, SHORTEST))
