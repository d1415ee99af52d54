"""What was learned from an event log, as text for people and as plain values for JSON."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from twin.calibrate.moments import text_of
from twin.calibrate.words import number, time, time_range
from twin.learn.calendar import said
from twin.learn.learned import Learned
from twin.learn.station import StationFacts

__all__ = ["as_dict", "report"]

_WIDTH = 80
_SHOWN = 40


def report(found: Learned) -> str:
    """The whole as text, at most 80 columns wide, that ends in a line break."""
    lines = [*_basis(found), ""]
    if found.notes:
        lines += ["LEFT OUT, CHANGED OR DOUBTFUL", *_wrapped(note.text for note in found.notes), ""]
    if found.route.serial:
        lines += [*_stations(found), ""]
        if found.waits is not None:
            lines += [*_waits(found), ""]
        lines += [*_numbers(found), ""]
    else:
        lines += [*_kinds(found), ""]
    lines += ["WHAT THE LOG CANNOT TELL", *_wrapped(found.cannot_tell or ["Nothing that was looked for."])]
    return "\n".join(lines) + "\n"


def _basis(found: Learned) -> Iterator[str]:
    log, route = found.log, found.route
    days = len(np.unique(log.day))
    yield f"LEARNED FROM {log.name}"
    if log.zone != "seconds":
        zone = f" ({log.zone})" if log.zone else ""
        first, last = text_of(float(log.start.min())), text_of(float(log.complete.max()))
        yield f"  {first} to {last}{zone}, {days} days with visits"
    else:
        yield f"  {time(float(log.complete.max() - log.start.min()))} of a clock that counts seconds"
    stations = len(log.station.used().words)
    yield f"  {len(log):,} of {found.read:,} visits kept, {route.cases:,} parts, {stations} stations"
    yield f"  clock step {found.step:g} s" if found.step else "  clock without a step"
    if route.serial:
        yield from _indented(f"route: {' > '.join(route.stations)} ({route.forward:.1%} of the moves go forward)")
        shifts = said(found.calendar)
        yield from _indented(f"works {'; '.join(shifts)}" if shifts else "works always, as far as the log shows")
        yield "  the first station never lacked a part" if found.saturated else "  parts come one after another"
    else:
        yield from _indented(
            f"no serial line: {1 - route.forward:.1%} of the moves go back, most often {route.busiest_return}"
        )


def _stations(found: Learned) -> Iterator[str]:
    head = f"{'STATION':14s}{'machines':>9s}{'visits':>8s}{'places':>8s}"
    yield f"{head}{'transport':>11s}{'setup':>9s}{'scrap':>9s}{'rework':>9s}"
    for name, facts in found.stations.items():
        places = "-" if facts.places is None else f"{'' if facts.places.known else '≥ '}{facts.places.least}"
        transport = "-" if math.isnan(facts.transport) else time(facts.transport) if facts.transport else "-"
        setup = "-" if facts.setup is None else time(facts.setup.default) if facts.setup.default else "by pair"
        share = lambda one: "-" if one is None else f"{one.value:.2%}"  # noqa: E731
        yield (
            f"  {name[:12]:12s}{facts.machines:9d}{facts.visits:8d}{places:>8s}{transport:>11s}{setup:>9s}"
            f"{share(facts.scrap):>9s}{share(facts.rework):>9s}"
        )
    yield ""
    yield f"{'TIMES':14s}{'product':>9s}{'n':>8s}  {'family':24s}{'mean and its interval':>23s}"
    for name, facts in found.stations.items():
        yield from _times(found, name, facts)


def _times(found: Learned, name: str, facts: StationFacts) -> Iterator[str]:
    tail = 50 * (1 - found.settings.level)
    for product, times in facts.times.items():
        means = [law.mean for law in times.draws] or [times.law.mean]
        low, high = np.percentile(means, [tail, 100 - tail])
        family = " + ".join(part.family for _, part in times.law.parts) or times.law.family
        shown = time(times.law.mean) if family == "constant" else time_range(times.law.mean, float(low), float(high))
        yield f"  {name[:12]:12s}{product[:8] or 'all':>9s}{times.n:8d}  {family[:23]:24s}{shown:>23s}"
    if facts.stops:
        up, down = facts.stops.up.mean, facts.stops.down.law.mean
        yield f"  {name[:12]:12s}{'stops':>9s}{facts.stops.count:8d}  every {time(up)} of work, {time(down)} long"
    rest = [
        f"{n} {what}"
        for n, what in (
            (facts.too_short, "far too short"),
            (facts.too_long, "far too long"),
            (facts.across, "across a break"),
        )
        if n
    ]
    if rest:
        yield f"  {'':12s}{'not in it':>9s}{'':8s}  {', '.join(rest)}"


def _waits(found: Learned) -> Iterator[str]:
    yield f"{'WAITS':14s}{'product':>9s}{'n':>8s}{'mean':>12s}{'median':>12s}{'95 % below':>14s}"
    for name, facts in found.stations.items():
        for product, one in facts.waits.items():
            if product and len(facts.waits) <= 2:
                continue
            figures = f"{time(one.mean):>12s}{time(one.median):>12s}{time(one.high):>14s}"
            yield f"  {name[:12]:12s}{product[:8] or 'all':>9s}{one.n:8d}{figures}"


def _numbers(found: Learned) -> Iterator[str]:
    yield f"{'NUMBERS OF THE LINE':42s}{'value':>12s}{f'{found.settings.level:.0%} interval':>24s}"
    for path, one in found.intervals.items():
        interval = "exact" if one.low == one.high else f"{number(one.low)} to {number(one.high)}"
        yield f"  {path[-40:]:40s}{number(one.value):>12s}{interval:>24s}"


def _kinds(found: Learned) -> Iterator[str]:
    yield f"{'VISITS':40s}{'n':>7s}{'median':>10s}{'90 % of the next':>22s}"
    keys = [key for key in found.times.groups if len(key) == 2] or [key for key in found.times.groups if len(key) == 1]
    keys.sort(key=lambda key: -found.times.groups[key].n)
    for key in keys[:_SHOWN]:
        low, high = found.times.interval(key, 0.9)
        name = " ".join(key)
        n, middle = found.times.groups[key].n, time(found.times.quantile(key, 0.5))
        yield f"  {name[-38:]:38s}{n:7d}{middle:>10s}{time_range_only(low, high):>22s}"
    if len(keys) > _SHOWN:
        yield f"  and {len(keys) - _SHOWN} more"


def time_range_only(low: float, high: float) -> str:
    """An interval of times, in one unit.

    Example:
        >>> time_range_only(12.0, 31.2)
        '12 to 31.2 s'
    """
    return time_range(high, low, high).partition("(")[2].replace(")", "")


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="    ")


def _wrapped(texts: Iterable[str]) -> list[str]:
    return [
        line
        for text in texts
        for line in textwrap.wrap(f"- {text}", _WIDTH, initial_indent="  ", subsequent_indent="    ")
    ]


def as_dict(found: Learned) -> dict[str, Any]:
    """What was learned as numbers, texts, lists and tables, ready for JSON; SI units."""
    log, route = found.log, found.route
    return {
        "log": log.name,
        "visits": {"read": found.read, "kept": len(log)},
        "parts": route.cases,
        "days": len(np.unique(log.day)),
        "clock_step": found.step,
        "route": {"stations": list(route.stations), "serial": route.serial, "forward": route.forward},
        "shifts": [
            {
                "days": list(shift.days),
                "from": shift.begin,
                "to": shift.end,
                "breaks": [list(one) for one in shift.breaks],
            }
            for shift in found.calendar.shifts
        ],
        "saturated": found.saturated,
        "stations": {name: _facts(facts) for name, facts in found.stations.items()},
        "numbers": {path: [one.value, one.low, one.high] for path, one in found.intervals.items()},
        "level": found.settings.level,
        "notes": [{"what": note.what, "rows": list(note.rows)} for note in found.notes],
        "cannot_tell": list(found.cannot_tell),
    }


def _facts(facts: StationFacts) -> dict[str, Any]:
    share = lambda one: one and {"value": one.value, "count": one.count, "n": one.n}  # noqa: E731
    return {
        "machines": facts.machines,
        "visits": facts.visits,
        "times": {
            product: {"n": times.n, "mean": times.law.mean, "family": times.law.family, "distance": times.distance}
            for product, times in facts.times.items()
        },
        "too_short": facts.too_short,
        "too_long": facts.too_long,
        "across_a_break": facts.across,
        "scrap": share(facts.scrap),
        "rework": share(facts.rework),
        "transport": facts.transport,
        "setup": facts.setup
        and {"default": facts.setup.default, "changes": {f"{a}>{b}": t for (a, b), t in facts.setup.changes.items()}},
        "places": facts.places and {"least": facts.places.least, "known": facts.places.known},
        "waits": {
            product: {"n": one.n, "mean": one.mean, "median": one.median, "p95": one.high}
            for product, one in facts.waits.items()
        },
    }
