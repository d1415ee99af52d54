"""Derivatives on the line `housing`: every setpoint against every KPI is right, or refused with its reason.

The page docs/gradients.md shows these tables. Programs are compiled without optimising, in half the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import twin
from twin.line import Line, Product, Station
from twin.physics import Inspection, LeakTest
from twin.process import Process, family

FAST = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}

REASONS = {
    "chance": "a defect is made or not by chance",
    "breaks": "working time is interrupted",
    "count": "number of events changes",
    "order": "parts overtake each other",
}

COUNTS = ("good", "scrapped", "scrap_rate", "first_pass_yield", "rework_ratio", "quality")
"""KPIs that only count: steps in everything, with a derivative of zero."""

ENERGY = frozenset({"energy", "energy_per_good_part", "energy_cost", "cost", "co2"})
BOTH = ENERGY | {"electricity", "gas"}
WAITS = BOTH | {"lead_time", "wip"}
PACE = frozenset({"throughput", "takt", "plan_attainment", "oee", "availability", "performance"})

HOUSING = {
    "cast.metal": "chance",
    "cast.oil": "chance",
    "cast.dwell": "chance",
    "cast.spray": "breaks",
    "cast.gate_speed": "chance",
    "cast.intensification": "chance",
    "trim.process.time.mean": "breaks",
    "mill.face_mill_speed": "chance",
    "mill.drill_speed": "count",
    "mill.feed_per_tooth": "count",
    "mill.tool_change_after": "count",
    "wash.bath": "chance",
    "wash.dryer": "chance",
    "wash.pitch": "breaks",
    "leak.test": "chance",
    "coat.film": "chance",
    "cure.zone_1": "chance",
    "cure.zones_2_3": "chance",
    "cure.pitch": "breaks",
    "cure.exhaust": ENERGY | {"gas"},
    "assemble.robot_speed": "chance",
    "inspect.threshold": "chance",
}
"""Setpoint -> why a derivative by it is refused on `housing`, or the KPIs that move with it."""

WITHOUT_CHANCE: dict[str, str | frozenset[str]] = {
    "cast.metal": BOTH,
    "cast.oil": BOTH,
    "cast.dwell": WAITS | PACE,
    "cast.spray": WAITS | PACE,
    "cast.gate_speed": ENERGY | {"electricity"},
    "cast.intensification": ENERGY | {"electricity"},
    "trim.process.time.mean": WAITS | {"availability", "performance"},
    "mill.face_mill_speed": WAITS | PACE,
    "mill.drill_speed": "count",
    "mill.feed_per_tooth": "count",
    "mill.tool_change_after": "count",
    "wash.bath": BOTH,
    "wash.dryer": BOTH,
    "wash.pitch": WAITS,
    "leak.test": WAITS | PACE,
    "coat.film": ENERGY | {"gas"},
    "cure.zone_1": ENERGY | {"gas"},
    "cure.zones_2_3": ENERGY | {"gas"},
    "cure.pitch": WAITS,
    "cure.exhaust": ENERGY | {"gas"},
    "assemble.robot_speed": WAITS | PACE,
    "inspect.threshold": frozenset(),
}
"""The same on `without_chance()`, single machines; `escapes` is refused whatever the setpoint."""

OVERTAKING = {
    path: "order" if isinstance(known, frozenset) and "lead_time" in known else known
    for path, known in WITHOUT_CHANCE.items()
}
"""The same with two benches, three mills and two leak testers, where parts overtake each other."""


@family
class BlindLeakTest(LeakTest):
    """Takes its time and finds nothing, so that nothing is scrapped."""

    finds = Process.finds


@family
class BlindInspection(Inspection):
    """The same for the camera."""

    finds = Process.finds


BALANCED: dict[str, dict[str, float]] = {
    "deburr": {"standard": 49.0},
    "mill": {"load": 5.0, "positioning": 5.0, "swaps": 0.0, "drilled": 0.8},
    "leak": {"handling": 24.0},
    "assemble": {"handling": 12.0},
    "pack": {"standard": 48.0},
}
"""Numbers with which single machines keep pace with the caster, so that each of them makes others wait at times."""

PITCHES = {"wash.pitch": 49.5, "cure.pitch": 49.9}


def without_chance(*, single: bool = True) -> Line:
    """`housing` without stops, shifts, scrap and a second product; single machines in balance, small buffers."""
    line = twin.load_line("housing")
    return replace(line, stations=tuple(_plain(s, single) for s in line.stations), shifts=(), products=(Product("A"),))


def _plain(station: Station, single: bool) -> Station:
    behaviour = station.process.behaviour
    if isinstance(behaviour, LeakTest):
        behaviour = BlindLeakTest()
    if isinstance(behaviour, Inspection):
        behaviour = BlindInspection()
    if single and station.name in BALANCED:
        behaviour = replace(behaviour, **BALANCED[station.name])
    return replace(
        station,
        process=replace(station.process, behaviour=behaviour, behaviours={}),
        machines=1 if single and station.kind != "conveyor" else station.machines,
        buffer=19 if station.name == "deburr" else min(station.buffer, 2),
        transport=station.transport if station.name == "deburr" else min(station.transport, 60.0),
        failures=(),
        maintenance=(),
        scrap=0.0,
        finds={},
        false_alarm=0.0,
    )


RUN: dict[str, Any] = {"parts": 60, "warmup_parts": 20, "replications": 2, "seed": 1}


def figures(line: Line, setpoints: Mapping[str, Any]) -> dict[str, Any]:
    """Every KPI that this line knows, but those that refuse."""
    known = twin.kpis(twin.simulate(line, setpoints=setpoints, record="kpis", **RUN)).items()
    return {name: figure.mean for name, figure in known if figure is not None and figure.moved_by is None}


@cache
def pushed(name: str) -> Any:
    """A compiled function (setpoints, direction) -> KPIs and their derivatives in that direction."""
    line = without_chance() if name == "without chance" else twin.load_line(name)
    run = lambda setpoints: figures(line, setpoints)  # noqa: E731
    return jax.jit(lambda point, way: jax.jvp(run, (point,), (way,)), compiler_options=FAST)


def reason(line: Line, path: str) -> str:
    """Why the derivative by a number is refused, without running anything; "smooth" if it is not."""

    def slope(x: Any) -> Any:
        return jax.jvp(lambda y: figures(line, {path: y}), (x,), (1.0,))

    try:
        jax.eval_shape(slope, line.setpoints.get(path, 0.5))
    except twin.GradientError as error:
        return next(name for name, words in REASONS.items() if words in str(error))
    return "smooth"


def assert_right(name: str, point: dict[str, float], path: str, moves: Any) -> None:
    """Derivatives of all KPIs by one setpoint equal differences to 1e-5, on both sides, and these KPIs alone move."""
    push, still = pushed(name), dict.fromkeys(point, 0.0)
    values, slopes = push(point, still | {path: 1.0})
    step = 1e-5 * abs(point[path])
    up, down = (push(point | {path: point[path] + s}, still)[0] for s in (step, -step))
    assert {name for name, slope in slopes.items() if slope != 0} == moves
    for name, slope in slopes.items():
        noise = 1e-12 * abs(float(values[name])) / step
        assert float(up[name] - down[name]) / (2 * step) == pytest.approx(float(slope), rel=1e-5, abs=noise), name
        for side, s in ((up, step), (down, -step)):  # a kink would show on one side
            assert float(side[name] - values[name]) / s == pytest.approx(float(slope), rel=1e-2, abs=noise), name


GROUPS = {
    WAITS | PACE: "energy, lead time, pace",
    WAITS | {"availability", "performance"}: "energy, lead time, availability, performance",
    WAITS: "energy, lead time",
    BOTH: "electricity, gas",
    ENERGY | {"electricity"}: "electricity",
    ENERGY | {"gas"}: "gas",
    frozenset(): "none",
}


def test_the_tables_name_every_setpoint_as_the_page_does() -> None:
    paths = list(twin.load_line("housing").setpoints)
    assert paths == list(HOUSING) == list(WITHOUT_CHANCE) == list(OVERTAKING)
    page = (Path(__file__).parent.parent / "docs" / "gradients.md").read_text(encoding="utf-8")
    shown = lambda known: f"*{known}*" if isinstance(known, str) else GROUPS[known]  # noqa: E731
    for path in paths:
        assert (
            f"| `{path}` | {shown(HOUSING[path])} | {shown(OVERTAKING[path])} | {shown(WITHOUT_CHANCE[path])} |" in page
        )


def each(paths: Iterable[str], *fast: str) -> list[Any]:
    """All paths as parameters of a test, slow but for these."""
    return [path if path in fast else pytest.param(path, marks=pytest.mark.slow) for path in paths]


@pytest.mark.parametrize(
    "path",
    each([path for path in HOUSING if path != "cure.exhaust"], "cast.metal", "mill.tool_change_after", "wash.pitch"),
)
def test_what_housing_refuses(path: str) -> None:
    assert reason(twin.load_line("housing"), path) == HOUSING[path]


@pytest.mark.slow
def test_what_is_smooth_on_housing() -> None:
    exhaust = twin.load_line("housing").setpoints["cure.exhaust"]
    assert_right("housing", {"cure.exhaust": exhaust}, "cure.exhaust", HOUSING["cure.exhaust"])


def smooth_point() -> dict[str, float]:
    """The setpoints of the line without chance that have derivatives."""
    known = without_chance().setpoints
    return {path: known[path] for path, moves in WITHOUT_CHANCE.items() if not isinstance(moves, str)} | PITCHES


@pytest.mark.parametrize("path", list(smooth_point()))
def test_derivatives_without_chance(path: str) -> None:
    assert not set(WITHOUT_CHANCE[path]) & set(COUNTS)
    assert_right("without chance", smooth_point(), path, WITHOUT_CHANCE[path])


@pytest.mark.slow
def test_stations_wait_for_each_other_in_that_line() -> None:
    """So that the derivatives above go through every kind of maximum."""
    run = twin.simulate(without_chance(), setpoints=smooth_point(), record="kpis", **RUN)
    stations = twin.kpis(run).stations
    assert all(float(stations[name]["blocked"].mean) > 0.01 for name in ("cast", "trim", "deburr"))
    assert all(float(stations[name]["starved"].mean) > 0.05 for name in ("leak", "coat", "assemble", "pack"))


@pytest.mark.parametrize("path", ["mill.drill_speed", "mill.feed_per_tooth", "mill.tool_change_after"])
def test_what_that_line_refuses(path: str) -> None:
    assert reason(without_chance(), path) == WITHOUT_CHANCE[path]


@pytest.mark.parametrize("path", each(OVERTAKING, "trim.process.time.mean"))
def test_what_it_refuses_where_parts_overtake(path: str) -> None:
    known = OVERTAKING[path]
    assert reason(without_chance(single=False), path) == (known if isinstance(known, str) else "smooth")


def test_a_count_of_defects_is_refused() -> None:
    """Nothing is scrapped, so a chance of a defect moves nothing but such figures, which would stand still."""
    line, refused = without_chance(), []

    def probe(x: Any) -> Any:
        run = twin.simulate(line, setpoints={"cast.metal": x}, record="kpis", **RUN)
        found = twin.kpis(run)
        counts = {"escapes": found["escapes"], **found.defects["cast.blister"]}
        for name in ("escapes", "made", "escaped"):
            with pytest.raises(twin.GradientError, match="counts defects"):
                _ = counts[name].mean
            refused.append(name)
        return found["energy"].mean

    jax.eval_shape(lambda x: jax.jvp(probe, (x,), (1.0,)), 953.15)
    assert refused == ["escapes", "made", "escaped"]


@pytest.mark.parametrize(
    ("path", "words"),
    [("mill.process.life", "condition of a machine"), ("assemble.process.presence", "person is near")],
)
def test_numbers_that_act_by_jumps_are_refused(path: str, words: str) -> None:
    line = without_chance()
    with pytest.raises(twin.GradientError, match=words):
        jax.eval_shape(lambda x: jax.jvp(lambda y: figures(line, {path: y}), (x,), (1.0,)), 0.5)


@pytest.mark.slow
def test_a_difference_shows_what_a_derivative_does_not() -> None:
    """Tools changed every 40 parts instead of never: the remedy that each refusal names."""
    effect = twin.difference(without_chance(), "throughput", "mill.tool_change_after", 400.0, 40.0, **RUN)
    assert (np.asarray(effect.values) < 0).all()
