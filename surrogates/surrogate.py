"""A trained surrogate: what it learned, from what, and how it takes the place of a solver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from surrogates.networks import Ensemble
from surrogates.problem import Named, Problem

__all__ = ["Surrogate"]


@dataclass(frozen=True)
class Surrogate:
    """An ensemble of networks in the words of its problem.

    Attributes:
        problem: what was learned.
        ensemble: the networks.
        chosen: the member that works in a line: the best on held-out cases.
        about: how it was trained: recipe, cases, held-out error, time.
    """

    problem: Problem
    ensemble: Ensemble
    chosen: int
    about: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def _members(self) -> Callable[[Array], Array]:
        return jax.jit(jax.vmap(self.ensemble.members, out_axes=1))

    def members(self, x: np.ndarray) -> np.ndarray:
        """What every member tells of cases [case, input]: [member, case, output], SI."""
        return np.asarray(self._members(jnp.asarray(x, float)))

    def predict(self, x: np.ndarray) -> np.ndarray:
        """What the chosen member, which works in a line, tells of cases [case, input]: [case, output], SI."""
        return self.members(x)[self.chosen]

    def one(self, x: Array) -> Array:
        """What the chosen member tells of one case [input] -> [output], SI, for JAX to transform."""
        return self.ensemble.one(self.ensemble.member(self.chosen), x)

    def solve(self, inputs: Named) -> dict[str, Array]:
        """In place of the solver of the problem: named inputs -> named outputs, one case, SI."""
        found = self.one(jnp.stack([jnp.asarray(inputs[name], float) for name in self.problem.inputs]))
        return {name: found[k] for k, name in enumerate(self.problem.outputs)}
