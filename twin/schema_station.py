"""A station as it stands in a line file: its process, stops, energy and setpoints."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    PrivateAttr,
    WithJsonSchema,
    model_validator,
)
from pydantic import Field as Key

from twin.errors import RuleError, shown
from twin.fields import Choice, Name, Number, Quantity, Text, Whole
from twin.line import Hastened
from twin.schema_process import TIMED, ProcessTable
from twin.schema_time import TimeTable
from twin.schema_view import ViewTable
from twin.segments import STATES
from twin.tables import ListOf, Table
from twin.units import POWER, any_quantity

__all__ = ["MachineTable", "PowerTable", "SetpointTable", "StationTable", "Watts"]

RESERVED = ("line", "source", "plan", "tariff", "product", "shift")
"""First words of dotted paths, which no station may bear."""

Time = Annotated[float, Quantity()]
PositiveTime = Annotated[float, Quantity(positive=True)]
Watts = Annotated[float, Quantity(POWER, most=1e9, most_text="1 GW")]
Share = Annotated[float, Number("a share is between 0 and 1", "Use for example 0.9", most=1)]
Clock = Annotated[str, Choice(("operating", "calendar"))]


class ReworkTable(Table):
    """Repeating a visit."""

    title: ClassVar[str] = "rework"
    share: Annotated[
        float, Number("a share of rework is more than 0 and less than 1", "Use 0.02", below=1, positive=True)
    ] = Key(examples=["0.02"])
    max_attempts: Annotated[int, Whole("attempts, the first included, are 2 to 20", "Use 2", least=2, most=20)] = 2


class SetupTable(Table):
    """Setup times by pairs of products."""

    title: ClassVar[str] = "setup"
    default: Time = 0.0
    begins: Annotated[str, Choice(("early", "loaded"))] = "early"
    release: Time = Key(0.0, description="waiting for the release of the first part after a setup")
    changes: dict[str, Time] = Key(default_factory=dict, alias=">changes")

    @model_validator(mode="before")
    @classmethod
    def _pairs(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        pairs = {key: value for key, value in data.items() if ">" in key}
        for key in pairs:
            if len([name for name in key.split(">") if name.strip()]) != 2 or key.count(">") != 1:
                rule = "a change of product is written as two products with '>' between"
                raise RuleError(rule, 'Use for example "A>B" = "8 min"', subject=f"key {shown(key)} names no change")
        return {**{key: value for key, value in data.items() if key not in pairs}, ">changes": pairs}

    @model_validator(mode="after")
    def _release_of_something(self) -> Self:
        if self.release and not any((self.default, *self.changes.values())):
            rule = "a release follows a setup, and no setup here takes any time"
            raise RuleError(rule, 'Give default or a change such as "A>B" = "8 min"', path=("release",))
        return self


def _no_bare_time(value: Any) -> Any:
    """Times to failure and repair vary, so a bare mean is not taken for a constant."""
    if isinstance(value, str):
        example = f'{{ distribution = "exponential", mean = {shown(value)} }}'.replace("'", '"')
        raise RuleError("times to failure and repair have a distribution", f"Use for example {example}")
    return value


class HastenedTable(Table):
    """What makes a failure age faster; `doubling` is a number, or a quantity such as "20 K"."""

    title: ClassVar[str] = "what hastens a failure"
    by: Annotated[str, Text("the name of a condition")] = Key(examples=['"wear"'])
    doubling: Annotated[Any, WithJsonSchema({"type": ["number", "string"]})] = Key(examples=["0.5"])
    _read: tuple[float, str] = PrivateAttr((0.0, ""))

    @model_validator(mode="after")
    def _quantity(self) -> Self:
        try:
            value, name, read = any_quantity(self.doubling)
        except RuleError as fault:
            raise RuleError(fault.rule, "Use for example 0.5", path=("doubling",)) from fault
        if value <= 0 or read.offset:
            rule = "it is how much more of the condition makes the failure age twice as fast, more than zero"
            raise RuleError(rule, 'Use for example 0.5, or "20 K" for a temperature', path=("doubling",))
        self._read = (value, name)
        return self

    def build(self) -> Hastened:
        """The doubling in SI units."""
        return Hastened(self.by, *self._read)


class FailureTable(Table):
    """A failure mode."""

    title: ClassVar[str] = "a failure"
    name: Annotated[str, Name("the name of a failure")] | None = None
    up: Annotated[TimeTable, BeforeValidator(_no_bare_time)] = Key(
        description="time to failure", examples=['{ distribution = "exponential", mean = "8 h" }']
    )
    down: Annotated[TimeTable, BeforeValidator(_no_bare_time)] = Key(
        description="time to repair", examples=['{ distribution = "exponential", mean = "10 min" }']
    )
    clock: Clock = "operating"
    interrupted: Annotated[str, Choice(("kept", "scrapped"))] = "kept"
    ages: Annotated[str, Choice(("stationary", "new"))] = "stationary"
    hastened: HastenedTable | None = Key(None, description="condition of the machine that makes it age faster")


class MaintenanceTable(Table):
    """Planned work `every` so often (a time, or a count with the clock "parts"), or when it `foresees` a failure."""

    title: ClassVar[str] = "a maintenance"
    name: Annotated[str, Name("the name of a maintenance")] | None = None
    clock: Annotated[str, Choice(("operating", "calendar", "parts"))] = "operating"
    every: Annotated[Any, WithJsonSchema({"type": ["string", "integer"]})] = Key(None, examples=['"40 h"'])
    duration: PositiveTime = Key(examples=['"25 min"'])
    renews: Annotated[
        list[Annotated[str, Text("the name of a failure")]],
        ListOf("renews is a list of names of failures", '["spindle"]', single=False),
    ] = Key(default_factory=list, description="failures that are as good as new after it")
    foresees: Annotated[str, Text("the name of a failure")] | None = Key(
        None, description="failure that is seen coming, so that this is done (and it is renewed) instead of `every`"
    )
    warning: PositiveTime | None = Key(None, description="how long before it, in processing time", examples=['"20 h"'])

    @model_validator(mode="after")
    def _interval(self) -> Self:
        if (self.foresees is None) != (self.warning is None):
            missing = "warning" if self.warning is None else "foresees"
            rule = "a maintenance that foresees a failure says how long before"
            raise RuleError(rule, 'Use foresees = "bearing" with warning = "20 h"', subject=f"{missing} is missing")
        if (self.every is None) == (self.foresees is None):
            given = "neither is given" if self.every is None else "both are given"
            rule = "a maintenance comes every so often, or when it foresees a failure"
            raise RuleError(rule, "Use every, or foresees and warning", subject=f"every and foresees: {given}")
        if self.foresees is not None:
            if self.clock != "operating":
                rule = "what foresees a failure looks after every visit, by processing time"
                raise RuleError(rule, "Remove clock", path=("clock",))
            return self
        rule = "with clock = 'parts' a maintenance comes every so many parts"
        read = Whole(rule, "Use for example 120", 1, 10**9) if self.clock == "parts" else Quantity(positive=True)
        try:
            every = float(read.read(self.every))
        except RuleError as fault:
            remedy = fault.remedy
            if self.clock != "parts" and isinstance(self.every, int):
                remedy = f"Use \"{shown(self.every)} h\", or clock = 'parts' for a number of parts"
            raise RuleError(fault.rule, remedy, path=("every",)) from fault
        object.__setattr__(self, "every", every)
        return self


class CarrierPower(Table):
    """Power by carrier."""

    title: ClassVar[str] = "power by carrier"
    electricity: Watts | None = None
    gas: Watts | None = None
    compressed_air: Watts | None = None


def _electricity(value: Any) -> Any:
    """Power without a carrier is electricity."""
    return value if isinstance(value, dict) else {"electricity": value}


class StandbyTable(Table):
    """A level of standby."""

    title: ClassVar[str] = "standby"
    after: Time = Key(examples=['"5 min"'])
    wake: Time = Key(examples=['"20 s"'])
    power: Annotated[CarrierPower, BeforeValidator(_electricity), WithJsonSchema({"type": ["string", "object"]})] = Key(
        CarrierPower(), description="power at this level, in place of the station's in standby", examples=['"1.4 kW"']
    )


class ClosedTable(Table):
    """What machines do in closed hours."""

    title: ClassVar[str] = "closed"
    state: Annotated[str, Choice(("standby", "off"))] = Key(examples=['"standby"'])
    after: Time = Key(0.0, description="closed hours from which on", examples=['"1 h"'])
    wake: Time = Key(0.0, description="how long before the line opens they are ready again", examples=['"15 min"'])


class StatePower(Table):
    """Power by state."""

    title: ClassVar[str] = "power"
    processing: Watts | None = None
    setup: Watts | None = None
    release: Watts | None = None
    starved: Watts | None = None
    blocked: Watts | None = None
    down: Watts | None = None
    maintenance: Watts | None = None
    planned_stop: Watts | None = None
    standby: Watts | None = None
    warmup: Watts | None = None
    off: Watts | None = None

    def by_state(self) -> dict[str, float]:
        """State -> power [W], for the states that are given."""
        return {state: getattr(self, state) for state in STATES if getattr(self, state) is not None}


class PowerTable(StatePower):
    """Power by state, electricity unless it stands under another carrier."""

    electricity: StatePower | None = None
    gas: StatePower | None = None
    compressed_air: StatePower | None = None

    @model_validator(mode="after")
    def _once(self) -> Self:
        twice = set(self.by_state()) & set(self.electricity.by_state() if self.electricity else ())
        if twice:
            state = min(twice)
            rule = "power without a carrier is electricity, so it is given twice"
            raise RuleError(rule, "Remove one of the two", path=("electricity", state))
        return self


class SetpointTable(Table):
    """A number that a person may choose, with its two windows; each value becomes (SI value, unit, scale)."""

    title: ClassVar[str] = "a setpoint"
    value: Annotated[Any, AfterValidator(any_quantity), WithJsonSchema({"type": ["string", "number"]})] = Key(
        description="value in force", examples=['"320 m/min"']
    )
    released: Annotated[Any, WithJsonSchema({"type": "array", "minItems": 2, "maxItems": 2})] = None
    machine: Annotated[Any, WithJsonSchema({"type": "array", "minItems": 2, "maxItems": 2})] = None

    @model_validator(mode="after")
    def _windows(self) -> Self:
        for window in ("released", "machine"):
            if getattr(self, window) is not None:
                object.__setattr__(self, window, self._window(window))
        return self

    def _window(self, window: str) -> tuple[float, float]:
        ends, unit = getattr(self, window), self.value[2]
        example = f'Use for example {window} = ["250 m/min", "400 m/min"]'
        if not isinstance(ends, list) or len(ends) != 2:
            raise RuleError("a window is a list of its low and its high end", example, path=(window,))
        read = []
        for place, end in enumerate(ends):
            try:
                number, name, its = any_quantity(end)
            except RuleError as fault:
                raise RuleError(fault.rule, fault.remedy, path=(window, place)) from fault
            if its.dimension != unit.dimension or (not name) != (not self.value[1]):
                rule = f"a window has the unit of the value, which is {shown(self.value[1] or 'a plain number')}"
                raise RuleError(rule, "Give all three the same unit", path=(window, place))
            read.append(number)
        if read[0] >= read[1]:
            raise RuleError("the low end of a window is less than its high end", "Swap or widen them", path=(window,))
        return read[0], read[1]


class MachineTable(Table):
    """What differs on one machine, already laid over what the station says."""

    title: ClassVar[str] = "a machine of a station"
    process: Annotated[ProcessTable | None, WithJsonSchema({"type": "object"})] = None
    failure: Annotated[list[FailureTable], ListOf("failures are tables", "failure = [{ up = …, down = … }]")] | None = (
        None
    )
    power: PowerTable | None = None


def _by_product(value: Any) -> Any:
    """A planned time without products holds for all of them."""
    return value if isinstance(value, dict) else {"": value}


class StationTable(Table):
    """One process step."""

    title: ClassVar[str] = "a station"
    name: Annotated[str, Name("the name of a station", reserved=RESERVED)] = Key(examples=['"S1"'])
    kind: Annotated[str, Choice(("machines", "conveyor"))] = "machines"
    machines: Annotated[int, Whole("a station has one or more machines", "Use 1 for a single one", 1, 1000)] = 1
    buffer: Annotated[int, Whole("a buffer holds zero or more parts", "Use 0 for none")] = 0
    pitch: Time | None = Key(None, description="least time between two starts on a conveyor")
    transport: Time = 0.0
    process: ProcessTable = Key(examples=[TIMED])
    planned_time: Annotated[
        dict[str, PositiveTime],
        BeforeValidator(_by_product),
        WithJsonSchema({"type": ["string", "object"], "additionalProperties": {"type": "string"}}),
    ] = Key(default_factory=dict, description="planned cycle time, or one by product")
    scrap: Annotated[
        float, Number("a share of scrap is 0 or more and less than 1", "Use for example 0.02", below=1)
    ] = 0.0
    finds: dict[str, Share] = Key(
        default_factory=dict, description="share of parts with a defect that are found and scrapped, by cause"
    )
    false_alarm: Share = 0.0
    rework: ReworkTable | None = None
    setup: (
        Annotated[SetupTable, WithJsonSchema({"type": "object", "additionalProperties": {"type": "string"}})] | None
    ) = None
    failure: Annotated[list[FailureTable], ListOf("failures are tables", "failure = [{ up = …, down = … }]")] = Key(
        default_factory=list
    )
    maintenance: Annotated[
        list[MaintenanceTable],
        ListOf("maintenance is a table or a list of them", '{ every = "40 h", duration = "25 min" }'),
    ] = Key(default_factory=list)
    standby: Annotated[
        list[StandbyTable], ListOf("standby is a table or a list of them", '{ after = "5 min", wake = "20 s" }')
    ] = Key(default_factory=list)
    closed: ClosedTable | None = None
    view: ViewTable | None = Key(None, description="how it is shown in 3D")
    power: PowerTable | None = None
    setpoints: dict[str, SetpointTable] = Key(default_factory=dict)
    machine: Annotated[
        list[MachineTable], ListOf("machines that differ are tables", "[[station.machine]]", single=False)
    ] = Key(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _lay_machines_over(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("machine"), list):
            return data
        machines = [_laid_over(data, override, place) for place, override in enumerate(data["machine"])]
        return {**data, "machine": machines}


def _laid_over(station: dict[str, Any], override: Any, place: int) -> Any:
    """One machine's table with the process and power that it does not name taken from the station."""
    if not isinstance(override, dict):
        return override
    laid = dict(override)
    for key in ("process", "power"):
        if isinstance(laid.get(key), dict) and isinstance(station.get(key), dict):
            laid[key] = _merged(station[key], laid[key], ("machine", place, key))
    return laid


def _merged(base: dict[str, Any], over: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any]:
    """`base` with the entries of `over`, table by table; the kind of a process or distribution stays."""
    merged = dict(base)
    for key, value in over.items():
        old = base.get(key)
        if key in ("distribution", "model", "rate_setpoint") and key in base and value != old:
            rule = f"machines of one station may differ in numbers, not in their {key}, which is {shown(old)}"
            raise RuleError(rule, f"Leave {key} out, or make two stations of them", path=(*path, key))
        if isinstance(value, dict) and isinstance(old, dict):
            merged[key] = _merged(old, value, (*path, key))
        else:
            merged[key] = value
    return merged
