"""The first look at an event log as one HTML file: what was found, what was thrown away and why, with plots."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scenarios.learned_drift import drift
from scenarios.learned_dropped import dropped
from scenarios.learned_gantt import gantt
from scenarios.learned_kinds import kinds
from scenarios.learned_numbers import numbers
from scenarios.learned_route import ROUTE, route
from scenarios.learned_stations import stations
from scenarios.learned_week import week
from scenarios.learned_wide import WIDE
from scenarios.learned_words import moment, several
from surrogates.pages.content import Code, Part, Points, Section, Table
from surrogates.pages.page import as_page
from surrogates.pages.style import STYLE
from surrogates.pages.words import percent
from twin.eventlog.visits import VisitLog
from twin.learn.learned import Learned

__all__ = ["headline", "page"]


def page(found: Learned, *, title: str, command: str, read: VisitLog | None = None) -> str:
    """The page.

    Args:
        found: what was learned.
        title: heading, e.g. the name of the log.
        command: what a person types to have the page again.
        read: the visits as they were read, for the moments of those that were thrown away; None: these stand where
            their neighbours in the file stand.

    Returns:
        HTML that needs nothing else: no script, no network.
    """
    times = stations(found) if found.stations else kinds(found)
    sections = [
        Section("dropped", "What was thrown away", list(dropped(found, read))),
        Section("route", "The way of the parts", list(route(found))),
        Section("times", "Times of visits", list(times)),
        Section("gantt", "A stretch that you may recognise", list(gantt(found))),
        Section("calendar", "When it works", list(week(found))),
        Section("drift", "Day by day", list(drift(found))),
        Section("numbers", "All numbers", list(numbers(found))),
        Section("open", "What the log cannot tell", list(_open(found))),
        Section("how", "How to have this again", list(_how(found, command))),
    ]
    return as_page(title, headline(found), sections).replace(STYLE, STYLE + WIDE + ROUTE, 1)


def headline(found: Learned) -> str:
    """One sentence or two: what was read and kept, of which days and parts, and whether it is a line."""
    log, way = found.log, found.route
    days = len(np.unique(log.day))
    first, last = moment(float(log.start.min()), log.zone), moment(float(log.complete.max()), log.zone)
    kept = f"{several(found.read, 'visit')} read, {len(log):,} kept ({percent(len(log) / max(found.read, 1))})"
    of = f"{several(way.cases, 'part')} on {several(days, 'day')}, {first} to {last}"
    if len(way.stations) == 1:
        kind = f"One station, {way.stations[0]}."
    elif way.serial:
        kind = f"Parts pass {len(way.stations)} stations in one order: a serial line."
    else:
        kind = (
            f"No serial line: {percent(1 - way.forward)} of the moves between {len(way.stations)} stations go back to"
            " an earlier one."
        )
    return f"{kept}: {of}. {kind}"


def _open(found: Learned) -> Iterator[Part]:
    if found.cannot_tell:
        yield Points(found.cannot_tell)
    else:
        yield "Nothing that this page would need stayed open."


def _how(found: Learned, command: str) -> Iterator[Part]:
    yield Code(command)
    rows = [(role, column) for role, column in found.log.columns.items()]
    zone = {"": "local", "seconds": "seconds from the log's beginning"}.get(found.log.zone, found.log.zone)
    step = f"{found.step:g} s" if found.step else "none that shows"
    rows += [("times are", zone), ("step of the clock", step), ("draws for each interval", str(found.settings.draws))]
    yield Table("What each column was taken for", ("what", "column of the log"), rows, left=(0, 1))
