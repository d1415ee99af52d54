"""What a log cannot tell, as sentences with its own numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from twin.calibrate.choose import Choice
from twin.calibrate.fit import LEAST_RECORDED
from twin.calibrate.words import time

if TYPE_CHECKING:
    from twin.calibrate.calibration import Calibration

__all__ = ["cannot_tell"]


def cannot_tell(found: Calibration, *, has_reasons: bool) -> tuple[str, ...]:
    """What stays open after a calibration.

    Args:
        found: the calibration.
        has_reasons: whether the log gives reasons.

    Returns:
        Sentences, the weightiest first.
    """
    said = []
    if not has_reasons:
        said.append(
            "Why the machine stood: the log gives no reasons. Micro-stops and breakdowns are told apart by length "
            "only, and breaks, changeovers, cleaning, missing material and full conveyors behind the machine count as "
            "failures."
        )
    said += [_habit(found), _drift(found)]
    said += [_hidden(name[:-5], tried, found) for name, tried in found.choices.items() if name.endswith(".down")]
    if found.extent.counts:
        said.append(
            "The true cycle time: speed is parts per operating time, so slow running and stops below the threshold are "
            "in it."
        )
    else:
        said.append("The speed: there are no production counts.")
    said.append("Scrap, rework, energy, and what happens at other machines of the line: neither file holds them.")
    said.append(_days(found))
    if found.extent.blocks < 20:
        unit = "days" if found.extent.block >= 86400 else "hours (too few days to draw days)"
        said.append(f"How sure the numbers are: intervals rest on {found.extent.blocks} {unit}, and are rough.")
    return tuple(text for text in said if text)


def _habit(found: Calibration) -> str:
    """Long stops that crowd at a time of day."""
    habit = found.habit
    if habit is None:
        return ""
    begin, end, least = _clock(habit.begin), _clock(habit.end), f"{habit.least / 60:.0f} min"
    return (
        f"Whether a planned break hides among the stops: {habit.count} stops of {least} or more begin between {begin} "
        f"and {end} where {habit.expected:.1f} would by chance (p = {habit.chance:.1g}); they hold "
        f'{habit.seconds / 3600:.1f} h. If it is a break, say so: planned=["{begin}-{end}, {least}"].'
    )


def _drift(found: Calibration) -> str:
    """Numbers that changed."""
    words = {"all stops.mtbf": "operating time per stop", "all stops.mttr": "mean stop"}
    changed = []
    for one in found.drift:
        if abs(one.z) > 2.5 and abs(one.second - one.first) > 0.05 * one.first:
            product = found.products.get(one.name.split(".")[0], one.name.split(".")[0])
            name = words.get(one.name, f"time per part of {product}")
            changed.append(f"{name} from {time(one.first)} to {time(one.second)}")
    if not changed:
        return ""
    return (
        "Which numbers hold tomorrow: from the first to the second half of the days, more than chance allows, "
        + ", ".join(changed)
        + ". The fit is a mean over both."
    )


def _hidden(name: str, tried: tuple[Choice, ...], found: Calibration) -> str:
    """How many stops are shorter than the threshold, by each family that fits about as well."""
    threshold = found.extent.threshold
    if threshold <= 0:
        return ""
    best = tried[0].fit.bic
    shares = sorted(1 - choice.fit.recorded for choice in tried if choice.fit.bic <= best + 10)
    likely = f"{shares[0]:.0%} to {shares[-1]:.0%}" if len(shares) > 1 else f"{shares[0]:.0%}"
    wild = shares[-1] > 1 - LEAST_RECORDED
    ends = f" (over {1 - LEAST_RECORDED:.0%} only by families that are set aside)" if wild else ""
    treated = (
        "they are left in the speed"
        if found.settings.hidden == "speed"
        else "the line holds as many as the chosen family says"
    )
    return (
        f"How many of the stops named '{name}' are shorter than {threshold:.0f} s, the shortest that is recorded: by "
        f"the families that fit about as well, {likely} of all{ends}; {treated}."
    )


def _days(found: Calibration) -> str:
    """How much days differ."""
    words = {"up": "up-times", "down": "stops", "speed": "speed"}
    factors = [f"{words[key]} {math.exp(one.sigma):.2f}" for key, one in found.spread.items() if key in words]
    if not factors:
        return ""
    return (
        "Why days differ: from day to day they do by a factor of about (one standard deviation) "
        f"{', '.join(factors)}. A line file has one set of numbers, so a simulated day resembles the next one more "
        "than real days do."
    )


def _clock(seconds: float) -> str:
    """A time of day."""
    return f"{int(seconds // 3600):02d}:{int(seconds % 3600 // 60):02d}"
