"""A log file as columns: CSV (plain or gzip), Parquet, XES. Only columns that are asked for are kept in memory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.errors import LogError
from twin.calibrate.table import BLANK
from twin.errors import nearest, shown, shown_path
from twin.eventlog.texts import fault_of
from twin.eventlog.words import Words, words_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["LogFile", "LogTable"]

_BLOCK = 1 << 24
"""A row of a CSV file has at most so many bytes."""


@dataclass(frozen=True)
class LogTable:
    """Some columns of a log.

    Attributes:
        name: the file's name, as messages show it.
        data: the columns, texts as dictionaries.
        rows: the number of each row in its file; the header of a CSV file is row 1.
        malformed: rows that have too many or too few cells; they are not in `data`.
    """

    name: str
    data: pa.Table
    rows: NDArray[np.int64]
    malformed: tuple[int, ...] = ()

    def words(self, column: str) -> Words:
        """A column as words; blank where there is nothing."""
        return words_of(self.data[column])

    def cell(self, row: int, column: str) -> str:
        """One cell as text; `row` counts from 0."""
        value = self.data[column][row].as_py()
        return "" if value is None else str(value)

    def fault(self, row: int, column: str, rule: str, remedy: str) -> LogError:
        """The error for one cell; `row` counts from 0."""
        place = f"{self.name}, row {self.rows[row]}, column {shown(column)}"
        return LogError(f"{place}: {shown(self.cell(row, column))} {rule}. {remedy}.")


@dataclass(frozen=True)
class LogFile:
    """A log that was opened: the names of its columns are known, its rows are not read yet.

    Attributes:
        path: where it lies.
        content: its bytes.
        kind: "csv", "parquet" or "xes".
        zipped: whether a CSV file is compressed with gzip.
        encoding: of a CSV file.
        delimiter: between the cells of a CSV file.
    """

    path: Path
    content: bytes
    kind: str
    zipped: bool = False
    encoding: str = "utf8"
    delimiter: str = ","

    @property
    def name(self) -> str:
        """The file's name, as messages show it."""
        return shown_path(self.path.name)[1:-1]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns.

        Raises:
            LogError: when the file is damaged, or two have one name.
        """
        try:
            names = tuple(name.strip() for name in self._names())
        except _arrow_errors() as error:
            raise self._unreadable(error) from None
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            rule = f"two columns are called {shown(twice)}; each needs a name of its own"
            raise LogError(f"{self.name}, row 1: {rule}. Rename one.")
        return names

    def _names(self) -> Sequence[str]:
        if self.kind == "parquet":
            import pyarrow.parquet as parquet  # noqa: PLC0415  takes 0.2 s to import

            return parquet.read_schema(self._stream()).names
        if self.kind == "xes":
            return self._xes.column_names
        import pyarrow.csv as csv  # noqa: PLC0415  as above

        with csv.open_csv(self._stream(), self._reading(), self._parsing({})) as reader:
            return reader.schema.names

    def column(self, name: str) -> str:
        """The name, when there is such a column.

        Raises:
            LogError: when there is none.
        """
        if name not in self.columns:
            near = nearest(name, self.columns)
            remedy = f"Use {shown(near)}" if near else "Name one of these"
            there = ", ".join(shown(one) for one in self.columns[:12]) + (", ..." if len(self.columns) > 12 else "")
            raise LogError(f"{self.name}: there is no column {shown(name)}; the columns are {there}. {remedy}.")
        return name

    def read(self, names: Sequence[str]) -> LogTable:
        """Some columns.

        Raises:
            LogError: when the file is damaged, or has no row, or more rows are malformed than not.
        """
        malformed: dict[int, int] = {}
        try:
            data = self._data(list(dict.fromkeys(names)), malformed)
        except _arrow_errors() as error:
            raise self._unreadable(error) from None
        for row, lines in malformed.items():
            if lines:
                rule = f"a quote is opened and not closed, so that the row goes on for {lines} more lines"
                raise LogError(f"{self.name}, row {row}: {rule}. Close it, or take it out.")
        if len(malformed) > data.num_rows:
            rule = f"{len(malformed)} rows do not have {len(self.columns)} cells, as the header has"
            remedy = "Put cells that hold the divider in quotes, and export the log again"
            raise LogError(f"{self.name}, row {min(malformed)}: {rule}. {remedy}.")
        if not data.num_rows:
            raise LogError(f"{self.name}: there is no row of data; a log needs at least one. Give a log with rows.")
        rows = np.arange(data.num_rows + len(malformed), dtype=np.int64) + (2 if self.kind == "csv" else 1)
        rows = rows[~np.isin(rows, list(malformed))] if malformed else rows
        table = LogTable(self.name, data, rows[: data.num_rows], tuple(malformed))
        self._check_texts(table)
        return table

    def _check_texts(self, table: LogTable) -> None:
        """Raises LogError for a cell whose text is none."""
        for name in table.data.column_names:
            column: Any = table.data[name].combine_chunks()
            for code, text in enumerate(getattr(column, "dictionary", ())):
                fault = fault_of(text.as_py() or "", self.delimiter)
                if fault:
                    rows = np.flatnonzero(column.indices.to_numpy(zero_copy_only=False) == code)
                    raise table.fault(int(rows[0]), name, *fault)

    def _data(self, names: list[str], malformed: dict[int, int]) -> pa.Table:
        if self.kind == "parquet":
            import pyarrow.parquet as parquet  # noqa: PLC0415  takes 0.2 s to import

            return parquet.read_table(self._stream(), columns=names)
        if self.kind == "xes":
            return self._xes.select(names)
        import pyarrow as pa  # noqa: PLC0415  as above
        import pyarrow.csv as csv  # noqa: PLC0415  as above

        raw = dict(zip(self.columns, self._names(), strict=True))
        texts = pa.dictionary(pa.int32(), pa.string())
        blanks = sorted({form for word in BLANK for form in (word, word.upper(), word.title(), "NaN", "NaT")})
        converting = csv.ConvertOptions(
            column_types={raw[name]: texts for name in names}, include_columns=[raw[name] for name in names],
            null_values=blanks, strings_can_be_null=True,
        )  # fmt: skip
        table = csv.read_csv(self._stream(), self._reading(), self._parsing(malformed), converting)
        return table.rename_columns(names)

    def _reading(self) -> Any:
        import pyarrow.csv as csv  # noqa: PLC0415  takes 0.2 s to import

        return csv.ReadOptions(encoding=self.encoding, use_threads=False, block_size=_BLOCK)

    def _parsing(self, malformed: dict[int, int]) -> Any:
        """How a CSV file is parsed; rows of another length are left out and noted, with how many lines they go on."""
        import pyarrow.csv as csv  # noqa: PLC0415  takes 0.2 s to import

        def noted(row: Any) -> str:
            malformed[int(row.number or 0)] = (row.text or "").strip().count("\n")
            return "skip"

        return csv.ParseOptions(
            delimiter=self.delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=noted
        )

    def _stream(self) -> Any:
        import pyarrow as pa  # noqa: PLC0415  takes 0.2 s to import

        stream = pa.BufferReader(self.content)
        return pa.CompressedInputStream(stream, "gzip") if self.zipped else stream

    @cached_property
    def _xes(self) -> pa.Table:
        try:
            r4pm = import_module("r4pm")  # an extra
        except ImportError:
            rule = "an XES file is read by r4pm, which is not installed"
            remedy = "Install it with: pip install 'linetwin[xes]', or export the log as CSV"
            raise LogError(f"{self.name}: {rule}. {remedy}.") from None
        try:
            table = r4pm.df.import_xes(str(self.path))[0].to_arrow()
        except Exception as error:  # noqa: BLE001  the reader raises what its parser raised
            raise self._unreadable(error) from None
        return _in_utc(table)

    def _unreadable(self, error: Exception) -> LogError:
        kind = {"csv": "CSV", "parquet": "Parquet", "xes": "XES"}[self.kind]
        if "block size" in str(error):
            rule = f"a row has more than {_BLOCK // 1_000_000} MB, so a quote was opened and never closed"
            return LogError(f"{self.name}: {rule}. Close it, or take it out.")
        if "Empty CSV" in str(error):
            rule = "there is no row of data, or a quote in row 1 is never closed"
            return LogError(f"{self.name}: {rule}; a log has at least one row. Export it again.")
        reason = re.sub(r"\s+", " ", str(error)).strip()[:160].rstrip(". ")
        return LogError(
            f"{self.name} cannot be read as a {kind} file ({reason}); a log must be whole. Export it again."
        )


def _in_utc(table: pa.Table) -> pa.Table:
    """The moments of an XES log, which name their zone, as the reader turned them into UTC."""
    import pyarrow as pa  # noqa: PLC0415  takes 0.2 s to import

    kinds = [pa.timestamp("us", "UTC") if pa.types.is_timestamp(one.type) else one.type for one in table.schema]
    return table.cast(pa.schema(list(zip(table.column_names, kinds, strict=True))))


def _arrow_errors() -> tuple[type[Exception], ...]:
    import pyarrow as pa  # noqa: PLC0415  takes 0.2 s to import

    return (pa.ArrowException, OSError, UnicodeError)
