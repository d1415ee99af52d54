"""What to ask of a line: what-if, sweep, optimise, control; the command line sits here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scenarios.optimise import optimise
    from scenarios.report import morning_report
    from scenarios.study import Study, load_study

__all__ = ["Study", "load_study", "morning_report", "optimise"]

_HOMES = {"Study": "study", "load_study": "study", "morning_report": "report", "optimise": "optimise"}


def __getattr__(name: str) -> Any:
    """Public names, imported when they are asked for: the command line shows its help without waiting for JAX."""
    if name not in _HOMES:
        raise AttributeError(f"module 'scenarios' has no attribute {name!r}")
    return getattr(import_module(f"scenarios.{_HOMES[name]}"), name)
