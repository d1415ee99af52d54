"""Names of stops: from the alarms raised around them, else from the state; micro-stops apart."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.activity import HELD
from twin.calibrate.choose import DOWN_FAMILIES, choose
from twin.calibrate.fit import Fit
from twin.calibrate.modes import SPLIT
from twin.calibrate.sample import Sample
from twin.calibrate.stoplog import StopLog
from twin.eventlog.alarms import AlarmLog

__all__ = ["OTHER", "by_alarm", "grouped", "micro_apart", "micro_length"]

MICRO = SPLIT[0]
OTHER = "other alarms"
"""Name of stops whose alarms are too rare for a failure mode each."""


def by_alarm(stops: StopLog, alarms: AlarmLog | None, *, before: float) -> tuple[StopLog, NDArray[np.bool_]]:
    """Names failures by their alarms.

    Of the alarms that are raised during a stop or at most `before` seconds earlier, the gravest counts, of several the
    one nearest to the beginning of the stop.

    Args:
        stops: the stops of one machine, failures and others.
        alarms: the alarms of that machine, or None.
        before: how long before a stop its alarm may be raised [s].

    Returns:
        The stops, and which of them an alarm names.
    """
    named = np.zeros(len(stops.begin), bool)
    if alarms is None or not len(alarms.moment):
        return stops, named
    rank = alarms.rank
    raised = np.flatnonzero(rank > 0)
    moments = alarms.moment[raised]
    low = np.searchsorted(moments, stops.begin - before)
    high = np.searchsorted(moments, stops.end)
    reason = list(stops.reason)
    for stop in np.flatnonzero(high > low):
        if reason[stop] == HELD:
            continue
        own = raised[low[stop] : high[stop]]
        best = min(own.tolist(), key=lambda k: (-rank[k], abs(alarms.moment[k] - stops.begin[stop])))
        reason[stop] = alarms.text[best] or reason[stop]
        named[stop] = True
    return replace(stops, reason=tuple(reason)), named


def grouped(stops: StopLog, named: NDArray[np.bool_], *, least: int) -> StopLog:
    """Alarms with fewer than `least` complete stops go together as `OTHER`: fewer do not make a failure mode."""
    whole = np.ones(len(named), bool) if stops.cut_off is None else ~stops.cut_off
    count = Counter(reason for reason, good, alarm in zip(stops.reason, whole, named, strict=True) if good and alarm)
    rare = [
        OTHER if alarm and count[reason] < least else reason for reason, alarm in zip(stops.reason, named, strict=True)
    ]
    return replace(stops, reason=tuple(rare))


def micro_length(sample: Sample) -> float:
    """The length below which a stop is a micro-stop, from the mixture that fits all stops best.

    It is where the longest part of the mixture becomes more likely than all others together, if it holds at most half
    of the stops and they are at least three times as long as the rest.

    Args:
        sample: lengths of all stops.

    Returns:
        The length [s]; 0 where the stops do not fall into short and long ones.
    """
    if len(sample.complete) < 40:
        return 0.0
    found = choose(sample, DOWN_FAMILIES)[0].fit
    parts = [
        (w, float(kind.tail(own, 1, np.zeros(1))[0]), kind, own) for w, kind, own in found.family.split(found.theta)
    ]
    if len(parts) == 1:
        return 0.0
    share = parts[-1][0]
    rest = sum(w * mean for w, mean, _, _ in parts[:-1]) / (1 - share)
    return _crossing(found, rest, parts[-1][1]) if share <= 0.5 and parts[-1][1] >= 3 * rest else 0.0


def _crossing(found: Fit, low: float, high: float) -> float:
    """Where, between the means of the short and the long stops, the last part outweighs the others [s]."""
    *short, (weight, kind, own) = found.family.split(found.theta)
    at = np.exp(np.linspace(math.log(max(low, 1e-3)), math.log(high), 200))
    others = np.logaddexp.reduce([np.log(w) + part.log_density(theta, at) for w, part, theta in short], axis=0)
    wins = np.flatnonzero(math.log(weight) + kind.log_density(own, at) > others)
    return float(at[wins[0]]) if len(wins) else 0.0


def micro_apart(stops: StopLog, length: float) -> StopLog:
    """Failures shorter than `length` [s], whose end was seen, as micro-stops."""
    short = stops.duration < length
    if stops.cut_off is not None:
        short &= ~stops.cut_off
    reason = [MICRO if brief and name != HELD else name for name, brief in zip(stops.reason, short, strict=True)]
    return replace(stops, reason=tuple(reason))
