"""Failure modes: what a fit of the stops of one name says in the words of a line file."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.families import Family, Mixture
from twin.calibrate.fit import Fit
from twin.calibrate.sample import Sample
from twin.distribution import Distribution

__all__ = ["SPLIT", "Mode", "ModeData", "modes_of", "recorded_law", "times"]

Array = NDArray[np.float64]

SPLIT = ("micro-stop", "breakdown")
"""Names of the two modes of a log without reasons."""


_Part = tuple[float, Distribution, float]
"""Weight, distribution and mean of a part of a mixture."""


@dataclass(frozen=True)
class ModeData:
    """What the log says of the stops of one name.

    Attributes:
        name: as reported.
        up, down: operating times between these stops, and their lengths.
        up_family, down_family: what is fitted to them; None takes the sample itself.
        split: whether the longest part of the down-times' mixture may become a failure mode of its own, "breakdown": if
            at most a quarter of the stops belong to it, and they are at least three times as long as the others. Its
            up-time is then exponential: stops picked rarely and at random from a stream of stops come nearly as a
            Poisson process, whatever the stream (Rényi, 1956).
    """

    name: str
    up: Sample
    down: Sample
    up_family: Mixture | None
    down_family: Mixture | None
    split: bool = False


@dataclass(frozen=True)
class Mode:
    """A failure mode with the figures that an engineer compares.

    Attributes:
        name: as reported.
        up, down: the distributions of a line file.
        count: stops it rests on (weighted by a mixture's parts).
        mtbf: operating time per stop [s].
        mttr: mean length of a stop [s].
    """

    name: str
    up: Distribution
    down: Distribution
    count: float
    mtbf: float
    mttr: float


def modes_of(
    stops: ModeData,
    up: Fit | None,
    down: Fit | None,
    count: float,
    operating: float,
    *,
    hidden: bool,
    mean: float | None = None,
    split: bool | None = None,
) -> list[Mode]:
    """The failure modes of the stops of one name.

    Few long stops hold most of the lost time, and a family that fits the many short ones may miss their mean. So the
    longest part of the down-times is stretched until the mean of the recorded stops is the measured one.

    Args:
        stops: what the log says of them.
        up: the fit of the up-times; None takes the sample itself.
        down: the fit of the down-times; None takes the sample itself.
        count: recorded stops.
        operating: operating time that they interrupted [s].
        hidden: whether stops that are too short for the log are added.
        mean: mean of the recorded stops [s]; None leaves the fits as they are.
        split: whether to split off breakdowns; None decides by the fit.

    Returns:
        One mode, or two: micro-stops and breakdowns.
    """
    if count <= 0:
        return []
    if down is None:
        law = Distribution("empirical", values=tuple(np.sort(stops.down.value).tolist()))
        between = operating / count
        return [Mode(stops.name, _up(stops, up, between), law, count, between, float(stops.down.value.mean()))]
    total = count / down.recorded if hidden else count
    parts = _parts(down, hidden=hidden, mean=mean)
    everything = _together(parts)
    share, rest = parts[-1][0] / everything[0], _together(parts[:-1]) if len(parts) > 1 else everything
    wanted = share <= 0.25 and parts[-1][2] >= 3 * rest[2] if split is None else split
    if len(parts) == 1 or not stops.split or not wanted:
        between = operating / total
        return [Mode(stops.name, _up(stops, up, between), everything[1], total, between, everything[2])]
    modes = []
    for name, (weight, law, mean) in zip(SPLIT, (rest, parts[-1]), strict=True):
        number = total * weight / everything[0]
        between = operating / number
        upward = _up(stops, up, between) if name == SPLIT[0] else Distribution("exponential", {"mean": between})
        modes.append(Mode(name, upward, law, number, between, mean))
    return modes


def recorded_law(found: Fit, mean: float) -> Distribution:
    """The recorded times of a fit as a distribution of a line file, its mean the measured one [s]."""
    return _together(_parts(found, hidden=False, mean=mean))[1]


def _together(parts: list[_Part]) -> _Part:
    """Weight, distribution and mean of some parts of a mixture."""
    weights = np.array([part[0] for part in parts])
    total = float(weights.sum())
    laws = tuple((float(weight / total), part[1]) for weight, part in zip(weights, parts, strict=True))
    law = laws[0][1] if len(laws) == 1 else Distribution("mixture", parts=laws)
    return total, law, float(weights @ np.array([part[2] for part in parts])) / total


def _parts(down: Fit, *, hidden: bool, mean: float | None) -> list[_Part]:
    """The parts of the down-times in order of length, the longest stretched to the measured mean (at most twice)."""
    kinds = down.family.unsorted(down.theta)
    edge = 0.0 if hidden else down.edge
    parts = sorted((_part(*kind, edge) for kind in kinds), key=lambda part: part[2])
    if mean is None:
        return parts
    seen = sorted((_part(*kind, down.edge) for kind in kinds), key=lambda part: part[2])
    share = seen[-1][0] / sum(part[0] for part in seen)
    weight, law, longest = parts[-1]
    wanted = (longest + (mean - down.recorded_mean) / share) / longest if len(parts) > 1 else mean / down.recorded_mean
    factor = min(max(wanted, 0.5), 2.0)
    return [*parts[:-1], (weight, times(law, factor), longest * factor)]


def _part(weight: float, kind: Family, own: Array, edge: float) -> _Part:
    """Weight, distribution and mean of the recorded times of a part of a mixture.

    A part cut at the recorder's threshold is written as the lognormal with its mean and coefficient of variation,
    because a line file knows no truncated families; a part of which hardly anything is cut stays what it is.
    """
    at = np.array([edge])
    seen, first, second = (float(kind.tail(own, k, at)[0]) for k in range(3))
    mean = first / seen
    if seen > 0.98:
        return weight * seen, kind.distribution(own), mean
    cv = math.sqrt(max(second / seen / mean**2 - 1.0, 1e-4))
    return weight * seen, Distribution("lognormal", {"mean": mean, "cv": min(cv, 10.0)}), mean


def _up(stops: ModeData, up: Fit | None, mean: float) -> Distribution:
    """The distribution of up-times, its longest part stretched so that the mean is the operating time per stop."""
    if up is None:
        known = stops.up.complete
        if not len(known):
            return Distribution("exponential", {"mean": mean})
        return Distribution("empirical", values=tuple(np.sort(known * mean / known.mean()).tolist()))
    parts = sorted((_part(*part, 0.0) for part in up.family.unsorted(up.theta)), key=lambda part: part[2])
    weight, law, longest = parts[-1]
    rest = sum(part[0] * part[2] for part in parts[:-1])
    factor = (mean - rest) / (weight * longest)
    if not 0.3 <= factor <= 3.0:
        return up.family.distribution(up.theta, mean / up.mean)
    return _together([*parts[:-1], (weight, times(law, factor), longest * factor)])[1]


def times(law: Distribution, factor: float) -> Distribution:
    """A distribution with all times multiplied."""
    if law.family == "mixture":
        return replace(law, parts=tuple((weight, times(part, factor)) for weight, part in law.parts))
    numbers = {k: v if k in ("cv", "shape") else v * factor for k, v in law.numbers.items()}
    return replace(law, numbers=numbers, values=tuple(value * factor for value in law.values))
