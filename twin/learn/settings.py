"""How a line is learned from its event log."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Settings"]


@dataclass(frozen=True)
class Settings:
    """The defaults suit most logs.

    Attributes:
        draws: sets of numbers that are drawn for the intervals.
        level: probability that an interval should hold the truth.
        seed: of the random generator.
    """

    draws: int = 200
    level: float = 0.9
    seed: int = 0
