"""Validation at line level: productivity of garment sewing teams against plan, earlier days predict later ones.

The data (Imran, Rahim, Ahmed 2021, UCI 597, doi 10.24432/C51S6D, CC BY 4.0) are not part of this project: put
`garments_worker_productivity.csv` in a folder and name it by --data, or the folder above it by LINETWIN_DATA_ROOT.

    python benchmarks/validate_garment.py --json benchmarks/results/garment.json

A row is a team, a department (sewing or finishing) and a day. All predictions are of actual_productivity, from what is
known in the morning, except where idle time is named. Incentive is no input: it is paid for the productivity reached.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import kendalltau, norm, ttest_ind

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from surrogates.columns import read_columns
from surrogates.coverage import coverage_of
from surrogates.plant.page import text_table
from twin.store import write_json

Floats = NDArray[np.float64]
BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
DATA = Path(os.environ.get("LINETWIN_DATA_ROOT") or BESIDE) / "garment_line_productivity"
PROMISES = (0.5, 0.8, 0.9)
MORNING = ("targeted_productivity", "smv", "no_of_workers", "no_of_style_change")
EVENING = (*MORNING, "idle_time")
EQUAL = 2e-3
"""Productivity within this of the target is called the target."""


@dataclass(frozen=True)
class Days:
    """Team-days in order of the file, which is that of time: columns, number of the day, team, "sewing" or not."""

    columns: Mapping[str, NDArray[Any]]
    day: NDArray[np.int64]
    team: NDArray[np.int64]
    sewing: NDArray[np.bool_]

    def __getitem__(self, name: str) -> Floats:
        """A column as numbers."""
        return self.columns[name].astype(float)

    def take(self, rows: NDArray[np.bool_]) -> Days:
        """Some of the rows."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        return replace(self, columns=columns, day=self.day[rows], team=self.team[rows], sewing=self.sewing[rows])


@dataclass(frozen=True)
class Told:
    """Predictions of team-days.

    Attributes:
        middle: of each [case].
        quantile: share -> that quantile of each [case].
        rank: what was measured -> its place in the prediction, 0 to 1 [case].
    """

    middle: Floats
    quantile: Callable[[float], Floats]
    rank: Callable[[Floats], Floats]


def read(folder: Path) -> Days:
    """Reads the table."""
    columns = read_columns(folder / "garments_worker_productivity.csv")
    day = np.array([datetime.strptime(text, "%m/%d/%Y").toordinal() for text in columns["date"].tolist()])
    sewing = np.char.startswith(columns["department"].astype(str), "sw")
    return Days(columns, day, columns["team"].astype(int), sewing)


def around(middle: Floats, early: NDArray[np.bool_], y: Floats) -> Told:
    """A middle for every row, and the misses of the earlier days around it as they came, ranks k / (n + 1)."""
    known = early & np.isfinite(middle)
    off, late = np.sort((y - middle)[known]), middle[~early]
    late = np.where(np.isfinite(late), late, y[early].mean())

    def rank(measured: Floats) -> Floats:
        low, high = (np.searchsorted(off, measured - late, side=side) for side in ("left", "right"))
        return (low + np.random.default_rng(0).uniform(size=len(late)) * (high - low + 1)) / (len(off) + 1)

    def quantile(share: float) -> Floats:
        place = share * (len(off) + 1)
        near = int(np.floor(place) if share < 0.5 else np.ceil(place)) - 1
        return late + (off[near] if 0 <= near < len(off) else np.inf * (share - 0.5))

    return Told(late + np.median(off), quantile, rank)


def before(days: Days, y: Floats, count: int) -> Floats:
    """Mean of the team over its last days before each row; NaN on its first day."""
    found = np.full(len(y), np.nan)
    for row in range(len(y)):
        own = np.flatnonzero((days.team == days.team[row]) & (days.day < days.day[row]))
        recent = np.unique(days.day[own])[-count:]
        if len(recent):
            found[row] = y[own[np.isin(days.day[own], recent)]].mean()
    return found


def hierarchical(days: Days, early: NDArray[np.bool_], y: Floats, names: Sequence[str]) -> Told:
    """Productivity = b + x w + team effect + noise, all normal; spreads by the largest marginal likelihood.

    w ~ N(0, s_w²) on standardised columns, team ~ N(0, s_t²), noise ~ N(0, s²). With F = [x, teams] and P the diagonal
    matrix of the first two variances, y - mean ~ N(0, F P F' + s² I); the prediction is its conditional.
    """
    x = np.stack([np.log1p(days[name]) if name == "idle_time" else days[name] for name in names], axis=1)
    x = (x - x[early].mean(axis=0)) / np.maximum(x[early].std(axis=0), 1e-9)
    teams = (days.team[:, None] == np.unique(days.team)).astype(float)
    F, mean = np.concatenate([x, teams], axis=1), y[early].mean()
    F1, z = F[early], y[early] - mean

    def posterior(logs: Floats) -> tuple[Floats, Floats, float]:
        """Precision of the effects, their mean, and minus the log marginal likelihood."""
        weight, team, noise = np.exp(2 * logs)
        prior = np.repeat([weight, team], [x.shape[1], teams.shape[1]])
        precision = F1.T @ F1 / noise + np.diag(1 / prior)
        effects = np.linalg.solve(precision, F1.T @ z / noise)
        size = np.linalg.slogdet(precision)[1] + np.log(prior).sum() + len(z) * np.log(noise)
        return precision, effects, 0.5 * float(size + z @ (z - F1 @ effects) / noise)

    logs = minimize(lambda some: posterior(some)[2], np.log([0.05, 0.05, 0.15]), bounds=[(-7.0, 1.0)] * 3).x
    precision, effects, _ = posterior(logs)
    late = F[~early]
    middle = mean + late @ effects
    spread = np.sqrt(np.exp(2 * logs[2]) + np.einsum("ij,ij->i", late, np.linalg.solve(precision, late.T).T))
    return Told(middle, lambda s: middle + norm.ppf(s) * spread, lambda v: norm.cdf((v - middle) / spread))


def judged(told: Told, y: Floats) -> dict[str, Any]:
    """Mean absolute error, coverage and width of the intervals, and the ranks in ten bins."""
    held = [coverage_of(y, told.quantile((1 - p) / 2), told.quantile((1 + p) / 2), promised=p) for p in PROMISES]
    return {
        "mae": np.abs(told.middle - y).mean(),
        "coverage": [one.share for one in held],
        "width": held[-1].width,
        "ranks": np.histogram(told.rank(y), np.linspace(0, 1, 11))[0].tolist(),
    }


def daily(days: Days, values: Floats) -> Floats:
    """Mean of each date, in order."""
    return np.array([values[days.day == date].mean() for date in np.unique(days.day)])


def drift(dates: NDArray[np.int64], means: Floats, first: NDArray[np.bool_]) -> dict[str, float]:
    """Daily means before and after the cut, Welch's test of the step, Kendall's tau with the date and its test."""
    step = ttest_ind(means[first], means[~first], equal_var=False)
    tau, trend = kendalltau(dates, means)
    found = {"earlier": means[first].mean(), "later": means[~first].mean()}
    return found | {"p of the step": step[1], "tau": tau, "p of the trend": trend}


def department(days: Days) -> dict[str, Any]:
    """Fits on the first 70 % of the dates, judges the rest; and tests for drift."""
    dates, y, target = np.unique(days.day), days["actual_productivity"], days["targeted_productivity"]
    early = days.day < dates[round(0.7 * len(dates))]
    models = {
        "target": around(target, early, y),
        "team's last day": around(before(days, y, 1), early, y),
        "team's last six days": around(before(days, y, 6), early, y),
        "hierarchical, known in the morning": hierarchical(days, early, y, MORNING),
        "hierarchical, idle time told": hierarchical(days, early, y, EVENING),
    }
    same = np.abs(y - target) < EQUAL
    first = dates < dates[round(0.7 * len(dates))]
    return {
        "earlier": early.sum(),
        "later": (~early).sum(),
        "from": str(datetime.fromordinal(int(dates[~first][0])).date()),
        "equal to target": [same[early].mean(), same[~early].mean()],
        "factor": {str(q): np.quantile((y / target)[~early], q) for q in (0.05, 0.25, 0.5, 0.75, 0.95)},
        "drift": {
            name: drift(dates, daily(days, v), first) for name, v in (("actual", y), ("less target", y - target))
        },
        "models": {
            "target as it is": {"mae": np.abs(target - y)[~early].mean()},
            **{name: judged(told, y[~early]) for name, told in models.items()},
        },
    }


def main(words: Sequence[str] | None = None) -> int:
    """Fits, judges, prints, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with the table")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    options = parser.parse_args(words)
    if not options.data.is_dir():
        sys.exit(f"{options.data} is not there: put the table into a folder and name it by --data.")
    days = read(options.data)
    found = {name: department(days.take(rows)) for name, rows in (("sewing", days.sewing), ("finishing", ~days.sewing))}
    for name, told in found.items():
        print(f"\n{name}: {told['earlier']} earlier team-days, {told['later']} from {told['from']} on")
        print("share equal to the target, earlier and later:", *(f"{one:.2f}" for one in told["equal to target"]))
        print("actual / target, later:", {q: round(float(one), 3) for q, one in told["factor"].items()})
        for what, moved in told["drift"].items():
            print(f"drift of {what}:", {key: float(f"{value:.3g}") for key, value in moved.items()})
        rows = []
        for model, one in told["models"].items():
            shares = [f"{share:.2f}" for share in one.get("coverage", [])] or ["-"] * 3
            width = f"{one['width']:.2f}" if "width" in one else "-"
            ranks = " ".join(map(str, one.get("ranks", ["-"])))
            rows.append([model, f"{one['mae']:.3f}", *shares, width, ranks])
        print(text_table(["", "MAE", "50 %", "80 %", "90 %", "width of 90 %", "ranks in ten bins"], rows))
    if options.json:
        write_json(options.json, found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
