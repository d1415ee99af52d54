"""Which KPIs a line cannot know, and which key of its file would change that."""

from __future__ import annotations

from dataclasses import dataclass

from twin.energy import carriers, has_power
from twin.line import Line, Station

__all__ = ["Missing", "missing", "without_power"]


@dataclass(frozen=True)
class Missing:
    """KPIs that stay unknown.

    Attributes:
        kpis: their names.
        remedy: what to add to the line file.
    """

    kpis: tuple[str, ...]
    remedy: str


def missing(line: Line) -> list[Missing]:
    """What the line leaves out, in the order of importance.

    Example:
        >>> from twin.spec import load_line
        >>> missing(load_line("reference"))[0].kpis
        ('energy', 'energy_per_good_part', 'peak_power', 'energy_cost', 'cost', 'co2', 'demand_charge')
    """
    return [*_effectiveness(line), *_energy(line), *_plan(line)]


def _effectiveness(line: Line) -> list[Missing]:
    found = []
    untimed = [station for station in line.stations if not _is_timed(line, station)]
    if line.pace is None:
        found.append(Missing(("oee", "availability", "performance"), f'pace = "{line.stations[0].name}" in [line]'))
    elif line.station(line.pace) in untimed:
        remedy = f"planned_time of station '{line.pace}', the pace station, for all products"
        found.append(Missing(("oee", "performance"), remedy))
    others = [station.name for station in untimed if station.name != line.pace]
    if others:
        found.append(Missing(("oee of stations",), f"planned_time of {_listed(others)}"))
    return found


def _energy(line: Line) -> list[Missing]:
    used = carriers(line)
    if not used:
        kpis = ("energy", "energy_per_good_part", "peak_power", "energy_cost", "cost", "co2", "demand_charge")
        return [Missing(kpis, "power of the stations, base_load in [line], and for cost and CO2 a [tariff]")]
    found = []
    without = without_power(line)
    if without:
        found.append(Missing(("energy of all stations",), f"power of {_listed(without)}"))
    if "electricity" not in used:
        found.append(Missing(("peak_power",), "power of the stations in electricity"))
    for kpis, key in ((("energy_cost", "cost"), "price"), (("co2",), "co2")):
        lacking = [_tariff_key(carrier, key) for carrier in used if carrier not in line.tariff.rates(key)]
        if lacking:
            found.append(Missing(kpis, f"{', '.join(lacking)} in [tariff]"))
    if line.tariff.demand is None and "electricity" in used:
        found.append(Missing(("demand_charge",), "demand in [tariff]"))
    return found


def without_power(line: Line) -> list[str]:
    """Stations of which the line does not tell what they use, while it does for others."""
    return [s.name for s in line.stations if not has_power(s)] if carriers(line) else []


def _tariff_key(carrier: str, key: str) -> str:
    """The key of the tariff that holds a price or an emission."""
    if carrier == "electricity":
        return "energy" if key == "price" else key
    return f"{carrier}.{key}"


def _plan(line: Line) -> list[Missing]:
    found = [] if line.takt else [Missing(("plan_attainment",), "takt in [plan]")]
    if line.source.mode == "orders" and not any(order.due is not None for order in line.source.orders):
        found.append(Missing(("orders_on_time",), "due times in the file of the orders"))
    return found


def _is_timed(line: Line, station: Station) -> bool:
    times = station.planned_time
    return "" in times or all(product.name in times for product in line.products)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
