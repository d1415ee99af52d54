"""When machines stop: failures on both clocks, planned maintenance.

Operating clock: a machine ages by processing time; failures stand at ages drawn before (Failures), and strike in the
visit during which the age passes them. Calendar clock: failures are closed intervals of the machine's Clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from twin import clock as clocks
from twin.distribution import quantile, residual
from twin.gradient import REMEDY, smooth_only
from twin.plan import Plan, Shape
from twin.random import uniform

if TYPE_CHECKING:
    from twin.simulate import Carry, Given, Visit

Keys = dict[str, tuple[Array, Array]]

_AGEING = f"a failure or maintenance of the line comes by operating time, so this moves how many there are; {REMEDY}."
_CLOSED = f"working time is interrupted by breaks or calendar stops, over which a finish jumps; {REMEDY}."


class Failures(NamedTuple):
    """Failures on the operating clock drawn ahead for a number of steps.

    Attributes:
        age: processing age at which each strikes [s], [ahead, mode, station, machine, replication]; infinite: none.
        repair: its repair time [s], same shape.
        first: number of the first one drawn, [mode, station, machine, replication].
    """

    age: Array
    repair: Array
    first: Array


def draw(plan: Plan, keys: Keys, first: Array, count: int, clock: str) -> tuple[Array, Array]:
    """Up and repair times of the failures numbered first … first + count - 1 of the modes on one clock.

    Returns:
        Two arrays [count, mode, station, machine, replication] in seconds; up times are infinite where there is no mode.
    """
    shape, numbers = plan.shape, plan.numbers
    size = (count, *first.shape)
    number = first[None] + jnp.arange(count).reshape(-1, 1, 1, 1, 1)
    machine = jnp.arange(shape.width).reshape(1, 1, -1, 1)
    up, down = jnp.full(size, jnp.inf), jnp.zeros(size)
    for groups, key, name in ((shape.up, "up", "up"), (shape.down, "down", "down")):
        for (signature, all_places), all_numbers in zip(groups, numbers[name], strict=True):
            keep = [i for i, (f, m) in enumerate(all_places) if shape.clocks[f][m] == clock]
            if not keep:
                continue
            mode, station = np.asarray(all_places)[keep].T
            leaves = _trailing(all_numbers, np.asarray(keep), signature)
            place = tuple(k[mode * shape.stations + station][:, None] for k in keys[key])
            at = number[:, mode, station]
            time = quantile(signature, leaves, uniform(place, at, machine))
            if name == "up":
                extra = tuple(k[mode * shape.stations + station][:, None] for k in keys["age"])
                old = residual(signature, leaves, uniform(place, at[:1], machine), uniform(extra, at[:1], machine))
                new = np.asarray(shape.new)[mode, station][None, :, None, None]
                time = jnp.where((at == 0) & ~new, old, time)
                up = up.at[:, mode, station].set(time)
            else:
                down = down.at[:, mode, station].set(time)
    exists = jnp.arange(shape.width)[:, None] < jnp.asarray(shape.machines)[:, None, None]
    return jnp.where(exists, up, jnp.inf), jnp.where(exists, down, 0.0)


def _trailing(numbers: Any, keep: np.ndarray, signature: Any) -> Any:
    """Leaves [mode, machine, ...] made to broadcast against [ahead, mode, machine, replication]."""
    if isinstance(numbers, dict):
        return {name: leaf[keep][None, ..., None] for name, leaf in numbers.items()}
    if isinstance(numbers, (tuple, list)):
        weights, parts = numbers
        inner = [_trailing(part, keep, s) for part, s in zip(parts, signature[1], strict=True)]
        return weights[keep][None, :, :, None], inner
    return numbers[keep][None, :, :, None]


def drawn_ahead(plan: Plan, keys: Keys, carry: Carry) -> Failures | None:
    """The failures of the next chunk of steps."""
    if not plan.shape.operating:
        return None
    first = carry["struck"]
    up, repair = draw(plan, keys, first, plan.shape.window, "operating")
    return Failures(carry["struck_age"][None] + jnp.cumsum(up, axis=0), repair, first)


def clock_of(plan: Plan, keys: Keys, replications: int) -> tuple[clocks.Clock | None, Array | None]:
    """Closed intervals of every machine for the whole run, and the beginnings of those that scrap the part."""
    shape = plan.shape
    if not shape.calendar:
        return (clocks.weekly(plan.numbers["closed"]) if shape.shifts else None), None
    first = jnp.zeros((shape.modes, shape.stations, shape.width, replications), jnp.int32)
    up, down = draw(plan, keys, first, shape.span, "calendar")
    begin = jnp.cumsum(up, axis=0) + jnp.cumsum(down, axis=0) - down
    begin, length = (x.reshape(-1, *x.shape[2:]) for x in (begin, down))
    lost = np.asarray(shape.scrapping)
    strikes = None
    if lost.any():
        mine = jnp.asarray(lost)[None, :, :, None, None] & jnp.isfinite(up)
        strikes = jnp.where(mine, begin.reshape(up.shape), jnp.inf).reshape(begin.shape)
    if shape.shifts:
        weeks = int(np.ceil(shape.span * 0 + plan.numbers["weeks"]))
        closed = np.concatenate([plan.numbers["closed"] + np.asarray([k * clocks.WEEK, 0.0]) for k in range(weeks)])
        spread = lambda x: jnp.broadcast_to(jnp.asarray(x)[:, None, None, None], (len(x), *begin.shape[1:]))  # noqa: E731
        begin = jnp.concatenate([begin, spread(closed[:, 0])])
        length = jnp.concatenate([length, spread(closed[:, 1])])
    return clocks.union(begin, length), strikes


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
        work = smooth_only(work, _CLOSED)
        begin = smooth_only(begin, _CLOSED)
    if "loaded" in visit:
        begin = after(begin, visit["loaded"])
    found: Visit = {"begin": begin}
    if shape.operating:
        found |= _struck(given, carry, visit | {"work": work}, machine, begin, after)
        scrapped = (scrapped & ~found["lost"]) | found.pop("lost")
        done = found.pop("end")
    else:
        done = after(begin, work)
    if given.strikes is not None:
        strikes = clocks.Clock(given.strikes, given.strikes, jnp.asarray(0.0)).machine(machine).begin
        first = jnp.min(jnp.where(strikes >= begin, strikes, jnp.inf), axis=0)
        scrapped = jnp.where(first < done, True, scrapped)
        done = jnp.minimum(done, first)
    found["finish"] = done
    if shape.scrap:
        found["scrapped"] = scrapped
    return found


def _struck(given: Given, carry: Carry, visit: Visit, machine: Array, begin: Array, after: Any) -> Visit:
    """Operating-clock failures in a visit whose processing begins at `begin`."""
    from twin.simulate import pick

    shape, failures = given.plan.shape, given.failures
    assert failures is not None  # noqa: S101 - the shape says so
    work = visit["work"]
    ahead = pick(failures.age, machine)
    repair = pick(failures.repair, machine)
    index = jnp.arange(shape.window).reshape(-1, 1, 1, 1)
    waits = index >= pick(carry["struck"] - failures.first, machine)[None]
    age = pick(carry["age"], machine)
    position = jnp.where(waits, ahead - smooth_only(age, _AGEING), jnp.inf)
    limit = smooth_only(work, _AGEING)
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
    counts = jnp.sum(hits, axis=0)
    work = jnp.where(lost, limit, work)
    first = jnp.min(position, axis=(0, 1))
    if shape.closes:
        end, beyond = _interleaved(shape, begin, work, hits, position, repair, after)
        strike = after(begin, jnp.where(stopped > 0, first, 0.0))
    else:
        end, beyond = begin + work + stopped, jnp.zeros(work.shape, bool)
        strike = begin + first
    found = {"end": end, "lost": lost, "stopped": stopped, "stopped_from": jnp.where(stopped > 0, strike, end), "aged": work}
    if winner is not None:
        after_it = jnp.sum(jnp.where(winner[None] & (index == pick(carry["struck"] - failures.first, machine)[None] + counts[None]), repair, 0.0), axis=(0, 1))
        found["repair"] = jnp.where(lost, after_it, 0.0)
        counts = counts + winner
    exhausted = jnp.any(pick(carry["struck"] - failures.first, machine) + counts >= shape.window, axis=0)
    hit_time = jnp.sum(jnp.where(hits, repair, 0.0), axis=0)
    if winner is not None:
        hit_time = hit_time + jnp.where(winner, found["repair"][None], 0.0)
    return found | {"hits": counts, "hit_time": hit_time, "beyond": beyond, "exhausted": exhausted}


def _interleaved(
    shape: Shape, begin: Array, work: Array, hits: Array, position: Array, repair: Array, after: Any
) -> tuple[Array, Array]:
    """End of a visit in which repairs run through closed intervals and work does not, strike by strike."""
    now, done = begin, jnp.zeros(work.shape)
    last = jnp.full(work.shape, -1.0)
    for _ in range(shape.strikes):
        left = hits & (position > last[None, None])
        nearest = jnp.min(jnp.where(left, position, jnp.inf), axis=(0, 1))
        strikes = jnp.isfinite(nearest)
        repairs = jnp.sum(jnp.where(left & (position == nearest[None, None]), repair, 0.0), axis=(0, 1))
        at = jnp.where(strikes, nearest, done)
        now = jnp.where(strikes, after(now, at - done) + repairs, now)
        done, last = at, jnp.where(strikes, nearest, last)
    beyond = jnp.any(hits & (position > last[None, None]), axis=(0, 1))
    return after(now, work - done), beyond


def planned_maintenance(given: Given, carry: Carry, arrive: Array, free: Array, machine: Array) -> Visit:
    """Calendar maintenance of an empty machine between `free` and the start of its next part.

    A first one that was waiting for the machine begins late; one more may fall due meanwhile; all further ones begin when due.
    """
    from twin.simulate import pick

    numbers, shape = given.plan.numbers, given.plan.shape
    mine = np.asarray(shape.maintenance) == "calendar"
    every = jnp.min(jnp.where(mine[..., None], numbers["every"], jnp.inf), axis=0)
    length = jnp.sum(jnp.where(mine[..., None], numbers["duration"], 0.0), axis=0)
    arrive, free = (smooth_only(t, _CLOSED) for t in (arrive, free))
    due = pick(carry["due"], machine)
    until = jnp.maximum(arrive, free)
    late = jnp.maximum(due, free)
    any_late = due <= until
    end = jnp.where(any_late, late + length, free)
    following = jnp.where(any_late, (jnp.floor(late / every) + 1) * every, due)
    any_second = any_late & (following <= jnp.maximum(until, end))
    second = jnp.maximum(following, end)
    end = jnp.where(any_second, second + length, end)
    following = jnp.where(any_second, (jnp.floor(second / every) + 1) * every, following)
    until = jnp.maximum(until, end)
    more = jnp.where(jnp.isfinite(until), jnp.maximum(jnp.floor((until - following) / every) + 1, 0.0), 0.0)
    end = jnp.where(more > 0, following + (more - 1) * every + length, end)
    return {
        "planned_late": jnp.where(any_late, late, jnp.inf),
        "planned_second": jnp.where(any_second, second, jnp.inf),
        "planned_from": following,
        "planned_count": more,
        "planned_until": end,
        "planned_length": jnp.broadcast_to(length, end.shape),
        "planned_every": jnp.broadcast_to(every, end.shape),
        "planned_next": jnp.where(more > 0, following + more * every, following),
    }


def after_visit(given: Given, carry: Carry, visit: Visit, machine: Array, comes: Array) -> tuple[Carry, Visit]:
    """What the machine carries to its next visit: age, failures struck, when it is ready, maintenance counters."""
    from twin.simulate import pick, put

    shape, numbers = given.plan.shape, given.plan.numbers
    new, visit = dict(carry), dict(visit)
    if shape.operating:
        new["age"] = put(carry["age"], machine, pick(carry["age"], machine) + visit["aged"], comes)
        hits = visit["hits"].astype(jnp.int32)
        spent = visit.pop("exhausted") | visit.pop("beyond")
        new["struck"] = put(carry["struck"], machine, pick(carry["struck"], machine) + hits, comes)
        new["overflow"] = carry["overflow"] | jnp.any(comes & spent, axis=0)
    if shape.planned:
        new["due"] = put(carry["due"], machine, visit["planned_next"], comes)
    if not shape.served:
        return new, visit
    until = visit["finish"]
    if "repair" in visit:
        until = until + visit.pop("repair")
        visit["repaired"] = until
    if shape.maintenance:
        time = visit.get("aged", visit["work"])
        counters, length = [], jnp.zeros(until.shape)
        for q, row in enumerate(shape.maintenance):
            parts = np.asarray([clock == "parts" for clock in row])[:, None]
            since = pick(carry["since"][q], machine) + jnp.where(parts, 1.0, time)
            active = np.asarray([clock in ("operating", "parts") for clock in row])[:, None]
            due = active & (smooth_only(since, _AGEING) >= numbers["every"][q])
            length = length + jnp.where(due, numbers["duration"][q], 0.0)
            counters.append(put(carry["since"][q], machine, jnp.where(due, 0.0, since), comes))
        new["since"] = jnp.stack(counters)
        until = until + length
        visit["maintained"] = until
    new["ready"] = put(carry["ready"], machine, until, comes)
    return new, visit
