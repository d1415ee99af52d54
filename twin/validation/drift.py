"""Do times change over the days?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr

from twin.eventlog.words import Words

__all__ = ["Trend", "trends_of"]

Array = NDArray[np.float64]

_FEW = 8
_LEAST_DAYS = 4


@dataclass(frozen=True)
class Trend:
    """Times of one kind over the days.

    Attributes:
        name: of the kind, e.g. a station.
        days: since 1970, those with enough times.
        median: of each day [s].
        low, high: 90 % interval of each median [s].
        chance: of so clear a trend or step where there is none, corrected for the number of kinds (Holm).
        change: last third of the days over the first third, as a factor.
    """

    name: str
    days: NDArray[np.int64]
    median: Array
    low: Array
    high: Array
    chance: float
    change: float

    @property
    def drifts(self) -> bool:
        """Whether it changes, past chance and by more than 2 %."""
        return self.chance < 0.05 and abs(self.change - 1) > 0.02


def trends_of(kinds: Words, seconds: Array, day: NDArray[np.int64]) -> tuple[Trend, ...]:
    """The trend of each kind that has at least four days with eight times each.

    Tested are a trend (Mann and Kendall) and a step in the middle (Welch), both on daily medians of logarithms, so that
    times of a day may resemble each other; the smaller chance counts, twice.
    """
    found = []
    for code in np.flatnonzero(kinds.count):
        own = kinds.codes == code
        days, counts = np.unique(day[own], return_counts=True)
        days = days[counts >= _FEW]
        if len(days) < _LEAST_DAYS:
            continue
        some = [np.sort(seconds[own & (day == one)]) for one in days]
        median = np.array([float(np.median(times)) for times in some])
        low, high = np.array([_interval(times) for times in some]).T
        logs = np.log(np.maximum(median, 1e-3))
        third = max(1, len(days) // 3)
        change = float(np.exp(logs[-third:].mean() - logs[:third].mean()))
        chance = min(1.0, 2 * min(_kendall(logs), _step(logs)))
        found.append(Trend(kinds.words[code], days, median, low, high, chance, change))
    return tuple(_corrected(found))


def _interval(times: Array) -> tuple[float, float]:
    """A 90 % interval of a median, from order statistics (binomial, normal approximation)."""
    n = len(times)
    half = 1.645 * np.sqrt(n) / 2
    low, high = int(np.floor(n / 2 - half)), int(np.ceil(n / 2 + half))
    return float(times[max(0, low)]), float(times[min(n - 1, high)])


def _kendall(values: Array) -> float:
    """Chance of so strong a trend (two-sided, normal approximation)."""
    n = len(values)
    s = sum(int(np.sign(values[k + 1 :] - values[k]).sum()) for k in range(n - 1))
    return float(2 * ndtr(-max(abs(s) - 1, 0) / np.sqrt(n * (n - 1) * (2 * n + 5) / 18)))


def _step(values: Array) -> float:
    """Chance of so large a difference between the halves (Welch's t, two-sided)."""
    one, two = values[: len(values) // 2], values[len(values) // 2 :]
    a, b = one.var(ddof=1) / len(one), two.var(ddof=1) / len(two)
    if a + b <= 0:
        return 1.0 if np.isclose(one.mean(), two.mean()) else 0.0
    freedom = (a + b) ** 2 / (a**2 / (len(one) - 1) + b**2 / (len(two) - 1))
    return float(2 * stdtr(freedom, -abs(two.mean() - one.mean()) / np.sqrt(a + b)))


def _corrected(trends: list[Trend]) -> list[Trend]:
    """Chances for the smallest of several (Holm 1979)."""
    order = sorted(range(len(trends)), key=lambda k: trends[k].chance)
    largest, found = 0.0, list(trends)
    for place, k in enumerate(order):
        largest = max(largest, min(1.0, trends[k].chance * (len(trends) - place)))
        one = trends[k]
        found[k] = Trend(one.name, one.days, one.median, one.low, one.high, largest, one.change)
    return found
