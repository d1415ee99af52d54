"""Times of groups within groups, predicted with what is known of each: station, activity in it, product in that.

A group of few times says little by itself, so it borrows from the group around it. With n times of its own,

    F_group = (n E_group + k F_around) / (n + k)

where E is the smoothed distribution of its own times and k says how many times of its own outweigh the group around
it (the predictive distribution of a hierarchical Dirichlet process; Teh, Jordan, Beal, Blei, JASA 101, 2006). The
outermost is one lognormal through all times. Everything is on logarithms.

A kernel of variance 2 s²/n makes up for the uncertainty of n times of spread s, as the predictive t-distribution
does: their own variance is (n - 1)/n s², a new time differs from their mean by (n + 1)/n s². Days differ, too: with a
spread d from day to day and D days seen, 2 d²/D comes on top, by the same reckoning.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from twin.eventlog.words import Words
from twin.learn.groups import Group, Key, day_spread, group_of, logs_of, rows_by_key

__all__ = ["TimesModel", "learn_times"]

Array = NDArray[np.float64]

FOLDS = 10
BORROWED = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Values of k that are tried."""
_LEAST_WIDTH = 1e-3
"""Least width of a kernel on the logarithm: a thousandth of the time."""


@dataclass(frozen=True)
class TimesModel:
    """Predictive distributions of times by group.

    Attributes:
        names: what each level is, e.g. ("station", "activity", "product").
        groups: key -> what is known of it; the key () is all times.
        borrowed: times of a group's own that outweigh the group around it, k.
        day_spread: outermost key -> standard deviation of the logarithm from day to day.
    """

    names: tuple[str, ...]
    groups: Mapping[Key, Group]
    borrowed: float
    day_spread: Mapping[str, float]

    def known(self, key: Key) -> Key:
        """The innermost group around a key that has times."""
        while key and key not in self.groups:
            key = key[:-1]
        return key

    def atoms(self, key: Key) -> tuple[Array, Array, Array]:
        """The predictive distribution of a group: a mixture of normals of the logarithm.

        Returns:
            Means, standard deviations and weights [atom].
        """
        key = self.known(key)
        means, widths, weights, left = [], [], [], 1.0
        for length in range(len(key), -1, -1):
            group = self.groups[key[:length]]
            share = group.n / (group.n + self.borrowed) if length else 1.0
            around = self.groups[key[: max(length - 1, 0)]].spread if group.n < 2 else group.spread
            day = self.day_spread.get(key[0], 0.0) if key else 0.0
            width = math.sqrt(2 * around**2 / group.n + 2 * day**2 / group.days + _LEAST_WIDTH**2)
            if length:
                means.append(group.log_times)
                widths.append(np.full(len(group.log_times), width))
            else:
                means.append(np.array([group.log_times.mean()]))
                widths.append(np.array([max(float(group.log_times.std()), width)]))
            weights.append(np.full(len(means[-1]), left * share / len(means[-1])))
            left *= 1.0 - share
        return np.concatenate(means), np.concatenate(widths), np.concatenate(weights)

    def ranks(self, keys: Sequence[Words], seconds: Array) -> Array:
        """Where times lie in what was predicted for them (the probability integral transform).

        Args:
            keys: a column of words for each of `names` [row].
            seconds: the times [row].

        Returns:
            The share of the predictive distribution below each time, in (0, 1) [row]; if the prediction is right they
            are evenly spread, and the central interval of level p holds those with |2 rank - 1| <= p.
        """
        found = np.full(len(seconds), np.nan)
        logs = logs_of(seconds)
        for key, rows in rows_by_key(keys):
            means, widths, weights = self.atoms(key)
            for some in np.array_split(rows, max(1, len(rows) * len(means) // 4_000_000)):
                found[some] = ndtr((logs[some, None] - means) / widths) @ weights
        return found

    def widths(self, keys: Sequence[Words], level: float) -> Array:
        """Width of the central interval of each row's prediction [s] [row]."""
        found = np.full(len(keys[0]), np.nan)
        for key, rows in rows_by_key(keys):
            low, high = self.interval(key, level)
            found[rows] = high - low
        return found

    def log_density(self, keys: Sequence[Words], seconds: Array) -> Array:
        """Logarithm of the density of the logarithm of each time: the larger, the better predicted [row]."""
        found = np.full(len(seconds), np.nan)
        logs = logs_of(seconds)
        for key, rows in rows_by_key(keys):
            means, widths, weights = self.atoms(key)
            z = (logs[rows, None] - means) / widths
            density = (np.exp(-0.5 * z * z) / widths) @ weights / math.sqrt(2 * math.pi)
            found[rows] = np.log(np.maximum(density, 1e-300))
        return found

    def draw(self, key: Key, rng: np.random.Generator, n: int) -> Array:
        """Independent times of a group [s]."""
        means, widths, weights = self.atoms(key)
        which = rng.choice(len(means), n, p=weights / weights.sum())
        return np.exp(rng.normal(means[which], widths[which]))

    def interval(self, key: Key, level: float) -> tuple[float, float]:
        """The central interval of a group's predictive distribution [s]."""
        return self.quantile(key, 0.5 - level / 2), self.quantile(key, 0.5 + level / 2)

    def quantile(self, key: Key, share: float) -> float:
        """The time below which this share of a group's predictive distribution lies [s]."""
        means, widths, weights = self.atoms(key)
        low, high = float((means - 8 * widths).min()), float((means + 8 * widths).max())
        for _ in range(60):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if ndtr((middle - means) / widths) @ weights < share else (low, middle)
        return math.exp(0.5 * (low + high))

    def to_dict(self) -> dict[str, Any]:
        """The model as numbers, texts, lists and tables, ready for JSON."""
        groups = [
            {
                "key": list(key),
                "n": one.n,
                "days": one.days,
                "seconds": [float(f"{t:.6g}") for t in np.exp(one.log_times)],
            }
            for key, one in self.groups.items()
        ]
        return {
            "names": list(self.names), "borrowed": self.borrowed, "day_spread": dict(self.day_spread), "groups": groups
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TimesModel:
        """The model that `to_dict` described."""
        groups = {
            tuple(one["key"]): Group(int(one["n"]), int(one["days"]), logs_of(np.array(one["seconds"], float)))
            for one in data["groups"]
        }
        return cls(tuple(data["names"]), groups, float(data["borrowed"]), dict(data["day_spread"]))


def learn_times(
    seconds: Array, keys: Sequence[Words], *, day: NDArray[np.int64] | None = None, names: Sequence[str] = ()
) -> TimesModel:
    """Learns the times of groups within groups.

    How much is borrowed is chosen by how well each day is predicted from the others (of many days: each tenth of them
    from the rest; of one day: each fifth of it).

    Args:
        seconds: the times, zero or more [row].
        keys: columns of words from coarse to fine: a group has the same words in the first of them [row].
        day: on which day each time was measured [row]; None: all on one.
        names: what each column is.

    Returns:
        The model.

    Raises:
        ValueError: when there are no times, or one is negative or not a number.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> station = Words(np.repeat([0, 1], 200), ("mill", "press"))
        >>> seconds = np.where(station.codes == 0, 40.0, 60.0) * rng.lognormal(0, 0.1, 400)
        >>> model = learn_times(seconds, [station])
        >>> 55 < model.quantile(("press",), 0.5) < 65
        True
    """
    if not len(seconds) or not np.isfinite(seconds).all() or (seconds < 0).any():
        raise ValueError("learn_times: times are zero or more seconds, and there is at least one. Leave others out.")
    day = np.zeros(len(seconds), np.int64) if day is None else np.unique(day, return_inverse=True)[1]
    names = tuple(names) or tuple(f"level {k + 1}" for k in range(len(keys)))
    fold = day % FOLDS if day.max() else np.arange(len(seconds)) * 5 // len(seconds)
    scores = dict.fromkeys(BORROWED, 0.0)
    sampled = _some_of_each(fold, 2000)
    for out in np.unique(fold) if len(seconds) > 1 else ():
        kept, tried = fold != out, sampled & (fold == out)
        if not kept.any():
            continue
        model = _learned(seconds[kept], [key.select(kept) for key in keys], day[kept], names, 1.0)
        own = [key.select(tried) for key in keys]
        for k in BORROWED:
            other = TimesModel(names, model.groups, k, model.day_spread)
            scores[k] += float(other.log_density(own, seconds[tried]).sum())
    return _learned(seconds, keys, day, names, max(scores, key=scores.__getitem__))


def _learned(
    seconds: Array, keys: Sequence[Words], day: NDArray[np.int64], names: tuple[str, ...], borrowed: float
) -> TimesModel:
    logs = logs_of(seconds)
    groups: dict[Key, Group] = {(): group_of(logs, day)}
    for length in range(1, len(keys) + 1):
        groups |= {
            key: group_of(logs[rows], day[rows]) for key, rows in rows_by_key(keys[:length]) if len(key) == length
        }
    spread = {key[0]: day_spread(logs[rows], keys, rows, day[rows]) for key, rows in rows_by_key(keys[:1]) if key}
    return TimesModel(names, groups, borrowed, spread)


def _some_of_each(fold: NDArray[np.int64], most: int) -> NDArray[np.bool_]:
    """At most so many rows of each fold, evenly spread over it."""
    chosen = np.zeros(len(fold), bool)
    for out in np.unique(fold):
        rows = np.flatnonzero(fold == out)
        chosen[rows[np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int))]] = True
    return chosen
