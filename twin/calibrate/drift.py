"""Whether the numbers of a log changed while it was kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.calibrate.estimate import Data, Estimate, estimate

__all__ = ["Drift", "find_drift"]


@dataclass(frozen=True)
class Drift:
    """A number in the first and in the second half of the days.

    Attributes:
        name: path of the number.
        first, second: its values, in SI units.
        z: difference of the logarithms over its standard deviation; beyond 2 or so it is more than chance.
    """

    name: str
    first: float
    second: float
    z: float


def find_drift(data: Data, point: Estimate, draws: Sequence[Estimate]) -> tuple[Drift, ...]:
    """Compares the halves of a log.

    The standard deviation of the logarithm of a number over all days is s, by its bootstrap draws; over half of the
    days it is √2 s, and the difference of two halves has 2 s.

    Args:
        data: what the logs say.
        point: the estimate on all days.
        draws: its bootstrap draws.

    Returns:
        Operating time per stop, mean stop and time per part; nothing with fewer than 10 blocks or draws.
    """
    blocks = data.blocks.tolist()
    if len(blocks) < 10 or len(draws) < 10:
        return ()
    middle = len(blocks) // 2
    halves = [estimate(data, dict.fromkeys(part, 1.0), near=point) for part in (blocks[:middle], blocks[middle:])]
    first, second = (half.numbers() for half in halves)
    drawn = [one.numbers() for one in draws]
    found = []
    for name in first:
        if name.startswith("all stops.") or name.endswith(".seconds_per_part"):
            logs = np.log([one[name] for one in drawn if name in one])
            if name in second and len(logs) >= 10 and logs.std() > 0:
                z = float(np.log(second[name] / first[name]) / (2 * logs.std(ddof=1)))
                found.append(Drift(name, first[name], second[name], z))
    return tuple(found)
