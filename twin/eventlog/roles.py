"""Which column of a log means what: as a person says, else by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from twin.calibrate.errors import LogError
from twin.errors import nearest, shown
from twin.eventlog.files import LogFile

__all__ = ["NAMES", "roles_of"]

NAMES: dict[str, tuple[str, ...]] = {
    "case": (
        "case id", "case concept name", "case", "part id", "part", "workpiece id", "workpiece", "serial number",
        "serial", "sn", "unit id", "piece", "item id", "item", "job id", "job", "order id", "order", "trace id",
    ),
    "station": ("station", "workstation", "work station", "work center", "workcenter", "org resource", "resource",
                "equipment", "machine id", "machine", "asset", "device"),
    "machine": ("machine", "machine id", "unit", "spindle", "head"),
    "activity": ("activity", "concept name", "operation", "task", "step", "process step", "service"),
    "product": ("product", "product type", "part type", "variant", "process model id", "workflow", "model", "material",
                "sku", "article", "type"),
    "scheduled": ("scheduled", "arrive", "arrival", "arrived", "arrival time", "queued", "enqueued", "ready",
                  "requested"),
    "start": ("start", "start time", "started", "start timestamp", "time start timestamp", "start utc", "begin",
              "begin time", "began"),
    "complete": ("complete", "end", "finish", "end time", "completed", "complete time", "finish time", "finished",
                 "end timestamp", "time complete timestamp", "end utc", "stop time", "completion"),
    "time": ("timestamp", "time timestamp", "event time", "datetime", "date time", "time", "time utc", "date"),
    "lifecycle": ("lifecycle transition", "lifecycle", "transition", "event type", "event"),
    "outcome": ("outcome", "result", "lifecycle state", "quality", "scrapped", "verdict", "ok", "status", "state"),
    "instance": ("event id", "concept instance", "instance", "activity instance", "visit id", "instance id"),
    "attempts": ("attempts", "tries"),
    "planned": ("planned operation time", "planned time", "planned duration", "planned", "target time",
                "standard time"),
    "replication": ("replication",),
    "state": ("state", "status", "execution", "machine state", "condition"),
    "level": ("level", "severity", "priority"),
    "alarm": ("alarm", "text", "message", "alarm text", "reason", "code", "item"),
    "program": ("program id", "program", "recipe", "job"),
    "mode": ("mode", "controller mode", "operating mode"),
    "missing": ("missing days inside", "missing days"),
}  # fmt: skip
"""What a column means -> names that say so, the most telling first; capitals and signs do not matter."""


def roles_of(
    log: LogFile,
    wanted: Sequence[str],
    columns: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The column of each role.

    Args:
        log: the log.
        wanted: roles, the most important first: a column goes to the first that it suits.
        columns: role -> column, as a person says; "" for none.

    Returns:
        Role -> column; roles without a column are missing.

    Raises:
        LogError: when `columns` names a role or a column that does not exist.
    """
    given = dict(columns or {})
    for role, name in given.items():
        if role not in wanted:
            near = nearest(role, wanted)
            remedy = f"Use {shown(near)}" if near else "Use one of these"
            rule = f"a column may be {', '.join(wanted)}"
            raise LogError(f"{log.name}: {shown(role)} is nothing that a column of this log can be; {rule}. {remedy}.")
        if name:
            log.column(name)
    found = {role: name for role, name in given.items() if name}
    free = {_plain(name): name for name in log.columns if name not in found.values()}
    for role in wanted:
        if role in given:
            continue
        match = next((name for known in NAMES[role] for name in (known, f"case {known}") if name in free), None)
        if match is not None:
            found[role] = free.pop(match)
    return found


def _plain(name: str) -> str:
    """A column's name in small letters, words divided by spaces.

    Example:
        >>> _plain("lifecycle:transition"), _plain("StartTime"), _plain("end_utc")
        ('lifecycle transition', 'start time', 'end utc')
    """
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.sub(r"[^a-z0-9]+", " ", name.lower()).strip()
