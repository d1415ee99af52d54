"""Outputs and slopes as numbers of about 1, so that kelvin and minutes can be compared and added up."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from surrogates.problem import Problem

__all__ = ["curved", "deviations", "jacobians", "jacobians_of_both"]


def curved(problem: Problem, y: np.ndarray) -> np.ndarray:
    """Outputs [..., output], logarithms of those that are learned as logarithms."""
    log = np.asarray([name in problem.logs for name in problem.outputs])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(log, np.log(np.where(log, y, 1.0)), y)


def deviations(problem: Problem, y: np.ndarray) -> np.ndarray:
    """Standard deviation of each output, of its logarithm where that is learned [output]; 1 where it never varies.

    Args:
        problem: whose outputs.
        y: of the solver at many cases [case, output], SI.
    """
    spread = curved(problem, y).std(axis=0)
    return np.where(spread > 0, spread, 1.0)


def jacobians(
    problem: Problem, one: Callable[[Array], Array], *, deviation: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """How steep a map is: slopes in deviations of each output per half of the box of each input.

    Args:
        problem: whose box, and which of the outputs are learned as logarithms.
        one: the map for one case [input] -> [output], SI, e.g. `problem.one` or `Surrogate.one`.
        deviation: of each output, see `deviations`.

    Returns:
        x [case, input] -> slopes [case, output, input].
    """
    middle, half = jnp.asarray((problem.low + problem.high) / 2), jnp.asarray((problem.high - problem.low) / 2)
    log = jnp.asarray([name in problem.logs for name in problem.outputs])

    def told(z: Array) -> Array:
        y = one(middle + half * z)
        return jnp.where(log, jnp.log(jnp.where(log, y, 1.0)), y) / jnp.asarray(deviation)

    slopes = jax.jit(jax.vmap(jax.jacfwd(told)))
    return lambda x: np.asarray(slopes((jnp.asarray(x, float) - middle[None]) / half[None]))


def jacobians_of_both(problem: Problem, one: Callable[[Array], Array], x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slopes of the solver and of a surrogate at x [case, input]: two of [case, output, input], see `jacobians`."""
    deviation = deviations(problem, problem.truth(x))
    exact, told = (jacobians(problem, way, deviation=deviation)(x) for way in (problem.one, one))
    return exact, told
