"""Shapley values: how much each input moved an answer away from the mean answer, shared fairly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from surrogates.evaluate import BATCH, Predict, evaluate, rows
from surrogates.shapley_exact import by_coalitions
from surrogates.shapley_sampled import by_permutations

if TYPE_CHECKING:
    from jaxtyping import Bool, Float
    from numpy.typing import ArrayLike

__all__ = ["MOST_EXACT", "Shapley", "shapley"]

MOST_EXACT = 12
"""Players up to which all coalitions are asked unless told otherwise: 4,096 times the background."""
ROUNDS = 16
"""Intervals of two sampling errors then hold the value as often as they should; with 4 they hold it in 90 %."""


@dataclass(frozen=True)
class Shapley:
    """Shapley values of some cases. A player is an input, or a group of inputs that come and go together.

    Attributes:
        values: [case, player, output], in units of the output; over players they add up to `predicted` - `base`.
        base: mean answer over the background [output].
        predicted: answer for each case [case, output].
        sampling_error: standard error of `values` from drawing orders [case, player, output]; zero where exact.
        background_error: standard error of `values` as those of the population that the background is a random
            sample of [case, player, output]; NaN with one background point.
        pairs: interaction of two players [case, player, player, output], symmetric, with what each does alone on
            the diagonal: diagonal and upper triangle add up to `predicted` - `base`. None unless asked for.
    """

    values: Float[np.ndarray, "case player output"]
    base: Float[np.ndarray, " output"]
    predicted: Float[np.ndarray, "case output"]
    sampling_error: Float[np.ndarray, "case player output"]
    background_error: Float[np.ndarray, "case player output"]
    pairs: Float[np.ndarray, "case player player output"] | None = None

    @property
    def importance(self) -> Float[np.ndarray, "player output"]:
        """Mean size of the values over the cases."""
        return np.abs(self.values).mean(axis=0)


def shapley(
    predict: Predict,
    background: ArrayLike,
    x: ArrayLike,
    *,
    groups: Sequence[Sequence[int]] | None = None,
    rounds: int | None = None,
    pairs: bool = False,
    seed: int = 0,
    batch: int = BATCH,
) -> Shapley:
    """Shapley values with the interventional value function.

    The worth of a set S of inputs is v(S) = mean over the background of f(x in S, background elsewhere): what is
    outside S is replaced whatever S says (a question to the model, not to the data: combinations that never occurred
    are asked, too). The value of input i is phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! (v(S + i) - v(S)).
    Exact, from all sets, up to `MOST_EXACT` players; beyond, or with `rounds`, from random orders and their reverses
    (`surrogates.shapley_sampled`). Either way the values add up to f(x) - mean f(background) but for rounding.

    Args:
        predict: the model, [case, input] -> [case, output].
        background: points that stand for "not known" [case, input]; cost grows with their number, 100 is usual.
        x: cases to explain [case, input].
        groups: columns of each player, e.g. of a one-hot code; each column exactly once. Default: each for itself.
        rounds: sample, with so many pairs of orders for each background point, at least 2.
        pairs: compute interactions of two players, too (exact only).
        seed: of the random orders.
        batch: rows in one call of the model at most.

    Returns:
        Values with both standard errors.

    Raises:
        ValueError: arrays do not fit, groups do not cover each column once, rounds below 2, or pairs with sampling.

    Source:
        Shapley, A value for n-person games, 1953; interventional value function: Janzing, Minorics, Bloebaum,
        Feature relevance quantification in explainable AI: a causal problem, AISTATS 2020; interaction index:
        Grabisch and Roubens, Int. J. Game Theory 28 (1999) 547, doi 10.1007/s001820050125.

    Example:
        >>> found = shapley(lambda x: 3 * x[:, :1] + x[:, 1:], [[0.0, 0.0], [2.0, 4.0]], [[2.0, 1.0]])
        >>> found.values[0, :, 0], float(found.base[0])
        (array([ 3., -1.]), 5.0)
    """
    known = rows(background, "background")
    cases = rows(x, "x", inputs=known.shape[1])
    members = _players(groups, known.shape[1])
    base, predicted = evaluate(predict, known, batch=batch), evaluate(predict, cases, batch=batch)
    if rounds is None and len(members) <= MOST_EXACT:
        values, spread, both = by_coalitions(
            predict, (known, base), (cases, predicted), players=members, pairs=pairs, batch=batch
        )
        return Shapley(values, base.mean(axis=0), predicted, np.zeros_like(values), spread, both)
    if pairs:
        raise ValueError(
            f"pairs of {len(members)} players are asked for with sampling; they are computed exactly, up to "
            f"{MOST_EXACT} players. Put inputs together in groups, or leave out rounds."
        )
    turns = ROUNDS if rounds is None else rounds
    if turns < 2:
        raise ValueError(f"rounds is {turns}; the standard error needs 2 or more. Use {ROUNDS}.")
    values, error, spread = by_permutations(
        predict, (known, base), (cases, predicted), players=members, rounds=turns, seed=seed, batch=batch
    )
    return Shapley(values, base.mean(axis=0), predicted, error, spread)


def _players(groups: Sequence[Sequence[int]] | None, inputs: int) -> Bool[np.ndarray, "player input"]:
    """Which inputs belong to each player."""
    if groups is None:
        return np.eye(inputs, dtype=bool)
    found = sorted(column for group in groups for column in group)
    if found != list(range(inputs)) or not all(len(group) for group in groups):
        raise ValueError(
            f"groups hold the columns {found}; each of the columns 0 to {inputs - 1} belongs to exactly one group. "
            "Name a column that stays for itself as a group of one."
        )
    return np.array([[column in group for column in range(inputs)] for group in groups])
