"""Coarser and finer grids of the families' solvers: what else a surrogate has to be faster than."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jax import Array

from twin.physics.casting_section import FINE
from twin.physics.casting_section import STEPS as SECTION_STEPS
from twin.physics.cells import cells_of
from twin.physics.cure import Kinetics, cured
from twin.physics.die import relax
from twin.physics.oven import REFERENCE, STEPS
from twin.physics.section import grid
from twin.process import Around

__all__ = ["GRIDS", "Grids"]

Named = Mapping[str, Array]


@dataclass(frozen=True)
class Grids:
    """The solver of a family over its grids.

    Attributes:
        used: the grid in use, in words.
        grids: from coarse to fine, in words -> grid.
        exact: one so fine that it stands for the truth.
        solve: (process, inputs, grid) -> what `Process.solve` finds, on that grid.
    """

    used: str
    grids: Mapping[str, Any]
    exact: Any
    solve: Callable[[Any, Named, Any], dict[str, Array]]


def oven(process: Any, inputs: Named, steps: tuple[int, int]) -> dict[str, Array]:
    """As `Oven.solve`, in other numbers of steps in zone 1 and in zones 2 and 3."""
    around = Around(inputs["hall"], jnp.zeros_like(inputs["hall"]))
    through = process.passage(inputs, inputs, around, steps)
    kinetics = Kinetics(process.slow, process.fast, process.activation, process.speeding, process.order)
    cure = cured(jnp.minimum(through.boss, through.wall), REFERENCE, kinetics)
    return {**through.temperature._asdict(), "cure": cure, "overcure": through.wall}


def shot(process: Any, inputs: Named, passes: int) -> dict[str, Array]:
    """As `Casting.solve`, with other numbers of passes between the metal and the die."""
    rest, closed = process.resting(inputs["oil"], inputs["hall"]), process.fill + inputs["dwell"]
    found = process.freeze(inputs, inputs["surface"])
    for _ in range(passes - 1):
        warmed = rest._replace(source=(found[0] / closed, rest.source[1]))
        _, during = relax(warmed, (inputs["surface"], inputs["body"]), closed)
        found = process.freeze(inputs, during[0] / closed)
    return dict(zip(("heat", "casting", "freezing"), found, strict=True))


def section(process: Any, inputs: Named, cells: tuple[int, int]) -> dict[str, Array]:
    """As `CastingSection.solve`, with other cells (2 mm / fine) and steps."""
    fine, steps = cells
    return process.solved(inputs, grid(cells_of(fine), steps))


_SECTIONS = ((1, 20), (1, 40), (FINE, 24), (FINE, SECTION_STEPS), (FINE, 80), (4, 80))
_STEPS = ((2, 3), (3, 4), (4, 5), (5, 7), (6, 8), (7, 9), STEPS, (10, 12), (16, 20), (32, 40))

GRIDS: Mapping[str, Grids] = {
    "oven": Grids(f"{STEPS[0]} + {STEPS[1]} steps", {f"{a} + {b} steps": (a, b) for a, b in _STEPS}, (200, 300), oven),
    "die_casting": Grids("2 passes", {"1 pass": 1, "2 passes": 2, "3 passes": 3, "4 passes": 4}, 12, shot),
    "die_casting_section": Grids(
        f"{2 / FINE:.2g} mm, {SECTION_STEPS} steps",
        {f"{2 / fine:.2g} mm, {steps} steps": (fine, steps) for fine, steps in _SECTIONS},
        (4, 160),
        section,
    ),
}
"""Family -> its grids; a family of formulas has none."""
