"""All cases of a study as one table, a row each, for spreadsheets and notebooks."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scenarios.outcome import Outcome
from scenarios.study_result import StudyResult

__all__ = ["rows_of", "write_table"]


def rows_of(result: StudyResult) -> list[dict[str, Any]]:
    """A row per case: name, what was set, mean and ends of the 95 % interval of every figure."""
    return list(_rows(result))


def write_table(result: StudyResult, path: str | Path) -> None:
    """Write the rows as CSV or Parquet, by the end of the name."""
    rows = rows_of(result)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if str(path).endswith(".parquet"):
        import pyarrow as pa  # noqa: PLC0415  half a second
        import pyarrow.parquet as pq  # noqa: PLC0415

        found = {name: [row.get(name) for row in rows] for name in columns}
        texts = {name: [None if v is None else str(v) for v in values] for name, values in found.items()}
        mixed = {name for name in columns if len({type(v) for v in found[name] if v is not None}) > 1}
        pq.write_table(pa.table({name: texts[name] if name in mixed else found[name] for name in columns}), path)
        return
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def _rows(result: StudyResult) -> Iterator[dict[str, Any]]:
    study = result.study
    yield _row("baseline", study.baseline.changes, result.baseline)
    for scenario, outcome in zip(study.scenarios, result.scenarios, strict=True):
        yield _row("scenario", scenario.changes, outcome)
    for sweep in study.sweeps:
        for point, outcome in zip(sweep.points, result.sweeps[sweep.name], strict=True):
            yield _row(sweep.name, {**sweep.based_on, **point}, outcome)


def _row(kind: str, changes: Mapping[str, Any], outcome: Outcome) -> dict[str, Any]:
    row: dict[str, Any] = {"kind": kind, "case": outcome.name}
    row |= {path: value if isinstance(value, int | float | str) else str(value) for path, value in changes.items()}
    for name, figure in outcome.figures.items():
        if figure is not None:
            row[name] = figure.value
            row[f"{name}_low"], row[f"{name}_high"] = figure.ci95 or (None, None)
    return row
