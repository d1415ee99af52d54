"""Cases that are compared: lines with their numbers, run side by side in blocks with common random numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from scenarios.length import Length
from twin.figures import KPIs
from twin.kpi import kpis
from twin.line import Line
from twin.many import Group, grouped

__all__ = ["Case", "Evaluation", "block_width", "evaluate", "power_of_two"]

CELLS = 800
"""Stations times replications of all cases of a block: vector units are busy, and the state still fits a cache."""


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
        lines, values = [case.line for case in cases], [case.values for case in cases]
        self.blocks: list[tuple[int, ...]] = []
        self._places: list[tuple[Group, list[int]]] = []
        for members, group in grouped(lines, values, **length.run):
            width = min(block_width(cases[members[0]].line, length.replications), power_of_two(len(members)))
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


def block_width(line: Line, replications: int) -> int:
    """Cases in a block: a power of two, so that studies of nearly the same size run the same program."""
    lanes = 1 << max(0, (CELLS // len(line.stations)).bit_length() - 1)
    return power_of_two(max(1, lanes // replications))


def power_of_two(least: int) -> int:
    """The first from `least` on."""
    return 1 << (least - 1).bit_length()
