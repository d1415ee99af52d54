"""Files that a command writes: tried before the long work, whole or not there afterwards."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from scenarios.options import OptionError

__all__ = ["STDOUT", "check_output", "check_outputs", "save", "save_json"]

STDOUT = "-"
"""Stands for standard output in place of a file."""


def check_outputs(outputs: Mapping[str, str | None], inputs: Mapping[str, str | None]) -> None:
    """Check that every file can be written before any work is done, and that none overwrites another or an input.

    Args:
        outputs: option -> path, None where the option was not given.
        inputs: what the command reads, e.g. "LINE" -> "line.toml"; names that are no files do no harm.

    Raises:
        OptionError: when a file cannot be written.
    """
    taken = {Path(path).resolve(): what for what, path in inputs.items() if path and _is_there(path)}
    for option, path in outputs.items():
        if path is None or path == STDOUT:
            continue
        check_output(option, path)
        other = taken.setdefault(Path(path).resolve(), option)
        if other != option:
            raise OptionError(
                f"{option} and {other} name the same file {_shown(path)}; each needs its own. Rename one."
            )


def check_output(option: str, path: str) -> None:
    """Check that a file can be written, by making a temporary one beside it.

    Raises:
        OptionError: when it cannot.
    """
    if not path.strip() or "\0" in path:
        raise OptionError(f"{option} is {_shown(path)}; it is the name of a file to write. Give one.")
    try:
        target = Path(path).resolve()
        if target.is_dir():
            raise OptionError(
                f"{option}: {_shown(path)} is a folder; it is the name of a file to write. Add a file name."
            )
        if not target.parent.is_dir():
            raise OptionError(
                f"{option}: there is no folder {_shown(target.parent)}. Create it, or choose another one."
            )
        if target.exists() and not target.is_file():
            raise OptionError(f"{option}: {_shown(path)} is no ordinary file and is not replaced. Choose another name.")
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", suffix=".part") as probe:
            probe.write(b" " * 65536)  # a full disk lets an empty file pass
    except (OSError, RuntimeError) as fault:
        raise _unwritable(option, path, fault) from None


def save(option: str, path: str, write: Callable[[Path], object]) -> None:
    """Write a file with a function that takes its path and leaves it whole or not there.

    Raises:
        OptionError: when it cannot be written.
    """
    try:
        write(Path(path).resolve())  # behind a link, the file that it leads to is replaced, not the link
    except OSError as fault:
        raise _unwritable(option, path, fault) from None


def save_json(option: str, path: str, data: Any) -> None:
    """Write JSON to a file, or to standard output for "-".

    Raises:
        OptionError: when it cannot be written.
    """
    from twin.store import plain, write_json  # noqa: PLC0415  twin needs jax, which takes a second to start

    if path == STDOUT:
        sys.stdout.write(json.dumps(plain(data), indent=2, allow_nan=False) + "\n")
    else:
        save(option, path, lambda file: write_json(file, data))


def _is_there(path: str) -> bool:
    """Whether there is such a file; a name that is too long, or nonsense, names none."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def _unwritable(option: str, path: str, fault: Exception) -> OptionError:
    """What to say of a file that cannot be written."""
    reason = " ".join((getattr(fault, "strerror", None) or str(fault) or type(fault).__name__).lower().split())
    return OptionError(f"{option}: {_shown(path)} cannot be written ({reason}). Choose another place.")


def _shown(path: str | Path) -> str:
    """A path in a message, on one line and of bounded length."""
    text = "".join(char if char.isprintable() else "?" for char in str(path))
    return f"'{text if len(text) <= 200 else '…' + text[-200:]}'"
