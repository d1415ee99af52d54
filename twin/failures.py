"""Failures drawn ahead: on the operating clock by age, on the calendar clock as closed intervals.

Operating clock: a machine ages by processing time, and failures stand at ages drawn before (`Failures`). Calendar
clock: failures are closed intervals of the machine's `Clock`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from twin import clock as clocks
from twin.distribution import quantile, residual
from twin.plan import Plan
from twin.random import uniform
from twin.shape import flagged

Keys = dict[str, tuple[Array, Array]]
Carry = dict[str, Any]


class Failures(NamedTuple):
    """Failures on the operating clock drawn ahead for a number of steps.

    Attributes:
        age: processing age at which each strikes [s], [ahead, mode, station, machine, replication]; infinite: none.
        repair: its repair time [s], same shape.
        first: number of the first one drawn, [mode, station, machine, replication].
    """

    age: Array
    repair: Array
    first: Array


def draw(plan: Plan, keys: Keys, first: Array, count: int, clock: str, aged: Array) -> tuple[Array, Array]:
    """Up and repair times of the failures numbered first … first + count - 1 of the modes on one clock.

    Args:
        plan: the line.
        keys: of its random numbers.
        first: number of the first failure [mode, station, machine, replication].
        count: how many to draw.
        clock: "operating" or "calendar".
        aged: up times to the failures numbered 0, of the shape of `first` (see `first_up`).

    Returns:
        Two arrays [count, mode, station, machine, replication] in seconds; infinite up times where there is no mode.
    """
    shape, numbers = plan.shape, plan.numbers
    size = (count, *first.shape)
    number = first[None] + jnp.arange(count).reshape(-1, 1, 1, 1, 1)
    machine = jnp.arange(shape.width).reshape(1, 1, -1, 1)
    up, down = jnp.full(size, jnp.inf), jnp.zeros(size)
    for name in ("up", "down"):
        groups: tuple[Any, ...] = getattr(shape, name)
        for (signature, all_places), all_numbers in zip(groups, numbers[name], strict=True):
            keep = [i for i, (f, m) in enumerate(all_places) if shape.clocks[f][m] == clock]
            if not keep:
                continue
            mode, station = (np.asarray(all_places)[keep, k] for k in (0, 1))
            leaves = _trailing(all_numbers, np.asarray(keep), signature)
            row = mode * shape.stations + station
            place = _keys(keys[name], row)
            at = number[:, mode, station]
            time = quantile(signature, leaves, uniform(place, at, machine))
            if name == "up":
                up = up.at[:, mode, station].set(jnp.where(at == 0, aged[None, mode, station], time))
            else:
                down = down.at[:, mode, station].set(time)
    exists = jnp.arange(shape.width)[None, :, None] < jnp.asarray(shape.machines)[:, None, None]
    exists = exists[None, None]
    return jnp.where(exists, up, jnp.inf), jnp.where(exists, down, 0.0)


def first_up(plan: Plan, keys: Keys, replications: int) -> Array:
    """Up time to the first failure [mode, station, machine, replication] of machines of random age, or new."""
    shape = plan.shape
    found = jnp.full((shape.modes, shape.stations, shape.width, replications), jnp.inf)
    zero = jnp.zeros((1, 1, shape.width, replications), jnp.int32)
    machine = jnp.arange(shape.width).reshape(1, 1, -1, 1)
    for (signature, places), numbers in zip(shape.up, plan.numbers["up"], strict=True):
        mode, station = (np.asarray(places)[:, k] for k in (0, 1))
        row = mode * shape.stations + station
        leaves = _trailing(numbers, np.arange(len(places)), signature)
        u = uniform(_keys(keys["up"], row), zero, machine)
        time = quantile(signature, leaves, u)
        new = np.asarray(shape.new)[mode, station][None, :, None, None]
        if not new.all():
            time = jnp.where(new, time, residual(signature, leaves, u, uniform(_keys(keys["age"], row), zero, machine)))
        found = found.at[mode, station].set(time[0])
    return found


def _keys(keys: tuple[Array, Array], rows: np.ndarray) -> tuple[Array, Array]:
    """Keys of these rows, to broadcast against [ahead, mode, machine, replication]."""
    return keys[0][rows][None, :, None], keys[1][rows][None, :, None]


def _trailing(numbers: Any, keep: np.ndarray, signature: Any) -> Any:
    """Leaves [mode, machine, ...] made to broadcast against [ahead, mode, machine, replication]."""
    if isinstance(numbers, dict):
        return {name: leaf[keep][None, ..., None] for name, leaf in numbers.items()}
    if isinstance(numbers, (tuple, list)):
        weights, parts = numbers
        inner = [_trailing(part, keep, s) for part, s in zip(parts, signature[1], strict=True)]
        return weights[keep][None, :, :, None], inner
    return numbers[keep][None, :, :, None]


def drawn_ahead(plan: Plan, keys: Keys, carry: Carry) -> Failures | None:
    """The failures of the next chunk of steps."""
    if not plan.shape.operating:
        return None
    first = carry["struck"]
    up, repair = draw(plan, keys, first, plan.shape.window, "operating", carry["first_up"])
    return Failures(carry["struck_age"][None] + jnp.cumsum(up, axis=0), repair, first)


def soonest(failures: Failures, struck: Array, count: int) -> Failures:
    """The next `count` of these failures on every machine, so that a visit need not look at all of them."""
    index = (struck - failures.first)[None] + jnp.arange(count).reshape(-1, 1, 1, 1, 1)
    known = index < len(failures.age)
    index = jnp.minimum(index, len(failures.age) - 1)
    age = jnp.where(known, jnp.take_along_axis(failures.age, index, axis=0), jnp.inf)
    return Failures(age, jnp.take_along_axis(failures.repair, index, axis=0), struck)


def used(failures: Failures, before: Carry, after: Carry) -> Carry:
    """The state `after` a chunk that began in `before`: ages of the last failures that struck, and whether all did."""
    count = after["struck"] - failures.first
    struck = jnp.arange(len(failures.age)).reshape(-1, 1, 1, 1, 1) < count[None]
    ages = jnp.max(jnp.where(struck, failures.age, before["struck_age"][None]), axis=0)
    spent = jnp.any(count >= len(failures.age), axis=(0, 1, 2))
    return after | {"struck_age": ages, "overflow": flagged(after["overflow"], window=spent)}


def clock_of(plan: Plan, keys: Keys, replications: int) -> tuple[clocks.Clock | None, Array | None]:
    """Closed intervals of every machine for the whole run, and the beginnings of those that scrap the part."""
    shape = plan.shape
    if not shape.calendar:
        return (clocks.weekly(plan.numbers["closed"]) if shape.shifts else None), None
    first = jnp.zeros((shape.modes, shape.stations, shape.width, replications), jnp.int32)
    up, down = draw(plan, keys, first, shape.span, "calendar", first_up(plan, keys, replications))
    used = np.flatnonzero([any(c == "calendar" for c in row) for row in shape.clocks])
    up, down = up[:, used], down[:, used]
    begin = jnp.cumsum(up, axis=0) + jnp.cumsum(down, axis=0) - down
    begin, length = (x.reshape(-1, *x.shape[2:]) for x in (begin, down))
    lost = np.asarray(shape.scrapping)[used]
    mine = (jnp.asarray(lost)[None, :, :, None, None] & jnp.isfinite(up)).reshape(begin.shape)
    own = begin
    if shape.shifts:
        closed = jnp.asarray(plan.numbers["closed"])
        weeks = jnp.arange(shape.weeks)[:, None, None] * jnp.asarray([clocks.WEEK, 0.0])[None, None]
        closed = (closed[None] + weeks).reshape(-1, 2)
        spread = lambda x: jnp.broadcast_to(x[:, None, None, None], (len(x), *begin.shape[1:]))  # noqa: E731
        begin = jnp.concatenate([begin, spread(closed[:, 0])])
        length = jnp.concatenate([length, spread(closed[:, 1])])
    if not lost.any():
        return clocks.union(begin, length), None
    covered = lambda t: jnp.any((begin < t) & (t <= begin + length), axis=0)  # noqa: E731
    strikes = lax.map(lambda x: jnp.where(x[0] & ~covered(x[1][None]), x[1], jnp.inf), (mine, own))
    return clocks.union(begin, length), strikes
