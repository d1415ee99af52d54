"""A line in a few tables, and the same as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scenarios.capacity import Capacity, open_share, source_rate
from scenarios.missing import Missing
from scenarios.tables import console, number, paragraph, span, table
from twin.behave import nominal_time
from twin.distribution import Distribution
from twin.line import Line, Station
from twin.store import line_hash, versions

__all__ = ["bottleneck", "describe", "show"]


def bottleneck(able: Sequence[Capacity]) -> Capacity:
    """The station that could make the fewest good parts."""
    return min(able, key=lambda capacity: capacity.good)


def describe(line: Line, able: Sequence[Capacity], lacking: Sequence[Missing]) -> dict[str, Any]:
    """The summary as plain values: times in s, capacities per working hour."""
    stations = {
        station.name: {
            "machines": station.machines,
            "buffer": station.buffer,
            "mean_time": capacity.mean_time,
            "capacity": capacity.good,
            "stops": [stop.name for stop in (*station.failures, *station.maintenance)],
        }
        for station, capacity in zip(line.stations, able, strict=True)
    }
    return {
        "line": line.name,
        "hash": line_hash(line),
        "versions": versions(),
        "stations": stations,
        "bottleneck": bottleneck(able).station,
        "open_share": open_share(line),
        "missing": [{"kpis": list(one.kpis), "add": one.remedy} for one in lacking],
    }


def show(line: Line, able: Sequence[Capacity], lacking: Sequence[Missing]) -> None:
    """Print the summary."""
    out = console()
    out.print(paragraph(line.name, _facts(line)))
    out.print()
    rows = [_row(station, capacity) for station, capacity in zip(line.stations, able, strict=True)]
    heads = ("station", "machines", "buffer", "mean time of a visit", "planned", "alone, parts/h")
    out.print(table("Stations", heads, rows, left=(0, 3)))
    least = bottleneck(able)
    out.print()
    out.print(
        paragraph("Bottleneck", [f"{least.station} could make {number(least.good)} good parts/h if it never waited"]),
        "(stops, set-ups and scrap counted; good parts at the end of the line per working hour)",
    )
    rate = source_rate(line)
    if rate is not None:
        hourly = rate / open_share(line)
        verdict = "fewer than any station could make" if hourly < least.visits else "more than that: parts will pile up"
        around = f", day and night: {number(hourly)} per working hour" if open_share(line) < 1 else ""
        out.print(f"The source releases {number(rate)} parts/h{around}, {verdict}.", soft_wrap=True)
    stops = [(station.name, "; ".join(_stops(station))) for station in line.stations if _stops(station)]
    if stops:
        out.print()
        out.print(table("Stops: mean time between, mean length", ("station", "stops"), stops, left=(0, 1)))
    if lacking:
        out.print()
        rows = [(", ".join(one.kpis), one.remedy) for one in lacking]
        out.print(table("Not known until it is added", ("KPI", "add"), rows, left=(0, 1)))


def _facts(line: Line) -> list[str]:
    """The line in words."""
    count = len(line.stations)
    facts = [f"{count} station{'s' if count > 1 else ''}", f"source {line.source.mode}"]
    if line.source.time:
        facts[-1] += f", a part every {_law(line.source.time)}"
    if line.source.orders:
        facts[-1] += f", {len(line.source.orders)} for {sum(o.quantity for o in line.source.orders)} parts"
    if len(line.products) > 1:
        facts.append("products " + " ".join(_product(line, place) for place in range(len(line.products))))
    facts.append(f"works {100 * open_share(line):.0f} % of the week" if line.shifts else "works day and night")
    if line.pallets:
        facts.append(f"{line.pallets} pallets")
    if line.pace:
        facts.append(f"OEE measured by {line.pace}")
    if line.takt:
        facts.append(f"takt {span(line.takt)}")
    return facts


def _product(line: Line, place: int) -> str:
    product = line.products[place]
    return product.name if line.source.mode == "orders" else f"{product.name} {100 * product.share:.3g} %"


def _row(station: Station, capacity: Capacity) -> tuple[str, ...]:
    times = station.planned_time
    planned = [span(times[""])] if "" in times else []
    planned += [f"{name}: {span(time)}" for name, time in times.items() if name]
    machines = str(station.machines) if station.kind == "machines" else f"{station.machines} places"
    process = _process(station)
    return station.name, machines, str(station.buffer), process, "\n".join(planned) or "-", number(capacity.good)


def _stops(station: Station) -> list[str]:
    """Failures and maintenance, each with its mean time between and its mean length."""
    stops = [f"{f.name} {span(f.up.mean)}, {span(f.down.mean)}" for f in station.failures]
    for task in station.maintenance:
        every = f"{task.every:.0f} parts" if task.clock == "parts" else span(task.every)
        stops.append(f"{task.name} {every}, {span(task.duration)}")
    return stops


def _process(station: Station) -> str:
    process = station.process
    if process.behaviour is not None:
        own = "; ".join(f"{name}: {span(nominal_time(station, name))}" for name in process.behaviours)
        return f"{process.model} {span(nominal_time(station))}" + (f"; {own}" if own else "")
    if process.time is None:
        return f"{len(process.rows)} recorded, mean {span(sum(process.rows) / len(process.rows))}"
    lines = [_law(process.time)] + [f"{name}: {_law(time)}" for name, time in process.product.items()]
    if any(machine.process for machine in station.overrides):
        lines.append("machines differ")
    return "\n".join(lines)


def _law(time: Distribution) -> str:
    return span(time.mean) if time.family == "constant" else f"{span(time.mean)} {time.family}"
