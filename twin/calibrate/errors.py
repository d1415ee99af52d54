"""What goes wrong with a log, said in one sentence: file, row, column, value, rule, remedy."""

from __future__ import annotations

__all__ = ["LogError"]


class LogError(ValueError):
    """A log that cannot be read or fitted as it is.

    The message is one line: the file, the row and column, the value, the rule that it breaks and what to do about it.
    Rows are counted as an editor or a spreadsheet counts them: the header is row 1.

    Example:
        >>> raise LogError("stops.csv, row 7, column 'start': '25:00' is not a time of day. Correct the row.")
        Traceback (most recent call last):
        twin.calibrate.errors.LogError: stops.csv, row 7, column 'start': '25:00' is not a time of day. Correct the row.
    """
