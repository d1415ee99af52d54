"""Where the energy of a good part goes: by carrier, station and state, with its cost and CO2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np

from twin.energy import KWH, Amount, energy
from twin.segments import STATES
from twin.timesheet import is_traced, time_sheet

if TYPE_CHECKING:
    from twin.trace import Trace

Json = dict[str, Any]

NOTHING = 1e-12
"""Share of the whole below which an amount is a rest of rounding."""


@dataclass(frozen=True)
class EnergySplit:
    """Energy, cost and CO2 per good part, scrap included, by carrier, state and station, and of the base load.

    Attributes:
        stations: their names.
        currency: of the cost.
        energy: in kWh; `energy.total()` is the KPI `energy_per_good_part` of every replication.
        cost: in the currency, `energy_cost` / `good` in all; None when a carrier in use has no price.
        co2: in kg, `co2` / `good` in all; None when a carrier in use has no figure.
    """

    stations: tuple[str, ...]
    currency: str
    energy: Amount
    cost: Amount | None
    co2: Amount | None

    @property
    def amounts(self) -> dict[str, Amount]:
        """Those that are known, by name."""
        found = {"energy": self.energy, "cost": self.cost, "co2": self.co2}
        return {name: amount for name, amount in found.items() if amount is not None}

    def mean(self, name: str, carrier: str) -> Any:
        """Mean over the replications of "energy", "cost" or "co2" of a carrier [state, station]."""
        return self.amounts[name].by_state[carrier].mean(axis=-1)

    def to_json(self) -> Json | None:
        """Means by name; states that take nothing are left out; None when a replication made no good part.

        Returns:
            "units", "total", "base_load" by carrier and "stations" by name, carrier and state, each with "energy",
            "cost" and "co2"; a null is not known.
        """
        total = {name: float(amount.total().mean()) for name, amount in self.amounts.items()}
        if not np.isfinite(total["energy"]):
            return None
        nothing = {name: None for name in ("energy", "cost", "co2") if name not in total}
        carriers = tuple(self.energy.by_state)
        means = {carrier: {name: np.asarray(self.mean(name, carrier)) for name in total} for carrier in carriers}
        said = lambda carrier, i, m: {name: float(mean[i, m]) for name, mean in means[carrier].items()} | nothing  # noqa: E731
        stations = {
            station: {
                carrier: states
                for carrier in carriers
                if (states := {STATES[i]: said(carrier, i, m) for i in self._used(carrier, m)})
            }
            for m, station in enumerate(self.stations)
        }
        base = {
            carrier: {name: float(amount.base[carrier].mean()) for name, amount in self.amounts.items()} | nothing
            for carrier in carriers
            if np.any(self.energy.base[carrier])
        }
        units = {"energy": "kWh", "cost": self.currency, "co2": "kg"}
        return {"units": units, "total": total | nothing, "base_load": base, "stations": stations}

    def _used(self, carrier: str, station: int) -> Iterator[int]:
        """States in which a station takes something; a machine that never starves leaves a rest of rounding there."""
        least = NOTHING * float(self.energy.total().mean())
        return (i for i in range(len(STATES)) if self.mean("energy", carrier)[i, station] > least)


def energy_split(trace: Trace) -> EnergySplit | None:
    """Energy, cost and CO2 per good part of the measured window, by carrier, station and state.

    It adds up to the KPIs in every replication, base load and what was scrapped included. Differentiable when the run
    is traced.

    Args:
        trace: of any run.

    Returns:
        The split, NaN in replications without a good part; None when the line gives no power.
    """
    used = energy(trace, time_sheet(trace))
    if used is None:
        return None
    xp: Any = jnp if is_traced(trace) else np
    good = xp.asarray(trace.totals["good"], float)
    each = xp.where(good > 0, 1.0 / xp.where(good > 0, good, 1.0), xp.nan)
    line = trace.line
    return EnergySplit(
        tuple(station.name for station in line.stations),
        line.tariff.currency,
        _scaled(used, each / KWH),
        used.cost and _scaled(used.cost, each),
        used.co2 and _scaled(used.co2, each),
    )


def _scaled(amount: Amount, factor: Any) -> Amount:
    """An amount times a factor [replication]."""
    times = lambda parts, shape: {carrier: part * factor.reshape(shape) for carrier, part in parts.items()}  # noqa: E731
    by_state: Mapping[str, Any] = times(amount.by_state, (1, 1, -1))
    return Amount(by_state, times(amount.base, (-1,)))
