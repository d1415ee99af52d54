"""Points that fill the box evenly: what any search should beat."""

from __future__ import annotations

import numpy as np

from scenarios.search.box import Box
from scenarios.search.problem import Evaluated, Problem

__all__ = ["SobolPoints", "filling"]

BATCH = 32


def filling(box: Box, count: int, seed: int) -> np.ndarray:
    """The start, then points of a scrambled Sobol sequence [point, variable] of the unit box."""
    from scipy.stats import qmc  # noqa: PLC0415  half a second

    draws = qmc.Sobol(box.size, rng=np.random.default_rng(seed)).random_base2(max(0, (count - 1).bit_length()))
    return np.concatenate([box.start[None], draws])[:count]


class SobolPoints:
    """The start, then one batch after the other of a Sobol sequence (see `scenarios.search.driver.Asking`).

    Args:
        problem: what is searched.
        seed: of the scrambling.
    """

    def __init__(self, problem: Problem, seed: int) -> None:
        from scipy.stats import qmc  # noqa: PLC0415  half a second

        self.done = False
        self._box, self._begun = Box(problem), False
        self._sobol = qmc.Sobol(self._box.size, rng=np.random.default_rng(seed))

    def ask(self) -> np.ndarray:
        """The next batch."""
        units = self._sobol.random(BATCH)
        if not self._begun:
            units, self._begun = np.concatenate([self._box.start[None], units[1:]]), True
        return self._box.plant(units)

    def tell(self, points: np.ndarray, told: Evaluated) -> None:
        """Nothing is learned."""
