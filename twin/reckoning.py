"""A run and what all of its figures share: totals by name, ratios, planned times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np

from twin.figures import Figure, figure
from twin.line import Station
from twin.timesheet import TimeSheet, is_traced

if TYPE_CHECKING:
    from twin.trace import Trace


@dataclass(frozen=True)
class Reckoning:
    """A run, from which figures are worked out.

    Attributes:
        trace: of any kind of run.
        sheet: its times.
        random: whether replications differ.
    """

    trace: Trace
    sheet: TimeSheet
    random: bool

    @cached_property
    def xp(self) -> Any:
        """NumPy, or JAX's version of it when the run is traced."""
        return jnp if is_traced(self.trace) else np

    def total(self, name: str) -> Any:
        """A total of the run by its name in `twin.totals`."""
        return self.xp.asarray(self.trace.totals[name], float)

    def ratio(self, part: Any, whole: Any) -> Any:
        """The part of the whole; NaN (with a derivative of zero) where there is nothing to relate it to."""
        some = whole > 0
        return self.xp.where(some, part / self.xp.where(some, whole, 1.0), self.xp.nan)

    def figure(self, values: Any, unit: str = "1", sums: Any = None, moved_by: Any = None) -> Figure | None:
        """A figure of values [replication], or of one value for all; None for None (see `twin.figures.figure`)."""
        if values is None:
            return None
        values = self.xp.asarray(values)
        if values.ndim == 0:
            values = self.xp.broadcast_to(values, (self.trace.replications,))
        told = {"random": self.random, "complete": self.trace.complete, "sums": sums, "moved_by": moved_by}
        return figure(values, unit, **told)

    def planned(self, station: Station, name: str, m: int | None = None) -> Any:
        """Planned time of what was made [replication], seconds; None when a product has none.

        Args:
            station: whose planned times.
            name: of the total that counts the parts.
            m: number of the station, where that total has one for each.
        """
        times = station.planned_time
        line = self.trace.line
        if not all(product.name in times or "" in times for product in line.products):
            return None
        if len(line.products) == 1:
            counts = [self.total(name)] if m is None else [self.total(name)[m]]
        else:
            by_product = self.total({"good": "good_products", "produced": "products"}[name])
            counts = list(by_product if m is None else by_product[:, m])
        products = zip(line.products, counts, strict=True)
        return sum(times.get(product.name, times.get("", 0.0)) * count for product, count in products)
