"""Three ways to put physics into a surrogate of the oven, beside none: `python examples/physics_inside.py [--quick]`.

plain: the network tells the end temperatures. structure: it corrects a closed form. residual: it tells the whole
course, and the equation of heat is part of its loss. Each gets the same network, the same steps, and three values of
one parameter to choose from on cases of its own. Error: root mean square over the three sections, 5 seeds.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from scipy import stats  # noqa: E402

from surrogates import Recipe, design, problem_of  # noqa: E402
from surrogates.fit import fit, squares  # noqa: E402
from surrogates.networks import Bends, Scales, based, new_ensemble  # noqa: E402
from surrogates.residual import along, oven_course, residual_loss, with_way  # noqa: E402
from twin.physics import Oven  # noqa: E402

SHARES = (0.1, 0.5, 1.0)
WHOLE = 4096
SECTIONS = ("boss", "wall", "hanger")
TRIED: dict[str, tuple[float, ...]] = {
    "plain": (2e-3, 5e-3, 1e-2),  # highest learning rate
    "structure": (2e-3, 5e-3, 1e-2),
    "residual": (1e-3, 1e-2, 1e-1),  # weight of the residual
}


def error_of(kind: str, tried: float, cases: int, seed: int, recipe: Recipe) -> float:
    """Kelvin on fresh points, for one network."""
    oven: Any = Oven()
    course = oven_course(oven)
    problem = problem_of(oven, structure=kind == "structure")
    chosen = [list(problem.outputs).index(name) for name in SECTIONS]
    x = design(problem.low, problem.high, cases, seed=seed)
    fresh = design(problem.low, problem.high, 4000, kind="random", seed=seed + 1000)
    y, true = problem.truth(x)[:, chosen], problem.truth(fresh)[:, chosen]
    learned, loss = problem, None
    if kind == "residual":
        learned = along(problem, course)
        loss = residual_loss(problem, course, weight=tried, points=1024, seed=seed)
        x, fresh = (with_way(part, np.ones(len(part)), course) for part in (x, fresh))
    said = learned.formula
    formula = said and (lambda case: {k: v for k, v in said(case).items() if k < len(SECTIONS)})
    none = Bends(np.zeros(len(SECTIONS), bool), np.zeros(len(SECTIONS), bool))
    base = np.asarray(jax.vmap(lambda case: based(formula, none, case))(jnp.asarray(x)))
    scales = Scales.of(learned.low, learned.high, y, none, base)
    ensemble = new_ensemble((x.shape[1], *recipe.hidden, len(SECTIONS)), scales, members=1, seed=seed, formula=formula)
    recipe = Recipe(**{**vars(recipe), "seed": seed, "rate": tried if kind != "residual" else recipe.rate})
    found = fit(ensemble, x, y, recipe=recipe, loss=loss(scales) if loss else squares).ensemble
    told = found.ask(fresh)[0]
    return float(np.sqrt(np.mean((told - true) ** 2)))


def interval(values: list[float]) -> tuple[float, float, float]:
    """Geometric mean of errors with its 95 % interval (Student's t of the logarithms)."""
    logs = np.log(values)
    half = stats.t.ppf(0.975, len(logs) - 1) * logs.std(ddof=1) / np.sqrt(len(logs))
    return tuple(float(np.exp(v)) for v in (logs.mean(), logs.mean() - half, logs.mean() + half))  # type: ignore[return-value]


def main() -> None:
    """Choose, train, print, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few cases, steps and seeds, to see that it runs")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    options = parser.parse_args()
    recipe = Recipe(hidden=(32, 32), members=1)
    whole, seeds = WHOLE, 5
    if options.quick:
        recipe, whole, seeds = Recipe(hidden=(8,), members=1, steps=100, finish=100), 512, 2
    found: dict[str, Any] = {}
    for kind, values in TRIED.items():
        trial = {value: error_of(kind, value, round(SHARES[0] * whole), 100, recipe) for value in values}
        best = min(trial, key=trial.__getitem__)
        found[kind] = {"tried": trial, "chosen": best, "errors": {}}
        for share in SHARES:
            begin = time.process_time()
            errors = [error_of(kind, best, round(share * whole), seed, recipe) for seed in range(seeds)]
            found[kind]["errors"][share] = errors
            mean, low, high = interval(errors)
            spent = (time.process_time() - begin) / seeds
            print(
                f"{kind:10} {round(share * whole):5} cases  {mean:7.4f} K  {low:.4f} to {high:.4f}  {spent:4.0f} CPU s"
            )
    for share in SHARES:
        for kind in ("structure", "residual"):
            ratios = [a / b for a, b in zip(found["plain"]["errors"][share], found[kind]["errors"][share], strict=True)]
            mean, low, high = interval(ratios)
            print(f"plain / {kind:10} at {share:4.0%}: {mean:6.2f}  ({low:.2f} to {high:.2f})")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
