"""The next few closed intervals of every machine, which are all that the visits of a block of steps meet.

A look-up in a `Clock` costs as much as it has intervals; this one costs a few, however long the run is.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from twin.clock import Clock, turns
from twin.slots import pick


class Nearby(NamedTuple):
    """Closed intervals from some moment on, for times from there `until` another one begins.

    Attributes:
        begin, length: of the intervals [s], [interval, station, machine or 1, replication], sorted.
        before: closed time before each of them [s], the same shape.
        until: beginning of the next interval that is not among them [s].
    """

    begin: Array
    length: Array
    before: Array
    until: Array

    @property
    def period(self) -> Array:
        """Infinite: these intervals do not repeat."""
        return jnp.asarray(jnp.inf)

    def work_at(self, time: Array) -> Array:
        """Working time [s] up to the clock time [s]."""
        begun = time[None] > self.begin
        closed = jnp.sum(jnp.where(begun, jnp.minimum(time[None] - self.begin, self.length), 0.0), axis=0)
        return time - closed - self.before[0]

    def clock_at(self, work: Array, *, starting: bool) -> Array:
        """Clock time [s] at which that much working time has passed; see `Clock.clock_at`."""
        reached = self.begin - self.before
        passed = reached <= work[None] if starting else reached < work[None]
        return work + self.before[0] + jnp.sum(jnp.where(passed, self.length, 0.0), axis=0)

    def open_at(self, time: Array) -> Array:
        """The first moment [s] not before `time` that is not closed."""
        return self.clock_at(self.work_at(time), starting=True)

    def after(self, time: Array, work: Array) -> Array:
        """When `work` [s] begun at `time` [s] is done; no work takes no time, even in a closed interval."""
        return jnp.where(work > 0, self.clock_at(self.work_at(time) + work, starting=False), time)

    def machine(self, chosen: Array) -> Nearby:
        """Those of the chosen machines [station, replication]; `chosen` is one-hot [station, machine, replication]."""
        if self.until.shape[1] == 1:
            return Nearby(*(x[..., 0, :] for x in self))
        return Nearby(*(pick(x, chosen) for x in self))


def nearby(clock: Clock, low: Array, count: int) -> Nearby:
    """The first `count` intervals that end after `low`.

    Args:
        clock: of all machines, [interval, 1, 1] that repeat, or [interval, station, machine, replication] that do not.
        low: no time before it will be asked for [station, replication], finite.
        count: how many.
    """
    if clock.begin.ndim < 4:
        return _of_week(clock, low, count)
    ended = clock.begin + clock.length <= low[None, :, None]
    first = jnp.sum(ended, axis=0)
    before = jnp.sum(jnp.where(ended, clock.length, 0.0), axis=0)
    place = first[None] + jnp.arange(count + 1).reshape(-1, 1, 1, 1)
    known = place < len(clock.begin)
    place = jnp.minimum(place, len(clock.begin) - 1)
    begin = jnp.where(known, jnp.take_along_axis(clock.begin, place, axis=0), jnp.inf)
    length = jnp.where(known, jnp.take_along_axis(clock.length, place, axis=0), 0.0)
    return Nearby(begin[:-1], length[:-1], _running(before, length), begin[-1])


def _of_week(clock: Clock, low: Array, count: int) -> Nearby:
    """Intervals that repeat, alike for all machines."""
    turn = turns(low, clock.period)
    ended = clock.begin + clock.length <= (low - turn * clock.period)[None]
    first = jnp.sum(ended, axis=0)
    before = turn * jnp.sum(clock.length) + jnp.sum(jnp.where(ended, clock.length, 0.0), axis=0)
    place = first[None] + jnp.arange(count + 1).reshape(-1, 1, 1)
    number = place % len(clock.begin)
    begin = clock.begin[:, 0, 0][number] + (turn[None] + place // len(clock.begin)) * clock.period
    length = clock.length[:, 0, 0][number]
    found = Nearby(begin[:-1], length[:-1], _running(before, length), begin[-1])
    return Nearby(*(x[..., None, :] for x in found))


def _running(before: Array, length: Array) -> Array:
    """Closed time before each interval but the last."""
    return before[None] + jnp.cumsum(length[:-1], axis=0) - length[:-1]
