"""A log as a vector of statistics, the same for a real log and for a simulated one.

Of every stretch between two logged stations: mean, spread, quantiles, memory from part to part, and how it goes with
the gap in front of the part; of every logged station how unevenly it begins, and how it stands between two parts; of
the line its pace. All are smooth in the times, so that derivatives go through: a share of parts that waited, which
jumps, is replaced by a mean of 1 - exp(-wait / scale). Times stand as log(1 + time / scale), which is nearer to normal.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from twin.learn.observed import Observed
from twin.learn.passing import Passing
from twin.line import Line

__all__ = ["Summaries", "of_log"]

_TINY = 1e-12
_BLOCKS = 25


@dataclass(frozen=True)
class Summaries:
    """Which statistics a log of certain stations has.

    Attributes:
        stations: names of the logged stations.
        machines: of each of them.
        arrivals: for each of them, whether the log tells when parts came and whether that tells anything.
        scale: what is taken as a short wait [s], a power of two, so that logs that are alike have the same.
    """

    stations: tuple[str, ...]
    machines: tuple[int, ...]
    arrivals: tuple[bool, ...]
    scale: float

    @classmethod
    def of(cls, line: Line, seen: Observed) -> Summaries:
        """The statistics of a log of a line; a saturated source has no arrivals."""
        stations = [line.stations[place] for place in seen.places]
        told = tuple(
            told and not (place == 0 and line.source.mode == "saturated")
            for place, told in zip(seen.places, seen.arrivals, strict=True)
        )
        scale = 2.0 ** round(math.log2(max(float(np.nanmedian(seen.finish - seen.start)) / 4, 1e-3)))
        return cls(tuple(s.name for s in stations), tuple(s.machines for s in stations), told, scale)

    @property
    def names(self) -> tuple[str, ...]:
        """What each statistic is, in words."""
        found = [f"{what}, {figure}" for what, *_ in self._stretches(None) for figure in _STRETCH]
        found += [f"{name}, {figure}" for name in self.stations for figure in _STATION]
        return (*found, f"pace at {self.stations[-1]}")

    @property
    def seconds(self) -> Bool[np.ndarray, " statistic"]:
        """Which statistics are times [s]; the others are plain numbers."""
        plain = ("memory", "with the gap", "share")
        return np.array([not name.rsplit(", ", 1)[-1].startswith(plain) for name in self.names])

    def of_parts(self, times: Passing, keep: Float[Array, " part"]) -> Float[Array, " statistic"]:
        """The statistics of one log.

        Args:
            times: of its parts at the logged stations [part, station].
            keep: 1 for parts that count, 0 for others [part].
        """
        found: list[Array] = []
        for _, begin, end, fore, there in self._stretches(times):
            found += self._stretch(end - begin, fore, keep * there)
        for k, machines in enumerate(self.machines):
            found += self._station(times, k, machines, keep)
        plain = jnp.stack([*found, self._pace(times, keep)])
        return jnp.where(self.seconds, jnp.log1p(jnp.maximum(plain, 0.0) / self.scale), plain)

    def _stretches(self, times: Passing | None) -> Iterator[tuple[str, Array, Array, Array, Array]]:
        """Stretches of a part's way: what, from when, to when, what its gap is taken from, and who has both."""
        blank = jnp.zeros(0)
        take = lambda x, k: blank if times is None else getattr(times, x)[:, k]  # noqa: E731
        for k, name in enumerate(self.stations):
            here = take("there", k)
            if k:
                both = blank if times is None else here & take("there", k - 1)
                end = "arrive" if self.arrivals[k] else "start"
                said = f"from {self.stations[k - 1]} to {name}"
                yield said, take("finish", k - 1), take(end, k), take("finish", k - 1), both
            if self.arrivals[k]:
                yield f"wait at {name}", take("arrive", k), take("start", k), take("arrive", k), here

    def _stretch(self, x: Array, fore: Array, weight: Array) -> list[Array]:
        """Figures of a stretch, see _STRETCH."""
        gap = jnp.append(jnp.zeros(1), fore[1:] - fore[:-1])
        linked = weight * jnp.append(jnp.zeros(1), weight[:-1])
        ahead = jnp.append(jnp.zeros(1), x[:-1])
        low, high = (_quantile(x, weight, q) for q in (0.1, 0.9))
        return [_mean(x, weight), _spread(x, weight), low, high, _together(x, ahead, linked), _together(x, gap, linked)]

    def _station(self, times: Passing, k: int, machines: int, keep: Array) -> list[Array]:
        """Figures of a station, see _STATION."""
        weight = keep * times.there[:, k]
        order = jnp.argsort(jnp.where(times.there[:, k], times.start[:, k], jnp.inf))
        start, weight = times.start[order, k], weight[order]
        late = jnp.sort(jnp.where(times.there[:, k], times.finish[:, k], jnp.inf))
        gap, linked = start[1:] - start[:-1], weight[1:] * weight[:-1]
        free = weight[machines:] * weight[:-machines]
        idle = jnp.where(free > 0, start[machines:] - jnp.where(jnp.isfinite(late), late, 0.0)[:-machines], 0.0)
        some = 1.0 - jnp.exp(-jnp.maximum(idle, 0.0) / self.scale)
        memory = _together(gap[1:], gap[:-1], linked[1:] * linked[:-1])
        again = _together(idle[1:], idle[:-1], free[1:] * free[:-1])
        return [
            _spread(gap, linked),
            _quantile(gap, linked, 0.1),
            memory,
            _spread(idle, free),
            _mean(some, free),
            again,
        ]

    def _pace(self, times: Passing, keep: Array) -> Array:
        """Mean time between the last station's finishes [s]."""
        there = times.there[:, -1]
        order = jnp.argsort(jnp.where(there, times.finish[:, -1], jnp.inf))
        finish, weight = times.finish[order, -1], (keep * there)[order]
        return _mean(finish[1:] - finish[:-1], weight[1:] * weight[:-1])


_STRETCH = ("mean", "spread", "10 % point", "90 % point", "memory", "with the gap in front")
_STATION = (
    "spread of gaps",
    "10 % point of gaps",
    "memory of gaps",
    "spread of pauses",
    "share of pauses",
    "memory of pauses",
)


def of_log(
    what: Summaries, seen: Observed, keep: Float[np.ndarray, " part"]
) -> tuple[Float[np.ndarray, " statistic"], Float[np.ndarray, "statistic statistic"]]:
    """The statistics of a real log, and their covariance by leaving out one block of consecutive parts after the other.

    Parts close to each other depend on each other, blocks hardly (delete-block jackknife; Künsch, Annals of Statistics
    17, 1989): (B - 1) / B times the sum of squares of the B deviations.

    Args:
        what: the statistics.
        seen: the log.
        keep: 1 for parts that count, 0 for others [part].
    """
    masks = np.tile(keep, (_BLOCKS + 1, 1))
    for b, block in enumerate(np.array_split(np.flatnonzero(keep), _BLOCKS)):
        masks[b, block] = 0.0
    there = seen.there & ~(np.isnan(seen.arrive) & np.array(seen.arrivals))
    columns = (np.nan_to_num(x) for x in (seen.arrive, seen.start, seen.finish))
    times = Passing(*(jnp.asarray(column) for column in columns), there=jnp.asarray(there))
    *without, whole = np.asarray(_of_masks(what, times, jnp.asarray(masks)))
    off = np.array(without) - np.mean(without, axis=0)
    return whole, (_BLOCKS - 1) / _BLOCKS * off.T @ off


@partial(jax.jit, static_argnums=0)
def _of_masks(what: Summaries, times: Passing, masks: Array) -> Array:
    return jax.vmap(lambda keep: what.of_parts(times, keep))(masks)


def _mean(x: Array, weight: Array) -> Array:
    return jnp.sum(jnp.where(weight > 0, x * weight, 0.0)) / jnp.maximum(jnp.sum(weight), 1.0)


def _spread(x: Array, weight: Array) -> Array:
    """Standard deviation."""
    return jnp.sqrt(_mean((x - _mean(x, weight)) ** 2, weight) + _TINY)


def _together(x: Array, y: Array, weight: Array) -> Array:
    """Correlation; 0 where one of the two does not vary."""
    x, y = (jnp.where(weight > 0, z - _mean(z, weight), 0.0) for z in (x, y))
    square = _mean(x**2, weight) * _mean(y**2, weight)
    return _mean(x * y, weight) / jnp.sqrt(square + 1e-6)


def _quantile(x: Array, weight: Array, share: float) -> Array:
    """A quantile of the values that count."""
    ordered = jnp.sort(jnp.where(weight > 0, x, jnp.inf))
    place = share * jnp.maximum(jnp.sum(weight) - 1.0, 0.0)
    low = jnp.floor(place).astype(jnp.int32)
    a, b = ordered[low], ordered[jnp.minimum(low + 1, len(x) - 1)]
    part = place - low
    return a + jnp.where(part > 0, part * (jnp.where(part > 0, b, a) - a), 0.0)
