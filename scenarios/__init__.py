"""What to ask of a line: what-if, sweep, optimise, control; the command line sits here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scenarios.report import morning_report

__all__ = ["morning_report"]


def __getattr__(name: str) -> Any:
    """Public names, imported when they are asked for: the command line shows its help without waiting for JAX."""
    if name not in __all__:
        raise AttributeError(f"module 'scenarios' has no attribute {name!r}")
    from scenarios.report import morning_report  # noqa: PLC0415

    return morning_report
