"""When machines stop: failures on both clocks, planned maintenance.

Operating clock: a machine ages by processing time; failures stand at ages drawn before (Failures), and strike in the
visit during which the age passes them. Calendar clock: failures are closed intervals of the machine's Clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from twin import clock as clocks
from twin.distribution import quantile, residual
from twin.gradient import REMEDY, smooth_only
from twin.plan import Plan, Shape, calendar_maintenance
from twin.random import uniform
from twin.slots import pick, put

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


def draw(plan: Plan, keys: Keys, first: Array, count: int, clock: str, aged: Array) -> tuple[Array, Array]:
    """Up and repair times of the failures numbered first … first + count - 1 of the modes on one clock.

    Args:
        plan: the line.
        keys: of its random numbers.
        first: number of the first failure [mode, station, machine, replication].
        count: how many to draw.
        clock: "operating" or "calendar".
        aged: up times to the failures numbered 0, of the shape of `first` (see `first_up`).

    Returns:
        Two arrays [count, mode, station, machine, replication] in seconds; infinite up times where there is no mode.
    """
    shape, numbers = plan.shape, plan.numbers
    size = (count, *first.shape)
    number = first[None] + jnp.arange(count).reshape(-1, 1, 1, 1, 1)
    machine = jnp.arange(shape.width).reshape(1, 1, -1, 1)
    up, down = jnp.full(size, jnp.inf), jnp.zeros(size)
    for name in ("up", "down"):
        groups: tuple[Any, ...] = getattr(shape, name)
        for (signature, all_places), all_numbers in zip(groups, numbers[name], strict=True):
            keep = [i for i, (f, m) in enumerate(all_places) if shape.clocks[f][m] == clock]
            if not keep:
                continue
            mode, station = (np.asarray(all_places)[keep, k] for k in (0, 1))
            leaves = _trailing(all_numbers, np.asarray(keep), signature)
            row = mode * shape.stations + station
            place = _keys(keys[name], row)
            at = number[:, mode, station]
            time = quantile(signature, leaves, uniform(place, at, machine))
            if name == "up":
                up = up.at[:, mode, station].set(jnp.where(at == 0, aged[None, mode, station], time))
            else:
                down = down.at[:, mode, station].set(time)
    exists = jnp.arange(shape.width)[None, :, None] < jnp.asarray(shape.machines)[:, None, None]
    exists = exists[None, None]
    return jnp.where(exists, up, jnp.inf), jnp.where(exists, down, 0.0)


def first_up(plan: Plan, keys: Keys, replications: int) -> Array:
    """Up time to the first failure [mode, station, machine, replication] of machines of random age, or new."""
    shape = plan.shape
    found = jnp.full((shape.modes, shape.stations, shape.width, replications), jnp.inf)
    zero = jnp.zeros((1, 1, shape.width, replications), jnp.int32)
    machine = jnp.arange(shape.width).reshape(1, 1, -1, 1)
    for (signature, places), numbers in zip(shape.up, plan.numbers["up"], strict=True):
        mode, station = (np.asarray(places)[:, k] for k in (0, 1))
        row = mode * shape.stations + station
        leaves = _trailing(numbers, np.arange(len(places)), signature)
        u = uniform(_keys(keys["up"], row), zero, machine)
        time = quantile(signature, leaves, u)
        new = np.asarray(shape.new)[mode, station][None, :, None, None]
        if not new.all():
            time = jnp.where(new, time, residual(signature, leaves, u, uniform(_keys(keys["age"], row), zero, machine)))
        found = found.at[mode, station].set(time[0])
    return found


def _keys(keys: tuple[Array, Array], rows: np.ndarray) -> tuple[Array, Array]:
    """Keys of these rows, to broadcast against [ahead, mode, machine, replication]."""
    return keys[0][rows][None, :, None], keys[1][rows][None, :, None]


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
    up, repair = draw(plan, keys, first, plan.shape.window, "operating", carry["first_up"])
    return Failures(carry["struck_age"][None] + jnp.cumsum(up, axis=0), repair, first)


def soonest(failures: Failures, struck: Array, count: int) -> Failures:
    """The next `count` of these failures on every machine, so that a visit need not look at all of them."""
    index = (struck - failures.first)[None] + jnp.arange(count).reshape(-1, 1, 1, 1, 1)
    known = index < len(failures.age)
    index = jnp.minimum(index, len(failures.age) - 1)
    age = jnp.where(known, jnp.take_along_axis(failures.age, index, axis=0), jnp.inf)
    return Failures(age, jnp.take_along_axis(failures.repair, index, axis=0), struck)


def used(failures: Failures, before: Carry, after: Carry) -> Carry:
    """The state `after` a chunk that began in `before`: ages of the last failures that struck, and whether all did."""
    count = after["struck"] - failures.first
    struck = jnp.arange(len(failures.age)).reshape(-1, 1, 1, 1, 1) < count[None]
    ages = jnp.max(jnp.where(struck, failures.age, before["struck_age"][None]), axis=0)
    spent = jnp.any(count >= len(failures.age), axis=(0, 1, 2))
    return after | {"struck_age": ages, "overflow": after["overflow"] | jnp.stack([spent, jnp.zeros_like(spent)])}


def clock_of(plan: Plan, keys: Keys, replications: int) -> tuple[clocks.Clock | None, Array | None]:
    """Closed intervals of every machine for the whole run, and the beginnings of those that scrap the part."""
    shape = plan.shape
    if not shape.calendar:
        return (clocks.weekly(plan.numbers["closed"]) if shape.shifts else None), None
    first = jnp.zeros((shape.modes, shape.stations, shape.width, replications), jnp.int32)
    up, down = draw(plan, keys, first, shape.span, "calendar", first_up(plan, keys, replications))
    used = np.flatnonzero([any(c == "calendar" for c in row) for row in shape.clocks])
    up, down = up[:, used], down[:, used]
    begin = jnp.cumsum(up, axis=0) + jnp.cumsum(down, axis=0) - down
    begin, length = (x.reshape(-1, *x.shape[2:]) for x in (begin, down))
    lost = np.asarray(shape.scrapping)[used]
    mine = (jnp.asarray(lost)[None, :, :, None, None] & jnp.isfinite(up)).reshape(begin.shape)
    own = begin
    if shape.shifts:
        closed = jnp.asarray(plan.numbers["closed"])
        weeks = jnp.arange(shape.weeks)[:, None, None] * jnp.asarray([clocks.WEEK, 0.0])[None, None]
        closed = (closed[None] + weeks).reshape(-1, 2)
        spread = lambda x: jnp.broadcast_to(x[:, None, None, None], (len(x), *begin.shape[1:]))  # noqa: E731
        begin = jnp.concatenate([begin, spread(closed[:, 0])])
        length = jnp.concatenate([length, spread(closed[:, 1])])
    if not lost.any():
        return clocks.union(begin, length), None
    covered = lambda t: jnp.any((begin < t) & (t <= begin + length), axis=0)  # noqa: E731
    strikes = lax.map(lambda x: jnp.where(x[0] & ~covered(x[1][None]), x[1], jnp.inf), (mine, own))
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
        begin = clock.open_at(begin) if clock else begin
    found: Visit = {"begin": begin}
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
    waits = index >= pick(carry["struck"] - failures.first, machine)[None]
    age = pick(carry["age"], machine)
    position = jnp.where(waits, ahead - smooth_only(age, _AGEING)[None, None], jnp.inf)
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
                winner[None] & (index == pick(carry["struck"] - failures.first, machine)[None] + counts[None]),
                repair,
                0.0,
            ),
            axis=(0, 1),
        )
        found["repair"] = jnp.where(lost, after_it, 0.0)
        counts = counts + winner
    exhausted = jnp.any(pick(carry["struck"] - failures.first, machine) + counts >= len(ahead), axis=0)
    hit_time = jnp.sum(jnp.where(hits, repair, 0.0), axis=0) if shape.modes > 1 else stopped[None]
    if winner is not None:
        hit_time = hit_time + jnp.where(winner, found["repair"][None], 0.0)
    return found | {"hits": counts, "hit_time": hit_time, "beyond": beyond, "exhausted": exhausted}


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


class Planned(NamedTuple):
    """Calendar maintenance of an empty machine before a visit; times [s], infinite where there is none.

    Attributes:
        late: beginning of one that had to wait for the machine.
        second: beginning of one that fell due meanwhile.
        first, further: beginning and number of further ones, each when due.
        until: when the last of them is done (or the machine free).
        due: when the next one is.
    """

    late: Array
    second: Array
    first: Array
    further: Array
    until: Array
    due: Array


def planned(every: Array, length: Array, due: Array, free: Array, until: Array) -> Planned:
    """What falls due up to `until` (or while it is being done) on a machine that is empty from `free` on."""
    until = jnp.maximum(until, free)
    begin = jnp.maximum(due, free)
    is_late = due <= until
    end = jnp.where(is_late, begin + length, free)
    following = jnp.where(is_late, (clocks.turns(begin, every) + 1) * every, due)
    is_second = is_late & (following <= jnp.maximum(until, end))
    second = jnp.maximum(following, end)
    end = jnp.where(is_second, second + length, end)
    following = jnp.where(is_second, (clocks.turns(second, every) + 1) * every, following)
    until = jnp.maximum(until, end)
    more = jnp.where(jnp.isfinite(until), jnp.maximum(clocks.turns(until - following, every) + 1, 0.0), jnp.inf)
    more = jnp.where(is_second, more, 0.0)
    end = jnp.where(more > 0, following + (more - 1) * every + length, end)
    late, second = (jnp.where(there, t, jnp.inf) for there, t in ((is_late, begin), (is_second, second)))
    return Planned(late, second, following, more, end, following + more * every)


class Upkeep:
    """Calendar maintenance of the machines that take a part in this step, round by round."""

    def __init__(self, given: Given, carry: Carry, machine: Array) -> None:
        self.every, self.length = calendar_maintenance(given.plan.shape, given.plan.numbers)
        self.due = pick(carry["due"], machine)
        self.rounds: list[Planned] = []

    def until(self, free: Array, moment: Array) -> Array:
        """When the machine, free at `free`, is free again after all that falls due up to `moment`."""
        free, moment = (smooth_only(t, _CLOSED) for t in (free, moment))
        self.rounds.append(planned(self.every, self.length, self.due, free, moment))
        self.due = self.rounds[-1].due
        return self.rounds[-1].until

    def done(self) -> Visit:
        """What the visit notes: beginnings of maintenance [round, station, replication], and when the next is due."""
        fields = ("late", "second", "first", "further")
        noted = {f"planned_{name}": jnp.stack([getattr(r, name) for r in self.rounds]) for name in fields}
        return noted | {"due": self.due}


def after_visit(given: Given, carry: Carry, visit: Visit, machine: Array, comes: Array) -> tuple[Carry, Visit]:
    """What the machine carries to its next visit: age, failures struck, when it is ready, maintenance counters."""
    shape, numbers = given.plan.shape, given.plan.numbers
    new, visit = dict(carry), dict(visit)
    if shape.operating:
        new["age"] = put(carry["age"], machine, pick(carry["age"], machine) + visit["aged"], comes)
        hits = visit["hits"]
        spent = jnp.stack([visit.pop("exhausted"), visit.pop("beyond")])
        new["struck"] = put(carry["struck"], machine, pick(carry["struck"], machine) + hits, comes)
        new["overflow"] = carry["overflow"] | jnp.any(comes[None] & spent, axis=1)
    if shape.planned:
        new["due"] = put(carry["due"], machine, visit.pop("due"), comes)
    if not shape.served:
        return new, visit
    until = visit["finish"]
    if "repair" in visit:
        until = until + visit.pop("repair")
        visit["repaired"] = until
    if shape.serves:
        length = smooth_only(visit.pop("service"), _AGEING)
        until = until + length
        visit["maintained"] = until
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
