"""Work by hand: lognormal times, and people who learn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import jax.numpy as jnp

from twin.physics.spread import lognormal
from twin.process import Around, Attribute, Knob, Named, Outcome, Process, family, number

WRIGHT = "Wright, Factors affecting the cost of airplanes, J. Aeronautical Sciences 3, 1936"


@family
class Manual(Process):
    """Work by hand on one part.

    time = standard * (practice / routine)^(log2 rate) * lognormal(mean 1, cv), where practice counts the parts made so
    far and is at most `routine`: each doubling of the practice takes the time to `rate` of what it was (Wright 1936).
    Hand tools draw a constant power.
    """

    model: ClassVar[str] = "manual"
    setpoints: ClassVar[Mapping[str, Knob]] = {}
    reads: ClassVar[Mapping[str, Attribute]] = {}
    makes: ClassVar[Mapping[str, Attribute]] = {}
    condition: ClassVar[Mapping[str, Attribute]] = {
        "practice": Attribute(1e6, "1", 1.0, 1e9, "parts that this person has made so far"),
    }
    draws: ClassVar[tuple[str, ...]] = ("time",)
    causes: ClassVar[tuple[str, ...]] = ("handling",)

    standard: float = number(72.0, "s", 0.1, 1e5, meaning="mean time of a practised person", source="assumption")
    cv: float = number(0.2, "1", 0.001, 2.0, meaning="coefficient of variation of the time", source="assumption")
    rate: float = number(0.9, "1", 0.5, 1.0, meaning="learning rate", source=WRIGHT + ": 0.8 for airframes")
    routine: float = number(
        2000.0, "1", 1.0, 1e9, meaning="parts after which nothing more is learned", source="assumption"
    )
    power: float = number(1200.0, "W", 0.0, 1e5, meaning="power of tools and extraction", source="assumption")
    handling: float = number(0.002, "1", 0.0, 0.5, meaning="share of parts spoiled by handling", source="assumption")

    def visit(self, setpoints: Named, part: Named, condition: Named, around: Around, draw: Named) -> Outcome:
        """One visit, see `twin.process.Process.visit`."""
        practice = jnp.minimum(condition["practice"], self.routine)
        learning = (practice / self.routine) ** (jnp.log(self.rate) / jnp.log(2.0))
        time = self.standard * learning * lognormal(self.cv, draw["time"])
        return Outcome(
            time,
            {"electricity": self.power * time},
            {},
            {"practice": condition["practice"] + 1.0},
            {"handling": jnp.asarray(self.handling)},
        )
