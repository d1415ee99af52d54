"""Where a surrogate is asked: fresh points of its box, that no training and no calibration has seen."""

from __future__ import annotations

import numpy as np

from surrogates.problem import Problem

__all__ = ["edged", "fresh"]

STREAM = 20_041
"""Keeps these draws apart from those of `surrogates.design`, which training uses with the same seeds."""


def fresh(problem: Problem, count: int, *, seed: int = 0) -> np.ndarray:
    """Uniform random points of the box [case, input], SI.

    Args:
        problem: whose box.
        count: of points.
        seed: of the draws.

    Example:
        >>> from surrogates.problem import problem_of
        >>> from twin.physics import Oven
        >>> fresh(problem_of(Oven()), 5).shape
        (5, 6)
    """
    draw = np.random.default_rng([STREAM, seed]).uniform(size=(count, len(problem.inputs)))
    return problem.low + (problem.high - problem.low) * draw


def edged(problem: Problem, count: int, *, seed: int = 0) -> np.ndarray:
    """Random points of the box of which a third of the coordinates lie on its faces [case, input], SI.

    Args:
        problem: whose box.
        count: of points.
        seed: of the draws.
    """
    rng = np.random.default_rng([STREAM + 1, seed])
    draw = rng.uniform(size=(count, len(problem.inputs)))
    draw = np.where(rng.uniform(size=draw.shape) < 1 / 3, np.round(draw), draw)
    return problem.low + (problem.high - problem.low) * draw
