"""Surrogates: what they learn, training that goes on after a kill, files that are whole, and visits."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import surrogates
from surrogates.bundle import KIND
from surrogates.design import KINDS, design
from surrogates.fit import fit, squares
from surrogates.mlp import Mlp
from surrogates.networks import Bends, Scales, apply, new_ensemble
from surrogates.problem import Problem
from surrogates.sealed import seal, unseal
from twin.errors import RuleError
from twin.physics import FAMILIES, Oven
from twin.process import Around, Attribute, knobs

SMALL = surrogates.Recipe(hidden=(16,), members=3, steps=200, finish=300, chunk=50)
LEARNABLE = ("die_casting", "machining", "oven")


@cache
def small(model: str = "machining") -> surrogates.Surrogate:
    return surrogates.train(FAMILIES[model](), cases=512, recipe=SMALL)


def fresh(problem: Problem, count: int = 400) -> np.ndarray:
    return design(problem.low, problem.high, count, kind="random", seed=77)


def r2(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    return 1 - ((found - true) ** 2).sum(axis=0) / ((true - true.mean(axis=0)) ** 2).sum(axis=0)


@pytest.mark.parametrize("kind", KINDS)
def test_designs_fill_the_box(kind: str) -> None:
    low, high = np.asarray([1.0, -5.0]), np.asarray([2.0, 5.0])
    points = design(low, high, 100, kind=kind)
    assert points.shape == (100, 2)
    assert (points >= low).all()
    assert (points <= high).all()
    counts = np.histogram(points[:, 1], bins=10, range=(-5, 5))[0]
    assert counts.min() >= (2 if kind == "random" else 7)
    assert (points == design(low, high, 100, kind=kind)).all()
    assert not (points == design(low, high, 100, kind=kind, seed=1)).all()


def test_a_bad_design_is_refused() -> None:
    with pytest.raises(ValueError, match=r"kind is 'grid'.*Use 'sobol'"):
        design(np.zeros(1), np.ones(1), 4, kind="grid")
    with pytest.raises(ValueError, match="0 points"):
        design(np.zeros(1), np.ones(1), 0)


@pytest.mark.parametrize("model", LEARNABLE)
def test_a_problem_is_what_the_solver_finds(model: str) -> None:
    """Column by column, and by the numbers that it depends on."""
    process: Any = FAMILIES[model]()
    problem = surrogates.problem_of(process)
    x = fresh(problem, 8)
    y = problem.truth(x)
    for row, told in zip(x, y, strict=True):
        found = process.solve(dict(zip(problem.inputs, map(jnp.asarray, row), strict=True)))
        np.testing.assert_allclose([found[name] for name in problem.outputs], told, rtol=1e-12)
    assert problem.numbers is not None
    numbers = {field.name: float(getattr(process, field.name)) for field in fields(process)}
    ask = jax.jit(jax.vmap(lambda leaves, case: list(type(process)(**leaves).solve(case).values()), in_axes=(None, 0)))
    cases = {name: jnp.asarray(x[:, k]) for k, name in enumerate(problem.inputs)}
    usual = ask(numbers, cases)
    for name, value in numbers.items():
        other = ask(numbers | {name: value * 1.01 + (value == 0) * 1e-3}, cases)
        moved = any((a != b).any() for a, b in zip(other, usual, strict=True))
        assert moved == (name in problem.numbers), name


@pytest.mark.parametrize("model", LEARNABLE)
def test_outputs_lie_in_their_ranges(model: str) -> None:
    problem = surrogates.problem_of(FAMILIES[model]())
    y = problem.truth(design(problem.low, problem.high, 2048))
    for k, (name, about) in enumerate(problem.outputs.items()):
        assert about.low <= y[:, k].min(), name
        assert y[:, k].max() <= about.high, name


def test_what_cannot_be_learned_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'manual' has no solver.*Use it as it is"):
        surrogates.train(FAMILIES["manual"]())
    with pytest.raises(ValueError, match="'bath' is no input of 'oven'"):
        surrogates.problem_of(Oven(), box={"bath": (0.0, 1.0)})
    with pytest.raises(ValueError, match="begins below its end"):
        surrogates.problem_of(Oven(), box={"hall": (300.0, 290.0)})
    measured = Problem("measured", {"a": Attribute(0.0, "1", 0.0, 1.0, "")}, {"b": Attribute(0.0, "1", 0.0, 1.0, "")})
    with pytest.raises(ValueError, match="measured cases only"):
        measured.truth(np.zeros((1, 1)))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"members": 0}, "members is 0"), ({"held_out": 1.0}, "held_out is 1"), ({"hidden": ()}, "neurons")],
)
def test_a_bad_recipe_is_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        surrogates.Recipe(**wrong)


def bends(*logs: bool) -> Bends:
    """Outputs of which some are learned as logarithms, none as shares."""
    return Bends(np.asarray(logs), np.zeros(len(logs), bool))


def test_bare_weights_are_the_network() -> None:
    from flax import nnx

    scales = Scales.of(np.zeros(3), np.ones(3), np.random.default_rng(0).normal(size=(9, 2)), bends(False, False))
    made = new_ensemble([3, 5, 4, 2], scales, members=2, seed=3)
    z = jnp.asarray(np.random.default_rng(1).normal(size=3), jnp.float32)
    for k in range(2):
        network = Mlp([3, 5, 4, 2], rngs=nnx.Rngs(3000 + k))
        np.testing.assert_allclose(network(z), apply(made.member(k), z), rtol=1e-6)


def test_using_one_does_not_wait_for_what_only_training_needs() -> None:
    """Each of these takes between a fifth of a second and a whole one."""
    heavy = ("flax", "optax", "orbax", "scipy.stats", "sklearn", "onnx", "matplotlib", "pyvista")
    code = f"import sys, surrogates, scenarios.run_command; print([name for name in {heavy} if name in sys.modules])"
    root = Path(surrogates.__file__).parent.parent
    env = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_scales_go_there_and_back() -> None:
    y = np.abs(np.random.default_rng(0).normal(size=(50, 2))) + 0.1
    scales = Scales.of(np.zeros(1), np.full(1, 4.0), y, bends(True, False))
    np.testing.assert_allclose(jax.vmap(scales.outward)(jnp.asarray(scales.told(y))), y, rtol=1e-12)
    np.testing.assert_allclose(scales.told(y).std(axis=0), 1.0)
    np.testing.assert_allclose(scales.inward(np.asarray([[0.0], [4.0]])), [[-1.0], [1.0]])


def test_it_learns() -> None:
    found = small()
    x = fresh(found.problem)
    assert (r2(found.predict(x), found.problem.truth(x)) > 0.99).all()
    assert found.members(x).shape == (3, 400, 3)
    assert found.chosen == np.argmin(found.about["held_out_error"])
    one = jax.vmap(found.one)(jnp.asarray(x))
    np.testing.assert_allclose(one, found.predict(x), rtol=1e-4)


def test_it_knows_where_it_may_be_trusted() -> None:
    found = small()
    low, high = found.problem.low, found.problem.high
    x = fresh(found.problem, 1000)
    assert found.outside(x).mean() < 0.05
    far = x.copy()
    far[:, 2] = high[2] + 0.1 * (high[2] - low[2])
    assert found.outside(far).all()
    for thorough in (False, True):
        flagged = jax.jit(jax.vmap(lambda case, thorough=thorough: found.flagged(case, thorough=thorough)))
        assert flagged(far).all()
        expected = found.outside(x) if thorough else np.zeros(len(x), bool)
        np.testing.assert_array_equal(flagged(x), expected)
    for edge in (low, high):
        assert not found.flagged(jnp.asarray(edge))


def test_its_intervals_hold_the_truth() -> None:
    found = small()
    x = fresh(found.problem, 2000)
    true = found.problem.truth(x)
    for coverage in (0.5, 0.9):
        bottom, top = found.interval(x, coverage=coverage)
        share = ((bottom <= true) & (true <= top)).mean(axis=0)
        np.testing.assert_allclose(share, coverage, atol=0.04)


def test_training_goes_on_after_a_kill(tmp_path: Path) -> None:
    """Killed at a look, in either phase, and ended as if nothing had happened."""
    problem = surrogates.problem_of(FAMILIES["machining"]())
    recipe = surrogates.Recipe(hidden=(6,), members=2, steps=60, finish=60, chunk=20)
    whole = surrogates.train(problem, cases=128, recipe=recipe)

    class KilledError(Exception): ...

    for last in (2, 5):

        def kill(look: int, looks: int, error: float, last: int = last) -> None:
            assert looks == 6
            if look == last:
                raise KilledError

        folder = tmp_path / str(last)
        with pytest.raises(KilledError):
            surrogates.train(problem, cases=128, recipe=recipe, checkpoint=folder, progress=kill)
        seen: list[int] = []
        again = surrogates.train(
            problem, cases=128, recipe=recipe, checkpoint=folder, progress=lambda look, *_, seen=seen: seen.append(look)
        )
        assert seen == list(range(last + 1, 7))
        for a, b in zip(jax.tree.leaves(whole.ensemble.weights), jax.tree.leaves(again.ensemble.weights), strict=True):
            np.testing.assert_array_equal(a, b)
        with pytest.raises(ValueError, match="other cases or another recipe"):
            surrogates.train(problem, cases=127, recipe=recipe, checkpoint=folder)


def test_training_stops_when_nothing_gets_better() -> None:
    problem = surrogates.problem_of(FAMILIES["machining"]())
    looks: list[int] = []
    recipe = surrogates.Recipe(hidden=(4,), members=1, steps=100, finish=3000, chunk=20, patience=2)
    surrogates.train(problem, cases=64, recipe=recipe, progress=lambda look, *_: looks.append(look))
    assert looks[-1] < 155


def test_cases_that_are_not_finite_are_refused() -> None:
    x, y = np.zeros((20, 1)), np.zeros((20, 1))
    y[7] = np.nan
    scales = Scales.of(np.zeros(1), np.ones(1), np.zeros((2, 1)), bends(False))
    with pytest.raises(ValueError, match=r"case 7.*not finite"):
        fit(new_ensemble([1, 2, 1], scales, members=1, seed=0), x, y)
    with pytest.raises(ValueError, match="3 cases, of which 0 are held out"):
        fit(new_ensemble([1, 2, 1], scales, members=1, seed=0), x[:3], x[:3])


def test_a_loss_of_ones_own_is_made_small() -> None:
    """Twice the outputs are wanted by the loss, and told."""
    x = np.linspace(0, 1, 64)[:, None]
    y = 3 * x
    scales = Scales.of(np.zeros(1), np.ones(1), y, bends(False))
    twice = lambda weights, z, told: squares(weights, z, 2 * told)  # noqa: E731
    recipe = surrogates.Recipe(hidden=(4,), members=1, steps=0, finish=200, patience=50)
    found = fit(new_ensemble([1, 4, 1], scales, members=1, seed=0), x, y, recipe=recipe, loss=twice)
    assert found.history[-1, 1] < 1e-4


def test_a_file_brings_back_the_same(tmp_path: Path) -> None:
    found = small()
    path = surrogates.save(found, tmp_path / "mill.surrogate")
    again = surrogates.load(path)
    x = fresh(found.problem)
    np.testing.assert_array_equal(again.members(x), found.members(x))
    np.testing.assert_array_equal(again.problem.truth(x), found.problem.truth(x))
    assert again.problem.inputs == found.problem.inputs
    assert surrogates.save(again, tmp_path / "again.surrogate").read_bytes() == path.read_bytes()


def rewritten(path: Path, change: Any) -> None:
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, data in change(files).items():
            archive.writestr(name, data)
    path.write_bytes(whole.getvalue())


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    """Every byte that is changed is found, and so are other arrays and a newer format."""
    path = surrogates.save(small(), tmp_path / "mill.surrogate")
    data, rng = path.read_bytes(), np.random.default_rng(0)
    same = surrogates.load(path).members(fresh(small().problem, 5))
    told: list[str] = []
    for place in rng.integers(len(data), size=100):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x41]) + data[place + 1 :])
        try:
            found = surrogates.load(path)
        except ValueError as fault:
            told.append(str(fault))
        else:  # a byte that says nothing, such as a date
            np.testing.assert_array_equal(found.members(fresh(small().problem, 5)), same)
    assert len(told) > 80
    assert all("mill.surrogate" in words for words in told)
    for cut in (0, 10, len(data) // 2):
        path.write_bytes(data[:cut])
        with pytest.raises(ValueError, match="no linetwin surrogate, or damaged"):
            surrogates.load(path)
    path.write_bytes(data)
    rewritten(path, lambda files: files | {"arrays.npz": files["arrays.npz"] + b"x"})
    with pytest.raises(ValueError, match=r"damaged: arrays\.npz"):
        surrogates.load(path)
    path.write_bytes(data)
    rewritten(path, lambda files: files | {"manifest.json": files["manifest.json"].replace(b"machining", b"machinery")})
    with pytest.raises(ValueError, match=r"damaged: manifest\.json"):
        surrogates.load(path)
    whole = unseal(KIND, data, "")
    path.write_bytes(seal(KIND, whole.manifest | {"schema": 99}, whole.files))
    with pytest.raises(ValueError, match="format 99"):
        surrogates.load(path)
    with pytest.raises(FileNotFoundError, match="linetwin train"):
        surrogates.load(tmp_path / "none.surrogate")
    assert not list(tmp_path.glob("*.part"))
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize("model", LEARNABLE)
def test_a_visit_with_a_surrogate_is_a_visit(model: str) -> None:
    """Close to that of the family, and its heat adds up as exactly."""
    own: Any = FAMILIES[model]()
    learned: Any = surrogates.process_class(small(model))()
    case = (
        {name: jnp.asarray(value) for name, value in knobs(own).items()},
        {name: jnp.asarray(about.value) for name, about in own.reads.items()},
        {name: jnp.asarray(about.value) for name, about in own.condition.items()},
        Around(jnp.asarray(293.15), jnp.asarray(60.0)),
        dict.fromkeys(own.draws, jnp.asarray(0.5)),
    )
    exact, found = own.visit(*case), jax.jit(learned.visit)(*case)
    np.testing.assert_allclose(found.time, exact.time, rtol=0.02)
    for name, joules in exact.energy.items():
        np.testing.assert_allclose(found.energy[name], joules, rtol=0.05)
    if exact.heat is not None:
        assert abs(float(sum(found.heat.values()))) < 1e-9 * max(abs(float(flow)) for flow in found.heat.values())


def test_a_surrogate_holds_for_the_numbers_it_was_learned_with() -> None:
    learned: Any = surrogates.process_class(small())
    assert learned(positioning=38.0).positioning == 38.0
    with pytest.raises(RuleError, match=r"the surrogate was learned with .* and holds for that alone"):
        learned(bored=1.0)
    measured = Problem("measured", small().problem.inputs, small().problem.outputs)
    with pytest.raises(RuleError, match="only a learned solver of a family"):
        surrogates.process_class(replace(small(), problem=measured))
