"""Plane wall against its exact series, its limits, and its balance of heat."""

from __future__ import annotations

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import brentq

from twin.physics.conduction import STEPS, Face, Wall, conduct, stored

PLAIN, INSULATED = Wall(1.0, 1.0, 1.0), Face(0.0, 0.0)
BIOT, FOURIER = np.array([0.01, 0.1, 1.0, 10.0, 100.0]), np.geomspace(0.05, 100.0, 23)


@cache
def roots(biot: float) -> np.ndarray:
    """The first 60 roots of ζ tan ζ = Bi."""
    residual = lambda z: z * np.sin(z) - biot * np.cos(z)  # noqa: E731
    return np.array([brentq(residual, k * np.pi + 1e-12, (k + 0.5) * np.pi) for k in range(60)])


def series(biot: float, fourier: float) -> tuple[float, float]:
    """Exact excess at centre and surface."""
    z = roots(float(biot))
    term = 4 * np.sin(z) / (2 * z + np.sin(2 * z)) * np.exp(-(z**2) * fourier)
    return float(term.sum()), float((term * np.cos(z)).sum())


def cooled(biot: Any, fourier: Any, *, cells: int = 12, steps: int = STEPS) -> tuple[Any, Any]:
    """Profile of the excess of half a wall, and the heat that came in."""
    profile, front, back = conduct(
        jnp.ones(cells + 1), fourier, PLAIN, front=INSULATED, back=Face(biot, 0.0), steps=steps
    )
    return profile, front + back


def worst(cells: int, steps: int) -> float:
    """Largest error at centre and surface, as a share of the initial excess."""
    biot, fourier = (x.ravel() for x in np.meshgrid(BIOT, FOURIER))
    profile, _ = jax.vmap(lambda b, f: cooled(b, f, cells=cells, steps=steps))(biot, fourier)
    exact = np.array([series(b, f) for b, f in zip(biot, fourier, strict=True)])
    return float(np.abs(np.asarray(profile)[:, [0, -1]] - exact).max())


@pytest.mark.parametrize(
    ("biot", "fourier", "centre", "surface"),
    [
        (0.1, 0.2, 0.993999, 0.951420),
        (1.0, 0.05, 0.999751, 0.790377),
        (1.0, 0.2, 0.950642, 0.643391),
        (1.0, 1.0, 0.533859, 0.348177),
        (10.0, 0.2, 0.829255, 0.122482),
        (10.0, 1.0, 0.163818, 0.023172),
    ],
)
def test_tabled_values(biot: float, fourier: float, centre: float, surface: float) -> None:
    """Reference numbers, section 6, exact series of the plane wall."""
    np.testing.assert_allclose(series(biot, fourier), (centre, surface), atol=1e-6)
    profile, _ = cooled(biot, fourier)
    np.testing.assert_allclose([profile[0], profile[-1]], (centre, surface), atol=1e-3)


def test_twelve_cells_and_nine_steps_are_within_a_thousandth() -> None:
    assert worst(12, STEPS) < 0.9e-3
    assert worst(12, STEPS - 1) > 1e-3  # the coarsest grid that does
    assert worst(10, 12) > 1e-3


def test_second_order() -> None:
    assert worst(24, 24) < worst(12, 12) / 3.5


def test_heat_that_came_in_is_stored() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        wall = Wall(rng.uniform(0.001, 0.1), 10 ** rng.uniform(-1, 2.5), 10 ** rng.uniform(5, 7))
        front, back = (Face(10 ** rng.uniform(0, 4), rng.uniform(280, 900)) for _ in range(2))
        before = jnp.asarray(rng.uniform(280, 900, 13))
        after, through_front, through_back = conduct(before, 10 ** rng.uniform(-1, 4), wall, front=front, back=back)
        gained = stored(after, wall) - stored(before, wall)
        assert abs(gained - through_front - through_back) < 1e-9 * stored(before, wall)


def test_heat_against_the_series() -> None:
    """Mean excess of the exact series is what has not gone out yet."""
    for biot, fourier in [(0.1, 0.2), (1.0, 0.5), (10.0, 0.3)]:
        z = roots(biot)
        mean = (4 * np.sin(z) / (2 * z + np.sin(2 * z)) * np.sin(z) / z * np.exp(-(z**2) * fourier)).sum()
        assert abs(1 + cooled(biot, fourier)[1] - mean) < 1e-3


def test_a_perfect_film_holds_the_face() -> None:
    profile, _ = cooled(1e9, 0.2)
    z = (np.arange(60) + 0.5) * np.pi
    exact = (2 * (-1.0) ** np.arange(60) / z * np.exp(-(z**2) * 0.2)).sum()
    assert abs(profile[-1]) < 1e-6
    assert abs(profile[0] - exact) < 1e-3


def test_an_insulated_wall_keeps_its_heat_and_evens_out() -> None:
    before = jnp.linspace(300.0, 400.0, 13)
    after, front, back = conduct(before, 1e3, PLAIN, front=INSULATED, back=INSULATED)
    np.testing.assert_allclose(after, 350.0, rtol=1e-9)
    assert front == 0
    assert back == 0


def test_a_long_time_gives_the_steady_profile() -> None:
    """500 and 300 K through films of 2 and 1 W/(m² K) and a wall of 1 m, 1 W/(m K): 80 W/m²."""
    after, _, _ = conduct(jnp.full(13, 350.0), 1e6, PLAIN, front=Face(2.0, 500.0), back=Face(1.0, 300.0))
    np.testing.assert_allclose(after, np.linspace(460.0, 380.0, 13), rtol=1e-9)


def test_a_wall_turned_round_is_the_same_wall() -> None:
    before, left, right = jnp.linspace(300.0, 450.0, 13) ** 1.01, Face(3.0, 600.0), Face(0.5, 300.0)
    one = conduct(before, 0.3, PLAIN, front=left, back=right)
    other = conduct(before[::-1], 0.3, PLAIN, front=right, back=left)
    np.testing.assert_allclose(one[0], other[0][::-1], rtol=1e-12)
    np.testing.assert_allclose(one[1:], other[:0:-1], rtol=1e-9)


def test_no_time_changes_nothing() -> None:
    before = jnp.linspace(300.0, 450.0, 13)
    np.testing.assert_allclose(conduct(before, 0.0, PLAIN, front=INSULATED, back=Face(9.0, 0.0))[0], before, rtol=1e-12)


@pytest.mark.parametrize("name", ["film", "thickness", "duration"])
def test_derivatives(name: str) -> None:
    at = {"film": 2.0, "thickness": 1.3, "duration": 0.4}

    def centre(value: Any) -> Any:
        now = {**at, name: value}
        wall = Wall(now["thickness"], 1.0, 1.0)
        return conduct(jnp.ones(13), now["duration"], wall, front=INSULATED, back=Face(now["film"], 0.0))[0][0]

    step = 1e-5
    difference = (centre(at[name] + step) - centre(at[name] - step)) / (2 * step)
    for derivative in (jax.grad, jax.jacfwd):
        np.testing.assert_allclose(derivative(centre)(at[name]), difference, rtol=1e-6)
