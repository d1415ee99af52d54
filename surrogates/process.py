"""A surrogate as a process of a line: the family that it learned, with the network in place of the solver."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, ClassVar

from surrogates.bundle import loads
from surrogates.surrogate import Surrogate
from twin.errors import RuleError
from twin.physics import FAMILIES
from twin.process import Named, Outcome, Process, family, number, numbers_of
from twin.readers import ProcessFile

__all__ = ["process_class", "read_process"]


def read_process(file: ProcessFile) -> type[Process]:
    """The family in a surrogate's file, for `process = { model = "surrogate", file = … }` in a line.

    Raises:
        RuleError: the file is no surrogate, or damaged, or learned no family.
    """
    try:
        return process_class(loads(file.content, str(file.path)))
    except RuleError:
        raise
    except ValueError as fault:
        rule = f"it is a file that `linetwin train` wrote ({fault})"
        raise RuleError(rule, "Use another file, or train it again", path=("file",)) from fault


def process_class(surrogate: Surrogate, *, thorough: bool = False) -> type[Process]:
    """The family of a surrogate with its network in it; everything else of a visit is as in the family.

    Energy follows from what the network tells by the same balance as from what the solver tells, so it is conserved.
    A visit outside of where the surrogate may be trusted says so (`Outcome.outside`), and which inputs left the box.

    Args:
        surrogate: of a family.
        thorough: whether the whole guard is asked at each visit, and not its box alone (see `Surrogate.flagged`).

    Raises:
        RuleError: the surrogate is not of a family.
    """
    problem = surrogate.problem
    base: Any = FAMILIES.get(problem.name)
    if base is None or problem.numbers is None:
        rule = "only a learned solver of a family can work in a line"
        raise RuleError(rule, "Train one of a process", subject=f"{problem.name!r} was learned from a table")
    learned, known = problem.numbers, numbers_of(base)

    class Learned(base):
        guarded: ClassVar[bool] = True

        def __post_init__(self) -> None:
            for name, value in learned.items():
                given = getattr(self, name)
                if isinstance(given, float | int) and abs(given - value) > 1e-9 * abs(value):
                    rule = f"the surrogate was learned with {value:g} in SI units and holds for that alone"
                    raise RuleError(rule, "Leave it out, or train it again", path=(name,))

        def solve(self, inputs: Named) -> dict[str, Any]:
            if (asked := getattr(self, "asked", None)) is not None:
                asked.append(surrogate.case(inputs))
            return surrogate.solve(inputs)

        def visit(self, *case: Any) -> Outcome:
            """One visit, see `twin.process.Process.visit`, and whether its solver was asked outside."""
            asking, asked = replace(self), []
            object.__setattr__(asking, "asked", asked)
            outcome = base.visit(asking, *case)
            outside, astray = surrogate.flagged(asked[0], thorough=thorough), surrogate.astray(asked[0])
            strays = {name: astray[k] for k, name in enumerate(surrogate.problem.inputs)}
            return outcome._replace(outside=outside, strays=strays)

        def fallback(self) -> Process:
            """The family, with the same numbers."""
            return base(**{one.name: getattr(self, one.name) for one in fields(self)})

    for name, value in learned.items():
        about = dict(known[name])
        del about["value"]
        setattr(Learned, name, number(value, **about))
    Learned.__annotations__ = dict.fromkeys(learned, float)
    Learned.__name__ = Learned.__qualname__ = f"{base.__name__}Surrogate"
    Learned.__doc__ = f"{base.__name__}, its solver learned."
    return family(Learned)
