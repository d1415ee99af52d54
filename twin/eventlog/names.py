"""Names of stations and products as a line file can hold them."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.errors import LogError
from twin.calibrate.stoplog import Note
from twin.errors import shown
from twin.eventlog.words import Words
from twin.schema_station import RESERVED

__all__ = ["line_name", "renamed"]

_LONGEST = 64


def line_name(word: str) -> str:
    """A name without what paths of a line are made of, and not too long.

    Example:
        >>> line_name("Mill 1.2 [left]"), line_name("source")
        ('Mill 1_2 _left_', 'source_')
    """
    name = re.sub(r"[.>\[\]]", "_", word)[:_LONGEST].strip()
    return f"{name}_" if name in RESERVED else name


def renamed(log: str, words: Words, rows: NDArray[np.int64]) -> tuple[Words, tuple[Note, ...]]:
    """A column whose words may stand in a line, and a note on each word that had to change.

    Args:
        log: name of the log, for messages.
        words: the column.
        rows: the row of the file of each of its cells.

    Raises:
        LogError: when two words would become the same.
    """
    names = [line_name(word) for word in words.words]
    if tuple(names) == words.words:
        return words, ()
    notes = []
    for place, (word, name) in enumerate(zip(words.words, names, strict=True)):
        first = names.index(name)
        if first != place:
            rule = f"{shown(words.words[first])} and {shown(word)} would both be {shown(name)} in a line"
            raise LogError(f"{log}: {rule}, whose names have no dots, brackets or '>'. Rename one.")
        own = rows[words.codes == place]
        if word != name and len(own):
            what = f"{shown(word)} is called {shown(name)}, as names in a line have no dots or brackets"
            notes.append(Note(what, tuple(own.tolist())))
    order = np.argsort(names)
    back = np.append(np.argsort(order), -1).astype(np.int32)
    return Words(back[words.codes], tuple(names[k] for k in order)), tuple(notes)
