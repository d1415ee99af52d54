"""Validation on a real log of states: fit on the earlier days of two machining centres, predict the later ones.

The log (NIST Smart Manufacturing Systems test bed, github.com/usnistgov/smstestbed; public information of the US
government; Helu, Hedberg, Procedia Manufacturing 1, 2015) is not part of this project. Put `execution_intervals.csv.gz`
and `alarms.csv.gz` into a folder and name it with --data, or with LINETWIN_DATA. The busiest days are missing from
that copy, so nothing is said of utilisation.

    python benchmarks/validate_nist.py [--data FOLDER] [--json benchmarks/results/nist.json]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import spearmanr

from twin.calibrate.activity import HELD, activity_of
from twin.calibrate.choose import choose
from twin.calibrate.fit import Fit
from twin.calibrate.naming import by_alarm
from twin.calibrate.programs import program_runs
from twin.calibrate.sample import CENSORED, COMPLETE, Sample
from twin.eventlog.alarms import read_alarms
from twin.eventlog.meanings import meanings_of
from twin.eventlog.states import read_states
from twin.eventlog.words import Words, words_of
from twin.learn.backoff import learn_times

Array = NDArray[np.float64]

MACHINES = ("Mazak01", "Mazak03")
LEVELS, EARLIER = (0.5, 0.8, 0.9), 0.7
LEAST = 20
"""Complete times that a group needs for a fit of its own."""
TRY = 60.0
"""Shorter runs of a program are tries [s]."""
FLOOR = math.log(1e-6)
"""A log density below this counts as this, so that one impossible time does not decide."""
DAY = 86400.0
NUMBERS = ("seconds", "cut", "begin")
FAMILIES = ("weibull", "gamma", "lognormal", "lognormal + lognormal")


@dataclass(frozen=True)
class Times:
    """Times of one kind in order of time.

    Attributes:
        seconds: the times [s] [row].
        cut: whether a time was cut off, so that it lasted longer [row].
        begin: when each began [s since 1970] [row].
        machine: its machine [row].
        group: its program, or the name of the stop [row].
        least: shorter ones were left out [s].
    """

    seconds: Array
    cut: NDArray[np.bool_]
    begin: Array
    machine: Words
    group: Words
    least: float = 0.0

    @property
    def day(self) -> NDArray[np.int64]:
        """Day of each, since 1970 [row]."""
        return (self.begin // DAY).astype(np.int64)

    @property
    def key(self) -> list[tuple[str, str]]:
        """Machine and group of each [row]."""
        return [(self.machine[row], self.group[row]) for row in range(len(self.seconds))]

    def select(self, rows: NDArray[Any]) -> Times:
        """Some of the times."""
        return Times(
            self.seconds[rows], self.cut[rows], self.begin[rows], self.machine.select(rows), self.group.select(rows),
            self.least,
        )  # fmt: skip


def read(folder: Path) -> dict[str, Times]:
    """The run times, stop times and cycle times of both machines; what began unseen is left out."""
    states = read_states(folder / "execution_intervals.csv.gz")
    alarms = read_alarms(folder / "alarms.csv.gz")
    meaning = meanings_of(states.name, states.state, states.mode)
    pieces: dict[str, list[tuple[float, bool, float, str, str]]] = {"run": [], "stop": [], "cycle": []}
    for name in MACHINES:
        rows = states.machine.where(name)
        activity = activity_of(states.select(rows), meaning[rows], name)
        assert activity.log.program is not None
        runs = activity.runs
        whose = np.searchsorted(activity.log.start, runs.begin)
        for k in np.flatnonzero(np.isin(runs.kind, (COMPLETE, CENSORED))):
            program = activity.log.program[int(whose[k])]
            pieces["run"].append((runs.seconds[k], runs.kind[k] == CENSORED, runs.begin[k], name, program))
        stops, _ = by_alarm(activity.stops, alarms.select(alarms.machine.where(name)), before=10.0)
        assert stops.cut_off is not None
        for k, reason in enumerate(stops.reason):
            if reason != HELD:
                pieces["stop"].append((stops.duration[k], bool(stops.cut_off[k]), stops.begin[k], name, reason))
        done = program_runs(activity)
        for k in np.flatnonzero(np.isin(done.kind, (COMPLETE, CENSORED)) & (done.seconds >= TRY)):
            pieces["cycle"].append(
                (done.seconds[k], done.kind[k] == CENSORED, done.begin[k], name, done.program[int(k)])
            )
    found = {}
    for what, rows in pieces.items():
        rows.sort(key=lambda row: row[2])
        seconds, cut, begin, machine, group = zip(*rows, strict=True)
        found[what] = Times(
            np.array(seconds),
            np.array(cut),
            np.array(begin),
            words_of(machine),
            words_of(group),
            TRY * (what == "cycle"),
        )
    return found


def earlier(times: Times) -> NDArray[np.bool_]:
    """Which times lie on the first 70 % of the days of their machine."""
    mask = np.zeros(len(times.seconds), bool)
    for name in MACHINES:
        own = times.machine.where(name)
        days = np.unique(times.day[own])
        mask |= own & (times.day < days[int(EARLIER * len(days))])
    return mask


def even(times: Times) -> NDArray[np.bool_]:
    """Which times lie on every other day of their machine."""
    mask = np.zeros(len(times.seconds), bool)
    for name in MACHINES:
        own = times.machine.where(name)
        mask |= own & (np.searchsorted(np.unique(times.day[own]), times.day) % 2 == 0)
    return mask


Predictor = Callable[[Times, Times], tuple[Array, Array]]
"""(fitted, predicted) -> rank of each predicted time, NaN where nothing is predicted; log density of its logarithm."""


def by_family(fitted: Times, predicted: Times) -> tuple[Array, Array]:
    """The family with the lowest BIC per machine and group, of few times per machine; it knows what was cut off."""
    keys = fitted.key
    whole = ~fitted.cut
    fits: dict[tuple[str, str], Fit] = {}
    for key in sorted({*keys, *((name, "") for name in MACHINES)}):
        own = np.array([key in (each, (each[0], "")) for each in keys])
        if (own & whole).sum() >= LEAST:
            kind = np.where(fitted.cut[own], CENSORED, COMPLETE)
            sample = Sample(fitted.seconds[own], kind, fitted.begin[own], 0.0, fitted.least)
            fits[key] = choose(sample, FAMILIES)[0].fit
    rank, score = np.full(len(predicted.seconds), np.nan), np.full(len(predicted.seconds), np.nan)
    for row, key in enumerate(predicted.key):
        found = fits.get(key) or fits[key[0], ""]
        at = predicted.seconds[row : row + 1]
        recorded = found.family.tail(found.theta, 0, np.array([fitted.least]))
        rank[row] = float(((recorded - found.family.tail(found.theta, 0, at)) / recorded)[0])
        score[row] = float((found.family.log_density(found.theta, at) + np.log(at) - np.log(recorded))[0])
    return rank, score


def by_groups(fitted: Times, predicted: Times) -> tuple[Array, Array]:
    """Groups within groups (`learn_times`); it knows nothing of times that were cut off, so they are left out."""
    kept = fitted.select(~fitted.cut)
    model = learn_times(kept.seconds, [kept.machine, kept.group], day=kept.day, names=("machine", "group"))
    keys = [predicted.machine, predicted.group]
    return model.ranks(keys, predicted.seconds), model.log_density(keys, predicted.seconds)


def by_groups_anew(fitted: Times, predicted: Times) -> tuple[Array, Array]:
    """The same, learned anew three times on all days until then."""
    rank, score = np.full(len(predicted.seconds), np.nan), np.full(len(predicted.seconds), np.nan)
    days = np.unique(predicted.day)
    for own_days in np.array_split(days, 3):
        own = np.isin(predicted.day, own_days)
        before = predicted.select(predicted.day < own_days[0])
        rank[own], score[own] = by_groups(joined(fitted, before), predicted.select(own))
    return rank, score


def joined(first: Times, second: Times) -> Times:
    """Two sets of times of the same columns."""

    def words(one: Words, other: Words) -> Words:
        return Words(np.concatenate([one.codes, other.codes]), one.words)

    seconds, cut, begin = (np.concatenate([getattr(one, key) for one in (first, second)]) for key in NUMBERS)
    return Times(
        seconds, cut, begin, words(first.machine, second.machine), words(first.group, second.group), first.least
    )


def by_last_day(fitted: Times, predicted: Times, *, grouped: bool) -> tuple[Array, Array]:
    """Mean and standard deviation of the last day before, of the machine or of the program; of at least three times."""
    seconds = np.concatenate([fitted.seconds, predicted.seconds])
    cut, day = np.concatenate([fitted.cut, predicted.cut]), np.concatenate([fitted.day, predicted.day])
    keys = [key if grouped else key[:1] for key in [*fitted.key, *predicted.key]]
    known: dict[tuple[str, ...], dict[int, list[float]]] = {}
    for key, value, short, when in zip(keys, seconds.tolist(), cut.tolist(), day.tolist(), strict=True):
        if not short:
            known.setdefault(key, {}).setdefault(when, []).append(value)
    rank, score = np.full(len(predicted.seconds), np.nan), np.full(len(predicted.seconds), np.nan)
    for row, key in enumerate(keys[len(fitted.seconds) :]):
        now = int(predicted.day[row])
        days = [when for when, values in known.get(key, {}).items() if when < now and len(values) >= 3]
        if days:
            values = np.array(known[key][max(days)])
            sd = max(float(values.std(ddof=1)), 0.01 * float(values.mean()))
            z = (predicted.seconds[row] - values.mean()) / sd
            rank[row] = float(ndtr(z))
            score[row] = -0.5 * z * z - np.log(sd * np.sqrt(2 * np.pi)) + np.log(predicted.seconds[row])
    return rank, score


def by_first_run(fitted: Times, predicted: Times) -> tuple[Array, Array]:
    """A planned time: the first complete run of the program, times the ratios of runs to first runs in fitted days."""
    order = np.argsort(np.concatenate([fitted.begin, predicted.begin]))
    keys, cut = [*fitted.key, *predicted.key], np.concatenate([fitted.cut, predicted.cut])
    seconds, begin = (
        np.concatenate([fitted.seconds, predicted.seconds]),
        np.concatenate([fitted.begin, predicted.begin]),
    )
    first: dict[tuple[str, str], tuple[float, float]] = {}
    for row in order:
        if not cut[row] and keys[row] not in first:
            first[keys[row]] = (float(begin[row]), float(seconds[row]))

    def ratios(times: Times) -> Array:
        own = [first.get(key, (np.inf, np.nan)) for key in times.key]
        later = times.begin > np.array([each[0] for each in own])
        return np.where(later, times.seconds / np.array([each[1] for each in own]), np.nan)

    known = np.sort(ratios(fitted)[~fitted.cut])
    known = known[np.isfinite(known)]
    asked = ratios(predicted)
    rank = (np.searchsorted(known, asked) + np.searchsorted(known, asked, side="right") + 1) / (2 * (len(known) + 1))
    return np.where(np.isfinite(asked), rank, np.nan), np.full(len(asked), np.nan)


def masses(rank: Array, cut: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Ranks of complete times, and the share each stands for; cut-off ones are larger (Kaplan, Meier, 1958)."""
    order = np.lexsort((cut, rank))
    survival = np.cumprod(np.where(cut[order], 1.0, 1.0 - 1.0 / np.arange(len(rank), 0, -1)))
    whole = ~cut[order]
    mass = (np.append(1.0, survival[:-1]) - survival)[whole].astype(float)
    mass[-1] += 1.0 - mass.sum()
    return rank[order][whole], mass


def covered(rank: Array, cut: NDArray[np.bool_]) -> dict[str, float]:
    """The share of the times in each central interval."""
    value, mass = masses(np.clip(rank, 0.0, 1.0), cut)
    return {f"{level:.0%}": round(float(mass[np.abs(2 * value - 1) <= level].sum()), 3) for level in LEVELS}


def judged(rank: Array, score: Array, times: Times, known: NDArray[np.bool_]) -> dict[str, Any]:
    """Coverage, of all and of the `known` groups (at least 20 complete fitted times), rank histogram and mean score."""
    asked = np.isfinite(rank)
    value, mass = masses(np.clip(rank[asked], 0.0, 1.0), times.cut[asked])
    histogram = np.bincount(np.minimum((value * 10).astype(int), 9), mass, 10)
    scored = np.isfinite(score) & ~times.cut
    return {
        "predicted": int(asked.sum()),
        "of": len(rank),
        "cut_off": int(times.cut[asked].sum()),
        "coverage": covered(rank[asked], times.cut[asked]),
        "known": int((asked & known).sum()),
        "coverage of known": covered(rank[asked & known], times.cut[asked & known]),
        "ranks": [round(float(share), 3) for share in histogram],
        "score": round(float(np.maximum(score[scored], FLOOR).mean()), 3) if scored.any() else None,
    }


def drift(times: Times, first: NDArray[np.bool_]) -> dict[str, Any]:
    """What changed from earlier to later days: the mean logarithm, by days as pieces of evidence, and the groups."""
    whole = ~times.cut
    logs, means, errors = np.log(times.seconds), [], []
    for part in (first & whole, ~first & whole):
        day = np.unique(times.day[part] * 10 + times.machine.codes[part], return_inverse=True)[1]
        counts, mean = np.bincount(day), float(logs[part].mean())
        rest = np.bincount(day, logs[part] - mean)
        means.append(mean)
        errors.append(float((rest**2).sum()) / float(counts.sum()) ** 2)
    known = {key for key, early in zip(times.key, first, strict=True) if early}
    later = [key for key, early in zip(times.key, first, strict=True) if not early]
    days = np.unique(times.day[whole])
    medians = [float(np.median(logs[whole & (times.day == day)])) for day in days]
    rho, p = np.asarray(spearmanr(days, medians), float)
    moved, width = _moves(times, first)
    return {
        "factor": round(float(np.exp(means[1] - means[0])), 3),
        "z": round((means[1] - means[0]) / float(np.sqrt(sum(errors))), 2),
        "trend of daily medians": {"rank correlation": round(float(rho), 3), "p": float(f"{float(p):.2g}")},
        "later times of groups never seen before": round(float(np.mean([key not in known for key in later])), 3),
        "groups on both sides": len(moved),
        "median move of a group (factor)": round(float(np.exp(np.median(np.abs(moved)))), 3) if moved else None,
        "moves beyond chance, |z| > 2": round(float(np.mean(np.abs(width) > 2)), 3) if moved else None,
    }


def _moves(times: Times, first: NDArray[np.bool_]) -> tuple[list[float], Array]:
    """How far each group's median moved (logarithm), and how many standard errors that is if days do not matter."""
    keys = np.array(["|".join(key) for key in times.key])
    moved, z = [], []
    for key in np.unique(keys):
        own = (keys == key) & ~times.cut
        a, b = (np.log(times.seconds[own & part]) for part in (first, ~first))
        if min(len(a), len(b)) >= 10:
            moved.append(float(np.median(b) - np.median(a)))
            z.append(moved[-1] / np.sqrt(np.pi / 2 * (a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))))
    return moved, np.array(z)


def compared(what: str, times: Times) -> dict[str, Any]:
    """All predictors of one kind of times, later days from earlier ones, and every other day from the rest."""
    predictors: dict[str, Predictor] = {
        "families by BIC": by_family,
        "groups within groups": by_groups,
        "groups, learned anew three times": by_groups_anew,
        "last day of the machine": lambda a, b: by_last_day(a, b, grouped=False),
    }
    if what == "cycle":
        predictors["last day of the program"] = lambda a, b: by_last_day(a, b, grouped=True)
        predictors["first run of the program"] = by_first_run
    first = earlier(times)
    found: dict[str, Any] = {
        "earlier": int(first.sum()),
        "later": int((~first).sum()),
        "later days": {},
        "odd days": {},
    }
    for name, predictor in predictors.items():
        began = time.process_time()
        later = times.select(~first)
        found["later days"][name] = judged(*predictor(times.select(first), later), later, _known(times, first))
        _show(what, name, found["later days"][name], time.process_time() - began)
    for name in ("families by BIC", "groups within groups"):
        fitted = even(times)
        odd = times.select(~fitted)
        found["odd days"][name] = judged(*predictors[name](times.select(fitted), odd), odd, _known(times, fitted))
        _show(what, f"{name}, odd days", found["odd days"][name], 0.0)
    found["drift"] = drift(times, first)
    print(f"  drift: {found['drift']}", flush=True)
    return found


def _known(times: Times, fitted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of the times that are not fitted are of a group with enough complete fitted ones."""
    count = Counter(key for key, own in zip(times.key, fitted & ~times.cut, strict=True) if own)
    return np.array([count[key] >= LEAST for key, own in zip(times.key, fitted, strict=True) if not own], bool)


def _show(what: str, name: str, row: dict[str, Any], seconds: float) -> None:
    coverage = " ".join(f"{value:.3f}" for value in row["coverage"].values())
    known = " ".join(f"{value:.3f}" for value in row["coverage of known"].values())
    ranks = " ".join(f"{share:.2f}" for share in row["ranks"])
    score = "  none" if row["score"] is None else f"{row['score']:6.2f}"
    print(f"{what:6s}{name:34s}{row['predicted']:6d}  {coverage}  known {row['known']:5d}  {known}  ({seconds:.0f} s)")
    print(f"{'':40s}score {score}, ranks {ranks}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with the files")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    words = parser.parse_args(arguments)
    base = Path(os.environ.get("LINETWIN_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
    folder = words.data or base / "nist_sms_testbed"
    if not folder.is_dir():
        sys.exit(
            f"{folder} is not there: put the two files of the NIST test bed into a folder, and name it with --data."
        )
    began = time.process_time()
    print("coverage of 50, 80, 90 %; mean log density of the logarithm; ranks in tenths (0.10 each if right)")
    result = {what: compared(what, times) for what, times in read(folder).items()}
    result["cpu"] = {"seconds": round(time.process_time() - began)}
    if words.json:
        words.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
