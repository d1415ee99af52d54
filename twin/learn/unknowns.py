"""What of a line is not known: numbers within bounds, whole or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import LineError, shown, shown_path
from twin.line import Line
from twin.plan import plan

__all__ = ["Unknown", "combinations", "unknowns_of"]

MOST = 400
"""Combinations of whole numbers that are tried at most."""

_WHOLE = ("buffer", "machines")


@dataclass(frozen=True)
class Unknown:
    """A number of a line that is not known.

    Attributes:
        path: where it stands, e.g. "wash.process.time.mean".
        low, high: bounds in SI units; before the log is seen, all values between are as likely.
        whole: whether it counts places or machines.
    """

    path: str
    low: float
    high: float
    whole: bool

    @property
    def station(self) -> str:
        """Name of the station."""
        return self.path.rpartition(".")[0] if self.whole else self.path.split(".", 1)[0]

    @property
    def unit(self) -> str:
        """The unit in which it is shown, "" for a plain number."""
        plain = self.whole or self.path.endswith((".cv", ".shape", ".scrap", ".share"))
        return "" if plain else "s"

    @property
    def candidates(self) -> tuple[int, ...]:
        """Of a whole number, all values within its bounds."""
        return tuple(range(int(self.low), int(self.high) + 1))

    def scaled(self, share: Any) -> Any:
        """The value at a share of the range, 0 at `low` and 1 at `high`."""
        return self.low + (self.high - self.low) * share


def unknowns_of(line: Line, unknown: Mapping[str, tuple[float, float]]) -> tuple[Unknown, ...]:
    """Unknown numbers from path -> bounds, checked against the line; whole ones last.

    Raises:
        LineError: nothing is unknown, a path names no number of the line, or its bounds are no bounds; in one sentence.
    """
    if not unknown:
        rule = "no number is said to be unknown; a fit needs at least one, with its bounds"
        raise LineError(f'line {line.name!r}: {rule}. Give for example unknown={{"wash.process.time.mean": (10, 60)}}.')
    found = [_checked(line, path, bounds) for path, bounds in unknown.items()]
    count = int(np.prod([len(one.candidates) for one in found if one.whole]))
    if count > MOST:
        rule = f"the whole numbers have {count} combinations; at most {MOST} are tried"
        raise LineError(f"line {line.name!r}: {rule}. Narrow their bounds.")
    return tuple(sorted(found, key=lambda one: one.whole))


def _checked(line: Line, path: str, bounds: Any) -> Unknown:
    """One unknown number; raises LineError."""
    name, _, key = path.rpartition(".")
    whole = key in _WHOLE and name in {station.name for station in line.stations}
    if path == "line.pallets":
        raise LineError(
            "'line.pallets': how many pallets go round is not fitted. Count them, and give the line the number."
        )
    if not whole:
        _known(line, path)
    try:
        low, high = (float(bound) for bound in bounds)
    except (TypeError, ValueError):
        rule = f"the bounds are {shown(bounds)}; an unknown number has two, low and high, in SI units"
        raise LineError(f"{shown_path(path)}: {rule}. Give a pair.") from None
    least = 1.0 if key == "machines" else 0.0
    if not least <= low < high < np.inf:
        rule = f"the bounds are {low:g} and {high:g}; they are finite, from {least:g} on, the lower one first"
        raise LineError(f"{shown_path(path)}: {rule}. Give other bounds.")
    if whole and (low != int(low) or high != int(high)):
        rule = f"the bounds are {low:g} and {high:g}; places and machines are counted in whole numbers"
        raise LineError(f"{shown_path(path)}: {rule}. Round them.")
    return Unknown(path, low, high, whole)


def _known(line: Line, path: str) -> None:
    """That a path names a number that a run can replace."""
    try:
        plan(line, {path: 1.0})
    except KeyError:
        rule = f"no number of line {line.name!r} has this path; unknown can be a number that a run can replace"
        remedy = "Name it as in line.setpoints, or STATION.transport, STATION.buffer or STATION.machines"
        raise LineError(f"{shown_path(path)}: {rule}. {remedy}.") from None


def combinations(unknown: tuple[Unknown, ...]) -> NDArray[np.int64]:
    """All combinations of the whole numbers [combination, whole number]; one empty row where there are none."""
    values = [one.candidates for one in unknown if one.whole]
    rows = list(product(*values))
    return np.array(rows, np.int64).reshape(len(rows), len(values))
