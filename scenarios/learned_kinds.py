"""Times of visits by station and activity, from predictions that any log allows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from scenarios.learned_histogram import Curve, histogram, range_of
from scenarios.learned_words import interval
from surrogates.pages.content import Part, Plot, Plots, Table
from surrogates.pages.words import stated
from twin.learn.backoff import TimesModel
from twin.learn.learned import Learned
from viz.numbers import number

__all__ = ["kinds", "shown_kinds"]

Array = NDArray[np.float64]
Key = tuple[str, ...]

_MOST_PLOTS, _MOST_ROWS = 24, 200
_FEW = 12


def kinds(found: Learned) -> Iterator[Part]:
    """Histograms with what is predicted, and all kinds of visits as tables."""
    level = stated(found.settings.level)
    shown = shown_kinds(found.times)
    often = [key for key in shown if found.times.groups[key].n >= _FEW][:_MOST_PLOTS]
    yield (
        "Grey: visits, as they were logged. Coloured: what is predicted for the next one, as counts per bin; between"
        f" the broken lines lie {level} of it. Few visits borrow from others at their station. Axes leave out one visit"
        " in a hundred at either end."
    )
    yield Plots([_plot(found, key) for key in often])
    rows = [_row(found.times, key, found.settings.level) for key in shown[:_MOST_ROWS]]
    heads = ("station", "activity", "n", "days", "median, s", f"{level} of the next, s")
    yield Table("Times of visits by station and activity", heads, rows, left=(0, 1))
    for model, caption in (
        (found.waits, "Waits from arrival to start"),
        (found.moves, "Times to the next arrival, by station left"),
    ):
        if model is not None:
            rows = [_row(model, key, found.settings.level) for key in shown_kinds(model)[:_MOST_ROWS]]
            yield Table(caption, heads, rows, left=(0, 1), folded=True)


def shown_kinds(model: TimesModel) -> list[Key]:
    """Stations with their activities, stations alone where no activity is named; the most frequent first."""
    keys = [key for key in model.groups if 1 <= len(key) <= 2]
    parents = {key[:1] for key in keys if len(key) == 2}
    left = [key for key in keys if len(key) == 2 or key not in parents]
    return sorted(left, key=lambda key: -model.groups[key].n)


def _plot(found: Learned, key: Key) -> Plot:
    """Histogram and prediction of one kind."""
    log = found.log
    own = log.station.where(key[0]) & log.good_or_scrapped
    if len(key) > 1:
        own &= log.activity.where(key[1])
    seconds = (log.time - found.calendar.closed(log.start, log.complete))[own]
    low, high = found.times.interval(key, found.settings.level)
    first, last = range_of(seconds, 0.01)
    span = max(0.0, min(first, 0.95 * low)), max(last, 1.05 * high)
    guides = [(f"{stated(found.settings.level)} from {number(low, 3)} to {number(high, 3)} s", low), ("", high)]
    curve = Curve("prediction", lambda x, wide: (_density(found.times, key, x, wide), None, None))
    drawn = histogram(seconds, curve, span=span, step=found.step, alt=f"times of {' '.join(key)}", guides=guides)
    return Plot(f"{', '.join(key)}: {len(seconds):,} visits", drawn)


def _density(model: TimesModel, key: Key, x: Array, wide: float) -> Array:
    """Mean density in a bin around each time [1/s]: kernels may be narrower than a bin."""
    means, widths, weights = model.atoms(key)
    ends = np.log(np.maximum([x - wide / 2, x + wide / 2], 1e-9))
    low, high = ndtr((ends[..., None] - means) / widths) @ weights
    return (high - low) / wide


def _row(model: TimesModel, key: Key, level: float) -> tuple[str, ...]:
    group = model.groups[key]
    median = number(model.quantile(key, 0.5), 3)
    return (
        key[0],
        key[1] if len(key) > 1 else "all",
        f"{group.n:,}",
        f"{group.days}",
        median,
        interval(*model.interval(key, level)),
    )
