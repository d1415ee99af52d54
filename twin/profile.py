"""How much power the line takes over the day: means over periods of clock time, and the peak.

Energy of a period is the sum over stretches of one state of power x open time of the overlap; nothing is sampled.
Closed hours are counted with the power of a planned stop (a machine's own calendar stops with that of `down`), what
nothing explains with that of `starved`, and the base load always.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from twin.asleep import level_powers, sleeps
from twin.clock import Clock
from twin.energy import PERIOD, base_load, carriers, first_edge, powers
from twin.ramp import Ramp, ramp
from twin.rest import saved_until, sets_back
from twin.segments import FOREVER, STATES, planned_numbers, segments
from twin.timesheet import is_traced, weekly_measures

if TYPE_CHECKING:
    import pyarrow as pa

    from twin.trace import Trace


_STANDBY = STATES.index("standby")


@dataclass(frozen=True)
class LoadProfile:
    """Energy by period of clock time, within the measured window.

    Attributes:
        edges: clock times [s] at which periods begin and end [period + 1]; counted from midnight of the line's start.
        covered: seconds of each period that lie in the window [period, replication].
        by_state: carrier -> joules [state, station, period, replication].
        base: carrier -> joules of the base load [period, replication].
        stations: their names.
        start: local date and time at 0 s.
    """

    edges: np.ndarray
    covered: np.ndarray
    by_state: Mapping[str, np.ndarray]
    base: Mapping[str, np.ndarray]
    stations: tuple[str, ...]
    start: datetime

    def energy(self, carrier: str = "electricity") -> np.ndarray:
        """Joules of one carrier, all stations and the base load [period, replication]."""
        return self.by_state[carrier].sum(axis=(0, 1)) + self.base[carrier]

    def power(self, carrier: str = "electricity") -> np.ndarray:
        """Mean power in the covered part of each period [period, replication], watts; NaN where nothing is covered."""
        return _ratio(self.energy(carrier), self.covered)

    def peak(self, carrier: str = "electricity") -> np.ndarray:
        """Highest mean power of a full period [replication], watts; NaN when none fits into the window."""
        return _peak(self.energy(carrier), self.covered, self.edges)

    def to_table(self) -> pa.Table:
        """Mean power in kW by carrier, station and period, as an Arrow table (see `twin.profile_file.to_table`)."""
        from twin.profile_file import to_table  # noqa: PLC0415 - pyarrow takes 0.15 s to import

        return to_table(self)

    def save(self, path: str | Path, provenance: Mapping[str, Any] | None = None) -> Path:
        """Write the table as Parquet, or as CSV where the name ends in ".csv", whole or not at all.

        Args:
            path: of the file; what is there is replaced.
            provenance: metadata for Parquet, e.g. `trace.provenance`.

        Raises:
            OSError: the file cannot be written; nothing is left behind.
        """
        from twin.profile_file import to_csv, to_parquet  # noqa: PLC0415 - pyarrow takes 0.15 s to import

        return to_csv(self, path) if str(path).endswith(".csv") else to_parquet(self, path, provenance)


def load_profile(trace: Trace, period: float = PERIOD) -> LoadProfile:
    """The load profile of a run that kept its visits, by carrier, state and station.

    Exact: energy of a period is power x overlap, so the periods add up to the energy of the window.

    Args:
        trace: of a run with `record` other than "kpis".
        period: length of a period [s], e.g. 900 for the quarter of an hour that a supplier meters.

    Raises:
        ValueError: the run kept no visits, or `period` is not positive.
    """
    if not period > 0:
        raise ValueError(f"load_profile: period is {period:g} s; it must be positive, e.g. 900.")
    trace.need_visits("load_profile")
    bins = _Bins.of(trace, period)
    noted = _noted(trace, bins)
    zero = np.zeros_like(noted["starved"])
    times = np.stack([noted.get(state, zero) for state in STATES])
    used = carriers(trace.line)
    spread = {}
    for carrier in used:
        watts = powers(trace.line, carrier, trace.values)
        spread[carrier] = (watts[..., None, None] * times).sum(axis=2)
        if "standby/0" in noted:
            for k, more in enumerate(level_powers(trace.line, carrier, watts[_STANDBY], trace.values)):
                spread[carrier][_STANDBY] += (more[..., None, None] * noted[f"standby/{k}"]).sum(axis=1)
        if f"power/{carrier}" in noted:
            spread[carrier][STATES.index("processing")] += noted[f"power/{carrier}"].sum(axis=1)
        if sets_back(trace.line):
            spread[carrier][STATES.index("planned_stop")] += _saved(trace, carrier, watts, bins)
    base = {carrier: base_load(trace.line, carrier, trace.values) * bins.covered for carrier in used}
    names = tuple(station.name for station in trace.line.stations)
    return LoadProfile(bins.edges, bins.covered, spread, base, names, trace.line.start)


def peak_power(trace: Trace) -> np.ndarray | None:
    """Highest mean electric power of a full quarter of an hour of clock time in the window [replication], watts.

    None when it cannot be known: no power is given, the run is traced, it kept neither visits nor a profile, or no full
    quarter fits into the window of any replication.
    """
    if is_traced(trace) or "electricity" not in carriers(trace.line):
        return None
    if "load" in trace.totals:
        bins = _Bins.of(trace, PERIOD)
        peak = _peak(_metered(trace, bins), bins.covered, bins.edges)
    elif trace.blocks:
        peak = load_profile(trace).peak()
    else:
        return None
    return None if np.isnan(peak).all() else peak


def _ratio(energy: np.ndarray, time: np.ndarray) -> np.ndarray:
    return np.divide(energy, time, out=np.full(energy.shape, np.nan), where=time > 0)


def full_periods(covered: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Which periods lie in the window as a whole, but for rounding [period, replication]."""
    return covered >= np.diff(edges)[:, None] * (1 - 1e-12)


def _peak(energy: np.ndarray, covered: np.ndarray, edges: np.ndarray) -> np.ndarray:
    power = np.where(full_periods(covered, edges), energy / np.diff(edges)[:, None], -np.inf)
    peak = power.max(axis=0)
    return np.where(np.isfinite(peak), peak, np.nan)


@dataclass(frozen=True)
class _Bins:
    """Periods that cover the windows of all replications, and the open time of the machines at their edges.

    Machines stand in slots: one slot for all machines of a station, unless their clocks or powers differ.

    Attributes:
        edges: clock times [s] [edge].
        begin, end: of the windows [replication].
        machines: how many machines a slot stands for [station, slot].
    """

    edges: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    machines: np.ndarray

    @staticmethod
    def of(trace: Trace, period: float) -> _Bins:
        begin, end = (np.asarray(t, float) for t in trace.window)
        first = first_edge(trace.line, float(begin.min()), period)
        count = max(1, int(np.ceil((end.max() - first) / period)))
        shape = trace.plan.shape
        machines = np.arange(shape.width)[None] < np.asarray(shape.machines)[:, None]
        if not (shape.calendar or "machine_states" in trace.totals):
            machines = machines.sum(axis=1, keepdims=True)
        return _Bins(first + period * np.arange(count + 1), begin, end, machines)

    @property
    def clipped(self) -> np.ndarray:
        """Edges cut off at the window [edge, replication]."""
        return np.clip(self.edges[:, None], self.begin[None], self.end[None])

    @property
    def covered(self) -> np.ndarray:
        """Seconds of each period that lie in the window [period, replication]."""
        return np.diff(self.clipped, axis=0)

    def opened(self, trace: Trace, edges: np.ndarray) -> np.ndarray:
        """Open seconds of each slot between edges [edge, replication]: [station, slot, period, replication]."""
        stations, slots = self.machines.shape
        size = (len(edges), stations, edges.shape[1])
        spread = np.broadcast_to(edges[:, None], size)
        if not trace.plan.shape.calendar:
            return np.diff(open_until(trace, edges), axis=0)[None, None]
        each = [open_until(trace, spread, np.full(size, k)) for k in range(slots)]
        return np.diff(np.stack(each), axis=1).transpose(2, 0, 1, 3)

    def unexplained(self, trace: Trace) -> dict[str, np.ndarray]:
        """Seconds without visits [station, slot, period, replication]: stops by the clocks, and the rest as starved."""
        shape = trace.plan.shape
        count = self.machines[..., None, None]
        clipped = self.clipped
        working = np.diff(_weekly(trace).at(clipped), axis=0)[None, None] if shape.shifts else self.covered[None, None]
        own = self.opened(trace, clipped)
        return {
            "planned_stop": (self.covered[None, None] - working) * count,
            "down": (working - own) * count,
            "starved": own * count,
        }


def _weekly(trace: Trace) -> Ramp:
    return ramp(trace.plan.numbers["closed"], np.zeros((0, 3)))


def open_until(trace: Trace, time: np.ndarray, machine: np.ndarray | None = None) -> np.ndarray:
    """Open time [s] before clock times, e.g. [row, station, replication], of the `machine` in each place."""
    shape = trace.plan.shape
    if shape.calendar and machine is not None:
        return time - _own_closed(trace.clock, time, machine)
    return _weekly(trace).at(time) if shape.shifts else time


def _own_closed(clock: Clock, time: np.ndarray, machine: np.ndarray) -> np.ndarray:
    """Closed time of each place's own machine; the intervals that have begun are found by halving."""
    begin, length = np.asarray(clock.begin), np.asarray(clock.length)
    before = np.cumsum(length, axis=0) - length
    count, stations, _, replications = begin.shape
    place = (np.arange(stations)[:, None], machine, np.arange(replications))
    begun = np.zeros(time.shape, int)
    for size in [2**k for k in reversed(range(count.bit_length()))]:
        probe = begun + size
        begun = np.where((probe <= count) & (begin[(np.minimum(probe, count) - 1, *place)] <= time), probe, begun)
    last = (np.maximum(begun - 1, 0), *place)
    return np.where(begun > 0, before[last] + np.clip(time - begin[last], 0.0, length[last]), 0.0)


def _noted(trace: Trace, bins: _Bins) -> dict[str, np.ndarray]:
    """State -> seconds [station, slot, period, replication], complete, from the visits of a run.

    Joules of visits whose process tells what they use stand beside them as "power/CARRIER".
    """
    shape = trace.plan.shape
    size = (*bins.machines.shape, len(bins.edges) - 1, trace.replications)
    noted: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    planned = jax.tree.map(np.asarray, planned_numbers(shape, trace.plan.numbers))
    after = np.asarray(trace.plan.numbers["after"]) if "levels" in trace.totals else None
    for block in trace.blocks:
        _, station, replication = place = np.nonzero(block["fixed"])
        machine = block.get("machine", np.zeros(block["fixed"].shape, int))
        slot = machine[place] if size[1] > 1 else np.zeros_like(station)
        moments: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        with np.errstate(invalid="ignore"):
            stretches = segments(shape, block, planned) + (sleeps(block, after) if after is not None else [])
            stretches = [s for s in stretches if s[1][place].min(initial=FOREVER) < FOREVER or "/" in s[0]]
            for moment in [t for _, begin, end, _ in stretches for t in (begin, end)]:
                if id(moment) not in moments:
                    time = np.clip(moment, bins.begin, bins.end)
                    number = np.searchsorted(bins.edges, time, side="right") - 1
                    number = np.clip(number, 0, size[2] - 1)
                    rest = open_until(trace, bins.edges[number + 1], machine) - open_until(trace, time, machine)
                    moments[id(moment)] = (number[place], rest[place])
        for state, begin, end, sign in stretches:
            weights = {state: 1.0}
            if state == "processing":
                weights |= {name: block[name][place] for name in block if name.startswith("power/")}
            for name, weight in weights.items():
                seconds, times = noted.setdefault(name, (np.zeros(size), np.zeros(size)))
                for moment, way in ((begin, sign), (end, -sign)):
                    number, rest = moments[id(moment)]
                    where: Any = (station, slot, number, replication)
                    np.add.at(seconds, where, way * rest * weight)
                    np.add.at(times, where, way * weight)
    after = bins.opened(trace, np.broadcast_to(bins.edges[:, None], (len(bins.edges), trace.replications)))
    found = bins.unexplained(trace)
    for state, (seconds, times) in noted.items():
        time = seconds + _later(times, axis=2) * after
        if state in STATES:  # neither what processes tell nor a level of standby, which has its state already
            found["starved"] = found["starved"] - time
        found[state] = found[state] + time if state in found else time
    return found


def _later(change: np.ndarray, axis: int) -> np.ndarray:
    """What the changes in all earlier periods add up to."""
    return np.cumsum(change, axis=axis) - change


def _saved(trace: Trace, carrier: str, watts: Any, bins: _Bins) -> np.ndarray:
    """What set-backs in closed hours add to each period [station, period, replication], joules."""
    seconds = weekly_measures(trace, np.zeros((0, 2)))[:1]
    return np.diff(saved_until(trace, carrier, watts, bins.clipped, seconds)[0], axis=1)


def _metered(trace: Trace, bins: _Bins) -> np.ndarray:
    """Electric energy of each period [period, replication], joules, from what the run added up (`totals.metered`)."""
    shape, load = trace.plan.shape, trace.totals["load"]
    groups = bins.machines.shape if shape.calendar else (1, 1)
    noted = np.asarray(load["noted"]).reshape(*groups, len(bins.edges) - 1, trace.replications, 2)
    after = bins.opened(trace, np.broadcast_to(bins.edges[:, None], (len(bins.edges), trace.replications)))
    energy = (noted[..., 0] + _later(noted[..., 1], axis=2) * after).sum(axis=(0, 1))
    watts = powers(trace.line, "electricity", trace.values)
    for state, time in bins.unexplained(trace).items():
        energy = energy + (watts[STATES.index(state)][..., None, None] * time).sum(axis=(0, 1))
    if sets_back(trace.line):
        energy = energy + _saved(trace, "electricity", watts, bins).sum(axis=0)
    return energy + base_load(trace.line, "electricity", trace.values) * bins.covered
