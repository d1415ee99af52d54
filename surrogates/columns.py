"""Columns of a CSV or Parquet file as arrays, and its cells as numbers; what is no number is said, with its row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.columns import read_bytes
from twin.errors import nearest, shown, shown_path

__all__ = ["Dirty", "as_numbers", "column_of", "read_columns"]

LARGEST_FILE = 500_000_000
ENDINGS = (".csv", ".csv.gz", ".parquet")


class Dirty(NamedTuple):
    """A row that cannot be used: its number as a person finds it in the file, and why."""

    row: int
    reason: str


def read_columns(path: str | Path, *, only: Sequence[str] | None = None) -> dict[str, NDArray[Any]]:
    """The columns of a file, each a one-dimensional array of numbers or of text.

    Args:
        path: a file that ends in .csv, .csv.gz or .parquet; a CSV file has a header and commas.
        only: names of the columns to read; all where it is None.

    Returns:
        Name -> values, in the order of the rows. A blank number is NaN, a blank text is "".

    Raises:
        ValueError: when the file is missing, unreadable, of another kind, or lacks a column.
    """
    path = Path(path)
    if not str(path).endswith(ENDINGS):
        raise ValueError(
            f"file {shown_path(path)}: the ending is {shown(path.suffix)}; measured data are read from "
            f"{', '.join(ENDINGS)}. Save it as one of these."
        )
    import pyarrow as pa  # noqa: PLC0415 - 0.2 s: only when a file is read

    content = pa.BufferReader(read_bytes(path, LARGEST_FILE))
    try:
        if path.suffix == ".parquet":
            import pyarrow.parquet as parquet  # noqa: PLC0415 - as above

            table = parquet.read_table(content)
        else:
            import pyarrow.csv as csv  # noqa: PLC0415 - as above

            stream = pa.CompressedInputStream(content, "gzip") if path.suffix == ".gz" else content
            table = csv.read_csv(stream)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(
            f"file {shown_path(path)} cannot be read ({str(error).splitlines()[0]}); its rows are cells divided by "
            "commas, or it is a Parquet file. Check that it is whole and of the kind that its ending says."
        ) from error
    names = table.column_names
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise ValueError(
            f"file {shown_path(path)} has column {shown(repeated[0])} twice; every column has a name of its own. "
            "Rename one of them."
        )
    columns = {name: np.asarray(table[name].to_numpy(zero_copy_only=False)) for name in names}
    found = {name: column_of(columns, name, shown_path(path)) for name in (names if only is None else only)}
    return {name: _texts(values) if values.dtype == object else values for name, values in found.items()}


def column_of(columns: dict[str, NDArray[Any]], name: str, where: str) -> NDArray[Any]:
    """One column by name.

    Args:
        columns: name -> values.
        name: of the column.
        where: as it stands in a message, e.g. the file.

    Raises:
        ValueError: when there is none of this name.
    """
    if name not in columns:
        near = nearest(name, columns)
        remedy = f"Use {shown(near)}, which is there" if near else "Name one of these"
        known = ", ".join(shown(known) for known in list(columns)[:20])
        raise ValueError(f"{where} has no column {shown(name)}; its columns are {known}. {remedy}.")
    return columns[name]


def as_numbers(name: str, values: NDArray[Any], first: int = 1) -> tuple[NDArray[np.float64], list[Dirty]]:
    """The cells of a column as numbers, NaN where they are none.

    Args:
        name: of the column, as it stands in a reason.
        values: numbers, truth values or text.
        first: number of the first row.

    Returns:
        The numbers, and the rows whose cell is blank, text or infinite.

    Example:
        >>> as_numbers("feed", np.array(["1.5", "", "fast"]), first=2)
        (array([1.5, nan, nan]), [Dirty(row=3, reason="'feed' is blank"), Dirty(row=4, reason="'feed' is 'fast', ...")])
    """
    if values.dtype.kind in "biuf":
        numbers = values.astype(np.float64)
        faults = np.flatnonzero(~np.isfinite(numbers))
        return numbers, [
            Dirty(
                int(i) + first,
                f"{shown(name)} is blank" if np.isnan(numbers[i]) else f"{shown(name)} is {numbers[i]}, not finite",
            )
            for i in faults
        ]
    numbers, dirty = np.full(len(values), np.nan), []
    for i, cell in enumerate(values):
        text = "" if cell is None else str(cell).strip()
        try:
            numbers[i] = float(text)
        except ValueError:
            reason = f"{shown(name)} is {shown(text)}, no number" if text else f"{shown(name)} is blank"
            dirty.append(Dirty(i + first, reason))
            continue
        if not np.isfinite(numbers[i]):
            dirty.append(Dirty(i + first, f"{shown(name)} is {shown(text)}, not finite"))
    return numbers, dirty


def _texts(values: NDArray[Any]) -> NDArray[Any]:
    """A column of objects as text, blank where there is nothing; dates keep their order as ISO text."""
    return np.array(["" if value is None else str(value) for value in values])
