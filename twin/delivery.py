"""Which orders were done by the time at which they were due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.line import Order

if TYPE_CHECKING:
    from twin.trace import Trace


@dataclass(frozen=True)
class Delivery:
    """An order with a due time.

    Attributes:
        order: what was asked for.
        asked: whether it was due in the measured window [replication].
        gone: how many of its parts had left the line by then, scrapped ones included [replication].
        good: how many of these were good [replication].
    """

    order: Order
    asked: np.ndarray
    gone: np.ndarray
    good: np.ndarray

    @property
    def in_time(self) -> np.ndarray:
        """Whether all of its parts had left by then, where it was asked for [replication]."""
        return self.asked & (self.gone >= self.order.quantity)

    @property
    def risk(self) -> float:
        """Share of the replications in which it was due and late; NaN where it was due in none."""
        number = self.asked.sum()
        return float((self.asked & ~self.in_time).sum() / number) if number else np.nan


def deliveries(trace: Trace) -> list[Delivery]:
    """The orders that have a due time, in order of release.

    Raises:
        ValueError: the run kept no visits.
    """
    trace.need_visits("deliveries")
    orders = sorted(trace.line.source.orders, key=lambda order: order.release)
    due = np.array([np.inf if order.due is None else order.due for order in orders] + [np.inf])
    begin, end = (np.asarray(t, float) for t in trace.window)
    gone, good = np.zeros((2, len(due), trace.replications))
    last = trace.plan.shape.stations - 1
    for block in trace.blocks:
        left = block["fixed"] & (block["depart"] <= due[block["order"]])
        scrapped = np.broadcast_to(block.get("scrapped", False), left.shape)
        at_end = np.arange(last + 1)[:, None] == last
        for count, those in ((gone, left & (scrapped | at_end)), (good, left & at_end & ~scrapped)):
            np.add.at(count, (block["order"][those], np.nonzero(those)[2]), 1)
    return [
        Delivery(order, (order.due > begin) & (order.due <= end), gone[k], good[k])
        for k, order in enumerate(orders)
        if order.due is not None
    ]
