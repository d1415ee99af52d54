"""How long a run is, and how often it is repeated: the same for all that is compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Length"]


@dataclass(frozen=True)
class Length:
    """Run by time or by parts, as for `twin.simulate`.

    Attributes:
        horizon: end of a run by time [s], warm-up included; None for a run by parts.
        parts: good parts of a run by parts; None for a run by time.
        warmup: beginning of the measured window of a run by time [s].
        warmup_parts: good parts before the measured window of a run by parts.
        replications: independent repetitions.
        seed: of all random numbers: runs with the same seed are paired.
    """

    horizon: float | None = None
    parts: int | None = None
    warmup: float = 0.0
    warmup_parts: int = 0
    replications: int = 16
    seed: int = 0

    @property
    def run(self) -> dict[str, Any]:
        """Keywords of `twin.simulate`."""
        if self.horizon is not None:
            length: dict[str, Any] = {"horizon": self.horizon, "warmup": self.warmup}
        else:
            length = {"parts": self.parts, "warmup_parts": self.warmup_parts}
        return length | {"replications": self.replications, "seed": self.seed}
