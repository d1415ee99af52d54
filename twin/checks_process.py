"""Whether a station fits the process of a family: its setpoints, and what such a process excludes."""

from __future__ import annotations

from collections.abc import Mapping

from twin.errors import RuleError, nearest, shown
from twin.line import Line, Setpoint, Station
from twin.process import Knob
from twin.units import in_unit, unit

__all__ = ["check_causes", "check_hastened", "check_knobs", "check_process", "outside"]


def check_hastened(station: Station) -> None:
    """What hastens a failure is a condition of the process of its station, in the unit of it."""
    process = station.process.behaviour
    known = process.condition if process is not None else {}
    if any(failure.hastened for machine in station.overrides for failure in machine.failures or ()):
        rule = "all machines of a station wear alike"
        raise RuleError(rule, "Write it in the station's own failure", subject="a [[station.machine]] has hastened")
    for place, failure in enumerate(station.failures):
        hastened, path = failure.hastened, ("failure", place, "hastened")
        if hastened is None:
            continue
        if hastened.by not in known:
            near = nearest(hastened.by, known) or next(iter(known), None)
            rule = f"the conditions of its process are {', '.join(known) or 'none'}"
            remedy = f"Use '{near}'" if near else "Remove it, or use a process that wears, e.g. model = 'machining'"
            raise RuleError(rule, remedy, path=(*path, "by"))
        if failure.clock != "operating":
            rule = "only processing makes a machine wear"
            raise RuleError(rule, "Use clock = 'operating'", subject="hastened stands beside the calendar", path=path)
        about = known[hastened.by]
        if unit(hastened.unit).dimension != unit("" if about.unit == "1" else about.unit).dimension:
            rule = f"{about.meaning} has a unit such as {about.unit}" if about.unit != "1" else "it is a plain number"
            raise RuleError(rule, f"Use for example {'0.5' if about.unit == '1' else 'K'}", path=(*path, "doubling"))


def check_process(station: Station) -> None:
    """A process of a family has its own energy and quality, so some keys of the station mean nothing."""
    process = station.process.behaviour
    if process is None:
        return
    name = shown(process.model)
    if station.rework is not None:
        rule = f"the process {name} makes attributes once, so its visit cannot be repeated"
        raise RuleError(
            rule, "Remove rework, or use a timed process", subject=f"rework stands beside the process {name}"
        )
    if any(machine.process is not None for machine in station.overrides):
        rule = f"machines with the process {name} are alike"
        raise RuleError(rule, "Make two stations of them", subject="a [[station.machine]] has a process of its own")
    for carrier, states in station.power.items():
        if "processing" in states:
            rule = f"the process {name} tells what it uses while processing"
            keys = ("power", "processing") if carrier == "electricity" else ("power", carrier, "processing")
            raise RuleError(rule, "Remove it; the other states stay", path=keys)
    if (station.kind == "conveyor") != ("pitch" in process.setpoints):
        rule = f"the process {name} runs on {'a conveyor' if 'pitch' in process.setpoints else 'single machines'}"
        remedy = 'Add kind = "conveyor"' if "pitch" in process.setpoints else "Remove kind"
        raise RuleError(rule, remedy, subject=f"kind is {shown(station.kind)}")
    if process.places is not None and process.places != station.machines:
        rule = f"the process {name} has {process.places:g} places"
        raise RuleError(rule, f"Use {process.places:g}, or change the numbers of the process", path=("machines",))
    check_knobs(station, process.setpoints)


def check_knobs(station: Station, knobs: Mapping[str, Knob]) -> None:
    """The setpoints of a station are those of its process, in their units and inside what a machine accepts."""
    for name, setpoint in station.setpoints.items():
        path = ("setpoints", name)
        if name not in knobs:
            near = nearest(name, knobs) or next(iter(knobs), None)
            rule = f"those of its process are {', '.join(knobs) or 'none'}"
            remedy = f"Use '{near}'" if near else "Remove it"
            raise RuleError(rule, remedy, subject=f"{shown(name)} is no setpoint of this station")
        knob = knobs[name]
        own = unit("" if setpoint.unit == "dimensionless" else setpoint.unit)
        expected = unit("" if knob.unit == "1" else knob.unit)
        if own.dimension != expected.dimension:
            rule = f"{knob.meaning} has a unit such as {knob.unit}" if knob.unit != "1" else "it is a plain number"
            raise RuleError(rule, f'Use for example "{in_unit(knob.value, knob.unit)}"', path=(*path, "value"))
        if complaint := outside(knob, setpoint.value):
            raise RuleError(complaint, f'Use for example "{in_unit(knob.value, knob.unit)}"', path=(*path, "value"))
        if setpoint.machine and (outside(knob, setpoint.machine[0]) or outside(knob, setpoint.machine[1])):
            rule = f"a machine accepts {_window(knob)} here"
            raise RuleError(rule, "Narrow it", path=(*path, "machine"))


def outside(knob: Knob | Setpoint, value: float) -> str | None:
    """What holds of a setpoint, if this value [SI] lies outside what a machine accepts."""
    window = knob.machine
    if window is None:
        return None
    room = 1e-9 * max(map(abs, window))  # 50 µm is not exactly 5e-5 m
    if window[0] - room <= value <= window[1] + room:
        return None
    meaning = f"{knob.meaning} is" if isinstance(knob, Knob) else "it lies at"
    return f"{meaning} {_window(knob)} on the machine"


def _window(knob: Knob | Setpoint) -> str:
    low, high = knob.machine or (0.0, 0.0)
    return f"{in_unit(low, knob.unit)} to {in_unit(high, knob.unit)}"


def check_causes(line: Line) -> None:
    """What a station is said to find can be made somewhere before it, or by itself."""
    made: list[str] = []
    for place, station in enumerate(line.stations):
        process = station.process.behaviour
        for cause in process.causes if process is not None else ():
            made += [cause, f"{station.name}.{cause}"]
        for name in station.finds:
            if name == "all" or name in made:
                continue
            near = nearest(name, made)
            rule = f"the defects made up to here are {', '.join(dict.fromkeys(made[::2])) or 'none'}"
            remedy = f"Use '{near}'" if near else "Remove it, or use 'all'"
            subject = f"finds names {shown(name)}"
            raise RuleError(rule, remedy, subject=subject, path=("station", place))
