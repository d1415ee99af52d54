"""Networks as models beside the baselines: alone, or on top of a formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surrogates.baselines import Fit, Predict, linear
from surrogates.plant._network import train_ensemble

__all__ = ["formula", "hybrid", "network", "seeing"]

Floats = NDArray[np.float64]


def network(**options: Any) -> Fit:
    """The mean of an ensemble of networks.

    Args:
        options: of `train_ensemble`.
    """

    def fit(x: Floats, y: Floats, *, seed: int) -> Predict:
        members = train_ensemble(x, y, seed=seed, **options)
        return lambda inputs: members(inputs).mean(axis=0)

    return fit


def formula(terms: Callable[[Floats], Floats], *, strength: float = 1e-6) -> Fit:
    """Least squares on terms that physics gives: y = b + sum over terms of weight times term.

    Args:
        terms: inputs [case, input] -> terms [case, term].
        strength: of the ridge penalty; tiny, only to keep terms apart that do not vary where it learns.

    Example:
        >>> square = formula(lambda x: x**2)
        >>> x = np.array([[0.0], [1.0], [2.0]])
        >>> square(x, 3 * x**2, seed=0)(np.array([[4.0]])).round(3)
        array([[48.]])
    """
    inner = linear(strength)

    def fit(x: Floats, y: Floats, *, seed: int) -> Predict:
        weighed = inner(terms(x), y, seed=seed)
        return lambda inputs: weighed(terms(inputs))

    return fit


def hybrid(first: Fit, second: Fit) -> Fit:
    """A formula, and a model of what it misses: prediction = formula(x) + model(x), learnt in this order.

    Args:
        first: the formula.
        second: learns y - formula(x).

    Example:
        >>> from surrogates.baselines import linear, mean
        >>> x = np.array([[0.0], [1.0]])
        >>> hybrid(mean, linear(0.0))(x, x, seed=0)(np.array([[3.0]])).round(6)
        array([[3.]])
    """

    def fit(x: Floats, y: Floats, *, seed: int) -> Predict:
        known = first(x, y, seed=seed)
        missed = second(x, y - known(x), seed=seed)
        return lambda inputs: known(inputs) + missed(inputs)

    return fit


def seeing(model: Fit, columns: Sequence[int]) -> Fit:
    """A model that sees some of the inputs only.

    Args:
        model: any.
        columns: places of the inputs that it sees.
    """
    places = list(columns)

    def fit(x: Floats, y: Floats, *, seed: int) -> Predict:
        inner = model(x[:, places], y, seed=seed)
        return lambda inputs: inner(inputs[:, places])

    return fit
