"""Powder coating: a film with scatter, and what dirt, water and thin edges do to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import jax.numpy as jnp
from jax.scipy import special

from twin.physics.spread import lognormal
from twin.process import Around, Attribute, Knob, Named, Outcome, Process, family, number

__all__ = ["Coating"]


@family
class Coating(Process):
    """A powder booth.

    film = setpoint * lognormal(mean 1, cv). Chances of a defect, each a smooth law that is nothing at its good end:
    inclusion = 1 - exp(-(always + dirt / scale)) and adhesion = 1 - exp(-water / scale), Poisson laws of independent
    spots; thin edge = Phi((covering - film) / deviation), since edges get a share of the film of the face.

    Left out: powder used and recovered, colour change, charging, the part's temperature.
    """

    model: ClassVar[str] = "coating"
    setpoints: ClassVar[Mapping[str, Knob]] = {
        "film": Knob(
            80e-6, "um", (50e-6, 140e-6), (70e-6, 100e-6), "thickness of the film", "assumption (housing, table E)"
        ),
    }
    reads: ClassVar[Mapping[str, Attribute]] = {
        "dirt": Attribute(5e-6, "mg", 0.0, 0.01, "dirt on the part"),
        "water": Attribute(0.0, "g", 0.0, 0.1, "water on the part"),
    }
    makes: ClassVar[Mapping[str, Attribute]] = {
        "film": Attribute(80e-6, "um", 20e-6, 400e-6, "thickness of the powder film"),
    }
    condition: ClassVar[Mapping[str, Attribute]] = {}
    draws: ClassVar[tuple[str, ...]] = ("film",)
    causes: ClassVar[tuple[str, ...]] = ("inclusion", "adhesion", "thin edge")

    spraying: float = number(40.0, "s", 1.0, 3600.0, meaning="time in the booth", source="assumption (table B)")
    power: float = number(9000.0, "W", 0.0, 1e6, meaning="electric power", source="assumption (table C)")
    cv: float = number(0.06, "1", 0.001, 0.15, meaning="coefficient of variation of the film", source="assumption")
    always: float = number(
        0.002, "1", 0.0, 0.5, meaning="inclusions per part from the booth", source="assumption: 0.5 % scrap, table B"
    )
    dirt_scale: float = number(
        2.5e-3, "mg", 1e-6, 1.0, meaning="dirt that makes one inclusion", source="assumption: 0.2 % at 5 mg"
    )
    water_scale: float = number(
        0.04, "g", 1e-4, 10.0, meaning="water that makes one blister", source="assumption: 0.05 % at 0.02 g"
    )
    covering: float = number(55e-6, "um", 1e-6, 3e-4, meaning="film that just covers an edge", source="assumption")
    deviation: float = number(3e-6, "um", 1e-8, 1e-4, meaning="deviation of it between parts", source="assumption")

    def visit(self, setpoints: Named, part: Named, condition: Named, around: Around, draw: Named) -> Outcome:
        """One visit, see `twin.process.Process.visit`."""
        film = setpoints["film"] * lognormal(self.cv, draw["film"])
        return Outcome(
            jnp.asarray(self.spraying, float),
            {"electricity": jnp.asarray(self.power * self.spraying, float)},
            {"film": film},
            {},
            {
                "inclusion": -jnp.expm1(-(self.always + part["dirt"] / self.dirt_scale)),
                "adhesion": -jnp.expm1(-part["water"] / self.water_scale),
                "thin edge": special.ndtr((self.covering - film) / self.deviation),
            },
        )
