"""`linetwin calibrate`: to each kind of log its own way, and to each option the kind that it is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from scenarios.learn_command import LearnOptions, columns_of, learn
from scenarios.log_kind import kind_of
from scenarios.options import OptionError

__all__ = ["LogOptions", "calibrate_log"]


@dataclass(frozen=True)
class LogOptions:
    """The options of `linetwin calibrate` as they are typed; None was not given."""

    log: str
    output: str | None = None
    json: str | None = None
    report: str | None = None
    name: str = "calibrated"
    draws: str | None = None
    seed: str = "0"
    kind: str | None = None
    column: Sequence[str] = ()
    date_format: str | None = None
    alarms: str | None = None
    machine: Sequence[str] = ()
    state: Sequence[str] = ()
    program: str | None = None
    zone: str | None = None
    line: str | None = None
    unknown: Sequence[str] = ()
    counts: str | None = None
    windows: str | None = None
    station: str = "machine"
    source: str = ""
    redate: Sequence[str] = ()
    reason: Sequence[str] = ()
    planned: Sequence[str] = ()
    product: Sequence[str] = ()
    step: str | None = None
    threshold: str | None = None
    hidden: str = "speed"


_FOR_HIDDEN = ("log", "line", "unknown", "json", "report", "seed", "column", "date_format", "kind")
_STATES = ("alarms", "machine", "state", "program", "zone")
_STOPS = (
    "counts", "windows", "station", "source", "redate", "reason", "planned", "product", "step", "threshold", "hidden",
)  # fmt: skip
_STOP_FILES = ("counts", "windows", "redate", "reason", "planned", "step", "threshold")
"""Options that only a person with a stop log gives."""


def calibrate_log(options: LogOptions) -> None:
    """Find out what kind of log it is, and calibrate from it.

    Raises:
        OptionError: an option that cannot be used, or is for another kind of log.
        LogError: a log that cannot be read or fitted.
    """
    from scenarios.compiled import prepare_jax  # noqa: PLC0415  jax takes half a second

    prepare_jax()
    if options.line is not None or options.unknown:
        _hidden(options)
        return
    kind = "stops" if options.kind is None and any(map(options.__getattribute__, _STOP_FILES)) else None
    kind = kind or kind_of(options.log, columns_of(options.column), options.kind)
    if kind == "stops" and options.kind is None and options.output and not options.counts:
        raise OptionError(
            f"--output needs --counts: no column of {options.log} tells parts or states, so it is read as a log of "
            "stops, of which counts tell the speed. Add --counts, or name the part's column with --column case=NAME."
        )
    foreign = {"visits": (*_STATES, *_STOPS), "states": _STOPS, "stops": (*_STATES, "column")}[kind]
    usual = LogOptions("")
    for name in foreign:
        if getattr(options, name) != getattr(usual, name):
            raise OptionError(
                f"--{name.replace('_', '-')} is not for a log of {kind}, as which LOG is read. Leave it out, or say "
                "what LOG is with --kind visits, states or stops."
            )
    if kind == "visits":
        learn(LearnOptions(**{one.name: getattr(options, one.name) for one in fields(LearnOptions)}))
    elif kind == "states":
        from scenarios.states_command import states  # noqa: PLC0415  only here

        states(options)
    else:
        from scenarios.calibrate_command import CalibrateOptions, calibrate  # noqa: PLC0415  only here

        calibrate(CalibrateOptions(**{one.name: getattr(options, one.name) for one in fields(CalibrateOptions)}))


def _hidden(options: LogOptions) -> None:
    """Look for numbers of a line that the log does not show."""
    usual = LogOptions("")
    for one in fields(LogOptions):
        if one.name not in _FOR_HIDDEN and getattr(options, one.name) != getattr(usual, one.name):
            raise OptionError(
                f"--{one.name.replace('_', '-')} is not for --unknown, which looks for numbers of a line that is "
                "there. Leave it out."
            )
    if options.line is None or not options.unknown:
        lacking, example = ("--line", "line.toml") if options.line is None else ("--unknown", "mill.buffer=0..8")
        rule = "--line and --unknown belong together: a line, and what of it is looked for in the log"
        raise OptionError(f"{rule}. Add {lacking} {example}.")
    from scenarios.hidden_command import HiddenOptions, hidden  # noqa: PLC0415  only here

    hidden(HiddenOptions(**{one.name: getattr(options, one.name) for one in fields(HiddenOptions)}))
