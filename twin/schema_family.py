"""The numbers of a family of processes in a line file, and those that differ by product."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.errors import RuleError, nearest, shown
from twin.fields import Physical
from twin.process import numbers_of

__all__ = ["AGES", "check_ages", "read_variants"]

AGES = ("stationary", "new")


def check_ages(family: type[Any], data: Mapping[str, Any]) -> None:
    """Only what wears has an age at t = 0; raises RuleError."""
    if "ages" in data and not family.ages:
        rule = f"nothing in the process {shown(data['model'])} wears, so it has no age at t = 0"
        raise RuleError(rule, "Remove it", path=("ages",))


def read_variants(
    family: type[Any], own: Mapping[str, Any], products: Any, *, also: tuple[str, ...] = ()
) -> tuple[Any, dict[str, Any]]:
    """A process of a family, and those that replace it for some products.

    Args:
        family: their class.
        own: its numbers as they are written.
        products: tables of numbers that differ, by name of the product.
        also: further keys that the table has, for messages.

    Raises:
        RuleError: a key is no number of the family, or a number lies outside of its range.
    """
    numbers = _read(family, own, (), also)
    if not isinstance(products, Mapping):
        rule = "numbers that differ by product stand in a table for each"
        raise RuleError(rule, "Write product.A.standard = …", path=("product",))
    variants = {}
    for name, its in products.items():
        if not isinstance(its, Mapping):
            raise RuleError("it is a table of numbers", f"Write product.{name}.… = …", path=("product", name))
        variants[name] = family(**(numbers | _read(family, its, ("product", name))))
    return family(**numbers), variants


def _read(
    family: type[Any], table: Mapping[str, Any], path: tuple[str, ...], also: tuple[str, ...] = ()
) -> dict[str, float]:
    """The numbers of a family that a table gives, SI."""
    known = numbers_of(family)
    found = {}
    for key, value in table.items():
        if key not in known:
            near = nearest(key, (*known, *also))
            rule = f"the numbers of {family.model!r} are {', '.join(known) or 'none'}"
            remedy = f"Use '{near}', or remove the key" if near else "Use one of these, or remove the key"
            raise RuleError(rule, remedy, subject=f"unknown key {shown(key)}", path=path)
        about = known[key]
        field = Physical(about["meaning"], about["unit"], about["low"], about["high"], about["value"])
        try:
            found[key] = field.read(value)
        except RuleError as fault:
            raise RuleError(fault.rule, fault.remedy, path=(*path, key)) from fault
    return found
