"""How the error falls with the number of cases, with the family's formula in the network and without."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from surrogates.fit import Recipe
from surrogates.surrogate import Surrogate
from surrogates.trusted.again import recipe_of, trained_again, with_structure
from surrogates.trusted.scaled import curved, deviations
from surrogates.trusted.shown import over_seeds

__all__ = ["MEASURE", "efficiency", "scaled_error"]

MEASURE = (
    "root mean square of the error in standard deviations of the output (of its logarithm where that is learned), "
    "mean over outputs"
)
SHARES = (0.1, 0.5, 1.0)


def efficiency(
    surrogate: Surrogate,
    x: np.ndarray,
    *,
    seeds: int = 5,
    recipe: Recipe | None = None,
    cases: int | None = None,
    shares: Sequence[float] = SHARES,
    trained: Sequence[Surrogate] = (),
    progress: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Train on shares of the cases, with structure and plainly, each with the same recipe: the same tuning budget.

    One network each, not an ensemble, and no other hyperparameters for either kind. With the same seed both see the
    same cases and the same order of batches, so their ratio is paired.

    Args:
        surrogate: whose problem, box and recipe count.
        x: fresh points [case, input], SI.
        seeds: number of seeds.
        recipe: how to train; None for that of the surrogate, with one member.
        cases: all of them; None for as many as the surrogate had.
        shares: of the cases.
        trained: surrogates of all cases, one per seed, the first network of each of which counts; saves their training.
        progress: called after each training.

    Returns:
        The block "efficiency" of a card; without "structure" where the family has no formula.
    """
    begun = replace(recipe or recipe_of(surrogate), members=1)
    count = int(surrogate.about["cases"]) if cases is None else cases
    forms = {kind: with_structure(surrogate.problem, kind == "structure") for kind in ("plain", "structure")}
    true = surrogate.problem.truth(x)
    rows, ratios = [], []
    for share in shares:
        some = round(share * count)
        errors: dict[str, list[float]] = {}
        for kind, problem in forms.items():
            known = trained if share == 1.0 and (kind == "structure") == (surrogate.problem.rough is not None) else ()
            for seed in range(seeds if problem is not None else 0):
                if seed < len(known):
                    told = known[seed].members(x)[0]
                else:
                    once = replace(begun, seed=begun.seed + seed)
                    told = trained_again(surrogate, recipe=once, cases=some, problem=problem).members(x)[0]
                errors.setdefault(kind, []).append(scaled_error(surrogate, told, true))
                if progress:
                    progress()
        for kind, values in errors.items():
            rows.append({"kind": kind, "share": share, "cases": some, "error": over_seeds(values), "values": values})
        if len(errors) == 2:
            ratio = np.asarray(errors["plain"]) / np.maximum(errors["structure"], 1e-300)
            ratios.append({"share": share} | over_seeds(ratio, ratio=True))
    return {"rows": rows, "ratios": ratios, "error": MEASURE}


def scaled_error(surrogate: Surrogate, told: np.ndarray, true: np.ndarray) -> float:
    """The measure of the block, see `MEASURE`.

    Args:
        surrogate: whose outputs.
        told: [case, output], SI.
        true: [case, output], SI.
    """
    problem = surrogate.problem
    off = (curved(problem, told) - curved(problem, true)) / deviations(problem, true)
    return float(np.sqrt(np.square(off).mean(axis=0)).mean())
