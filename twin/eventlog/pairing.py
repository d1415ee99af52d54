"""Events as visits: which scheduling, start and completion belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.errors import LogError
from twin.calibrate.stoplog import Note
from twin.errors import shown
from twin.eventlog.files import LogTable
from twin.eventlog.words import Words

__all__ = ["KINDS", "Pairs", "paired"]

KINDS = ("scheduled", "start", "complete")
_MEANINGS = (
    ("schedule", "scheduled", "assign", "assigned", "enqueue", "enqueued", "queue", "queued", "arrive", "arrived",
     "arrival"),
    ("start", "started", "begin", "began", "in_progress", "inprogress", "enter", "entered"),
    ("complete", "completed", "end", "ended", "finish", "finished", "stop", "leave", "left", "ate_abort", "pi_abort"),
)  # fmt: skip
"""Words of the XES lifecycle (IEEE 1849) and of plants, for each of `KINDS`."""


@dataclass(frozen=True)
class Pairs:
    """Events as visits.

    Attributes:
        events: the place of the event of each kind, -1 where there is none [visit, kind].
        first, last: the place of the first and the last event [visit].
        notes: events that were left out.
    """

    events: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    notes: tuple[Note, ...]


def paired(table: LogTable, column: str, keys: Sequence[Words], time: NDArray[np.float64]) -> Pairs:
    """Pairs events.

    Events with the same keys are put in order of time (of the lifecycle, where times are equal); a visit ends where
    the next event is not of a later kind. So a lost event spoils its own visit only.

    Args:
        table: the log.
        column: its lifecycle.
        keys: what the events of one visit have in common.
        time: of each event [s], NaN where it has none.

    Returns:
        The visits, in the order of their first events in the log.

    Raises:
        LogError: when no event begins or ends a visit.
    """
    kind = _kinds(table, column)
    notes = []
    codes = [key.codes for key in keys]
    for what, mask in (
        ("dropped, another event than scheduling, start or completion", kind < 0),
        ("dropped, no time", (kind >= 0) & np.isnan(time)),
    ):
        if mask.any():
            notes.append(Note(what, tuple(table.rows[mask].tolist())))
    order = np.lexsort((kind, time, *reversed(codes)))
    order = order[(kind[order] >= 0) & ~np.isnan(time[order])]
    new = _differs([*codes, time, kind], order)
    if not new.all():
        notes.append(Note("dropped, doubled", tuple(np.sort(table.rows[order[~new]]).tolist())))
        order = order[new]
    sorted_kind = kind[order]
    opens = _differs(codes, order)
    opens[1:] |= sorted_kind[1:] <= sorted_kind[:-1]
    visit = np.cumsum(opens) - 1
    events = np.full((int(visit[-1]) + 1 if len(visit) else 0, len(KINDS)), -1, np.int64)
    events[visit, sorted_kind] = order
    there = events >= 0
    if not there[:, 1].any() or not there[:, 2].any():
        lacking = "starts" if not there[:, 1].any() else "completes"
        words = ", ".join(shown(word) for word in table.words(column).words[:8])
        rule = f"no event {lacking} a visit; column {shown(column)} should say so, and says {words}"
        raise LogError(f"{table.name}: {rule}. Name the right column with --column lifecycle=NAME.")
    first = events[np.arange(len(events)), there.argmax(axis=1)]
    last = events[np.arange(len(events)), len(KINDS) - 1 - there[:, ::-1].argmax(axis=1)]
    by_row = np.argsort(first, kind="stable")
    return Pairs(events[by_row], first[by_row], last[by_row], tuple(notes))


def _kinds(table: LogTable, column: str) -> NDArray[np.int64]:
    """The kind of each event, -1 for others."""
    words = table.words(column)
    meaning = {word: k for k, known in enumerate(_MEANINGS) for word in known}
    kinds = [meaning.get(word.lower().replace(" ", "_"), -1) for word in words.words]
    return np.array([*kinds, -1], np.int64)[words.codes]


def _differs(columns: Sequence[NDArray[Any]], order: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the sorted rows differ from the one before in some column; the first does."""
    found = np.zeros(len(order), bool)
    found[:1] = True
    for column in columns:
        found[1:] |= column[order[1:]] != column[order[:-1]]
    return found
