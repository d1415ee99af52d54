"""A sealed file: a zip whose manifest names the sha256 of every member, and whose seal is that of the manifest."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from twin.store import plain, write_atomic

__all__ = ["MANIFEST", "SEAL", "Sealed", "arrays_in", "as_bytes", "seal", "unseal"]

MANIFEST, SEAL = "manifest.json", "manifest.sha256"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNREADABLE = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, OSError, RuntimeError, EOFError)


class Sealed(NamedTuple):
    """What was in a sealed file.

    Attributes:
        manifest: what it says of itself.
        files: members besides the manifest and its seal, name -> bytes.
        seal: sha256 of the manifest, which names the whole content.
    """

    manifest: dict[str, Any]
    files: dict[str, bytes]
    seal: str


def seal(path: str | Path, *, manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> Path:
    """Write a sealed file, whole or not at all; the same content makes the same bytes.

    The seal stands beside the manifest as `sha256sum --check` reads it.

    Args:
        path: of the file; what is there is replaced.
        manifest: what it says of itself, JSON; "sha256" of the members is added.
        files: the members, name -> bytes.

    Raises:
        OSError: the file cannot be written; nothing is left behind.
    """
    sums = {name: _sum(data) for name, data in files.items()}
    told = json.dumps(plain(dict(manifest) | {"sha256": sums}), indent=1, allow_nan=False).encode()
    mark = f"{_sum(told)}  {MANIFEST}\n".encode()
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {MANIFEST: told, SEAL: mark, **files}.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return write_atomic(path, whole.getvalue())


def unseal(path: str | Path, *, remedy: str) -> Sealed:
    """Read a sealed file, once its members are what the manifest says and the manifest is what the seal says.

    Args:
        path: of the file.
        remedy: what to do about one that is damaged, for messages.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no sealed file, or a member is damaged, missing, twice there or one too many.
    """
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            files = {name: archive.read(name) for name in names}
        told, mark = files.pop(MANIFEST), files.pop(SEAL)
        manifest = json.loads(told)
        sums = dict(manifest["sha256"])
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no file {str(path)!r}. {remedy}") from None
    except _UNREADABLE as fault:
        raise ValueError(f"{str(path)!r} is no bundle, or damaged: {fault}. {remedy}") from fault
    if mark.split()[:1] != [_sum(told).encode()]:
        raise ValueError(f"{str(path)!r} is damaged: {MANIFEST} is not what its seal says. {remedy}")
    if len(names) != len(set(names)) or set(files) != set(sums):
        odd = sorted(set(files) ^ set(sums)) or sorted({name for name in names if names.count(name) > 1})
        raise ValueError(
            f"{str(path)!r} is damaged: {', '.join(odd)} is not there once, as the manifest says. {remedy}"
        )
    for name, data in files.items():
        if _sum(data) != sums[name]:
            raise ValueError(f"{str(path)!r} is damaged: {name} is not what the manifest says. {remedy}")
    return Sealed(manifest, files, _sum(told))


def as_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Arrays as an npz file; the same arrays make the same bytes."""
    whole = io.BytesIO()
    np.savez(whole, allow_pickle=False, **arrays)  # type: ignore[arg-type]
    return whole.getvalue()


def arrays_in(data: bytes) -> dict[str, np.ndarray]:
    """The arrays of an npz file, without pickle.

    Raises:
        ValueError: it is no such file.
    """
    try:
        return dict(np.load(io.BytesIO(data), allow_pickle=False))
    except _UNREADABLE as fault:
        raise ValueError(f"it is no file of arrays: {fault}.") from fault


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
