"""What a log of states says of a machine, as tables of a line file."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from twin.calibrate.errors import LogError
from twin.calibrate.linefile import failure_tables, law_lines, quoted
from twin.calibrate.moments import text_of
from twin.calibrate.programs import Program
from twin.calibrate.words import time_range
from twin.errors import nearest, shown

if TYPE_CHECKING:
    from twin.calibrate.states import MachineFound, StatesFound

__all__ = ["failure_toml", "states_line_file"]


def failure_toml(found: StatesFound, one: MachineFound) -> str:
    """The failure modes of a machine as `[[station.failure]]` tables.

    Args:
        found: what was found.
        one: the machine.

    Returns:
        TOML text; a comment where there were too few failures.
    """
    head = f"# failures of {one.machine}, from {found.log}"
    if one.calibration is None:
        return f"{head}: fewer than 5 were seen to their end, too few to fit\n"
    return "\n".join([head, *failure_tables(one.calibration)]) + "\n"


def states_line_file(
    found: StatesFound, one: MachineFound, program: str, *, name: str, shifts: bool, command: str
) -> str:
    """The line file of a machine that always runs one program.

    Args:
        found: what was found.
        one: the machine.
        program: the program.
        name: of the line; "" takes that of the machine.
        shifts: whether the line works in the hours that were found.
        command: the command that made it, for the head.

    Returns:
        TOML text.

    Raises:
        LogError: when the program is not among those that ran often enough.
    """
    names = [each.name for each in one.programs]
    if program not in names:
        there = f"it has cycle times of {', '.join(shown(each) for each in names[:12])}" if names else "it has none"
        remedy = f"Use {shown(nearest(program, names) or names[0])}" if names else "Give a log with programs"
        rule = f"machine {shown(one.machine)} has no cycle time of program {shown(program)}; {there}"
        raise LogError(f"{found.log}: {rule}. {remedy}.")
    chosen = one.programs[names.index(program)]
    text = [*_head(found, one, chosen, command), "schema = 1", "", "[line]", f"name = {quoted(name or one.machine)}"]
    text += one.shifts.toml() if shifts else []
    text += ["", "[source]", 'mode = "saturated"', "", "[[station]]", f"name = {quoted(_plain(one.machine))}"]
    mean = chosen.mean
    known = time_range(mean.value, mean.low, mean.high)
    text += [f"# mean of a run {known}, n = {len(chosen.sample.value)} runs on {chosen.days} days"]
    text += ['process.model = "timed"', *law_lines("process.time", chosen.law)]
    if one.calibration is not None:
        text += failure_tables(one.calibration)
    return "\n".join(text) + "\n"


def _head(found: StatesFound, one: MachineFound, chosen: Program, command: str) -> list[str]:
    hours = one.activity.hours
    paragraphs = [f"Made by: {command}"] if command else []
    paragraphs.append(
        f"Machine {one.machine} in {found.log}, {text_of(found.first)[:10]} to {text_of(found.last)[:10]}: it ran for "
        f"{hours['run']:.1f} h while it was observed. A part takes one run of program {chosen.name}; the log does not "
        "count parts. Failures are those of all its programs. The line always has work: how much of the time the "
        "machine had any, the log does not tell."
    )
    lines: list[str] = []
    for paragraph in paragraphs:
        lines += [f"# {piece}" for piece in textwrap.wrap(paragraph, 118)] + ["#"]
    return lines[:-1]


def _plain(machine: str) -> str:
    """A machine's name as a station may be called."""
    return "".join("-" if char in ".>[]" else char for char in machine).strip() or "machine"
