"""What goes wrong with a line description, said in one line: place, value, rule, remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from datetime import date, time
from typing import Any

__all__ = ["LineError", "RuleError", "nearest", "one_line", "shown", "shown_path"]

_LONGEST = 60


class LineError(ValueError):
    """A line that cannot be read or simulated as described.

    The message is one line: the place (file, station, key), the value, the rule that it breaks and what to do about it.

    Example:
        >>> raise LineError("line.toml: station 'press': buffer is -1; a buffer holds 0 or more. Use 0 for none.")
        Traceback (most recent call last):
        twin.errors.LineError: line.toml: station 'press': buffer is -1; a buffer holds 0 or more. Use 0 for none.
    """


class RuleError(ValueError):
    """A broken rule whose place the raiser does not know; `twin.complaints` turns it into a `LineError`.

    Args:
        rule: what holds, as a clause without a full stop.
        remedy: what to do, as a sentence without a full stop.
        subject: what is wrong, e.g. "process is missing"; without it the message says "<key> is <value>".
        path: keys from the place where the fault is raised down to the culprit.
    """

    def __init__(self, rule: str, remedy: str, *, subject: str | None = None, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(rule)
        self.rule = rule
        self.remedy = remedy
        self.subject = subject
        self.path = path


def one_line(text: str) -> str:
    """The text on one line: line breaks, tabs and other unprintable characters escaped."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def shown(value: Any) -> str:
    """A value as it stands in a message: short, on one line, in the words of the line file.

    Example:
        >>> shown("42 s"), shown(True), shown({"mean": "1 s"}), shown([1, 2])
        ("'42 s'", 'true', 'a table', '[1, 2]')
    """
    if isinstance(value, Mapping):
        return "a table" if value else "an empty table"
    if isinstance(value, str):
        text = one_line(value)
        return f"'{text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}'"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "nothing"
    if isinstance(value, list | tuple):
        text = f"[{', '.join(shown(item) for item in value[:20])}]"
        return text if len(text) <= _LONGEST else f"a list of {len(value)} items"
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, int) and abs(value) > 10**_LONGEST:
        return "a whole number of more than 60 digits"
    if isinstance(value, int | float):
        return repr(value)
    return f"something of type {one_line(type(value).__name__)}"


def shown_path(path: object) -> str:
    """A path as it stands in a message; of a very long one the end, where the name is."""
    text = one_line(str(path))
    return f"'{text if len(text) <= 200 else '…' + text[-200:]}'"


def nearest(word: str, words: Iterable[str], likeness: float = 0.6) -> str | None:
    """The word that is most like `word`, or None when none is as like as `likeness` (1 is the same).

    Example:
        >>> nearest("bufer", ["buffer", "machines"])
        'buffer'
    """
    by_small = {known.lower(): known for known in words}
    found = difflib.get_close_matches(word.lower(), by_small, n=1, cutoff=likeness)
    return by_small[found[0]] if found else None
