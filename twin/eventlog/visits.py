"""A log of visits: which part was at which station, from when to when, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.errors import LogError
from twin.calibrate.stoplog import Note
from twin.errors import shown
from twin.eventlog.durations import duration
from twin.eventlog.files import LogTable
from twin.eventlog.instants import Instants, instants, same_zone
from twin.eventlog.names import renamed
from twin.eventlog.opening import open_log
from twin.eventlog.pairing import KINDS, paired
from twin.eventlog.roles import roles_of
from twin.eventlog.words import Words

__all__ = ["ROLES", "VisitLog", "read_visits"]

Array = NDArray[np.float64]
DAY = 86400.0
_MOST_ATTEMPTS = 1000

ROLES = (
    "case", "lifecycle", "start", "complete", "scheduled", "time", "station", "machine", "activity", "product",
    "outcome", "instance", "attempts", "planned", "replication",
)  # fmt: skip
"""What a column of an event log can be."""

_WORDS = ("case", "station", "machine", "activity", "product", "outcome")


@dataclass(frozen=True)
class VisitLog:
    """Visits, in the order of the log.

    Attributes:
        name: the file's name.
        case, station, machine, activity, product, outcome: words [visit]; blank where the log has none.
        scheduled, start, complete: moments [s since 1970, or since the log's start], NaN where unknown [visit].
        attempts: how often the visit was tried, 1 where the log does not say [visit].
        planned: planned time [s], NaN where unknown [visit].
        rows: the row of the file that each visit begins with [visit].
        columns: role -> column.
        zone: of the times, see `Instants`.
        notes: what was left out, changed or is doubtful.
    """

    name: str
    case: Words
    station: Words
    machine: Words
    activity: Words
    product: Words
    outcome: Words
    scheduled: Array
    start: Array
    complete: Array
    attempts: NDArray[np.int64]
    planned: Array
    rows: NDArray[np.int64]
    columns: Mapping[str, str]
    zone: str = ""
    notes: tuple[Note, ...] = ()

    def __len__(self) -> int:
        """Number of visits."""
        return len(self.start)

    @property
    def time(self) -> Array:
        """From start to completion [s]."""
        return self.complete - self.start

    @property
    def arrived(self) -> Array:
        """When the part arrived: as scheduled, at the start where that is not logged [visit]."""
        return np.where(np.isnan(self.scheduled), self.start, self.scheduled)

    @property
    def day(self) -> NDArray[np.int64]:
        """Day of the start: since 1970, or since the log's start [visit]; -1 where there is no start."""
        return np.where(np.isnan(self.start), -1, np.nan_to_num(self.start) // DAY).astype(np.int64)

    def place_in(self, stations: Sequence[str]) -> NDArray[np.int64]:
        """The place of each visit's station among these, -1 where it is not one of them [visit]."""
        places = {name: k for k, name in enumerate(stations)}
        return np.array([*(places.get(word, -1) for word in self.station.words), -1], np.int64)[self.station.codes]

    def select(self, rows: NDArray[Any]) -> VisitLog:
        """Some visits (places or a mask)."""
        new = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, Words):
                new[one.name] = value.select(rows)
            elif isinstance(value, np.ndarray):
                new[one.name] = value[rows]
        return replace(self, **new)

    def noted(self, what: str, rows: NDArray[Any], seconds: float = 0.0) -> VisitLog:
        """The log with one more note, on some of its visits; the same where there are none."""
        numbers = np.sort(self.rows[rows])
        if not len(numbers):
            return self
        return replace(self, notes=(*self.notes, Note(what, tuple(numbers.tolist()), seconds)))

    def without(self, mask: NDArray[np.bool_], what: str) -> VisitLog:
        """The log without the visits for which `mask` is true, with a note why."""
        return self.noted(f"dropped, {what}", mask).select(~mask) if mask.any() else self

    @property
    def good(self) -> NDArray[np.bool_]:
        """Which visits ended well, as far as the log says: no word for scrap or failure [visit]."""
        return ~_said(self.outcome, _BAD)

    @property
    def good_or_scrapped(self) -> NDArray[np.bool_]:
        """Which visits were worked to their end: good and scrapped ones, no failures and no aborted ones [visit]."""
        return self.good | self.scrapped

    @property
    def scrapped(self) -> NDArray[np.bool_]:
        """Which visits ended in scrap [visit]."""
        return _said(self.outcome, _SCRAP)


_SCRAP = ("scrap", "scrapped", "nok", "nio", "n.i.o.", "reject", "rejected", "bad", "ng", "fail", "failed", "true", "1")
_BAD = (*_SCRAP, "failure", "error", "aborted", "abort", "cancelled", "canceled", "rework", "ate_abort", "pi_abort")


def _said(outcome: Words, words: Sequence[str]) -> NDArray[np.bool_]:
    told = np.array([word.lower() in words for word in outcome.words] + [False], bool)
    return told[outcome.codes]


def read_visits(
    path: str | Path, *, columns: Mapping[str, str] | None = None, date_format: str | None = None
) -> VisitLog:
    """Reads an event log: one row a visit with its moments, or one row an event with its lifecycle.

    Nothing is judged here but what cannot be a visit: see `cleaned` for contradictions.

    Args:
        path: CSV, Parquet or XES.
        columns: role (see `ROLES`) -> column; the rest is found by name.
        date_format: see `instants`.

    Returns:
        The visits.

    Raises:
        LogError: when the file cannot be read or is no event log, in one sentence with the remedy.
    """
    file = open_log(path)
    found = roles_of(file, ROLES, columns)
    _needed(file.name, file.columns, found)
    table = file.read(list(found.values()))
    log = _wide(table, found, date_format) if "start" in found else _long(table, found, date_format)
    if table.malformed:
        log = replace(log, notes=(Note("dropped, too many or too few cells", table.malformed), *log.notes))
    return _usable(_one_replication(log, table, found))


def _needed(name: str, columns: Sequence[str], found: Mapping[str, str]) -> None:
    """That there is a case, a station or activity, and moments of beginning and end."""
    there = ", ".join(shown(one) for one in columns[:12]) + (", ..." if len(columns) > 12 else "")
    if "case" not in found:
        rule = f"no column tells which part an event belongs to; the columns are {there}"
        raise LogError(f"{name}: {rule}. Name it with --column case=NAME.")
    if "station" not in found and "activity" not in found:
        rule = f"no column tells the station, resource or activity; the columns are {there}"
        raise LogError(f"{name}: {rule}. Name it with --column station=NAME.")
    if "start" in found and "complete" in found:
        return
    if "time" not in found or "lifecycle" not in found:
        rule = f"a visit has a start and an end, in two columns or as events with a lifecycle; the columns are {there}"
        raise LogError(f"{name}: {rule}. Name them with --column start=NAME --column complete=NAME.")


def _wide(table: LogTable, found: Mapping[str, str], date_format: str | None) -> VisitLog:
    """One row a visit."""
    moments = {
        role: instants(table, found[role], date_format=date_format)
        for role in ("scheduled", "start", "complete")
        if role in found
    }
    return _made(table, found, np.arange(len(table.rows)), moments, same_zone(table, moments))


def _long(table: LogTable, found: Mapping[str, str], date_format: str | None) -> VisitLog:
    """One row an event; the words of a visit are those of its first event, its outcome that of its last."""
    time = instants(table, found["time"], date_format=date_format)
    keys = [table.words(found[role]) for role in ("case", "instance") if role in found]
    if "instance" not in found:
        keys += [table.words(found[role]) for role in ("station", "activity") if role in found]
    pairs = paired(table, found["lifecycle"], keys, time.seconds)
    moments = {
        role: Instants(np.append(time.seconds, np.nan)[pairs.events[:, k]], time.zone) for k, role in enumerate(KINDS)
    }
    log = _made(table, found, pairs.first, moments, time.zone)
    if "outcome" in found:
        log = replace(log, outcome=table.words(found["outcome"]).select(pairs.last))
    return replace(log, notes=(*pairs.notes, *log.notes))


def _made(
    table: LogTable, found: Mapping[str, str], rows: NDArray[Any], moments: Mapping[str, Instants], zone: str
) -> VisitLog:
    """The visits whose words stand in these rows of a table."""
    blank = Words(np.full(len(rows), -1, np.int32), ())
    words = {role: table.words(found[role]).select(rows) if role in found else blank for role in _WORDS}
    if "station" not in found:
        words["station"] = words["activity"]
    unknown = np.full(len(rows), np.nan)
    scheduled, start, complete = (moments[role].seconds if role in moments else unknown for role in KINDS)
    attempts, notes = _attempts(table, found, rows)
    for role in ("station", "product"):
        words[role], more = renamed(table.name, words[role], table.rows[rows])
        notes += more
    return VisitLog(
        table.name, **words, scheduled=scheduled, start=start, complete=complete,
        attempts=attempts,
        planned=_numbers(table, found, "planned", rows), rows=table.rows[rows], columns=dict(found), zone=zone,
        notes=notes,
    )  # fmt: skip


def _attempts(
    table: LogTable, found: Mapping[str, str], rows: NDArray[Any]
) -> tuple[NDArray[np.int64], tuple[Note, ...]]:
    """How often each visit was tried, and a note on cells that do not tell."""
    if "attempts" not in found:
        return np.ones(len(rows), np.int64), ()
    number = _numbers(table, found, "attempts", rows)
    odd = ~((number >= 1) & (number <= _MOST_ATTEMPTS) & (number == np.floor(number)))
    said = odd & ~table.words(found["attempts"]).select(rows).blank
    note = Note(f"taken as 1 attempt, none from 1 to {_MOST_ATTEMPTS} is told", tuple(table.rows[rows[said]].tolist()))
    return np.where(odd, 1.0, number).astype(np.int64), (note,) if said.any() else ()


def _numbers(table: LogTable, found: Mapping[str, str], role: str, rows: NDArray[Any]) -> Array:
    """A column of numbers or durations, NaN where it holds none."""
    if role not in found:
        return np.full(len(rows), np.nan)
    words = table.words(found[role]).select(rows)
    return np.append([duration(word) for word in words.words], np.nan)[words.codes]


def _one_replication(log: VisitLog, table: LogTable, found: Mapping[str, str]) -> VisitLog:
    """Of a simulated trace, the first replication: others happened at the same time."""
    if "replication" not in found:
        return log
    own = table.words(found["replication"])
    first = min(own.words, key=lambda word: (len(word), word), default="")
    others = ~own.where(first)
    return log.without(others, f"another replication than {first}") if others.any() else log


def _usable(log: VisitLog) -> VisitLog:
    """The log without rows that name no part or no station, or hold no moment at all."""
    empty = log.case.blank & log.station.blank & np.isnan(log.start) & np.isnan(log.complete)
    log = log.select(~empty)  # blank lines
    log = log.without(log.case.blank, "no case")
    log = log.without(log.station.blank, "no station")
    if not len(log):
        raise LogError(f"{log.name}: no row names both a part and a station; a visit has both. Export the log again.")
    return log
