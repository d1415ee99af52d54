"""A line between two runs: everything that a run hands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
    """

    shape: Shape
    replications: int
    time: np.ndarray
    carry: dict[str, Any]
