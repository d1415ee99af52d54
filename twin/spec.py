"""Line files: from TOML text, or the name of a line in the library, to a `Line`.

Nothing of pydantic and pint is imported before the first line is read: they take half a second.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.util import find_spec
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.errors import LineError, RuleError, nearest, one_line, shown

if TYPE_CHECKING:
    from twin.line import Line
    from twin.readers import Reader

__all__ = ["json_schema", "library_lines", "load_line", "read_line", "read_tables", "starter"]

LARGEST_FILE = 10_000_000


def load_line(path: str | PathLike[str], *, readers: Mapping[str, Reader] | None = None) -> Line:
    """The line in a file, or the line of that name in the library.

    Args:
        path: a TOML file, or a name such as "reference"; a file of that name goes first.
        readers: of processes from files, by model, besides those that ship (see `twin.readers`).

    Returns:
        The line in SI units, checked.

    Raises:
        LineError: when the file cannot be read or does not describe a line; the message is one line that names place,
            value, rule and remedy.

    Example:
        >>> load_line("reference").stations[1].buffer
        4
    """
    tables, base, file = _read_file(path)
    return _line(tables, base, file, readers)


def read_line(
    source: str | Mapping[str, Any],
    base: str | PathLike[str] = ".",
    *,
    file: str = "line",
    readers: Mapping[str, Reader] | None = None,
) -> Line:
    """The line that a TOML text or its tables describe, for programs and tests.

    Args:
        source: text of a line file, or its content as `tomllib` reads it; it is not changed.
        base: the folder to which file names in it are relative.
        file: how messages name the source.
        readers: as for `load_line`.

    Returns:
        The line in SI units, checked.

    Raises:
        LineError: as `load_line`.

    Example:
        >>> time = {"distribution": "constant", "mean": "1 min"}
        >>> station = {"name": "S1", "process": {"model": "timed", "time": time}}
        >>> read_line({"source": {"mode": "saturated"}, "station": [station]}).station("S1").process.time.numbers
        {'mean': 60.0}
    """
    if isinstance(source, str):
        return _line(_parsed(source, file), Path(base), file, readers)
    if not isinstance(source, Mapping):
        raise LineError(
            f"{file}: the source is {shown(source)}; a text or a table is read. Give the content of a line file."
        )
    return _line(dict(source), Path(base), file, readers)


def read_tables(path: str | PathLike[str]) -> tuple[dict[str, Any], Path]:
    """The tables of a line file as they stand there, to change and give to `read_line`, and its folder.

    Raises:
        LineError: when the file cannot be read or is no TOML.
    """
    tables, base, _ = _read_file(path)
    return tables, base


def json_schema() -> dict[str, Any]:
    """The JSON Schema of line files, for editors."""
    from twin.schema import LineTable  # noqa: PLC0415  pydantic: only when a line is read

    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **LineTable.model_json_schema(by_alias=True)}


def starter() -> str:
    """A commented line file to begin with; it loads and runs."""
    return Path(__file__).with_name("starter.toml").read_text(encoding="utf-8")


def library_lines() -> dict[str, Path]:
    """Names and files of the lines in the library.

    The library is data of the package `scenarios`, which stands above this one: its folder is looked up, and none of
    its code is imported. Without that package the library is empty.
    """
    found = find_spec("scenarios")
    folders = [Path(folder) / "library" for folder in (found.submodule_search_locations or ())] if found else []
    return {file.stem: file for folder in folders if folder.is_dir() for file in sorted(folder.glob("*.toml"))}


def _read_file(path: str | PathLike[str]) -> tuple[dict[str, Any], Path, str]:
    """Tables, folder and name of a line file."""
    from twin.columns import read_text  # noqa: PLC0415

    name = _path_text(path)
    file = Path(name)
    try:
        if re.fullmatch(r"[\w-]{1,100}", name) and not file.is_file():
            file = _in_library(name)
        text = read_text(file, LARGEST_FILE)
        if not text.strip():
            raise RuleError(
                "a line file describes at least one station", "Begin with `linetwin init`", subject="the file is empty"
            )
    except RuleError as fault:
        shown_name = one_line(name) if len(name) < 300 else f"{one_line(name[:60])}…"
        raise LineError(one_line(f"{shown_name}: {fault.subject}; {fault.rule}. {fault.remedy}.")) from fault
    return _parsed(text, name), file.parent, name


def _path_text(path: object) -> str:
    """The path as text."""
    text = fspath(path) if isinstance(path, str | PathLike) else None
    if not isinstance(text, str) or not text.strip():
        raise LineError(
            f"the line is {shown(path)}; it is a file or the name of a line in the library. Name one of them."
        )
    return text


def _in_library(name: str) -> Path:
    """The file of a line in the library."""
    lines = library_lines()
    if name in lines or Path(name).is_dir():
        return lines.get(name, Path(name))
    known = ", ".join(lines) or "empty"
    near = nearest(name, lines)
    remedy = f"Use '{near}', or check the path" if near else "Check the path, or write a file with `linetwin init`"
    subject = f"{shown(name)} is neither a file nor a line of the library"
    raise RuleError(f"the library is: {known}" if lines else "the library is empty", remedy, subject=subject)


def _parsed(text: str, file: str) -> dict[str, Any]:
    """TOML text as tables."""
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        problem, line = "tables are nested too deep", None
    except ValueError as error:  # TOMLDecodeError, and plain ValueError for numbers of thousands of digits
        found = re.search(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", str(error), re.DOTALL)
        problem, line = (found[1], found[2]) if found else ("a number has too many digits", None)
    lines = text.splitlines()
    number = min(int(line), len(lines)) if line else len(lines)
    content = shown(lines[number - 1].strip()) if lines else "nothing"
    raise LineError(
        one_line(f"{file}: line {number} is {content}; it is not valid TOML ({problem}). Correct that line.")
    )


def _line(tables: dict[str, Any], base: Path, file: str, readers: Mapping[str, Reader] | None) -> Line:
    """The line that tables describe."""
    from pydantic import ValidationError  # noqa: PLC0415  half a second with pint: only when a line is read

    from twin.build import build_line  # noqa: PLC0415
    from twin.checks import check_line  # noqa: PLC0415
    from twin.complaints import complaint, first_complaint, plain  # noqa: PLC0415
    from twin.schema import LineTable  # noqa: PLC0415

    try:
        tables = plain(tables)
        table = LineTable.model_validate(tables, context={"base": base, "readers": dict(readers or {})})
        line = build_line(table, base, Path(file).stem or "line")
        check_line(line)
    except ValidationError as error:
        raise first_complaint(file, error, tables) from None
    except RuleError as fault:
        raise complaint(file, fault, tables) from None
    return line
