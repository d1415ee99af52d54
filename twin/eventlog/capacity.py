"""How many parts a machine of a log works on at the same time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.eventlog.visits import VisitLog

__all__ = ["capacities", "machine_codes"]

_RARE = 0.1
"""Share of visits that may begin while the machine is full: wrong rows, which come in twos."""
_MOST = 1000


def machine_codes(log: VisitLog) -> NDArray[np.int64]:
    """A number for each machine of each station; where the log names no machine, one for the station [visit]."""
    return log.station.codes.astype(np.int64) * (len(log.machine.words) + 1) + log.machine.codes + 1


def capacities(log: VisitLog) -> NDArray[np.int64]:
    """Parts at a time: the smallest number that is exceeded at the start of fewer than a tenth of the visits.

    Times of more than four times the ninth decile count as so long: a wrong end would overlap hundreds of visits.

    Returns:
        By the numbers of `machine_codes`; 0 where there is no visit.
    """
    machine = machine_codes(log)
    found = np.zeros(int(machine.max(initial=0)) + 1, np.int64)
    for code in np.unique(machine):
        own = machine == code
        time = log.time[own]
        busy = at_once(log.start[own], log.start[own] + np.minimum(time, 4 * np.quantile(time, 0.9)))
        counts = np.bincount(np.minimum(busy, _MOST))
        exceeded = 1.0 - np.cumsum(counts) / len(busy)
        found[code] = max(1, int(np.argmax(exceeded < _RARE)))
    return found


def at_once(start: NDArray[np.float64], complete: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many visits are under way just after each starts, itself included [visit].

    Example:
        >>> at_once(np.array([0.0, 1.0, 5.0]), np.array([2.0, 3.0, 6.0])).tolist()
        [1, 2, 1]
    """
    begun = np.searchsorted(np.sort(start), start, side="right")
    ended = np.searchsorted(np.sort(complete), start, side="right")
    return np.maximum(begun - ended, 1)
