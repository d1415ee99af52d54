"""The way of the parts: stations in their order, or, where there is no single order, how often parts go where."""

from __future__ import annotations

import html
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from scenarios.learned_words import several
from surrogates.pages.content import Part, Plot, Plots, Table
from surrogates.pages.words import percent
from twin.learn.learned import Learned
from twin.learn.station import StationFacts
from viz.drawing import svg
from viz.numbers import number

__all__ = ["ROUTE", "moves_of", "route"]

ROUTE = """
.plots:has(> figure > .matrix) { grid-template-columns: minmax(0, 1fr); } figure:has(> .matrix) { max-width: 520px; }
figure:has(> .route) { max-width: none; } .plots:has(> figure > .route) { grid-template-columns: minmax(0, 1fr); }
.route { list-style: none; display: flex; flex-wrap: wrap; gap: 10px 34px; padding: 4px 0; margin: 0; max-width: none; }
.route li { position: relative; margin: 0; padding: 8px 14px; border: 1.5px solid var(--accent); border-radius: 6px;
  background: var(--raised); font-size: 13px; line-height: 1.4; color: var(--soft); max-width: 100%; min-width: 118px; }
.route b { display: block; font-size: 15px; color: var(--ink); overflow-wrap: anywhere; }
.route li:not(:last-child)::after { content: "→"; position: absolute; right: -27px; top: calc(50% - 13px);
  font-size: 18px; color: var(--plain); }
"""
"""Style sheet of the row of stations."""

_MOST = 16
_MOST_MOVES = 20
_LEFT, _WIDE = 104.0, 360.0
_SHORT = 14


def route(found: Learned) -> Iterator[Part]:
    """A row of stations for a line, a matrix of moves for anything else."""
    moves = moves_of(found)
    names = found.route.stations
    place = {name: k for k, name in enumerate(names)}
    if found.route.serial and found.stations:
        boxes = "".join(_box(found, facts, first=not k) for k, facts in enumerate(found.stations.values()))
        yield Plots([Plot("Stations in the order in which parts visit them", f'<ol class="route">{boxes}</ol>')])
        back = {pair: n for pair, n in moves.items() if place[pair[1]] < place[pair[0]]}
        if back:
            yield _table("Moves back to an earlier station", back, sum(moves.values()))
        else:
            yield "No part goes back to an earlier station."
        return
    yield Plots([Plot(f"Moves from station to station{_cut(names)}", _matrix(names[:_MOST], moves))])
    yield _table(f"The {min(len(moves), _MOST_MOVES)} most frequent moves", moves, sum(moves.values()))


def moves_of(found: Learned) -> dict[tuple[str, str], int]:
    """How often parts went from one station to another, the most frequent first; repeated visits are no moves."""
    log = found.log
    order = np.lexsort((log.start, log.case.codes))
    station, case = log.station.codes[order].astype(np.int64), log.case.codes[order]
    go = (case[1:] == case[:-1]) & (station[1:] != station[:-1])
    words = log.station.words
    pairs, counts = np.unique(station[:-1][go] * len(words) + station[1:][go], return_counts=True)
    busiest = np.argsort(-counts, kind="stable")
    return {(words[pairs[k] // len(words)], words[pairs[k] % len(words)]): int(counts[k]) for k in busiest}


def _box(found: Learned, facts: StationFacts, *, first: bool) -> str:
    """A station."""
    said = [several(facts.machines, "machine")]
    if first:
        said.append("always has a part" if found.saturated else _comes(found))
    elif facts.places is not None:
        said.append(f"{'' if facts.places.known else 'at least '}{several(facts.places.least, 'waiting place')}")
    if not first:
        known = not np.isnan(facts.transport)
        said.append(f"transport {number(facts.transport, 3)} s" if known else "transport not seen")
    return f"<li><b>{html.escape(facts.name)}</b>{'<br>'.join(said)}</li>"


def _comes(found: Learned) -> str:
    """How parts come to the line."""
    law = found.line.source.time if found.line else None
    return "parts arrive" if law is None else f"a part every {number(law.mean, 3)} s"


def _table(caption: str, moves: dict[tuple[str, str], int], total: int) -> Table:
    rows = [(a, b, f"{n:,}", percent(n / total)) for (a, b), n in list(moves.items())[:_MOST_MOVES]]
    return Table(caption, ("from", "to", "moves", "share"), rows, left=(0, 1), folded=len(rows) > 6)


def _cut(names: tuple[str, ...]) -> str:
    return f", the first {_MOST} of {len(names)} stations" if len(names) > _MOST else ""


def _matrix(names: tuple[str, ...], moves: dict[tuple[str, str], int]) -> str:
    """From (row) and to (column); the darker, the more often."""
    counts = np.array([[moves.get((a, b), 0) for b in names] for a in names])
    side = (_WIDE - _LEFT) / max(len(names), 1)
    deep = min(side, 34.0)
    body = [f'<text x="{_LEFT - 6:g}" y="11" class="tick end">from ↓ to →</text>']
    for k, name in enumerate(names):
        said = html.escape(name if len(name) <= _SHORT else name[: _SHORT - 1] + "…")
        body.append(f'<text x="{_LEFT + side * (k + 0.5):.1f}" y="11" class="tick middle">{k + 1}</text>')
        y = 18 + deep * (k + 0.5) + 4
        body.append(f'<text x="{_LEFT - 6:g}" y="{y:.1f}" class="tick end">{k + 1} {said}</text>')
    shade = _shade(counts)
    for i, j in np.ndindex(counts.shape):
        body += _cell(names[i], names[j], int(counts[i, j]), (i, j), (side, deep), float(shade[i, j]))
    drawn = svg(body, height=18 + deep * len(names) + 2, alt="moves from station to station", width=_WIDE)
    return f'<div class="matrix">{drawn}</div>'


def _shade(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Opacity; the root, so that rare moves show as well."""
    return 0.06 + 0.54 * np.sqrt(counts / max(int(counts.max(initial=0)), 1))


def _cell(a: str, b: str, n: int, at: tuple[int, int], size: tuple[float, float], shade: float) -> tuple[str, ...]:
    side, deep = size
    x, y = _LEFT + side * at[1], 18 + deep * at[0]
    where = f'x="{x + 0.5:.1f}" y="{y + 0.5:.1f}" width="{side - 1:.1f}" height="{deep - 1:.1f}"'
    if not n:
        return (f'<rect {where} style="fill:var(--grid);opacity:.5"/>',)
    told = html.escape(f"{a} to {b}: {n:,}")
    return (
        f'<rect {where} class="heat" style="opacity:{shade:.2f}"><title>{told}</title></rect>',
        f'<text x="{x + side / 2:.1f}" y="{y + deep / 2 + 3:.1f}" class="small middle">{n}</text>',
    )
