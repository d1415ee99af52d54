"""A line as it stands in its file: the tables besides the stations, and the whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Discriminator, WithJsonSchema, model_validator
from pydantic import Field as Key

from twin.dayfields import Days, Moment, Span, TimeOfDay
from twin.errors import RuleError
from twin.fields import DAY, Choice, Name, Number, Price, Quantity, Text, Whole
from twin.schema_station import CarrierPower, StationTable
from twin.schema_time import TimeTable, check_tag
from twin.tables import ListOf, Table
from twin.units import CO2, ENERGY, POWER, Money

__all__ = ["LineTable"]

EnergyPrice = Annotated[Money, Price(ENERGY)]
Emission = Annotated[float, Quantity(CO2, most=1e-4, most_text="360 kg/kWh")]


class BaseLoadTable(CarrierPower):
    """Power that no station owns, by carrier."""

    title: ClassVar[str] = "the base load"


class HeadTable(Table):
    """The table `[line]`."""

    title: ClassVar[str] = "[line]"
    name: Annotated[str, Text("the name of a line", 200)] | None = None
    start: Annotated[datetime, Moment()] = datetime(2026, 1, 5)
    attributes: Annotated[
        list[Annotated[str, Name("the name of an attribute")]],
        ListOf("attributes are a list of names", '["roughness"]', single=False),
    ] = Key(default_factory=list)
    pace: Annotated[str, Text("the name of the pace station")] | None = None
    base_load: BaseLoadTable = BaseLoadTable()
    cooling: Annotated[float, Quantity(positive=True)] | None = Key(
        None, description="time constant with which parts take on the temperature of the hall", examples=['"5 min"']
    )
    draws: Annotated[str, Text("a file")] | None = Key(
        None, description="other numbers that the line may have just as well", examples=['"line.draws.csv"']
    )
    pallets: (
        Annotated[int, Whole("a line has one or more pallets", "Leave the key out for a line without", 1)] | None
    ) = None


class PlanTable(Table):
    """The table `[plan]`."""

    title: ClassVar[str] = "[plan]"
    takt: Annotated[float, Quantity(positive=True)] | None = None


class Saturated(Table):
    """Parts without end."""

    title: ClassVar[str] = "a saturated source"
    mode: Literal["saturated"]


class Interval(Table):
    """Parts one after another."""

    title: ClassVar[str] = "a source with intervals"
    mode: Literal["interval"]
    time: TimeTable = Key(
        description="time between releases", examples=['{ distribution = "exponential", mean = "60 s" }']
    )


class Orders(Table):
    """Parts by a list of orders."""

    title: ClassVar[str] = "a source with orders"
    mode: Literal["orders"]
    file: Annotated[str, Text("a file")] = Key(
        description="order, product, quantity, release, due", examples=['"orders.csv"']
    )


def _check_mode(value: Any) -> Any:
    return check_tag(
        value, "mode", ("saturated", "interval", "orders"), "the source", '[source] with mode = "saturated"'
    )


SourceTable = Annotated[Annotated[Saturated | Interval | Orders, Discriminator("mode")], BeforeValidator(_check_mode)]


class ProductTable(Table):
    """A product type."""

    title: ClassVar[str] = "a product"
    name: Annotated[str, Name("the name of a product")] = Key(examples=['"A"'])
    share: (
        Annotated[float, Number("a share is more than 0 and at most 1", "Use for example 0.5", most=1, positive=True)]
        | None
    ) = None


class ShiftTable(Table):
    """Working hours."""

    title: ClassVar[str] = "a shift"
    days: Annotated[tuple[int, ...], Days()] = Key(examples=['"mon-fri"'])
    begin: Annotated[float, TimeOfDay()] = Key(alias="from", examples=['"06:00"'])
    end: Annotated[float, TimeOfDay(ends=True)] = Key(alias="to", examples=['"14:00"'])
    breaks: Annotated[
        list[Annotated[tuple[float, float], Span()]], ListOf("breaks are a list", '["09:00-09:15"]', single=False)
    ] = Key(default_factory=list)

    @model_validator(mode="after")
    def _breaks_inside(self) -> Self:
        length = (self.end - self.begin) % DAY or DAY
        taken: list[tuple[float, float]] = []
        for place, (begin, end) in enumerate(self.breaks):
            first, last = (begin - self.begin) % DAY, (end - self.begin) % DAY or DAY
            if begin == end or last <= first or last > length:
                raise RuleError(
                    "a break ends after it begins, inside its shift", "Correct its two times", path=("breaks", place)
                )
            if any(first < other_last and other_first < last for other_first, other_last in taken):
                raise RuleError("the breaks of a shift do not overlap", "Join or move them", path=("breaks", place))
            taken.append((first, last))
        if sum(last - first for first, last in taken) >= length:
            raise RuleError("the breaks leave no time to work", "Shorten them", path=("breaks",))
        return self


class RateTable(Table):
    """What holds from a time of day on."""

    begin: Annotated[float, TimeOfDay()] = Key(0.0, alias="from")


class PriceTable(RateTable):
    """A price of electricity from a time of day on."""

    title: ClassVar[str] = "a price"
    price: EnergyPrice = Key(examples=['"0.21 EUR/kWh"'])


class IntensityTable(RateTable):
    """CO2 of electricity from a time of day on."""

    title: ClassVar[str] = "an intensity"
    intensity: Emission = Key(examples=['"0.38 kg/kWh"'])


class DemandTable(Table):
    """The price of the highest 15-minute mean power."""

    title: ClassVar[str] = "demand"
    price: Annotated[Money, Price(POWER)] = Key(examples=['"110 EUR/kW"'])
    per: Annotated[str, Choice(("year", "month"))] = "year"


class CarrierTable(Table):
    """Price and emission of a carrier other than electricity."""

    title: ClassVar[str] = "a carrier"
    price: EnergyPrice | None = None
    co2: Emission | None = None


def _all_day(key: str) -> BeforeValidator:
    """Reads a single quantity as a list of one that holds all day."""
    return BeforeValidator(lambda value: [{key: value}] if isinstance(value, str | int | float) else value)


def _at_different_times(key: str, noun: str, rates: Sequence[RateTable]) -> None:
    """Raises RuleError when two rates begin at the same time of day."""
    begins = [rate.begin for rate in rates]
    for place, begin in enumerate(begins):
        if begin in begins[:place]:
            rule = f"{noun} begin at different times of day"
            raise RuleError(rule, "Change or remove one of the two", path=(key, place, "from"))


class TariffTable(Table):
    """The table `[tariff]`."""

    title: ClassVar[str] = "[tariff]"
    currency: Annotated[str, Text("a currency", 3)] = "EUR"
    energy: Annotated[
        list[PriceTable],
        ListOf("prices are one quantity or a list of tables", '[{ from = "06:00", price = "0.21 EUR/kWh" }]'),
        _all_day("price"),
        WithJsonSchema({"type": ["string", "array"]}),
    ] = Key(default_factory=list, description="price of electricity, or prices by time of day")
    demand: DemandTable | None = None
    co2: Annotated[
        list[IntensityTable],
        ListOf("intensities are one quantity or a list of tables", '[{ from = "06:00", intensity = "0.38 kg/kWh" }]'),
        _all_day("intensity"),
        WithJsonSchema({"type": ["string", "array"]}),
    ] = Key(default_factory=list, description="CO2 of electricity, or intensities by time of day (location-based)")
    gas: CarrierTable | None = None
    compressed_air: CarrierTable | None = None

    @model_validator(mode="after")
    def _one_currency(self) -> Self:
        if len(self.currency) != 3 or not self.currency.isalpha() or not self.currency.isupper():
            raise RuleError(
                "a currency is a code of three capital letters", 'Use for example "EUR"', path=("currency",)
            )
        prices: list[tuple[tuple[str | int, ...], Money | None]] = [
            (("energy", place, "price"), price.price) for place, price in enumerate(self.energy)
        ]
        prices.append((("demand", "price"), self.demand.price if self.demand else None))
        prices.append((("gas", "price"), self.gas.price if self.gas else None))
        prices.append((("compressed_air", "price"), self.compressed_air.price if self.compressed_air else None))
        for path, price in prices:
            if price is not None and price.currency != self.currency:
                rule = f"the currency of the tariff is {self.currency}"
                raise RuleError(rule, f"Write the price in {self.currency}, or change tariff.currency", path=path)
        _at_different_times("energy", "prices", self.energy)
        _at_different_times("co2", "intensities", self.co2)
        return self


class LineTable(Table):
    """A whole line file."""

    title: ClassVar[str] = "a line file"
    version: Annotated[int, Whole("this version of linetwin reads schema 1", "Use schema = 1", 1, 1)] = Key(
        1, alias="schema"
    )
    line: HeadTable = HeadTable(cooling=None, draws=None)
    plan: PlanTable = PlanTable()
    source: SourceTable = Key(examples=['[source] with mode = "saturated"'])
    product: Annotated[list[ProductTable], ListOf("products are tables", "[[product]]")] = Key(default_factory=list)
    shift: Annotated[list[ShiftTable], ListOf("shifts are tables", "[[shift]]")] = Key(default_factory=list)
    tariff: TariffTable = TariffTable()
    station: Annotated[list[StationTable], ListOf("stations are tables", "[[station]]")] = Key(examples=["[[station]]"])

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not 1 <= len(self.station) <= 1000:
            rule = "a line has between one and 1000 stations"
            raise RuleError(rule, "Add a [[station]] table for each", subject=f"there are {len(self.station)} stations")
        return self
