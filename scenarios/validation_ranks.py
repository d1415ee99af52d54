"""Promised against held: how many measurements lie inside intervals, and where they lie in what was predicted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from scenarios.validation_days import title_of
from surrogates.pages.content import Part, Plot, Plots, Table
from surrogates.pages.words import percent, stated
from twin.calibrate.words import time
from twin.validation.ranks import BINS, LEVELS, SURE, Coverage
from twin.validation.validation import Validation
from viz.drawing import Axis, Bar, Item, Series, bars, plane
from viz.numbers import UNKNOWN, number

__all__ = ["chance_band", "coverages", "histograms", "stations"]

_MOST = 24
_MODEL = "the model"


def coverages(found: Validation) -> Iterator[Part]:
    """A plot for each level with the plain rules beside the model, and all as a table."""
    rows = _rows(found)
    titles = [f"Inside the intervals that promise {stated(level)}" for level in LEVELS]
    yield Plots([Plot(title, _plot(rows, k)) for k, title in enumerate(titles)])
    yield "Whiskers are as wide as chance allows on these days; of a right prediction they hold the broken line."
    yield _table("Share of the measurements inside the intervals", rows | _figures(found))
    yield (
        "Mean rank: 0.5 if the prediction is right, more if larger values were measured than predicted; width: mean of"
        " the 90 % intervals."
    )


def stations(found: Validation) -> Iterator[Part]:
    """The model's coverage of visit times at each station."""
    often = dict(sorted(found.by_station.items(), key=lambda item: -item[1].n))
    yield _table("Visit times of the model by station", often)


def _rows(found: Validation) -> dict[str, Coverage]:
    """What is compared, by name, the model first."""
    rows = {f"visit times, {name}": one for name, one in found.coverage.items() if one.n}
    if found.lead_times is not None and found.lead_times.n:
        rows["lead times, the model"] = found.lead_times
    return rows


def _figures(found: Validation) -> dict[str, Coverage]:
    return {f"{title_of(name)}, by day": one for name, one in found.figures.items() if one.n}


def _plot(rows: Mapping[str, Coverage], place: int) -> str:
    level = LEVELS[place]
    items = []
    for name, one in rows.items():
        held, room = 100 * one.held[place], 100 * one.room(level)
        bar = Bar(held, max(0.0, held - room), min(100.0, held + room), "accent" if name.endswith(_MODEL) else "plain")
        items.append(Item(name, percent(one.held[place]), [bar]))
    axis = Axis("share inside, %", low=0.0, high=100.0)
    marks = [(f"promised {stated(level)}", 100 * level)]
    return bars(items, axis=axis, base=0.0, alt=f"share inside the {stated(level)} intervals", marks=marks)


def _table(caption: str, rows: Mapping[str, Coverage]) -> Table:
    heads = ("prediction", "n", "days", *(f"in {stated(level)}" for level in LEVELS), "mean rank", "width", "judged")
    cells = []
    for name, one in rows.items():
        width = time(one.width) if math.isfinite(one.width) else UNKNOWN
        shares = (percent(held) for held in one.held)
        cells.append((name, f"{one.n:,}", str(one.days), *shares, number(one.mean, 2), width, one.fault or "right"))
    return Table(caption, heads, cells)


def histograms(found: Validation) -> Iterator[Part]:
    """Rank histograms: flat within the band where a prediction is right."""
    named = _rows(found)
    often = sorted(found.by_station.items(), key=lambda item: -item[1].n)
    named |= {f"visit times at {name}": one for name, one in often if one.n >= 5 * BINS}
    plots = [
        Plot(f"{name}: {one.fault or 'right'}", _histogram(name, one)) for name, one in list(named.items())[:_MOST]
    ]
    yield Plots(plots)
    yield (
        "Each measurement has a rank in what was predicted for it: 0 below everything, 1 above. Flat within the band is"
        " right; a valley says that intervals are too narrow, a hill too wide, a slope that all is too low or too high."
        " The band is what chance allows where measurements of a day resemble each other."
    )


def chance_band(one: Coverage) -> tuple[float, float]:
    """Between which counts a tenth of the ranks lies by chance alone, where the prediction is right.

    Example:
        >>> low, high = chance_band(Coverage(1000, 50, (0.5, 0.8, 0.9), (100,) * 10, 0.5, 1000))
        >>> round(low), round(high)
        (75, 125)
    """
    share = 1.0 / BINS
    room = SURE * math.sqrt(share * (1 - share) / max(one.worth, 1))
    return one.n * max(0.0, share - room), one.n * min(1.0, share + room)


def _histogram(name: str, one: Coverage) -> str:
    corners = [edge / BINS for k in range(BINS) for edge in (k, k + 1)]
    steps = [float(count) for count in one.histogram for _ in range(2)]
    low, high = chance_band(one)
    even = one.n / BINS
    series = [
        Series("measured", corners, steps, [0.0] * len(steps), steps, style="plain", line=True, band=True, mark=""),
        Series("right, with chance", [0.0, 1.0], [even] * 2, [low] * 2, [high] * 2, line=True, band=True, mark=""),
    ]
    y = Axis("measurements per tenth", low=0.0)
    return plane(series, x=Axis("rank in the prediction", low=0.0, high=1.0), y=y, alt=f"ranks of {name}", height=170)
