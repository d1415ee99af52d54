"""Physics: whether heat adds up, laws that the solver keeps are kept, and answers stay in their ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from surrogates.pages.content import TITLES, Section, Table, trimmed
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
    keys = ("solver", "surrogate", "surrogate_clear")
    body = [(signed(law), *(percent(law.get(key)) for key in keys)) for law in found]
    head = ("law", "solver", "surrogate", "surrogate, clearly")
    told = (
        "How often, at random cases, the answer moves against the law. A law that the solver itself breaks is no law "
        "there, and the surrogate does well to break it, too."
    )
    if any(law.get("surrogate_clear") is not None for law in found):
        told += (
            " Where the answer hardly moves, its direction means little. Clearly: by over a hundredth of the output's "
            "standard deviation over half of the input's range."
        )
    return Section("laws", TITLES["laws"], [told, trimmed(Table("Share of cases against the law", head, body))])


def bounds(found: Sequence[Mapping[str, Any]]) -> Section:
    """Ranges in which answers have to lie."""
    body = []
    for row in found:
        unit = shown_unit(row.get("unit"))
        name = f"{row['output']} [{unit}]" if unit else str(row["output"])
        ranges = ([row.get("low"), row.get("high")], row.get("solver"), row.get("surrogate"))
        shares = (row.get("violations"), row.get("beyond_solver"))
        body.append((name, *(_range(ends) for ends in ranges), *(percent(share) for share in shares)))
    head = ("output", "allowed", "solver gave", "surrogate gave", "outside", "beyond the solver")
    return Section("bounds", TITLES["bounds"], [trimmed(Table("Ranges of the answers", head, body))])


def _range(ends: Any) -> str:
    return f"{number(ends[0])} to {number(ends[1])}" if ends else UNKNOWN
