"""Cases that are compared: lines with their numbers, run side by side in blocks with common random numbers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from scenarios.length import Length
from twin.figures import KPIs
from twin.kpi import kpis
from twin.line import Line
from twin.many import Group, alike

__all__ = ["Case", "Evaluation", "evaluate"]

LANES = 256
"""Replications of all cases of a block together, at least: enough to keep a processor's vector units busy."""


@dataclass(frozen=True)
class Case:
    """One alternative.

    Attributes:
        name: as people call it.
        line: the description.
        values: numbers that replace the line's own, by path, in SI units.
        hourly: what it costs per hour besides, in the currency of the study; part of `contribution`.
    """

    name: str
    line: Line
    values: Mapping[str, float] = field(default_factory=dict)
    hourly: float = 0.0


class Evaluation:
    """Cases ready to be run in blocks: those of one shape together, each block as wide as the others of its shape.

    What a case tells does not depend on the order in which blocks are run, nor on who runs them: blocks are fixed by
    the cases and the length alone, and the last of a shape is filled up.

    Args:
        cases: at least one.
        length: of every run.

    Raises:
        LineError: a line cannot be simulated exactly.
    """

    def __init__(self, cases: Sequence[Case], length: Length) -> None:
        self.cases, self.length = cases, length
        shapes: dict[Hashable, list[int]] = {}
        for number, case in enumerate(cases):
            shapes.setdefault(alike(case.line, case.values, **_limits(length)), []).append(number)
        self._groups = [
            (members, Group([cases[n].line for n in members], [cases[n].values for n in members], **length.run))
            for members in shapes.values()
        ]
        self.blocks: list[tuple[int, ...]] = []
        self._places: list[tuple[Group, list[int]]] = []
        for members, group in self._groups:
            width = _width(len(members), length.replications)
            for first in range(0, len(members), width):
                places = list(range(first, min(first + width, len(members))))
                self.blocks.append(tuple(members[place] for place in places))
                self._places.append((group, places + [places[-1]] * (width - len(places))))

    def run(self, block: int, *, progress: Callable[[float], None] | None = None) -> list[KPIs]:
        """The figures of the cases of a block, in its order.

        Args:
            block: its place in `blocks`.
            progress: called with the finished share.

        Raises:
            LineError: as `twin.simulate`.
        """
        group, places = self._places[block]
        return [kpis(trace) for trace in group.run(places, progress=progress)[: len(self.blocks[block])]]


def evaluate(cases: Sequence[Case], length: Length, *, progress: Callable[[float], None] | None = None) -> list[KPIs]:
    """The figures of all cases, on the same random numbers.

    Args:
        cases: any; those that differ in numbers only run in one program.
        length: of every run.
        progress: called with the finished share.

    Raises:
        LineError: as `twin.simulate`.

    Example:
        >>> import twin
        >>> line = twin.load_line("reference")
        >>> cases = [Case("now", line), Case("faster", line, {"S3.process.time.mean": 0.9})]
        >>> now, faster = evaluate(cases, Length(parts=400, replications=2))
        >>> bool((faster["throughput"] - now["throughput"]).mean > 0)
        True
    """
    evaluation = Evaluation(cases, length)
    found: dict[int, KPIs] = {}
    for number, block in enumerate(evaluation.blocks):
        told = None if progress is None else _part(progress, number, len(evaluation.blocks))
        found |= zip(block, evaluation.run(number, progress=told), strict=True)
    return [found[number] for number in range(len(cases))]


def _part(progress: Callable[[float], None], number: int, count: int) -> Callable[[float], None]:
    """Progress of one block as a share of all."""
    return lambda share: progress((number + share) / count)


def _limits(length: Length) -> dict[str, float | int]:
    """What of the length decides what is compiled."""
    return {name: length.run[name] for name in ("horizon", "parts") if name in length.run}


def _width(count: int, replications: int) -> int:
    """Cases in a block: a power of two, so that studies of nearly the same size run the same program."""
    wanted = min(count, max(1, LANES // replications))
    return 1 << (wanted - 1).bit_length()
