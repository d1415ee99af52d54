"""A model against days that it has not seen, as one HTML file: the verdict first, then what it rests on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scenarios.learned_drift import trend_plot
from scenarios.learned_dropped import WHY
from scenarios.learned_wide import WIDE
from scenarios.learned_words import date, listed, several
from scenarios.validation_days import days
from scenarios.validation_ranks import coverages, histograms, stations
from surrogates.pages.content import Code, Part, Plots, Points, Section, Table, Verdict, Verdicts
from surrogates.pages.page import as_page
from surrogates.pages.style import STYLE
from twin.eventlog.visits import DAY
from twin.validation.validation import Validation
from viz.numbers import number

__all__ = ["page"]

_MOST_TRENDS = 24


def page(validation: Validation, *, title: str, command: str) -> str:
    """The page.

    Args:
        validation: what was found.
        title: heading, e.g. names of the model and of the log.
        command: what a person types to have the page again.

    Returns:
        HTML that needs nothing else: no script, no network.
    """
    sections = [
        Section("verdict", "Verdict", list(_verdict(validation))),
        Section("coverage", "Promised and held", list(coverages(validation))),
        Section("ranks", "Where measurements lie in the predictions", list(histograms(validation))),
        Section("days", "Day by day, measured and simulated", list(days(validation))),
        Section("drift", "Do times change over these days?", list(_drift(validation))),
        Section("stations", "By station", list(stations(validation))),
        Section("how", "How this was found", list(_how(validation, command))),
    ]
    return as_page(title, validation.verdict.headline, sections).replace(STYLE, STYLE + WIDE, 1)


def _verdict(found: Validation) -> Iterator[Part]:
    claims = [_claim(text, holds=True) for text in found.verdict.good]
    claims += [_claim(text, holds=False) for text in found.verdict.missing if _is_judged(text)]
    yield Verdicts(claims)
    causes = [text for text in found.verdict.missing if not _is_judged(text)]
    if causes:
        yield "What most likely is missing, or what to do:"
        yield Points(causes)
    if found.unknown:
        rows = [(name, f"{n:,}") for name, n in found.unknown.items()]
        yield Table("Visits at stations that the model does not know", ("station", "visits"), rows)


def _is_judged(text: str) -> bool:
    """Whether a sentence of the verdict tells a coverage, not a cause."""
    return "inside the intervals that promise" in text


def _claim(text: str, *, holds: bool) -> Verdict:
    name, _, found = text.partition(": ")
    return Verdict(name, found.replace("%", "\u00a0%"), holds)


def _drift(found: Validation) -> Iterator[Part]:
    if not found.trends:
        yield "No station has four days of eight visits each, so drift cannot be told."
        return
    first = float(min(one.days[0] for one in found.trends))
    shown = sorted(found.trends, key=lambda one: one.chance)[:_MOST_TRENDS]
    yield Plots([trend_plot(one, first, f"day (1: {date(first * DAY)})") for one in shown])
    rows = [
        (
            one.name,
            str(len(one.days)),
            f"{100 * (one.change - 1):+.1f} %",
            number(one.chance, 2),
            "drifts" if one.drifts else "–",
        )
        for one in shown
    ]
    heads = ("station", "days", "change", "p", "judged")
    yield Table("Last third of the days over the first, of daily medians", heads, rows)
    yield "Medians of each day with their 90 % intervals; p: chance of so clear a change where there is none."


def _how(found: Validation, command: str) -> Iterator[Part]:
    yield Code(command)
    judged, read = found.visits
    span = f"{date(float(np.min(found.days)) * DAY)} to {date(float(np.max(found.days)) * DAY)}"
    rows = [
        ("model", found.model),
        ("log", found.log),
        ("days", f"{len(found.days)}, {span}"),
        ("visits", f"{judged:,} of {several(read, 'visit')} judged"),
    ]
    yield Table("What was compared", ("what", ""), rows, left=(0, 1))
    left = [
        (note.what, f"{len(note.rows):,}", WHY.get(note.what, ""), listed([str(row) for row in note.rows]))
        for note in found.notes
    ]
    yield Table(
        "Left out of the log", ("what was found", "rows", "why", "first rows"), left, left=(0, 2, 3), folded=bool(left)
    )
