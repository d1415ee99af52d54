"""Rows and numbers of a page in plain text, 80 columns wide: heads to the left, texts that wrap, tables that do not."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from scenarios.tables import number

if TYPE_CHECKING:
    from twin.figures import Figure

__all__ = [
    "HEAD",
    "cells",
    "cut",
    "half_text",
    "half_width",
    "moment_text",
    "one_decimal",
    "percent",
    "plus_minus",
    "row",
    "share_text",
    "short",
    "three_digits",
    "time_text",
]

WIDTH = 80
HEAD = 11
"""Columns of the heads to the left."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def row(head: str, text: str, *, wide: bool = False, hang: int = 0) -> list[str]:
    """A head and a text that goes on below itself, `hang` columns further; a `wide` head takes up to half."""
    head, text = _clean(head), _clean(text)
    most = WIDTH // 2 if wide else HEAD - 1
    start = set_cell_size(cut(head, most), max(HEAD, min(cell_len(head), most) + 3) if wide else HEAD)
    found, line = [], start
    for word in _words(text):
        fresh = line == start
        joined = line + word if fresh else f"{line} {word}"
        if cell_len(joined) > WIDTH and not fresh:
            found.append(line)
            joined = " " * (HEAD + hang) + word
        line = joined
    return [*found, line]


def _words(text: str) -> Iterator[str]:
    """The words of a text, of which none is wider than a row."""
    for word in text.split():
        yield from textwrap.wrap(word, (WIDTH - HEAD) // 2) if cell_len(word) > WIDTH - HEAD else [word]


def cells(head: str, widths: Sequence[int], texts: Sequence[str]) -> str:
    """A row of a table; a width below zero sets to the right, and what is too long is cut off."""
    row = set_cell_size(head, HEAD)
    for width, whole in zip(widths, texts, strict=True):
        text = cut(whole, abs(width) - 1)
        pad = abs(width) - cell_len(text)
        row += text + " " * pad if width > 0 else " " * pad + text
    return row


def cut(text: str, width: int) -> str:
    """A text in so many columns at most; "…" stands for what is left out."""
    text = _clean(text)
    return text if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def _clean(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def moment_text(moment: datetime, since: datetime | None = None) -> str:
    """A date and time; of the day alone where `since` is the same day."""
    time = f"{moment:%H:%M}"
    if since is not None and since.date() == moment.date():
        return time
    day = _DAYS[moment.weekday()]
    return f"{moment:%Y-%m-%d} {day} {time}" if since is None or (moment - since).days > 5 else f"{day} {time}"


def half_width(figure: Figure) -> float | None:
    """Half of the 95 % interval; None without one."""
    pair = figure.ci95
    return None if pair is None else (pair[1] - pair[0]) / 2


def _places(half: float) -> int:
    """Decimals that show a half-width with one digit, between 1 and 2 with two.

    Example:
        >>> [_places(half) for half in (23.0, 7.1, 1.3, 0.42, 0.019)]
        [0, 0, 1, 1, 2]
    """
    return max(0, -math.floor(math.log10(half)) + (1 <= half < 2))


def plus_minus(figure: Figure | None, *, scale: float = 1.0, places: int | None = None) -> str:
    """Mean and half-width, as in "1213 ±23", with as many decimals as the half-width deserves."""
    if figure is None or figure.value is None:
        return "-"
    value, half = scale * figure.value, scale * (half_width(figure) or 0.0)
    if not math.isfinite(half) or half < 1e-9 * max(1.0, abs(value)):
        return f"{value:.{places}f}" if places is not None else number(round(value, 9))
    decimals = _places(half) if places is None else places
    return f"{value:.{decimals}f} ±{half:.{decimals}f}"


def percent(figure: Figure | None, *, alone: bool = False, whole: bool = False) -> str:
    """A share in per cent with its half-width, or `alone`; `whole` without decimals."""
    if figure is None or figure.value is None:
        return "not known"
    if half_width(figure) is None and not whole:
        return f"{three_digits(100 * figure.value):g} %"
    mean, _, half = plus_minus(figure, scale=100, places=0 if whole else None).partition(" ")
    return f"{mean} %" + (f" {half}" if half and not alone else "")


def time_text(seconds: float) -> str:
    """A time with three digits at most.

    Example:
        >>> time_text(1494.6), time_text(76.39), time_text(531360.0)
        ('24.9 min', '76.4 s', '6.15 d')
    """
    for length, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * length:
            return f"{three_digits(seconds / length):g} {unit}"
    return f"{three_digits(seconds):g} s"


def three_digits(value: float | None) -> float:
    """A number rounded to three digits; zero for None."""
    return float(f"{value or 0.0:.3g}")


def one_decimal(figure: Figure, sign: float) -> str:
    """A mean with one decimal; a loss as what it takes away."""
    text = "-" if figure.value is None else f"{sign * figure.value:.1f}"
    return "0.0" if text == "-0.0" else text


def half_text(figure: Figure) -> str:
    """The half-width beside a mean with one decimal; empty where there is none to see."""
    half = half_width(figure)
    return "" if half is None or half < 0.05 else f"±{half:.1f}" if half < 10 else f"±{half:.0f}"


def share_text(figure: Figure) -> str:
    """A share in whole per cent."""
    value = figure.value
    if value is None:
        return "-"
    return "<1 %" if 0 < value < 0.005 else f"{100 * value:.0f} %"


def short(value: float | None) -> str:
    """A number in four columns."""
    return "-" if value is None else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"
