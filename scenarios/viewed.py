"""What `linetwin view` is asked to show: a line, a study, or the visits of a run, as one run or two side by side."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scenarios.cases import Case
from scenarios.changes import Original, changed_line, in_words, parse_changes
from scenarios.options import OptionError
from scenarios.size import check_size
from scenarios.study import load_study, studies
from twin.errors import nearest, shown
from twin.line import Line
from twin.run import simulate
from twin.spec import library_lines, load_line
from twin.store import line_hash
from twin.trace import Trace, from_parquet

__all__ = ["Viewed", "as_asked"]


@dataclass(frozen=True)
class Viewed:
    """Runs to show.

    Attributes:
        name: of what is shown.
        cases: the lines, one or two.
        run: keywords of `twin.simulate`.
    """

    name: str
    cases: tuple[Case, ...]
    run: dict[str, Any]

    def traces(self, progress: Callable[[float], None] | None = None) -> list[Trace]:
        """Simulate, keeping all visits."""
        found = []
        for case in self.cases:
            length = {key: self.run.get(key) for key in ("horizon", "parts")}
            check_size(case.line, **length, replications=self.run["replications"], visits=True)
            found.append(simulate(case.line, setpoints=case.values, record="all", progress=progress, **self.run))
        return found


def as_asked(
    what: str,
    *,
    changes: Sequence[str] = (),
    compare: str | None = None,
    line: str | None = None,
    horizon: float | None = None,
    replication: int = 0,
    seed: int | None = None,
) -> Viewed:
    """Find out what is meant.

    Args:
        what: a line or a study (file, or name in the library), or a file that `linetwin run --trace` wrote.
        changes: "PATH=VALUE" of the line.
        compare: another line, a change "PATH=VALUE", or a scenario of the study; None: of a study the first scenario.
        line: the line of a trace; None where its name tells.
        horizon: length of the run [s]; None: what the study or trace had, or eight hours.
        replication: which one is going to be shown.
        seed: of all random numbers; None: what the study or trace had, or 0.

    Raises:
        OptionError: there is no such thing, or what was given does not belong to it.
        LineError: a line that cannot be read.
    """
    if line is not None and not what.endswith(".parquet"):
        raise OptionError("--line tells the line of a trace, and what is shown is none. Leave it out.")
    if what.endswith(".parquet"):
        return _trace(what, changes, compare, line, horizon)
    if _is_study(what):
        return _study(what, changes, compare, horizon, replication, seed)
    original, own = Original(what), parse_changes("--set", changes)
    changed = original.changed(own)
    cases = [Case("as it is" if compare else changed.line.name, changed.line, changed.setpoints)]
    if compare is not None and "=" in compare:
        more = parse_changes("--compare", [compare])
        other = original.changed(own | more, option="--compare")
        cases.append(Case(in_words(more), other.line, other.setpoints))
    elif compare is not None:
        found = load_line(compare)
        cases = [Case(changed.line.name, changed.line, changed.setpoints), Case(found.name, found)]
    length = 8 * 3600.0 if horizon is None else horizon
    return Viewed(
        changed.line.name, tuple(cases), {"horizon": length, "replications": replication + 1, "seed": seed or 0}
    )


def _is_study(what: str) -> bool:
    if what in library_lines():
        return False
    if what in studies():
        return True
    try:
        tables = tomllib.loads(Path(what).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return "station" not in tables and isinstance(tables.get("line"), str)


def _study(
    what: str, changes: Sequence[str], compare: str | None, horizon: float | None, replication: int, seed: int | None
) -> Viewed:
    if changes:
        raise OptionError("--set changes a line, and what is shown is a study. Add a scenario to it.")
    study = load_study(what)
    cases = study.cases()
    names = [case.name for case in cases[1:]]
    if compare is None:
        other = cases[1:2]
    elif compare in names:
        other = [cases[1 + names.index(compare)]]
    else:
        near = nearest(compare, names)
        remedy = f"Use {shown(near or names[0])}" if names else "Leave it out"
        raise OptionError(f"--compare is {shown(compare)}; {study.name} has no such scenario. {remedy}.")
    run = dict(study.length.run)
    if horizon is not None:
        run = {key: value for key, value in run.items() if key not in ("parts", "warmup_parts")}
        run |= {"horizon": horizon, "warmup": 0.0}
    run |= {"replications": replication + 1} | ({} if seed is None else {"seed": seed})
    return Viewed(study.name, (cases[0], *other), run)


def _trace(what: str, changes: Sequence[str], compare: str | None, line: str | None, horizon: float | None) -> Viewed:
    """The run whose visits a file holds, made again: it is the same to the last digit, and tells more."""
    for option, given in (("--compare", compare), ("--horizon", horizon)):
        if given is not None:
            raise OptionError(
                f"{option} needs a line or a study, and {shown(what)} holds a run. Give its line instead."
            )
    try:
        said = from_parquet(what).provenance
    except FileNotFoundError:
        raise OptionError(f"there is no file {shown(what)}. Write one with linetwin run LINE --trace {what}.") from None
    except (ValueError, OSError) as fault:
        raise OptionError(
            f"{shown(what)} holds no visits of a run ({fault}). Write them with linetwin run --trace."
        ) from None
    name = line or str(said["line"])
    if line is None and name not in library_lines():
        rule = f"the run is of the line {shown(name)}, which is not in the library"
        raise OptionError(f"{shown(what)}: {rule}. Add --line with its file.")
    changed = changed_line(name, parse_changes("--set", changes))
    _same_line(what, changed.line, changed.setpoints, said)
    run = {"horizon": float(np.ravel(said["window"][1])[0]), "seed": said["seed"], "replications": 1}
    return Viewed(str(said["line"]), (Case(str(said["line"]), changed.line, changed.setpoints),), run)


def _same_line(what: str, line: Line, values: Any, said: dict[str, Any]) -> None:
    """Refuse a line other than that of the run.

    Raises:
        OptionError: it is another.
    """
    if line_hash(line, values) != said["hash"]:
        rule = "the line is not the one that was run: it was changed since, or other --set were given"
        raise OptionError(f"{shown(what)}: {rule}. Give the same line and the same --set, or run it anew.")
