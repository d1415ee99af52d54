"""The command about pictures: `linetwin view`."""

from __future__ import annotations

from typing import Annotated

import typer

from scenarios.cli_words import SetOption, Text, examples

__all__ = ["views"]

views = typer.Typer()


@views.command(
    epilog=examples(
        "linetwin view housing",
        'linetwin view line.toml --horizon "4 h" --at "90 min" --png line.png --colour utilisation',
        "linetwin view housing --compare mill.machines=4 --html mill.html",
        "linetwin view buffers --html buffers.html",
        "linetwin view housing --at 09:00 --until 09:20 --speed 20 --movie line.mp4 --size 1920x1080",
        "linetwin view housing --at 09:00 --until 09:10 --glb line.glb",
        "linetwin view visits.parquet --line line.toml",
    )
)
def view(
    what: Annotated[
        str,
        typer.Argument(metavar="LINE|STUDY|TRACE", help="A line or study, by file or name, or what run --trace wrote."),
    ],
    html: Annotated[
        Text, typer.Option(metavar="FILE", help="A page that plays the run; written without any output.")
    ] = None,
    png: Annotated[Text, typer.Option(metavar="FILE", help="A picture of one moment: .png, .jpg or .webp.")] = None,
    movie: Annotated[
        Text, typer.Option(metavar="FILE", help="A film: .mp4 (needs the extra video), .webp, .gif.")
    ] = None,
    glb: Annotated[Text, typer.Option(metavar="FILE", help="An animated GLB, for other programs.")] = None,
    usd: Annotated[Text, typer.Option(metavar="FILE", help="A USD stage: .usdc, .usda (needs the extra usd).")] = None,
    window: Annotated[bool, typer.Option("--window", help="Open a window in which the run plays.")] = False,
    at: Annotated[
        Text, typer.Option(metavar="TIME", help='Moment, or beginning of a film: "90 min" into the run, or "09:30".')
    ] = None,
    until: Annotated[
        Text, typer.Option(metavar="TIME", help="End of a film or GLB; half an hour later without it.")
    ] = None,
    speed: Annotated[str, typer.Option(metavar="X", help="Seconds of the line in a second of film.")] = "30",
    compare: Annotated[
        Text,
        typer.Option(metavar="WHAT", help="Side by side with PATH=VALUE, another line, or a scenario of the study."),
    ] = None,
    colour: Annotated[
        str, typer.Option(metavar="NAME", help="Of machines: state, utilisation, power, temperature, wear, scrap.")
    ] = "state",
    quality: Annotated[str, typer.Option(metavar="NAME", help="Of pictures: draft, smooth or final.")] = "final",
    size: Annotated[str, typer.Option(metavar="WxH", help="Of pictures, in pixels.")] = "1280x720",
    horizon: Annotated[Text, typer.Option(metavar="TIME", help='Length of the run; "8 h" of a line.')] = None,
    replication: Annotated[str, typer.Option(metavar="N", help="Which of the repetitions, from 0.")] = "0",
    seed: Annotated[Text, typer.Option(metavar="N", help="Of all random numbers.")] = None,
    line: Annotated[
        Text, typer.Option(metavar="LINE", help="The line of a TRACE, if it is not in the library.")
    ] = None,
    changes: SetOption = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """See a line at work: on a page, in a picture, a film, a file for other programs, or a window."""
    from scenarios import view_command  # noqa: PLC0415

    view_command.view(
        view_command.ViewOptions(
            what,
            html,
            png,
            movie,
            glb,
            usd,
            at,
            until,
            speed,
            compare,
            colour,
            quality,
            size,
            horizon,
            replication,
            seed,
            line,
            changes=changes or (),
            window=window,
            open_page=open_page,
        )
    )
