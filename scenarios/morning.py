"""What a shift leader and a plant manager read in the morning, as figures; `scenarios.report` makes the page of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from scenarios.doubts import doubts
from twin.critical import CriticalPath, critical_path
from twin.delivery import Delivery, deliveries
from twin.energy import KWH, base_load
from twin.figures import Figure, KPIs
from twin.kpi import is_random, kpis, told
from twin.levels import BufferLevel, buffer_levels
from twin.peak import Peak, peak
from twin.timesheet import time_sheet
from twin.upkeep import Upkeep, upkeep
from twin.waterfall import Waterfall, waterfall

if TYPE_CHECKING:
    from twin.line import Line
    from twin.trace import Trace

__all__ = ["Cause", "MorningReport", "Stop", "gather"]


@dataclass(frozen=True)
class Cause:
    """Parts that were scrapped for one reason.

    Attributes:
        name: of the defect; None where a station's share of scrap tells none.
        made_at: the station that made it; None where it is not known.
        found_at: stations that found it.
        parts: scrapped for it in the window [1].
        delay: from the finish where it was made to the finish where it was found [s]; None where it is not known.
    """

    name: str | None
    made_at: str | None
    found_at: tuple[str, ...]
    parts: Figure
    delay: Figure | None


@dataclass(frozen=True)
class Stop:
    """A failure mode: `count` [1] and `minutes` [min] in the window, `mtbf` and `mttr` [s]."""

    station: str
    name: str
    count: Figure
    minutes: Figure
    mtbf: Figure
    mttr: Figure


@dataclass(frozen=True)
class MorningReport:
    """The figures of a morning report, over the measured window of a run.

    Attributes:
        line: that was run.
        replications, seed: how many, and of the random numbers; `random` tells whether anything was drawn.
        begin, end: of the window, local time; of a run by parts the mean over the replications (`exact` is False).
        planned: working time of the line [min].
        plan: good parts at the planned takt in that time [1]; None without one.
        kpis: all figures of the run (see `twin.kpi`).
        orders: that were due in the window, the one most often late first.
        causes: of scrap, the worst first; all that occurred.
        waterfall: losses of the pace station; None when it or its planned time is not given.
        critical: the critical path; the station with most of it is the bottleneck.
        stops: that occurred, the longest in all first.
        buffers: in the order of the line.
        upkeep: planned work and tool changes.
        per_part: kWh per good part by carrier.
        base_load: power that no station owns by carrier [kW].
        mean_power: electric [kW]; None where no power is given.
        peak: highest quarter of an hour; None where it cannot be known.
        doubts: what not to trust, and why, in sentences.
    """

    line: Line
    replications: int
    seed: int
    random: bool
    begin: datetime
    end: datetime
    exact: bool
    planned: Figure
    plan: Figure | None
    kpis: KPIs
    orders: tuple[Delivery, ...]
    causes: tuple[Cause, ...]
    waterfall: Waterfall | None
    critical: CriticalPath
    stops: tuple[Stop, ...]
    buffers: tuple[BufferLevel, ...]
    upkeep: tuple[Upkeep, ...]
    per_part: Mapping[str, Figure]
    base_load: Mapping[str, float]
    mean_power: Figure | None
    peak: Peak | None
    doubts: tuple[str, ...]


def gather(trace: Trace, found: KPIs | None = None) -> MorningReport:
    """The figures of a morning report.

    Args:
        trace: of a run that kept the visits of all stations.
        found: its figures, where they are known already.

    Raises:
        ValueError: the run kept no visits.
    """
    trace.need_visits("morning_report")
    line, found = trace.line, kpis(trace) if found is None else found
    begin, end = (np.asarray(t, float) for t in trace.window)
    opened = np.broadcast_to(np.asarray(time_sheet(trace).opened[0], float), (trace.replications,))
    electricity = found.get("electricity")
    used = {c: found[c] for c in ("electricity", "gas", "compressed_air") if found.get(c) is not None}
    good = found["good"].values
    orders = [order for order in deliveries(trace) if order.asked.any()] if line.source.orders else []
    return MorningReport(
        line=line,
        replications=trace.replications,
        seed=int(np.asarray(trace.seed)),
        random=is_random(line),
        begin=_clock(trace, begin.mean()),
        end=_clock(trace, end.mean()),
        exact=bool(np.ptp(begin) == 0 and np.ptp(end) == 0),
        planned=told(trace, opened / 60, "min"),
        plan=None if line.takt is None else told(trace, opened / line.takt),
        kpis=found,
        orders=tuple(sorted(orders, key=lambda order: -order.risk)),
        causes=_causes(trace, found),
        waterfall=waterfall(trace),
        critical=critical_path(trace),
        stops=_stops(found),
        buffers=tuple(buffer_levels(trace)),
        upkeep=tuple(upkeep(trace)),
        per_part={c: told(trace, _ratio(energy.values, good), "kWh") for c, energy in used.items()},
        base_load={c: float(base_load(line, c, trace.values)) / 1000 for c in line.base_load},
        mean_power=None if electricity is None else told(trace, electricity.values * KWH / 1000 / (end - begin), "kW"),
        peak=peak(trace),
        doubts=tuple(doubts(trace, found)),
    )


def _clock(trace: Trace, time: float) -> datetime:
    return trace.line.start + timedelta(seconds=float(time))


def _causes(trace: Trace, found: KPIs) -> tuple[Cause, ...]:
    """Causes of scrap that occurred: the defects that processes make, then what stations scrap without one."""
    names = trace.plan.shape.names
    causes = []
    for name, figures in found.defects.items():
        maker, _, cause = name.partition(".")
        places = tuple(key.removeprefix("found at ") for key in figures if key.startswith("found at "))
        causes.append(Cause(cause, maker, places, figures["found"], figures["delay"]))
    untold = trace.totals["found"][0] if trace.plan.shape.causes else trace.totals["scrapped"]
    for station, parts in zip(names, np.asarray(untold, float), strict=True):
        causes.append(Cause(None, None, (station,), told(trace, parts), None))
    some = [cause for cause in causes if (cause.parts.value or 0.0) > 0]
    return tuple(sorted(some, key=lambda cause: -(cause.parts.value or 0.0)))


def _stops(found: KPIs) -> tuple[Stop, ...]:
    stops = [
        Stop(station, name, **figures)
        for station, of_station in found.stations.items()
        for name, figures in of_station.failures.items()
        if (figures["count"].value or 0.0) > 0
    ]
    return tuple(sorted(stops, key=lambda stop: -(stop.minutes.value or 0.0)))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
