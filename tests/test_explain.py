"""All explanations of one model in one value, and as JSON."""

import json

import jax.numpy as jnp
import numpy as np
import pytest

from surrogates.explain import Effort, explain

QUICK = Effort(background=20, curves=50, points=64)
BACKGROUND = np.random.default_rng(0).uniform(size=(60, 3)) * [1.0, 1.0, 0.0]


def predict(x):
    return jnp.stack([x[:, 0] * x[:, 1], x[:, 1] + x[:, 2]], axis=1)


def ask(**options):
    return explain(predict, BACKGROUND, names=["speed", "feed", "idle"], x=[[1.0, 0.5, 0.0]], effort=QUICK, **options)


def test_the_parts_agree_with_each_other():
    found = ask(outputs=["roughness", "time"], units={"speed": "m/min", "time": "s"})
    assert found.gradients is not None
    assert found.shapley.base == pytest.approx(found.gradients.base)
    assert found.shapley.values.sum(axis=1) == pytest.approx(found.gradients.values.sum(axis=1), abs=1e-5)
    assert found.shapley.values[0, :, 1] == pytest.approx(found.gradients.values[0, :, 1], abs=1e-5)  # no interactions
    assert found.sensitivity.total[2] == pytest.approx([0, 0], abs=1e-12)
    assert [curve.input for curve in found.partial] == [0, 1, 2]
    assert found.accumulated[2] is None


def test_json_has_the_same_numbers_and_no_words_of_its_own():
    found = ask(outputs=["roughness", "time"], units={"time": "s"})
    read = json.loads(found.to_json(), parse_constant=pytest.fail)
    assert read["schema"] == 1
    assert read["inputs"] == ["speed", "feed", "idle"]
    assert read["units"] == {"time": "s"}
    assert np.array(read["shapley"]["values"]) == pytest.approx(found.shapley.values)
    assert np.array(read["partial"][1]["mean"]) == pytest.approx(found.partial[1].mean)
    assert read["accumulated"][2] is None


def test_unknown_numbers_are_null():
    found = explain(predict, BACKGROUND[:1], names=["a", "b", "c"], x=BACKGROUND[1:2], effort=QUICK)
    assert json.loads(found.to_json())["shapley"]["background_error"][0][0] == [None, None]


def test_a_model_that_jax_cannot_trace():
    plain = lambda x: np.asarray(x)[:, :1] ** 2  # noqa: E731
    found = explain(plain, BACKGROUND, names=["a", "b", "c"], x=BACKGROUND[:1], traceable=False, effort=QUICK)
    assert found.gradients is None
    assert found.outputs == ("output 0",)


def test_members_and_box_reach_their_parts():
    found = ask(members=lambda x: jnp.stack([predict(x), 1.5 * predict(x)]), box=([0, 0, 0], [1, 1, 1e-9]))
    assert found.partial[0].members is not None
    assert found.sensitivity.first[:, 1] == pytest.approx([0, 1, 0], abs=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outputs": ["one"]}, "outputs are 1 names; the model has 2"),
        ({"units": {"sped": "m/s"}}, r"units name \['sped'\], which is no input or output"),
    ],
)
def test_names_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        ask(**options)
    with pytest.raises(ValueError, match="names are 1; the background has 3 inputs"):
        explain(predict, BACKGROUND, names=["a"], x=BACKGROUND)
