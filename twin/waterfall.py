"""Where the planned busy time of the pace station went: from planned busy time to good parts, loss by loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.figures import Figure, Json
from twin.kpi import is_random
from twin.line import Station
from twin.losses import failure_times
from twin.reckoning import Reckoning
from twin.timesheet import is_traced, time_sheet

if TYPE_CHECKING:
    from twin.trace import Trace

MICRO_STOP = 300.0
"""A failure mode whose mean repair is shorter [s] is a micro-stop, a longer one a breakdown.

Source: the usual bound of minor stops in total productive maintenance is 5 min (some plants take 10); from memory."""

STARTUP_CAUSES = ("cold run",)
"""Causes of defects that only a machine makes that is not warm yet: `cold run` of die casting."""

STATE_LOSSES = ("setup", "release", "breakdown", "micro-stop", "starved", "blocked", "standby", "warmup", "off")
PART_LOSSES = ("speed", "start-up scrap", "scrap", "in process")
LOSSES = STATE_LOSSES + PART_LOSSES
"""All losses, in the order in which they are taken off."""


@dataclass(frozen=True)
class Step:
    """A step of the waterfall: its time [min], and the parts that are made in that time as planned [1]."""

    minutes: Figure
    parts: Figure


@dataclass(frozen=True)
class Waterfall:
    """From the planned busy time of the pace station to good parts.

    In every replication, and on average,

        planned busy - sum of the losses = good,    good / planned busy = OEE of the line

    in minutes (all machines of the station together) and in parts.

    Attributes:
        station: its name.
        machines: how many it has; 1 for a conveyor.
        planned_busy: window less planned stops and planned maintenance.
        losses: by the names in `LOSSES`; one below zero is a gain:

            | name | time |
            |---|---|
            | setup, release, starved, blocked, standby, warmup, off | in that state |
            | micro-stop | repairs of the failure modes whose mean repair is below `MICRO_STOP`, as far as down |
            | breakdown | the rest of the state `down` |
            | speed | processing - planned time of the parts made; repeated attempts of rework are in it |
            | start-up scrap | planned time of the parts made here that were scrapped for one of `STARTUP_CAUSES` |
            | scrap | that of all others that were scrapped here or later |
            | in process | that of parts made here that have not left the line, less those so at the beginning |

        good: planned time of the good parts at the end of the line, and their number.
    """

    station: str
    machines: int
    planned_busy: Step
    losses: dict[str, Step]
    good: Step

    @property
    def occurring(self) -> dict[str, Step]:
        """The losses that are not zero in every replication."""
        return {name: step for name, step in self.losses.items() if np.any(np.abs(step.minutes.values) > 1e-9)}

    def to_json(self) -> Json:
        """Means: minutes and parts of every step; None where there is no value."""
        steps = {"planned busy": self.planned_busy} | self.losses | {"good": self.good}
        said = {name: {"minutes": step.minutes.value, "parts": step.parts.value} for name, step in steps.items()}
        return {"station": self.station, "machines": self.machines, "steps": said}


def waterfall(trace: Trace) -> Waterfall | None:
    """The waterfall of a run.

    Products may have different planned times. Minutes are turned into parts by the mean planned time of the good parts
    (where there is none, of the parts made, else of the products), and scrapped parts count with the mean of the parts
    made at the pace station, since scrap is not counted by product; with one planned time both are exact.

    Args:
        trace: of any run whose values are known (not traced).

    Returns:
        None when the line names no pace station, or that has no planned time.

    Raises:
        ValueError: the run is part of a program that JAX transforms.
    """
    if is_traced(trace):
        raise ValueError("waterfall: this run is traced by JAX; make the waterfall of a run outside of jit and grad.")
    line = trace.line
    if line.pace is None:
        return None
    station = line.station(line.pace)
    m = line.stations.index(station)
    run = Reckoning(trace, time_sheet(trace), is_random(line))
    made, good = run.planned(station, "produced", m), run.planned(station, "good")
    if made is None:
        return None
    time = _of_states(run, station, m)
    processing, count = run.sheet.seconds("processing")[m], run.total("produced")[m]
    each = _mean_planned(run, station, m, made=made, good=good)
    startup = _startup_scrap(run, m)
    scrapped = run.total("scrapped")[m:].sum(axis=0)
    per_made = np.divide(made, count, out=np.zeros_like(made), where=count > 0)
    time |= {"speed": processing - made, "start-up scrap": startup * per_made}
    time["scrap"] = (scrapped - startup) * per_made
    time["in process"] = made - good - scrapped * per_made
    steps = {name: _step(run, seconds, each) for name, seconds in time.items()}
    busy = _step(run, run.sheet.planned_busy[m], each)
    return Waterfall(
        station.name, int(run.sheet.machines[m].sum()), busy, {n: steps[n] for n in LOSSES}, _step(run, good, each)
    )


def micro_stops(station: Station) -> frozenset[str]:
    """Names of the failure modes of a station that are micro-stops; of machines that differ their mean counts."""
    found = set()
    for place, mode in enumerate(station.failures):
        own = [machine.failures[place] for machine in station.overrides if machine.failures is not None]
        means = [failure.down.mean for failure in own] or [mode.down.mean]
        if sum(means) / len(means) < MICRO_STOP:
            found.add(mode.name)
    return frozenset(found)


def _of_states(run: Reckoning, station: Station, m: int) -> dict[str, Any]:
    """Seconds lost in states of the machines [replication]; `down` in two.

    Repairs are known by visit, `down` to the second of the window. What repairs have too much or too little (one was
    cut off at an end of the window, or went on through a break) is taken as that of breakdowns.
    """
    found = {s: run.sheet.seconds(s)[m] for s in STATE_LOSSES if s not in ("breakdown", "micro-stop")}
    down = run.sheet.seconds("down")[m]
    short = micro_stops(station)
    if short == {mode.name for mode in station.failures}:
        brief = down
    else:
        times = failure_times(run.trace, run.sheet, m) if short else {}
        brief = np.minimum(sum((np.asarray(times[name][1], float) for name in short), np.zeros_like(down)), down)
    return found | {"micro-stop": brief, "breakdown": down - brief}


def _startup_scrap(run: Reckoning, m: int) -> Any:
    """Parts scrapped at the pace station or later for a cause of the start-up [replication]."""
    causes = run.trace.plan.shape.causes
    codes = [code for code, (_, cause) in enumerate(causes, start=1) if cause in STARTUP_CAUSES]
    return run.total("found")[codes, m:].sum(axis=(0, 1)) if codes else np.zeros(run.trace.replications)


def _mean_planned(run: Reckoning, station: Station, m: int, *, made: Any, good: Any) -> Any:
    """Planned time by which minutes are turned into parts [replication], seconds."""
    times, products = station.planned_time, run.trace.line.products
    whole = sum(product.share for product in products)
    each = [times.get(product.name, times.get("", 0.0)) for product in products]
    shares = [product.share / whole if whole > 0 else 1 / len(products) for product in products]
    found = np.full(run.trace.replications, sum(t * share for t, share in zip(each, shares, strict=True)))
    for planned, count in ((made, run.total("produced")[m]), (good, run.total("good"))):
        found = np.divide(planned, count, out=found, where=count > 0)
    return found


def _step(run: Reckoning, seconds: Any, each: Any) -> Step:
    minutes, parts = run.figure(seconds / 60, "min"), run.figure(seconds / each)
    assert minutes is not None  # noqa: S101 - values were given
    assert parts is not None  # noqa: S101
    return Step(minutes, parts)
