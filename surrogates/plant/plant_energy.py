"""Load of a steel plant from the calendar, the load type and past loads: measured quarter hours as a table.

Data: Sathishkumar, Shin and Cho, Steel industry energy consumption, UCI Machine Learning Repository 851,
doi 10.24432/C52G8C (CC BY 4.0). Its other columns (reactive power, power factor, CO2) are of the same quarter hour and
hold the load itself; they are not used.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surrogates.columns import read_columns
from surrogates.table import Table

__all__ = ["DAY", "WEEK", "load_table", "read_load"]

Floats = NDArray[np.float64]
DAY, WEEK = 96, 672
"""Quarter hours."""
TYPES = ("Light_Load", "Medium_Load", "Maximum_Load")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def read_load(path: Path) -> dict[str, NDArray[Any]]:
    """Load, load type and weekday of each quarter hour.

    The rows are in order as they stand; the one of 00:00 carries the date of the day that ends, so that a sort by
    date would put it at the wrong end of its day.

    Args:
        path: the file (.csv.gz).

    Returns:
        "load" [kWh in a quarter of an hour], "type" (0 light, 1 medium, 2 maximum), "weekday" (0 is Monday).

    Raises:
        ValueError: when the file is missing, lacks a column, or the times of day do not follow each other.
    """
    raw = read_columns(path, only=("Usage_kWh", "NSM", "Day_of_week", "Load_Type"))
    seconds = raw["NSM"].astype(float)
    jumps = np.flatnonzero(np.diff(seconds) % 86400 != 900)
    if len(jumps):
        raise ValueError(
            f"{path.name}: row {jumps[0] + 3} does not follow {900} s after the one before; past values are rows "
            "before. Restore the order of the file, and fill its gaps."
        )
    return {
        "load": raw["Usage_kWh"].astype(float),
        "type": np.array([TYPES.index(text) for text in raw["Load_Type"]], float),
        "weekday": np.array([DAYS.index(text) for text in raw["Day_of_week"]], float),
        "slot": seconds / 900,
    }


def load_table(rows: dict[str, NDArray[Any]], *, ahead: int = 1) -> Table:
    """What is known `ahead` quarter hours before, to the load.

    Inputs: time of day (two waves), weekday, load type (a tariff's, known long before), the last load known and the
    ones before it, means of the last hour and day known, and the loads one and two weeks before. Rows of the first two
    weeks have no such past and are left out.

    Args:
        rows: of `read_load`.
        ahead: quarter hours from when the prediction is made, 1 to a week.

    Returns:
        A table whose `time` counts quarter hours; its column "week" is for a bootstrap of whole weeks.

    Raises:
        ValueError: when `ahead` is out of its range.
    """
    if not 1 <= ahead <= WEEK:
        raise ValueError(f"ahead is {ahead} quarter hours; the loads of a week before must be known. Use 1 to {WEEK}.")
    load, angle = rows["load"], 2 * np.pi * rows["slot"] / DAY
    inputs = {"type": "1", "saturday": "1", "sunday": "1", "monday": "1"}
    columns: dict[str, NDArray[Any]] = {
        "load": load,
        "type": rows["type"],
        "saturday": (rows["weekday"] == 5).astype(float),
        "sunday": (rows["weekday"] == 6).astype(float),
        "monday": (rows["weekday"] == 0).astype(float),
    }
    for k in (1, 2):
        columns |= {f"sine_{k}": np.sin(k * angle), f"cosine_{k}": np.cos(k * angle)}
        inputs |= {f"sine_{k}": "1", f"cosine_{k}": "1"}
    past = {f"load_{k}": _before(load, ahead - 1 + k) for k in (1, 2, 3, 4)}
    past |= {"hour": _mean_before(load, ahead, 4), "day": _mean_before(load, ahead, DAY)}
    nearest_day = DAY * -(-ahead // DAY)
    past |= {"same_time": _before(load, nearest_day), "week_before": _before(load, WEEK)}
    past |= {"two_weeks_before": _before(load, 2 * WEEK), "hour_week_before": _hour_before(load, WEEK)}
    inputs |= dict.fromkeys(past, "kWh")
    columns |= past | {"week": np.arange(len(load)) // WEEK * 1.0, "time": np.arange(len(load)) * 1.0}
    whole = {name: values[2 * WEEK :] for name, values in columns.items()}
    return Table.made(whole, inputs=inputs, outputs={"load": "kWh"}, time="time", keep=("week",))


def _before(values: Floats, steps: int) -> Floats:
    """What stood some rows before; NaN where there is none."""
    return np.concatenate([np.full(steps, np.nan), values[:-steps]])


def _mean_before(values: Floats, ahead: int, rows: int) -> Floats:
    """Mean of the last rows known `ahead` rows before."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    means = np.full(len(values), np.nan)
    ends = np.arange(len(values)) - ahead + 1
    fine = ends >= rows
    means[fine] = (total[ends[fine]] - total[ends[fine] - rows]) / rows
    return means


def _hour_before(values: Floats, steps: int) -> Floats:
    """Mean of the hour that ended some rows before."""
    return np.stack([_before(values, steps + k) for k in (0, 1, 2, 3)]).mean(axis=0)
