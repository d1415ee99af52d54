"""Key figures of a run, by ISO 22400-2 where that standard names them.

Sources: ISO 22400-2:2014 second hand, from OPC 40001-1 annex C.2 and OPC 40501-1 annex C. The two map a machine that
stands ready without a part differently; here, as in OPC 40501-1, starved and blocked time is down time for lack of work
(ADOT), not delay (ADET), and shown as states of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twin.defects import defects, movers
from twin.delivery import deliveries
from twin.energy import KWH, Energy, demand_charge, energy, has_power
from twin.figures import Figure, KPIs, StationKPIs, figure
from twin.line import Line
from twin.losses import failure_times
from twin.profile import peak_power
from twin.reckoning import Reckoning
from twin.segments import STATES
from twin.timesheet import is_traced, time_sheet

if TYPE_CHECKING:
    from twin.trace import Trace

HOUR = 3600.0


def kpis(trace: Trace) -> KPIs:
    """Figures of the measured window of a run.

    Differentiable when the run is traced: then the figures are JAX arrays, and which of them are None depends on the
    line alone.

    Args:
        trace: of any run.

    Returns:
        Figures by name, with their values in every replication:

        | name | meaning | unit |
        |---|---|---|
        | throughput | good parts per hour of the window; by parts (N - W) / (D_N - D_W) | 1/h |
        | good, scrapped | parts | 1 |
        | wip | mean number of parts in the line, those on their way or waiting outside included | 1 |
        | lead_time, lead_time_median, lead_time_p95 | of good parts; the last two where visits were kept | s |
        | oee | good parts at the end x planned time of the pace station / its planned busy time | 1 |
        | availability | processing / planned busy time of the pace station | 1 |
        | quality | good / (good + scrapped anywhere) | 1 |
        | performance | planned time x parts made at the pace station / its processing | 1 |
        | scrap_rate | scrapped / (good + scrapped) | 1 |
        | first_pass_yield | good parts that were never reworked / (good + scrapped) | 1 |
        | escapes | good parts that left the line with a defect; where processes make any | 1 |
        | rework_ratio | visits that were repeated / (good + scrapped) | 1 |
        | takt | working hours of the line / good parts | s |
        | plan_attainment | good parts / (working hours / planned takt) | 1 |
        | orders_on_time | of the orders due in the window, those all of whose parts had left by then | 1 |
        | energy, electricity, gas, compressed_air | all carriers, and each that is used; base load included | kWh |
        | energy_per_good_part | | kWh |
        | peak_power | highest mean electric power of a full quarter of an hour of clock time | kW |
        | energy_cost, cost | energy at its tariff; cost is the same until material or labour have a price | currency |
        | demand_charge | price of the peak, pro rata for the window | currency |
        | co2 | | kg |
    """
    sheet = time_sheet(trace)
    used = energy(trace, sheet)
    run = Reckoning(trace, sheet, is_random(trace.line))
    line_figures = _counted(run) | _effective(run) | _energetic(run, used)
    stations = {s.name: _station(run, used, m) for m, s in enumerate(trace.line.stations)}
    return KPIs(line_figures, stations, defects(trace, sheet, random=run.random))


def told(trace: Trace, values: Any, unit: str = "1") -> Figure:
    """A figure of a run from its values [replication]."""
    return figure(values, unit, random=is_random(trace.line), complete=trace.complete)


def is_random(line: Line) -> bool:
    """Whether anything in a run of the line is drawn at random, so that replications may differ."""
    drawn = lambda d: d is not None and d.family != "constant"  # noqa: E731
    processes = [p for s in line.stations for p in (s.process, *(o.process for o in s.overrides)) if p]
    behaviours = [s.process.behaviour for s in line.stations if s.process.behaviour is not None]
    shares = (
        [s.scrap for s in line.stations]
        + [s.false_alarm for s in line.stations]
        + [s.rework.share for s in line.stations if s.rework]
    )
    return (
        any(drawn(p.time) or any(map(drawn, p.product.values())) for p in processes)
        or any(s.failures or any(o.failures for o in s.overrides) for s in line.stations)
        or any(behaviour.draws or behaviour.causes for behaviour in behaviours)
        or any(0 < share < 1 for share in shares)
        or drawn(line.source.time)
        or (line.source.mode != "orders" and sum(p.share > 0 for p in line.products) > 1)
    )


def _counted(run: Reckoning) -> dict[str, Figure | None]:
    """Parts and how long they stay."""
    sheet, line, total = run.sheet, run.trace.line, run.total
    window, opened = sheet.window[0], sheet.opened[0]
    good, scrapped = total("good"), total("scrapped").sum(axis=0)
    made = good + scrapped
    median, late = _lead_times(run.trace)
    attained = None if line.takt is None else run.ratio(good * line.takt, opened)
    values: dict[str, tuple[Any, str]] = {
        "throughput": (HOUR * run.ratio(good, window), "1/h"),
        "good": (good, "1"),
        "scrapped": (scrapped, "1"),
        "wip": (run.ratio(total("wip").sum(axis=0), window), "1"),
        "lead_time": (run.ratio(total("lead"), good), "s"),
        "lead_time_median": (median, "s"),
        "lead_time_p95": (late, "s"),
        "scrap_rate": (run.ratio(scrapped, made), "1"),
        "first_pass_yield": (run.ratio(total("clean"), made), "1"),
        "rework_ratio": (run.ratio(total("reworked").sum(axis=0), made), "1"),
        "takt": (run.ratio(opened, good), "s"),
        "plan_attainment": (attained, "1"),
        "orders_on_time": (_orders_on_time(run.trace), "1"),
    }
    found = {name: run.figure(*value) for name, value in values.items()}
    if run.trace.plan.shape.causes:
        found["escapes"] = run.figure(total("escaped")[1:].sum(axis=0), moved_by=movers(run.trace))
    return found


def _effective(run: Reckoning) -> dict[str, Figure | None]:
    """OEE of the line, measured by its pace station."""
    line = run.trace.line
    good, scrapped = run.total("good"), run.total("scrapped").sum(axis=0)
    quality = run.ratio(good, good + scrapped)
    found = {"oee": None, "availability": None, "performance": None, "quality": run.figure(quality)}
    if line.pace is None:
        return found
    station = line.station(line.pace)
    m = line.stations.index(station)
    busy, processing = run.sheet.planned_busy[m], run.sheet.seconds("processing")[m]
    planned = run.planned(station, "good")
    found["availability"] = run.figure(run.ratio(processing, busy))
    if planned is not None:
        found["oee"] = run.figure(run.ratio(planned, busy))
        found["performance"] = run.figure(run.ratio(run.planned(station, "produced", m), processing))
    return found


def _energetic(run: Reckoning, used: Energy | None) -> dict[str, Figure | None]:
    """Energy, its cost and emissions."""
    trace, currency = run.trace, run.trace.line.tariff.currency
    peak = peak_power(trace)
    found = {
        "peak_power": run.figure(None if peak is None else peak / 1000, "kW"),
        "demand_charge": run.figure(demand_charge(trace, peak), currency),
    }
    if used is None:
        return found | dict.fromkeys(("energy", "energy_per_good_part", "energy_cost", "cost", "co2"))
    total = used.total() / KWH
    cost, co2 = (amount and amount.total() for amount in (used.cost, used.co2))
    found |= {
        "energy": run.figure(total, "kWh"),
        "energy_per_good_part": run.figure(run.ratio(total, run.total("good")), "kWh"),
        "energy_cost": run.figure(cost, currency),
        "cost": run.figure(cost, currency),
        "co2": run.figure(co2, "kg"),
    }
    return found | {carrier: run.figure(used.of_carrier(carrier) / KWH, "kWh") for carrier in used.by_state}


def _station(run: Reckoning, used: Energy | None, m: int) -> StationKPIs:
    """Figures of one station; see the head of the file for the time elements."""
    station, sheet = run.trace.line.stations[m], run.sheet
    time = {state: sheet.seconds(state)[m] for state in STATES}
    busy = sheet.planned_busy[m]
    processing, setup = time["processing"], time["setup"] + time["release"]
    produced, scrapped = run.total("produced")[m], run.total("scrapped")[m]
    planned = run.planned(station, "produced", m)
    availability = run.ratio(processing, busy)
    quality = run.ratio(produced - scrapped, produced)
    performance = None if planned is None else run.ratio(planned, processing)
    ordered = processing + setup + time["down"]
    values: dict[str, Any] = {
        "oee": None if performance is None else availability * performance * quality,
        "availability": availability,
        "performance": performance,
        "quality": quality,
        "nee": None if performance is None else run.ratio(processing + setup, busy) * performance * quality,
        "technical_efficiency": run.ratio(processing, processing + time["down"]),
        "utilisation_efficiency": run.ratio(processing, ordered),
        "allocation_efficiency": run.ratio(ordered, busy),
        "setup_ratio": run.ratio(setup, processing + setup),
        "produced": produced,
        "good": produced - scrapped,
        "scrapped": scrapped,
        "reworked": run.total("reworked")[m],
        "rework_ratio": run.ratio(run.total("reworked")[m], produced),
    }
    if station.process.behaviour is not None and type(station.process.behaviour).guarded:
        values["outside"] = run.total("outside")[m]
    figures = {name: run.figure(value) for name, value in values.items()}
    given = used is not None and has_power(station)
    figures["energy"] = run.figure(used.of_stations()[m] / KWH if used is not None and given else None, "kWh")
    states = {state: share for state in STATES if (share := run.figure(sheet.shares[STATES.index(state), m]))}
    return StationKPIs(int(sheet.machines[m].sum()), states, figures, _failures(run, m))


def _failures(run: Reckoning, m: int) -> dict[str, dict[str, Figure]]:
    """Count, minutes, mean time between and to repair, of every failure mode of a station.

    The last two are ratios over all replications together: time exposed to the failure and time of repair per failure.
    """
    found = {}
    for name, (count, seconds, exposed) in failure_times(run.trace, run.sheet, m).items():
        number, repair, time = (run.xp.asarray(x, float) for x in (count, seconds, exposed))
        values = {
            "count": (number, "1", None),
            "minutes": (repair / 60, "min", None),
            "mtbf": (run.ratio(time, number), "s", (time, number)),
            "mttr": (run.ratio(repair, number), "s", (repair, number)),
        }
        found[name] = {key: figure for key, value in values.items() if (figure := run.figure(*value))}
    return found


def _lead_times(trace: Trace) -> tuple[Any, Any]:
    """Median and 95th percentile of the time in the line [replication]; None where no visits were kept."""
    if is_traced(trace) or not trace.blocks:
        return None, None
    found = np.full((2, trace.replications), np.nan)
    for r in range(trace.replications):
        leave, enter = trace.good_parts(r)
        if len(leave):
            found[:, r] = np.quantile(leave - enter, [0.5, 0.95])
    return found[0], found[1]


def _orders_on_time(trace: Trace) -> Any:
    """Share of the orders due in the window whose parts had all left by then [replication]; None without visits."""
    if is_traced(trace) or not trace.blocks or not any(order.due is not None for order in trace.line.source.orders):
        return None
    orders = deliveries(trace)
    number = np.sum([order.asked for order in orders], axis=0)
    kept = np.sum([order.in_time for order in orders], axis=0)
    return np.divide(kept, number, out=np.full(trace.replications, np.nan), where=number > 0)
