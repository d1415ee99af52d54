"""Numbers that a search may move: setpoints in their windows, and whole numbers of the line file."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scenarios.changes import Original
from scenarios.options import OptionError
from scenarios.study import setpoint_of
from scenarios.sweep import Range
from twin.errors import nearest, shown
from twin.line import Line, Setpoint
from twin.units import any_quantity, unit

__all__ = ["Variable", "integer_of", "variable_of"]


@dataclass(frozen=True)
class Variable:
    """A number that is searched.

    Attributes:
        path: of a setpoint, or, for integers, of any whole number of the line file.
        low, high: ends of the window [SI].
        start: value in force [SI].
        integer: whether it is one of the line's whole numbers (buffers, machines), which change the line itself.
        unit, scale, offset: as people give it: SI value = scale * number + offset.
        released: window approved for production [SI], or None.
    """

    path: str
    low: float
    high: float
    start: float
    integer: bool = False
    unit: str = ""
    scale: float = 1.0
    offset: float = 0.0
    released: tuple[float, float] | None = None

    def shown(self, value: float) -> float:
        """A value in the unit that people use."""
        return (value - self.offset) / self.scale

    def is_released(self, value: float) -> bool:
        """Whether a value may be used without a new approval."""
        if self.released is None:
            return True
        low, high = self.released
        slack = 1e-9 * max(abs(low), abs(high))
        return low - slack <= value <= high + slack


def variable_of(line: Line, path: str, own: Range, start: float | None = None) -> Variable:
    """A setpoint, or a number of a timed process [SI], as a variable.

    Args:
        line: that has it.
        path: of it.
        own: ends, or the name of a window.
        start: value in force, where it is not the line's.

    Raises:
        OptionError: there is none, or its window is not known or wider than the machine's.
    """
    setpoint = setpoint_of(line, path)
    if setpoint is not None:
        station, _, name = path.partition(".")
        path = f"{station}.{name.removeprefix('setpoints.').removesuffix('.value')}"
    elif path in line.setpoints:
        setpoint = Setpoint(line.setpoints[path], unit="")
    else:
        station = path.partition(".")[0]
        names = [name for name in line.setpoints if name.startswith(f"{station}.")] or list(line.setpoints)
        near = nearest(path, names)
        remedy = f"Use {near}" if near else "Use one of these"
        raise OptionError(f"there is no setpoint {shown(path)}; there are {', '.join(names)}. {remedy}.")
    low, high = _ends(path, own, setpoint)
    if setpoint.machine and not setpoint.machine[0] <= low < high <= setpoint.machine[1]:
        ends = [(end - setpoint.offset) / setpoint.scale for end in setpoint.machine]
        raise OptionError(
            f"{shown(path)} is to go beyond what the machine accepts, {ends[0]:.6g} to {ends[1]:.6g} {setpoint.unit}."
            " Use a window in it."
        )
    name = "" if setpoint.unit == "dimensionless" else setpoint.unit
    value = min(max(setpoint.value if start is None else start, low), high)
    return Variable(path, low, high, value, False, name, setpoint.scale, setpoint.offset, setpoint.released)


def integer_of(original: Original | None, path: str, own: Range) -> Variable:
    """A whole number of the line file as a variable; it starts where it stands.

    Raises:
        OptionError: its ends are no whole numbers, or there is no file.
    """
    if original is None:
        raise OptionError(f"integers such as {shown(path)} change the line file. Give its name in place of a line.")
    ends = (min(own.values), max(own.values)) if own.values else own.ends()
    if not all(math.isfinite(end) and end == int(end) for end in ends) or own.unit or not (own.values or own.whole):
        raise OptionError(f"{shown(path)} is to be a whole number. Give for example low = 1 and high = 8.")
    start = original.value(path)
    whole = isinstance(start, int) and not isinstance(start, bool)
    low, high = map(float, ends)
    return Variable(path, low, high, min(max(float(start) if whole else low, low), high), integer=True)


def _ends(path: str, own: Range, setpoint: Setpoint) -> tuple[float, float]:
    """Low and high of a window [SI]."""
    if own.values:
        raise OptionError(f"{shown(path)} has a list of values; setpoints move in a window. Give low and high.")
    if own.window is not None:
        found = getattr(setpoint, own.window) or setpoint.machine or setpoint.released
        if found is None:
            raise OptionError(f"{shown(path)} has no window in the line. Give low and high.")
        return found
    known = "" if setpoint.unit == "dimensionless" else setpoint.unit
    found = [any_quantity(f"{end!r} {own.unit}" if own.unit else end) for end in own.ends()]
    if known and unit(own.unit).dimension != unit(known).dimension:
        raise OptionError(f"{shown(path)} is given in {known}, its window in {own.unit or 'no unit'}. Use {known}.")
    return found[0][0], found[1][0]
