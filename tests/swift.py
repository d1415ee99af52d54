"""A machine for tests whose best speed is known: the faster it moves, the less it idles and the more it is dragged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from twin.line import Line, Setpoint, Station
from twin.line import Process as LineProcess
from twin.process import Around, Knob, Named, Outcome, Process, family, number


@family
class Swift(Process):
    """Moves `way` at its speed; takes `idle` all the time and `drag` times the speed squared per part."""

    model: ClassVar[str] = "swift"
    setpoints: ClassVar[Mapping[str, Knob]] = {
        "speed": Knob(0.5, "m/s", (0.1, 10.0), (0.2, 5.0), "of the axis", "test"),
    }

    way: float = number(10.0, "m", 0.1, 1e3, meaning="way of a visit", source="test")
    idle: float = number(400.0, "W", 0.0, 1e6, meaning="power all the time", source="test")
    drag: float = number(300.0, "kg", 0.0, 1e6, meaning="energy per speed squared", source="test")

    def visit(self, setpoints: Named, part: Named, condition: Named, around: Around, draw: Named) -> Outcome:
        """One visit, see `twin.process.Process.visit`."""
        time = self.way / setpoints["speed"]
        energy = {"electricity": self.idle * time + self.drag * setpoints["speed"] ** 2}
        return Outcome(time, energy, {}, {}, {})

    def best(self) -> float:
        """Speed of least energy per part: idle way / v + drag v^2 has no slope there."""
        return (self.idle * self.way / (2 * self.drag)) ** (1 / 3)


def swift_line() -> Line:
    """One such machine with parts without end."""
    speed = Setpoint(0.5, "m/s", 1.0, (0.2, 5.0), (0.1, 10.0))
    station = Station(
        "axis", LineProcess("swift", behaviour=Swift()), setpoints={"speed": speed}, power={"electricity": {}}
    )
    return Line("swift", (station,))
