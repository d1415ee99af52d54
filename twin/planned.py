"""Planned maintenance by the calendar, of machines that are empty before their next part."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
from jax import Array

from twin import clock as clocks
from twin.gradient import CLOSED, smooth_only
from twin.plan import calendar_maintenance
from twin.slots import pick
from twin.stacking import rows_of, with_rows

if TYPE_CHECKING:
    from twin.shape import Shape
    from twin.simulate import Carry, Given, Visit


class Planned(NamedTuple):
    """Calendar maintenance of an empty machine before a visit; times [s], infinite where there is none.

    Attributes:
        late: beginning of one that had to wait for the machine.
        second: beginning of one that fell due meanwhile.
        first, further: beginning and number of further ones, each when due.
        until: when the last of them is done (or the machine free).
        due: when the next one is.
    """

    late: Array
    second: Array
    first: Array
    further: Array
    until: Array
    due: Array


def planned(every: Array, length: Array, due: Array, free: Array, until: Array) -> Planned:
    """What falls due up to `until` (or while it is being done) on a machine that is empty from `free` on."""
    until = jnp.maximum(until, free)
    begin = jnp.maximum(due, free)
    is_late = due <= until
    end = jnp.where(is_late, begin + length, free)
    following = jnp.where(is_late, (clocks.turns(begin, every) + 1) * every, due)
    is_second = is_late & (following <= jnp.maximum(until, end))
    second = jnp.maximum(following, end)
    end = jnp.where(is_second, second + length, end)
    following = jnp.where(is_second, (clocks.turns(second, every) + 1) * every, following)
    until = jnp.maximum(until, end)
    more = jnp.where(jnp.isfinite(until), jnp.maximum(clocks.turns(until - following, every) + 1, 0.0), jnp.inf)
    more = jnp.where(is_second, more, 0.0)
    end = jnp.where(more > 0, following + (more - 1) * every + length, end)
    late, second = (jnp.where(there, t, jnp.inf) for there, t in ((is_late, begin), (is_second, second)))
    return Planned(late, second, following, more, end, following + jnp.where(more > 0, more * every, 0.0))


class Upkeep:
    """Calendar maintenance of the machines that take a part in this step, round by round."""

    def __init__(self, given: Given, carry: Carry, machine: Array) -> None:
        every, length = calendar_maintenance(given.plan.shape, given.plan.numbers)
        self.rows = _rows(given.plan.shape)
        self.every, self.length = rows_of(every, self.rows), rows_of(length, self.rows)
        self.all_due = pick(carry["due"], machine)
        self.due = rows_of(self.all_due, self.rows)
        self.rounds: list[Planned] = []

    def until(self, free: Array, moment: Array) -> Array:
        """When the machine, free at `free`, is free again after all that falls due up to `moment`."""
        own, moment = (smooth_only(rows_of(t, self.rows), CLOSED) for t in (free, moment))
        self.rounds.append(planned(self.every, self.length, self.due, own, moment))
        self.due = self.rounds[-1].due
        return with_rows(free, self.rows, self.rounds[-1].until)

    def done(self) -> Visit:
        """What the visit notes: beginnings of maintenance [round, station, replication], and when the next is due."""
        spread = lambda own, never: with_rows(jnp.full_like(self.all_due, never), self.rows, own)  # noqa: E731
        fields = {"late": jnp.inf, "second": jnp.inf, "first": jnp.inf, "further": 0.0}
        noted = {
            f"planned_{name}": jnp.stack([spread(getattr(r, name), never) for r in self.rounds])
            for name, never in fields.items()
        }
        return noted | {"due": with_rows(self.all_due, self.rows, self.due)}


def _rows(shape: Shape) -> list[int]:
    """The stations that have calendar maintenance."""
    return [m for m in range(shape.stations) if any(row[m] == "calendar" for row in shape.maintenance)]
