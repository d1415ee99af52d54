"""Long work: blocks of cases that any process computes from a folder, with the same rows wherever and whenever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol, runtime_checkable

from scenarios.options import OptionError

__all__ = ["NumberedWork", "SweepError", "Work", "numbers_of", "open_work", "words_of"]


class SweepError(OptionError):
    """A sweep that cannot begin or go on: one sentence with the reason, what is kept, and the remedy."""


class Work(Protocol):
    """What is to be computed, in blocks that know nothing of each other.

    A block gives the same rows whenever, wherever and however often it is run, and its cases are the same for any
    number of workers: that is what makes a finished table independent of who did what.
    """

    @property
    def blocks(self) -> int:
        """How many blocks there are; they are numbered from 0."""
        ...

    def run(self, block: int) -> list[str]:
        """The rows of a block, one JSON text per case, without what differs between two runs, such as times."""
        ...


@runtime_checkable
class NumberedWork(Work, Protocol):
    """Work whose cases do not stand in the order of its blocks, e.g. because those of one shape are together."""

    def cases(self, block: int) -> Sequence[int]:
        """The numbers of a block's cases, in the order of its rows; no number is in two blocks."""
        ...


def open_work(name: str, folder: Path) -> Work:
    """The work that a function makes from a folder.

    Args:
        name: "module:function"; the function is given the folder. Any process can import it.
        folder: a run folder.

    Raises:
        SweepError: there is no such function.
    """
    module, colon, function = name.partition(":")
    try:
        if not (colon and module and function):
            raise AttributeError(name)
        opener: Callable[[Path], Work] = getattr(import_module(module), function)
    except (AttributeError, ModuleNotFoundError) as fault:
        raise SweepError(
            f"work '{name}' is not there ({fault}); it is named 'module:function'. Name one that can be imported."
        ) from None
    return opener(folder)


def numbers_of(work: Work, block: int, rows: Sequence[str]) -> list[int] | None:
    """The numbers of a block's cases; None when they stand in the order of the blocks.

    Raises:
        SweepError: the block has more or fewer rows than cases.
    """
    if not isinstance(work, NumberedWork):
        return None
    numbers = [int(number) for number in work.cases(block)]
    if len(numbers) != len(rows):
        raise SweepError(
            f"block {block} has {len(rows)} rows and {len(numbers)} cases; each case has one row. Mend the work."
        )
    return numbers


def words_of(work: Work, block: int) -> str:
    """A block in a message: with the numbers of its cases where they are known."""
    if not isinstance(work, NumberedWork):
        return f"block {block}"
    numbers = [str(number) for number in work.cases(block)]
    listed = ", ".join(numbers[:8]) + (f" and {len(numbers) - 8} more" if len(numbers) > 8 else "")
    return f"block {block} (case{'s' * (len(numbers) != 1)} {listed})"


def reason_of(fault: BaseException) -> str:
    """What went wrong in a block, on one line; a clear sentence as it is, anything else with its kind."""
    text = " ".join("".join(char if char.isprintable() else " " for char in str(fault)).split())
    kind = type(fault).__name__
    told = {"LineError", "OptionError"} & {cls.__name__ for cls in type(fault).__mro__}
    return text if told and text else f"{kind}: {text}" if text else kind
