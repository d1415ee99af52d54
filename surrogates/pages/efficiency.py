"""Data efficiency: how the error falls with the number of cases, with the family's formula inside and without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from surrogates.pages.content import TITLES, Part, Plot, Plots, Section, Table
from surrogates.pages.words import POSITIVE, count, number, spread, stated
from viz.drawing import Axis, Bar, Item, Series, bars, plane

__all__ = ["KINDS", "efficiency"]

KINDS = {"plain": "network alone", "structure": "formula and network"}
TWICE = 2.0
_ASIDE = 1.04


def efficiency(found: Mapping[str, Any]) -> Section:
    """Errors at each share of the cases, and by what the formula divides them."""
    rows, ratios = found["rows"], found.get("ratios") or []
    measure = str(found.get("error") or "error")
    both = (
        "Trained on a share of the cases only, at the same effort for tuning: once a network that learns everything, "
        "once networks that correct the formula which the process family has."
    )
    alone = "Trained on a share of the cases only; this process family has no formula that could be put inside."
    parts: list[Part] = [
        (
            f"{both if len(_kinds(rows)) > 1 else alone} Small marks are single trainings, each with other random "
            f"numbers; whiskers are 95 % intervals of their mean. Error: {measure}."
        ),
        Plots(
            [
                Plot("Error over the number of cases", _curves(rows)),
                *([Plot("What the formula is worth", _ratios(ratios))] if ratios else []),
            ]
        ),
        _table(rows),
    ]
    if ratios:
        body = [(stated(row["share"]), spread(row)) for row in ratios]
        head = ("share of the cases", "error alone / error with formula")
        parts.append(Table("By what the formula divides the error (over 1: it helps), 95 % intervals", head, body))
    return Section("efficiency", TITLES["efficiency"], parts)


def _kinds(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(str(row["kind"]) for row in rows))


def _curves(rows: Sequence[Mapping[str, Any]]) -> str:
    series, said = [], []
    for place, kind in enumerate(_kinds(rows)):
        own = sorted((row for row in rows if str(row["kind"]) == kind), key=lambda row: row["cases"])
        style = ("second", "accent", "plain")[place % 3]
        single = [(row["cases"], value) for row in own for value in row.get("values") or () if value is not None]
        ends = [row["error"].get("ci95") or [row["error"]["mean"]] * 2 for row in own]
        x, y = [float(row["cases"]) for row in own], [float(row["error"]["mean"]) for row in own]
        low = [max(a, 0.3 * b) for (a, _), b in zip(ends, y, strict=True)]
        aside = _ASIDE ** (2 * place - 1)  # side by side, so that none hides another
        series.append(Series("", [a * aside**2 for a, _ in single], [b for _, b in single], style=style, mark="dot"))
        series.append(
            Series(KINDS.get(kind, kind), [a * aside for a in x], y, low, [b for _, b in ends], style, line=True)
        )
        said += [f"{KINDS.get(kind, kind)} {number(b, 3)} at {count(a)} cases" for a, b in zip(x, y, strict=True)]
    # whiskers that would reach 0, which a logarithmic axis has not, end at 0.3 of the mean; the table has the numbers
    return plane(
        series,
        x=Axis("cases to learn from, logarithmic", log=True),
        y=Axis("error, logarithmic", log=True),
        alt=f"Error over the number of cases: {', '.join(said)}",
        height=260.0,
    )


def _ratios(ratios: Sequence[Mapping[str, Any]]) -> str:
    items = []
    for row in ratios:
        low, high = row.get("ci95") or (None, None)
        items.append(
            Item(
                f"{stated(row['share'])} of the cases",
                f"{number(row['mean'], 3)} times",
                [Bar(row["mean"], low, high)],
            )
        )
    said = ", ".join(f"{item.text} at {item.label}" for item in items)
    axis = Axis("error alone / error with formula, logarithmic", log=True, include=(0.8, 2.5))
    marks = [("1: no difference; 2: what was asked at 10 %", 1.0), ("", TWICE)]
    return bars(items, axis=axis, marks=marks, alt=f"By what the formula divides the error: {said}")


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    body = []
    for row in rows:
        single = ", ".join(number(value, 3) for value in row.get("values") or ())
        kind = KINDS.get(str(row["kind"]), str(row["kind"]))
        body.append((kind, stated(row["share"]), count(row["cases"]), spread(row["error"], within=POSITIVE), single))
    head = ("what is learned", "share", "cases", "error", "single trainings")
    return Table("Error by number of cases, 95 % intervals", head, body, left=(0, 4))
