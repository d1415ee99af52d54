"""The state before the first step: an empty line at t = 0, its random keys, nothing counted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from twin import failures
from twin.ageing import own_ages
from twin.behave import blanks
from twin.plan import Plan, Shape, calendar_maintenance
from twin.random import keys as make_keys
from twin.segments import FOREVER
from twin.simulate import Given, interval, step
from twin.slots import empty_slots
from twin.totals import empty
from twin.worn import first_condition


@dataclass(frozen=True)
class Span:
    """How long a run is: static part.

    Attributes:
        by: "parts" or "time".
        warms: whether good parts leave before the measured window.
        fields: of the visits that are counted or kept.
        steps: in a chunk; `block`: of those that are counted together.
        kept: whether the visits are returned.
    """

    by: str
    warms: bool
    fields: tuple[str, ...]
    steps: int
    block: int
    kept: bool


@partial(jax.jit, static_argnames=("span", "window", "replications"))
def loop_of(
    plan: Plan,
    keys: Any,
    span: Span,
    window: tuple[float, float],
    asked: tuple[int, int],
    replications: int,
    metered: dict[str, Any],
) -> dict[str, Any]:
    """The state before the first chunk of a run until so many good parts, and so many to warm up, have left."""
    shape = plan.shape
    carry = initial(plan, keys, replications)

    def probe(carry: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        clock, strikes = failures.clock_of(plan, keys, replications)
        return step(Given(plan, keys, failures.drawn_ahead(plan, keys, carry), clock, strikes), carry)

    _, visit = jax.eval_shape(probe, carry)
    if shape.overtaking:
        names = set(span.fields) | set(carry["part"]) | {"number", "finish", "passable", "scrapped"}
        kept = {name: v for name, v in visit.items() if name in names - {"depart", "fixed", "machine", "exit"}}
        carry["slots"] = empty_slots(shape.width, kept)
    kept = {name: v for name, v in visit.items() if name in span.fields}
    rows = jax.tree.map(lambda v: jnp.zeros((span.block, *v.shape), v.dtype), kept)
    rows["measured"] = jnp.zeros((span.block, replications), bool)
    begin = window[0] if span.by == "time" or not span.warms else FOREVER
    return {
        "carry": carry,
        "rows": rows,
        "totals": empty(shape, replications, 1 + len(plan.numbers["tariff"]), metered),
        "window": (jnp.full(replications, begin), jnp.full(replications, window[1])),
        "asked": jnp.asarray(asked, jnp.int32),
        "reach": jnp.full((shape.stations, replications), -jnp.inf, float),
    }


def initial(plan: Plan, keys: Any, replications: int) -> dict[str, Any]:
    """An empty line at t = 0, ready."""
    shape = plan.shape
    whole = (shape.stations, replications)
    each = (shape.stations, shape.width, replications)
    zeros, count = jnp.zeros(whole), jnp.zeros(whole, jnp.int32)
    part: dict[str, Array] = {"enter": zeros, "part": count, "clean": jnp.ones(whole, bool)}
    if shape.source == "orders":
        part["order"] = count
    if shape.products > 1:
        part["product"] = count
    carry: dict[str, Any] = {
        "step": jnp.asarray(0, jnp.int32),
        "departed": zeros,
        "part": part,
        "ring": jnp.full((shape.ring, *whole), -jnp.inf, float),
        "overflow": dict.fromkeys(("window", "strikes", "closures"), jnp.zeros(replications, bool)),
        "out": jnp.zeros(replications, jnp.int32),
    }
    if shape.families:
        part |= blanks(shape, zeros)
        carry |= {
            "condition": first_condition(plan, keys, replications),
            "finished_last": jnp.full(each, -jnp.inf, float),
        }
    if shape.overtaking:
        carry["machine"] = count
    if shape.scrap:
        carry |= {"starts": count, "gone": count, "good": count, "sent": jnp.zeros(whole, bool)}
    if any(shape.places):
        carry |= {"started": zeros, "finished": zeros}
    if shape.setup != "none":
        carry["last_product"] = jnp.full(each, -1, jnp.int32)
    carry |= _upkeep(plan, keys, each)
    if shape.source == "interval":
        given = Given(plan, keys, None, None, None)
        carry["released"] = interval(given, jnp.asarray(0), replications)
    return carry


def _upkeep(plan: Plan, keys: Any, each: tuple[int, int, int]) -> dict[str, Any]:
    """Machines that have not failed yet and need no maintenance, arrays [..., station, machine, replication]."""
    shape = plan.shape
    carry: dict[str, Any] = {}
    if shape.operating:
        modes = (shape.modes, *each)
        carry |= {
            "age": jnp.zeros(modes if own_ages(shape) else each),
            "struck": jnp.zeros(modes, jnp.int32),
            "struck_age": jnp.zeros(modes),
        }
        carry["first_up"] = failures.first_up(plan, keys, each[2])
    if shape.served:
        carry["ready"] = jnp.zeros(each)
    if shape.maintenance:
        carry["since"] = jnp.zeros((len(shape.maintenance), *each))
    if shape.planned:
        every, _ = calendar_maintenance(shape, plan.numbers)
        carry["due"] = jnp.broadcast_to(every[:, None], each)
    return carry


def keys_of(shape: Shape, seed: Any, replications: int | np.ndarray) -> dict[str, tuple[Array, Array]]:
    """Keys of every purpose that the line has, each a pair of arrays [station (mode), replication].

    Args:
        shape: of the line.
        seed: an integer, of which the lowest 64 bits count; a traced one has 32.
        replications: how many, or the numbers of those that are wanted; a number has the same draws in any company.
    """
    if isinstance(seed, Array):
        words: Any = jnp.stack([seed.astype(jnp.uint32), jnp.zeros((), jnp.uint32)])
    else:
        words = np.asarray([[seed & 0xFFFFFFFF], [(seed >> 32) & 0xFFFFFFFF]], np.uint32)
    purposes = {p: [f"{name}/{p}" for name in shape.names] for p in ("process", "rework", "scrap")}
    for p in ("up", "down", "age"):
        purposes[p] = [f"{s}/{p}/{m}" for row in shape.mode_names for s, m in zip(shape.names, row, strict=True)]
    purposes["wear"] = [f"{name}/wear" for name in shape.names if shape.aged]
    purposes |= {"product": ["source/product"], "interval": ["source/interval"]}
    number = replications if isinstance(replications, np.ndarray) else np.arange(replications)
    found = {purpose: make_keys(words, number, names) for purpose, names in purposes.items() if names}
    return jax.tree.map(jnp.asarray, found)
