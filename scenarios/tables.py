"""Results as tables that fit a terminal of 80 columns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from twin.figures import Figure, KPIs

__all__ = ["console", "kpi_table", "number", "paragraph", "say", "span", "station_tables", "stop_table", "table"]

RATIOS = frozenset({
    "oee",
    "availability",
    "performance",
    "quality",
    "scrap_rate",
    "first_pass_yield",
    "rework_ratio",
    "plan_attainment",
    "orders_on_time",
})  # fmt: skip
"""Figures of unit 1 that people read as percentages; the others of unit 1 count parts."""

SHARES = RATIOS - {"oee", "performance", "plan_attainment", "rework_ratio"}
"""Those that are never more than 100 %, nor is the upper end of their interval."""

LONGEST_NAME = 16
"""Columns for the name in a table with many others; longer names go on in the next row."""

_FEW = 4
_DEFECTS = 8
_STATES_PER_TABLE = 6
_HEADINGS = {"processing": "process-\ning", "maintenance": "mainte-\nnance", "planned_stop": "planned\nstop"}


def console(*, stderr: bool = False) -> Console:
    """A console that prints texts as they are: a station named "[red]" is no colour."""
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, soft_wrap=False)


def say(text: str, *, stderr: bool = False) -> None:
    """A sentence on a line of its own, however long: what was written, what comes next."""
    console(stderr=stderr).print(text, soft_wrap=True)


def number(value: float | None) -> str:
    """A number with four telling digits, "-" when it is not known.

    Example:
        >>> number(0.76593), number(2757.4), number(19274.3), number(None)
        ('0.7659', '2757', '19274', '-')
    """
    if value is None or not math.isfinite(value):
        return "-"
    return f"{value:.0f}" if 1000 <= abs(value) < 1e15 else f"{value:.4g}"


def span(seconds: float) -> str:
    """A time in the unit in which people say it.

    Example:
        >>> span(42.0), span(0.0), span(1500.0), span(144000.0)
        ('42 s', '0 s', '25 min', '40 h')
    """
    if not math.isfinite(seconds):
        return "-"
    for length, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 5 * length:
            return f"{number(seconds / length)} {unit}"
    return f"{number(seconds)} s"


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, left: Sequence[int] = (0,)) -> Group:
    """A table without a frame below its title.

    Args:
        title: stands above it.
        columns: headings.
        rows: one text per column; line breaks are kept.
        left: columns that are set to the left; numbers go to the right.
    """
    made = Table(box=box.SIMPLE_HEAD, padding=(0, 1), show_edge=False, pad_edge=False)
    for place, heading in enumerate(columns):
        width = LONGEST_NAME if place == 0 and len(columns) > _FEW else None
        made.add_column(heading, justify="left" if place in left else "right", overflow="fold", max_width=width)
    for row in rows:
        made.add_row(*row)
    return Group(Text(title, style="bold"), made)


def paragraph(head: str, words: Iterable[str]) -> Text:
    """A line of text that begins with a bold head; long ones wrap."""
    return Text.assemble((f"{head}: ", "bold"), ", ".join(words))


def kpi_table(kpis: Mapping[str, Figure | None]) -> Group:
    """KPIs that are known: name as in JSON, mean, 95 % interval, unit; shares in per cent."""
    rows = []
    for name, figure in kpis.items():
        if figure is None or figure.value is None:
            continue
        scale, unit = (100.0, "%") if name in RATIOS else (1.0, "parts" if figure.unit == "1" else figure.unit)
        mean = scale * figure.value
        ends = [_like(mean, min(scale * end, 100.0) if name in SHARES else scale * end) for end in figure.ci95 or ()]
        rows.append((name, number(mean), " to ".join(ends) or "-", unit))
    return table("Figures of the line", ("KPI", "mean", "95 % interval", "unit"), rows, left=(0, 3))


def station_tables(kpis: KPIs, names: Iterable[str]) -> Iterator[Group]:
    """Share of time in each state that occurs, in per cent, and OEE; in several tables where there are many states."""
    stations = {name: kpis.stations[name] for name in names}
    states = [s for s in _states(kpis) if any((station.states[s].value or 0) > 0 for station in stations.values())]
    for first in range(0, max(1, len(states)), _STATES_PER_TABLE):
        some = states[first : first + _STATES_PER_TABLE]
        rows = []
        for name, station in stations.items():
            shares = [_percent(station.states[state]) for state in some]
            rows.append((name, *shares, *([] if first else [_percent(station.get("oee"))])))
        title = "Time of the stations in each state and OEE, %" if not first else "Further states, %"
        yield table(
            title, ("station", *(_HEADINGS.get(state, state) for state in some), *([] if first else ["OEE"])), rows
        )


def stop_table(kpis: KPIs, names: Iterable[str]) -> Group | None:
    """Count, time, mean operating time between and mean length of the failures of every name; None without any."""
    rows = []
    for name in names:
        for stop, figures in kpis.stations[name].failures.items():
            values: list[Any] = [
                figures[key].value if key in figures else None for key in ("count", "minutes", "mtbf", "mttr")
            ]
            times = ["-" if value is None else span(value) for value in values[2:]]
            rows.append((name, stop, number(values[0]), number(values[1]), *times))
    heads = ("station", "stop", "count", "minutes", "MTBF", "MTTR")
    return table("Stops in a replication, on average", heads, rows, left=(0, 1)) if rows else None


def defect_table(kpis: KPIs) -> Group | None:
    """What was scrapped, by cause: where made and found, how late, how many parts an alarm puts under suspicion."""
    worst = sorted(kpis.defects.items(), key=lambda entry: -(entry[1]["found"].value or 0.0))
    rows = []
    for name, figures in worst[:_DEFECTS]:
        value = {key: figure.value or 0.0 for key, figure in figures.items()}
        if not value["made"]:
            continue
        maker, _, cause = name.partition(".")
        places = [key.removeprefix("found at ") for key in figures if key.startswith("found at ")]
        late = span(value["delay"]) if value["found"] else "-"
        suspect = number(value["suspect"]) if value["found"] else "-"
        counts = [number(value[key]) for key in ("made", "found", "escaped")]
        rows.append((cause, maker, ", ".join(places) or "-", *counts, late, suspect))
    heads = ("cause", "made at", "found at", "made", "found", "escaped", "late", "suspect")
    return table("Defects in a replication, on average", heads, rows, left=(0, 1, 2)) if rows else None


def _states(kpis: KPIs) -> tuple[str, ...]:
    return tuple(next(iter(kpis.stations.values())).states)


def _percent(figure: Figure | None) -> str:
    value = figure.value if figure is not None else None
    return "-" if value is None else f"{100 * value:.1f}"


def _like(mean: float, value: float) -> str:
    """A number with as many decimals as the mean is shown with.

    Example:
        >>> _like(51.6123, 47.5), _like(0.0, 0.0)
        ('47.50', '0')
    """
    places = 3 - math.floor(math.log10(abs(mean))) if mean else 0
    return f"{value:.{max(0, places)}f}" if places < 8 else number(value)
