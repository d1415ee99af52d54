"""Integrated gradients against closed forms and another quadrature."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate

from surrogates.gradients import integrated_gradients
from surrogates.shapley import shapley


def test_a_linear_model():
    slope = np.array([[1.0, -2.0], [0.5, 3.0], [0.0, 1.0]])
    x, start = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([0.5, 0.0, 1.0])
    found = integrated_gradients(lambda x: x @ slope, start, x)
    assert found.values == pytest.approx((x - start)[:, :, None] * slope, abs=1e-12)
    assert np.abs(found.gap).max() < 1e-12


def test_powers_share_by_their_exponents():
    # from zero, x1^a x2^b gives a / (a + b) to x1
    found = integrated_gradients(lambda x: (x[:, 0] ** 2 * x[:, 1] ** 3)[:, None], [0.0, 0.0], [[1.5, 2.0]])
    assert found.values[0, :, 0] == pytest.approx(1.5**2 * 2**3 * np.array([0.4, 0.6]), rel=1e-12)


def network(x):
    first = jnp.array([[2.0, -1.0, 0.3], [0.7, 1.5, -2.0]])
    return jnp.tanh(x @ first) @ jnp.array([[1.0, 0.2], [-0.5, 1.0], [0.8, -1.0]])


def test_the_integral_as_another_quadrature_has_it():
    x, start = np.array([1.2, -0.7]), np.array([-0.4, 0.9])
    found = integrated_gradients(network, start, x[None], tolerance=1e-10)

    def slope(t, i, k):
        step = np.zeros(2)
        step[i] = 1e-6
        at = start + t * (x - start)
        return float((network((at + step)[None]) - network((at - step)[None]))[0, k]) / 2e-6

    for i in range(2):
        for k in range(2):
            expected = (x - start)[i] * integrate.quad(slope, 0.0, 1.0, args=(i, k))[0]
            assert found.values[0, i, k] == pytest.approx(expected, abs=1e-8)
    assert found.values.sum(axis=1) == pytest.approx(found.predicted - found.base, abs=1e-9)


def test_many_baselines_add_up_as_shapley_values_do():
    random = np.random.default_rng(0)
    background, x = random.normal(size=(30, 2)), random.normal(size=(5, 2))
    found, other = integrated_gradients(network, background, x), shapley(network, background, x)
    assert found.base == pytest.approx(other.base)
    assert found.values.sum(axis=1) == pytest.approx(other.values.sum(axis=1), abs=1e-5)
    single = np.mean([integrated_gradients(network, b, x).values for b in background], axis=0)
    assert found.values == pytest.approx(single, abs=1e-5)


def test_more_rows_than_one_call_holds():
    random = np.random.default_rng(1)
    background, x = random.normal(size=(50, 2)), random.normal(size=(21, 2))
    whole = integrated_gradients(network, background, x).values
    parts = [integrated_gradients(network, background, x[i : i + 1]).values for i in range(21)]
    assert whole == pytest.approx(np.concatenate(parts), abs=1e-5)


def test_a_kink_costs_nodes_and_a_jump_is_told():
    x = np.array([[1.0, 1.0]])
    kink = integrated_gradients(lambda x: jnp.maximum(x.sum(axis=1, keepdims=True), 0.3), [-1.0, -0.3], x)
    true_error = np.abs(kink.values[0, :, 0] - np.array([2.0, 1.3]) / 3.3 * 1.7).max()
    assert kink.nodes == 256
    assert np.all(true_error <= 5 * kink.error.max() + np.abs(kink.gap).max())
    jump = integrated_gradients(lambda x: jnp.where(x[:, :1] > 0.5, 1.0, 0.0), [0.0, 0.0], x)
    assert jump.gap[0, 0] == pytest.approx(-1.0)  # the gradient knows nothing of a jump; the gap says so


def test_single_precision_inside():
    found = integrated_gradients(lambda x: network(x.astype(jnp.float32)), [0.0, 0.0], [[1.0, 2.0]])
    assert found.values.dtype == np.float64
    assert np.abs(found.gap).max() < 1e-5
    assert found.nodes < 256


def test_what_cannot_be_traced_is_refused_with_a_remedy():
    with pytest.raises(TypeError, match="use Shapley values"):
        integrated_gradients(lambda x: np.tanh(np.asarray(x)), [0.0], [[1.0]])
    with pytest.raises(ValueError, match="baseline has 2 inputs; x has 1"):
        integrated_gradients(network, [0.0, 0.0], [[1.0]])
    with pytest.raises(ValueError, match="most is 8; the error needs 16 nodes"):
        integrated_gradients(network, [0.0, 0.0], [[1.0, 1.0]], most=8)
