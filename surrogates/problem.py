"""What a surrogate learns: a map from named numbers to named numbers, and where its cases lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from twin.process import Attribute, Process

__all__ = ["Problem", "estimate_of", "problem_of"]

Named = Mapping[str, Array]


@dataclass(frozen=True)
class Problem:
    """A map to be learned, written for one case.

    Attributes:
        name: e.g. of the family.
        inputs: name -> Attribute; [low, high] is the box in which it is learned, SI.
        outputs: name -> Attribute.
        logs: outputs that are learned as logarithms, because they are positive and spread over magnitudes.
        solve: named inputs -> named outputs, SI; None where only a table of measured cases is known.
        rough: a formula for some of the outputs of one case, which a network then corrects; None to learn all.
        numbers: of the family on which `solve` depends, by name; a surrogate holds for these alone.
        shares: outputs that are learned as log odds, because they lie between 0 and 1.
    """

    name: str
    inputs: Mapping[str, Attribute]
    outputs: Mapping[str, Attribute]
    logs: tuple[str, ...] = ()
    solve: Callable[[Named], Named] | None = None
    rough: Callable[[Named], Named] | None = None
    numbers: Mapping[str, float] | None = None
    shares: tuple[str, ...] = ()

    @property
    def low(self) -> np.ndarray:
        """Lower edges of the box [input], SI."""
        return np.asarray([about.low for about in self.inputs.values()], float)

    @property
    def high(self) -> np.ndarray:
        """Upper edges of the box [input], SI."""
        return np.asarray([about.high for about in self.inputs.values()], float)

    @cached_property
    def one(self) -> Callable[[Array], Array]:
        """The map for one case: [input] -> [output], SI.

        Raises:
            ValueError: only a table of cases is known.
        """
        solve = self.solve
        if solve is None:
            raise ValueError(f"{self.name!r} is known by its measured cases only; there is no solver to ask.")

        def one(x: Array) -> Array:
            found = solve({name: x[k] for k, name in enumerate(self.inputs)})
            return jnp.stack([found[name] for name in self.outputs])

        return one

    @property
    def formula(self) -> Callable[[Array], dict[int, Array]] | None:
        """What `rough` says of one case [input]: number of an output -> SI; None without a formula."""
        rough = self.rough
        if rough is None:
            return None
        places = {name: k for k, name in enumerate(self.outputs)}

        def formula(x: Array) -> dict[int, Array]:
            said = rough({name: x[k] for k, name in enumerate(self.inputs)})
            return {places[name]: value for name, value in said.items()}

        return formula

    @cached_property
    def _many(self) -> Callable[[Array], Array]:
        return jax.jit(jax.vmap(self.one))

    def truth(self, x: np.ndarray) -> np.ndarray:
        """Solve many cases [case, input] -> [case, output], SI."""
        return np.asarray(self._many(jnp.asarray(x, float)))


def problem_of(
    process: Process, *, box: Mapping[str, tuple[float, float]] | None = None, structure: bool = True
) -> Problem:
    """What costs time in the visits of a process, as a problem to be learned.

    Args:
        process: of a family with a solver (see `twin.process.Process.solver`), with its numbers.
        box: windows [SI] of inputs that are to be learned in less, or more, than the whole range of the family.
        structure: whether a network corrects the family's formula (`Process.estimate`), where it has one.

    Raises:
        ValueError: the family has no solver, or the box names no input of it or has no extent.

    Example:
        >>> from twin.physics import Oven
        >>> problem = problem_of(Oven(), box={"hall": (290.0, 300.0)})
        >>> list(problem.inputs), float(problem.high[-1])
        (['zone_1', 'zones_2_3', 'pitch', 'temperature', 'film', 'hall'], 300.0)
    """
    solver, model = process.solver, process.model
    if solver is None:
        rule = "nothing in its visits costs time, so there is nothing to learn"
        raise ValueError(f"the process {model!r} has no solver: {rule}. Use it as it is.")
    inputs = dict(solver.inputs)
    for name, (low, high) in (box or {}).items():
        if name not in inputs:
            raise ValueError(f"box: {name!r} is no input of {model!r}. Use some of {', '.join(inputs)}.")
        if not low < high:
            raise ValueError(f"box: {name} is from {low:g} to {high:g}; a window begins below its end.")
        about = inputs[name]
        middle = about.value if low <= about.value <= high else (low + high) / 2
        inputs[name] = Attribute(middle, about.unit, low, high, about.meaning)
    rough = estimate_of(process) if structure else None
    return Problem(
        model, inputs, solver.outputs, solver.logs, process.solve, rough, _used(process, inputs), solver.shares
    )


def estimate_of(process: Process) -> Callable[[Named], Named] | None:
    """The cheap formula of a process for what its solver finds; None where its family has none."""
    return None if type(process).estimate is Process.estimate else process.estimate


def _used(process: Any, inputs: Mapping[str, Attribute]) -> dict[str, float]:
    """The numbers of a process that move what its solver finds, anywhere at 64 random cases."""
    cls = type(process)
    numbers = {field.name: float(getattr(process, field.name)) for field in fields(cls)}
    draw = np.random.default_rng(0).uniform(size=(64, len(inputs)))
    cases = {n: jnp.asarray(a.low + (a.high - a.low) * draw[:, k]) for k, (n, a) in enumerate(inputs.items())}
    finite = {name: value for name, value in numbers.items() if np.isfinite(value)}
    rest = {name: value for name, value in numbers.items() if name not in finite}
    slope = jax.jacfwd(lambda leaves, case: cls(**leaves, **rest).solve(case))
    slopes = jax.jit(jax.vmap(slope, in_axes=(None, 0)))(jax.tree.map(jnp.asarray, finite), cases)
    moved = {name for row in slopes.values() for name, value in row.items() if np.any(np.asarray(value) != 0)}
    return {name: numbers[name] for name in finite if name in moved}
