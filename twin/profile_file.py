"""A load profile as a table: one row for each carrier, station and period, and the way to a file."""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from twin.store import write_atomic

if TYPE_CHECKING:
    from twin.profile import LoadProfile

LINE, BASE_LOAD = "line", "line.base_load"
"""What stands as a station in the rows of the whole line and of its base load; no station may have these names."""

_SPREAD = (5.0, 95.0)


def to_table(profile: LoadProfile) -> pa.Table:
    """Mean power by carrier, station and period, over all replications.

    Returns:
        Columns `carrier`, `station` ("line": everything, "line.base_load": what no station owns), `begin` (local date
        and time at which the period begins), `time_s` (the same from the run's start), `covered_s` (how much of the
        period lies in the measured window, mean over the replications), `power_kW` (mean over `covered_s`),
        `p5_kW` and `p95_kW` (percentiles over the replications; null with a single one). A station has no rows for a
        carrier that it never uses. So the sum of power x covered time is the energy of a replication, on average.
    """
    periods = len(profile.edges) - 1
    found = list(_series(profile))
    columns: dict[str, Any] = {
        "carrier": _repeated([carrier for carrier, _, _ in found], periods),
        "station": _repeated([station for _, station, _ in found], periods),
        "begin": pa.array(_clock(profile) * len(found), pa.timestamp("ms")),
        "time_s": np.tile(profile.edges[:-1], len(found)),
        "covered_s": np.tile(profile.covered.mean(axis=1), len(found)),
    }
    spreads = [_spread(joules, profile.covered) for _, _, joules in found]
    for name, values in zip(("power_kW", "p5_kW", "p95_kW"), zip(*spreads, strict=True), strict=True):
        power = np.concatenate(values)
        columns[name] = pa.array(power, mask=np.isnan(power))
    return pa.table(columns)


def to_parquet(profile: LoadProfile, path: str | Path, provenance: Mapping[str, Any] | None = None) -> Path:
    """Write the table as Parquet, whole or not at all, with `provenance` as metadata.

    Raises:
        OSError: the file cannot be written; nothing is left behind.
    """
    import pyarrow.parquet as parquet  # noqa: PLC0415 - takes 0.2 s to import

    table = to_table(profile).replace_schema_metadata({"linetwin": json.dumps(dict(provenance or {}))})
    return write_atomic(path, lambda part: parquet.write_table(table, part))


def to_csv(profile: LoadProfile, path: str | Path) -> Path:
    """Write the table as CSV with ten digits, whole or not at all.

    Raises:
        OSError: the file cannot be written; nothing is left behind.
    """
    table = to_table(profile)
    columns = [[_text(value) for value in column.to_pylist()] for column in table.columns]

    def write(part: Path) -> None:
        with part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.column_names)
            writer.writerows(zip(*columns, strict=True))

    return write_atomic(path, write)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _series(profile: LoadProfile) -> Iterator[tuple[str, str, np.ndarray]]:
    """Carrier, station and joules [period, replication]."""
    for carrier, joules in profile.by_state.items():
        yield carrier, LINE, profile.energy(carrier)
        by_station = joules.sum(axis=0)
        for station, own in zip(profile.stations, by_station, strict=True):
            if np.any(own):
                yield carrier, station, own
        if np.any(profile.base[carrier]):
            yield carrier, BASE_LOAD, profile.base[carrier]


def _spread(joules: np.ndarray, covered: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and percentiles of the power [period] in kW; NaN where there is none."""
    time = covered.sum(axis=1)
    mean = np.divide(joules.sum(axis=1), time, out=np.full(len(time), np.nan), where=time > 0)
    low = high = np.full(len(time), np.nan)
    if covered.shape[1] > 1:
        power = np.divide(joules, covered, out=np.full(joules.shape, np.nan), where=covered > 0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a period outside of all windows
            low, high = (np.nanpercentile if np.isnan(power).any() else np.percentile)(power, _SPREAD, axis=1)
    return mean / 1000, low / 1000, high / 1000


def _clock(profile: LoadProfile) -> list[datetime]:
    return [profile.start + timedelta(seconds=float(edge)) for edge in profile.edges[:-1]]


def _repeated(names: list[str], count: int) -> pa.DictionaryArray:
    """Each name `count` times."""
    known = list(dict.fromkeys(names))
    places = np.repeat(np.array([known.index(name) for name in names], np.int32), count)
    return pa.DictionaryArray.from_arrays(pa.array(places), known)
