"""Maximum likelihood for times that are rounded, left-truncated, cut off or residual."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from twin.calibrate.families import Mixture
from twin.calibrate.sample import CENSORED, COMPLETE, RESIDUAL, RESIDUAL_CENSORED, Sample

__all__ = ["LEAST_RECORDED", "Fit", "compress", "filled", "fit", "log_contributions"]

Array = NDArray[np.float64]

LEAST_RECORDED = 0.2
"""A family of which less than this would have been recorded is an extrapolation, not a fit."""

_OPTIONS = {"maxiter": 200, "ftol": 1e-8}
_TINY = 1e-300
_NEVER = 1e6
_ORDERS = 12.0
"""Logarithms over which slips are spread: from a second to two days."""


@dataclass(frozen=True)
class Fit:
    """A family with the free numbers that make a sample most likely.

    Attributes:
        family: the family or mixture.
        theta: its free numbers.
        log_likelihood: at `theta`.
        complete: number of complete times that it rests on.
        cut_off: number of times that are cut off or residual.
        step, least: see `Sample`.
    """

    family: Mixture
    theta: Array
    log_likelihood: float
    complete: int
    cut_off: int
    step: float
    least: float

    @property
    def aic(self) -> float:
        """Akaike's criterion, 2p - 2 ln L."""
        return 2 * self.family.size - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion, p ln n - 2 ln L."""
        return self.family.size * math.log(max(self.complete, 2)) - 2 * self.log_likelihood

    @property
    def edge(self) -> float:
        """Times above this are recorded [s]: half a step below the shortest one."""
        return max(0.0, self.least - 0.5 * self.step)

    def moment(self, k: int, above: float = 0.0) -> float:
        """E[T^k; T > above]."""
        return float(self.family.tail(self.theta, k, np.array([above]))[0])

    @property
    def mean(self) -> float:
        """Mean of all times, recorded or not [s]."""
        return self.moment(1)

    @property
    def recorded(self) -> float:
        """Share of all times that are long enough to be recorded."""
        return self.moment(0, self.edge)

    @property
    def recorded_mean(self) -> float:
        """Mean of the recorded times [s]."""
        return self.moment(1, self.edge) / max(self.recorded, _TINY)


def log_contributions(family: Mixture, theta: Array, sample: Sample) -> Array:
    """Logarithm of the likelihood of each time of a sample.

    With S the survival and H the stop-loss (see `families`), a time x contributes f(x) or, with a clock of step h, the
    triangle's probability; both are divided by the probability of being recorded. A cut-off time contributes S(x), a
    residual one S(x)/mean, a residual cut-off one H(x)/mean (stationary renewal process; Cox, Renewal Theory, 1962).
    With a share e of slips a complete time contributes (1 - e) f(x) + e/(12 x), a cut-off one (1 - e) S(x) + e: what is
    far out of reach of the family is laid to the clock and hardly moves the fit (contaminated likelihood; Huber 1964).

    Args:
        family: the family or mixture.
        theta: its free numbers.
        sample: the times.

    Returns:
        One logarithm per time.
    """
    x, h = sample.value, sample.step
    logs = np.zeros(len(x))
    for kind in range(4):
        own = np.flatnonzero(sample.kind == kind)
        if not own.size:
            continue
        at = x[own]
        if kind == COMPLETE and h > 0:
            log_p = _on_clock(family, theta, at, sample)
        elif kind == COMPLETE:
            log_p = family.log_density(theta, at)
            if sample.least > 0:
                log_p = log_p - _log_share(float(family.tail(theta, 0, np.array([sample.least]))[0]))
        elif kind in (CENSORED, RESIDUAL):
            log_p = _log(family.tail(theta, 0, at))
        else:
            log_p = _log(_stop_loss(family, theta, at))
        if kind in (RESIDUAL, RESIDUAL_CENSORED):
            log_p = log_p - _log(family.tail(theta, 1, np.zeros(1)))
        if kind in (COMPLETE, CENSORED) and sample.slips > 0:
            slip = math.log((h or 1.0) / _ORDERS) - np.log(at) if kind == COMPLETE else np.zeros(len(at))
            log_p = np.logaddexp(math.log1p(-sample.slips) + log_p, math.log(sample.slips) + slip)
        logs[own] = log_p
    return logs


def _on_clock(family: Mixture, theta: Array, at: Array, sample: Sample) -> Array:
    """Logarithm of the probability of complete times on a clock with a step, given that they are recorded."""
    h, n = sample.step, len(at)
    points = np.concatenate([at - h, at, at + h, [sample.least - h, sample.least]])
    loss = _stop_loss(family, theta, points)
    log_p = _log((loss[:n] - 2 * loss[n : 2 * n] + loss[2 * n : 3 * n]) / h)
    return log_p - _log_share(float(loss[-2] - loss[-1]) / h) if sample.least > 0 else log_p


def _log_share(recorded: float) -> float:
    """Logarithm of the share that is recorded; a prohibitive number where hardly any is, which no log can show."""
    return math.log(recorded) if recorded > 1e-6 else _NEVER


def _stop_loss(family: Mixture, theta: Array, x: Array) -> Array:
    """H(x) = E[(T - x)+], also for x below 0."""
    positive = np.maximum(x, 0.0)
    total = np.maximum(-x, 0.0)
    for weight, part, own in family.unsorted(theta):
        total += weight * (part.tail(own, 1, positive) - positive * part.tail(own, 0, positive))
    return total


def _log(x: Array) -> Array:
    return np.log(np.maximum(x, _TINY))


def fit(sample: Sample, family: Mixture, *, weight: Array | None = None, start: Array | None = None) -> Fit:
    """The free numbers that make a sample most likely.

    Args:
        sample: the times.
        family: the family or mixture.
        weight: how often each time counts (a bootstrap draw); None: once.
        start: free numbers to begin from; None tries several.

    Returns:
        The fit with the largest likelihood found.

    Raises:
        ValueError: when the sample holds no complete time.
    """
    weight = np.ones(len(sample.value)) if weight is None else weight
    small, counts, _ = compress(sample, weight)
    if (counts <= 0).any():
        some = counts > 0
        small = replace(small, value=small.value[some], kind=small.kind[some], at=small.at[some])
        counts = counts[counts > 0]
    solid = small.kind == COMPLETE
    if not solid.any():
        raise ValueError("a fit needs at least one complete time.")
    data, n = small.value[solid], counts[solid]
    bounds = _bounds(family, small)
    low, high = np.array(bounds).T

    def cost(theta: Array) -> float:
        value = float(counts @ log_contributions(family, theta, small))
        return -value if math.isfinite(value) else 1e9

    best = None
    for begin in [start] if start is not None else _starts(family, data, n, small.least):
        result = minimize(cost, np.clip(begin, low, high), method="L-BFGS-B", bounds=bounds, options=_OPTIONS)
        if best is None or result.fun < best.fun:
            best = result
    assert best is not None  # noqa: S101  there is at least one start
    complete, total = round(n.sum()), round(counts.sum())
    return Fit(family, best.x, -float(best.fun), complete, total - complete, sample.step, sample.least)


def filled(sample: Sample, found: Fit | None) -> Array:
    """The times of a sample [s], those that are cut off as long as they may have become.

    A time cut off at x counts with E[min(T, L) | T > x] = x + (H(x) - H(L)) / S(x), L twice the longest time of the
    sample: a mean up to there (Royston, Parmar, BMC Medical Research Methodology 13:152, 2013), since the tail beyond
    it is a guess.

    Args:
        sample: the times.
        found: the fit to them; None leaves them as they are.

    Returns:
        One time each [s].
    """
    cut = sample.kind == CENSORED
    if found is None or not cut.any():
        return sample.value
    survival = np.maximum(found.family.tail(found.theta, 0, sample.value), 1e-12)
    loss = _stop_loss(found.family, found.theta, np.append(sample.value, 2.0 * sample.value.max()))
    return np.where(cut, sample.value + (loss[:-1] - loss[-1]) / survival, sample.value)


def compress(sample: Sample, weight: Array) -> tuple[Sample, Array, NDArray[np.int64]]:
    """Equal times as one; complete times on the recorder's clock are rounded to its step.

    Args:
        sample: the times.
        weight: how often each time counts.

    Returns:
        The different times, the sum of the weights of each, and the place of each time of the sample among them.
    """
    value = sample.value
    if sample.step > 0:
        rounded = np.maximum(np.round(value / sample.step), 1.0) * sample.step
        value = np.where(sample.kind == COMPLETE, rounded, value)
    pairs = np.stack([value, sample.kind.astype(float)], axis=1)
    unique, place = np.unique(pairs, axis=0, return_inverse=True)
    place = place.ravel()
    small = replace(sample, value=unique[:, 0], kind=unique[:, 1].astype(np.int64), at=np.zeros(len(unique)))
    return small, np.bincount(place, weight, len(unique)).astype(float), place.astype(np.int64)


def _bounds(family: Mixture, sample: Sample) -> list[tuple[float, float]]:
    """Bounds of the free numbers: scales within reach of the data, weights away from 0 and 1."""
    smallest = max(float(sample.value.min()), sample.least, 1e-3)
    lowest = sample.least / 10 if sample.least > sample.step else smallest / 1e3
    scale = (math.log(lowest), math.log(float(sample.value.max()) * 1e2 + 1.0))
    bounds = [bound for part in family.parts for bound in (scale, *part.bounds)]
    return bounds + [(-8.0, 8.0)] * (len(family.parts) - 1)


def _starts(family: Mixture, data: Array, n: Array, least: float) -> list[Array]:
    """Where to begin: one guess for a family; for a mixture the sorted data cut at several places."""
    order = np.argsort(data)
    data, n = data[order], n[order]
    share = np.cumsum(n) / n.sum()
    parts = family.parts
    cuts = [()] if len(parts) == 1 else [(0.5,), (0.8,), (0.93,)] if len(parts) == 2 else [(0.4, 0.8), (0.6, 0.93)]
    starts = []
    for cut in cuts:
        group = np.searchsorted(np.array(cut), share, side="left")
        theta: list[float] = []
        weights = []
        for place, part in enumerate(parts):
            own = group == min(place, int(group.max()))
            mean = float(np.average(data[own], weights=n[own]))
            spread = math.sqrt(float(np.average((data[own] - mean) ** 2, weights=n[own])))
            theta += part.start(max(mean - 0.7 * least, 0.2 * mean), max(spread / mean, 0.2)).tolist()
            weights.append(max(float(n[own].sum() / n.sum()), 0.02))
        starts.append(np.array(theta + [math.log(w / weights[-1]) for w in weights[:-1]]))
    return starts
