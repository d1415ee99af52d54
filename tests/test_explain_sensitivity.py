"""Sobol indices against functions whose indices are known, and against scipy."""

import math

import numpy as np
import pytest
from scipy import stats

from surrogates.sensitivity import sobol


def ishigami(x):
    x = np.asarray(x)
    return (np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))[:, None]


def ishigami_indices():
    first = (1 + 0.1 * math.pi**4 / 5) ** 2 / 2
    second, both = 49 / 8, 0.01 * math.pi**8 * (1 / 18 - 1 / 50)
    total = first + second + both
    return np.array([first, second, 0]) / total, np.array([first + both, second, both]) / total, total


COEFFICIENTS = np.array([0.0, 0.5, 3.0, 9.0, 99.0])


def g_function(x):
    return np.prod((np.abs(4 * np.asarray(x) - 2) + COEFFICIENTS) / (1 + COEFFICIENTS), axis=1)[:, None]


def g_indices():
    part = 1 / 3 / (1 + COEFFICIENTS) ** 2
    variance = np.prod(1 + part) - 1
    return part / variance, part * np.prod(1 + part) / (1 + part) / variance


def test_ishigami():
    first, total, variance = ishigami_indices()
    found = sobol(ishigami, low=[-math.pi] * 3, high=[math.pi] * 3, points=4096)
    assert found.first[:, 0] == pytest.approx(first, abs=0.01)
    assert found.total[:, 0] == pytest.approx(total, abs=0.01)
    assert found.variance[0] == pytest.approx(variance, rel=0.01)
    assert found.mean[0] == pytest.approx(3.5, abs=0.02)


def test_g_function_and_two_outputs():
    first, total = g_indices()
    found = sobol(lambda x: np.hstack([g_function(x), x[:, 3:4]]), low=[0] * 5, high=[1] * 5, points=4096)
    assert found.first[:, 0] == pytest.approx(first, abs=0.015)
    assert found.total[:, 0] == pytest.approx(total, abs=0.015)
    assert found.first[:, 1] == pytest.approx([0, 0, 0, 1, 0], abs=0.01)


def test_the_same_as_scipy_on_the_same_points():
    found = sobol(ishigami, low=[-math.pi] * 3, high=[math.pi] * 3, points=256, seed=5)
    box = [stats.uniform(-math.pi, 2 * math.pi)] * 3
    expected = stats.sobol_indices(func=lambda x: ishigami(x.T).T, n=256, dists=box, rng=np.random.default_rng(5))
    assert found.first[:, 0] == pytest.approx(expected.first_order, abs=1e-9)
    assert found.total[:, 0] == pytest.approx(expected.total_order, abs=1e-9)
    intervals = expected.bootstrap(confidence_level=0.95).total_order.confidence_interval
    width = (found.total_interval[1] - found.total_interval[0])[:, 0]
    assert width == pytest.approx(intervals.high - intervals.low, rel=0.2)


def test_intervals_hold_the_truth_at_least_as_often_as_they_say():
    first, total = g_indices()
    runs = [sobol(g_function, low=[0] * 5, high=[1] * 5, points=512, resamples=200, seed=s) for s in range(60)]
    held = [(run.first_interval[0, :, 0] <= first) & (first <= run.first_interval[1, :, 0]) for run in runs]
    assert np.mean(held) > 0.93
    held = [(run.total_interval[0, :, 0] <= total) & (total <= run.total_interval[1, :, 0]) for run in runs]
    assert np.mean(held) > 0.9


def test_distributions_from_a_background():
    # x1 is 0 or 1 with chance 1/4, x2 is -1, 0, 1: f = x1 + x2 + x1 x2 has Var = 3/16 + (1 + 1/4)^2 2/3 + 3/16 2/3
    background = np.array([[int(i % 4 == 0), (i // 4) % 3 - 1] for i in range(12)], float)
    found = sobol(lambda x: (x[:, 0] + x[:, 1] + x[:, 0] * x[:, 1])[:, None], background=background, points=4096)
    parts = np.array([3 / 16, 25 / 16 * 2 / 3, 3 / 16 * 2 / 3])
    assert found.variance[0] == pytest.approx(parts.sum(), rel=0.01)
    assert found.first[:, 0] == pytest.approx(parts[:2] / parts.sum(), abs=0.02)
    assert found.total[:, 0] == pytest.approx((parts[:2] + parts[2]) / parts.sum(), abs=0.02)


def test_an_input_without_effect_and_an_output_that_never_moves():
    found = sobol(lambda x: np.stack([x[:, 0], np.full(len(x), 7.0)], axis=1), low=[0, 0], high=[1, 1])
    assert found.total[1, 0] == 0.0
    assert found.total_interval[:, 1, 0] == pytest.approx([0.0, 0.0])
    assert np.isnan(found.first[:, 1]).all()
    assert np.isnan(found.first_interval[:, :, 1]).all()
    assert found.variance[1] == 0.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "Give one"),
        ({"low": [0.0]}, "Give one"),
        ({"low": [0.0], "high": [1.0], "background": [[1.0]]}, "Give one"),
        ({"low": [0.0, 2.0], "high": [1.0, 2.0]}, "input 1 has low 2 and high 2; low lies below high"),
        ({"low": [0.0], "high": [1.0], "points": 1000}, "points is 1000; a Sobol sequence is balanced at powers of 2"),
        ({"low": [0.0], "high": [1.0], "level": 95}, "level is 95; it lies between 0 and 1"),
    ],
)
def test_questions_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        sobol(lambda x: x, **options)
