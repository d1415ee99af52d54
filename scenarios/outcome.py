"""What a case told: its figures in every replication, where time was spent, and how they are kept as a row of text."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.figures import Figure, KPIs

__all__ = ["Outcome", "Prices", "contribution"]


@dataclass(frozen=True)
class Prices:
    """What parts are worth, for the figure `contribution`.

    Attributes:
        good: contribution margin of a good part before energy.
        scrapped: what a scrapped part costs besides that.
        currency: of both.
    """

    good: float
    scrapped: float = 0.0
    currency: str = "EUR"


@dataclass(frozen=True)
class Outcome:
    """A case and what it told.

    Attributes:
        name: of the case.
        figures: of the line, by name; None for one that cannot be known.
        states: share of time in each state, by station, mean of machines and replications.
        defects: parts found with each defect, by STATION.cause, mean of the replications.
    """

    name: str
    figures: Mapping[str, Figure | None]
    states: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    defects: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, kpis: KPIs, prices: Prices | None = None, hourly: float = 0.0) -> Outcome:
        """From the figures of a run; `hourly` is what the case costs per hour besides."""
        figures = dict(kpis.figures)
        if prices is not None:
            figures["contribution"] = contribution(figures, prices, hourly)
        states = {
            station: {state: float(figure.mean) for state, figure in found.states.items()}
            for station, found in kpis.stations.items()
        }
        defects = {cause: float(found["found"].mean) for cause, found in kpis.defects.items()}
        return cls(name, figures, states, defects)

    def to_row(self) -> str:
        """One line of JSON with every digit; the same outcome gives the same line."""
        figures = {
            name: None if figure is None else [figure.unit, figure.random, [_plain(v) for v in figure.values]]
            for name, figure in self.figures.items()
        }
        states = {name: dict(shares) for name, shares in self.states.items()}
        said = {"name": self.name, "figures": figures, "states": states, "defects": dict(self.defects)}
        return json.dumps(said, allow_nan=False)

    @classmethod
    def from_row(cls, row: str) -> Outcome:
        """Back from such a line."""
        said = json.loads(row)
        figures = {
            name: None
            if kept is None
            else Figure(np.array([math.nan if v is None else v for v in kept[2]]), kept[0], kept[1])
            for name, kept in said["figures"].items()
        }
        return cls(said["name"], figures, said["states"], said["defects"])

    def to_json(self) -> dict[str, Any]:
        """Table "kpis" as `linetwin run` writes it, and shares of states."""
        return {
            "kpis": {name: figure and figure.to_json() for name, figure in self.figures.items()},
            "states": {name: dict(shares) for name, shares in self.states.items()},
        }


def contribution(figures: Mapping[str, Figure | None], prices: Prices, hourly: float = 0.0) -> Figure | None:
    """Margin of good parts less the cost of scrapped ones, of energy and of the case, per hour of the window."""
    needed = [figures.get(name) for name in ("throughput", "good", "scrapped")]
    if any(figure is None for figure in needed):
        return None
    throughput, good, scrapped = (figure.values for figure in needed if figure is not None)
    cost = figures.get("cost")
    with np.errstate(divide="ignore", invalid="ignore"):
        hours = good / throughput
        spent = 0.0 if cost is None else cost.values
        earned = (prices.good * good - prices.scrapped * scrapped - spent) / hours - hourly
    return Figure(earned, f"{prices.currency}/h", any(figure.random for figure in needed if figure is not None))


def _plain(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None
