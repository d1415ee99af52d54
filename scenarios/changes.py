"""Changes of a line: dotted path -> value, in the words of the line file.

A path is `STATION.key.key`, `line.key`, `source.key`, or another table of the file. Failures, maintenances, products
and machines go by their name, or by their place counted from 0. `STATION.SETPOINT` means the value of a setpoint.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from scenarios.options import OptionError
from twin.errors import RuleError, nearest, shown
from twin.line import Line, Setpoint
from twin.spec import load_line, read_line, read_tables
from twin.units import any_quantity, unit

__all__ = ["Changed", "Original", "changed_line", "in_words", "parse_changes"]

_LISTS = ("failure", "maintenance", "standby", "product", "shift")
_TABLES = ("line", "source", "plan", "tariff", "product", "shift")


@dataclass(frozen=True)
class Changed:
    """A line and the setpoints that replace its own in a run.

    Attributes:
        line: with all changes but those of setpoints in force: a time may be in proportion to the value in the file.
        setpoints: SI value by path, e.g. "S1.speed", for `simulate`.
    """

    line: Line
    setpoints: Mapping[str, float]


def in_words(changes: Mapping[str, Any]) -> str:
    """Changes as people write them in a file, without quotes.

    >>> in_words({"S2.buffer": 8, "S2.closed": {"state": "off", "after": "1 h"}})
    'S2.buffer = 8, S2.closed = { state = off, after = 1 h }'
    """

    def said(value: Any) -> str:
        if isinstance(value, Mapping):
            return f"{{ {in_words(value)} }}"
        return f"[{', '.join(map(said, value))}]" if isinstance(value, list) else str(value)

    return ", ".join(f"{path} = {said(value)}" for path, value in changes.items())


def parse_changes(option: str, texts: Iterable[str]) -> dict[str, Any]:
    """Changes as they are typed: "PATH=VALUE", the value as in TOML or a text without quotes.

    Raises:
        OptionError: when one has no "=", or a path comes twice.

    Example:
        >>> parse_changes("--set", ["S1.process.time.mean=40 s", "S2.buffer=6"])
        {'S1.process.time.mean': '40 s', 'S2.buffer': 6}
    """
    changes: dict[str, Any] = {}
    for text in texts:
        path, sign, value = (part.strip() for part in text.partition("="))
        if not sign or not path or not value:
            rule = 'a change is written PATH=VALUE. Use for example --set S1.process.time.mean="40 s"'
            raise OptionError(f"{option} is {shown(text)}; {rule}.")
        if path in changes:
            raise OptionError(f"{option} names {shown(path)} twice; a path has one value. Remove one of them.")
        changes[path] = _value(value)
    return changes


class Original:
    """A line that is changed often: its file is read once.

    Args:
        source: a file, or the name of a line in the library.

    Raises:
        LineError: when the line cannot be read.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.line = load_line(source)
        self._tables, self._base = read_tables(source)
        self._tables.setdefault("line", {}).setdefault("name", self.line.name)

    def changed(self, changes: Mapping[str, Any], *, option: str = "--set") -> Changed:
        """The line with changes.

        Args:
            changes: values by path, as in the line file.
            option: how messages name the changes.

        Returns:
            The line, checked with its changes.

        Raises:
            LineError: when the line is none after the changes.
            OptionError: when a path leads nowhere.
        """
        setpoints = {path: found for path in changes if (found := _setpoint(self.line, path))}
        tables = deepcopy(self._tables) if setpoints.keys() < changes.keys() else self._tables
        for path, value in changes.items():
            if path not in setpoints:
                _put(tables, self.line, path.split("."), value, f"{option} {shown(path)}")
        label = f"{self.source} with {option}"
        line = self.line if tables is self._tables else read_line(tables, self._base, file=label)
        values: dict[str, float] = {}
        for path, (station, name) in setpoints.items():
            place = f"{option} {shown(path)}"
            if f"{station}.{name}" in values:
                raise OptionError(f"{option} names setpoint {name!r} of {station!r} twice; use {shown(path)} once.")
            values[f"{station}.{name}"] = _value_of(line.station(station).setpoints[name], changes[path], place)
        return Changed(line, values)

    def value(self, path: str) -> Any:
        """What stands in the file at a path; None where it leaves it out."""
        node: Any = self._tables
        names = [station.name for station in self.line.stations]
        station, *keys = path.split(".")
        if station in names:
            node = self._tables["station"]
            node = node if isinstance(node, dict) else node[names.index(station)]
        else:
            keys = [station, *keys]
        for key in keys:
            node = node.get(key) if isinstance(node, dict) else None
        return node


def changed_line(source: str, changes: Mapping[str, Any], *, option: str = "--set") -> Changed:
    """A line with changes, see `Original`."""
    return Original(source).changed(changes, option=option)


def _value_of(known: Setpoint, wanted: Any, place: str) -> float:
    """The SI value of a setpoint, in its unit and in the window of the machine; a trial may leave the released one."""
    try:
        value, _, read = any_quantity(wanted)
    except RuleError as fault:
        raise OptionError(f"{place} is {shown(wanted)}; {fault.rule}. {fault.remedy}.") from None
    if read.dimension != unit("" if known.unit == "dimensionless" else known.unit).dimension:
        raise OptionError(
            f"{place} is {shown(wanted)}; the setpoint is given in {known.unit}. Use that unit, or one like it."
        )
    name, window = ("the machine accepts", known.machine) if known.machine else ("released is", known.released)
    if window and not window[0] <= value <= window[1]:
        low, high = ((end - known.offset) / known.scale for end in window)
        shown_unit = "" if known.unit == "dimensionless" else f" {known.unit}"
        raise OptionError(
            f"{place} is {shown(wanted)}; {name} {low:.6g} to {high:.6g}{shown_unit}. Use a value in this window."
        )
    return value


def _value(text: str) -> Any:
    """A value of TOML, or the text itself when it is none."""
    try:
        read = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return read["value"] if read.keys() == {"value"} else text


def _setpoint(line: Line, path: str) -> tuple[str, str] | None:
    """Station and setpoint whose value a path means, or None."""
    keys = path.split(".")
    station = next((s for s in line.stations if s.name == keys[0]), None)
    rest = keys[1:-1] if keys[-1] == "value" else keys[1:]
    if len(rest) == 2 and rest[0] == "setpoints":
        rest = rest[1:]
    return (keys[0], rest[0]) if station and len(rest) == 1 and rest[0] in station.setpoints else None


def _put(tables: dict[str, Any], line: Line, keys: list[str], value: Any, place: str) -> None:
    """Put a value where the keys lead to; tables on the way that the file leaves out are made."""
    names = [station.name for station in line.stations]
    if len(keys) < 2 or not all(keys):
        raise OptionError(f"{place}: a path is STATION.key, line.key or source.key. Use for example {names[0]}.buffer.")
    if keys[0] in names:
        stations = tables["station"]
        node: Any = stations if isinstance(stations, dict) else stations[names.index(keys[0])]
        keys = keys[1:]
    elif keys[0] in _TABLES:
        node = tables
    else:
        near = nearest(keys[0], [*names, *_TABLES])
        listed = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
        remedy = f"Use {shown(near)}" if near else "Begin the path with one of them, or with line or source"
        raise OptionError(f"{place}: there is no station {shown(keys[0])}; the stations are {listed}. {remedy}.")
    if keys[0] in _LISTS and isinstance(node.get(keys[0]), dict):
        node[keys[0]] = [node[keys[0]]]  # a single table may stand for a list of one
    for key, following in pairwise(keys):
        node = _step(node, key, place)
        if isinstance(node, list) and len(node) == 1 and isinstance(node[0], dict) and following in node[0]:
            node = node[0]  # the only failure need not be named
    if isinstance(node, list):
        node[_index(node, keys[-1], place)] = value
    else:
        node[keys[-1]] = value


def _step(node: Any, key: str, place: str) -> Any:
    """One key further down."""
    found = node[_index(node, key, place)] if isinstance(node, list) else node.setdefault(key, {})
    if not isinstance(found, dict | list):
        raise OptionError(f"{place}: {shown(key)} is {shown(found)} and has no keys of its own. End the path with it.")
    return found


def _index(items: list[Any], key: str, place: str) -> int:
    """The place of an item that is named, or counted from 0."""
    known = [item.get("name") if isinstance(item, dict) else None for item in items]
    if key in known:
        return known.index(key)
    if key.isascii() and key.isdigit() and int(key[:9]) < len(items):
        return int(key)
    listed = ", ".join([name for name in known if isinstance(name, str)] or [str(i) for i in range(len(items))][:20])
    raise OptionError(f"{place}: there is no {shown(key)} among {listed or 'none'}. Use one of these.")
