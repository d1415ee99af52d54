"""Partial dependence: how the mean answer moves with one input, how cases differ, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from surrogates.evaluate import BATCH, Members, Predict, evaluate, evaluate_members, rows

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy.typing import ArrayLike

__all__ = ["Curve", "around", "checked_column", "partial_dependence"]


@dataclass(frozen=True)
class Curve:
    """How answers move with one input.

    Attributes:
        kind: "partial" or "accumulated".
        input: column.
        grid: values of the input, ascending [point].
        mean: the curve [point, output].
        low, high: interval of the curve for a new background and, with members, a new member [point, output].
        spread: 10, 50 and 90 % of single cases' curves [3, point, output]; None where there are none.
        members: curve of each member of an ensemble [member, point, output]; None without.
        level: of the interval.
    """

    kind: str
    input: int
    grid: Float[np.ndarray, " point"]
    mean: Float[np.ndarray, "point output"]
    low: Float[np.ndarray, "point output"]
    high: Float[np.ndarray, "point output"]
    spread: Float[np.ndarray, "3 point output"] | None
    members: Float[np.ndarray, "member point output"] | None
    level: float

    def crossings(self, output: int = 0, *, share: float = 0.5) -> Float[np.ndarray, " crossing"]:
        """Where the curve crosses a height between its least and its largest value, by straight lines.

        Half the way up a step, smooth or not, is where it stands: the threshold of a rule.

        Args:
            output: whose curve.
            share: of the way from the least to the largest value, in (0, 1).

        Raises:
            ValueError: the share is outside (0, 1).

        Example:
            >>> x = np.linspace(0, 10, 11)[:, None]
            >>> partial_dependence(lambda x: 1 * (x > 6.5), x, input=0).crossings()
            array([6.5])
        """
        if not 0.0 < share < 1.0:
            raise ValueError(f"share is {share}; it lies between 0 and 1. Use 0.5.")
        curve = self.mean[:, output]
        curve = curve - curve.min() - share * np.ptp(curve)
        before = np.flatnonzero((curve[:-1] < 0.0) != (curve[1:] < 0.0))
        share = curve[before] / (curve[before] - curve[before + 1])
        return self.grid[before] + share * (self.grid[before + 1] - self.grid[before])


def partial_dependence(
    predict: Predict,
    background: ArrayLike,
    *,
    input: int,  # noqa: A002 - the plant word
    grid: ArrayLike | None = None,
    members: Members | None = None,
    level: float = 0.9,
    batch: int = BATCH,
) -> Curve:
    """Mean over the background of f with one input set to each value of a grid.

    The other inputs stay as they are, also where they would go with this one: combinations that never occurred are
    asked, too. Where inputs depend on each other, compare with `surrogates.accumulated.accumulated_effects`.

    Args:
        predict: the model, [case, input] -> [case, output].
        background: cases [case, input].
        input: column that is set.
        grid: values, ascending; default 21 from its least to its largest in the background, or all if there are fewer.
        members: the ensemble behind the model, [case, input] -> [member, case, output], for the interval.
        level: of the interval, see `around`.
        batch: rows in one call of the model at most.

    Returns:
        The curve, with the spread of single cases (individual conditional expectation).

    Raises:
        ValueError: no such column, a grid that does not ascend, or a level outside (0, 1).

    Source:
        Friedman, Annals of Statistics 29 (2001) 1189, doi 10.1214/aos/1013203451; single cases: Goldstein, Kapelner,
        Bleich, Pitkin, Journal of Computational and Graphical Statistics 24 (2015) 44,
        doi 10.1080/10618600.2014.907095.

    Example:
        >>> found = partial_dependence(lambda x: x[:, :1] * x[:, 1:], [[0, 1], [1, 3]], input=0, grid=[0, 10])
        >>> found.mean[:, 0]
        array([ 0., 20.])
    """
    cases = rows(background, "background")
    checked_column(input, cases, level)
    at = _grid(cases[:, input]) if grid is None else np.asarray(grid, dtype=np.float64)
    if at.ndim != 1 or not len(at) or not (np.diff(at) > 0.0).all():
        raise ValueError(
            f"grid is {np.array2string(at, threshold=8)}; its values ascend. Sort it and leave out doubles."
        )
    asked = np.tile(cases, (len(at), 1, 1))
    asked[:, :, input] = at[:, None]
    shape = (len(at), len(cases), -1)
    single = evaluate(predict, asked.reshape(-1, cases.shape[1]), batch=batch).reshape(shape)
    mean = single.mean(axis=1)
    curves = None
    if members is not None:
        answers = evaluate_members(members, asked.reshape(-1, cases.shape[1]), batch=batch)
        curves = answers.reshape(len(answers), *shape[:2], answers.shape[2]).mean(axis=2)
    of_mean = single.var(axis=1, ddof=1) / len(cases) if len(cases) > 1 else np.full_like(mean, np.nan)
    low, high = around(mean, of_mean, freedom=len(cases) - 1, members=curves, level=level)
    return Curve("partial", input, at, mean, low, high, np.quantile(single, [0.1, 0.5, 0.9], axis=1), curves, level)


def around(
    mean: Float[np.ndarray, "point output"],
    variance: Float[np.ndarray, "point output"],
    *,
    freedom: int,
    members: Float[np.ndarray, "member point output"] | None,
    level: float,
) -> tuple[Float[np.ndarray, "point output"], Float[np.ndarray, "point output"]]:
    """Interval of a curve: mean -+ t sqrt(variance + s^2 (1 + 1/M)), degrees of freedom by Welch and Satterthwaite.

    The second term is the spread between M members: the truth is taken to lie where a further member would.

    Args:
        mean: the curve.
        variance: of it, from the choice of the background; NaN where unknown.
        freedom: degrees of freedom of `variance`.
        members: curve of each member, or None.
        level: of the interval.

    Source:
        Welch, Biometrika 34 (1947) 28, doi 10.1093/biomet/34.1-2.28.
    """
    from scipy.special import stdtrit  # noqa: PLC0415 - takes 0.2 s

    parts = [(variance, freedom)]
    if members is not None and len(members) > 1:
        parts.append((members.var(axis=0, ddof=1) * (1.0 + 1.0 / len(members)), len(members) - 1))
    whole = np.sum([part for part, _ in parts], axis=0)
    tiny = np.finfo(float).tiny
    lost = np.sum([(part / np.maximum(whole, tiny)) ** 2 / max(1, count) for part, count in parts], axis=0)
    half = stdtrit(1.0 / np.maximum(lost, 1e-12), (1.0 + level) / 2.0) * np.sqrt(whole)
    return mean - half, mean + half


def checked_column(column: int, cases: Float[np.ndarray, "case input"], level: float) -> None:
    """Refuse a column that is not there, and a level that is none.

    Raises:
        ValueError: either.
    """
    if not 0 <= column < cases.shape[1]:
        raise ValueError(
            f"input is {column}; the background has the columns 0 to {cases.shape[1] - 1}. Count from 0, from the left."
        )
    if not 0.0 < level < 1.0:
        raise ValueError(f"level is {level}; it lies between 0 and 1. Use 0.9.")


def _grid(values: Float[np.ndarray, " case"], points: int = 21) -> Float[np.ndarray, " point"]:
    """All values where they are few, else evenly from the least to the largest."""
    different = np.unique(values)
    return different if len(different) <= points else np.linspace(different[0], different[-1], points)
