"""The interval of a KPI, split into luck (which parts, which stops) and model (which member of an ensemble)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["Shares", "shares_of"]


@dataclass(frozen=True)
class Shares:
    """A KPI of members times replications: y = mean + member + replication + rest.

    Attributes:
        mean: of all runs.
        members, replications: how many.
        member: variance between members.
        replication: variance between replications, which all members share (the same random numbers).
        rest: variance of what is left, both together.
        interval: of the KPI of the true process in the long run, which is taken for one more member.
        ensemble: interval of the mean of infinitely many members in the long run.
        luck: part of the variance behind `interval` that more replications would remove, 0 to 1.
        model: part of it that more replications leave, 0 to 1.
        level: of confidence of both intervals.
    """

    mean: float
    members: int
    replications: int
    member: float
    replication: float
    rest: float
    interval: tuple[float, float]
    ensemble: tuple[float, float]
    luck: float
    model: float
    level: float

    @property
    def half_widths(self) -> tuple[float, float]:
        """Of luck and of model, in the unit of the KPI; their squares add up to that of `interval`."""
        half = (self.interval[1] - self.interval[0]) / 2.0
        return half * math.sqrt(self.luck), half * math.sqrt(self.model)


def shares_of(values: ArrayLike, *, level: float = 0.95) -> Shares:
    """Split the variance of a KPI of crossed runs, every member with the same random numbers.

    Mean squares of members A, replications B and rest E of I x J runs; components (A - E) / J, (B - E) / I and E, none
    below zero. The true process is one more draw beside the I members, so its long-run KPI lies around the mean with
    variance member (1 + 1/I) + replication / J + rest / (I J); that of the ensemble with member / I in place of the
    first. Degrees of freedom of such sums by Satterthwaite.

    The spread of members is what the ensemble knows of its own error. An error that all members share, because they
    had the same data, is not in it: calibrated intervals (`surrogates.conformal`) are the remedy.

    Args:
        values: [member, replication]; column j of all members has the same random numbers.
        level: of confidence, above 0 and below 1.

    Raises:
        ValueError: fewer than two members or replications, or a number that is not finite.

    Source:
        Searle, Casella and McCulloch, Variance Components, 1992, section 4.7 (two-way crossed, random, one
        observation each; estimation by analysis of variance). Satterthwaite, An approximate distribution of estimates
        of variance components, Biometrics Bulletin 2, 1946.

    Example:
        >>> found = shares_of([[10.0, 12.0, 11.0], [11.0, 13.0, 12.0]])  # member 1 is 1 higher, whatever the numbers
        >>> found.mean, found.member, found.replication, found.rest
        (11.5, 0.5, 1.0, 0.0)
        >>> found.luck, found.model
        (0.31, 0.69)
    """
    from scipy.special import stdtrit  # noqa: PLC0415 - takes 0.2 s to import, and most runs need none

    y = np.asarray(values, float)
    if y.ndim != 2 or min(y.shape) < 2 or not np.isfinite(y).all():
        raise ValueError(
            f"values: shape {y.shape}, {np.size(y) - np.isfinite(y).sum()} not finite; finite KPIs of two or more "
            "members by two or more replications. Run more, or leave out what failed."
        )
    count, runs = y.shape
    mean = float(y.mean())
    by_member, by_run = y.mean(axis=1) - mean, y.mean(axis=0) - mean
    left = y - mean - by_member[:, None] - by_run[None, :]
    freedom = {"A": count - 1, "B": runs - 1, "E": (count - 1) * (runs - 1)}
    square = {
        "A": runs * float(by_member @ by_member) / freedom["A"],
        "B": count * float(by_run @ by_run) / freedom["B"],
        "E": float(np.sum(left**2)) / freedom["E"],
    }
    member = max(square["A"] - square["E"], 0.0) / runs
    replication = max(square["B"] - square["E"], 0.0) / count

    def around(draws: float) -> tuple[float, float]:
        """Interval where the member component counts so often; what was cut off at zero is left out of the sum."""
        weight = {
            "A": draws / runs * (member > 0.0),
            "B": (replication > 0.0) / (count * runs),
            "E": (1.0 - (replication > 0.0)) / (count * runs) - draws / runs * (member > 0.0),
        }
        terms = {name: weight[name] * square[name] for name in weight}
        variance = sum(terms.values())
        spread = sum(term**2 / freedom[name] for name, term in terms.items())
        degrees = max(variance**2 / spread, 1.0) if spread > 0.0 else 1.0
        half = float(stdtrit(degrees, (1.0 + level) / 2.0)) * math.sqrt(max(variance, 0.0))
        return mean - half, mean + half

    luck = replication / runs + square["E"] / (count * runs)
    model = member * (1.0 + 1.0 / count)
    total = luck + model
    return Shares(
        mean,
        count,
        runs,
        member,
        replication,
        square["E"],
        around(1.0 + 1.0 / count),
        around(1.0 / count),
        luck / total if total > 0.0 else 0.0,
        model / total if total > 0.0 else 0.0,
        level,
    )
