"""From a fault somewhere in a line file to one line of text that names the place."""

from __future__ import annotations

from datetime import date, time
from numbers import Integral, Real
from typing import Any

from pydantic import ValidationError

from twin.errors import LineError, RuleError, one_line, shown

__all__ = ["complaint", "first_complaint", "plain"]

DEEPEST = 20

_ITEMS = {"station", "product", "shift", "failure", "maintenance", "machine", "scenario", "sweep", "budget"}
"""Lists whose items have a name or number in messages."""

_GENERIC = {
    "list_type": ("a list is expected", "Write it in brackets, e.g. [ … ]"),
    "dict_type": ("a table is expected", "Write it as { key = value }"),
    "model_type": ("a table is expected", "Write it as { key = value }"),
}


def complaint(file: str, fault: RuleError, tables: Any = None, path: tuple[str | int, ...] = ()) -> LineError:
    """The error for a fault.

    Args:
        file: name of the line file as it stands in the message.
        fault: rule and remedy.
        tables: the content of the file, to find names and the value.
        path: keys from the top of the file to where the fault was raised.

    Returns:
        A `LineError` such as "line.toml: station 'S1': buffer is -1; a buffer holds zero or more parts. Use 0."
    """
    labels, keys, value = _walk(tables, path, fault.path)
    if fault.subject is not None:
        labels += [keys] if keys else []
        subject = fault.subject
    else:
        subject = f"{keys or (labels.pop() if labels else 'the file')} is {shown(value)}"
    place = "".join(f"{one_line(label)}: " for label in [file, *labels])
    return LineError(one_line(f"{place}{subject}; {fault.rule}. {fault.remedy}."))


def _walk(node: Any, path: tuple[str | int, ...], rest: tuple[str | int, ...]) -> tuple[list[str], str, Any]:
    """Labels of the tables passed ("station 'S1'"), the dotted key from the last of them, and the value there.

    Steps of `path` that are not in the file (a single table read as a list, the family of a distribution) are left
    out; the steps of `rest` are all there or missing in truth.
    """
    labels: list[str] = []
    keys = ""
    for place, step in enumerate((*path, *rest)):
        if isinstance(step, int):
            if not isinstance(node, list) or step >= len(node):
                continue
            node = node[step]
            if keys in _ITEMS:
                name = node.get("name") if isinstance(node, dict) else None
                labels.append(f"{keys} {shown(name) if isinstance(name, str) else step + 1}")
                keys = ""
            else:
                keys += f"[{step + 1}]"
        elif isinstance(node, dict) and step in node:
            node = node[step]
            keys += f".{step}" if keys else step
        elif place >= len(path):
            node = None
            keys += f".{step}" if keys else step
    return labels, keys, node


def first_complaint(file: str, error: ValidationError, tables: Any) -> LineError:
    """The error for the first thing that pydantic found."""
    details = error.errors(include_url=False, include_context=True)[0]
    raised = details.get("ctx", {}).get("error")
    if isinstance(raised, RuleError):
        fault = raised
    else:
        rule, remedy = _GENERIC.get(details["type"], (details["msg"], "Correct it as docs/line-file.md says"))
        fault = RuleError(rule, remedy)
    return complaint(file, fault, tables, details["loc"])


def plain(value: Any, path: tuple[str | int, ...] = ()) -> Any:
    """A copy of TOML content made of dict, list and plain values only.

    Raises:
        RuleError: when something is in it that TOML cannot hold, or it is nested too deep (or contains itself).
    """
    if len(path) > DEEPEST:
        subject = f"tables are nested more than {DEEPEST} deep"
        raise RuleError("a line file is at most a few levels deep", "Remove a level", subject=subject, path=path[:1])
    if isinstance(value, dict):
        copied = {}
        for key, entry in value.items():
            if not isinstance(key, str) or not key.isprintable() or len(key) > 200:
                remedy = "Rename the key"
                raise RuleError(
                    "keys are short texts on one line", remedy, subject=f"{shown(key)} is no key", path=path
                )
            copied[key] = plain(entry, (*path, key))
        return copied
    if isinstance(value, list | tuple):
        return [plain(entry, (*path, place)) for place, entry in enumerate(value)]
    if value is None or isinstance(value, str | bool | int | float | date | time):
        return value
    if isinstance(value, Real):  # numbers of numpy
        return int(value) if isinstance(value, Integral) else float(value)
    subject = f"{shown(value)} is in the description"
    raise RuleError(
        "it holds tables, lists, texts, numbers, dates and times", "Use one of these", subject=subject, path=path
    )
