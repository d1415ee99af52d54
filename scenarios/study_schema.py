"""A study as it stands in its file; `scenarios.study` makes a `Study` of it."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, model_validator
from pydantic import Field as Key

from scenarios.conditions import Condition, condition, in_unit_of
from scenarios.figures import known, unit_of
from scenarios.sweep import METHODS, read_range
from twin.errors import RuleError, shown
from twin.fields import Choice, Number, Quantity, Text, Whole
from twin.tables import ListOf, Table

__all__ = ["BudgetTable", "OptimiseTable", "ScenarioTable", "StudyTable", "SweepTable"]

MOST = 1_000_000


def _changes(value: Any) -> dict[str, Any]:
    """Values by path; nested tables, as dotted keys without quotes give them, are joined again."""
    if not isinstance(value, dict):
        raise RuleError("changes are a table of paths and values", 'Write for example { "S2.buffer" = 6 }')
    found: dict[str, Any] = {}
    for path, item in value.items():
        if isinstance(item, dict) and "." not in path and not _is_value(item):
            found |= {f"{path}.{below}": inner for below, inner in _changes(item).items()}
        else:
            found[path] = item
    return found


def _is_value(table: dict[str, Any]) -> bool:
    """Whether a table stands for a value itself: a distribution, a rework, a range."""
    return bool({"distribution", "share", "low", "high", "model", "after", "every", "default", "price"} & table.keys())


def _conditions(value: Any) -> tuple[Condition, ...]:
    if not isinstance(value, str | list):
        raise RuleError("conditions are a list of texts", 'Write for example ["throughput >= 58 1/h"]')
    return tuple(condition(text) for text in ([value] if isinstance(value, str) else value))


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, str | list):
        raise RuleError("figures are a list of names", 'Write for example ["throughput", "energy_per_good_part"]')
    names = [value] if isinstance(value, str) else value
    for name in names:
        known(name if isinstance(name, str) else shown(name))
    return tuple(dict.fromkeys(names))


def _widths(value: Any) -> dict[str, float]:
    if not isinstance(value, dict):
        raise RuleError("half-widths are a table of figures", 'Write for example { throughput = "0.5 1/h" }')
    found = {name: in_unit_of(unit_of(name), width) for name, width in value.items()}
    for name, width in found.items():
        if not width > 0:
            raise RuleError("a half-width is more than zero", f"Use a larger one for {name}")
    return found


def _ranges(value: Any) -> dict[str, Any]:
    return {path: read_range(path, item) for path, item in _changes(value).items()}


def _amount(value: Any) -> tuple[float, str]:
    return in_unit_of("money", value), str(value).split()[-1].upper().removesuffix("/H")


def _version(value: Any) -> int:
    if isinstance(value, bool) or value != 1:
        raise RuleError("this linetwin reads schema 1", "Use schema = 1, or a newer linetwin")
    return 1


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise RuleError("it is true or false", "Write true or false without quotes")
    return value


Changes = Annotated[dict[str, Any], BeforeValidator(_changes)]
Conditions = Annotated[tuple[Condition, ...], BeforeValidator(_conditions)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Ranges = Annotated[dict[str, Any], BeforeValidator(_ranges)]
Amount = Annotated[tuple[float, str], BeforeValidator(_amount)]
Short = Text("a text", 200)
Long = Text("a text", 4000)


class ScenarioTable(Table):
    """A table `[[scenario]]`."""

    title: ClassVar[str] = "a scenario"
    name: Annotated[str, Short] = Key(examples=['"one more mill"'])
    set: Changes = Key(default_factory=dict)
    based_on: Annotated[str, Short] | None = None
    cost_per_hour: Amount | None = None
    note: Annotated[str, Long] = ""


class BaselineTable(Table):
    """The table `[baseline]`: what all is compared with, the line as it is unless something is set."""

    title: ClassVar[str] = "the baseline"
    name: Annotated[str, Short] = "baseline"
    set: Changes = Key(default_factory=dict)
    note: Annotated[str, Long] = ""


class SweepTable(Table):
    """A table `[[sweep]]`."""

    title: ClassVar[str] = "a sweep"
    name: Annotated[str, Short] = "sweep"
    method: Annotated[str, Choice(METHODS)] = "grid"
    set: Ranges = Key(examples=['{ "S2.buffer" = { low = 2, high = 8 } }'])
    points: Annotated[int, Whole("a sweep has one or more points", "Use for example 64", 1, MOST)] | None = None
    based_on: Annotated[str, Short] | None = None
    seed: Annotated[int, Whole("a seed is a whole number, zero or more", "Use 0", 0, 2**31)] = 0

    @model_validator(mode="after")
    def _has_points(self) -> Self:
        if not self.set:
            raise RuleError("a sweep moves at least one path", 'Add for example set = { "S2.buffer" = [2, 4] }')
        if self.method in ("sobol", "latin-hypercube") and self.points is None:
            raise RuleError(
                f"{self.method} draws a number of points", "Add for example points = 64", subject="points is missing"
            )
        return self


class BudgetTable(Table):
    """A limit on a sum of what is searched, such as places of buffers."""

    title: ClassVar[str] = "a budget"
    of: Annotated[list[str], ListOf("paths are a list", '["S2.buffer", "S3.buffer"]', single=False)] = Key(
        examples=['["S2.buffer", "S3.buffer"]']
    )
    most: Annotated[float, Number("a budget is a number, zero or more", "Use for example 6")] = Key(examples=["6"])


class OptimiseTable(Table):
    """The table `[optimise]`."""

    title: ClassVar[str] = "[optimise]"
    minimise: Names = ()
    maximise: Names = ()
    based_on: Annotated[str, Text("the name of a scenario", 100)] | None = None
    over: Annotated[
        list[Annotated[str, Text("the name of a scenario", 100)]],
        ListOf("scenarios are a list of their names", 'over = ["cheap nights"]', single=False),
    ] = Key(default_factory=list)
    tail: Annotated[
        float, Number("a tail lies between 0 (the worst alone) and 1 (the mean)", "Use for example 0.2", most=1)
    ] = 1.0
    subject_to: Conditions = ()
    budget: Annotated[list[BudgetTable], ListOf("budgets are a list of tables", '{ of = ["S2.buffer"], most = 6 }')] = (
        Key(default_factory=list)
    )
    setpoints: Ranges = Key(
        default_factory=dict, examples=['{ "S1.speed" = { low = "180 m/min", high = "420 m/min" } }']
    )
    integers: Ranges = Key(default_factory=dict)
    window: Annotated[str, Choice(("released", "machine"))] = "released"
    method: Annotated[str, Text("the name of a method", 40)] = "auto"
    evaluations: Annotated[int, Whole("at least one evaluation is made", "Use for example 200", 1, MOST)] = 200
    starts: Annotated[int, Whole("a search has one or more starts", "Use for example 3", 1, 1000)] = 3
    verify: Annotated[int, Whole("a verification has two or more replications", "Use 64", 2, MOST)] | None = None

    @model_validator(mode="after")
    def _aims(self) -> Self:
        if not self.minimise and not self.maximise:
            raise RuleError(
                "an optimisation has an aim", 'Add minimise = "energy_per_good_part"', subject="minimise is missing"
            )
        return self


class StudyTable(Table):
    """A study file."""

    title: ClassVar[str] = "a study"
    version: Annotated[Literal[1], BeforeValidator(_version)] = Key(1, alias="schema")
    question: Annotated[str, Long] = ""
    line: Annotated[str, Text("a line file, or the name of a line in the library")] = Key(examples=['"housing"'])
    surrogates: Annotated[bool, BeforeValidator(_flag)] = False
    horizon: Annotated[float, Quantity(positive=True)] | None = None
    warmup: Annotated[float, Quantity()] | None = None
    parts: Annotated[int, Whole("a run has one or more parts", "Use for example 1000", 1, 10**9)] | None = None
    warmup_parts: Annotated[int, Whole("parts are counted from zero", "Use for example 100", 0, 10**9)] | None = None
    replications: Annotated[int, Whole("a study has one or more replications", "Use for example 64", 1, MOST)] = 64
    seed: Annotated[int, Whole("a seed is a whole number, zero or more", "Use 0", 0, 2**63 - 1)] = 0
    show: Names = ()
    half_width: Annotated[dict[str, float], BeforeValidator(_widths)] = Key(default_factory=dict)
    most_replications: Annotated[int, Whole("replications are at least 1", "Use for example 1000", 1, MOST)] = 1000
    probability: Conditions = ()
    good_part: Amount | None = None
    scrapped_part: Amount | None = None
    baseline: BaselineTable = BaselineTable()
    scenario: Annotated[list[ScenarioTable], ListOf("scenarios are a list of tables", "[[scenario]]")] = Key(
        default_factory=list
    )
    sweep: Annotated[list[SweepTable], ListOf("sweeps are a list of tables", "[[sweep]]")] = Key(default_factory=list)
    optimise: OptimiseTable | None = None

    @model_validator(mode="after")
    def _length(self) -> Self:
        by_time, by_parts = self.horizon is not None, self.parts is not None
        if by_time == by_parts:
            remedy = 'Add horizon = "8 h"' if not by_time else "Remove one of them"
            raise RuleError(
                "a study runs by time or by parts",
                remedy,
                subject="horizon and parts are " + ("both given" if by_time else "missing"),
            )
        if by_parts and self.warmup is not None:
            raise RuleError("warmup belongs to horizon", "Use warmup_parts", path=("warmup",))
        if by_time and self.warmup_parts is not None:
            raise RuleError("warmup_parts belongs to parts", "Use warmup", path=("warmup_parts",))
        if (self.warmup or 0) >= (self.horizon or 1e300) or (self.warmup_parts or 0) >= (self.parts or 10**18):
            raise RuleError(
                "it takes the whole run, so that nothing would be measured",
                "Use a longer run",
                path=("warmup",) if by_time else ("warmup_parts",),
            )
        if self.scrapped_part and not self.good_part:
            raise RuleError(
                "what a scrapped part costs is told beside what a good one brings",
                'Add good_part = "6 EUR"',
                path=("scrapped_part",),
            )
        return self
