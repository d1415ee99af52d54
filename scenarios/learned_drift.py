"""Do times change over the days, and how much comes out on each?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from scenarios.learned_wide import strip
from scenarios.learned_words import HOUR, date, listed, several, ticks
from surrogates.pages.content import Part, Plot, Plots, Points
from twin.eventlog.visits import DAY
from twin.learn.learned import Learned
from twin.validation.drift import Trend, trends_of
from viz.drawing import Axis, Series, plane
from viz.numbers import number

__all__ = ["drift", "trend_plot"]

_DAYS = 4
"""From so many days on, days are compared; before, hours."""
_MOST = 12
_WEEKS = 120
_COLUMNS = 240


def drift(found: Learned) -> Iterator[Part]:
    """Medians of each station over the days, and the output of each day."""
    log = found.log
    days = len(np.unique(log.day))
    length, unit = (HOUR, "hour") if days < _DAYS else (DAY, "day") if days < _WEEKS else (7 * DAY, "week")
    own = log.select(log.good_or_scrapped & (log.attempts == 1))
    net = own.time - found.calendar.closed(own.start, own.complete)
    trends = trends_of(own.station, net, (own.start // length).astype(np.int64))
    first = float(np.floor(log.start.min() / length))
    busy = sorted(trends, key=lambda one: -int(log.station.where(one.name).sum()))[:_MOST]
    names = [name for name in found.route.stations if name in {one.name for one in busy}]
    shown = {one.name: one for one in busy}
    if unit == "day" and names:
        yield Points(list(_said([shown[name] for name in names])))
    plots = [trend_plot(shown[name], first, f"{unit} (1: {date(first * length, log.zone)})") for name in names]
    yield Plots(plots)
    if plots:
        yield f"Median time of the visits of each {unit}, with its 90 % interval."
    else:
        yield "No station has four days (or hours, in a shorter log) of eight visits each, so drift cannot be told."
    yield Plots([Plot("Output by day", _output(found))])
    yield "A part counts on the day on which its last visit ends."


def _said(trends: Sequence[Trend]) -> Iterator[str]:
    moving = [one for one in trends if one.drifts]
    for one in moving:
        yield f"{one.name}: {one.change - 1:+.0%} from the first to the last third of the days (p = {one.chance:.1g})."
    still = [one.name for one in trends if not one.drifts]
    if still:
        yield f"No change past chance: {listed(still, 12)}."


def trend_plot(one: Trend, first: float, words: str) -> Plot:
    """Medians of one kind over the days.

    Args:
        one: the trend.
        first: the number of the day that counts as 1.
        words: what stands below the axis.
    """
    x = (one.days - first + 1).tolist()
    series = Series("", x, one.median.tolist(), one.low.tolist(), one.high.tolist(), line=len(x) > 1)
    title = f"{one.name}: median {number(float(np.median(one.median)), 3)} s"
    drawn = plane(
        [series],
        x=Axis(words, include=(x[0] - 0.4, x[-1] + 0.4), whole=True),
        y=Axis("median time, s"),
        alt=f"times at {one.name} over the days",
        height=170,
    )
    return Plot(title, drawn)


def _output(found: Learned) -> str:
    """Parts by day (weeks in a long log)."""
    log = found.log
    last = np.full(len(log.case.words), -np.inf)
    np.maximum.at(last, log.case.codes, log.complete)
    last = last[np.isfinite(last)]
    width = DAY if np.ptp(last) / DAY < _COLUMNS else 7 * DAY
    first = np.floor(last.min() / width) * width
    counts = np.bincount(((last - first) // width).astype(int)).astype(float)
    begins = [first + width * k for k in range(len(counts))]
    told = [f"{date(at, log.zone)}: {several(int(n), 'part')}" for at, n in zip(begins, counts, strict=True)]
    length = width * len(counts)
    marks = [(100 * (at - first) / length, text) for at, text in ticks(first, first + length, log.zone, inside=True)]
    unit = "day" if width == DAY else "week"
    return strip(counts, None, names=(f"parts per {unit}", ""), marks=marks, told=told, alt="parts finished by day")
