"""Where the path-wise derivative would be silently wrong, it refuses instead.

A run is a program of sums, maxima and comparisons. Its derivative for fixed random numbers is the right one as long as
a small change moves times but not *how many* things happen. Where a changed number decides about an event (whether a
failure still falls into a visit, whether a part is scrap, how many places there are), that derivative is zero or
biased, and `smooth_only` marks the spot: it hands its argument on, and raises when differentiated.
"""

from __future__ import annotations

from functools import partial

import jax
from jax import Array


class GradientError(TypeError):
    """A derivative was asked for that fixed random numbers cannot give."""


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def smooth_only(value: Array, reason: str) -> Array:  # noqa: ARG001 - the rule below reads it
    """`value` itself; raises GradientError(reason) when it is differentiated (jit and vmap are fine)."""
    return value


@smooth_only.defjvp
def _refuse(reason: str, _primals: tuple[Array], _tangents: tuple[Array]) -> tuple[Array, Array]:
    raise GradientError(reason)


REMEDY = "use twin.difference(...), which compares two runs on common random numbers"

AGEING = f"a failure or maintenance of the line comes by operating time, so this moves how many there are; {REMEDY}."
CLOSED = f"working time is interrupted by breaks or calendar stops, over which a finish jumps; {REMEDY}."
