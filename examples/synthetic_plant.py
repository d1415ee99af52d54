"""Writes small synthetic plant data with the columns of three public sets, of which the truth is known.

The sets themselves are not part of this project: an injection moulding line with its screw station (West and Deuse, doi
10.5281/zenodo.14729547), a milling machine (SMART laboratory, University of Michigan, 2018), and the load of a steel
plant (Sathishkumar, Shin and Cho, doi 10.24432/C52G8C). Every number here is made up.

    python examples/synthetic_plant.py FOLDER [--seed 0]
    python examples/plant_moulding.py --data FOLDER/rif_injection_screw_chain --page FOLDER/moulding.md
"""

from __future__ import annotations

import argparse
import gzip
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
REST = 9.5
"""Cycle time less cooling and filling [s]."""
DELAY = 10
"""Shots until a new material reaches the mould."""
CONDITIONS = (
    "reference_01", "cooling_time_25", "cooling_time_26", "cooling_time_28", "mold_temperature_30",
    "mold_temperature_50", "glass_fiber_content_30", "glass_fiber_content_20", "glass_fiber_content_10",
    "switching_point_16", "switching_point_28", "injection_velocity_050", "injection_velocity_150",
)  # fmt: skip
SETTINGS = (3.0, 6.0, 12.0, 20.0)
"""Feeds of the milling machine [mm/s]."""


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows as a CSV file, packed where its name ends in .gz."""
    lines = [",".join(rows[0]), *(",".join(str(cell) for cell in row.values()) for row in rows)]
    text = ("\n".join(lines) + "\n").encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)


def write_moulding(folder: Path, *, shots: int = 30, seed: int = 0) -> None:
    """Moulding cycles, one condition after the other, and two screw runs on each housing."""
    draw = np.random.default_rng(seed)
    cycles, screws, number, moment, before = [], [], 0, START, 30.0
    for label in CONDITIONS:
        level = float(label.rsplit("_", 1)[1])
        cooling = level if label.startswith("cooling") else 25.0
        mould = level if label.startswith("mold") else 40.0
        fibre = level if label.startswith("glass") else 30.0
        last = level if label.startswith("switching") else 22.0
        slow = level if label.startswith("injection") else 30.0
        overnight = label == "switching_point_16"
        moment += timedelta(hours=14 if overnight else 0)
        before = fibre if overnight else before
        start = max(25.0, last)
        filling = (120.0 - start) / (slow + 30) + (start - last) / slow
        for shot in range(shots):
            number += 1
            inside = fibre if shot >= DELAY else before
            weight = 60 + 0.8 * inside - 0.02 * mould - 0.05 * last + 0.3 * filling + draw.normal(0, 0.03)
            missing = number % 37 == 0
            moment += timedelta(seconds=38)
            cycles.append(
                {
                    "upper_workpiece_id": 4000 + number, "lower_workpiece_id": number, "class_value": label,
                    "date": f"{moment:%Y-%m-%d}", "time": "00:00:00" if missing else f"{moment:%H:%M:%S}",
                    "file_name": "Missing" if missing else f"cycle_{number:05}.txt", "weight": round(weight, 3),
                    "T801I": 220.0, "Q304": slow + 30, "Q305": slow, "V304": start, "V305": last,
                    "t4012": round(REST + cooling + filling + draw.normal(0, 0.01), 2),
                }
            )  # fmt: skip
            for side in ("left", "right"):
                broken = draw.random() < min(max((78.0 - weight) / 20, 0), 1)
                screws.append(
                    {
                        "scenario": "s06", "class_value": label, "workpiece_id": 40000000000000 + 4000 + number,
                        "workpiece_result": "NOK" if broken else "OK", "workpiece_location": side,
                    }
                )  # fmt: skip
        before = fibre
    write_csv(folder / "injection_lower_cycles.csv.gz", cycles)
    write_csv(folder / "screw_events.csv.gz", screws)


def write_milling(folder: Path, *, steps: int = 10, length: int = 20, seed: int = 0) -> None:
    """Samples of eight runs: spindle 150 W + 1 W per mm/s, axes 0.1 W + 0.2 W per mm/s, with noise."""
    draw = np.random.default_rng(seed)
    runs, parts = [], []
    for run in range(8):
        feed, worn = SETTINGS[run % 4], run >= 4
        runs.append(
            {"No": run + 1, "feedrate": feed, "clamp_pressure": 4, "tool_condition": "worn" if worn else "unworn"}
        )
        angle = np.repeat(draw.uniform(0, 2 * np.pi, steps), length)
        rows = len(angle)
        x, y = feed * np.cos(angle), feed * np.sin(angle)
        zero = np.zeros(rows)
        parts.append(
            {
                "experiment": np.full(rows, run + 1), "sample": np.arange(rows),
                "X1_CommandVelocity": x, "X1_CommandAcceleration": zero, "Y1_CommandVelocity": y,
                "Y1_CommandAcceleration": zero, "Z1_CommandVelocity": zero, "S1_CommandVelocity": zero + 53.3,
                "S1_CommandAcceleration": zero, "X1_ActualPosition": np.where(np.arange(rows) == 0, 198.0, 150.0),
                "S1_OutputPower": (150 + feed + draw.normal(0, 1, rows)) / 1e3,
                "X1_OutputPower": (0.1 + 0.2 * np.abs(x) + draw.normal(0, 0.01, rows)) / 1e3,
                "Y1_OutputPower": (0.2 * np.abs(y) + draw.normal(0, 0.01, rows)) / 1e3,
                "M1_CURRENT_FEEDRATE": np.where(np.arange(rows) == rows - 1, 50.0, feed),
                "Machining_Process": np.repeat([f"Layer {1 + k % 3} Up" for k in range(steps)], length),
            }
        )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.table({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
    parquet.write_table(table, folder / "experiments.parquet")
    write_csv(folder / "train.csv", runs)


def write_load(path: Path, *, weeks: int = 8, seed: int = 0) -> None:
    """Quarter-hourly load: a working day of 40 kWh, scattered from day to day, 3 kWh at night and on Sundays."""
    draw = np.random.default_rng(seed)
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    rows, moment, load = [], START.replace(hour=0), 3.0
    for day in range(7 * weeks):
        height = draw.uniform(30, 50)
        for slot in range(1, 97):
            busy = 32 < slot <= 88 and day % 7 != 6
            load += 0.5 * ((height if busy else 3.0) - load) + draw.normal(0, 1)
            shown = moment + timedelta(days=day, minutes=15 * (slot % 96))
            rows.append(
                {
                    "date": f"{shown:%d/%m/%Y %H:%M}", "Usage_kWh": round(max(load, 0.0), 2), "NSM": slot % 96 * 900,
                    "Day_of_week": days[day % 7], "Load_Type": "Maximum_Load" if busy else "Light_Load",
                }
            )  # fmt: skip
    write_csv(path, rows)


def write(folder: Path, *, seed: int = 0) -> None:
    """All three sets below a folder, named as the public ones."""
    write_moulding(folder / "rif_injection_screw_chain", seed=seed)
    write_milling(folder / "cnc_mill_tool_wear", seed=seed)
    write_load(folder / "steel_industry_energy" / "steel_industry_2018_jan_sep.csv.gz", seed=seed)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    write(given.folder, seed=given.seed)
    print(f"written: {given.folder}")


if __name__ == "__main__":
    main()
