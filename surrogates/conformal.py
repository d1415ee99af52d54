"""Intervals that hold what is measured as often as promised, from the errors on held-out cases (split conformal)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surrogates.checked import table, vector

__all__ = ["COVERAGES", "Conformal", "coverage_law", "rank_of", "upper_quantile"]

Floats = NDArray[np.float64]
COVERAGES = (0.5, 0.8, 0.9, 0.95)
FLOOR = 0.1
"""Of a spread, in median ones, so that members who happen to agree make no interval of width zero."""


def rank_of(count: int, coverage: float) -> int:
    """Which of so many scores, in order from 1, bounds the next one with at least this probability: ceil((n + 1) c).

    Args:
        count: n, number of scores.
        coverage: c, above 0 and below 1.

    Returns:
        The rank; n + 1 where there are too few scores for any bound.

    Raises:
        ValueError: the coverage is not between 0 and 1.

    Example:
        >>> rank_of(99, 0.9), rank_of(9, 0.95)
        (90, 10)
    """
    if not 0.0 < coverage < 1.0:
        raise ValueError(f"coverage is {coverage}; it is a share above 0 and below 1. Give 0.9, for instance.")
    return math.ceil((count + 1) * coverage * (1.0 - 1e-12))


def upper_quantile(scores: ArrayLike, coverage: float) -> Floats:
    """What the next score does not exceed with at least this probability, if it is exchangeable with these.

    Args:
        scores: [case, ...].
        coverage: probability, above 0 and below 1.

    Returns:
        [...]; infinite where there are too few cases.

    Source:
        Vovk, Gammerman, Shafer, Algorithmic Learning in a Random World, 2005. Lei and others, Distribution-free
        predictive inference for regression, Journal of the American Statistical Association 113, 2018.

    Example:
        >>> upper_quantile(np.arange(1.0, 100.0), 0.9)
        array(90.)
    """
    ordered = np.sort(np.asarray(scores, float), axis=0)
    rank = rank_of(len(ordered), coverage)
    return np.asarray(ordered[rank - 1] if rank <= len(ordered) else np.full(ordered.shape[1:], np.inf))


def coverage_law(count: int, coverage: float) -> tuple[int, int]:
    """The share of all future cases that an interval holds is drawn from this Beta distribution, whatever the data.

    Which one is drawn depends on the held-out cases: rank k of n gives Beta(k, n + 1 - k), for scores without ties.

    Args:
        count: n, number of held-out cases.
        coverage: promised, above 0 and below 1.

    Returns:
        Both numbers of the Beta distribution; the second is 0 where the interval is infinite and holds everything.

    Source:
        Vovk, Conditional validity of inductive conformal predictors, Asian Conference on Machine Learning 2012.

    Example:
        >>> coverage_law(99, 0.9)
        (90, 10)
    """
    rank = rank_of(count, coverage)
    return rank, count + 1 - rank


@dataclass(frozen=True)
class Conformal:
    """Half widths of intervals around a prediction.

    Where the line changes after calibration the promise is void: see `surrogates.adaptive`.

    Attributes:
        coverages: promised.
        groups: labels for each of which the promise is kept; one empty label where there are none.
        quantiles: half width [group, coverage, output], in the unit of the output, or in spreads.
        floor: added to a spread [output]; None for half widths that are the same everywhere.
    """

    coverages: tuple[float, ...]
    groups: tuple[str, ...]
    quantiles: Floats
    floor: Floats | None

    @classmethod
    def fit(
        cls,
        measured: ArrayLike,
        predicted: ArrayLike,
        *,
        spread: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        coverages: Sequence[float] = COVERAGES,
        floor: ArrayLike | None = None,
    ) -> Conformal:
        """Calibrate on cases that the prediction was not trained on.

        The score of a case is |measured - predicted|, with a spread |measured - predicted| / (spread + floor).

        Args:
            measured: [case, output].
            predicted: [case, output].
            spread: a guess of the error, e.g. the deviation between members [case, output]: intervals are wider where
                it is larger.
            groups: label of each case [case], e.g. its product: the promise is kept for each (Mondrian).
            coverages: to promise.
            floor: added to the spread [output], in its unit; by default a tenth of its median here. It widens intervals
                where members agree and costs a few points of coverage where they disagree most. The law of coverage
                holds to the letter for a floor that these cases did not set.

        Raises:
            ValueError: tables that do not fit, a number that is not finite, a negative spread, or a coverage outside
                0 to 1.

        Source:
            Lei and others 2018 (see `upper_quantile`), section 5.2, for the spread; Vovk and others 2005, section 4.5,
            for the groups.

        Example:
            >>> error = np.random.default_rng(0).normal(size=(999, 1))
            >>> found = Conformal.fit(error, np.zeros((999, 1)))
            >>> low, high = found.interval([[5.0]], coverage=0.9)
            >>> low, high  # 90 % of normal errors are below 1.64
            (array([[3.44]]), array([[6.56]]))
        """
        true, guess = table("measured", measured), table("predicted", predicted)
        if true.shape != guess.shape:
            raise ValueError(f"predicted: shape {guess.shape}, but measured has {true.shape}. Give the same cases.")
        scores = np.abs(true - guess)
        if spread is not None:
            between = _spread(spread, true.shape)
            least = vector("floor", FLOOR * np.median(between, axis=0) if floor is None else floor, true.shape[1])
            scores = scores / np.maximum(between + least, 1e-300)
        else:
            least = None
        labels = _labels(groups, len(true))
        names = np.unique(labels)
        found = [[upper_quantile(scores[labels == name], coverage) for coverage in coverages] for name in names]
        return cls(tuple(coverages), tuple(str(name) for name in names), np.asarray(found), least)

    def interval(
        self, predicted: ArrayLike, *, coverage: float, spread: ArrayLike | None = None, groups: ArrayLike | None = None
    ) -> tuple[Floats, Floats]:
        """Low and high of each case.

        Args:
            predicted: [case, output].
            coverage: one of those calibrated.
            spread: as in `fit`; needed where that had it.
            groups: as in `fit`; needed where that had them.

        Returns:
            Low and high [case, output]; infinite where a group had too few cases for the coverage.

        Raises:
            ValueError: a coverage or a group that was not calibrated, a missing or superfluous spread.
        """
        guess = table("predicted", predicted)
        if coverage not in self.coverages:
            raise ValueError(f"coverage {coverage}: calibrated are {self.coverages}. Choose one, or calibrate it.")
        if (spread is None) != (self.floor is None):
            has = "without" if self.floor is None else "with"
            raise ValueError(f"spread: these intervals were calibrated {has} it. Give predictions {has} it.")
        labels = _labels(groups, len(guess))
        for name in np.setdiff1d(labels, self.groups):
            raise ValueError(
                f"group {str(name)!r} was not calibrated; those that were: {self.groups}. Give one of them."
            )
        half = self.quantiles[np.searchsorted(self.groups, labels), self.coverages.index(coverage)]
        if self.floor is not None:
            half = half * (_spread(spread, guess.shape) + self.floor)
        return guess - half, guess + half

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """As arrays by name, for storing."""
        found: dict[str, NDArray[Any]] = {
            "coverages": np.asarray(self.coverages),
            "groups": np.asarray(self.groups),
            "quantiles": self.quantiles,
        }
        return found if self.floor is None else found | {"floor": self.floor}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, ArrayLike]) -> Conformal:
        """From what `to_arrays` made, or lists of it.

        Raises:
            ValueError: an array is missing, or of another shape than the others call for.
        """
        missing = sorted({"coverages", "groups", "quantiles"} - set(arrays))
        if missing:
            raise ValueError(f"conformal: {missing} missing. Store it by `to_arrays`.")
        coverages = tuple(float(one) for one in np.asarray(arrays["coverages"]))
        groups = tuple(str(one) for one in np.asarray(arrays["groups"]))
        quantiles = np.asarray(arrays["quantiles"], float)
        floor = np.asarray(arrays["floor"], float) if "floor" in arrays else None
        outputs = quantiles.shape[-1:] if floor is None else floor.shape
        if quantiles.shape != (len(groups), len(coverages), *outputs):
            raise ValueError(
                f"conformal: quantiles has shape {quantiles.shape}; it is {len(groups)} groups by {len(coverages)} "
                "coverages by outputs. Store it by `to_arrays`."
            )
        return cls(coverages, groups, quantiles, floor)


def _spread(spread: ArrayLike | None, shape: tuple[int, ...]) -> Floats:
    """Spreads, checked."""
    found = table("spread", np.empty(0) if spread is None else spread)
    if found.shape != shape or (found < 0.0).any():
        raise ValueError(
            f"spread: shape {found.shape}, least {found.min():g}; it is zero or more for each of {shape}. Give that."
        )
    return found


def _labels(groups: ArrayLike | None, count: int) -> NDArray[np.str_]:
    """Label of each case."""
    labels = np.full(count, "") if groups is None else np.asarray(groups).astype(str)
    if labels.shape != (count,):
        raise ValueError(f"groups: shape {labels.shape}; there are {count} cases. Give one label for each.")
    return labels
