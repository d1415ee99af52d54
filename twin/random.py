"""Random numbers that are a function of what they are for, never of the order in which they are asked.

A draw is Threefry-2x32 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011) of a key (seed,
replication, station name, purpose) and a counter (attempt or machine, number of the visit, failure or part). So adding
replications, stations or parts changes none of the others, and two scenarios share all draws that mean the same.
"""

from __future__ import annotations

import zlib
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))


def threefry(key: tuple[Any, Any], high: Any, low: Any) -> tuple[Any, Any]:
    """Two 32-bit words for a key of two words and a counter of two words; all arrays uint32, broadcast together.

    Of NumPy arrays it makes NumPy arrays. Written out instead of called from jax.random, because there a key per
    element costs three times as much on CPUs.
    """
    words = (key[0], key[1], key[0] ^ key[1] ^ np.uint32(0x1BD11BDA))
    x, y = high + words[0], low + words[1]
    for block in range(5):
        for rotation in _ROTATIONS[block % 2]:
            x = x + y
            y = ((y << rotation) | (y >> (32 - rotation))) ^ x
        x = x + words[(block + 1) % 3]
        y = y + words[(block + 2) % 3] + np.uint32(block + 1)
    return x, y


def keys(seed: Array | np.ndarray, replications: np.ndarray, names: list[str]) -> tuple[Array, Array]:
    """Keys for every name and replication: two uint32 arrays [name, replication].

    Args:
        seed: two words [2], uint32.
        replications: numbers of the replications [replication].
        names: what the draws are for, e.g. "mill/process".
    """
    hashes = np.asarray([zlib.crc32(name.encode()) for name in names], np.uint32).reshape(len(names), 1)
    return threefry((seed[0], seed[1]), hashes, replications.astype(np.uint32)[None, :])


def uniform(key: tuple[Array, Array], number: Array, attempt: Array | int = 0) -> Array:
    """Uniform numbers in (0, 1), float64 with 52 random bits, for counters of any integer type; broadcasts."""
    high, low = threefry(key, jnp.asarray(attempt).astype(jnp.uint32), number.astype(jnp.uint32))
    bits = (high.astype(jnp.uint64) << jnp.uint64(32)) | low.astype(jnp.uint64)
    ones = lax.bitcast_convert_type((bits >> jnp.uint64(12)) | jnp.uint64(0x3FF0000000000000), jnp.float64)
    return ones - (1.0 - 2.0**-53)
