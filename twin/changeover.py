"""Setup of a machine between two products, and its release: how long they take, when they begin and end.

The release follows a setup that takes time: the first part off is measured, and the machine waits for the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
from jax import Array

from twin.slots import pick

if TYPE_CHECKING:
    from twin.simulate import Carry, Given, Visit

__all__ = ["early_setup", "loaded_setup"]


def early_setup(given: Given, carry: Carry, visit: Visit, machine: Array, free: Array) -> tuple[Array, Visit]:
    """When a machine that is free at `free` is set up and released, where that does not wait for the part.

    Returns:
        That moment, and what the visit notes: setup_begin, released_from (where the line has releases) and setup_end;
        loaded and loaded_release, how long the setup and release of a loaded machine will take.
    """
    shape, numbers = given.plan.shape, given.plan.numbers
    clock = given.clock.machine(machine) if shape.closes else None
    move: Any = clock.after if clock else jnp.add
    before = pick(carry["last_product"], machine)
    following = visit.get("product", jnp.zeros_like(before))
    table = numbers["setup"][jnp.arange(shape.stations)[:, None], before, following]
    setup = jnp.where(before < 0, 0.0, table)
    early = jnp.where(numbers["loaded"], 0.0, setup)
    found: Visit = {"loaded": setup - early}
    release = jnp.where(setup > 0, numbers["first_off"], 0.0) if shape.release else None
    if release is not None:
        found["loaded_release"] = jnp.where(numbers["loaded"], release, 0.0)
    if shape.setup == "loaded":
        return free, found
    first = clock.open_at(free) if clock else free
    found["setup_begin"] = jnp.where(early > 0, first, free)
    free = jnp.where(early > 0, move(first, early), free)
    if release is not None:
        found["released_from"] = free
        free = jnp.where(early > 0, move(free, release), free)
    found["setup_end"] = free
    return free, found


def loaded_setup(given: Given, visit: Visit, begin: Array, machine: Array) -> tuple[Array, Visit]:
    """When work begins on a part that is loaded at `begin`, after setup and release; what the visit notes of it."""
    shape = given.plan.shape
    clock = given.clock.machine(machine) if shape.closes else None
    move: Any = clock.after if clock else jnp.add
    begin, found = move(begin, visit["loaded"]), {}
    if shape.release:
        found["released_from"] = jnp.where(given.plan.numbers["loaded"], begin, visit.get("released_from", begin))
        begin = move(begin, visit["loaded_release"])
    return clock.open_at(begin) if clock else begin, found
