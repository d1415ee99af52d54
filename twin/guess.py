"""How much a run will need, guessed from means: what turns out to be too little is enlarged in the run.

`means` are the mean processing times of the stations, from `mean_times`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.behave import nominal_time
from twin.clock import WEEK, closed_hours
from twin.line import Line, Station


def doubled(least: float) -> int:
    """The first power of two from `least` on: runs of nearly the same length share one compiled program."""
    return int(2 ** np.ceil(np.log2(least)))


def rough_duration(line: Line, parts: int) -> float:
    """How long a run by parts may take [s], for drawing enough calendar stops ahead."""
    slowest = 1.0
    for station, mean in zip(line.stations, mean_times(line), strict=True):
        lost = sum(f.down.mean / f.up.mean for f in station.failures)
        slowest = max(slowest, mean / station.machines * (1 + lost))
    if line.source.time:
        slowest = max(slowest, line.source.time.mean)
    return 2.0 * slowest * parts / expected_yield(line) + 3600.0


def rough_visits(line: Line, means: Sequence[float], horizon: float) -> float:
    """How many parts a station sees in a run by time, about."""
    return horizon / max(_slowest(line, means), 1e-9)


def calendar_failures(line: Line, duration: float) -> int:
    """How many calendar failures of one mode to draw for a run of that duration [s], a power of two."""
    modes = [f for s in line.stations for f in s.failures if f.clock == "calendar"]
    most = max((duration / (f.up.mean + f.down.mean) for f in modes), default=0.0)
    return doubled(most + 5 * np.sqrt(most) + 8) if modes else 0


def failures_ahead(line: Line, means: Sequence[float], steps: int) -> int:
    """How many failures of one machine to draw for a chunk of steps: more than come, nearly always."""
    most = 1.0
    for station, mean in zip(line.stations, means, strict=True):
        for mode in station.failures:
            if mode.clock == "operating":
                most = max(most, steps * mean / station.machines / mode.up.mean)
    return doubled(most + 4 * np.sqrt(most) + 3)


def closures_ahead(line: Line, means: Sequence[float], steps: int) -> int:
    """How many closed intervals a machine meets in that many steps, nearly always; 0 where there are hardly more."""
    weekly = len(closed_hours(line))
    modes = [f for s in line.stations for f in s.failures]
    calendar = [sum(1 / (f.up.mean + f.down.mean) for f in s.failures if f.clock == "calendar") for s in line.stations]
    rate = weekly / WEEK + max(calendar, default=0.0)
    longest = max(means) + 4 * max((f.down.mean for f in modes), default=0.0)
    met = rate * (steps * _slowest(line, means) + longest)
    count = int(np.ceil(met + 2 * np.sqrt(met) + 3))
    return 0 if count >= weekly and not any(calendar) else count


def strikes_in_a_visit(line: Line, means: Sequence[float]) -> int:
    """Most failures in one visit, nearly always."""
    most = max(sum(mean / f.up.mean for f in s.failures) for s, mean in zip(line.stations, means, strict=True))
    return int(2 + most + 4 * np.sqrt(most))


def _slowest(line: Line, means: Sequence[float]) -> float:
    """Time between two parts of the slowest station or of the source [s]."""
    paces = [mean / station.machines for station, mean in zip(line.stations, means, strict=True)]
    return max(*paces, line.source.time.mean if line.source.time else 0.0)


def mean_times(line: Line) -> list[float]:
    """Mean processing time of every station [s], by its own process; of one of a family about."""
    return [_mean_time(station) for station in line.stations]


def _mean_time(station: Station) -> float:
    process = station.process
    if process.behaviour is not None:
        return nominal_time(station)
    return process.time.mean if process.time else float(np.mean(process.rows))


def expected_yield(line: Line) -> float:
    """Share of the parts that leave the line good, at least."""
    return float(
        np.prod([1 - s.scrap for s in line.stations])
        * 0.9 ** any(f.interrupted == "scrapped" for s in line.stations for f in s.failures)
    )
