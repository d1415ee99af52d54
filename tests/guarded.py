"""A guarded process for tests: work by hand that is told wrongly once a person has much practice, and says so."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from twin.distribution import Distribution
from twin.line import Line, Process, Station
from twin.physics import Manual
from twin.process import Around, Named, Outcome, family, number


@family
class Learned(Manual):
    """Like `Manual`; after an idle time beyond `patience`, or with more practice than `seen`, it errs and says so."""

    guarded: ClassVar[bool] = True

    patience: float = number(60.0, "s", 0.0, 1e9, meaning="idle time up to which it is right", source="test")
    seen: float = number(1e9, "1", 1.0, 1e10, meaning="practice up to which it is right", source="test")
    error: float = number(1.5, "1", 0.1, 10.0, meaning="factor on its time outside", source="test")

    def visit(self, setpoints: Named, part: Named, condition: Named, around: Around, draw: Named) -> Outcome:
        """One visit, see `twin.process.Process.visit`."""
        out = super().visit(setpoints, part, condition, around, draw)
        idle = jnp.isfinite(around.idle) & (around.idle > self.patience)
        practised = condition["practice"] > self.seen
        outside = jnp.where(jnp.isnan(self.patience), jnp.nan, jnp.asarray(idle | practised, float))
        time = jnp.where(outside > 0, self.error * out.time, out.time)
        strays = {"idle": jnp.asarray(idle, float), "practice": jnp.asarray(practised, float)}
        energy = {"electricity": self.power * time}
        return out._replace(time=time, energy=energy, outside=outside, strays=strays)

    def fallback(self) -> Manual:
        """Work by hand, of the same numbers."""
        names = ("standard", "cv", "rate", "routine", "power", "handling")
        return Manual(**{name: getattr(self, name) for name in names})


def learned(outside: str = "first principles", **numbers: Any) -> Process:
    return Process("learned", behaviour=Learned(**numbers), outside=outside)


def constant(mean: float) -> Process:
    return Process(time=Distribution("constant", {"mean": mean}))


def bench(outside: str = "first principles", machines: int = 2, **numbers: Any) -> Line:
    """A feeder, people who are guarded, people who are not, and a packer: parts overtake, and some are scrapped."""
    work = {"standard": 60.0, "cv": 0.5, "handling": 0.1, "patience": 48.0} | numbers
    return Line(
        "bench",
        (
            Station("feed", constant(36.0)),
            Station("deburr", learned(outside, **work), machines=machines, buffer=3, finds={"all": 0.6}),
            Station("check", Process("manual", behaviour=Manual(standard=20.0)), buffer=2),
            Station("pack", constant(25.0), buffer=2, power={"electricity": {"processing": 500.0, "starved": 90.0}}),
        ),
    )
