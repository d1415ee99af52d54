"""The effect of a change, measured on common random numbers: for what no derivative shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.figures import Figure
from twin.kpi import kpis
from twin.line import Line
from twin.run import simulate


def difference(line: Line, kpi: str, path: str, low: float, high: float, **run: Any) -> Figure:
    """Paired difference of a KPI between two values of one number: KPI(high) - KPI(low).

    Both runs share all random numbers, so most of their scatter cancels. This is the estimator to use where a
    derivative is refused: mean times to failure, scrap, buffers, anything that changes the number of events.

    Args:
        line: the line.
        kpi: name of the KPI, e.g. "throughput".
        path: of the number, e.g. "S1.failure.spindle.up.mean"; SI units.
        low: its value before.
        high: its value after.
        run: as for `simulate`: parts or horizon, warm-up, replications (two at least), seed.

    Returns:
        The difference in every replication, with `.mean` and `.ci95`, in the unit of the KPI.

    Raises:
        ValueError: fewer than two replications, or the KPI is not known for this line.
        KeyError: no such KPI or path.
    """
    if run.get("replications", 1) < 2:
        raise ValueError("difference: replications is 1; an interval needs two at least. Use replications=16 or more.")
    figures = []
    for value in (low, high):
        figure = kpis(simulate(line, setpoints={path: value}, record="kpis", **run))[kpi]
        if figure is None:
            raise ValueError(
                f"difference: {kpi} is not known for line {line.name!r}; see what `linetwin check` says is missing."
            )
        figures.append(figure)
    before, after = (np.asarray(figure.values) for figure in figures)
    return Figure(after - before, figures[0].unit)
