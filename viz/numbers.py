"""How numbers and units are written: digits that tell something, units as people know them."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["UNKNOWN", "finite", "minus", "number", "shown_unit"]

UNKNOWN = "–"
"""Stands where a number is not known."""

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_UNITS = {"degC": "°C", "delta_degC": "K", "um": "µm", "1": "", "dimensionless": "", "degF": "°F", "ohm": "Ω"}


def finite(value: Any) -> float | None:
    """A number, or None for what is none: null, NaN, infinity, a text."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def minus(text: str) -> str:
    """The text with the sign of a number in place of a hyphen."""
    return text.replace("-", "−")


def number(value: Any, digits: int = 4) -> str:
    """A number with some telling digits; powers of ten where it is very small or very large.

    Example:
        >>> number(0.765931), number(19274.3), number(2.34e-7), number(-12.5), number(None)
        ('0.7659', '19,274', '2.34×10⁻⁷', '−12.5', '–')
    """
    known = finite(value)
    if known is None:
        return UNKNOWN
    if known == 0.0:
        return "0"
    size = abs(known)
    if size < 1e-4 or size >= 1e9:
        mantissa, _, power = f"{known:.{min(digits, 3) - 1}e}".partition("e")
        tens = f"10{str(int(power)).translate(_RAISED)}"
        return minus(f"{float(mantissa):g}×{tens}")
    if size >= 10 ** (digits - 1):
        return minus(f"{known:,.0f}")
    return minus(f"{known:.{digits}g}")


def shown_unit(unit: Any) -> str:
    """A unit as people write it; nothing for plain numbers.

    Example:
        >>> shown_unit("degC"), shown_unit("m^3/h"), shown_unit("W/m^2/K"), shown_unit("1")
        ('°C', 'm³/h', 'W/m²/K', '')
    """
    text = str(unit or "")
    return _UNITS.get(text, text.replace("^2", "²").replace("^3", "³").replace("**2", "²").replace("**3", "³"))
