"""A CSV file as rows of text, or one sentence that says why it is none."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from twin.calibrate.errors import LogError
from twin.errors import nearest, one_line, shown

__all__ = ["BLANK", "Table", "read_table"]

BLANK = frozenset({"", "nan", "na", "n/a", "nat", "none", "null", "-"})
"""What programs write where there is no value (small letters)."""

_LARGEST = 500_000_000


@dataclass(frozen=True)
class Table:
    """A CSV file.

    Attributes:
        name: the file's name, as messages show it.
        header: column names.
        rows: the cells of each row, stripped; blank rows are left out.
        lines: the row number of each row in the file, the header being row 1.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    def column(self, name: str) -> tuple[str, ...]:
        """The cells of a column; blanks such as "NaN" come back as "".

        Raises:
            LogError: when there is no such column.
        """
        if name not in self.header:
            near = nearest(name, self.header)
            remedy = f"Use {shown(near)}" if near else "Name the right column with columns="
            there = _listed(self.header)
            raise LogError(f"{self.name}, row 1: there is no column {shown(name)}; the columns are {there}. {remedy}.")
        place = self.header.index(name)
        return tuple("" if row[place].lower() in BLANK else row[place] for row in self.rows)

    def fault(self, row: int, column: str, value: str, rule: str, remedy: str) -> LogError:
        """The error for one cell; `row` counts from 0 over the data rows."""
        return LogError(f"{self.name}, row {self.lines[row]}, column {shown(column)}: {shown(value)} {rule}. {remedy}.")


def read_table(path: str | Path) -> Table:
    """Reads a CSV file whose first row names its columns; comma, semicolon or tab, UTF-8 or Latin-1.

    Args:
        path: the file.

    Returns:
        Its cells as text.

    Raises:
        LogError: when the file is missing, empty, binary, has no rows or columns, or has rows of different lengths.
    """
    path = Path(path)
    name = one_line(path.name or str(path))
    header, *body = _cells(_text(path, name), name)
    header = [cell.strip() for cell in header]
    twice = next((cell for cell in header if header.count(cell) > 1), None)
    if twice is not None:
        raise LogError(
            f"{name}, row 1: two columns are called {shown(twice)}; each needs a name of its own. Rename one."
        )
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    for line, row in enumerate(body, start=2):
        cells = tuple(cell.strip() for cell in row)
        if not any(cells):
            continue
        if len(cells) != len(header):
            raise LogError(
                f"{name}, row {line}: there are {len(cells)} cells but {len(header)} columns; "
                "every row needs one cell per column. Correct the row, and put cells that hold commas in quotes."
            )
        rows.append(cells)
        lines.append(line)
    if not rows:
        raise LogError(
            f"{name}: there is a header but no row below it; a log needs at least one. Give a log with rows."
        )
    return Table(name, tuple(header), tuple(rows), tuple(lines))


def _text(path: Path, name: str) -> str:
    """The file as text."""
    try:
        if path.stat().st_size > _LARGEST:
            raise LogError(f"{name} is larger than 500 MB; logs are read into memory. Cut it into shorter periods.")
        raw = path.read_bytes()
    except FileNotFoundError:
        raise LogError(f"{name}: there is no such file. Give the path of a CSV file.") from None
    except OSError as error:
        raise LogError(
            f"{name} cannot be read ({error.strerror}); a CSV file is expected. Give another path."
        ) from None
    if not raw.strip():
        raise LogError(f"{name} is empty; a log needs a header and rows. Export it again.")
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace")
    if b"\x00" in raw or raw[:4] == b"PK\x03\x04":
        raise LogError(f"{name} is a binary file; a log is text. Save the sheet as CSV.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _cells(text: str, name: str) -> list[list[str]]:
    """The rows of the file, cut at the character that the header uses most."""
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    if not header.count(delimiter):
        raise LogError(
            f"{name}, row 1: {shown(header.strip())} is a single column; a log has at least two. "
            "Separate the columns by commas, semicolons or tabs."
        )
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise LogError(
            f"{name} is not a CSV file ({error}); cells in quotes must be closed. Export it again."
        ) from None


def _listed(names: Sequence[str]) -> str:
    """The first names, as messages list them."""
    return ", ".join(shown(name) for name in names[:12]) + (", ..." if len(names) > 12 else "")
