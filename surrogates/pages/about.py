"""What a surrogate is: what it was learned from, its inputs and outputs; and how the card was made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from surrogates.pages.content import Code, Part, Section, Table
from surrogates.pages.words import UNKNOWN, count, duration, number, shown_unit

__all__ = ["about", "made", "summary"]


def summary(card: Mapping[str, Any]) -> str:
    """One sentence saying what this is."""
    surrogate = card["surrogate"]
    structure = surrogate.get("structure")
    inside = ""
    if structure is not None:
        inside = (
            ", which correct a formula of the process" if structure else ", without a formula of the process inside"
        )
    nets, cases = surrogate.get("members"), surrogate.get("cases")
    nets, cases = (f"{count(one)} " if one is not None else "" for one in (nets, cases))
    return (
        f"This surrogate stands for the process model {surrogate.get('problem')} in a line: {nets}small neural "
        f"networks{inside}, learned from {cases}solved cases. It answers in place of the solver, faster, and not "
        "exactly. This page says how far it may be trusted."
    )


def about(surrogate: Mapping[str, Any]) -> Section:
    """Inputs with the ranges in which it was learned, outputs, and the networks."""
    inputs = [
        (str(name), str(one.get("meaning") or UNKNOWN), number(one.get("low")), number(one.get("high")), _unit(one))
        for name, one in (surrogate.get("inputs") or {}).items()
    ]
    outputs = [
        (str(name), str(one.get("meaning") or UNKNOWN), _unit(one), "logarithm" if one.get("log") else "value")
        for name, one in (surrogate.get("outputs") or {}).items()
    ]
    layers = " – ".join(str(size) for size in surrogate.get("sizes") or ()) or UNKNOWN
    structure = surrogate.get("structure")
    inside = UNKNOWN if structure is None else "yes" if structure else "no"
    parts: list[Part] = [
        Table(
            "Inputs, and the ranges in which it was learned",
            ("input", "meaning", "from", "to", "unit"),
            inputs,
            (0, 1, 4),
        ),
        Table("Outputs", ("output", "meaning", "unit", "learned as"), outputs, (0, 1, 2, 3)),
        (
            f"Neurons in each layer: {layers}. Networks: {count(surrogate.get('members'))}. Cases: "
            f"{count(surrogate.get('cases'))}. Formula of the process inside: {inside}."
        ),
    ]
    recipe = [(str(name), _plain(value)) for name, value in (surrogate.get("recipe") or {}).items()]
    if recipe:
        parts.append(Table("How it was trained", ("recipe", "value"), recipe, (0, 1), folded=True))
    return Section("about", "What it is", parts)


def _plain(value: Any) -> str:
    """A number, a list or a text of the recipe."""
    if isinstance(value, list | tuple):
        return ", ".join(_plain(one) for one in value)
    return number(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _unit(one: Mapping[str, Any]) -> str:
    return shown_unit(one.get("unit")) or "(plain number)"


def made(card: Mapping[str, Any]) -> Section:
    """How the card was made, so that it can be made again."""
    rows = [
        ("random numbers begin at (seed)", str(card.get("seed", UNKNOWN))),
        ("processor time spent on the card", duration(card.get("seconds"))),
        ("effort", "quick: few cases" if card.get("quick") else "full"),
        ("sha256 of the surrogate", str((card.get("surrogate") or {}).get("sha256") or UNKNOWN)),
        ("schema of the card", str(card.get("schema"))),
        *((f"version of {name}", str(version)) for name, version in (card.get("versions") or {}).items()),
    ]
    command = [Code(str(card["command"]))] if card.get("command") else []
    return Section("made", "How this card was made", [*command, Table("Particulars", ("", "value"), rows, (0, 1))])
