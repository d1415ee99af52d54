"""Numbers of a card: in the units that people read, and means over seeds with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from twin.process import Attribute
from twin.units import Unit, unit

__all__ = ["about_input", "about_output", "over_seeds", "rounded", "span", "span_unit", "unit_of", "value"]


def unit_of(about: Attribute) -> Unit:
    """The unit in which an attribute is shown; "1" is a plain number."""
    return unit("" if about.unit == "1" else about.unit)


def value(about: Attribute, si: ArrayLike) -> np.ndarray:
    """Values in the unit that is shown.

    Args:
        about: whose values.
        si: in SI units [...].

    Example:
        >>> value(Attribute(293.15, "degC", 263.15, 373.15, "part"), [293.15, 303.15])
        array([20., 30.])
    """
    shown = unit_of(about)
    return (np.asarray(si, float) - shown.offset) / shown.scale


def span(about: Attribute, si: ArrayLike) -> np.ndarray:
    """Differences in the unit that is shown: an error of 1 K is one of 1 degC.

    Args:
        about: whose differences.
        si: in SI units [...].

    Example:
        >>> span(Attribute(293.15, "degC", 263.15, 373.15, "part"), [1.5])
        array([1.5])
    """
    return np.asarray(si, float) / unit_of(about).scale


def span_unit(about: Attribute) -> str:
    """The unit of `span`: kelvin for degrees.

    Example:
        >>> span_unit(Attribute(293.15, "degC", 263.15, 373.15, "part")), span_unit(Attribute(0.0, "s", 0.0, 9.0, ""))
        ('K', 's')
    """
    return "K" if unit_of(about).offset else about.unit


def about_input(about: Attribute) -> dict[str, Any]:
    """An input in the words of a card."""
    low, high = value(about, [about.low, about.high]).tolist()
    return {"unit": about.unit, "low": low, "high": high, "meaning": about.meaning}


def about_output(about: Attribute, *, log: bool) -> dict[str, Any]:
    """An output in the words of a card.

    Args:
        about: the output.
        log: whether its logarithm is learned.
    """
    return {"unit": about.unit, "meaning": about.meaning, "log": log}


def over_seeds(values: Sequence[float] | np.ndarray, *, ratio: bool = False) -> dict[str, Any]:
    """Mean over seeds and its 95 % interval, by Student's t; no interval from one seed.

    Args:
        values: one per seed.
        ratio: whether they are positive ratios, of which the geometric mean counts.

    Source: Student, The probable error of a mean, Biometrika 6 (1908) 1.

    Example:
        >>> over_seeds([1.0, 2.0, 3.0])
        {'mean': 2.0, 'ci95': [-0.484, 4.484]}
    """
    from scipy.special import stdtrit  # noqa: PLC0415 - takes 0.2 s to import

    found = np.asarray(values, float)
    found = np.log(found) if ratio else found
    mean, ends = float(found.mean()), None
    if len(found) > 1:
        half = float(stdtrit(len(found) - 1, 0.975) * found.std(ddof=1) / np.sqrt(len(found)))
        ends = [mean - half, mean + half]
    if ratio:
        return {"mean": float(np.exp(mean)), "ci95": ends and np.exp(ends).tolist()}
    return {"mean": mean, "ci95": ends}


def rounded(data: Any, digits: int = 6) -> Any:
    """Lists and tables of numbers as they are stored where there are many of them.

    Args:
        data: numbers, texts, lists and tables of such.
        digits: that tell.

    Example:
        >>> rounded({"error": [1.23456789]})
        {'error': [1.23457]}
    """
    if isinstance(data, dict):
        return {name: rounded(part, digits) for name, part in data.items()}
    if isinstance(data, list):
        return [rounded(part, digits) for part in data]
    return float(f"{data:.{digits}g}") if isinstance(data, float) else data
