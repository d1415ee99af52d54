"""Train a surrogate of a process, or of a table of measured cases."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from surrogates.conformal import Conformal
from surrogates.design import design
from surrogates.fit import Fitted, Recipe, fit
from surrogates.guard import Guard, spread_of
from surrogates.networks import Bends, Scales, based, new_ensemble
from surrogates.problem import Problem, problem_of
from surrogates.surrogate import Surrogate
from twin.process import Process

__all__ = ["calibrated", "learned", "train"]

CALIBRATION = 2000
"""Random cases that set the limits of the guard and the widths of the intervals."""


def train(
    what: Process | Problem,
    *,
    cases: int = 4096,
    recipe: Recipe | None = None,
    box: Mapping[str, tuple[float, float]] | None = None,
    structure: bool = True,
    kind: str = "sobol",
    checkpoint: Path | None = None,
    progress: Callable[[int, int, float], None] | None = None,
) -> Surrogate:
    """Learn what costs time in the visits of a process.

    Args:
        what: a process whose family has a solver, or any problem that can be solved.
        cases: how many are solved for training.
        recipe: how to train; None for the usual one.
        box: windows [SI] of inputs that are to be learned in less, or more, than the whole range of the family.
        structure: whether the networks correct the family's rough formula, where it has one.
        kind: of the design, see `surrogates.design`.
        checkpoint: folder from which training goes on after a kill.
        progress: called with the look, how many there are at most, and the mean held-out error.

    Returns:
        The surrogate; `save` it, or put its `process_class` into a line.

    Raises:
        ValueError: nothing in the process can be learned, or the solver finds no finite number somewhere in the box.
    """
    problem = problem_of(what, box=box, structure=structure) if isinstance(what, Process) else what
    recipe = recipe or Recipe()
    begin = time.process_time()
    x = design(problem.low, problem.high, cases, kind=kind, seed=recipe.seed)
    others = design(problem.low, problem.high, CALIBRATION, kind="random", seed=recipe.seed)
    y, true = problem.truth(x), problem.truth(others)
    solved = time.process_time()
    fitted = learned(problem, x, y, recipe=recipe, checkpoint=checkpoint, progress=progress)
    spent = {"solving": solved - begin, "training": time.process_time() - solved}
    about = {"cases": cases, "design": kind, "recipe": asdict(recipe), "cpu_seconds": spent}
    about |= {"held_out_error": fitted.error.tolist(), "looks": len(fitted.history)}
    return calibrated(problem, fitted, x, calibration=(others, true), about=about)


def calibrated(
    problem: Problem,
    fitted: Fitted,
    x: np.ndarray,
    *,
    calibration: tuple[np.ndarray, np.ndarray],
    about: Mapping[str, Any],
) -> Surrogate:
    """A surrogate of trained networks, with its guard and its intervals.

    Args:
        problem: what was learned.
        fitted: the networks.
        x: cases they were trained on [case, input], SI.
        calibration: other inputs [case, input] and their outputs [case, output], SI, from the same source.
        about: what to say of the training.
    """
    chosen = int(np.argmin(fitted.error))
    others, true = calibration
    told = fitted.ensemble.ask(others)
    spread = np.asarray(spread_of(told))
    guard = Guard.fit(x, others, spread=spread, low=problem.low, high=problem.high)
    return Surrogate(problem, fitted.ensemble, chosen, guard, Conformal.fit(true, told[chosen]), about)


def bends_of(problem: Problem) -> Bends:
    """Which outputs of a problem are learned as logarithms, which as log odds."""
    told = lambda names: np.asarray([name in names for name in problem.outputs])  # noqa: E731
    return Bends(told(problem.logs), told(problem.shares))


def learned(problem: Problem, x: np.ndarray, y: np.ndarray, *, recipe: Recipe, **how: object) -> Fitted:
    """Train a new ensemble for a problem on cases x [case, input], y [case, output], SI."""
    bent = bends_of(problem)
    base = np.asarray(jax.vmap(lambda case: based(problem.formula, bent, case))(jnp.asarray(x, float)))
    scales = Scales.of(problem.low, problem.high, y, bent, base)
    sizes = (len(problem.inputs), *recipe.hidden, len(problem.outputs))
    ensemble = new_ensemble(sizes, scales, members=recipe.members, seed=recipe.seed, formula=problem.formula)
    return fit(ensemble, x, y, recipe=recipe, **how)  # type: ignore[arg-type]
