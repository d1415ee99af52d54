"""The robot beside people against the reference numbers, section 7 and table B."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from twin.physics.cobot import Cobot, protective_distance, speed_within
from twin.physics.smooth import larger, smaller
from twin.physics.spread import lognormal
from twin.process import Around, knobs

HALL = Around(jnp.asarray(295.0), jnp.asarray(10.0))

# Section 7, with C 0.20, Z_d 0.10 and Z_r 0.05 m, T_s 0.30 s, v_h 1.6 m/s: v_r [m/s], T_r [s], distance [m].
TABLE = [(1.0, 0.1, 1.24), (0.5, 0.1, 1.115), (0.0, 0.1, 0.99), (1.0, 0.2, 1.50)]


def visit(family: Cobot | None = None, *, person: float = 0.9, time: float = 0.5, **setpoints: Any) -> Any:
    family = family or Cobot(cv=1e-9)
    chosen = jax.tree.map(jnp.asarray, {**knobs(family), **setpoints})
    return family.visit(chosen, {}, {}, HALL, {"time": jnp.asarray(time), "person": jnp.asarray(person)})


@pytest.mark.parametrize(("robot", "reaction", "known"), TABLE)
def test_protective_distance(robot: float, reaction: float, known: float) -> None:
    distance = protective_distance(robot, 1.6, reaction=reaction, stopping=0.3, margin=0.35)
    assert float(distance) == pytest.approx(known, abs=1e-12)
    back = speed_within(known, 1.6, reaction=reaction, stopping=0.3, margin=0.35)
    assert float(back) == pytest.approx(robot, abs=1e-12)


def test_latency_costs_the_speed_of_both() -> None:
    """Section 7: dS / dT_r = v_h + v_r."""
    slope = jax.grad(lambda t: protective_distance(0.7, 1.6, reaction=t, stopping=0.3, margin=0.35))(0.1)
    assert float(slope) == pytest.approx(2.3)


def test_baseline_of_housing() -> None:
    """Table B: 45 s, 51 s with a person near; table C: 1.6 kW; 0.2 % scrap."""
    free, near = visit(person=0.9), visit(person=0.1)
    assert float(free.time) == pytest.approx(45, abs=1e-6)
    assert float(near.time) == pytest.approx(51, abs=0.01)
    assert float(free.energy["electricity"]) == pytest.approx(1600 * 45)
    assert float(sum(free.defects.values())) == pytest.approx(0.002, rel=0.05)


def test_spread_of_the_time() -> None:
    """Table B: cv 0.06, over evenly spaced draws; the mean is that of a robot without spread."""
    draws = (jnp.arange(20_000) + 0.5) / 20_000
    times = np.asarray(jax.vmap(lambda u: visit(Cobot(), time=u).time)(draws))  # type: ignore[arg-type]
    assert times.mean() == pytest.approx(45, rel=1e-4)
    assert times.std() / times.mean() == pytest.approx(0.06, rel=2e-3)


def test_presence_is_the_share_of_draws() -> None:
    draws = (jnp.arange(1000) + 0.5) / 1000
    times = np.asarray(jax.vmap(lambda u: visit(person=u).time)(draws))  # type: ignore[arg-type]
    assert (times > 48).sum() == 200


def test_robot_keeps_its_distance() -> None:
    """Near a person the protective distance fits, up to the rounding off; a robot that may be faster is."""
    for distance in (1.05, 1.1, 1.2, 1.3):
        for chosen in (0.1, 0.4, 0.9, 1.5):
            speed = float(Cobot(distance=distance).speed(chosen, True))
            closest = protective_distance(speed, 1.6, reaction=0.1, stopping=0.3, margin=0.35)
            assert float(closest) <= distance + 5e-4
            assert speed <= chosen
            allowed = (distance - 0.99) / 0.25
            assert speed == pytest.approx(min(chosen, allowed), abs=0.011)
    assert float(Cobot(distance=0.3).speed(1.0, True)) == pytest.approx(0.05, abs=1e-3)
    assert float(Cobot(distance=0.3).speed(1.0, False)) == 1.0


def test_slower_is_later_and_crosses_fewer_threads() -> None:
    outs = [visit(robot_speed=speed) for speed in (0.25, 0.5, 1.0, 1.5)]
    assert [float(out.time) for out in outs] == pytest.approx([36 + 9 / 0.25, 36 + 18, 36 + 9, 36 + 6])
    crossed = [float(out.defects["cross-threaded"]) for out in outs]
    assert crossed == pytest.approx([1 - (1 - 1.7e-4 * v**2) ** 6 for v in (0.25, 0.5, 1.0, 1.5)])


def test_smooth_choice() -> None:
    """Its errors are those that it states, and both add up."""
    assert float(larger(2.0, 2.0, 0.1)) == pytest.approx(2.05)
    assert float(larger(2.0, 5.0, 0.1)) - 5 == pytest.approx(0.01 / 12, rel=1e-3)
    assert float(larger(2.0, 5.0, 0.1) + smaller(2.0, 5.0, 0.1)) == pytest.approx(7.0)


def test_lognormal_factor() -> None:
    draws = (np.arange(200_000) + 0.5) / 200_000
    factor = np.asarray(lognormal(0.3, jnp.asarray(draws)))
    assert factor.mean() == pytest.approx(1, rel=1e-4)
    assert factor.std() == pytest.approx(0.3, rel=2e-3)
