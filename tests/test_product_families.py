"""Products of one station may have times of different families."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from scipy import stats

import twin
from twin.distribution import Distribution
from twin.line import Line, Process, Product, Source, Station

LOGNORMAL = Distribution("lognormal", {"mean": 10.0, "cv": 1.0})
GAMMA = Distribution("gamma", {"mean": 12.0, "cv": 0.7})
CONSTANT = Distribution("constant", {"mean": 9.0})
MIXTURE = Distribution("mixture", parts=((0.3, Distribution("exponential", {"mean": 4.0})), (0.7, LOGNORMAL)))


def line(usual: Distribution, **product: Distribution) -> Line:
    station = Station("S1", Process(time=usual, product=product))
    return Line("two products", (station,), Source("saturated"), (Product("A", 0.5), Product("B", 0.5)))


def times(one: Line, parts: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    visits = twin.simulate(one, parts=parts, replications=1, seed=3).visits
    done = np.isfinite(visits["finish"])
    return (visits["finish"] - visits["start"])[done], visits["product"][done]


@pytest.mark.parametrize("other", [GAMMA, CONSTANT, MIXTURE])
def test_each_product_has_its_own_times(other):
    """The same as if all parts had them: a draw belongs to the visit, not to what is made."""
    both, product = times(line(LOGNORMAL, B=other))
    all_a, _ = times(line(LOGNORMAL))
    all_b, _ = times(line(other))
    n = min(len(both), len(all_a), len(all_b))
    wanted = np.where(product[:n] == 0, all_a[:n], all_b[:n])
    np.testing.assert_allclose(both[:n], wanted, rtol=1e-9)


def test_which_is_named_first_makes_no_difference():
    one, product = times(line(LOGNORMAL, B=GAMMA))
    other, _ = times(line(GAMMA, A=LOGNORMAL))
    np.testing.assert_allclose(one, other, rtol=1e-12)
    assert stats.kstest(one[product == 1], stats.gamma(0.7**-2, scale=12 * 0.49).cdf).pvalue > 0.001


def test_derivatives_equal_differences():
    both = line(LOGNORMAL, B=GAMMA)

    def throughput(setpoints):
        return twin.kpis(twin.simulate(both, parts=200, setpoints=setpoints, record="kpis"))["throughput"].mean

    slopes = jax.grad(throughput)(both.setpoints)
    assert set(slopes) == {
        f"S1.process.{which}.{number}" for which in ("time", "product.B") for number in ("mean", "cv")
    }
    for name, value in both.setpoints.items():
        step = 1e-5 * value
        ends = [throughput({**both.setpoints, name: value + sign * step}) for sign in (1, -1)]
        assert float(slopes[name]) == pytest.approx(float(ends[0] - ends[1]) / (2 * step), rel=1e-5)
