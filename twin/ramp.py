"""Working hours, and the price or CO2 of energy in them, as functions of clock time that repeat every week."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from twin.clock import DAY, WEEK


class Ramp(NamedTuple):
    """A growing, piecewise straight function of clock time whose slope repeats every week; f(0) = 0.

    Attributes:
        knots: clock times [s] from 0 to one week, rising.
        values: of the function there.
    """

    knots: np.ndarray
    values: np.ndarray

    def at(self, time: Any) -> Any:
        """The function at clock times [s], NumPy or JAX arrays of any shape."""
        xp: Any = jnp if isinstance(time, jax.Array) else np
        week = xp.floor(time / WEEK)
        return week * self.values[-1] + xp.interp(time - week * WEEK, self.knots, self.values)


def ramp(closed: np.ndarray, tariff: np.ndarray) -> Ramp:
    """Open hours, or the integral of a rate (the price or CO2 of electricity) over them.

    Args:
        closed: closed intervals of a week [interval, (begin, length)] in seconds from the line's start, or none.
        tariff: steps of a day [step, (begin, length, rate)] as in `twin.measures.tariff_steps`; none: rate 1.

    Example:
        >>> lunch = ramp(np.array([[100.0, 50.0]]), np.zeros((0, 3)))
        >>> lunch.at(np.array([100.0, 120.0, 200.0])).tolist()
        [100.0, 100.0, 150.0]
    """
    days = np.arange(7)[:, None] * DAY
    changes = [np.array([0.0, WEEK]), closed[:, 0], closed.sum(axis=1), (days + tariff[:, 0]).ravel()]
    knots = np.unique(np.clip(np.concatenate(changes), 0.0, WEEK))
    middle = (knots[1:] + knots[:-1]) / 2
    weight = np.ones(len(middle))
    for begin, length in closed:
        weight[(middle > begin) & (middle < begin + length)] = 0.0
    if len(tariff):
        step = np.searchsorted(tariff[:, 0], middle % DAY, side="right") - 1
        weight = weight * tariff[step, 2]
    return Ramp(knots, np.concatenate([[0.0], np.cumsum(weight * np.diff(knots))]))
