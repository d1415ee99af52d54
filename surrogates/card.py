"""The trust card of a surrogate as a page and as Markdown: verdicts first, then what not to trust, then everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from surrogates.pages.about import about, made, summary
from surrogates.pages.accuracy import accuracy
from surrogates.pages.content import Part, Section, Verdict, Verdicts
from surrogates.pages.curves import curves
from surrogates.pages.doubts import doubts
from surrogates.pages.efficiency import efficiency
from surrogates.pages.explained import curves_of, explained, read
from surrogates.pages.guard import coverage, guard
from surrogates.pages.markdown import as_markdown
from surrogates.pages.page import as_page
from surrogates.pages.physics import bounds, conservation, laws
from surrogates.pages.use import decision, export, gradients, speed
from twin.errors import shown

__all__ = ["markdown", "page"]

SCHEMA = 1


def page(card: Mapping[str, Any]) -> str:
    """A card as one HTML file: no network, no script; light, dark, print and phone.

    Args:
        card: the trust card as `linetwin trust` writes it in JSON, schema 1. Blocks that are null or absent are said
            to be not measured.

    Raises:
        ValueError: the schema is another one, or the block "surrogate" is missing.

    Example:
        >>> made = page({"schema": 1, "surrogate": {"problem": "oven", "members": 5, "cases": 4096}})
        >>> "Trust card of oven" in made, "Not measured" in made
        (True, True)
    """
    return as_page(*_content(card))


def markdown(card: Mapping[str, Any]) -> str:
    """A card as Markdown: the same sentences and tables, without plots and the long tables behind them.

    Args:
        card: see `page`.

    Raises:
        ValueError: see `page`.

    Example:
        >>> markdown({"schema": 1, "surrogate": {"problem": "oven"}}).splitlines()[0]
        '# Trust card of oven'
    """
    return as_markdown(*_content(card))


def _content(card: Mapping[str, Any]) -> tuple[str, str, list[Section]]:
    """Title, first paragraph and sections."""
    _checked(card)
    if card.get("explain") is not None:
        card = {**card, "explain": read(card["explain"])}
        if card.get("curves") is None:
            card = {**card, "curves": curves_of(card["explain"]) or None}
    card = _readable(card)
    drawn = [_drawn(card, key) for key in _BLOCKS if card.get(key) is not None]
    sections = [
        _verdicts(card.get("verdicts") or ()),
        doubts(card),
        about(card["surrogate"]),
        *drawn,
    ]
    return f"Trust card of {card['surrogate'].get('problem')}", summary(card), [*sections, made(card)]


def _drawn(card: Mapping[str, Any], key: str) -> Section:
    """One block of the card."""
    try:
        return _BLOCKS[key](card)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{key} of the card cannot be drawn ({type(error).__name__}: {error}); it holds what `linetwin trust` "
            "writes, or null. Make the card anew."
        ) from error


def _readable(value: Any) -> Any:
    """The card with a space for every character that cannot be shown, wherever it stands."""
    if isinstance(value, Mapping):
        return {_readable(key): _readable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_readable(one) for one in value]
    return "".join(c if c.isprintable() else " " for c in value) if isinstance(value, str) else value


def _told(passes: Any) -> bool | None:
    return passes if isinstance(passes, bool) else None


def _checked(card: Mapping[str, Any]) -> None:
    if card.get("schema") != SCHEMA:
        raise ValueError(
            f"schema of the card is {shown(card.get('schema'))}; schema {SCHEMA} is drawn. Make the card anew with "
            "`linetwin trust`."
        )
    if not isinstance(card.get("surrogate"), Mapping):
        raise ValueError(  # noqa: TRY004 - a fault of the file, not of the caller's types
            f"surrogate of the card is {shown(card.get('surrogate'))}; it says what was learned. Make the card anew "
            "with `linetwin trust`."
        )


def _verdicts(found: Any) -> Section:
    """Claims, those that do not hold first."""
    told = [Verdict(str(one.get("claim")), str(one.get("found")), _told(one.get("passes"))) for one in found]
    told.sort(key=lambda one: (one.passes is True, one.passes is None))
    held, known = sum(one.passes is True for one in told), sum(one.passes is not None for one in told)
    if not told:
        return Section("verdicts", "What holds", ["No claim was checked."])
    lead = f"{held} of {known} claims hold." if held < known else f"All {known} claims hold."
    left = len(told) - known
    lead += f" {left} could not be checked." if left else ""
    parts: list[Part] = [lead, Verdicts(told)]
    return Section("verdicts", "What holds", parts)


def _units(card: Mapping[str, Any]) -> dict[str, Any]:
    """Units of the outputs."""
    return {name: one.get("unit") for name, one in (card["surrogate"].get("outputs") or {}).items()}


_BLOCKS: dict[str, Callable[[Mapping[str, Any]], Section]] = {
    "accuracy": lambda card: accuracy(card["accuracy"], _units(card)),
    "efficiency": lambda card: efficiency(card["efficiency"]),
    "guard": lambda card: guard(card["guard"]),
    "coverage": lambda card: coverage(card["coverage"], _units(card)),
    "conservation": lambda card: conservation(card["conservation"]),
    "laws": lambda card: laws(card["laws"]),
    "bounds": lambda card: bounds(card["bounds"]),
    "gradients": lambda card: gradients(card["gradients"]),
    "decision": lambda card: decision(card["decision"]),
    "speed": lambda card: speed(card["speed"]),
    "export": lambda card: export(card["export"]),
    "explain": lambda card: explained(card["explain"]),
    "curves": lambda card: curves(card["curves"], _units(card)),
}
"""How each block is told, in the order of the page."""
