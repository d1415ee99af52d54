"""Pulls blocks from a ledger and computes them, until all are done: in this process, or as one that was started for it.

    python -m scenarios.worker FOLDER MODULE:FUNCTION BATCH

is started by `scenarios.workers`. It ends when nothing is left, or, after the block in flight, when its standard input
ends: then whoever started it is gone.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scenarios.ledger import LEASE, Counts, Ledger
from scenarios.ledger_faults import LedgerError
from scenarios.work import Work, numbers_of, open_work, reason_of, words_of

__all__ = ["COMPLAINT", "LEDGER", "MOST_FAILURES", "is_over", "main", "pull", "working"]

LEDGER = "ledger.sqlite"
"""Name of the ledger in a run folder."""

COMPLAINT = 3
"""Exit code of a worker that cannot work; the last line of its standard error says why."""

MOST_FAILURES = 10
"""Failed blocks after which no more are begun."""

_PATIENCE = 0.1


def is_over(counts: Counts) -> bool:
    """Whether there is nothing more to do: all is done or failed, or too much has failed."""
    return not counts.open or counts.failed >= MOST_FAILURES


def pull(
    ledger: Ledger,
    work: Work,
    batch: int,
    *,
    goes_on: Callable[[], bool] = lambda: True,
    progress: Callable[[Counts], None] | None = None,
) -> None:
    """Compute blocks until all are done, by whomever, or too many have failed.

    Args:
        ledger: where they are taken from and written to.
        work: what computes them.
        batch: how many are taken at a time; they are computed and written one by one.
        goes_on: asked before each block.
        progress: told the counts after each block, and while others compute the last ones.

    Raises:
        LedgerError: the ledger cannot be used any more.
    """
    with working(ledger) as me:
        while goes_on() and not is_over(counts := ledger.counts()):
            if progress:
                progress(counts)
            taken = ledger.take(me, batch)
            for block in taken:
                if not goes_on():
                    return
                _compute(ledger, work, block)
                if progress and block != taken[-1]:
                    progress(ledger.counts())
            if not taken:
                time.sleep(_PATIENCE)


@contextmanager
def working(ledger: Ledger) -> Iterator[int]:
    """A worker's number, with signs of life while it works; at the end, what it has not finished is given back."""
    me = ledger.join()
    ended = threading.Event()
    heart = threading.Thread(target=_beat, args=(ledger.path, me, ended), daemon=True)
    heart.start()
    try:
        yield me
    finally:
        ended.set()
        heart.join()
        ledger.leave(me)


def _beat(path: Path, me: int, ended: threading.Event) -> None:
    """Signs of life, from a thread with a connection of its own."""
    while not ended.wait(LEASE / 5):
        try:
            with Ledger(path) as ledger:
                ledger.beat(me)
        except LedgerError:  # the worker meets it too, where it can be told
            continue


def _compute(ledger: Ledger, work: Work, block: int) -> None:
    """Compute a block and write its rows, or why there are none."""
    try:
        rows = work.run(block)
        numbers = numbers_of(work, block, rows)
    except Exception as fault:  # noqa: BLE001  one bad case does not stop a thousand
        ledger.fail(block, f"{words_of(work, block)}: {reason_of(fault)}")
    else:
        ledger.finish(block, rows, numbers)


def main(words: list[str]) -> int:
    """Work for whoever started this process; returns its exit code."""
    folder, name, batch = Path(words[0]), words[1], int(words[2])
    parent_left = threading.Event()

    def listen() -> None:
        while os.read(sys.stdin.fileno(), 4096):  # past the buffer, whose lock would be held when this process ends
            pass
        parent_left.set()

    threading.Thread(target=listen, daemon=True).start()
    try:
        work = open_work(name, folder)
        with Ledger(folder / LEDGER) as ledger:
            pull(ledger, work, batch, goes_on=lambda: not parent_left.is_set())
    except Exception as fault:  # noqa: BLE001  whoever started it says it
        sys.stderr.write(f"\n{fault if isinstance(fault, LedgerError) else reason_of(fault)}\n")
        return COMPLAINT
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
