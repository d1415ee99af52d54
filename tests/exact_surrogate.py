"""Surrogates of which the truth is known: networks that tell nothing, on top of a formula that tells all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from surrogates.conformal import Conformal
from surrogates.guard import Guard
from surrogates.networks import Ensemble, Scales
from surrogates.problem import Problem
from surrogates.surrogate import Surrogate
from surrogates.training import bends_of
from surrogates.trusted.points import fresh
from twin.process import Attribute

SUM = Problem(
    "sum",
    {"a": Attribute(0.0, "1", -1.0, 1.0, "one"), "b": Attribute(293.15, "degC", 273.15, 313.15, "warm")},
    {"y": Attribute(0.0, "min", -1e4, 1e4, "their sum"), "z": Attribute(1.0, "1", 1e-3, 1e3, "exponential")},
    ("z",),
    lambda x: {"y": 60 * x["a"] + 3 * (x["b"] - 293.15), "z": jnp.exp(2 * x["a"])},
)
"""y = a min + 0.05 min/K (b - 20 degC), z = exp(2 a)."""


def telling(problem: Problem, tell: Callable[[Mapping[str, Any]], Mapping[str, Any]], **about: Any) -> Surrogate:
    """A surrogate that tells what a formula says of all outputs."""
    wrong = replace(problem, rough=tell)
    inputs, outputs = len(problem.inputs), len(problem.outputs)
    middle, half = (problem.low + problem.high) / 2, (problem.high - problem.low) / 2
    scales = Scales(middle, half, np.zeros(outputs), np.ones(outputs), *bends_of(problem))
    weights = ((np.zeros((2, inputs, outputs), np.float32), np.zeros((2, outputs), np.float32)),)
    ensemble = Ensemble((inputs, outputs), scales, weights, wrong.formula)
    x, others = fresh(problem, 500, seed=8), fresh(problem, 500, seed=9)
    guard = Guard.fit(x, others, spread=np.zeros((500, outputs)), low=problem.low, high=problem.high)
    shell = Surrogate(wrong, ensemble, 0, guard, Conformal((0.5,), ("",), np.zeros((1, 1, outputs)), None), about)
    return replace(shell, problem=problem, conformal=Conformal.fit(problem.truth(others), shell.predict(others)))


def exact(problem: Problem, **about: Any) -> Surrogate:
    """A surrogate that is the solver."""
    assert problem.solve is not None
    return telling(problem, problem.solve, **about)
