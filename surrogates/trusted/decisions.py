"""What a plant would choose setpoints for, by family: small optimisations over the windows released for production."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jax import Array, lax

from twin.process import Around

__all__ = ["TASKS", "Task"]

Setpoints = Mapping[str, Array]
HALL = 293.15
SHOTS = 40
"""Shots after which a die that began at rest has come to its working temperatures."""


@dataclass(frozen=True)
class Task:
    """A choice of setpoints.

    Attributes:
        what: is made small, in one sentence.
        unit: of it.
        per: SI per unit.
        cost: (process, setpoints) -> what is made small, SI.
    """

    what: str
    unit: str
    per: float
    cost: Callable[[Any, Setpoints], Array]


def _good(defects: Mapping[str, Array]) -> Array:
    """Chance that a part has no defect, each cause for itself; at least 1 %, so that what it divides stays finite."""
    good = jnp.ones(())
    for chance in defects.values():
        good = good * (1 - chance)
    return 0.01 + 0.99 * good


def _usual(process: Any) -> tuple[dict[str, Array], dict[str, Array], dict[str, Array]]:
    """A usual part, a machine at rest, and draws in the middle."""
    part = {name: jnp.asarray(about.value) for name, about in process.reads.items()}
    condition = {name: jnp.asarray(about.value) for name, about in process.condition.items()}
    return part, condition, {name: jnp.asarray(0.5) for name in process.draws}


def gas_per_good_part(process: Any, setpoints: Setpoints) -> Array:
    """Gas of an oven per good part [J]: the part's own and one pitch of the base load."""
    part, condition, draw = _usual(process)
    around = Around(jnp.asarray(HALL), jnp.asarray(0.0))
    done = process.visit(setpoints, part, condition, around, draw)
    base = process.base(setpoints, around.temperature)["gas"] * setpoints["pitch"]
    return (done.energy["gas"] + base) / _good(done.defects)


def time_per_good_casting(process: Any, setpoints: Setpoints) -> Array:
    """Cycle time per good casting of a die that has come to its working temperatures [s]."""
    part, condition, draw = _usual(process)
    around = Around(jnp.asarray(HALL), jnp.asarray(0.0))

    def shot(now: dict[str, Array], _: None) -> tuple[dict[str, Array], tuple[Array, Array]]:
        done = process.visit(setpoints, part, now, around, draw)
        return done.condition, (done.time, _good(done.defects))

    _, (time, good) = lax.scan(shot, condition, None, length=SHOTS)
    return time[-1] / good[-1]


def energy_per_good_part(process: Any, setpoints: Setpoints) -> Array:
    """Electricity per good part of a machine whose tools are half worn, with its share of their change [J]."""
    part, condition, draw = _usual(process)
    worn = {**condition, "wear": jnp.asarray(0.5)}
    done = process.visit(setpoints, part, worn, Around(jnp.asarray(HALL), jnp.asarray(0.0)), draw)
    often = jnp.maximum(1 / setpoints["tool_change_after"], process.worn_by_a_part(setpoints))
    return (done.energy["electricity"] + process.base_power * process.change * often) / _good(done.defects)


TASKS: Mapping[str, Task] = {
    "oven": Task("least gas per good part", "kWh", 3.6e6, gas_per_good_part),
    "die_casting": Task("least cycle time per good casting of a warm die", "s", 1.0, time_per_good_casting),
    "die_casting_section": Task("least cycle time per good casting of a warm die", "s", 1.0, time_per_good_casting),
    "machining": Task(
        "least electricity per good part with half worn tools, their changes included",
        "kWh",
        3.6e6,
        energy_per_good_part,
    ),
}
"""Family -> what its setpoints are chosen for."""
