"""How numbers, shares, times and units are written on a card: digits that tell something, units as people know them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from viz.numbers import UNKNOWN, finite, minus, number, shown_unit

__all__ = [
    "POSITIVE",
    "UNKNOWN",
    "count",
    "difference_unit",
    "duration",
    "listed",
    "number",
    "percent",
    "score",
    "shown_unit",
    "spread",
    "spread_percent",
    "stated",
    "valued",
]

POSITIVE = (0.0, math.inf)
"""What is possible for an error."""
_MOST_PLACES = 7


def count(value: Any) -> str:
    """A number of things.

    Example:
        >>> count(10000), count(None)
        ('10,000', '–')
    """
    known = finite(value)
    return UNKNOWN if known is None else f"{known:,.0f}"


def percent(share: Any) -> str:
    """A share in per cent, with more digits near 0 and 100 %.

    Example:
        >>> percent(0.031), percent(0.5), percent(0.99962), percent(0.0), percent(1.0), percent(2e-5), percent(1 - 1e-6)
        ('3.1 %', '50.0 %', '99.96 %', '0 %', '100 %', '0.002 %', 'over 99.99 %')
    """
    known = finite(share)
    if known is None:
        return UNKNOWN
    if known in (0.0, 1.0):
        return f"{100 * known:.0f} %"
    left = 100.0 * min(abs(known), abs(1.0 - known))
    if abs(known) < 1e-3:
        return f"{number(100.0 * known, 2)} %"
    if 0.0 < 1.0 - known < 1e-4:
        return "over 99.99 %"
    places = 1 if left >= 0.95 else 2
    return minus(f"{100.0 * known:.{places}f} %")


def score(value: Any) -> str:
    """A figure whose best value is 1, such as R² or a cosine: two telling digits of what is missing to 1.

    Example:
        >>> score(0.99997), score(0.9123), score(-0.00041), score(1.0), score(0.99999999999)
        ('0.999970', '0.912', '−0.0004', '1', 'over 0.9999999')
    """
    known = finite(value)
    if known is None:
        return UNKNOWN
    if known == 1.0:
        return "1"
    missing = abs(1.0 - known)
    places = min(_MOST_PLACES, max(3, 1 - math.floor(math.log10(missing))))
    if known < 1.0 and missing < 0.5 * 10.0**-_MOST_PLACES:
        return f"over 0.{'9' * _MOST_PLACES}"
    return minus(f"{known:.{4 if abs(known) < 0.01 else places}f}")


def stated(share: Any) -> str:
    """A share that was chosen, not measured, in per cent.

    Example:
        >>> stated(0.9), stated(0.025)
        ('90 %', '2.5 %')
    """
    known = finite(share)
    return UNKNOWN if known is None else f"{number(100.0 * known)} %"


def _ends(found: Any) -> tuple[float, float] | None:
    if not isinstance(found, Sequence) or isinstance(found, str) or len(found) != 2:
        return None
    low, high = (finite(end) for end in found)
    return None if low is None or high is None else (low, high)


def _like(values: Sequence[float], width: float) -> list[str]:
    """A mean and its ends: two digits of the interval's width and of the mean, four of the largest at most."""
    largest = max(abs(value) for value in values)
    if largest >= 1e9 or 0.0 < largest < 1e-4 or width <= 1e-9 * largest:
        return [number(value, 3) for value in values]
    needed = min(width, abs(values[0]) or width)
    places = max(0, min(1 - math.floor(math.log10(needed)), 3 - math.floor(math.log10(largest))))
    places = max(places, min(4, 1 - math.floor(math.log10(abs(values[0]))))) if values[0] else places
    return [minus(f"{value:,.{places}f}") for value in values]


def spread(
    found: Mapping[str, Any] | None, write: Any = None, *, within: tuple[float, float] = (-math.inf, math.inf)
) -> str:
    """A mean and its 95 % interval.

    Args:
        found: "mean", and "ci95" or None.
        write: how a number is written; default by the width of the interval.
        within: what is possible; an interval from few seeds would go on beyond.

    Example:
        >>> spread({"mean": 0.4312, "ci95": [0.3171, 0.5512]}), spread({"mean": 2.0, "ci95": None}), spread(None)
        ('0.43 (0.32 to 0.55)', '2', '–')
        >>> spread({"mean": 0.436, "ci95": [-4.2, 5.1]}, within=(0.0, math.inf))
        '0.44 (0.00 to 5.10)'
    """
    mean = finite((found or {}).get("mean"))
    if found is None or mean is None:
        return UNKNOWN
    ends = _ends(found.get("ci95"))
    if ends is None:
        return (write or number)(mean)
    ends = max(ends[0], within[0]), min(ends[1], within[1])
    texts = [write(v) for v in (mean, *ends)] if write else _like((mean, *ends), ends[1] - ends[0])
    return f"{texts[0]} ({texts[1]} to {texts[2]})"


def spread_percent(mean: Any, ends: Any) -> str:
    """A share and its 95 % interval in per cent.

    Example:
        >>> spread_percent(0.9, [0.891, 0.908]), spread_percent(0.9, None)
        ('90.0 % (89.1 to 90.8)', '90.0 %')
    """
    known = _ends(ends)
    if known is None or finite(mean) is None:
        return percent(mean)
    low, high = (percent(end).removesuffix(" %") for end in known)
    return f"{percent(mean)} ({low} to {high})"


def duration(seconds: Any) -> str:
    """A time in the unit in which people say it.

    Example:
        >>> duration(8.5e-7), duration(0.0123), duration(42.0), duration(1500.0), duration(7200.0)
        ('850 ns', '12.3 ms', '42 s', '25 min', '2 h')
    """
    known = finite(seconds)
    if known is None:
        return UNKNOWN
    steps = ((3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
    for length, unit in steps:
        if known >= (1.5 if length > 1.0 else 1.0) * length:
            return f"{number(known / length, 3)} {unit}"
    return f"{number(known * 1e9, 3)} ns"


def difference_unit(unit: Any) -> str:
    """The unit of a difference: a temperature error is in kelvin, whatever the scale of the temperature.

    Example:
        >>> difference_unit("degC"), difference_unit("s")
        ('K', 's')
    """
    return {"°C": "K", "°F": "°F difference"}.get(shown_unit(unit), shown_unit(unit))


def valued(value: Any, unit: Any) -> str:
    """A number with its unit.

    Example:
        >>> valued(230.0, "degC"), valued(0.5, "1")
        ('230 °C', '0.5')
    """
    return f"{number(value)} {shown_unit(unit)}".strip()


def listed(words: Sequence[str], most: int = 6) -> str:
    """Words in a sentence; where there are many, the first ones and how many are left out.

    Example:
        >>> listed(["a", "b", "c"]), listed(["a"]), listed(list("abcdefgh"))
        ('a, b and c', 'a', 'a, b, c, d, e, f and 2 more')
    """
    if len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most} more"
    return " and ".join([*([", ".join(words[:-1])] if len(words) > 1 else []), *words[-1:]])
