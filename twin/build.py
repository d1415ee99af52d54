"""From the checked tables of a line file to the description that is simulated."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from twin.draws import read_draws
from twin.errors import RuleError
from twin.line import (
    Closed,
    Demand,
    Failure,
    Intensity,
    Line,
    Machine,
    Maintenance,
    Price,
    Process,
    Product,
    Rework,
    Setpoint,
    Setup,
    Shift,
    Source,
    Standby,
    Station,
    Tariff,
    View,
)
from twin.orders import read_orders
from twin.schema import Interval, LineTable, Orders, SourceTable, TariffTable
from twin.schema_process import FamilyTable, ProcessTable, ReadTable, Recorded
from twin.schema_station import (
    FailureTable,
    MachineTable,
    PowerTable,
    SetpointTable,
    SetupTable,
    StationTable,
)

__all__ = ["build_line"]


def build_line(table: LineTable, base: Path, name: str) -> Line:
    """The line that a table describes.

    Args:
        table: a line file, checked field by field.
        base: the folder to which the files of orders and draws are relative.
        name: name of the line when the table gives none.

    Returns:
        The description in SI units; `twin.checks.check_line` says whether its pieces fit together.

    Raises:
        RuleError: when the shares of the products, the list of orders or the draws are wrong.
    """
    products = _products(table)
    line = Line(
        name=table.line.name or name,
        stations=tuple(_station(station) for station in table.station),
        source=_source(table.source, base, products, table.line.start),
        products=products,
        shifts=tuple(Shift(shift.days, shift.begin, shift.end, tuple(shift.breaks)) for shift in table.shift),
        tariff=_tariff(table.tariff),
        attributes=tuple(table.line.attributes),
        pace=table.line.pace,
        base_load=table.line.base_load.model_dump(exclude_none=True),
        start=table.line.start,
        takt=table.plan.takt,
        pallets=table.line.pallets,
        cooling=table.line.cooling,
    )
    return replace(line, draws=read_draws(base / table.line.draws, line)) if table.line.draws else line


def _products(table: LineTable) -> tuple[Product, ...]:
    """Products with shares; by orders they need none, and a single one has them all."""
    if not table.product:
        return Line.products
    shared = isinstance(table.source, Orders)
    for place, product in enumerate(table.product):
        needed = not shared and len(table.product) > 1
        if product.share is None and (needed or any(other.share is not None for other in table.product)):
            rule = "several products have a share each, which sum to 1"
            raise RuleError(rule, "Add share = 0.5", subject="share is missing", path=("product", place))
    return tuple(Product(product.name, 1.0 if product.share is None else product.share) for product in table.product)


def _source(table: SourceTable, base: Path, products: tuple[Product, ...], start: datetime) -> Source:
    if isinstance(table, Interval):
        return Source("interval", time=table.time.build())
    if isinstance(table, Orders):
        try:
            return Source(
                "orders", orders=read_orders(base / table.file, [product.name for product in products], start)
            )
        except RuleError as error:
            raise RuleError(error.rule, error.remedy, subject=error.subject, path=("source", "file")) from None
    return Source("saturated")


def _tariff(table: TariffTable) -> Tariff:
    carriers = {"gas": table.gas, "compressed_air": table.compressed_air}
    emissions = {carrier: its.co2 for carrier, its in carriers.items() if its and its.co2 is not None}
    prices = sorted(table.energy, key=lambda price: price.begin)
    intensities = [Intensity(rate.begin, rate.intensity) for rate in sorted(table.co2, key=lambda rate: rate.begin)]
    constant = len(intensities) == 1
    return Tariff(
        currency=table.currency,
        energy=tuple(Price(price.begin, price.price.amount) for price in prices),
        demand=Demand(table.demand.price.amount, table.demand.per) if table.demand else None,
        price={carrier: its.price.amount for carrier, its in carriers.items() if its and its.price is not None},
        co2=({"electricity": intensities[0].co2} if constant else {}) | emissions,
        intensity=() if constant else tuple(intensities),
    )


def _station(table: StationTable) -> Station:
    return Station(
        name=table.name,
        process=_process(table.process),
        machines=table.machines,
        buffer=table.buffer,
        kind=table.kind,
        pitch=table.pitch or 0.0,
        transport=table.transport,
        scrap=table.scrap,
        rework=Rework(table.rework.share, table.rework.max_attempts) if table.rework else None,
        setup=_setup(table.setup) if table.setup else None,
        failures=_failures(table.failure),
        maintenance=tuple(
            Maintenance(
                task.name or _numbered("maintenance", place, len(table.maintenance)),
                task.every if task.warning is None else task.warning,
                task.duration,
                task.clock if task.foresees is None else "condition",
                tuple(task.renews),
                task.foresees,
            )
            for place, task in enumerate(table.maintenance)
        ),
        standby=tuple(
            Standby(level.after, level.wake, level.power.model_dump(exclude_none=True)) for level in table.standby
        ),
        closed=Closed(table.closed.state, table.closed.after, table.closed.wake) if table.closed else None,
        view=View(table.view.look, table.view.at, table.view.turn, table.view.model) if table.view else View(),
        power=_power(table.power) if table.power else {},
        planned_time=dict(table.planned_time),
        finds=dict(table.finds),
        false_alarm=table.false_alarm,
        setpoints={name: _setpoint(setpoint) for name, setpoint in table.setpoints.items()},
        overrides=tuple(_machine(machine) for machine in table.machine),
    )


def _process(table: ProcessTable) -> Process:
    if isinstance(table, Recorded):
        return Process("recorded", rows=table.rows)
    if isinstance(table, FamilyTable):
        return Process(table.model, behaviour=table.behaviour, behaviours=table.behaviours, ages=table.ages)
    if isinstance(table, ReadTable):
        return Process(
            table.model,
            behaviour=table.behaviour,
            behaviours=table.behaviours,
            ages=table.ages,
            outside=table.outside,
            digest=table.digest,
        )
    products = {name: time.build() for name, time in table.product.items()}
    return Process("timed", time=table.time.build(), product=products, rate_setpoint=table.rate_setpoint)


def _setup(table: SetupTable) -> Setup:
    changes: dict[tuple[str, str], float] = {}
    for pair, time in table.changes.items():
        old, new = (name.strip() for name in pair.split(">"))
        changes[old, new] = time
    return Setup(table.default, changes, table.begins, table.release)


def _failures(tables: list[FailureTable]) -> tuple[Failure, ...]:
    return tuple(
        Failure(
            name=table.name or _numbered("failure", place, len(tables)),
            up=table.up.build(),
            down=table.down.build(),
            clock=table.clock,
            interrupted=table.interrupted,
            ages=table.ages,
            hastened=table.hastened.build() if table.hastened else None,
        )
        for place, table in enumerate(tables)
    )


def _numbered(noun: str, place: int, count: int) -> str:
    """The name of something that has none: "failure", or "failure 2" when there are several."""
    return noun if count == 1 else f"{noun} {place + 1}"


def _power(table: PowerTable) -> dict[str, dict[str, float]]:
    electricity = table.by_state() | (table.electricity.by_state() if table.electricity else {})
    carriers = {
        "electricity": electricity,
        "gas": table.gas.by_state() if table.gas else {},
        "compressed_air": table.compressed_air.by_state() if table.compressed_air else {},
    }
    return {carrier: states for carrier, states in carriers.items() if states}


def _setpoint(table: SetpointTable) -> Setpoint:
    value, name, unit = table.value
    return Setpoint(value, name or "dimensionless", unit.scale, table.released, table.machine, unit.offset)


def _machine(table: MachineTable) -> Machine:
    return Machine(
        process=_process(table.process) if table.process else None,
        failures=None if table.failure is None else _failures(table.failure),
        power=_power(table.power) if table.power else None,
    )
