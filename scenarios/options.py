"""Values of options as a person types them: quantities, whole numbers, names."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

__all__ = ["LARGEST_SEED", "OptionError", "duration", "names", "typed_again", "whole"]

LARGEST_SEED = 2**63 - 1

_LONGEST = 100 * 365.25 * 86400.0


class OptionError(ValueError):
    """An option, or a file that it names, that cannot be used: one sentence with option, value, rule and remedy.

    Example:
        >>> raise OptionError("--replications is 0; a run has at least one. Use for example --replications 64.")
        Traceback (most recent call last):
        scenarios.options.OptionError: --replications is 0; a run has at least one. Use for example --replications 64.
    """


def duration(option: str, text: str, *, positive: bool = True, unit: str = "h") -> float:
    """A time in seconds.

    Args:
        option: as typed, e.g. "--horizon".
        text: a number with a unit, e.g. "8 h".
        positive: whether zero is refused.
        unit: that a remedy proposes.

    Raises:
        OptionError: when it is no time, negative, or longer than a hundred years.

    Example:
        >>> duration("--horizon", "1.5 h")
        5400.0
    """
    from twin.errors import RuleError, shown  # noqa: PLC0415  twin needs jax, which takes a second to start
    from twin.units import Kind, quantity  # noqa: PLC0415

    try:
        seconds = quantity(text, Kind("a time", "s", unit))
    except RuleError as fault:
        raise OptionError(f"{option} is {shown(text)}; {fault.rule}. {fault.remedy}.") from None
    if seconds < 0 or (positive and seconds == 0):
        rule = "longer than zero" if positive else "zero or longer"
        raise OptionError(f'{option} is {shown(text)}; a time here is {rule}. Use for example {option} "1 {unit}".')
    if seconds > _LONGEST:
        raise OptionError(f"{option} is {shown(text)}; at most 100 years can be simulated. Check the unit.")
    return seconds


def whole(option: str, text: str, *, least: int, most: int, example: int) -> int:
    """A whole number between two bounds.

    Args:
        option: as typed, e.g. "--replications".
        text: digits.
        least: smallest that is taken.
        most: largest that is taken.
        example: what the remedy proposes.

    Raises:
        OptionError: when it is something else.

    Example:
        >>> whole("--seed", "7", least=0, most=9, example=0)
        7
    """
    from twin.errors import shown  # noqa: PLC0415

    digits = text.strip()
    known = re.fullmatch(r"[+-]?[0-9]{1,30}", digits)
    if not known or not least <= int(digits) <= most:
        rule = f"it is a whole number from {least} to {most}"
        raise OptionError(f"{option} is {shown(text)}; {rule}. Use for example {option} {example}.")
    return int(digits)


def names(option: str, text: str, known: Iterable[str]) -> tuple[str, ...]:
    """Names divided by commas, in the order of `known`, each once.

    Raises:
        OptionError: when one is not known, or none is given.

    Example:
        >>> names("--stations", "S3, S1", ["S1", "S2", "S3"])
        ('S1', 'S3')
    """
    from twin.errors import nearest, shown  # noqa: PLC0415

    known = list(known)
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    listed = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
    if not wanted:
        raise OptionError(f"{option} is {shown(text)}; it names stations, divided by commas. Use some of {listed}.")
    for name in wanted:
        if name not in known:
            near = nearest(name, known)
            remedy = f"Use {shown(near)}" if near else "Use some of these"
            raise OptionError(f"{option} names {shown(name)}; the stations of the line are {listed}. {remedy}.")
    return tuple(name for name in known if name in wanted)


def typed_again(command: str, options: Any, *first: str, names: Mapping[str, str] | None = None) -> str:
    """A command as it can be typed again, for what it writes.

    Args:
        command: of linetwin.
        options: a dataclass of what was typed; what is as by default is left out.
        first: its fields that are no options, in order.
        names: field -> option, where it is not --FIELD.
    """
    given = [getattr(options, name) for name in first]
    words, usual = ["linetwin", command, *given], type(options)(*given)
    for one in fields(options):
        value = getattr(options, one.name)
        if one.name not in first and value != getattr(usual, one.name):
            for text in [value] if isinstance(value, str) else value:
                words += [(names or {}).get(one.name, f"--{one.name.replace('_', '-')}"), text]
    return shlex.join(words)
