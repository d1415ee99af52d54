"""Which family: a ranking by Schwarz's criterion, with the reason why a family is set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.families import parse
from twin.calibrate.fit import LEAST_RECORDED, Fit, fit
from twin.calibrate.sample import COMPLETE, Sample

__all__ = ["DOWN_FAMILIES", "UP_FAMILIES", "Choice", "Goodness", "choose", "goodness"]

UP_FAMILIES = (
    "exponential",
    "weibull",
    "gamma",
    "lognormal",
    "exponential + exponential",
    "lognormal + exponential",
    "lognormal + lognormal",
)
"""Families tried for up-times."""

DOWN_FAMILIES = (
    "exponential",
    "weibull",
    "gamma",
    "lognormal",
    "exponential + exponential",
    "lognormal + lognormal",
    "exponential + exponential + exponential",
)
"""Families tried for down-times; parts of one kind, so that they are told apart by their length."""

_FEW, _SOME = 8, 40


@dataclass(frozen=True)
class Choice:
    """One family tried on a sample.

    Attributes:
        fit: the fit.
        verdict: "chosen", "" or why the family was set aside.
    """

    fit: Fit
    verdict: str = ""


def choose(sample: Sample, families: Sequence[str], *, weight: NDArray[np.float64] | None = None) -> tuple[Choice, ...]:
    """Fits families to a sample and ranks them, the chosen one first.

    Below 8 complete times only the exponential is tried, below 40 only single families: more numbers than data say.

    Args:
        sample: the times.
        families: names such as "weibull" or "lognormal + exponential".
        weight: how often each time counts; None: once.

    Returns:
        The families in order of BIC, those that are set aside behind.
    """
    n = len(sample.complete) if weight is None else weight[sample.kind == COMPLETE].sum()
    kinds = [parse(name) for name in families]
    if n < _FEW:
        kinds = [parse("exponential")]
    elif n < _SOME and any(len(kind.parts) == 1 for kind in kinds):
        kinds = [kind for kind in kinds if len(kind.parts) == 1]
    tried = [Choice(found, _fault(found)) for found in (fit(sample, kind, weight=weight) for kind in kinds)]
    ranked = sorted(tried, key=lambda choice: (bool(choice.verdict), choice.fit.bic))
    return (Choice(ranked[0].fit, ranked[0].verdict or "chosen"), *ranked[1:])


def _fault(found: Fit) -> str:
    """Why a fit is set aside, or ""."""
    if found.recorded < LEAST_RECORDED:
        return f"only {found.recorded:.0%} of it would be recorded"
    if len(found.family.parts) > 1 and min(_recorded_weights(found)) * found.complete < 5:
        return "one part holds fewer than 5 times"
    return ""


def _recorded_weights(found: Fit) -> list[float]:
    """The share of each part among the recorded times."""
    edge = np.array([found.edge])
    parts = [weight * float(part.tail(own, 0, edge)[0]) for weight, part, own in found.family.split(found.theta)]
    return [part / sum(parts) for part in parts]


@dataclass(frozen=True)
class Goodness:
    """How far a sample is from its fit.

    Attributes:
        distance: largest difference between the sample's distribution function and the fitted one.
        chance: share of samples drawn from the fit that lie further away, each fitted anew (parametric bootstrap).
        draws: number of such samples.
    """

    distance: float
    chance: float
    draws: int


def goodness(sample: Sample, found: Fit, rng: np.random.Generator, *, draws: int = 49) -> Goodness:
    """Tests a fit by the Kolmogorov-Smirnov distance of the complete times, with a parametric bootstrap.

    The p-value is (1 + number further away) / (1 + draws) (Stute, Gonzalez Manteiga, Presedo Quindimil, Metrika 40,
    1993). Cut-off times are left out of the distance, so it suits samples of which few are cut off.

    Args:
        sample: the times that were fitted.
        found: the fit.
        rng: source of the bootstrap samples.
        draws: number of bootstrap samples.

    Returns:
        The distance and its p-value.
    """
    data = sample.complete
    distance = _distance(data, found)
    further = 0
    for _ in range(draws):
        drawn = _draw(found, rng, len(data))
        other = Sample(drawn, np.zeros(len(drawn), np.int64), np.zeros(len(drawn)), sample.step, sample.least)
        further += _distance(drawn, fit(other, found.family, start=found.theta)) >= distance
    return Goodness(distance, (1 + further) / (1 + draws), draws)


def _distance(data: np.ndarray, found: Fit) -> float:
    """Largest difference of the distribution functions at the edges of the recorder's steps, or at the data."""
    if found.step > 0:
        data = np.maximum(np.round(data / found.step), 1.0) * found.step
    at, n = np.unique(data, return_counts=True)
    after = np.cumsum(n) / n.sum()
    edge = found.recorded
    fitted = 1.0 - found.family.tail(found.theta, 0, at + 0.5 * found.step) / edge
    gap = np.abs(after - fitted)
    if found.step <= 0:
        gap = np.maximum(gap, np.abs(after - n / n.sum() - fitted))
    return float(gap.max())


def _draw(found: Fit, rng: np.random.Generator, n: int) -> np.ndarray:
    """Recorded times drawn from a fit: read on the recorder's clock, those that are too short left out."""
    kept: list[np.ndarray] = []
    while sum(map(len, kept)) < n:
        drawn = found.family.draw(found.theta, rng, max(1000, int(1.2 * n / max(found.recorded, 0.02))))
        if found.step > 0:
            drawn = np.floor(drawn / found.step + rng.random(len(drawn))) * found.step
        kept.append(drawn[(drawn >= found.least - 1e-9) & (drawn > 0)])
    return np.concatenate(kept)[:n]
