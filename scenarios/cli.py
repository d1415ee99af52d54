"""The command line: `linetwin` and its commands.

Here stand the options and their help; what a command does stands in a module of its own, imported when it runs, so that
help and complaints about options come at once.
"""

from __future__ import annotations

import gc
import io
import sys
from typing import Annotated

import typer

from scenarios.cli_logs import logs
from scenarios.cli_studies import studies
from scenarios.cli_surrogates import surrogates
from scenarios.cli_views import views
from scenarios.cli_words import JsonOption, SetOption, Text, examples
from scenarios.ends import Commands
from scenarios.options import OptionError

__all__ = ["app", "main"]


app = typer.Typer(
    cls=Commands,
    name="linetwin",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "linetwin init line.toml",
        "linetwin check line.toml",
        'linetwin run line.toml --horizon "8 h" --warmup "1 h" --replications 64',
    ),
)

Line = Annotated[str, typer.Argument(metavar="LINE", help="A line file, or the name of a line in the library.")]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

        try:
            typer.echo(f"linetwin {version('linetwin')}")
        except PackageNotFoundError:
            typer.echo("linetwin, run from a folder without an installation")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def linetwin(
    context: typer.Context,
    _: Annotated[bool, typer.Option("--version", is_eager=True, callback=_version, help="Show the version.")] = False,
) -> None:
    """A digital twin of a production line: describe it in one file, simulate it part by part, see its figures."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command(epilog=examples("linetwin init", "linetwin init plant/press-shop.toml", "linetwin init line.toml --force"))
def init(
    path: Annotated[str, typer.Argument(metavar="PATH", help="The file to write.")] = "line.toml",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a commented line file to begin with."""
    from scenarios.init_command import init as begin  # noqa: PLC0415

    begin(path, force=force)


@app.command(
    epilog=examples(
        "linetwin check line.toml",
        "linetwin check housing --json housing.json",
        "linetwin check --schema line.schema.json",
    )
)
def check(
    line: Annotated[
        Text,
        typer.Argument(
            metavar="LINE", help="A line file, or a name in the library; without it, the library is listed."
        ),
    ] = None,
    json: JsonOption = None,
    schema: Annotated[
        Text,
        typer.Option(
            "--schema", metavar="FILE", help="Write the JSON Schema of line files, for editors; - is standard output."
        ),
    ] = None,
) -> None:
    """Say what a line is, which station is the bottleneck, and which figures it cannot know yet."""
    from scenarios import check_command  # noqa: PLC0415

    if schema is not None:
        if line is not None or json is not None:
            raise OptionError("--schema stands alone: it is the same for every line. Leave LINE and --json out.")
        check_command.write_schema(schema)
    elif line is None:
        if json is not None:
            raise OptionError(
                "--json needs a line to describe. Add LINE, e.g. linetwin check reference --json out.json."
            )
        check_command.library()
    else:
        check_command.check(line, json)


@app.command(name="list", epilog=examples("linetwin list", "linetwin check housing"))
def list_lines() -> None:
    """List the lines that ship with linetwin."""
    from scenarios.check_command import library  # noqa: PLC0415

    library()


@app.command(
    epilog=examples(
        'linetwin run reference --horizon "8 h"',
        'linetwin run line.toml --horizon "8 h" --warmup "1 h" --json out.json',
        "linetwin run line.toml --parts 5000 --warmup-parts 500 --trace visits.parquet",
        'linetwin run line.toml --horizon "24 h" --profile load.csv --profile-period "15 min"',
        'linetwin run reference --horizon "8 h" --set S1.process.time.mean="0.9 s"',
        'linetwin run reference --horizon "8 h" --set S2.buffer=6 --set S3.buffer=6',
        'linetwin run line.toml --horizon "8 h" --advise',
        'linetwin run housing --horizon "24 h" --report',
        'linetwin run learned.toml --horizon "8 h" --draws 20',
    )
)
def run(
    line: Line,
    horizon: Annotated[
        Text, typer.Option(metavar="TIME", help='Run by time: its end, warm-up included, e.g. "8 h".')
    ] = None,
    warmup: Annotated[
        Text, typer.Option(metavar="TIME", help='Time before the measured window, e.g. "1 h"; zero without it.')
    ] = None,
    parts: Annotated[
        Text, typer.Option(metavar="N", help="Run by parts instead: until N good parts have left.")
    ] = None,
    warmup_parts: Annotated[
        Text, typer.Option(metavar="N", help="Good parts before the measured window; none without it.")
    ] = None,
    replications: Annotated[
        str, typer.Option(metavar="N", help="Independent repetitions; they give the 95 % intervals.")
    ] = "16",
    seed: Annotated[
        str, typer.Option(metavar="N", help="Of all random numbers: the same seed, the same result.")
    ] = "0",
    json: JsonOption = None,
    trace: Annotated[Text, typer.Option(metavar="FILE", help="Write all visits as a Parquet file.")] = None,
    profile: Annotated[
        Text, typer.Option(metavar="FILE", help="Write the load profile, as .csv or .parquet by the name of the file.")
    ] = None,
    profile_period: Annotated[
        Text, typer.Option(metavar="TIME", help='Length of its periods; "1 min" without it.')
    ] = None,
    changes: SetOption = None,
    stations: Annotated[
        Text, typer.Option(metavar="A,B", help="Show only these stations, and keep only their visits in --trace.")
    ] = None,
    advise: Annotated[bool, typer.Option("--advise", help="Suggest a warm-up and a number of replications.")] = False,
    report: Annotated[
        bool, typer.Option("--report", help="Show the morning report, on one screen, instead of the tables.")
    ] = False,
    page: Annotated[
        Text, typer.Option(metavar="FILE", help="Where the page that plays the first replication goes; LINE.html.")
    ] = None,
    no_page: Annotated[bool, typer.Option("--no-page", help="Write none.")] = False,
    draws: Annotated[
        Text,
        typer.Option(metavar="N", help="Run the line with N sets of numbers that its log allows, too: how sure is it?"),
    ] = None,
    surrogates: Annotated[
        bool,
        typer.Option("--surrogates", help="Networks in place of solvers, where one ships that fits and is faster."),
    ] = False,
    all_surrogates: Annotated[
        bool, typer.Option("--all-surrogates", help="The same, also where the network is slower.")
    ] = False,
) -> None:
    """Simulate a line and show its figures with 95 % intervals."""
    from scenarios import run_command  # noqa: PLC0415

    run_command.run(
        run_command.RunOptions(
            line,
            horizon,
            warmup,
            parts,
            warmup_parts,
            replications,
            seed,
            json=json,
            trace=trace,
            profile=profile,
            profile_period=profile_period,
            changes=changes or (),
            stations=stations,
            advise=advise,
            report=report,
            page=page,
            no_page=no_page,
            surrogates=surrogates,
            all_surrogates=all_surrogates,
            draws=draws,
        )
    )


app.add_typer(surrogates)
app.add_typer(logs)
app.add_typer(studies)
app.add_typer(views)


def main() -> None:
    """The program `linetwin`."""
    gc.set_threshold(
        200_000, 50, 50
    )  # JAX makes millions of small objects that stay: looking through them costs a fifth
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a character that the terminal cannot show is no reason to fail
            stream.reconfigure(errors="replace")
    app()


if __name__ == "__main__":
    main()
