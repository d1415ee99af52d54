"""`linetwin check`: what a line is, what it could make, and what it leaves unknown, on one screen."""

from __future__ import annotations

from typing import Any

from scenarios.outputs import STDOUT, check_output, check_outputs, save_json

__all__ = ["check", "library", "write_schema"]


def check(line: str, json: str | None) -> None:
    """Load a line and describe it.

    Args:
        line: a file, or the name of a line in the library.
        json: where to write the same as JSON, or None.

    Raises:
        LineError: a line that cannot be read or simulated.
        OptionError: an output that cannot be written.
    """
    check_outputs({"--json": json}, {"LINE": line})
    from scenarios.compiled import prepare_jax  # noqa: PLC0415  jax takes half a second

    prepare_jax()
    from scenarios.capacity import capacities  # noqa: PLC0415
    from scenarios.missing import missing  # noqa: PLC0415
    from scenarios.summary import describe, show  # noqa: PLC0415
    from scenarios.tables import say  # noqa: PLC0415
    from twin.spec import load_line  # noqa: PLC0415
    from twin.support import refuse_unsupported  # noqa: PLC0415

    found = load_line(line)
    refuse_unsupported(found)
    able, lacking = capacities(found), missing(found)
    if json:
        save_json("--json", json, describe(found, able, lacking))
    if json != STDOUT:
        show(found, able, lacking)
        if json:
            say(f"Wrote {json}")


def library() -> None:
    """List the lines that ship."""
    from scenarios.tables import console, say, table  # noqa: PLC0415
    from twin.spec import library_lines  # noqa: PLC0415

    rows = []
    for name, file in library_lines().items():
        head = file.read_text(encoding="utf-8").partition("\n")[0]
        rows.append((name, head.lstrip("# ")))
    console().print(table("Lines of the library", ("name", "what it is"), rows, left=(0, 1)))
    say("Use a name in place of a file: linetwin check reference")


def write_schema(path: str) -> None:
    """Write the JSON Schema of line files.

    Raises:
        OptionError: the file cannot be written.
    """
    if path != STDOUT:
        check_output("--schema", path)
    from twin.spec import json_schema  # noqa: PLC0415

    schema: dict[str, Any] = json_schema()
    save_json("--schema", path, schema)
    if path != STDOUT:
        from scenarios.tables import say  # noqa: PLC0415

        say(f"Wrote {path}")
