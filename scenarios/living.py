"""Whether a process is still there: by host, process id and the moment it was born."""

from __future__ import annotations

import os
import platform
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path

__all__ = ["born", "here", "is_gone"]

_PROC = Path("/proc")


@cache
def here() -> str:
    """Names this host until it starts anew: process ids of two processes of the same name are comparable.

    On Linux that is the name of the host, the id of this boot and the space of process ids (containers have their own);
    elsewhere the name of the host alone.
    """
    parts = [platform.node()]
    with suppress(OSError):
        parts += [(_PROC / "sys/kernel/random/boot_id").read_text().strip(), (_PROC / "self/ns/pid").readlink().name]
    return "/".join(parts)


def born(pid: int) -> str | None:
    """When a process began, as this system says it; "" when it is gone, None when this system cannot tell.

    A process id is used again after some time; with the beginning it names one process. A process that has ended and
    was not yet waited for by its parent is gone.

    Example:
        >>> born(os.getpid()) == born(os.getpid())
        True
    """
    if _PROC.joinpath("self/stat").exists():
        try:
            text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return ""
        fields = text.rpartition(")")[2].split()  # the name of the program, in brackets, may hold anything
        return "" if fields[0] in "ZXx" else fields[19]
    if os.name != "posix":
        return None
    try:
        found = subprocess.run(  # noqa: S603  a fixed program and a number
            ["/bin/ps", "-o", "stat=,lstart=", "-p", str(int(pid))],
            capture_output=True,
            check=False,
            env={"LC_ALL": "C"},
            text=True,
        )
    except OSError:
        return None
    state, _, began = found.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else began.strip()


def is_gone(host: str, pid: int, began: str) -> bool | None:
    """Whether a process has ended; None when that cannot be known: on another host, or where the system does not tell.

    Args:
        host: `here()` of that process.
        pid: its id.
        began: `born` of it, "" when it could not be told.

    Example:
        >>> is_gone(here(), os.getpid(), born(os.getpid()) or "")
        False
    """
    if host != here():
        return None
    now = born(pid)
    if now is None:
        return None
    return now != began
