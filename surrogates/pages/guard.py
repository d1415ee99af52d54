"""Guard and intervals: what is flagged outside the region that was learned, and how often intervals hold the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from surrogates.pages.content import TITLES, Part, Plot, Plots, Section, Table, trimmed
from surrogates.pages.words import UNKNOWN, count, difference_unit, number, percent, spread_percent, stated
from viz.drawing import Axis, Bar, Guide, Item, Series, bars, plane

__all__ = ["NEAR", "RECALL", "coverage", "guard"]

RECALL = 0.95
FALSE = 0.05
NEAR = 0.03
"""Found and promised coverage may differ by so much."""
_ROWS = 12
_HEAD = ("where", "cases", "predicted badly", "bad ones flagged", "without the ranges", "all flagged")


def guard(found: Mapping[str, Any]) -> Section:
    """What the guard catches and what it flags for nothing."""
    rows = found.get("rows") or []
    alone = found.get("box_only") or {}
    kinds = {"guard": found, "the ranges alone": alone}
    body = [
        (
            name,
            spread_percent(one.get("recall"), one.get("recall_ci95")),
            percent(one.get("recall_without_box")),
            spread_percent(one.get("false_flags"), one.get("false_flags_ci95")),
            percent(one.get("inside_bad_caught")),
        )
        for name, one in kinds.items()
        if one
    ]
    head = (
        "",
        "bad ones outside flagged",
        "without the ranges",
        "flagged inside for nothing",
        "bad ones inside flagged",
    )
    parts: list[Part] = [
        (
            "The guard says of each visit whether the surrogate may be believed. A prediction counts as bad where "
            "its error is over three times what 95 of 100 errors inside the region stay below. The guard is good "
            "where it flags the bad ones outside (asked: at least 95 %) and few cases inside (asked: at most 5 %)."
        ),
        trimmed(Table("The guard as a whole, with a 95 % interval where there is one", head, body)),
    ]
    if rows:
        parts += [
            Plots(
                [Plot(_part(rows, first), _bars(rows[first : first + _ROWS])) for first in range(0, len(rows), _ROWS)]
            ),
            trimmed(Table("Outside, case by case", _HEAD, [_row(row) for row in rows], folded=True)),
        ]
    return Section("guard", TITLES["guard"], parts)


def _row(row: Mapping[str, Any]) -> tuple[str, ...]:
    caught = [percent(row.get(key)) if row.get("bad") else "none was bad" for key in ("recall", "recall_without_box")]
    if row.get("recall_without_box") is None and row.get("recall") is not None:
        caught[1] = UNKNOWN
    return (str(row["where"]), count(row.get("cases")), count(row.get("bad")), *caught, percent(row.get("flagged")))


def _part(rows: Sequence[Any], first: int) -> str:
    if len(rows) <= _ROWS:
        return "Outside the region"
    return f"Outside the region, {first + 1} to {min(first + _ROWS, len(rows))} of {len(rows)}"


def _bars(rows: Sequence[Mapping[str, Any]]) -> str:
    items = []
    for row in rows:
        recall = 100.0 * row["recall"] if row.get("bad") and row.get("recall") is not None else None
        flagged = None if row.get("flagged") is None else 100.0 * row["flagged"]
        text = f"{percent(row.get('recall'))}, {percent(row.get('flagged'))}"
        if recall is None:
            text = f"none bad, {percent(row.get('flagged'))}"
        items.append(Item(str(row["where"]), text, [Bar(recall), Bar(flagged, style="plain")]))
    said = ", ".join(f"{item.label} {item.text}" for item in items)
    return bars(
        items,
        axis=Axis("share of the cases, %", low=0.0, high=100.0),
        base=0.0,
        marks=[(f"asked: {100 * RECALL:.0f} % of the bad ones", 100.0 * RECALL)],
        key=[("bad ones flagged", "accent"), ("all flagged", "plain")],
        alt=f"Bad predictions that are flagged, and all cases that are flagged: {said}",
    )


def coverage(found: Sequence[Mapping[str, Any]], units: Mapping[str, Any]) -> Section:
    """What intervals promise and what was found."""
    outputs = list(dict.fromkeys(str(row["output"]) for row in found))
    plots = [Plot(name, _calibration(name, [row for row in found if str(row["output"]) == name])) for name in outputs]
    asked = sorted({row["promised"] for row in found})
    head = ("output", *(stated(share) for share in asked))
    told = {(str(row["output"]), row["promised"]): row for row in found}
    held, wide = [], []
    for name in outputs:
        own = [told.get((name, share)) or {} for share in asked]
        unit = difference_unit(units.get(name))
        held.append((name, *(spread_percent(row.get("found"), row.get("ci95")) for row in own)))
        wide.append((name, *(f"{number(row.get('width'), 3)} {unit}".strip() for row in own)))
    return Section(
        "coverage",
        TITLES["coverage"],
        [
            (
                "The surrogate gives an interval with each prediction. A 90 % interval should hold the truth in 90 "
                "of 100 fresh cases. On the diagonal the promise is kept; between the outer lines it is kept within "
                "3 points; below the diagonal the intervals are too narrow. Whiskers are 95 % intervals."
            ),
            Plots(plots),
            Table("Share of fresh cases that the interval holds, by what it promises (95 % intervals)", head, held),
            Table("Width of the interval, by what it promises", head, wide),
        ],
    )


def _calibration(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    kept = [row for row in rows if row.get("promised") is not None and row.get("found") is not None]
    x, y = ([100.0 * row[key] for row in kept] for key in ("promised", "found"))
    ends = [row.get("ci95") or (row["found"], row["found"]) for row in kept]
    low, high = min([*x, *y, 50.0]) - 5.0, 100.0
    off = 100.0 * NEAR
    said = ", ".join(f"{number(b, 3)} % for {number(a, 3)} %" for a, b in zip(x, y, strict=True))
    return plane(
        [Series("", x, y, [100.0 * a for a, _ in ends], [100.0 * b for _, b in ends])],
        x=Axis("promised, %", low=low, high=high),
        y=Axis("found, %", low=low, high=high),
        guides=[
            Guide("kept, and within 3 points", (low, low), (high, high)),
            Guide("", (low, low + off), (high - off, high)),
            Guide("", (low + off, low), (high, high - off)),
        ],
        alt=f"Coverage of {name}, found for promised: {said}",
        height=280.0,
    )
