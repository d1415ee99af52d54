"""Visits that are repeated at once: attempts of one visit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twin.eventlog.capacity import machine_codes
from twin.eventlog.visits import VisitLog

__all__ = ["repeated_as_attempts"]


def repeated_as_attempts(log: VisitLog) -> VisitLog:
    """Visits of a part that directly follow each other on the same machine, with the same activity, as one visit.

    The first gives its arrival and start, the last its end and outcome; the time between them is part of the visit.
    Rows that repeat each other exactly are left for `cleaned`, which names them.
    """
    if not len(log):
        return log
    rows = np.flatnonzero(~np.isnan(log.start) & ~np.isnan(log.complete))
    order = rows[np.lexsort((log.complete[rows], log.start[rows], log.case.codes[rows]))]
    before, after = order[:-1], order[1:]
    again = log.case.codes[before] == log.case.codes[after]
    machine = machine_codes(log)
    again &= (machine[before] == machine[after]) & (log.activity.codes[before] == log.activity.codes[after])
    again &= (log.start[after] >= log.complete[before]) & (log.complete[after] > log.start[after])
    if not again.any():
        return log
    first = order[np.maximum.accumulate(np.where(np.append(False, again), 0, np.arange(len(order))))]
    attempts = np.zeros(len(log), np.int64)
    np.add.at(attempts, first, log.attempts[order])
    complete, outcome = log.complete.copy(), log.outcome.codes.copy()
    complete[first] = log.complete[order]  # the last one in order of time stands
    outcome[first] = log.outcome.codes[order]
    gone = np.zeros(len(log), bool)
    gone[after[again]] = True
    kept = replace(
        log,
        attempts=np.where(attempts > 0, attempts, log.attempts),
        complete=complete,
        outcome=replace(log.outcome, codes=outcome),
    )
    return kept.noted("taken as another attempt of the visit before", gone).select(~gone)
