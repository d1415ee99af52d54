"""Honest splits of measured rows into what a model learns from and what it is judged by."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import shown

__all__ = ["Fold", "forward", "grouped", "leave_one_group_out", "random", "refuse_leaks"]

Rows = NDArray[np.intp]


class Fold(NamedTuple):
    """Rows to learn from, rows to be judged by, and what is held out."""

    train: Rows
    test: Rows
    name: str


def leave_one_group_out(groups: NDArray[Any]) -> tuple[Fold, ...]:
    """One fold per group, in which that group is held out.

    Args:
        groups: the group of each row [case].

    Raises:
        ValueError: when there are fewer than two groups.

    Example:
        >>> [fold.test.tolist() for fold in leave_one_group_out(np.array(["b", "a", "b"]))]
        [[1], [0, 2]]
    """
    groups = np.asarray(groups)
    names = np.unique(groups)
    _at_least_two(len(names), "groups", "Name a column with more groups")
    return tuple(Fold(np.flatnonzero(groups != name), np.flatnonzero(groups == name), str(name)) for name in names)


def grouped(groups: NDArray[Any], *, folds: int = 5, seed: int = 0) -> tuple[Fold, ...]:
    """Folds that hold whole groups, about equally many rows in each.

    Groups come in a random order, each into the fold that has fewest rows so far.

    Args:
        groups: the group of each row [case].
        folds: number of folds, 2 to the number of groups.
        seed: of the order of the groups.

    Raises:
        ValueError: when there are fewer groups than folds, or fewer than two folds.

    Example:
        >>> [sorted(set("aabbc"[i] for i in fold.test)) for fold in grouped(np.array(list("aabbc")), folds=3)]
        [['c'], ['a'], ['b']]
    """
    names, which = np.unique(np.asarray(groups), return_inverse=True)
    _at_least_two(folds, "folds", "Use folds=5")
    if folds > len(names):
        raise ValueError(
            f"folds is {folds} with {len(names)} groups; every fold holds out at least one group. Use at most "
            f"{len(names)} folds."
        )
    sizes = np.bincount(which)
    place, rows = np.empty(len(names), int), np.zeros(folds, int)
    for group in np.random.default_rng(seed).permutation(len(names)):
        place[group] = np.argmin(rows)
        rows[place[group]] += sizes[group]
    held = place[which]
    return tuple(
        Fold(np.flatnonzero(held != k), np.flatnonzero(held == k), f"fold {k + 1} of {folds}") for k in range(folds)
    )


def forward(time: NDArray[np.float64], *, folds: int = 4, first: float = 0.5, gap: float = 0.0) -> tuple[Fold, ...]:
    """Learn from the past, be judged by the future: each fold tests one stretch and learns from all before it.

    Args:
        time: of each row [case], in any unit; equal times stay together.
        folds: number of stretches, at least 1.
        first: share of the distinct times that come before the first stretch, in (0, 1).
        gap: time left out between the last row to learn from and the first to be judged by, in the unit of `time`;
            as long as what an input looks back, so that nothing of the future is in the past.

    Raises:
        ValueError: when a number is out of its range, or a fold has nothing to learn from or to be judged by.

    Example:
        >>> [(fold.train.tolist(), fold.test.tolist()) for fold in forward(np.arange(6.0), folds=2, first=0.4, gap=1.0)]
        [([0], [2, 3]), ([0, 1, 2], [4, 5])]
    """
    time = np.asarray(time, float)
    if folds < 1 or not 0 < first < 1 or not gap >= 0:
        raise ValueError(
            f"folds is {folds}, first {first:g} and gap {gap:g}; folds is at least 1, first lies between 0 and 1, and "
            "a gap is not negative. Use for example folds=4, first=0.5, gap=0."
        )
    moments = np.unique(time)
    edges = np.unique(np.linspace(round(first * len(moments)), len(moments), folds + 1).round().astype(int))
    made = []
    for k, (begin, end) in enumerate(pairwise(edges)):
        test = np.flatnonzero((time >= moments[begin]) & (time <= moments[end - 1]))
        train = np.flatnonzero(time < moments[begin] - gap)
        if not len(train):
            raise ValueError(
                f"fold {k + 1} of {folds} has no row before its gap of {gap:g}; a model learns from at least one. Use "
                "a larger first or a smaller gap."
            )
        made.append(Fold(train, test, f"{moments[begin]:g} to {moments[end - 1]:g}"))
    if len(made) < folds:
        raise ValueError(
            f"folds is {folds} with {len(moments)} distinct times; every fold tests at least one. Use fewer folds."
        )
    return tuple(made)


def random(rows: int, *, folds: int = 5, seed: int = 0) -> tuple[Fold, ...]:
    """Folds of single rows at random. They flatter wherever rows come in runs; use them to show by how much.

    Args:
        rows: number of rows.
        folds: number of folds, 2 to `rows`.
        seed: of the order.

    Raises:
        ValueError: when there are fewer rows than folds, or fewer than two folds.

    Example:
        >>> [len(fold.test) for fold in random(7, folds=3)]
        [3, 2, 2]
    """
    _at_least_two(folds, "folds", "Use folds=5")
    if folds > rows:
        raise ValueError(f"folds is {folds} with {rows} rows; every fold holds out at least one row. Use fewer folds.")
    parts = np.array_split(np.random.default_rng(seed).permutation(rows), folds)
    every = np.arange(rows)
    return tuple(
        Fold(np.setdiff1d(every, part), np.sort(part), f"fold {k + 1} of {folds}") for k, part in enumerate(parts)
    )


def refuse_leaks(
    folds: Sequence[Fold], *, groups: NDArray[Any] | None = None, time: NDArray[np.float64] | None = None
) -> None:
    """Refuses folds in which a model is judged by what it has learnt from.

    Args:
        folds: to be checked.
        groups: the group of each row [case]; none may stand on both sides.
        time: of each row [case]; none to learn from may be as late as the first to be judged by.

    Raises:
        ValueError: naming the fold and what leaks.
    """
    for fold in folds:
        common = np.intersect1d(fold.train, fold.test)
        if len(common):
            raise ValueError(
                f"{fold.name}: row {common[0]} is learnt from and judged by; the two have no row in common. "
                "Use grouped(), leave_one_group_out() or forward()."
            )
        if not len(fold.train) or not len(fold.test):
            raise ValueError(f"{fold.name}: one side has no rows; both have at least one. Use fewer folds.")
        if groups is not None:
            both = np.intersect1d(groups[fold.train], groups[fold.test])
            if len(both):
                raise ValueError(
                    f"{fold.name}: group {shown(str(both[0]))} is learnt from and judged by ({len(both)} such groups); "
                    "a whole group stands on one side. Use grouped() or leave_one_group_out()."
                )
        if time is not None and time[fold.train].max() >= time[fold.test].min():
            raise ValueError(
                f"{fold.name}: it learns from time {time[fold.train].max():g} and is judged by time "
                f"{time[fold.test].min():g}; the past predicts the future, never the other way. Use forward(), "
                "or a table without time where its order means nothing."
            )


def _at_least_two(count: int, things: str, remedy: str) -> None:
    """Refuses fewer than two of something."""
    if count < 2:
        raise ValueError(f"{things}: there are {count}; one is held out, so there are at least two. {remedy}.")
