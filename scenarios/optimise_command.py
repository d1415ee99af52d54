"""`linetwin optimise`: search better setpoints for the line of a study, prove them, show and write them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.options import LARGEST_SEED, whole
from scenarios.outputs import STDOUT, check_outputs, save, save_json
from scenarios.progress import progress_bar, refusals

if TYPE_CHECKING:
    from scenarios.optimise import Progress

__all__ = ["OptimiseOptions", "optimise"]


@dataclass(frozen=True)
class OptimiseOptions:
    """The options of `linetwin optimise` as they are typed; None was not given."""

    study: str
    json: str | None = None
    report: str | None = None
    replications: str | None = None
    seed: str | None = None
    evaluations: str | None = None
    method: str | None = None


def optimise(options: OptimiseOptions) -> None:
    """Search, prove, write the files, then show the tables.

    Raises:
        OptionError: an option, a study or an output that cannot be used.
        LineError: a line that cannot be read or simulated.
    """
    from scenarios.compiled import prepare_jax  # noqa: PLC0415  jax takes half a second

    prepare_jax()
    from scenarios.optimise import optimise_study  # noqa: PLC0415
    from scenarios.optimum_console import show_optimum  # noqa: PLC0415
    from scenarios.study import load_study  # noqa: PLC0415
    from scenarios.tables import console  # noqa: PLC0415

    check_outputs({"--json": options.json, "--report": options.report}, {"STUDY": options.study})
    study = load_study(options.study)
    length = study.length
    if options.replications is not None:
        count = whole("--replications", options.replications, least=1, most=10**6, example=16)
        length = replace(length, replications=count)
    if options.seed is not None:
        length = replace(length, seed=whole("--seed", options.seed, least=0, most=LARGEST_SEED, example=0))
    asked = study.optimise
    if asked is not None:
        chosen: dict[str, Any] = {"method": options.method or asked.method}
        if options.evaluations is not None:
            chosen["evaluations"] = whole("--evaluations", options.evaluations, least=1, most=10**6, example=200)
        asked = asked.model_copy(update=chosen)
    study = replace(study, length=length, optimise=asked)
    with _progress(study.name) as progress, refusals():
        found = optimise_study(study, progress=progress)
    if options.json:
        save_json("--json", options.json, found.to_json())
    if options.report:
        from scenarios.optimum_page import optimum_page  # noqa: PLC0415

        page = optimum_page(study, found)
        save("--report", options.report, lambda path: Path(path).write_text(page, encoding="utf-8") and None)
    if options.json != STDOUT:
        show_optimum(study, found)
        for path in (options.json, options.report):
            if path:
                console().print(f"Wrote {path}", soft_wrap=True)


@contextmanager
def _progress(name: str) -> Iterator[Progress | None]:
    """One bar for the search and the proof."""
    with progress_bar(f"Compiling (once), searching and proving {name}") as bar:
        parts = {"Searching": (0.0, 0.9), "Proving": (0.9, 0.1)}
        if bar is None:
            yield None
        else:
            yield lambda word, share: bar(parts[word][0] + parts[word][1] * share)
