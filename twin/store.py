"""Files that are whole or not there, and what a result says about where it came from."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import platform
import tempfile
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

Content = str | bytes | Callable[[Path], None]


def write_atomic(path: str | Path, content: Content) -> Path:
    """Write a file so that it appears complete or not at all, even when the program is killed meanwhile.

    The content goes to a temporary file in the same folder, is synced, and then takes the name.

    Args:
        path: of the file; what is there is replaced.
        content: text (written as UTF-8), bytes, or a function that writes the file whose path it is given.

    Returns:
        The path.

    Raises:
        OSError: the folder does not exist or cannot be written; nothing is left behind.
    """
    path = Path(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    part = Path(name)
    try:
        if callable(content):
            content(part)
        else:
            part.write_bytes(content.encode() if isinstance(content, str) else content)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return path


def write_json(path: str | Path, data: Any) -> Path:
    """Write JSON, whole or not at all; what is not a finite number becomes null."""
    return write_atomic(path, json.dumps(plain(data), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def plain(data: Any) -> Any:
    """The same data in the words of JSON: tables, lists, texts, numbers, null for what is not a finite number.

    Example:
        >>> plain({"a": (1, np.float64("nan"))})
        {'a': [1, None]}
    """
    if isinstance(data, Mapping):
        return {str(key): plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [plain(item) for item in data]
    if hasattr(data, "tolist"):
        return plain(data.tolist())
    if isinstance(data, float) and not math.isfinite(data):
        return None
    return data


def line_hash(line: Any, values: Mapping[str, Any] | None = None) -> str:
    """Name of a line by its content: sha256 of everything it says, independent of the order of its tables' keys.

    Fields that the description got later (`twin.line.ADDED`) count only where they are used; those on which nothing in
    a run depends (`twin.line.SHOWN`) never do.

    Args:
        line: the description.
        values: numbers that replaced those of the line in a run, by path; they belong to what was run.
    """
    said = [_canonical(line), {path: plain(np.asarray(value, float)) for path, value in sorted((values or {}).items())}]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _canonical(item: Any) -> Any:
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        fields = [f for f in dataclasses.fields(item) if not _unused(item, f)]
        return {f.name: _canonical(getattr(item, f.name)) for f in fields} | {"": type(item).__name__}
    if isinstance(item, Mapping):
        return {repr(key): _canonical(value) for key, value in item.items()}
    if isinstance(item, list | tuple):
        return [_canonical(value) for value in item]
    if item is None or isinstance(item, bool | str):
        return item
    return repr(float(item)) if isinstance(item, int | float | np.number) else str(item)


def _unused(item: Any, field: Any) -> bool:
    """Whether a field came later than the first hashes (`twin.line.ADDED`) and is not used, or is only shown."""
    if "hashed" not in field.metadata:
        return False
    if field.metadata["hashed"] == "never":
        return True
    default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    return getattr(item, field.name) == default


def versions() -> dict[str, str]:
    """Versions of what a result depends on."""
    found = {"python": platform.python_version()}
    for name in ("linetwin", "jax", "numpy"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # run from a folder, without an installation
            found[name] = "unknown"
    return found


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """Make the new name last; there is no such thing on Windows."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
