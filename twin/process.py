"""The contract of a process: what one visit of one part on one machine does.

A family of processes is a frozen dataclass of numbers, with one method `visit`; it is written for one part and one
machine, and the loop maps it over stations and replications. First-principles families stand in `twin/physics/`, one
file each; a surrogate keeps the same contract. All numbers are in SI units, temperatures in kelvin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, NamedTuple, TypeVar, dataclass_transform

import jax
from jax import Array

__all__ = [
    "Around",
    "Attribute",
    "Knob",
    "Outcome",
    "Process",
    "Solver",
    "family",
    "knobs",
    "number",
    "numbers_of",
    "ranged",
]

Named = Mapping[str, Array]


@dataclass(frozen=True)
class Knob:
    """A setpoint of a family.

    Attributes:
        value: default, in SI units.
        unit: in which it is written and shown, as pint reads it.
        machine: window that a controller accepts [SI]; outside it the formulas do not hold and the setpoint is refused.
        released: window approved for production [SI].
        meaning: what it is, in a few words.
        source: of the default and the windows.
        jumps: whether a visit changes by jumps with it, so that it has no derivative.
        counts: whether it moves how often a service comes (a tool change by wear), which no derivative shows.
    """

    value: float
    unit: str
    machine: tuple[float, float]
    released: tuple[float, float]
    meaning: str
    source: str
    jumps: bool = False
    counts: bool = False


@dataclass(frozen=True)
class Attribute:
    """Something that a part carries, or the condition of a machine: its value on a blank or on a machine at rest.

    Attributes:
        value: in SI units.
        unit: in which it is shown.
        low, high: range [SI] in which the formulas hold.
        meaning: what it is, in a few words.
    """

    value: float
    unit: str
    low: float
    high: float
    meaning: str


class Around(NamedTuple):
    """What surrounds a visit.

    Attributes:
        temperature: of the hall [K].
        idle: time since this machine finished its last visit [s]; infinite before the first.
    """

    temperature: Array
    idle: Array


class Outcome(NamedTuple):
    """What a visit does.

    Attributes:
        time: processing time [s].
        energy: carrier ("electricity", "gas", "compressed_air") -> energy used for this part, on top of `base` [J].
        part: the attributes that it makes or changes, named as in `makes`.
        condition: of the machine after the visit, named as in `condition`.
        defects: cause -> probability that this visit makes such a defect.
        service: time that the machine needs after the visit before the next, e.g. for a tool change [s].
        heat: flows of heat [J], positive into the control volume, adding up to zero; None where they are not followed.
        outside: 1 where the visit lies outside the region in which its process may be trusted, else 0; of first
            principles always 0. Only a `guarded` process is asked.
        strays: input -> 1 where that input alone lies outside its own range, for messages; None where nobody asks.
    """

    time: Array
    energy: dict[str, Array]
    part: dict[str, Array]
    condition: dict[str, Array]
    defects: dict[str, Array]
    service: Array | float = 0.0
    heat: dict[str, Array] | None = None
    outside: Array | float = 0.0
    strays: dict[str, Array] | None = None


class Solver(NamedTuple):
    """What costs time in a visit of a family, as a map from named numbers to named numbers that can be learned.

    Attributes:
        inputs: what it needs, with the range [SI] over which it is learned.
        outputs: what it finds, with the range [SI] in which that lies.
        logs: those outputs that are positive, times or such as are spread over magnitudes.
        shares: those that lie between 0 and 1.
    """

    inputs: Mapping[str, Attribute]
    outputs: Mapping[str, Attribute]
    logs: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()


class Process:
    """What every family and every surrogate offers; those that a family does not name it has not.

    Attributes:
        model: its name in a line file.
        setpoints: name -> Knob.
        reads: attributes of the part that it looks at; what no station before made has the value given here.
        makes: attributes that it makes or changes.
        condition: what a machine carries from visit to visit.
        serves: whether a machine may need time after a visit before the next (see `Outcome.service`).
        draws: names of the independent uniform random numbers that a visit uses.
        causes: names of the defects that it can make.
        ages: names of the independent uniform random numbers that `aged` uses; none where nothing wears.
        solver: what `solve` maps; None where nothing costs time.
        guarded: whether a visit may lie outside the region in which it may be trusted (see `Outcome.outside`). Even
            then it returns finite numbers.
    """

    model: ClassVar[str]
    setpoints: ClassVar[Mapping[str, Knob]] = {}
    reads: ClassVar[Mapping[str, Attribute]] = {}
    makes: ClassVar[Mapping[str, Attribute]] = {}
    condition: ClassVar[Mapping[str, Attribute]] = {}
    serves: ClassVar[bool] = False
    draws: ClassVar[tuple[str, ...]] = ()
    causes: ClassVar[tuple[str, ...]] = ()
    ages: ClassVar[tuple[str, ...]] = ()
    solver: ClassVar[Solver | None] = None
    guarded: ClassVar[bool] = False

    def solve(self, inputs: Named) -> dict[str, Array]:
        """What costs time in a visit, which a surrogate replaces.

        Args:
            inputs: all of `solver.inputs`, SI.

        Returns:
            All of `solver.outputs`, SI.
        """
        raise NotImplementedError

    def estimate(self, inputs: Named) -> dict[str, Array]:  # noqa: ARG002
        """What a formula that costs next to nothing says of some of `solver.outputs`; a network can learn the rest.

        Args:
            inputs: all of `solver.inputs`, SI.
        """
        return {}

    def visit(self, setpoints: Named, part: Named, condition: Named, around: Around, draw: Named) -> Outcome:
        """One visit.

        Args:
            setpoints: all of `setpoints`, SI.
            part: all of `reads`, SI.
            condition: all of `condition`, SI.
            around: what surrounds it.
            draw: all of `draws`, each uniform in (0, 1).
        """
        raise NotImplementedError

    def aged(self, setpoints: Named, draw: Named) -> dict[str, Array]:  # noqa: ARG002
        """What of `condition` wears, of a machine at a random moment of its service; the rest is as at rest.

        Temperatures are no age: what was hot in the last shift is cold when the next one begins.

        Args:
            setpoints: all of `setpoints`, SI; those that have always been in force.
            draw: all of `ages`, each uniform in (0, 1).
        """
        return {}

    def fallback(self) -> Process | None:
        """The process from first principles that this one stands for; None for one that stands for itself.

        It has the same setpoints, attributes, condition, causes, carriers, `base` and `rest`, so that the two can take
        each other's place in a run.
        """
        return None

    @property
    def places(self) -> float | None:
        """How many places a conveyor with this process has; None for what runs on single machines."""
        return None

    def finds(self, setpoints: Named, part: Named, condition: Named) -> dict[str, Array]:  # noqa: ARG002
        """Errors of a test: chance of "alarm on good", and of "miss" of a defect; empty for what tests nothing.

        Args:
            setpoints: all of `setpoints`, SI.
            part: all of `reads`, SI.
            condition: all of `condition`, SI.
        """
        return {}

    def rest(self, setpoints: Named, duration: Array, temperature: Array) -> list[tuple[Array, dict[str, Array]]]:  # noqa: ARG002
        """What a machine takes in closed hours instead of `base`: stretches (length [s], power by carrier [W]).

        They follow each other from the beginning of the stop; then `base` flows again. Empty for what stays ready.

        Args:
            setpoints: all of `setpoints`, SI.
            duration: of the stop [s].
            temperature: of the hall [K].
        """
        return []

    def base(self, setpoints: Named, temperature: Array) -> dict[str, Array]:  # noqa: ARG002 - most have none
        """Power by carrier [W] that flows while the machine is on, whether there is a part or not.

        Args:
            setpoints: all of `setpoints`, SI.
            temperature: of the hall [K].
        """
        return {}


F = TypeVar("F")


def ranged(setpoints: Mapping[str, Knob], *names: str) -> dict[str, Attribute]:
    """Some setpoints as inputs of a solver, over the windows that a controller accepts."""
    chosen = {name: setpoints[name] for name in names}
    return {name: Attribute(knob.value, knob.unit, *knob.machine, knob.meaning) for name, knob in chosen.items()}


def number(value: float, unit: str, low: float, high: float, *, meaning: str, source: str) -> Any:
    """A number of a family that is no setpoint: a field with its unit, valid range [SI], meaning and source."""
    return field(default=value, metadata={"unit": unit, "low": low, "high": high, "meaning": meaning, "source": source})


@dataclass_transform(frozen_default=True, kw_only_default=True)
def family(cls: type[F]) -> type[F]:
    """Make a class a family: a frozen dataclass whose numbers are leaves of a pytree, so that `vmap` reaches them."""
    made: Any = dataclass(frozen=True, kw_only=True)(cls)
    return jax.tree_util.register_dataclass(made, data_fields=[f.name for f in fields(made)], meta_fields=[])


def numbers_of(process: type[Any]) -> dict[str, Mapping[str, Any]]:
    """Name -> unit, low, high, meaning and source of the numbers of a family, with their default as `value`."""
    return {f.name: {"value": f.default, **f.metadata} for f in fields(process)}


def knobs(process: Process) -> dict[str, float]:
    """The default setpoints [SI]."""
    return {name: knob.value for name, knob in process.setpoints.items()}
