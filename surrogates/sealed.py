"""A sealed file: a zip whose manifest names the sha256 of every member, and whose seal is that of the manifest."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from twin.store import plain

__all__ = ["MANIFEST", "SEAL", "Kind", "Sealed", "arrays_in", "as_bytes", "seal", "unseal"]

MANIFEST, SEAL = "manifest.json", "manifest.sha256"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNREADABLE = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, OSError, RuntimeError, EOFError)


class Kind(NamedTuple):
    """What a sealed file is.

    Attributes:
        name: e.g. "linetwin surrogate".
        schema: version of the format.
        remedy: what to do about one that cannot be read, for messages.
    """

    name: str
    schema: int
    remedy: str


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


def seal(kind: Kind, manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """A sealed file; the same content makes the same bytes.

    The seal stands beside the manifest as `sha256sum --check` reads it.

    Args:
        kind: of the file.
        manifest: what it says of itself, JSON; "kind", "schema", and "sha256" of the members are added.
        files: the members, name -> bytes.
    """
    named = {"kind": kind.name, "schema": kind.schema, **manifest}
    sums = {name: _sum(data) for name, data in files.items()}
    told = json.dumps(plain(named | {"sha256": sums}), indent=1, allow_nan=False).encode()
    mark = f"{_sum(told)}  {MANIFEST}\n".encode()
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {MANIFEST: told, SEAL: mark, **files}.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    return whole.getvalue()


def unseal(kind: Kind, content: bytes, name: str) -> Sealed:
    """What is in a sealed file, once its members are what the manifest says and the manifest is what the seal says.

    Args:
        kind: that it has to be.
        content: bytes of the file.
        name: of the file, for messages.

    Raises:
        ValueError: it is no sealed file, of another kind or format, or a member is damaged, missing, twice there or one
            too many.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            files = {part: archive.read(part) for part in names}
        told, mark = files.pop(MANIFEST), files.pop(SEAL)
        manifest = json.loads(told)
        sums = dict(manifest["sha256"])
    except _UNREADABLE as fault:
        raise ValueError(f"{name!r} is no {kind.name}, or damaged: {fault}. {kind.remedy}") from fault
    if mark.split()[:1] != [_sum(told).encode()]:
        raise ValueError(f"{name!r} is damaged: {MANIFEST} is not what its seal says. {kind.remedy}")
    if len(names) != len(set(names)) or set(files) != set(sums):
        odd = sorted(set(files) ^ set(sums)) or sorted({part for part in names if names.count(part) > 1})
        raise ValueError(
            f"{name!r} is damaged: {', '.join(odd)} is not there once, as the manifest says. {kind.remedy}"
        )
    for part, data in files.items():
        if _sum(data) != sums[part]:
            raise ValueError(f"{name!r} is damaged: {part} is not what the manifest says. {kind.remedy}")
    if (manifest.get("kind"), manifest.get("schema")) != kind[:2]:
        found = f"a {manifest.get('kind')!r}, format {manifest.get('schema')!r}"
        raise ValueError(f"{name!r} is {found}; this reads a {kind.name!r}, format {kind.schema}. {kind.remedy}")
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
