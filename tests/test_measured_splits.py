"""Splits of measured rows, against what they promise for any groups and times."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn_absent import sklearn_or_skip

from surrogates.splits import Fold, forward, grouped, leave_one_group_out, random, refuse_leaks

LABELS = st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=60).filter(lambda found: len(set(found)) > 1)


@given(LABELS, st.integers(0, 5))
def test_grouped_folds_hold_whole_groups_and_every_row_once(labels: list[str], seed: int) -> None:
    groups = np.array(labels)
    for folds in (grouped(groups, folds=2, seed=seed), leave_one_group_out(groups)):
        refuse_leaks(folds, groups=groups)
        assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(len(groups)))
        assert all(len(fold.train) + len(fold.test) == len(groups) for fold in folds)


def test_leave_one_group_out_as_in_another_library() -> None:
    LeaveOneGroupOut = sklearn_or_skip("model_selection").LeaveOneGroupOut
    groups = np.random.default_rng(0).integers(7, size=50)
    theirs = LeaveOneGroupOut().split(np.zeros((50, 1)), groups=groups)
    for fold, (train, test) in zip(leave_one_group_out(groups), theirs, strict=True):
        np.testing.assert_array_equal(fold.train, train)
        np.testing.assert_array_equal(fold.test, test)


def test_grouped_folds_are_about_equal_and_differ_by_seed() -> None:
    groups = np.repeat(np.arange(40), 5)
    sizes = [len(fold.test) for fold in grouped(groups, folds=4)]
    assert sizes == [50] * 4
    first, other = (grouped(groups, folds=4, seed=seed)[0].test for seed in (0, 1))
    assert not np.array_equal(first, other)
    np.testing.assert_array_equal(first, grouped(groups, folds=4, seed=0)[0].test)


@given(st.lists(st.integers(0, 40), min_size=30, max_size=80, unique=False), st.floats(0, 3))
def test_forward_never_looks_ahead(times: list[int], gap: float) -> None:
    time = np.array([*times, *range(41)], float)
    folds = forward(time, folds=3, gap=gap)
    refuse_leaks(folds, time=time)
    for fold in folds:
        assert time[fold.train].max() < time[fold.test].min() - gap
    held = np.concatenate([fold.test for fold in folds])
    assert len(set(held.tolist())) == len(held)
    assert time[held].max() == time.max()


def test_leaks_are_refused() -> None:
    groups, time = np.array(["a", "a", "b", "b"]), np.array([0.0, 1.0, 2.0, 3.0])
    fold = Fold(np.array([0, 2]), np.array([1]), "fold 1")
    with pytest.raises(ValueError, match="fold 1: group 'a' is learnt from and judged by"):
        refuse_leaks([fold], groups=groups)
    with pytest.raises(ValueError, match="it learns from time 2 and is judged by time 1"):
        refuse_leaks([fold], time=time)
    with pytest.raises(ValueError, match="row 0 is learnt from and judged by"):
        refuse_leaks([Fold(np.array([0, 1]), np.array([0]), "fold 1")])
    with pytest.raises(ValueError, match="one side has no rows"):
        refuse_leaks([Fold(np.array([0, 1]), np.array([], int), "fold 1")])
    with pytest.raises(ValueError, match=r"group 'b' .* \(2 such groups\)"):
        refuse_leaks(random(40, folds=2), groups=np.repeat(["b", "c"], 20))


def test_what_cannot_be_split() -> None:
    with pytest.raises(ValueError, match="groups: there are 1"):
        leave_one_group_out(np.array(["a", "a"]))
    with pytest.raises(ValueError, match="folds is 5 with 2 groups"):
        grouped(np.array(["a", "b"]))
    with pytest.raises(ValueError, match="folds is 5 with 3 rows"):
        random(3)
    with pytest.raises(ValueError, match="no row before its gap of 9"):
        forward(np.arange(10.0), gap=9)
    with pytest.raises(ValueError, match="first lies between 0 and 1"):
        forward(np.arange(10.0), first=1.0)
    with pytest.raises(ValueError, match="folds is 4 with 3 distinct times"):
        forward(np.arange(3.0))
