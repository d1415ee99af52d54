"""Camera and leak test: times, energies, false alarms and misses."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.stats import norm

from twin.physics import FAMILIES
from twin.physics.inspection import errors, leak_rate, pressure_change
from twin.process import Around

Inspection, LeakTest = FAMILIES["inspection"], FAMILIES["leak_test"]
HALL = Around(jnp.asarray(293.15), jnp.asarray(0.0))


def leak(test: float = 25.0, porosity: float = 0.006) -> Any:
    return LeakTest().finds({"test": jnp.asarray(test)}, {"porosity": jnp.asarray(porosity)}, {})


def camera(threshold: float = 2.5758) -> Any:
    return Inspection().finds({"threshold": jnp.asarray(threshold)}, {}, {})


def test_errors_are_the_two_tails() -> None:
    for threshold, good, bad, noise in ((2.0, 0.0, 3.0, 1.0), (25.0, 2.5, 52.5, 8.0), (1.0, 1.0, 1.0, 0.1)):
        found = errors(threshold, good, bad, noise)
        np.testing.assert_allclose(found["alarm on good"], norm.sf(threshold, good, noise), rtol=1e-9)
        np.testing.assert_allclose(found["miss"], norm.cdf(threshold, bad, noise), rtol=1e-9)


def test_camera_of_table_b() -> None:
    np.testing.assert_allclose(camera()["alarm on good"], 0.005, rtol=1e-3)
    np.testing.assert_allclose(camera()["miss"], 0.08, rtol=1e-3)
    assert float(camera(2.0)["miss"]) < 0.08 < float(camera(3.0)["miss"])
    assert float(camera(2.0)["alarm on good"]) > 0.005 > float(camera(3.0)["alarm on good"])


def test_times_and_energies_of_tables_b_and_c() -> None:
    out = Inspection().visit({"threshold": jnp.asarray(2.5)}, {}, {}, HALL, {})
    assert (float(out.time), float(out.energy["electricity"])) == (30.0, 24e3)
    draws = (jnp.arange(20000) + 0.5) / 20000
    part = {"porosity": jnp.asarray(0.006)}
    test = jax.vmap(lambda u: LeakTest().visit({"test": jnp.asarray(25.0)}, part, {}, HALL, {"time": u}))(draws)
    np.testing.assert_allclose(test.time.mean(), 70.0, rtol=1e-4)
    np.testing.assert_allclose(test.time.std() / 70.0, 0.03, rtol=2e-3)
    np.testing.assert_allclose(test.energy["electricity"], 800.0 * test.time)
    longer = LeakTest().visit({"test": jnp.asarray(35.0)}, part, {}, HALL, {"time": jnp.asarray(0.5)})
    np.testing.assert_allclose(longer.time / np.median(test.time), 80 / 70, rtol=1e-6)


def test_leak_test_of_table_b() -> None:
    np.testing.assert_allclose(leak()["alarm on good"], 0.003, rtol=2e-3)


def test_a_longer_test_errs_less_both_ways() -> None:
    """Signal and threshold grow with the test time, the noise does not: the arguments of Phi grow in proportion."""
    for name in ("alarm on good", "miss"):
        base = norm.ppf(float(leak()[name]))
        for time in (15.0, 22.0, 35.0):
            np.testing.assert_allclose(norm.ppf(float(leak(time)[name])), base * time / 25.0, rtol=1e-6)


def test_porous_parts_leak_by_the_law_of_kozeny_and_carman() -> None:
    for porosity in (0.0, 0.005, 0.02, 0.05):
        expected = 1e-4 * (porosity / 0.01) ** 3 * (0.99 / (1 - porosity)) ** 2
        np.testing.assert_allclose(leak_rate(porosity, 1e-4, 0.01), expected, rtol=1e-12)
    assert float(leak(porosity=0.0)["alarm on good"]) < float(leak(porosity=0.02)["alarm on good"])
    assert float(leak(porosity=0.1)["alarm on good"]) > 0.999
    assert np.isfinite(float(leak(porosity=1.0)["miss"]))


def test_pressure_lost_is_leak_times_time_by_volume() -> None:
    for rate, time, volume, expected in ((1e-3, 25.0, 1e-3, 25.0), (2e-3, 10.0, 5e-4, 40.0), (0.0, 60.0, 1.0, 0.0)):
        np.testing.assert_allclose(pressure_change(rate, time, volume), expected)
