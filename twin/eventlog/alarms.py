"""Alarms of machines: when each was raised, how serious it is and what it says."""

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
from twin.eventlog.files import LogTable
from twin.eventlog.instants import instants
from twin.eventlog.meanings import plain
from twin.eventlog.opening import open_log
from twin.eventlog.roles import roles_of
from twin.eventlog.states import noted
from twin.eventlog.words import Words, words_of

__all__ = ["QUIET", "AlarmLog", "read_alarms"]

QUIET = frozenset(
    {"normal", "armed", "ok", "off", "clear", "cleared", "inactive", "reset", "gone", "info", "unavailable", "0"}
)
"""Levels at which nothing is raised: what was raised before is over, or nobody looked."""
_GRAVE = frozenset({"fault", "triggered", "error", "critical", "failure", "emergency", "fatal", "alarm", "abort"})
_ROLES = ("machine", "station", "time", "level", "alarm")
_SPARE = ("code", "item", "channel", "source")


@dataclass(frozen=True)
class AlarmLog:
    """Alarms in order of time.

    Attributes:
        name: the file's name.
        machine: the machine of each [row].
        moment: when it was raised [s since 1970] [row].
        level: how serious it is, as the log says [row].
        text: what it says; its code or channel where the log has no text [row].
        rows: its row in the file [row].
        zone: time zone of the moments, see `Instants`.
        notes: what was left out.
    """

    name: str
    machine: Words
    moment: NDArray[np.float64]
    level: Words
    text: Words
    rows: NDArray[np.int64]
    zone: str = ""
    notes: tuple[Note, ...] = ()

    @property
    def rank(self) -> NDArray[np.int8]:
        """0 where nothing is raised, 1 for a warning, 2 for a fault [row]."""
        ranks = [0 if plain(word) in QUIET else 2 if plain(word) in _GRAVE else 1 for word in self.level.words]
        return np.array([*ranks, 1], np.int8)[self.level.codes]

    def select(self, rows: NDArray[Any]) -> AlarmLog:
        """Some of the alarms (places or a mask)."""
        words = {key: getattr(self, key).select(rows) for key in ("machine", "level", "text")}
        return replace(self, moment=self.moment[rows], rows=self.rows[rows], **words)


def read_alarms(
    path: str | Path, columns: Mapping[str, str] | None = None, *, date_format: str | None = None
) -> AlarmLog:
    """Reads a log of alarms.

    Args:
        path: CSV (plain or gzip) or Parquet.
        columns: role -> column for "machine", "time", "level", "alarm"; the rest is guessed from names. Without a
            machine all belong to one; without a level all are warnings.
        date_format: "year-month-day", "day.month.year" or "month/day/year"; None finds it out.

    Returns:
        The alarms in order of time; rows without a moment or a machine are left out and noted.

    Raises:
        LogError: when the file cannot be read or has no column of moments or of texts, or no usable row.
    """
    file = open_log(path)
    found = roles_of(file, _ROLES, columns)
    spare = [one for name in _SPARE for one in file.columns if plain(one) == name and one not in found.values()]
    for role, what in (("time", "moment"), ("alarm", "text or code")):
        if role not in found:
            names = ", ".join(shown(name) for name in file.columns[:12])
            rule = f"no column looks like the {what} of an alarm; the columns are {names}"
            raise LogError(f'{file.name}: {rule}. Name it with columns={{"{role}": ...}}.')
    table = file.read([*found.values(), *spare])
    place = found.get("machine") or found.get("station")
    n = len(table.rows)
    one = Words(np.zeros(n, np.int32), ("machine",))
    machine = table.words(place) if place else one
    level = table.words(found["level"]) if "level" in found else Words(np.full(n, -1, np.int32), ())
    moment = instants(table, found["time"], date_format=date_format)
    log = AlarmLog(
        table.name, machine, moment.seconds, level, _texts(table, [found["alarm"], *spare]), table.rows, moment.zone
    )
    faults = {
        "left out, no moment": np.isnan(log.moment),
        "left out, no machine": log.machine.blank,
        "left out, no text": log.text.blank & (log.rank > 0),
    }
    bad = np.logical_or.reduce(list(faults.values()))
    if bad.all():
        raise LogError(f"{table.name}: no row has a moment, a machine and a text; an alarm needs all. Export it again.")
    notes = [noted(what, log.rows[mask]) for what, mask in faults.items() if mask.any()]
    if table.malformed:
        notes.append(Note("left out, too few or too many cells", table.malformed))
    log = log.select(~bad)
    return replace(log.select(np.argsort(log.moment, kind="stable")), notes=tuple(notes))


def _texts(table: LogTable, names: list[str]) -> Words:
    """The text of each row, from the first column that has one."""
    columns = [table.words(name) for name in names]
    said = columns[0]
    for other in columns[1:]:
        fill = said.blank & ~other.blank
        if fill.any():
            said = words_of([other[k] if fill[k] else said[k] for k in range(len(said))])
    return said
