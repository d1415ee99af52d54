"""Shapley values from random orders of the players: any number of inputs, with a standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from surrogates.evaluate import Predict, evaluate

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

__all__ = ["by_permutations"]


def by_permutations(
    predict: Predict,
    background: tuple[Float[np.ndarray, "point input"], Float[np.ndarray, "point output"]],
    cases: tuple[Float[np.ndarray, "case input"], Float[np.ndarray, "case output"]],
    *,
    players: Bool[np.ndarray, "player input"],
    rounds: int,
    seed: int,
    batch: int,
) -> tuple[
    Float[np.ndarray, "case player output"],
    Float[np.ndarray, "case player output"],
    Float[np.ndarray, "case player output"],
]:
    """Values, their standard error from sampling, and that over the background (which holds some of the first).

    In each round each background point gets an order of its own: its inputs are replaced by those of the case player by
    player, and each step is that player's share. Then the same in the reversed order. Each point counts equally often,
    so the shares add up to f(x) - mean f(background) exactly, and the points are strata: with s_b^2 the variance over
    rounds at point b, the standard error is sqrt(sum of s_b^2 / rounds) / points. All cases share the orders.

    Args:
        predict: the model.
        background: points, and what the model says of them.
        cases: to explain, and what the model says of them.
        players: which inputs belong to each.
        rounds: pairs of orders for each background point, 2 or more.
        seed: of the orders.
        batch: rows in one call of the model at most.

    Source:
        Castro, Gomez, Tejada, Computers and Operations Research 36 (2009) 1726, doi 10.1016/j.cor.2008.04.004;
        reversed orders: Mitchell, Cooper, Frank, Holmes, Sampling permutations for Shapley value estimation, Journal of
        Machine Learning Research 23 (2022) 43.
    """
    (points, at_points), (x, at_x) = background, cases
    count = len(players)
    random = np.random.default_rng(seed)
    rank = random.permuted(np.tile(np.arange(count), (rounds, len(points), 1)), axis=2)
    rank = np.stack([rank, count - 1 - rank])  # [way, round, point, player]
    values, errors, spreads = [], [], []
    for case, answer in zip(x, at_x, strict=True):
        share = np.stack(
            [
                _shares(predict, points, case, ends=(at_points, answer), rank=turn, players=players, batch=batch)
                for turn in rank.swapaxes(0, 1)
            ]
        )  # [round, point, player, output]
        by_point = share.mean(axis=0)
        values.append(by_point.mean(axis=0))
        errors.append(np.sqrt((share.var(axis=0, ddof=1) / rounds).sum(axis=0)) / len(points))
        several = len(points) > 1
        spreads.append(by_point.std(axis=0, ddof=1) / np.sqrt(len(points)) if several else values[-1] * np.nan)
    return np.stack(values), np.stack(errors), np.stack(spreads)


def _shares(
    predict: Predict,
    points: Float[np.ndarray, "point input"],
    case: Float[np.ndarray, " input"],
    *,
    ends: tuple[Float[np.ndarray, "point output"], Float[np.ndarray, " output"]],
    rank: np.ndarray,
    players: Bool[np.ndarray, "player input"],
    batch: int,
) -> Float[np.ndarray, "point player output"]:
    """Mean share of each player over both ways of one order for each point."""
    count = len(players)
    step = np.arange(1, count)[:, None, None]
    joined = (rank[:, None] < step) @ players  # [way, step, point, input]
    asked = np.where(joined, case, points).reshape(-1, len(case))
    walk = np.empty((2, count + 1, *ends[0].shape))
    walk[:, 0], walk[:, -1] = ends
    if count > 1:
        walk[:, 1:-1] = evaluate(predict, asked, batch=batch).reshape(2, count - 1, *ends[0].shape)
    gain = np.diff(walk, axis=1).swapaxes(1, 2)  # [way, point, step, output]
    return np.take_along_axis(gain, rank[..., None], axis=2).mean(axis=0)
