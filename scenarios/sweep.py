"""Points of a sweep: grids, one path at a time, Sobol points and Latin hypercubes over ranges of a line's numbers."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.errors import RuleError, shown

__all__ = ["METHODS", "Range", "points_of", "read_range"]

METHODS = ("grid", "one-at-a-time", "sobol", "latin-hypercube")

MOST_POINTS = 1_000_000
_STEPS = 5
_QUANTITY = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*")


@dataclass(frozen=True)
class Range:
    """Values that a path takes.

    Attributes:
        values: those of a list, as in a line file; empty for a range.
        low: end of a range, in `unit`; None where a window of the setpoint is meant.
        high: the other end.
        unit: of both, "" for plain numbers.
        whole: whether only whole numbers are meant.
        steps: points of a grid.
        window: "released" or "machine" in place of ends.
    """

    values: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    unit: str = ""
    whole: bool = False
    steps: int = _STEPS
    window: str | None = None

    def grid(self) -> list[Any]:
        """The values, or equal steps from end to end."""
        if self.values:
            return list(self.values)
        low, high = self.ends()
        if self.whole and high - low < self.steps:
            return [self.value(v) for v in range(int(low), int(high) + 1)]
        shares = np.linspace(0, 1, self.steps)
        return list(dict.fromkeys(self.at(share) for share in shares))

    def at(self, share: float) -> Any:
        """The value at a share of the way from low to high, or of the list."""
        if self.values:
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        low, high = self.ends()
        if self.whole:
            return self.value(min(int(low + share * (high - low + 1)), int(high)))
        return self.value(low + share * (high - low))

    def value(self, number: float) -> Any:
        """A number as it stands in a line file."""
        number = int(number) if self.whole else float(f"{number:.12g}")
        return f"{number} {self.unit}" if self.unit else number

    def ends(self) -> tuple[float, float]:
        """Low and high."""
        if self.low is None or self.high is None:
            raise ValueError("the window of a setpoint is looked up in its line first")
        return self.low, self.high


def read_range(path: str, value: Any) -> Range:
    """Read a list of values, { low, high, steps }, or the name of a window.

    Raises:
        RuleError: it is none of these.
    """
    example = f'Write for example "{path}" = {{ low = "9 s", high = "14 s" }}, or a list of values'
    if value in ("released", "machine"):
        return Range(window=value)
    if isinstance(value, list) and value:
        return Range(tuple(value))
    if not isinstance(value, Mapping) or not {"low", "high"} <= value.keys() <= {"low", "high", "steps"}:
        raise RuleError("values are a list, a table with low and high, or 'released'", example, path=(path,))
    steps = value.get("steps", _STEPS)
    if isinstance(steps, bool) or not isinstance(steps, int) or not 2 <= steps <= 10_000:
        raise RuleError("steps are 2 or more", "Use for example 5", path=(path, "steps"))
    (low, unit, first), (high, other, second) = (_number(path, key, value[key], example) for key in ("low", "high"))
    if unit != other:
        rule = f"low is given in {unit or 'no unit'} and high in {other or 'no unit'}"
        raise RuleError(rule, "Use one unit for both", subject=f"{shown(path)} has two units")
    if not low < high:
        raise RuleError(
            "low is less than high", "Exchange them", subject=f"{shown(path)} goes from {low:g} to {high:g}"
        )
    return Range(low=low, high=high, unit=unit, whole=first and second, steps=steps)


def points_of(ranges: Mapping[str, Range], method: str, points: int | None, seed: int) -> list[dict[str, Any]]:
    """The points of a sweep: value by path.

    Args:
        ranges: by path.
        method: one of `METHODS`.
        points: how many; only of drawn ones.
        seed: of the drawing.

    Example:
        >>> points_of({"a.buffer": Range(low=1, high=3, whole=True)}, "grid", None, 0)
        [{'a.buffer': 1}, {'a.buffer': 2}, {'a.buffer': 3}]
    """
    paths = list(ranges)
    if method == "grid":
        grids = [ranges[path].grid() for path in paths]
        if (count := math.prod(map(len, grids))) > MOST_POINTS:
            rule = (
                f"a grid of {' x '.join(str(len(grid)) for grid in grids)} has {count} points, more than {MOST_POINTS}"
            )
            raise RuleError(rule, "Use fewer steps, or draw points by sobol", subject="set is too large")
        return [dict(zip(paths, chosen, strict=True)) for chosen in itertools.product(*grids)]
    if method == "one-at-a-time":
        return [{path: value} for path in paths for value in ranges[path].grid()]
    shares = _drawn(method, len(paths), points or 1, seed)
    return [{path: ranges[path].at(float(s)) for path, s in zip(paths, row, strict=True)} for row in shares]


def _drawn(method: str, dimensions: int, points: int, seed: int) -> np.ndarray:
    from scipy.stats import qmc  # noqa: PLC0415  takes a third of a second

    if method == "sobol":
        power = (points - 1).bit_length()
        return qmc.Sobol(dimensions, scramble=True, rng=seed).random_base2(power)[:points]
    return qmc.LatinHypercube(dimensions, rng=seed).random(points)


def _number(path: str, key: str, value: Any, example: str) -> tuple[float, str, bool]:
    """Number, unit, and whether it is a whole number without a unit."""
    match = None if isinstance(value, bool) else _QUANTITY.fullmatch(str(value))
    if match is None or not isinstance(value, str | int | float):
        raise RuleError("it is a number, with a unit where the path has one", example, path=(path, key))
    return float(match[1]), match[2], isinstance(value, int)
