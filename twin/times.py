"""How long an attempt takes: distributions, grouped so that each family is drawn once, and recorded rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from twin.distribution import quantile
from twin.random import uniform
from twin.shape import Shape
from twin.stacking import rows_of, with_rows

if TYPE_CHECKING:
    from twin.simulate import Carry, Given, Visit


def has_row(given: Given, visit: Visit) -> Array:
    """Whether there is a recorded time for the visit; true where times are not recorded."""
    shape = given.plan.shape
    rows = jnp.sum(jnp.isfinite(given.plan.numbers["rows"]), axis=0, dtype=jnp.int32)
    most = jnp.full((shape.stations, 1), jnp.iinfo(jnp.int32).max, jnp.int32)
    return visit["number"] < with_rows(most, shape.recorded, rows[:, None])


def attempt_time(
    given: Given, carry: Carry, visit: Visit, number: Array, attempt: int, behaved: tuple[list[int], list[Array]]
) -> Array:
    """Processing time of one attempt at every station [s]; `behaved`: stations of families and their times."""
    shape, numbers = given.plan.shape, given.plan.numbers
    order, times = list(behaved[0]), list(behaved[1])
    key = given.keys["process"]
    for (signature, places), group in zip(shape.times, numbers["times"], strict=True):
        take = lambda x, places=places: rows_of(x, places)  # noqa: E731
        u = uniform((take(key[0]), take(key[1])), take(number), attempt)
        times.append(quantile(signature, _variant(shape, group, visit, carry, take), u))
        order.extend(places)
    if shape.recorded:
        table = jnp.asarray(numbers["rows"])
        index = jnp.clip(rows_of(number, shape.recorded), 0, len(table) - 1)
        times.append(table[index, np.arange(len(shape.recorded))[:, None]])
        order.extend(shape.recorded)
    time = times[0] if len(times) == 1 else jnp.concatenate(times)
    if order != sorted(order):
        time = time[np.argsort(order)]
    return time * numbers["rate"] if shape.rates else time


def _variant(shape: Shape, group: Any, visit: Visit, carry: Carry, take: Any) -> Any:
    """Numbers of a group [station, variant, ...] for the machine and product at hand [station, replication]."""
    if not (shape.by_machine or shape.by_product):
        return _leaves(group, lambda leaf: leaf)
    index = 0
    if shape.by_machine:
        index = (carry["machine"] if shape.overtaking else jnp.zeros_like(carry["departed"], jnp.int32)) + index
    if shape.by_product:
        index = index * shape.products + visit["product"]
    index = take(index)
    return _leaves(group, lambda leaf: leaf[jnp.arange(leaf.shape[0])[:, None], index])


def _leaves(group: Any, read: Any) -> Any:
    if isinstance(group, dict):
        return {name: read(leaf) for name, leaf in group.items()}
    if isinstance(group, (tuple, list)):
        return type(group)(_leaves(item, read) for item in group)
    return read(group)
