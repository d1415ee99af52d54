"""Conditions on key figures as people write them: "throughput >= 58 1/h in 95 of 100"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenarios.figures import unit_of
from twin.errors import RuleError, shown
from twin.figures import Figure
from twin.units import unit

__all__ = ["Condition", "condition", "in_unit_of"]

_FORM = re.compile(
    r"\s*(?P<kpi>[\w.]+)\s*(?P<sign><=|>=|≤|≥)\s*(?P<limit>.+?)(?:\s+in\s+(?P<often>\d+)\s+of\s+(?P<times>\d+))?\s*"
)
_BASELINE = re.compile(r"(?:(?P<share>[\d.]+)\s*%\s*of\s+)?baseline")
_EXAMPLE = 'Write for example "throughput >= 58 1/h", "scrap_rate <= baseline" or "good >= 400 in 95 of 100"'


@dataclass(frozen=True)
class Condition:
    """What a key figure is to keep.

    Attributes:
        text: as it was written.
        kpi: name of the figure.
        least: whether the limit is the least value (`>=`) or the most (`<=`).
        limit: in the unit of the figure, or as a share of the baseline's mean.
        relative: whether it is that share.
        share: of replications that have to keep it, e.g. 0.95; None: their mean has to.
    """

    text: str
    kpi: str
    least: bool
    limit: float
    relative: bool = False
    share: float | None = None

    def limit_for(self, baseline: Mapping[str, Figure | None]) -> float:
        """The limit in the unit of the figure."""
        if not self.relative:
            return self.limit
        figure = baseline[self.kpi]
        return float("nan") if figure is None else self.limit * float(figure.mean)

    def excess(self, values: Any, baseline: Mapping[str, Figure | None]) -> Any:
        """By how much values of the figure break it; zero or less where they keep it."""
        over = values - self.limit_for(baseline)
        return -over if self.least else over

    def kept(self, values: Any, baseline: Mapping[str, Figure | None]) -> np.ndarray:
        """Which replications keep it."""
        return self.excess(values, baseline) <= 0


def condition(text: Any) -> Condition:
    """Read a condition.

    Raises:
        RuleError: it is none, or is in the wrong unit.

    Example:
        >>> condition("throughput >= 1 1/min in 95 of 100").limit
        60.0
    """
    match = _FORM.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise RuleError("a condition is a figure, <= or >=, and a limit", _EXAMPLE)
    kpi, limit = match["kpi"], match["limit"]
    wanted = unit_of(kpi)
    share = None
    if match["often"]:
        if not 0 < int(match["often"]) < int(match["times"]):
            raise RuleError("a chance is less than all and more than none", 'Write for example "in 95 of 100"')
        share = int(match["often"]) / int(match["times"])
    least = match["sign"] in (">=", "≥")
    if relative := _BASELINE.fullmatch(limit):
        return Condition(text.strip(), kpi, least, float(relative["share"] or 100) / 100, relative=True, share=share)
    return Condition(text.strip(), kpi, least, in_unit_of(wanted, limit), share=share)


def in_unit_of(wanted: str, limit: Any) -> float:
    """A number with a unit, in the unit of a figure.

    Args:
        wanted: the figure's; "1" takes a plain number or "%", "money" any currency.
        limit: a number, or a text such as "58 1/h".

    Raises:
        RuleError: it is no number, or measures something else.
    """
    match = re.fullmatch(r"\s*([+-]?[\d.]+(?:[eE][+-]?\d+)?)\s*(.*?)\s*", str(limit))
    try:
        number = float(match[1]) if match and not isinstance(limit, bool) else None
    except ValueError:
        number = None
    if match is None or number is None:
        raise RuleError("a limit is a number with a unit", _EXAMPLE)
    name = match[2]
    if wanted == "money":
        if not re.fullmatch(r"[A-Za-z]{3}(/h)?", name):
            raise RuleError("an amount of money is a number and a currency", f'Write for example "{match[1]} EUR"')
        return number
    if wanted == "1":
        if name not in ("", "1", "%"):
            raise RuleError(f"the figure has no unit, and {shown(name)} is one", f"Write {match[1]}")
        return number / 100 if name == "%" else number
    if not name:
        raise RuleError(
            f"the figure is in {wanted}, and the limit has no unit", f'Write for example "{match[1]} {wanted}"'
        )
    read, known = unit(name), unit(wanted)
    if read.dimension != known.dimension:
        raise RuleError(
            f"the figure is in {wanted}, which {shown(name)} is not", f'Write for example "{match[1]} {wanted}"'
        )
    return number * read.scale / known.scale
