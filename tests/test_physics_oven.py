"""The oven and its cure against the reference numbers, closed forms and independent integration."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from test_process_contract import cases

from twin.physics import FAMILIES
from twin.physics.cure import GAS, Kinetics, cure_rate, cured, exposure_rate
from twin.physics.oven import AIR, REFERENCE, STEFAN_BOLTZMANN, radiation
from twin.process import Around, knobs

Oven = FAMILIES["oven"]
STAND_IN = Kinetics(6436.0, 64364.0, 60e3, 1.0, 1.5)
HALL = Around(jnp.asarray(293.15), jnp.asarray(0.0))
ALONE = {"coupling": 0.0, "grip": 0.0, "coating": 0.0}
FINE = (400, 400)


def arrays(numbers: dict[str, float]) -> dict[str, Any]:
    return {name: jnp.asarray(value) for name, value in numbers.items()}


def settings(**changed: float) -> dict[str, Any]:
    return arrays(knobs(Oven()) | changed)


def entering(**changed: float) -> dict[str, Any]:
    return arrays({name: about.value for name, about in Oven.reads.items()} | changed)


def visit(oven: Any, part: dict[str, Any] | None = None, /, **changed: float) -> Any:
    return oven.visit(settings(**changed), part or entering(), {}, HALL, {})


def exact(oven: Any, case: Any) -> Any:
    """Boss, wall, hanger [K], exposures of boss and wall [s], heat taken [J]: the equations, by scipy."""
    capacity = np.asarray([float(c) for c in oven.capacities(case["part"]["film"])])
    area = np.asarray([oven.area * oven.thick, oven.area * (1 - oven.thick), oven.hanger_area])
    link = np.asarray([[-1, 1, 0], [1, -1, 0], [0, 0, 0]]) * oven.coupling
    link = link + np.asarray([[0, 0, 0], [0, -1, 1], [0, 1, -1]]) * oven.grip
    point = {name: float(value) for name, value in case["setpoints"].items()}
    enters, hall = float(case["part"]["temperature"]), float(case["around"].temperature)
    state = np.asarray([enters, enters, hall, 0.0, 0.0, 0.0])
    for air, stay in ((point["zone_1"], oven.boosted), (point["zones_2_3"], oven.holding)):

        def slope(_: float, y: Any, air: float = air) -> Any:
            node = y[:3]
            gain = area * (oven.convection * (air - node))
            gain = gain + area * oven.emissivity * STEFAN_BOLTZMANN * (air**4 - node**4)
            pace = np.exp(oven.activation / GAS * (1 / REFERENCE - 1 / node[:2]))
            return np.concatenate([(gain + link @ node) / capacity, pace, [gain.sum()]])

        state = solve_ivp(slope, (0, stay * point["pitch"]), state, "DOP853", rtol=1e-11, atol=1e-9).y[:, -1]
    return state


@pytest.mark.parametrize(
    ("celsius", "expected"),
    [(160, (0.43, 0.65, 0.78)), (180, (0.80, 0.91, 0.95)), (190, (0.90, 0.96, 0.98)), (200, (0.95, 0.98, 0.99))],
)
def test_cure_after_10_15_20_minutes_as_in_section_6(celsius: int, expected: tuple[float, ...]) -> None:
    found = [float(cured(60.0 * minutes, celsius + 273.15, STAND_IN)) for minutes in (10, 15, 20)]
    np.testing.assert_allclose(found, expected, atol=0.0051)


@pytest.mark.parametrize(("time", "expected"), [(100, 0.139547), (300, 0.606639), (600, 0.960768)])
def test_cure_of_first_order_in_both_as_in_section_6(time: float, expected: float) -> None:
    one, eight = 1e-3, 8e-3
    rest = np.exp(-(one + eight) * time)
    np.testing.assert_allclose((1 - rest) / (1 + eight / one * rest), expected, atol=5e-7)
    np.testing.assert_allclose(cured(time, 400.0, Kinetics(one, eight, 0.0, 1.0, 1.0)), expected, atol=2e-4)


def test_cure_of_order_three_halves_against_its_closed_form() -> None:
    """With u = sqrt(1 - cure): time = F(u) - F(1), F = 2/S (1/u - r artanh(r u)), S = A1 + A2, r = sqrt(A2 / S)."""
    cure = np.asarray([0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99, 0.999])
    pace = np.exp(-60e3 / GAS / 473.15)
    both, r = (6436 + 64364) * pace, np.sqrt(64364 / (6436 + 64364))
    F = lambda u: 2 / both * (1 / u - r * np.arctanh(r * u))  # noqa: E731
    time = F(np.sqrt(1 - cure)) - F(1.0)
    np.testing.assert_allclose(jax.vmap(lambda t: cured(t, 473.15, STAND_IN))(jnp.asarray(time)), cure, atol=2e-4)


def test_cure_follows_its_rate() -> None:
    for time in (60.0, 300.0, 900.0):
        slope = jax.jacfwd(lambda t: cured(t, 463.15, STAND_IN))(time)
        np.testing.assert_allclose(slope, cure_rate(cured(time, 463.15, STAND_IN), 463.15, STAND_IN), rtol=0.01)


@pytest.mark.parametrize(("hot", "activation"), [(204.0, 45.8e3), (200.0, 53.4e3)])
def test_the_window_of_schedules_implies_an_activation_energy_as_in_section_6(hot: float, activation: float) -> None:
    half = float(exposure_rate(jnp.asarray(177 + 273.15), hot + 273.15, activation))
    assert abs(half - 0.5) < 0.001
    np.testing.assert_allclose(GAS * np.log(2) / (1 / 450.15 - 1 / (hot + 273.15)), activation, rtol=2e-3)


@pytest.mark.parametrize(("section", "minutes"), [("wall", 7.8), ("boss", 23.4)])
def test_heating_times_of_section_6(section: str, minutes: float) -> None:
    """Alone, with 30 W/m2K and no radiation, from 20 to 190 degC in air of 200 degC."""
    oven = Oven(convection=30.0, emissivity=0.0, **ALONE)
    reached = lambda time: getattr(  # noqa: E731
        oven.passage(settings(zone_1=473.15, zones_2_3=473.15, pitch=time / 24), entering(), HALL, FINE).temperature,
        section,
    )
    assert float(reached(60 * (minutes - 0.05))) < 463.15 < float(reached(60 * (minutes + 0.05)))


@pytest.mark.parametrize(("constant", "expected"), [(140, 0.983), (200, 0.972), (300, 0.934), (450, 0.768)])
def test_baseline_cure_of_table_e(constant: int, expected: float) -> None:
    """A lumped boss with this time constant: six minutes at 230 degC, then twelve at 200 degC.

    The row does not say where it starts: from 25 degC it is met to its last digit, from 20 degC 300 s and 450 s would
    give 0.932 and 0.753 (both checked by scipy).
    """
    oven = Oven(convection=2700.0 * 900.0 * 0.006 / constant, emissivity=0.0, **ALONE)
    np.testing.assert_allclose(visit(oven, entering(temperature=298.15)).part["cure"], expected, atol=0.001)
    from_20 = {140: 0.9827, 200: 0.9716, 300: 0.9316, 450: 0.7532}[constant]
    np.testing.assert_allclose(visit(oven).part["cure"], from_20, atol=0.001)


@pytest.mark.parametrize("time", [200.0, 600.0, 2000.0])
def test_radiation_alone_follows_the_fourth_power(time: float) -> None:
    """Cooling to nothing: T^-3 = T0^-3 + 3 sigma e A t / C; heating: the time that a temperature takes."""
    oven = Oven(convection=0.0, emissivity=0.9, **ALONE)
    part = entering(temperature=500.0)
    rate = 0.9 * STEFAN_BOLTZMANN / (2700 * 900 * 0.002)
    cold = oven.passage(settings(zone_1=1e-3, zones_2_3=1e-3, pitch=time / 24), part, HALL).temperature.wall
    np.testing.assert_allclose(cold, (500.0**-3 + 3 * rate * time) ** (-1 / 3), atol=0.5)
    hot = 520.0
    warm = oven.passage(settings(zone_1=hot, zones_2_3=hot, pitch=time / 24), entering(), HALL).temperature.wall
    taken = lambda T: (np.arctanh(T / hot) + np.arctan(T / hot)) / (2 * rate * hot**3)  # noqa: E731
    slope = 1 / (rate * (hot**4 - float(warm) ** 4))  # seconds for a kelvin
    np.testing.assert_allclose((taken(float(warm)) - taken(293.15)) / slope, time / slope, atol=0.5)


def test_radiation_is_odd_and_known() -> None:
    np.testing.assert_allclose(radiation(0.0, 1000.0, 1.0), 56703.74, rtol=1e-6)
    assert float(radiation(300.0, 500.0, 0.4)) == -float(radiation(500.0, 300.0, 0.4))


def test_three_coupled_nodes_without_radiation_are_a_matrix_exponential() -> None:
    oven = Oven(emissivity=0.0)
    capacity = np.asarray([float(c) for c in oven.capacities(jnp.asarray(80e-6))])
    film = 22.0 * np.asarray([0.17 * 0.07, 0.17 * 0.93, 0.07])
    system = np.asarray([[-0.5, 0.5, 0], [0.5, -0.6, 0.1], [0, 0.1, -0.1]]) - np.diag(film)
    state = np.full(3, 293.15)
    for air, stay in ((503.15, 360.0), (473.15, 720.0)):
        state = air + expm(system / capacity[:, None] * stay) @ (state - air)
    for steps, room in (((8, 10), 0.5), (FINE, 2e-4)):
        found = oven.passage(settings(), entering(), HALL, steps).temperature
        np.testing.assert_allclose(np.asarray([float(x) for x in found]), state, atol=room)


def test_a_linear_step_is_a_cayley_transform() -> None:
    """Without radiation every step is (1 - h A / 2)^-1 (1 + h A / 2), solved without a remainder."""
    oven = Oven(emissivity=0.0, coupling=3.0, grip=5.0)
    capacity = np.asarray([float(c) for c in oven.capacities(jnp.asarray(80e-6))])
    film = 22.0 * np.asarray([0.17 * 0.07, 0.17 * 0.93, 0.07])
    system = np.asarray([[-3.0, 3.0, 0], [3.0, -8.0, 5.0], [0, 5.0, -5.0]]) - np.diag(film)
    state = np.full(3, 293.15)
    for air, step, count in ((503.15, 45.0, 8), (473.15, 72.0, 10)):
        half = step / 2 * system / capacity[:, None]
        once = np.linalg.solve(np.eye(3) - half, np.eye(3) + half)
        state = air + np.linalg.matrix_power(once, count) @ (state - air)
    found = oven.passage(settings(), entering(), HALL, (8, 10)).temperature
    np.testing.assert_allclose([*map(float, found)], state, rtol=1e-10)


def test_half_the_step_leaves_a_quarter_of_the_error() -> None:
    """Second order, which needs every term of the linear step to be right."""
    oven = Oven(coupling=3.0, grip=5.0)
    true = exact(oven, {"setpoints": settings(), "part": entering(), "around": HALL})
    miss = [
        np.asarray([*map(float, oven.passage(settings(pitch=45.0), entering(), HALL, steps).temperature)]) - true[:3]
        for steps in ((40, 60), (80, 120))
    ]
    np.testing.assert_allclose(miss[0] / miss[1], 4.0, rtol=0.1)


def test_a_stiff_coupling_makes_one_node() -> None:
    found = Oven(coupling=20.0, grip=0.0).passage(settings(), entering(), HALL).temperature
    assert abs(float(found.boss - found.wall)) < 0.1
    capacities = Oven().capacities(jnp.asarray(80e-6))
    lumped = 2 * float(capacities.boss + capacities.wall) / 0.17 / (2700 * 900)
    alone = Oven(boss=lumped, wall=lumped, **ALONE).passage(settings(), entering(), HALL, FINE).temperature.wall
    np.testing.assert_allclose(found.wall, alone, atol=0.5)


def test_stated_error_over_the_whole_machine_box() -> None:
    """Against scipy at random points: 0.5 K in every section, 0.002 in the cure of both; fine steps converge to it."""
    oven, many = Oven(), cases(Oven(), 24, seed=5)
    cure = lambda time: cured(time, REFERENCE, STAND_IN)  # noqa: E731
    fine_cure = lambda time: solve_ivp(  # noqa: E731
        lambda _, a: np.asarray(cure_rate(a[0], REFERENCE, STAND_IN))[None], (0, time), [0.0], rtol=1e-9, atol=1e-10
    ).y[0, -1]
    passage = lambda steps: jax.vmap(lambda c: oven.passage(c["setpoints"], c["part"], c["around"], steps))  # noqa: E731
    coarse, fine = jax.jit(passage((8, 10)))(many), jax.jit(passage(FINE))(many)
    for i in range(24):
        state = exact(oven, jax.tree.map(lambda x: x[i], many))  # noqa: B023
        np.testing.assert_allclose([x[i] for x in coarse.temperature], state[:3], atol=0.5)
        np.testing.assert_allclose([x[i] for x in fine.temperature], state[:3], atol=5e-4)
        np.testing.assert_allclose([fine.boss[i], fine.wall[i]], state[3:5], rtol=1e-5)
        np.testing.assert_allclose(sum(x[i] for x in fine.heat), state[5], rtol=1e-6, atol=1.0)
        for time, true in ((coarse.boss[i], state[3]), (coarse.wall[i], state[4])):
            np.testing.assert_allclose(cure(time), fine_cure(true), atol=0.002)


def base(**setpoints: float) -> dict[str, Any]:
    """Power while the oven is on, in a hall of 20 degC."""
    return Oven().base({**knobs(Oven()), **setpoints}, jnp.asarray(293.15))  # type: ignore[arg-type]


def test_gas_of_table_c() -> None:
    """38 kW base and 0.073 kWh per part; the fans draw 9 kW."""
    out = visit(Oven())
    taken = -float(out.heat["part"] + out.heat["hanger"]) / 0.905
    np.testing.assert_allclose(taken / 3.6e6, 0.073, atol=0.001)
    np.testing.assert_allclose(out.energy["gas"], taken, rtol=1e-3)
    np.testing.assert_allclose(base()["gas"], 38e3, rtol=0.01)
    np.testing.assert_allclose(base()["electricity"], 9e3)
    assert out.heat["burner"] / 0.905 == pytest.approx(float(base()["gas"]) * 45.0 + taken, rel=1e-9)
    assert float(out.time) == 1080.0


def test_gas_answers_to_exhaust_and_temperature() -> None:
    usual, more = base()["gas"], base(exhaust=500 / 3600)["gas"]
    np.testing.assert_allclose((more - usual) * 0.905, 100 / 3600 * AIR * 190.0, rtol=1e-9)
    cooler = {"zone_1": 493.15, "zones_2_3": 463.15}
    part = float(visit(Oven()).energy["gas"] - visit(Oven(), **cooler).energy["gas"])
    saved = (float(usual - base(**cooler)["gas"]) * 62.4 + part) / 3.6e6  # 57.7 parts per hour, table D
    assert 0.03 < saved < 0.05


def test_cure_and_exposure_go_the_right_way() -> None:
    base = visit(Oven()).part
    for changed in ({"zone_1": 513.15}, {"zones_2_3": 478.15}, {"pitch": 50.0}):
        after = visit(Oven(), **changed).part
        assert float(after["cure"]) > float(base["cure"])
        assert float(after["overcure"]) > float(base["overcure"])
    assert float(visit(Oven(), entering(film=140e-6)).part["cure"]) < float(base["cure"])
    assert float(visit(Oven(), entering(temperature=333.15)).part["cure"]) > float(base["cure"])


def test_scrap_of_table_b_and_its_tails() -> None:
    base = visit(Oven()).defects
    assert 0.002 < sum(float(chance) for chance in base.values()) < 0.004
    cold, hot = visit(Oven(), zones_2_3=453.15).defects, visit(Oven(), zones_2_3=493.15, pitch=90.0).defects
    assert float(cold["undercured"]) > 0.9
    assert float(hot["overbaked"]) > 0.9
    assert float(hot["undercured"]) < 1e-4
