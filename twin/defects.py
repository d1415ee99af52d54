"""Which defects were made, found and missed: the Pareto of scrap by cause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from twin.figures import Figure, figure
from twin.timesheet import TimeSheet, is_traced

if TYPE_CHECKING:
    from twin.trace import Trace


def defects(trace: Trace, sheet: TimeSheet, *, random: bool) -> dict[str, Mapping[str, Figure]]:
    """Figures of every defect that the processes of the line can make.

    Args:
        trace: of any run.
        sheet: its times.
        random: whether replications differ.

    Returns:
        "STATION.cause" -> figures per replication:

        | name | meaning | unit |
        |---|---|---|
        | made | parts that got it, as their first defect | 1 |
        | found | parts scrapped for it anywhere | 1 |
        | found at STATION | of these, at that station, where there were any | 1 |
        | escaped | good parts that left the line with it | 1 |
        | delay | from the finish where it was made to the finish where it was found | s |
        | suspect | parts that its station makes during such a delay: what an alarm puts under suspicion | 1 |
    """
    xp: Any = jnp if is_traced(trace) else np
    shape = trace.plan.shape
    if not shape.causes:
        return {}
    found, made, escaped, delay = (xp.asarray(trace.totals[k], float) for k in ("found", "made", "escaped", "delay"))
    produced = xp.asarray(trace.totals["produced"], float)
    names = [station.name for station in trace.line.stations]

    moved_by = movers(trace)

    def told(values: Any, unit: str = "1", sums: Any = None) -> Figure:
        return figure(values, unit, random=random, complete=trace.complete, sums=sums, moved_by=moved_by)

    result: dict[str, Mapping[str, Figure]] = {}
    for code, (maker, cause) in enumerate(shape.causes, start=1):
        lost = found[code].sum(axis=0)
        late = delay[code] / xp.where(lost > 0, lost, xp.nan)
        rate = produced[maker] / sheet.window[0]
        figures = {"made": told(made[code]), "found": told(lost), "escaped": told(escaped[code])}
        figures |= {
            "delay": told(late, "s", (delay[code], lost)),
            "suspect": told(late * rate, "1", (delay[code] * rate, lost)),
        }
        if not is_traced(trace):
            figures |= {f"found at {n}": told(found[code, m]) for m, n in enumerate(names) if found[code, m].any()}
        result[f"{names[maker]}.{cause}"] = figures
    return result


def movers(trace: Trace) -> Any:
    """The sum of the traced numbers of a run, any of which may move the chance of a defect, for `Figure.moved_by`.

    None in a run that is not traced, and on a line with scrap, where the run itself refuses a derivative by them.
    """
    shape, leaves = trace.plan.shape, jax.tree.leaves(trace.plan.numbers)
    traced = [leaf for leaf in leaves if isinstance(leaf, Tracer) and jnp.issubdtype(leaf.dtype, jnp.floating)]
    return sum(jnp.sum(leaf) for leaf in traced) if traced and shape.causes and not shape.scrap else None
