"""Whether a model holds, in plain words, and what most likely is missing from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.validation.ranks import LEVELS, Coverage

if TYPE_CHECKING:
    from twin.validation.validation import Validation

__all__ = ["Verdict", "verdict_of"]


@dataclass(frozen=True)
class Verdict:
    """A verdict.

    Attributes:
        headline: one sentence.
        good: what holds.
        missing: what most likely is missing from the model, the weightiest first, or what to do about it.
    """

    headline: str
    good: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing was found to be wrong."""
        return not self.missing


_FAULTS = {
    "too narrow": "its intervals are too narrow",
    "too wide": "its intervals are wider than they need to be",
    "too low": "it predicts too little: larger values were measured",
    "too high": "it predicts too much: smaller values were measured",
}


def verdict_of(found: Validation) -> Verdict:
    """The verdict on a validation."""
    good, bad = [], []
    for words, coverage in _judged(found):
        text = f"{words}: {said(coverage)}"
        (bad if coverage.fault not in ("", "too wide") else good).append(text)
    causes = _causes(found)
    if not bad:
        headline = "The model holds on these days." if found.coverage["the model"].n else "There was nothing to judge."
        wide = [words for words, coverage in _judged(found) if coverage.fault == "too wide"]
        if wide:
            headline = f"The model holds on these days; its intervals are wider than needed for {_listed(wide)}."
        return Verdict(headline, tuple(good), causes)
    what = _listed([text.split(":")[0] for text in bad])
    return Verdict(f"The model does not hold for {what}.", tuple(good), (*bad, *causes))


def said(coverage: Coverage) -> str:
    """A coverage in words: what was held of what was promised, and what is wrong."""
    held = ", ".join(f"{one:.0%}" for one in coverage.held)
    promised = ", ".join(f"{level:.0%}" for level in LEVELS)
    fault = f"; {_FAULTS[coverage.fault]}" if coverage.fault else ""
    return f"{held} of {coverage.n} inside the intervals that promise {promised}{fault}"


def _judged(found: Validation) -> list[tuple[str, Coverage]]:
    """What is judged, by name: visit times, lead times, and figures of days where there are enough of them."""
    some = [("visit times", found.coverage["the model"])]
    if found.lead_times is not None:
        some.append(("lead times", found.lead_times))
    names = {"throughput": "output", "wip": "work in process"}
    some += [(names[key], found.figures[key]) for key in names if key in found.figures]
    busy = [one for key, one in found.figures.items() if key.endswith(".processing")]
    if busy:
        some.append(("shares of time in process", _together(busy)))
    return [(words, coverage) for words, coverage in some if coverage.n]


def _together(several: list[Coverage]) -> Coverage:
    """Coverages of several figures of the same days as one."""
    n = np.array([one.n for one in several], float)
    held = tuple(float(np.average([one.held[k] for one in several], weights=n)) for k in range(len(LEVELS)))
    counts = np.sum([one.histogram for one in several], axis=0)
    mean = float(np.average([one.mean for one in several], weights=n))
    return Coverage(int(n.sum()), several[0].days, held, tuple(counts.tolist()), mean, 2 * several[0].days)


def _causes(found: Validation) -> tuple[str, ...]:
    """What most likely is behind it."""
    causes = []
    visits, leads = found.coverage["the model"], found.lead_times
    for name, n in found.unknown.items():
        causes.append(
            f"{name}: {n} visits at a station that the model does not know; learn it anew from a log with them."
        )
    drifting = [one for one in found.trends if one.drifts]
    if drifting:
        changes = ", ".join(f"{one.name} by {one.change - 1:+.0%} (p = {one.chance:.1g})" for one in drifting)
        causes.append(f"Visit times change over these days: {changes}. Learn anew from the latest days.")
    off = {
        name: one
        for name, one in found.by_station.items()
        if one.n >= 30 and one.fault in ("too low", "too high", "too narrow")
    }
    if off:
        said_of = ", ".join(f"{name} ({_FAULTS[one.fault].split(':')[0]})" for name, one in off.items())
        causes.append(f"Stations where times are not what they were on the days learned from: {said_of}.")
    if leads is not None and leads.n and not visits.fault:
        if leads.fault == "too low":
            causes.append(
                "Times of visits are right but parts take longer: something makes them wait that the model does not "
                "have (shared transport or operators, stops between visits, batches, priorities)."
            )
        elif leads.fault == "too high":
            causes.append(
                "Times of visits are right but parts take less long than told: waits depend on the load, which was "
                "higher on the days learned from, or transport and setups are shorter than it has them."
            )
        elif leads.fault == "too narrow":
            causes.append(
                "Times of visits are right but lead times vary more than told: parts hinder each other in ways that "
                "are not modelled, so waits come together."
            )
    top = sum(visits.histogram[-1:]) / max(visits.n, 1)
    if visits.n and visits.fault and top > 0.15:
        causes.append(
            f"{top:.0%} of the visits took longer than nine in ten were told to: stops inside visits, or kinds of "
            "visits that the log does not tell apart."
        )
    output = found.figures.get("throughput")
    if output is not None and output.n and output.fault == "too high":
        causes.append(
            "Less came out than the line can make: stops, missing parts or missing people that this log does not show. "
            "A state or alarm log (linetwin calibrate STATES --alarms) tells of stops."
        )
    return tuple(causes)


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
