"""Differences to a baseline on common random numbers: paired, with intervals that hold one by one and all at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from scenarios.figures import FIGURES, unit_words
from twin.figures import Figure
from twin.statistics import Interval, interval

__all__ = ["Difference", "compared", "said"]

Verdict = Literal["more", "less", "the same", "not told apart", "not known"]


@dataclass(frozen=True)
class Difference:
    """How much a figure of a scenario differs from the baseline's.

    Attributes:
        name: of the figure.
        mean: of the differences, scenario less baseline, replication by replication; NaN when it is not known.
        ci95: its 95 % interval by the paired t; None with one replication, or when nothing is random.
        all95: an interval of the same kind, wide enough that all of the family hold at once in 95 % of studies.
        unit: of the figure.
        baseline: mean of the baseline.
        shrunk: how much wider the interval would be with independent random numbers; None when that is not known.
    """

    name: str
    mean: float
    ci95: Interval | None
    all95: Interval | None
    unit: str
    baseline: float
    shrunk: float | None = None

    @property
    def verdict(self) -> Verdict:
        """What may be claimed, together with all other claims of the study."""
        if not math.isfinite(self.mean):
            return "not known"
        if self.all95 is None:
            return "the same" if self.mean == 0 else "more" if self.mean > 0 else "less"
        low, high = self.all95
        if low == high == 0:
            return "the same"
        return "more" if low > 0 else "less" if high < 0 else "not told apart"

    @property
    def good(self) -> int:
        """1 for a change to the better, -1 to the worse, 0 where neither may be claimed."""
        sign = {"more": 1, "less": -1}.get(self.verdict, 0)
        return sign * (FIGURES[self.name].better if self.name in FIGURES else 0)

    def words(self) -> str:
        """The verdict in words, e.g. "+3.1 parts/h (2.6 to 3.6)" or "unchanged within 0.4 %"."""
        if self.verdict == "not known":
            return "not known"
        if self.verdict == "the same":
            return "the same"
        percent = self.name in FIGURES and FIGURES[self.name].percent
        scale, unit = (100.0, " %-points") if percent else (1.0, unit_words(self.name, self.unit))
        if self.verdict == "not told apart" and self.all95 is not None:
            most = max(abs(end) for end in self.all95)
            if percent or not self.baseline:
                return f"unchanged within {said(scale * most)}{unit}"
            return f"unchanged within {said(100 * most / abs(self.baseline))} %"
        if self.all95 is None:
            return f"{said(scale * self.mean, sign=True)}{unit}"
        low, high = (scale * end for end in self.all95)
        step = (high - low) / 2
        ends = f"{said(low, like=step)} to {said(high, like=step)}"
        return f"{said(scale * self.mean, like=step, sign=True)}{unit} ({ends})"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "mean": self.mean if math.isfinite(self.mean) else None,
            "ci95": None if self.ci95 is None else list(self.ci95),
            "all95": None if self.all95 is None else list(self.all95),
            "unit": self.unit,
            "verdict": self.verdict,
            "words": self.words(),
            "shrunk": self.shrunk,
        }


def compared(name: str, figure: Figure, baseline: Figure, *, family: int = 1) -> Difference:
    """The paired difference of a figure.

    Args:
        name: of the figure.
        figure: of the scenario, with a value for each replication.
        baseline: the same of the baseline, on the same random numbers.
        family: how many differences the study claims; by Bonferroni each of `all95` has a level of 1 - 0.05 / family.

    Source:
        Law, Simulation Modeling and Analysis, 5th ed. 2015, sections 10.2.1 (paired t) and 10.3.1 (comparison with a
        standard, Bonferroni).

    Example:
        >>> now, then = Figure(np.array([10.0, 12.0, 11.0]), "1/h"), Figure(np.array([9.0, 11.5, 10.0]), "1/h")
        >>> compared("throughput", now, then).words()
        '+0.83 parts/h (0.12 to 1.55)'
    """
    values, others = (np.asarray(side.values, float) for side in (figure, baseline))
    pairs = values - others
    random = figure.random or baseline.random
    single = interval(pairs) if random else None
    together = interval(pairs, level=1 - 0.05 / family) if random else None
    return Difference(
        name, float(pairs.mean()), single, together, figure.unit, float(others.mean()), _shrunk(values, others, pairs)
    )


def _shrunk(values: np.ndarray, others: np.ndarray, pairs: np.ndarray) -> float | None:
    """Half-width with independent random numbers over that with common ones, from the variances."""
    if len(pairs) < 2 or not np.isfinite(pairs).all() or pairs.std() <= 1e-9 * max(values.std(), others.std()):
        return None
    return float(np.sqrt((values.var(ddof=1) + others.var(ddof=1)) / pairs.var(ddof=1)))


def said(value: float, *, like: float | None = None, sign: bool = False) -> str:
    """A number with as many digits as tell something.

    Args:
        value: to be said.
        like: how exactly it is known, such as half the width of its interval; without it, two digits that count.
        sign: whether to write a plus.

    Example:
        >>> said(3.14159, like=0.5), said(-0.000123), said(52.7, sign=True)
        ('3.14', '-0.00012', '+53')
    """
    if not math.isfinite(value):
        return "-"
    exact = abs(like or value)
    places = 1 - math.floor(math.log10(exact)) if exact > 0 else 0
    told = 6 - math.ceil(math.log10(abs(value))) if value else 0  # more digits of a number tell people nothing
    places = min(max(places, 0), max(told, 0), 12)
    text = f"{value:+,.{places}f}" if sign else f"{value:,.{places}f}"
    return text[1:] if text[:1] in "+-" and not float(text.replace(",", "")) else text
