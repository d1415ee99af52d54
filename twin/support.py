"""What the recursion computes exactly and what is refused: one table, from which the check, the page and the tests are made."""

from __future__ import annotations

from twin.line import Line


def refuse_unsupported(line: Line) -> None:
    pass
