"""Worker processes for long work: started, watched, started again when they are killed, and stopped."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from scenarios.ledger import TRIES, Counts, Ledger
from scenarios.work import SweepError
from scenarios.worker import COMPLAINT, is_over

__all__ = ["Crew", "run_workers"]

_GLANCE = 0.05
"""Seconds between two looks at the workers."""

_GRACE = 5.0
"""Seconds that workers get to leave by themselves."""


def run_workers(
    ledger: Ledger,
    folder: Path,
    name: str,
    *,
    workers: int,
    batch: int,
    progress: Callable[[Counts], None] | None = None,
) -> None:
    """Have processes compute all blocks.

    A worker that is killed is started again; the block that it was computing is repeated, by whoever is free. Any
    exception here, Ctrl-C included, ends the workers at once: what they had finished is kept.

    Args:
        ledger: of the work; nothing but the file is shared with the workers.
        folder: the run folder.
        name: "module:function" that opens the work, see `scenarios.work`.
        workers: how many processes.
        batch: how many blocks each takes at a time.
        progress: told the counts about twenty times a second.

    Raises:
        SweepError: workers end before they have finished anything, again and again.
        LedgerError: the ledger cannot be used any more.
    """
    try:
        with Crew(folder, name, workers=workers, batch=batch) as crew:
            while not is_over(counts := ledger.counts()):
                if progress:
                    progress(counts)
                crew.tend(ledger, counts)
                time.sleep(_GLANCE)
    finally:
        ledger.release_dead(blame=False)


class Crew:
    """Worker processes that are kept at their number; a context that ends them.

    Each is a fresh interpreter: nothing is inherited by fork, which hangs JAX, and the script that called needs no
    `if __name__ == "__main__"`. They stand apart from the terminal, so that Ctrl-C reaches this process alone.

    Args:
        folder: the run folder.
        name: "module:function" that opens the work.
        workers: how many there are to be.
        batch: how many blocks each takes at a time.
    """

    def __init__(self, folder: Path, name: str, *, workers: int, batch: int) -> None:
        self._command = [sys.executable, "-P", "-m", "scenarios.worker", str(folder), name, str(batch)]
        self._workers = workers
        self._members: list[tuple[subprocess.Popen[bytes], IO[bytes]]] = []
        self._done, self._deaths = -1, 0

    @property
    def processes(self) -> list[int]:
        """Their process ids."""
        return [process.pid for process, _ in self._members]

    def tend(self, ledger: Ledger, counts: Counts) -> None:
        """Replace those that have died.

        Raises:
            SweepError: too many died since the last block was finished, or one says that it cannot work.
        """
        if counts.done != self._done:
            self._done, self._deaths = counts.done, 0
        for process, errors in list(self._members):
            code = process.poll()
            if code is None:
                continue
            self._members.remove((process, errors))
            _close(process)
            said = _last_line(errors)
            if code == COMPLAINT:
                raise SweepError(said)
            if code != 0:
                ledger.release_dead(process.pid)
                self._bear(code, said)
        while len(self._members) < self._workers:
            self._members.append(self._started())

    def _bear(self, code: int, said: str) -> None:
        """Count a death since the last finished block."""
        self._deaths += 1
        if self._deaths > TRIES * self._workers:
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            raise SweepError(
                f"{self._deaths} workers died one after the other and finished nothing (the last by {how}"
                f"{': ' + said if said else ''}); what was finished before is kept."
                " Mend that, then go on with --resume."
            )

    def _started(self) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
        errors = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as the worker
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)  # noqa: PTH109  as sys.path has it
        process = subprocess.Popen(  # noqa: S603  this interpreter and a module of this package
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=os.environ | {"PYTHONPATH": path},
            start_new_session=True,
        )
        return process, errors

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        patient = kind is None
        for process, _ in self._members:
            _close(process)
            if not patient:
                process.terminate()
        for process, errors in self._members:
            try:
                process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            errors.close()
        self._members.clear()


def _close(process: subprocess.Popen[bytes]) -> None:
    """End a worker's standard input, by which it knows that nobody waits for it any more."""
    if process.stdin:
        with suppress(OSError):
            process.stdin.close()


def _last_line(errors: IO[bytes]) -> str:
    """The last line that a worker wrote to its standard error, which is closed."""
    with errors:
        errors.seek(0)
        lines = errors.read().decode(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else ""
