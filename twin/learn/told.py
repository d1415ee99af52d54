"""What a fit of hidden numbers found, and how it is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from twin.learn.identify import enough_from, identified, sentences_of, shown_value
from twin.learn.unknowns import Unknown

__all__ = ["Hidden"]


@dataclass(frozen=True)
class Hidden:
    """Numbers found in a log that does not show them.

    Attributes:
        line, log: names of the line and of the log.
        stations: logged stations.
        parts: of the log that were used.
        unknown: what was asked for.
        values: path -> value that fits best [SI]; of places from which on any number fits as well, the least.
        draws: path -> values that are as likely as the log allows [draw].
        probability: path of places or machines -> probability of each candidate.
        kinds: path -> how it was found: "gradient", "differences: " and why there is no gradient, or "likelihood".
        precision: Fisher information of the numbers that are not whole, by share of their ranges.
        misfit: squared distance of the log from the simulated ones, over that of one of them from the rest.
        wide: factor by which the variance of the statistics was taken larger for it; 1 if the log is like them.
        worst: the statistic that fits worst, and by how many standard deviations.
        runs: how many times logs were simulated, those of starting points aside.
    """

    line: str
    log: str
    stations: tuple[str, ...]
    parts: int
    unknown: tuple[Unknown, ...]
    values: Mapping[str, float]
    draws: Mapping[str, Float[np.ndarray, " draw"]]
    probability: Mapping[str, Float[np.ndarray, " candidate"]]
    kinds: Mapping[str, str]
    precision: Float[np.ndarray, "smooth smooth"]
    misfit: float
    wide: float
    worst: tuple[str, float]
    runs: int

    @cached_property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """Path -> 90 % interval; of places and machines the least and most of the likeliest that make up 90 %."""
        found = {}
        for one in self.unknown:
            if one.whole:
                likely = np.argsort(-self.probability[one.path], kind="stable")
                enough = int(np.searchsorted(np.cumsum(self.probability[one.path][likely]), 0.9)) + 1
                numbers = [one.candidates[k] for k in likely[:enough]]
                found[one.path] = (float(min(numbers)), float(max(numbers)))
            else:
                low, high = np.quantile(self.draws[one.path], [0.05, 0.95])
                found[one.path] = (float(low), float(high))
        return found

    @cached_property
    def identified(self) -> dict[str, bool]:
        """Path -> whether the log tells the number (see `twin.learn.identify`)."""
        return {one.path: identified(one, self.draws[one.path]) for one in self.unknown}

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """What the log tells and what it does not."""
        found = sentences_of(self.unknown, self.draws, self.precision, self.probability)
        if self.wide > 1:
            name, off = self.worst
            how = f"The log is {self.misfit:.1f} times as far from the simulated logs as these are from each other"
            found += (f"{how}, most in '{name}' ({off:+.1f} standard deviations); the intervals are widened for it.",)
        return found

    def report(self) -> str:
        """All of it in 80 columns."""
        heads = ("number", "value", "90 % interval", "found by")
        rows = [self._row(one) for one in self.unknown]
        width = max(len(heads[0]), *(len(row[0]) for row in rows))
        lines = [
            *_wrapped(f"Hidden numbers of line {self.line}"),
            *_wrapped(f"from {self.parts} parts of {self.log} at {', '.join(self.stations)}"),
            "",
        ]
        lines += [f"{a:<{width}} {b:>9}  {c:<18} {d}".rstrip() for a, b, c, d in (heads, *rows)]
        said = [*self.sentences, *(_without_gradient(path, kind) for path, kind in self.kinds.items() if ":" in kind)]
        return "\n".join([*lines, "", *(line for sentence in said for line in _wrapped(sentence))])

    def _row(self, one: Unknown) -> tuple[str, str, str, str]:
        low, high = self.intervals[one.path]
        kind = self.kinds[one.path].split(":")[0]
        unit = f" {one.unit}" if one.unit else ""
        if one.whole:
            more = " or more" if enough_from(one, self.probability[one.path]) is not None else ""
            return one.path, f"{self.values[one.path]:.0f}", f"{low:.0f} to {high:.0f}{more}", kind
        reach = f"{shown_value(low, high - low)} to {shown_value(high, high - low)}{unit}"
        return one.path, shown_value(self.values[one.path], high - low) + unit, reach, kind


def _without_gradient(path: str, kind: str) -> str:
    """Why a number was found by differences."""
    reason = kind.split(": ", 1)[1].removeprefix(f"{path}: ").split("; use ")[0]
    return f"{path}: found by central differences on common random numbers, since {reason}."


def _wrapped(text: str, width: int = 80) -> list[str]:
    """A sentence as lines, the later ones indented."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) + 1 > width:
            lines.append(" ")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines
