"""What a guard is worth: how many of the bad predictions it flags, and how many of the good ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surrogates.checked import table, vector
from surrogates.coverage import clopper_pearson
from surrogates.guard import TOLERANCE, Guard, spread_of

__all__ = ["Flags", "GuardReport", "guard_report"]

Floats = NDArray[np.float64]
Predict = Callable[[Floats], ArrayLike]
BAD = 3.0
"""A prediction is bad where its error is over so many times the 95th percentile of the errors inside."""


@dataclass(frozen=True)
class Flags:
    """What the guard said of some cases.

    Attributes:
        where: what the cases have in common.
        cases: how many; those at which the truth is not finite are left out.
        bad: how many of them are predicted badly.
        flagged: how many are flagged.
        caught: how many of the bad ones are flagged.
        unboxed: how many of the bad ones are flagged by distance or spread, box left aside.
    """

    where: str
    cases: int
    bad: int
    flagged: int
    caught: int
    unboxed: int

    def __add__(self, other: Flags) -> Flags:
        pairs = zip(list(vars(self).values())[1:], list(vars(other).values())[1:], strict=True)
        return Flags("all", *(a + b for a, b in pairs))

    @property
    def recall(self) -> float:
        """Share of the bad ones that is flagged; 1 where none is bad."""
        return self.caught / self.bad if self.bad else 1.0

    @property
    def recall_unboxed(self) -> float:
        """Share of the bad ones that distance or spread flag; 1 where none is bad."""
        return self.unboxed / self.bad if self.bad else 1.0


@dataclass(frozen=True)
class GuardReport:
    """Flags inside and beyond the box.

    Attributes:
        error: 95th percentile of the error inside, in the unit of each output [output].
        inside: cases inside.
        beyond: cases beyond each input's range by each share of it, and at corners where all inputs are.
    """

    error: Floats
    inside: Flags
    beyond: tuple[Flags, ...]

    @property
    def total(self) -> Flags:
        """All cases beyond, in one."""
        return sum(self.beyond[1:], self.beyond[0])

    @property
    def false_flags(self) -> tuple[float, float, float]:
        """Share of the cases inside that is flagged, good or bad, and its 95 % interval."""
        flags = self.inside
        return flags.flagged / flags.cases, *clopper_pearson(flags.flagged, flags.cases)

    @property
    def recall(self) -> tuple[float, float, float]:
        """Share of the bad cases beyond that is flagged, and its 95 % interval."""
        flags = self.total
        return flags.recall, *clopper_pearson(flags.caught, flags.bad)

    def passes(self, *, recall: float = 0.95, false_flags: float = 0.05) -> bool:
        """Whether it flags enough of the bad ones beyond, and few enough inside."""
        return self.total.recall >= recall and self.false_flags[0] <= false_flags

    def to_dict(self) -> dict[str, Any]:
        """As numbers and lists, for JSON."""
        named = [dict(vars(one)) for one in (self.inside, *self.beyond)]
        return {"error_95": self.error.tolist(), "inside": named[0], "beyond": named[1:]}


def guard_report(
    guard: Guard,
    truth: Predict,
    members: Predict,
    *,
    low: ArrayLike,
    high: ArrayLike,
    predict: Predict | None = None,
    inside: ArrayLike | None = None,
    possible: tuple[ArrayLike, ArrayLike] | None = None,
    names: Sequence[str] = (),
    beyond: Sequence[float] = (0.1, 0.25, 0.5),
    cases: int = 1000,
    seed: int = 0,
) -> GuardReport:
    """Measure a guard against the truth: inside, and with one input, then all of them, beyond the range.

    Beyond by a share of the range means exactly there, at the lower or the upper side by chance; the other inputs are
    as inside. Sides that are not possible are left out.

    Args:
        guard: to measure.
        truth: cases [case, input] -> outputs [case, output], e.g. the solver.
        members: cases [case, input] -> outputs of each member [member, case, output].
        low: lower edge of the range [input].
        high: upper edge of the range [input].
        predict: cases [case, input] -> the prediction that is judged [case, output]; None for the members' mean.
        inside: fresh cases inside [case, input]; by default uniform in the range.
        possible: low and high [input] beyond which there is no truth, e.g. a negative thickness.
        names: of the inputs.
        beyond: shares of the range.
        cases: how many for each share and input, and inside if none are given.
        seed: of the draws.

    Raises:
        ValueError: a shape that does not fit, or no case beyond is possible.

    Example:
        >>> x = np.random.default_rng(0).uniform(0.0, 1.0, (1000, 1))
        >>> guard = Guard.fit(x[:800], x[800:])
        >>> line = lambda x: np.stack([x, x])  # two members who both say y = x
        >>> found = guard_report(guard, lambda x: x + (x > 1.0), line, low=[0.0], high=[1.0])
        >>> found.total.recall, found.false_flags[0] < 0.05
        (1.0, True)
    """
    width = np.size(np.asarray(low))
    box = Box(vector("low", low, width), vector("high", high, width))
    held = (
        Box(*(np.asarray(edge, float) for edge in possible)) if possible else Box(box.low - np.inf, box.high + np.inf)
    )
    draw = np.random.default_rng(seed)
    within = draw.uniform(box.low, box.high, (cases, width)) if inside is None else table("inside", inside)
    named = names or [f"input {k}" for k in range(width)]
    look = _seen(guard, truth, members, predict)
    seen = look(within)
    usual = np.quantile(seen.error, 0.95, axis=0)
    found = []
    for share in beyond:
        for who, sides in [*((named[k], [k]) for k in range(width)), ("corners", [*range(width)])]:
            x = draw.uniform(box.low, box.high, (cases, width)) if inside is None else draw.choice(within, cases)
            moved = _beyond(x, sides, share, box=box, held=held, draw=draw)
            if moved is not None:
                found.append(_count(f"{who} {share:+.0%}", look(moved), usual))
    if not found:
        raise ValueError("possible: no input may go beyond its range; at least one has to. Give a wider one.")
    return GuardReport(usual, _count("inside", seen, usual), tuple(found))


class Box(NamedTuple):
    """Lower and upper edges [input]."""

    low: Floats
    high: Floats


class _Seen(NamedTuple):
    """Error [case, output], and the score of the guard with and without its box [case]."""

    error: Floats
    score: Floats
    unboxed: Floats


def _seen(guard: Guard, truth: Predict, members: Predict, predict: Predict | None) -> Callable[[Floats], _Seen]:
    """What is found at cases [case, input] of which the truth is finite."""

    def look(x: Floats) -> _Seen:
        outputs, true = np.asarray(members(x), float), np.asarray(truth(x), float)
        box, *others = guard.parts_of(x, spread_of(outputs))
        unboxed = np.max(others, axis=0)
        there = np.isfinite(true).all(axis=1)
        told = outputs.mean(axis=0) if predict is None else np.asarray(predict(x), float)
        found = _Seen(np.abs(told - true), np.maximum(box, unboxed), unboxed)
        return _Seen(*(one[there] for one in found))

    return look


def _count(where: str, seen: _Seen, usual: Floats) -> Flags:
    """Count the bad and the flagged."""
    bad = np.asarray(~(seen.error <= BAD * usual).all(axis=1))
    flag, alone = ~(seen.score <= 1.0 + TOLERANCE), ~(seen.unboxed <= 1.0 + TOLERANCE)
    return Flags(where, bad.size, *(int(np.sum(one)) for one in (bad, flag, bad & flag, bad & alone)))


def _beyond(
    x: Floats, sides: Sequence[int], share: float, *, box: Box, held: Box, draw: np.random.Generator
) -> Floats | None:
    """Cases with some inputs beyond the box by a share of its width, below or above; None where neither is possible."""
    far = share * (box.high - box.low)
    below, above = (box.low - far)[sides], (box.high + far)[sides]
    may_below, may_above = below >= held.low[sides], above <= held.high[sides]
    if not (may_below | may_above).all():
        return None
    up = np.where(may_below & may_above, draw.random((len(x), len(sides))) < 0.5, may_above)
    moved = x.copy()
    moved[:, sides] = np.where(up, above, below)
    return moved
