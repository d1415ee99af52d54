"""The files that a study or a line is made of: found to be copied, each with its place beside the others."""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scenarios.options import OptionError
from scenarios.work import SweepError

__all__ = ["named_files"]


def named_files(main: Path) -> tuple[str, dict[str, Path]]:
    """A study or line file and all files that it names, directly or through its line.

    Names in these files are relative to the folder of the file in which they stand, so copies that are put in the same
    places relative to each other read the same. A line of the library is copied as well, under the name that the study
    gives it: a file goes before the library.

    Args:
        main: a study file (with `line = "..."`) or a line file.

    Returns:
        The place of `main`, and for each place, a path below a common folder with slashes, the file that belongs there.

    Raises:
        SweepError: a file cannot be read, or is named by a path from the root, which no copy can have.
    """
    places = {main.name: main}
    tables = _tables(main)
    line = tables.get("line")
    if isinstance(line, str):
        found = _beside(main, line)
        place = _place(main.name, line)
        places[place] = found if found.is_file() else _of_library(main, line)
        _data(places, place, _tables(places[place]), _values_of_files(tables))
    else:
        _data(places, main.name, tables, ())
    return _below_one_folder(main, places)


def _data(places: dict[str, Path], place: str, tables: Mapping[str, Any], more: Iterator[str] | tuple[()]) -> None:
    """Add the data files that a line names, and those that a study puts in their stead."""
    line = places[place]
    for name in [*_values_of_files(tables), *more]:
        file = _beside(line, name)
        if not file.is_file():
            raise SweepError(f"'{line}' names '{name}'; there is no such file beside it. Put it there.")
        places[_place(place, name)] = file


def _values_of_files(tables: Any) -> Iterator[str]:
    """What stands under keys `file`, and under paths that end so."""
    if isinstance(tables, Mapping):
        for key, value in tables.items():
            if isinstance(value, str) and str(key).rpartition(".")[2] == "file":
                yield value
            else:
                yield from _values_of_files(value)
    elif isinstance(tables, list):
        for value in tables:
            yield from _values_of_files(value)


def _beside(source: Path, name: str) -> Path:
    """The file that another one names."""
    if Path(name).is_absolute():
        raise SweepError(
            f"'{source}' names '{name}' by a path from the root; a run folder holds copies, which lie elsewhere."
            " Name it relative to the folder of that file."
        )
    return source.parent / name


def _place(place: str, name: str) -> str:
    """The place of a file that the file in another place names."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(place), Path(name).as_posix()))


def _of_library(study: Path, name: str) -> Path:
    from twin.spec import library_lines  # noqa: PLC0415  twin needs jax, which takes a second to start

    lines = library_lines()
    if not re.fullmatch(r"[\w-]{1,100}", name) or name not in lines:
        known = ", ".join(lines)
        raise SweepError(f"'{study}' names the line '{name}'; neither a file nor one of {known}. Correct the name.")
    return lines[name]


def _below_one_folder(main: Path, places: dict[str, Path]) -> tuple[str, dict[str, Path]]:
    """Move places that begin with `..` below the folder above, under the names that the folders have."""
    up = max(place.split("/").count("..") for place in places)
    folders = main.resolve().parent.parts[1:]  # without the root
    above = folders[len(folders) - up :] if up <= len(folders) else ()
    if len(above) < up:
        raise SweepError(f"'{main}' names files above the root of the disk. Name them relative to its folder.")
    moved = {posixpath.normpath(posixpath.join(*above, place)): file for place, file in places.items()}
    return posixpath.join(*above, main.name), moved


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8").removeprefix("\ufeff"))
    except OSError as fault:
        raise SweepError(f"'{path}' cannot be read ({fault.strerror}). Check its name.") from None
    except (ValueError, RecursionError) as fault:
        raise OptionError(f"'{path}' is not valid TOML ({fault}). Correct it.") from None
