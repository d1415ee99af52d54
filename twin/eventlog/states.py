"""States of machines: what each did from when to when, with what was left out and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.errors import LogError
from twin.calibrate.stoplog import Note
from twin.errors import shown
from twin.eventlog.files import LogFile, LogTable
from twin.eventlog.instants import instants, same_zone
from twin.eventlog.opening import open_log
from twin.eventlog.roles import roles_of
from twin.eventlog.words import Words

__all__ = ["StateLog", "noted", "read_states"]

FAR = 180 * 86400.0
"""A few rows apart from all others by more than this [s] are a fault of the clock."""
_FEW = 0.01
_TOUCH = 1e-3
_ROLES = ("machine", "station", "state", "start", "complete", "time", "mode", "program", "missing")


@dataclass(frozen=True)
class StateLog:
    """States of machines, those of one machine in order of time and without overlaps.

    Attributes:
        name: the file's name.
        machine: the machine of each interval [row].
        state: its state, as the log says [row].
        start, end: when it began and ended [s since 1970] [row].
        rows: its row in the file [row].
        mode: the mode of the controller at the start [row], or None.
        program: the program that was loaded [row], or None.
        missing: days inside the interval that the log lacks, so that it may be another one [row].
        zone: time zone of the moments, see `Instants`.
        notes: what was left out.
    """

    name: str
    machine: Words
    state: Words
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    rows: NDArray[np.int64]
    mode: Words | None
    program: Words | None
    missing: NDArray[np.float64]
    zone: str = ""
    notes: tuple[Note, ...] = ()

    def select(self, rows: NDArray[Any]) -> StateLog:
        """Some of the intervals (places or a mask)."""
        words = {
            key: None if (column := getattr(self, key)) is None else column.select(rows)
            for key in ("machine", "state", "mode", "program")
        }
        numbers = {key: getattr(self, key)[rows] for key in ("start", "end", "rows", "missing")}
        return replace(self, **words, **numbers)


def read_states(
    path: str | Path, columns: Mapping[str, str] | None = None, *, date_format: str | None = None
) -> StateLog:
    """Reads a log of states.

    What cannot be used is left out and noted by row: no state, machine, start or end; no length; an end before the
    start; exact duplicates; moments far from all others; of overlapping intervals of one machine the fewest that
    leave the rest without overlaps.

    Args:
        path: CSV (plain or gzip) or Parquet.
        columns: role -> column for "machine", "state", "start", "complete" (the end), "time", "mode", "program" and
            "missing" (days inside the interval that the log lacks); the rest is guessed from names. Without a machine
            all belong to one. Without a start and an end, each state lasts from its "time" to the next.
        date_format: "year-month-day", "day.month.year" or "month/day/year"; None finds it out.

    Returns:
        The intervals.

    Raises:
        LogError: when the file cannot be read, lacks a column that is needed, or has no usable row.
    """
    file = open_log(path)
    found = _columns(file, columns)
    table = file.read(list(found.values()))
    n = len(table.rows)
    begin = instants(table, found.get("start") or found["time"], date_format=date_format)
    place = found.get("machine") or found.get("station")
    log = StateLog(
        table.name,
        table.words(place) if place else Words(np.zeros(n, np.int32), ("machine",)),
        table.words(found["state"]),
        begin.seconds,
        np.full(n, np.nan),
        table.rows,
        table.words(found["mode"]) if "mode" in found else None,
        table.words(found["program"]) if "program" in found else None,
        _numbers(table, found["missing"]) if "missing" in found else np.zeros(n),
        begin.zone,
    )
    if "complete" in found:
        end = instants(table, found["complete"], date_format=date_format)
        same_zone(table, {found.get("start") or found["time"]: begin, found["complete"]: end})
        log = replace(log, end=end.seconds)
    else:
        log = replace(log, end=_next_start(log))
    notes = [Note("left out, too few or too many cells", table.malformed)] if table.malformed else []
    return _usable(log, notes)


def noted(what: str, rows: NDArray[np.int64], seconds: float = 0.0) -> Note:
    """A note on some rows."""
    return Note(what, tuple(int(row) for row in np.sort(rows)), seconds)


def _columns(file: LogFile, columns: Mapping[str, str] | None) -> dict[str, str]:
    """The column of each role; a start and an end, or a single moment."""
    found = roles_of(file, _ROLES, columns)
    needed = {"state": "state" not in found, "start": "start" not in found and "time" not in found}
    needed["complete"] = "start" in found and "complete" not in found
    for role, lacking in needed.items():
        if lacking:
            names = ", ".join(shown(name) for name in file.columns[:12])
            what = {"complete": "end"}.get(role, role)
            rule = f"no column looks like the {what} of a state; the columns are {names}"
            raise LogError(f'{file.name}: {rule}. Name it with columns={{"{role}": ...}}.')
    if "start" in found:
        found.pop("time", None)
    return found


def _numbers(table: LogTable, column: str) -> NDArray[np.float64]:
    """A column of numbers; blank is 0."""
    words = table.words(column)
    values = []
    for word in words.words:
        try:
            values.append(float(word))
        except ValueError:
            row = int(np.flatnonzero(words.where(word))[0])
            raise table.fault(row, column, "is no number of days", "Correct the cell") from None
    return np.array([*values, 0.0])[words.codes]


def _next_start(log: StateLog) -> NDArray[np.float64]:
    """The end of each state where a log only says when it begins: the next one of the machine; the last has none."""
    order = np.lexsort((log.start, log.machine.codes))
    end = np.full(len(order), np.nan)
    same = log.machine.codes[order[:-1]] == log.machine.codes[order[1:]]
    end[order[:-1][same]] = log.start[order[1:][same]]
    return end


def _usable(log: StateLog, notes: list[Note]) -> StateLog:
    """The log without what cannot be used, in order of machine and time."""
    for what, fault in (
        ("left out, no state", lambda log: log.state.blank),
        ("left out, no machine", lambda log: log.machine.blank),
        ("left out, no start", lambda log: np.isnan(log.start)),
        ("left out, no end", lambda log: np.isnan(log.end)),
        ("left out, no length", lambda log: log.end == log.start),
        ("left out, ends before it starts (a clock that runs backwards)", lambda log: log.end < log.start),
        ("left out, the same as another row", _twice),
        ("left out, its date is far from all others (a clock fault)", _far),
        ("left out, overlaps other states of its machine", _overlapping),
    ):
        bad = fault(log)
        if bad.any():
            notes.append(noted(what, log.rows[bad]))
            log = log.select(~bad)
        if not len(log.rows):
            why = notes[-1].text
            raise LogError(
                f"{log.name}: no row can be used ({why}); a state has a start and a later end. Export it again."
            )
    order = np.lexsort((log.start, log.machine.codes))
    return replace(log.select(order), notes=tuple(notes))


def _twice(log: StateLog) -> NDArray[np.bool_]:
    """Rows that say what an earlier one says."""
    keys = np.stack([log.machine.codes, log.state.codes, log.start, log.end], axis=1)
    bad = np.ones(len(keys), bool)
    bad[np.unique(keys, axis=0, return_index=True)[1]] = False
    return bad


def _far(log: StateLog) -> NDArray[np.bool_]:
    """Rows that begin more than `FAR` from where nearly all rows do, or end years after all others begin."""
    order = np.argsort(log.start)
    group = np.zeros(len(order), np.int64)
    group[order] = np.cumsum(np.append(0, np.diff(log.start[order]) > FAR))
    bad = np.bincount(group)[group] < _FEW * len(group)
    if bad.all():
        return np.zeros(len(bad), bool)
    return bad | (log.end > log.start[~bad].max() + 4 * FAR)


def _overlapping(log: StateLog) -> NDArray[np.bool_]:
    """The fewest rows without which no two states of a machine overlap.

    Of intervals in order of their ends, each that begins after the last one kept is kept (the greedy solution of
    interval scheduling, which is optimal; Kleinberg, Tardos, Algorithm Design, 2006, section 4.1).
    """
    bad = np.zeros(len(log.rows), bool)
    for code in np.unique(log.machine.codes):
        own = np.flatnonzero(log.machine.codes == code)
        ends = sorted((float(log.end[row]), -float(log.start[row]), int(row)) for row in own)
        until = -np.inf
        for end, start, row in ends:
            if -start >= until - _TOUCH:
                until = end
            else:
                bad[row] = True
    return bad
