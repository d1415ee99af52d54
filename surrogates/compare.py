"""Models side by side on an honest split, and a plain verdict: better than every baseline, or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from surrogates.baselines import Fit
from surrogates.scores import Interval, Scores, from_sums, quantiles, resampled, sums_by_group
from surrogates.splits import Fold, refuse_leaks
from surrogates.table import Table
from twin.errors import shown

__all__ = ["Comparison", "Split", "Verdict", "compare"]

Floats = NDArray[np.float64]
Split = Callable[[Table, int], Sequence[Fold]]
"""What makes the folds of a table; the number is the seed."""


class Verdict(NamedTuple):
    """How a model stands to the baselines.

    Attributes:
        better: whether its RMSE is lower than that of every baseline, each by an interval that leaves zero out.
        rival: the baseline of the lowest RMSE.
        margin: RMSE of the rival less that of the model, in the unit of the output.
        text: the same in words.
    """

    better: bool
    rival: str
    margin: Interval
    text: str


@dataclass(frozen=True)
class Comparison:
    """What `compare` found.

    Attributes:
        scores: output -> model -> scores of the rows that were held out.
        verdicts: output -> model -> verdict, for what is no baseline.
        predicted: model -> predictions [seed, case, output] of rows when they were held out; NaN where they never were.
        judged: rows that were held out with every seed.
    """

    scores: dict[str, dict[str, Scores]]
    verdicts: dict[str, dict[str, Verdict]]
    predicted: dict[str, Floats]
    judged: NDArray[np.intp]


def compare(
    table: Table,
    models: Mapping[str, Fit],
    split: Split,
    *,
    baselines: Sequence[str],
    seeds: int = 5,
    fixed: Sequence[str] = (),
    blocks: NDArray[Any] | None = None,
    leaks: bool = False,
    draws: int = 1000,
) -> Comparison:
    """Fits every model on every fold with every seed, and scores what was held out.

    A figure is the mean over the seeds of the figure over all rows held out; its interval comes from a bootstrap that
    draws groups and seeds together, the same ones for all models, so that differences are paired. A seed is that of the
    folds and of the model. "Better" asks each baseline to be beaten, which needs no correction for their number
    (Berger, Multiparameter hypothesis testing, Technometrics 24 (1982) 295).

    Args:
        table: measured rows.
        models: name -> model, the baselines among them.
        split: makes the folds, e.g. `lambda table, seed: grouped(table.groups, seed=seed)`.
        baselines: names of those that count as baselines.
        seeds: number of seeds, at least 1.
        fixed: models without chance, which are fitted once where the folds of two seeds are the same.
        blocks: what is drawn in the bootstrap, for each row [case]; by default the groups of the table, else rows.
        leaks: whether to let a split pass that divides a group or a time; only to show by how much it flatters.
        draws: number of bootstrap draws.

    Raises:
        ValueError: when a baseline is no model, when there is no seed, or when the folds leak.
    """
    unknown = [name for name in baselines if name not in models]
    if unknown or not baselines or seeds < 1:
        what = f"baseline {shown(unknown[0])} is no model" if unknown else f"{len(baselines)} baselines, {seeds} seeds"
        raise ValueError(
            f"comparison: {what}; there is at least one baseline among the models, and one seed. The models are "
            f"{', '.join(shown(name) for name in models)}."
        )
    x, y = table.x, table.y
    predicted = {name: np.full((seeds, *y.shape), np.nan) for name in models}
    known: dict[tuple[str, bytes, bytes], Floats] = {}
    for seed in range(seeds):
        folds = split(table, seed)
        if not leaks:
            refuse_leaks(folds, groups=table.groups, time=table.time)
        for fold in folds:
            for name, fit in models.items():
                key = (name, fold.train.tobytes(), fold.test.tobytes())
                if key not in known or name not in fixed:
                    found = fit(x[fold.train], y[fold.train], seed=seed)(x[fold.test])
                    known[key] = _checked(found, y[fold.test], f"model {shown(name)}, {fold.name}")
                predicted[name][seed, fold.test] = known[key]
    judged = np.flatnonzero(np.isfinite(next(iter(predicted.values()))).all(axis=(0, 2)))
    if not len(judged):
        raise ValueError(
            "comparison: no row was held out with every seed; the folds of all seeds share rows. Mend the split."
        )
    units = blocks if blocks is not None else table.groups
    which = np.unique(units[judged], return_inverse=True)[1] if units is not None else np.arange(len(judged))
    weights = (resampled(int(which.max()) + 1, draws, 0), resampled(seeds, draws, 1) / seeds)
    scored: dict[str, dict[str, Scores]] = {}
    verdicts: dict[str, dict[str, Verdict]] = {}
    for k, output in enumerate(table.outputs):
        values, drawn = {}, {}
        for name, found in predicted.items():
            values[name], drawn[name] = _figures(y[judged, k], found[:, judged, k], which, weights)
        scored[output] = {
            name: Scores(*(quantiles(value, drawn[name][:, j]) for j, value in enumerate(values[name])))
            for name in models
        }
        errors = {name: (float(values[name][1]), drawn[name][:, 1]) for name in models}
        verdicts[output] = {
            name: _verdict(errors[name], {b: errors[b] for b in baselines}, table.units[output])
            for name in models
            if name not in baselines
        }
    return Comparison(scored, verdicts, predicted, judged)


def _checked(found: Floats, y: Floats, where: str) -> Floats:
    """Predictions that have the right shape and are finite."""
    if np.shape(found) != y.shape or not np.isfinite(found).all():
        raise ValueError(
            f"{where}: predictions have shape {np.shape(found)} and "
            f"{int(np.sum(~np.isfinite(found)))} of them are not finite; expected are finite numbers of shape "
            f"{y.shape}. Mend the model: predict(x) returns [case, output]."
        )
    return found


def _figures(
    y: Floats, found: Floats, which: NDArray[np.intp], weights: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """R², RMSE and MAE, mean over seeds [3], and their bootstrap draws [draw, 3]."""
    centre = y.mean()
    sums = np.stack([sums_by_group(y - centre, one - centre, which) for one in found])
    groups, seeds = weights
    values = from_sums(sums.sum(axis=1)).mean(axis=0)
    drawn = np.stack([from_sums(groups @ one) for one in sums])
    return values, np.einsum("ds,sdk->dk", seeds, drawn)


def _verdict(model: tuple[float, Floats], baselines: Mapping[str, tuple[float, Floats]], unit: str) -> Verdict:
    """Whether the model beats every baseline, and by how much the best of them."""
    margins = {name: quantiles(error - model[0], draws - model[1]) for name, (error, draws) in baselines.items()}
    rival = min(baselines, key=lambda name: baselines[name][0])
    margin = margins[rival]
    size = f"{abs(margin.value):.3g} {'' if unit == '1' else unit}".strip()
    by = f"RMSE {size} {'lower' if margin.value >= 0 else 'higher'}"
    if all(found.low > 0 for found in margins.values()):
        interval = f"({margin.low:.2g} to {margin.high:.2g}, 95 %)"
        text = f"better than every baseline: {by} than {rival}, the best of them {interval}"
        return Verdict(True, rival, margin, text)
    equal = [name for name, found in margins.items() if found.low <= 0]
    interval = f"(95 % interval of the gain: {margin.low:.2g} to {margin.high:.2g})"
    return Verdict(False, rival, margin, f"not better than {', '.join(equal)}: {by} than {rival} {interval}")
