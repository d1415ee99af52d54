"""Visits that took far longer than others of their kind: what interrupts a machine, as far as visits show it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from twin.distribution import Distribution
from twin.eventlog.visits import VisitLog
from twin.learn.groups import rows_by_key
from twin.learn.strata import uniforms
from twin.learn.times import Times, learn_times_of

__all__ = ["Interruptions", "interruptions_of", "out_of_range", "ranges_of"]

Array = NDArray[np.float64]

FACTOR, DEVIATIONS = 4.0, 8.0
"""A time is out of range when it is off the median by this factor and by as many robust standard deviations of the
logarithm: fewer than one in a million of any family that is fitted here, the exponential's short times aside."""
FEW = 5


@dataclass(frozen=True)
class Interruptions:
    """Stops of a station that lengthen visits.

    Attributes:
        count: how many were seen.
        up: operating time between them, exponential: rare stops picked from any stream come nearly at random.
        down: their lengths.
        up_draws: mean operating times that are as likely as the count allows [s].
    """

    count: int
    up: Distribution
    down: Times
    up_draws: Array


def out_of_range(seconds: Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which times are far too short, and which far too long, for their kind.

    Example:
        >>> out_of_range(np.array([41.0, 40.0, 42.0, 39.0, 40.0, 900.0]))[1].tolist()
        [False, False, False, False, False, True]
    """
    logs = np.log(np.maximum(seconds, 1e-3))
    low, middle, high = np.quantile(logs, [0.25, 0.5, 0.75])
    limit = max(np.log(FACTOR), DEVIATIONS * (high - low) / 1.349)
    return logs < middle - limit, logs > middle + limit


def ranges_of(log: VisitLog) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Array]:
    """Visits that are too short or too long for their station and product.

    Returns:
        Which are too short, which too long [visit], and by how much each is longer than usual [s] [visit].
    """
    short, long, usual = np.zeros(len(log), bool), np.zeros(len(log), bool), np.zeros(len(log))
    for _, own in rows_by_key([log.station, log.product]):
        short[own], long[own] = out_of_range(log.time[own])
        usual[own] = np.median(log.time[own])
    return short, long, log.time - usual


def interruptions_of(
    excess: Array, days: NDArray[np.int64], worked: float, *, step: float, draws: int, rng: np.random.Generator
) -> Interruptions | None:
    """Stops from visits that took too long.

    Args:
        excess: how much longer each took than its kind usually does [s].
        days: the day of each.
        worked: time at which the station's machines worked in all visits, these stops left out [s].
        step: step of the log's clock [s].
        draws: how many draws.
        rng: their source.

    Returns:
        The stops, or None where there are fewer than five.
    """
    if len(excess) < FEW or worked <= 0:
        return None
    n = len(excess)
    up = Distribution("exponential", {"mean": worked / n})
    down = learn_times_of(excess, days, step=step, draws=draws, rng=rng)
    return Interruptions(n, up, down, worked / gammaincinv(n, uniforms(rng, draws, 1)[:, 0]))
