"""The file of a ledger: what is in it, how it comes to be, and what is refused before anything in it is changed."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from scenarios.ledger_faults import damaged, fault

__all__ = ["connect", "create", "digest", "look", "same_work", "with_own_rows"]

_IDENTITY = 0x4C545744
"""SQLite's application id of a ledger, "LTWD"."""

_SCHEMA = 1
_SMALLEST = 512

_TABLES = (
    "CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE blocks (
        block INTEGER PRIMARY KEY,
        state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'taken', 'done', 'failed')),
        worker INTEGER, since REAL,            -- of a block that is taken
        deaths INTEGER NOT NULL DEFAULT 0,     -- workers that died over it
        reason TEXT,                           -- why it failed
        digest TEXT)                           -- of the rows of a block that is done
    """,
    "CREATE INDEX next_blocks ON blocks (state, deaths, block)",
    "CREATE INDEX taken_blocks ON blocks (worker) WHERE worker IS NOT NULL",
    """CREATE TABLE rows (
        block INTEGER NOT NULL, place INTEGER NOT NULL, number INTEGER UNIQUE, row TEXT NOT NULL,
        PRIMARY KEY (block, place)) WITHOUT ROWID
    """,
    """CREATE TABLE workers (
        worker INTEGER PRIMARY KEY AUTOINCREMENT,
        host TEXT NOT NULL, process INTEGER NOT NULL, born TEXT NOT NULL, beat REAL NOT NULL)
    """,
)


def connect(path: Path, wait: float) -> sqlite3.Connection:
    """A connection without hidden transactions; the file is created when there is none."""
    connection = sqlite3.connect(path, timeout=wait, isolation_level=None)
    connection.text_factory = lambda text: text.decode(errors="replace")  # a damaged text is told by its digest
    return connection


def create(path: Path, *, work: str, blocks: int, wait: float) -> None:
    """Make a new ledger where there is no file or an empty one, at once or not at all.

    Raises:
        LedgerError: it is smaller than anything of SQLite's, which would take it for empty.
    """
    if path.is_file() and 0 < path.stat().st_size < _SMALLEST:
        raise damaged(path)
    connection = connect(path, wait)
    try:
        if _nature(connection) != (0, 0, 0):
            return
        connection.execute("BEGIN IMMEDIATE")
        if _nature(connection) == (0, 0, 0):  # nobody else was faster
            for statement in _TABLES:
                connection.execute(statement)
            connection.executemany("INSERT INTO about VALUES (?, ?)", (("work", work), ("blocks", str(blocks))))
            connection.executemany("INSERT INTO blocks (block) VALUES (?)", ((block,) for block in range(blocks)))
            connection.execute(f"PRAGMA application_id = {_IDENTITY}")
            connection.execute(f"PRAGMA user_version = {_SCHEMA}")
        connection.execute("COMMIT")
    finally:
        connection.close()


def look(path: Path, connection: sqlite3.Connection) -> None:
    """Refuse what is not a ledger of this version, before anything is changed; then prepare the connection.

    Readers and a writer may be there at a time (a write-ahead log), and nothing written is lost with the power.

    Raises:
        LedgerError: it is something else, or of a newer version.
    """
    identity, version, tables = _nature(connection)
    if identity != _IDENTITY:
        matter = "it is an SQLite file of another program" if tables else "it is empty"
        raise fault(path, f"{matter}; it is left as it is", "Move it away, or name another folder")
    if version > _SCHEMA:
        matter = f"it was written by a newer linetwin (schema {version}; this one reads {_SCHEMA})"
        raise fault(path, f"{matter}; it is left as it is", "Go on with that linetwin")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def same_work(path: Path, connection: sqlite3.Connection, *, work: str, blocks: int) -> None:
    """Refuse the ledger of other work, and a damaged one.

    Raises:
        LedgerError: it is one of these.
    """
    about = dict(connection.execute("SELECT key, value FROM about").fetchall())
    if (about.get("work"), about.get("blocks")) != (work, str(blocks)):
        remedy = "Give what it was begun with, or begin in another folder"
        raise fault(path, "it belongs to other work; it is left as it is", remedy)
    if connection.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
        raise damaged(path)


def with_own_rows(connection: sqlite3.Connection) -> None:
    """Inside a transaction: blocks whose rows are not those that were written are pending again."""
    written: dict[int, list[tuple[int, int, int | None, str]]] = {}
    for case in connection.execute("SELECT block, place, number, row FROM rows ORDER BY block, place"):
        written.setdefault(case[0], []).append(case)
    done = dict(connection.execute("SELECT block, digest FROM blocks WHERE state = 'done'").fetchall())
    for block in done.keys() | written.keys():
        if done.get(block) != digest(written.get(block, [])):
            connection.execute("DELETE FROM rows WHERE block = ?", (block,))
            connection.execute("UPDATE blocks SET state = 'pending', digest = NULL WHERE block = ?", (block,))


def digest(cases: Sequence[tuple[int, int, int | None, str]]) -> str:
    """Sha256 of the rows of a block: (block, place, number, row) each."""
    return hashlib.sha256(repr([tuple(case) for case in cases]).encode()).hexdigest()


def _nature(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """Whose file it is, the version of its schema, how many tables it has."""
    queries = ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
    identity, version, tables = (int(connection.execute(query).fetchone()[0]) for query in queries)
    return identity, version, tables
