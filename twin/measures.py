"""Measures of time: open hours, the price and the CO2 of electricity, as monotone functions of clock time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from twin.clock import DAY, Clock, turns
from twin.line import Line
from twin.nearby import Nearby

Measure = Callable[[Array], Array]


def tariff_steps(line: Line) -> dict[str, np.ndarray]:
    """What a joule of electricity costs ("price") and emits ("co2") over a day from t = 0 on, where that changes.

    Returns:
        Name -> [step, (begin, length, value)] in seconds and per joule, in the order of the names.
    """
    rates = {"co2": line.tariff.intensity, "price": line.tariff.energy}
    steps = {name: _steps(line.start, sorted((rate.begin, rate.per_joule) for rate in rates[name])) for name in rates}
    return {name: found for name, found in steps.items() if len(found)}


def _steps(start: datetime, rates: list[tuple[float, float]]) -> np.ndarray:
    """Rates by time of day as steps of a day that begins at the line's start; none when they are all the same."""
    if len({rate for _, rate in rates}) < 2:
        return np.zeros((0, 3))
    seconds = start.hour * 3600 + start.minute * 60 + start.second
    ends = [begin for begin, _ in rates[1:]] + [rates[0][0] + DAY]
    found = []
    for (begin, rate), end in zip(rates, ends, strict=True):
        first = (begin - seconds) % DAY
        last = first + (end - begin)
        found.append((first, min(last, DAY) - first, rate))
        if last > DAY:
            found.append((0.0, last - DAY, rate))
    return np.asarray(sorted(found))


def rate_until(steps: Array | np.ndarray, time: Array) -> Array:
    """Integral from t = 0 to `time` of a rate per joule that changes over the day, e.g. a price [price s / J]."""
    begin, length, rate = (jnp.asarray(steps)[:, k].reshape(-1, *[1] * time.ndim) for k in range(3))
    day = turns(time, DAY)
    rest = time - day * DAY
    return day * jnp.sum(length * rate) + jnp.sum(rate * jnp.clip(rest[None] - begin, 0.0, length), axis=0)


def measures_of(tariff: Mapping[str, Any], clock: Clock | Nearby | None) -> list[Callable[[Array, Any], Array]]:
    """Weights of time: open hours and, by `tariff_steps`, the open hours' price or CO2 where those change.

    Each takes times [row, station, replication] and the one-hot machines of the rows (or None).
    """
    hours = lambda time, machine: time if clock is None else _rowwise(clock, time, machine, _worked)  # noqa: E731
    return [hours, *(_rated(tariff[name], clock) for name in sorted(tariff))]


def _worked(clock: Clock | Nearby, time: Array) -> Array:
    return clock.work_at(time)


def _rated(steps: Any, clock: Clock | Nearby | None) -> Callable[[Array, Any], Array]:
    """Open hours weighted by a rate that changes over the day."""

    def opened(clock: Clock | Nearby, time: Array) -> Array:
        turn = jnp.where(jnp.isfinite(clock.period), turns(time, clock.period), 0.0)
        rest = time - jnp.where(turn == 0, 0.0, turn * clock.period)
        first, last = clock.begin, clock.begin + clock.length
        paid = lambda until: jnp.where(clock.length > 0, rate_until(steps, until) - rate_until(steps, first), 0.0)  # noqa: E731
        weekly = jnp.sum(paid(last), axis=0)
        closed = turn * weekly + jnp.sum(paid(jnp.clip(rest[None], first, last)), axis=0)
        return rate_until(steps, time) - closed

    return lambda time, machine: rate_until(steps, time) if clock is None else _rowwise(clock, time, machine, opened)


def _rowwise(clock: Any, time: Array, machine: Any, read: Callable[[Any, Array], Array]) -> Array:
    """Read the clock of the machine of each row, row by row so that intervals times rows are never held at once."""
    if isinstance(clock, Nearby):
        chosen = jnp.ones((1, *time.shape[1:-1], 1, 1), bool) if machine is None else machine
        chosen = jnp.broadcast_to(chosen, (len(time), *chosen.shape[1:]))
        return lax.map(lambda row: read(clock.machine(row[1]), row[0]), (time, chosen))
    if clock.begin.ndim < 4 or machine is None:
        own = clock if clock.begin.ndim < 4 else Clock(clock.begin[..., 0, :], clock.length[..., 0, :], clock.period)
        return lax.map(lambda t: read(own, t), time)

    def one(row: tuple[Array, Array]) -> Array:
        every = read(clock, jnp.broadcast_to(row[0][:, None], row[1].shape))
        return jnp.sum(jnp.where(row[1], every, 0.0), axis=-2)

    return lax.map(one, (time, machine))
