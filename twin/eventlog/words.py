"""A column of words, each word held once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Words", "merged", "words_of"]


@dataclass(frozen=True)
class Words:
    """A column of words.

    Attributes:
        codes: the place of each row's word in `words`, -1 where the cell is blank [row].
        words: the words, each once, in alphabetical order.

    Example:
        >>> kinds = Words(np.array([1, 0, -1]), ("mill", "press"))
        >>> kinds[0], kinds[2], kinds.count.tolist()
        ('press', '', [1, 1])
    """

    codes: NDArray[np.int32]
    words: tuple[str, ...]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.codes)

    def __getitem__(self, row: int) -> str:
        """The word of a row, "" where it is blank."""
        return self.words[code] if (code := int(self.codes[row])) >= 0 else ""

    @property
    def blank(self) -> NDArray[np.bool_]:
        """Which rows have no word."""
        return self.codes < 0

    @property
    def count(self) -> NDArray[np.int64]:
        """How many rows have each word."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.words))

    def select(self, rows: NDArray[Any]) -> Words:
        """The words of some rows (places or a mask)."""
        return Words(self.codes[rows], self.words)

    def used(self) -> Words:
        """The same column without words that no row has."""
        there = np.flatnonzero(self.count)
        place = np.full(len(self.words) + 1, -1, np.int32)
        place[there] = np.arange(len(there), dtype=np.int32)
        return Words(place[self.codes], tuple(self.words[k] for k in there))

    def where(self, word: str) -> NDArray[np.bool_]:
        """Which rows have this word."""
        return self.codes == self.words.index(word) if word in self.words else np.zeros(len(self), bool)


def words_of(column: Any) -> Words:
    """A column, of pyarrow or a sequence of values, as words: outer spaces gone, the rest as text on one line."""
    import pyarrow as pa  # noqa: PLC0415  takes 0.2 s to import

    whole: Any = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else pa.array(column)
    if isinstance(whole, pa.ChunkedArray):  # without rows
        whole = pa.array([], whole.type)
    if not pa.types.is_dictionary(whole.type):
        whole = whole.dictionary_encode()
    kinds = np.array([_word(value) for value in whole.dictionary.to_pylist()], object)
    codes = whole.indices.to_numpy(zero_copy_only=False)
    codes = np.where(np.isnan(codes), len(kinds), codes).astype(np.int64) if whole.null_count else codes
    names = sorted({word for word in kinds.tolist() if word})
    place = {word: k for k, word in enumerate(names)} | {"": -1}
    back = np.array([*(place[word] for word in kinds.tolist()), -1], np.int32)
    return Words(back[codes], tuple(names))


def _word(value: object) -> str:
    """A value as text on one line; what is no sign at all, such as a control character, is a space."""
    word = "" if value is None else str(value)
    if not word.isprintable():
        word = " ".join("".join(sign if sign.isprintable() else " " for sign in word).split())
    return word.strip()


def merged(*columns: Words, sep: str = " ") -> Words:
    """Columns side by side as one column of joined words; blank where the first is.

    Example:
        >>> merged(Words(np.array([0, 1]), ("mill", "saw")), Words(np.array([0, -1]), ("A",))).words
        ('mill A', 'saw')
    """
    codes = np.stack([column.codes for column in columns], axis=1)
    kinds, place = np.unique(codes, axis=0, return_inverse=True)
    names = [
        sep.join(w for k, c in zip(row, columns, strict=True) if (w := c.words[k] if k >= 0 else "")) for row in kinds
    ]
    names = [name if row[0] >= 0 else "" for name, row in zip(names, kinds, strict=True)]
    order = {word: k for k, word in enumerate(sorted(set(names) - {""}))} | {"": -1}
    return Words(np.array([order[name] for name in names], np.int32)[place.ravel()], tuple(sorted(set(names) - {""})))
