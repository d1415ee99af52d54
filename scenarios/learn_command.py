"""`linetwin calibrate` on an event log of visits: a line with uncertain numbers, or a model of visit times."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.calibrate_command import DATE_FORMATS
from scenarios.options import LARGEST_SEED, OptionError, typed_again, whole
from scenarios.outputs import STDOUT, check_outputs, save, save_json
from scenarios.progress import busy
from scenarios.tables import console

if TYPE_CHECKING:
    from twin.eventlog.visits import VisitLog
    from twin.learn.learned import Learned

__all__ = ["LearnOptions", "check_date_format", "columns_of", "learn"]


@dataclass(frozen=True)
class LearnOptions:
    """The options of `linetwin calibrate` that an event log takes, as they are typed; None was not given."""

    log: str
    output: str | None = None
    json: str | None = None
    report: str | None = None
    name: str = "calibrated"
    column: Sequence[str] = ()
    date_format: str | None = None
    draws: str | None = None
    seed: str = "0"


def learn(options: LearnOptions) -> None:
    """Read, learn, write the files, then show the report.

    Raises:
        OptionError: an option or an output that cannot be used.
        LogError: a log that cannot be read or learned from.
    """
    line, model = _outputs(options)
    draws = _beside(line) if line else None
    outputs = {
        "--output": line or model,
        "the draws of --output": draws,
        "--json": options.json,
        "--report": options.report,
    }
    check_outputs(outputs, {"LOG": options.log})
    columns = columns_of(options.column)
    check_date_format(options.date_format)
    if not options.name.strip() or not options.name.isprintable():
        raise OptionError(
            f"--name is {options.name[:60]!r}; it is a name on one line. Give one, or leave the option out."
        )
    from scenarios.compiled import prepare_jax  # noqa: PLC0415  jax takes half a second

    prepare_jax()
    from twin.eventlog.visits import read_visits  # noqa: PLC0415
    from twin.learn.learn import learn as learn_visits  # noqa: PLC0415  it needs scipy.stats, which takes a second
    from twin.learn.report import as_dict, report  # noqa: PLC0415
    from twin.learn.settings import Settings  # noqa: PLC0415

    number = whole("--draws", options.draws or "200", least=0, most=10_000, example=200)
    seed = whole("--seed", options.seed, least=0, most=LARGEST_SEED, example=0)
    with busy("Reading and fitting"):
        log = read_visits(options.log, columns=columns, date_format=options.date_format)
        found = learn_visits(log, Settings(number, seed=seed))
    if line and found.line is None:
        raise OptionError(
            f"--output is '{line}', but {Path(options.log).name} is no log of a serial line "
            f"({1 - found.route.forward:.0%} of the moves go back, most often {found.route.busiest_return}), so there "
            f"is no line file of it. Use --output {Path(line).with_suffix('.json')} for the times of visits and waits."
        )
    text = report(found)
    _write(found, log, options, line, model, draws, text)
    if options.json:
        save_json("--json", options.json, as_dict(found))
    if STDOUT not in (options.json, options.output, options.report):
        _show(text, [path for path in outputs.values() if path], line or model, options)


def columns_of(texts: Sequence[str]) -> dict[str, str]:
    """Roles and columns that are written ROLE=NAME; an empty name is no column."""
    found: dict[str, str] = {}
    for text in texts:
        role, sign, name = (part.strip() for part in text.partition("="))
        if not sign or not role:
            raise OptionError(
                f"--column is '{text[:60]}'; it is written ROLE=NAME. Use for example --column case=serial_no."
            )
        found[role] = name
    return found


def check_date_format(given: str | None) -> None:
    """Raises OptionError unless this is a format of dates, or None."""
    if given is not None and given not in DATE_FORMATS:
        raise OptionError(f"--date-format is {given[:60]!r}; it is one of {', '.join(DATE_FORMATS)}. Use one of these.")


def _outputs(options: LearnOptions) -> tuple[str | None, str | None]:
    """The line file or the model file that --output names, by its ending."""
    path = options.output
    if path is None:
        return None, None
    if path == STDOUT:
        raise OptionError(
            "--output is '-'; of an event log it is a file, which others stand beside. Name it, e.g. line.toml."
        )
    if path.endswith(".json"):
        return None, path
    if path.endswith(".toml"):
        return path, None
    raise OptionError(
        f"--output is '{path}'; it ends in .toml for a line, in .json for a model of visit times. Rename it."
    )


def _beside(line: str) -> str:
    """The file of draws beside a line file."""
    return str(Path(line).with_suffix(".draws.csv"))


def _write(
    found: Learned,
    log: VisitLog,
    options: LearnOptions,
    line: str | None,
    model: str | None,
    draws: str | None,
    text: str,
) -> None:
    from twin.draws import draws_text  # noqa: PLC0415
    from twin.learn.linefile import line_file  # noqa: PLC0415
    from twin.learn.model import visit_model  # noqa: PLC0415
    from twin.store import write_atomic  # noqa: PLC0415

    if line and draws:
        told = Path(draws).name if len(found.draws) else ""
        content = line_file(found, name=options.name, command=typed_again("calibrate", options, "log"), draws=told)
        if told:
            save("--output", draws, lambda file: write_atomic(file, draws_text(found.draws)))
        save("--output", line, lambda file: write_atomic(file, content))
    if model:
        save("--output", model, lambda file: write_atomic(file, visit_model(found).to_json()))
    if options.report:
        content = text
        if options.report.endswith((".html", ".htm")):
            from scenarios.learned_page import page  # noqa: PLC0415

            content = page(found, title=options.name, command=typed_again("calibrate", options, "log"), read=log)
        save("--report", options.report, lambda file: write_atomic(file, content))


def _show(text: str, written: Sequence[str], result: str | None, options: LearnOptions) -> None:
    out = console()
    out.print(text, soft_wrap=True)
    for path in written:
        out.print(f"Wrote {path}", soft_wrap=True)
    if result:
        out.print(f"Next: linetwin validate {shlex.quote(result)} LOG, with a log of later days", soft_wrap=True)
    elif not written:
        out.print(
            f"Next: linetwin calibrate {shlex.quote(options.log)} --output line.toml --report page.html", soft_wrap=True
        )
