"""Axes of a plot: where a value stands, straight or logarithmic, and which values are marked."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

from viz.numbers import number

__all__ = ["CHARACTER", "Scale", "spanning", "text_width"]

CHARACTER = 6.2
"""Mean width of a character where the font is 11 high; wide fonts are meant to fit, too."""


def text_width(text: str) -> float:
    """About how wide a text is where the font is 11 high."""
    return CHARACTER * len(text)


@dataclass(frozen=True)
class Scale:
    """An axis.

    Attributes:
        low, high: values at its ends, low < high; both above 0 on a logarithmic axis.
        start, end: where these stand in the drawing.
        log: whether it is logarithmic.

    Example:
        >>> Scale(1.0, 100.0, 0.0, 50.0, log=True)(10.0)
        25.0
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Where a value stands; what is beyond an end stands at the end."""
        value = min(max(value, self.low), self.high)
        low, high = self.low, self.high
        if self.log:
            low, high, value = math.log10(low), math.log10(high), math.log10(value)
        return round(self.start + (value - low) / (high - low) * (self.end - self.start), 1)

    def ticks(self, most: int = 5) -> list[float]:
        """Round values within the axis, about so many at most.

        Example:
            >>> Scale(0.0, 1.0, 0.0, 1.0).ticks(), Scale(0.03, 20.0, 0.0, 1.0, log=True).ticks()
            ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [0.1, 1.0, 10.0])
        """
        return self._decades(most) if self.log else self._steps(self.low, self.high, most)

    def _decades(self, most: int) -> list[float]:
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        for factors in ((1, 2, 5), (1, 3), (1,)):
            found = [f * 10.0**power for power in range(first, last + 1) for f in factors]
            found = [value for value in found if self.low * (1 - 1e-9) <= value <= self.high * (1 + 1e-9)]
            if len(found) <= most:
                break
        thin = math.ceil(len(found) / most)
        return found[::thin] if len(found) > 1 else self._steps(self.low, self.high, most)

    @staticmethod
    def _steps(low: float, high: float, most: int) -> list[float]:
        raw = (high - low) / most
        tens = 10.0 ** math.floor(math.log10(raw))
        step = next(factor * tens for factor in (1, 2, 5, 10) if factor * tens >= raw * (1 - 1e-9))
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        return sorted({float(f"{k * step:.12g}") for k in range(first, last + 1)})

    def texts(self, most: int = 5) -> list[str]:
        """The ticks as texts, with as many decimals as tell them apart.

        Example:
            >>> Scale(100.0, 101.0, 0.0, 1.0).texts(2), Scale(1e-6, 1e-2, 0.0, 1.0, log=True).texts()
            (['100.0', '100.5', '101.0'], ['10⁻⁶', '10⁻⁵', '0.0001', '0.001', '0.01'])
        """
        ticks = self.ticks(most)
        if self.log or len(ticks) == 1 or max(map(abs, ticks), default=0.0) >= 1e9:
            return [number(value, 6).removeprefix("1×") for value in ticks]
        step = min((b - a for a, b in itertools.pairwise(ticks)), default=1.0)
        places = max(0, -math.floor(math.log10(step * 1.001)))
        if places > 4:
            return [number(value, 6) for value in ticks]
        return [f"{value:,.{places}f}".replace("-", "−") for value in ticks]

    def labelled(self, most: int = 5, *, gap: float = 8.0) -> list[tuple[float, str]]:
        """Position and text of the ticks of a horizontal axis, thinned until no two texts touch."""
        ticks, texts = self.ticks(most), self.texts(most)
        for thin in range(1, len(ticks) + 1):
            chosen = [(self(value), text) for value, text in zip(ticks[::thin], texts[::thin], strict=True)]
            pairs = itertools.pairwise(chosen)
            if all(b[0] - a[0] >= (text_width(a[1]) + text_width(b[1])) / 2 + gap for a, b in pairs):
                return chosen
        return []


def spanning(
    values: Iterable[float | None], start: float, end: float, *, log: bool = False, margin: float = 0.06
) -> Scale:
    """An axis that holds all finite values (on a logarithmic one: all above 0) with some room at both ends.

    Args:
        values: what it has to hold; None, NaN and infinity are left aside.
        start: where its low end stands.
        end: where its high end stands.
        log: whether it is logarithmic.
        margin: room at both ends, as a share of its length.

    Example:
        >>> spanning([1.0, None, 3.0], 0.0, 100.0, margin=0.5)
        Scale(low=0.0, high=4.0, start=0.0, end=100.0, log=False)
    """
    known = [v for v in values if v is not None and math.isfinite(v) and (v > 0.0 or not log)]
    low, high = (min(known), max(known)) if known else (1.0, 10.0)
    if log:
        low, high = math.log10(low), math.log10(high)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-30):
        room = 0.3 if log else 0.5 * abs(low) or 0.5
        low, high = low - room, high + room
    room = margin * (high - low)
    low, high = low - room, high + room
    return Scale(10.0**low, 10.0**high, start, end, log=True) if log else Scale(low, high, start, end)
