"""Writes a synthetic stop log with production counts, of which the truth is known.

The files have the columns of a real log of a bottling line (David, de Carvalho Monson, Soares Junior 2026, doi
10.5281/zenodo.18146866, CC BY 4.0), which is not part of this project. Its recorder looks at the machine every 15 s and
records stops of 60 s and more; so does this one.

    python examples/synthetic_stop_log.py FOLDER [--days 56] [--seed 0]
    linetwin calibrate FOLDER/downtime_event_log.csv --counts FOLDER/processed_hourly.csv
"""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

START = datetime(2026, 1, 5, tzinfo=UTC)
Times = Callable[[np.random.Generator, int], NDArray[np.float64]]


@dataclass(frozen=True)
class Truth:
    """What a log is made from.

    Attributes:
        up_mean: mean operating time between stops, exponential [s].
        micro_mean, breakdown_mean: mean lengths of micro-stops and breakdowns, exponential [s].
        breakdown_share: share of the stops that are breakdowns.
        parts_per_hour: speed of each product while operating, by name.
        step, threshold: clock and shortest stop of the recorder [s].
        day_sigma: standard deviation, between days, of the logarithm of the scale of the up-times.
        break_at, break_length: start (time of day) and length of a midday break that the log records as a stop [s].
    """

    up_mean: float = 600.0
    micro_mean: float = 90.0
    breakdown_mean: float = 1500.0
    breakdown_share: float = 0.05
    parts_per_hour: dict[str, float] = field(default_factory=lambda: {"3": 620.0, "5": 500.0})
    step: float = 15.0
    threshold: float = 60.0
    day_sigma: float = 0.0
    break_at: float | None = None
    break_length: float = 5400.0

    @property
    def availability(self) -> float:
        """Long-run share of operating time, all stops counted."""
        down = self.breakdown_share * self.breakdown_mean + (1 - self.breakdown_share) * self.micro_mean
        return self.up_mean / (self.up_mean + down)


@dataclass(frozen=True)
class Day:
    """One day: its product, window and stops [s after midnight]."""

    product: str
    begin: float
    end: float
    stops: NDArray[np.float64]


def one_day(truth: Truth, rng: np.random.Generator) -> Day:
    """The true stops of a day as pairs of start and end, by alternating renewal."""
    begin = rng.uniform(7.0, 11.0) * 3600.0
    end = begin + rng.uniform(3.0, 8.0) * 3600.0
    scale = truth.up_mean * math.exp(truth.day_sigma * rng.standard_normal() + 0.5 * truth.day_sigma**2)
    product = str(rng.choice(list(truth.parts_per_hour)))
    stops = []
    now, rest = begin, truth.break_at is not None
    while now < end:
        now += rng.exponential(scale)
        if rest and truth.break_at is not None and now >= truth.break_at > begin:
            length, rest = truth.break_length * rng.uniform(0.9, 1.1), False
        else:
            breakdown = rng.random() < truth.breakdown_share
            length = rng.exponential(truth.breakdown_mean if breakdown else truth.micro_mean)
        if now < end:
            stops.append((now, now + length))
        now += length
    return Day(product, begin, end, np.array(stops).reshape(-1, 2))


def recorded(day: Day, truth: Truth, rng: np.random.Generator) -> NDArray[np.float64]:
    """The stops that the recorder writes down: seen on its clock, long enough, to a hundredth of a second."""
    phase = rng.uniform(0.0, truth.step)
    seen = phase + np.ceil((day.stops - phase) / truth.step) * truth.step
    seen = seen[seen[:, 1] > seen[:, 0]]
    merged: list[list[float]] = []
    for begin, end in seen:
        if merged and begin <= merged[-1][1]:
            merged[-1][1] = max(end, merged[-1][1])
        else:
            merged.append([begin, end])
    stops = np.array(merged).reshape(-1, 2)
    stops = stops[stops[:, 1] - stops[:, 0] >= truth.threshold - 1e-6]
    return stops + rng.normal(0.0, 0.01, stops.shape)


def hourly(day: Day, truth: Truth, carry: float) -> tuple[list[tuple[int, int]], float]:
    """Parts of each hour of the day, and what is left of a part at its end."""
    pace = truth.parts_per_hour[day.product] / 3600.0
    rows = []
    for hour in range(int(day.begin // 3600), int(day.end // 3600) + 1):
        first, last = max(day.begin, 3600.0 * hour), min(day.end, 3600.0 * hour + 3600.0)
        stood = np.clip(np.minimum(day.stops[:, 1], last) - np.maximum(day.stops[:, 0], first), 0.0, None).sum()
        carry += (last - first - stood) * pace
        rows.append((hour, int(carry)))
        carry -= int(carry)
    return rows, carry


def write(folder: str | Path, truth: Truth, *, days: int, seed: int) -> Path:
    """Writes the three files of a log.

    Args:
        folder: where to; made if it is missing.
        truth: what the log is made from.
        days: number of production days.
        seed: of the random generator.

    Returns:
        The folder.
    """
    rng = np.random.default_rng(seed)
    stops, counts, windows = [], [], []
    carry = 0.0
    for number in range(days):
        midnight = START + timedelta(days=number + number // 5 * 2)
        date = midnight.strftime("%Y-%m-%d")
        day = one_day(truth, rng)

        def clock(second: float, midnight: datetime = midnight) -> str:
            return (midnight + timedelta(seconds=second)).strftime("%H:%M:%S.%f")

        for begin, end in recorded(day, truth, rng):
            stops.append((f"downtime_{len(stops) + 1:03d}", date, clock(begin), clock(end)))
        rows, carry = hourly(day, truth, carry)
        counts += [(date, hour, hour + 1, made) for hour, made in rows]
        windows.append((date, day.product, sum(made for _, made in rows), clock(day.begin), clock(day.end)))
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    header = ("downtime_id", "date", "downtime_start_time", "downtime_end_time")
    _save(folder / "downtime_event_log.csv", header, stops)
    _save(folder / "processed_hourly.csv", ("date", "hour_start", "hour_end", "production_gallons"), counts)
    header = ("date", "product_type_l", "production_units", "production_start_time", "production_end_time")
    _save(folder / "daily_operation_summary.csv", header, windows)
    return folder


def _save(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def main() -> None:
    """Writes a log as told on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="where to write the files")
    parser.add_argument("--days", type=int, default=56, help="production days (default 56)")
    parser.add_argument("--seed", type=int, default=0, help="of the random generator (default 0)")
    words = parser.parse_args()
    folder = write(words.folder, Truth(), days=words.days, seed=words.seed)
    print(f"wrote a log of {words.days} days to {folder}")


if __name__ == "__main__":
    main()
