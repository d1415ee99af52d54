"""What a line is: an immutable description in SI units, checked when built.

Nothing here knows how a line is simulated or read from a file. All times are seconds, powers watts, prices per joule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from twin.distribution import Distribution

__all__ = [
    "CARRIERS",
    "Demand",
    "Draws",
    "Failure",
    "Intensity",
    "Line",
    "Machine",
    "Maintenance",
    "Order",
    "Price",
    "Process",
    "Product",
    "Rework",
    "Setpoint",
    "Setup",
    "Shift",
    "Source",
    "Standby",
    "Station",
    "Tariff",
    "View",
]

CARRIERS = ("electricity", "gas", "compressed_air")
"""Energy carriers; `power` without a carrier is electricity."""

ADDED = {"hashed": "unless it is the default"}
"""Marks a field that came later: a line that does not use it keeps its hash (see `twin.store.line_hash`)."""

SHOWN = {"hashed": "never"}
"""Marks a field on which nothing in a run depends."""


@dataclass(frozen=True)
class Setpoint:
    """A number that a person may choose on a machine.

    Attributes:
        value: the value in force, in SI units.
        unit: the unit in which it was given and is shown, as pint reads it.
        scale: SI value of one `unit`.
        released: window approved for production, SI, or None.
        machine: window that the machine accepts, SI, or None.
        offset: SI value of zero of `unit`, e.g. 273.15 for degC.
    """

    value: float
    unit: str = "dimensionless"
    scale: float = 1.0
    released: tuple[float, float] | None = None
    machine: tuple[float, float] | None = None
    offset: float = 0.0


@dataclass(frozen=True)
class Process:
    """The model of a visit.

    Attributes:
        model: "timed" (a distribution of times), "recorded" (the k-th start takes row k) or the name of a family.
        time: the distribution of a timed process [s].
        product: distributions that replace `time` for some products.
        rows: recorded times [s], one per start.
        rate_setpoint: name of a setpoint of the station to which the working speed is proportional:
            time = drawn time * (value in the file / value in force).
        behaviour: a process of a family (see `twin.process.Process`), which makes times, energy and attributes.
        behaviours: processes of the same family that replace `behaviour` for some products.
        ages: "stationary" (what wears in such a process is at t = 0 at a random moment of its service) or "new".
        outside: what to do about visits outside the region in which a guarded process may be trusted: "first
            principles" (repeat those replications with its fallback), "refuse" the run, or just "flag" them.
        digest: sha256 of the file that the process was read from, "" where it came from none.
    """

    model: str = "timed"
    time: Distribution | None = None
    product: Mapping[str, Distribution] = field(default_factory=dict)
    rows: tuple[float, ...] = ()
    rate_setpoint: str | None = None
    behaviour: Any = None
    behaviours: Mapping[str, Any] = field(default_factory=dict)
    ages: str = "stationary"
    outside: str = field(default="first principles", metadata=ADDED)
    digest: str = field(default="", metadata=ADDED)


@dataclass(frozen=True)
class Rework:
    """Repeat the visit on the same machine with probability `share`, at most `max_attempts` attempts in all."""

    share: float
    max_attempts: int = 2


@dataclass(frozen=True)
class Setup:
    """Setup times [s] by (previous product, next product); `begins` is "early" or "loaded".

    `release` [s] follows each setup that takes time: the machine waits until its first part off is measured.
    """

    default: float = 0.0
    changes: Mapping[tuple[str, str], float] = field(default_factory=dict)
    begins: str = "early"
    release: float = 0.0


@dataclass(frozen=True)
class Hastened:
    """A failure mode ages twice as fast for each `doubling` of the condition `by` of its machine.

    Attributes:
        by: a condition of the station's process, counted from its value at rest.
        doubling: in SI units.
        unit: as written, "" for a plain number.
    """

    by: str
    doubling: float
    unit: str = ""


@dataclass(frozen=True)
class Failure:
    """One failure mode of each machine of a station.

    Attributes:
        name: as reported, e.g. "spindle" or "micro-stop".
        up: time to failure [s] on `clock`.
        down: time to repair [s], on the wall clock.
        clock: "operating" (only processing ages) or "calendar" (alternating renewal from t = 0).
        interrupted: "kept" (the visit resumes its remaining work) or "scrapped".
        ages: "stationary" (first time to failure from the residual-life distribution) or "new".
        hastened: what makes it age faster; None: nothing.
    """

    name: str
    up: Distribution
    down: Distribution
    clock: str = "operating"
    interrupted: str = "kept"
    ages: str = "stationary"
    hastened: Hastened | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True)
class Maintenance:
    """Planned work on a machine.

    Attributes:
        name: as reported.
        every: how often: seconds on the "operating" or "calendar" clock, or a number of "parts"; with the clock
            "condition" the warning time [s]: how long before it the failure is seen coming, in processing time.
        duration: how long it takes [s].
        clock: "operating", "calendar", "parts" or "condition".
        renews: names of the failure modes that are as good as new after it.
        foresees: on the clock "condition", the mode that is seen coming (and renewed).
    """

    name: str
    every: float
    duration: float
    clock: str = "operating"
    renews: tuple[str, ...] = field(default=(), metadata=ADDED)
    foresees: str | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True)
class Standby:
    """A machine that is empty and ready for longer than `after` [s] needs `wake` [s] before it can start.

    Attributes:
        after, wake: times [s].
        power: carrier -> power of one machine [W] at this level, in place of its power in the state "standby".
    """

    after: float
    wake: float
    power: Mapping[str, float] = field(default_factory=dict, metadata=ADDED)


@dataclass(frozen=True)
class Closed:
    """What machines do in closed hours that last at least `after` [s]; `wake` [s] before the end they are ready.

    Attributes:
        state: "standby" or "off"; its power is taken in place of that of a planned stop.
        after, wake: times [s].
    """

    state: str
    after: float = 0.0
    wake: float = 0.0


@dataclass(frozen=True)
class View:
    """How a station is shown; nothing in a run depends on it.

    Attributes:
        look: name of the look of its machines, "" for that of its process.
        at: where on the floor its middle is [m], or None for a place in the row.
        turn: direction of the parts through it, counter-clockwise from that of the first station [rad], or None for
            that of the station before.
        model: file of a solid in place of the look, "" for none.
    """

    look: str = ""
    at: tuple[float, float] | None = None
    turn: float | None = None
    model: str = ""


@dataclass(frozen=True)
class Machine:
    """What differs on one machine of a station; None means: as the station says."""

    process: Process | None = None
    failures: tuple[Failure, ...] | None = None
    power: Mapping[str, Mapping[str, float]] | None = None


@dataclass(frozen=True)
class Station:
    """One process step: identical machines side by side, one buffer in front.

    Attributes:
        name: unique in the line.
        process: the model of a visit.
        machines: number of machines, or of places on a conveyor.
        buffer: waiting places in front.
        kind: "machines" or "conveyor".
        pitch: least time between two starts on a conveyor [s].
        transport: time from the previous machine to this buffer [s].
        scrap: probability that a part is found to be scrap at the end of its visit.
        rework, setup, failures, maintenance, standby: see their classes; `standby` from the lightest to the deepest.
        power: carrier -> state -> power of one machine (of the whole conveyor) [W].
        planned_time: planned cycle time [s] by product; the key "" holds for products that are not named.
        setpoints: name -> Setpoint.
        finds: cause -> probability that such a defect, made here or before, is found at the end of a visit; the part is
            scrapped. A cause is "STATION.cause", or "cause" whoever made it; "all" stands for those not named.
        false_alarm: probability that a part without a defect is scrapped.
        overrides: one Machine per machine, or empty.
        closed: what the machines do in closed hours; None: they stay as the process leaves them.
        view: how it is shown.
    """

    name: str
    process: Process
    machines: int = 1
    buffer: int = 0
    kind: str = "machines"
    pitch: float = 0.0
    transport: float = 0.0
    scrap: float = 0.0
    rework: Rework | None = None
    setup: Setup | None = None
    failures: tuple[Failure, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    standby: tuple[Standby, ...] = ()
    power: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    planned_time: Mapping[str, float] = field(default_factory=dict)
    setpoints: Mapping[str, Setpoint] = field(default_factory=dict)
    overrides: tuple[Machine, ...] = ()
    finds: Mapping[str, float] = field(default_factory=dict)
    false_alarm: float = 0.0
    closed: Closed | None = field(default=None, metadata=ADDED)
    view: View = field(default=View(), metadata=SHOWN)

    @property
    def knobs(self) -> dict[str, Any]:
        """All setpoints: those of the process as it has them, and those that the station declares."""
        return dict(getattr(self.process.behaviour, "setpoints", {})) | dict(self.setpoints)


@dataclass(frozen=True)
class Product:
    """A product type and its share of the parts (used by saturated and interval sources)."""

    name: str
    share: float = 1.0


@dataclass(frozen=True)
class Order:
    """`quantity` parts of one product, released at `release` [s], wanted at `due` [s] (None: no due date)."""

    name: str
    product: str
    quantity: int
    release: float = 0.0
    due: float | None = None


@dataclass(frozen=True)
class Source:
    """Where parts come from: mode "saturated", "interval" (with `time` between releases) or "orders"."""

    mode: str = "saturated"
    time: Distribution | None = None
    orders: tuple[Order, ...] = ()


@dataclass(frozen=True)
class Shift:
    """Working hours on weekdays `days` (0 = Monday), in seconds after midnight; `end` <= `begin` runs past midnight."""

    days: tuple[int, ...]
    begin: float
    end: float
    breaks: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Price:
    """Price of electricity per joule from this time of day [s] on."""

    begin: float
    price: float

    @property
    def per_joule(self) -> float:
        """The price."""
        return self.price


@dataclass(frozen=True)
class Intensity:
    """CO2 of electricity in kg per joule from this time of day [s] on."""

    begin: float
    co2: float

    @property
    def per_joule(self) -> float:
        """The mass of CO2."""
        return self.co2


@dataclass(frozen=True)
class Demand:
    """Price of the highest 15-minute mean power, per watt and `per` "month" or "year"."""

    price: float
    per: str = "year"


@dataclass(frozen=True)
class Tariff:
    """What energy costs and emits.

    Attributes:
        currency: of all prices.
        energy: price of electricity by time of day; a single one holds all day.
        demand: price of the highest 15-minute mean.
        price: per joule, of the carriers but electricity.
        co2: kg per joule by carrier; of electricity where it is the same all day.
        intensity: CO2 of electricity by time of day; replaces its figure in `co2`.
    """

    currency: str = "EUR"
    energy: tuple[Price, ...] = ()
    demand: Demand | None = None
    price: Mapping[str, float] = field(default_factory=dict)
    co2: Mapping[str, float] = field(default_factory=dict)
    intensity: tuple[Intensity, ...] = field(default=(), metadata=ADDED)

    def rates(self, name: str) -> dict[str, float]:
        """The "price" or "co2" per joule by carrier; of electricity that from the first of the times of day on."""
        known, day = {"price": (self.price, self.energy), "co2": (self.co2, self.intensity)}[name]
        return dict(known) | ({"electricity": day[0].per_joule} if day else {})


@dataclass(frozen=True)
class Draws:
    """Sets of numbers of a line that are as likely as the data that they were learned from allow.

    Attributes:
        paths: of the numbers, see `twin.parameters.numbers_of`.
        values: one row a draw, in SI units.
    """

    paths: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]

    def __len__(self) -> int:
        """Number of draws."""
        return len(self.values)


@dataclass(frozen=True)
class Line:
    """Stations in order, a source in front, a sink behind.

    Attributes:
        name, start: as reported; `start` is the local time at t = 0.
        stations: in the order of the route.
        source, products, shifts, tariff: see their classes; no shift means that the line always works.
        attributes: names of the attributes that parts carry.
        pace: name of the station by whose planned time the line's OEE is measured.
        base_load: power [W] by carrier that no station owns.
        takt: planned time between good parts [s].
        cooling: time constant [s] with which parts take on the temperature of the hall while they travel and wait, or
            None where they keep theirs.
        pallets: number of pallets that circulate, or None.
        draws: other numbers that it may have just as well, or None; a run of the line itself does not depend on them.
    """

    name: str
    stations: tuple[Station, ...]
    source: Source = Source()
    products: tuple[Product, ...] = (Product("part"),)
    shifts: tuple[Shift, ...] = ()
    tariff: Tariff = Tariff()
    attributes: tuple[str, ...] = ()
    pace: str | None = None
    base_load: Mapping[str, float] = field(default_factory=dict)
    start: datetime = datetime(2026, 1, 5)
    takt: float | None = None
    pallets: int | None = None
    cooling: float | None = None
    draws: Draws | None = field(default=None, metadata=SHOWN)

    @property
    def setpoints(self) -> dict[str, float]:
        """What a person or an optimiser may choose, by path, in SI units; a pytree for `simulate(..., setpoints=)`.

        Declared setpoints ("S1.speed") and the numbers of timed processes ("S1.process.time.mean").
        """
        found: dict[str, float] = {}
        for station in self.stations:
            found |= {f"{station.name}.{name}": float(setpoint.value) for name, setpoint in station.knobs.items()}
            times = {"time": station.process.time} | {f"product.{n}": t for n, t in station.process.product.items()}
            for name, time in times.items():
                if time is not None:
                    found |= {
                        f"{station.name}.process.{name}.{key}": float(value) for key, value in time.numbers.items()
                    }
        return found

    def station(self, name: str) -> Station:
        """The station of that name; raises KeyError with the names there are."""
        for station in self.stations:
            if station.name == name:
                return station
        raise KeyError(f"no station {name!r}; the line has {', '.join(s.name for s in self.stations)}")
