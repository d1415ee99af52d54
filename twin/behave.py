"""What the processes of families do in a step: each family once, for all its stations and replications.

What a visit needs of them travels in its dictionary: attributes of the part as "part/NAME", mean power while processing
as "power/CARRIER" [W], the new condition of the machine as "condition/GROUP/NAME", and the defect that the part bears:
0, or 1 + its place in `shape.causes`. Of guarded processes: in "outside" bit 0 where it lies outside of where they may
be trusted, and bit 1 + k where input number k of those `watched` has left its range. One number, because what a visit
carries costs time in every step, and 0 is what it nearly always is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer

from twin.checks_process import outside
from twin.errors import LineError
from twin.gradient import REMEDY, smooth_only
from twin.line import CARRIERS, Line, Station
from twin.process import Around, Outcome
from twin.random import uniform
from twin.shape import Shape
from twin.slots import pick, put
from twin.stacking import column, rows_of, with_rows
from twin.units import in_unit

if TYPE_CHECKING:
    from twin.simulate import Carry, Given, Visit

HALL = 293.15
"""Temperature of the hall [K]: 20 degC."""

_CAUSE = 64
"""Draws of a visit: number k for what its process draws, _CAUSE + k for its causes of defects."""

_WATCHED = 30
"""Inputs that a family can watch one by one: bits of a whole number of 32, without the first and the sign."""

_SERVED = (
    "the condition of a machine decides when it is served, e.g. its tools are changed, so that this moves how often; "
    f"{REMEDY}."
)
_CHANCE = f"a defect is made or not by chance, so that this moves how many parts are scrapped; {REMEDY}."


def behaviour_numbers(line: Line, shape: Shape, get: Any, refusing: Any) -> dict[str, Any]:
    """Numbers of the processes: for each family its leaves [station, variant] and its setpoints [station, 1].

    Args:
        line: the description.
        shape: of the line.
        get: (path, default) -> value.
        refusing: the same for numbers that have no derivative.
    """
    products = [p.name for p in line.products] if shape.by_product else [""]
    families, knobs = [], []
    for cls, places in shape.families:
        rows, chosen = [], []
        for m in places:
            station = line.stations[m]
            process = station.process
            for product in products * (shape.width if shape.by_machine else 1):
                own = f".product.{product}" if product in process.behaviours else ""
                variant = process.behaviours.get(product, process.behaviour)
                rows.append({f: get(f"{station.name}.process{own}.{f}", getattr(variant, f)) for f in _fields(cls)})
            known = station.knobs
            chosen.append(
                {
                    name: (refusing if own.jumps or own.counts else get)(
                        f"{station.name}.{name}", float(known[name].value)
                    )
                    for name, own in cls.setpoints.items()
                }
            )
            _check(station, chosen[-1])
        leaves = {name: column([row[name] for row in rows]) for name in _fields(cls)}
        families.append({name: _alike(leaf.reshape(len(places), -1)) for name, leaf in leaves.items()})
        knobs.append({name: column([row[name] for row in chosen]) for name in cls.setpoints})
    finds = np.zeros((len(shape.causes) + 1, shape.stations))
    for m, station in enumerate(line.stations):
        finds[0, m] = station.false_alarm
        for k, (maker, cause) in enumerate(shape.causes):
            names = (f"{line.stations[maker].name}.{cause}", cause, "all")
            finds[k + 1, m] = next((station.finds[name] for name in names if name in station.finds), 0.0)
    numbers = {"families": families, "knobs": knobs, "finds": finds}
    return numbers | ({"cooling": get("line.cooling", line.cooling)} if shape.cooling else {})


def _alike(leaf: Any) -> Any:
    """Numbers [station, variant] with one variant for all products and machines where they are known not to differ."""
    return leaf[:, :1] if isinstance(leaf, np.ndarray) and (leaf == leaf[:, :1]).all() else leaf


def _check(station: Station, setpoints: Mapping[str, Any]) -> None:
    """Nothing, when known setpoints lie where the formulas hold; traced ones cannot be looked at."""
    for name, value in setpoints.items():
        if isinstance(value, Tracer):
            continue
        knob = station.process.behaviour.setpoints[name]
        if rule := outside(knob, float(value)):
            shown = in_unit(float(value), knob.unit)
            raise LineError(
                f"station {station.name!r}: setpoint {name} is {shown}; {rule}. Use a value in that window."
            )


def _fields(cls: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cls))


@cache
def energies(cls: type[Any]) -> tuple[str, ...]:
    """The carriers that a family uses."""
    knobs = {name: knob.value for name, knob in cls.setpoints.items()}
    return tuple(sorted({*told(cls), *jax.eval_shape(cls().base, knobs, 0.0)}, key=CARRIERS.index))


def told(cls: type[Any]) -> tuple[str, ...]:
    """Those of them that its visits tell."""
    return tuple(_visit_of(cls).energy)


def watched(cls: type[Any]) -> tuple[str, ...]:
    """The inputs of which a guarded family tells one by one whether they lie outside of their range.

    Raises:
        LineError: there are more of them than bits to note them.
    """
    found = tuple(_visit_of(cls).strays or ()) if cls.guarded else ()
    if len(found) > _WATCHED:
        raise LineError(
            f"the process {cls.__name__} watches {len(found)} inputs one by one; at most {_WATCHED} are noted. Leave "
            "some out of its strays; `outside` counts for all."
        )
    return found


@cache
def _visit_of(cls: type[Any]) -> Outcome:
    """What a visit of a family returns, without its values."""
    blank = lambda named: dict.fromkeys(named, 0.0)  # noqa: E731
    case = (blank(cls.setpoints), blank(cls.reads), blank(cls.condition), Around(0.0, 0.0), blank(cls.draws))  # type: ignore[arg-type]
    return jax.eval_shape(cls().visit, *case)


@cache
def _nominal(cls: type[Any]) -> Any:
    """Processing time of a visit with a blank part on a machine at rest, a little while after its last visit."""

    def time(leaves: Any, knobs: Any) -> Array:
        blank = lambda named: {name: jnp.asarray(about.value, float) for name, about in named.items()}  # noqa: E731
        draw = dict.fromkeys(cls.draws, jnp.asarray(0.5))
        around = Around(jnp.asarray(HALL), jnp.asarray(1.0))
        return cls(**leaves).visit(knobs, blank(cls.reads), blank(cls.condition), around, draw).time

    return jax.jit(time)


def nominal_time(station: Station, product: str = "") -> float:
    """About how long a visit of a product takes at a station whose process is of a family [s]."""
    process = station.process.behaviours.get(product, station.process.behaviour)
    leaves = {name: float(getattr(process, name)) for name in _fields(type(process))}
    known = station.knobs
    with jax.ensure_compile_time_eval():  # a number of the line is one in a traced run, too
        return float(_nominal(type(process))(leaves, {name: float(known[name].value) for name in process.setpoints}))


def blanks(shape: Shape, like: Array) -> Visit:
    """The attributes of a part before the first station, of the shape of `like`."""
    found: dict[str, Array] = {}
    for cls, _ in reversed(shape.families):
        for name, attribute in {**cls.makes, **cls.reads}.items():
            found[f"part/{name}"] = jnp.full_like(like, attribute.value)
    if shape.causes:
        found |= {"defect": jnp.zeros(like.shape, jnp.int32), "defect_time": jnp.zeros_like(like)}
    return found


def behaviours(
    given: Given, carry: Carry, visit: Visit, machine: Array, number: Array
) -> tuple[Visit, tuple[list[int], list[Array]]]:
    """What all processes of families do, and the stations that have one with their processing times."""
    shape = given.plan.shape
    start = visit["start"]
    idle = start - pick(carry["finished_last"], machine)
    around = Around(jnp.full_like(start, HALL), jnp.where(jnp.isfinite(start), jnp.maximum(idle, 0.0), jnp.inf))
    found: Visit = {name: visit[name] for name in visit if name.startswith("part/")}
    if shape.cooling:
        found["part/temperature"] = cooled(given, visit, around.temperature)
        visit = visit | {"part/temperature": found["part/temperature"]}
    order: list[int] = []
    times: list[Array] = []
    chances: dict[tuple[int, str], Array] = {}
    for group, (cls, places) in enumerate(shape.families):
        take = lambda x, places=places: rows_of(jnp.broadcast_to(x, start.shape), places)  # noqa: E731
        out, errors = _family(
            given, carry, visit, machine, group, take(around.temperature), take(around.idle), take(number)
        )
        order.extend(places)
        times.append(out.time)
        for name, value in out.part.items():
            found[f"part/{name}"] = with_rows(found[f"part/{name}"], places, value)
        for name, value in out.condition.items():
            found[f"condition/{group}/{name}"] = smooth_only(value, _SERVED) if cls.serves else value
        if cls.serves:
            service = found.get("service", jnp.zeros(start.shape))
            found["service"] = with_rows(service, places, jnp.broadcast_to(out.service, out.time.shape))
        for carrier, joules in out.energy.items():
            power = found.get(f"power/{carrier}", jnp.zeros(start.shape))
            found[f"power/{carrier}"] = with_rows(power, places, joules / out.time)
        if cls.guarded:
            known = found.get("outside", jnp.zeros(start.shape, jnp.int32))
            found["outside"] = with_rows(known, places, _flags(cls, out))
        for name, chance in errors.items():
            known = found.get(f"error/{name}", jnp.zeros(start.shape))
            found[f"error/{name}"] = with_rows(known, places, chance)
        chances |= {(m, cause): chance[i] for cause, chance in out.defects.items() for i, m in enumerate(places)}
    if shape.causes:
        found["defect"] = _made(given, visit["defect"], [chances[cause] for cause in shape.causes], number)
    return found, (order, times)


def _flags(cls: type[Any], out: Outcome) -> Array:
    """The bits of visits of a guarded family [station, replication]; what is not a number counts as outside."""
    bits = jnp.zeros(out.time.shape, jnp.int32)
    for k, flag in enumerate((out.outside, *((out.strays or {})[name] for name in watched(cls)))):
        bits = bits | jnp.where(jnp.asarray(flag) <= 0, 0, jnp.int32(1 << k))
    return bits


def cooled(given: Given, visit: Visit, hall: Array) -> Array:
    """Temperature of the part when its visit starts [K]: T_hall + (T - T_hall) exp(-t / cooling), t since it left."""
    since = jnp.where(jnp.isfinite(visit["start"]), visit["start"] - visit["left"], 0.0)
    excess = visit["part/temperature"] - hall
    return hall + excess * jnp.exp(-jnp.maximum(since, 0.0) / given.plan.numbers["cooling"])


def _family(
    given: Given, carry: Carry, visit: Visit, machine: Array, group: int, hall: Array, idle: Array, number: Array
) -> tuple[Outcome, dict[str, Array]]:
    """What the processes of one family do at its stations, and their errors as tests [station, replication]."""
    shape, numbers = given.plan.shape, given.plan.numbers
    cls, places = shape.families[group]
    own = machine if machine.shape[0] == 1 else rows_of(machine, places)
    leaves = numbers["families"][group]
    if shape.by_product or shape.by_machine:
        index = rows_of(carry["machine"], places) if shape.by_machine and shape.overtaking else 0
        index = index * shape.products + rows_of(visit["product"], places) if shape.by_product else index
        leaves = {name: _variant(leaf, index) for name, leaf in leaves.items()}

    def visit_of(leaves: Any, knobs: Any, part: Any, condition: Any, *rest: Any) -> tuple[Outcome, dict[str, Array]]:
        process = cls(**leaves)
        out = process.visit(knobs, part, condition, *rest)
        out = out if cls.guarded else out._replace(outside=None, strays=None)
        return out, process.finds(knobs, part, condition)

    fixed = [_per_station(named) for named in (leaves, numbers["knobs"][group])]
    moving = (
        {name: rows_of(visit[f"part/{name}"], places) for name in cls.reads},
        {name: pick(value, own) for name, value in carry["condition"][group].items()},
        Around(hall, idle),
        dict(zip(cls.draws, _drawn(given, places, number, len(cls.draws)), strict=True)),
    )
    by_replication = jax.vmap(visit_of, in_axes=(*(axes for _, axes in fixed), 0, 0, 0, 0), axis_size=hall.shape[1])
    return jax.vmap(by_replication)(*(values for values, _ in fixed), *moving)


def _variant(leaf: Any, index: Array | int) -> Array:
    """Numbers [station, variant] of the variants that stand at `index` [station, replication]."""
    found = leaf[:, :1]
    for k in range(1, leaf.shape[1]):
        found = jnp.where(index == k, leaf[:, k : k + 1], found)
    return found


def _per_station(named: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, int | None]]:
    """Numbers [station, replication or 1] as [station, replication] or, where all replications agree, [station].

    What follows from the latter alone is computed once for all replications. Also returns the axes for `jax.vmap` over
    replications, inside of one over stations.
    """
    same = {name: value.shape[1] == 1 for name, value in named.items()}
    values = {name: value[:, 0] if same[name] else value for name, value in named.items()}
    return values, {name: None if same[name] else 0 for name in named}


def _drawn(given: Given, places: tuple[int, ...], number: Array, count: int) -> Array:
    """Independent uniform numbers of visits at some stations [draw, station, replication]."""
    if not count:
        return jnp.zeros((0, *number.shape))
    key = tuple(rows_of(word, places)[None] for word in given.keys["process"])
    return uniform(key, number[None], jnp.arange(count).reshape(-1, 1, 1))  # type: ignore[arg-type]


def _made(given: Given, defect: Array, chances: list[Array], number: Array) -> Array:
    """The defect of each part after a visit: the one that it had, or the first of those that this visit makes.

    Args:
        given: what stays the same.
        defect: what each part bears [station, replication].
        chances: of each of `shape.causes`, in their order [replication].
        number: of each visit [station, replication].
    """
    shape = given.plan.shape
    makers = np.asarray([maker for maker, _ in shape.causes])
    order = np.asarray([_CAUSE + k - int(np.argmax(makers == maker)) for k, maker in enumerate(makers)])
    chance = jnp.stack(chances)
    if shape.scrap:
        chance = smooth_only(chance, _CHANCE)
    key = tuple(word[makers] for word in given.keys["process"])
    makes = uniform(key, number[makers], jnp.asarray(order)[:, None]) < chance  # type: ignore[arg-type]
    for k, m in enumerate(makers):
        row = jnp.where((defect[m] == 0) & makes[k], k + 1, defect[m])
        defect = with_rows(defect, (m,), row[None])
    return defect


def _spread(given: Given, carry: Carry, visit: Visit, machine: Array) -> None:
    """On a conveyor a part's energy flows from the finish of the part before it to its own."""
    shape = given.plan.shape
    belt = np.asarray(shape.places)[:, None] > 0
    begin, finish = jnp.maximum(visit["start"], carry["finished"]), visit["finish"]
    clock = given.clock.machine(machine) if shape.closes else None
    time = clock.work_at(finish) - clock.work_at(begin) if clock else finish - begin
    share = jnp.where(belt & (time > 0), visit["work"] / jnp.where(time > 0, time, 1.0), 1.0)
    for name in [name for name in visit if name.startswith("power/")]:
        visit[name] = visit[name] * share


def numbers_of(station: Station, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The numbers of a process and its setpoints [SI]; those in `values`, by path, replace those of the line."""
    process = station.process.behaviour
    knobs = {name: values.get(f"{station.name}.{name}", float(knob.value)) for name, knob in station.knobs.items()}
    path = f"{station.name}.process."
    return {name: values.get(path + name, getattr(process, name)) for name in _fields(type(process))}, knobs


def base_power(station: Station, values: Mapping[str, Any]) -> dict[str, Any]:
    """Power [W] by carrier that flows while a machine of a station is on."""
    power = _base(type(station.process.behaviour))(*numbers_of(station, values))
    return {carrier: watts if isinstance(watts, Tracer) else float(watts) for carrier, watts in power.items()}


@cache
def _base(cls: type[Any]) -> Any:
    return jax.jit(lambda numbers, setpoints: cls(**numbers).base(setpoints, jnp.asarray(HALL)))


def noticed(given: Given, found: Visit, number: Array) -> Array:
    """Whether the part is scrapped for a defect, its own or an imagined one [station, replication].

    Takes the errors of tests out of `found`: a test finds the share of the defects that the station sees and it does
    not miss, and raises an alarm on some good parts besides.
    """
    finds = jnp.asarray(given.plan.numbers["finds"])
    defect = found.get("defect", jnp.zeros(number.shape, jnp.int32))
    chance = finds[defect, jnp.arange(finds.shape[1])[:, None]]
    if given.plan.shape.tests:
        missed, alarm = (smooth_only(found.pop(f"error/{name}"), _CHANCE) for name in ("miss", "alarm on good"))
        chance = jnp.where(defect > 0, chance * (1 - missed), 1 - (1 - chance) * (1 - alarm))
    return uniform(given.keys["scrap"], number, 1) < chance


def settled(given: Given, carry: Carry, visit: Visit, machine: Array, comes: Array) -> tuple[Carry, Visit]:
    """The machines in their new condition, and when and where the part got its defect."""
    shape = given.plan.shape
    new, visit = dict(carry), dict(visit)
    conditions = []
    for group, (_, places) in enumerate(shape.families):
        own = machine if machine.shape[0] == 1 else rows_of(machine, places)
        there = rows_of(jnp.broadcast_to(comes, visit["start"].shape), places)
        old = carry["condition"][group]
        later = {n: visit.pop(f"condition/{group}/{n}") for n in old}
        conditions.append({n: put(old[n], own, later[n], there) for n in old})
        blank = jnp.zeros(visit["start"].shape)
        visit |= {f"condition/{n}": with_rows(visit.get(f"condition/{n}", blank), places, later[n]) for n in old}
    if any(shape.places):
        _spread(given, carry, visit, machine)
    new["condition"] = conditions
    new["finished_last"] = put(carry["finished_last"], machine, visit["finish"], comes)
    if shape.causes:
        here = np.asarray([[m == maker for maker, _ in ((-1, ""), *shape.causes)] for m in range(shape.stations)])
        mine = jnp.asarray(here)[jnp.arange(shape.stations)[:, None], visit["defect"]]
        visit["defect_time"] = jnp.where(mine, visit["finish"], visit["defect_time"])
    return new, visit
