"""First principles in place of guarded processes: the same line, every visit of which may be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from twin.behave import told
from twin.errors import LineError, shown
from twin.line import Line, Process, Station
from twin.process import Process as Behaviour

__all__ = ["POLICIES", "first_principles", "is_guarded"]

POLICIES = ("first principles", "refuse", "flag")
"""What to do about visits outside of where a guarded process may be trusted (see `twin.line.Process.outside`)."""

_ALIKE = ("setpoints", "reads", "makes", "condition", "draws", "causes", "ages")
_ONE = ("serves", "base", "rest")


def is_guarded(line: Line) -> bool:
    """Whether a visit in this line may lie outside of where its process may be trusted."""
    return any(station.process.behaviour is not None and _guarded(station) for station in line.stations)


def first_principles(line: Line) -> Line:
    """The line with first principles in place of its guarded processes, as far as they have a fallback.

    Args:
        line: the description; one without guarded processes comes back as it is.

    Raises:
        LineError: a station wants to fall back on first principles, and its process has none; or the two could not
            take each other's place.

    Example:
        >>> from twin.spec import load_line
        >>> line = load_line("reference")
        >>> first_principles(line) == line
        True
    """
    return replace(line, stations=tuple(_station(station) for station in line.stations))


def _guarded(station: Station) -> bool:
    return bool(type(station.process.behaviour).guarded)


def _station(station: Station) -> Station:
    process = station.process
    if process.behaviour is None or not _guarded(station):
        return station
    place = f"station {station.name!r}"
    if process.outside not in POLICIES:
        listed = ", ".join(shown(word) for word in POLICIES)
        raise LineError(f"{place}: outside is {shown(process.outside)}; it is one of {listed}. Use one of these.")
    behaviour = process.behaviour.fallback()
    if behaviour is None and process.outside == POLICIES[0]:
        raise LineError(
            f"{place}: outside is {shown(process.outside)}, and the process {process.model!r} has no first principles "
            "to fall back on. Use outside = 'refuse' or 'flag'."
        )
    if behaviour is None:
        return station
    _check_alike(place, type(process.behaviour), type(behaviour))
    others: dict[str, Any] = {name: own.fallback() for name, own in process.behaviours.items()}
    return replace(station, process=_trusted(process, behaviour, others))


def _trusted(process: Process, behaviour: Any, others: dict[str, Any]) -> Process:
    return replace(
        process, model=behaviour.model, behaviour=behaviour, behaviours=others, outside=POLICIES[0], digest=""
    )


def _blank(named: Any) -> list[Any]:
    """Names in their order, each with the value that it has where nothing is known."""
    return [(name, named[name].value) for name in named] if isinstance(named, Mapping) else list(named)


def _check_alike(place: str, cls: type[Any], other: type[Any]) -> None:
    """Whether two families can take each other's place in a run, so that their replications can stand side by side."""
    lists = [name for name in _ALIKE if _blank(getattr(cls, name)) != _blank(getattr(other, name))]
    ones = [name for name in _ONE if getattr(cls, name) is not getattr(other, name)]
    tests = (cls.finds is Behaviour.finds) != (other.finds is Behaviour.finds)
    energy = set(told(cls)) != set(told(other))
    unlike = [*lists, *ones, *["finds"] * tests, *["energy"] * energy]
    if unlike or other.guarded:
        differ = f"differs in {', '.join(unlike)}" if unlike else "is guarded itself"
        raise LineError(
            f"{place}: the fallback {other.__name__} of the process {cls.__name__} {differ}; it takes the place of the "
            "process in a run, and has to have the same. Make the process a subclass of its family."
        )
