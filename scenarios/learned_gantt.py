"""The first busy hour of a log as a Gantt chart: people trust what they recognise."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from scenarios.learned_wide import Span, key, rows_of_spans
from scenarios.learned_words import HOUR, clock, moment, ticks
from surrogates.pages.content import Part, Plot, Plots
from twin.eventlog.visits import VisitLog
from twin.learn.learned import Learned
from viz.colours import PRODUCTS
from viz.numbers import number

__all__ = ["gantt", "product_colours", "window"]

_LENGTHS = (300.0, 600.0, 1800.0, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 24 * HOUR)
_FEW, _MANY = 40, 900
_ROWS = 30
_OTHER = "var(--plain)"
Row = tuple[str, str, list[Span]]


def gantt(found: Learned) -> Iterator[Part]:
    """The chart, with what its colours mean."""
    begin, end = window(found.log)
    log = found.log.select((found.log.start < end) & (found.log.complete > begin))
    colours = product_colours(found.log)
    rows = _rows(found, log, colours, begin, end)
    marks = [(100 * (at - begin) / (end - begin), text) for at, text in ticks(begin, end, log.zone)]
    drawn = rows_of_spans(rows[:_ROWS], end - begin, marks=marks, alt="visits of the machines over time")
    used = set(log.product.codes.tolist())
    entries = [(colour, word) for code, (word, colour) in enumerate(colours.items()) if code in used]
    entries = [one for one in entries if one[0] != _OTHER] + [(_OTHER, "other products")] * any(
        c == _OTHER for c, _ in entries
    )
    title = f"{moment(begin, log.zone)} to {clock(end)}, {len(log):,} visits"
    yield Plots([Plot(title, (key(entries) if len(entries) > 1 else "") + drawn)])
    more = f" Shown are the first {_ROWS} of {len(rows)} rows." if len(rows) > _ROWS else ""
    yield f"Each bar is a visit from start to completion; the share at the right is the time covered by visits.{more}"


def product_colours(log: VisitLog) -> dict[str, str]:
    """A colour for each of the log's products: the most frequent have their own, others share one."""
    often = np.argsort(-log.product.count, kind="stable")[: len(PRODUCTS)]
    own = {log.product.words[code]: PRODUCTS[k] for k, code in enumerate(often)}
    return {word: own.get(word, _OTHER) for word in log.product.words}


def window(log: VisitLog) -> tuple[float, float]:
    """About an hour, from the first half as busy as others; longer where little happens, shorter where much.

    Returns:
        Its begin and end [s since 1970].
    """
    hour = np.floor(log.start / HOUR)
    hours, counts = np.unique(hour, return_counts=True)
    first = float(hours[np.flatnonzero(counts >= np.median(counts) / 2)[0]]) * HOUR
    inside = [int(((log.start >= first) & (log.start < first + length)).sum()) for length in _LENGTHS]
    place = _LENGTHS.index(HOUR)
    while place and inside[place] > _MANY:
        place -= 1
    while place < len(_LENGTHS) - 1 and inside[place] < _FEW and inside[place + 1] <= _MANY:
        place += 1
    begin = max(first, np.floor(float(log.start[log.start >= first].min()) / 60.0) * 60.0)
    end = begin + _LENGTHS[place]
    last = float(log.complete[(log.start >= begin) & (log.start < end)].max())
    return begin, min(end, max(np.ceil(last / 300.0) * 300.0, begin + _LENGTHS[0]))


def _rows(found: Learned, log: VisitLog, colours: dict[str, str], begin: float, end: float) -> list[Row]:
    """A row for each machine, and for each of the parts that one works on at a time."""
    rows = []
    for name in found.route.stations:
        here = np.flatnonzero(log.station.where(name))
        for code in np.unique(log.machine.codes[here]):
            own = here[log.machine.codes[here] == code]
            machine = f"{name} {log.machine.words[code]}" if code >= 0 else name
            lanes = _lanes(log, own)
            for k, lane in enumerate(lanes):
                title = machine if len(lanes) == 1 else f"{machine}, place {k + 1}"
                spans = [_span(log, int(row), colours, begin, end) for row in lane]
                rows.append((title, f"{100 * sum(s.end - s.begin for s in spans) / (end - begin):.0f} %", spans))
    return rows


def _lanes(log: VisitLog, rows: NDArray[np.int64]) -> Sequence[list[int]]:
    """Visits that overlap in rows of their own, as few as will do."""
    lanes: list[list[int]] = []
    free: list[tuple[float, int]] = []
    for row in rows[np.argsort(log.start[rows], kind="stable")].tolist():
        if free and free[0][0] <= log.start[row] + 1e-3:
            lane = heapq.heappop(free)[1]
        else:
            lane = len(lanes)
            lanes.append([])
        lanes[lane].append(row)
        heapq.heappush(free, (float(log.complete[row]), lane))
    return lanes


def _span(log: VisitLog, row: int, colours: dict[str, str], begin: float, end: float) -> Span:
    product, activity = log.product[row], log.activity[row]
    said = [f"part {log.case[row]}", product, activity, f"{clock(log.start[row])}, {number(log.time[row], 3)} s"]
    first, last = max(float(log.start[row]), begin) - begin, min(float(log.complete[row]), end) - begin
    return Span(first, last, colours.get(product, "var(--accent)"), ", ".join(word for word in said if word))
