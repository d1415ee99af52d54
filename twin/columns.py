"""Comma-separated files: rows with their numbers, and columns of recorded times."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from pathlib import Path

from twin.errors import RuleError, nearest, shown, shown_path

__all__ = ["read_bytes", "read_column", "read_rows", "read_text"]

LARGEST_CSV = 200_000_000


def read_bytes(path: Path, largest: int) -> bytes:
    """The content of a file of at most `largest` bytes.

    Raises:
        RuleError: when it is missing, a folder, too large or unreadable.
    """
    name = f"file {shown_path(path)}"
    try:
        if path.is_dir():
            raise RuleError("a file is expected, not a folder", "Name a file in it", subject=f"{name} is a folder")
        if path.exists() and not path.is_file():
            rule = "an ordinary file is expected"
            raise RuleError(rule, "Save it as a file", subject=f"{name} is a pipe or a device")
        if not path.is_file():
            near = nearest(path.name, [p.name for p in path.parent.iterdir()], 0.8) if path.parent.is_dir() else None
            remedy = f"Use '{near}', which is there" if near else "Check the spelling and the folder"
            raise RuleError("the file must be there to be read", remedy, subject=f"{name} does not exist")
        size = path.stat().st_size
        if size > largest:
            subject = f"{name} has {size / 1e6:.0f} MB"
            raise RuleError(
                f"at most {largest / 1e6:.0f} MB are read", "Check that it is the right file", subject=subject
            )
        return path.read_bytes()
    except RuleError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        reason = getattr(error, "strerror", None) or str(error)
        remedy = "Check its name and its permissions"
        raise RuleError("the file must be readable", remedy, subject=f"{name} cannot be read ({reason})") from error


def read_text(path: Path, largest: int) -> str:
    """The text of a file in UTF-8, with or without byte-order mark; raises RuleError."""
    data = read_bytes(path, largest)
    name = f"file {shown_path(path)}"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise RuleError(
            "the text must be UTF-8", "Save it as UTF-8 without BOM", subject=f"{name} is written in UTF-16"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        subject = f"{name} has the byte 0x{data[error.start]:02x} in line {line}"
        raise RuleError("the text must be UTF-8", "Save it as UTF-8 text", subject=subject) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise RuleError(
            "text has no null characters", "Save it as UTF-8 text", subject=f"{name} is binary (line {line})"
        )
    return text


def read_rows(path: Path) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The header of a file with commas or semicolons, and its rows with their numbers (the header is row 1).

    Empty lines at the end are left out.

    Raises:
        RuleError: when the file cannot be read or has no header; the iterator raises it too.
    """
    lines = read_text(path, LARGEST_CSV).rstrip().splitlines()
    subject = f"file {shown_path(path)} is empty"
    if not lines:
        raise RuleError("its first row names the columns", "Add a header and rows", subject=subject)
    delimiter = ";" if ";" in lines[0] and "," not in lines[0] else ","
    reader = csv.reader(lines, delimiter=delimiter, strict=True)

    def rows() -> Iterator[tuple[int, list[str]]]:
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                where = f"row {reader.line_num} of {shown_path(path)} cannot be read ({error})"
                raise RuleError(
                    "cells are divided by commas", "Correct the quotes of that row", subject=where
                ) from error
            yield reader.line_num, [cell.strip() for cell in cells]

    iterator = rows()
    header = next(iterator)[1]
    repeated = [name for name in header if header.count(name) > 1]
    if repeated:
        subject = f"{shown_path(path)} has column {shown(repeated[0])} twice"
        raise RuleError("every column has a name of its own", "Rename one of them", subject=subject)
    return header, iterator


def read_column(base: Path, file: str, column: str) -> tuple[float, ...]:
    """One column of times in seconds.

    Args:
        base: the folder to which `file` is relative.
        file: name of a file with a header.
        column: name of the column.

    Returns:
        The times [s], in the order of the rows.

    Raises:
        RuleError: naming the row, when a cell is blank or no time.
    """
    path = base / file
    header, rows = read_rows(path)
    if column not in header:
        subject = f"{shown_path(path)} has no column {shown(column)}"
        raise RuleError(
            f"its columns are {', '.join(shown(name) for name in header[:20])}", "Name one of these", subject=subject
        )
    place = header.index(column)
    times: list[float] = []
    for number, cells in rows:
        cell = cells[place] if place < len(cells) else ""
        times.append(_seconds(cell, f"row {number}, column {shown(column)} of {shown_path(path)}"))
    if not times:
        subject = f"{shown_path(path)} has no rows"
        raise RuleError("a column of times has at least one row", "Add the recorded times", subject=subject)
    return tuple(times)


def _seconds(cell: str, place: str) -> float:
    """One cell as seconds."""
    if not cell:
        rule = "every row of a column of times holds seconds"
        raise RuleError(rule, "Fill the cell, or end the file before it", subject=f"{place} is blank")
    try:
        seconds = float(cell) if re.fullmatch(r"[-+.\deE]+", cell, re.ASCII) else math.nan
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= 3.2e9:
        rule = "it must be a time in seconds, zero or more, as a plain number with a decimal point"
        raise RuleError(rule, "Write for example 42.5", subject=f"{place} is {shown(cell)}")
    return seconds
