"""A card as Markdown: sentences wrapped, tables with all cells on one line, no plots."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from surrogates.pages.content import Code, Numbers, Part, Plots, Points, Section, Table, Verdicts
from surrogates.plant.page import text_table

__all__ = ["VERDICTS", "as_markdown"]

WIDTH = 110
VERDICTS = {True: "✓ pass", False: "✗ fail", None: "? open"}
"""Whether a claim holds, in a symbol and in words."""


def as_markdown(title: str, lead: str, sections: Sequence[Section]) -> str:
    r"""The document.

    Args:
        title: its heading.
        lead: the first paragraph.
        sections: what follows, each with a heading.

    Example:
        >>> print(as_markdown("A", "b|c <d>", [Section("e", "E", [Table("T", ("n", "m"), [("x|y", "2")])])]))
        # A
        <BLANKLINE>
        b|c &lt;d>
        <BLANKLINE>
        ## E
        <BLANKLINE>
        T:
        <BLANKLINE>
        | n | m |
        |---|---|
        | x\|y | 2 |
        <BLANKLINE>
    """
    blocks = [f"# {_plain(title)}", _wrapped(lead)]
    for section in sections:
        blocks.append(f"## {_plain(section.title)}")
        for part in section.parts:
            blocks += _part(part)
    return "\n\n".join(blocks) + "\n"


def _part(part: Part) -> list[str]:
    match part:
        case str():
            return [_wrapped(part)]
        case Table():
            return _table(part)
        case Points():
            return ["\n".join(_wrapped(one, "- ") for one in part.sentences)]
        case Code():
            return [textwrap.indent(_one_line(part.text), "    ")]
        case Verdicts():
            rows = [(one.claim, one.found, VERDICTS[one.passes]) for one in part.verdicts]
            return _table(Table("", ("claim", "found", "verdict"), rows))
        case Plots() | Numbers():
            return []


def _table(table: Table) -> list[str]:
    if table.long or not table.rows:
        return []
    head = [_cell(word) for word in table.head]
    text = text_table(head, [[_cell(word) for word in row] for row in table.rows])
    return [*([_wrapped(f"{table.caption}:")] if table.caption else []), text]


def _one_line(text: str) -> str:
    """A text without line breaks and other control characters."""
    return re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in text)).strip()


def _plain(text: str) -> str:
    """A text whose signs mean themselves in Markdown."""
    marked = re.sub(r"([\\`*]|(?<!\w)_|_(?!\w)|\](?=[(\[:]))", r"\\\1", _one_line(text))
    return marked.replace("&", "&amp;").replace("<", "&lt;")


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")


def _wrapped(text: str, mark: str = "") -> str:
    inside = " " * len(mark)
    return textwrap.fill(
        _plain(text),
        WIDTH,
        initial_indent=mark,
        subsequent_indent=inside,
        break_long_words=False,
        break_on_hyphens=False,
    )
