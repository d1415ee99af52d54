"""How often intervals held what was measured, and how sure that share is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["Coverage", "clopper_pearson", "coverage_of"]


def clopper_pearson(hits: int, trials: int, *, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a share: the shares at which so many hits or more, or so many or fewer, are no surprise.

    Low is the (1 - level) / 2 quantile of Beta(hits, trials - hits + 1), high the (1 + level) / 2 quantile of
    Beta(hits + 1, trials - hits).

    Args:
        hits: how many of the trials hit, 0 to trials.
        trials: independent trials; with none the share may be anything.
        level: of confidence, 0 to 1.

    Raises:
        ValueError: more hits than trials, or fewer than none.

    Source:
        Clopper and Pearson, The use of confidence or fiducial limits illustrated in the case of the binomial,
        Biometrika 26, 1934.

    Example:
        >>> clopper_pearson(9, 10)
        (0.5550, 0.9975)
    """
    from scipy.special import betaincinv  # noqa: PLC0415 - takes 0.2 s to import, and most runs need none

    if not 0 <= hits <= trials:
        raise ValueError(f"hits is {hits} of {trials} trials; it is from none to all of them. Count again.")
    tail = (1.0 - level) / 2.0
    low = 0.0 if hits == 0 else float(betaincinv(hits, trials - hits + 1, tail))
    high = 1.0 if hits == trials else float(betaincinv(hits + 1, trials - hits, 1.0 - tail))
    return low, high


class Coverage(NamedTuple):
    """How often an interval held.

    Attributes:
        promised: coverage that it was made for.
        cases: how many were measured.
        share: of them that it held.
        low, high: 95 % interval of the share, where cases are independent (Clopper and Pearson).
        width: mean width of the bounded ones, in the unit of the output; infinite where none is.
        unbounded: share of the intervals that are infinite; they hold whatever comes.
    """

    promised: float
    cases: int
    share: float
    low: float
    high: float
    width: float
    unbounded: float

    @property
    def is_off(self) -> bool:
        """Whether the promised coverage is outside the 95 % interval."""
        return not self.low <= self.promised <= self.high


def coverage_of(measured: ArrayLike, low: ArrayLike, high: ArrayLike, *, promised: float) -> Coverage:
    """Count how often intervals held what was measured.

    Args:
        measured: [case].
        low: lower ends [case].
        high: upper ends [case].
        promised: coverage that they were made for, 0 to 1.

    Raises:
        ValueError: no case, or another number of ends than of cases.

    Example:
        >>> found = coverage_of([1.0, 2.0, 9.0], [0.0, 0.0, 0.0], [4.0, 4.0, 4.0], promised=0.9)
        >>> found.share, found.width, found.is_off
        (0.67, 4.0, False)
    """
    value, bottom, top = (np.asarray(one, float) for one in (measured, low, high))
    if value.ndim != 1 or not len(value) or value.shape != bottom.shape or value.shape != top.shape:
        raise ValueError(
            f"measured has shape {value.shape}, low {bottom.shape} and high {top.shape}; all three have one number for "
            "each case, and there is at least one. Give one output at a time."
        )
    held = int(np.sum((bottom <= value) & (value <= top)))
    width = np.maximum(top - bottom, 0.0)
    bounded = np.isfinite(width)
    return Coverage(
        promised,
        len(value),
        held / len(value),
        *clopper_pearson(held, len(value)),
        float(width[bounded].mean()) if bounded.any() else float("inf"),
        float(1.0 - bounded.mean()),
    )
