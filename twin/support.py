"""What the recursion computes exactly and what is refused: one table, from which the page and the tests are made."""

from __future__ import annotations

from typing import NamedTuple

from twin.errors import LineError
from twin.line import Line, Station

EXACT = "exact"


class Feature(NamedTuple):
    """One row of the support matrix: "exact", or why it is refused, on one machine, several machines and a conveyor."""

    name: str
    one: str
    several: str
    conveyor: str


_TOGETHER = "refused: a conveyor carries all its parts together"
_LIKE_ONE = "refused: as for one machine"
_ENGINE = "refused: needs an event engine"
_ONE_ROUTE = "refused: the recursion follows one route"
_AHEAD = "refused: the recursion looks ahead by one part per machine; scrap would free pallets out of turn"

MATRIX: tuple[Feature, ...] = (
    Feature("finite buffer, blocking after service", EXACT, EXACT, EXACT),
    Feature("transport time", EXACT, EXACT, EXACT),
    Feature("parts overtake each other", "cannot happen", EXACT, "cannot happen: first in, first out"),
    Feature("machines of one station differ", "means nothing", EXACT, _TOGETHER),
    Feature("times by product", EXACT, EXACT, "refused: the residence is one constant time"),
    Feature("recorded times", EXACT, EXACT, "refused: the residence is one constant time"),
    Feature("scrap", EXACT, EXACT, "exact; scrap leaves in its turn"),
    Feature("rework in place", EXACT, EXACT, _TOGETHER),
    Feature("setup, early or loaded, with a release after it", EXACT, EXACT, _TOGETHER),
    Feature("failures, operating clock, part kept", EXACT, EXACT, "refused: use the calendar clock"),
    Feature("failures, operating clock, part scrapped", EXACT, EXACT, "refused: use the calendar clock"),
    Feature("failures, calendar clock, part kept", EXACT, EXACT, EXACT),
    Feature("failures, calendar clock, part scrapped", EXACT, EXACT, _TOGETHER),
    Feature(
        "... beside failures on the operating clock",
        "refused: which of the two ends the work first depends on repairs that are not known before",
        _LIKE_ONE,
        _TOGETHER,
    ),
    Feature("shifts and breaks", EXACT, EXACT, EXACT),
    Feature("maintenance by operating time or parts", EXACT, EXACT, _TOGETHER),
    Feature("maintenance by the calendar, one per station", EXACT, EXACT, _TOGETHER),
    Feature("maintenance that renews failures or sees them coming", EXACT, EXACT, _TOGETHER),
    Feature("failures that wear hastens", "as for the process that wears", "as for one machine", _TOGETHER),
    Feature("... two per station, or with early setup", "refused: make it one; use loaded setup", _LIKE_ONE, _TOGETHER),
    Feature("standby with wake-up", EXACT, EXACT, _TOGETHER),
    Feature("standby or off in closed hours", EXACT, EXACT, EXACT),
    Feature("saturated source, intervals, order list", EXACT, EXACT, EXACT),
    Feature("pallets, at least as many as machines", EXACT, EXACT, EXACT),
    Feature("... fewer, or with scrap", _AHEAD, _LIKE_ONE, _LIKE_ONE),
    Feature("shared operators, vehicles, repair crews", _ENGINE, _ENGINE, _ENGINE),
    Feature("routes that return, branch or assemble", _ONE_ROUTE, _ONE_ROUTE, _ONE_ROUTE),
)


def refuse_unsupported(line: Line) -> None:
    """Nothing, when the recursion computes this line exactly.

    Raises:
        LineError: names the first thing that it cannot, why, and what to do instead.
    """
    for station in line.stations:
        _calendar_scrap(station)
        _calendar_maintenance(station)
    least = sum(1 if s.kind == "conveyor" else s.machines for s in line.stations)
    if line.pallets is not None and line.pallets < least:
        raise LineError(
            f"line {line.name!r}: pallets is {line.pallets}; the recursion looks ahead by one part per machine. "
            f"Use at least {least}."
        )


def _calendar_scrap(station: Station) -> None:
    clocks = {mode.clock for mode in station.failures}
    lost = [mode.name for mode in station.failures if mode.clock == "calendar" and mode.interrupted == "scrapped"]
    if lost and "operating" in clocks:
        raise LineError(
            f"station {station.name!r}: failure {lost[0]!r} scraps the part on the calendar clock beside others on the "
            "operating clock; which of the two comes first is not known before. Use one clock for both."
        )


def _calendar_maintenance(station: Station) -> None:
    planned = [entry for entry in station.maintenance if entry.clock == "calendar"]
    if not planned:
        return
    place = f"station {station.name!r}: maintenance {planned[-1].name!r}"
    if len(planned) > 1:
        raise LineError(f"{place} is the second on the calendar clock; a station has one. Join them.")
    if station.setup is not None and station.setup.begins == "early":
        raise LineError(
            f"{place} is on the calendar clock beside early setup; they would contend for the idle machine. "
            "Use begins = 'loaded'."
        )
    if planned[0].duration > planned[0].every / 2:
        raise LineError(
            f"{place} lasts {planned[0].duration:g} s every {planned[0].every:g} s; half of the time is the most. "
            "Use a shorter duration."
        )


def page() -> str:
    """The matrix as a page in Markdown (`docs/support.md`)."""
    head = "| feature | one machine | several machines | conveyor |\n|---|---|---|---|\n"
    return (
        "# What is exact and what is refused\n\n"
        "Made from `twin/support.py` (`twin.support.page()`). *Exact*: every time and every order equal those\n"
        "of the event simulation in `tests/oracles/` (see `tests/test_exact.py`).\n"
        "What is refused is refused by name before the run.\n\n"
        + head
        + "".join(f"| {f.name} | {f.one} | {f.several} | {f.conveyor} |\n" for f in MATRIX)
    )
