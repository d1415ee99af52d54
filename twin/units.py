"""Quantities with units: "42 s", "8 kW", "0.21 EUR/kWh" into numbers in SI units.

Units are read by pint, which takes half a second to start: it is imported with the first unit that is not among the
usual ones, and every unit is looked up once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from twin.errors import RuleError, shown

if TYPE_CHECKING:
    import pint

__all__ = [
    "CO2",
    "ENERGY",
    "POWER",
    "TIME",
    "Kind",
    "Money",
    "Unit",
    "any_quantity",
    "in_unit",
    "money",
    "quantity",
    "unit",
]


@dataclass(frozen=True)
class Kind:
    """What a quantity measures.

    Attributes:
        noun: as it stands in a message, e.g. "a time".
        si: the unit of the number inside.
        usual: the unit that a remedy proposes.
    """

    noun: str
    si: str
    usual: str


TIME = Kind("a time", "s", "s")
POWER = Kind("a power", "W", "kW")
ENERGY = Kind("an energy", "J", "kWh")
CO2 = Kind("a mass of CO2 per energy", "kg/J", "kg/kWh")


@dataclass(frozen=True)
class Unit:
    """A unit as read: SI value = number * scale + offset; `dimension` in pint's words, e.g. "[length] / [time]"."""

    scale: float
    offset: float
    dimension: str


@dataclass(frozen=True)
class Money:
    """A price per SI unit, and the currency in which it was written."""

    amount: float
    currency: str


_ENERGY = "[length] ** 2 * [mass] / [time] ** 2"
_POWER = "[length] ** 2 * [mass] / [time] ** 3"
USUAL = {
    "s": Unit(1.0, 0.0, "[time]"),
    "ms": Unit(1e-3, 0.0, "[time]"),
    "min": Unit(60.0, 0.0, "[time]"),
    "h": Unit(3600.0, 0.0, "[time]"),
    "d": Unit(86400.0, 0.0, "[time]"),
    "W": Unit(1.0, 0.0, _POWER),
    "kW": Unit(1e3, 0.0, _POWER),
    "J": Unit(1.0, 0.0, _ENERGY),
    "Wh": Unit(3600.0, 0.0, _ENERGY),
    "kWh": Unit(3.6e6, 0.0, _ENERGY),
    "MWh": Unit(3.6e9, 0.0, _ENERGY),
    "kg/kWh": Unit(1 / 3.6e6, 0.0, "[time] ** 2 / [length] ** 2"),
    "g/kWh": Unit(1e-3 / 3.6e6, 0.0, "[time] ** 2 / [length] ** 2"),
    "kg/J": Unit(1.0, 0.0, "[time] ** 2 / [length] ** 2"),
    "m/s": Unit(1.0, 0.0, "[length] / [time]"),
    "m/min": Unit(1 / 60, 0.0, "[length] / [time]"),
    "°C": Unit(1.0, 273.15, "[temperature]"),
    "K": Unit(1.0, 0.0, "[temperature]"),
}
"""What pint would say of the units that most line files use."""

_NUMBER = re.compile(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*", re.DOTALL)
_WORD = r"(?:1|%|[^\W\d_]+|°\s?[CFK])(?:(?:\^|\*\*)-?\d{1,2}|[²³])?"
_UNIT = re.compile(rf"{_WORD}(?:\s*[*/·]\s*{_WORD}|\s+{_WORD})*")
"""Products and quotients of units with small exponents; anything more (sums, brackets, towers of powers) is no unit."""

_MISREAD = {"C": "°C", "F": "°F", "Nm": "N*m", "Nm³": "m³", "Nm^3": "m^3", "U": "rev", "Min": "min", "M": "m"}
"""Words that pint takes for what nobody means here: coulomb, farad, nanomolar, enzyme unit, megainch, molar."""

_NOUNS = {"a time": "s", "a power": "W", "an energy": "J", "a length": "m", "a mass": "kg", "a speed": "m/s"}

_PRICE_UNIT = re.compile(r"([A-Za-z]{3})\s*/\s*(.+)", re.DOTALL)


@cache
def _registry() -> pint.UnitRegistry[float]:
    import pint  # noqa: PLC0415  0.4 s: only when a unit is read

    return pint.UnitRegistry()


@lru_cache(maxsize=1000)
def unit(text: str) -> Unit:
    """What a unit means.

    Args:
        text: a unit as a person writes it, e.g. "m/min", "°C", "kg/kWh"; "" is a plain number.

    Returns:
        Its SI value, offset and dimension.

    Raises:
        RuleError: when pint does not know it, or when it is not linear (dB).

    Example:
        >>> unit("h").scale, unit("degC").offset
        (3600.0, 273.15)
    """
    if not text:
        return Unit(1.0, 0.0, "dimensionless")
    if text in USUAL:
        return USUAL[text]
    return by_pint(text)


def by_pint(text: str) -> Unit:
    """What a unit means to pint, see `unit`."""
    if len(text) > 60 or not _UNIT.fullmatch(text):
        raise RuleError(f"{shown(text)} is not a unit", 'Write units like "s", "kW" or "m/min"')
    for word in re.split(r"[*/·\s]+", text):
        if word in _MISREAD:
            raise RuleError(
                f"the unit {shown(word)} has two meanings", f"Write '{_MISREAD[word]}' or the unit that is meant"
            )
    registry = _registry()
    try:
        parsed = registry.parse_units(text.replace("·", "*").replace("° ", "°").replace("%", "percent"))
        values = [float(registry.Quantity(x, parsed).to_base_units().magnitude) for x in (0, 1, 64, 128)]
        dimension = _dimension({str(name): float(power) for name, power in parsed.dimensionality.items()})  # type: ignore[arg-type]
    except Exception as error:  # pint raises a dozen types for what is not a unit, AssertionError among them
        raise RuleError(
            f"{shown(text)} is not a unit that is known", 'Write units like "s", "kW" or "m/min"'
        ) from error
    offset = values[0]
    scale = (values[2] - offset) / 64 if offset else values[1]
    if not math.isfinite(scale) or scale <= 0 or not math.isclose(values[3] - values[2], 64 * scale, rel_tol=1e-9):
        raise RuleError(f"{shown(text)} is not a linear unit", 'Write units like "s", "kW" or "m/min"')
    return Unit(scale, offset, dimension)


def in_unit(value: float, name: str) -> str:
    """An SI value as text in a unit; "1", "dimensionless" and "" are plain numbers.

    Example:
        >>> in_unit(503.15, "degC"), in_unit(0.5, "1")
        ('230 degC', '0.5')
    """
    name = "" if name in ("1", "dimensionless") else name
    known = unit(name)
    return f"{(value - known.offset) / known.scale:.6g} {name}".strip()


def _dimension(powers: Mapping[str, float]) -> str:
    """A product of powers in words, always in the same order."""
    word = lambda name, power: name if power == 1 else f"{name} ** {power:g}"  # noqa: E731
    above = " * ".join(word(name, power) for name, power in sorted(powers.items()) if power > 0)
    below = "".join(f" / {word(name, -power)}" for name, power in sorted(powers.items()) if power < 0)
    return (above or "1") + below if powers else "dimensionless"


def _noun(read: Unit) -> str:
    """What a unit measures, in a word where there is one."""
    return next((noun for noun, known in _NOUNS.items() if unit(known).dimension == read.dimension), read.dimension)


def _split(value: Any, noun: str, example: str) -> tuple[float, str, str]:
    """The number, the number as written, and the unit of a quantity."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = repr(value) if abs(value) < 1e300 else "inf"
    if not isinstance(value, str):
        raise RuleError(f"{noun} is a number with a unit, in quotes", f'Use for example "{example}"')
    match = _NUMBER.fullmatch(value)
    if match is None:
        rule = "is finite" if re.match(r"\s*[+-]?(nan|inf)", value, re.IGNORECASE) else "begins with a number"
        raise RuleError(f"{noun} {rule}", f'Use for example "{example}"')
    if re.match(r"[,_'\d]", match[2]):
        rule = f"{noun} is one number and one unit, and only a point divides the number"
        raise RuleError(rule, f'Write it without commas or gaps, e.g. "{example}"')
    number = float(match[1])
    if not math.isfinite(number):
        raise RuleError(f"{noun} is finite", f'Use for example "{example}"')
    return number, match[1], match[2]


def quantity(value: Any, kind: Kind) -> float:
    """A quantity in SI units.

    Args:
        value: what stands in the file, e.g. "42 s".
        kind: what it must measure.

    Returns:
        The number in `kind.si`.

    Raises:
        RuleError: when it is not a number with a unit, not finite, or measures something else.

    Example:
        >>> quantity("1.5 h", TIME)
        5400.0
    """
    number, written, name = _split(value, kind.noun, f"42 {kind.usual}")
    if not name:
        raise RuleError(f"{kind.noun} needs a unit", f'Use "{written} {kind.usual}"')
    try:
        read, expected = unit(name), unit(kind.si)
    except RuleError as fault:
        remedy = f'Write one number and one unit, e.g. "{written} {kind.usual}"'
        raise RuleError(f"{fault.rule}, and {kind.noun} is expected", remedy) from fault
    if read.dimension != expected.dimension:
        usual = "min" if name == "m" and kind is TIME else kind.usual
        remedy = f'Use "{written} {usual}" or another unit of {kind.noun.partition(" ")[2]}'
        raise RuleError(f"{kind.noun} is expected, but {shown(name)} measures {_noun(read)}", remedy)
    return number * read.scale / expected.scale


def any_quantity(value: Any) -> tuple[float, str, Unit]:
    """A quantity of any kind, as setpoints have: its SI value, the unit as written ("" for a plain number), the unit.

    Raises:
        RuleError: when it is not a finite number with a unit that pint knows.

    Example:
        >>> any_quantity("90 m/min")[0]
        1.5
    """
    number, _, name = _split(value, "a setpoint", "320 m/min")
    read = unit(name)
    return number * read.scale + read.offset, name, read


def money(value: Any, per: Kind, currency: str = "EUR") -> Money:
    """A price per SI unit of `per`; currency words are no units, so they are split off before pint sees the rest.

    Raises:
        RuleError: when it does not look like "0.21 EUR/kWh", or is a price per something else.

    Example:
        >>> money("3.6 EUR/kWh", ENERGY)
        Money(amount=1e-06, currency='EUR')
    """
    noun, example = f"a price per {per.noun.split()[-1]}", f"0.21 {currency}/{per.usual}"
    number, written, name = _split(value, noun, example)
    match = _PRICE_UNIT.fullmatch(name)
    if not match:
        remedy = f'Use "{written} {currency}/{per.usual}"'
        raise RuleError(f"{noun} is written as number, currency of three letters, slash and unit", remedy)
    read = unit(match[2])
    if read.dimension != unit(per.si).dimension:
        remedy = f'Use "{written} {currency}/{per.usual}"'
        raise RuleError(f"{noun} is expected, but {shown(match[2])} measures {_noun(read)}", remedy)
    return Money(number / read.scale * unit(per.si).scale, match[1].upper())
