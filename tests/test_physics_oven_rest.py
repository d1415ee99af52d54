"""An oven without parts: closed forms, a time loop, the balance of heat, and the figures of table C."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from twin.physics.oven import Oven
from twin.physics.oven_rest import Lump, holding, lump_of, purge_time, set_back, shut_down, warm_up_time
from twin.process import knobs

OVEN: Any = Oven()
HALL = 293.15
WORK = {name: jnp.asarray(value) for name, value in knobs(OVEN).items()}
MIN, HOUR, KWH = 60.0, 3600.0, 3.6e6


def test_a_lump_warms_up_and_cools_down_exponentially() -> None:
    lump = Lump(1e6, 200.0, HALL)  # time constant 5,000 s, 400 K above the hall at 80 kW
    np.testing.assert_allclose(lump.after(HALL, 80e3, 5000 * np.log(2)), HALL + 200, rtol=1e-12)
    np.testing.assert_allclose(lump.after(HALL + 100, 0.0, 5000.0), HALL + 100 / np.e, rtol=1e-12)
    np.testing.assert_allclose(lump.time(HALL, HALL + 300, 80e3), 5000 * np.log(4), rtol=1e-12)
    np.testing.assert_allclose(lump.time(HALL + 300, HALL + 100, 0.0), 5000 * np.log(3), rtol=1e-12)
    assert float(lump.time(HALL + 50, HALL + 50, 80e3)) == 0.0
    for begin, end, heat in ((HALL, HALL + 401, 80e3), (HALL + 10, HALL + 5, 80e3), (HALL + 5, HALL + 10, 0.0)):
        assert float(lump.time(begin, end, heat)) == np.inf
    for begin, heat, time in ((350.0, 5e4, 777.0), (600.0, 0.0, 1e4), (500.0, 4e4, 9.0)):
        loop = solve_ivp(lambda _, y, p=heat: (p - 200 * (y - HALL)) / 1e6, (0, time), [begin], rtol=1e-11, atol=1e-9)
        np.testing.assert_allclose(lump.after(begin, heat, time), loop.y[0, -1], rtol=1e-9)
        np.testing.assert_allclose(lump.time(begin, lump.after(begin, heat, time), heat), time, rtol=1e-6)


def test_figures_of_table_c() -> None:
    """38 kW of gas and 9 kW at work, 20 and 5 kW at 120 degC, warm-up 40 min, wake from the set-back 15 min."""
    assert float(OVEN.base(WORK, jnp.asarray(HALL))["gas"]) == pytest.approx(38e3, rel=0.01)
    low = holding(OVEN, WORK, 393.15, HALL)
    assert float(low["gas"]) == pytest.approx(20e3, rel=0.02)
    assert float(low["electricity"]) == 5e3
    assert float(warm_up_time(OVEN, WORK, HALL)) == pytest.approx(40 * MIN, rel=0.03)
    assert float(warm_up_time(OVEN, WORK, 393.15, lit=True)) == pytest.approx(15 * MIN, rel=0.01)


def test_holding_working_temperature_is_the_base_of_the_oven() -> None:
    same: Any = Oven(fans_low=OVEN.fans)
    for name, value in holding(same, WORK, same.working(WORK), HALL).items():
        np.testing.assert_allclose(value, OVEN.base(WORK, jnp.asarray(HALL))[name], rtol=1e-12)
    assert float(holding(OVEN, WORK, HALL + 1, HALL)["gas"]) == 0.0  # the fans alone are too warm for that


def test_purge_is_five_volumes_at_the_temperature_of_the_hall() -> None:
    np.testing.assert_allclose(purge_time(OVEN, WORK, HALL), 5 * 15 / (400 / 3600 * HALL / 273.15), rtol=1e-12)
    cold, lit = (float(warm_up_time(OVEN, WORK, 350.0, lit=lit)) for lit in (False, True))
    np.testing.assert_allclose(cold - lit, purge_time(OVEN, WORK, HALL), rtol=1e-12)


@pytest.mark.parametrize("duration", [0.0, 0.5 * HOUR, 2 * HOUR, 48 * HOUR])
def test_a_set_back_balances(duration: float) -> None:
    """Heat in by burner and fans = heat lost, since the oven ends as warm as it began; losses by a time loop."""
    rest, lump = set_back(OVEN, WORK, duration), lump_of(OVEN, WORK, HALL)
    work, low = float(OVEN.working(WORK)), OVEN.stirring * OVEN.fans_low
    falls = min(duration, float(lump.time(work, 393.15, low)))
    full = OVEN.efficiency * OVEN.burner + OVEN.stirring * OVEN.fans

    def lost(begin: float, heat: float, time: float) -> float:
        slope = lambda _, y: [(heat - lump.loss * (y[0] - HALL)) / lump.capacity, lump.loss * (y[0] - HALL)]  # noqa: E731
        return solve_ivp(slope, (0, time), [begin, 0.0], rtol=1e-10, atol=1e-6).y[1, -1] if time else 0.0

    losses = lost(work, low, falls) + lump.loss * (393.15 - HALL) * (duration - falls)
    losses += lost(float(rest.temperature), full, float(rest.wake))
    brought = OVEN.efficiency * rest.gas + OVEN.stirring * rest.electricity
    np.testing.assert_allclose(brought, losses, rtol=1e-6, atol=1.0)
    assert float(rest.temperature) >= 393.15 - 1e-9


def test_rests_of_a_break_and_of_a_week_end() -> None:
    """Held, a break of 30 min uses 19 kWh of gas and 48 h use 1,824; longer stops want deeper rests."""
    held = float(OVEN.base(WORK, jnp.asarray(HALL))["gas"])
    gas = {
        hours: [
            (held * hours * HOUR) / KWH,
            float(set_back(OVEN, WORK, hours * HOUR).gas) / KWH,
            float(shut_down(OVEN, WORK, hours * HOUR).gas) / KWH,
        ]
        for hours in (0.5, 48.0)
    }
    assert gas[48.0][2] < 100 < 900 < gas[48.0][1] < 1000 < gas[48.0][0]
    assert gas[0.5][1] > gas[0.5][0]  # a break is too short: what it saves, the wake uses up
    off = shut_down(OVEN, WORK, 48 * HOUR)
    assert abs(float(off.temperature) - HALL) < 0.01
    np.testing.assert_allclose(off.wake, warm_up_time(OVEN, WORK, HALL), rtol=1e-4)
    for rest in (set_back, shut_down):
        wakes = [float(rest(OVEN, WORK, hours * HOUR).wake) for hours in (0.1, 0.5, 1.0, 1.4)]
        assert (np.diff(wakes) > 0).all()


def test_more_exhaust_takes_longer_and_more() -> None:
    more = WORK | {"exhaust": jnp.asarray(600 / 3600)}
    assert warm_up_time(OVEN, more, 393.15, lit=True) > warm_up_time(OVEN, WORK, 393.15, lit=True)
    assert purge_time(OVEN, more, HALL) < purge_time(OVEN, WORK, HALL)
    assert holding(OVEN, more, 393.15, HALL)["gas"] > holding(OVEN, WORK, 393.15, HALL)["gas"]
    weak: Any = Oven(burner=30e3)
    assert float(warm_up_time(weak, WORK, HALL)) == np.inf


def test_derivatives_are_differences() -> None:
    def used(exhaust: Any) -> Any:
        return set_back(OVEN, WORK | {"exhaust": exhaust}, 3 * HOUR).gas

    at, step = 400 / 3600, 1e-6
    central = (used(at + step) - used(at - step)) / (2 * step)
    assert float(jax.grad(used)(at)) == pytest.approx(float(central), rel=1e-6)
