"""Washing against steam tables, closed forms, independent integration and table C."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from test_process_contract import cases

from twin.physics import FAMILIES
from twin.physics.washing import AIR, LATENT, saturation_pressure, vapour_density
from twin.process import Around, knobs

Washing = FAMILIES["washing"]
HALL = Around(jnp.asarray(293.15), jnp.asarray(0.0))


def visit(washing: Any, hall: Around = HALL, dirt: float = 500e-6, /, **changed: float) -> Any:
    setpoints = {name: jnp.asarray(value) for name, value in (knobs(washing) | changed).items()}
    part = {"dirt": jnp.asarray(dirt), "temperature": jnp.asarray(293.15)}
    return washing.visit(setpoints, part, {}, hall, {})


def dried(washing: Any, start: float, air: float, time: float) -> tuple[float, float]:
    """Temperature [K] and ln of the water left: the equations of the class, by scipy."""
    h, area = washing.blowing, washing.area

    def slope(_: float, y: Any) -> Any:
        t = y[0] - 273.15
        vapour = 133.322 * 10 ** (8.07131 - 1730.63 / (233.426 + t)) / (461.5 * y[0])
        rate = area * h / AIR * (vapour - washing.moisture)
        heat = h * area * (air - y[0]) - LATENT * rate * np.exp(y[1])
        return [heat / washing.heat, -rate / washing.carried]

    solved = solve_ivp(slope, (0, time), [start, 0.0], "LSODA", rtol=1e-10, atol=1e-10).y[:, -1]
    return solved[0], solved[1]


@pytest.mark.parametrize(
    ("celsius", "pascal"), [(20, 2339.3), (40, 7384.9), (60, 19946.0), (80, 47414.0), (100, 101418.0)]
)
def test_saturation_pressure_is_that_of_steam_tables(celsius: float, pascal: float) -> None:
    """IAPWS-95 values."""
    np.testing.assert_allclose(saturation_pressure(celsius + 273.15), pascal, rtol=5e-3)


def test_vapour_density_is_that_of_steam_tables() -> None:
    np.testing.assert_allclose(vapour_density(313.15), 1 / 19.515, rtol=1e-2)


def test_latent_heat_of_section_6() -> None:
    np.testing.assert_allclose(LATENT / 3.6e6, 0.63, atol=0.005)


def test_dirt_is_removed_at_first_order() -> None:
    np.testing.assert_allclose(visit(Washing()).part["dirt"], 500e-6 * np.exp(-0.0183 * 252.0), rtol=1e-12)
    longer = visit(Washing(), pitch=84.0).part["dirt"]
    np.testing.assert_allclose(longer, 500e-6 * np.exp(-0.0183 * 504.0), rtol=1e-12)
    arrhenius = np.exp(-4e4 / 8.314462618 * (1 / 323.15 - 1 / 333.15))
    colder = visit(Washing(), bath=323.15).part["dirt"]
    np.testing.assert_allclose(colder, 500e-6 * np.exp(-0.0183 * 252.0 * arrhenius), rtol=1e-9)
    assert float(visit(Washing(), HALL, 0.0).part["dirt"]) == 0.0


def test_stated_error_of_drying_over_the_whole_machine_box() -> None:
    washing, many = Washing(), cases(Washing(), 40, seed=7)["setpoints"]
    found = jax.vmap(lambda s: washing.dry(s["bath"], s["dryer"], 4 * s["pitch"]))(many)
    fine = jax.vmap(lambda s: washing.dry(s["bath"], s["dryer"], 4 * s["pitch"], 1000))(many)
    for i in range(40):
        point = {name: float(value[i]) for name, value in many.items()}
        temperature, logarithm = dried(washing, point["bath"], point["dryer"], 4 * point["pitch"])
        assert abs(float(found.temperature[i]) - temperature) < 0.3
        assert abs(np.exp(float(found.logarithm[i])) - np.exp(logarithm)) * 0.02 < 1e-4
        np.testing.assert_allclose(fine.temperature[i], temperature, atol=2e-3)
        np.testing.assert_allclose(fine.logarithm[i], logarithm, atol=2e-3)


def test_without_water_the_part_warms_exponentially() -> None:
    """One node: T_air + (T_start - T_air) exp(-area h t / C)."""
    dry = Washing(carried=1e-9)
    constant = dry.heat / (dry.area * dry.blowing)
    found = dry.dry(jnp.asarray(333.15), jnp.asarray(358.15), jnp.asarray(168.0), 400).temperature
    np.testing.assert_allclose(found, 358.15 - 25.0 * np.exp(-168.0 / constant), atol=0.01)


def test_a_wet_part_stays_at_the_wet_bulb() -> None:
    """With plenty of water: h (T_air - T) = latent h / (rho c) (vapour at T - vapour in air)."""
    soaked = Washing(carried=1e6)
    found = float(soaked.dry(jnp.asarray(313.15), jnp.asarray(358.15), jnp.asarray(2000.0), 400).temperature)
    evaporation = LATENT / AIR * (float(vapour_density(found)) - soaked.moisture)
    np.testing.assert_allclose(358.15 - found, evaporation, rtol=1e-3)


def test_powers_of_table_c() -> None:
    """30 kW: bath 12, pumps 9, blow-off and dryer 9; a residence of 420 s."""
    out = visit(Washing())
    assert float(out.time) == 420.0
    base = Washing().base(knobs(Washing()), jnp.asarray(293.15))["electricity"]  # type: ignore[arg-type]
    np.testing.assert_allclose(out.energy["electricity"] / 42.0 + base, 30e3, rtol=0.01)
    np.testing.assert_allclose(out.heat["bath heater"] / 42.0, 12e3, rtol=0.01)
    np.testing.assert_allclose(out.heat["dryer heater"] / 42.0 + 4e3, 9e3, rtol=0.03)


def test_bath_heat_scales_with_the_difference_to_the_hall() -> None:
    base, cooler = visit(Washing()), visit(Washing(), bath=323.15)
    np.testing.assert_allclose(cooler.heat["bath heater"] / base.heat["bath heater"], 0.75, atol=0.01)
    saved = float(base.heat["bath heater"] - cooler.heat["bath heater"]) * 62.4 / 42.0 / 3.6e6
    np.testing.assert_allclose(saved, 0.05, atol=0.005)  # table D, bath -10 K, a part every 62.4 s
    resting = visit(Washing(), Around(jnp.asarray(343.15), jnp.asarray(0.0)))
    assert 0.0 <= float(resting.heat["bath heater"]) < 0.1 * float(base.heat["bath heater"])


def test_carried_water_costs_its_latent_heat() -> None:
    more, base = visit(Washing(carried=0.03)), visit(Washing())
    dryer = float(more.heat["dryer heater"] - base.heat["dryer heater"])
    kept = float(more.part["water"] - base.part["water"])
    warmer = 945.0 * float(more.part["temperature"] - base.part["temperature"])
    np.testing.assert_allclose(dryer, LATENT * (0.01 - kept) + warmer, rtol=1e-3)


def test_water_and_wet_parts_go_the_right_way() -> None:
    base = visit(Washing())
    assert float(base.defects["wet"]) < 1e-6
    for changed in ({"dryer": 373.15}, {"bath": 338.15}, {"pitch": 50.0}):
        assert float(visit(Washing(), **changed).part["water"]) < float(base.part["water"])
    assert float(visit(Washing(), dryer=323.15, bath=313.15).defects["wet"]) > 0.99
