"""What people see while a command works, and what they are told when memory is not enough."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scenarios.options import OptionError

__all__ = ["busy", "progress_bar", "refusals"]


@contextmanager
def progress_bar(words: str) -> Iterator[Callable[[float], None] | None]:
    """A progress bar with the time left on standard error; nothing where that is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    from scenarios.tables import console  # noqa: PLC0415

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.percentage:.0f} %"))
    with Progress(*columns, TimeRemainingColumn(), console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, total=1.0)
        yield lambda share: bar.update(task, completed=share)


@contextmanager
def refusals() -> Iterator[None]:
    """Say in one sentence that memory was not enough, or that the window cannot be simulated."""
    try:
        yield
    except Exception as fault:
        if isinstance(fault, ValueError) and str(fault).startswith("simulate"):
            raise OptionError(str(fault)) from None
        if not isinstance(fault, MemoryError) and "RESOURCE_EXHAUSTED" not in str(fault):
            raise
        remedy = "Use fewer --replications or a shorter --horizon"
        raise OptionError(f"the run needs more memory than this computer has free. {remedy}.") from None


@contextmanager
def busy(words: str) -> Iterator[None]:
    """A sign of life on standard error while there is nothing to count; nothing where that is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from scenarios.tables import console  # noqa: PLC0415

    with console(stderr=True).status(words):
        yield
