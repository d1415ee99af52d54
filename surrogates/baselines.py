"""Models that need no network, with which every surrogate of measured data has to compete.

All have one interface: `fit(x, y, seed=…)` returns `predict(x)`, both on arrays [case, input] and [case, output].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Fit", "Predict", "as_before", "linear", "mean", "trees"]

Floats = NDArray[np.float64]
Predict = Callable[[Floats], Floats]


class Fit(Protocol):
    """Learns from rows and returns what predicts others."""

    def __call__(self, x: Floats, y: Floats, *, seed: int) -> Predict:
        """Learns.

        Args:
            x: inputs [case, input].
            y: outputs [case, output].
            seed: of whatever is drawn by chance.
        """
        ...


def mean(x: Floats, y: Floats, *, seed: int) -> Predict:  # noqa: ARG001 - the interface of all models
    """The mean of what was learnt from, whatever the inputs.

    Args:
        x: inputs [case, input], not looked at.
        y: outputs [case, output].
        seed: not used.

    Example:
        >>> mean(np.zeros((2, 1)), np.array([[1.0], [3.0]]), seed=0)(np.zeros((1, 1)))
        array([[2.]])
    """
    centre = y.mean(axis=0)
    return lambda inputs: np.broadcast_to(centre, (len(inputs), len(centre))).copy()


def linear(strength: float = 1e-3) -> Fit:
    """Ridge regression with standardised inputs and a free constant.

    Minimises |y - b - z w|² / n + strength |w|², z the inputs less their mean over their standard deviation; an input
    that does not vary has no weight.

    Args:
        strength: of the penalty, at least 0 (0 is least squares); small by default, to keep collinear inputs apart.

    Raises:
        ValueError: when it is negative.

    Source: Hoerl and Kennard, Ridge regression, Technometrics 12 (1970) 55.

    Example:
        >>> x = np.array([[0.0], [1.0], [2.0]])
        >>> linear(0.0)(x, 2 * x + 1, seed=0)(np.array([[5.0]])).round(6)
        array([[11.]])
    """
    if not strength >= 0:
        raise ValueError(f"strength is {strength}; a penalty is not negative. Use for example 0.001.")

    def fit(x: Floats, y: Floats, *, seed: int) -> Predict:  # noqa: ARG001 - the interface of all models
        centre, constant = x.mean(axis=0), y.mean(axis=0)
        scale = x.std(axis=0)
        inverse = np.where(scale > 1e-12 * (1 + np.abs(centre)), 1 / np.maximum(scale, 1e-300), 0.0)
        z = (x - centre) * inverse
        gram = z.T @ z / len(z) + strength * np.eye(z.shape[1])
        weights = np.linalg.lstsq(gram, z.T @ (y - constant) / len(z), rcond=None)[0]
        return lambda inputs: constant + (inputs - centre) * inverse @ weights

    return fit


def trees(**options: float | str | None) -> Fit:
    """Boosted trees (scikit-learn's HistGradientBoostingRegressor), one ensemble per output.

    Args:
        options: of that class, e.g. `max_iter=300`; its defaults otherwise.

    Raises:
        ImportError: on fitting, when scikit-learn is missing.

    Source: Ke et al., LightGBM, NeurIPS 2017, whose method scikit-learn follows.
    """

    def fit(x: Floats, y: Floats, *, seed: int) -> Predict:
        try:
            from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415 - an extra, and 1 s to import
            from threadpoolctl import threadpool_limits  # noqa: PLC0415 - comes with scikit-learn
        except ImportError as error:
            raise ImportError(
                "scikit-learn is not installed; the baseline of boosted trees needs it. "
                "Use 'pip install linetwin[trust]', or leave this baseline out."
            ) from error
        chosen: dict[str, object] = {"random_state": seed, **options}
        with threadpool_limits(1, user_api="openmp"):  # threads that wait for each other cost tenfold on a busy machine
            made = [HistGradientBoostingRegressor(**chosen).fit(x, column) for column in y.T]  # type: ignore[arg-type]
        return lambda inputs: np.stack([model.predict(inputs) for model in made], axis=1)

    return fit


def as_before(columns: Sequence[int]) -> Fit:
    """The value that stands among the inputs: persistence where it is the last, seasonal where it is a period old.

    Args:
        columns: for each output the place of that input, which holds the same quantity at an earlier time.

    Raises:
        ValueError: on fitting, when there are not as many as outputs, or one is no input.

    Example:
        >>> last_week = as_before([1])
        >>> last_week(np.zeros((3, 2)), np.zeros((3, 1)), seed=0)(np.array([[5.0, 7.0]]))
        array([[7.]])
    """
    places = list(columns)

    def fit(x: Floats, y: Floats, *, seed: int) -> Predict:  # noqa: ARG001 - the interface of all models
        if len(places) != y.shape[1] or not all(0 <= place < x.shape[1] for place in places):
            raise ValueError(
                f"columns are {places} with {x.shape[1]} inputs and {y.shape[1]} outputs; each output names the input "
                "that holds its earlier value. Use table.inputs to find its place."
            )
        return lambda inputs: inputs[:, places]

    return fit
