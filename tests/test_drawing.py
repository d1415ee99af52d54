"""Plots as SVG: values stand where they belong, texts keep clear of each other, and the XML is valid."""

from __future__ import annotations

import itertools
import math
import re
from functools import cache
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trust_card import sample

from surrogates.card import page
from viz.axes import Scale, spanning
from viz.drawing import Axis, Bar, Item, Series, bars, plane

NARROW = 5.4
"""Mean width of a character of DejaVu Sans or Arial at 11; a text is hardly ever wider."""


@cache
def drawn() -> list[str]:
    return re.findall(r"<svg .*?</svg>", page(sample()), re.DOTALL)


def boxes(text: str) -> list[tuple[float, float, float, float, str]]:
    """Left, right, top and bottom of each text."""
    found = []
    for one in ET.fromstring(text).iter("text"):
        kind, said = one.get("class") or "", one.text or ""
        size = (12 if "row" in kind else 11) / 11
        wide = NARROW * size * len(said)
        start = float(one.get("x") or 0) - {"end": 1.0, "middle": 0.5}.get(kind.split()[-1], 0.0) * wide
        start = start if "strong" not in kind else float(one.get("x") or 0) - wide
        low = float(one.get("y") or 0)
        found.append((start, start + wide, low - 9 * size, low + 1, said))
    return found


def test_every_drawing_is_valid_xml_and_holds_its_texts_apart() -> None:
    for text in drawn():
        root = ET.fromstring(text)
        _, _, wide, high = map(float, (root.get("viewBox") or "").split())
        all_boxes = boxes(text)
        for k, (left, right, top, bottom, said) in enumerate(all_boxes):
            assert left >= 0, said
            assert right <= wide, said
            assert top >= 0, said
            assert bottom <= high, said
            for other in all_boxes[k + 1 :]:
                apart = right <= other[0] or other[1] <= left or bottom <= other[2] or other[3] <= top
                assert apart, (said, other[4])


def test_no_straight_line_crosses_the_text_of_a_row() -> None:
    for text in drawn():
        rows = [float(y) for y in re.findall(r'y="([\d.]+)" class="row"', text)]
        for pieces in re.findall(r'd="((?:M[\d. ]+L[\d. ]+)+)" class="(?:grid|mark)"', text):
            for x1, y1, x2, y2 in re.findall(r"M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)", pieces):
                if x1 == x2 and rows and float(y2) - float(y1) > 1:
                    assert not any(float(y1) < row - 9 < float(y2) or float(y1) < row < float(y2) for row in rows)


def test_coordinates_are_finite() -> None:
    for text in drawn():
        assert not re.search(r"nan|inf\b", re.sub(r'aria-label="[^"]*"|>[^<]*<', "", text))


def test_bars_are_as_long_as_their_values() -> None:
    items = [Item(name, "", [Bar(value)]) for name, value in (("a", 10.0), ("b", 40.0), ("c", None), ("d", math.nan))]
    text = bars(items, axis=Axis("s", low=0.0, high=50.0), base=0.0, alt="lengths")
    wide = [float(w) for w in re.findall(r'<rect [^>]*width="([\d.]+)"', text)]
    assert wide == pytest.approx([wide[1] / 4, wide[1]], abs=0.1)


def test_bars_of_ratios_begin_at_one_and_go_both_ways() -> None:
    items = [Item(str(value), "", [Bar(value)]) for value in (0.1, 10.0)]
    text = bars(items, axis=Axis("times", log=True), base=1.0, alt="ratios")
    (low, wide), (start, other) = [
        (float(x), float(w)) for x, w in re.findall(r'<rect x="([\d.]+)"[^>]*width="([\d.]+)"', text)
    ]
    assert wide == pytest.approx(other, abs=0.2)
    assert low + wide == pytest.approx(start, abs=0.2)


def test_points_stand_where_they_belong() -> None:
    x, y = [1.0, 10.0, 100.0], [0.0, 1.0, 2.0]
    text = plane([Series("", x, y)], x=Axis("x", log=True), y=Axis("y"), alt="three points")
    points = [(float(a), float(b)) for a, b in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', text)]
    (a, b, c) = points
    assert b[0] - a[0] == pytest.approx(c[0] - b[0], abs=0.15)
    assert a[1] - b[1] == pytest.approx(b[1] - c[1], abs=0.15)
    assert a[0] < b[0]
    assert a[1] > b[1]


def test_kinds_differ_by_shape_and_not_by_colour_alone() -> None:
    text = bars([Item("a", "", [Bar(1.0), Bar(2.0, style="second"), Bar(3.0, style="plain")])], axis=Axis("x"), alt="")
    assert (
        len({re.sub(r"[\d.-]", "", one)[:12] for one in re.findall(r"<(?:circle|path|rect)[^>]*fill\"/>", text)}) == 3
    )


def test_names_that_are_too_long_end_in_dots_and_can_be_asked_for() -> None:
    name = "temperature of the boss & wall " * 5
    text = bars([Item(name, "12.3 K", [Bar(1.0)])], axis=Axis("K"), alt="one")
    said = "".join(ET.fromstring(text).itertext())
    assert "…" in said
    assert name in said


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(2, 8), st.booleans())
def test_ticks_lie_within_the_axis(low: float, size: float, most: int, log: bool) -> None:
    scale = (
        Scale(size, size * (1 + abs(low)) + size, 0.0, 300.0, log=True) if log else Scale(low, low + size, 0.0, 300.0)
    )
    ticks = scale.ticks(most)
    assert ticks == sorted(set(ticks))
    assert len(ticks) <= most + 2
    room = 1e-6 * max(abs(scale.low), abs(scale.high))
    assert all(scale.low - room <= tick <= scale.high + room for tick in ticks)
    labels = scale.labelled(most)
    assert all(b[0] - a[0] >= NARROW * (len(a[1]) + len(b[1])) / 2 for a, b in itertools.pairwise(labels))


@given(
    st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True, width=32)), max_size=6), st.booleans()
)
def test_an_axis_holds_every_value_it_can(values: list[float | None], log: bool) -> None:
    scale = spanning(values, 10.0, 200.0, log=log)
    assert scale.low < scale.high
    for value in values:
        if value is not None and math.isfinite(value) and (value > 0 or not log):
            assert scale.low <= value <= scale.high
            assert 10.0 <= scale(value) <= 200.0
