"""`linetwin init`: a commented line file to begin with."""

from __future__ import annotations

from pathlib import Path

from scenarios.options import OptionError
from scenarios.outputs import check_output, save

__all__ = ["init"]


def init(path: str, *, force: bool) -> None:
    """Write the starter.

    Args:
        path: of the file to write.
        force: whether a file that is there may be replaced.

    Raises:
        OptionError: the file is there already, or cannot be written.
    """
    check_output("PATH", path)
    if Path(path).exists() and not force:
        raise OptionError(f"PATH: '{path}' is there already and is not replaced. Use another name, or --force.")
    from scenarios.tables import console  # noqa: PLC0415
    from twin.spec import starter  # noqa: PLC0415  twin needs jax, which takes a second to start
    from twin.store import write_atomic  # noqa: PLC0415

    save("PATH", path, lambda file: write_atomic(file, starter()))
    out = console()
    out.print(f"Wrote {path}: a saw, two lathes, a washer, with comments.", soft_wrap=True)
    out.print(f"Next: linetwin check {path}", soft_wrap=True)
