"""Assembly by a collaborative robot that slows down when a person comes near."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from twin.gradient import REMEDY, smooth_only
from twin.physics.smooth import larger, smaller
from twin.physics.spread import lognormal
from twin.process import Around, Attribute, Knob, Named, Outcome, Process, family, number

SPACING = "ISO/TS 15066 in the form of Marvel and Norcross 2017, doi 10.1016/j.rcim.2016.08.001"
COURSE = "worked case of a public robotics course"
_NEAR = f"presence: a person is near or not by chance, so that this moves how many visits are slow; {REMEDY}."


def protective_distance(
    robot: float | Array,
    person: float | Array,
    *,
    reaction: float | Array,
    stopping: float | Array,
    margin: float | Array,
) -> Array:
    """Least distance between person and robot at which the robot still stops in time [m].

    Formula: S = v_h (T_r + T_s) + v_r T_r + v_r T_s / 2 + (C + Z_d + Z_r), the robot braking evenly.
    Source: ISO/TS 15066, see Marvel and Norcross, Robotics and Computer-Integrated Manufacturing 44, 2017.

    Args:
        robot: v_r, speed towards the person [m/s], 0 or more.
        person: v_h, speed towards the robot [m/s]; 1.6 when not measured.
        reaction: T_r, from seeing to braking [s].
        stopping: T_s, from braking to rest [s].
        margin: C + Z_d + Z_r, reach and uncertainties of person and robot [m].

    Example:
        >>> round(float(protective_distance(1.0, 1.6, reaction=0.1, stopping=0.3, margin=0.35)), 6)
        1.24
    """
    reaction, stopping = jnp.asarray(reaction), jnp.asarray(stopping)
    return person * (reaction + stopping) + robot * (reaction + stopping / 2) + margin


def speed_within(
    distance: float | Array,
    person: float | Array,
    *,
    reaction: float | Array,
    stopping: float | Array,
    margin: float | Array,
) -> Array:
    """Largest robot speed whose protective distance fits [m/s]; negative where not even a robot at rest is far enough.

    Formula: `protective_distance` solved for v_r: (S - S(v_r = 0)) / (T_r + T_s / 2).

    Args:
        distance: S, of the person from the robot [m].
        person: as there.
        reaction: as there; not 0 together with `stopping`.
        stopping: as there.
        margin: as there.

    Example:
        >>> round(float(speed_within(1.115, 1.6, reaction=0.1, stopping=0.3, margin=0.35)), 6)
        0.5
    """
    rest = protective_distance(0.0, person, reaction=reaction, stopping=stopping, margin=margin)
    return (distance - rest) / (jnp.asarray(reaction) + jnp.asarray(stopping) / 2)


@family
class Cobot(Process):
    """Putting in a plug and a seal and driving screws, beside people.

    | what | formula | source |
    |---|---|---|
    | speed | setpoint, or near a person the smaller of it and `speed_within`, not below `creep` | ISO/TS 15066 |
    | time | (path / speed + screws * screwing + handling) * lognormal(mean 1, cv) | |
    | energy | power * time | |
    | cross-threaded | 1 - (1 - p)^screws, p = `crossing` (v / usual speed)^2: the tip swings with v^2 | assumption |
    | misassembled | constant | assumption |

    A person is near, at `distance`, with probability `presence`, for the whole visit: a draw decides, so a derivative
    by `presence` is refused. Smaller and larger are rounded off by 0.02 m/s.
    Left out: people who come and go during a visit, directions of motion, acceleration, energy that grows with speed.
    """

    model: ClassVar[str] = "cobot"
    setpoints: ClassVar[Mapping[str, Knob]] = {
        "robot_speed": Knob(1.0, "m/s", (0.1, 1.5), (0.25, 1.2), "of its tip while nobody is near", "assumption"),
    }
    reads: ClassVar[Mapping[str, Attribute]] = {}
    makes: ClassVar[Mapping[str, Attribute]] = {}
    condition: ClassVar[Mapping[str, Attribute]] = {}
    draws: ClassVar[tuple[str, ...]] = ("time", "person")
    causes: ClassVar[tuple[str, ...]] = ("misassembled", "cross-threaded")

    presence: float = number(0.2, "1", 0.0, 1.0, meaning="share of visits with a person near", source="assumption")
    distance: float = number(1.14, "m", 0.0, 10.0, meaning="of that person", source="assumption")
    person_speed: float = number(1.6, "m/s", 0.0, 3.0, meaning="v_h, towards the robot", source=SPACING)
    reaction: float = number(0.1, "s", 0.0, 2.0, meaning="T_r, from seeing to braking", source=COURSE)
    stopping: float = number(0.3, "s", 0.01, 2.0, meaning="T_s, from braking to rest", source=COURSE)
    intrusion: float = number(0.2, "m", 0.0, 1.2, meaning="C, reach of an arm before it is seen", source=COURSE)
    person_error: float = number(0.1, "m", 0.0, 1.0, meaning="Z_d, of the person's position", source=COURSE)
    robot_error: float = number(0.05, "m", 0.0, 1.0, meaning="Z_r, of the robot's position", source=COURSE)
    creep: float = number(0.05, "m/s", 0.02, 0.25, meaning="slowest speed, harmless at contact", source="assumption")
    path: float = number(9.0, "m", 0.0, 1e3, meaning="travelled per part", source="assumption")
    screws: float = number(6.0, "1", 0.0, 100.0, meaning="driven per part", source="assumption")
    screwing: float = number(4.5, "s", 0.1, 60.0, meaning="time of a screw", source="assumption")
    handling: float = number(9.0, "s", 0.0, 1e3, meaning="gripping, plug and seal", source="assumption")
    cv: float = number(0.06, "1", 1e-3, 1.0, meaning="coefficient of variation of the time", source="assumption")
    power: float = number(1600.0, "W", 0.0, 2e4, meaning="of robot, screwdriver and control", source="assumption")
    misassembled: float = number(1e-3, "1", 0.0, 0.5, meaning="share misassembled", source="assumption")
    crossing: float = number(1.7e-4, "1", 0.0, 0.1, meaning="share of screws at usual speed", source="assumption")
    usual_speed: float = number(1.0, "m/s", 0.05, 3.0, meaning="where that share holds", source="assumption")

    def speed(self, chosen: float | Array, near: float | Array) -> Array:
        """Speed of the robot [m/s], from the chosen one and whether a person is near."""
        margin = self.intrusion + self.person_error + self.robot_error
        safe = speed_within(
            self.distance, self.person_speed, reaction=self.reaction, stopping=self.stopping, margin=margin
        )
        return jnp.where(near, smaller(chosen, larger(safe, self.creep, 0.02), 0.02), chosen)

    def visit(self, setpoints: Named, part: Named, condition: Named, around: Around, draw: Named) -> Outcome:
        """One visit, see `twin.process.Process.visit`."""
        near = draw["person"] < smooth_only(jnp.asarray(self.presence, float), _NEAR)
        speed = self.speed(setpoints["robot_speed"], near)
        work = self.path / speed + self.screws * self.screwing + self.handling
        time = work * lognormal(self.cv, draw["time"])
        crossed = jnp.minimum(self.crossing * (speed / self.usual_speed) ** 2, 0.5)
        return Outcome(
            time,
            {"electricity": self.power * time},
            {},
            {},
            {
                "misassembled": jnp.asarray(self.misassembled),
                "cross-threaded": 1 - (1 - crossed) ** self.screws,
            },
        )
