"""The numbers of a single day: an estimate moved by what differs between days."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from twin.calibrate.daily import Spread
from twin.calibrate.estimate import Data, Estimate
from twin.calibrate.fit import Fit
from twin.calibrate.modes import Mode, modes_of, times

__all__ = ["day_estimate"]

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(9)


def day_estimate(
    data: Data, point: Estimate, drawn: Estimate, spread: Mapping[str, Spread], rng: np.random.Generator
) -> Estimate:
    """The numbers of a day drawn at random.

    The families within a day (`Spread.within`) are scaled by exp(σ z), z standard normal, separately for up-times,
    down-times and speed. They are then moved so that over many days of equal length the operating time per stop and the
    mean stop are those of `drawn` (days with short up-times have more stops, days with long stops have fewer).

    Args:
        data: what the logs say.
        point: the estimate on all days.
        drawn: a bootstrap draw, for the uncertainty of the numbers.
        spread: how much days differ, by "up", "down" and "speed"; what is missing does not differ.
        rng: source of z.

    Returns:
        An estimate for `Calibration.line`.
    """
    z = {name: float(rng.standard_normal()) for name in ("up", "down", "speed")}
    sigma = {name: spread[name].sigma if name in spread else 0.0 for name in z}
    slower = math.exp(sigma["speed"] * z["speed"] + 0.5 * sigma["speed"] ** 2)
    pace = {name: seconds * slower for name, seconds in drawn.seconds_per_part.items()}
    if len(data.modes) != 1 or not ({"up", "down"} & set(spread)):
        return replace(drawn, seconds_per_part=pace)
    stops = data.modes[0]
    up, down = drawn.fits[stops.name]
    up = spread["up"].within if "up" in spread else up
    down = spread["down"].within if "down" in spread else down
    lengths = np.array([_length(data, down, sigma["down"] * x) for x in _NODES]) if down else np.ones(len(_NODES))
    between, length = _levels(sigma["up"], lengths, *_per_stop(drawn))
    between *= math.exp(sigma["up"] * z["up"])
    if down:
        length *= _length(data, down, sigma["down"] * z["down"])
        down = replace(down, theta=down.family.scaled(down.theta, math.exp(sigma["down"] * z["down"])))
    split = len(point.modes) > 1
    if data.hidden == "speed" or not down:
        modes = modes_of(stops, up, down, 1.0, between, mean=length, hidden=False, split=split)
    else:
        modes = modes_of(stops, up, down, down.recorded, between, hidden=True, split=split)
        _, now = _per_stop(replace(drawn, modes=tuple(modes)))
        modes = [_stretched(mode, length / now) for mode in modes]
    return replace(drawn, modes=tuple(modes), seconds_per_part=pace)


def _levels(sigma: float, lengths: np.ndarray, between: float, length: float) -> tuple[float, float]:
    """Factors a and b with which days of up-time a·exp(σz) and stop b·lengths(z') give the figures of all days.

    With share u / (u + d) and stops per observed time 1 / (u + d), the operating time per stop over all days is
    E[share] / E[stops] and the mean stop E[d · stops] / E[stops]; both factors follow by repeated correction.
    """
    ups = np.exp(sigma * _NODES)[:, None]
    weights = np.outer(_WEIGHTS, _WEIGHTS)
    a, b = between, length / float(np.average(lengths, weights=_WEIGHTS))
    for _ in range(100):
        stops = weights / (a * ups + b * lengths[None, :])
        a *= between / float((a * ups * stops).sum() / stops.sum())
        b *= length / float((b * lengths * stops).sum() / stops.sum())
    return a, b


def _per_stop(found: Estimate) -> tuple[float, float]:
    """Operating time per stop and mean length of a stop over all modes [s]."""
    rates = np.array([1.0 / mode.mtbf for mode in found.modes])
    lengths = np.array([mode.mttr for mode in found.modes])
    return 1.0 / float(rates.sum()), float(rates @ lengths / rates.sum())


def _length(data: Data, fit: Fit, shift: float) -> float:
    """Mean of the stops that the line makes of a fit whose logarithms are shifted [s]."""
    moved = replace(fit, theta=fit.family.scaled(fit.theta, math.exp(shift)))
    return moved.mean if data.hidden == "stops" else moved.recorded_mean


def _stretched(mode: Mode, factor: float) -> Mode:
    """A mode with all its down-times multiplied."""
    return replace(mode, down=times(mode.down, factor), mttr=mode.mttr * factor)
