"""Where the energy of a good part goes, as a table that fits a terminal of 80 columns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from scenarios.tables import table
from twin.segments import STATES
from twin.split import NOTHING

if TYPE_CHECKING:
    from rich.console import Group

    from twin.split import EnergySplit

__all__ = ["energy_table"]

GROUPS = {
    "process-\ning": ("processing",),
    "idle": ("starved", "blocked"),
    "set-up": ("setup", "release"),
    "stops": ("down", "maintenance"),
    "closed,\nstandby": ("planned_stop", "standby", "warmup", "off"),
}
"""Heading -> states that it stands for; those in which nothing is taken are not shown."""

_COLUMNS = 8
_WH = 1000.0

Row = dict[str, float]


def energy_table(split: EnergySplit | None, names: Iterable[str]) -> Group | None:
    """Energy per good part by station and groups of states, with its cost and CO2.

    Args:
        split: of a run.
        names: the stations to show; the others stand in one row.

    Returns:
        The table; None when nothing is known.
    """
    if split is None or not math.isfinite(float(split.energy.total().mean())):
        return None
    stations = [_station(split, m) for m in range(len(split.stations))]
    shown = set(names)
    rows = {name: row for name, row in zip(split.stations, stations, strict=True) if name in shown}
    rows["other stations"] = _sum(row for name, row in zip(split.stations, stations, strict=True) if name not in shown)
    rows["base load"] = _base(split)
    whole = _sum((*stations, rows["base load"]))
    unit, scale = ("kWh", 1.0) if whole["all"] >= 1 or not whole["all"] else ("Wh", _WH)
    heads = _columns(split, whole)
    energies = {head for head in heads if head not in (split.currency, "kg CO2")}
    places = {head: _places(whole[head], 4) for head in heads}
    places |= dict.fromkeys(energies, _places(scale * whole["all"], 4))
    said = lambda row, head: (  # noqa: E731
        f"{row[head] * (scale if head in energies else 1.0):.{places[head]}f}"
        if row.get(head, 0.0) > NOTHING * whole[head]
        else "-"
    )
    body = [(name, *(said(row, head) for head in heads)) for name, row in rows.items() if row.get("all", 0.0) > 0]
    body.append(("line", *(said(whole, head) for head in heads)))
    return table(
        f"Energy per good part, {unit}, by station and state; what it costs and emits", ("station", *heads), body
    )


def _columns(split: EnergySplit, whole: Row) -> list[str]:
    """Headings: groups of states, all of them, then what there is room for."""
    heads = [head for head in (*GROUPS, "all") if whole.get(head, 0.0) > NOTHING * whole["all"]] or ["all"]
    last = [head for head in (split.currency, "kg CO2") if head in whole]
    others = list(split.energy.by_state)[1:]
    of_it = [_of_it(carrier) for carrier in others]
    return [*heads, *(of_it if len(heads) + len(of_it) + len(last) <= _COLUMNS else []), *last]


def _of_it(carrier: str) -> str:
    return f"of it\n{carrier.replace('compressed_', '')}"


def _station(split: EnergySplit, m: int) -> Row:
    """What a station takes, by heading."""
    own = {carrier: split.mean("energy", carrier)[:, m] for carrier in split.energy.by_state}
    states = np.sum(list(own.values()), axis=0)
    row = {head: float(sum(states[STATES.index(state)] for state in group)) for head, group in GROUPS.items()}
    row |= {_of_it(carrier): float(joules.sum()) for carrier, joules in own.items()}
    money = {name: float(sum(split.mean(name, c)[:, m].sum() for c in own)) for name in split.amounts}
    return row | _named(split, money)


def _base(split: EnergySplit) -> Row:
    """The base load, which has no states, by heading."""
    row = {_of_it(carrier): float(np.mean(base)) for carrier, base in split.energy.base.items()}
    money = {name: float(sum(np.mean(base) for base in a.base.values())) for name, a in split.amounts.items()}
    return row | _named(split, money)


def _named(split: EnergySplit, amounts: Mapping[str, float]) -> Row:
    names = {"energy": "all", "cost": split.currency, "co2": "kg CO2"}
    return {names[name]: amount for name, amount in amounts.items()}


def _sum(rows: Iterable[Row]) -> Row:
    total: Row = {}
    for row in rows:
        for head, value in row.items():
            total[head] = total.get(head, 0.0) + value
    return total


def _places(whole: float, digits: int) -> int:
    """Decimals with which the whole has so many digits, at most that many.

    Example:
        >>> _places(5.553, 4), _places(734.0, 4), _places(0.607, 4), _places(0.0, 4)
        (3, 1, 4, 0)
    """
    return min(max(0, digits - 1 - math.floor(math.log10(whole))), digits + 1) if whole > 0 else 0
