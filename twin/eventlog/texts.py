"""Texts that cannot be the content of one cell of a log: quotes that were never closed, damaged bytes."""

from __future__ import annotations

__all__ = ["LONGEST", "fault_of"]

LONGEST = 1000
"""Characters that a cell may have."""
_CLOSE = "Close the quote, or take it out"


def fault_of(text: str, divider: str) -> tuple[str, str] | None:
    r"""What is wrong with the text of a cell, and the remedy; None where nothing is.

    Args:
        text: of the cell.
        divider: between the cells of its file.

    Example:
        >>> fault_of("mill", ",") is None, fault_of("mill,6:00\nsaw", ",")[0]
        (True, 'holds a line break and a divider of cells, so a quote in front of it was never closed')
    """
    if "\x00" in text:
        return "holds a null character, and a log is text", "Export the log again"
    if "\n" in text and divider in text:
        return "holds a line break and a divider of cells, so a quote in front of it was never closed", _CLOSE
    if len(text) > LONGEST:
        return f"has {len(text):,} characters, and a cell has at most {LONGEST:,}", "Cut it, or leave the column out"
    return None
