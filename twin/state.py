"""A line between two runs: everything that a run hands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from twin.plan import Shape


@dataclass(frozen=True)
class State:
    """The last state of a run, from which `simulate(..., state=...)` goes on as if there had been no break.

    Attributes:
        shape: of the line (without what depends on the length of the run).
        replications: how many runs are side by side.
        time: end of the run that made it [replication], seconds.
        carry: state of the recursion at a moment not after `time`; what lies between is computed again.
        repeated: numbers of replications that run on first principles by now, each set with its own state; the `carry`
            here means nothing for them.
    """

    shape: Shape
    replications: int
    time: np.ndarray
    carry: dict[str, Any]
    repeated: tuple[tuple[np.ndarray, State], ...] = ()

    def select(self, columns: np.ndarray) -> State:
        """The same of some of its replications, which then are 0, 1, ..."""
        carry = jax.tree.map(lambda x: x[..., columns] if x.ndim else x, self.carry)
        return State(self.shape, len(columns), self.time[columns], carry)
