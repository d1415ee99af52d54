"""The command about a plant's records: `linetwin join`."""

from __future__ import annotations

from typing import Annotated

import typer

from scenarios.cli_words import Text, Texts, examples

__all__ = ["logs"]

logs = typer.Typer()


@logs.command(
    epilog=examples(
        "linetwin join moulding.csv screws.csv --key part --out joined.parquet",
        "linetwin join mould.csv screw.csv --key 'id=code~.{6}$' --out both.parquet",
        "linetwin join a.csv b.csv --key part --time day+hour=stamp --out ab.parquet",
        "linetwin join a.csv b.csv c.csv --key part --out all.parquet --report gaps.csv",
        "linetwin join mould=a.csv b.csv --key part --only b.trial=s06 --out ab.parquet",
    )
)
def join(
    files: Annotated[
        list[str],
        typer.Argument(metavar="UPSTREAM... DOWNSTREAM", help="Records of each station, CSV or Parquet: [NAME=]FILE."),
    ],
    key: Annotated[
        list[str],
        typer.Option(
            metavar="UP=DOWN", help="Columns with the part's id; COLUMN~REGEX cuts it. One for all UPSTREAM, or each."
        ),
    ],
    out: Annotated[str, typer.Option(metavar="FILE", help="Write the joined table, .parquet.")],
    time: Annotated[
        Texts, typer.Option(metavar="UP=DOWN", help="Columns with the time; DAY+TIME where there are two.")
    ] = None,
    only: Annotated[
        Texts, typer.Option(metavar="NAME.COLUMN=VALUE", help="Take these rows of a station only; repeatable.")
    ] = None,
    report: Annotated[
        Text, typer.Option(metavar="FILE", help="Write every record that is not joined, and why, as CSV.")
    ] = None,
) -> None:
    """Join the records of stations by part id, and say what did not match.

    Each row is a record of DOWNSTREAM beside what was done to its part UPSTREAM;
    its columns are NAME.COLUMN, NAME that of the file unless it is given. Of
    several records of a part upstream the last one before DOWNSTREAM counts,
    which takes --time; a later one shows a wrong clock. 004900 is part 4900.
    """
    from scenarios import join_command  # noqa: PLC0415

    join_command.join(join_command.JoinOptions(files, key, out, time or (), only or (), report))
