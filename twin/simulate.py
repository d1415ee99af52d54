"""The loop over parts: one step fixes one start and one departure at every station.

    start[m, s]  = max(arrive[m, s], free[m, s])                     part there; machine free, set up, awake, open
    finish[m, s] = start + setup + attempts + stops
    depart[m, d] = min(S, max(G, free place downstream))             S, G: earliest scrapped and good completion

A step serves all stations at once: station m works on a visit that station m-1 finished with in an earlier step
(a wavefront), so the cost of compiling does not grow with the line. Arrays are [station, replication].
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from twin import stops
from twin.behave import behaviours, blanks, noticed, settled
from twin.changeover import early_setup
from twin.distribution import quantile
from twin.failures import Failures
from twin.gradient import REMEDY, smooth_only
from twin.plan import Plan, Shape
from twin.planned import Upkeep
from twin.random import uniform
from twin.slots import empty_slots, pick, put
from twin.stacking import with_rows
from twin.times import attempt_time, has_row

_ORDER = (
    "parts overtake each other and their times depend on the product or machine, so what follows jumps where two "
    f"change places; {REMEDY}."
)

Carry = dict[str, Any]
Visit = dict[str, Array]


class Given(NamedTuple):
    """What stays the same during a chunk of steps.

    Attributes:
        plan: shape and numbers of the line.
        keys: purpose -> pair of uint32 arrays [station, replication].
        failures: failures on the operating clock drawn ahead, or None.
        clock: closed intervals of the machines, or None.
        strikes: beginnings of calendar failures that scrap the part [interval, station, machine, replication], or None.
    """

    plan: Plan
    keys: dict[str, tuple[Array, Array]]
    failures: Failures | None
    clock: Any
    strikes: Array | None


def step(given: Given, carry: Carry) -> tuple[Carry, Visit]:
    """Advance every station by one start and one departure.

    Args:
        given: what stays the same.
        carry: state of the line between two steps.

    Returns:
        The next state, and the visit whose departure was fixed at each station (`fixed` says where there is one).
    """
    shape = given.plan.shape
    comes, visit = coming(given, carry)
    machine = chosen(shape, carry)
    free = machine_free(given, carry, visit, machine)
    visit = visit | begin(given, carry, visit, machine, free)
    visit = visit | work(given, carry, visit, machine)
    carry, visit = stops.after_visit(given, carry, visit, machine, comes)
    if shape.families:
        carry, visit = settled(given, carry, visit, machine, comes)
    carry, held = load(given, carry, visit, machine, comes)
    fixed, leaves, leaving = departures(given, carry, held)
    return hand_over(given, carry, held, fixed, leaves, leaving)


def coming(given: Given, carry: Carry) -> tuple[Array, Visit]:
    """Which stations get a part in this step, and that visit as far as it is known on arrival."""
    shape, numbers = given.plan.shape, given.plan.numbers
    number = carry["starts"] if shape.scrap else carry["step"] - shape.offset[:, None]
    released, part = source(given, carry)
    below = lambda first, rest: jnp.concatenate([first[None], rest[:-1]])  # noqa: E731
    left = below(released, carry["departed"])
    visit = {"number": number, "left": left, "arrive": left + numbers["transport"]}
    visit |= {name: below(part[name], carry["part"][name]) for name in part}
    if shape.pallets:
        visit["arrive"] = jnp.maximum(visit["arrive"], pallet(given, carry))
    if not shape.scrap:
        return number >= 0, visit
    return jnp.concatenate([jnp.ones_like(carry["sent"][:1]), carry["sent"][:-1]]), visit


def source(given: Given, carry: Carry) -> tuple[Array, Visit]:
    """When the next part is released to the first station, and what it carries along the line; arrays [replication]."""
    shape, numbers = given.plan.shape, given.plan.numbers
    departed = carry["departed"]
    n = jnp.broadcast_to(carry["step"], departed.shape[1:])
    never = jnp.full(departed.shape[1:], -jnp.inf)
    released = carry["released"] if shape.source == "interval" else never
    part: Visit = {"enter": released, "part": n, "clean": jnp.ones_like(n, bool)} | blanks(shape, released)
    if shape.source == "orders":
        index = jnp.minimum(carry["step"], len(numbers["release"]) - 1)
        released = jnp.broadcast_to(jnp.asarray(numbers["release"])[index], released.shape)
        part |= {"enter": released, "order": jnp.broadcast_to(jnp.asarray(numbers["order"])[index], released.shape)}
        if shape.products > 1:
            part["product"] = jnp.broadcast_to(jnp.asarray(numbers["ordered"])[index], released.shape)
    elif shape.products > 1:
        u = uniform((given.keys["product"][0][0], given.keys["product"][1][0]), n)
        part["product"] = jnp.sum(u[None] > jnp.asarray(numbers["share"])[:-1, None], axis=0).astype(jnp.int32)
    return released, part


def pallet(given: Given, carry: Carry) -> Array:
    """When a pallet is free for the next part of the first station; at the others there is nothing to wait for."""
    shape, numbers = given.plan.shape, given.plan.numbers
    back = numbers["pallets"][0] - sum(shape.machines) + 1
    returned = carry["ring"][(carry["step"] - back) % shape.ring, -1]
    return with_rows(jnp.full_like(carry["departed"], -jnp.inf), (0,), returned[None])


def interval(given: Given, number: Array, replications: int) -> Array:
    """Time between the release of part number - 1 (or t = 0) and that of part `number` [replication]."""
    key = given.keys["interval"]
    u = uniform((key[0][0], key[1][0]), jnp.broadcast_to(number, (replications,)))
    return quantile(given.plan.shape.interval, given.plan.numbers["interval"], u)


def chosen(shape: Shape, carry: Carry) -> Array:
    """The machine that takes the part, one-hot [station, machine, replication]: the one that has been free longest."""
    if not shape.overtaking:
        return jnp.ones((1, 1, 1), bool)
    return jnp.arange(shape.width)[None, :, None] == carry["machine"][:, None]


def machine_free(given: Given, carry: Carry, visit: Visit, machine: Array) -> Array:
    """When the machine may take the part: its last part has left, repair and maintenance are done."""
    shape, numbers = given.plan.shape, given.plan.numbers
    free = carry["departed"]
    if shape.overtaking:
        free = jnp.where(visit["number"] < jnp.asarray(shape.machines)[:, None], 0.0, free)
    if shape.served:
        free = jnp.maximum(free, pick(carry["ready"], machine))
    if any(shape.places):
        places = np.asarray(shape.places)[:, None]
        number = visit["number"] - places
        behind = _remembered(shape, carry, np.arange(shape.stations), number, carry["step"] - places)
        last = carry["started"]
        spaced = (
            given.clock.machine(machine).after(last, jnp.broadcast_to(numbers["pitch"], last.shape))
            if shape.closes
            else last + numbers["pitch"]
        )
        space = jnp.maximum(jnp.where(number >= 0, behind, 0.0), jnp.where(visit["number"] > 0, spaced, 0.0))
        free = jnp.where(places > 0, space, free)
    return free


def begin(given: Given, carry: Carry, visit: Visit, machine: Array, free: Array) -> Visit:
    """Early setup, planned maintenance, waking up: when processing (or loaded setup) starts."""
    shape, numbers = given.plan.shape, given.plan.numbers
    clock = given.clock.machine(machine) if shape.closes else None
    found: Visit = {}
    if shape.setup != "none":
        free, noted = early_setup(given, carry, visit, machine, free)
        found |= noted
    arrive = visit["arrive"]
    upkeep = Upkeep(given, carry, machine) if shape.planned else None
    if upkeep:
        free = upkeep.until(free, arrive)
    start = jnp.maximum(arrive, free)
    if shape.standby:
        reason = f"the idle time before a visit decides whether a machine of the line sleeps; {REMEDY}."
        idle = smooth_only(arrive - free, reason)
        wake = jnp.zeros_like(start)
        for after, delay in zip(numbers["after"], numbers["wake"], strict=True):
            wake = jnp.where(idle > after, delay, wake)
        start = start + wake
        found |= {"asleep": jnp.minimum(free + numbers["after"][0], arrive), "wake": wake}
    if shape.recorded:
        start = jnp.where(has_row(given, visit), start, jnp.inf)
    if clock:
        start = clock.open_at(start)
    if upkeep:
        for _ in range(2 if clock or shape.standby else 0):
            free = upkeep.until(free, start)
            start = jnp.maximum(start, free)
            start = clock.open_at(start) if clock else start
        found |= upkeep.done()
    found["start"] = start
    if shape.source == "saturated":
        first = jnp.arange(shape.stations)[:, None] == 0
        found["left"] = jnp.where(first, start, visit["left"])
        found["arrive"] = jnp.where(first, start, arrive)
        found["enter"] = jnp.where(first, start, visit["enter"])
    return found


def work(given: Given, carry: Carry, visit: Visit, machine: Array) -> Visit:
    """Attempts, failures and scrap: when the visit is finished and how."""
    shape, numbers, keys = given.plan.shape, given.plan.numbers, given.keys
    number = jnp.broadcast_to(visit["number"], visit["start"].shape)
    found, behaved = behaviours(given, carry, visit, machine, number) if shape.families else ({}, ([], []))
    time = attempt_time(given, carry, visit, number, 0, behaved)
    scrapped = jnp.zeros(time.shape, bool)
    begun: list[Array] = []
    if shape.attempts:
        again = jnp.ones(time.shape, bool)
        asks = uniform(keys["rework"], number, 0) < numbers["rework"]
        for attempt in range(1, shape.attempts):
            again = again & asks & (numbers["attempts"] > attempt)
            extra = attempt_time(given, carry, visit, number, attempt, behaved)
            begun.append(jnp.where(again, time, jnp.inf))
            time = time + jnp.where(again, extra, 0.0)
            asks = jnp.where(again, uniform(keys["rework"], number, attempt) < numbers["rework"], asks)
        scrapped = asks & (numbers["rework"] > 0)
    if shape.scrap:
        scrapped = scrapped | (uniform(keys["scrap"], number) < numbers["scrap"])
    if shape.families and shape.scrap:
        scrapped = scrapped | noticed(given, found, number)
    if shape.source == "orders" or shape.recorded:
        time = jnp.where(jnp.isfinite(visit["start"]), time, 0.0)  # what never starts ages nothing
    found["work"] = time
    found |= stops.finish(given, carry, visit | found, machine, scrapped)
    if shape.attempts:
        done = found.get("aged", time)
        found["attempts"] = 1 + sum(
            ((at <= done).astype(jnp.int32) for at in begun), start=jnp.zeros(time.shape, jnp.int32)
        )
        found["clean"] = visit["clean"] & (found["attempts"] == 1)
    return found


def load(given: Given, carry: Carry, visit: Visit, machine: Array, comes: Array) -> tuple[Carry, Visit]:
    """Put the visit on its machine; returns all visits on the machines [station, machine, replication]."""
    shape = given.plan.shape
    carry = dict(carry)
    if any(shape.places):
        carry["started"] = jnp.where(comes, visit["start"], carry["started"])
        behind = jnp.where(visit["number"] > 0, carry["departed"], 0.0)
        held = jnp.maximum(visit["finish"], behind)
        belt = np.asarray(shape.places)[:, None] > 0
        visit = visit | {
            "passable": jnp.where(belt, held, visit["finish"]),
            "belt_from": jnp.where(belt, jnp.maximum(visit["start"], carry["finished"]), visit["begin"]),
            "belt_held": jnp.where(belt, jnp.minimum(carry["departed"], visit["start"]), -jnp.inf),
            "belt_done": jnp.where(belt, carry["finished"], -jnp.inf),
        }
        carry["finished"] = jnp.where(comes, visit["finish"], carry["finished"])
    if shape.setup != "none":
        product = visit.get("product", jnp.zeros_like(visit["start"], jnp.int32))
        carry["last_product"] = put(carry["last_product"], machine, product, comes)
    if shape.scrap:
        carry["starts"] = carry["starts"] + comes
    whole = visit["start"].shape
    visit = {name: value if value.ndim > 2 else jnp.broadcast_to(value, whole) for name, value in visit.items()}
    if not shape.overtaking:
        return carry, {name: value[..., None, :] for name, value in visit.items()} | {"comes": comes}
    slots = {
        name: put(value, machine, visit[name], comes)
        for name, value in carry.get("slots", empty_slots(shape.width, visit)).items()
    }
    return carry | {"slots": slots}, slots | {"comes": comes}


def departures(given: Given, carry: Carry, held: Visit) -> tuple[Array, Array, Array]:
    """Which departures are fixed in this step, when, and from which machine (one-hot)."""
    shape = given.plan.shape
    machines = np.asarray(shape.machines)[:, None]
    comes, number = held["comes"], held["number"]
    done = held.get("passable", held["finish"])
    if shape.overtaking:
        done = jnp.where(np.arange(shape.width)[:, None] < machines[..., None], done, jnp.inf)
        latest = carry["starts"] - 1 if shape.scrap else carry["step"] - shape.offset[:, None]
        comes = comes & (latest >= machines - 1)
    order = done
    if shape.by_product or shape.by_machine or shape.setup != "none" or shape.remembers:
        order = smooth_only(done, _ORDER) if shape.overtaking else done
    good, good_from = _earliest(done, order, number, ~held["scrapped"] if shape.scrap else None)
    place, linked = place_free(given, carry)
    low = jnp.maximum(good, place)
    high, scrap_from = jnp.full_like(low, jnp.inf), good_from
    if shape.scrap:
        high, scrap_from = _earliest(done, order, number, held["scrapped"])
    leaves = jnp.where(comes, jnp.minimum(high, low), carry["departed"])
    if shape.chain:
        leaves = _chained(shape, low, high, linked & comes, leaves)
    if not shape.scrap:
        return comes, leaves, good_from
    if shape.chain:
        downstream = jnp.concatenate([leaves[1:], leaves[:1]])
        low = jnp.where(linked, jnp.maximum(good, downstream), low)
    came_first = pick(number, scrap_from) < pick(number, good_from)
    passes = (high < low) | ((high == low) & ((high < good) | ((high == good) & came_first)))
    return comes, leaves, jnp.where(passes[:, None], scrap_from, good_from)


def _earliest(done: Array, order: Array, number: Array, allowed: Array | None) -> tuple[Array, Array]:
    """The earliest completion among the machines, and which machine it is on (one-hot): ties by order of coming."""
    done, order = (x if allowed is None else jnp.where(allowed, x, jnp.inf) for x in (done, order))
    if done.shape[1] == 1:
        return done[:, 0], jnp.ones(done.shape, bool)
    time = jnp.min(done, axis=1)
    tied = order == jnp.min(order, axis=1)[:, None]
    first = jnp.where(tied, number, jnp.iinfo(number.dtype).max)
    return time, tied & (first == jnp.min(first, axis=1)[:, None])


def place_free(given: Given, carry: Carry) -> tuple[Array, Array]:
    """When a place downstream is free for the next good part, and where that depends on this very step (`linked`)."""
    shape = given.plan.shape
    room = given.plan.numbers["buffer"] + np.maximum(np.asarray(shape.places, np.int32) - 1, 0)[:, None]
    room = jnp.concatenate([room[1:], jnp.ones_like(room[:1])])
    stations = np.minimum(np.arange(shape.stations) + 1, shape.stations - 1)
    last = (np.arange(shape.stations) == shape.stations - 1)[:, None]
    linked = (room == 0) & ~last
    unknown = last | linked
    number = None
    if shape.scrap:
        number = carry["good"] - room - np.asarray(shape.machines)[stations, None]
        unknown = unknown | (number < 0)
    place = _remembered(shape, carry, stations, number, carry["step"] - room)
    return jnp.where(unknown, -jnp.inf, place), linked


def _remembered(shape: Shape, carry: Carry, stations: np.ndarray, number: Any, when: Any) -> Array:
    """A departure of each of `stations`: by its number where stations count their own, else by its step."""
    ring = carry["ring"]
    if shape.scrap:
        index = jnp.broadcast_to(number, ring.shape[1:]) % shape.ring
        return ring[index, stations[:, None], jnp.arange(ring.shape[2])[None]]
    return ring[jnp.reshape(when, -1) % shape.ring, stations]


def _chained(shape: Shape, low: Array, high: Array, linked: Array, leaves: Array) -> Array:
    """Departures along rows of stations without places in front: min(high, max(low, departure downstream)).

    Such clamps compose to clamps, so a row is resolved by doubling instead of station by station.
    """
    low = jnp.where(linked, jnp.minimum(low, high), leaves)
    high = jnp.where(linked, high, leaves)
    for k in range(shape.chain):
        below = [jnp.concatenate([x[2**k :], x[-1:].repeat(min(2**k, len(x)), axis=0)])[: len(x)] for x in (low, high)]
        low, high = (jnp.minimum(high, jnp.maximum(low, x)) for x in below)
    return low


def hand_over(
    given: Given, carry: Carry, held: Visit, fixed: Array, leaves: Array, machine: Array
) -> tuple[Carry, Visit]:
    """Part and machine go their ways: the next state, and the visits that ended."""
    shape = given.plan.shape
    leaving = {name: pick(value, machine) for name, value in held.items() if name != "comes"}
    new = carry | {
        "departed": leaves,
        "part": {name: leaving[name] for name in carry["part"]},
        "step": carry["step"] + 1,
    }
    if shape.overtaking:
        latest = carry["starts"] - 1 if shape.scrap else carry["step"] - shape.offset[:, None]
        then = jnp.where(fixed, jnp.argmax(machine, axis=1), latest + 1).astype(jnp.int32)
        new["machine"] = jnp.where(held["comes"], then, carry["machine"])
        leaving["machine"] = jnp.argmax(machine, axis=1).astype(jnp.int32)
    good = fixed & jnp.isfinite(leaves)
    if shape.scrap:
        good = good & ~leaving["scrapped"]
    new["out"] = carry["out"] + good[-1]
    if shape.scrap:
        place = jnp.arange(shape.ring, dtype=jnp.int32)[:, None, None]
        here = place == (carry["gone"] % shape.ring)[None]  # a scatter would keep XLA from compiling the loop as one
        new["ring"] = jnp.where(here, leaves[None], carry["ring"])
        new["sent"] = fixed & ~leaving["scrapped"]
        new["gone"] = carry["gone"] + fixed
        new["good"] = carry["good"] + new["sent"]
    else:
        new["ring"] = lax.dynamic_update_index_in_dim(carry["ring"], leaves, carry["step"] % shape.ring, 0)
    if shape.source == "interval":
        new["released"] = carry["released"] + interval(given, carry["step"] + 1, leaves.shape[1])
    last = {name: leaving[name][-1] for name in carry["part"]}
    return new, leaving | {
        "depart": leaves,
        "fixed": jnp.broadcast_to(fixed, leaves.shape),
        "exit": last | {"good": good[-1], "out": new["out"]},
    }
