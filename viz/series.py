"""Figures that go with the time: of every machine (utilisation, power, temperature, wear, scrap) and of the line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from twin.courses import Courses
from twin.energy import carriers
from twin.profile import load_profile
from twin.segments import STATES
from twin.trace import Trace
from viz.layout import Layout

__all__ = ["Gauge", "Series", "energy_of", "gauges_of", "grid", "series_of"]

HOUR = 3600.0
SAMPLES = 480
KELVIN = 273.15
_FEW = 5
"""Parts of which no share of scrap is told."""


@dataclass(frozen=True)
class Series:
    """A figure of every machine.

    Attributes:
        title: what it is.
        unit: in which it is given, "" for none.
        low, high: ends of its scale.
        values: [machine, sample] at `grid`; NaN where it is not known.
    """

    title: str
    unit: str
    low: float
    high: float
    values: np.ndarray


@dataclass(frozen=True)
class Gauge:
    """A figure of the line: its values [sample] at `grid`, shown with so many decimals."""

    title: str
    unit: str
    decimals: int
    values: np.ndarray


def grid(until: float) -> np.ndarray:
    """The moments of the samples [s]: up to `SAMPLES`, on whole seconds where the run is long enough."""
    step = max(until / SAMPLES, 1e-9)
    step = float(np.ceil(step)) if step > 0.5 else step
    return np.append(np.arange(0.0, until - 1e-9, step), until)


def series_of(
    trace: Trace,
    replication: int,
    layout: Layout,
    visits: Mapping[str, np.ndarray],
    courses: Courses,
    machine: np.ndarray,
) -> dict[str, Series]:
    """The figures of all machines, by name; those of which nothing is known are left out.

    Args:
        trace: a run that kept all visits.
        replication: of which repetition.
        layout: where the machines stand.
        visits: of the replication, as `twin.snapshot.index` gives them.
        courses: the states of the machines.
        machine: place of the machine of each visit among all machines.
    """
    until = float(np.asarray(trace.window[1])[replication])
    times = grid(until)
    found = {"utilisation": _utilisation(courses, times)}
    power = _power(trace, replication, layout, times)
    if power is not None:
        found["power"] = power
    ended = np.where(visits["finish"] <= until, visits["finish"], np.inf)
    heat = _warm(trace, visits)
    if heat is not None:
        values = _latest(machine, ended, heat, len(courses.machines), times)
        found["temperature"] = _scaled("Temperature", "°C", values)
    if "condition/wear" in visits:
        worn = np.isin(visits["station"], _having(trace, "wear"))
        values = _latest(
            machine, ended, np.where(worn, 100 * visits["condition/wear"], np.nan), len(courses.machines), times
        )
        found["wear"] = Series("Wear", "%", 0.0, 100.0, values)
    if visits["scrapped"].any():
        found["scrap"] = _scrap(visits, machine, ended, len(courses.machines), times)
    return found


def _utilisation(courses: Courses, times: np.ndarray) -> Series:
    """Share of the last hour in which a machine processed; of the time so far in the first."""
    values = []
    since = np.maximum(times - HOUR, 0.0)
    for j in range(len(courses.machines)):
        begin, state = courses.of(j)
        busy = (state == STATES.index("processing"))[:-1]
        total = np.concatenate([[0.0], np.cumsum(np.diff(begin) * busy)])
        last = total[-1] + max(times[-1] - begin[-1], 0.0) * (state[-1] == STATES.index("processing"))
        worked = lambda t: np.interp(t, np.append(begin, max(times[-1], begin[-1]) + 1e-9), np.append(total, last))  # noqa: B023, E731
        values.append(100 * (worked(times) - worked(since)) / np.maximum(times - since, 1e-9))
    values = np.array(values)
    values[:, 0] = values[:, min(1, len(times) - 1)]
    return Series("Utilisation, last hour", "%", 0.0, 100.0, values)


def _power(trace: Trace, replication: int, layout: Layout, times: np.ndarray) -> Series | None:
    """Mean electric power of a machine; of a station it is the same for all its machines."""
    if "electricity" not in carriers(trace.line):
        return None
    load = _Load(trace, replication, times)
    watts = load.profile.by_state["electricity"].sum(axis=0)[..., replication]
    values = np.array([load.at(times, watts[m]) / len(layout.bays[m].machines) for m, _ in layout.machines])
    return Series("Electric power", "kW", 0.0, _round_up(np.nanmax(values)), values)


class _Load:
    """The load profile of a replication in periods as long as the samples are apart."""

    def __init__(self, trace: Trace, replication: int, times: np.ndarray) -> None:
        self.profile = load_profile(trace, float(times[1] - times[0]))
        self.covered = self.profile.covered[:, replication]
        self.middles = (self.profile.edges[:-1] + self.profile.edges[1:]) / 2

    def at(self, times: np.ndarray, joules: np.ndarray) -> np.ndarray:
        """Mean power [kW] around moments, of energies by period [period]; NaN outside the measured window."""
        some = self.covered > 0
        power = joules[some] / self.covered[some] / 1000
        half = float(times[1] - times[0])
        known = (times >= self.middles[some][0] - half) & (times <= self.middles[some][-1] + half)
        return np.where(known, np.interp(times, self.middles[some], power), np.nan)


def _warm(trace: Trace, visits: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """What tells how hot a machine runs [°C]: the surface of its tool, else its parts as they leave it."""
    found = np.full(len(visits["station"]), np.nan)
    for station in _having(trace, "surface"):
        here = visits["station"] == station
        found[here] = visits["condition/surface"][here] - KELVIN
    for m, station in enumerate(trace.line.stations):
        process = station.process.behaviour
        here = visits["station"] == m
        if process is not None and "temperature" in type(process).makes and np.isnan(found[here]).all():
            found[here] = visits["part/temperature"][here] - KELVIN
    return None if np.isnan(found).all() else found


def _having(trace: Trace, condition: str) -> list[int]:
    """Stations whose machines carry a condition."""
    processes = [station.process.behaviour for station in trace.line.stations]
    return [m for m, process in enumerate(processes) if process is not None and condition in type(process).condition]


def _latest(machine: np.ndarray, ended: np.ndarray, value: np.ndarray, count: int, times: np.ndarray) -> np.ndarray:
    """What the last visit that ended left behind [machine, sample]."""
    found = np.full((count, len(times)), np.nan)
    for j in range(count):
        own = np.flatnonzero((machine == j) & np.isfinite(ended) & np.isfinite(value))
        own = own[np.argsort(ended[own], kind="stable")]
        if len(own):
            place = np.searchsorted(ended[own], times, side="right") - 1
            found[j] = np.where(place >= 0, value[own][np.maximum(place, 0)], np.nan)
    return found


def _scrap(
    visits: Mapping[str, np.ndarray], machine: np.ndarray, ended: np.ndarray, count: int, times: np.ndarray
) -> Series:
    """Share of the parts of the last hour that were scrapped at a machine."""
    values = np.full((count, len(times)), np.nan)
    for j in range(count):
        own = (machine == j) & np.isfinite(ended)
        all_, bad = np.sort(ended[own]), np.sort(ended[own & visits["scrapped"]])
        made, spoiled = (
            np.searchsorted(x, times, side="right") - np.searchsorted(x, times - HOUR, side="right")
            for x in (all_, bad)
        )
        values[j] = np.where(made >= _FEW, 100 * spoiled / np.maximum(made, 1), np.nan)
    return Series("Scrapped, last hour", "%", 0.0, max(5.0, _round_up(float(np.nanmax(values, initial=0.0)))), values)


def energy_of(trace: Trace, replication: int) -> dict[str, dict[str, float]]:
    """Electricity of every station by state [kWh]; empty where no power is given."""
    if "electricity" not in carriers(trace.line):
        return {}
    profile = load_profile(trace, HOUR)
    joules = profile.by_state["electricity"][..., replication].sum(axis=2) / 3.6e6
    return {name: dict(zip(STATES, joules[:, m].tolist(), strict=True)) for m, name in enumerate(profile.stations)}


def gauges_of(trace: Trace, replication: int, visits: Mapping[str, np.ndarray]) -> tuple[Gauge, ...]:
    """The figures of the line that stand on the cards."""
    until = float(np.asarray(trace.window[1])[replication])
    times = grid(until)
    return tuple(_gauges(trace, replication, visits, times))


def _gauges(trace: Trace, replication: int, visits: Mapping[str, np.ndarray], times: np.ndarray) -> Iterator[Gauge]:
    last = len(trace.line.stations) - 1
    count = lambda moments, t: np.searchsorted(np.sort(moments[np.isfinite(moments)]), t, side="right")  # noqa: E731
    entered = visits["left"][visits["station"] == 0]
    thrown = visits["depart"][visits["scrapped"]]
    good = visits["depart"][(visits["station"] == last) & ~visits["scrapped"]]
    since = np.maximum(times - HOUR, 0.0)
    rate = (count(good, times) - count(good, since)) / np.maximum(times - since, 1.0) * HOUR
    yield Gauge("Throughput, last hour", "parts/h", 0, rate)
    yield Gauge(
        "In process", "parts", 0, (count(entered, times) - count(thrown, times) - count(good, times)).astype(float)
    )
    yield Gauge("Finished", "parts", 0, count(good, times).astype(float))
    if visits["scrapped"].any():
        yield Gauge("Scrapped", "parts", 0, count(thrown, times).astype(float))
    if "electricity" in carriers(trace.line):
        load = _Load(trace, replication, times)
        power = load.at(times, load.profile.energy("electricity")[:, replication])
        yield Gauge("Line power", "kW", 0 if np.nanmax(power) > 20 else 1, power)


def _scaled(title: str, unit: str, values: np.ndarray) -> Series:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return Series(title, unit, 10 * float(np.floor(low / 10)), 10 * float(np.ceil(high / 10 + 1e-9)), values)


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, ... times a power of ten.

    Example:
        >>> [_round_up(x) for x in (0.3, 17.0, 43.0)]
        [0.5, 20.0, 50.0]
    """
    if not value > 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(power * k for k in (1, 2, 5, 10) if value <= power * k * (1 + 1e-9)))
