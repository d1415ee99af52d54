"""Golden pairs: cases and what the surrogate told of them, which a copy has to tell again before it may be used."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np

from surrogates.bare import tells
from surrogates.design import design
from surrogates.guard import spread_of
from surrogates.surrogate import Surrogate

__all__ = ["TOLERANCE", "golden_pairs", "scale_of", "worst"]

TOLERANCE = 1e-5
"""Largest difference from a golden answer, in scales of the output (`scale_of`)."""

_CORNERS, _WITHIN, _BEYOND = 32, 16, 8


def golden_pairs(surrogate: Surrogate) -> dict[str, np.ndarray]:
    """Cases and answers: the middle of the box, corners, points within and points beyond.

    A case whose flag would be another one with a spread of one hundredth more or less is left out, because two
    correct copies may differ there.

    Returns:
        "x" [pair, input] and the answers that the surrogate `tells` [pair, ...], SI.
    """
    x = _cases(surrogate.problem.low, surrogate.problem.high)
    members = surrogate.members(x)
    spread = np.asarray(spread_of(members))
    flags = [surrogate.guard.flags(x, spread * share) for share in (0.99, 1.0, 1.01)]
    firm = (flags[0] == flags[1]) & (flags[2] == flags[1])
    found = {"x": x, "y": members[surrogate.chosen], "outside": flags[1], "spread": spread}
    return {name: found[name][firm] for name in ("x", *tells(surrogate))}


def scale_of(y: np.ndarray) -> np.ndarray:
    """Half the range of golden answers [pair, output] -> [output], SI; their size, or 1, where it is zero.

    Example:
        >>> scale_of(np.asarray([[0.0, 7.0], [4.0, 7.0]])).tolist()
        [2.0, 7.0]
    """
    half, size = np.ptp(y, axis=0) / 2, np.abs(y).max(axis=0)
    return np.where(half > 0, half, np.where(size > 0, size, 1.0))


def worst(golden: Mapping[str, np.ndarray], told: Mapping[str, np.ndarray]) -> float:
    """Largest difference from golden answers, in scales of the outputs; infinite where it is no number.

    Args:
        golden: the pairs.
        told: answers of a copy to the cases, named as in the pairs.

    Raises:
        ValueError: an answer is missing, of another shape, or a flag is another one.
    """
    scale, found = scale_of(golden["y"]), 0.0
    for name, right in golden.items():
        if name == "x":
            continue
        shape = np.shape(told.get(name, np.empty(0)))
        if shape != right.shape:
            raise ValueError(f"{name!r} has shape {shape}; golden answers have {right.shape}.")
        if name == "outside":
            for k in np.flatnonzero(np.asarray(told[name]) != right):
                raise ValueError(f"golden case {k} is {'outside' if right[k] else 'inside'}, and it tells otherwise.")
            continue
        apart = np.abs(np.asarray(told[name]) - right) / scale
        found = max(found, float(np.where(np.isfinite(apart), apart, np.inf).max()))
    return found


def _cases(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    count, middle = len(low), (low + high) / 2
    if 2**count <= _CORNERS:
        corners = np.asarray(list(product((0.0, 1.0), repeat=count)))
    else:
        some = np.random.default_rng(0).integers(0, 2, size=(_CORNERS - 2, count))
        corners = np.unique(np.vstack([np.zeros(count), np.ones(count), some]), axis=0)
    beyond = np.repeat(middle[None], _BEYOND, axis=0)  # by a quarter of the box, in one input at a time
    for k in range(_BEYOND):
        beyond[k, k % count] += (1 - 2 * (k // count % 2)) * 0.75 * (high - low)[k % count]
    return np.vstack([middle[None], low + (high - low) * corners, design(low, high, _WITHIN, seed=1), beyond])
