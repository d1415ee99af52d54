"""What a choice of setpoints on the surrogate costs, compared with the same choice on the solver."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from surrogates.design import design
from surrogates.process import process_class
from surrogates.surrogate import Surrogate
from surrogates.trusted.decisions import TASKS, Task
from surrogates.trusted.shown import value
from twin.physics import FAMILIES
from twin.process import Attribute, Knob

__all__ = ["decision", "least"]


def decision(surrogate: Surrogate, *, starts: int = 8, seed: int = 0) -> dict[str, Any] | None:
    """Choose setpoints on the surrogate, judge them on the solver, and compare with the solver's own best.

    Both are searched from the same starting points by gradients (L-BFGS-B within the windows released for production,
    as far as the surrogate was trained there); the solver also starts from what the surrogate chose, so the regret is
    never negative.

    Args:
        surrogate: of a family.
        starts: points from which the search begins, spread over the windows.
        seed: of their spread.

    Returns:
        The block "decision" of a card, with the regret as a share of the solver's best; None without a task.

    Source: Byrd, Lu, Nocedal and Zhu, SIAM Journal on Scientific Computing 16 (1995) 1190, as in SciPy.
    """
    task = TASKS.get(surrogate.problem.name)
    if task is None:
        return None
    numbers = dict(surrogate.problem.numbers or {})
    exact: Any = FAMILIES[surrogate.problem.name](**numbers)
    learned: Any = process_class(surrogate)(**numbers)
    windows = _windows(surrogate, exact.setpoints)
    low, high = np.asarray(list(windows.values())).T
    begin = np.vstack([(_values(exact, windows) - low) / (high - low), design(low * 0, low * 0 + 1, starts, seed=seed)])
    on_learned, on_exact = (_cost(task, process, windows) for process in (learned, exact))
    chosen, promised = least(on_learned, begin)
    found, _ = on_exact(chosen)
    ideal, best = least(on_exact, np.vstack([begin, chosen]))
    best = min(best, found)
    knobs = {name: exact.setpoints[name] for name in windows}
    return {
        "what": f"{task.what}, by {', '.join(windows)} in the windows released",
        "setpoints": _shown(knobs, low + (high - low) * chosen),
        "best_setpoints": _shown(knobs, low + (high - low) * ideal),
        "objective": {
            "on_surrogate": promised / task.per,
            "on_solver": found / task.per,
            "best_on_solver": best / task.per,
            "unit": task.unit,
        },
        "regret": (found - best) / abs(best),
        "starts": len(begin),
    }


def least(cost: Callable[[np.ndarray], tuple[float, np.ndarray]], starts: Sequence[np.ndarray] | np.ndarray) -> Any:
    """The best of searches from many points of the unit cube: where [axis], and how little.

    Args:
        cost: point [axis] -> value and slope [axis].
        starts: points [start, axis].

    Example:
        >>> where, value = least(lambda z: (float(((z - 0.3) ** 2).sum()), 2 * (z - 0.3)), np.zeros((1, 2)))
        >>> where.round(3), value < 1e-9
        (array([0.3, 0.3]), True)
    """
    from scipy.optimize import minimize  # noqa: PLC0415 - takes 0.3 s to import

    tried = [minimize(cost, z, jac=True, method="L-BFGS-B", bounds=[(0.0, 1.0)] * len(z)) for z in starts]
    best = min(tried, key=lambda one: float(one.fun))
    return np.asarray(best.x), float(best.fun)


def _windows(surrogate: Surrogate, knobs: Any) -> dict[str, tuple[float, float]]:
    """Windows [SI] of the setpoints that move a visit without jumps, within the box of the surrogate."""
    box, found = surrogate.problem.inputs, {}
    for name, knob in knobs.items():
        low, high = knob.released
        if name in box:
            low, high = max(low, box[name].low), min(high, box[name].high)
        if low < high and not knob.jumps:
            found[name] = (low, high)
    return found


def _values(process: Any, windows: Any) -> np.ndarray:
    """Default setpoints, within the windows."""
    return np.asarray([np.clip(process.setpoints[name].value, *ends) for name, ends in windows.items()])


def _cost(task: Task, process: Any, windows: Any) -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
    """What is made small, of the unit cube, with its slope."""
    fixed = {name: jnp.asarray(knob.value) for name, knob in process.setpoints.items() if name not in windows}
    low, high = jnp.asarray(list(windows.values())).T

    def of(z: Array) -> Array:
        chosen = low + (high - low) * z
        return task.cost(process, fixed | {name: chosen[k] for k, name in enumerate(windows)})

    both = jax.jit(jax.value_and_grad(of))

    def cost(z: np.ndarray) -> tuple[float, np.ndarray]:
        found, slope = both(jnp.asarray(z, float))
        return float(found), np.asarray(slope)

    return cost


def _shown(knobs: dict[str, Knob], si: np.ndarray) -> dict[str, Any]:
    """Setpoints in the units in which they are shown."""
    found = {}
    for (name, knob), number in zip(knobs.items(), si, strict=True):
        about = Attribute(knob.value, knob.unit, *knob.machine, knob.meaning)
        found[name] = {"value": float(value(about, number)), "unit": knob.unit}
    return found
