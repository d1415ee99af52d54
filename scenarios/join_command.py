"""`linetwin join`: records of several stations into one table by part id, and what did not match."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.options import OptionError
from scenarios.outputs import STDOUT, check_outputs, save

if TYPE_CHECKING:
    from surrogates.chain import Chain, Key, Records

__all__ = ["JoinOptions", "join"]


@dataclass(frozen=True)
class JoinOptions:
    """The options of `linetwin join` as they are typed; None was not given."""

    files: Sequence[str]
    key: Sequence[str]
    out: str
    time: Sequence[str] = ()
    only: Sequence[str] = ()
    report: str | None = None


def join(options: JoinOptions) -> None:
    """Read, join, write the files, then say what matched and what did not.

    Raises:
        OptionError: an option, a file or an output that cannot be used.
    """
    if STDOUT in (options.out, options.report):
        raise OptionError("--out or --report is '-'; both go into files. Name them, e.g. --out joined.parquet.")
    if not options.out.endswith(".parquet"):
        raise OptionError(f"--out is '{options.out}'; what is joined is a Parquet file. End its name in .parquet.")
    files = _files(options.files)
    *upstream, last = files
    ends = [_ends("--key", text) for text in _each("--key", options.key, len(upstream))]
    keys = [(_key(up), _key(down)) for up, down in ends]
    times = [_ends("--time", text) for text in _each("--time", options.time, len(upstream)) if text]
    stamps = sorted({down for _, down in times})
    if len(stamps) > 1:
        raise OptionError(f"--time names {stamps[0]} and {stamps[1]} of {last}; a record has one time. Use one column.")
    check_outputs({"--out": options.out, "--report": options.report}, files)
    from scenarios.compiled import prepare_jax  # noqa: PLC0415  jax takes half a second

    prepare_jax()
    from surrogates.chain import Link  # noqa: PLC0415
    from surrogates.chain import join as joined  # noqa: PLC0415
    from twin.errors import RuleError  # noqa: PLC0415

    try:
        stations = _chosen([_records(name, path) for name, path in files.items()], options.only)
        if times:
            named = [*(up for up, _ in times), *stamps]
            stations = [replace(one, time=time) for one, time in zip(stations, named, strict=True)]
        found = joined(stations[-1], [Link(one, *key) for one, key in zip(stations, keys, strict=False)])
    except RuleError as fault:
        raise OptionError(f"{fault.subject}; {fault.rule}. {fault.remedy}.") from None
    except re.error as fault:
        raise OptionError(f"--key: '{fault.pattern}' is no regular expression ({fault}). Correct it.") from None
    except ValueError as fault:
        raise OptionError(str(fault)) from None
    _write(options, found)
    _show(options, found, stations)


def _files(texts: Sequence[str]) -> dict[str, str]:
    """Name of each station -> file; the name as typed, else the name of the file without its ending."""
    found: dict[str, str] = {}
    for text in texts:
        named = re.fullmatch(r"([\w-]+)=(.+)", text)
        name, path = named.groups() if named else (Path(text).name.partition(".")[0], text)
        if name in found:
            raise OptionError(f"two files are named '{name}'; each station has a name of its own. Use NAME={path}.")
        found[name] = path
    if len(found) < 2:
        raise OptionError(f"there is one file, '{texts[0]}'; records of two stations or more are joined. Add one.")
    return found


def _each(option: str, texts: Sequence[str], count: int) -> Sequence[str]:
    """An option for each upstream station: one for all, or one for each; blanks where there is none."""
    if len(texts) not in (0, 1, count):
        raise OptionError(
            f"{option} is there {len(texts)} times for {count} files upstream. Give one, or one for each."
        )
    return [*texts] if len(texts) == count else [*(texts or [""])] * count


def _ends(option: str, text: str) -> tuple[str, str]:
    """Upstream and downstream, the same where one is named."""
    up, divided, down = text.partition("=")
    if not up or (divided and not down):
        raise OptionError(f"{option} is '{text}'; it is COLUMN, or UPSTREAM=DOWNSTREAM. Use e.g. {option} id=code.")
    return up, down or up


def _key(text: str) -> Key:
    """COLUMN, or COLUMN~REGEX."""
    from surrogates.chain import Key  # noqa: PLC0415

    column, _, part = text.partition("~")
    return Key(column, part or ".+")


def _records(name: str, path: str) -> Records:
    """A file as records; rows are counted from 1 in Parquet, and with the header in CSV."""
    import numpy as np  # noqa: PLC0415

    from surrogates.chain import Records  # noqa: PLC0415
    from surrogates.columns import read_columns  # noqa: PLC0415

    columns = read_columns(path)
    first = 1 if path.endswith(".parquet") else 2
    rows = np.arange(len(next(iter(columns.values()), ()))) + first
    return Records(name, columns, where=f"file '{path}'", rows=rows)


def _chosen(stations: Sequence[Records], only: Sequence[str]) -> list[Records]:
    """The stations with the rows that --only leaves."""
    import numpy as np  # noqa: PLC0415

    found = {one.station: one for one in stations}
    for text in only:
        named = re.fullmatch(r"([^.=]+)\.([^=]+)=(.*)", text)
        if not named or named[1] not in found:
            names = ", ".join(found)
            raise OptionError(f"--only is '{text}'; it is NAME.COLUMN=VALUE, NAME one of {names}. Correct it.")
        one = found[named[1]]
        kept = np.array([cell == named[3] for cell in one.texts(named[2])])
        if not kept.any():
            raise OptionError(f"--only {text}: no row of {one.where} is left. Check the value.")
        columns = {name: values[kept] for name, values in one.columns.items()}
        found[one.station] = replace(one, columns=columns, rows=np.asarray(one.rows)[kept])
    return list(found.values())


def _write(options: JoinOptions, found: Chain) -> None:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as parquet  # noqa: PLC0415

    from twin.store import write_atomic  # noqa: PLC0415

    table = pa.table(found.columns)
    save("--out", options.out, lambda path: write_atomic(path, lambda part: parquet.write_table(table, part)))
    if options.report:
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(("station", "row", "part", "reason"))
        for gap in found.gaps:
            rows.writerows((gap.station, row, part, gap.reason) for row, part in zip(gap.rows, gap.parts, strict=True))
        save("--report", options.report, lambda path: write_atomic(path, text.getvalue()))


def _show(options: JoinOptions, found: Chain, stations: Sequence[Records]) -> None:
    from scenarios.tables import console, say  # noqa: PLC0415

    last, out = stations[-1], console()
    out.print(f"{len(found.rows):,} of {len(last):,} records of {last.station} joined; not joined:")
    for gap in found.gaps:
        out.print(f"- {gap.text}")
    if not found.gaps:
        out.print("- none")
    for path in (options.out, options.report):
        if path:
            say(f"Wrote {path}")
