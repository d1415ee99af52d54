"""A run folder: copies of the exact inputs, versions, settings and the command, so that any figure can be had again."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import getpid
from pathlib import Path
from typing import Any

from scenarios.inputs import named_files
from scenarios.work import SweepError

__all__ = ["RunFolder", "begin_run", "open_run", "read_run"]

_SCHEMA = 1
_ABOUT, _README, _INPUTS = "run.json", "README.txt", "inputs"

_TEXT = """\
A run folder of linetwin. It holds what was run, and what has been finished of it.

inputs/         the exact inputs, copied before the run began
run.json        their sha256 sums, settings, versions, the command
ledger.sqlite   finished blocks and their rows (SQLite)

To have the figures again, go to this folder and type

    {again}

with {versions}.
To go on after an interruption, type the command that began it, with --resume.
"""


@dataclass(frozen=True)
class RunFolder:
    """A run folder that is whole.

    Attributes:
        folder: where it is.
        about: what run.json says.
    """

    folder: Path
    about: Mapping[str, Any]

    @property
    def main(self) -> Path:
        """The copy of the study or line file."""
        return self.folder / _INPUTS / self.about["main"]

    def files(self) -> list[Path]:
        """What it was begun with: run.json and the copies."""
        return [self.folder / _ABOUT, *(self.folder / _INPUTS / name for name in self.about["inputs"])]

    @property
    def settings(self) -> Mapping[str, Any]:
        """What was chosen besides the files."""
        return self.about["settings"]

    @property
    def again(self) -> str:
        """The command that computes the same once more, from inside this folder."""
        return shlex.join(self.about["again"])

    @property
    def hash(self) -> str:
        """Names the work by its content: inputs, settings and versions."""
        named = {key: self.about[key] for key in ("inputs", "main", "settings", "versions")}
        return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()


def begin_run(
    folder: Path,
    main: Path,
    *,
    command: Sequence[str],
    settings: Mapping[str, Any] | None = None,
    resume: bool = False,
) -> RunFolder:
    """Make a run folder, whole or not at all; or, to go on, check that it holds the same work.

    Args:
        folder: to be made; its parent exists. An empty one is taken too.
        main: the study or line file; the files that it names are copied as well.
        command: words that compute the figures, e.g. ["linetwin", "whatif", "study.toml"]; where a word is `main`, the
            copy is put in its place.
        settings: what was chosen besides the files, e.g. {"seed": 0}; plain JSON.
        resume: whether the folder is there already.

    Raises:
        SweepError: the inputs cannot be copied, the folder is there (with `resume`: is not), or it holds other work.
    """
    place, files = named_files(main)
    sums = {name: _sum(file) for name, file in sorted(files.items())}
    again = [f"{_INPUTS}/{place}" if word == str(main) else word for word in command]
    about = {"schema": _SCHEMA, "main": place, "inputs": sums, "settings": dict(settings or {})}
    about |= {"versions": _versions(), "command": list(command), "again": again}
    wanted = RunFolder(folder, json.loads(json.dumps(about, allow_nan=False)))
    if resume:
        return _same(open_run(folder), wanted)
    try:
        if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
            raise SweepError(
                f"'{folder}' is there already; a run begins in a folder of its own."
                " Go on with what is in it by --resume, or name another folder."
            )
        _make(wanted, files)
    except OSError as fault:
        why = fault.strerror or str(fault)
        raise SweepError(f"run folder '{folder}' cannot be made ({why}). Choose another place.") from None
    return open_run(folder)


def read_run(folder: Path) -> RunFolder:
    """A run folder that is there, as it says itself; for workers, whose sweep has checked it.

    Raises:
        SweepError: it is not there, or is something else.
    """
    try:
        about = json.loads((folder / _ABOUT).read_bytes())
        newer = int(about["schema"]) > _SCHEMA
        run = RunFolder(folder, about)
        _ = run.hash, run.main, run.again
    except FileNotFoundError:
        raise SweepError(
            f"'{folder}' is no run folder; one holds {_ABOUT}. Leave --resume out to begin one, or check the name."
        ) from None
    except OSError as fault:
        raise SweepError(f"run folder '{folder}' cannot be read ({fault.strerror}). Check the rights to it.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SweepError(f"'{folder / _ABOUT}' is damaged; it is left as it is. Begin in another folder.") from None
    if newer:
        raise SweepError(f"run folder '{folder}' was begun by a newer linetwin. Go on with that one.")
    return run


def open_run(folder: Path) -> RunFolder:
    """A run folder that is there, checked: its inputs are those that were copied, and the versions are those of now.

    Raises:
        SweepError: as `read_run`, or it was changed, or was begun with other versions.
    """
    run = read_run(folder)
    for name, sum_then in run.about["inputs"].items():
        copy = folder / _INPUTS / name
        if not copy.is_file() or _sum(copy) != sum_then:
            raise SweepError(f"'{copy}' is not what was copied there; a run has one set of inputs. Put it back.")
    versions = _versions()
    for name, then in run.about["versions"].items():
        now = versions.get(name)
        if now != then:
            raise SweepError(
                f"run folder '{folder}' was begun with {name} {then}, this is {now}; a table is made by one version."
                " Go on with that one, or begin in another folder."
            )
    return run


def _make(run: RunFolder, files: Mapping[str, Path]) -> None:
    """Write everything under a temporary name, which then becomes the folder's."""
    from twin.store import write_atomic, write_json  # noqa: PLC0415  twin needs jax, which takes a second to start

    part = run.folder.with_name(f".{run.folder.name}.{getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir()
        for name, file in files.items():
            copy = part / _INPUTS / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(copy, lambda target, file=file: shutil.copyfile(file, target) and None)
        versions = ", ".join(f"{name} {version}" for name, version in run.about["versions"].items())
        write_atomic(part / _README, _TEXT.format(again=run.again, versions=versions))
        write_json(part / _ABOUT, run.about)
        part.rename(run.folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _same(run: RunFolder, wanted: RunFolder) -> RunFolder:
    """The folder, where it holds the work that is wanted."""
    if run.hash == wanted.hash:
        return run
    then, now = run.about, wanted.about
    changed = [
        f"'{name}'"
        for name in then["inputs"].keys() | now["inputs"].keys()
        if then["inputs"].get(name) != now["inputs"].get(name)
    ]
    changed += [
        name
        for name in then["settings"].keys() | now["settings"].keys()
        if then["settings"].get(name) != now["settings"].get(name)
    ]
    raise SweepError(
        f"run folder '{run.folder}' holds other work: {', '.join(sorted(changed)[:5]) or 'the study'} changed since."
        " Go on with what it was begun with, or begin in another folder."
    )


def _versions() -> dict[str, str]:
    """Versions on which the last digits of a result depend."""
    from twin.store import versions  # noqa: PLC0415

    return {name: version for name, version in versions().items() if name != "python"}


def _sum(file: Path) -> str:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as fault:
        raise SweepError(f"'{file}' cannot be read ({fault.strerror}). Check the rights to it.") from None
