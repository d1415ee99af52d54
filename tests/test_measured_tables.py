"""Tables of measured data against files written by the standard library."""

import csv
import gzip
import io
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from surrogates.columns import read_columns
from surrogates.table import Dirty, Table
from twin.process import Attribute

HEAD = ["run", "clock", "feed", "melt", "power"]
ROWS = [["a", 0, 3, 230, 0.5], ["a", 1, 6, 231, 0.75], ["b", 2, 12, 229, 1.0], ["b", 3, 20, 232, 1.25]]
INPUTS = {"feed": "mm/s", "melt": Attribute(503.15, "degC", 473.15, 543.15, "of the melt")}
OUTPUTS = {"power": Attribute(1e3, "kW", 0.0, 5e3, "of the spindle")}


def file_of(path: Path, rows: list[list[object]], head: list[str] | None = None) -> Path:
    text = io.StringIO()
    csv.writer(text).writerows([head or HEAD, *rows])
    content = text.getvalue().encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize("name", ["plant.csv", "plant.csv.gz", "plant.parquet"])
def test_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if path.suffix == ".parquet":
        parquet.write_table(
            pa.table({name: list(cells) for name, cells in zip(HEAD, zip(*ROWS, strict=True), strict=True)}), path
        )
    else:
        file_of(path, ROWS)
    table = Table.read(path, inputs=INPUTS, outputs=OUTPUTS, group="run", time="clock", keep=("clock",))
    np.testing.assert_allclose(table.x, [[3, 503.15], [6, 504.15], [12, 502.15], [20, 505.15]])
    np.testing.assert_allclose(table.y, [[500], [750], [1000], [1250]])
    assert table.x.dtype == table.y.dtype == np.float64
    assert table.groups is not None
    assert table.time is not None
    assert table.groups.tolist() == ["a", "a", "b", "b"]
    assert table.time.tolist() == [0, 1, 2, 3]
    assert table.units == {"feed": "mm/s", "melt": "degC", "power": "kW"}
    half = table.take(table.groups == "b")
    assert len(half) == 2
    np.testing.assert_allclose(half.x[:, 0], [12, 20])


DIRTY: list[list[object]] = [["a", 0, "", 230, 0.5], ["a", 1, "fast", 231, 0.75], ["b", 2, 12, 400, 1.0], ROWS[3]]


def test_dirty_rows_are_refused_by_number_and_reason(tmp_path: Path) -> None:
    path = file_of(tmp_path / "plant.csv", DIRTY)
    words = (
        "3 rows cannot be used (row 2: 'feed' is blank; row 3: 'feed' is 'fast', no number; "
        "row 4: 'melt' is 400 degC, outside 200 to 270)"
    )
    with pytest.raises(ValueError, match=re.escape(words)):
        Table.read(path, inputs=INPUTS, outputs=OUTPUTS)


def test_dirty_rows_are_dropped_when_asked(tmp_path: Path) -> None:
    path = file_of(tmp_path / "plant.csv", DIRTY)
    table = Table.read(path, inputs=INPUTS, outputs=OUTPUTS, dirty="drop")
    assert len(table) == 1
    assert table.dropped[0] == Dirty(2, "'feed' is blank")
    assert [fault.row for fault in table.dropped] == [2, 3, 4]


def test_nothing_left(tmp_path: Path) -> None:
    path = file_of(tmp_path / "plant.csv", DIRTY[:3])
    with pytest.raises(ValueError, match="no row is left of 3"):
        Table.read(path, inputs=INPUTS, outputs=OUTPUTS, dirty="drop")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"inputs": {"fed": "mm/s"}}, "has no column 'fed'.*Use 'feed', which is there"),
        ({"inputs": {"feed": "furlong/fort"}}, "column 'feed': 'furlong/fort' is not a unit"),
        ({"inputs": {}}, "there are no inputs"),
        ({"outputs": {"feed": "mm/s"}}, "column 'feed' is an input and an output"),
        ({"group": "lot"}, "has no column 'lot'"),
        ({"dirty": "mend"}, "dirty is 'mend'"),
    ],
)
def test_what_is_refused(tmp_path: Path, change: dict[str, object], words: str) -> None:
    path = file_of(tmp_path / "plant.csv", ROWS)
    asked: dict[str, object] = {"inputs": INPUTS, "outputs": OUTPUTS} | change
    with pytest.raises(ValueError, match=words):
        Table.read(path, **asked)  # type: ignore[arg-type]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    file_of(tmp_path / "plant.csv", ROWS)
    with pytest.raises(ValueError, match=re.escape("the ending is '.xlsx'")):
        read_columns(tmp_path / "plant.xlsx")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(ValueError, match=r"broken\.parquet' cannot be read"):
        read_columns(tmp_path / "broken.parquet")
    file_of(tmp_path / "twice.csv", [["1", "2"]], ["a", "a"])
    with pytest.raises(ValueError, match="column 'a' twice"):
        read_columns(tmp_path / "twice.csv")


def test_columns_of_unequal_length() -> None:
    with pytest.raises(ValueError, match="'a' has 2 rows and 'b' 3"):
        Table({"a": np.zeros(2), "b": np.zeros(3)}, {"a": "s"}, {"b": "s"})
    with pytest.raises(ValueError, match=r"column 'a' is of type float64 .* finite floats"):
        Table({"a": np.array([np.nan]), "b": np.zeros(1)}, {"a": "s"}, {"b": "s"})
