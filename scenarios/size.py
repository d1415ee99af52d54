"""How much a run will need, from the line's capacity: refused before it begins rather than stopped by the system."""

from __future__ import annotations

import os
from pathlib import Path

from scenarios.capacity import HOUR, capacities, open_share, source_rate
from scenarios.options import OptionError
from twin.line import Line

__all__ = ["check_memory", "check_size", "free_memory", "visits_of"]

MOST_VISITS = 2**31 - 1
"""Visits of one station in one replication; they are counted in 32 bits."""

_CHUNK = 256
_BYTES = (100, 500)
_BYTES_WITH_FAILURES = (2000, 3000)
"""Per row of a chunk while it runs, and per visit that is kept: measured on "reference" and "housing", rounded down."""


def check_size(line: Line, *, horizon: float | None, parts: int | None, replications: int, visits: bool) -> None:
    """Check that a run can be counted and fits the memory.

    Args:
        line: what is run.
        horizon: length of a run by time [s], or None.
        parts: good parts of a run by parts, or None.
        replications: how many.
        visits: whether the visits are kept.

    Raises:
        OptionError: when it does not.
    """
    each = visits_of(line, horizon, parts)
    if each > MOST_VISITS:
        option = "--horizon" if horizon is not None else "--parts"
        rule = f"a station would make about {each:.1g} visits, and {MOST_VISITS:.1g} can be counted"
        raise OptionError(f"{option} is too long: {rule}. Use a shorter run and more --replications.")
    stations = len(line.stations)
    steps = max(_CHUNK, 2 * sum(station.machines for station in line.stations))
    row, visit = _BYTES_WITH_FAILURES if any(station.failures for station in line.stations) else _BYTES
    need = stations * replications * (steps * row + (each * visit if visits else 0))
    kept = ", a shorter run, or none of --trace, --profile, --report and --advise" if visits else ""
    check_memory(need, "the run", f"Use fewer --replications{kept}")


def check_memory(need: float, what: str, remedy: str) -> None:
    """Check that so many bytes are free.

    Raises:
        OptionError: when they are not; it says what needs them and the remedy.
    """
    free = free_memory()
    if free is not None and need > free:
        raise OptionError(
            f"{what} needs about {_gigabytes(need)} of memory, and {_gigabytes(free)} are free. {remedy}."
        )


def free_memory() -> int | None:
    """Bytes of memory that are free for this program; None where the system does not say."""
    found = []
    try:
        rows = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        found += [1024 * int(row.split()[1]) for row in rows if row.startswith("MemAvailable:")]
        group = Path("/sys/fs/cgroup")  # the limit of a container, version 2
        limit = (group / "memory.max").read_text(encoding="ascii").strip()
        if limit != "max":
            found.append(int(limit) - int((group / "memory.current").read_text(encoding="ascii")))
    except (OSError, ValueError, IndexError):
        pass
    if not found and hasattr(os, "sysconf"):
        try:
            found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
        except (OSError, ValueError):
            return None
    return max(0, min(found)) if found else None


def visits_of(line: Line, horizon: float | None, parts: int | None) -> float:
    """About how many visits the first station makes in a replication, at most."""
    slowest = min(capacities(line), key=lambda capacity: capacity.good)
    share = slowest.good / slowest.visits if slowest.visits else 1.0
    if parts is not None:
        return parts / max(share, 1e-3)
    rate = min(slowest.visits, source_rate(line) or float("inf")) * open_share(line) / max(share, 1e-3)
    return rate * (horizon or 0.0) / HOUR


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
