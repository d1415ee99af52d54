"""Validation on a process chain: moulding cycles joined by part id to the screw runs on the same housings.

The records (West and Deuse, doi 10.5281/zenodo.14729547 and the cross-process chain data, MIT) are not part of this
project: put them in a folder and name it by --data, or the folder above it by LINETWIN_DATA_ROOT.

    python benchmarks/validate_chain.py --json benchmarks/results/chain.json

Three questions: does the join give the published NOK rates; does a network on the moulding settings say more about the
chance of a NOK than the rate of each fibre content; and do the times of earlier days tell the times of later ones?
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from surrogates.baselines import Fit, Predict, mean
from surrogates.chain import Chain, Link, Records, join
from surrogates.columns import read_columns
from surrogates.compare import compare
from surrogates.conformal import upper_quantile
from surrogates.coverage import coverage_of
from surrogates.plant.models import network, seeing
from surrogates.plant.moulding import CYCLE, INPUTS, RUN, cycle_formula, read_cycles, screw_runs
from surrogates.plant.page import text_table
from surrogates.scores import Interval, quantiles, resampled
from surrogates.splits import Fold, forward, leave_one_group_out
from surrogates.table import Table
from twin.store import write_json

Floats = NDArray[np.float64]
BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
DATA = Path(os.environ.get("LINETWIN_DATA_ROOT") or BESIDE) / "rif_injection_screw_chain"
PUBLISHED = {30: 0.31, 20: 10.95, 15: 33.86, 10: 43.27}
"""Fibre content [%] -> NOK rate [%], from the description of the data set."""
LEVELS = (30, 25, 20, 15, 10)
BASELINES = ("overall rate", "rate per fibre level")
FIBRE = ("fibre", "fibre_before", "shots_since_change")
EDGES = (0.0, 0.01, 0.05, 0.2, 0.4)
"""Where the rows of the table of calibration begin."""
PROMISES = (0.5, 0.8, 0.9)
PAUSE, DAY = 120.0, 86400.0
"""Longer than this from one visit to the next [s], the station stood, which is no takt; and a day."""
FEWEST = 20
"""Visits under a setting, from which its own distribution is used; else that of all of them."""


class Visits(NamedTuple):
    """Times of visits [s], in order; the day, a setting and the planned time [s] of each."""

    seconds: Floats
    day: Floats
    setting: Floats
    planned: Floats


def by_level(x: Floats, y: Floats, *, seed: int) -> Predict:  # noqa: ARG001 - the interface of all models
    """The rate of each level of the only input, (NOK + 1/2) / (runs + 1); on straight lines between, level beyond."""
    levels, which = np.unique(x[:, 0], return_inverse=True)
    rates = (np.bincount(which, y[:, 0]) + 0.5) / (np.bincount(which) + 1)
    return lambda inputs: np.interp(inputs, levels, rates)


def chance(model: Fit) -> Fit:
    """What a model says, kept where a chance learnt from n runs can lie: 1 / (n + 2) to 1 less that."""

    def fit(x: Floats, y: Floats, *, seed: int) -> Predict:
        inner, least = model(x, y, seed=seed), 1 / (len(x) + 2)
        return lambda inputs: np.clip(inner(inputs), least, 1 - least)

    return fit


def joined(folder: Path, *, recorded: bool) -> Chain:
    """Screw runs beside their cycles: all of the file, or those that the machine `recorded`, with their settings."""
    if recorded:
        cycles = read_cycles(folder)
        mould = Records("mould", cycles, time="moment", rows=cycles["row"])
    else:
        path = folder / "injection_lower_cycles.csv.gz"
        mould = Records("mould", read_columns(path), time="date+time", where=path.name)
    return join(replace(screw_runs(folder), time="workpiece_date"), [Link(mould, CYCLE, RUN)])


def rates_of(found: Chain) -> dict[str, Any]:
    """Runs and NOK rates [%] by fibre content."""
    nok, label = found.columns["screw.workpiece_result"] == "NOK", found.columns["mould.class_value"]
    here = {level: label == f"glass_fiber_content_{level}" for level in LEVELS}
    return {
        str(level): {"runs": rows.sum(), "nok": round(100 * nok[rows].mean(), 2), "published": PUBLISHED.get(level)}
        for level, rows in here.items()
    }


def runs_of(found: Chain) -> Table:
    """Settings of the cycle to NOK (1) or OK (0) of the run; a group is a condition, time is the day of the run."""
    columns: dict[str, NDArray[Any]] = {name: found.columns[f"mould.{name}"] for name in (*INPUTS, "condition")}
    columns["nok"] = (found.columns["screw.workpiece_result"] == "NOK").astype(float)
    columns["day"] = found.columns["screw.workpiece_date"].astype("datetime64[D]").astype(float)
    return Table.made(columns, inputs=INPUTS, outputs={"nok": "1"}, group="condition", time="day")


def last_runs(table: Table, seed: int) -> tuple[Fold, ...]:  # noqa: ARG001 - the interface of all splits
    """The last 30 % of the runs of each condition held out; rows are in order of time."""
    assert table.groups is not None
    own = [np.flatnonzero(table.groups == name) for name in np.unique(table.groups)]
    late = np.concatenate([rows[int(0.7 * len(rows)) :] for rows in own])
    return (Fold(np.setdiff1d(np.arange(len(table)), late), np.sort(late), "last runs of each condition"),)


def quality(table: Table, *, seeds: int) -> dict[str, Any]:
    """Every model on every split: scores, verdicts, rates by fibre content, calibration."""
    places = [list(INPUTS).index(name) for name in FIBRE]
    models = {BASELINES[0]: mean, BASELINES[1]: seeing(by_level, places[:1])}
    models |= {"network on fibre": seeing(network(hidden=(16, 16)), places), "network on all settings": network()}
    models = {name: chance(model) for name, model in models.items()}
    groups, days = np.asarray(table.groups), np.unique(np.asarray(table.time))
    whole, later, last = "whole conditions", "later days", "last 30 % of each condition"
    splits = {
        whole: (replace(table, time=None), lambda t, _: leave_one_group_out(t.groups)),
        later: (replace(table, groups=None), lambda t, _: forward(t.time, folds=len(days) - 4, first=4 / len(days))),
        last: (replace(table, time=None), last_runs),
    }
    told: dict[str, Any] = {}
    for split, (some, folds) in splits.items():
        options = {"seeds": seeds, "fixed": BASELINES, "blocks": groups, "leaks": split == last}
        found = compare(some, models, folds, baselines=BASELINES, **options)
        y, fibre = table.y[found.judged, 0], table.columns["fibre"][found.judged]
        p = {name: one[:, found.judged, 0] for name, one in found.predicted.items()}
        levels = {f"{level} % fibre": fibre == level for level in LEVELS}
        told[split] = {
            "runs": len(y),
            "models": scored(y, p, groups[found.judged]),
            "verdicts": {name: one.text for name, one in found.verdicts["nok"].items()},
            "fibre": {level: means(y, p, rows) for level, rows in levels.items()},
            "calibration": {name: calibrated(y, one) for name, one in p.items() if name != BASELINES[0]},
        }
    return told


def means(y: Floats, p: Mapping[str, Floats], rows: NDArray[np.bool_]) -> dict[str, float]:
    """Some runs: how many, the share that was NOK, and the mean chance that each model gave."""
    return {"runs": rows.sum(), "measured": y[rows].mean(), **{name: one[:, rows].mean() for name, one in p.items()}}


def calibrated(y: Floats, p: Floats) -> dict[str, dict[str, float]]:
    """Runs by the chance that a model gave, from the lower edge of each row on."""
    which = np.searchsorted(EDGES, p.mean(axis=0), side="right") - 1
    return {f"from {EDGES[k]:.0%}": means(y, {"predicted": p}, which == k) for k in np.unique(which)}


def scored(y: Floats, p: Mapping[str, Floats], groups: NDArray[Any]) -> dict[str, dict[str, Any]]:
    """Brier and log score [nat], means over runs and seeds, and what each gains on the rate per fibre level."""
    losses = {
        "brier": {name: np.square(one - y).mean(axis=0) for name, one in p.items()},
        "log": {name: -np.log(np.where(y == 1, one, 1 - one)).mean(axis=0) for name, one in p.items()},
    }
    which = np.unique(groups, return_inverse=True)[1]
    weights, sizes = resampled(which.max() + 1, 2000, 0), np.bincount(which)
    found: dict[str, dict[str, Any]] = {name: {} for name in p}
    for kind, loss in losses.items():
        for name, one in loss.items():
            gain = np.bincount(which, loss[BASELINES[1]] - one)
            interval = quantiles(gain.sum() / len(y), weights @ gain / (weights @ sizes))
            found[name] |= {kind: one.mean(), f"{kind} gain": interval}
    return found


def visits_of(folder: Path) -> dict[str, Visits]:
    """Visit times of both stations, without pauses.

    Planned, moulding: set cooling time + filling time at set flows + the rest, the median of the first day; screws: the
    median of the first day, because nobody wrote a plan down. The setting is the cooling time; screws have none.
    """
    cycles, runs = read_cycles(folder), screw_runs(folder).columns
    x, day = np.stack([cycles[name] for name in INPUTS], axis=1), cycles["moment"] // DAY
    first = day == day[0]
    planned = cycle_formula(x[first], cycles["t4012"][first, None], seed=0)(x)[:, 0]
    every = Visits(cycles["t4012"], day, cycles["cooling_time"], planned)
    follows = np.diff(cycles["shot"], prepend=np.nan) == 1
    gaps = every._replace(seconds=np.diff(cycles["moment"], prepend=np.nan))
    found = {"moulding: cycle time": every, "moulding: cycle to cycle": taken(gaps, follows)}
    moment, left = runs["workpiece_date"].astype("datetime64[s]").astype(float), runs["workpiece_location"] == "left"
    pairs = {"left to right": left[:-1] & ~left[1:], "right to left": ~left[:-1] & left[1:]}
    steps = {name: (np.diff(moment)[rows], moment[1:][rows]) for name, rows in pairs.items()}
    steps["left to left"] = (np.diff(moment[left]), moment[left][1:])
    for name, (seconds, at) in steps.items():
        one = taken(Visits(seconds, at // DAY, 0 * at, 0 * at), seconds > 0)
        typical = np.median(one.seconds[one.day == one.day[0]])
        found[f"screws: {name}"] = one._replace(planned=np.full(len(one.seconds), typical))
    return found


def taken(visits: Visits, rows: NDArray[np.bool_]) -> Visits:
    """Some of the visits, without pauses."""
    rows = rows & (visits.seconds <= PAUSE)
    return Visits(*(values[rows] for values in visits))


def ordered(values: Floats) -> Floats:
    """Median, and for each promise the order statistics between which the next one lies if it is like these."""
    sides = [(1 + promise) / 2 for promise in PROMISES]
    ends = [end for side in sides for end in (-upper_quantile(-values, side), upper_quantile(values, side))]
    return np.array([np.median(values), *ends], float)


def normal(values: Floats) -> Floats:
    """Mean, and for each promise the interval of the next value if all are normal: mean ± t s sqrt(1 + 1 / n)."""
    from scipy.stats import t  # noqa: PLC0415 - takes a second

    spread = values.std(ddof=1) * np.sqrt(1 + 1 / len(values))
    far = [sign * t.ppf((1 + promise) / 2, len(values) - 1) for promise in PROMISES for sign in (-1, 1)]
    return values.mean() + spread * np.array([0.0, *far])


def takt(visits: Visits) -> dict[str, Any]:
    """The first 60 % of the days tell the others: mean absolute error, coverage, and width of the 90 % interval."""
    seconds, day, setting, planned = visits
    days = np.unique(day)
    early = day < days[round(0.6 * len(days))]
    told: dict[str, Floats] = {}
    for now, level in np.unique(np.stack([day, setting], axis=1)[~early], axis=0):
        rows, alike = (day == now) & (setting == level), early & (setting == level)
        before = seconds[day == days[days < now].max()]
        for name, ends in {
            "earlier days, same setting": ordered(seconds[alike if alike.sum() >= FEWEST else early]),
            "planned time ± 0.5 s": planned[rows, None] + np.array([0.0, *[-0.5, 0.5] * len(PROMISES)]),
            "planned time, spread of earlier days": planned[rows, None] + ordered((seconds - planned)[early]),
            "last day, mean and spread": normal(before),
            "last day, its distribution": ordered(before),
        }.items():
            told.setdefault(name, np.empty((len(day), 1 + 2 * len(PROMISES))))[rows] = ends
    found: dict[str, Any] = {"fitted": early.sum(), "judged": (~early).sum()}
    found["medians"] = {str(np.datetime64(int(one), "D")): float(np.median(seconds[day == one])) for one in days}
    late = seconds[~early]
    for name, every in told.items():
        ends = every[~early]
        held = [coverage_of(late, *ends.T[1 + 2 * k : 3 + 2 * k], promised=p) for k, p in enumerate(PROMISES)]
        coverage = [one.share for one in held]
        found[name] = {"mae": np.abs(ends[:, 0] - late).mean(), "coverage": coverage, "width": held[-1].width}
    return found


def shown(value: Any) -> str:
    """A cell of a table."""
    if isinstance(value, Interval):
        return f"{value.value:.2g} ({value.low:.2g} to {value.high:.2g})"
    if isinstance(value, list):
        return ", ".join(f"{one:.2f}" for one in value)
    return "-" if value is None else f"{value:.4g}" if isinstance(value, float) else f"{value}"


def say(title: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Prints a table."""
    head = list(next(iter(rows.values())))
    print(f"\n{title}\n\n{text_table(['', *head], [[k, *(shown(v.get(h)) for h in head)] for k, v in rows.items()])}")


def main(words: Sequence[str] | None = None) -> int:
    """Joins, compares, prints, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with the records")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--seeds", type=int, default=5, help="of the networks")
    options = parser.parse_args(words)
    if not options.data.is_dir():
        sys.exit(
            f"{options.data} is not there: put the records of the process chain into a folder and name it by --data."
        )
    every, recorded = (joined(options.data, recorded=known) for known in (False, True))
    found: dict[str, Any] = {"runs": len(every.rows), "recorded": len(recorded.rows), "rates": rates_of(every)}
    found["gaps"] = {"all": [gap.text for gap in every.gaps], "recorded": [gap.text for gap in recorded.gaps]}
    print(
        f"{found['runs']} runs find a cycle, {found['recorded']} one with a machine record",
        *found["gaps"]["all"],
        sep="\n",
    )
    print("With a record only:", *found["gaps"]["recorded"], sep="\n")
    say("NOK rate [%]", found["rates"])
    found["quality"] = quality(runs_of(recorded), seeds=options.seeds)
    for split, told in found["quality"].items():
        say(f"{split}, {told['runs']} runs", told["models"])
        print("", *(f"{name} is {text}." for name, text in told["verdicts"].items()), sep="\n")
        say("Chance of a NOK by fibre content", told["fibre"])
        for name, rows in told["calibration"].items():
            say(f"Calibration of {name}", rows)
    found["takt"] = {name: takt(visits) for name, visits in visits_of(options.data).items()}
    for name, told in found["takt"].items():
        print(f"\n{name}: {told['fitted']} visits fitted, {told['judged']} judged; medians {told['medians']}")
        say(
            "coverage of 50, 80, 90 %",
            {key: rows for key, rows in told.items() if isinstance(rows, dict) and "mae" in rows},
        )
    if options.json:
        write_json(options.json, found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
