"""Machining against the worked examples of the reference numbers, sections 4.1 and 4.2, and the line `housing`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from twin.physics.cutting import chip_thickness, ideal_roughness, specific_cutting_force, tool_life
from twin.physics.machining import Machining
from twin.process import Around, knobs, numbers_of
from twin.units import unit

HALL = Around(jnp.asarray(295.0), jnp.asarray(10.0))
MEDIAN = {"time": 0.5, "size": 0.5}


def visit(
    family: Machining | None = None,
    *,
    wear: Any = 0.0,
    count: Any = 0.0,
    part: dict[str, Any] | None = None,
    draw: dict[str, Any] | None = None,
    **setpoints: Any,
) -> Any:
    family = family or Machining(cv=1e-9)
    blank = {name: about.value for name, about in family.reads.items()}
    return family.visit(
        jax.tree.map(jnp.asarray, {**knobs(family), **setpoints}),
        jax.tree.map(jnp.asarray, {**blank, **(part or {})}),
        {"wear": jnp.asarray(wear), "count": jnp.asarray(count)},
        HALL,
        jax.tree.map(jnp.asarray, {**MEDIAN, **(draw or {})}),
    )


# Section 4.2: k_c at h = 0.1 mm, and of C45 at h = 0.25 mm with two sets of coefficients.
@pytest.mark.parametrize(
    ("thickness", "unit_force", "exponent", "known"),
    [
        (0.1, 700, 0.25, 1244.8),
        (0.1, 750, 0.25, 1333.7),
        (0.1, 680, 0.27, 1266.2),
        (0.25, 2190, 0.139, 2655.4),
        (0.25, 1500, 0.22, 2034.9),
        (1.0, 1675, 0.24, 1675.0),
    ],
)
def test_specific_cutting_force(thickness: float, unit_force: float, exponent: float, known: float) -> None:
    force = specific_cutting_force(thickness * 1e-3, unit_force * 1e6, exponent)
    assert float(force) / 1e6 == pytest.approx(known, abs=0.06)


def test_chip_thickness_of_seco() -> None:
    """Section 4.2: 0.0083 in, 4.72 in of 6.30 in, 45 degrees: 0.0052 in, at an engagement of 97 degrees."""
    inch = 0.0254
    thickness = chip_thickness(0.0083 * inch, width=4.72 * inch, diameter=6.30 * inch, lead=np.pi / 4)
    assert float(thickness) / inch == pytest.approx(0.0052, abs=5e-5)


def test_chip_thickness_is_the_mean_over_the_engagement() -> None:
    angle = np.linspace(-np.arcsin(0.75), np.arcsin(0.75), 200_001)
    mean = np.trapezoid(0.1e-3 * np.cos(angle), angle) / (angle[-1] - angle[0])
    thickness = chip_thickness(0.1e-3, width=0.06, diameter=0.08, lead=np.pi / 2)
    assert float(thickness) == pytest.approx(mean, rel=1e-9)
    assert float(thickness) * 1e3 == pytest.approx(0.0884, abs=5e-5)  # section 4.2, diamond mill


# Section 4.2: the diamond mill takes 9.19 kW with (700, 0.25) and 9.37 kW with (680, 0.27), without corrections.
@pytest.mark.parametrize(("unit_force", "exponent", "known"), [(7e8, 0.25, 9190), (6.8e8, 0.27, 9370)])
def test_power_of_the_diamond_mill(unit_force: float, exponent: float, known: float) -> None:
    family = Machining(unit_force=unit_force, exponent=exponent, rake=0.0, milling=1.0, bored=0.0, approach=0.0)
    milling, _, energy = family.cutting(jax.tree.map(jnp.asarray, knobs(family)), 0.0)
    assert float(energy / milling) == pytest.approx(known, abs=6)
    assert float(0.36 / milling) == pytest.approx(3.581 / 60, rel=2e-4)  # its feed rate


def test_corrections_of_the_force() -> None:
    """Section 4.1: 1.2 for milling, 1 % per degree of rake; and wear as its number says."""
    settings = jax.tree.map(jnp.asarray, knobs(Machining()))
    energy = lambda wear=0.0, **numbers: float(Machining(bored=0.0, **numbers).cutting(settings, wear)[2])  # noqa: E731
    plain = energy(rake=0.0, milling=1.0)
    assert energy(rake=12.0, milling=1.2) == pytest.approx(plain * 0.88 * 1.2)
    assert energy(rake=0.0, milling=1.0, wear=1.0) == pytest.approx(plain * 1.3)


def test_power_of_mitsubishi() -> None:
    """Section 4.2: Ø 250, 12 teeth, 2 x 80 mm, 280 mm/min, k_c 1800 MPa, efficiency 0.8: 1.68 kW."""
    bare = Machining(rake=0.0, milling=1.0, bored=0.0, drilled=0.0, approach=0.0, base_power=0.0)
    cut = replace(bare, unit_force=1.8e9, exponent=1e-12, mill=0.25, teeth=12.0, width=0.08)
    turns = 80 / 60 / (np.pi * 0.25)
    settings: dict[str, Any] = {"face_mill_speed": 80 / 60, "feed_per_tooth": 0.28 / 60 / (12 * turns)}
    milling = cut.cutting(jax.tree.map(jnp.asarray, {**knobs(cut), **settings}), 0.0)[0]
    energy = visit(cut, **settings).energy["electricity"]
    assert float(energy / milling) == pytest.approx(1680, abs=5)
    assert turns * 60 == pytest.approx(101.9, abs=0.05)


@pytest.mark.parametrize(("feed", "radius", "known"), [(0.1, 0.8, 1.5625), (0.2, 0.8, 6.25), (0.3, 1.2, 9.375)])
def test_ideal_roughness(feed: float, radius: float, known: float) -> None:
    """Section 4.2."""
    assert float(ideal_roughness(feed * 1e-3, radius * 1e-3)) * 1e6 == pytest.approx(known, rel=1e-12)


@pytest.mark.parametrize(
    ("exponent", "constant", "speed", "known"), [(0.25, 400, 200, 16), (0.25, 400, 300, 3.1605), (0.125, 70, 35, 256)]
)
def test_tool_life(exponent: float, constant: float, speed: float, known: float) -> None:
    """Section 4.2, in minutes."""
    life = tool_life(speed, known_speed=constant, known_life=60.0, exponent=exponent)
    assert float(life) / 60 == pytest.approx(known, rel=2e-5)


def test_tool_life_falls_with_feed() -> None:
    life = lambda ratio: float(  # noqa: E731
        tool_life(1.0, known_speed=1.0, known_life=60.0, exponent=0.25, feed_ratio=ratio, feed_power=1.5)
    )
    assert life(4.0) == pytest.approx(60 / 8)
    assert life(1.0) == pytest.approx(60)


def test_baseline_of_housing() -> None:
    """Tables B, C: 160 s, of which 62 s of cutting, 55 cm3, about 9.5 kW; section 4.3: about 0.018 kWh of cutting."""
    family = Machining()
    milling, drilling, energy = family.cutting(jax.tree.map(jnp.asarray, knobs(family)), 0.34)
    out = visit(wear=0.34)
    assert float(milling + drilling) == pytest.approx(62, abs=0.05)
    assert float(out.time) == pytest.approx(160, abs=0.05)
    assert float(out.energy["electricity"] / out.time) == pytest.approx(9500, rel=0.01)
    assert (family.depth * family.width * family.milled + family.bored) * 1e6 == pytest.approx(55, abs=0.1)
    assert float(energy) / 3.6e6 == pytest.approx(0.018, rel=0.25)


def test_energy_per_volume_is_of_the_form_of_kara_and_li() -> None:
    """e = C0 + C1 / MRR with time as the only change: three rates lie on one straight line."""
    family = Machining(cv=1e-9)
    outs = [visit(replace(family, positioning=wait)) for wait in (0.0, 100.0, 500.0)]
    volume = family.depth * family.width * family.milled + family.bored
    inverse = [float(out.time) / volume for out in outs]
    specific = [float(out.energy["electricity"]) / volume for out in outs]
    assert np.diff(specific) / np.diff(inverse) == pytest.approx(family.base_power)
    edge = float(family.cutting(jax.tree.map(jnp.asarray, knobs(family)), 0.0)[2])
    assert specific[0] - family.base_power * inverse[0] == pytest.approx(edge / volume / family.efficiency)


def sequence(parts: int, **setpoints: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Condition before, and service after, each of many parts."""

    def step(state: dict[str, Any], _: None) -> Any:
        out = visit(wear=state["wear"], count=state["count"], **setpoints)
        return out.condition, (state["wear"], state["count"], out.service)

    return jax.tree.map(np.asarray, jax.lax.scan(step, {"wear": 0.0, "count": 0.0}, length=parts)[1])


def test_tools_are_changed_by_count() -> None:
    wear, count, service = sequence(370)
    assert np.flatnonzero(service).tolist() == [119, 239, 359]
    assert set(service[service > 0]) == {240.0}
    assert count[[0, 119, 120, 121]].tolist() == [0, 119, 0, 1]
    assert wear[120] == 0
    family = Machining()
    drilling = family.drilled * np.pi * family.drill / (2 * 1e-4 * 160 / 60)
    assert wear[119] == pytest.approx(119 * drilling / family.life, rel=1e-9)  # Taylor, share by share


def test_tools_are_changed_by_wear() -> None:
    """At speed v the n-th part wears the tools out: n = ceil((T_1 / t_1) (v_1 / v)^3), t_1 in cut at v_1."""
    family = Machining()
    drilling = family.drilled * np.pi * family.drill / (2 * 1e-4 * 160 / 60)
    worn_out = int(np.ceil(family.life / drilling * (160 / 200) ** 3))
    assert worn_out == 91
    assert np.flatnonzero(sequence(200, drill_speed=200 / 60)[2]).tolist() == [worn_out - 1, 2 * worn_out - 1]
    assert not sequence(170, tool_change_after=400.0)[2].any()


def test_cutting_times_and_wear_follow_speed_and_feed() -> None:
    family = Machining()
    time = lambda **s: np.asarray(family.cutting(jax.tree.map(jnp.asarray, {**knobs(family), **s}), 0.0)[:2])  # noqa: E731
    assert time(face_mill_speed=50.0) / time() == pytest.approx([0.5, 1])
    assert time(drill_speed=4.0) / time() == pytest.approx([1, 2 / 3])
    assert time(feed_per_tooth=2e-4) / time() == pytest.approx([0.5, 0.5])
    share = lambda **s: float(visit(**s).condition["wear"])  # noqa: E731
    assert share(drill_speed=4.0) / share() == pytest.approx(1.5**3)
    assert share(feed_per_tooth=2e-4) / share() == pytest.approx(2**0.5)
    assert share(face_mill_speed=50.0) == share()


def test_a_hot_blank_shrinks_to_too_small() -> None:
    """One node: half way through the visit it is exp(-t / 2 tau) of its excess over the coolant away from that."""
    for temperature in (297.0, 320.0, 400.0):
        out = visit(part={"temperature": temperature})
        excess = (temperature - 297.0) * np.exp(-float(out.time) / 80)
        assert float(out.part["deviation"]) == pytest.approx(-2.1e-5 * 0.2 * excess, abs=1e-12)
        end = 297.0 + (temperature - 297.0) * np.exp(-float(out.time) / 40)
        assert float(out.part["temperature"]) == pytest.approx(end, rel=1e-9)


def test_defects_are_normal_tails() -> None:
    """The drawn deviation, and roughness, against their limits with the remaining scatter."""
    z = 1.7
    out = visit(wear=0.6, draw={"size": norm.cdf(z)}, part={"temperature": 297.0})
    deviation = 8e-6 * z - 3e-5 * 0.6
    roughness = 1e-8 / 6.4e-3 + 1e-6 + 3e-6 * 0.6
    assert float(out.part["deviation"]) == pytest.approx(deviation, rel=1e-6)
    assert float(out.part["roughness"]) == pytest.approx(roughness)
    inside = norm.cdf((5e-5 - deviation) / 1.2e-5) - norm.cdf((-5e-5 - deviation) / 1.2e-5)
    assert float(out.defects["off size"]) == pytest.approx(1 - inside * norm.cdf((1e-5 - roughness) / 1e-6), rel=1e-5)
    assert float(out.defects["breakage"]) == pytest.approx(1 - np.exp(-1e-4 * np.exp(2.4)))


def test_defects_rise_with_wear_and_feed() -> None:
    for cause in ("off size", "breakage"):
        chance = [float(visit(wear=wear).defects[cause]) for wear in (0.0, 0.3, 0.6, 0.9, 1.2)]
        assert np.all(np.diff(chance) > 0), cause
    chance = [float(visit(feed_per_tooth=feed, wear=0.5).defects["off size"]) for feed in (1e-4, 1.8e-4, 2e-4)]
    assert np.all(np.diff(chance) > 0)


def test_scrap_of_housing() -> None:
    """Table B: 1.0 % found at the mill, two thirds of them distorted castings; 120 parts at hall temperature."""
    wear = jnp.linspace(0, 0.67, 120)
    sizes = jnp.asarray((np.random.default_rng(0).permutation(120) + 0.5) / 120)
    defects = jax.vmap(lambda w, u: visit(wear=w, draw={"size": u}).defects)(wear, sizes)
    assert float(sum(chance.mean() for chance in defects.values())) == pytest.approx(0.01 / 3, rel=0.2)


def test_units_can_be_read() -> None:
    for name, about in numbers_of(Machining).items():
        assert unit(about["unit"].replace("^", "**") if about["unit"] != "1" else "").scale > 0, name
