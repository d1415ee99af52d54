"""Accuracy: scores beside the baselines, and where the errors lie."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from surrogates.pages.content import TITLES, Numbers, Part, Plot, Plots, Section, Table
from surrogates.pages.words import POSITIVE, UNKNOWN, difference_unit, number, score, shown_unit, spread
from viz.drawing import Axis, Bar, Guide, Item, Series, bars, finite, plane

__all__ = ["accuracy", "called"]

BASELINES = {"mean": "mean of the cases", "linear": "linear formula", "trees": "boosted trees"}
PARTS = 8


def called(model: Any) -> str:
    """What a model is called on the page."""
    return BASELINES.get(str(model), str(model))


def accuracy(found: Mapping[str, Any], units: Mapping[str, Any]) -> Section:
    """Scores of every output beside those of the baselines, and errors against true values.

    Args:
        found: the card's block.
        units: of the outputs.
    """
    outputs = list(dict.fromkeys(str(row["output"]) for row in found["rows"]))
    by_output = {name: [row for row in found["rows"] if str(row["output"]) == name] for name in outputs}
    scatter = found.get("scatter") or {}
    parts: list[Part] = [
        (
            f"Asked on: {found.get('split') or UNKNOWN}. Trained and asked {found.get('seeds', UNKNOWN)} times with "
            "other random numbers; in brackets the 95 % interval over these. R² is 1 where every prediction is right "
            "and 0 where predicting the mean would do as well. RMSE is the typical size of an error; 99 of 100 "
            "errors are smaller than the 99th percentile."
        ),
        Plots([Plot(f"{name}: R²", _explained(name, rows)) for name, rows in by_output.items()]),
        Plots([Plot(f"{name}: typical error", _errors(name, rows)) for name, rows in by_output.items()]),
        *(_scores(name, rows) for name, rows in by_output.items()),
    ]
    if scatter:
        parts += [
            "Each dot below is one case: how far off the surrogate is (above the line: too high), over the true value.",
            Plots(
                [
                    Plot(f"{name}: error of single cases", _scatter(name, pairs, units.get(name)))
                    for name, pairs in scatter.items()
                ]
            ),
            _by_parts(scatter, units),
            _listing(scatter, units),
        ]
    return Section("accuracy", TITLES["accuracy"], parts)


def _style(model: Any) -> str:
    return {"surrogate": "accent", "one member": "second", "mean of members": "second"}.get(str(model), "plain")


def _ends(found: Any) -> tuple[Any, Any]:
    ends = (found or {}).get("ci95")
    return (ends[0], ends[1]) if ends else (None, None)


def _item(row: Mapping[str, Any], key: str, text: str) -> Item:
    return Item(
        called(row["model"]), text, [Bar((row.get(key) or {}).get("mean"), *_ends(row.get(key)), _style(row["model"]))]
    )


def _explained(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Bars of R², which begin at 0."""
    items = [_item(row, "r2", score((row.get("r2") or {}).get("mean"))) for row in rows]
    said = ", ".join(f"{item.label} {item.text}" for item in items)
    lowest = min([0.0, *(b.value for item in items for b in item.bars if b.value is not None)])
    axis = Axis("R², 1 is best", low=max(-1.0, lowest - 0.05) if lowest < -0.01 else 0.0, high=1.0)
    return bars(items, axis=axis, base=0.0, alt=f"R² of {name}: {said}")


def _errors(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Dots of the RMSE on a logarithmic axis, which has no beginning that bars could have."""
    unit = difference_unit(rows[0].get("unit"))
    items = [_item(row, "rmse", f"{number((row.get('rmse') or {}).get('mean'), 3)} {unit}".strip()) for row in rows]
    said = ", ".join(f"{item.label} {item.text}" for item in items)
    positive = [b.value for item in items for b in item.bars if b.value]
    label = f"typical error (RMSE){', ' + unit if unit else ''}; less is better"
    return bars(items, axis=Axis(label, log=bool(positive)), alt=f"Typical error of {name}: {said}")


def _scores(name: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    unit = difference_unit(rows[0].get("unit"))
    inside = f" [{unit}]" if unit else ""
    head = ("model", "R²", f"RMSE{inside}", f"99th percentile{inside}", f"largest{inside}")
    body = [
        (
            called(row["model"]),
            spread(row.get("r2"), score, within=(-math.inf, 1.0)),
            *(spread(row.get(key), within=POSITIVE) for key in ("rmse", "p99", "max")),
        )
        for row in rows
    ]
    return Table(f"Scores of {name}, with 95 % intervals", head, body)


def _scatter(name: str, pairs: Mapping[str, Any], unit: Any) -> str:
    true, error = finite(pairs["true"]), finite(pairs["error"])
    known = [size for size in error if math.isfinite(size)]
    far = max((abs(size) for size in known), default=1.0) or 1.0
    ends = spanning_of(true)
    shown, of_error = shown_unit(unit), difference_unit(unit)
    return plane(
        [Series("", true, error, mark="dot")],
        x=Axis(f"true value{', ' + shown if shown else ''}"),
        y=Axis(f"error{', ' + of_error if of_error else ''}", include=(-far, far)),
        guides=[Guide("", (ends[0], 0.0), (ends[1], 0.0))],
        alt=f"Error of {name} over its true value: {len(known)} cases, largest {number(far, 3)} {of_error}".strip(),
    )


def spanning_of(values: Sequence[float]) -> tuple[float, float]:
    """The least and the largest finite value; 0 and 1 where there is none."""
    known = [value for value in values if math.isfinite(value)]
    return (min(known), max(known)) if known else (0.0, 1.0)


def _by_parts(scatter: Mapping[str, Any], units: Mapping[str, Any]) -> Table:
    """Errors in parts of the true range that hold equally many cases."""
    rows = []
    for name, pairs in scatter.items():
        true, error = np.asarray(finite(pairs["true"])), np.asarray(finite(pairs["error"]))
        kept = np.flatnonzero(np.isfinite(true) & np.isfinite(error))
        kept = kept[np.argsort(true[kept])]
        unit = difference_unit(units.get(name))
        for some in np.array_split(kept, PARTS):
            if len(some):
                of = (error[some].mean(), np.sqrt(np.square(error[some]).mean()), np.abs(error[some]).max())
                ends = (number(float(true[end])) for end in (some[0], some[-1]))
                where = f"{' to '.join(ends)} {shown_unit(units.get(name))}".strip()
                rows.append((str(name), where, str(len(some)), *(f"{number(float(e), 3)} {unit}".strip() for e in of)))
    head = ("output", "true value", "cases", "mean error", "RMSE", "largest")
    return Table("The errors drawn, by true value", head, rows, left=(0, 1), folded=True)


def _listing(scatter: Mapping[str, Any], units: Mapping[str, Any]) -> Numbers:
    told = ", ".join(f"{name} [{shown_unit(units.get(name)) or '1'}]" for name in scatter)
    lines = [f"# true values in units of {told}", "output,true,error"]
    for name, pairs in scatter.items():
        both = zip(finite(pairs["true"]), finite(pairs["error"]), strict=True)
        lines += [f"{name},{true:.6g},{error:.4g}" for true, error in both]
    return Numbers("All dots as numbers", "\n".join(lines))
