"""A study: a question, a line, alternatives, and how long and how often all of them are run."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from scenarios.cases import Case
from scenarios.changes import Original
from scenarios.conditions import Condition
from scenarios.length import Length
from scenarios.options import OptionError
from scenarios.outcome import Prices
from scenarios.study_schema import OptimiseTable, ScenarioTable, StudyTable
from scenarios.sweep import Range, points_of
from twin.complaints import first_complaint, plain
from twin.errors import LineError, RuleError, nearest, one_line, shown
from twin.line import Line

if TYPE_CHECKING:
    from scenarios.study_result import StudyResult

__all__ = ["Scenario", "Study", "Sweep", "load_study", "read_study", "studies"]

LARGEST_FILE = 10_000_000
SHOWN = ("throughput", "lead_time", "oee", "scrap_rate", "energy_per_good_part", "cost")
"""Figures that a study tells first, unless it says which."""


@dataclass(frozen=True)
class Scenario:
    """A named alternative: `changes` are values by path in the words of the line file, inherited ones included.

    `cost_per_hour` is what it costs besides, in the currency of the study; it is not inherited.
    """

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    cost_per_hour: float = 0.0


@dataclass(frozen=True)
class Sweep:
    """Many points: `points` are the changes of each, besides those of `based_on`."""

    name: str
    points: Sequence[Mapping[str, Any]]
    based_on: Mapping[str, Any] = field(default_factory=dict)
    method: str = "grid"


@dataclass(frozen=True)
class Study:
    """What is asked, of which line, and how.

    Attributes:
        name: of the study.
        line: a line file, or the name of a line in the library.
        length: of every run; its seed makes the runs paired.
        scenarios: alternatives that are compared with the baseline.
        sweeps: many points that are run and listed.
        baseline: what all is compared with.
        question: as people ask it.
        show: figures that the study is about; all claims about them hold together.
        conditions: whose probability is asked for.
        half_width: replications are added until the paired differences of these figures are known so well.
        most_replications: and no more than so many.
        prices: of parts, for the figure `contribution`.
        optimise: what is to be optimised, if anything.
        surrogates: whether networks stand in for solvers where one ships that fits and is faster.
    """

    name: str
    line: str
    length: Length
    scenarios: tuple[Scenario, ...] = ()
    sweeps: tuple[Sweep, ...] = ()
    baseline: Scenario = Scenario("baseline")
    question: str = ""
    show: tuple[str, ...] = SHOWN
    conditions: tuple[Condition, ...] = ()
    half_width: Mapping[str, float] = field(default_factory=dict)
    most_replications: int = 1000
    prices: Prices | None = None
    optimise: OptimiseTable | None = None
    surrogates: bool = False

    def cases(self) -> list[Case]:
        """The baseline, the scenarios, then the points of the sweeps, as lines with their numbers.

        Raises:
            LineError: a line cannot be read, or is none after the changes.
            OptionError: a path leads nowhere.
        """
        original = Original(self.line)
        found = [self._case(original, self.baseline.name, self.baseline.changes, "baseline")]
        for s in self.scenarios:
            case = self._case(original, s.name, s.changes, f"scenario {shown(s.name)}")
            found.append(replace(case, hourly=s.cost_per_hour))
        for sweep in self.sweeps:
            for number, point in enumerate(sweep.points):
                name = f"{sweep.name} {number + 1}"
                found.append(self._case(original, name, {**sweep.based_on, **point}, f"sweep {shown(sweep.name)}"))
        return found

    def run(self, *, progress: Callable[[float], None] | None = None) -> StudyResult:
        """Run all cases on the same random numbers, and compare.

        Args:
            progress: called with the finished share.

        Raises:
            LineError: a line cannot be read or simulated.
            OptionError: a change leads nowhere.
        """
        from scenarios.study_run import run_study  # noqa: PLC0415  it needs this module

        return run_study(self, progress=progress)

    def _case(self, original: Original, name: str, changes: Mapping[str, Any], place: str) -> Case:
        changed = original.changed(changes, option=f"{self.name}: {place}")
        line = with_networks(changed.line) if self.surrogates else changed.line
        return Case(name, line, changed.setpoints)


def with_networks(line: Line) -> Line:
    """The line with the networks that ship, where they fit and are faster."""
    from surrogates.swap import with_surrogates  # noqa: PLC0415

    return with_surrogates(line)


def load_study(path: str | PathLike[str]) -> Study:
    """The study in a file, or the study of that name in the library.

    Args:
        path: a TOML file, or a name such as "one_more_mill"; a file of that name goes first.

    Raises:
        OptionError: the file cannot be read or is no study; one sentence with place, value, rule and remedy.
        LineError: the line of the study cannot be read.

    Example:
        >>> load_study("buffers").scenarios[0].name
        'buffers doubled'
    """
    name = fspath(path)
    file = Path(name)
    if not file.is_file() and name in studies():
        file = studies()[name]
    text = _text(file, name)
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as fault:
        raise OptionError(one_line(f"{name}: this is not valid TOML ({fault}). Correct it.")) from None
    return read_study(tables, file.parent, name=file.stem, file=name)


def read_study(
    tables: Mapping[str, Any], base: str | PathLike[str] = ".", *, name: str = "study", file: str = "study"
) -> Study:
    """The study that the tables of a file describe.

    Args:
        tables: as `tomllib` reads them.
        base: the folder to which the name of the line is relative.
        name: of the study.
        file: how messages name the source.

    Raises:
        OptionError, LineError: as `load_study`.
    """
    try:
        read = StudyTable.model_validate(plain(dict(tables)))
        return _study(read, Path(base), name)
    except ValidationError as fault:
        raise _as_option(first_complaint(file, fault, dict(tables))) from None
    except RuleError as fault:
        subject = fault.subject or "this study cannot be read"
        raise OptionError(one_line(f"{file}: {subject}; {fault.rule}. {fault.remedy}.")) from None
    except OptionError as fault:
        raise OptionError(f"{file}: {fault}") from None


def studies() -> dict[str, Path]:
    """Names and files of the studies in the library."""
    folder = Path(__file__).parent / "library" / "studies"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def _as_option(fault: LineError) -> OptionError:
    return OptionError(str(fault).replace("docs/line-file.md", "docs/studies.md"))


def _text(file: Path, name: str) -> str:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise OptionError(
                f"{one_line(name)}: the file is larger than 10 MB; a study is a few tables. Check its name."
            )
        text = file.read_text(encoding="utf-8").removeprefix("\ufeff")
    except FileNotFoundError:
        near = nearest(name, studies())
        known = f"the library has {', '.join(studies())}"
        remedy = f"Use {near}" if near else "Check the name"
        raise OptionError(f"there is no study {shown(name)}; it is a file, or a name: {known}. {remedy}.") from None
    except OSError as fault:
        raise OptionError(f"{one_line(name)}: the file cannot be read ({fault.strerror}). Check its name.") from None
    except (UnicodeDecodeError, ValueError):
        raise OptionError(f"{one_line(name)}: the file is no text in UTF-8. Save it as such.") from None
    if not text.strip():
        raise OptionError(
            f"{one_line(name)}: the file is empty; a study names a line and alternatives. See docs/studies.md."
        )
    return text


def _study(read: StudyTable, base: Path, name: str) -> Study:
    baseline = Scenario(read.baseline.name, read.baseline.set, read.baseline.note)
    changes: dict[str, dict[str, Any]] = {"baseline": read.baseline.set, read.baseline.name: read.baseline.set}
    scenarios: list[Scenario] = []
    for table in read.scenario:
        if table.name in changes:
            raise OptionError(
                f"scenario {shown(table.name)} is there twice; a scenario has a name of its own. Rename one."
            )
        changes[table.name] = {**_base(changes, table.based_on, f"scenario {shown(table.name)}"), **table.set}
        scenarios.append(Scenario(table.name, changes[table.name], table.note, _hourly(read, table)))
    length = Length(read.horizon, read.parts, read.warmup or 0.0, read.warmup_parts or 0, read.replications, read.seed)
    source = str(base / read.line) if (base / read.line).is_file() else read.line
    sweeps = _sweeps(read, changes, source)
    if not (scenarios or sweeps or read.optimise or read.probability):
        raise OptionError(
            "there is nothing to compare; a study has scenarios, sweeps or [optimise]. Add a [[scenario]]."
        )
    if read.optimise:
        _base(changes, read.optimise.based_on, "[optimise]")
        for one in read.optimise.over:
            _base(changes, one, "[optimise] over several scenarios")
    prices = None
    if read.good_part:
        scrapped = read.scrapped_part or (0.0, read.good_part[1])
        if scrapped[1] != read.good_part[1]:
            raise OptionError(
                f"good_part is in {read.good_part[1]} and scrapped_part in {scrapped[1]}; use one currency."
            )
        prices = Prices(read.good_part[0], scrapped[0], read.good_part[1])
    if prices is None and "contribution" in read.show:
        raise OptionError('the figure contribution needs the price of a good part. Add good_part = "6 EUR".')
    show = read.show or (*SHOWN, *(("contribution",) if prices else ()))
    return Study(
        name, source, length, tuple(scenarios), sweeps, baseline, read.question.strip(), show, read.probability,
        read.half_width, read.most_replications, prices, read.optimise, read.surrogates,
    )  # fmt: skip


def _hourly(read: StudyTable, table: ScenarioTable) -> float:
    """What a scenario costs per hour, in the currency of the prices."""
    if table.cost_per_hour is None:
        return 0.0
    if read.good_part is None or table.cost_per_hour[1] != read.good_part[1]:
        raise OptionError(
            f"scenario {shown(table.name)} has cost_per_hour, which contribution holds beside good_part in the same"
            f' currency. Add good_part = "6 {table.cost_per_hour[1]}".'
        )
    return table.cost_per_hour[0]


def _base(changes: Mapping[str, dict[str, Any]], name: str | None, place: str) -> dict[str, Any]:
    """What a scenario inherits: the baseline's changes, or those of an earlier scenario."""
    if name is None:
        return changes["baseline"]
    if name not in changes:
        near = nearest(name, changes)
        remedy = f"Use {shown(near)}" if near else "Put that scenario before it"
        listed = ", ".join(changes)
        raise OptionError(f"{place} is based on {shown(name)}; before it there are {listed}. {remedy}.")
    return changes[name]


def _sweeps(read: StudyTable, changes: Mapping[str, dict[str, Any]], source: str) -> tuple[Sweep, ...]:
    found: list[Sweep] = []
    for table in read.sweep:
        if table.name in changes or table.name in [sweep.name for sweep in found]:
            raise OptionError(f"sweep {shown(table.name)} has a name that is taken. Rename one.")
        ranges = {path: _window(value, path, source) for path, value in table.set.items()}
        points = points_of(ranges, table.method, table.points, table.seed)
        based_on = _base(changes, table.based_on, f"sweep {shown(table.name)}")
        found.append(Sweep(table.name, points, based_on, table.method))
    return tuple(found)


def _window(value: Range, path: str, source: str) -> Range:
    """A range whose ends are known: a window of a setpoint is looked up in the line."""
    if value.window is None:
        return value
    from twin.spec import load_line  # noqa: PLC0415

    setpoint = setpoint_of(load_line(source), path)
    window = None if setpoint is None else getattr(setpoint, value.window)
    if setpoint is None or window is None:
        raise OptionError(f"{shown(path)} has no window '{value.window}' in the line. Give low and high.")
    low, high = ((end - setpoint.offset) / setpoint.scale for end in window)
    unit = "" if setpoint.unit == "dimensionless" else setpoint.unit
    return replace(value, low=float(f"{low:.12g}"), high=float(f"{high:.12g}"), unit=unit, window=None)


def setpoint_of(line: Line, path: str) -> Any:
    """The declared setpoint at a path, or None."""
    station, _, name = path.partition(".")
    name = name.removeprefix("setpoints.").removesuffix(".value")
    return next((s.setpoints.get(name) for s in line.stations if s.name == station), None)
