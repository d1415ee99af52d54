"""Numbers and times as people read them."""

from __future__ import annotations

import math

__all__ = ["number", "time", "time_range"]


def number(value: float) -> str:
    """A number with three or four telling digits.

    Example:
        >>> number(1234.5), number(0.012345), number(12.345)
        ('1234', '0.0123', '12.3')
    """
    if not math.isfinite(value):
        return "?"
    if abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.3g}"


def time(seconds: float) -> str:
    """A time in the unit in which people say it.

    Example:
        >>> time(118.2), time(1800.0), time(43200.0)
        ('118 s', '30 min', '12 h')
    """
    if not math.isfinite(seconds):
        return "?"
    unit, name = _unit(seconds)
    return f"{number(seconds / unit)} {name}"


def time_range(value: float, low: float, high: float) -> str:
    """A time with its interval, all in one unit.

    Example:
        >>> time_range(291.2, 236.0, 358.0)
        '291 (236 to 358) s'
    """
    unit, name = _unit(value)
    if not math.isfinite(low):
        return time(value)
    return f"{number(value / unit)} ({number(low / unit)} to {number(high / unit)}) {name}"


def _unit(seconds: float) -> tuple[float, str]:
    return next(((unit, name) for unit, name in ((3600.0, "h"), (60.0, "min")) if seconds >= 5 * unit), (1.0, "s"))
