"""Files of draws: sets of numbers that a line may have just as well, a row each."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

from twin.columns import read_rows
from twin.errors import RuleError, nearest, shown, shown_path
from twin.line import Draws, Line
from twin.parameters import numbers_of

__all__ = ["draws_text", "read_draws"]

MOST = 100_000


def draws_text(draws: Draws) -> str:
    """The content of a file of draws: a header of paths, then values in SI units."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(draws.paths)
    writer.writerows([f"{value:.8g}" for value in row] for row in draws.values)
    return text.getvalue()


def read_draws(path: Path, line: Line) -> Draws:
    """The draws in a file.

    Args:
        path: CSV; the first row names numbers of the line (see `twin.parameters.numbers_of`).
        line: that it is of.

    Raises:
        RuleError: naming the row or column, when the line has no such number or a cell is none.
    """
    file = shown_path(path)
    header, rows = read_rows(path)
    known = numbers_of(line)
    for name in header:
        if name not in known:
            near = nearest(name, known)
            remedy = f"Rename it to '{near}'" if near else "Write line and draws anew, they belong together"
            rule = "each column of draws is a number of the line"
            raise RuleError(rule, remedy, subject=f"{file} has a column {shown(name)}")
    values = []
    for number, cells in rows:
        if len(cells) != len(header):
            subject = f"row {number} of {file} has {len(cells)} cells"
            raise RuleError(f"a draw has {len(header)}", "Write line and draws anew", subject=subject)
        values.append(
            tuple(
                _number(cell, f"row {number}, column {shown(name)} of {file}")
                for cell, name in zip(cells, header, strict=True)
            )
        )
        if len(values) > MOST:
            raise RuleError(f"at most {MOST:,} draws are read", "Cut the file", subject=f"{file} is longer")
    if not values:
        raise RuleError("there is at least one draw", "Write line and draws anew", subject=f"{file} has no rows")
    return Draws(tuple(header), tuple(values))


def _number(cell: str, place: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise RuleError("a draw is a plain number", "Write line and draws anew", subject=f"{place} is {shown(cell)}")
    return value
