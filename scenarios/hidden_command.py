"""`linetwin calibrate --unknown`: numbers of a line that its log does not show, found by simulating the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scenarios.learn_command import columns_of
from scenarios.options import LARGEST_SEED, OptionError, whole
from scenarios.outputs import STDOUT, check_outputs, save, save_json
from scenarios.progress import busy
from scenarios.tables import say

__all__ = ["HiddenOptions", "hidden"]


@dataclass(frozen=True)
class HiddenOptions:
    """The options of `linetwin calibrate` that a search for hidden numbers takes, as they are typed."""

    log: str
    line: str
    unknown: Sequence[str]
    json: str | None = None
    report: str | None = None
    seed: str = "0"
    column: Sequence[str] = ()
    date_format: str | None = None


def hidden(options: HiddenOptions) -> None:
    """Read, simulate, fit, write the files, then show the report.

    Raises:
        OptionError: an option or an output that cannot be used.
        LineError, LogError: a line or a log that cannot be read, or do not belong together.
    """
    check_outputs({"--json": options.json, "--report": options.report}, {"LOG": options.log, "--line": options.line})
    seed = whole("--seed", options.seed, least=0, most=LARGEST_SEED, example=0)
    unknown = _windows(options.unknown)
    from twin.eventlog.cleaning import cleaned  # noqa: PLC0415
    from twin.eventlog.visits import read_visits  # noqa: PLC0415
    from twin.learn.hidden import fit_hidden  # noqa: PLC0415  it needs scipy.stats, which takes a second
    from twin.spec import load_line  # noqa: PLC0415
    from twin.store import write_atomic  # noqa: PLC0415

    line = load_line(options.line)
    log = read_visits(options.log, columns=columns_of(options.column), date_format=options.date_format)
    with busy("Simulating the log with other numbers"):
        found = fit_hidden(line, cleaned(log)[0], unknown, seed=seed)
    text = found.report() + "\n"
    if options.report:
        save("--report", options.report, lambda file: write_atomic(file, text))
    if options.json:
        save_json("--json", options.json, _as_dict(found))
    if STDOUT not in (options.json, options.report):
        say(text)


def _windows(texts: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Windows [SI] that are written PATH=LOW..HIGH: times with a unit, other numbers without."""
    from twin.errors import RuleError, shown  # noqa: PLC0415  twin takes half a second
    from twin.units import any_quantity  # noqa: PLC0415

    found: dict[str, tuple[float, float]] = {}
    for text in texts:
        path, sign, window = (part.strip() for part in text.partition("="))
        low, dots, high = window.partition("..")
        if not sign or not dots:
            rule = "it is written PATH=LOW..HIGH"
            raise OptionError(
                f'--unknown is {shown(text)}; {rule}. Use for example --unknown wash.process.time.mean="10 s..60 s".'
            )
        try:
            found[path] = (any_quantity(low.strip())[0], any_quantity(high.strip())[0])
        except RuleError as fault:
            raise OptionError(f"--unknown is {shown(text)}; {fault.rule}. {fault.remedy}.") from None
    return found


def _as_dict(found: Any) -> dict[str, Any]:
    """What was found, ready for JSON; SI units."""
    return {
        "line": found.line,
        "log": found.log,
        "parts": found.parts,
        "numbers": {
            path: {
                "value": value,
                "interval90": list(found.intervals[path]),
                "told": found.identified[path],
                "by": found.kinds[path],
            }
            for path, value in found.values.items()
        },
        "sentences": list(found.sentences),
        "misfit": found.misfit,
    }
