"""How much faster a surrogate is than the solver that it replaces, and when its training has paid."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from surrogates.problem import Problem
from surrogates.surrogate import Surrogate
from surrogates.trusted.grids import GRIDS, Grids
from surrogates.trusted.points import fresh
from surrogates.trusted.scaled import curved, deviations
from twin.physics import FAMILIES

__all__ = ["alternating", "nanoseconds", "speed"]

BATCH = 1024
LONG = 20.0
"""CPU seconds after which three turns have to do."""
One = Callable[[Array], Array]


def speed(surrogate: Surrogate, *, rounds: int = 9, least: float = 0.05) -> dict[str, Any]:
    """CPU time of solver and surrogate, both compiled and mapped over cases, in turns in one run.

    The surrogate is the member that works in a line. On a grid that is as coarse as its own error allows, the solver is
    timed once more: the coarsest whose error against a very fine grid is no larger than the surrogate's.

    Args:
        surrogate: of a problem with a solver.
        rounds: turns, of which the median counts.
        least: CPU time of each measurement [s].

    Returns:
        The block "speed" of a card.
    """
    problem = surrogate.problem
    grids = GRIDS.get(problem.name) if problem.numbers is not None else None
    x = jnp.asarray(fresh(problem, BATCH, seed=3))
    steep = lambda one: jax.grad(lambda case: jnp.sum(one(case) / _sizes(problem)))  # noqa: E731
    solver, told = problem.one, surrogate.one
    runs = {
        "batch 1": ({"solver": jax.jit(solver), "surrogate": jax.jit(told)}, x[0], 1),
        "batch 1024": ({"solver": _many(solver), "surrogate": _many(told)}, x, BATCH),
        "gradient, batch 1024": ({"solver": _many(steep(solver)), "surrogate": _many(steep(told))}, x, BATCH),
    }
    same = _same_error(surrogate, grids) if grids else None
    if same:
        runs["batch 1024"][0]["same error"] = _many(same.one)
        runs["gradient, batch 1024"][0]["same error"] = _many(steep(same.one))
    rows, found = [], {}
    for what, (ways, at, count) in runs.items():
        cost = {name: ns / count for name, ns in alternating(ways, at, rounds=rounds, least=least).items()}
        found[what] = cost
        ratio = cost["solver"] / cost["surrogate"]
        rows.append({"what": what, "solver_ns": cost["solver"], "surrogate_ns": cost["surrogate"], "ratio": ratio})
    spent: Any = surrogate.about.get("cpu_seconds") or {}
    training, solving = spent.get("training"), spent.get("solving")
    saved = (found["batch 1024"]["solver"] - found["batch 1024"]["surrogate"]) * 1e-9
    paid = (training + solving) / saved if training is not None and solving is not None and saved > 0 else None
    return {
        "rows": rows,
        "grid": grids.used if grids else "formulas, no grid",
        "same_error_grid": same.block(found) if same else None,
        "training_cpu_s": training,
        "solving_cpu_s": solving,
        "break_even_cases": paid,
    }


def alternating(
    ways: Mapping[str, Callable[[Any], Any]], x: Any, *, rounds: int, least: float = 0.05
) -> dict[str, float]:
    """CPU time of one call of each of some functions [ns]: in turns, so that a busy machine slows all; medians.

    Args:
        ways: name -> compiled function.
        x: its argument.
        rounds: turns; no further one begins after three that took `LONG` seconds.
        least: CPU time of each measurement [s].
    """
    for way in ways.values():
        jax.block_until_ready(way(x))
    found: dict[str, list[float]] = {name: [] for name in ways}
    begin = time.process_time()
    for done in range(rounds):
        if done >= 3 and time.process_time() - begin > LONG:
            break
        for name, way in ways.items():
            found[name].append(nanoseconds(way, x, least))
    return {name: float(np.median(values)) for name, values in found.items()}


def nanoseconds(way: Callable[[Any], Any], x: Any, least: float) -> float:
    """CPU time of one call over all threads [ns], mean over `least` seconds."""
    begin, calls, batch = time.process_time(), 0, 1
    while (spent := time.process_time() - begin) < least:
        for _ in range(batch):
            jax.block_until_ready(way(x))
        calls, batch = calls + batch, min(2 * batch, 64)
    return 1e9 * spent / max(calls, 1)


def _many(one: Callable[[Array], Any]) -> Callable[[Array], Any]:
    return jax.jit(jax.vmap(one))


def _sizes(problem: Problem) -> Array:
    """Half of the range of each output, so that a sum of them has a sense."""
    return jnp.asarray([(about.high - about.low) / 2 for about in problem.outputs.values()])


@dataclass(frozen=True)
class _Same:
    """The coarsest grid with the surrogate's own error, or the finest listed if none has it.

    Attributes:
        grid: in words.
        one: the solver on it, for one case.
        error_solver, error_surrogate: root mean squares against the exact grid, in deviations, mean over outputs.
    """

    grid: str
    one: One
    error_solver: float
    error_surrogate: float

    def block(self, found: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
        """As in a card."""
        batch, slope = found["batch 1024"], found["gradient, batch 1024"]
        return {
            "grid": self.grid,
            "solver_ns": batch["same error"],
            "ratio": batch["same error"] / batch["surrogate"],
            "gradient_ratio": slope["same error"] / slope["surrogate"],
            "error_solver": self.error_solver,
            "error_surrogate": self.error_surrogate,
        }


def _same_error(surrogate: Surrogate, grids: Grids) -> _Same:
    problem = surrogate.problem
    process = FAMILIES[problem.name](**(problem.numbers or {}))
    x = fresh(problem, 2 * BATCH, seed=4)

    def on(grid: Any) -> One:
        def one(case: Array) -> Array:
            found = grids.solve(process, {name: case[k] for k, name in enumerate(problem.inputs)}, grid)
            return jnp.stack([found[name] for name in problem.outputs])

        return one

    exact = np.asarray(_many(on(grids.exact))(jnp.asarray(x)))
    deviation = deviations(problem, exact)

    def error(y: np.ndarray) -> float:
        off = (curved(problem, y) - curved(problem, exact)) / deviation
        return float(np.sqrt(np.square(off).mean(axis=0)).mean())

    own, found = error(surrogate.predict(x)), None
    for name, grid in grids.grids.items():
        found = _Same(name, on(grid), error(np.asarray(_many(on(grid))(jnp.asarray(x)))), own)
        if found.error_solver <= own:
            break
    if found is None:
        raise ValueError(f"grids of {problem.name!r}: there are none; a family with grids lists one or more.")
    return found
