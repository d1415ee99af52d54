"""`linetwin whatif`: run a study, show what differs from the baseline, write it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.options import LARGEST_SEED, OptionError, whole
from scenarios.outputs import STDOUT, check_outputs, save, save_json
from scenarios.progress import progress_bar, refusals

if TYPE_CHECKING:
    from scenarios.study import Study
    from scenarios.study_result import StudyResult

__all__ = ["WhatifOptions", "whatif"]

MOST_WORKERS = 1024


@dataclass(frozen=True)
class WhatifOptions:
    """The options of `linetwin whatif` as they are typed; None was not given."""

    study: str | None
    json: str | None = None
    report: str | None = None
    table: str | None = None
    replications: str | None = None
    seed: str | None = None
    folder: str | None = None
    resume: bool = False
    workers: str | None = None
    batch: str | None = None
    cluster: str | None = None
    no_pictures: bool = False


def whatif(options: WhatifOptions) -> None:
    """Run the study, write the files, then show the tables; without a study, list those of the library.

    Raises:
        OptionError: an option, a study or an output that cannot be used.
        LineError: a line that cannot be read or simulated.
    """
    if options.study is None:
        _library()
        return
    from scenarios.compiled import prepare_jax  # noqa: PLC0415  jax takes half a second

    prepare_jax()
    from scenarios.study import load_study, studies  # noqa: PLC0415

    outputs = {"--json": options.json, "--report": options.report, "--table": options.table}
    check_outputs(outputs, {"STUDY": options.study})
    if options.table and not options.table.endswith((".csv", ".parquet")):
        raise OptionError(
            f"--table is '{options.table[-200:]}'; a table is CSV or Parquet. Let it end in .csv or .parquet."
        )
    study = load_study(options.study)
    chosen = {}
    if options.replications is not None:
        chosen["replications"] = whole("--replications", options.replications, least=1, most=10**6, example=64)
    if options.seed is not None:
        chosen["seed"] = whole("--seed", options.seed, least=0, most=LARGEST_SEED, example=0)
    study = replace(study, length=replace(study.length, **chosen))
    if options.folder is None:
        for option, value in (
            ("--resume", options.resume),
            ("--workers", options.workers),
            ("--batch", options.batch),
            ("--cluster", options.cluster),
        ):
            if value:
                raise OptionError(
                    f"{option} is for work that is kept in a folder. Add --folder, e.g. --folder runs/{study.name}."
                )
        with progress_bar(f"Compiling (once), then running {study.name}") as progress, refusals():
            result = study.run(progress=progress)
    else:
        path = (
            studies().get(options.study, Path(options.study))
            if not Path(options.study).is_file()
            else Path(options.study)
        )
        result = _through_folder(study, path, chosen, options)
    if options.json:
        save_json("--json", options.json, result.to_json())
    if options.table:
        from scenarios.study_export import write_table  # noqa: PLC0415

        save("--table", options.table, lambda path: write_table(result, path))
    if options.report:
        from scenarios.study_page import study_page  # noqa: PLC0415
        from scenarios.study_traces import pictures_of  # noqa: PLC0415

        with progress_bar("Drawing a shift (compiling once)"):
            pictures = (
                [] if options.no_pictures else pictures_of(study.cases()[: 1 + len(study.scenarios)], study.length)
            )
        page = study_page(result, pictures)
        save("--report", options.report, lambda path: Path(path).write_text(page, encoding="utf-8") and None)
    if options.json != STDOUT:
        _show(result, options)


def _through_folder(study: Study, path: Path, chosen: dict[str, int], options: WhatifOptions) -> StudyResult:
    """Run the study in a run folder, by so many processes, and go on there after an interruption."""
    from scenarios.outcome import Outcome  # noqa: PLC0415
    from scenarios.run_folder import begin_run  # noqa: PLC0415
    from scenarios.run_sweep import sweep  # noqa: PLC0415
    from scenarios.study_run import result_of  # noqa: PLC0415
    from scenarios.study_work import NAME  # noqa: PLC0415

    if study.half_width:
        raise OptionError(
            f"{study.name}: half_width adds replications until it is reached, and --folder runs a fixed number."
            " Leave half_width out and give replications."
        )
    workers = whole("--workers", options.workers or "1", least=1, most=MOST_WORKERS, example=2)
    batch = whole("--batch", options.batch or "1", least=1, most=10**6, example=4)
    cases = study.cases()  # a fault in them is told before anything is begun
    words = ["linetwin", "whatif", str(path)]
    for option in ("replications", "seed"):
        words += [f"--{option}", str(chosen[option])] if option in chosen else []
    folder = Path(options.folder or "")
    begin_run(folder, path, command=words, settings=chosen, resume=options.resume)
    with progress_bar(f"Running {study.name} in {folder}") as bar, refusals():
        told = None if bar is None else (lambda done, total: bar(done / total))
        rows = sweep(
            folder, NAME, workers=workers, batch=batch, cluster=options.cluster, resume=options.resume, progress=told
        )
    return result_of(study, cases, study.length, [Outcome.from_row(row) for row in rows])


def _library() -> None:
    """List the studies that ship."""
    from scenarios.study_console import show_studies  # noqa: PLC0415

    show_studies()


def _show(result: StudyResult, options: WhatifOptions) -> None:
    """Print the tables and what was written."""
    from scenarios.study_console import show_result  # noqa: PLC0415
    from scenarios.tables import console  # noqa: PLC0415

    show_result(result)
    out = console()
    for path in (options.json, options.table, options.report):
        if path:
            out.print(f"Wrote {path}", soft_wrap=True)
