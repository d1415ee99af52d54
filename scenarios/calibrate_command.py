"""`linetwin calibrate` on a stop log: with production counts, a line file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scenarios.options import LARGEST_SEED, OptionError, duration, typed_again, whole
from scenarios.outputs import STDOUT, check_outputs, save, save_json
from scenarios.progress import busy

if TYPE_CHECKING:
    from twin.calibrate import Redate, Settings

__all__ = ["DATE_FORMATS", "CalibrateOptions", "calibrate"]

DATE_FORMATS = ("year-month-day", "day.month.year", "month/day/year")


@dataclass(frozen=True)
class CalibrateOptions:
    """The options of `linetwin calibrate` as they are typed; None was not given."""

    log: str
    counts: str | None = None
    windows: str | None = None
    output: str | None = None
    json: str | None = None
    report: str | None = None
    name: str = "calibrated"
    station: str = "machine"
    source: str = ""
    date_format: str | None = None
    redate: Sequence[str] = ()
    reason: Sequence[str] = ()
    planned: Sequence[str] = ()
    product: Sequence[str] = ()
    step: str | None = None
    threshold: str | None = None
    hidden: str = "speed"
    draws: str | None = None
    seed: str = "0"


def calibrate(options: CalibrateOptions) -> None:
    """Read, fit, write the files, then show the report.

    Raises:
        OptionError: an option or an output that cannot be used.
        LogError: a file that cannot be read or fitted.
    """
    inputs = {"LOG": options.log, "--counts": options.counts, "--windows": options.windows}
    check_outputs({"--output": options.output, "--json": options.json, "--report": options.report}, inputs)
    _check_words(options)
    if options.output and not options.counts:
        raise OptionError(
            "--output needs --counts: without production counts the speed of the line is unknown. Add --counts."
        )
    from scenarios.compiled import prepare_jax  # noqa: PLC0415  jax takes half a second

    prepare_jax()
    with busy("Reading and fitting"):
        from twin.calibrate import calibrate_files  # noqa: PLC0415  it needs scipy.stats, which takes a second

        found = calibrate_files(
            options.log,
            options.counts,
            options.windows,
            redate=[_redate(text) for text in options.redate],
            date_format=options.date_format,
            reasons={code: name or None for code, name in _pairs("--reason", options.reason, "E12=jam").items()},
            planned=list(options.planned),
            products=_pairs("--product", options.product, "A1=A"),
            station=options.station,
            source=options.source,
            settings=_settings(options),
        )
    from twin.store import write_atomic  # noqa: PLC0415

    report = found.report()
    if options.output:
        text = found.to_toml(name=options.name, command=typed_again("calibrate", options, "log"))
        save("--output", options.output, lambda file: write_atomic(file, text))
    if options.report:
        save("--report", options.report, lambda file: write_atomic(file, report))
    if options.json:
        save_json("--json", options.json, found.to_dict())
    if STDOUT not in (options.json, options.output, options.report):
        _show(report, options)


def _show(report: str, options: CalibrateOptions) -> None:
    from scenarios.tables import console  # noqa: PLC0415

    out = console()
    out.print(report, soft_wrap=True)
    for path in (options.output, options.report, options.json):
        if path:
            out.print(f"Wrote {path}", soft_wrap=True)
    if options.output:
        out.print(f"Next: linetwin check {options.output}", soft_wrap=True)


def _check_words(options: CalibrateOptions) -> None:
    """Options that take one of a few words, or a name."""
    choices = {"--hidden": (options.hidden, ("speed", "stops")), "--date-format": (options.date_format, DATE_FORMATS)}
    for option, (word, words) in choices.items():
        if word is not None and word not in words:
            raise OptionError(f"{option} is '{_cut(word)}'; it is one of {', '.join(words)}. Use one of these.")
    for option, text in (("--name", options.name), ("--station", options.station), ("--source", options.source)):
        if option != "--source" and not text.strip():
            raise OptionError(f"{option} is empty; it is a name. Give one, or leave the option out.")
        if not text.isprintable() or len(text) > 200:
            raise OptionError(f"{option} is '{_cut(text)}'; it is a short text on one line. Shorten it.")
    if re.search(r"[.>\[\]]", options.station) or options.station != options.station.strip():
        rule = "the name of a station has no dots, brackets, '>' or outer spaces"
        raise OptionError(f"--station is '{_cut(options.station)}'; {rule}. Use letters, digits, '-' or '_'.")


def _settings(options: CalibrateOptions) -> Settings:
    """How the calibration is done."""
    from twin.calibrate import Settings  # noqa: PLC0415

    given: dict[str, Any] = {}
    for name in ("step", "threshold"):
        text = getattr(options, name)
        if text is not None:
            given[name] = duration(f"--{name}", text, positive=False, unit="s")
    draws = whole("--draws", options.draws or "100", least=0, most=10_000, example=100)
    seed = whole("--seed", options.seed, least=0, most=LARGEST_SEED, example=0)
    return Settings(hidden=options.hidden, draws=draws, seed=seed, **given)


def _pairs(option: str, texts: Sequence[str], example: str) -> dict[str, str]:
    """What is written CODE=NAME."""
    found: dict[str, str] = {}
    for text in texts:
        key, sign, name = (part.strip() for part in text.partition("="))
        if not sign or not key:
            raise OptionError(
                f"{option} is '{_cut(text)}'; it is written CODE=NAME. Use for example {option} {example}."
            )
        if key in found:
            raise OptionError(f"{option} names '{_cut(key)}' twice; it has one name. Remove one of them.")
        found[key] = name
    return found


def _redate(text: str) -> Redate:
    """What is written FIRST-LAST=DATE."""
    from twin.calibrate import Redate  # noqa: PLC0415

    match = re.fullmatch(r"\s*(\d{1,9})(?:\s*-\s*(\d{1,9}))?\s*=\s*(\S+)\s*", text)
    if not match or int(match[1]) > int(match[2] or match[1]):
        rule = "it moves rows of the file (the header is row 1) to a date"
        raise OptionError(f"--redate is '{_cut(text)}'; {rule}. Use for example --redate 12-18=2026-01-05.")
    return Redate(int(match[1]), int(match[2] or match[1]), match[3])


def _cut(text: str) -> str:
    """A text in a message, on one line and of bounded length."""
    return "".join(char if char.isprintable() else "?" for char in text[:60]) + ("…" if len(text) > 60 else "")
