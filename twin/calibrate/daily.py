"""How much days differ: a random scale per day, by maximum likelihood.

Within a day the times follow one family; its scale is multiplied by exp(σ z) with z standard normal, another z every
day (a shared lognormal frailty; Hougaard, Analysis of Multivariate Survival Data, 2000). The likelihood of a day is the
mean over z, by Gauss-Hermite quadrature. A fit to all days together takes the differences between days for differences
between stops: right in the long run, but it makes single days look more alike than they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from twin.calibrate.fit import LEAST_RECORDED, Fit, compress, log_contributions
from twin.calibrate.sample import Sample

__all__ = ["Spread", "day_spread", "speed_spread"]

Array = NDArray[np.float64]

_NODES = 9


@dataclass(frozen=True)
class Spread:
    """Differences between days.

    Attributes:
        sigma: standard deviation, between days, of the logarithm of the scale.
        within: the fit within a day of scale 1, or None (for a speed).
        gain: twice the gain of log-likelihood over the best family with equal days; above 2.7 they are refuted at 5 %.
        days: number of days it rests on.
    """

    sigma: float
    within: Fit | None
    gain: float
    days: int


def day_spread(sample: Sample, pooled: Sequence[Fit], *, block: float = 86400.0) -> Spread:
    """Fits families together with a random scale per day, and takes the one with the lowest BIC.

    The family that fits all days together best need not be the one within a day: differences between days stretch its
    tails.

    Args:
        sample: the times.
        pooled: fits to all days together, from which to begin; the first one is what days alike are compared with.
        block: length of a day [s].

    Returns:
        The spread between days, and the family within a day.
    """
    day = np.unique(np.floor(sample.at / block), return_inverse=True)[1]
    small, _, cell = compress(sample, np.ones(len(sample.value)))
    table = np.zeros((int(day.max()) + 1, len(small.value)))
    np.add.at(table, (day, cell), 1.0)
    found = [_with_days(small, table, one) for one in pooled]
    usable = [each for each in found if each[0].recorded >= LEAST_RECORDED] or found
    within, sigma = min(usable, key=lambda each: each[0].bic)
    gain = max(0.0, 2 * (within.log_likelihood - pooled[0].log_likelihood))
    return Spread(sigma, within, gain, len(table))


def _with_days(small: Sample, table: Array, pooled: Fit) -> tuple[Fit, float]:
    """The family within a day and the spread between days, for one family.

    Args:
        small: the different times.
        table: how often each day has each of them [day, time].
        pooled: the fit to all days together.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    log_weight = np.log(weights / weights.sum())
    family = pooled.family

    def cost(numbers: Array) -> float:
        theta, sigma = numbers[:-1], math.exp(numbers[-1])
        logs = np.array([log_contributions(family, family.scaled(theta, math.exp(sigma * z)), small) for z in nodes])
        value = np.logaddexp.reduce(table @ logs.T + log_weight, axis=1).sum()
        return -float(value) if math.isfinite(value) else 1e9

    start = np.append(pooled.theta, math.log(0.3))
    bounds = [(value - 3.0, value + 3.0) for value in pooled.theta] + [(math.log(0.01), math.log(2.0))]
    best = minimize(cost, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": 60})
    within = replace(pooled, theta=best.x[:-1], log_likelihood=-float(best.fun))
    return within, math.exp(float(best.x[-1]))


def speed_spread(number: Array, operating: Array, group: NDArray[np.int64], day: Array) -> Spread:
    """Standard deviation, between days, of the logarithm of the speed within a product.

    Args:
        number: parts of each piece of observed time.
        operating: operating time of each piece [s].
        group: product of each piece.
        day: day of each piece.

    Returns:
        The spread; days with less than a quarter of an hour are left out.
    """
    keys, place = np.unique(np.stack([day, group.astype(float)]), axis=1, return_inverse=True)
    made, running = np.bincount(place.ravel(), number), np.bincount(place.ravel(), operating)
    solid = (running >= 900.0) & (made > 0)
    log_speed, kind = np.log(made[solid] / running[solid]), keys[1][solid]
    kinds = np.unique(kind)
    if len(log_speed) <= len(kinds):
        return Spread(0.0, None, 0.0, int(solid.sum()))
    rest = np.concatenate([log_speed[kind == k] - log_speed[kind == k].mean() for k in kinds])
    return Spread(math.sqrt(float((rest**2).sum()) / (len(rest) - len(kinds))), None, math.inf, int(solid.sum()))
