"""A histogram of times with the density that was fitted to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viz.drawing import Axis, Guide, Series, plane
from viz.numbers import number

__all__ = ["Curve", "histogram", "range_of", "unit_of"]

Array = NDArray[np.float64]

_POINTS = 90
_MOST_BINS, _LEAST_BINS, _FEW = 40, 24, 60
_UNITS = ((5 * 3600.0, 3600.0, "h"), (5 * 60.0, 60.0, "min"))


@dataclass(frozen=True)
class Curve:
    """A density and its limits.

    Attributes:
        label: in the key.
        of: times [s], width of a bin [s] -> density, low, high [1/s]; the last two None without limits.
    """

    label: str
    of: Callable[[Array, float], tuple[Array, Array | None, Array | None]]


def unit_of(seconds: float) -> tuple[float, str]:
    """The unit in which people say such a time: its length [s], and its name.

    Example:
        >>> unit_of(40.0), unit_of(1800.0)
        ((1.0, 's'), (60.0, 'min'))
    """
    return next(((unit, name) for least, unit, name in _UNITS if seconds >= least), (1.0, "s"))


def range_of(seconds: Array, tail: float = 0.001) -> tuple[float, float]:
    """Where nearly all times lie, a share `tail` at either end aside [s]."""
    low, high = np.quantile(seconds, [tail, 1 - tail])
    return (float(low), float(high)) if high > low else (0.9 * float(low), 1.1 * float(high) or 1.0)


def histogram(
    seconds: Array,
    curve: Curve | None,
    *,
    span: tuple[float, float],
    step: float,
    alt: str,
    guides: Sequence[tuple[str, float]] = (),
) -> str:
    """Counts of times, and the counts that the density expects.

    Args:
        seconds: the times [s].
        curve: the density; None for none.
        span: ends of the horizontal axis [s].
        step: step of the log's clock [s].
        alt: what there is to see.
        guides: label and time [s] of vertical lines.
    """
    unit, name = unit_of(span[1])
    edges = _edges(seconds, span, step)
    wide = float(edges[1] - edges[0])
    counts = np.histogram(seconds, edges)[0].astype(float)
    corners = np.repeat(edges, 2)[1:-1] / unit
    steps = np.repeat(counts, 2)
    ground = {"low": np.zeros(len(steps)).tolist(), "high": steps.tolist(), "line": True, "band": True, "mark": ""}
    series = [Series("visits", corners.tolist(), steps.tolist(), style="plain", **ground)]
    top = float(counts.max(initial=1.0))
    if curve is not None:
        x = np.linspace(max(edges[0], 1e-3 * wide), edges[-1], _POINTS)
        series += _expected(curve, x, unit, (wide, len(seconds), 1.5 * top))
    lines = [Guide(label, (at / unit, 0.0), (at / unit, top)) for label, at in guides]
    ends = [float(edges[0]), float(edges[-1]), *span, *(at for _, at in guides)]
    return plane(
        series,
        x=Axis(f"time, {name}", low=min(ends) / unit, high=max(ends) / unit),
        y=Axis(f"visits per {number(wide / unit, 3)} {name}", low=0.0),
        alt=alt,
        height=190,
        guides=lines,
    )


def _expected(curve: Curve, x: Array, unit: float, scale: tuple[float, int, float]) -> list[Series]:
    """A density as counts of so many visits in bins of a width, cut off at a height; none where it is not known."""
    wide, n, most = scale
    y, low, high = (None if one is None else np.minimum(one * wide * n, most) for one in curve.of(x, wide))
    if y is None or not np.isfinite(y).all():
        return []
    if low is None or high is None:
        return [Series(curve.label, (x / unit).tolist(), y.tolist(), line=True, mark="")]
    ends = low.tolist(), high.tolist()
    return [Series(curve.label, (x / unit).tolist(), y.tolist(), *ends, line=True, band=True, mark="")]


def _edges(seconds: Array, span: tuple[float, float], step: float) -> Array:
    """Limits of the bins: by Freedman and Diaconis (1981), even widths that a coarse clock does not fool."""
    inside = seconds[(seconds >= span[0]) & (seconds <= span[1])]
    low, high = np.quantile(inside, [0.25, 0.75]) if len(inside) else span
    length = span[1] - span[0]
    wide = max(2 * (high - low) / max(len(inside), 1) ** (1 / 3), length / _MOST_BINS)
    wide = _round(min(wide, length / (_LEAST_BINS if len(inside) > _FEW else _LEAST_BINS / 2)))
    offset = 0.0
    if step > 0.1 * wide:
        wide, offset = step * max(1, round(wide / step)), step / 2
    first = np.floor((span[0] + offset) / wide) * wide - offset
    count = int(np.ceil((span[1] - first) / wide - 1e-9))
    return first + wide * np.arange(max(count, 1) + 1)


def _round(wide: float) -> float:
    """The nearest 1, 2 or 5 times a power of ten."""
    tens = 10.0 ** np.floor(np.log10(wide))
    return float(min((factor * tens for factor in (1, 2, 5, 10)), key=lambda round_one: abs(np.log(round_one / wide))))
