"""`linetwin validate`: a line or a model of visit times against a log of days that it was not learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scenarios.learn_command import check_date_format, columns_of
from scenarios.options import LARGEST_SEED, OptionError, typed_again, whole
from scenarios.outputs import STDOUT, check_outputs, save, save_json
from scenarios.progress import progress_bar
from scenarios.tables import console

if TYPE_CHECKING:
    from twin.validation.validation import Validation

__all__ = ["ValidateOptions", "validate"]


@dataclass(frozen=True)
class ValidateOptions:
    """The options of `linetwin validate` as they are typed; None was not given."""

    model: str
    log: str
    since: str | None = None
    times: str | None = None
    draws: str = "40"
    seed: str = "0"
    json: str | None = None
    report: str | None = None
    column: Sequence[str] = ()
    date_format: str | None = None


def validate(options: ValidateOptions) -> None:
    """Read, predict, compare, write the files, then show the report.

    Raises:
        OptionError: an option or an output that cannot be used.
        LineError, LogError: a line, model or log that cannot be read or compared.
    """
    check_outputs({"--json": options.json, "--report": options.report}, {"LINE": options.model, "LOG": options.log})
    check_date_format(options.date_format)
    since, columns = _moment(options.since), columns_of(options.column)
    draws = whole("--draws", options.draws, least=10, most=10_000, example=40)
    seed = whole("--seed", options.seed, least=0, most=LARGEST_SEED, example=0)
    from scenarios.compiled import prepare_jax  # noqa: PLC0415  jax takes half a second

    prepare_jax()
    from twin.eventlog.visits import read_visits  # noqa: PLC0415
    from twin.learn.model import is_visit_model, read_model  # noqa: PLC0415  it needs scipy
    from twin.spec import load_line  # noqa: PLC0415
    from twin.validation.report import as_dict, report  # noqa: PLC0415
    from twin.validation.validation import validate_line, validate_model  # noqa: PLC0415

    if is_visit_model(options.model) or options.model.endswith(".json"):
        if options.times is not None:
            raise OptionError("--times is for a line; LINE is a model of visit times itself. Leave it out.")
        model = read_model(options.model)
        log = read_visits(options.log, columns=columns, date_format=options.date_format)
        found = validate_model(model, log, since=since, name=options.model)
    else:
        line = load_line(options.model)
        model = read_model(options.times) if options.times else None
        log = read_visits(options.log, columns=columns, date_format=options.date_format)
        with progress_bar("Simulating the days of the log") as progress:
            found = validate_line(line, log, model=model, since=since, draws=draws, seed=seed, progress=progress)
    text = report(found)
    if options.report:
        content = _page(found, options) if options.report.endswith((".html", ".htm")) else text
        from twin.store import write_atomic  # noqa: PLC0415

        save("--report", options.report, lambda file: write_atomic(file, content))
    if options.json:
        save_json("--json", options.json, as_dict(found))
    if STDOUT not in (options.json, options.report):
        out = console()
        out.print(text, soft_wrap=True)
        for path in (options.report, options.json):
            if path:
                out.print(f"Wrote {path}", soft_wrap=True)


def _page(found: Validation, options: ValidateOptions) -> str:
    from scenarios.validation_page import page  # noqa: PLC0415  only for a page

    return page(
        found,
        title=f"{options.model} against {found.log}",
        command=typed_again("validate", options, "model", "log", names={"since": "--from"}),
    )


def _moment(text: str | None) -> float | None:
    """A date as seconds since 1970."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise OptionError(f"--from is '{text[:60]}'; it is a date. Use for example --from 2026-01-12.") from None
