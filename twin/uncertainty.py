"""Why a figure of a run is not sure: luck, the line's numbers, and the networks in it.

A run's figure is taken as y[draw, member, replication] = mean + draw + member + replication + rest, all on common
random numbers. Variances of the parts come from the means along each axis, less what the rest adds to them (analysis of
variance with random effects; Searle, Casella, McCulloch, Variance Components, 1992). The rest, in which draws and luck
act together, counts as luck.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.kpi import kpis
from twin.line import Line
from twin.many import grouped
from twin.parameters import drawn

__all__ = ["Parts", "figures_of_draws", "parts_of"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Parts:
    """A figure of one run, and why it is not sure.

    Attributes:
        mean: over all runs.
        low, high: 95 % of single runs lie between.
        luck, parameters, surrogate: variance of one run that comes from chance, from the line's numbers, and from which
            member of the networks works in it.
        unit: of the figure.
    """

    mean: float
    low: float
    high: float
    luck: float
    parameters: float
    surrogate: float
    unit: str

    @property
    def shares(self) -> dict[str, float]:
        """Share of the variance by part; all 0 where nothing varies."""
        found = {"luck": self.luck, "parameters": self.parameters, "surrogate": self.surrogate}
        total = sum(found.values())
        return {name: value / total if total > 0 else 0.0 for name, value in found.items()}


def parts_of(values: Array, unit: str = "") -> Parts:
    """Splits the variance of a figure.

    Args:
        values: the figure [draw, member, replication]; two or more draws or members, and two or more replications.
        unit: of the figure.

    Returns:
        The parts. An axis of one has no variance.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> values = 60 + 3 * rng.normal(size=(400, 1, 1)) + 4 * rng.normal(size=(1, 1, 400))
        >>> shares = parts_of(values).shares
        >>> bool(abs(shares["parameters"] - 9 / 25) < 0.1)
        True
    """
    size = np.array(values.shape)
    middle = values.mean()
    means = [values.mean(axis=tuple(other for other in range(3) if other != axis)) - middle for axis in range(3)]
    rest = values - middle
    for axis, mean in enumerate(means):
        rest = rest - mean.reshape([-1 if other == axis else 1 for other in range(3)])
    freedom = size.prod() - 1 - (size - 1).sum()
    noise = float((rest**2).sum() / freedom) if freedom > 0 else 0.0
    found = []
    for axis, mean in enumerate(means):
        if size[axis] < 2:  # an axis of one tells nothing
            found.append(0.0)
            continue
        found.append(max(0.0, float(mean @ mean) / (size[axis] - 1) - noise * size[axis] / size.prod()))
    low, high = np.quantile(values, [0.025, 0.975])
    return Parts(float(middle), float(low), float(high), found[2] + noise, found[0], found[1], unit)


def figures_of_draws(
    line: Line,
    members: Sequence[Line] = (),
    *,
    draws: int,
    progress: Callable[[float], None] | None = None,
    **run: Any,
) -> dict[str, Parts]:
    """Runs a line with other numbers of its own, and says of each figure why it is not sure.

    Args:
        line: with draws, unless `draws` is 1.
        members: the same line with each member of its networks; empty for a line without networks.
        draws: how many sets of its numbers.
        progress: called with the finished share after every member.
        run: `horizon`, `parts`, `warmup`, `warmup_parts`, `replications`, `seed`, as for `simulate`.

    Returns:
        Figure -> parts; figures that are not known in every run are left out.

    Raises:
        ValueError: as `drawn`, when the line has no draws.
        LineError: as `simulate`.
    """
    lines = members or (line,)
    several = [[drawn(one, k) if draws > 1 else one for k in range(draws)] for one in lines]
    values: dict[str, list[list[Any]]] = {}
    units: dict[str, str] = {}
    for place, own in enumerate(several):
        found: list[Any] = [None] * draws
        for places, group in grouped(own, [{}] * draws, **run):
            for k, trace in zip(places, group.run(range(len(places))), strict=True):
                found[k] = kpis(trace)
        for name in found[0]:
            if all(one[name] is not None for one in found):
                values.setdefault(name, []).append([np.asarray(one[name].values, float) for one in found])
                units[name] = found[0][name].unit
        if progress:
            progress((place + 1) / len(several))
    arrays = {name: np.array(rows).swapaxes(0, 1) for name, rows in values.items() if len(rows) == len(several)}
    return {name: parts_of(array, units[name]) for name, array in arrays.items() if np.isfinite(array).all()}
