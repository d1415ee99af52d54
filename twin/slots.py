"""Reading and writing what belongs to one machine of a station, chosen by a one-hot mask."""

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
