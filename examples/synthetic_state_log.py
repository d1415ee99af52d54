"""Writes a synthetic log of machine states with a log of alarms, of which the truth is known.

A machining centre works from Monday to Friday in one shift with a break. It runs one program again and again, is loaded
in between, and fails in two ways: short feed holds without an alarm, and jams with one. Now and then the connection is
lost (UNAVAILABLE). A jam that is not repaired when the shift ends goes on in the morning.

    python examples/synthetic_state_log.py FOLDER [--days 40] [--seed 0]
    linetwin calibrate FOLDER/states.csv --alarms FOLDER/alarms.csv
"""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

START = datetime(2026, 1, 5, tzinfo=UTC).timestamp()
"""A Monday."""
DAY = 86400.0

Row = tuple[str, float, float, str]
"""State, start, end [s since 1970], program."""


@dataclass(frozen=True)
class Truth:
    """What a log is made from; all times in seconds.

    Attributes:
        hold_up, hold_down: operating time per feed hold and its mean length, both exponential.
        jam_up: operating time per jam, exponential.
        jam_down, jam_cv: mean and coefficient of variation of the length of a jam, lognormal.
        cycle, cycle_cv: the same of a run of the program.
        load: mean time in which the machine is ready between two runs, exponential.
        seen, lost: mean time between losses of the connection, and how long one lasts, exponential.
        begin, end: the shift, times of day.
        rest: begin and end of the break, times of day.
    """

    hold_up: float = 600.0
    hold_down: float = 15.0
    jam_up: float = 5400.0
    jam_down: float = 600.0
    jam_cv: float = 1.0
    cycle: float = 120.0
    cycle_cv: float = 0.1
    load: float = 20.0
    seen: float = 2400.0
    lost: float = 300.0
    begin: float = 6 * 3600.0
    end: float = 14 * 3600.0
    rest: tuple[float, float] = (9.5 * 3600.0, 10 * 3600.0)

    def numbers(self) -> dict[str, float]:
        """The truth by the paths of a calibration."""
        return {
            "feed hold.mtbf": self.hold_up,
            "feed hold.mttr": self.hold_down,
            "JAM.mtbf": self.jam_up,
            "JAM.mttr": self.jam_down,
        }


def lognormal(rng: np.random.Generator, mean: float, cv: float) -> float:
    """One lognormal time."""
    variance = math.log1p(cv * cv)
    return float(rng.lognormal(math.log(mean) - variance / 2, math.sqrt(variance)))


def happened(truth: Truth, rng: np.random.Generator, days: int) -> tuple[list[Row], list[tuple[float, str, str]]]:
    """What the machine did, without gaps, and its alarms (moment, level, text)."""
    rows: list[Row] = []
    alarms: list[tuple[float, str, str]] = []
    until_hold, until_jam = rng.exponential(truth.hold_up), rng.exponential(truth.jam_up)
    now = last = START
    midnights = [START + (day + day // 5 * 2) * DAY for day in range(days)]
    still = left = 0.0
    for midnight in midnights:
        now = midnight + truth.begin
        rows.append(("FEED_HOLD" if still else "READY", last, now, "P1"))
        close = midnight + truth.end
        rested = False
        stood = still
        while now < close:
            if stood:
                length = min(stood, close - now)
                rows.append(("FEED_HOLD", now, now + length, "P1"))
                now, stood = now + length, stood - length
                continue
            if left <= 0:
                if not rested and now >= midnight + truth.rest[0]:
                    rows.append(("READY", now, midnight + truth.rest[1], "P1"))
                    now, rested = max(now, midnight + truth.rest[1]), True
                pause = rng.exponential(truth.load)
                rows.append(("READY", now, now + pause, "P1"))
                now, left = now + pause, lognormal(rng, truth.cycle, truth.cycle_cv)
            step = min(left, until_hold, until_jam)
            rows.append(("ACTIVE", now, now + step, "P1"))
            now, left, until_hold, until_jam = now + step, left - step, until_hold - step, until_jam - step
            if until_hold <= 0:
                stood, until_hold = rng.exponential(truth.hold_down), rng.exponential(truth.hold_up)
            elif until_jam <= 0:
                stood, until_jam = lognormal(rng, truth.jam_down, truth.jam_cv), rng.exponential(truth.jam_up)
                alarms += [(now + rng.uniform(0.0, 3.0), "Fault", "JAM"), (now + stood, "Normal", "")]
        still, last = stood, now
    rows.append(("READY", last, last + 3600.0, "P1"))
    return [row for row in rows if row[2] > row[1]], alarms


def recorded(rows: Sequence[Row], truth: Truth, rng: np.random.Generator) -> list[Row]:
    """What the log holds of it: neighbours of one state are one row, and the connection is lost now and then."""
    seen: list[Row] = []
    lost_at = rows[0][1] + rng.exponential(truth.seen)
    back = lost_at + rng.exponential(truth.lost)
    for state, first, end, program in rows:
        begin = first
        while begin < end:
            if begin < lost_at:
                until, shown = min(end, lost_at), state
            else:
                until, shown = min(end, back), "UNAVAILABLE"
            if seen and seen[-1][0] == shown and seen[-1][2] == begin:
                seen[-1] = (shown, seen[-1][1], until, seen[-1][3])
            else:
                seen.append((shown, begin, until, program))
            begin = until
            if begin >= back:
                lost_at = begin + rng.exponential(truth.seen)
                back = lost_at + rng.exponential(truth.lost)
    return seen


def write(folder: str | Path, truth: Truth, *, days: int, seed: int) -> tuple[Path, Path]:
    """Writes both logs.

    Args:
        folder: where to; made if it is missing.
        truth: what the logs are made from.
        days: number of working days.
        seed: of the random generator.

    Returns:
        The log of states and the log of alarms.
    """
    rng = np.random.default_rng(seed)
    rows, alarms = happened(truth, rng, days)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    states = folder / "states.csv"
    body = [("mill", state, text(a), text(b), program) for state, a, b, program in recorded(rows, truth, rng)]
    save(states, ("machine", "state", "start", "end", "program"), body)
    save(folder / "alarms.csv", ("machine", "time", "level", "text"), [("mill", text(t), *rest) for t, *rest in alarms])
    return states, folder / "alarms.csv"


def text(moment: float) -> str:
    """A moment as logs write it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def save(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Writes a CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def main() -> None:
    """Writes a log as told on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="where to write the files")
    parser.add_argument("--days", type=int, default=40, help="working days (default 40)")
    parser.add_argument("--seed", type=int, default=0, help="of the random generator (default 0)")
    words = parser.parse_args()
    write(words.folder, Truth(), days=words.days, seed=words.seed)
    print(f"wrote a log of {words.days} days to {words.folder}")


if __name__ == "__main__":
    main()
