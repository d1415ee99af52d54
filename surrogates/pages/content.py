"""What a card consists of before it becomes HTML or Markdown: sections of sentences, lists, tables and plots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from surrogates.pages.words import UNKNOWN

__all__ = [
    "TITLES",
    "Code",
    "Numbers",
    "Part",
    "Plot",
    "Plots",
    "Points",
    "Section",
    "Table",
    "Verdict",
    "Verdicts",
    "trimmed",
]

TITLES = {
    "accuracy": "How accurate it is",
    "efficiency": "How many cases it needs",
    "guard": "What its guard catches",
    "coverage": "Whether its intervals hold what they promise",
    "conservation": "Whether the balance closes",
    "laws": "Whether it keeps the laws of the process",
    "bounds": "Whether its answers stay in their ranges",
    "gradients": "Whether its derivatives can be trusted",
    "decision": "Whether setpoints chosen with it are good",
    "speed": "How fast it is",
    "export": "Whether its exports agree",
    "explain": "What moves its answers",
    "curves": "How its answers move with each input",
}
"""What a card can measure, by its key in JSON, as headings in the order of the page."""


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        caption: what it shows, with units.
        head: of the columns.
        rows: one text per column.
        left: columns that are set to the left; numbers go to the right.
        folded: whether the page shows it on demand, because a plot says the same.
        long: whether Markdown leaves it out.
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: Sequence[int] = (0,)
    folded: bool = False
    long: bool = False


@dataclass(frozen=True)
class Plot:
    """A drawing with its title; the SVG carries its own description."""

    title: str
    svg: str


@dataclass(frozen=True)
class Plots:
    """Drawings side by side, as far as the width allows; Markdown leaves them out."""

    plots: Sequence[Plot]


@dataclass(frozen=True)
class Numbers:
    """Many numbers as comma-separated text to copy; folded, and left out in Markdown and in print."""

    caption: str
    text: str


@dataclass(frozen=True)
class Points:
    """Sentences in a list."""

    sentences: Sequence[str]


@dataclass(frozen=True)
class Code:
    """What a person types."""

    text: str


@dataclass(frozen=True)
class Verdict:
    """A claim, what was found, and whether it holds; None where that is not known."""

    claim: str
    found: str
    passes: bool | None


@dataclass(frozen=True)
class Verdicts:
    """All claims."""

    verdicts: Sequence[Verdict]


Part = str | Table | Plots | Numbers | Points | Code | Verdicts


@dataclass(frozen=True)
class Section:
    """A heading with what stands below it.

    Attributes:
        key: word for links within the page.
        title: heading.
        parts: in the order in which they are read.
    """

    key: str
    title: str
    parts: Sequence[Part]


def trimmed(table: Table) -> Table:
    """A table without the columns of which nothing is known.

    Example:
        >>> trimmed(Table("heat", ("part", "boss", "wall"), [("a", "–", "1"), ("b", "–", "2")])).head
        ('part', 'wall')
    """
    kept = [k for k in range(len(table.head)) if k == 0 or any(row[k] != UNKNOWN for row in table.rows)]
    left = [place for place, k in enumerate(kept) if k in table.left]
    rows = [tuple(row[k] for k in kept) for row in table.rows]
    return replace(table, head=tuple(table.head[k] for k in kept), rows=rows, left=left)
