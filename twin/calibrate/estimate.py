"""From samples to the numbers of a line: failure modes and speeds, for any weighting of the days.

One function does the whole chain, so that a bootstrap draw of days repeats all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.families import Mixture
from twin.calibrate.fit import Fit, filled, fit
from twin.calibrate.modes import SPLIT, Mode, ModeData, modes_of
from twin.calibrate.sample import COMPLETE, Sample
from twin.distribution import Distribution

__all__ = ["Data", "Estimate", "estimate"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Data:
    """Everything that is estimated from.

    Attributes:
        modes: the stops by name.
        at: a moment in each piece of observed time [s since 1970].
        operating: operating time of each piece [s].
        number: parts made in each piece.
        product: place of its product in `products`.
        products: names of the products.
        block: length of a block of the bootstrap [s]; blocks begin at multiples of it.
        hidden: what becomes of stops that are too short for the log: "speed" leaves them in the speed, "stops" adds
            them by extrapolating the fitted family, and takes their time out of the operating time.
    """

    modes: tuple[ModeData, ...]
    at: Array
    operating: Array
    number: Array
    product: NDArray[np.int64]
    products: tuple[str, ...]
    block: float = 86400.0
    hidden: str = "speed"

    @property
    def blocks(self) -> NDArray[np.int64]:
        """The blocks that hold observed time, in order."""
        return np.unique(np.floor(self.at / self.block).astype(np.int64))


@dataclass(frozen=True)
class Estimate:
    """The numbers of a line.

    Attributes:
        modes: failure modes.
        seconds_per_part: product -> time per part [s].
        share: product -> share of the parts.
        operating: operating time that it rests on [s], without hidden stops.
        recorded: share of the stops that the log records, by name of the stops.
        fits: (up, down) fits by name of the stops; None where the sample itself was taken.
    """

    modes: tuple[Mode, ...]
    seconds_per_part: Mapping[str, float]
    share: Mapping[str, float]
    operating: float
    recorded: Mapping[str, float]
    fits: Mapping[str, tuple[Fit | None, Fit | None]]

    @property
    def availability(self) -> float:
        """Long-run share of operating time, 1 / (1 + Σ mttr / mtbf)."""
        return 1.0 / (1.0 + sum(mode.mttr / mode.mtbf for mode in self.modes))

    def numbers(self) -> dict[str, float]:
        """Every number by its path, in SI units; what a bootstrap draw is compared by."""
        rate = sum(1.0 / mode.mtbf for mode in self.modes)
        lost = sum(mode.mttr / mode.mtbf for mode in self.modes)
        found = {"availability": self.availability, "all stops.mtbf": 1.0 / rate, "all stops.mttr": lost / rate}
        for mode in self.modes:
            found[f"{mode.name}.mtbf"] = mode.mtbf
            found[f"{mode.name}.mttr"] = mode.mttr
            found[f"{mode.name}.lost"] = mode.mttr / mode.mtbf
            found |= _numbers(f"{mode.name}.up", mode.up)
            found |= _numbers(f"{mode.name}.down", mode.down)
        for name, share in self.recorded.items():
            found[f"{name}.recorded"] = share
        for name, seconds in self.seconds_per_part.items():
            found[f"{name or 'part'}.seconds_per_part"] = seconds
        return found


def estimate(data: Data, weight: Mapping[int, float] | None = None, near: Estimate | None = None) -> Estimate:
    """Estimates a line.

    Args:
        data: what the logs say.
        weight: how often each block of `data.blocks` counts; None: once.
        near: an estimate from which the fits begin.

    Returns:
        The numbers of the line.
    """
    weights = {int(block): 1.0 for block in data.blocks} if weight is None else weight
    piece = _weight_of(data, data.at, weights)
    operating = float(piece @ data.operating)
    modes: list[Mode] = []
    fits: dict[str, tuple[Fit | None, Fit | None]] = {}
    recorded: dict[str, float] = {}
    gone = 0.0
    pending = []
    for stops in data.modes:
        up_start, down_start = near.fits[stops.name] if near else (None, None)
        down = _fit(stops.down, stops.down_family, _weight_of(data, stops.down.at, weights), down_start)
        up = _fit(stops.up, stops.up_family, _weight_of(data, stops.up.at, weights), up_start)
        fits[stops.name] = (up, down)
        each = _weight_of(data, stops.down.at, weights)
        count = float(each.sum())
        mean = float(each @ filled(stops.down, down)) / count if count else 0.0
        recorded[stops.name] = down.recorded if down else 1.0
        if data.hidden == "stops" and down:
            gone += count / down.recorded * (down.mean - down.moment(1, down.edge))
        pending.append((stops, up, down, count, mean))
    net = max(operating - gone, 0.05 * operating)
    split = None if near is None else any(mode.name == SPLIT[1] for mode in near.modes)
    for stops, up, down, count, mean in pending:
        modes += modes_of(stops, up, down, count, net, mean=mean, hidden=data.hidden == "stops", split=split)
    pace, share = _speeds(data, piece, net / operating if operating else 1.0)
    return Estimate(tuple(modes), pace, share, net, recorded, fits)


def _weight_of(data: Data, at: Array, weights: Mapping[int, float]) -> Array:
    """The weight of the block of each moment."""
    blocks = np.floor(at / data.block).astype(np.int64)
    return np.array([weights.get(int(block), 0.0) for block in blocks])


def _fit(sample: Sample, family: Mixture | None, weight: Array, near: Fit | None) -> Fit | None:
    """A weighted fit that begins near another one."""
    if family is None or not (weight[sample.kind == COMPLETE] > 0).any():
        return None
    start = near.theta if near is not None and near.family == family else None
    return fit(sample, family, weight=weight, start=start)


def _speeds(data: Data, piece: Array, net: float) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds per part and share of the parts, by product."""
    made = np.bincount(data.product, piece * data.number, len(data.products))
    running = np.bincount(data.product, piece * data.operating, len(data.products)) * net
    known = made > 0
    pace = {name: float(running[k] / made[k]) for k, name in enumerate(data.products) if known[k]}
    share = {name: float(made[k] / made.sum()) for k, name in enumerate(data.products) if known[k]}
    return pace, share


def _numbers(path: str, law: Distribution) -> dict[str, float]:
    """The numbers of a distribution by path."""
    if law.family == "mixture":
        found = {}
        for place, (weight, part) in enumerate(law.parts, start=1):
            found[f"{path}.part{place}.weight"] = weight
            found |= _numbers(f"{path}.part{place}", part)
        return found
    return {f"{path}.{name}": value for name, value in law.numbers.items()}
