"""Measures of time: open hours and the price of electricity, as monotone functions of clock time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from twin.clock import DAY, Clock, turns
from twin.line import Line

Measure = Callable[[Array], Array]


def tariff_steps(line: Line) -> np.ndarray:
    """Electricity price over a day from t = 0 on, as [step, (begin, length, price)]; empty when it does not change."""
    steps = sorted((p.begin, p.price) for p in line.tariff.energy)
    if len({price for _, price in steps}) < 2:
        return np.zeros((0, 3))
    seconds = line.start.hour * 3600 + line.start.minute * 60 + line.start.second
    ends = [begin for begin, _ in steps[1:]] + [steps[0][0] + DAY]
    found = []
    for (begin, price), end in zip(steps, ends, strict=True):
        first = (begin - seconds) % DAY
        last = first + (end - begin)
        found.append((first, min(last, DAY) - first, price))
        if last > DAY:
            found.append((0.0, last - DAY, price))
    return np.asarray(sorted(found))


def price_until(steps: Array | np.ndarray, time: Array) -> Array:
    """Integral of the electricity price from t = 0 to `time` [price s / J]."""
    begin, length, price = (jnp.asarray(steps)[:, k].reshape(-1, *[1] * time.ndim) for k in range(3))
    day = turns(time, DAY)
    rest = time - day * DAY
    return day * jnp.sum(length * price) + jnp.sum(price * jnp.clip(rest[None] - begin, 0.0, length), axis=0)


def measures_of(steps: Array | np.ndarray, clock: Clock | None) -> list[Callable[[Array, Any], Array]]:
    """Weights of time: open hours and, where the price of electricity changes, the open hours' price.

    Each takes times [row, station, replication] and the one-hot machines of the rows (or None).
    """
    found = [lambda time, machine: time if clock is None else _rowwise(clock, time, machine, Clock.work_at)]
    if len(steps):

        def priced(clock: Clock, time: Array) -> Array:
            turn = jnp.where(jnp.isfinite(clock.period), turns(time, clock.period), 0.0)
            rest = time - jnp.where(turn == 0, 0.0, turn * clock.period)
            first, last = clock.begin, clock.begin + clock.length
            paid = lambda until: jnp.where(clock.length > 0, price_until(steps, until) - price_until(steps, first), 0.0)  # noqa: E731
            weekly = jnp.sum(paid(last), axis=0)
            closed = turn * weekly + jnp.sum(paid(jnp.clip(rest[None], first, last)), axis=0)
            return price_until(steps, time) - closed

        found.append(
            lambda time, machine: price_until(steps, time) if clock is None else _rowwise(clock, time, machine, priced)
        )
    return found


def _rowwise(clock: Clock, time: Array, machine: Any, read: Callable[[Clock, Array], Array]) -> Array:
    """Read the clock of the machine of each row, row by row so that intervals times rows are never held at once."""
    if clock.begin.ndim < 4 or machine is None:
        own = clock if clock.begin.ndim < 4 else Clock(clock.begin[..., 0, :], clock.length[..., 0, :], clock.period)
        return lax.map(lambda t: read(own, t), time)

    def one(row: tuple[Array, Array]) -> Array:
        every = read(clock, jnp.broadcast_to(row[0][:, None], row[1].shape))
        return jnp.sum(jnp.where(row[1], every, 0.0), axis=-2)

    return lax.map(one, (time, machine))
