"""The ledger of long work: which blocks are pending, taken or done, and the rows of the latter, in one SQLite file.

A block and its rows are written in one transaction, so a process may be killed at any moment: what it had finished is
there, and what it had taken goes back to the pending ones. The rows hold no times and no
names, so the finished table does not tell who computed what, when, or how often it was tried.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from scenarios.ledger_faults import LedgerError, fault, told
from scenarios.ledger_file import connect, create, digest, look, same_work, with_own_rows
from scenarios.living import born, here, is_gone

__all__ = ["LEASE", "TRIES", "Counts", "Ledger", "LedgerError"]

LEASE = 60.0
"""Seconds without a sign of life after which a worker on another host counts as dead."""

TRIES = 5
"""Workers that may die over a block before it counts as the cause."""

_WAIT = 60.0


class Counts(NamedTuple):
    """How many blocks are in which state."""

    pending: int
    taken: int
    done: int
    failed: int

    @property
    def total(self) -> int:
        """All blocks."""
        return sum(self)

    @property
    def open(self) -> int:
        """Blocks that are neither done nor failed."""
        return self.pending + self.taken


class Ledger:
    """An open ledger, for one thread of one process; use it as a context, or close it.

    Args:
        path: of the file.
        wait: seconds to wait for others that write, before it counts as locked.

    Raises:
        LedgerError: (every method) the file is missing, damaged, something else, of a newer version, full or locked.
    """

    def __init__(self, path: Path, *, wait: float = _WAIT) -> None:
        if not path.is_file():
            raise fault(path, "there is no such file", "Begin the work, without --resume")
        self.path = path
        with told(path):
            self._connection = connect(path, wait)
            try:
                look(path, self._connection)
            except BaseException:
                self._connection.close()
                raise

    @classmethod
    def begin(cls, path: Path, *, work: str, blocks: int, wait: float = _WAIT) -> Self:
        """The ledger of a work: the one that is there, checked, or a new one with all blocks pending.

        Blocks whose rows are not those that were written (a damaged disk) are pending again.

        Args:
            path: of the file.
            work: names the work; that of a ledger which is there must be the same.
            blocks: how many there are, numbered from 0.
            wait: as above.

        Raises:
            LedgerError: as above, or it belongs to other work.
        """
        with told(path):
            create(path, work=work, blocks=blocks, wait=wait)
        ledger = cls(path, wait=wait)
        try:
            with told(path):
                same_work(path, ledger._connection, work=work, blocks=blocks)
            with ledger._writing():
                with_own_rows(ledger._connection)
        except BaseException:
            ledger.close()
            raise
        return ledger

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what is written stays."""
        self._connection.close()

    def join(self) -> int:
        """A number for this process as a worker."""
        with self._writing():
            identity = (here(), os.getpid(), born(os.getpid()) or "", time.time())
            found = self._connection.execute(
                "INSERT INTO workers (host, process, born, beat) VALUES (?, ?, ?, ?) RETURNING worker", identity
            )
            return int(found.fetchone()[0])

    def beat(self, worker: int) -> None:
        """Give a sign of life, for those on other hosts; at least three times in `LEASE`."""
        with self._writing():
            self._is_alive(worker)

    def take(self, worker: int, most: int = 1) -> list[int]:
        """Take pending blocks, in the order in which they are to be computed; none when all are taken, done or failed.

        Blocks over which workers died come last. No two workers get the same block. When nothing is pending, blocks of
        workers that died meanwhile are given back first.
        """
        for _ in range(2):
            with self._writing():
                found = self._connection.execute(
                    "SELECT block FROM blocks WHERE state = 'pending' ORDER BY deaths, block LIMIT ?", (most,)
                )
                blocks = [int(block) for (block,) in found]
                self._is_alive(worker)
                self._connection.executemany(
                    "UPDATE blocks SET state = 'taken', worker = ?, since = ? WHERE block = ?",
                    [(worker, time.time(), block) for block in blocks],
                )
            if blocks or not self.release_dead():
                return blocks
        return []

    def finish(self, block: int, rows: Sequence[str], numbers: Sequence[int] | None = None) -> bool:
        """Write a block that is done with its rows, all or nothing.

        Args:
            block: its number.
            rows: one text per case.
            numbers: of the cases, when they do not stand in the order of the blocks.

        Returns:
            False when somebody else had finished it already: then nothing is written.

        Raises:
            LedgerError: as above, or a case is in another block too.
        """
        with self._writing():
            (state,) = self._connection.execute("SELECT state FROM blocks WHERE block = ?", (block,)).fetchone()
            if state == "done":
                return False
            cases = [(block, place, numbers[place] if numbers else None, row) for place, row in enumerate(rows)]
            try:
                self._connection.executemany("INSERT INTO rows VALUES (?, ?, ?, ?)", cases)
            except sqlite3.IntegrityError:
                raise fault(self.path, f"a case of block {block} is in another block too", "Mend the work") from None
            self._connection.execute(
                "UPDATE blocks SET state = 'done', worker = NULL, since = NULL, reason = NULL, digest = ?"
                " WHERE block = ?",
                (digest(cases), block),
            )
        return True

    def fail(self, block: int, reason: str) -> None:
        """Write that a block cannot be computed, unless it is done."""
        with self._writing():
            self._connection.execute(
                "UPDATE blocks SET state = 'failed', worker = NULL, since = NULL, reason = ?"
                " WHERE block = ? AND state != 'done'",
                (reason, block),
            )

    def leave(self, worker: int) -> None:
        """Give back what a worker has taken and not finished; nobody died."""
        with self._writing():
            self._give_back(worker)

    def release_dead(self, process: int | None = None, *, blame: bool = True) -> int:
        """Give back what dead workers had taken.

        A worker of this host is dead when its process is gone, one of another host (or of this process, which may have
        been unable to write that it left) when it gave no sign of life for `LEASE` seconds. The block that it was
        computing has a death more; with `TRIES` of them it has failed.

        Args:
            process: id of a process of this host that is known to have ended, for systems that do not tell.
            blame: whether the block has a death more; not when workers were ended on purpose.

        Returns:
            How many blocks are pending or failed now that were not before.
        """
        with told(self.path):
            holders = self._connection.execute(
                "SELECT worker, host, process, born, beat FROM workers"
                " WHERE worker IN (SELECT worker FROM blocks WHERE worker NOT NULL)"
            ).fetchall()
        freed = 0
        for worker, host, pid, began, beat in holders:
            gone = (host, pid) == (here(), process) or is_gone(host, pid, began)
            unsure = gone is None or (host, pid) == (here(), os.getpid())  # of an earlier sweep of this very process
            if gone or (unsure and time.time() - beat > LEASE):
                with self._writing():
                    self._connection.execute(
                        "UPDATE blocks SET deaths = deaths + ? WHERE block ="
                        " (SELECT block FROM blocks WHERE worker = ? ORDER BY deaths, block LIMIT 1)",
                        (int(blame), worker),
                    )
                    freed += self._give_back(worker)
        return freed

    def retry(self) -> None:
        """Make the failed blocks pending again, and forget who died over them."""
        with self._writing():
            self._connection.execute(
                "UPDATE blocks SET state = 'pending', deaths = 0, reason = NULL WHERE state = 'failed'"
            )

    def counts(self) -> Counts:
        """How many blocks are pending, taken, done and failed."""
        with told(self.path):
            found = dict(self._connection.execute("SELECT state, count(*) FROM blocks GROUP BY state").fetchall())
        return Counts(*(found.get(state, 0) for state in Counts._fields))

    def failures(self) -> list[tuple[int, str]]:
        """Failed blocks, and why."""
        with told(self.path):
            return self._connection.execute(
                "SELECT block, reason FROM blocks WHERE state = 'failed' ORDER BY block"
            ).fetchall()

    def rows(self) -> list[str]:
        """The rows of all blocks that are done, in the order of their cases."""
        with told(self.path):
            found = self._connection.execute("SELECT row FROM rows ORDER BY number, block, place")
            return [row for (row,) in found]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction: everything inside, or nothing."""
        with told(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _is_alive(self, worker: int) -> None:
        """Inside a transaction: a sign of life, also of a worker that was thought dead."""
        identity = (worker, here(), os.getpid(), born(os.getpid()) or "", time.time())
        self._connection.execute(
            "INSERT INTO workers (worker, host, process, born, beat) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (worker) DO UPDATE SET beat = excluded.beat",
            identity,
        )

    def _give_back(self, worker: int) -> int:
        """Inside a transaction: a worker's blocks are pending again, or failed when too many died over them."""
        freed = self._connection.execute(
            "UPDATE blocks SET worker = NULL, since = NULL, state = iif(deaths < ?, 'pending', 'failed'),"
            " reason = iif(deaths < ?, NULL, 'it ended the process that computed it ' || deaths || ' times')"
            " WHERE worker = ?",
            (TRIES, TRIES, worker),
        ).rowcount
        self._connection.execute("DELETE FROM workers WHERE worker = ?", (worker,))
        return freed
