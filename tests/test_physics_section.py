"""Freezing in two dimensions: heat kept to rounding, Neumann's solution, lumps, another solver, and finer grids."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from twin.physics import Casting, CastingSection
from twin.physics.casting_section import FINE, STEPS
from twin.physics.cells import cells_of
from twin.physics.die import Die
from twin.physics.legendre import legendre_step, stages_for
from twin.physics.section import LM24, Alloy, Contact, Frozen, Metals, freeze, grid, kelvin
from twin.physics.solidification import Metal, neumann_freezing_time, solved_freezing_time
from twin.process import Around, knobs

FIXED = Die((1e15, 1e15), 0.0, (0.0, 0.0), (0.0, 0.0))
"""A die that stays as it is."""
PURE = Alloy(120.0, 2650.0, 1000.0, 1000.0, 390e3, 853.15, 853.15)
METAL = Metal(120.0, 2650.0, 1000.0, 390e3, 853.15)
USUAL = {"metal": 953.15, "oil": 473.15, "dwell": 9.0, "surface": 520.0, "body": 505.0, "hall": 293.15}


def alike(film: float, *, masses: tuple[float, float, float] = (0.7, 0.5, 0.9), half: float = 0.01) -> Metals:
    """Contact that never opens."""
    contact = Contact(film, film, 700.0, 600.0)
    return Metals(contact, contact, masses, half)


def cast(fine: int = FINE, steps: int = STEPS, **other: float) -> tuple[dict[str, float], Frozen]:
    """The family's own, at usual inputs but for some."""
    inputs: Any = {name: jnp.asarray(value) for name, value in {**USUAL, **other}.items()}
    on, process = grid(cells_of(fine), steps), CastingSection()
    return {name: float(value) for name, value in process.solved(inputs, on).items()}, process.frozen(inputs, on)


def test_cells_touch_each_other_and_the_die_as_drawn() -> None:
    cells = cells_of(3)
    section, plain, slab = cells.pieces
    sides = 2 * sum(one.sum() for one in cells.ahead.values()) + cells.faces.sum()
    open_sides = 24 * 3 // 2 + 4 * 3 // 2 + sum(1 + 2 * (one.stop - one.start) for one in (plain, slab))
    assert sides + open_sides == 4 * cells.count  # symmetry lines: middle of the boss, end of the wall, strips of slabs
    assert cells.faces[section].sum() * cells.side == pytest.approx(0.08)  # 10 + 20 + 10 mm of boss, twice 20 of wall
    assert (section.stop - section.start) * cells.side**2 == pytest.approx(320e-6)
    np.testing.assert_allclose(cells.shares.sum(axis=0), 1.0)


def test_heat_goes_from_the_metal_to_the_die_and_nowhere_else() -> None:
    opens = Contact(1e4, 1e3, 793.15, 713.15)
    metals = Metals(opens, opens, (0.7, 0.5, 0.9), 0.01)
    die = Die((1.2e4, 5.4e4), 700.0, (0.0, 0.0), (0.0, 0.0))
    shot = freeze(936.15, 9.0, (jnp.asarray(520.0), jnp.asarray(505.0)), metals, die=die, on=grid(cells_of(1), 20))
    stored = 1.2e4 * (shot.die[0] - 520.0) + 5.4e4 * (shot.die[1] - 505.0)
    assert float(shot.given) == pytest.approx(float(stored), rel=1e-12)
    np.testing.assert_allclose(shot.temperature, kelvin(shot.heat, LM24))


def test_thin_contact_leaves_lumps() -> None:
    """Biot numbers below 0.001: every piece is one temperature, of volume over cooled area."""
    shot = freeze(936.15, 16.0, (jnp.asarray(500.0),) * 2, alike(20.0), die=FIXED, on=grid(cells_of(1), 40))
    for piece, thick in zip(cells_of(1).pieces, (0.004, 0.002, 0.01), strict=True):

        def slope(_: float, heat: Any, thick: float = thick) -> Any:
            return -20.0 / (2650.0 * thick) * (np.asarray(kelvin(jnp.asarray(heat), LM24)) - 500.0)

        lump = solve_ivp(slope, (0, 16.0), [float(LM24.heat(936.15))], rtol=1e-10, atol=1e-6).y[0, -1]
        lost = float(LM24.heat(936.15)) - lump
        np.testing.assert_allclose(float(LM24.heat(936.15)) - float(shot.heat[piece].mean()), lost, rtol=3e-3)


def test_neumann() -> None:
    """A slab at its freezing point, its face held at 500 K: half² / (4 λ² a); closer on finer grids."""
    exact = float(neumann_freezing_time(0.01, 500.0, METAL))
    off = []
    for fine in (2, 4, 8):
        on = grid(cells_of(fine), 80, longest=2.0, alloy=PURE)
        shot = freeze(853.15, 2.0, (jnp.asarray(500.0),) * 2, alike(1e9), die=FIXED, on=on)
        off.append(float(shot.slab) / exact - 1)
    assert abs(off[2]) < 0.01
    assert abs(off[2]) < abs(off[0]) < 0.06


def test_the_biscuit_against_the_implicit_solver() -> None:
    exact = float(solved_freezing_time(0.01, 500.0, METAL, film=1e4, melt=936.15, cells=100, steps=2000))
    on = grid(cells_of(4), 160, alloy=PURE)
    shot = freeze(936.15, 8.0, (jnp.asarray(500.0),) * 2, alike(1e4), die=FIXED, on=on)
    assert float(shot.slab) == pytest.approx(exact, rel=0.01)


def test_the_section_against_a_plain_time_loop() -> None:
    """A second program: a picture of the section, padded by what lies beyond, in small explicit steps."""
    shot = freeze(936.15, 6.0, (jnp.asarray(520.0),) * 2, alike(5e3), die=FIXED, on=grid(cells_of(1), 80))
    side, metal = 0.002, np.zeros((15, 12), bool)  # columns from the middle of the boss, rows from the outer face
    metal[:5, :], metal[:, :2] = True, True
    heat = np.where(metal, float(LM24.heat(936.15)), 0.0)
    step, conducts = 2e-4, 120.0 / side
    contact = 1 / (1 / 5e3 + side / 2 / 120.0)
    shares = np.linspace(0, LM24.melt, 20_001)
    table = np.asarray(kelvin(jnp.asarray(shares), LM24))

    def curve(heat: np.ndarray) -> np.ndarray:
        outside = np.minimum(heat, 0) / 960 + np.maximum(heat - LM24.melt, 0) / 1100
        return np.interp(heat, shares, table) + outside

    for _ in range(round(6.0 / step)):
        warm = curve(heat)
        gain = np.zeros_like(heat)
        for axis, way in ((0, 1), (0, -1), (1, 1), (1, -1)):
            there, neighbour = np.roll(metal, way, axis), np.roll(warm, way, axis)
            edge = 0 if way == 1 else -1
            rim = np.zeros_like(metal)
            rim[(edge, slice(None)) if axis == 0 else (slice(None), edge)] = True
            mirror = rim & (axis == 0)
            inside = there & ~rim
            gain += np.where(inside, conducts * (neighbour - warm), 0.0)
            gain += np.where(~inside & ~mirror, contact * (520.0 - warm), 0.0)
        heat = np.where(metal, heat + step * gain / (2650.0 * side), 0.0)
    section = cells_of(1).pieces[0]
    found = np.concatenate([heat[i, :12] if i < 5 else heat[i, :2] for i in range(15)])
    np.testing.assert_allclose(kelvin(shot.heat[section], LM24), kelvin(jnp.asarray(found), LM24), atol=0.5)


@pytest.mark.slow
def test_finer_grids_agree() -> None:
    """Cells of 1 mm and 80 steps: within 2 K of the spot and 0.15 s; cells of 2 mm are further off."""
    (coarse, _), (used, _), (fine, _) = cast(1), cast(), cast(4, 200)
    assert abs(used["spot"] - fine["spot"]) < 2.0
    assert abs(used["casting"] - fine["casting"]) < 1.0
    assert abs(used["solid"] - fine["solid"]) < 0.15
    assert abs(used["freezing"] - fine["freezing"]) < 0.05
    assert abs(used["heat"] / fine["heat"] - 1) < 2e-3
    assert abs(coarse["spot"] - fine["spot"]) > abs(used["spot"] - fine["spot"])


def test_two_dimensions_matter() -> None:
    """The boss is hotter than its wall when the die opens, and freezes long after it."""
    _, shot = cast()
    section, plain, _ = cells_of(FINE).pieces
    assert float(shot.temperature[section].max() - shot.temperature[plain].mean()) > 50.0
    assert int(jnp.argmax(shot.temperature[section])) < 24 * FINE // 2  # in the middle of the boss


def test_times_beyond_the_opening_go_on_smoothly() -> None:
    late = [cast(1, 40, dwell=dwell)[0] for dwell in (5.5, 6.5, 8.5, 12.0)]
    assert np.ptp([one["freezing"] for one in late]) < 0.7
    assert np.ptp([one["solid"] for one in late]) < 0.4


def test_steps_are_of_second_order_and_stable() -> None:
    ends = []
    for steps in (10, 20, 40):
        y = jnp.asarray([1.0, 0.5])
        for _ in range(steps):
            y = legendre_step(lambda y: -y * jnp.asarray([1.0, 30.0]) * y, y, jnp.asarray(1.0 / steps), stages=6)
        ends.append(np.asarray(y))
    exact = np.asarray([0.5, 1 / 32])
    off = [np.abs(end - exact).max() for end in ends]
    assert off[0] / off[1] > 3
    assert off[1] / off[2] > 3
    stages = stages_for(1.0, 0.01)
    y = legendre_step(lambda y: -200.0 * y, jnp.asarray(1.0), jnp.asarray(1.0), stages=stages)
    assert abs(float(y)) < 1


def test_derivatives_are_differences() -> None:
    """Kinks of T(H) move from cell to cell, so that differences over a step are a blend: to 1 %."""
    process, on = CastingSection(), grid(cells_of(1), 40)

    def spot(dwell: Any, surface: Any) -> Any:
        inputs = {name: jnp.asarray(value) for name, value in USUAL.items()} | {"dwell": dwell, "surface": surface}
        return process.solved(inputs, on)["spot"]

    at = (jnp.asarray(9.0), jnp.asarray(520.0))
    slopes = jax.grad(spot, argnums=(0, 1))(*at)
    for k, (slope, step) in enumerate(zip(slopes, (0.05, 1.0), strict=True)):
        ends = [spot(*(one + way * step * (i == k) for i, one in enumerate(at))) for way in (1, -1)]
        assert float(slope) == pytest.approx(float(ends[0] - ends[1]) / 2 / step, rel=0.01)


def warm(process: Any, **other: float) -> Any:
    """A shot of a cell that has run for an hour."""
    settings = {name: jnp.asarray(value) for name, value in {**knobs(process), **other}.items()}
    around, middle = Around(jnp.asarray(295.15), jnp.asarray(0.0)), dict.fromkeys(process.draws, jnp.asarray(0.5))
    shoot = jax.jit(lambda condition: process.visit(settings, {}, condition, around, middle))
    shot = shoot({name: jnp.asarray(about.value) for name, about in process.condition.items()})
    for _ in range(70):
        shot = shoot(shot.condition)
    return shot


@pytest.mark.slow
def test_a_warm_cell_spoils_as_much_as_with_walls_alone() -> None:
    walls, bosses = warm(Casting()), warm(CastingSection())
    for cause, chance in walls.defects.items():
        assert float(bosses.defects[cause]) == pytest.approx(float(chance), rel=0.05), cause


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "what", "rises"),
    [
        ("dwell", "blister", False),
        ("oil", "blister", True),
        ("metal", "blister", True),
        ("dwell", "burst biscuit", False),
    ],
)
def test_directions(name: str, what: str, rises: bool) -> None:
    low, high = CastingSection.setpoints[name].released
    few, many = (float(warm(CastingSection(), **{name: value}).defects[what]) for value in (low, high))
    assert (few < many) if rises else (few > many)


def test_bosses_that_freeze_after_the_biscuit_are_not_fed() -> None:
    process = CastingSection()
    settings = {name: jnp.asarray(value) for name, value in knobs(process).items()}
    shot = process.cycle(
        process.resting(settings["oil"], jnp.asarray(295.0)),
        (jnp.asarray(520.0), jnp.asarray(520.0)),
        settings,
        jnp.asarray(295.0),
    )[0]
    fed, late = (process.pores(settings, shot._replace(solid=shot.freezing + wait)) for wait in (-5.0, 4.0))
    assert float(late / fed) == pytest.approx(1 + 0.2 * 4, rel=0.01)
