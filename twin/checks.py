"""Whether the pieces of a line fit together: names that must exist, features that exclude each other.

Single fields are checked when a file is read; what is here holds for lines that were built or changed in Python too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from twin.checks_process import check_causes, check_hastened, check_process
from twin.distribution import Distribution
from twin.errors import RuleError, nearest, shown
from twin.line import Failure, Line, Process, Setpoint, Shift, Station

__all__ = ["check_line"]

DAY = 86400.0
WEEK = 7 * DAY
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def check_line(line: Line) -> None:
    """Nothing, when the pieces of the line fit together.

    Args:
        line: a description whose single fields are valid.

    Raises:
        RuleError: at the first piece that does not fit, with its path in the words of the line file.
    """
    _unique(line)
    _check_source(line)
    _check_products(line)
    _check_shifts(line)
    if line.pace is not None and line.pace not in (names := [station.name for station in line.stations]):
        raise _unknown(line.pace, names, "the pace is one of the stations", ("line", "pace"))
    check_causes(line)
    products = [product.name for product in line.products]
    for place, station in enumerate(line.stations):
        for check in STATION_CHECKS:
            try:
                check(station)
                _check_product_names(station, products)
            except RuleError as fault:
                path = ("station", place, *fault.path)
                raise RuleError(fault.rule, fault.remedy, subject=fault.subject, path=path) from None


def _unknown(name: str, known: Iterable[str], rule: str, path: tuple[str | int, ...]) -> RuleError:
    """A name that nothing bears."""
    known = list(known)
    listed = ", ".join(shown(word) for word in known[:20]) or "none"
    near = nearest(name, known) or (known[0] if known else None)
    return RuleError(f"{rule}: {listed}", f"Use {shown(near)}" if near else "Remove it", path=path)


def _twice(names: Iterable[str]) -> tuple[int, str] | None:
    """The first name that was there before, with its place."""
    seen: set[str] = set()
    for place, name in enumerate(names):
        if name in seen:
            return place, name
        seen.add(name)
    return None


def _unique(line: Line) -> None:
    """Stations, products and attributes have names of their own."""
    for table, things in (("station", line.stations), ("product", line.products)):
        if found := _twice(thing.name for thing in things):
            rule = f"every {table} has a name of its own, and this one was used before"
            raise RuleError(rule, "Rename one of them", path=(table, found[0], "name"))
    if found := _twice(line.attributes):
        raise RuleError(
            "every attribute is listed once", "Remove the second one", path=("line", "attributes", found[0])
        )


def _check_source(line: Line) -> None:
    """A saturated source leaves no room for waiting or transport in front of the first station; pallets and scrap."""
    first = line.stations[0]
    if line.source.mode == "saturated" and (first.buffer or first.transport):
        key = "buffer" if first.buffer else "transport"
        rule = f"the first station of a saturated line takes its parts at once and has no {key}"
        raise RuleError(rule, f"Remove {key}, or use [source] with mode = 'interval'", path=("station", 0, key))
    if line.pallets is None:
        return
    for place, station in enumerate(line.stations):
        scrapping = [
            f"failure {shown(failure.name)}" for failure in _all_failures(station) if failure.interrupted == "scrapped"
        ]
        what = ["scrap"] * (station.scrap > 0) + ["rework"] * (station.rework is not None) + scrapping
        if what:
            subject = f"{what[0]} on a line with pallets = {line.pallets}"
            rule = "with pallets no part may be scrapped: when a pallet returns would depend on who is scrapped where"
            raise RuleError(rule, f"Remove {what[0]} here, or line.pallets", subject=subject, path=("station", place))


def _check_products(line: Line) -> None:
    """Shares sum to 1 where they are used."""
    total = sum(product.share for product in line.products)
    if line.source.mode != "orders" and abs(total - 1) > 1e-6:
        listed = ", ".join(f"{product.name} {product.share:g}" for product in line.products[:10])
        subject = f"product: the shares {listed} sum to {total:.6g}"
        raise RuleError("they must sum to 1", "Change the shares", subject=subject)


def _check_shifts(line: Line) -> None:
    """No two shifts of a week overlap; closed hours are those between shifts."""
    for place, station in enumerate(line.stations):
        if station.closed and not line.shifts:
            rule = "a line without shifts has no closed hours"
            raise RuleError(rule, "Add a [[shift]], or leave closed out", path=("station", place, "closed"))
    spans: list[tuple[float, float, int, int]] = []
    for place, shift in enumerate(line.shifts):
        spans += [(begin % WEEK, end - begin, place, day) for day, begin, end in _spans(shift)]
    for begin, length, place, day in spans:
        for other, its, its_place, its_day in spans:
            if (place, day) != (its_place, its_day) and (begin - other) % WEEK < its and length > 0:
                rule = f"it begins on {NAMES[day]} during shift {its_place + 1}, and shifts do not overlap"
                raise RuleError(rule, "Change from, to or days", path=("shift", place, "from"))


def _spans(shift: Shift) -> Iterator[tuple[int, float, float]]:
    """Day, begin and end of a shift in seconds after Monday 00:00."""
    end = shift.end if shift.end > shift.begin else shift.end + DAY
    for day in shift.days:
        yield day, day * DAY + shift.begin, day * DAY + end


def _check_product_names(station: Station, known: list[str]) -> None:
    """Products that a station speaks of exist."""
    rule = "the products of the line are"
    for old, new in station.setup.changes if station.setup else ():
        for name in (old, new):
            if name not in known:
                fault = _unknown(name, known, rule, ())
                subject = f"setup names the product {shown(name)} in '{old}>{new}'"
                raise RuleError(fault.rule, fault.remedy, subject=subject)
    for name in station.planned_time:
        if name and name not in known:
            fault = _unknown(name, known, rule, ())
            raise RuleError(fault.rule, fault.remedy, subject=f"planned_time names the product {shown(name)}")
    for name in (*station.process.product, *station.process.behaviours):
        if name not in known:
            fault = _unknown(name, known, rule, ())
            raise RuleError(fault.rule, fault.remedy, subject=f"process.product names the product {shown(name)}")


def _check_shares(station: Station) -> None:
    """Scrap and rework together; recorded times and rework."""
    if station.rework and station.scrap + station.rework.share >= 1:
        total = station.scrap + station.rework.share
        subject = f"scrap {station.scrap:g} and rework.share {station.rework.share:g} sum to {total:g}"
        raise RuleError("they must stay below 1 together", "Use smaller shares", subject=subject)
    if station.rework and station.process.model == "recorded":
        rule = "a process with recorded times has one row per start, and every attempt needs a time of its own"
        raise RuleError(rule, "Remove rework, or use a timed process", subject="rework stands beside recorded times")


def _check_names_inside(station: Station) -> None:
    """Failures and maintenance have names of their own; standby goes from light to deep; pitch needs a conveyor."""
    for table, things in (("failure", station.failures), ("maintenance", station.maintenance)):
        if found := _twice(thing.name for thing in things):
            subject = f"{table} {found[0] + 1} is named {shown(found[1])}"
            raise RuleError(f"every {table} of a station has a name of its own", "Rename one of them", subject=subject)
    for place, task in enumerate(station.maintenance):
        if task.clock == "calendar" and task.duration >= task.every:
            rule = f"it comes every {task.every:g} s by the calendar, before it is done"
            raise RuleError(
                rule, "Use a shorter duration or a longer interval", path=("maintenance", place, "duration")
            )
    _check_renewal(station)
    for place in range(1, len(station.standby)):
        lighter, deeper = station.standby[place - 1 : place + 1]
        for key in ("after", "wake"):
            if getattr(deeper, key) <= getattr(lighter, key):
                rule = "levels of standby go from light to deep, each with a longer after and a longer wake"
                raise RuleError(rule, "Sort them, or change the times", path=("standby", place, key))
    if station.pitch and station.kind != "conveyor":
        raise RuleError("only a conveyor has a pitch", "Remove it, or add kind = 'conveyor'", path=("pitch",))


def _check_renewal(station: Station) -> None:
    """Maintenance renews or foresees failures of its own station, which age by operating time."""
    clocks = {failure.name: failure.clock for failure in station.failures}
    for place, task in enumerate(station.maintenance):
        for key, names in (("renews", task.renews), ("foresees", (task.foresees,) if task.foresees else ())):
            for name in names:
                if name not in clocks:
                    near = nearest(name, clocks) or next(iter(clocks), None)
                    rule = f"the failures of this station are {', '.join(clocks) or 'none'}"
                    remedy = f"Use '{near}'" if near else "Add the failure, or remove the key"
                    raise RuleError(rule, remedy, subject=f"{key} names {shown(name)}", path=("maintenance", place))
                if clocks[name] != "operating":
                    rule = f"failure {shown(name)} comes by the calendar, whatever is done to the machine"
                    remedy = "Give the failure clock = 'operating', or remove the key"
                    raise RuleError(rule, remedy, path=("maintenance", place, key))


def _check_conveyor(station: Station) -> None:
    """A conveyor carries all its parts together, which excludes what concerns a single one."""
    if station.kind != "conveyor":
        return
    together = "a conveyor carries all its parts together"
    process = station.process
    if process.behaviour is None and (
        process.model != "timed" or process.time is None or process.time.family != "constant"
    ):
        path = ("process", "time", "distribution") if process.model == "timed" else ("process", "model")
        raise RuleError(f"{together}, so its time is constant", 'Use distribution = "constant"', path=path)
    if process.product:
        raise RuleError(
            f"{together}, so its time is the same for all products", "Remove it", path=("process", "product")
        )
    refused = {
        "setup": (station.setup is not None, "it cannot be set up for one of them"),
        "rework": (station.rework is not None, "none of them can be repeated"),
        "maintenance": (bool(station.maintenance), "planned work on it is a failure by the calendar"),
        "standby": (bool(station.standby), "it sleeps only when it is empty, which is not modelled"),
        "[[station.machine]]": (bool(station.overrides), "its places cannot differ"),
    }
    for key, (used, reason) in refused.items():
        if used:
            remedy = (
                "Write it as a failure with clock = 'calendar'"
                if key == "maintenance"
                else f"Remove {key}, or use kind = 'machines'"
            )
            raise RuleError(f"{together}, and {reason}", remedy, subject=f"{key} stands on a conveyor")
    for place, failure in enumerate(station.failures):
        if failure.clock != "calendar":
            rule = f"{together}, so no single visit ages it"
            subject = f"clock is {shown(failure.clock)}"
            raise RuleError(rule, "Use clock = 'calendar'", subject=subject, path=("failure", place))
        if failure.interrupted != "kept":
            rule = f"{together}, so a stop interrupts no single one of them"
            raise RuleError(rule, "Use interrupted = 'kept'", path=("failure", place, "interrupted"))


def _check_setpoints(station: Station) -> None:
    """A setpoint lies in its windows, and the rate setpoint exists."""
    taken = set(STATION_KEYS) - set(getattr(station.process.behaviour, "setpoints", ()))
    for name, setpoint in station.setpoints.items():
        if not name or any(sign in name for sign in ".[]> ") or name in taken:
            rule = "a setpoint has a name without dots, brackets and spaces that is no key of a station"
            raise RuleError(rule, "Rename it", subject=f"a setpoint is named {shown(name)}")
        _check_windows(setpoint, ("setpoints", name))
    rate = station.process.rate_setpoint
    if rate is None:
        return
    path: tuple[str | int, ...] = ("process", "rate_setpoint")
    if rate not in station.setpoints:
        raise _unknown(rate, station.setpoints, "it is one of the setpoints of the station", path)
    setpoint = station.setpoints[rate]
    ends = [setpoint.value, *(window[0] for window in (setpoint.released, setpoint.machine) if window)]
    if min(ends) <= 0:
        rule = "the time is divided by this setpoint, so its value and its windows are more than zero"
        raise RuleError(rule, "Use a positive value and positive windows, or another setpoint", path=path)


def _check_windows(setpoint: Setpoint, path: tuple[str | int, ...]) -> None:
    """The released window lies in that of the machine, and the value in both."""
    for key in ("released", "machine"):
        window = getattr(setpoint, key)
        if window and not window[0] <= setpoint.value <= window[1]:
            rule = f"it lies outside the window '{key}'"
            raise RuleError(rule, f"Use a value in it, or widen {key}", path=(*path, "value"))
    inner, outer = setpoint.released, setpoint.machine
    if inner and outer and not (outer[0] <= inner[0] and inner[1] <= outer[1]):
        rule = "what is released lies inside what the machine accepts"
        raise RuleError(rule, "Narrow released, or widen machine", path=(*path, "released"))


def _check_overrides(station: Station) -> None:
    """As many tables as machines, each with the same kinds of distributions as the station."""
    if not station.overrides:
        return
    if len(station.overrides) != station.machines:
        subject = f"there are {len(station.overrides)} [[station.machine]] tables and machines = {station.machines}"
        raise RuleError(
            "machines that differ have one table each", "Add or remove tables, empty ones as well", subject=subject
        )
    for place, machine in enumerate(station.overrides):
        path: tuple[str | int, ...] = ("machine", place, "process")
        if machine.process is None:
            continue
        if station.process.model == "recorded":
            rule = "recorded times belong to the station, one row per start, whichever machine it is on"
            raise RuleError(rule, "Remove process here, or make two stations", path=path)
        if _families(machine.process) != _families(station.process):
            rule = "machines of one station differ in the numbers of their process"
            subject = "process has other distributions or products than the station"
            raise RuleError(rule, "Use those of the station, or make two stations", subject=subject, path=path[:2])


def _families(process: Process) -> object:
    """What must be the same on every machine of a station."""

    def family(time: Distribution | None) -> object:
        return time and (time.family, tuple(family(part) for _, part in time.parts))

    products = {name: family(time) for name, time in process.product.items()}
    return process.model, family(process.time), products, process.rate_setpoint


def _all_failures(station: Station) -> Iterator[Failure]:
    """Failures of the station and of single machines."""
    yield from station.failures
    for machine in station.overrides:
        yield from machine.failures or ()


STATION_KEYS = (*Station.__dataclass_fields__, "machine", "failure")
STATION_CHECKS: tuple[Callable[[Station], None], ...] = (
    _check_conveyor,
    _check_shares,
    _check_names_inside,
    _check_setpoints,
    _check_overrides,
    check_process,
    check_hastened,
)
