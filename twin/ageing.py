"""How old the failure modes of a machine are: they age by processing, faster when it is worn, and maintenance renews.

A renewed mode drops the time to failure that it was living through, and begins the next one drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from twin.failures import Failures
from twin.gradient import AGEING, smooth_only
from twin.slots import pick, put
from twin.stacking import with_rows

if TYPE_CHECKING:
    from twin.plan import Shape
    from twin.simulate import Carry, Given, Visit


class Ages(NamedTuple):
    """The failure modes of the machines that take a part; arrays [mode, station, replication].

    Attributes:
        passed: age on the scale on which failures were drawn [s]; one row where all modes of a machine share it.
        struck: number of failures struck or dropped.
        pace: seconds of age per second of processing; [1, 1, 1] where nothing hastens a failure.
    """

    passed: Array
    struck: Array
    pace: Array

    def after(self, processed: Array, hits: Array) -> Ages:
        """The ages after `processed` seconds [station, replication] in which failures struck `hits` times."""
        return Ages(self.passed + processed[None] * self.pace, self.struck + hits, self.pace)

    def renewed(self, failures: Failures, machine: Array, which: Array) -> Ages:
        """The ages after the modes in `which` [mode, station, replication] were made as good as new."""
        following = self.following(failures, machine)
        which = which & jnp.isfinite(following)
        return Ages(jnp.where(which, following, self.passed), self.struck + which, self.pace)

    def following(self, failures: Failures, machine: Array) -> Array:
        """Age at which each mode strikes next [s]."""
        place = jnp.arange(len(failures.age)).reshape(-1, 1, 1, 1)
        mine = place == (self.struck - pick(failures.first, machine))[None]
        return jnp.sum(jnp.where(mine, pick(failures.age, machine), 0.0), axis=0)


def own_ages(shape: Shape) -> bool:
    """Whether the modes of a machine age each for itself."""
    return bool(shape.hastened) or bool(np.asarray(shape.renewing).any())


def ages_of(given: Given, carry: Carry, visit: Visit, machine: Array) -> Ages:
    """The ages at the beginning of a visit, after the calendar maintenance that came before it."""
    shape, failures = given.plan.shape, given.failures
    assert failures is not None  # noqa: S101 - the shape says so
    passed, struck = pick(carry["age"], machine), pick(carry["struck"], machine)
    if not own_ages(shape):
        return Ages(passed[None], struck, jnp.ones((1, 1, 1)))
    ages = Ages(passed, struck, _pace(given, carry, machine))
    for entry, row in enumerate(shape.maintenance):
        which = _renews(shape, entry) & (np.asarray(row) == "calendar")[:, None]
        if which.any():
            done = jnp.any(jnp.isfinite(visit["planned_late"]), axis=0)
            ages = ages.renewed(failures, machine, jnp.asarray(which) & done[None])
    return ages


def renewed_by(given: Given, ages: Ages, machine: Array, entry: int, due: Array) -> Ages:
    """The ages after maintenance number `entry` of the machines where it is `due` [station, replication]."""
    which = _renews(given.plan.shape, entry)
    if given.failures is None or not which.any():
        return ages
    return ages.renewed(given.failures, machine, jnp.asarray(which) & due[None])


def foreseen(given: Given, ages: Ages, machine: Array, entry: int) -> Array:
    """Whether maintenance number `entry` sees its failure coming within its warning time [station, replication]."""
    shape, numbers = given.plan.shape, given.plan.numbers
    mine = np.arange(shape.modes)[:, None] == np.asarray(shape.foreseen[entry])[None]
    if given.failures is None or not mine.any():
        return jnp.zeros(ages.struck.shape[1:], bool)
    left = smooth_only(ages.following(given.failures, machine) - ages.passed, AGEING) / ages.pace
    return jnp.any(mine[..., None] & (left <= numbers["every"][entry][None]), axis=0)


def kept(carry: Carry, ages: Ages, machine: Array, comes: Array) -> Carry:
    """What the machine remembers of the ages."""
    passed = ages.passed if carry["age"].ndim > ages.passed.ndim else ages.passed[0]
    return {
        "age": put(carry["age"], machine, passed, comes),
        "struck": put(carry["struck"], machine, ages.struck, comes),
    }


def _renews(shape: Shape, entry: int) -> np.ndarray:
    """Which modes maintenance number `entry` of each station renews [mode, station, 1]."""
    return np.asarray(shape.renewing[entry], bool).reshape(shape.modes, shape.stations, 1)


def _pace(given: Given, carry: Carry, machine: Array) -> Array:
    """How fast each mode ages: twice as fast for each `doubling` of the condition that hastens it."""
    shape, numbers = given.plan.shape, given.plan.numbers
    if not shape.hastened:
        return jnp.ones((1, 1, 1))
    pace = jnp.ones((shape.modes * shape.stations, carry["departed"].shape[1]))
    for place, (mode, station, group, name) in enumerate(shape.hastened):
        cls, places = shape.families[group]
        row = places.index(station)
        own = machine if machine.shape[0] == 1 else machine[station : station + 1]
        condition = pick(carry["condition"][group][name][row : row + 1], own)[0]
        doublings = (condition - cls.condition[name].value) / numbers["doubling"][place]
        pace = with_rows(pace, (mode * shape.stations + station,), smooth_only(2.0**doublings, AGEING)[None])
    return pace.reshape(shape.modes, shape.stations, -1)
