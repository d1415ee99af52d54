"""A surrogate as a process of a line: the family that it learned, with the network in place of the solver."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import jax

from surrogates.surrogate import Surrogate
from twin.physics import FAMILIES
from twin.process import Named, Process

__all__ = ["process_class"]


def process_class(surrogate: Surrogate) -> type[Process]:
    """The family of a surrogate with its network in it; everything else of a visit is as in the family.

    Energy follows from what the network tells by the same balance as from what the solver tells, so it is conserved.

    Raises:
        ValueError: the surrogate is not of a family.
    """
    problem = surrogate.problem
    base: Any = FAMILIES.get(problem.name)
    if base is None or problem.numbers is None:
        rule = "it was learned from a table, and only a learned solver of a family can work in a line"
        raise ValueError(f"surrogate {problem.name!r}: {rule}.")

    def __init__(self: Any, **numbers: Any) -> None:  # noqa: N807 - a check in front of that of the family
        for name, value in (problem.numbers or {}).items():
            given = numbers.get(name, value)
            if isinstance(given, float | int) and abs(given - value) > 1e-9 * abs(value):
                rule = f"the surrogate was learned with {value:g} and holds for that alone"
                raise ValueError(f"{name} is {given:g}; {rule}. Leave it out, or train again.")
        base.__init__(self, **{**(problem.numbers or {}), **numbers})

    def solve(self: Any, inputs: Named) -> dict[str, Any]:  # noqa: ARG001
        return surrogate.solve(inputs)

    body = {"__init__": __init__, "__doc__": f"{base.model} with a surrogate.", "solve": solve}
    made = type(f"{base.__name__}Surrogate", (base,), body)
    names = [number.name for number in fields(base)]
    return jax.tree_util.register_dataclass(made, data_fields=names, meta_fields=[])
