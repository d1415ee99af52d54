"""What every process family keeps: names, bounds, balances, vmap = loop, jit = eager, derivatives = differences."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from twin.catalogue import page
from twin.physics import FAMILIES
from twin.process import Around, numbers_of
from twin.units import unit

families = pytest.mark.parametrize("process", [pytest.param(f(), id=name) for name, f in FAMILIES.items()])

KINKED = {"die_casting_section": 1e-2}
"""Relative differences allowed to derivatives: cells that leave their freezing range one by one bend what is told."""

Case = dict[str, Any]


def box(process: Any) -> dict[str, dict[str, tuple[float, float]]]:
    """Where the formulas hold: group -> name -> low, high."""
    ranges = lambda named: {name: (a.low, a.high) for name, a in named.items()}  # noqa: E731
    return {
        "setpoints": {name: knob.machine for name, knob in process.setpoints.items()},
        "part": ranges(process.reads),
        "condition": ranges(process.condition),
        "draw": dict.fromkeys(process.draws, (1e-9, 1 - 1e-9)),
    }


def cases(process: Any, count: int, seed: int = 0) -> Case:
    """Random points of the whole box, stacked; a third of them on its faces."""
    rng = np.random.default_rng(seed)
    share = rng.uniform(0, 1, (count, 40))
    share = np.where(rng.uniform(size=share.shape) < 0.33, np.round(share), share)
    column = iter(range(40))
    drawn: Case = {
        group: {name: jnp.asarray(low + share[:, next(column)] * (high - low)) for name, (low, high) in named.items()}
        for group, named in box(process).items()
    }
    idle = np.where(share[:, 38] > 0.8, np.inf, 10.0 ** (6 * share[:, 38] - 2))
    drawn["around"] = Around(jnp.asarray(278.15 + 30 * share[:, 39]), jnp.asarray(idle))
    return drawn


def visit(process: Any, case: Case) -> Any:
    return process.visit(case["setpoints"], case["part"], case["condition"], case["around"], case["draw"])


def one(case: Case, i: int) -> Case:
    return jax.tree.map(lambda x: x[i], case)


def flat(process: Any, case: Case) -> Any:
    """All that a visit does but its flows of heat, as one vector."""
    return jnp.stack([jnp.asarray(x, float) for x in jax.tree.leaves(visit(process, case)._replace(heat=None))])


def moved(process: Any, case: Case, group: str, name: str, value: Any) -> Any:
    return flat(process, {**case, group: {**case[group], name: value}})


@families
def test_names_and_units(process: Any) -> None:
    out = visit(process, one(cases(process, 1), 0))
    assert set(out.part) == set(process.makes)
    assert set(out.condition) == set(process.condition)
    assert set(out.defects) == set(process.causes)
    assert set(out.energy) <= {"electricity", "gas", "compressed_air"}
    for name, knob in process.setpoints.items():
        low, high = knob.machine
        assert low <= knob.released[0] <= knob.value <= knob.released[1] <= high, name
        assert unit(knob.unit if knob.unit != "1" else "").scale > 0
    for named in (process.reads, process.makes, process.condition):
        assert all(unit(about.unit if about.unit != "1" else "").scale > 0 for about in named.values())
    for name, about in numbers_of(type(process)).items():
        assert unit(about["unit"] if about["unit"] != "1" else "").scale > 0, name
        assert about["low"] <= about["value"] <= about["high"], name
        assert about["meaning"], name
        assert about["source"], name


@families
def test_bounds_over_the_whole_box(process: Any) -> None:
    out = jax.vmap(lambda case: visit(process, case))(cases(process, 400))
    for leaf in jax.tree.leaves(out):
        assert np.isfinite(np.asarray(leaf)).all()
    assert (out.time > 0).all()
    assert (jnp.asarray(out.service) >= 0).all()
    for energy in out.energy.values():
        assert (energy >= 0).all()
    for cause, chance in out.defects.items():
        assert ((chance >= 0) & (chance <= 1)).all(), cause
    for name, value in {**out.part, **out.condition}.items():
        known = {**process.makes, **process.condition}[name]
        room = 1e-9 * max(abs(known.low), abs(known.high))
        if name != "practice" and not name.startswith("count"):
            assert ((value >= known.low - room) & (value <= known.high + room)).all(), name


@families
def test_shapes_and_types(process: Any) -> None:
    out = visit(process, one(cases(process, 1), 0))
    for leaf in jax.tree.leaves(out):
        assert jnp.shape(leaf) == ()
        assert jnp.asarray(leaf).dtype == jnp.float64


@families
def test_vmap_is_a_loop_and_jit_is_eager(process: Any) -> None:
    many = cases(process, 8, seed=1)
    together = jax.vmap(lambda case: visit(process, case))(many)
    compiled = jax.jit(lambda case: visit(process, case))
    for i in range(8):
        alone, fast = visit(process, one(many, i)), compiled(one(many, i))
        for a, b, c in zip(*map(jax.tree.leaves, (jax.tree.map(lambda x: x[i], together), alone, fast)), strict=True):  # noqa: B023
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(a, c, rtol=1e-9, atol=1e-12)


@families
def test_heat_adds_up(process: Any) -> None:
    heat = jax.vmap(lambda case: visit(process, case).heat)(cases(process, 100, seed=2))
    if heat:
        flows = np.stack([np.asarray(flow) for flow in heat.values()])
        assert (np.abs(flows.sum(axis=0)) <= 1e-6 * np.abs(flows).max(axis=0)).all()


@families
def test_derivatives_are_differences(process: Any) -> None:
    """Inside the box, away from its faces and from setpoints that act by jumps."""
    rng = np.random.default_rng(3)
    ranges = box(process)
    for _ in range(4):
        share = {group: {n: rng.uniform(0.1, 0.9) for n in named} for group, named in ranges.items()}
        point: Case = {
            group: {n: jnp.asarray(low + share[group][n] * (high - low)) for n, (low, high) in named.items()}
            for group, named in ranges.items()
        }
        point["around"] = Around(jnp.asarray(295.0), jnp.asarray(60.0 * rng.uniform(0.5, 2)))
        scale = np.abs(np.asarray(flat(process, point))) + 1e-12
        for group in ("setpoints", "part", "condition"):
            for name, (low, high) in ranges[group].items():
                if group == "setpoints" and process.setpoints[name].jumps:
                    continue
                move = partial(moved, process, point, group, name)
                at, step = point[group][name], 1e-5 * (high - low)
                slope = np.asarray(jax.jacfwd(move)(at)) * step
                central = np.asarray(move(at + step) - move(at - step)) / 2
                np.testing.assert_allclose(
                    slope / scale,
                    central / scale,
                    rtol=KINKED.get(process.model, 2e-4),
                    atol=1e-9,
                    err_msg=f"{group} {name}",
                )


@families
def test_machines_of_any_age_are_in_a_condition_that_visits_reach(process: Any) -> None:
    drawn = cases(process, 200, seed=4)["setpoints"]
    draws = {name: jnp.asarray(np.random.default_rng(k).uniform(size=200)) for k, name in enumerate(process.ages)}
    aged = jax.vmap(process.aged)(drawn, draws) if process.ages else process.aged({}, {})
    assert bool(process.ages) == bool(aged)
    for name, value in aged.items():
        assert np.isfinite(np.asarray(value)).all()
        assert ((value >= process.condition[name].low) & (value <= process.condition[name].high)).all(), name


def test_the_page_about_processes_is_up_to_date() -> None:
    written = (Path(__file__).parent.parent / "docs" / "processes.md").read_text(encoding="utf-8")
    assert written == page(), "write it anew: python -c 'import twin.catalogue as c; print(c.page(), end=str())'"
