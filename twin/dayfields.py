"""Fields that hold times of day, days of the week and dates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from twin.errors import RuleError
from twin.fields import DAY, Field

__all__ = ["Days", "Moment", "Span", "TimeOfDay"]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class TimeOfDay(Field):
    """A time of day in seconds after midnight; where something `ends`, "24:00" is the midnight at the end of a day."""

    ends: bool = False

    def read(self, value: Any) -> float:
        """Seconds after midnight."""
        if isinstance(value, time) and value.tzinfo is None:
            return value.hour * 3600.0 + value.minute * 60.0 + value.second
        if value == "24:00" and self.ends:
            return DAY
        match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value, re.ASCII) if isinstance(value, str) else None
        if not match:
            last = "24:00" if self.ends else "23:59"
            raise RuleError(f"a time of day is hours and minutes between 00:00 and {last}", 'Use for example "06:00"')
        return int(match[1]) * 3600.0 + int(match[2]) * 60.0

    def json(self) -> dict[str, Any]:
        """As in JSON Schema."""
        return {"type": "string", "pattern": "^([01]?[0-9]|2[0-4]):[0-5][0-9]$"}


class Span(Field):
    """From one time of day to another, e.g. "09:00-09:15"."""

    def read(self, value: Any) -> tuple[float, float]:
        """Seconds after midnight, from and to."""
        ends = value.split("-") if isinstance(value, str) else []
        if len(ends) != 2:
            raise RuleError("a break is two times of day with a dash between", 'Use for example "09:00-09:15"')
        return TimeOfDay().read(ends[0].strip()), TimeOfDay(ends=True).read(ends[1].strip())

    def json(self) -> dict[str, Any]:
        """As in JSON Schema."""
        return {"type": "string", "examples": ["09:00-09:15"]}


class Days(Field):
    """Days of the week: "mon-fri", "sat", "mon,wed,fri", "daily"; 0 is Monday."""

    def read(self, value: Any) -> tuple[int, ...]:
        """The days in order."""
        fault = RuleError(
            "days are mon, tue, wed, thu, fri, sat, sun, a range of them, or daily", 'Use for example "mon-fri"'
        )
        if not isinstance(value, str):
            raise fault
        if value.strip().lower() == "daily":
            return tuple(range(7))
        days: set[int] = set()
        for piece in value.lower().split(","):
            ends = [end.strip() for end in piece.split("-")]
            if len(ends) > 2 or any(end not in WEEKDAYS for end in ends):
                raise fault
            first, last = WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1])
            days.update((first + step) % 7 for step in range((last - first) % 7 + 1))
        return tuple(sorted(days))

    def json(self) -> dict[str, Any]:
        """As in JSON Schema."""
        return {"type": "string", "examples": ["mon-fri", "sat", "mon,wed,fri", "daily"]}


class Moment(Field):
    """A local date and time."""

    def read(self, value: Any) -> datetime:
        """The moment, without time zone."""
        moment = value
        if isinstance(value, str):
            try:
                moment = datetime.fromisoformat(value.strip())
            except ValueError:
                moment = None
        if not isinstance(moment, datetime) or moment.tzinfo is not None or not 1970 <= moment.year <= 2200:
            rule = "it is a local date and time between 1970 and 2200, without time zone"
            raise RuleError(rule, 'Use for example "2026-01-05 06:00"')
        return moment

    def json(self) -> dict[str, Any]:
        """As in JSON Schema."""
        return {"type": "string", "examples": ["2026-01-05 06:00"]}
