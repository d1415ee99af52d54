"""How much a front is worth: the volume that it dominates."""

from __future__ import annotations

import numpy as np

from scenarios.search.pareto import nondominated

__all__ = ["hypervolume"]


def hypervolume(values: np.ndarray, reference: np.ndarray) -> float:
    """Volume of what lies between the front and a reference point that is worse in all aims.

    The last aim is cut into slices, in each of which a front with one aim less is left: exact, for fronts of some
    hundred points and few aims.

    Args:
        values: [point, objective], to be small; points that are not better than the reference add nothing.
        reference: [objective].

    Source:
        While et al., A faster algorithm for calculating hypervolume, IEEE Transactions on Evolutionary Computation 10
        (2006) 29-38.

    Example:
        >>> hypervolume(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([2.0, 2.0]))
        3.0
    """
    values = np.asarray(values, float)
    inside = values[(values < reference).all(axis=1)]
    if not len(inside):
        return 0.0
    if inside.shape[1] == 1:
        return float(reference[0] - inside.min())
    inside = inside[nondominated(inside)]
    inside = inside[np.argsort(inside[:, -1], kind="stable")]
    depths = np.diff(np.append(inside[:, -1], reference[-1]))
    slices = [hypervolume(inside[: k + 1, :-1], reference[:-1]) for k in range(len(inside))]
    return float(np.dot(depths, slices))
