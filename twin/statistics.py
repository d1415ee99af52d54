"""What can be said from a few replications: intervals, how many are enough, when the warm-up is over."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from twin.trace import Trace

Interval = tuple[float, float]


@lru_cache(maxsize=1000)
def student_t(freedom: int, level: float = 0.95) -> float:
    """Two-sided quantile of Student's t with `freedom` degrees of freedom, by Newton's method from the normal one.

    Written out because scipy.special takes 0.2 s to import, a tenth of a whole short run.

    Source:
        Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, 26.7.3 and 26.7.4.

    Example:
        >>> round(student_t(9), 3)
        2.262
    """
    odd = freedom % 2
    density = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)
    t = NormalDist().inv_cdf((1 + level) / 2)
    for _ in range(60):
        cosine = 1 / math.sqrt(1 + t * t / freedom)
        sine = t / math.sqrt(freedom) * cosine
        term = total = cosine if odd else 1.0
        for k in range(2 + odd, freedom, 2):
            term *= cosine**2 * (k - 1) / k
            total += term
        within = 2 / math.pi * (math.asin(sine) + sine * total * (freedom > 1)) if odd else sine * total
        step = (level - within) / (2 * density * cosine ** (freedom + 1))
        t += step
        if abs(step) < 1e-12 * t:
            break
    return t


def interval(values: Any, *, level: float = 0.95) -> Interval | None:
    """Confidence interval of the mean of independent replications: mean -+ t s / sqrt(n).

    Args:
        values: one figure per replication.
        level: of confidence.

    Returns:
        Low and high; None with one value, or when a value is not a number.

    Source:
        Law, Simulation Modeling and Analysis, 5th ed. 2015, section 4.5.

    Example:
        >>> interval([9.0, 10.0, 11.0, 10.0])  # 10 -+ 3.182 * 0.8165 / 2
        (8.701, 11.299)
    """
    x = np.asarray(values, float)
    if len(x) < 2 or not np.isfinite(x).all():
        return None
    half = student_t(len(x) - 1, level) * float(x.std(ddof=1)) / np.sqrt(len(x))
    return float(x.mean() - half), float(x.mean() + half)


def ratio_interval(part: Any, whole: Any, *, level: float = 0.95) -> Interval | None:
    """Confidence interval of a ratio of sums over independent replications, sum(part) / sum(whole).

    Args:
        part: upper side of the ratio in every replication.
        whole: lower side.
        level: of confidence.

    Returns:
        Low and high; None with one replication, or when no replication has anything.

    Source:
        The ratio estimator of Cochran, Sampling Techniques, 3rd ed. 1977, section 2.11.

    Example:
        >>> ratio_interval([10.0, 20.0, 15.0], [1.0, 3.0, 1.0])
        (-0.774, 18.8)
    """
    x, y = (np.asarray(side, float) for side in (part, whole))
    if len(y) < 2 or not y.sum() > 0 or not np.isfinite(x).all():
        return None
    ratio = x.sum() / y.sum()
    spread = float((x - ratio * y).std(ddof=1)) / (float(y.mean()) * np.sqrt(len(y)))
    half = student_t(len(y) - 1, level) * spread
    return float(ratio - half), float(ratio + half)


def paired_interval(values: Any, baseline: Any, *, level: float = 0.95) -> Interval | None:
    """Confidence interval of the mean difference of two scenarios on common random numbers.

    Args:
        values: figures of a scenario, one per replication.
        baseline: those of the baseline in the same replications.
        level: of confidence.

    Source:
        Law 2015, section 10.2.1 (paired t).

    Raises:
        ValueError: the two have different numbers of replications.

    Example:
        >>> paired_interval([3.0, 5.0, 4.0], [1.0, 2.0, 3.0], level=0.9)
        (0.31, 3.68)
    """
    x, y = np.asarray(values, float), np.asarray(baseline, float)
    if x.shape != y.shape:
        raise ValueError(f"paired_interval: {len(x)} values but {len(y)} of the baseline; pair equal replications.")
    return interval(x - y, level=level)


def replications_needed(pilot: Any, half_width: float, *, level: float = 0.95) -> int:
    """How many replications give an interval of mean -+ `half_width`, from those of a pilot run.

    n = max(n0, ceil((t s / h)^2)) with t of the pilot's n0 - 1 degrees of freedom, which holds the level exactly for
    normal values, whatever their variance.

    Args:
        pilot: figures of at least two replications.
        half_width: wanted, in the unit of the figures.
        level: of confidence.

    Source:
        Stein, A two-sample test for a linear hypothesis whose power is independent of the variance, Ann. Math. Stat. 16
        (1945).

    Raises:
        ValueError: fewer than two values, or a half-width that is not positive.

    Example:
        >>> replications_needed([9.0, 10.0, 11.0, 10.0], 0.5)  # (3.182 * 0.8165 / 0.5)^2 = 27.005
        28
    """
    x = np.asarray(pilot, float)
    if len(x) < 2:
        raise ValueError(f"replications_needed: {len(x)} values tell no spread; use at least 2 replications.")
    if not half_width > 0:
        raise ValueError(f"replications_needed: the half-width is {half_width:g}; it must be positive.")
    wanted = (student_t(len(x) - 1, level) * float(x.std(ddof=1)) / half_width) ** 2
    return max(len(x), int(np.ceil(wanted)))


def replicate_until(
    run: Callable[[int], Any], half_width: float, *, first: int = 10, most: int = 10_000, level: float = 0.95
) -> np.ndarray:
    """Add replications until the interval of the mean is as narrow as wanted.

    Args:
        run: gives the figures of the first n replications; adding replications must not change earlier ones.
        half_width: wanted, in the unit of the figures.
        first: how many to begin with.
        most: how many at most.
        level: of confidence; the coverage of a sequential rule is a little below it (Law 2015, section 4.5).

    Returns:
        The figures of all replications made.

    Source:
        Chow and Robbins, On the asymptotic theory of fixed-width sequential confidence intervals, Ann. Math. Stat. 36
        (1965).
    """
    values = np.asarray(run(first), float)
    while len(values) < most:
        found = interval(values, level=level)
        if found is None or (found[1] - found[0]) / 2 <= half_width:
            break
        wanted = replications_needed(values, half_width, level=level)
        values = np.asarray(run(min(most, max(len(values) + 1, wanted))), float)
    return values


@dataclass(frozen=True)
class Truncation:
    """Where a series should be cut off.

    Attributes:
        count: how many of its first values to leave out.
        reliable: False when the best cut lies at the end of the search, so that the series is too short to tell.
    """

    count: int
    reliable: bool


def mser5(series: Any) -> Truncation:
    """How much of the beginning of a series to leave out: MSER-5.

    The series is cut into batches of 5; of the batch means Z the first d are left out for which the standard error of
    what remains, sum (Z_i - mean)^2 / (n - d)^2, is least; d is sought in the first half.

    Args:
        series: figures in order of time, e.g. the time in the line of one part after the other.

    Source:
        White, An effective truncation heuristic for bias reduction in simulation output, Simulation 69 (1997); in
        batches of 5: Spratt's thesis (University of Virginia 1998) and White, Cobb and Spratt, A comparison of five
        steady-state truncation heuristics for simulation, Winter Simulation Conference 2000.

    Example:
        >>> mser5([0.0] * 10 + [9.0] * 5 + [10.0] * 5 + [9.0] * 5 + [10.0] * 5)
        Truncation(count=10, reliable=True)
    """
    x = np.asarray(series, float)
    batches = len(x) // 5
    if batches < 4:
        return Truncation(0, reliable=False)
    means = x[: 5 * batches].reshape(batches, 5).mean(axis=1)
    rest = batches - np.arange(batches // 2 + 1)
    centred = means - means[batches // 2 :].mean()
    sums, squares = (np.cumsum(y[::-1])[::-1][: len(rest)] for y in (centred, centred**2))
    least = int(np.argmin((squares - sums**2 / rest) / rest**2))
    return Truncation(5 * least, reliable=least < len(rest) - 1)


@dataclass(frozen=True)
class Warmup:
    """A warm-up period to leave out of the figures.

    Attributes:
        parts: good parts to leave out, for a run by parts.
        time: the moment [s] at which they have left the line, for a run by time (mean over the replications).
        reliable: False when the run is too short to tell; make it longer.
    """

    parts: int
    time: float
    reliable: bool


def suggest_warmup(trace: Trace) -> Warmup:
    """A warm-up period by MSER-5, from the good parts that left the line.

    Two series are averaged over the replications, part by part: the time in the line, and the time since the part
    before (whose inverse is the throughput). The longer of the two suggestions counts.

    Args:
        trace: of a run that kept its visits, starting from an empty line.

    Raises:
        ValueError: the run kept no visits, or no good part left the line.
    """
    leaving, staying = [], []
    for replication in range(trace.replications):
        leave, enter = trace.good_parts(replication)
        leaving.append(leave)
        staying.append(leave - enter)
    count = min(map(len, leaving))
    if count == 0:
        raise ValueError("suggest_warmup: no good part left the line in some replication; make the run longer.")
    moments = np.mean([x[:count] for x in leaving], axis=0)
    cuts = [mser5(np.diff(moments)), mser5(np.mean([x[:count] for x in staying], axis=0))]
    parts = max(cut.count for cut in cuts)
    time = float(moments[parts - 1]) if parts else 0.0
    return Warmup(parts, time, all(cut.reliable for cut in cuts))
