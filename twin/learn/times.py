"""Process times of a station: which family, with which numbers, and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri, stdtrit

from twin.calibrate.choose import Choice, choose
from twin.calibrate.fit import Fit, log_contributions
from twin.calibrate.sample import CENSORED, COMPLETE, Sample
from twin.distribution import Distribution
from twin.learn.alike import law_like
from twin.learn.groups import SHORTEST
from twin.learn.strata import normals

__all__ = ["FAMILIES", "MIXTURES", "Times", "learn_station", "learn_times_of", "sample_of"]

Array = NDArray[np.float64]

FAMILIES = ("exponential", "weibull", "gamma", "lognormal")
MIXTURES = (
    "lognormal + lognormal",
    "gamma + exponential",
    "lognormal + exponential",
    "lognormal + lognormal + lognormal",
)
"""Tried where no single family fits: settings, variants or disturbances that the log does not name."""

SLIPS = 1e-3
"""Share of the times that are taken for slips of a clock which no contradiction gave away."""
NONE = np.zeros(0)
_MANY = 400
"""More different times than this are put on a grid of a fiftieth of their spread."""
_CONSTANT = 1e-3
"""Coefficient of variation below which a time is taken as constant."""
_MISFIT = {1: 1.31, 2: 1.04}
"""Largest distance of the distribution functions times sqrt(n) that a family of so many numbers may have: the 99 %
point of the Kolmogorov-Smirnov distance of fitted exponentials and normals (Stephens, JASA 69, 1974)."""
_FEW = 20
_NEAR = 10.0
"""Families whose criterion is this much worse are out of the question (Raftery 1995)."""
MOST_CV = 10.0
"""Largest coefficient of variation that a line may have."""


@dataclass(frozen=True)
class Times:
    """Times of one kind, with what was fitted to them.

    Attributes:
        n: number of times.
        law: the distribution.
        draws: distributions that are as likely as the data allow.
        choices: families that were tried, the chosen one first; empty for a constant.
        distance: largest distance of the distribution functions of data and fit.
        overdispersion: variance of daily means over what independent times would give, 1 or more.
    """

    n: int
    law: Distribution
    draws: tuple[Distribution, ...]
    choices: tuple[Choice, ...]
    distance: float
    overdispersion: float


def sample_of(seconds: Array, *, step: float = 0.0, cut: Array = NONE) -> tuple[Sample, Array]:
    """Times ready for a fit: different ones with their counts.

    Args:
        seconds: the times [s].
        step: step of the log's clock [s].
        cut: times that lasted longer than this [s].

    Returns:
        The sample, and how often each of its times comes.
    """
    value = np.maximum(seconds, max(step, 1e-3) / 2)
    if step > 0:
        value = np.maximum(np.round(value / step), 0.5) * step
    unique, counts = np.unique(value, return_counts=True)
    if len(unique) > _MANY:
        logs = np.log(value)
        width = max(float(np.subtract(*np.quantile(logs, [0.75, 0.25]))) / 1.349 / 50, 1e-5)
        unique, counts = np.unique(np.exp(np.round(logs / width) * width), return_counts=True)
    small = step if step > 0.002 * float(np.median(seconds)) else 0.0  # a finer clock changes no fit
    value, counts = np.concatenate([unique, cut]), np.concatenate([counts.astype(float), np.ones(len(cut))])
    kind = np.repeat([COMPLETE, CENSORED], [len(unique), len(cut)])
    return Sample(value, kind, np.zeros(len(value)), small, 0.0, SLIPS), counts


def learn_station(
    seconds: Mapping[str, Array],
    days: Mapping[str, NDArray[np.int64]],
    cut: Mapping[str, Array] | None = None,
    *,
    step: float = 0.0,
    draws: int = 200,
    rng: np.random.Generator,
) -> dict[str, Times]:
    """Fits the times of a station, by product where products differ.

    Whether they do is decided by Schwarz's criterion: a fit to all times against one to those of each product.

    Args:
        seconds: product -> times [s].
        days: product -> day of each.
        cut: product -> times that lasted longer than this [s]: a planned standstill came in between.
        step: step of the log's clock [s].
        draws: how many distributions to draw.
        rng: source of the draws.

    Returns:
        Product -> times; "" alone where products are alike. Products with less than 20 times are taken as the rest.
    """
    solid = {name: times for name, times in seconds.items() if len(times) >= _FEW}
    cut = cut or {}

    def learned(names: Sequence[str]) -> Times:
        some, when = [seconds[name] for name in names], [days[name] for name in names]
        longer = np.concatenate([NONE, *(cut.get(name, NONE) for name in names)])
        return learn_times_of(np.concatenate(some), np.concatenate(when), longer, step=step, draws=draws, rng=rng)

    if len(solid) > 1 and sum(_criterion(x, step) for x in solid.values()) < _criterion(
        np.concatenate([*solid.values()]), step
    ):
        apart = {name: learned([name]) for name in solid}
        return apart if len(solid) == len(seconds) else {"": learned(list(seconds)), **apart}
    return {"": learned(list(seconds))}


def _criterion(seconds: Array, step: float) -> float:
    """Schwarz's criterion of the best single family; of a constant, that of times even within the clock's error."""
    if _is_constant(seconds, step):
        width = max(float(np.ptp(seconds)), _CONSTANT * float(np.mean(seconds)), 1e-6)
        return 2 * len(seconds) * math.log(width) + math.log(max(len(seconds), 2))
    sample, counts = sample_of(seconds, step=step)
    return choose(sample, FAMILIES, weight=counts)[0].fit.bic


def _is_constant(seconds: Array, step: float) -> bool:
    low, high = np.quantile(seconds, [0.02, 0.98])
    return bool(high - low <= max(_CONSTANT * float(seconds.mean()), 2.5 * step, 0.002))


def learn_times_of(
    seconds: Array,
    days: NDArray[np.int64],
    cut: Array = NONE,
    *,
    step: float = 0.0,
    draws: int = 200,
    rng: np.random.Generator,
) -> Times:
    """Fits one kind of times; the arguments are those of `learn_station`."""
    if _is_constant(seconds, step):
        middle = Distribution("constant", {"mean": max(float(np.median(seconds)), SHORTEST)})
        return Times(len(seconds), middle, (middle,) * draws, (), 0.0, 1.0)
    sample, counts = sample_of(seconds, step=step, cut=cut)
    choices = _choices(sample, counts)
    best = choices[0].fit
    excess = _overdispersion(seconds, days)
    drawn = _drawn(choices, sample, counts, excess, draws, rng)
    return Times(len(seconds), _law(best, best.theta), drawn, choices, _distance(best, sample, counts), excess)


def _drawn(
    choices: Sequence[Choice], sample: Sample, counts: Array, excess: float, draws: int, rng: np.random.Generator
) -> tuple[Distribution, ...]:
    """Distributions of the chosen family, with the numbers that all families allow which are about as likely.

    Of single families each gives draws in proportion to exp(-BIC/2), its probability (Raftery, Sociological Methodology
    25, 1995); a draw of another family becomes the one of the chosen family with its mean and coefficient of variation.
    """
    best = choices[0].fit
    rivals = [best]
    if _is_free(best):
        near = [one.fit for one in choices[1:] if not one.verdict and one.fit.bic < best.bic + _NEAR]
        rivals += [fit for fit in near if _is_free(fit)]
    weight = np.exp(-0.5 * np.array([fit.bic - best.bic for fit in rivals]))
    edges = np.round(np.cumsum(weight) / weight.sum() * draws).astype(int)
    found: list[Distribution] = []
    for fit, number in zip(rivals, np.diff(edges, prepend=0).tolist(), strict=True):
        laws = [_law(fit, theta) for theta in _posterior(fit, sample, counts, excess, number, rng)]
        found += laws if fit is best else [law_like(law, best.family.name) for law in laws]
    return tuple(found[k] for k in rng.permutation(len(found)))


def _is_free(fit: Fit) -> bool:
    """Whether it is a single family with a mean and a coefficient of variation of its own."""
    return fit.family.name in ("gamma", "lognormal", "weibull")


def _law(found: Fit, theta: Array) -> Distribution:
    """The distribution of some free numbers; parts of a mixture stay in the order that they have in the fit."""
    if len(found.family.parts) == 1:
        return _in_bounds(found.family.distribution(theta))
    order = np.argsort(
        [float(part.tail(own, 1, np.zeros(1))[0]) for _, part, own in found.family.unsorted(found.theta)]
    )
    parts = found.family.unsorted(theta)
    return Distribution(
        "mixture", parts=tuple((parts[k][0], _in_bounds(parts[k][1].distribution(parts[k][2]))) for k in order)
    )


def _in_bounds(law: Distribution) -> Distribution:
    """The distribution with a spread that a line may have."""
    if law.numbers.get("cv", 0.0) <= MOST_CV:
        return law
    return Distribution(law.family, {**law.numbers, "cv": MOST_CV})


def _choices(sample: Sample, counts: Array) -> tuple[Choice, ...]:
    """Single families; mixtures besides where the best of them misfits and there are times enough."""
    found = choose(sample, FAMILIES, weight=counts)
    n = float(counts.sum())
    if n >= 2 * _FEW and _distance(found[0].fit, sample, counts) * math.sqrt(n) > _MISFIT[found[0].fit.family.size]:
        found = choose(sample, (*FAMILIES, *MIXTURES), weight=counts)
    return found


def _distance(found: Fit, sample: Sample, counts: Array) -> float:
    """Largest distance of the distribution functions (Kolmogorov and Smirnov), between the times on a clock."""
    counts = counts[sample.kind == COMPLETE]
    after = np.cumsum(counts) / counts.sum()
    at = sample.complete + 0.5 * sample.step
    return float(
        np.max(
            np.abs(after - 0.5 * counts / counts.sum() * (sample.step <= 0) - 1 + found.family.tail(found.theta, 0, at))
        )
    )


def _overdispersion(seconds: Array, days: NDArray[np.int64]) -> float:
    """How much more daily means differ than those of independent times would; 1 unless that is past chance (1 %).

    The ratio of mean squares between and within days (one-way analysis of variance), tested by the F-distribution.
    """
    kinds, place, counts = np.unique(days, return_inverse=True, return_counts=True)
    if len(kinds) < 3 or len(seconds) < 3 * len(kinds):
        return 1.0
    logs = np.log(np.maximum(seconds, 1e-3))
    means = np.bincount(place, logs) / counts
    between = float(counts @ (means - logs.mean()) ** 2) / (len(kinds) - 1)
    within = float(((logs - means[place]) ** 2).sum()) / (len(seconds) - len(kinds))
    ratio = between / max(within, 1e-12)
    return ratio if ratio > fdtri(len(kinds) - 1, len(seconds) - len(kinds), 0.99) else 1.0


def _posterior(
    found: Fit, sample: Sample, counts: Array, excess: float, draws: int, rng: np.random.Generator
) -> Sequence[Array]:
    """Free numbers drawn from the normal approximation at the largest likelihood (Laplace), widened by overdispersion.

    With few times Student's t takes the place of the normal.
    """
    if not draws:
        return []
    cost = lambda theta: -float(counts @ log_contributions(found.family, theta, sample))  # noqa: E731
    spread = _root(_hessian(cost, found.theta)) * math.sqrt(excess)
    freedom = max(float(counts.sum()) - found.family.size, 1.0)
    scale = 1.0 if freedom > 200 else float(stdtrit(freedom, 0.95)) / 1.6449
    z = normals(rng, draws, found.family.size) * scale
    return list(found.theta + z @ spread.T)


def _hessian(cost: Callable[[Array], float], theta: Array) -> Array:
    """Second derivatives by central differences."""
    size, h = len(theta), 1e-3
    steps = np.eye(size) * h
    found = np.empty((size, size))
    for i in range(size):
        for j in range(i + 1):
            corners = [cost(theta + a * steps[i] + b * steps[j]) for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            found[i, j] = found[j, i] = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * h * h)
    return found


def _root(hessian: Array) -> Array:
    """A square root of the inverse; directions that the data leave open get a standard deviation of 1."""
    values, vectors = np.linalg.eigh(hessian)
    return vectors * np.sqrt(1.0 / np.maximum(values, 1.0))
