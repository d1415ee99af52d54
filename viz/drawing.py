"""Plots as SVG that stands inside a page: points, curves and intervals over two axes, and rows of bars or dots.

Colours and fonts come from the page (classes `accent`, `second`, `plain`, `grid`, `axis`, `mark`), so that light, dark
and print need no second drawing. What differs by colour differs by shape, too. Texts are escaped here.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viz.axes import CHARACTER, Scale, spanning, text_width

__all__ = ["DRAWINGS", "Axis", "Bar", "Guide", "Item", "Series", "bars", "plane", "svg"]

DRAWINGS = """\
svg text { font: 11px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif;
  fill: var(--soft); }
svg .row { font-size: 12px; fill: var(--ink); } svg .strong { font-weight: 600; font-variant-numeric: tabular-nums; }
svg .end { text-anchor: end; } svg .middle { text-anchor: middle; }
svg .grid, svg .axis, svg .mark { fill: none; }
svg .grid { stroke: var(--grid); stroke-width: 1; } svg .axis { stroke: var(--plain); stroke-width: 1; }
svg .mark { stroke: var(--mark); stroke-width: 1; stroke-dasharray: 4 3; }
svg .accent { --tone: var(--accent); } svg .second { --tone: var(--second); } svg .plain { --tone: var(--plain); }
svg .fill { fill: var(--tone); } svg .curve { fill: none; stroke: var(--tone); stroke-width: 1.8; }
svg .whisker { stroke: var(--tone, var(--ink)); stroke-width: 1.5; }
svg .band { fill: var(--tone); opacity: .22; }
svg .dots { fill: none; stroke: var(--tone); stroke-width: 3.2; stroke-linecap: round; opacity: .65; }
"""
"""Style sheet of drawings, for a page that says what `--ink`, `--soft`, `--grid`, `--plain`, `--mark`, `--accent` and
`--second` are."""

WIDTH = 360
RIGHT = WIDTH - 12
LEFT = 12
"""Where axes begin and end, so that the first and the last number below them have room."""
TEXT = 15
"""From one line of text to the next."""


@dataclass(frozen=True)
class Axis:
    """What an axis shows.

    Attributes:
        label: with its unit.
        log: whether it is logarithmic.
        include: values that it has to hold besides those drawn.
        low, high: its ends; None lets the values choose.
        margin: room at ends that the values choose, as a share of its length.
        whole: whether only whole numbers are marked below a drawing: days, parts.
    """

    label: str
    log: bool = False
    include: Sequence[float] = ()
    low: float | None = None
    high: float | None = None
    margin: float = 0.06
    whole: bool = False

    def scale(self, values: Sequence[float | None], start: float, end: float) -> Scale:
        """The axis for some values."""
        found = spanning([*values, *self.include], start, end, log=self.log, margin=self.margin)
        low = found.low if self.low is None else self.low
        high = found.high if self.high is None else self.high
        return Scale(low, high, start, end, self.log) if low < high else found


@dataclass(frozen=True)
class Series:
    """Points of one kind.

    Attributes:
        label: in the key; "" for none.
        x, y: where they stand.
        low, high: ends of their intervals; None without.
        style: "accent", "second" or "plain": colour, and shape of the mark.
        line: whether they are joined.
        band: whether the intervals are a band, else whiskers.
        mark: "shape", "dot" for many small ones, or "" for none.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] | None = None
    high: Sequence[float] | None = None
    style: str = "accent"
    line: bool = False
    band: bool = False
    mark: str = "shape"


@dataclass(frozen=True)
class Guide:
    """A straight line through the drawing from (x, y) to (x, y), with its label in the key ("" for none)."""

    label: str
    start: tuple[float, float]
    end: tuple[float, float]


@dataclass(frozen=True)
class Bar:
    """One value in a row.

    Attributes:
        value: None draws nothing.
        low, high: ends of its interval; None without.
        style: as of a series.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    style: str = "accent"


@dataclass(frozen=True)
class Item:
    """A row: its name, its values as text, and its values as bars or dots."""

    label: str
    text: str
    bars: Sequence[Bar]


def svg(body: Sequence[str], *, height: float, alt: str, width: float = WIDTH) -> str:
    """A drawing with its description for those who do not see it."""
    head = f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{html.escape(alt, quote=True)}">'
    return "\n".join([head, *(one for one in body if one), "</svg>"])


def plane(
    series: Sequence[Series], *, x: Axis, y: Axis, alt: str, height: float = 230.0, guides: Sequence[Guide] = ()
) -> str:
    """Points, curves and intervals over two axes.

    Args:
        series: drawn in this order.
        x: the horizontal axis.
        y: the vertical axis; its label stands above it.
        alt: what there is to see, in words.
        height: of the area between the axes and its labels, without the key.
        guides: straight lines to compare with; their ends have to lie within the axes to count for them.
    """
    key, top = _key([(s.label, s.style, False) for s in series] + [(g.label, "mark", True) for g in guides])
    body = [_text(0, 11, y.label, "name"), *key]
    top += 8
    bottom = top + height - 50
    heights = [v for s in series for v in (*s.y, *(s.low or ()), *(s.high or ()))]
    up = y.scale(heights, bottom, top)
    labels = up.texts()
    left = 10 + max((text_width(text) for text in labels), default=0.0)
    across = x.scale([v for s in series for v in s.x], left, RIGHT)
    most = min(6, math.ceil(across.high - across.low)) if x.whole else 6
    levels, columns = [up(value) for value in up.ticks()], across.labelled(most)
    body.append(_lines([(left, at, RIGHT, at) for at in levels], "grid"))
    body += [_text(left - 5, at + 4, text, "tick end") for at, text in zip(levels, labels, strict=True)]
    feet = [(at, bottom, at, bottom + 4) for at, _ in columns]
    body.append(_lines([(left, bottom, RIGHT, bottom), *feet], "axis"))
    body += [_text(at, bottom + 16, text, "tick middle") for at, text in columns]
    body += [_text(RIGHT, bottom + 34, x.label, "name end")]
    body.append(_lines([(*_at(one.start, across, up), *_at(one.end, across, up)) for one in guides], "mark"))
    for one in series:
        body += _series(one, across, up)
    return svg(body, height=bottom + 40, alt=alt)


def bars(
    items: Sequence[Item],
    *,
    axis: Axis,
    alt: str,
    base: float | None = None,
    marks: Sequence[tuple[str, float]] = (),
    key: Sequence[tuple[str, str]] = (),
) -> str:
    """Rows, each with its name and its values as text above its bars or dots: no text can meet another.

    Args:
        items: from top to bottom.
        axis: the horizontal axis.
        alt: what there is to see, in words.
        base: where bars begin; None draws dots, as a logarithmic axis without a natural beginning needs.
        marks: vertical lines to compare with: label and value.
        key: label and style of what the bars of a row mean.
    """
    said, top = _key([(*one, False) for one in key] + [(label, "mark", True) for label, _ in marks], first=0.0)
    values = [v for item in items for bar in item.bars for v in (bar.value, bar.low, bar.high)]
    across = axis.scale([*values, *(value for _, value in marks), base], LEFT, RIGHT)
    step = 10.0 if base is not None else 11.0
    deep = [TEXT + 3 + step * len(item.bars) + 7 for item in items]
    bottom = top + sum(deep)
    body, ticks = list(said), across.labelled(6)
    body += [_text(at, bottom + 14, text, "tick middle") for at, text in ticks]
    at = top
    for item, depth in zip(items, deep, strict=True):
        body += _named(item, at)
        # behind the bars alone, so that no line goes through a text
        for style, places in (("grid", [place for place, _ in ticks]), ("mark", [across(value) for _, value in marks])):
            body.append(_lines([(place, at + TEXT + 2, place, at + depth - 3) for place in places], style))
        for place, bar in enumerate(item.bars):
            body += _bar(bar, at + TEXT + 3 + step * place + step / 2, across, base)
        at += depth
    body += [_lines([(LEFT, bottom, RIGHT, bottom)], "axis"), _text(RIGHT, bottom + 31, axis.label, "name end")]
    return svg(body, height=bottom + 37, alt=alt)


def _named(item: Item, at: float) -> list[str]:
    """The line of text above the bars of a row; a name that is too long ends in dots and is told in full on asking."""
    room = RIGHT - LEFT - text_width(item.text) - 2 * CHARACTER
    label = item.label
    if text_width(label) > room:
        label = label[: max(1, int(room / CHARACTER) - 1)] + "…"
    full = f"<title>{html.escape(item.label)}</title>" if label != item.label else ""
    name = f'<text x="{LEFT}" y="{at + 13:g}" class="row">{html.escape(label)}{full}</text>'
    return [name, _text(RIGHT, at + 13, item.text, "row end strong")]


def _bar(bar: Bar, at: float, across: Scale, base: float | None) -> list[str]:
    if bar.value is None or not math.isfinite(bar.value):
        return []
    drawn, place = [], across(bar.value)
    if base is not None:
        start, end = sorted((across(base), place))
        wide = max(end - start, 0.5)
        drawn.append(
            f'<rect x="{start:g}" y="{at - 4:g}" width="{wide:.4g}" height="8" rx="1" class="{bar.style} fill"/>'
        )
    if bar.low is not None and bar.high is not None:
        low, high = across(bar.low), across(bar.high)
        ends = [(end, at - 3, end, at + 3) for end in (low, high)] if base is not None else []
        drawn.append(_lines([(low, at, high, at), *ends], "whisker" if ends else f"{bar.style} whisker"))
    if base is None:
        drawn.append(_shape(place, at, bar.style))
    return drawn


def _series(one: Series, across: Scale, up: Scale) -> list[str]:
    """What one series looks like."""
    points = [(across(a), up(b)) for a, b in zip(one.x, one.y, strict=True) if math.isfinite(a) and math.isfinite(b)]
    drawn: list[str] = []
    if one.low is not None and one.high is not None:
        ends = list(zip(one.x, one.low, one.high, strict=True))
        if one.band:
            way = [f"{across(a):g},{up(b):g}" for a, _, b in ends] + [
                f"{across(a):g},{up(b):g}" for a, b, _ in reversed(ends)
            ]
            drawn.append(f'<polygon points="{" ".join(way)}" class="{one.style} band"/>')
        else:
            drawn.append(_lines([(across(a), up(b), across(a), up(c)) for a, b, c in ends], f"{one.style} whisker"))
    if one.line:
        way = " ".join(f"{a:g},{b:g}" for a, b in points)
        drawn.append(f'<polyline points="{way}" class="{one.style} curve"/>')
    if one.mark == "dot":
        drawn.append(f'<path d="{"".join(f"M{a:g} {b:g}h0" for a, b in points)}" class="{one.style} dots"/>')
    elif one.mark:
        drawn += [_shape(a, b, one.style) for a, b in points]
    return drawn


def _key(entries: Sequence[tuple[str, str, bool]], *, first: float = 15.0) -> tuple[list[str], float]:
    """What the shapes mean, in as many lines as it takes; and where the drawing may begin."""
    drawn, at, line = [], 8.0, first
    for label, style, is_line in entries:
        if not label:
            continue
        room = WIDTH - 24
        said = label if text_width(label) <= room else label[: int(room / CHARACTER) - 1] + "…"
        wide = 18 + text_width(said) + 12
        if at > 8.0 and at + wide - 12 > WIDTH:
            at, line = 8.0, line + TEXT
        drawn.append(
            _lines([(at - 4, line + 7, at + 10, line + 7)], "mark") if is_line else _shape(at + 3, line + 7, style)
        )
        drawn.append(_text(at + 14, line + 11, said, "tick"))
        at += wide
    return drawn, line + (TEXT + 3 if drawn else 0.0)


def _shape(x: float, y: float, style: str) -> str:
    """A circle for `accent`, a diamond for `second`, a small square for everything else."""
    if style == "accent":
        return f'<circle cx="{x:g}" cy="{y:g}" r="3.6" class="accent fill"/>'
    if style == "second":
        return f'<path d="M{x:g} {y - 4.8:g}l4.8 4.8l-4.8 4.8l-4.8 -4.8z" class="second fill"/>'
    return f'<rect x="{x - 3:g}" y="{y - 3:g}" width="6" height="6" class="{style} fill"/>'


def _at(point: tuple[float, float], across: Scale, up: Scale) -> tuple[float, float]:
    return across(point[0]), up(point[1])


def _lines(pieces: Sequence[tuple[float, float, float, float]], style: str) -> str:
    """Straight pieces from (x, y) to (x, y), as one path."""
    way = "".join(f"M{x1:g} {y1:g}L{x2:g} {y2:g}" for x1, y1, x2, y2 in pieces)
    return f'<path d="{way}" class="{style}"/>' if way else ""


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{style}">{html.escape(text)}</text>'


def finite(values: Sequence[float | None]) -> list[float]:
    """Numbers with NaN where JSON says null."""
    return [float(v) if isinstance(v, int | float) else float(np.nan) for v in values]
