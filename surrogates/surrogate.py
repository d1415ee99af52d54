"""A trained surrogate: what it learned, from what, how far it may be trusted, and how it replaces a solver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from surrogates.conformal import Conformal
from surrogates.guard import Guard, spread_of
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
        guard: where it may be trusted; fitted with the members' spread.
        conformal: half widths of intervals around what the chosen member tells.
        about: how it was trained: recipe, cases, held-out error, time.
    """

    problem: Problem
    ensemble: Ensemble
    chosen: int
    guard: Guard
    conformal: Conformal
    about: Mapping[str, Any] = field(default_factory=dict)

    def members(self, x: np.ndarray) -> np.ndarray:
        """What every member tells of cases [case, input]: [member, case, output], SI."""
        return self.ensemble.ask(x)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """What the chosen member, which works in a line, tells of cases [case, input]: [case, output], SI."""
        return self.members(x)[self.chosen]

    def interval(self, x: np.ndarray, *, coverage: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
        """Between what the truth lies with a probability, for cases like those of the box.

        Args:
            x: cases [case, input], SI.
            coverage: one of `conformal.coverages`.

        Returns:
            Low and high [case, output], SI.

        Raises:
            ValueError: the coverage was not calibrated.
        """
        return self.conformal.interval(self.predict(x), coverage=coverage)

    def outside(self, x: np.ndarray) -> np.ndarray:
        """Whether not to trust it at cases [case, input]: [case]."""
        return self.guard.flags(x, np.asarray(spread_of(self.members(x))))

    def one(self, x: Array) -> Array:
        """What the chosen member tells of one case [input] -> [output], SI, for JAX to transform."""
        return self.ensemble.one(self.ensemble.member(self.chosen), x)

    def flagged(self, x: Array, *, thorough: bool = False) -> Array:
        """Whether one case [input] lies outside, for JAX to transform.

        Args:
            x: the case, SI.
            thorough: whether distances and the spread of the members count, too, and not the box alone, which costs as
                much as all of its networks.
        """
        if thorough:
            return self.guard.outside(x, spread_of(self.ensemble.members(x)))
        return jnp.any(self.astray(x))

    def astray(self, x: Array) -> Array:
        """Which inputs of one case [input] have left their own range, or are not numbers, for JAX to transform."""
        room = 1e-9 * (self.problem.high - self.problem.low)
        return ~((x >= self.problem.low - room) & (x <= self.problem.high + room))

    def case(self, inputs: Named) -> Array:
        """Named inputs of one case as an array [input], SI."""
        return jnp.stack([jnp.asarray(inputs[name], float) for name in self.problem.inputs])

    def solve(self, inputs: Named) -> dict[str, Array]:
        """In place of the solver of the problem: named inputs -> named outputs, one case, SI."""
        found = self.one(self.case(inputs))
        return {name: found[k] for k, name in enumerate(self.problem.outputs)}
