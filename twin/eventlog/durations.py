"""Durations as logs write them, as seconds."""

from __future__ import annotations

import math

__all__ = ["duration"]


def duration(word: str) -> float:
    """A number, or a duration such as "0 days 00:03:42" or "00:03:42"; NaN for anything else.

    Example:
        >>> duration("12.5"), duration("0 days 00:03:42"), duration("soon")
        (12.5, 222.0, nan)
    """
    days, _, rest = word.rpartition(" days ")
    pieces = rest.split(":")
    try:
        total = sum(float(piece) * 60.0**k for k, piece in enumerate(reversed(pieces)))
        return total + (float(days) * 86400.0 if days else 0.0)
    except ValueError:
        return math.nan
