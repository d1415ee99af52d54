"""Lists of orders: a file with the columns order, product, quantity, release and due."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path
from typing import Any

from twin.columns import read_rows
from twin.errors import RuleError, nearest, shown, shown_path
from twin.fields import LONGEST_TIME
from twin.line import Order
from twin.units import TIME, quantity

__all__ = ["read_orders"]

COLUMNS = ("order", "product", "quantity", "release", "due")
MOST_PARTS = 10_000_000


def read_orders(path: Path, products: Collection[str], start: datetime) -> tuple[Order, ...]:
    """The orders of a file, sorted by release.

    Args:
        path: a file with commas or semicolons and a header; `order`, `product` and `quantity` are required columns, a
            blank `release` means from the start, a blank `due` no due date.
        products: names of the products of the line.
        start: local date and time at t = 0, from which dates in the file are counted.

    Returns:
        One `Order` per row; orders released together keep the order of the file.

    Raises:
        RuleError: naming row, column and value.
    """
    file = shown_path(path)
    header, rows = read_rows(path)
    for name in header:
        if name not in COLUMNS:
            near = nearest(name, COLUMNS)
            remedy = f"Rename it to '{near}'" if near else "Remove it"
            subject = f"{file} has a column {shown(name)}"
            raise RuleError(f"the columns of orders are {', '.join(COLUMNS)}", remedy, subject=subject)
    for name in COLUMNS[:3]:
        if name not in header:
            subject = f"{file} has no column '{name}'"
            raise RuleError(
                f"the columns of orders are {', '.join(COLUMNS)}", f"Add '{name}' to its first row", subject=subject
            )
    orders: list[Order] = []
    seen: dict[str, int] = {}
    for number, cells in rows:
        if len(cells) != len(header):
            subject = f"row {number} of {file} has {len(cells)} cells"
            raise RuleError(f"the header has {len(header)}", "Give every row as many", subject=subject)
        order = _order(dict(zip(header, cells, strict=True)), f"row {number} of {file}", products, start)
        if order.name in seen:
            subject = f"row {number} of {file}: order is {shown(order.name)} as in row {seen[order.name]}"
            raise RuleError("every order has a name of its own", "Rename or join them", subject=subject)
        seen[order.name] = number
        orders.append(order)
    total = sum(order.quantity for order in orders)
    if not orders or total > MOST_PARTS:
        rule = f"a list of orders has between one and {MOST_PARTS:,} parts"
        raise RuleError(rule, "Change the list", subject=f"{file} has {total} parts")
    return tuple(sorted(orders, key=lambda order: order.release))


def _order(row: dict[str, str], place: str, products: Collection[str], start: datetime) -> Order:
    """One row as an order."""

    def cell(column: str, read: Callable[[str], Any]) -> Any:
        value = row.get(column, "")
        try:
            return read(value)
        except RuleError as fault:
            subject = f"{place}: {column} is {shown(value)}"
            raise RuleError(fault.rule, fault.remedy, subject=subject) from fault

    release = cell("release", lambda value: _moment(value, start, least=0.0) if value else 0.0)
    return Order(
        name=cell("order", _name),
        product=cell("product", lambda value: _product(value, products)),
        quantity=cell("quantity", _count),
        release=release,
        due=cell("due", lambda value: _due(value, start, release) if value else None),
    )


def _name(value: str) -> str:
    if not value or len(value) > 200 or not value.isprintable():
        raise RuleError("an order has a short name or number", "Fill the cell")
    return value


def _product(value: str, products: Collection[str]) -> str:
    if value not in products:
        known = ", ".join(shown(name) for name in products)
        near = nearest(value, products)
        raise RuleError(
            f"the products of the line are {known}",
            f"Use '{near}'" if near else "Name one of them, or add a [[product]]",
        )
    return value


def _count(value: str) -> int:
    if not (value.isascii() and value.isdigit()) or not 1 <= int(value[:9]) <= MOST_PARTS or len(value) > 9:
        raise RuleError("a quantity is a whole number of one or more parts", "Use for example 40")
    return int(value)


def _moment(value: str, start: datetime, least: float) -> float:
    """Seconds after the start of the run: plain seconds, a time such as "2 h", or a local date and time."""
    rule = "it is a time after the start of the run, or a local date and time"
    remedy = 'Use for example "2 h", "7200" or "2026-01-05 08:00"'
    try:
        seconds = float(value) if set(value) <= set("+-.0123456789eE") else quantity(value, TIME)
    except (ValueError, RuleError) as error:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise RuleError(rule, remedy) from error
        if moment.tzinfo is not None:
            raise RuleError("dates are local, without time zone", remedy) from error
        seconds = (moment - start).total_seconds()
    if not least <= seconds:
        raise RuleError(
            f"it lies before the start of the run, {start:%Y-%m-%d %H:%M}", "Write 0 for what waits at the start"
        )
    if not seconds <= LONGEST_TIME:
        raise RuleError("it lies at most 100 years after the start of the run", "Check the year")
    return seconds


def _due(value: str, start: datetime, release: float) -> float:
    due = _moment(value, start, least=-LONGEST_TIME)
    if due < release and release > 0:
        raise RuleError("an order is due after its release", "Correct one of the two")
    return due
