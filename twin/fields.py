"""Kinds of fields of a line file: each reads one value, and says rule and remedy when the value breaks its rule."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic_core import core_schema

from twin.errors import RuleError, nearest
from twin.units import TIME, Kind, Money, any_quantity, in_unit, money, quantity, unit

__all__ = ["DAY", "LONGEST_TIME", "Choice", "Field", "Name", "Number", "Physical", "Price", "Quantity", "Text", "Whole"]

DAY = 86400.0
LONGEST_TIME = 100 * 365.25 * DAY
SHORTEST_TIME = 1e-6


class Field:
    """One kind of field, used as `Annotated[float, AField(…)]`: `read` takes the raw value, `json` describes it."""

    def read(self, value: Any) -> Any:
        """The value inside; raises RuleError."""
        raise NotImplementedError

    def json(self) -> dict[str, Any]:
        """The JSON Schema of the raw value."""
        raise NotImplementedError

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """How pydantic reads the field."""
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """How pydantic describes the field."""
        return self.json()


@dataclass(frozen=True)
class Whole(Field):
    """A whole number between `least` and `most`."""

    rule: str
    remedy: str
    least: int = 0
    most: int = 100_000

    def read(self, value: Any) -> int:
        """The number."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise RuleError(f"{self.rule}, written as a whole number without quotes", self.remedy)
        if value > self.most > self.least:
            raise RuleError(f"{self.rule}, at most {self.most}", f"Use {self.most} or less")
        if not self.least <= value <= self.most:
            raise RuleError(self.rule, self.remedy)
        return value

    def json(self) -> dict[str, Any]:
        """As in JSON Schema."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True)
class Number(Field):
    """A plain number: least <= value < below, or least < value when `positive`, or value <= most."""

    rule: str
    remedy: str
    least: float = 0.0
    most: float = math.inf
    below: float = math.inf
    positive: bool = False

    def read(self, value: Any) -> float:
        """The number."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RuleError(f"{self.rule}, written as a number without unit and quotes", self.remedy)
        inside = self.least <= value <= self.most and value < self.below and (value > 0 or not self.positive)
        if not inside:
            raise RuleError(self.rule, self.remedy)
        return float(value)

    def json(self) -> dict[str, Any]:
        """As in JSON Schema."""
        low = {"exclusiveMinimum": 0} if self.positive else {"minimum": self.least}
        high = {} if math.isinf(self.most) else {"maximum": self.most}
        return {"type": "number", **low, **high, **({} if math.isinf(self.below) else {"exclusiveMaximum": self.below})}


@dataclass(frozen=True)
class Quantity(Field):
    """A number with a unit, not negative (or `positive`), at most `most` in SI units."""

    kind: Kind = TIME
    positive: bool = False
    most: float = LONGEST_TIME
    most_text: str = "100 years"

    def read(self, value: Any) -> float:
        """The number in SI units."""
        number, noun = quantity(value, self.kind), self.kind.noun
        example = f'Use for example "{42 if self.positive else 0} {self.kind.usual}"'
        if number < 0 or (self.positive and number == 0):
            raise RuleError(f"{noun} here is {'more than zero' if self.positive else 'zero or more'}", example)
        if number > self.most:
            raise RuleError(f"{noun} here is at most {self.most_text}", "Check the unit, or use a smaller value")
        if self.positive and self.kind is TIME and number < SHORTEST_TIME:
            raise RuleError("a time here is 1 microsecond or more", "Check the unit, or use a larger value")
        return number

    def json(self) -> dict[str, Any]:
        """As in JSON Schema."""
        return {
            "type": "string",
            "pattern": r"^\s*[+]?[0-9.]+([eE][+-]?[0-9]+)?\s*[^\d\s].*$",
            "examples": [f"42 {self.kind.usual}"],
        }


@dataclass(frozen=True)
class Physical(Field):
    """A number of a process, with the unit `unit` ("1" for a plain number), between `low` and `high` (SI)."""

    meaning: str
    unit: str
    low: float
    high: float
    usual: float

    def read(self, value: Any) -> float:
        """The number in SI units."""
        shown_unit = "" if self.unit == "1" else self.unit
        expected = unit(shown_unit)
        text = lambda x: in_unit(x, self.unit)  # noqa: E731
        quoted = text(self.usual) if not shown_unit else f'"{text(self.usual)}"'
        number, _, read = any_quantity(value)
        if read.dimension != expected.dimension:
            needs = f"has a unit such as {shown_unit}" if shown_unit else "is a plain number"
            raise RuleError(f"{self.meaning} {needs}", f"Use for example {quoted}")
        if not self.low <= number <= self.high:
            raise RuleError(
                f"{self.meaning} is {text(self.low)} to {text(self.high)} here", f"Use for example {quoted}"
            )
        return number

    def json(self) -> dict[str, Any]:
        """As in JSON Schema."""
        return {"type": ["string", "number"], "description": self.meaning}


@dataclass(frozen=True)
class Price(Field):
    """A price per energy or power, with its currency."""

    per: Kind

    def read(self, value: Any) -> Money:
        """The price per SI unit."""
        read = money(value, self.per)
        if not 0 <= read.amount <= 1e6:
            raise RuleError(
                "a price is zero or more, and not beyond all measure", f'Use for example "0.2 EUR/{self.per.usual}"'
            )
        return read

    def json(self) -> dict[str, Any]:
        """As in JSON Schema."""
        return {"type": "string", "examples": [f"0.21 EUR/{self.per.usual}"]}


@dataclass(frozen=True)
class Text(Field):
    """A text that is not empty."""

    noun: str
    longest: int = 1000

    def read(self, value: Any) -> str:
        """The text."""
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise RuleError(f"{self.noun} is a text on one line, in quotes", "Write letters and digits")
        if len(value) > self.longest:
            raise RuleError(f"{self.noun} has at most {self.longest} characters", "Use a shorter one")
        return value

    def json(self) -> dict[str, Any]:
        """As in JSON Schema."""
        return {"type": "string", "minLength": 1, "maxLength": self.longest}


@dataclass(frozen=True)
class Name(Text):
    """A name that can stand in a dotted path: no dots, no '>', not one of the `reserved` words."""

    longest: int = 64
    reserved: tuple[str, ...] = ()

    def read(self, value: Any) -> str:
        """The name."""
        super().read(value)
        if value != value.strip() or re.search(r"[.>\[\]]", value):
            raise RuleError(
                f"{self.noun} has no dots, brackets, '>' or outer spaces", "Use letters, digits, '-' or '_'"
            )
        if value in self.reserved:
            raise RuleError(
                f"{self.noun} may not be a word that paths begin with", "Choose another name, e.g. add a number"
            )
        return value


@dataclass(frozen=True)
class Choice(Field):
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, value: Any) -> str:
        """The word."""
        if not isinstance(value, str) or value not in self.words:
            near = nearest(value, self.words) if isinstance(value, str) else None
            known = ", ".join(f"'{word}'" for word in self.words)
            raise RuleError(f"it is one of {known}", f"Use '{near or self.words[0]}'")
        return value

    def json(self) -> dict[str, Any]:
        """As in JSON Schema."""
        return {"enum": list(self.words)}
