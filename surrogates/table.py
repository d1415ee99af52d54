"""A table of measured data: inputs and outputs with units, the group of each row, and its place in time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from surrogates.columns import Dirty, as_numbers, column_of, read_columns
from twin.errors import RuleError, shown, shown_path
from twin.process import Attribute
from twin.units import unit as read_unit

__all__ = ["Dirty", "Table"]

Described = Mapping[str, Attribute | str]


@dataclass(frozen=True)
class Table:
    """Measured rows, of which some columns are inputs and some outputs.

    Attributes:
        columns: name -> one-dimensional array; inputs and outputs are float64 and finite.
        inputs: name -> unit, or name -> Attribute: the column is then in SI units, and the unit says how to show it.
        outputs: the same for what is to be predicted.
        groups: the condition group, run or lot to which each row belongs, or None.
        time: a number that grows with time (any unit), or None where the order means nothing.
        dropped: rows of the file that were left out, and why.

    Raises:
        ValueError: when a column is missing, of another length or not finite, or is both input and output.

    Example:
        >>> table = Table({"feed": np.array([3.0, 6.0]), "power": np.array([0.17, 0.18])}, {"feed": "mm/s"},
        ...               {"power": "kW"}, groups=np.array(["a", "b"]))
        >>> table.x.shape, table.units, len(table)
        ((2, 1), {'feed': 'mm/s', 'power': 'kW'}, 2)
    """

    columns: Mapping[str, NDArray[Any]]
    inputs: Described
    outputs: Described
    groups: NDArray[Any] | None = None
    time: NDArray[np.float64] | None = None
    dropped: tuple[Dirty, ...] = ()

    def __post_init__(self) -> None:
        """Checks that all columns are there, equally long and finite."""
        both = [name for name in self.inputs if name in self.outputs]
        if both:
            raise ValueError(
                f"column {shown(both[0])} is an input and an output; it would predict itself. Name it once."
            )
        for kind, names in (("inputs", self.inputs), ("outputs", self.outputs)):
            if not names:
                raise ValueError(f"table: there are no {kind}; a model needs at least one. Name columns as {kind}.")
        for name in (*self.inputs, *self.outputs):
            values = column_of(dict(self.columns), name, "table")
            if values.dtype.kind != "f" or values.ndim != 1 or not np.isfinite(values).all():
                raise ValueError(
                    f"column {shown(name)} is of type {values.dtype} with {np.size(values)} cells; inputs and outputs "
                    "are finite floats in one dimension. Use Table.made or Table.read, which report the rows at fault."
                )
        arrays = {**self.columns, "(groups)": self.groups, "(time)": self.time}
        lengths = {name: len(values) for name, values in arrays.items() if values is not None}
        first, rows = next(iter(lengths.items()))
        other, more = next(((name, length) for name, length in lengths.items() if length != rows), (first, rows))
        if more != rows:
            raise ValueError(
                f"column {shown(first)} has {rows} rows and {shown(other)} {more}; all columns of a table are equally "
                "long. Cut them from the same rows."
            )

    @classmethod
    def read(
        cls,
        path: str | Path,
        *,
        inputs: Described,
        outputs: Described,
        group: str | None = None,
        time: str | None = None,
        keep: Iterable[str] = (),
        dirty: Literal["refuse", "drop"] = "refuse",
    ) -> Table:
        """A table from a file (.csv, .csv.gz, .parquet).

        Args:
            path: the file.
            inputs: column -> unit of the file, or Attribute; columns with an Attribute are written in its unit, are
                turned into SI units, and have to lie in its range.
            outputs: the same for what is to be predicted.
            group: column that says to which group a row belongs.
            time: column of numbers that gives the order.
            keep: further columns to keep as they are.
            dirty: whether rows with a blank, a text or a value out of range are refused or dropped.

        Raises:
            ValueError: naming the file, the rows and what is wrong with them.
        """
        columns = read_columns(path)
        return cls.made(
            columns, inputs=inputs, outputs=outputs, group=group, time=time, keep=keep, dirty=dirty,
            where=f"file {shown_path(path)}", first=1 if str(path).endswith(".parquet") else 2,
        )  # fmt: skip

    @classmethod
    def made(
        cls,
        columns: Mapping[str, NDArray[Any]],
        *,
        inputs: Described,
        outputs: Described,
        group: str | None = None,
        time: str | None = None,
        keep: Iterable[str] = (),
        dirty: Literal["refuse", "drop"] = "refuse",
        where: str = "table",
        first: int = 1,
    ) -> Table:
        """A table from columns as they were read, see `Table.read`.

        Args:
            columns: name -> numbers or text, all equally long.
            inputs: see `Table.read`.
            outputs: see `Table.read`.
            group: see `Table.read`.
            time: see `Table.read`.
            keep: see `Table.read`.
            dirty: see `Table.read`.
            where: the file, as it stands in a message.
            first: number of the first row; 2 where a header is row 1.

        Raises:
            ValueError: see `Table.read`.
        """
        if dirty not in ("refuse", "drop"):
            raise ValueError(f"dirty is {shown(dirty)}; dirty rows are refused or dropped. Use 'refuse' or 'drop'.")
        source = dict(columns)
        found: dict[str, NDArray[Any]] = {name: column_of(source, name, where) for name in keep}
        faults: list[Dirty] = []
        for name, described in {**inputs, **outputs}.items():
            found[name], wrong = _measured(name, column_of(source, name, where), described, first)
            faults += wrong
        groups = None if group is None else column_of(source, group, where)
        if groups is not None and groups.dtype.kind in "US":
            faults += [Dirty(int(i) + first, f"group {shown(group)} is blank") for i in np.flatnonzero(groups == "")]
        order = None
        if time is not None:
            order, wrong = as_numbers(time, column_of(source, time, where), first)
            faults += wrong
        faults.sort()
        if faults and dirty == "refuse":
            raise ValueError(_refusal(where, faults))
        good = np.ones(len(next(iter(found.values()))), bool)
        good[[fault.row - first for fault in faults]] = False
        if not good.any():
            raise ValueError(
                f"{where}: no row is left of {good.size}; a table has at least one. {_refusal(where, faults)}"
            )
        return cls(
            {name: values[good] for name, values in found.items()},
            dict(inputs),
            dict(outputs),
            None if groups is None else groups[good],
            None if order is None else order[good],
            tuple(faults),
        )

    def __len__(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values())))

    @property
    def x(self) -> NDArray[np.float64]:
        """Inputs [case, input]."""
        return np.stack([self.columns[name] for name in self.inputs], axis=1)

    @property
    def y(self) -> NDArray[np.float64]:
        """Outputs [case, output]."""
        return np.stack([self.columns[name] for name in self.outputs], axis=1)

    @property
    def units(self) -> dict[str, str]:
        """Input or output -> the unit in which it is shown."""
        both = {**self.inputs, **self.outputs}
        return {name: said.unit if isinstance(said, Attribute) else said for name, said in both.items()}

    def take(self, rows: NDArray[Any]) -> Table:
        """The same table with some rows only: their places, or True where a row stays."""
        return replace(
            self,
            columns={name: values[rows] for name, values in self.columns.items()},
            groups=None if self.groups is None else self.groups[rows],
            time=None if self.time is None else self.time[rows],
        )


def _measured(
    name: str, values: NDArray[Any], described: Attribute | str, first: int
) -> tuple[NDArray[np.float64], list[Dirty]]:
    """An input or output as numbers, in SI units where an attribute describes it, and the rows at fault."""
    numbers, faults = as_numbers(name, values, first)
    text = described if isinstance(described, str) else described.unit
    try:
        known = read_unit("" if text in ("1", "dimensionless") else text)
    except RuleError as error:
        raise ValueError(f"column {shown(name)}: {error.rule}. {error.remedy}.") from error
    if isinstance(described, str):
        return numbers, faults
    inside = numbers * known.scale + known.offset
    slack = 1e-9 * (described.high - described.low)
    outside = np.flatnonzero((inside < described.low - slack) | (inside > described.high + slack))
    low, high = ((bound - known.offset) / known.scale for bound in (described.low, described.high))
    faults += [
        Dirty(int(i) + first, f"{shown(name)} is {numbers[i]:.6g} {text}, outside {low:.6g} to {high:.6g}")
        for i in outside
    ]
    return inside, faults


def _refusal(where: str, faults: list[Dirty]) -> str:
    """What is wrong with the rows of a file, the first few in words."""
    rows = len({fault.row for fault in faults})
    some = "; ".join(f"row {fault.row}: {fault.reason}" for fault in faults[:5])
    more = f"; and {len(faults) - 5} more" if len(faults) > 5 else ""
    return (
        f"{where}: {rows} row{'s' if rows > 1 else ''} cannot be used ({some}{more}); every input and output is a "
        'finite number in its range. Mend them, or leave them out with dirty="drop".'
    )
