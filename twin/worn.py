"""The condition of the machines at t = 0: at rest, and what wears at a random moment of its service."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from twin.plan import Plan
from twin.random import uniform
from twin.stacking import with_rows

__all__ = ["first_condition"]


def first_condition(plan: Plan, keys: Any, replications: int) -> list[dict[str, Array]]:
    """The condition of all machines before their first visit: for each family arrays [station, machine, replication].

    Args:
        plan: of the line; the stations of `plan.shape.aged` have machines of random age, each of its own.
        keys: of its random numbers; a draw is keyed by station, machine and number of the draw.
        replications: how many.
    """
    shape = plan.shape
    found = []
    for group, (cls, places) in enumerate(shape.families):
        size = (len(places), shape.width, replications)
        condition = {name: jnp.full(size, about.value, float) for name, about in cls.condition.items()}
        rows = [row for row, m in enumerate(places) if m in shape.aged]
        if rows:
            for name, value in _aged(plan, keys, group, np.asarray(rows)).items():
                condition[name] = with_rows(condition[name], rows, value)
        found.append(condition)
    return found


def _aged(plan: Plan, keys: Any, group: int, rows: np.ndarray) -> dict[str, Array]:
    """What wears at some stations [row, machine, replication], by the numbers of the first product if they differ."""
    shape, numbers = plan.shape, plan.numbers
    cls, places = shape.families[group]
    first = lambda named: {name: jnp.asarray(value)[rows, 0] for name, value in named.items()}  # noqa: E731
    key = tuple(word[np.asarray(places)[rows]][:, None] for word in keys["wear"])
    machine = jnp.arange(shape.width).reshape(1, -1, 1)
    draws = {name: uniform(key, jnp.asarray(k), machine) for k, name in enumerate(cls.ages)}  # type: ignore[arg-type]

    def aged(leaves: Any, knobs: Any, draw: Any) -> dict[str, Array]:
        return cls(**leaves).aged(knobs, draw)

    inner = jax.vmap(jax.vmap(aged, in_axes=(None, None, 0)), in_axes=(None, None, 0))
    return jax.vmap(inner)(first(numbers["families"][group]), first(numbers["knobs"][group]), draws)
