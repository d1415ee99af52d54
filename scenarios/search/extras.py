"""Libraries that searches may use and Linetwin does not need."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

__all__ = ["needed"]


def needed(module: str, method: str) -> ModuleType:
    """A module of the extra `search`.

    Raises:
        ValueError: it is not installed; the message tells the command.
    """
    try:
        return import_module(module)
    except ImportError as fault:
        raise ValueError(
            f"the method '{method}' needs {module.partition('.')[0]}, which is not installed; "
            "the methods gradient and integers need nothing more. Install it with: pip install linetwin[search]"
        ) from fault
