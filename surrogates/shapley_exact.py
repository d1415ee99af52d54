"""Shapley values from all coalitions of players: exact, at a cost that doubles with each player."""

from __future__ import annotations

from math import factorial
from typing import TYPE_CHECKING

import numpy as np

from surrogates.evaluate import Predict, evaluate

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

__all__ = ["by_coalitions", "coalitions", "pair_weights", "value_weights"]


def coalitions(players: int) -> Bool[np.ndarray, "coalition player"]:
    """All sets of players, the empty one first and the full one last.

    Example:
        >>> coalitions(2).astype(int).tolist()
        [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    return (np.arange(1 << players)[:, None] >> np.arange(players) & 1).astype(bool)


def value_weights(members: Bool[np.ndarray, "coalition player"]) -> Float[np.ndarray, "player coalition"]:
    """What the worth of each coalition counts in the value of each player (see `surrogates.shapley.shapley`).

    Example:
        >>> value_weights(coalitions(2))
        array([[-0.5,  0.5, -0.5,  0.5],
               [-0.5, -0.5,  0.5,  0.5]])
    """
    n = members.shape[1]
    size = members.sum(axis=1)
    joined = np.array([0.0] + [factorial(s - 1) * factorial(n - s) / factorial(n) for s in range(1, n + 1)])
    missing = np.array([factorial(s) * factorial(n - s - 1) / factorial(n) for s in range(n)] + [0.0])
    return np.where(members, joined[size][:, None], -missing[size][:, None]).T


def pair_weights(members: Bool[np.ndarray, "coalition player"]) -> Float[np.ndarray, "player player coalition"]:
    """What the worth of each coalition counts in the interaction of two players; zero on the diagonal.

    I_ij = sum over S without i and j of |S|! (n - |S| - 2)! / (n - 1)! (v(S + i + j) - v(S + i) - v(S + j) + v(S)).

    Example:
        >>> pair_weights(coalitions(2))[0, 1]
        array([ 1., -1., -1.,  1.])
    """
    n = members.shape[1]
    size = members.sum(axis=1)
    weight = [factorial(s) * factorial(n - s - 2) / factorial(n - 1) for s in range(n - 1)]
    weight = np.array([*weight, 0.0, 0.0])  # the last entries also catch the indices -1 and -2, which never count
    one, other = members.T[:, None], members.T[None, :]
    counted = np.where(one & other, weight[size - 2], np.where(one ^ other, -weight[size - 1], weight[size]))
    counted[np.arange(n), np.arange(n)] = 0.0
    return counted


def by_coalitions(
    predict: Predict,
    background: tuple[Float[np.ndarray, "point input"], Float[np.ndarray, "point output"]],
    cases: tuple[Float[np.ndarray, "case input"], Float[np.ndarray, "case output"]],
    *,
    players: Bool[np.ndarray, "player input"],
    pairs: bool,
    batch: int,
) -> tuple[
    Float[np.ndarray, "case player output"],
    Float[np.ndarray, "case player output"],
    Float[np.ndarray, "case player player output"] | None,
]:
    """Values, their standard error over the background, and interactions if asked for.

    Args:
        predict: the model.
        background: points, and what the model says of them.
        cases: to explain, and what the model says of them.
        players: which inputs belong to each.
        pairs: whether interactions are computed.
        batch: rows in one call of the model at most.
    """
    (points, at_points), (x, at_x) = background, cases
    members = coalitions(len(players))
    weights, both = value_weights(members), pair_weights(members) if pairs else None
    taken = (members @ players)[1:-1]  # the model has been asked about nobody and everybody
    together = max(1, batch // max(1, len(taken) * len(points)))
    values, errors, interactions = [], [], []
    for start in range(0, len(x), together):
        some = x[start : start + together]
        asked = np.where(taken[:, None], some[:, None, None], points)
        inner = evaluate(predict, asked.reshape(-1, x.shape[1]), batch=batch) if asked.size else at_points[:0]
        worth = np.empty((len(some), len(members), *at_points.shape))
        worth[:, 0], worth[:, -1] = at_points, at_x[start : start + together, None]
        worth[:, 1:-1] = inner.reshape(len(some), len(taken), *at_points.shape)
        by_point = np.einsum("pc,xcbo->xpbo", weights, worth)
        values.append(by_point.mean(axis=2))
        errors.append(_standard_error(by_point))
        if both is not None:
            interactions.append(_with_diagonal(np.einsum("pqc,xco->xpqo", both, worth.mean(axis=2)), values[-1]))
    return np.concatenate(values), np.concatenate(errors), np.concatenate(interactions) if pairs else None


def _standard_error(by_point: Float[np.ndarray, "case player point output"]) -> Float[np.ndarray, "case player output"]:
    """Of the mean over the points; unknown with one."""
    count = by_point.shape[2]
    if count == 1:
        return np.full(by_point[:, :, 0].shape, np.nan)
    return by_point.std(axis=2, ddof=1) / np.sqrt(count)


def _with_diagonal(
    pairs: Float[np.ndarray, "case player player output"], values: Float[np.ndarray, "case player output"]
) -> Float[np.ndarray, "case player player output"]:
    """Interactions with, on the diagonal, what is left of a player's value without its half of them."""
    own = np.arange(pairs.shape[1])
    pairs[:, own, own] = values - pairs.sum(axis=2) / 2.0
    return pairs
