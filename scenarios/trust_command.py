"""`linetwin trust`: measure what a surrogate may be trusted with, and write its card."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from scenarios.options import OptionError, whole
from scenarios.outputs import STDOUT, check_outputs, save, save_json

__all__ = ["TrustOptions", "trust"]


@dataclass(frozen=True)
class TrustOptions:
    """The options of `linetwin trust` as they are typed; None was not given."""

    file: str
    json: str | None = None
    html: str | None = None
    markdown: str | None = None
    seeds: str = "5"
    quick: bool = False
    no_trees: bool = False


def trust(options: TrustOptions) -> None:
    """Measure, write the card, then show its verdicts.

    Raises:
        OptionError: an option, the surrogate, or an output that cannot be used.
    """
    outputs = {"--json": options.json, "--html": options.html, "--markdown": options.markdown}
    check_outputs(outputs, {"FILE": options.file})
    for option in ("--html", "--markdown"):
        if outputs[option] == STDOUT:
            raise OptionError(f"{option} is '-'; a page goes into a file. Name one, or use --json - for the numbers.")
    seeds = whole("--seeds", options.seeds, least=1, most=100, example=5)
    pages = _pages(options)
    from scenarios.compiled import prepare_jax  # noqa: PLC0415  jax takes half a second

    prepare_jax()
    from surrogates.bundle import load  # noqa: PLC0415
    from surrogates.trust import trust as measure  # noqa: PLC0415

    try:
        found = load(options.file)
        with _bar() as progress:
            card = measure(
                found,
                seeds=seeds,
                quick=options.quick,
                trees=not options.no_trees,
                command=_command(options),
                progress=progress,
            )
    except (FileNotFoundError, ValueError) as fault:
        raise OptionError(f"FILE: {fault}") from None
    except ImportError as fault:
        raise OptionError(f"{str(fault).rstrip('.')} (--no-trees).") from None
    for option, write in pages.items():
        _write(option, str(outputs[option]), write(card))
    if options.json:
        save_json("--json", options.json, card)
    if options.json != STDOUT:
        _show(card, [path for path in outputs.values() if path])


def _pages(options: TrustOptions) -> dict[str, Callable[[dict[str, Any]], str]]:
    """What draws the pages that are asked for."""
    wanted = {"--html": ("page", options.html), "--markdown": ("markdown", options.markdown)}
    wanted = {option: name for option, (name, path) in wanted.items() if path}
    if not wanted:
        return {}
    try:
        module = import_module("surrogates.card")
    except ModuleNotFoundError:
        rule = "this version cannot draw cards"
        raise OptionError(f"{' and '.join(wanted)}: {rule}. Use --json, and draw it elsewhere.") from None
    return {option: getattr(module, name) for option, name in wanted.items()}


def _write(option: str, path: str, text: str) -> None:
    from twin.store import write_atomic  # noqa: PLC0415

    save(option, path, lambda file: write_atomic(file, text))


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None] | None]:
    """A bar with the step and the time left, on standard error; nothing where that is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    from scenarios.tables import console  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("begins", total=None)
        yield lambda what, done, count: bar.update(task, completed=done, total=count, description=what)


def _show(card: dict[str, Any], written: list[str]) -> None:
    """The verdicts, in words."""
    from scenarios.tables import console  # noqa: PLC0415

    out, verdicts = console(), card["verdicts"]
    passed = sum(verdict["passes"] for verdict in verdicts)
    out.print(f"Trust card of {card['surrogate']['problem']}: {passed} of {len(verdicts)} claims hold")
    for verdict in verdicts:
        out.print(f"{'yes' if verdict['passes'] else 'NO ':3}  {verdict['claim']}")
        out.print(f"       {verdict['found']}", soft_wrap=False)
    if card["quick"]:
        out.print("Quick: other seeds were trained as toys; their figures mean nothing for this surrogate.")
    out.print(f"{card['seconds']:.0f} s of CPU time.")
    for path in written:
        out.print(f"Wrote {path}", soft_wrap=True)


def _command(options: TrustOptions) -> str:
    """The command as it can be typed again."""
    words = ["linetwin", "trust", Path(options.file).name, "--seeds", options.seeds.strip()]
    words += [option for option, given in (("--quick", options.quick), ("--no-trees", options.no_trees)) if given]
    return shlex.join(words)
