"""Whether heat adds up in visits with a surrogate in them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from surrogates.process import process_class
from surrogates.surrogate import Surrogate
from twin.physics import FAMILIES
from twin.process import Around

__all__ = ["conservation", "imbalance", "random_visits"]


def conservation(surrogate: Surrogate, *, cases: int = 10_000, seed: int = 0) -> dict[str, Any] | None:
    """Sum of the flows of heat of random visits, relative to the largest flow of each.

    Args:
        surrogate: of a family.
        cases: visits, drawn from the box of the surrogate and from the windows of what it does not read.
        seed: of the draws.

    Returns:
        The block "conservation" of a card; None where the family does not follow heat, or there is none.
    """
    if surrogate.problem.name not in FAMILIES:
        return None
    process: Any = process_class(surrogate)(**(surrogate.problem.numbers or {}))
    worst = imbalance(process, random_visits(process, surrogate, cases=cases, seed=seed))
    return None if worst is None else {"cases": cases, "worst": worst, "what": "heat of a visit"}


def random_visits(process: Any, surrogate: Surrogate, *, cases: int, seed: int = 0) -> tuple[Any, ...]:
    """Arguments of `Process.visit` for many visits, each array [case].

    Args:
        process: whose visits.
        surrogate: whose box they stay in.
        cases: how many.
        seed: of the draws.
    """
    rng, box = np.random.default_rng([seed, cases]), surrogate.problem.inputs

    def drawn(name: str, low: float, high: float) -> jax.Array:
        about = box.get(name)
        low, high = (about.low, about.high) if about else (low, high)
        return jnp.asarray(rng.uniform(low, high, cases))

    setpoints = {name: drawn(name, *knob.machine) for name, knob in process.setpoints.items()}
    part = {name: drawn(name, about.low, about.high) for name, about in process.reads.items()}
    condition = {name: drawn(name, about.low, about.high) for name, about in process.condition.items()}
    around = Around(drawn("hall", 273.15, 313.15), jnp.asarray(rng.exponential(60.0, cases)))
    draw = {name: jnp.asarray(rng.uniform(size=cases)) for name in process.draws}
    return setpoints, part, condition, around, draw


def imbalance(process: Any, visits: tuple[Any, ...]) -> float | None:
    """Largest sum of flows of heat over the largest flow of a visit; None where the family does not follow heat.

    Args:
        process: whose visits.
        visits: arguments of `Process.visit`, each array [case].
    """
    heat = jax.jit(jax.vmap(lambda *visit: process.visit(*visit).heat))(*visits)
    if not heat:
        return None
    flows = np.stack([np.asarray(flow) for flow in heat.values()])
    return float((np.abs(flows.sum(axis=0)) / np.abs(flows).max(axis=0)).max())
