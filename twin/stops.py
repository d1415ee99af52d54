"""What stops do to a visit and to the machine after it: failures on both clocks, maintenance by use.

A failure strikes in the visit during which the age of the machine passes it (see `twin.failures`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from twin import clock as clocks
from twin.ageing import Ages, ages_of, foreseen, kept, renewed_by
from twin.changeover import loaded_setup
from twin.gradient import AGEING, CLOSED, smooth_only
from twin.nearby import Nearby
from twin.plan import Shape
from twin.shape import flagged
from twin.slots import pick, put

if TYPE_CHECKING:
    from twin.simulate import Carry, Given, Visit


def finish(given: Given, carry: Carry, visit: Visit, machine: Array, scrapped: Array) -> Visit:
    """When a visit ends: loaded setup, then its work, through failures and closed intervals.

    Returns:
        finish, and where the line has such things: scrapped, stopped (repair during the visit), stopped_from, repair
        (after it), aged (processing time done), hits [mode, station, replication].
    """
    shape = given.plan.shape
    clock = given.clock.machine(machine) if shape.closes else None
    after = clock.after if clock else lambda t, w: t + w
    begin, work = visit["start"], visit["work"]
    if shape.closes:
        work = smooth_only(work, CLOSED)
        begin = smooth_only(begin, CLOSED)
    found: Visit = {}
    if "loaded" in visit:
        begin, found = loaded_setup(given, visit, begin, machine)
    found["begin"] = begin
    if shape.operating:
        found |= _struck(given, carry, visit | {"work": work}, machine, begin, after)
        scrapped = (scrapped & ~found["lost"]) | found.pop("lost")
        done = found.pop("end")
    else:
        done = after(begin, work)
    if given.strikes is not None and clock is not None:
        strikes = clocks.Clock(given.strikes, given.strikes, jnp.asarray(0.0)).machine(machine).begin
        first = jnp.min(jnp.where(strikes > begin[None], strikes, jnp.inf), axis=0)
        broken = first < done
        scrapped = scrapped | broken
        done = jnp.where(broken, first, done)
        found["aged"] = jnp.where(broken, clock.work_at(done) - clock.work_at(begin), found.get("aged", work))
    found["finish"] = done
    if shape.scrap:
        found["scrapped"] = scrapped
    return found


def _struck(given: Given, carry: Carry, visit: Visit, machine: Array, begin: Array, after: Any) -> Visit:
    """Operating-clock failures in a visit whose processing begins at `begin`."""
    shape, failures = given.plan.shape, given.failures
    assert failures is not None  # noqa: S101 - the shape says so
    work = visit["work"]
    ahead = pick(failures.age, machine)
    repair = pick(failures.repair, machine)
    index = jnp.arange(len(ahead)).reshape(-1, 1, 1, 1)
    ages = ages_of(given, carry, visit, machine)
    reached = ages.struck - pick(failures.first, machine)
    left = ahead - smooth_only(ages.passed, AGEING)[None]
    position = jnp.where(index >= reached[None], left / ages.pace[None], jnp.inf)
    limit = smooth_only(work, AGEING)
    lost = jnp.zeros(work.shape, bool)
    scrapping = np.asarray(shape.scrapping)
    winner = None
    if scrapping.any():
        nearest = jnp.min(jnp.where(scrapping[None, :, :, None], position, jnp.inf), axis=0)
        first = jnp.min(nearest, axis=0)
        lost = first < limit
        mode = jnp.argmax(nearest == first[None], axis=0)
        winner = lost[None] & (mode[None] == jnp.arange(shape.modes).reshape(-1, 1, 1))
        limit = jnp.minimum(limit, jnp.maximum(first, 0.0))
    hits = position < limit[None, None]
    stopped = jnp.sum(jnp.where(hits, repair, 0.0), axis=(0, 1))
    counts = jnp.sum(hits, axis=0, dtype=jnp.int32)
    work = jnp.where(lost, limit, work)
    first = jnp.min(position, axis=(0, 1))
    if shape.closes:
        end, beyond = _interleaved(shape, begin, work, hits, position, repair, after)
        strike = after(begin, jnp.where(stopped > 0, first, 0.0))
    else:
        end, beyond = begin + work + stopped, jnp.zeros(work.shape, bool)
        strike = begin + first
    found = {
        "end": end,
        "lost": lost,
        "stopped": stopped,
        "stopped_from": jnp.where(stopped > 0, strike, end),
        "aged": work,
    }
    if winner is not None:
        after_it = jnp.sum(
            jnp.where(
                winner[None] & (index == (reached + counts)[None]),
                repair,
                0.0,
            ),
            axis=(0, 1),
        )
        found["repair"] = jnp.where(lost, after_it, 0.0)
        counts = counts + winner
    hit_time = jnp.sum(jnp.where(hits, repair, 0.0), axis=0) if shape.modes > 1 else stopped[None]
    if winner is not None:
        hit_time = hit_time + jnp.where(winner, found["repair"][None], 0.0)
    return found | {"hits": counts, "hit_time": hit_time, "beyond": beyond, "ages": ages}


def _interleaved(
    shape: Shape, begin: Array, work: Array, hits: Array, position: Array, repair: Array, after: Any
) -> tuple[Array, Array]:
    """End of a visit in which repairs run through closed intervals and work does not, strike by strike."""

    def strike(state: tuple[Array, Array, Array], _: None) -> tuple[tuple[Array, Array, Array], None]:
        now, done, last = state
        left = hits & (position > last[None, None])
        nearest = jnp.min(jnp.where(left, position, jnp.inf), axis=(0, 1))
        strikes = jnp.isfinite(nearest)
        repairs = jnp.sum(jnp.where(left & (position == nearest[None, None]), repair, 0.0), axis=(0, 1))
        at = jnp.where(strikes, nearest, done)
        now = jnp.where(strikes, after(now, at - done) + repairs, now)
        return (now, at, jnp.where(strikes, nearest, last)), None

    state = (begin, jnp.zeros(work.shape), jnp.full(work.shape, -1.0))
    (now, done, last), _ = lax.scan(strike, state, None, length=shape.strikes)
    beyond = jnp.any(hits & (position > last[None, None]), axis=(0, 1))
    return after(now, work - done), beyond


def after_visit(given: Given, carry: Carry, visit: Visit, machine: Array, comes: Array) -> tuple[Carry, Visit]:
    """What the machine carries to its next visit: age, failures struck, when it is ready, maintenance counters."""
    shape = given.plan.shape
    new, visit = dict(carry), dict(visit)
    begun: Any = visit.pop("ages", None)
    ages = begun.after(visit["aged"], visit["hits"]) if shape.operating else None
    if shape.planned:
        new["due"] = put(carry["due"], machine, visit.pop("due"), comes)
    if shape.served:
        ages = _served(given, carry, new, visit, machine, comes, ages)
    if ages is not None:
        new |= kept(carry, ages, machine, comes)
        exhausted = ages.struck - pick(given.failures.first, machine) >= len(given.failures.age)  # type: ignore[union-attr]
        here = lambda short: jnp.any(comes & short, axis=0)  # noqa: E731
        spent = {"window": here(jnp.any(exhausted, axis=0)), "strikes": here(visit.pop("beyond"))}
        new["overflow"] = flagged(new["overflow"], **spent)
    if isinstance(given.clock, Nearby):
        far = jnp.isfinite(visit["finish"]) & (visit["finish"] > given.clock.machine(machine).until)
        new["overflow"] = flagged(new["overflow"], closures=jnp.any(comes & far, axis=0))
    return new, visit


def _served(
    given: Given, carry: Carry, new: Carry, visit: Visit, machine: Array, comes: Array, ages: Ages | None
) -> Ages | None:
    """Repair, service and maintenance after a visit, written into `new` and `visit`; returns the ages after them."""
    shape, numbers = given.plan.shape, given.plan.numbers
    until = visit["finish"]
    if "repair" in visit:
        until = until + visit.pop("repair")
        visit["repaired"] = until
    if shape.serves:
        length = smooth_only(visit.pop("service"), AGEING)
        until = until + length
        visit["maintained"] = until
    if shape.maintenance:
        time = visit.get("aged", visit["work"])
        counters, length = [], jnp.zeros(until.shape)
        for q, row in enumerate(shape.maintenance):
            parts = np.asarray([clock == "parts" for clock in row])[:, None]
            since = pick(carry["since"][q], machine) + jnp.where(parts, 1.0, time)
            active = np.asarray([clock in ("operating", "parts") for clock in row])[:, None]
            due = active & (smooth_only(since, AGEING) >= numbers["every"][q])
            if ages is not None:
                due = due | foreseen(given, ages, machine, q)
                ages = renewed_by(given, ages, machine, q, due & ~(np.asarray(row) == "calendar")[:, None])
            length = length + jnp.where(due, numbers["duration"][q], 0.0)
            counters.append(put(carry["since"][q], machine, jnp.where(due, 0.0, since), comes))
        new["since"] = jnp.stack(counters)
        until = until + length
        visit["maintained"] = until
    new["ready"] = put(carry["ready"], machine, until, comes)
    return ages
