"""What the energy of a run is, costs and emits.

energy = sum over machines and states of power x time, plus the line's base load x window, and what set-backs in closed
hours save (`twin.rest`). A state without a power in the station's table takes none. Joules, watts and prices per joule
inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from twin.asleep import has_level_powers, level_powers
from twin.behave import base_power, energies, told
from twin.clock import second_of_day
from twin.line import CARRIERS, Line, Station
from twin.plan import Shape
from twin.rest import saved_until, sets_back
from twin.segments import FOREVER, STATES
from twin.timesheet import TimeSheet, is_traced, weekly_measures

if TYPE_CHECKING:
    from twin.trace import Trace

KWH = 3.6e6
"""Joules in a kilowatt-hour."""

PERIOD = 900.0
"""The quarter of an hour over which peak power is averaged [s]."""

YEAR = 365 * 86400.0
_PER = {"year": YEAR, "month": YEAR / 12}

_ON = tuple(state for state in STATES if state not in ("standby", "off"))
"""States in which what a process needs all the time flows."""

_STANDBY = STATES.index("standby")


def carriers(line: Line) -> tuple[str, ...]:
    """The energy carriers for which the line gives any power, base load included."""
    used = set(line.base_load)
    for station in line.stations:
        for k in range(max(1, len(station.overrides))):
            used |= set(_table(station, k)[0])
        used |= {carrier for level in station.standby for carrier in level.power}
        if station.process.behaviour is not None:
            used |= set(energies(type(station.process.behaviour)))
    return tuple(carrier for carrier in CARRIERS if carrier in used)


def has_power(station: Station) -> bool:
    """Whether the line tells what a station uses: a power in some state, of some machine, or its process does."""
    given = station.power or any(o.power for o in station.overrides) or any(level.power for level in station.standby)
    return bool(given) or station.process.behaviour is not None


def powers_differ(line: Line) -> bool:
    """Whether machines of one station have different powers, so that their times must be told apart."""
    return any(o.power is not None and o.power != s.power for s in line.stations if s.machines > 1 for o in s.overrides)


def powers(line: Line, carrier: str, values: Mapping[str, Any] | None = None) -> Any:
    """Power of one machine (of a whole conveyor) in each state.

    Args:
        line: the description.
        carrier: e.g. "electricity".
        values: powers [W] that replace those of the line, by path, e.g. "S1.power.electricity.processing" or, for a
            machine with a table of its own, "S1.machine.0.power.electricity.processing"; may be traced.

    Returns:
        Watts [state, station, machine], with one machine for all unless their powers differ. A NumPy array, unless a
        value is traced.
    """
    values = values or {}
    width = max(s.machines for s in line.stations if s.kind != "conveyor") if powers_differ(line) else 1
    rows, traced = [], False
    bases = {s.name: base_power(s, values) if s.process.behaviour is not None else {} for s in line.stations}
    for station in line.stations:
        for k in range(width):
            table, prefix = _table(station, k)
            states = table.get(carrier, {})
            base = bases[station.name].get(carrier, 0.0)
            row = [values.get(f"{prefix}.{carrier}.{s}", states.get(s, 0.0)) if s in states else 0.0 for s in STATES]
            row = [x + base if state in _ON else x for state, x in zip(STATES, row, strict=True)]
            traced |= any(isinstance(x, Tracer) for x in row)
            rows.append(row)
    xp: Any = jnp if traced else np
    watts = xp.stack([xp.stack([xp.asarray(x, float) for x in row]) for row in rows])
    return xp.transpose(watts.reshape(len(line.stations), width, len(STATES)), (2, 0, 1))


def _table(station: Station, k: int) -> tuple[Mapping[str, Mapping[str, float]], str]:
    """The power table of machine k, and the path of its numbers."""
    own = station.overrides[k].power if k < len(station.overrides) else None
    if own is None or own == station.power:
        return station.power, f"{station.name}.power"
    return own, f"{station.name}.machine.{k}.power"


def base_load(line: Line, carrier: str, values: Mapping[str, Any] | None = None) -> Any:
    """Power that no station owns [W]."""
    value = (values or {}).get(f"line.base_load.{carrier}", line.base_load.get(carrier, 0.0))
    return value if isinstance(value, Tracer) else float(value)


@dataclass(frozen=True)
class Amount:
    """Energy [J], its cost [currency] or its CO2 [kg], of the measured window.

    Attributes:
        by_state: carrier -> [state, station, replication].
        base: carrier -> of the base load [replication].
    """

    by_state: Mapping[str, Any]
    base: Mapping[str, Any]

    def of_stations(self) -> Any:
        """All carriers together [station, replication], without the base load."""
        return sum(amount.sum(axis=0) for amount in self.by_state.values())

    def of_carrier(self, carrier: str) -> Any:
        """One carrier, base load included [replication]."""
        return self.by_state[carrier].sum(axis=(0, 1)) + self.base[carrier]

    def total(self) -> Any:
        """All carriers, base load included [replication]."""
        return sum(self.of_carrier(carrier) for carrier in self.by_state)


@dataclass(frozen=True)
class Energy(Amount):
    """Energy of the measured window in joules, what it costs and emits.

    Attributes:
        cost: in the tariff's currency; None when a carrier in use has no price.
        co2: in kg; None when a carrier in use has no figure.
    """

    cost: Amount | None
    co2: Amount | None


def energy(trace: Trace, sheet: TimeSheet) -> Energy | None:
    """Energy of a run; None when the line gives no power.

    Where the price or the CO2 of electricity change over the day, it counts as it is used: power x the integral of the
    price over the time in each state. Other carriers have one price and one figure of CO2.
    """
    line, values = trace.line, trace.values
    used = carriers(line)
    if not used:
        return None
    watts = {carrier: powers(line, carrier, values) for carrier in used}
    told = {c: told_by_processes(trace, c) for c in used}
    by_power = lambda carrier, k: (watts[carrier][..., None] * sheet.states[k]).sum(axis=2)  # noqa: E731
    asleep = {c: _asleep(trace, c, watts[c]) for c in used}
    saved = {c: _set_back(trace, c, watts[c], sheet) for c in used}
    times = lambda carrier, k: by_power(carrier, k) + told[carrier][k] + asleep[carrier][k] + saved[carrier][k]  # noqa: E731
    base = {carrier: base_load(line, carrier, values) for carrier in used}
    weighed = lambda carrier, k: (times(carrier, k), base[carrier] * sheet.window[k])  # noqa: E731
    joules = {carrier: weighed(carrier, 0) for carrier in used}

    def rated(name: str) -> Amount | None:
        rates = line.tariff.rates(name)
        if not all(carrier in rates for carrier in used):
            return None
        varies = lambda carrier: carrier == "electricity" and name in sheet.measures  # noqa: E731
        return _amount({
            carrier: weighed(carrier, sheet.measures.index(name)) if varies(carrier)
            else tuple(rates[carrier] * part for part in joules[carrier])
            for carrier in used
        })  # fmt: skip

    found = _amount(joules)
    return Energy(found.by_state, found.base, rated("price"), rated("co2"))


def _amount(parts: Mapping[str, tuple[Any, ...]]) -> Amount:
    """From what machines used and the base load by carrier."""
    return Amount({c: part[0] for c, part in parts.items()}, {c: part[1] for c, part in parts.items()})


def told_by_processes(trace: Trace, carrier: str) -> Any:
    """What processes tell that they used, [measure, state, station, replication]: joules, or their price or CO2."""
    xp: Any = jnp if is_traced(trace) else np
    size = (trace.totals["states"].shape[0], len(STATES), *trace.totals["states"].shape[2:])
    name = f"power/{carrier}"
    told = xp.asarray(trace.totals[name])[:, None] if name in trace.totals else xp.zeros((size[0], 1, *size[2:]))
    return _in_state("processing", told)


def _asleep(trace: Trace, carrier: str, watts: Any) -> Any:
    """What levels of standby with a power of their own add, [measure, state, station, replication]; 0 for none."""
    if "levels" not in trace.totals:
        return [0.0] * len(trace.totals["states"])
    xp: Any = jnp if is_traced(trace) else np
    more = level_powers(trace.line, carrier, watts[_STANDBY], trace.values)
    return _in_state("standby", (more[None, ..., None] * xp.asarray(trace.totals["levels"])).sum(axis=(1, 3))[:, None])


def _set_back(trace: Trace, carrier: str, watts: Any, sheet: TimeSheet) -> Any:
    """What set-backs in closed hours add, [measure, state, station, replication]; 0 for none."""
    if not sets_back(trace.line):
        return [0.0] * len(sheet.measures)
    xp: Any = jnp if is_traced(trace) else np
    window = xp.stack([xp.asarray(t) for t in trace.window])
    until = saved_until(trace, carrier, watts, window, weekly_measures(trace, np.zeros((0, 2))))
    return _in_state("planned_stop", (until[:, :, 1] - until[:, :, 0])[:, None])


def _in_state(state: str, amount: Any) -> Any:
    """An amount [measure, 1, station, replication] in one of the states, [measure, state, station, replication]."""
    return (np.arange(len(STATES)) == STATES.index(state))[None, :, None, None] * amount


def demand_charge(trace: Trace, peak: Any) -> Any:
    """Price of the highest 15-minute mean power [W], pro rata for the length of the window; None without such a price.

    A year has 365 days here, a month a twelfth of them.
    """
    demand = trace.line.tariff.demand
    if demand is None or peak is None:
        return None
    begin, end = (np.asarray(t) for t in trace.window)
    return demand.price * peak * (end - begin) / _PER[demand.per]


def first_edge(line: Line, time: float, period: float) -> float:
    """The last moment [s] not after `time` at which a period of clock time begins, counted from midnight."""
    midnight = second_of_day(line.start)
    return float(np.floor((time + midnight) / period) * period - midnight)


def meters(line: Line, values: Mapping[str, Any], shape: Shape, **run: Any) -> dict[str, Any]:
    """Further totals that a run needs for its figures; empty for most lines.

    Args:
        line: the description.
        values: numbers that replace those of the line, by path.
        shape: of the line.
        run: `replications`; `measures` of time; `window` (begin, end) [s]; `profile`: whether the load profile is added
            up during the run, because the run is by time and keeps no visits.

    Returns:
        "power/CARRIER" where processes tell what they use; "levels" where levels of standby have powers of their own;
        "machine_states" where machines of one station have different powers; "load" where the profile is added up;
        "overrun" where a machine may be under repair or maintenance when the run by parts ends (see `twin.totals`).
    """
    replications = run["replications"]
    found: dict[str, Any] = {
        f"power/{carrier}": np.zeros((run["measures"], shape.stations, replications))
        for cls, _ in shape.families
        for carrier in told(cls)
    }
    if powers_differ(line):
        size = (run["measures"], len(STATES), shape.stations, shape.width, replications)
        found["machine_states"] = np.zeros(size)
    if has_level_powers(line):
        slots = shape.width if powers_differ(line) else 1
        found["levels"] = np.zeros((run["measures"], shape.standby, shape.stations, slots, replications))
    if shape.served and run["window"][1] >= FOREVER:
        found["overrun"] = np.full((2, 3, shape.stations, shape.width, replications), -jnp.inf)
    if run["profile"] and "electricity" in carriers(line):
        begin, end = run["window"]
        first = first_edge(line, begin, PERIOD)
        bins = int(np.ceil((end - first) / PERIOD))
        groups = shape.stations * shape.width if shape.calendar else 1
        watts = powers(line, "electricity", values)
        found["load"] = {
            "noted": np.zeros((groups * bins * replications, 2)),
            "watts": jnp.asarray(watts),
            "begin": np.asarray(first),
            "period": np.asarray(PERIOD),
        }
        if "levels" in found:
            found["load"]["levels"] = jnp.asarray(level_powers(line, "electricity", watts[_STANDBY], values))
    return found
