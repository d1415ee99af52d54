"""What the commands of `linetwin` share: kinds of options, and examples below the help."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

__all__ = ["JsonOption", "SetOption", "Text", "Texts", "examples"]

Text = Optional[str]  # noqa: UP045  typer reads annotations when it starts
Texts = Optional[list[str]]  # noqa: UP045
JsonOption = Annotated[
    Text, typer.Option("--json", metavar="FILE", help="Write the result as JSON; - is standard output.")
]

SetOption = Annotated[
    Texts,
    typer.Option("--set", metavar="PATH=VALUE", help="Change the line, in the words of its file; repeatable."),
]


def examples(*lines: str) -> str:
    """Examples below the help, each on a line of its own."""
    return "\n".join(["[bold]Examples[/bold]", *lines])
