"""Figures of each day, measured and simulated."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from scenarios.learned_histogram import unit_of
from scenarios.learned_words import date
from surrogates.pages.content import Part, Plot, Plots
from twin.eventlog.visits import DAY
from twin.validation.ranks import LEVELS
from twin.validation.simulated import Simulated
from twin.validation.validation import Validation
from viz.drawing import Axis, Series, plane

__all__ = ["days", "fan", "title_of"]

Array = NDArray[np.float64]

_WORDS = {"throughput": "output", "lead_time": "lead time", "wip": "work in process"}
_ENDINGS = {"processing": "in process", "visit": "mean visit"}
_LABELS = {"throughput": "good parts per hour", "wip": "parts", "processing": "share of the machines' time, %"}
_MOST = 40
_HALF = 0.4
"""Half of the width of a day."""


def days(found: Validation) -> Iterator[Part]:
    """A plot for each figure."""
    simulation = found.simulation
    if simulation is None:
        yield "No line was simulated; lead times are replayed with the waits and moves that were learned."
        return
    runs = len(next(iter(simulation.drawn.values())))
    yield (
        f"{runs} simulations of the same days; each was told {simulation.given or 'nothing of them'}. Diamonds:"
        " measured. Bands hold half, 80 % and 90 % of the simulations; the line is their median."
    )
    first = float(simulation.days[0])
    plots = []
    for name in list(simulation.measured)[:_MOST]:
        axis, scale = _axis(name, simulation)
        words = f"day (1: {date(first * DAY)})"
        plots.append(Plot(title_of(name) + _inside(found, name), fan(simulation, name, axis, words, scale=scale)))
    yield Plots(plots)


def _inside(found: Validation, name: str) -> str:
    one = found.figures.get(name)
    return f", {round(one.held[-1] * one.n)} of {one.n} days inside 90\u00a0%" if one is not None and one.n else ""


def fan(simulation: Simulated, name: str, axis: str, words: str, *, scale: float) -> str:
    """Measured values in front of what was simulated.

    Args:
        simulation: both.
        name: of the figure.
        axis: label of the vertical axis.
        words: label of the horizontal axis.
        scale: what values are multiplied with.
    """
    place = (simulation.days - simulation.days[0] + 1).astype(float)
    drawn, measured = simulation.drawn[name] * scale, simulation.measured[name] * scale
    there = np.isfinite(drawn).any(axis=0)
    edges = np.stack([place[there] - _HALF, place[there] + _HALF], axis=1).ravel().tolist()
    twice = lambda values: np.repeat(values, 2).tolist()  # noqa: E731
    series = []
    if there.any():
        middle = np.nanmedian(drawn[:, there], axis=0)
        for k, level in enumerate(reversed(LEVELS)):
            low, high = np.nanquantile(drawn[:, there], [0.5 - level / 2, 0.5 + level / 2], axis=0)
            last = k == len(LEVELS) - 1
            series.append(
                Series(
                    "simulated" if last else "",
                    edges,
                    twice(middle),
                    twice(low),
                    twice(high),
                    line=last,
                    band=True,
                    mark="",
                )
            )
    seen = np.isfinite(measured)
    series.append(Series("measured", place[seen].tolist(), measured[seen].tolist(), style="second"))
    x = Axis(words, include=(1 - _HALF, float(place[-1]) + _HALF), margin=0.02, whole=True)
    return plane(series, x=x, y=Axis(axis), alt=f"{name} of each day, measured and simulated", height=190)


def title_of(name: str) -> str:
    """A figure in words.

    Example:
        >>> title_of("throughput"), title_of("saw.processing")
        ('output', 'saw: in process')
    """
    station, _, ending = name.rpartition(".")
    return _WORDS.get(name, f"{station}: {_ENDINGS.get(ending, ending)}")


def _axis(name: str, simulation: Simulated) -> tuple[str, float]:
    """Label of the vertical axis with its unit, and the factor from SI."""
    ending = name.rpartition(".")[2]
    if ending in _LABELS:
        return _LABELS[ending], 100.0 if ending == "processing" else 1.0
    values = simulation.measured[name]
    unit, word = unit_of(float(np.nanmedian(values)) if np.isfinite(values).any() else 0.0)
    return f"time, {word}", 1.0 / unit
