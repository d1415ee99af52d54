"""Processes that come from files, e.g. surrogates: who reads such a file, and the class that it becomes.

What reads them stands in packages above this one, which does not import them: like the library of lines they are looked
up by name, and only when a line file asks for one. So it works wherever this package does, installed or not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from twin.columns import read_bytes
from twin.errors import RuleError, shown

__all__ = ["HOMES", "ProcessFile", "Reader", "class_of", "reader_of"]

LARGEST_PROCESS = 500_000_000


@dataclass(frozen=True)
class ProcessFile:
    """A file that holds a process; two of the same content are equal, whatever their names.

    Attributes:
        digest: sha256 of the content, in hexadecimal digits.
        content: all bytes of it.
        path: where it was read.
    """

    digest: str
    content: bytes = field(compare=False, repr=False)
    path: Path = field(compare=False)

    @classmethod
    def read(cls, path: Path) -> ProcessFile:
        """Read it; raises RuleError when it is missing or unreadable."""
        content = read_bytes(path, LARGEST_PROCESS)
        return cls(hashlib.sha256(content).hexdigest(), content, path)


Reader = Callable[[ProcessFile], type[Any]]
"""Makes a family of processes (see `twin.process.family`) of a file, or raises RuleError with rule and remedy."""

HOMES: Mapping[str, str] = MappingProxyType({"surrogate": "surrogates.process:read_process"})
"""Model in a line file -> "module:function" of the reader that ships with linetwin."""


def reader_of(model: str, readers: Mapping[str, Reader] = MappingProxyType({})) -> Reader:
    """The reader of a model: the one that is given, else the one that ships with linetwin.

    Args:
        model: as in a line file; one of `readers` or `HOMES`.
        readers: that go first.

    Raises:
        RuleError: the package that it stands in is not there.

    Example:
        >>> reader_of("mine", {"mine": lambda file: object})(None)
        <class 'object'>
    """
    if model in readers:
        return readers[model]
    module, _, function = HOMES[model].partition(":")
    try:
        return getattr(import_module(module), function)
    except (ModuleNotFoundError, AttributeError) as error:
        rule = f"it is read by {HOMES[model].replace(':', '.')}, which is not there ({error})"
        raise RuleError(rule, "Install all of linetwin, or use another model", path=("model",)) from error


@lru_cache(maxsize=64)
def class_of(reader: Reader, file: ProcessFile) -> type[Any]:
    """The family in a file: the same class each time, so that one compiled program serves all that use it.

    Raises:
        RuleError: the reader refuses the file, or makes no family of it.
    """
    made = reader(file)
    needed = ("model", "visit", "__dataclass_fields__")
    if not isinstance(made, type) or not all(hasattr(made, name) for name in needed):
        subject = f"file {shown(str(file.path))} was read as {shown(made)}"
        raise RuleError("a reader returns a family of processes", "Correct the reader", subject=subject)
    return made
