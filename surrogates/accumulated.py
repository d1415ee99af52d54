"""Accumulated local effects: how answers move with one input, asked only where the plant has been."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from surrogates.dependence import Curve, around, checked_column
from surrogates.evaluate import BATCH, Members, Predict, evaluate, evaluate_members, rows

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from numpy.typing import ArrayLike

__all__ = ["accumulated_effects"]


def accumulated_effects(
    predict: Predict,
    background: ArrayLike,
    *,
    input: int,  # noqa: A002 - the plant word
    bins: int = 20,
    members: Members | None = None,
    level: float = 0.9,
    batch: int = BATCH,
) -> Curve:
    """Mean effect of crossing each bin of one input, over the cases in that bin, summed up over the bins.

    Bins hold about equally many cases. With cases of bin k from z_(k-1) to z_k, the curve at z_j is the sum over k <= j
    of the mean of f(z_k, others) - f(z_(k-1), others), less a constant that makes its mean over the background zero. A
    case is moved within its own bin only, so dependent inputs do not lead out of the data.

    Args:
        predict: the model, [case, input] -> [case, output].
        background: cases [case, input].
        input: column that is moved.
        bins: at most; fewer where values repeat.
        members: the ensemble behind the model, [case, input] -> [member, case, output], for the interval.
        level: of the interval, see `surrogates.dependence.around`.
        batch: rows in one call of the model at most.

    Returns:
        The curve at the edges of the bins.

    Raises:
        ValueError: no such column, an input that has one value only, bins below 1, or a level outside (0, 1).

    Source:
        Apley and Zhu, Journal of the Royal Statistical Society B 82 (2020) 1059, doi 10.1111/rssb.12377.

    Example:
        >>> x = np.linspace(0, 1, 101)[:, None] * [1.0, 1.0]  # two inputs that are always equal
        >>> found = accumulated_effects(lambda x: (3 * x[:, 0] + x[:, 1] ** 2)[:, None], x, input=0)
        >>> (found.mean[-1] - found.mean[0]).round(9)
        array([3.])
    """
    cases = rows(background, "background")
    checked_column(input, cases, level)
    if bins < 1:
        raise ValueError(f"bins is {bins}; there is 1 or more. Use 20.")
    edges = np.unique(np.quantile(cases[:, input], np.linspace(0.0, 1.0, bins + 1), method="inverted_cdf"))
    if len(edges) < 2:
        raise ValueError(
            f"input {input} is {edges[0]:g} in all cases; an effect needs two values. Choose another input."
        )
    bin_of = np.maximum(np.searchsorted(edges, cases[:, input], side="left") - 1, 0)
    asked = np.stack([cases, cases])
    asked[0, :, input], asked[1, :, input] = edges[bin_of], edges[bin_of + 1]
    flat = asked.reshape(-1, cases.shape[1])
    step = np.diff(evaluate(predict, flat, batch=batch).reshape(2, len(cases), -1), axis=0)[0]
    weights = _summing(np.bincount(bin_of, minlength=len(edges) - 1))
    mean = weights @ _by_bin(step, bin_of, len(edges) - 1)
    curves = None
    if members is not None:
        answers = evaluate_members(members, flat, batch=batch)
        steps = np.diff(answers.reshape(len(answers), 2, len(cases), -1), axis=1)[:, 0]
        curves = np.stack([weights @ _by_bin(one, bin_of, len(edges) - 1) for one in steps])
    variance = weights**2 @ _variance_of_means(step, bin_of, len(edges) - 1)
    freedom = max(1, len(cases) - len(edges) + 1)
    low, high = around(mean, variance, freedom=freedom, members=curves, level=level)
    return Curve("accumulated", input, edges, mean, low, high, None, curves, level)


def _by_bin(
    step: Float[np.ndarray, "case output"], bin_of: Int[np.ndarray, " case"], bins: int
) -> Float[np.ndarray, "bin output"]:
    """Mean effect in each bin; each holds a case, its upper edge is one."""
    total = np.zeros((bins, step.shape[1]))
    np.add.at(total, bin_of, step)
    return total / np.bincount(bin_of, minlength=bins)[:, None]


def _variance_of_means(
    step: Float[np.ndarray, "case output"], bin_of: Int[np.ndarray, " case"], bins: int
) -> Float[np.ndarray, "bin output"]:
    """Of the mean effect in each bin; a bin of one case has the variance of all bins together."""
    count = np.bincount(bin_of, minlength=bins)[:, None]
    square = np.zeros((bins, step.shape[1]))
    np.add.at(square, bin_of, (step - _by_bin(step, bin_of, bins)[bin_of]) ** 2)
    pooled = square.sum(axis=0) / max(1, len(step) - bins)
    return np.where(count > 1, square / np.maximum(count - 1, 1), pooled) / count


def _summing(count: Int[np.ndarray, " bin"]) -> Float[np.ndarray, "edge bin"]:
    """From mean effects in bins to the curve at the edges, centred: its mean over the cases is zero.

    Within a bin the curve is straight and the cases stand at its middle on average.

    Example:
        >>> _summing(np.array([1, 1])) @ [1.0, 1.0]
        array([-1.,  0.,  1.])
    """
    bins = len(count)
    summed = np.tri(bins + 1, bins, -1)
    middle = (summed[1:] + summed[:-1]) / 2.0
    return summed - count @ middle / count.sum()
