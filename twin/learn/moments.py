"""Unknown numbers from statistics: the simulated method of moments.

theta minimises (s - m(theta))' W (s - m(theta)), where s are the statistics of the log and m their mean over
simulated logs with the same random numbers at every theta (McFadden, Econometrica 57, 1989; Gouriéroux, Monfort,
Renault, Journal of Applied Econometrics 8, 1993). W is the inverse of their covariance V over simulated logs, which are
as long as the real one. The estimate is about normal with the precision (J'WJ) (J'W V W J)^-1 (J'WJ), V widened by
1 + 1/R for R simulated logs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from twin.learn.observed import Observed
from twin.learn.simulated import Simulated
from twin.learn.summaries import Summaries, of_log

__all__ = ["Descent", "Fitted", "Target", "fitted", "shrunk", "start", "target_of"]

Array = np.ndarray

_ROUNDS = 3
"""How often the weights are worked out anew."""
_STEPS = 12
_LONGEST = 0.3
_FAR = 30.0
_STRANGE = 1.5
_LEAST, _LESS = 0.04, 0.2
_SETTLED = 1e-3


@dataclass(frozen=True)
class Target:
    """What a simulated log is to look like.

    Attributes:
        statistics: of the real log.
        spread: their standard deviations by the log's own blocks.
        floor: standard deviations below which no difference counts, however little the simulated logs vary.
        numbers: what the log replaces, see `Replay.numbers`.
    """

    statistics: Float[Array, " statistic"]
    spread: Float[Array, " statistic"]
    floor: Float[Array, " statistic"]
    numbers: Mapping[str, Any]


@dataclass(frozen=True)
class Fitted:
    """The best numbers for given places and machines, as shares of their ranges.

    Attributes:
        share: estimate, within 0 and 1.
        target: where the normal approximation has its middle; beyond an end of the range if that is where it points.
        precision: of the normal approximation.
        off: statistics of the log less their mean over simulated logs.
        covariance: of `off`.
        misfit: the minimum, over what it is on average for a simulated log.
        wide: factor by which `covariance` is taken larger, since the log is unlike all simulated ones; 1 if it is not.
        replications: simulated logs that it rests on.
        runs: how many times logs were simulated.
    """

    share: Float[Array, " smooth"]
    target: Float[Array, " smooth"]
    precision: Float[Array, "smooth smooth"]
    off: Float[Array, " statistic"]
    covariance: Float[Array, "statistic statistic"]
    misfit: float
    wide: float
    replications: int
    runs: int


def target_of(
    what: Summaries, seen: Observed, keep: Float[Array, " part"], *, step: float, numbers: Mapping[str, Any]
) -> Target:
    """What a simulated log is to look like.

    The floor is a fifth of the standard deviation by the log's own blocks, and a little more than the clock's step.
    Without it a statistic that hardly varies between simulated logs, but has long tails, would count too much.

    Args:
        what: the statistics.
        seen: the log.
        keep: 1 for parts that count, 0 for others [part].
        step: of the log's clock [s].
        numbers: what the log replaces, see `Replay.numbers`.
    """
    statistics, covariance = of_log(what, seen, keep)
    spread = np.sqrt(np.diag(covariance))
    least = np.where(what.seconds, (_LEAST + step / (2 * what.scale)) * np.exp(-statistics), _LEAST / 5)
    return Target(statistics, spread, np.hypot(_LESS * spread, least), numbers)


def shrunk(
    values: Float[Array, "replication statistic"], floor: Float[Array, " statistic"]
) -> Float[Array, "statistic statistic"]:
    """Covariance of statistics from some simulated logs, correlations shrunk towards none.

    By how much: Schäfer, Strimmer, Statistical Applications in Genetics and Molecular Biology 4, 2005, article 32:
    the sum of the variances of the correlations over the sum of their squares.
    """
    n = len(values)
    off = values - values.mean(axis=0)
    sd = off.std(axis=0, ddof=1)
    unit = np.where(sd > 1e-6 * floor, off / np.maximum(sd, 1e-300), 0.0)
    products = unit[:, :, None] * unit[:, None, :]
    mean = products.mean(axis=0)
    variance = n / (n - 1) ** 3 * ((products - mean) ** 2).sum(axis=0)
    other = ~np.eye(len(sd), dtype=bool)
    less = np.clip(variance[other].sum() / max(float((mean[other] ** 2).sum()), 1e-12), 0.0, 1.0)
    correlation = np.where(other, (1 - less) * mean * n / (n - 1), 1.0)
    return correlation * np.outer(sd, sd) + np.diag(floor**2)


def start(
    simulated: Simulated,
    target: Target,
    *,
    points: Float[Array, "point smooth"],
    counts: Sequence[int],
) -> Float[Array, " smooth"]:
    """The point whose simulated logs are most like the real one, each statistic for itself.

    Args:
        simulated: makes the logs.
        target: the log.
        points: to try, as shares of the ranges.
        counts: of places.
    """
    cost = []
    for point in points:
        mean = simulated.values(point, counts, target.numbers).mean(axis=0)
        off = (mean - target.statistics) / np.hypot(target.spread, target.floor)
        cost.append(float((np.minimum(np.abs(off), _FAR) ** 2).sum()))
    return points[int(np.argmin(cost))]


def fitted(simulated: Simulated, target: Target, share: Float[Array, " smooth"], counts: Sequence[int]) -> Fitted:
    """Fit what is not whole from a starting point, for given places.

    Args:
        simulated: makes the logs.
        target: the log.
        share: where to start, of the ranges.
        counts: of places.
    """
    path = Descent(simulated, target, counts)
    weight = path.weight(path.at(share))
    for _ in range(_ROUNDS if len(share) else 0):
        before = share
        share = path.descended(share, weight)
        weight = path.weight(path.at(share))
        if np.abs(share - before).max() < _SETTLED:
            break
    return path.told(share, weight)


class Descent:
    """A descent, with the simulated logs it has met."""

    def __init__(self, simulated: Simulated, target: Target, counts: Sequence[int]) -> None:
        self.simulated, self.target, self.counts = simulated, target, counts
        self.runs = 0
        self._last: tuple[Array, Array] | None = None

    def at(self, share: Array) -> Array:
        """Statistics at a point [replication, statistic]."""
        if self._last is None or not np.array_equal(self._last[0], share):
            self.runs += 1
            self._last = share, self.simulated.values(share, self.counts, self.target.numbers)
        return self._last[1]

    def slopes(self, share: Array) -> Array:
        """Derivatives of the mean statistics [statistic, number]."""
        self.runs += 1
        return self.simulated.jacobian(share, self.counts, self.target.numbers)

    def weight(self, values: Array) -> Array:
        """The inverse of the covariance, a mean over the replications included."""
        return np.linalg.inv(shrunk(values, self.target.floor) * (1 + 1 / len(values)))

    def descended(self, share: Array, weight: Array) -> Array:
        """The minimum for given weights, by Levenberg and Marquardt's steps inside the range."""
        cost = self.cost(weight)
        damping, best = 1e-3, cost(share)
        for _ in range(_STEPS):
            slopes = self.slopes(share)
            pull = slopes.T @ weight @ (self.target.statistics - self.at(share).mean(axis=0))
            curve = slopes.T @ weight @ slopes
            for _ in range(6):
                new = np.clip(share + _step(curve, pull, share, damping), 0.0, 1.0)
                found = cost(new)
                if found < best:
                    break
                damping *= 8.0
            else:
                return share
            moved, gain = np.abs(new - share).max(), best - found
            share, best, damping = new, found, damping / 8.0
            if moved < 1e-4 or gain < 1e-3:
                return share
        return share

    def cost(self, weight: Array) -> Callable[[Array], float]:
        """The squared distance of the log from the simulated ones, at any point."""

        def cost(share: Array) -> float:
            off = self.target.statistics - self.at(share).mean(axis=0)
            return float(off @ weight @ off)

        return cost

    def told(self, share: Array, weight: Array) -> Fitted:
        """The normal approximation and the likelihood at a minimum."""
        values = self.at(share)
        slopes = self.slopes(share) if len(share) else np.zeros((len(weight), 0))
        mean, count = values.mean(axis=0), len(values)
        off = self.target.statistics - mean
        found = float(off @ weight @ off)
        usual = np.einsum("ri,ij,rj->r", values - mean, weight, values - mean)
        misfit = found / max(float(usual.mean()), 1.0)
        wide = misfit if misfit > _STRANGE and found > _STRANGE * usual.max() else 1.0
        precision = self._precision(values, slopes) / wide
        curve = slopes.T @ weight @ slopes
        beyond = np.linalg.pinv(curve, rcond=1e-10, hermitian=True) @ (slopes.T @ weight @ off)
        target = np.clip(share + beyond, -1.0, 2.0)
        return Fitted(share, target, precision, off, np.linalg.inv(weight), misfit, wide, count, self.runs)

    def _precision(self, values: Array, slopes: Array) -> Array:
        """How sure the estimate is: weights from one half of the simulated logs, judged by the other, and in turn.

        Judged by the logs that they come from, weights look better than they are.
        """
        halves, floor = np.array_split(values, 2), np.diag(self.target.floor**2)
        found = np.zeros((slopes.shape[1],) * 2)
        for own, other in (halves, halves[::-1]):
            pull = slopes.T @ self.weight(own)
            spread = (np.cov(other, rowvar=False) + floor) * (1 + 1 / len(values))
            middle = np.linalg.pinv(pull @ spread @ pull.T, rcond=1e-10, hermitian=True)
            found += 0.5 * (pull @ slopes) @ middle @ (pull @ slopes).T
        return found


def _step(curve: Array, pull: Array, share: Array, damping: float) -> Array:
    """A step of limited length; numbers at an end of their range that are pulled outwards stay there."""
    free = ~(((share <= 0.0) & (pull < 0)) | ((share >= 1.0) & (pull > 0)))
    step = np.zeros(len(share))
    own = np.ix_(free, free)
    damped = curve[own] + np.diag(damping * np.diag(curve)[free] + 1e-6)
    step[free] = np.linalg.solve(damped, pull[free]) if free.any() else 0.0
    return step / max(1.0, float(np.abs(step).max(initial=0.0)) / _LONGEST)
