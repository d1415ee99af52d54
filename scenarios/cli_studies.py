"""Commands about studies: `linetwin whatif` and `optimise`."""

from __future__ import annotations

from typing import Annotated

import typer

from scenarios.cli_words import JsonOption, Text, examples

__all__ = ["studies"]

studies = typer.Typer()

ReportOption = Annotated[
    Text, typer.Option(metavar="FILE", help="Write a page with plots, in one HTML file, for everybody.")
]


@studies.command(
    epilog=examples(
        "linetwin whatif",
        "linetwin whatif buffers --report buffers.html",
        "linetwin whatif study.toml --json out.json --table cases.csv",
        "linetwin whatif study.toml --folder runs/night --workers 4",
        "linetwin whatif study.toml --folder runs/night --workers 4 --resume",
    )
)
def whatif(
    study: Annotated[
        Text,
        typer.Argument(metavar="STUDY", help="A study file, or a name in the library; without it, these are listed."),
    ] = None,
    json: JsonOption = None,
    report: ReportOption = None,
    table: Annotated[
        Text, typer.Option(metavar="FILE", help="Write all cases, a row each, as .csv or .parquet.")
    ] = None,
    replications: Annotated[Text, typer.Option(metavar="N", help="In place of those in the file.")] = None,
    seed: Annotated[Text, typer.Option(metavar="N", help="In place of that in the file.")] = None,
    folder: Annotated[
        Text, typer.Option(metavar="FOLDER", help="Keep inputs and all that is finished there, for long work.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on in that folder after an interruption.")] = False,
    workers: Annotated[Text, typer.Option(metavar="N", help="Processes that compute; 1 without it.")] = None,
    batch: Annotated[Text, typer.Option(metavar="N", help="Blocks that each takes at a time; 1 without it.")] = None,
    cluster: Annotated[
        Text, typer.Option(metavar="ADDRESS", help="A Dask scheduler whose workers compute: tcp://host:8786.")
    ] = None,
    no_pictures: Annotated[
        bool,
        typer.Option("--no-pictures", help="A page without a shift in pictures, whose runs are longer to compile."),
    ] = False,
) -> None:
    """Compare alternatives of a line with what it is now, on the same random numbers."""
    from scenarios import whatif_command  # noqa: PLC0415

    whatif_command.whatif(
        whatif_command.WhatifOptions(
            study,
            json,
            report,
            table,
            replications,
            seed,
            folder,
            resume=resume,
            workers=workers,
            batch=batch,
            cluster=cluster,
            no_pictures=no_pictures,
        )
    )


@studies.command(
    epilog=examples("linetwin optimise workload", "linetwin optimise study.toml --json best.json --report best.html")
)
def optimise(
    study: Annotated[
        str, typer.Argument(metavar="STUDY", help="A study file with a table \\[optimise], or a name in the library.")
    ],
    json: JsonOption = None,
    report: ReportOption = None,
    replications: Annotated[Text, typer.Option(metavar="N", help="Of each run, in place of those in the file.")] = None,
    seed: Annotated[Text, typer.Option(metavar="N", help="In place of that in the file.")] = None,
    evaluations: Annotated[Text, typer.Option(metavar="N", help="Points that may be tried, at most.")] = None,
    method: Annotated[
        Text, typer.Option(metavar="NAME", help="In place of that in the file: auto, gradient, …")
    ] = None,
) -> None:
    """Search better setpoints, and prove them on fresh random numbers."""
    from scenarios import optimise_command  # noqa: PLC0415

    optimise_command.optimise(
        optimise_command.OptimiseOptions(study, json, report, replications, seed, evaluations, method)
    )
