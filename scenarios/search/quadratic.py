"""Convex quadratic programs of some dozen variables, by a primal-dual interior point method."""

from __future__ import annotations

import numpy as np

__all__ = ["elastic_step", "quadratic_program"]

_MOST = 60
_TOLERANCE = 1e-11


def quadratic_program(
    bowl: np.ndarray, tilt: np.ndarray, rows: np.ndarray, limits: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Least z' bowl z / 2 + tilt z with rows z <= limits, which some z has to keep strictly.

    Args:
        bowl: symmetric, positive semidefinite [variable, variable].
        tilt: [variable].
        rows: [row, variable]; together with the bowl they leave no direction free.
        limits: [row].

    Returns:
        z, and the multipliers of the rows.

    Source:
        Nocedal and Wright, Numerical Optimization, 2nd ed. 2006, algorithm 16.4 (predictor and corrector).

    Example:
        >>> z, price = quadratic_program(np.eye(2), np.array([-1.0, 0.0]), np.array([[1.0, 1.0]]), np.array([0.5]))
        >>> np.round(z, 6) + 0.0, np.round(price, 6)
        (array([ 0.75, -0.25]), array([0.25]))
    """
    z, size = np.zeros(len(tilt)), 1.0 + np.abs(tilt).max(initial=0.0)
    state = np.maximum(limits, 1.0), np.ones(len(limits))
    best, length = (np.inf, z, state[1]), 1.0
    for _ in range(_MOST):
        slack, price = state
        turn = bowl @ z + tilt + rows.T @ price
        short = rows @ z + slack - limits
        gap = float(slack @ price) / len(limits)
        missed = max(np.abs(turn).max() / size, np.abs(short).max(), gap / size)
        if missed < best[0]:
            best = (missed, z, price)
        if not _TOLERANCE < missed < 1e3 * best[0]:
            break
        try:
            step = _Newton(bowl, rows, slack, price, turn, short)
            _, wider, dearer = step(slack * price)
            room = min(1.0, _room(slack, wider), _room(price, dearer))
            after = float((slack + room * wider) @ (price + room * dearer)) / len(limits)
            centre = max((after / gap) ** 3, 0.3 if length < 0.2 else 0.0)  # a short step means too near a border
            move, wider, dearer = step(slack * price + room**2 * wider * dearer - centre * gap)
        except np.linalg.LinAlgError:  # as near as numbers of this length come
            break
        length = min(1.0, 0.995 * min(_room(slack, wider), _room(price, dearer)))
        z, state = z + length * move, (slack + length * wider, price + length * dearer)
    return best[1], best[2]


class _Newton:
    """Newton's steps of z, slack and price, by what their products are missed by."""

    def __init__(self, *system: np.ndarray) -> None:
        bowl, self._rows, self._slack, self._price, self._turn, self._short = system
        whole = bowl + self._rows.T @ ((self._price / self._slack)[:, None] * self._rows)
        self._sizes = 1.0 / np.sqrt(np.maximum(np.diag(whole), 1e-300))
        self._whole = self._sizes[:, None] * whole * self._sizes

    def __call__(self, missed: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        pull = self._rows.T @ ((self._price * self._short - missed) / self._slack)
        move = self._sizes * np.linalg.solve(self._whole, self._sizes * (-self._turn - pull))
        wider = -self._short - self._rows @ move
        return move, wider, (-missed - self._price * wider) / self._slack


def _room(values: np.ndarray, steps: np.ndarray) -> float:
    """How much of a step leaves all values above zero."""
    falling = steps < 0
    return float(np.min(-values[falling] / steps[falling], initial=np.inf))


def elastic_step(
    slope: np.ndarray,
    hessian: np.ndarray,
    limits: tuple[np.ndarray, np.ndarray],
    ends: tuple[np.ndarray, np.ndarray],
    penalty: float,
) -> tuple[np.ndarray, float]:
    """The step that a quadratic model with linear constraints likes best; a constraint may be broken at a price.

    Args:
        slope: of the objective [variable].
        hessian: of the objective, or of the Lagrangian.
        limits: values [constraint] and slopes [constraint, variable], to be zero or less.
        ends: least and largest step of each variable; zero is among them.
        penalty: price of a unit of a broken constraint.

    Returns:
        The step, and what it promises to gain.

    Example:
        >>> limits = (np.array([-1.0]), np.array([[1.0, 0.0]]))
        >>> step, gain = elastic_step(np.array([-3.0, 1.0]), np.eye(2), limits, (-2 * np.ones(2), 2 * np.ones(2)), 10.0)
        >>> np.round(step, 6), round(gain, 6)
        (array([ 1., -1.]), 3.0)
    """
    low, high = ends
    radius = max(float(np.abs(ends).max()), 1e-300)
    values, slopes = limits[0] / radius, limits[1]
    count, extra = len(slope), len(values)
    bowl = np.zeros((count + extra, count + extra))
    bowl[:count, :count] = radius * hessian
    tilt = np.concatenate([slope, np.full(extra, penalty)])
    unit = np.eye(count + extra)
    rows = np.concatenate([np.hstack([slopes, -np.eye(extra)]), -unit[count:], unit[:count], -unit[:count]])
    most = np.concatenate([-values, np.zeros(extra), high / radius + 1e-12, -low / radius + 1e-12])
    z, _ = quadratic_program(bowl, tilt, rows, most)
    step = np.clip(radius * z[:count], low, high)
    broken = np.maximum(limits[0] + slopes @ step, 0.0).sum() - np.maximum(limits[0], 0.0).sum()
    return step, -float(slope @ step + 0.5 * step @ hessian @ step + penalty * broken)
