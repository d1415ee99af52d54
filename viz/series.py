"""Figures that go with the time: of every machine (utilisation, power, temperature, wear, scrap) and of the line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from twin.courses import Courses
from twin.energy import KWH, carriers
from twin.line import Line
from twin.profile import load_profile
from twin.segments import STATES
from twin.trace import Trace
from viz.layout import Layout

__all__ = ["Gauge", "Load", "Series", "gauges_of", "grid", "load_of", "series_of"]

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

    def shares(self, sample: int) -> np.ndarray:
        """Where every machine stands on the scale, from 0 to 1 [machine]."""
        return (self.values[:, sample] - self.low) / (self.high - self.low)


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
    line: Line,
    layout: Layout,
    visits: Mapping[str, np.ndarray],
    courses: Courses,
    machine: np.ndarray,
    until: float,
    load: Load | None,
) -> dict[str, Series]:
    """The figures of all machines, by name; those of which nothing is known are left out.

    Args:
        line: what was run.
        layout: where the machines stand.
        visits: of the replication, as `twin.snapshot.index` gives them.
        courses: the states of the machines.
        machine: place of the machine of each visit among all machines.
        until: end of the run [s].
        load: its load profile, or None where no power is given.
    """
    times = grid(until)
    found = {"utilisation": _utilisation(courses, times)}
    if load is not None:
        found["power"] = _power(load, layout)
    ended = np.where(visits["finish"] <= until, visits["finish"], np.inf)
    heat = _warm(line, visits)
    if heat is not None:
        values = _latest(machine, ended, heat, len(courses.machines), times)
        found["temperature"] = _scaled("Temperature", "°C", values)
    if "condition/wear" in visits:
        worn = np.isin(visits["station"], _having(line, "wear"))
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


def _power(load: Load, layout: Layout) -> Series:
    """Mean electric power of a machine; of a station it is the same for all its machines."""
    watts = load.stations.sum(axis=0)
    values = np.array([load.power(watts[m]) / len(layout.bays[m].machines) for m, _ in layout.machines])
    return Series("Electric power", "kW", 0.0, _round_up(np.nanmax(values)), values)


@dataclass(frozen=True)
class Load:
    """The electricity of a replication in periods as long as the samples are apart.

    Attributes:
        times: of the samples [s].
        middles: of the periods [s], and
        covered: how much of each lies in the measured window [s].
        names: of the stations.
        stations: joules [state, station, period].
        line: joules of all stations and the base load [period].
    """

    times: np.ndarray
    middles: np.ndarray
    covered: np.ndarray
    names: tuple[str, ...]
    stations: np.ndarray
    line: np.ndarray

    def power(self, joules: np.ndarray) -> np.ndarray:
        """Mean power [kW] around the samples, of energies by period [period]; NaN outside the measured window."""
        some = self.covered > 0
        mean = joules[some] / self.covered[some] / 1000
        half = float(self.times[1] - self.times[0])
        known = (self.times >= self.middles[some][0] - half) & (self.times <= self.middles[some][-1] + half)
        return np.where(known, np.interp(self.times, self.middles[some], mean), np.nan)

    def energy(self) -> dict[str, dict[str, float]]:
        """Of every station by state [kWh]."""
        used = self.stations.sum(axis=2) / KWH
        return {name: dict(zip(STATES, used[:, m].tolist(), strict=True)) for m, name in enumerate(self.names)}


def load_of(trace: Trace, replication: int, until: float) -> Load | None:
    """The electricity of a replication that ends at `until` [s]; None where the line gives no power."""
    if "electricity" not in carriers(trace.line):
        return None
    times = grid(until)
    profile = load_profile(trace, float(times[1] - times[0]))
    return Load(
        times,
        (profile.edges[:-1] + profile.edges[1:]) / 2,
        profile.covered[:, replication],
        profile.stations,
        profile.by_state["electricity"][..., replication],
        profile.energy("electricity")[:, replication],
    )


def _warm(line: Line, visits: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """What tells how hot a machine runs [°C]: the surface of its tool, else its parts as they leave it."""
    found = np.full(len(visits["station"]), np.nan)
    for station in _having(line, "surface"):
        here = visits["station"] == station
        found[here] = visits["condition/surface"][here] - KELVIN
    for m, station in enumerate(line.stations):
        process = station.process.behaviour
        here = visits["station"] == m
        if process is not None and "temperature" in type(process).makes and np.isnan(found[here]).all():
            found[here] = visits["part/temperature"][here] - KELVIN
    return None if np.isnan(found).all() else found


def _having(line: Line, condition: str) -> list[int]:
    """Stations whose machines carry a condition."""
    processes = [station.process.behaviour for station in line.stations]
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


def gauges_of(stations: int, visits: Mapping[str, np.ndarray], until: float, load: Load | None) -> tuple[Gauge, ...]:
    """The figures of the line that stand on the cards; see `series_of`."""
    return tuple(_gauges(stations, visits, grid(until), load))


def _gauges(stations: int, visits: Mapping[str, np.ndarray], times: np.ndarray, load: Load | None) -> Iterator[Gauge]:
    count = lambda moments, t: np.searchsorted(np.sort(moments[np.isfinite(moments)]), t, side="right")  # noqa: E731
    entered = visits["left"][visits["station"] == 0]
    thrown = visits["depart"][visits["scrapped"]]
    good = visits["depart"][(visits["station"] == stations - 1) & ~visits["scrapped"]]
    since = np.maximum(times - HOUR, 0.0)
    rate = (count(good, times) - count(good, since)) / np.maximum(times - since, 1.0) * HOUR
    yield Gauge("Throughput, last hour", "parts/h", 0, rate)
    yield Gauge(
        "In process", "parts", 0, (count(entered, times) - count(thrown, times) - count(good, times)).astype(float)
    )
    yield Gauge("Finished", "parts", 0, count(good, times).astype(float))
    if visits["scrapped"].any():
        yield Gauge("Scrapped", "parts", 0, count(thrown, times).astype(float))
    if load is not None:
        power = load.power(load.line)
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
