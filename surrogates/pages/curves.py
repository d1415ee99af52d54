"""Partial dependence: how the mean answer moves with one input, small drawings side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from surrogates.pages.content import TITLES, Part, Plot, Plots, Section, Table
from surrogates.pages.words import UNKNOWN, difference_unit, number, shown_unit
from viz.drawing import Axis, Series, finite, plane

__all__ = ["curves"]


def curves(found: Sequence[Mapping[str, Any]], units: Mapping[str, Any]) -> Section:
    """One drawing for each input and output; those of one output have the same height of scale."""
    outputs = list(dict.fromkeys(str(curve["output"]) for curve in found))
    parts: list[Part] = [
        (
            "The answer when one input is set to a value and all others are as they come, on average. The band is "
            "where a further network, trained on other random numbers, would probably lie. Drawings of one output "
            "share their vertical axis: a flat line moves nothing."
        ),
    ]
    for output in outputs:
        own = [curve for curve in found if str(curve["output"]) == output]
        heights = [v for curve in own for key in ("mean", "low", "high") for v in finite(curve.get(key) or [])]
        known = [value for value in heights if math.isfinite(value)]
        ends = (min(known), max(known)) if known else (0.0, 1.0)
        unit = shown_unit(units.get(output))
        parts += [
            Plots([Plot(f"{output} over {curve['input']}", _one(curve, unit, ends)) for curve in own]),
            _summary(output, own, units.get(output)),
            _table(output, own, unit),
        ]
    return Section("curves", TITLES["curves"], parts)


def _one(curve: Mapping[str, Any], unit: str, ends: tuple[float, float]) -> str:
    x, mean = finite(curve["x"]), finite(curve["mean"])
    shown = shown_unit(curve.get("unit"))
    name, output = str(curve["input"]), str(curve["output"])
    series = []
    if curve.get("low") and curve.get("high"):
        series.append(Series("", x, mean, finite(curve["low"]), finite(curve["high"]), band=True, mark=""))
    series.append(Series("", x, mean, line=True, mark=""))
    return plane(
        series,
        x=Axis(f"{name}{', ' + shown if shown else ''}", margin=0.0),
        y=Axis(f"{output}{', ' + unit if unit else ''}", include=ends),
        alt=f"Mean {output} over {name}: {number(mean[0])} {unit} at {number(x[0])} {shown}, "
        f"{number(mean[-1])} {unit} at {number(x[-1])} {shown}",
        height=190.0,
    )


def _summary(output: str, own: Sequence[Mapping[str, Any]], unit: Any) -> Table:
    shown, off = shown_unit(unit), difference_unit(unit)
    body = []
    for curve in own:
        mean = [value for value in finite(curve["mean"]) if math.isfinite(value)]
        if not mean:
            continue
        wide = [b - a for a, b in zip(finite(curve.get("low") or []), finite(curve.get("high") or []), strict=False)]
        widest = max((value for value in wide if math.isfinite(value)), default=None)
        where = f"{number(curve['x'][0])} to {number(curve['x'][-1])} {shown_unit(curve.get('unit'))}".strip()
        ends = (number(mean[0]), number(mean[-1]), number(min(mean)), number(max(mean)))
        body.append((str(curve["input"]), where, *ends, UNKNOWN if widest is None else number(widest, 2)))
    inside, between = (f" [{word}]" if word else "" for word in (shown, off))
    head = ("input", "from, to", f"at first{inside}", f"at last{inside}", "least", "most", f"widest band{between}")
    return Table(f"Mean {output} along each input", head, body, left=(0, 1))


def _table(output: str, own: Sequence[Mapping[str, Any]], unit: str) -> Table:
    body = []
    for curve in own:
        shown = shown_unit(curve.get("unit"))
        ends = [finite(curve.get(key) or [None] * len(curve["x"])) for key in ("low", "high")]
        for x, mean, low, high in zip(finite(curve["x"]), finite(curve["mean"]), *ends, strict=True):
            value = f"{number(x)} {shown}".strip()
            body.append((str(curve["input"]), value, number(mean), number(low), number(high)))
    inside = f" [{unit}]" if unit else ""
    head = ("input", "value", f"mean{inside}", f"low{inside}", f"high{inside}")
    return Table(f"All points of the curves of {output}", head, body, folded=True, long=True)
