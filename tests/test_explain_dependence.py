"""Partial dependence and accumulated local effects against closed forms; intervals against known truth."""

import numpy as np
import pytest

from surrogates.accumulated import accumulated_effects
from surrogates.dependence import partial_dependence


def times(x):
    return x[:, :1] * x[:, 1:2]


def test_partial_dependence_of_a_product():
    random = np.random.default_rng(0)
    background = random.normal(2.0, 1.0, size=(500, 2))
    grid = np.linspace(-1.0, 3.0, 9)
    found = partial_dependence(times, background, input=0, grid=grid)
    assert found.mean[:, 0] == pytest.approx(grid * background[:, 1].mean())
    assert found.spread is not None
    tenths = np.sort(grid[:, None] * np.quantile(background[:, 1], [0.1, 0.5, 0.9]), axis=1)
    assert found.spread[:, :, 0] == pytest.approx(tenths.T)
    half = 1.6479 * np.abs(grid) * background[:, 1].std(ddof=1) / np.sqrt(500)  # t with 499 degrees of freedom, 90 %
    assert (found.high - found.low)[:, 0] / 2 == pytest.approx(half, rel=1e-3)


def test_the_grid_is_even_or_all_there_is():
    background = np.column_stack([np.arange(100.0), np.arange(100) % 3])
    assert partial_dependence(times, background, input=0).grid == pytest.approx(np.linspace(0, 99, 21))
    assert partial_dependence(times, background, input=1).grid == pytest.approx([0, 1, 2])


def test_accumulated_effects_of_independent_inputs_are_partial_dependence_less_its_mean():
    random = np.random.default_rng(1)
    background = random.uniform(size=(20_000, 2))
    found = accumulated_effects(lambda x: np.sin(3 * x[:, :1]) + x[:, 1:] ** 2, background, input=0)
    expected = np.sin(3 * found.grid) - np.sin(3 * background[:, 0]).mean()
    assert found.mean[:, 0] == pytest.approx(expected, abs=2e-3)


def test_dependent_inputs_part_the_two():
    # x2 = x1 uniform in (0, 1), f = x1 x2: the local effect at z is E[x2 | z] = z, so z^2 / 2 - 1 / 6;
    # partial dependence asks for x1 = 1 with x2 = 0 and says z / 2
    x = np.linspace(0, 1, 5001)
    background = np.stack([x, x], axis=1)
    found = accumulated_effects(times, background, input=0, bins=50)
    assert found.mean[:, 0] == pytest.approx(found.grid**2 / 2 - 1 / 6, abs=1e-3)
    assert partial_dependence(times, background, input=0, grid=found.grid).mean[:, 0] == pytest.approx(found.grid / 2)


def test_accumulated_effects_ask_only_where_the_data_are():
    random = np.random.default_rng(2)
    first = random.uniform(size=2000)
    background = np.stack([first, 1 - first + random.normal(0, 0.01, size=2000)], axis=1)

    def predict(x):
        assert np.abs(x.sum(axis=1) - 1).max() < 0.15  # a bin is 0.05 wide
        return times(x)

    accumulated_effects(predict, background, input=0)


def test_values_that_repeat_make_fewer_bins():
    background = np.column_stack([np.arange(90) % 3, np.ones(90)]).astype(float)
    found = accumulated_effects(times, background, input=0)
    assert found.grid == pytest.approx([0, 1, 2])
    assert np.diff(found.mean[:, 0]) == pytest.approx([1, 1])


def coverage(ask, truth, runs):
    """Share of the points of the grid at which the interval holds the truth, over many backgrounds or ensembles."""
    return np.mean([(run.low[:, 0] <= truth(run)) & (truth(run) <= run.high[:, 0]) for run in map(ask, range(runs))])


def test_intervals_over_the_background_hold_the_truth():
    def partial(seed):
        background = np.random.default_rng(seed).normal(2.0, 1.0, size=(40, 2))
        return partial_dependence(times, background, input=0, grid=[1.0, 2.0], level=0.9)

    assert coverage(partial, lambda run: run.grid * 2.0, 400) == pytest.approx(0.9, abs=0.04)

    def accumulated(seed):
        # noise of x2 is what makes single effects differ; edges at fixed values of x1
        background = np.random.default_rng(seed).normal(2.0, 1.0, size=(300, 2))
        background[:, 0] = np.arange(300) % 6
        return accumulated_effects(times, background, input=0, level=0.9)

    # 100 cases in the first bin, from 0 to 1, and 50 in each of the others; slope 2, centred
    found = coverage(accumulated, lambda run: 2.0 * (run.grid - (100 * 0.5 + 50 * (1.5 + 2.5 + 3.5 + 4.5)) / 300), 400)
    assert found == pytest.approx(0.9, abs=0.04)


def test_intervals_over_members_hold_a_further_member():
    def ask(seed):
        slopes = np.random.default_rng(seed).normal(1.0, 0.3, size=6)
        fresh.append(slopes[-1])
        background = np.linspace(-1, 1, 50)[:, None]
        return partial_dependence(
            lambda x: slopes[:-1].mean() * x,
            background,
            input=0,
            grid=[-1.0, 2.0],
            members=lambda x: slopes[:-1, None, None] * x,
            level=0.9,
        )

    fresh: list[float] = []
    assert coverage(ask, lambda run: run.grid * fresh[-1], 600) == pytest.approx(0.9, abs=0.04)
    found = ask(0)
    assert found.members is not None
    assert found.members.shape == (5, 2, 1)


def test_members_of_accumulated_effects():
    background = np.random.default_rng(3).normal(size=(200, 2))
    slopes = np.array([1.0, 2.0, 4.0])
    found = accumulated_effects(
        lambda x: slopes.mean() * x[:, :1], background, input=0, members=lambda x: slopes[:, None, None] * x[:, :1]
    )
    assert found.members is not None
    assert np.ptp(found.members[:, :, 0], axis=1) == pytest.approx(slopes * np.ptp(found.grid))
    assert np.all(found.low < found.high)


def test_where_a_curve_steps():
    background = np.linspace(0, 10, 101)[:, None]
    band = partial_dependence(lambda x: 1.0 * ((x < 2.25) | (x > 7.25)), background, input=0)
    assert band.crossings() == pytest.approx([2.25, 7.25])
    smooth = partial_dependence(lambda x: 1 / (1 + np.exp(-8 * (x - 4.1))), background, input=0, grid=background[:, 0])
    assert smooth.crossings(share=0.1) == pytest.approx([4.1 - np.log(9) / 8], abs=0.02)
    with pytest.raises(ValueError, match=r"share is 1\.0; it lies between 0 and 1"):
        smooth.crossings(share=1.0)
    assert smooth.crossings() == pytest.approx([4.1], abs=0.02)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input": 2}, "the background has the columns 0 to 1"),
        ({"input": 0, "grid": [1.0, 1.0]}, "its values ascend"),
        ({"input": 0, "level": 1.0}, r"level is 1\.0; it lies between 0 and 1"),
    ],
)
def test_questions_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        partial_dependence(times, np.ones((3, 2)), **options)


def test_effects_of_nothing_are_refused():
    with pytest.raises(ValueError, match="input 0 is 1 in all cases"):
        accumulated_effects(times, np.ones((3, 2)), input=0)
    with pytest.raises(ValueError, match="bins is 0"):
        accumulated_effects(times, np.eye(2), input=0, bins=0)
