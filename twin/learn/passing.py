"""When each simulated part arrives, starts, finishes and departs at each station, as arrays with derivatives.

`twin.simulate` keeps visits on the host, where no derivative reaches them; here the visits of a run by parts stay
arrays of one compiled program, sorted by part, so that any figure of them can be differentiated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float

from twin import failures as failing
from twin.guess import expected_yield
from twin.line import Line
from twin.run import Asked, prepare
from twin.simulate import Given, step
from twin.start import keys_of, loop_of

__all__ = ["Passing", "passing"]


class Passing(NamedTuple):
    """Times of parts at stations [s from the run's start].

    Attributes:
        arrive, start, finish: moments; 0 where the part never came.
        there: whether it came.
    """

    arrive: Float[Array, "part station replication"]
    start: Float[Array, "part station replication"]
    finish: Float[Array, "part station replication"]
    there: Bool[Array, "part station replication"]


def passing(
    line: Line,
    values: Mapping[str, Any],
    *,
    parts: int,
    replications: int,
    seed: Any = 0,
    numbers: Mapping[str, Any] | None = None,
) -> tuple[Passing, Bool[Array, " replication"]]:
    """Simulate the first parts of a line; may be transformed by JAX.

    Args:
        line: what to simulate.
        values: numbers that replace those of the line, by path, SI units; may be traced.
        parts: how many, in order of release.
        replications: independent repetitions.
        seed: of all random numbers; may be traced.
        numbers: entries of `Plan.numbers` to replace, e.g. the recorded times, so that other logs use the same program.

    Returns:
        Their times, and whether all of them are known [replication]: a run that was too short says so.

    Raises:
        LineError: the line cannot be simulated exactly.
        KeyError: a path names no number of the line.
        GradientError: a derivative with respect to something that fixed random numbers cannot show.
    """
    ready = prepare(line, Asked(None, parts, 0.0, 0, seed, dict(values), "all"), replications)
    plan = replace(ready.plan, numbers=jax.tree.map(jnp.asarray, ready.plan.numbers | dict(numbers or {})))
    shape, span = plan.shape, ready.span
    keys = keys_of(shape, seed, replications)
    clock, strikes = failing.clock_of(plan, keys, replications)
    first = loop_of(plan, keys, span, ready.window, ready.count, replications, ready.metered)["carry"]

    def chunk(carry: dict[str, Any], _: None) -> tuple[dict[str, Any], dict[str, Array]]:
        failures = failing.drawn_ahead(plan, keys, carry)

        def block(carry: dict[str, Any], _: None) -> tuple[dict[str, Any], dict[str, Array]]:
            near = failing.soonest(failures, carry["struck"], shape.near) if failures else None
            return lax.scan(one_step(Given(plan, keys, near, clock, strikes)), carry, None, length=span.block)

        later, rows = lax.scan(block, carry, None, length=span.steps // span.block)
        return failing.used(failures, carry, later) if failures else later, rows

    last, rows = lax.scan(chunk, first, None, length=-(-_steps(line, parts, shape) // span.steps))
    rows = {name: row.reshape(-1, *row.shape[3:]) for name, row in rows.items()}
    short = jnp.any(jnp.stack(list(last["overflow"].values())), axis=0)
    found, scrapped = _sorted_by_part(rows, parts)
    onward = jnp.concatenate([found.there[:, 1:], jnp.ones_like(found.there[:, :1])], axis=1) | scrapped
    return found, jnp.all(found.there[:, 0] & jnp.all(onward | ~found.there, axis=1), axis=0) & ~short


def one_step(given: Given) -> Any:
    """The body of the loop over steps: of each visit its part, its times, and how it ended."""

    def body(carry: dict[str, Any], _: None) -> tuple[dict[str, Any], dict[str, Array]]:
        carry, visit = step(given, carry)
        kept = ("part", "fixed", "arrive", "start", "finish", "scrapped")
        return carry, {name: visit[name] for name in kept if name in visit}

    return body


def _steps(line: Line, parts: int, shape: Any) -> int:
    """Steps after which so many parts have left a line that is full when the last of them enters."""
    inside = sum(s.buffer + s.machines for s in line.stations) + shape.offset[-1] + 2 * sum(shape.machines)
    spare = 64 if shape.scrap else 0
    return int(parts / expected_yield(line) * (1.2 if shape.scrap else 1.0)) + int(inside) + spare


def _sorted_by_part(rows: Mapping[str, Array], parts: int) -> tuple[Passing, Bool[Array, "part station replication"]]:
    """Rows [row, station, replication] by the number of their part, and which visits ended in scrap."""
    _, station, replication = np.indices(rows["fixed"].shape, sparse=True)
    part = jnp.where(rows["fixed"], rows["part"], parts)

    def placed(column: Array) -> Array:
        blank = jnp.zeros((parts, *column.shape[1:]), column.dtype)
        return blank.at[part, station, replication].set(column, mode="drop")

    found = Passing(*(placed(rows[name]) for name in ("arrive", "start", "finish", "fixed")))
    return found, placed(rows["scrapped"]) if "scrapped" in rows else jnp.zeros_like(found.there)
