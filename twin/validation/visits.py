"""Times of single visits: where they lie in what was predicted, and in what two plain rules say."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from twin.distribution import Distribution, quantile
from twin.eventlog.visits import VisitLog
from twin.eventlog.words import Words
from twin.learn.calendar import Calendar
from twin.learn.model import Spread, VisitModel, kinds_of, spreads_of
from twin.line import Line
from twin.parameters import drawn

__all__ = ["RULES", "Told", "judged", "told_by_line", "told_by_model", "told_plainly"]

Array = NDArray[np.float64]
_DRAWN = 4000
_LEVEL = 0.9
RULES = ("planned time", "mean of the last day")


class Told(NamedTuple):
    """What a prediction says of visits: ranks of their times in it, and widths of its 90 % intervals [s] [visit]."""

    ranks: Array
    widths: Array


def judged(log: VisitLog, calendar: Calendar) -> NDArray[np.bool_]:
    """Visits whose times are told: worked to their end at the first attempt, no planned standstill inside [visit]."""
    across = calendar.closed(log.start, log.complete) > 0
    return log.good_or_scrapped & (log.attempts == 1) & ~across & np.isfinite(log.time)


def told_by_model(model: VisitModel, log: VisitLog) -> Told:
    """What a model predicts."""
    keys = [log.station, log.activity, log.product]
    return Told(model.times.ranks(keys, log.time), model.times.widths(keys, _LEVEL))


def told_by_line(line: Line, log: VisitLog, *, seed: int = 0) -> Told:
    """What a line predicts, its draws (if it has any) mixed; NaN at other stations.

    Times are drawn from the process of each draw of the line; of stations whose process is not timed, none.
    """
    rng = np.random.default_rng(seed)
    number = min(len(line.draws), 200) if line.draws else 1
    lines = [drawn(line, k) for k in range(number)] if line.draws else [line]
    found, widths = np.full(len(log), np.nan), np.full(len(log), np.nan)
    for m, station in enumerate(line.stations):
        own = log.station.where(station.name)
        if station.process.time is None or not own.any():
            continue
        for product in ["", *log.product.words]:
            some = own & (log.product.where(product) if product else log.product.blank)
            if some.any():
                laws = [one.stations[m].process.product.get(product, one.stations[m].process.time) for one in lines]
                times = np.sort(np.concatenate([_times(law, rng, number) for law in laws if law is not None]))
                low = np.searchsorted(times, log.time[some], side="left")
                high = np.searchsorted(times, log.time[some], side="right")
                found[some] = (low + rng.random(int(some.sum())) * (high - low) + 0.5) / (len(times) + 1)
                widths[some] = np.diff(np.quantile(times, [0.5 - _LEVEL / 2, 0.5 + _LEVEL / 2]))[0]
    return Told(np.clip(found, 1e-6, 1 - 1e-6), widths)


def _times(law: Distribution, rng: np.random.Generator, number: int) -> Array:
    """Times of a distribution, evenly spread over it [s]."""
    size = -(-_DRAWN // number)
    u = (np.arange(size) + rng.random()) / size
    numbers = law.arrays(lambda _, value: value, "")
    return np.asarray(quantile(law.signature, numbers, jnp.asarray(np.clip(u, 1e-9, 1 - 1e-9))))


def told_plainly(log: VisitLog, mine: NDArray[np.bool_], model: VisitModel | None) -> dict[str, Told]:
    """Two plain predictions: the planned time, and the mean of the last day.

    Each is a normal distribution: planned time plus the deviation from it, by station; mean and standard deviation of
    the last day, by station and activity.

    Args:
        log: cleaned visits.
        mine: those that are judged [visit].
        model: whose deviations and last day count; None: for each day those of the day before in this log.

    Returns:
        Name -> what it says, NaN where it says nothing; rules that never say anything are left out.
    """
    if model is not None:
        found = _ranked(log, model.planned, model.last_day)
    else:
        found = {name: Told(np.full(len(log), np.nan), np.full(len(log), np.nan)) for name in RULES}
        days = np.unique(log.day[mine])
        for before, today in pairwise(days):
            past, now = log.select(mine & (log.day == before)), log.day == today
            spreads = spreads_of(past.station, past.time - past.planned), spreads_of(kinds_of(past), past.time)
            for name, told in _ranked(log.select(now), *spreads).items():
                found[name].ranks[now], found[name].widths[now] = told
    return {name: told for name, told in found.items() if np.isfinite(told.ranks[mine]).any()}


def _ranked(log: VisitLog, planned: Mapping[str, Spread], last: Mapping[str, Spread]) -> dict[str, Told]:
    kinds = kinds_of(log)
    one, other = _looked_up(planned, log.station), _looked_up(last, kinds)
    values = (log.time - log.planned, log.time)
    wide = 2 * ndtri(0.5 + _LEVEL / 2)
    pairs = zip(RULES, values, (one, other), strict=True)
    return {name: Told(ndtr((value - mean) / sd), wide * sd) for name, value, (mean, sd) in pairs}


def _looked_up(spreads: Mapping[str, Spread], words: Words) -> tuple[Array, Array]:
    """Mean and standard deviation of each row's word; NaN where it has none."""
    columns = np.array(
        [[getattr(spreads.get(word), part, np.nan) for word in (*words.words, "")] for part in ("mean", "sd")]
    )
    return columns[0][words.codes], columns[1][words.codes]
