"""`linetwin calibrate` on a log of machine states: failure modes, cycle times of programs, shifts."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from scenarios.learn_command import columns_of
from scenarios.options import LARGEST_SEED, OptionError, typed_again, whole
from scenarios.outputs import STDOUT, check_outputs, save, save_json
from scenarios.progress import busy
from scenarios.tables import console

if TYPE_CHECKING:
    from scenarios.log_command import LogOptions
    from twin.calibrate.states import StatesFound

__all__ = ["states"]


def states(options: LogOptions) -> None:
    """Read, fit, write the files, then show the report.

    Raises:
        OptionError: an option or an output that cannot be used.
        LogError: a log that cannot be read or fitted.
    """
    inputs = {"LOG": options.log, "--alarms": options.alarms}
    check_outputs({"--output": options.output, "--json": options.json, "--report": options.report}, inputs)
    draws = whole("--draws", options.draws or "50", least=0, most=10_000, example=50)
    seed = whole("--seed", options.seed, least=0, most=LARGEST_SEED, example=0)
    from twin.calibrate.states import STATE_SETTINGS, calibrate_states  # noqa: PLC0415  it needs scipy.stats
    from twin.store import write_atomic  # noqa: PLC0415

    with busy("Reading and fitting"):
        found = calibrate_states(
            options.log,
            options.alarms,
            machines=list(options.machine) or None,
            states=_meanings(options),
            columns=columns_of(options.column),
            date_format=options.date_format,
            zone=options.zone,
            settings=replace(STATE_SETTINGS, draws=draws, seed=seed),
        )
    text = found.report()
    if options.output:
        line = _line(found, options)
        save("--output", options.output, lambda file: write_atomic(file, line))
    if options.report:
        save("--report", options.report, lambda file: write_atomic(file, text))
    if options.json:
        save_json("--json", options.json, found.to_dict())
    if STDOUT not in (options.json, options.output, options.report):
        out = console()
        out.print(text, soft_wrap=True)
        for path in (options.output, options.report, options.json):
            if path:
                out.print(f"Wrote {path}", soft_wrap=True)
        if options.output:
            out.print(f"Next: linetwin check {shlex.quote(options.output)}", soft_wrap=True)


def _meanings(options: LogOptions) -> dict[str, str]:
    """States and meanings that are written WORD=MEANING."""
    found = {}
    for text in options.state:
        word, sign, meaning = (part.strip() for part in text.rpartition("="))
        if not sign or not word:
            raise OptionError(
                f"--state is '{text[:60]}'; it is written WORD=MEANING. Use for example --state HELD=stop."
            )
        found[word] = meaning
    return found


def _line(found: StatesFound, options: LogOptions) -> str:
    """The line file of one machine that always runs one program, the one that it ran most often unless it is named."""
    names = [one.machine for one in found.machines]
    if len(names) != 1:
        rule = f"a line file is of one machine, and {found.log} has {', '.join(names)}"
        raise OptionError(f"--output: {rule}. Name it with --machine {names[0]}.")
    programs = found.machines[0].programs
    if not programs and options.program is None:
        rule = f"no program of {names[0]} ran often enough for a cycle time, and a line needs it"
        raise OptionError(f"--output: {rule}. Leave --output out, or give a longer log.")
    most = max(programs, key=lambda one: len(one.sample.value)).name if programs else ""
    name = "" if options.name == "calibrated" else options.name
    return found.line_file(
        names[0], options.program or most, name=name, command=typed_again("calibrate", options, "log")
    )
