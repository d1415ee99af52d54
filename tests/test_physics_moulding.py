"""Moulding against the cooling times of the reference numbers, section 5, and the exact series."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from twin.physics.moulding import Moulding, cooling_time, thermal_bow
from twin.process import Around, knobs

HALL = Around(jnp.asarray(295.0), jnp.asarray(10.0))

# Section 5, last part: s [mm], a [mm2/s], melt, mould, ejection [degC], time of the centre and of the mean [s].
TABLE = [
    (2.0, 0.09, 230, 40, 90, 7.100, 5.066),
    (3.0, 0.085, 230, 50, 95, 17.464, 12.619),
    (2.5, 0.10, 280, 80, 120, 11.722, 8.862),
]


def visit(family: Moulding | None = None, *, draw: float = 0.5, **setpoints: float) -> Any:
    family = family or Moulding()
    chosen = jax.tree.map(jnp.asarray, {**knobs(family), **setpoints})
    return family.visit(chosen, {}, {}, HALL, {"warpage": jnp.asarray(draw)})


def series(fourier: float, *, centre: bool) -> float:
    """Excess temperature of a plate of thickness 1 between cold walls, of 200 terms."""
    odd = 2 * np.arange(200) + 1
    weight = 4 / np.pi * (-1.0) ** np.arange(200) / odd if centre else 8 / (np.pi * odd) ** 2
    return float(np.sum(weight * np.exp(-((odd * np.pi) ** 2) * fourier)))


@pytest.mark.parametrize("row", TABLE)
@pytest.mark.parametrize("centre", [True, False])
def test_cooling_time(row: tuple[float, ...], *, centre: bool) -> None:
    thickness, diffusivity, melt, mould, ejection, of_centre, of_mean = row
    time = cooling_time(thickness * 1e-3, diffusivity * 1e-6, melt=melt, mould=mould, ejection=ejection, centre=centre)
    assert float(time) == pytest.approx(of_centre if centre else of_mean, abs=6e-4)
    fourier = float(time) * diffusivity / thickness**2
    assert series(fourier, centre=centre) == pytest.approx((ejection - mould) / (melt - mould), rel=1e-4)


@pytest.mark.parametrize(("share", "error"), [(0.333, 1e-4), (0.45, 2e-3), (0.6, 1.1e-2)])
def test_cooling_time_has_the_error_that_it_states(share: float, error: float) -> None:
    """Mean temperature left after that time, by the series."""
    time = float(cooling_time(1.0, 1.0, melt=1.0, mould=0.0, ejection=share))
    assert series(time, centre=False) == pytest.approx(share, rel=error)
    assert series(time, centre=False) != pytest.approx(share, rel=error / 100)


def test_cooling_time_where_nothing_has_to_cool() -> None:
    hot = lambda ejection: cooling_time(1e-3, 1e-7, melt=500.0, mould=300.0, ejection=ejection)  # noqa: E731
    assert float(hot(499.0)) == 0
    assert float(jax.grad(hot)(499.0)) == 0


def test_thermal_bow_is_the_arc_of_its_radius() -> None:
    for expansion, difference, length, thickness in ((8e-5, 2.0, 0.1, 2.5e-3), (2e-5, 30.0, 0.2, 4e-3)):
        radius = thickness / (expansion * difference)
        arc = radius * (1 - np.cos(length / (2 * radius)))
        bow = thermal_bow(expansion, difference, length=length, thickness=thickness)
        assert float(bow) == pytest.approx(arc, rel=1e-3)


def test_cycle_is_its_steps() -> None:
    cooling = float(cooling_time(2.5e-3, 9e-8, melt=230, mould=50, ejection=90))
    assert float(visit().time) == pytest.approx(1.5 + 1.0 + cooling + 3.0, abs=1e-3)
    slow = visit(Moulding(rate=0.001))  # metering 50 s takes longer than cooling
    assert float(slow.time) == pytest.approx(1.5 + 1.0 + 50.0 + 3.0, abs=1e-3)


# Section 8: hydraulic 0.61, electric 0.16 kWh per kg.
@pytest.mark.parametrize(("specific", "known"), [(5.8e5, 0.16), (2.2e6, 0.61)])
def test_energy_per_kilogram(specific: float, known: float) -> None:
    family = Moulding(specific=specific, base_power=0.0)
    energy = float(visit(family).energy["electricity"])
    assert energy / 3.6e6 / family.mass == pytest.approx(known, abs=0.005)
    hotter = float(visit(family, melt_temperature=513.15).energy["electricity"])
    assert hotter - energy == pytest.approx(10 * family.heat_capacity * family.mass)


def test_earlier_ejection_is_faster_and_bends_more() -> None:
    outs = [visit(ejection_temperature=273.15 + t) for t in (86, 90, 95, 100, 110)]
    assert np.all(np.diff([float(out.time) for out in outs]) < 0)
    assert np.all(np.diff([float(out.part["warpage"]) for out in outs]) > 0)
    assert np.all(np.diff([float(out.defects["warped"]) for out in outs]) > 0)
    assert [float(out.part["temperature"]) for out in outs] == [273.15 + t for t in (86, 90, 95, 100, 110)]


def test_a_warmer_mould_is_slower_fills_better_and_bends_less() -> None:
    cold, warm = visit(mould_temperature=313.15), visit(mould_temperature=333.15)
    assert warm.time > cold.time
    assert warm.defects["short shot"] < cold.defects["short shot"]
    assert float(warm.part["warpage"] / cold.part["warpage"]) == pytest.approx(30 / 50)


def test_defects_are_normal_tails() -> None:
    out = visit(draw=0.99, ejection_temperature=373.15, melt_temperature=483.15)
    warpage = 8e-5 * 2.5 * 0.01 / 0.02 * np.exp(np.sqrt(np.log(1.0225)) * norm.ppf(0.99) - np.log(1.0225) / 2)
    assert float(out.part["warpage"]) == pytest.approx(warpage)
    assert float(out.defects["warped"]) == pytest.approx(norm.cdf((warpage - 1.8e-4) / 2e-5))
    assert float(out.defects["short shot"]) == pytest.approx(norm.cdf((395.15 - 403.15) / 4))
