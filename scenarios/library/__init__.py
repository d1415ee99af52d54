"""Lines that ship with linetwin: `linetwin run reference` reads one by its name."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable

__all__ = ["line_file", "line_names"]


def line_names() -> list[str]:
    """Names of the lines that ship, in alphabetical order.

    Example:
        >>> line_names()
        ['bottling', 'housing', 'housing_section', 'reference']
    """
    return sorted(file.name.removesuffix(".toml") for file in files(__name__).iterdir() if file.name.endswith(".toml"))


def line_file(name: str) -> Traversable:
    """The file of a line that ships.

    Raises:
        KeyError: when none has that name; the message lists the names there are.

    Example:
        >>> line_file("reference").read_text(encoding="utf-8").count("[[station]]")
        5
    """
    if name not in line_names():
        raise KeyError(f"no line {name!r} in the library; it has {', '.join(line_names())}")
    return files(__name__) / f"{name}.toml"
