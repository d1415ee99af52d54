"""What a log tells of unknown numbers and what not, in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from twin.learn.unknowns import Unknown

__all__ = ["MARK", "enough_from", "identified", "sentences_of", "shown_value", "together"]

Array = np.ndarray

MARK = 0.5
"""A number whose 90 % interval is longer than this share of the one before the log was seen is not told by it."""
_ALIKE = 4.0
"""Likelihoods that differ by less than a factor of 4 are called alike."""
_PART = 0.25
"""Smallest share of a direction for which a number is named in it."""


def identified(unknown: Unknown, draws: Float[Array, " draw"]) -> bool:
    """Whether a log tells a number: its 90 % interval is shorter than half of the one before the log was seen."""
    if unknown.whole:
        kinds, counts = np.unique(draws, return_counts=True)
        needed = int(np.searchsorted(np.cumsum(np.sort(counts)[::-1]), 0.9 * len(draws))) + 1
        return bool(needed <= MARK * len(unknown.candidates)) and len(kinds) > 0
    low, high = np.quantile(draws, [0.05, 0.95])
    return bool(high - low < MARK * 0.9 * (unknown.high - unknown.low))


def enough_from(unknown: Unknown, probability: Float[Array, " candidate"]) -> int | None:
    """The least number from which on any fits as well, up to the highest that was tried; None if there is none.

    Args:
        unknown: a number of places or machines.
        probability: of each candidate, all as likely before.
    """
    unlike = np.flatnonzero(probability < probability.max() / _ALIKE)
    first = int(unlike[-1]) + 1 if len(unlike) else 0
    several = len(probability) - first > 1
    return unknown.candidates[first] if several and probability[first:].sum() >= 0.5 else None


def together(
    unknown: Sequence[Unknown], precision: Float[Array, "smooth smooth"]
) -> tuple[tuple[Float[Array, " smooth"], bool], ...]:
    """Main directions of the information in a log, with whether it tells them.

    The eigenvectors of the Fisher information, scaled by the ranges; a direction with eigenvalue e has the standard
    deviation (e + 12)^-1/2 after and 12^-1/2 before the log was seen.

    Returns:
        Weights of the numbers (in their own units) in each direction that holds more than one, and whether it is told.
    """
    values, vectors = np.linalg.eigh(precision)
    found = []
    for value, vector in zip(values, vectors.T, strict=True):
        part = np.where(np.abs(vector) >= _PART, vector, 0.0)
        if (part != 0).sum() > 1:
            told = bool(np.sqrt(12.0 / (max(value, 0.0) + 12.0)) < MARK)
            found.append((part / np.array([one.high - one.low for one in unknown]), told))
    return tuple(found)


def sentences_of(
    unknown: Sequence[Unknown],
    draws: Mapping[str, Float[Array, " draw"]],
    precision: Float[Array, "smooth smooth"],
    probability: Mapping[str, Float[Array, " candidate"]],
) -> tuple[str, ...]:
    """What the log tells and does not tell."""
    found = [_of_one(one, draws[one.path], probability.get(one.path)) for one in unknown]
    smooth = [one for one in unknown if not one.whole]
    open_ = {one.path for one in smooth if not identified(one, draws[one.path])}
    if open_:
        for weights, told in together(smooth, precision):
            own = [(w, one) for w, one in zip(weights, smooth, strict=True) if w]
            if told and open_ & {one.path for _, one in own}:
                found.append(_of_sum(own, draws))
    return tuple(found)


def _of_one(unknown: Unknown, draws: Array, probability: Array | None) -> str:
    """What is known of one number."""
    path = unknown.path
    if probability is not None:
        enough = enough_from(unknown, probability)
        top = unknown.candidates[-1]
        if enough == unknown.candidates[0]:
            return f"{path}: the log does not tell; any number from {enough} to {top} fits as well."
        if enough is not None:
            return f"{path}: any number from {enough} on fits as well (tried up to {top})."
        best = unknown.candidates[int(np.argmax(probability))]
        return f"{path}: {best} has a probability of {100 * probability.max():.0f} %."
    low, high = np.quantile(draws, [0.05, 0.95])
    unit = f" {unknown.unit}" if unknown.unit else ""
    reach = f"{shown_value(low, high - low)} to {shown_value(high, high - low)}{unit}"
    if not identified(unknown, draws):
        return f"{path}: the log does not tell; 90 % of what fits lies in {reach}."
    width = unknown.high - unknown.low
    near = [
        end
        for end, off in ((unknown.low, low - unknown.low), (unknown.high, unknown.high - high))
        if off < 0.01 * width
    ]
    edge = f" That is at the end of its bounds ({near[0]:g}); widen them if it may lie beyond." if near else ""
    return f"{path}: {shown_value(float(np.median(draws)), high - low)}{unit} (90 % interval {reach}).{edge}"


def _of_sum(own: Sequence[tuple[float, Unknown]], draws: Mapping[str, Array]) -> str:
    """What is known of a sum of numbers that are not known one by one."""
    first = own[0][0]
    terms = [(w / first, one) for w, one in own]
    total = np.sum([w * draws[one.path] for w, one in terms], axis=0)
    low, high = np.quantile(total, [0.05, 0.95])
    said = terms[0][1].path
    for w, one in terms[1:]:
        factor = "" if abs(abs(w) - 1) < 0.05 else f"{abs(w):.2g} x "
        said += f" {'+' if w > 0 else '-'} {factor}{one.path}"
    unit = " s" if any(one.unit for _, one in terms) else ""
    reach = f"{shown_value(low, high - low)} to {shown_value(high, high - low)}{unit}"
    return f"Together they are known better: {said} is {reach} (90 % interval)."


def shown_value(value: float, width: float) -> str:
    """A number with as many digits as an interval of that width bears.

    Example:
        >>> shown_value(31.4159, 2.0), shown_value(0.31415, 0.02), shown_value(1234.5, 300.0)
        ('31.4', '0.314', '1234')
    """
    places = 3 if width <= 0 else int(np.clip(1 - np.floor(np.log10(width)), 0, 6))
    return f"{value:.{places}f}"
