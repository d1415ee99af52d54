"""A validation as text for people and as plain values for JSON."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from twin.calibrate.moments import text_of
from twin.calibrate.words import number, time
from twin.eventlog.visits import DAY
from twin.validation.ranks import LEVELS, Coverage
from twin.validation.validation import Validation

__all__ = ["as_dict", "report"]

_WIDTH = 80
_SHOWN = 30


def report(found: Validation) -> str:
    """The whole as text, at most 80 columns wide, that ends in a line break."""
    lines = [*_head(found), "", *_coverages(found), "", *_stations(found), ""]
    if found.simulation is not None:
        lines += [*_days(found), ""]
    if any(trend.drifts for trend in found.trends) or found.trends:
        lines += [*_trends(found), ""]
    if found.notes:
        lines += ["LEFT OUT OF THE LOG", *_wrapped(note.text for note in found.notes), ""]
    lines += [*_verdict(found)]
    return "\n".join(lines) + "\n"


def _head(found: Validation) -> Iterator[str]:
    yield f"{found.model} AGAINST {found.log}"[:_WIDTH]
    days = f"{_date(found.days[0])} to {_date(found.days[-1])}, {len(found.days)} days"
    yield f"  {days}; {found.visits[0]:,} of {found.visits[1]:,} visits judged"
    if found.simulation is not None:
        given = found.simulation.given or "nothing of these days"
        yield f"  {len(next(iter(found.simulation.drawn.values())))} simulations; the line was told {given}"


def _coverages(found: Validation) -> Iterator[str]:
    yield _title("SHARE INSIDE THE INTERVALS")
    for name, coverage in found.coverage.items():
        yield _row(f"visit times, {name}", coverage)
    if found.lead_times is not None:
        yield _row("lead times", found.lead_times)
    yield from _indented(
        "rank: mean, 0.5 if right, more if the prediction is too low; width: mean of the 90 % intervals"
    )


def _stations(found: Validation) -> Iterator[str]:
    yield _title("VISIT TIMES BY STATION")
    some = sorted(found.by_station.items(), key=lambda item: -item[1].n)
    for name, coverage in some[:_SHOWN]:
        yield _row(name, coverage)
    if len(some) > _SHOWN:
        yield f"  and {len(some) - _SHOWN} more"


def _title(words: str) -> str:
    return f"{words:32s}{'n':>8s}{''.join(f'{level:>8.0%}' for level in LEVELS)}{'rank':>7s}{'width':>9s}"


def _row(name: str, one: Coverage) -> str:
    held = "".join(f"{share:8.1%}" if math.isfinite(share) else f"{'-':>8s}" for share in one.held)
    width = time(one.width) if math.isfinite(one.width) else "-"
    rank = f"{one.mean:7.2f}" if math.isfinite(one.mean) else f"{'-':>7s}"
    return f"  {name[:30]:30s}{one.n:8d}{held}{rank}{width:>9s}"


def _days(found: Validation) -> Iterator[str]:
    simulation = found.simulation
    assert simulation is not None  # noqa: S101  the caller has looked
    yield f"{'FIGURES OF DAYS':32s}{'measured':>11s}{'simulated':>11s}{'days in 90 %':>14s}"
    for name, coverage in found.figures.items():
        measured, drawn = simulation.measured[name], simulation.drawn[name]
        inside = "-" if not coverage.n else f"{round(coverage.held[-1] * coverage.n)} of {coverage.n}"
        means = f"{_figure(name, _mean(measured)):>11s}{_figure(name, _mean(drawn.ravel())):>11s}"
        yield f"  {name[:30]:30s}{means}{inside:>14s}"


def _mean(values: Any) -> float:
    known = values[~(values != values)]  # NaN alone differs from itself
    return float(known.mean()) if len(known) else math.nan


def _figure(name: str, value: float) -> str:
    if not math.isfinite(value):
        return "-"
    if name.endswith("processing"):
        return f"{value:.1%}"
    return (
        time(value)
        if name.endswith((".visit", "lead_time"))
        else f"{number(value)}{' /h' if name == 'throughput' else ''}"
    )


def _trends(found: Validation) -> Iterator[str]:
    yield f"{'OVER THE DAYS':32s}{'days':>6s}{'last third over the first':>28s}{'p':>9s}"
    for one in sorted(found.trends, key=lambda trend: trend.chance)[:10]:
        drifts = " drifts" if one.drifts else ""
        yield f"  {one.name[:30]:30s}{len(one.days):6d}{one.change - 1:>+27.1%} {one.chance:9.2g}{drifts}"


def _verdict(found: Validation) -> Iterator[str]:
    yield "VERDICT"
    yield from _indented(found.verdict.headline)
    for title, texts in (
        ("What holds", found.verdict.good),
        ("What does not, and what most likely is missing", found.verdict.missing),
    ):
        if texts:
            yield f"  {title}:"
            yield from _wrapped(texts)


def _date(day: int) -> str:
    return text_of(float(day) * DAY)[:10]


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="  ")


def _wrapped(texts: Iterable[str]) -> list[str]:
    return [
        line
        for text in texts
        for line in textwrap.wrap(f"- {text}", _WIDTH, initial_indent="  ", subsequent_indent="    ")
    ]


def as_dict(found: Validation) -> dict[str, Any]:
    """The validation as numbers, texts, lists and tables, ready for JSON; SI units, throughput per hour."""
    simulation = found.simulation
    figures = {}
    if simulation is not None:
        figures = {
            name: {
                "measured": values,
                "simulated": [[one[k] for one in simulation.drawn[name]] for k in range(len(values))],
                "coverage": _plain(found.figures[name]),
            }
            for name, values in simulation.measured.items()
        }
    return {
        "model": found.model,
        "log": found.log,
        "days": [_date(day) for day in found.days],
        "visits": {"judged": found.visits[0], "read": found.visits[1]},
        "levels": list(LEVELS),
        "visit_times": {name: _plain(one) for name, one in found.coverage.items()},
        "by_station": {name: _plain(one) for name, one in found.by_station.items()},
        "lead_times": found.lead_times and _plain(found.lead_times),
        "figures": figures,
        "trends": [{"name": t.name, "days": len(t.days), "change": t.change, "p": t.chance} for t in found.trends],
        "unknown": dict(found.unknown),
        "notes": [{"what": note.what, "rows": list(note.rows)} for note in found.notes],
        "verdict": {
            "holds": found.verdict.holds,
            "headline": found.verdict.headline,
            "good": list(found.verdict.good),
            "missing": list(found.verdict.missing),
        },
    }


def _plain(one: Coverage) -> dict[str, Any]:
    return {
        "n": one.n, "days": one.days, "held": list(one.held), "histogram": list(one.histogram), "mean_rank": one.mean,
        "width": one.width, "fault": one.fault,
    }  # fmt: skip
