"""Physics: whether heat adds up, laws that the solver keeps are kept, and answers stay in their ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from surrogates.pages.content import TITLES, Section, Table
from surrogates.pages.words import UNKNOWN, count, number, percent, shown_unit

__all__ = ["bounds", "conservation", "laws", "signed"]


def signed(law: Mapping[str, Any]) -> str:
    """A law in words.

    Example:
        >>> signed({"input": "pitch", "output": "cure", "sign": 1})
        'more pitch, more cure'
    """
    return f"more {law['input']}, {'more' if (law.get('sign') or 0) > 0 else 'less'} {law['output']}"


def conservation(found: Mapping[str, Any]) -> Section:
    """What is missing in the balance."""
    what = str(found.get("what") or "the flows")
    return Section(
        "conservation",
        TITLES["conservation"],
        [
            (
                f"On {count(found.get('cases'))} random inputs the largest gap in the balance of {what} is "
                f"{number(found.get('worst'), 2)} of the largest flow. Rounding alone leaves about 10⁻¹⁵ to 10⁻⁷."
            )
        ],
    )


def laws(found: Sequence[Mapping[str, Any]]) -> Section:
    """Monotone laws, of the solver and of the surrogate."""
    body = [(signed(law), percent(law.get("solver")), percent(law.get("surrogate"))) for law in found]
    return Section(
        "laws",
        TITLES["laws"],
        [
            (
                "How often, at random cases, the answer moves against the law. A law that the solver itself breaks "
                "is no law there, and the surrogate does well to break it, too."
            ),
            Table("Share of cases against the law", ("law", "solver", "surrogate"), body),
        ],
    )


def bounds(found: Sequence[Mapping[str, Any]]) -> Section:
    """Ranges in which answers have to lie."""
    body = []
    for row in found:
        unit = shown_unit(row.get("unit"))
        name = f"{row['output']} [{unit}]" if unit else str(row["output"])
        held = _range([row.get("low"), row.get("high")])
        body.append(
            (name, held, _range(row.get("solver")), _range(row.get("surrogate")), percent(row.get("violations")))
        )
    return Section(
        "bounds",
        TITLES["bounds"],
        [
            Table(
                "Ranges of the answers",
                ("output", "allowed", "solver gave", "surrogate gave", "surrogate outside"),
                body,
            )
        ],
    )


def _range(ends: Any) -> str:
    return f"{number(ends[0])} to {number(ends[1])}" if ends else UNKNOWN
