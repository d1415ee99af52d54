"""From samples to the numbers of a line: failure modes and speeds, for any weighting of the days.

One function does the whole chain, so that a bootstrap draw of days repeats all of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.families import Family, Mixture
from twin.calibrate.fit import Fit, fit
from twin.calibrate.sample import COMPLETE, Sample
from twin.distribution import Distribution

__all__ = ["Data", "Estimate", "Mode", "ModeData", "estimate"]

Array = NDArray[np.float64]

_SPLIT_NAMES = {2: ("micro-stop", "breakdown"), 3: ("micro-stop", "minor stop", "breakdown")}


@dataclass(frozen=True)
class ModeData:
    """What the log says of the stops of one name.

    Attributes:
        name: as reported.
        up, down: operating times between these stops, and their lengths.
        up_family, down_family: what is fitted to them; None takes the sample itself.
        split: whether each part of the down-times' mixture becomes a failure mode of its own.
    """

    name: str
    up: Sample
    down: Sample
    up_family: Mixture | None
    down_family: Mixture | None
    split: bool = False


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
        hidden: what becomes of stops that are too short for the log: "speed" leaves them in the speed, "stops" adds them
            to the stops by extrapolating the fitted family, and takes their time out of the operating time.
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
class Mode:
    """A failure mode with the figures that an engineer compares.

    Attributes:
        name: as reported.
        up, down: the distributions of a line file.
        count: stops it rests on (weighted by a mixture's parts).
        mtbf: operating time per stop [s].
        mttr: mean length of a stop [s].
    """

    name: str
    up: Distribution
    down: Distribution
    count: float
    mtbf: float
    mttr: float


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
        found = {"availability": self.availability}
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
        count = float(_weight_of(data, stops.down.at, weights).sum())
        recorded[stops.name] = down.recorded if down else 1.0
        if data.hidden == "stops" and down:
            gone += count / down.recorded * (down.mean - down.moment(1, down.edge))
        pending.append((stops, up, down, count))
    net = max(operating - gone, 0.05 * operating)
    for stops, up, down, count in pending:
        modes += _modes(stops, up, down, count, net, hidden=data.hidden == "stops")
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


def _modes(stops: ModeData, up: Fit | None, down: Fit | None, count: float, operating: float, *, hidden: bool) -> list[Mode]:
    """The failure modes of the stops of one name."""
    if count <= 0:
        return []
    if down is None:
        law = Distribution("empirical", values=tuple(np.sort(stops.down.value).tolist()))
        between = operating / count
        return [Mode(stops.name, _up(stops, up, between), law, count, between, float(stops.down.value.mean()))]
    total = count / down.recorded if hidden else count
    parts = [_part(weight, kind, own, 0.0 if hidden else down.edge) for weight, kind, own in down.family.split(down.theta)]
    shares = np.array([part[0] for part in parts])
    shares = shares / shares.sum()
    means = np.array([part[2] for part in parts])
    if not stops.split or len(parts) == 1:
        laws = tuple((float(share), part[1]) for share, part in zip(shares, parts, strict=True))
        law = laws[0][1] if len(laws) == 1 else Distribution("mixture", parts=laws)
        between = operating / total
        return [Mode(stops.name, _up(stops, up, between), law, total, between, float(shares @ means))]
    modes = []
    for place, (share, part) in enumerate(zip(shares.tolist(), parts, strict=True)):
        between = operating / (total * share)
        law = _up(stops, up, between) if place == 0 else Distribution("exponential", {"mean": between})
        modes.append(Mode(_SPLIT_NAMES[len(parts)][place], law, part[1], total * share, between, part[2]))
    return modes


def _part(weight: float, kind: Family, own: Array, edge: float) -> tuple[float, Distribution, float]:
    """Weight, distribution and mean of the recorded times of a part of a mixture.

    A part cut at the recorder's threshold is written as the lognormal with its mean and coefficient of variation,
    because a line file knows no truncated families; a part of which hardly anything is cut stays what it is.
    """
    at = np.array([edge])
    seen, first, second = (float(kind.tail(own, k, at)[0]) for k in range(3))
    mean = first / seen
    if seen > 0.98:
        return weight * seen, kind.distribution(own), mean
    cv = math.sqrt(max(second / seen / mean**2 - 1.0, 1e-4))
    return weight * seen, Distribution("lognormal", {"mean": mean, "cv": min(cv, 10.0)}), mean


def _up(stops: ModeData, up: Fit | None, mean: float) -> Distribution:
    """The distribution of up-times, scaled to the operating time per stop."""
    if up is None:
        times = stops.up.complete
        if not len(times):
            return Distribution("exponential", {"mean": mean})
        return Distribution("empirical", values=tuple(np.sort(times * mean / times.mean()).tolist()))
    return up.family.distribution(up.theta, mean / up.mean)


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
