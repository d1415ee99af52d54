"""Commands about a plant's own records: `linetwin calibrate`, `validate` and `join`."""

from __future__ import annotations

from typing import Annotated

import typer

from scenarios.cli_words import JsonOption, Text, Texts, examples

__all__ = ["logs"]

logs = typer.Typer()


ColumnOption = Annotated[
    Texts, typer.Option("--column", metavar="ROLE=NAME", help="Column of an event log, where its name does not say it.")
]
DateFormatOption = Annotated[
    Text, typer.Option(metavar="FORMAT", help="year-month-day, day.month.year or month/day/year; found out without it.")
]


@logs.command(
    epilog=examples(
        "linetwin calibrate visits.csv --output line.toml --report page.html",
        "linetwin calibrate visits.xes --output times.json --column product=variant",
        "linetwin calibrate visits.csv --line line.toml --unknown mill.buffer=0..8",
        "linetwin calibrate states.csv --alarms alarms.csv --report out.txt",
        "linetwin calibrate stops.csv --counts parts.csv --output line.toml",
        'linetwin calibrate stops.csv --planned "11:30-13:15, 40 min" --reason P1=',
    )
)
def calibrate(
    log: Annotated[
        str,
        typer.Argument(
            metavar="LOG", help="Visits of parts (CSV, Parquet, XES), states of machines, or stops of one machine."
        ),
    ],
    output: Annotated[
        Text, typer.Option(metavar="FILE", help="Write the line (.toml), or a model of visit times (.json).")
    ] = None,
    json: JsonOption = None,
    report: Annotated[
        Text, typer.Option(metavar="FILE", help="Write the report; of visits as a page with plots if it ends in .html.")
    ] = None,
    name: Annotated[str, typer.Option(metavar="TEXT", help="Name of the line.")] = "calibrated",
    draws: Annotated[
        Text, typer.Option(metavar="N", help="Draws behind the intervals: 200 of visits, 100 of stops, 50 of states.")
    ] = None,
    seed: Annotated[str, typer.Option(metavar="N", help="Of the random numbers.")] = "0",
    kind: Annotated[
        Text, typer.Option(metavar="KIND", help="visits, states or stops, where the columns do not tell.")
    ] = None,
    column: ColumnOption = None,
    date_format: DateFormatOption = None,
    alarms: Annotated[Text, typer.Option(metavar="FILE", help="States: log of alarms, which name failures.")] = None,
    machine: Annotated[
        Texts, typer.Option(metavar="NAME", help="States: this machine only; with --output the one it is of.")
    ] = None,
    state: Annotated[
        Texts, typer.Option(metavar="WORD=MEANING", help="States: run, stop, ready, planned or unknown.")
    ] = None,
    program: Annotated[
        Text, typer.Option(metavar="NAME", help="States: program whose cycle time the line of --output has.")
    ] = None,
    zone: Annotated[
        Text, typer.Option(metavar="ZONE", help='States in UTC: local zone for the shifts, e.g. "Europe/Berlin".')
    ] = None,
    line: Annotated[
        Text, typer.Option(metavar="LINE", help="Visits: a line, of which --unknown is looked for in the log.")
    ] = None,
    unknown: Annotated[
        Texts,
        typer.Option(metavar="PATH=LOW..HIGH", help="Visits: a number that the log does not show; by simulating it."),
    ] = None,
    counts: Annotated[
        Text, typer.Option(metavar="FILE", help="Stops: CSV file of the parts made, e.g. by hour.")
    ] = None,
    windows: Annotated[
        Text, typer.Option(metavar="FILE", help="Stops: CSV file of the times that were recorded.")
    ] = None,
    station: Annotated[str, typer.Option(metavar="TEXT", help="Stops: name of the station.")] = "machine",
    source: Annotated[
        str, typer.Option(metavar="TEXT", help="Stops: where the log comes from, for the line file.")
    ] = "",
    redate: Annotated[
        Texts, typer.Option(metavar="ROWS=DATE", help="Stops: move rows with a mistyped date: 12-18=2026-01-05.")
    ] = None,
    reason: Annotated[
        Texts, typer.Option(metavar="CODE=NAME", help="Stops: name of a reason code; empty for planned stops.")
    ] = None,
    planned: Annotated[Texts, typer.Option(metavar="TEXT", help='Stops: planned ones: "11:30-13:15, 40 min".')] = None,
    product: Annotated[
        Texts, typer.Option(metavar="CODE=NAME", help="Stops: name of a product of the counts in the line.")
    ] = None,
    step: Annotated[Text, typer.Option(metavar="TIME", help="Stops: step of the recorder's clock.")] = None,
    threshold: Annotated[Text, typer.Option(metavar="TIME", help="Stops: shortest stop that is recorded.")] = None,
    hidden: Annotated[
        str, typer.Option(metavar="WORD", help="Stops: shorter ones are left in the speed, or added to the stops.")
    ] = "speed",
) -> None:
    """Learn a line from the plant's own log, and say how sure every number is.

    What kind of log it is, its columns say: with a part's id it is one of visits,
    with a state one of machine states, else one of stops. Options that begin with
    "Stops:" or "States:" are for these logs alone.
    """
    from scenarios.log_command import LogOptions, calibrate_log  # noqa: PLC0415

    calibrate_log(
        LogOptions(
            log, output, json, report, name, draws, seed, kind, column or (), date_format, alarms, machine or (),
            state or (), program, zone, line, unknown or (), counts, windows, station, source, redate or (),
            reason or (), planned or (), product or (), step, threshold, hidden,
        )
    )  # fmt: skip


@logs.command(
    epilog=examples(
        "linetwin validate line.toml later.csv",
        "linetwin validate line.toml visits.csv --from 2026-01-12 --report page.html",
        "linetwin validate times.json later.csv --json out.json",
    )
)
def validate(
    model: Annotated[
        str, typer.Argument(metavar="LINE", help="A line, or a model of visit times from calibrate (.json).")
    ],
    log: Annotated[str, typer.Argument(metavar="LOG", help="Visits of later days: CSV, Parquet or XES.")],
    since: Annotated[
        Text, typer.Option("--from", metavar="DATE", help="Judge days from this one on; earlier ones fill the line.")
    ] = None,
    times: Annotated[
        Text, typer.Option(metavar="FILE", help="Of a line: its model of visit times, for the plain rules.")
    ] = None,
    draws: Annotated[str, typer.Option(metavar="N", help="Simulations of a line, each with other numbers.")] = "40",
    seed: Annotated[str, typer.Option(metavar="N", help="Of the random numbers.")] = "0",
    json: JsonOption = None,
    report: Annotated[
        Text, typer.Option(metavar="FILE", help="Write the report; as a page with plots if it ends in .html.")
    ] = None,
    column: ColumnOption = None,
    date_format: DateFormatOption = None,
) -> None:
    """Hold a line against days that it was not learned from: does it predict what was measured?

    Visit times, lead times, output, work in process and shares of time are told
    with intervals, and counted is how often these hold what was measured.
    """
    from scenarios.validate_command import ValidateOptions, validate  # noqa: PLC0415

    validate(ValidateOptions(model, log, since, times, draws, seed, json, report, column or (), date_format))


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
