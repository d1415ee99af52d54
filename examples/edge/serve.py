"""Serve a deployed surrogate at the plant: cases on standard input, answers on standard output.

    python serve.py mill.deployed < cases.csv > answers.csv

It takes `reader.py` beside it, numpy and, where it is there, onnxruntime: nothing else. README.md says how to write
cases.
"""

from __future__ import annotations

import argparse
import csv
import io
import itertools
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from reader import Engine, RefusedError, engine_of, opened


class Column(NamedTuple):
    """Where an input stands, and what makes SI of it."""

    key: str
    about: dict[str, Any]
    scale: float
    offset: float


def header(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Name -> key and unit of keys that are written `name [unit]`."""
    found: dict[str, tuple[str, str]] = {}
    for key in names:
        if key is None:  # what csv calls the cells beyond the header
            raise RefusedError("it has more cells than the header. Use a point in numbers and commas between them.")
        name, _, rest = key.strip().partition("[")
        if name.strip() in found:
            raise RefusedError(f"{name.strip()!r} is there twice. Name every column once.")
        found[name.strip()] = (key, rest.rstrip("] "))
    return found


def columns(inputs: list[dict[str, Any]], keys: Iterable[str], keep: list[str]) -> list[Column]:
    """The column of every input; names and units have to fit, and no other column may be there unless it is kept."""
    found, wanted = header(keys), [_key(about) for about in inputs]
    known = {about["name"] for about in inputs}
    rule = f"Write the header {', '.join(wanted)} (in any order; [SI] for SI units)."
    for name in found:
        if name not in known and name not in keep:
            raise RefusedError(f"{name!r} is no input. {rule} Say --keep {name} to pass it on.")
    for name in keep:
        if name not in found:
            raise RefusedError(f"there is no {name!r} to keep. Leave out --keep {name}, or add the column.")
    made = []
    for about in inputs:
        if about["name"] not in found:
            raise RefusedError(f"the input {about['name']!r} is missing. {rule}")
        key, unit = found[about["name"]]
        if unit == "SI":
            made.append(Column(key, about, 1.0, 0.0))
        elif unit == about["unit"] or (unit == "" and about["unit"] == "1"):
            made.append(Column(key, about, about["scale"], about["offset"]))
        else:
            raise RefusedError(f"{about['name']!r} is in [{unit}]; it is asked for in [{about['unit']}]. {rule}")
    return made


def _key(about: Mapping[str, Any], word: str = "") -> str:
    return f"{about['name']}{word} [{about['unit']}]"


def case_of(made: list[Column], row: Mapping[str, Any]) -> np.ndarray:
    """The numbers of one row, SI [1, input]."""
    found = []
    for key, about, scale, offset in made:
        try:
            number = float("nan") if isinstance(row[key], bool) else float(row[key])
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise RefusedError(f"{about['name']} is {row[key]!r}; it is a finite number. This case is not answered.")
        found.append(number * scale + offset)
    return np.asarray([found])


def warnings_of(inputs: list[dict[str, Any]], x: np.ndarray) -> list[str]:
    """Which inputs [1, input] lie outside the box in which the surrogate was trained."""
    found = []
    for about, value in zip(inputs, x[0], strict=True):
        low, high, slack = about["low"], about["high"], 1e-9 * (about["high"] - about["low"])
        if not low - slack <= value <= high + slack:
            a, b, c = (f"{(each - about['offset']) / about['scale']:.6g}" for each in (value, low, high))
            found.append(f"{about['name']} is {a} {about['unit']}, trained from {b} to {c}")
    return found


class Server(NamedTuple):
    """What answers a row."""

    manifest: dict[str, Any]
    run: Engine
    half: np.ndarray | None
    """Half widths of the intervals that are asked for [output], SI or in spreads."""

    def answer(self, made: list[Column], row: Mapping[str, Any]) -> dict[str, Any]:
        """Outputs in their units, what the guard says, warnings; or why there is no answer."""
        x = case_of(made, row)
        told = self.run(x)
        found: dict[str, Any] = {}
        for k, about in enumerate(self.manifest["outputs"]):
            shown = lambda value, about=about: (float(value) - about["offset"]) / about["scale"]  # noqa: E731
            y = told["y"][0, k]
            found[_key(about)] = shown(y)
            if self.half is not None:
                floor = self.manifest["intervals"]["floor"]
                half = self.half[k] * (1.0 if floor is None else told["spread"][0, k] + floor[k])
                ends = (shown(y - half), shown(y + half)) if math.isfinite(half) else (None, None)
                found |= {_key(about, " low"): ends[0], _key(about, " high"): ends[1]}
        warnings = "; ".join(warnings_of(self.manifest["inputs"], x))
        return found | {"outside": bool(told["outside"][0]), "warnings": warnings}

    def names(self) -> list[str]:
        """What an answer holds, in order."""
        words = ("", " low", " high") if self.half is not None else ("",)
        outputs = [_key(about, word) for about in self.manifest["outputs"] for word in words]
        return [*outputs, "outside", "warnings"]


def half_of(manifest: Mapping[str, Any], coverage: float | None, group: str) -> np.ndarray | None:
    """Half widths for a coverage and a group [output]."""
    known = manifest["intervals"]
    if coverage is None:
        return None
    if coverage not in known["coverages"]:
        there = ", ".join(f"{each:g}" for each in known["coverages"])
        raise RefusedError(f"coverage {coverage:g} was not calibrated; there is {there}.")
    if group not in known["groups"]:
        raise RefusedError(f"group {group!r} was not calibrated. Say --group and one of {known['groups']}.")
    found = known["quantiles"][known["groups"].index(group)][known["coverages"].index(coverage)]
    return np.asarray([math.inf if each is None else each for each in found])


def rows_of(lines: Iterator[str]) -> tuple[str, Iterator[Mapping[str, Any]]]:
    """The kind of the input ("csv" or "json") and its rows."""
    first = next((line for line in lines if line.strip()), "").removeprefix("\ufeff")
    whole = itertools.chain([first], lines)
    if first.lstrip().startswith("{"):
        return "json", (_object(line) for line in whole if line.strip())
    return "csv", csv.DictReader(whole)


def _object(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as fault:
        return {"": f"no JSON: {fault}"}
    return found if isinstance(found, dict) else {"": "no JSON object"}


def serve(server: Server, lines: Iterator[str], keep: list[str]) -> int:
    """Answer every row as it comes; how many could not be answered."""
    kind, rows = rows_of(lines)
    inputs, refused = server.manifest["inputs"], 0
    if isinstance(rows, csv.DictReader):
        columns(inputs, rows.fieldnames or [], keep)  # a wrong header ends here
    told = csv.DictWriter(sys.stdout, [*keep, *server.names()], extrasaction="ignore", lineterminator="\n")
    if kind == "csv":
        told.writeheader()
    for row in rows:
        kept = dict.fromkeys(keep)
        try:
            made = columns(inputs, row, keep)
            kept = {name: row[header(row)[name][0]] for name in keep}
            answer = server.answer(made, row)
        except RefusedError as fault:
            refused += 1
            answer = dict.fromkeys(server.names()) | {"warnings": f"refused: {row.get('') or fault}"}
        if kind == "csv":
            told.writerow(kept | answer)
        else:
            print(json.dumps(kept | answer))
        sys.stdout.flush()
    return refused


def main() -> int:
    """Check, then serve; 0 where all was answered, 1 where a case was not, 2 where nothing may be served."""
    words = argparse.ArgumentParser(description="Serve a deployed surrogate: cases on stdin, answers on stdout.")
    words.add_argument("bundle", type=Path)
    words.add_argument("--engine", choices=("auto", "onnx", "numpy"), default="auto")
    words.add_argument("--coverage", type=float, help="tell intervals with this coverage, e.g. 0.9")
    words.add_argument("--group", default="", help="for intervals that were calibrated by group")
    words.add_argument("--keep", action="append", default=[], metavar="COLUMN", help="pass a column on, e.g. an id")
    words.add_argument("--check", action="store_true", help="check the file and end")
    said = words.parse_args()
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8")
    try:
        bundle = opened(said.bundle)
        name, run, error = engine_of(bundle, said.engine)
        half = half_of(bundle.manifest, said.coverage, said.group)
        print(f"{said.bundle}: {bundle.seal[:12]}, by {name}, golden pairs within {error:.1g}", file=sys.stderr)
        return 0 if said.check else int(serve(Server(bundle.manifest, run, half), iter(sys.stdin), said.keep) > 0)
    except (RefusedError, csv.Error, UnicodeDecodeError) as fault:
        print(f"refused: {fault}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
