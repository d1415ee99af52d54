"""Drawings as wide as the page: places across are per cent, and texts keep their size on a phone and a wide screen."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viz.numbers import number

__all__ = ["WIDE", "Span", "across_texts", "box", "key", "label", "rows_of_spans", "rule", "strip", "wide"]

Array = NDArray[np.float64]

WIDE = """
thead th { white-space: nowrap; }
.plots:has(svg.wide) { grid-template-columns: minmax(0, 1fr); } figure:has(> svg.wide) { max-width: none; }
svg.wide { overflow: visible; } svg .outline { fill: none; stroke: var(--mark); stroke-width: 1.5; }
svg .pause { fill: none; stroke: var(--second); stroke-width: 1.5; stroke-dasharray: 3 2; }
svg .heat { fill: var(--accent); } svg .small { font-size: 9px; fill: var(--ink); }
.key { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 13px; color: var(--soft); margin: 0 0 6px; }
.key i { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin-right: 6px;
  vertical-align: -1px; }
"""
"""Style sheet of these drawings, which goes with `viz.drawing.DRAWINGS`."""

_NAME, _BAR = 15.0, 13.0
_EDGE = 5.0
"""Texts nearer than this to an end [%] are set inwards."""


@dataclass(frozen=True)
class Span:
    """A piece of a row, from begin to end.

    Attributes:
        begin, end: in the unit of the row.
        colour: of CSS.
        told: what it is, on asking.
    """

    begin: float
    end: float
    colour: str
    told: str = ""


def wide(body: Sequence[str], *, height: float, alt: str) -> str:
    """A drawing of this height [px]."""
    head = f'<svg class="wide" role="img" style="height:{height:g}px" aria-label="{html.escape(alt, quote=True)}">'
    return "\n".join([head, *(one for one in body if one), "</svg>"])


def box(left: float, right: float, y: float, deep: float, *, style: str = "", colour: str = "", told: str = "") -> str:
    """A rectangle between two shares of the width [%]; nothing is thinner than can be seen."""
    left, right = min(max(left, 0.0), 100.0), min(max(right, 0.0), 100.0)
    look = f' class="{style}"' if style else ""
    look += f' style="{colour}"' if colour else ""
    place = f'x="{left:.2f}%" y="{y:.4g}" width="{max(right - left, 0.1):.2f}%" height="{deep:.3g}"'
    return f"<rect {place}{look}>{_title(told)}</rect>" if told else f"<rect {place}{look}/>"


def rule(y: float, style: str = "axis") -> str:
    """A line from side to side."""
    return f'<line x1="0" x2="100%" y1="{y:g}" y2="{y:g}" class="{style}"/>'


def label(x: float, y: float, text: str, style: str = "tick") -> str:
    """A text at a share of the width [%]."""
    return f'<text x="{x:.2f}%" y="{y:g}" class="{style}">{html.escape(text)}</text>'


def across_texts(marks: Sequence[tuple[float, str]], y: float) -> list[str]:
    """Texts below an axis at shares of the width [%], those at its ends set inwards."""
    return [
        label(x, y, text, f"tick {'' if x < _EDGE else 'end' if x > 100 - _EDGE else 'middle'}".strip())
        for x, text in marks
    ]


def key(entries: Sequence[tuple[str, str]]) -> str:
    """What colours mean: colour and words of each."""
    said = [f'<span><i style="background:{colour}"></i>{html.escape(words)}</span>' for colour, words in entries]
    return f'<p class="key">{"".join(said)}</p>'


def strip(
    above: Array,
    below: Array | None,
    *,
    names: tuple[str, str],
    marks: Sequence[tuple[float, str]],
    told: Sequence[str],
    alt: str,
) -> str:
    """Columns over time, and others that hang from the same axis, each kind on a scale of its own.

    Args:
        above: heights of the columns [column].
        below: of those that hang; None for none.
        names: what both are, with their units.
        marks: share of the width [%] and text of what stands below.
        told: what each column is, on asking [column].
        alt: what there is to see.
    """
    high, deep = 96.0, 44.0
    foot = 20 + high
    step = 100.0 / max(len(above), 1)
    body = [label(0, 11, f"{names[0]}: {number(float(above.max(initial=0)))} at most"), rule(foot)]
    body += _columns(above, told, step, lambda tall: (foot - tall, tall), high, "accent fill")
    at = foot
    if below is not None:
        body += _columns(below, told, step, lambda tall: (foot + 1, tall), deep, "second fill")
        at += deep + 14
        body.append(label(0, at, f"{names[1]}: {number(float(below.max(initial=0)))} at most"))
    at += 16
    return wide([*body, *across_texts(marks, at)], height=at + 6, alt=alt)


def _columns(values: Array, told: Sequence[str], step: float, placed, room: float, style: str) -> list[str]:
    top = float(values.max(initial=0.0)) or 1.0
    gap = 0.08 * step if len(values) < 120 else 0.0  # narrower gaps do not show
    drawn = []
    for k, value in enumerate(values.tolist()):
        if value > 0:
            y, tall = placed(max(1.5, room * value / top))
            drawn.append(box(step * k + gap, step * (k + 1) - gap, y, tall, style=style, told=told[k]))
    return drawn


def rows_of_spans(
    rows: Sequence[tuple[str, str, Sequence[Span]]],
    length: float,
    *,
    marks: Sequence[tuple[float, str]],
    alt: str,
) -> str:
    """Rows of coloured pieces, the name and a text of each row above it.

    Args:
        rows: name, text at its right end, pieces.
        length: of the axis, in the unit of the pieces.
        marks: share of the width [%] and text of what stands below.
        alt: what there is to see.
    """
    body, at = [], 0.0
    for name, text, spans in rows:
        body += [label(0, at + 12, name, "row"), label(100, at + 12, text, "tick end")]
        top = at + _NAME + 2
        body.append(box(0, 100, top, _BAR, colour="fill:var(--grid)"))
        for one in spans:
            begin, end = 100 * one.begin / length, 100 * one.end / length
            body.append(box(begin, end, top, _BAR, colour=f"fill:{one.colour}", told=one.told))
        at = top + _BAR + 5
    return wide([*body, rule(at), *across_texts(marks, at + 15)], height=at + 20, alt=alt)


def _title(text: str) -> str:
    return f"<title>{html.escape(text)}</title>"
