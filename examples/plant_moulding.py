"""Injection moulding: settings to part weight and cycle time, and the screw station; writes docs/trust/moulding.md.

    python examples/plant_moulding.py [--data FOLDER] [--seeds 5] [--page docs/trust/moulding.md]

Data: West and Deuse (doi 10.5281/zenodo.14729547 and the cross-process chain data, MIT), not part of this project;
`python examples/synthetic_plant.py FOLDER` writes a small stand-in.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from surrogates.baselines import Fit, Predict, linear, mean, trees
from surrogates.compare import Comparison, compare
from surrogates.plant.models import hybrid, network, seeing
from surrogates.plant.moulding import (
    INPUTS,
    chain_table,
    cycle_formula,
    moulding_table,
    plate_formula,
    read_cycles,
    weight_formula,
)
from surrogates.plant.page import root_mean_square_table, score_table, text_table, verdict_lines, written
from surrogates.splits import Fold, leave_one_group_out, random
from surrogates.table import Table

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("LINETWIN_DATA_ROOT") or ROOT.parent / "shared" / "data")
BASELINES = ("mean", "linear", "boosted trees")
AS_ASSUMED = ("reference", "cooling_time", "switching_point", "injection_velocity")
"""Series whose cycle times agree with the cooling time that is assumed; the other two ran at another one."""


def plain() -> dict[str, Fit]:
    """The baselines, and a network alone."""
    return {"mean": mean, "linear": linear(), "boosted trees": trees(), "network": network(hidden=(32, 32))}


def missed() -> Fit:
    """The small network for what a formula misses."""
    return network(hidden=(8,), steps=300, rate=3e-3, decay=1e-2)


def whole_conditions(table: Table, seed: int) -> tuple[Fold, ...]:  # noqa: ARG001 - every seed has the same folds
    """Each condition held out once."""
    assert table.groups is not None
    return leave_one_group_out(table.groups)


def single_rows(table: Table, seed: int) -> tuple[Fold, ...]:
    """Rows at random, which flatters."""
    return random(len(table), seed=seed)


def of_weight(fit_on: int, predict_on: int) -> Fit:
    """Chance of a NOK, a straight line in weight between the limits 0 and 1: fitted on one column, used on another."""

    def fit(x: NDArray[np.float64], y: NDArray[np.float64], *, seed: int) -> Predict:
        inner = hinge(x[:, [fit_on]], y, seed=seed)
        return lambda inputs: inner(inputs[:, [predict_on]])

    return fit


def hinge(x: NDArray[np.float64], y: NDArray[np.float64], *, seed: int) -> Predict:
    """Straight line b + w max(limit - weight, 0), the limit sought among quantiles of the weights."""
    found = {}
    for limit in np.unique(np.quantile(x, np.linspace(0.02, 1, 50))):
        model = linear(1e-6)(np.maximum(limit - x, 0), y, seed=seed)
        found[float(np.square(model(np.maximum(limit - x, 0)) - y).sum()), float(limit)] = model
    (_, limit), best = min(found.items())
    return lambda inputs: np.clip(best(np.maximum(limit - inputs, 0)), 0, 1)


def chain(table: Table, seeds: int) -> tuple[Comparison, str]:
    """The screw station: chance of a NOK for a condition that no model has seen, and the rates by fibre content."""
    settings, names = range(len(INPUTS)), list(table.inputs)
    models = {name: seeing(fit, list(settings)) for name, fit in plain().items()}
    measured, predicted = names.index("weight"), names.index("weight_predicted")
    models["chain: predicted weight"] = of_weight(measured, predicted)
    models["measured weight"] = of_weight(measured, measured)
    fixed = [name for name in models if name != "network"]
    found = compare(table, models, whole_conditions, baselines=BASELINES, seeds=seeds, fixed=fixed)
    assert table.groups is not None
    rows = []
    for group in sorted({str(g) for g in table.groups if str(g).startswith("glass_fiber")}, reverse=True):
        here = table.groups == group
        rates = [f"{100 * np.nanmean(found.predicted[name][:, here, 0]):.1f}" for name in models]
        rows.append([group[-2:], str(here.sum()), f"{100 * table.y[here, 0].mean():.1f}", *rates])
    return found, text_table(["fibre [%]", "runs", "measured [%]", *models], rows)


def main() -> None:
    """Compares the models and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=DATA / "rif_injection_screw_chain")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "trust" / "moulding.md")
    given = parser.parse_args()
    cycles = read_cycles(given.data)
    table = moulding_table(cycles)
    parts, options = [], {"baselines": BASELINES, "seeds": given.seeds}
    weight = replace(table, outputs={"weight": "g"})
    models = plain() | {"formula": weight_formula(), "hybrid": hybrid(weight_formula(), missed())}
    fixed = ["mean", "linear", "boosted trees", "formula"]
    found = compare(weight, models, whole_conditions, fixed=fixed, **options)
    flattered = compare(weight, models, single_rows, leaks=True, **options)
    parts += ["## Part weight, a whole condition left out", score_table(found.scores["weight"], "g")]
    parts += [verdict_lines(found, "weight"), "By series of trials, the condition itself left out:"]
    parts += [root_mean_square_table(found, weight.y, table.columns["series"], unit="g")]
    parts += ["Random folds, in which every condition is known, flatter:", score_table(flattered.scores["weight"], "g")]

    formulas = {"formula: set time": cycle_formula, "formula: plate": plate_formula}
    hybrids = {"hybrid: set time": hybrid(cycle_formula, missed()), "hybrid: plate": hybrid(plate_formula, missed())}
    models = plain() | formulas | hybrids
    fixed = [*BASELINES, *formulas]
    agreeing = table.take(np.isin(table.columns["series"], AS_ASSUMED))
    for title, some in (
        ("all conditions", table),
        ("without the two series that ran at another cooling time", agreeing),
    ):
        cycle = replace(some, outputs={"t4012": "s"})
        timed = compare(cycle, models, whole_conditions, fixed=fixed, **options)
        parts += [f"## Cycle time, a whole condition left out: {title}", score_table(timed.scores["t4012"], "s")]
        parts += [verdict_lines(timed, "t4012")]
        parts += [root_mean_square_table(timed, cycle.y, some.columns["series"], unit="s")]

    linked = chain_table(cycles, given.data, predicted=found.predicted["hybrid"][:, :, 0].mean(axis=0))
    screwed, rates = chain(linked, given.seeds)
    parts += ["## On to the screw station", CHAIN.format(runs=len(linked)), rates]
    parts += ["R² of single verdicts (1 NOK, 0 OK) is the Brier skill; RMSE² the Brier score."]
    parts += [score_table(screwed.scores["nok"], "1"), verdict_lines(screwed, "nok")]
    groups = len(set(np.asarray(table.groups).tolist()))
    head = HEAD.format(rows=len(table), groups=groups, seeds=given.seeds)
    written(given.page, [head, *parts], print)


HEAD = """
# Injection moulding: part weight, cycle time, and the screw station behind

    python examples/plant_moulding.py

{rows} weighed cycles with a machine record, in {groups} conditions (West and Deuse, doi 10.5281/zenodo.14729547
and the cross-process chain data, MIT; not part of this project). **Inputs** are settings and what is known
before the shot: cooling time, mould temperature and fibre content from the label of the condition; set flows
and switching volumes from the machine; the fibre content before the last change, and how many shots ago it
changed and the machine stood. No measured value of the cycle is an input, and no count of the running order but
these two. Each condition is held out as a whole; {seeds} seeds; 95 % intervals from a bootstrap that draws
conditions and seeds.

What the data do not say, and what follows:

- A change of material reaches the mould 10 to 18 shots later, because the barrel is full of the one before (the
  weights change from shot 11 to shot 18 after the label; one delay for all fits best at 14). The formula for
  the weight has that delay, so it is fitted on other changes and holds on the one left out.
- The day matters (the same settings gave 85.5 g on 5 June and 84.2 g on 11 June) and no setting explains it:
  the error of every model on `reference` has this floor.
- The labels of the series of mould temperatures, and of the first two thirds of `glass_fiber_content_30`, do
  not say that the cooling time was 27 s (their cycles take the 38.97 s of `cooling_time_27`). No honest input
  can know it. The second table of cycle times leaves these two series out. That was decided by looking at the
  cycle times, which are what is predicted: it explains the first table and is no second test. In the other
  series, too, the cooling time is the 25 s of the reference by assumption, unless the label says so.
- The machine cools for the set time, whatever the part needs: cycles at 30 and at 65 degC of the mould take the
  same 38.97 s. The time that a plate needs is therefore the wrong formula for these trials, and is shown
  because it would be the right one where cooling is set by need. Set cooling time plus filling time has one
  fitted number.
- Conditions with the same settings on other days (`reference`, `switching_point_22`, `injection_velocity_030`,
  `cooling_time_25`) stay in what is learnt from when one of them is left out.
- What was tried with the held-out errors in sight: two sizes of the hybrids' network (the smaller is shown),
  and after a first comparison the formulas got terms for start-up, a median in place of a mean, and the barrel
  that is purged overnight, which is an input of all models. So small differences between the models count for
  little.
- Measured values of the cycle (pressures, cushion) are left out on purpose: they come with the part, not before
  it. A quick check with them and without the label's fibre content, boosted trees on whole conditions, is
  published with the data at R² 0.50.
"""
CHAIN = """
{runs} screw runs of the scenario that is linked to these cycles; one row is one run, its label OK or NOK. The
chain predicts the weight with the hybrid above, trained without the condition, and the chance of a NOK from the
weight by a line with a knee, fitted on the other conditions. "Measured weight" has the true weight, which is
known only after weighing. A difference in RMSE of a thousandth is of no use, whatever its interval says; what
counts are the rates. Rates by fibre content, the content itself left out:
"""

if __name__ == "__main__":
    main()
