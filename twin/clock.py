"""Clock time and working time, and the way back.

A `Clock` lists the closed intervals of a machine: breaks, time off, calendar-clock stops. Working time stands still in
them. Everything is a masked sum over the intervals, so it is exact, vectorised and has a derivative almost everywhere.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from twin.line import Line

DAY = 86400.0
WEEK = 7 * DAY


def second_of_day(moment: datetime) -> float:
    """Time since midnight [s].

    Example:
        >>> second_of_day(datetime(2026, 1, 5, 6, 30))
        23400.0
    """
    return moment.hour * 3600.0 + moment.minute * 60 + moment.second + moment.microsecond / 1e6


def turns(time: Array, period: Array | float) -> Array:
    """How many whole periods have passed: floor(time / period), exact at the end of one.

    A compiler may divide by multiplying with a rounded reciprocal; then 2 p / p is a little less than 2.
    """
    count = jnp.floor(time / period)
    count = jnp.where((count + 1) * period <= time, count + 1, count)
    return jnp.where(count * period > time, count - 1, count)


class Clock(NamedTuple):
    """Closed intervals, sorted, disjoint (they may touch or be empty).

    Attributes:
        begin: beginnings [s], shape [interval, ...]; the further axes broadcast against the times asked for.
        length: lengths [s], the same shape.
        period: all repeats after this time [s]; infinite for a list that does not repeat.
    """

    begin: Array
    length: Array
    period: Array

    def work_at(self, time: Array) -> Array:
        """Working time [s] up to the clock time [s]."""
        turn = jnp.where(jnp.isfinite(self.period) & jnp.isfinite(time), turns(time, self.period), 0.0)
        rest = time - jnp.where(turn == 0, 0.0, turn * self.period)
        begun = rest[None] > self.begin  # an interval that never comes begins at infinity, and so may a visit
        closed = jnp.sum(jnp.where(begun, jnp.minimum(rest[None] - self.begin, self.length), 0.0), axis=0)
        return rest - closed + jnp.where(turn == 0, 0.0, turn * self._open)

    def clock_at(self, work: Array, *, starting: bool) -> Array:
        """Clock time [s] at which that much working time has passed.

        Args:
            work: working time [s].
            starting: the moment at which work may go on (the end of a closed interval) or, if False, at which it
                was done.
        """
        turn = turns(work, self._open)
        if not starting:
            turn = jnp.where(turn * self._open == work, turn - 1, turn)
        turn = jnp.where(jnp.isfinite(self.period) & jnp.isfinite(work), jnp.maximum(turn, 0.0), 0.0)
        rest = work - jnp.where(turn == 0, 0.0, turn * self._open)
        reached = self.begin - (jnp.cumsum(self.length, axis=0) - self.length)
        passed = reached <= rest[None] if starting else reached < rest[None]
        return (
            rest + jnp.sum(jnp.where(passed, self.length, 0.0), axis=0) + jnp.where(turn == 0, 0.0, turn * self.period)
        )

    def open_at(self, time: Array) -> Array:
        """The first moment [s] not before `time` that is not closed."""
        return self.clock_at(self.work_at(time), starting=True)

    def after(self, time: Array, work: Array) -> Array:
        """When `work` [s] begun at `time` [s] is done; no work takes no time, even in a closed interval."""
        return jnp.where(work > 0, self.clock_at(self.work_at(time) + work, starting=False), time)

    @property
    def _open(self) -> Array:
        """Working time [s] in one period."""
        return self.period - jnp.sum(self.length, axis=0)

    def machine(self, chosen: Array) -> Clock:
        """The clock of the chosen machines: `chosen` is one-hot [..., machine, replication], reduced over machines."""
        if self.begin.ndim < 4:
            return self
        pick = lambda x: jnp.sum(jnp.where(chosen[..., None, :, :, :], x, 0.0), axis=-2)  # noqa: E731
        return Clock(pick(self.begin), pick(self.length), self.period)


def closed_hours(line: Line) -> np.ndarray:
    """Closed intervals of one week, [interval, (begin, length)] in seconds from the line's start."""
    if not line.shifts:
        return np.zeros((0, 2))
    opened = np.zeros((0, 2))
    for shift in line.shifts:
        end = shift.end if shift.end > shift.begin else shift.end + DAY
        for day in shift.days:
            spans = [(shift.begin, end)]
            for begin, stop in shift.breaks:
                first = begin if begin >= shift.begin else begin + DAY
                last = stop if stop > first else stop + DAY
                spans = [
                    piece for a, b in spans for piece in ((a, min(b, first)), (max(a, last), b)) if piece[0] < piece[1]
                ]
            opened = np.vstack([opened, np.asarray(spans) + day * DAY])
    midnight = line.start.replace(hour=0, minute=0, second=0, microsecond=0)
    offset = line.start.weekday() * DAY + (line.start - midnight) / timedelta(seconds=1)
    opened = opened - offset
    opened = np.vstack([opened + k * WEEK for k in (-1, 0, 1, 2)])
    opened = opened[np.argsort(opened[:, 0])]
    closed, until = [], -np.inf
    for begin, end in opened:
        if begin > until and np.isfinite(until):
            closed.append((until, begin))
        until = max(until, end)
    inside = [(max(a, 0.0), min(b, WEEK)) for a, b in closed if b > 0 and a < WEEK]
    return np.asarray([(a, b - a) for a, b in inside]).reshape(-1, 2)


def weekly(closed: np.ndarray) -> Clock:
    """The clock of a line with shifts only, shape [interval, 1, 1]."""
    begin, length = (jnp.asarray(closed[:, k]).reshape(-1, 1, 1) for k in (0, 1))
    return Clock(begin, length, jnp.asarray(WEEK))


def union(begin: Array, length: Array) -> Clock:
    """The clock of intervals that may overlap; shapes [interval, ...]. What another interval covers becomes empty."""
    begin, length = lax.sort((begin, length), dimension=0, num_keys=1)
    end = lax.cummax(begin + length, axis=0)
    before = jnp.concatenate([jnp.full_like(end[:1], -jnp.inf), end[:-1]])
    first = jnp.maximum(begin, before)
    return Clock(first, jnp.where(jnp.isfinite(first), jnp.maximum(end, first) - first, 0.0), jnp.asarray(jnp.inf))
