"""Explanations of networks that learned failures whose rules are known: they have to find the rules."""

import os
from pathlib import Path

import numpy as np
import pytest

from examples import explain_ai4i2020 as example

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("LINETWIN_DATA_ROOT") or ROOT.parent / "shared" / "data") / "ai4i2020"


@pytest.fixture(scope="module")
def cases():
    if not DATA.is_dir():
        pytest.skip("the data set ai4i2020 is not here; name the folder above it by LINETWIN_DATA_ROOT")
    return example.read(DATA)


def test_the_rules_are_those_that_made_the_data(cases):
    assert cases.y.sum(axis=0) == pytest.approx([46, 115, 95, 98, 19])
    rule = example.rules(cases.x)
    for mode in ("HDF", "PWF", "OSF"):
        at = example.MODES.index(mode)
        assert np.array_equal(rule[:, at] > 0.5, cases.y[:, at] > 0.5), mode
    assert cases.x[cases.y[:, 0] > 0, 5].min() == 198  # TWF; all but one from 200 min on


def test_no_tool_is_on_two_sides_of_a_split(cases):
    parts = example.parted(cases, seed=0)
    assert sum(len(part.x) for part in parts) == len(cases.x)
    tools = [set(part.tool.tolist()) for part in parts]
    assert not tools[0] & tools[1] | tools[0] & tools[2] | tools[1] & tools[2]


def test_average_precision_by_hand():
    assert example.average_precision(np.array([0.9, 0.8, 0.7, 0.1]), np.array([1, 0, 1, 0])) == pytest.approx(
        (1 + 2 / 3) / 2
    )


@pytest.fixture(scope="module")
def learned(cases):
    known, held, test = example.parted(cases, seed=0)
    return example.train(known, held, members=3, steps=4000, seed=0), known, test


@pytest.mark.slow
def test_the_networks_know_the_failures_that_have_a_rule(learned):
    model, _, test = learned
    score = dict(zip(example.MODES, example.scored(model, test), strict=True))
    assert min(score["HDF"], score["PWF"], score["OSF"]) > 0.75
    assert score["RNF"] < 0.1  # nobody can know it


@pytest.mark.slow
def test_the_inputs_of_each_rule_matter_and_their_interaction(learned):
    model, known, test = learned
    background = np.random.default_rng(0).permutation(known.x)[:60]
    failed = {mode: test.x[test.y[:, i] > 0] for i, mode in enumerate(example.MODES)}
    found = example.shares(model, background, failed)
    expected = {"HDF": ("air", "speed"), "PWF": ("speed", "torque"), "OSF": ("torque", "wear")}
    for mode, inputs in expected.items():
        for method in ("rule", "Shapley", "gradients"):
            order = np.argsort(-found[mode][method])
            assert {example.INPUTS[i] for i in order[:2]} == set(inputs), (mode, method)
        assert found[mode]["pair"][:2] == inputs
        assert found[mode]["likeness"] > 0.7
    for method in ("rule", "Shapley", "gradients"):
        assert example.INPUTS[int(np.argmax(found["TWF"][method]))] == "wear"
    assert found["RNF"]["Shapley"].max() < 0.03


@pytest.mark.slow
def test_the_thresholds_of_the_rules_stand_in_the_curves(learned):
    model, known, _ = learned
    background = np.random.default_rng(0).permutation(known.x)[:100]
    share = {"HDF": 0.02, "PWF: power above": 0.03, "OSF: wear x torque [min Nm], type L": 0.05, "TWF": 0.12}
    seen = set()
    for name, rule, values in example.thresholds(model, background):
        for start, within in share.items():
            if name.startswith(start):
                assert np.mean(values) == pytest.approx(rule, rel=within), name
                seen.add(start)
    assert seen == set(share)
