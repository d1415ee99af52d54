"""Which kind of log a file is: stops of a machine, states of machines, or visits of parts."""

from __future__ import annotations

from collections.abc import Mapping

from scenarios.options import OptionError

__all__ = ["KINDS", "kind_of"]

KINDS = ("stops", "states", "visits")


def kind_of(path: str, columns: Mapping[str, str], given: str | None) -> str:
    """The kind of a log, as a person says, else by its columns: a part's id tells visits, a state tells states.

    Args:
        path: the log.
        columns: role -> column, as a person says.
        given: what `--kind` says, or None.

    Raises:
        OptionError: when `given` is no kind.
        LogError: when the file cannot be read.
    """
    if given is not None:
        if given not in KINDS:
            raise OptionError(f"--kind is '{given[:60]}'; it is one of {', '.join(KINDS)}. Use one of these.")
        return given
    from twin.calibrate.errors import LogError  # noqa: PLC0415  twin takes half a second
    from twin.eventlog.opening import open_log  # noqa: PLC0415
    from twin.eventlog.roles import roles_of  # noqa: PLC0415

    file = open_log(path)
    try:
        if file.kind == "xes" or "case" in columns or "case" in roles_of(file, ("case",)):
            return "visits"
        found = roles_of(file, ("state", "start", "complete"), {k: v for k, v in columns.items() if k == "state"})
        return "states" if {"state", "start"} <= set(found) else "stops"
    except LogError:
        return "stops"  # its reader says what is wrong
