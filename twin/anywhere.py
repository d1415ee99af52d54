"""Whether anything holds at all, asked once for everything that is computed side by side.

A branch that hardly any visit needs is skipped by `lax.cond`. Under `jax.vmap` such a question would be asked for each
line apart and both branches computed for all; asked for all together, it stays a branch.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array
from jax.custom_batching import custom_vmap

__all__ = ["anywhere"]


@custom_vmap
def anywhere(flags: Array) -> Array:
    """True where any of the flags is, those of the lines that a `vmap` puts beside this one included.

    The branch that is taken on it has to leave alone what it does not concern.
    """
    return jnp.any(flags)


@anywhere.def_vmap
def _of_all(axis_size: int, batched: Any, flags: Array) -> tuple[Array, bool]:
    del axis_size, batched
    return anywhere(flags), False
