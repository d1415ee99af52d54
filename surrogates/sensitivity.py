"""Sobol indices: which share of an answer's variance comes from each input, alone and with all others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from surrogates.evaluate import BATCH, Predict, evaluate, rows

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy.typing import ArrayLike

__all__ = ["Sensitivity", "sobol"]


@dataclass(frozen=True)
class Sensitivity:
    """Sobol indices; NaN for an output that does not vary.

    Attributes:
        first: share of the variance that an input brings alone [input, output]; sums to 1 without interactions.
        total: share that is left while it is unknown and all others are known [input, output]; total - first is what it
            does together with others.
        first_interval, total_interval: low and high of the bootstrap intervals [2, input, output].
        mean: of the answer [output].
        variance: of the answer [output].
        level: of the intervals.
    """

    first: Float[np.ndarray, "input output"]
    total: Float[np.ndarray, "input output"]
    first_interval: Float[np.ndarray, "2 input output"]
    total_interval: Float[np.ndarray, "2 input output"]
    mean: Float[np.ndarray, " output"]
    variance: Float[np.ndarray, " output"]
    level: float


def sobol(
    predict: Predict,
    *,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
    background: ArrayLike | None = None,
    points: int = 1024,
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
    batch: int = BATCH,
) -> Sensitivity:
    """Sobol indices of first and total order, for independent inputs.

    Inputs are uniform in a box, or each has the values of its column of the background, *independently of the others*:
    where inputs go together in the plant, the indices are those of a plant in which they would not. Points are one
    scrambled Sobol sequence, estimators those of `scipy.stats.sobol_indices`: Saltelli (2010) for the first order,
    Jansen (1999) for the total. Intervals (percentiles) resample its points as if they were independent; a Sobol
    sequence is better than that, so for smooth functions they are wide and hold the truth more often than `level`.

    Args:
        predict: the model, [case, input] -> [case, output].
        low: lower corner of the box [input].
        high: upper corner of the box [input].
        background: cases [case, input] whose columns give the distributions, in place of a box.
        points: a power of 2; the model is asked (inputs + 2) times as often.
        resamples: for the intervals.
        level: of the intervals.
        seed: of scrambling and resampling.
        batch: rows in one call of the model at most.

    Returns:
        Indices with intervals.

    Raises:
        ValueError: neither or both of box and background, an empty box, a number of points that is no power of 2, or a
            level outside (0, 1).

    Source:
        Saltelli, Annoni, Azzini, Campolongo, Ratto, Tarantola, Computer Physics Communications 181 (2010) 259,
        doi 10.1016/j.cpc.2009.09.018; Jansen, Computer Physics Communications 117 (1999) 35,
        doi 10.1016/S0010-4655(98)00154-4.

    Example:
        >>> found = sobol(lambda x: x[:, :1] + 2 * x[:, 1:], low=[0, 0], high=[1, 1])
        >>> found.first[:, 0].round(2), found.total[:, 0].round(2)
        (array([0.2, 0.8]), array([0.2, 0.8]))
    """
    from scipy.stats import qmc, sobol_indices  # noqa: PLC0415 - takes half a second

    if points < 2 or points & (points - 1):
        raise ValueError(f"points is {points}; a Sobol sequence is balanced at powers of 2. Use 1024.")
    if not 0.0 < level < 1.0:
        raise ValueError(f"level is {level}; it lies between 0 and 1. Use 0.95.")
    inputs, values = _where(low, high, background)
    random = np.random.default_rng(seed)
    unit = qmc.Sobol(2 * inputs, bits=64, rng=random).random(points)
    a, b = values(unit[:, :inputs]), values(unit[:, inputs:])
    mixed = np.where(np.eye(inputs, dtype=bool)[:, None], b, a)  # page i: column i from b, the others from a
    answers = evaluate(predict, np.concatenate([a[None], b[None], mixed]).reshape(-1, inputs), batch=batch)
    answers = answers.reshape(inputs + 2, points, -1).swapaxes(1, 2)  # [page, output, point]
    mean = answers[:2].mean(axis=(0, 2))
    variance = answers[:2].var(axis=(0, 2))
    varies = variance > (1e-12 * np.maximum(np.abs(mean), np.finfo(float).tiny)) ** 2
    indices = np.full((2, inputs, len(mean)), np.nan)
    intervals = np.full((2, 2, inputs, len(mean)), np.nan)
    if varies.any():
        pages = answers[:, varies] - mean[varies, None]
        found = sobol_indices(func={"f_A": pages[0], "f_B": pages[1], "f_AB": pages[2:]}, n=points)
        shape = (-1, inputs)  # scipy leaves the axis of outputs out where there is one
        indices[0][:, varies] = found.first_order.reshape(shape).T
        indices[1][:, varies] = found.total_order.reshape(shape).T
        drawn = _resampled(pages, random.multinomial(points, np.full(points, 1.0 / points), size=resamples))
        tails = [(1.0 - level) / 2.0, (1.0 + level) / 2.0]
        intervals[..., varies] = np.quantile(drawn, tails, axis=1).swapaxes(0, 1)
    return Sensitivity(indices[0], indices[1], intervals[0], intervals[1], mean, variance, level)


def _where(
    low: ArrayLike | None, high: ArrayLike | None, background: ArrayLike | None
) -> tuple[int, Callable[[Float[np.ndarray, "point input"]], Float[np.ndarray, "point input"]]]:
    """How many inputs there are, and the function that turns their quantiles into values."""
    if low is not None and high is not None and background is None:
        box = rows(np.stack([np.asarray(low, float), np.asarray(high, float)]), "box")
        wrong = np.flatnonzero(box[0] >= box[1])
        if len(wrong):
            raise ValueError(
                f"input {wrong[0]} has low {box[0, wrong[0]]:g} and high {box[1, wrong[0]]:g}; low lies below high. "
                "Leave an input that does not vary out of the function."
            )
        return box.shape[1], lambda unit: box[0] + unit * (box[1] - box[0])
    if low is not None or high is not None or background is None:
        raise ValueError(
            "Sobol indices are asked for without a place or with two; inputs vary in a box, low and high, or as in a "
            "background. Give one."
        )
    known = np.sort(rows(background, "background"), axis=0)
    count = len(known)
    return known.shape[1], lambda unit: np.take_along_axis(
        known, np.minimum(unit * count, count - 1).astype(int), axis=0
    )


def _resampled(
    pages: Float[np.ndarray, "page output point"], counts: np.ndarray
) -> Float[np.ndarray, "2 resample input output"]:
    """Both indices for each resample, where counts [resample, point] say how often each point was drawn."""
    a, b, mixed = pages[0], pages[1], pages[2:]
    weight = counts.T / counts.shape[1]
    centre = (a + b) @ weight / 2.0
    variance = (a**2 + b**2) @ weight / 2.0 - centre**2
    first = (b * (mixed - a)) @ weight / variance
    total = 0.5 * (a - mixed) ** 2 @ weight / variance
    return np.stack([first, total]).transpose(0, 3, 1, 2)
