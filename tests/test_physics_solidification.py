"""Freezing: Neumann's solution, thin walls, and the enthalpy solver between them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import erf

from twin.physics import solidification as freeze

MOULD, FULL = 493.15, 936.15
PERFECT = float("inf")
solved = jax.jit(freeze.solved_freezing_time)


@pytest.mark.parametrize(
    ("stefan", "root"), [(0.1, 0.220016), (0.5, 0.464786), (1.0, 0.620063), (2.0, 0.800601), (0.923, 0.6007)]
)
def test_tabled_roots(stefan: float, root: float) -> None:
    """Reference numbers, section 5: λ of the Stefan problem."""
    assert abs(freeze.stefan_root(stefan) - root) < (5e-7 if stefan != 0.923 else 5e-5)


def test_roots_and_their_slope_over_the_whole_range() -> None:
    root, slope_of = jax.jit(freeze.stefan_root), jax.jit(jax.grad(freeze.stefan_root))
    for stefan in np.geomspace(1e-4, 100, 25):
        exact: Any = brentq(lambda x: np.sqrt(np.pi) * x * np.exp(x**2) * erf(x) - stefan, 1e-6, 5, xtol=1e-15)  # noqa: B023
        assert abs(root(stefan) / exact - 1) < 1e-9
        slope = 1 / (2 * exact + 2 * stefan * exact + stefan / exact)
        assert abs(slope_of(stefan) / slope - 1) < 1e-8


@pytest.mark.parametrize(("half", "time"), [(0.0015, 0.034), (0.002, 0.061), (0.003, 0.138)])
def test_tabled_walls_with_perfect_contact(half: float, time: float) -> None:
    """Reference numbers, section 5: Neumann, die at 220 °C."""
    assert abs(freeze.neumann_freezing_time(half, MOULD) - time) < 5e-4


@pytest.mark.parametrize(("half", "time"), [(0.0015, 0.51), (0.002, 0.68), (0.003, 1.03)])
def test_tabled_walls_with_an_interface(half: float, time: float) -> None:
    """Reference numbers, section 5: 10 kW/(m² K), lumped. The table does not say how hot the metal comes: 663 °C is
    inferred from it, so that only the proportion to the thickness is an independent check."""
    assert abs(freeze.film_freezing_time(half, MOULD, film=1e4, melt=FULL) - time) < 5e-3


def test_enthalpy_from_room_temperature() -> None:
    """Reference numbers, section 5: 20 to 680 °C, 0.29 to 0.32 kWh/kg for latent heats of 389 to 500 kJ/kg."""
    for latent, kilowatt_hours in [(389e3, 0.29), (500e3, 0.32)]:
        got = freeze.melt_enthalpy(953.15, freeze.ALUMINIUM._replace(latent=latent))
        assert abs(got / 3.6e6 - kilowatt_hours) < 5e-3


def test_front_against_neumann() -> None:
    """Within 1 % from a quarter of the half thickness to the middle."""
    full = freeze.neumann_freezing_time(0.002, MOULD)
    times, left = freeze.solidify(0.002, MOULD, film=PERFECT, melt=853.15, horizon=0.99 * full)
    front = (1 - jnp.clip(left, 0, 1)).mean(axis=1)
    exact = jnp.sqrt(times / full)
    late = exact > 0.25
    assert late.sum() > 100
    assert (jnp.abs(front / exact - 1)[late]).max() < 0.01


def test_solved_time_with_perfect_contact() -> None:
    for mould in (293.15, MOULD, 793.15):
        assert (
            abs(solved(0.003, mould, film=PERFECT, melt=853.15) / freeze.neumann_freezing_time(0.003, mould) - 1) < 0.01
        )


def test_solved_time_of_thin_walls() -> None:
    for half, film in [(0.001, 100.0), (0.002, 200.0)]:
        thin = freeze.film_freezing_time(half, MOULD, film=film, melt=FULL)
        assert abs(solved(half, MOULD, film=film, melt=FULL) / thin - 1) < 0.012


def test_sum_of_film_and_wall_is_a_little_short() -> None:
    for half in (0.0015, 0.003, 0.0125):
        for film in (1e3, 1e4, 1e5):
            ratio = solved(half, MOULD, film=film, melt=FULL) / freeze.freezing_time(half, MOULD, film=film, melt=FULL)
            assert 1.0 < ratio < 1.12


def test_solver_keeps_heat() -> None:
    """Insulated from the mould, nothing freezes; in the end, all has come to the temperature of the mould."""
    _, left = freeze.solidify(0.003, MOULD, film=1e-9, melt=FULL, horizon=1.0)
    np.testing.assert_allclose(left, left[0, 0], rtol=1e-9)
    _, left = freeze.solidify(0.003, MOULD, film=1e5, melt=FULL, horizon=1e3)
    np.testing.assert_allclose(left[-1], -1000 * (853.15 - MOULD) / 390e3, rtol=1e-6)


def test_biscuit_freezes_in_six_to_eight_seconds() -> None:
    """Reference numbers, section 5: biscuit and runner of 20 to 30 mm, about 6 to 8 s."""
    assert 6 < freeze.freezing_time(0.0125, MOULD, film=1e4, melt=FULL) < 8
    assert 6 < solved(0.0125, MOULD, film=1e4, melt=FULL) < 8


def test_derivative_of_a_solved_time() -> None:
    time: Any = lambda half: solved(half, MOULD, film=1e4, melt=FULL)  # noqa: E731
    difference = (time(0.00303) - time(0.00297)) / 6e-5
    np.testing.assert_allclose(jax.jit(jax.grad(time))(0.003), difference, rtol=1e-2)


def test_ejection() -> None:
    """Exact exponential when the casting froze long before; liquid when the die opens too early; falling with dwell."""
    eject: Any = lambda dwell: freeze.ejection_temperature(  # noqa: E731
        dwell, 3.0, 500.0, melting=853.15, half=0.003, gap=1000.0
    )
    hot, liquid = eject(9.0)
    np.testing.assert_allclose(hot, 500 + 353.15 * np.exp(-6000 / (2650 * 1000 * 0.003)), rtol=1e-6)
    assert liquid < 1e-8
    hot, liquid = eject(0.5)
    np.testing.assert_allclose([hot, liquid], [853.15, 2.5 / 3], rtol=1e-3)
    assert (jnp.diff(eject(jnp.linspace(0.1, 20.0, 60))[0]) < 0).all()
