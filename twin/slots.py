"""What belongs to one machine of a station: read and written by a one-hot mask, and empty at first."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array


def pick(value: Array, machine: Array) -> Array:
    """The entry of the chosen machine: `value` [..., machine, replication] -> [..., replication]."""
    if machine.shape[-2] == 1:
        return value[..., 0, :]
    machine = machine.reshape((1,) * (value.ndim - machine.ndim) + machine.shape)
    return jnp.sum(jnp.where(machine, value, jnp.zeros((), value.dtype)), axis=-2, dtype=value.dtype)


def put(value: Array, machine: Array, new: Array, where: Array) -> Array:
    """`value` with the entry of the chosen machine replaced where `where` [station, replication] says so."""
    mask = machine & where[..., None, :]
    return jnp.where(mask.reshape((1,) * (value.ndim - mask.ndim) + mask.shape), new[..., None, :], value)


def empty_slots(width: int, visit: dict[str, Array]) -> dict[str, Array]:
    """`width` machines without visits: like `visit`, with a machine axis before the last."""
    slots = {
        name: jnp.zeros((*v.shape[:-1], width, v.shape[-1]), v.dtype) for name, v in visit.items() if name != "exit"
    }
    last = jnp.full_like(slots["number"], jnp.iinfo(jnp.int32).max)
    return slots | {"finish": jnp.full_like(slots["finish"], jnp.inf), "number": last}
