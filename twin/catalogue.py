"""The families of processes as a page: what each needs, sets, carries, makes and spoils (`docs/processes.md`)."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import cleandoc
from typing import Any

from twin.physics import FAMILIES
from twin.process import Attribute, Knob, numbers_of
from twin.units import in_unit

__all__ = ["page"]

_HEAD = """\
# Processes from first principles

Made from `twin/physics/` (`twin.catalogue.page()`). In a line file `process = { model = "NAME" }` takes a family as it
stands here; any of its numbers may be given, and others by product in `process.product.PRODUCT`. Setpoints stand in
`setpoints.NAME` of the station. Ranges are where the formulas hold; what lies outside is refused.
"""


def page() -> str:
    """All families in Markdown."""
    return _HEAD + "".join(_family(name, family) for name, family in FAMILIES.items())


def _family(name: str, family: type[Any]) -> str:
    first, _, rest = cleandoc(family.__doc__ or "").partition("\n")
    text = f"\n## `{name}`: {first}\n{rest.rstrip()}\n"
    if family.setpoints:
        rows = [_knob(key, knob) for key, knob in family.setpoints.items()]
        text += _table("| setpoint | default | released | machine | meaning | source |", rows)
    numbers = numbers_of(family)
    if numbers:
        rows = [
            f"| `{key}` | {_text(n['value'], n['unit'])} | {_range(n['low'], n['high'], n['unit'])} | {n['meaning']} "
            f"| {n['source']} |"
            for key, n in numbers.items()
        ]
        text += _table("| number | default | range | meaning | source |", rows)
    for title, named in (("reads", family.reads), ("makes", family.makes), ("carries", family.condition)):
        if named:
            text += f"\nIt {title} {_attributes(named)}.\n"
    if family.ages:
        text += '\nAt t = 0 it is at a random moment of its service; `ages = "new"` begins anew.\n'
    if family.causes:
        text += f"\nDefects that it can make: {', '.join(f'`{cause}`' for cause in family.causes)}.\n"
    return text


def _attributes(named: Mapping[str, Attribute]) -> str:
    return "; ".join(
        f"`{name}` ({about.meaning}; {_text(about.value, about.unit)} if nothing else is known)"
        for name, about in named.items()
    )


def _knob(name: str, knob: Knob) -> str:
    released, machine = (_range(*window, knob.unit) for window in (knob.released, knob.machine))
    meaning = knob.meaning + " (acts by jumps)" * knob.jumps + " (moves how often a service comes)" * knob.counts
    return f"| `{name}` | {_text(knob.value, knob.unit)} | {released} | {machine} | {meaning} | {knob.source} |"


def _table(head: str, rows: list[str]) -> str:
    return "\n".join(["", head, "|---" * (head.count("|") - 1) + "|", *rows]) + "\n"


def _range(low: float, high: float, name: str) -> str:
    return f"{_text(low, '1' if name == '1' else name, bare=True)} to {_text(high, name)}"


def _text(value: float, name: str, *, bare: bool = False) -> str:
    text = in_unit(value, name)
    return text.partition(" ")[0] if bare else text
