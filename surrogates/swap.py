"""Surrogates in place of solvers in a line, from the set that ships with the package."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from surrogates.bundle import loads
from surrogates.process import process_class, read_process
from twin.errors import RuleError
from twin.line import Line, Station
from twin.readers import ProcessFile, Reader, class_of

__all__ = ["SHIPPED", "with_surrogates"]

SHIPPED = Path(__file__).parent / "library"
"""Folder of the surrogates that ship: one file for each family, named after its model."""

SLOWER = frozenset({"machining"})
"""Families whose solver takes less time than any network, because it is a closed form: their trust cards say so."""


def with_surrogates(
    line: Line,
    *,
    every: bool = False,
    outside: str = "first principles",
    member: int | None = None,
    folder: Path = SHIPPED,
) -> Line:
    """The line with a surrogate at every station whose family has one that was learned with the station's numbers.

    Args:
        line: with processes from first principles.
        every: whether networks that are `SLOWER` than what they stand for are taken, too.
        outside: what to do about visits that a surrogate does not know, see `twin.line.Process.outside`.
        member: of every ensemble that works in the line; None for the best. Runs of all members tell how sure the
            surrogates are, see `surrogates.shares`.
        folder: of files MODEL.surrogate.

    Returns:
        The line; it is the same where there is no surrogate for any of its processes.
    """
    left = frozenset() if every else SLOWER
    stations = (
        station if station.process.model in left else _station(station, outside, member, folder)
        for station in line.stations
    )
    return replace(line, stations=tuple(stations))


def _station(station: Station, outside: str, member: int | None, folder: Path) -> Station:
    process: Any = station.process
    path = folder / f"{process.model}.surrogate"
    if process.behaviour is None or not path.exists():
        return station
    file = ProcessFile.read(path)
    made = class_of(_reader(member), file)
    digest = file.digest if member is None else f"{file.digest}, member {member}"
    numbers = lambda own: {one.name: getattr(own, one.name) for one in fields(own)}  # noqa: E731
    try:
        behaviour = made(**numbers(process.behaviour))
        others = {name: made(**numbers(own)) for name, own in process.behaviours.items()}
    except RuleError:  # learned with other numbers
        return station
    how = {"model": "surrogate", "outside": outside, "digest": digest}
    return replace(station, process=replace(process, behaviour=behaviour, behaviours=others, **how))


@lru_cache(maxsize=16)
def _reader(member: int | None) -> Reader:
    """Reads a surrogate to work with one of its members; always the same reader, as `twin.readers.class_of` asks."""
    if member is None:
        return read_process
    return lambda file: process_class(replace(loads(file.content, str(file.path)), chosen=member))
