"""How large the errors are on fresh points, over seeds, beside models that need no network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from surrogates import baselines
from surrogates.design import design
from surrogates.problem import Problem
from surrogates.surrogate import Surrogate
from surrogates.trusted.again import recipe_of
from surrogates.trusted.scaled import curved
from surrogates.trusted.shown import over_seeds, rounded, span, span_unit, value

__all__ = ["accuracy", "figures"]

SCATTER = 400
"""Points of a scatter at most."""


def accuracy(trained: Sequence[Surrogate], x: np.ndarray, *, trees: bool = True) -> dict[str, Any]:
    """Errors of surrogates that differ in their seed only, and of baselines on the same cases.

    "surrogate" is the member that works in a line, "one member" any of them (mean over all), "mean of members" their
    mean. Baselines learn from the cases of each seed, logarithms where the networks do.

    Args:
        trained: the surrogate of the card first, then others of other seeds.
        x: fresh points [case, input], SI.
        trees: whether boosted trees are among the baselines, which takes scikit-learn.

    Returns:
        The block "accuracy" of a card.

    Raises:
        ImportError: scikit-learn is missing.
    """
    problem = trained[0].problem
    true = problem.truth(x)
    rows: dict[str, list[dict[str, np.ndarray]]] = {}
    for one in trained:
        members = one.members(x)
        each = [figures(told, true) for told in members]
        mean_figures = {name: np.mean([row[name] for row in each], axis=0) for name in each[0]}
        rows.setdefault("surrogate", []).append(each[one.chosen])
        rows.setdefault("one member", []).append(mean_figures)
        rows.setdefault("mean of members", []).append(figures(members.mean(axis=0), true))
        for name, told in _baselines(one, x, trees=trees).items():
            rows.setdefault(name, []).append(figures(told, true))
    found = [
        {"model": model, "output": output, "unit": span_unit(about)} | _row(about, per_seed, k)
        for model, per_seed in rows.items()
        for k, (output, about) in enumerate(problem.outputs.items())
    ]
    return {
        "split": f"{len(x):,} fresh random points of the box",
        "seeds": len(trained),
        "rows": found,
        "scatter": rounded(_scatter(problem, true, trained[0].predict(x))),
    }


def figures(told: np.ndarray, true: np.ndarray) -> dict[str, np.ndarray]:
    """R², root mean square, 99th percentile and largest of the error of each output [output], SI.

    Args:
        told: [case, output].
        true: [case, output].

    Example:
        >>> found = figures(np.array([[1.0], [2.0], [4.0]]), np.array([[1.0], [2.0], [3.0]]))
        >>> float(found["r2"][0]), float(found["max"][0])
        (0.5, 1.0)
    """
    error = np.abs(told - true)
    spread = np.square(true - true.mean(axis=0)).sum(axis=0)
    r2 = 1 - np.square(error).sum(axis=0) / np.where(spread > 0, spread, np.nan)
    rmse = np.sqrt(np.square(error).mean(axis=0))
    return {"r2": r2, "rmse": rmse, "p99": np.quantile(error, 0.99, axis=0), "max": error.max(axis=0)}


def _row(about: Any, per_seed: Sequence[dict[str, np.ndarray]], k: int) -> dict[str, Any]:
    """The figures of one output over seeds, errors in the unit that is shown."""
    found = {name: np.asarray([row[name][k] for row in per_seed]) for name in per_seed[0]}
    return {name: over_seeds(values if name == "r2" else span(about, values)) for name, values in found.items()}


def _baselines(surrogate: Surrogate, x: np.ndarray, *, trees: bool) -> dict[str, np.ndarray]:
    """What the baselines tell of x after learning from the cases that the surrogate was trained on."""
    problem, recipe = surrogate.problem, recipe_of(surrogate)
    kind = str(surrogate.about.get("design", "sobol"))
    cases = design(problem.low, problem.high, int(surrogate.about["cases"]), kind=kind, seed=recipe.seed)
    y = curved(problem, problem.truth(cases))
    models: dict[str, baselines.Fit] = {"mean": baselines.mean, "linear": baselines.linear()}
    models |= {"trees": baselines.trees()} if trees else {}
    log = np.asarray([name in problem.logs for name in problem.outputs])
    told = {name: fit(cases, y, seed=recipe.seed)(x) for name, fit in models.items()}
    return {name: np.where(log, np.exp(np.where(log, found, 0.0)), found) for name, found in told.items()}


def _scatter(problem: Problem, true: np.ndarray, told: np.ndarray) -> dict[str, Any]:
    """True values and errors of some points, in the unit that is shown."""
    some = slice(0, SCATTER)
    return {
        name: {
            "true": value(about, true[some, k]).tolist(),
            "error": span(about, told[some, k] - true[some, k]).tolist(),
        }
        for k, (name, about) in enumerate(problem.outputs.items())
    }
