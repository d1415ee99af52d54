"""How well predictions meet measurements: R², RMSE and MAE, with intervals that respect groups."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Interval", "Scores", "from_sums", "quantiles", "resampled", "scores", "sums_by_group"]

Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """The figure with three digits, its interval in brackets."""
        return f"{self.value:.3g} ({self.low:.3g} to {self.high:.3g})"


class Scores(NamedTuple):
    """Coefficient of determination; root mean square and mean absolute error in the unit of the output."""

    r2: Interval
    rmse: Interval
    mae: Interval


def sums_by_group(y: Floats, predicted: Floats, groups: NDArray[np.intp]) -> Floats:
    """What the scores need of each group [group, 5]: rows, sums of y, y², error² and |error|.

    Args:
        y: measured [case].
        predicted: predicted [case].
        groups: number of the group of each row [case], from 0.
    """
    error = predicted - y
    terms = (np.ones_like(y), y, y**2, error**2, np.abs(error))
    return np.stack([np.bincount(groups, weights=term).astype(float) for term in terms], axis=1)


def from_sums(sums: Floats) -> Floats:
    """R², RMSE and MAE [..., 3] of sums [..., 5] over groups; R² is NaN where y does not vary.

    R² = 1 - sum error² / sum (y - mean y)², about the mean of the rows that are judged: 0 is as good as their own mean,
    which no honest model knows, so a model may well be below.

    Args:
        sums: see `sums_by_group`, added up; y best measured from about its mean, which keeps the digits.
    """
    rows, total, squares, errors, absolute = np.moveaxis(sums, -1, 0)
    spread = squares - total**2 / rows
    with np.errstate(divide="ignore", invalid="ignore"):
        r2 = np.where(spread > 1e-12 * np.maximum(squares, 1e-300), 1 - errors / spread, np.nan)
    return np.stack([r2, np.sqrt(errors / rows), absolute / rows], axis=-1)


def resampled(groups: int, draws: int, seed: int) -> Floats:
    """How often each group is drawn, when as many as there are are drawn with replacement [draw, group].

    Source: the cluster bootstrap, Davison and Hinkley, Bootstrap methods and their application, 1997, section 3.8.

    Args:
        groups: their number.
        draws: number of draws.
        seed: of the draws.
    """
    return np.random.default_rng(seed).multinomial(groups, np.full(groups, 1 / groups), size=draws).astype(float)


def quantiles(value: float, drawn: Floats) -> Interval:
    """A figure with the 2.5 and 97.5 % quantiles of its bootstrap draws."""
    low, high = np.nanquantile(drawn, [0.025, 0.975]) if np.isfinite(drawn).any() else (np.nan, np.nan)
    return Interval(float(value), float(low), float(high))


def scores(
    y: Floats, predicted: Floats, *, groups: NDArray[Any] | None = None, draws: int = 1000, seed: int = 0
) -> Scores:
    """Scores of one output with 95 % intervals from a bootstrap of whole groups.

    Rows of one group share their errors, so single rows would give intervals that are far too narrow. With fewer than
    about twenty groups even these are somewhat too narrow.

    Args:
        y: measured [case].
        predicted: predicted [case].
        groups: the group of each row [case]; None: each row is its own.
        draws: number of bootstrap draws.
        seed: of the draws.

    Raises:
        ValueError: when the two are not equally long, are empty or not finite.

    Example:
        >>> found = scores(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 2.0, 3.0, 3.0]))
        >>> round(found.r2.value, 3), found.rmse.value, found.mae.value
        (0.8, 0.5, 0.25)
    """
    y, predicted = np.asarray(y, float), np.asarray(predicted, float)
    if y.ndim != 1 or y.shape != predicted.shape or not len(y):
        raise ValueError(
            f"measured values have shape {y.shape} and predictions {predicted.shape}; both are one value per row of "
            "one output. Pass y[:, output] and predicted[:, output]."
        )
    if not (np.isfinite(y).all() and np.isfinite(predicted).all()):
        raise ValueError(
            f"{np.sum(~np.isfinite(y + predicted))} rows are not finite; scores are of finite numbers. Leave these "
            "rows out and say how many."
        )
    which = np.arange(len(y)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    sums = sums_by_group(y - y.mean(), predicted - y.mean(), which)
    values = from_sums(sums.sum(axis=0))
    drawn = from_sums(resampled(len(sums), draws, seed) @ sums)
    return Scores(*(quantiles(value, drawn[:, k]) for k, value in enumerate(values)))
