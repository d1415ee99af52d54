"""Key figures that studies speak of: their names, units, which way is better, and how they are said."""

from __future__ import annotations

from dataclasses import dataclass

from twin.errors import RuleError, nearest, shown

__all__ = ["FIGURES", "Known", "known", "unit_of", "unit_words"]


@dataclass(frozen=True)
class Known:
    """What is known of a figure before any run.

    Attributes:
        words: how people say it.
        unit: as in `twin.kpis`; "money" for the currency of the line's tariff.
        better: 1 when more is better, -1 when less is, 0 when it depends.
        percent: whether people read it as a percentage.
    """

    words: str
    unit: str = "1"
    better: int = 0
    percent: bool = False


FIGURES = {
    "throughput": Known("throughput", "1/h", 1),
    "good": Known("good parts", better=1),
    "scrapped": Known("scrapped parts", better=-1),
    "wip": Known("parts in the line", better=-1),
    "lead_time": Known("lead time", "s", -1),
    "oee": Known("OEE", better=1, percent=True),
    "availability": Known("availability", better=1, percent=True),
    "performance": Known("performance", better=1, percent=True),
    "quality": Known("quality", better=1, percent=True),
    "scrap_rate": Known("scrap rate", better=-1, percent=True),
    "first_pass_yield": Known("first pass yield", better=1, percent=True),
    "escapes": Known("defects that left the line", better=-1),
    "rework_ratio": Known("rework ratio", better=-1, percent=True),
    "takt": Known("time per good part", "s", -1),
    "plan_attainment": Known("plan attainment", better=1, percent=True),
    "energy": Known("energy", "kWh", -1),
    "electricity": Known("electricity", "kWh", -1),
    "gas": Known("gas", "kWh", -1),
    "compressed_air": Known("compressed air", "kWh", -1),
    "energy_per_good_part": Known("energy per good part", "kWh", -1),
    "peak_power": Known("peak power", "kW", -1),
    "energy_cost": Known("cost of energy", "money", -1),
    "cost": Known("cost", "money", -1),
    "demand_charge": Known("demand charge", "money", -1),
    "co2": Known("CO2", "kg", -1),
    "contribution": Known("contribution per hour", "money", 1),
}
"""By name; see `twin.kpis` for what they mean. `contribution` is what a study with prices adds."""


def known(name: str) -> Known:
    """What is known of a figure.

    Raises:
        RuleError: there is no such figure.
    """
    if name in FIGURES:
        return FIGURES[name]
    near = nearest(name, FIGURES)
    raise RuleError(
        f"the figures are {', '.join(FIGURES)}",
        f"Use {near}" if near else "Use one of these",
        subject=f"there is no figure {shown(name)}",
    )


def unit_of(name: str) -> str:
    """The unit of a figure; raises as `known`."""
    return known(name).unit


def unit_words(name: str, unit: str) -> str:
    """The unit of a figure as people read it after a number, with a blank before it; empty for a plain ratio.

    Example:
        >>> unit_words("throughput", "1/h"), unit_words("wip", "1"), unit_words("energy", "kWh")
        (' parts/h', ' parts', ' kWh')
    """
    counts = ("good", "scrapped", "wip", "escapes")
    return {"1/h": " parts/h", "1": " parts" if name in counts else ""}.get(unit, f" {unit}")
