"""Trust cards: every measurement on surrogates of which the truth is known."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from exact_surrogate import SUM, exact, telling
from sklearn_absent import sklearn_or_skip

import surrogates
from surrogates.explain import Effort
from surrogates.fit import Recipe
from surrogates.guard import Guard
from surrogates.guard_report import guard_report
from surrogates.problem import problem_of
from surrogates.trusted.accuracy import accuracy
from surrogates.trusted.again import recipe_of, trained_again, with_structure
from surrogates.trusted.bounds import bounds
from surrogates.trusted.conservation import conservation, imbalance
from surrogates.trusted.covered import covered
from surrogates.trusted.decision import decision
from surrogates.trusted.decisions import TASKS
from surrogates.trusted.efficiency import efficiency
from surrogates.trusted.explained import curves_of, explained
from surrogates.trusted.exported import exported
from surrogates.trusted.grids import GRIDS, Grids
from surrogates.trusted.guarded import box_alone, guarded, possible
from surrogates.trusted.laws import laws
from surrogates.trusted.points import edged, fresh
from surrogates.trusted.scaled import jacobians_of_both
from surrogates.trusted.shown import over_seeds
from surrogates.trusted.slopes import slopes
from surrogates.trusted.speed import alternating, speed
from surrogates.trusted.verdicts import verdicts
from twin.physics import FAMILIES, Casting, Machining, Oven
from twin.process import Attribute, Outcome

TINY = Recipe(hidden=(4,), members=2, steps=100, finish=0, chunk=50)
TRAINED = {"cases": 64, "design": "sobol", "recipe": {"hidden": [4], "members": 2, "steps": 100, "seed": 3}}
MILL = problem_of(Machining())


def row(rows: list[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    (found,) = [one for one in rows if all(one[name] == value for name, value in wanted.items())]
    return found


class TestAccuracy:
    def test_of_the_solver_itself(self):
        found = accuracy([exact(SUM, **TRAINED)], fresh(SUM, 500), trees=False)
        for output in SUM.outputs:
            mine = row(found["rows"], model="surrogate", output=output)
            assert mine["r2"]["mean"] == pytest.approx(1.0, abs=1e-12)
            assert mine["max"]["mean"] < 1e-9
        assert row(found["rows"], model="mean", output="y")["r2"]["mean"] == pytest.approx(0.0, abs=0.02)
        for output in SUM.outputs:  # z is linear in its logarithm, which the baseline learns, as a network does
            assert row(found["rows"], model="linear", output=output)["r2"]["mean"] == pytest.approx(1.0, abs=1e-3)
        assert found["split"] == "500 fresh random points of the box"
        assert len(found["scatter"]["y"]["true"]) == 400

    def test_errors_are_in_the_unit_that_is_shown(self):
        """A minute too much, everywhere."""
        late = telling(SUM, lambda x: {**SUM.solve(x), "y": SUM.solve(x)["y"] + 60.0}, **TRAINED)  # type: ignore[misc]
        mine = row(accuracy([late], fresh(SUM, 300), trees=False)["rows"], model="surrogate", output="y")
        assert mine["unit"] == "min"
        for name in ("rmse", "p99", "max"):
            assert mine[name]["mean"] == pytest.approx(1.0)
        true = SUM.truth(fresh(SUM, 300))[:, 0]
        assert mine["r2"]["mean"] == pytest.approx(1 - 3600 / true.var())

    def test_trees_take_part(self):
        sklearn_or_skip("ensemble")
        found = accuracy([exact(SUM, **{**TRAINED, "cases": 512})], fresh(SUM, 300))
        assert 0.9 < row(found["rows"], model="trees", output="y")["r2"]["mean"] < 1.0

    def test_intervals_over_seeds_are_students(self):
        from scipy import stats

        values = [1.0, 2.5, 3.0, 7.0]
        low, high = stats.t.interval(0.95, 3, loc=np.mean(values), scale=stats.sem(values))
        assert over_seeds(values) == {"mean": pytest.approx(3.375), "ci95": pytest.approx([low, high])}
        assert over_seeds([2.0, 8.0], ratio=True)["mean"] == pytest.approx(4.0)
        assert over_seeds([2.0]) == {"mean": 2.0, "ci95": None}


class TestAgain:
    def test_the_same_seed_is_the_same_surrogate(self):
        made = surrogates.train(MILL, cases=64, recipe=TINY)
        again = trained_again(made, recipe=recipe_of(made))
        x = fresh(MILL, 20)
        np.testing.assert_array_equal(made.members(x), again.members(x))
        other = trained_again(made, recipe=replace(TINY, seed=1), cases=32)
        assert other.about["cases"] == 32
        assert not (other.members(x) == made.members(x)).any()

    def test_structure_comes_and_goes(self):
        oven = problem_of(Oven())
        plain = with_structure(oven, False)
        assert plain is not None
        assert plain.rough is None
        formed = with_structure(plain, True)
        assert formed is not None
        assert formed.formula is not None
        middle = jnp.asarray((oven.low + oven.high) / 2)
        assert oven.formula is not None
        assert formed.formula(middle) == oven.formula(middle)
        assert with_structure(MILL, True) is None  # its solver is a formula already

    def test_what_does_not_say_how_it_was_trained(self):
        with pytest.raises(ValueError, match=r"'sum'.*cannot be trained again.*linetwin train"):
            recipe_of(exact(SUM))


def test_a_formula_that_is_right_leaves_no_error():
    """The networks begin at the mean error of the formula, which is nothing: whatever is trained stays small."""
    made = exact(replace(SUM, rough=lambda x: {"y": 60 * x["a"] + 2.9 * (x["b"] - 293.15)}), **TRAINED)
    calls: list[int] = []
    found = efficiency(
        made, fresh(SUM, 200), seeds=2, recipe=TINY, cases=64, shares=(0.5, 1.0), progress=lambda: calls.append(1)
    )
    assert len(calls) == 8
    assert [(one["kind"], one["cases"]) for one in found["rows"]] == [
        ("plain", 32), ("structure", 32), ("plain", 64), ("structure", 64)
    ]  # fmt: skip
    for share in (0.5, 1.0):
        plain = row(found["rows"], kind="plain", share=share)["values"]
        formed = row(found["rows"], kind="structure", share=share)["values"]
        ratio = row(found["ratios"], share=share)
        assert ratio["mean"] == pytest.approx(np.exp(np.mean(np.log(np.asarray(plain) / formed))))
        assert ratio["mean"] > 1.2


class TestLawsAndSlopes:
    def test_of_the_solver_itself(self):
        both = jacobians_of_both(SUM, exact(SUM).one, fresh(SUM, 200))
        found = laws(SUM, *both)
        assert [(one["input"], one["output"], one["sign"]) for one in found] == [
            ("a", "y", 1),
            ("a", "z", 1),
            ("b", "y", 1),
        ]
        assert all(one["holds"] and one["surrogate"] == one["surrogate_clear"] == 0 for one in found)
        cosine = slopes(SUM, *both)
        assert cosine["cosine"]["min"] == pytest.approx(1.0)
        assert [one["mean"] for one in cosine["by_output"]] == pytest.approx([1.0, 1.0])

    def test_a_broken_sign(self):
        """y falls with b, and both slopes are alike: the angle between the gradients is a right one."""
        wrong = telling(SUM, lambda x: {**SUM.solve(x), "y": 60 * x["a"] - 3 * (x["b"] - 293.15)})  # type: ignore[misc]
        both = jacobians_of_both(SUM, wrong.one, fresh(SUM, 200))
        found = row(laws(SUM, *both), input="b", output="y")
        assert (found["solver"], found["surrogate"], found["surrogate_clear"]) == (0.0, 1.0, 1.0)
        assert row(slopes(SUM, *both)["by_output"], output="y")["mean"] == pytest.approx(0.0, abs=1e-9)

    @pytest.mark.parametrize(("bottom", "listed"), [(0.01, True), (0.3, False)])
    def test_a_law_that_is_nearly_true_is_no_duty(self, bottom, listed):
        """(a - bottom)^2 falls below its bottom, which is that share of the box."""
        bent = replace(
            SUM,
            inputs={"a": Attribute(0.5, "1", 0.0, 1.0, "one")},
            outputs={"y": Attribute(0.0, "1", 0.0, 2.0, "square")},
            logs=(),
            solve=lambda x: {"y": (x["a"] - bottom) ** 2},
        )
        x = np.linspace(0.0, 1.0, 1001)[1:-1:2, None] + 1e-4
        found = laws(bent, *jacobians_of_both(bent, exact(bent).one, x))
        assert bool(found) == listed
        if listed:
            assert not found[0]["holds"]
            assert found[0]["solver"] == pytest.approx(bottom, abs=2e-3)
            assert verdicts({"laws": found}) == []

    def test_slopes_are_those_of_differences(self):
        x = fresh(SUM, 3)
        exactly, _ = jacobians_of_both(SUM, exact(SUM).one, x)
        half, dev = (SUM.high - SUM.low) / 2, np.asarray([SUM.truth(x)[:, 0].std(), np.log(SUM.truth(x)[:, 1]).std()])
        expected = np.asarray([[60 * half[0], 3 * half[1]], [2 * half[0], 0.0]]) / dev[:, None]
        np.testing.assert_allclose(exactly, np.broadcast_to(expected, exactly.shape), rtol=1e-9)


def test_bounds_are_counted():
    """y = a on [-1, 1] in a range that ends at 0.9; the surrogate says 10 % more."""
    about = {"y": Attribute(0.0, "1", -2.0, 0.9, "")}
    narrow = replace(SUM, outputs=about, logs=(), solve=lambda x: {"y": x["a"]})
    more = telling(narrow, lambda x: {"y": 1.1 * x["a"]})
    x = fresh(narrow, 4000)
    (found,) = bounds(narrow, more.predict, x)
    assert found["violations"] == pytest.approx((1 - 0.9 / 1.1) / 2, abs=0.015)
    assert found["beyond_solver"] == pytest.approx(1 - 1 / 1.1, abs=0.015)
    assert found["surrogate"] == pytest.approx([1.1 * end for end in found["solver"]])
    (faces,) = bounds(narrow, more.predict, edged(narrow, 300))
    assert faces["surrogate"] == pytest.approx([-1.1, 1.1])


def test_coverage_is_found():
    """The error is b - 20 K, uniform in [-20, 20]: within 20 c of zero in a share c of cases."""
    off = telling(SUM, lambda x: {**SUM.solve(x), "y": SUM.solve(x)["y"] + (x["b"] - 293.15)})  # type: ignore[misc]
    levels = (0.5, 0.8, 0.9)
    wide = replace(off.conformal, coverages=levels, quantiles=np.asarray([[[20 * c, 1.0] for c in levels]]))
    found = covered(replace(off, conformal=wide), fresh(SUM, 4000))
    for promised in levels:
        one = row(found, output="y", promised=promised)
        assert one["found"] == pytest.approx(promised, abs=0.025)
        assert one["ci95"][0] < one["found"] < one["ci95"][1]
        assert one["width"] == pytest.approx(40 * promised / 60)  # minutes
    (verdict,) = verdicts({"coverage": [one for one in found if one["output"] == "y"]})
    assert verdict["passes"]


class TestGuard:
    def test_what_is_right_inside_and_wrong_outside(self):
        """Beyond the box the surrogate stands still: the box catches all of it, and flags nobody inside."""
        low, high = SUM.low, SUM.high

        def still(x):
            held = {name: jnp.clip(x[name], low[k], high[k]) for k, name in enumerate(SUM.inputs)}
            return SUM.solve(held) | {"y": SUM.solve(held)["y"] + 0.1 * x["a"]}  # type: ignore[misc]

        found = guarded(telling(SUM, still), fresh(SUM, 500), cases=200)
        assert found["recall"] == 1.0
        assert found["box_only"] == {"recall": 1.0, "false_flags": 0.0, "inside_bad_caught": None}
        assert [one["where"] for one in found["rows"][:3]] == ["a +10 %", "b +10 %", "corners +10 %"]
        assert all(one["bad"] == one["cases"] for one in found["rows"])
        assert found["false_flags"] < 0.05

    def test_the_chosen_member_is_judged(self):
        """Two members whose mean is right: judged by the mean nothing is bad, by one of them all is."""
        x = np.random.default_rng(0).uniform(size=(1000, 1))
        guard = Guard.fit(x[:800], x[800:])
        members = lambda x: np.stack([x + 5 * (x > 1), x - 5 * (x > 1)])  # noqa: E731
        asked: dict[str, Any] = {"low": [0.0], "high": [1.0], "cases": 100, "possible": ([0.0], [np.inf])}
        mean = guard_report(guard, lambda x: x + 1e-9 * np.sin(99 * x), members, **asked)
        one = guard_report(
            guard, lambda x: x + 1e-9 * np.sin(99 * x), members, predict=lambda x: members(x)[0], **asked
        )
        assert (mean.total.bad, one.total.bad) == (0, 600)  # one input and all of them, by three shares

    def test_temperatures_stay_physical(self):
        low, high = possible(problem_of(Casting()))
        assert (low[[0, 1, 3, 4, 5]] > 200).all()
        assert 0 < low[2] < 1e-6
        assert np.isinf(high).all()
        assert (possible(MILL)[0] >= 0).all()

    def test_the_box_alone(self):
        guard = exact(SUM).guard
        x = np.vstack([fresh(SUM, 200), SUM.high + 1.0])
        np.testing.assert_array_equal(box_alone(guard).flags(x, np.full((201, 2), 1e9)), [False] * 200 + [True])


class TestConservation:
    def test_of_the_solver_itself(self):
        found = conservation(exact(problem_of(Casting())), cases=200)
        assert found is not None
        assert (found["cases"], found["what"]) == (200, "heat of a visit")
        assert found["worst"] < 1e-12

    def test_a_leak_is_seen(self):
        class Leaking:
            def visit(self, size):
                return Outcome(size, {}, {}, {}, {}, heat={"in": 10 * size, "out": -9 * size, "lost": -0.5 * size})

        assert imbalance(Leaking(), (jnp.asarray([1.0, 3.0]),)) == pytest.approx(0.05)

    def test_none_where_heat_is_not_followed(self):
        assert conservation(exact(MILL), cases=10) is None
        assert conservation(exact(SUM), cases=10) is None


class TestDecision:
    def test_of_the_solver_itself(self):
        """No regret, and as good as the best of a fine grid."""
        found = decision(exact(MILL), starts=2)
        assert found is not None
        assert found["regret"] == pytest.approx(0.0, abs=1e-9)
        process = Machining()
        knobs = {name: process.setpoints[name] for name in found["setpoints"]}
        axes = [jnp.linspace(*knob.released, 9) for knob in knobs.values()]
        grid = jnp.stack([axis.ravel() for axis in jnp.meshgrid(*axes)], axis=1)
        fixed = {"tool_change_after": jnp.asarray(120.0)}
        cost = jax.vmap(
            lambda z: TASKS["machining"].cost(process, fixed | {name: z[k] for k, name in enumerate(knobs)})
        )(grid)
        assert found["objective"]["best_on_solver"] <= float(cost.min()) / 3.6e6 + 1e-9
        assert found["objective"]["best_on_solver"] == pytest.approx(float(cost.min()) / 3.6e6, rel=1e-3)

    def test_a_surrogate_that_is_wrong_costs(self):
        """It takes fast milling for slow: it chooses the slowest, and pays the difference."""
        wrong = telling(MILL, lambda x: {**MILL.solve(x), "milling": 5 * x["face_mill_speed"]})  # type: ignore[misc]
        found = decision(wrong, starts=2)
        assert found is not None
        assert found["setpoints"]["face_mill_speed"] == {"value": pytest.approx(1000.0), "unit": "m/min"}
        paid = found["objective"]
        assert found["regret"] == pytest.approx(paid["on_solver"] / paid["best_on_solver"] - 1)
        assert found["regret"] > 0.005
        setpoints = {name: jnp.asarray(knob.value) for name, knob in Machining.setpoints.items()}
        scale = {"face_mill_speed": 1 / 60, "drill_speed": 1 / 60, "feed_per_tooth": 1e-3}
        setpoints |= {name: jnp.asarray(one["value"] * scale[name]) for name, one in found["setpoints"].items()}
        assert paid["on_solver"] == pytest.approx(float(TASKS["machining"].cost(Machining(), setpoints)) / 3.6e6)

    def test_none_without_a_task(self):
        assert decision(exact(SUM)) is None


class TestSpeed:
    def test_time_is_told(self):
        work = {"one": 1, "ten": 10}
        ways = {name: lambda _, count=count: [sum(range(20_000)) for _ in range(count)] for name, count in work.items()}
        found = alternating(ways, None, rounds=5, least=0.01)
        assert found["ten"] / found["one"] == pytest.approx(10, rel=0.3)

    @pytest.mark.parametrize(
        ("model", "grid"), [("oven", (8, 10)), ("die_casting", 2), ("die_casting_section", (2, 40))]
    )
    def test_the_grid_in_use_is_the_solver(self, model, grid):
        problem, grids = problem_of(FAMILIES[model]()), GRIDS[model]
        x = fresh(problem, 5)
        assert grids.grids[grids.used] == grid
        ask = jax.jit(
            jax.vmap(lambda z: grids.solve(FAMILIES[model](), dict(zip(problem.inputs, z, strict=True)), grid))
        )
        found = ask(jnp.asarray(x))
        np.testing.assert_allclose(np.stack([found[name] for name in problem.outputs], 1), problem.truth(x), rtol=1e-9)

    def test_the_coarsest_grid_with_its_own_error(self, monkeypatch):
        """Grid n is off by 1 / n in milling time, the surrogate by 1 / 3.5: grids of 4 and more are as good."""

        def off(share):
            return lambda x: {**MILL.solve(x), "milling": (1 + share) * MILL.solve(x)["milling"]}  # type: ignore[misc]

        named = {f"{n} steps": n for n in (2, 3, 4, 8)}
        grids = Grids("8 steps", named, np.inf, lambda _, x, n: off(1 / n)(x))
        monkeypatch.setitem(GRIDS, "machining", grids)
        about = {**TRAINED, "cpu_seconds": {"solving": 1.0, "training": 2.0}}
        found = speed(telling(MILL, off(1 / 3.5), **about), rounds=1, least=0.001)
        same = found["same_error_grid"]
        assert (same["grid"], found["grid"]) == ("4 steps", "8 steps")
        deviation = np.log(MILL.truth(fresh(MILL, 2048, seed=4))[:, 0]).std()
        assert same["error_solver"] == pytest.approx(np.log(1 + 1 / 4) / deviation / 3)
        assert same["error_surrogate"] == pytest.approx(np.log(1 + 1 / 3.5) / deviation / 3)
        assert [one["what"] for one in found["rows"]] == ["batch 1", "batch 1024", "gradient, batch 1024"]
        many = found["rows"][1]
        assert many["ratio"] == pytest.approx(many["solver_ns"] / many["surrogate_ns"])
        saved = (many["solver_ns"] - many["surrogate_ns"]) * 1e-9
        assert found["break_even_cases"] == (pytest.approx(3.0 / saved) if saved > 0 else None)


def test_explanations_are_in_the_units_that_are_shown():
    """y = a min + 0.05 min/K (b - 20 degC): slopes of the curves, Shapley values and Sobol indices are known."""
    made = exact(SUM)
    effort = Effort(background=50, curves=100, points=256, pairs=False)
    x = fresh(SUM, 100)
    found = explained(made, x, effort=effort, cases=2)
    json.dumps(found, allow_nan=False)
    curve = row(curves_of(made, found), input="b", output="y")
    assert curve["unit"] == "degC"
    assert np.polyfit(curve["x"], curve["mean"], 1)[0] == pytest.approx(0.05, rel=1e-4)
    values = np.asarray(found["shapley"]["values"])[:, :, 0]
    a, b = x[:, 0], x[:, 1] - 293.15
    some = np.random.default_rng(0).permutation(100)[:50]
    expected = np.stack([a[:2] - a[some].mean(), 0.05 * (b[:2] - b[some].mean())], axis=1)
    np.testing.assert_allclose(values, expected, atol=1e-4)
    np.testing.assert_allclose(np.asarray(found["sensitivity"]["first"])[:, 0], [0.5, 0.5], atol=0.1)


def test_exports_are_compared():
    made = surrogates.train(MILL, cases=64, recipe=TINY)
    found = exported(made, fresh(MILL, 50))
    assert found is not None
    assert found["stablehlo"] < 1e-5
    assert found["onnx"] is None or found["onnx"] < 1e-5


class TestWhole:
    def test_a_quick_card(self):
        made = surrogates.train(MILL, cases=128, recipe=TINY)
        seen: list[tuple[str, int, int]] = []
        begin = time.process_time()
        card = surrogates.trust(
            made, seeds=2, quick=True, trees=False, command="here", progress=lambda *step: seen.append(step)
        )
        assert time.process_time() - begin < 60
        json.dumps(card, allow_nan=False)
        blocks = ("accuracy", "efficiency", "guard", "conservation", "laws", "bounds", "coverage", "gradients")
        assert set(card) == {
            *blocks, "decision", "speed", "export", "explain", "curves", "verdicts",
            "schema", "surrogate", "versions", "seed", "quick", "command", "seconds",
        }  # fmt: skip
        assert (card["schema"], card["quick"], card["command"], card["seed"]) == (1, True, "here", 0)
        about = card["surrogate"]
        assert (about["problem"], about["cases"], about["members"], about["structure"]) == ("machining", 128, 2, False)
        drill = about["inputs"]["drill_speed"]
        assert (drill["unit"], drill["low"], drill["high"]) == ("m/min", pytest.approx(60.0), pytest.approx(260.0))
        assert len(about["sha256"]) == 64
        assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
        assert seen[-1][1] <= seen[-1][2]
        assert all(set(one) == {"claim", "found", "passes"} for one in card["verdicts"])

    def test_what_cannot_be_measured_is_refused(self):
        with pytest.raises(ValueError, match=r"'sum': it was learned from a table"):
            surrogates.trust(replace(exact(SUM), problem=replace(SUM, solve=None)), trees=False)
        with pytest.raises(ValueError, match="seeds is 0"):
            surrogates.trust(exact(SUM, **TRAINED), seeds=0, trees=False)
        with pytest.raises(ValueError, match="cannot be trained again"):
            surrogates.trust(exact(SUM), trees=False)

    def test_without_scikit_learn(self, monkeypatch):
        import sys

        monkeypatch.setitem(sys.modules, "sklearn", None)
        with pytest.raises(ImportError, match=r"pip install linetwin\[trust\]"):
            surrogates.trust(exact(SUM, **TRAINED))

    def test_verdicts_turn(self):
        for worst, passes in ((1e-12, True), (1e-3, False)):
            (found,) = verdicts({"conservation": {"cases": 10, "worst": worst}})
            assert found["passes"] == passes
        for regret, passes in ((0.0, True), (0.02, False)):
            (found,) = verdicts({"decision": {"regret": regret}})
            assert found["passes"] == passes
