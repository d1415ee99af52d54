"""What goes wrong with the file of a ledger, in one sentence each: what is the matter, what is kept, what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scenarios.options import OptionError

__all__ = ["LedgerError", "damaged", "fault", "told"]


class LedgerError(OptionError):
    """A ledger that cannot be used: one sentence with the file, what is the matter and the remedy.

    Example:
        >>> raise LedgerError("ledger 'run/ledger.sqlite': it is empty. Move it away.")
        Traceback (most recent call last):
        scenarios.ledger_faults.LedgerError: ledger 'run/ledger.sqlite': it is empty. Move it away.
    """


_KEPT = "what is finished is kept"
_GO_ON = "then go on with --resume"
_DAMAGED = (
    "the file is damaged, or it is no ledger; it is left as it is",
    "Move it away, " + _GO_ON + ", which computes all anew",
)
_SENTENCES = {
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_FULL: (f"the disk is full; {_KEPT}", f"Free some space, {_GO_ON}"),
    sqlite3.SQLITE_BUSY: (f"another program keeps it locked; {_KEPT}", f"End that program, {_GO_ON}"),
    sqlite3.SQLITE_LOCKED: (f"another program keeps it locked; {_KEPT}", f"End that program, {_GO_ON}"),
    sqlite3.SQLITE_READONLY: (f"it cannot be written; {_KEPT}", f"Allow writing to it and to its folder, {_GO_ON}"),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", f"Check its name and the rights to its folder, {_GO_ON}"),
    sqlite3.SQLITE_IOERR: (f"the disk reports an error; {_KEPT}", f"Check the disk and its free space, {_GO_ON}"),
    sqlite3.SQLITE_PERM: (f"access is denied; {_KEPT}", f"Allow reading and writing, {_GO_ON}"),
}


def damaged(path: Path) -> LedgerError:
    """The error that says that the file is not what was written."""
    return fault(path, *_DAMAGED)


def fault(path: Path, matter: str, remedy: str) -> LedgerError:
    """The error that says it."""
    from twin.errors import shown_path  # noqa: PLC0415  twin needs jax, which takes a second to start

    return LedgerError(f"ledger {shown_path(path)}: {matter}. {remedy}.")


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what SQLite raises inside into a clear sentence.

    Raises:
        LedgerError: SQLite raised.
    """
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        matter, remedy = _SENTENCES.get(
            code & 0xFF if code is not None else -1,  # the low byte is the kind, the others say where it was met
            (f"SQLite reports '{error}'; {_KEPT}", f"Mend that, {_GO_ON}"),
        )
        raise fault(path, matter, remedy) from error
    except UnicodeDecodeError as error:  # of SQLite's own message, which quotes what it met in the file
        raise damaged(path) from error
