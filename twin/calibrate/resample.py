"""Uncertainty: everything is estimated again on days drawn with replacement.

Stops of one day resemble each other, so single stops are not independent pieces of evidence; days nearly are (block
bootstrap; Davison, Hinkley, Bootstrap Methods and their Application, 1997, section 8.2). With few days the quantiles of
the draws are too narrow, so an interval is estimate ± t · standard deviation of the draws, on the scale of logarithms
(of log-odds for a share), with Student's t for the number of days less one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from twin.calibrate.estimate import Data, Estimate, estimate

__all__ = ["Interval", "draw", "intervals"]


@dataclass(frozen=True)
class Interval:
    """A number with what it may be.

    Attributes:
        value: the estimate, in SI units.
        low, high: limits of the interval.
    """

    value: float
    low: float
    high: float


def draw(data: Data, point: Estimate, *, draws: int, seed: int) -> tuple[Estimate, ...]:
    """Estimates on blocks drawn with replacement; a draw that holds no stop of a mode is drawn again.

    Args:
        data: what the logs say.
        point: the estimate on all blocks.
        draws: how many.
        seed: of the random generator.

    Returns:
        One estimate per draw, fewer if modes are so rare that most draws lack one.
    """
    rng = np.random.default_rng(seed)
    blocks = data.blocks
    found: list[Estimate] = []
    names = [mode.name for mode in point.modes]
    for _ in range(3 * draws):
        if len(found) == draws or len(blocks) < 2:
            break
        times = rng.multinomial(len(blocks), np.full(len(blocks), 1.0 / len(blocks)))
        weight = {int(block): float(n) for block, n in zip(blocks, times, strict=True) if n}
        drawn = estimate(data, weight, near=point)
        if [mode.name for mode in drawn.modes] == names and drawn.operating > 0:
            found.append(drawn)
    return tuple(found)


def intervals(point: Estimate, draws: Sequence[Estimate], blocks: int, *, level: float = 0.9) -> dict[str, Interval]:
    """An interval for every number of an estimate.

    Args:
        point: the estimate.
        draws: its bootstrap draws.
        blocks: number of blocks that were drawn from.
        level: probability that an interval should hold the truth.

    Returns:
        Path -> interval; without limits (NaN) where there are too few draws.
    """
    drawn = [one.numbers() for one in draws]
    factor = float(stdtrit(max(blocks - 1, 1), 0.5 + level / 2))
    found = {}
    for name, value in point.numbers().items():
        values = np.array([one[name] for one in drawn if name in one])
        low = high = math.nan
        if len(values) >= 10:
            to, back = (_odds, _share) if _is_share(name) else (np.log, np.exp)
            spread = factor * float(np.std(to(values), ddof=1))
            middle = to(np.array([value]))
            low, high = float(back(middle - spread)[0]), float(back(middle + spread)[0])
        found[name] = Interval(value, low, high)
    return found


def _is_share(name: str) -> bool:
    return name == "availability" or name.endswith((".weight", ".recorded"))


def _odds(value: np.ndarray) -> np.ndarray:
    value = np.clip(value, 1e-9, 1 - 1e-9)
    return np.log(value / (1 - value))


def _share(odds: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-odds))
