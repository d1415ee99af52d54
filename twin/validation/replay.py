"""Lead times replayed: each part goes its own way again, with times, waits and moves drawn from what was learned.

Who waits for whom is not modelled: waits are those of the days learned from, whatever the load.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.eventlog.visits import VisitLog
from twin.learn.backoff import TimesModel
from twin.learn.learn import next_arrivals
from twin.learn.model import VisitModel

__all__ = ["lead_times", "replayed_ranks"]

Array = NDArray[np.float64]


def lead_times(log: VisitLog) -> tuple[NDArray[np.int64], Array, NDArray[np.int64]]:
    """Parts: their codes, lead times [s] (first arrival to last completion), and days of the end."""
    cases = np.unique(log.case.codes).astype(np.int64)
    place = np.searchsorted(cases, log.case.codes)
    first, last = np.full(len(cases), np.inf), np.full(len(cases), -np.inf)
    np.minimum.at(first, place, log.arrived)
    np.maximum.at(last, place, log.complete)
    return cases, last - first, (last // 86400.0).astype(np.int64)


def replayed_ranks(
    model: VisitModel, log: VisitLog, *, draws: int = 400, seed: int = 0
) -> tuple[Array, NDArray[np.int64]]:
    """Ranks of the lead times of a log among replayed ones [part], and the days on which the parts were finished.

    A replay draws the time of each visit, the wait before it and the move after it, one after another.
    """
    rng = np.random.default_rng(seed)
    cases, measured, days = lead_times(log)
    place = np.searchsorted(cases, log.case.codes)
    total = np.zeros((len(cases), draws))
    pieces: list[tuple[TimesModel | None, NDArray[np.bool_]]] = [
        (model.times, np.ones(len(log), bool)),
        (model.waits, ~np.isnan(log.scheduled)),
        (model.moves, ~np.isnan(next_arrivals(log))),
    ]
    codes = np.stack([log.station.codes, log.activity.codes, log.product.codes], axis=1)
    words = (log.station.words, log.activity.words, log.product.words)
    for times, use in pieces:
        if times is None:
            continue
        rows = np.flatnonzero(use)
        kinds, which = np.unique(codes[rows], axis=0, return_inverse=True)
        for k, kind in enumerate(kinds):
            own = rows[which.ravel() == k]
            key = tuple(words[level][code] for level, code in enumerate(kind) if code >= 0)
            np.add.at(total, place[own], times.draw(key, rng, len(own) * draws).reshape(len(own), draws))
    below = (total < measured[:, None]).sum(axis=1)
    return (below + 0.5) / (draws + 1), days
