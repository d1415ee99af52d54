"""What a log of states says, as text for people and as plain values for JSON."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from twin.calibrate.moments import text_of
from twin.calibrate.report import as_dict
from twin.calibrate.sample import CENSORED
from twin.calibrate.words import time, time_range
from twin.calibrate.workinghours import clock

if TYPE_CHECKING:
    from twin.calibrate.states import MachineFound, StatesFound

__all__ = ["states_dict", "states_report"]

_WIDTH = 80
_MOST = 12
"""Programs that the report shows of each machine."""


def states_report(found: StatesFound) -> str:
    """Everything as text, at most 80 columns wide.

    Args:
        found: what was found.

    Returns:
        Text that ends in a line break.
    """
    zone = f", times {'in ' + found.zone if found.zone else 'as logged'}"
    lines = [f"STATES OF {found.log[: _WIDTH - 10]}"]
    lines += _wrapped([f"{text_of(found.first)} to {text_of(found.last)}{zone}; {found.rows} rows"], "  ")
    if found.alarms:
        lines += _wrapped([f"alarms of {found.alarms}, raised in a stop or {found.before:g} s before it"], "  ")
    for one in found.machines:
        lines += ["", *_machine(one)]
    if found.notes:
        lines += ["", "LEFT OUT WHILE READING", *_wrapped((note.text for note in found.notes), "  - ")]
    lines += ["", "WHAT THE LOG CANNOT TELL", *_wrapped(_cannot_tell(found), "  - ")]
    return "\n".join(lines) + "\n"


def _machine(one: MachineFound) -> list[str]:
    hours, activity = one.activity.hours, one.activity
    lines = [f"MACHINE {one.machine}"[:_WIDTH]]
    text = (
        f"ran {hours['run']:.1f} h, stood in a stop {hours['stop'] + hours['down']:.1f} h, ready or by hand "
        f"{hours['ready']:.1f} h, planned {hours['planned']:.1f} h, in {len(activity.windows)} windows of observation; "
        f"not observed {hours['unknown']:.1f} h"
    )
    lines += _wrapped([text], "  ")
    lines += _failures(one) + _programs(one) + _shifts(one)
    if one.notes:
        lines += ["  left out, changed or doubtful", *_wrapped((note.text for note in one.notes), "  - ")]
    return lines


def _failures(one: MachineFound) -> list[str]:
    if one.calibration is None:
        return ["  failures: fewer than 5 seen to their end, too few to fit"]
    lines = [_row("  failure", "stops", "operating time per stop", "mean length")]
    for mode in one.calibration.point.modes:
        up, down = (one.calibration.intervals[f"{mode.name}.{what}"] for what in ("mtbf", "mttr"))
        ranges = [time_range(each.value, each.low, each.high) for each in (up, down)]
        lines.append(_row(f"    {mode.name}", f"{mode.count:.0f}", *ranges))
    micro = f"shorter than {time(one.micro)}" if one.micro else "none apart: stops do not fall into short and long ones"
    named = f"; alarms name {one.by_alarm} of {one.activity.failed.sum()} stops"
    return lines + _wrapped([f"micro-stops: {micro}{named}"], "    ")


def _programs(one: MachineFound) -> list[str]:
    if not one.programs:
        return []
    lines = [_row("  program", "runs", "mean of a run", "median, family")]
    for program in one.programs[:_MOST]:
        mean = time_range(program.mean.value, program.mean.low, program.mean.high)
        family = program.choices[0].fit.family.name.replace("lognormal + lognormal", "2 lognormals")
        runs = str(len(program.sample.complete))
        lines.append(_row(f"    {program.name}", runs, mean, f"{time(program.median)}, {family}"))
    more = len(one.programs) - _MOST
    return [*lines, f"    and {more} more programs"] if more > 0 else lines


def _shifts(one: MachineFound) -> list[str]:
    pattern = one.shifts
    if not pattern.shifts:
        return _wrapped([f"shifts: no pattern in {pattern.weeks} weeks in which it ran"], "  ")
    held = f"{pattern.inside:.0%} of its running time lies in them"
    rule = f"runs in {pattern.threshold:.0%} or more of {pattern.weeks} weeks"
    lines = _wrapped([f"shifts ({rule}; {held}; times {'in ' + pattern.zone if pattern.zone else 'as logged'})"], "  ")
    for shift in pattern.shifts:
        breaks = ", ".join(f"{clock(a)}-{clock(b)}" for a, b in shift.breaks)
        begin, end = ("-".join(clock(each) for each in pair) for pair in (shift.begin_range, shift.end_range))
        text = f"{shift.days} {clock(shift.begin)} ({begin}) to {clock(shift.end)} ({end})"
        lines += _wrapped([text + (f", breaks {breaks}" if breaks else "")], "    ")
    return lines


def _cannot_tell(found: StatesFound) -> list[str]:
    """What stays open, as sentences."""
    hours = sum(one.activity.hours["unknown"] for one in found.machines)
    said = []
    if hours > 0:
        said.append(
            f"How busy the machines are: {hours:.0f} h lie between first and last row in which nobody looked, or of "
            "which days are missing. Nothing says that they were like the rest, so no share of time is given."
        )
    said.append(
        "How many parts were made: a run of a program is no part, and one that was broken off looks like a short one."
    )
    if any(one.calibration for one in found.machines):
        failed = sum(int(one.activity.failed.sum()) for one in found.machines)
        named = sum(one.by_alarm for one in found.machines)
        said.append(
            f"Why {failed - named} of {failed} stops happened: no alarm was raised in them or shortly before. A stop "
            "that an operator made and one that the machine made look alike."
        )
    if found.zone == "UTC" and any(one.shifts.zone == "UTC" for one in found.machines):
        said.append("Local time: the log is in UTC, so shifts move by an hour with daylight saving. Name the zone.")
    said.append(
        "Whether a stop that ended in ready was repaired or given up; why a machine that is ready does not run."
    )
    return said


def _row(name: str, count: str, first: str, second: str) -> str:
    return f"{name[:24]:24s}{count:>6s} {first:>24s} {second:>24s}"


def _wrapped(texts: Iterable[str], indent: str) -> list[str]:
    blank = " " * len(indent)
    return [
        line for text in texts for line in textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=blank)
    ]


def states_dict(found: StatesFound) -> dict[str, Any]:
    """Everything as numbers, texts, lists and tables; numbers that are not known are None.

    Args:
        found: what was found.

    Returns:
        A dict that `json.dumps` takes with allow_nan=False.
    """
    return {
        "log": found.log,
        "alarms": found.alarms or None,
        "first": text_of(found.first),
        "last": text_of(found.last),
        "zone": found.zone or None,
        "rows": found.rows,
        "machines": {one.machine: _machine_dict(one) for one in found.machines},
        "notes": [note.text for note in found.notes],
        "cannot_tell": _cannot_tell(found),
    }


def _machine_dict(one: MachineFound) -> dict[str, Any]:
    return {
        "hours": dict(one.activity.hours),
        "windows": len(one.activity.windows),
        "micro_s": one.micro or None,
        "stops": int(one.activity.failed.sum()),
        "stops_named_by_alarms": one.by_alarm,
        "failures": None if one.calibration is None else as_dict(one.calibration),
        "programs": [
            {
                "name": program.name,
                "runs": len(program.sample.complete),
                "cut_off": int((program.sample.kind == CENSORED).sum()),
                "too_short": program.left_out[0],
                "begin_not_seen": program.left_out[1],
                "days": program.days,
                "mean_s": [_finite(value) for value in (program.mean.value, program.mean.low, program.mean.high)],
                "median_s": program.median,
                "family": program.choices[0].fit.family.name,
            }
            for program in one.programs
        ],
        "shifts": {
            "weeks": one.shifts.weeks,
            "threshold": one.shifts.threshold,
            "inside": one.shifts.inside,
            "zone": one.shifts.zone or None,
            "shifts": [
                {
                    "days": shift.days,
                    "from": clock(shift.begin),
                    "to": clock(shift.end),
                    "breaks": [f"{clock(a)}-{clock(b)}" for a, b in shift.breaks],
                    "from_range": [clock(each) for each in shift.begin_range],
                    "to_range": [clock(each) for each in shift.end_range],
                }
                for shift in one.shifts.shifts
            ],
        },
        "notes": [note.text for note in one.notes],
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
