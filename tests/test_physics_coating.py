"""Coating: the film's distribution, and the causes of defects."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.stats import norm

from twin.physics import FAMILIES
from twin.process import Around

Coating = FAMILIES["coating"]
HALL = Around(jnp.asarray(293.15), jnp.asarray(0.0))


def visit(draw: Any = 0.5, film: float = 80e-6, dirt: float = 5e-6, water: float = 2e-5) -> Any:
    part = {"dirt": jnp.asarray(dirt), "water": jnp.asarray(water)}
    return Coating().visit({"film": jnp.asarray(film)}, part, {}, HALL, {"film": jnp.asarray(draw)})


def many(film: float) -> Any:
    return jax.vmap(lambda u: visit(u, film))((jnp.arange(20000) + 0.5) / 20000)


def test_the_film_scatters_around_its_setpoint() -> None:
    film = np.asarray(many(80e-6).part["film"])
    np.testing.assert_allclose(film.mean(), 80e-6, rtol=1e-4)
    np.testing.assert_allclose(film.std() / film.mean(), 0.06, rtol=2e-3)


def test_time_energy_and_scrap_of_tables_b_and_c() -> None:
    out = visit()
    assert float(out.time) == 40.0
    np.testing.assert_allclose(out.energy["electricity"], 9e3 * 40.0)
    scrap = sum(float(jnp.mean(chance)) for chance in many(80e-6).defects.values())
    assert 0.004 < scrap < 0.006


def test_dirt_and_water_are_poisson_laws() -> None:
    for dirt in (0.0, 5e-6, 1e-3):
        np.testing.assert_allclose(visit(dirt=dirt).defects["inclusion"], 1 - np.exp(-0.002 - dirt / 2.5e-3))
    for water in (0.0, 1e-3, 0.02):
        np.testing.assert_allclose(visit(water=water).defects["adhesion"], 1 - np.exp(-water / 0.04), atol=1e-15)


def test_thin_edges_follow_the_normal_law() -> None:
    for film in (50e-6, 60e-6, 80e-6):
        out = visit(film=film)
        np.testing.assert_allclose(out.defects["thin edge"], norm.cdf((55e-6 - out.part["film"]) / 3e-6), rtol=1e-9)
    at = [float(jnp.mean(many(film).defects["thin edge"])) for film in (60e-6, 70e-6, 80e-6)]
    assert at[0] > 0.1 > 0.005 > at[1] > at[2]
