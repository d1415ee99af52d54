"""What not to trust in the figures of a run, and why: told from the run itself, not from what somebody wrote down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from scenarios.missing import missing, without_power
from scenarios.tables import number, span
from twin.kpi import is_random
from twin.outside import visits_outside
from twin.statistics import replications_needed, suggest_warmup
from twin.units import in_unit

if TYPE_CHECKING:
    from twin.figures import KPIs
    from twin.trace import Trace

__all__ = ["doubts", "outside_words"]

WIDE = 0.03
"""Half-width of an interval, as a share of its mean, from which on it is called wide."""

RARE = 10
"""A failure mode that struck less often than this, in all replications together, has an MTBF that says little."""

_NAMED = 3


def doubts(trace: Trace, found: KPIs) -> list[str]:
    """Sentences, the most important first.

    Args:
        trace: of a run that kept its visits.
        found: its figures.
    """
    sources = (_outside, _chance, _beginning, _windows, _unknown, _rare, _models)
    return [sentence for source in sources for sentence in source(trace, found)]


def outside_words(trace: Trace) -> list[str]:
    """Where visits lay outside of where their process may be trusted, and what came of it; empty if none is guarded."""
    found = visits_outside(trace)
    if found is None:
        return []
    words = []
    for name, own in found.to_json()["stations"].items():
        produced = float(np.asarray(trace.totals["produced"])[trace.shape.names.index(name)].sum())
        share = f" ({_percent(own['visits'] / produced)})" if own["visits"] and produced else ""
        most = sorted(own["inputs"].items(), key=lambda entry: -entry[1])
        why = "".join(f", {key} in {count}" for key, count in most[:_NAMED] if count)
        early = own["visits_of_run"] - own["visits"]
        more = f", {early} outside of the window" if early > 0 else ""
        words.append(f"{name} {own['visits']} visits{share}{more}{why}")
    repeated = int(np.sum(found.repeated))
    runs = f"{repeated} of {trace.replications} runs repeated with first principles"
    return [*words, runs if repeated else "no run repeated"]


def _percent(share: float) -> str:
    """A share as per cent; never 0 % for something.

    Example:
        >>> _percent(0.0123), _percent(1e-6)
        ('1.2 %', 'under 0.01 %')
    """
    return f"{100 * share:.2g} %" if share >= 1e-4 else "under 0.01 %"


def _outside(trace: Trace, _: KPIs) -> Iterator[str]:
    """Visits that learned processes do not know, and what was done about them."""
    found = visits_outside(trace)
    if found is not None and any(own.run.any() for own in found.stations.values()):
        yield f"Outside of what its process knows: {'; '.join(outside_words(trace))}."
    elif found is not None and found.repeated.any():
        yield f"{int(found.repeated.sum())} of {trace.replications} runs are on first principles since an earlier run."
    flags = [name for name, own in (found.stations if found else {}).items() if own.policy == "flag" and own.run.any()]
    if flags:
        yield f"Nothing was repeated for {_listed(flags)}: use outside = 'first principles'."


def _chance(trace: Trace, found: KPIs) -> Iterator[str]:
    """Too few replications, or replications without a good part."""
    if not is_random(trace.line):
        yield "Nothing is random here: no intervals, while a real day scatters."
        return
    if trace.replications == 1:
        yield "One run only, so no intervals: use --replications 16."
        return
    good = found["good"]
    none = int((good.values == 0).sum())
    if none:
        yield f"No good part in {none} of {trace.replications} runs: figures per good part are left out."
    if trace.by == "parts" or not good.value:
        return
    low, high = good.ci95 or (good.value, good.value)
    width = (high - low) / 2 / good.value
    if width > WIDE:
        count = replications_needed(good.values, WIDE * good.value)
        remedy = f"--replications {count} make it {100 * WIDE:.0f} %"
        yield f"Good parts are known to ±{100 * width:.0f} % only; {remedy}."


def _beginning(trace: Trace, _: KPIs) -> Iterator[str]:
    """A run that measures while the line fills."""
    begin = np.asarray(trace.window[0], float)
    if trace.since is not None or begin.max() > 0:
        return
    try:
        warmup = suggest_warmup(trace)
    except ValueError:  # no good part left
        warmup = None
    steady = "no steady state shown"
    if warmup is not None and warmup.reliable:
        steady = f"steady after {span(warmup.time)} (MSER-5)" if warmup.parts else "steady at once (MSER-5)"
    new = any(s.process.ages == "new" and getattr(s.process.behaviour, "ages", ()) for s in trace.line.stations)
    yield f"Begins with an empty line{' and new tools' if new else ''}, {steady}."


def _windows(trace: Trace, _: KPIs) -> Iterator[str]:
    """Setpoints outside of what is released."""
    for station in trace.line.stations:
        for name, knob in station.knobs.items():
            path = f"{station.name}.{name}"
            value = float(trace.values.get(path, knob.value))
            slack = 1e-9 * abs(value)
            if knob.released is None or knob.released[0] - slack <= value <= knob.released[1] + slack:
                continue
            low, high = (in_unit(end, knob.unit) for end in knob.released)
            yield f"{path} is {in_unit(value, knob.unit)}, not released (released: {low} to {high})."


def _unknown(trace: Trace, found: KPIs) -> Iterator[str]:
    """Figures that the line file leaves out."""
    without = without_power(trace.line)
    lacking = [lack for lack in missing(trace.line) if found.get(lack.kpis[0], True) is None]
    if lacking:
        said = [f"{lack.kpis[0]} (add {lack.remedy.split(', ')[0]})" for lack in lacking]
        yield f"Not known: {', '.join(said)}."
    if without:
        yield f"Energy lacks {_listed(without)}: the line file gives them no power."


def _rare(trace: Trace, found: KPIs) -> Iterator[str]:
    """Failures that struck too seldom to tell how often they do."""
    rare = []
    for station, figures in found.stations.items():
        for name, failure in figures.failures.items():
            count = float(np.sum(failure["count"].values))
            if 0 < count < RARE:
                rare.append(f"{station} {name} ({number(count)})")
    if rare:
        runs = "the run" if trace.replications == 1 else f"{trace.replications} runs"
        yield f"MTBF rough, seen under {RARE} times in {runs}: {_listed(rare)}."


def _models(trace: Trace, _: KPIs) -> Iterator[str]:
    """What an interval does not cover."""
    computed = sum(station.process.behaviour is not None for station in trace.line.stations)
    if computed:
        stations = "1 station" if computed == 1 else f"{computed} stations"
        yield f"Time, energy and defects of {stations} are modelled, not measured."
    if is_random(trace.line) and trace.replications > 1:
        yield "Intervals cover chance only, not wrong inputs or models."
    else:
        yield "Inputs and models may be wrong: compare with a measured day."


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
