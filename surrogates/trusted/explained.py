"""What moves the outputs: the explanation of a surrogate in the units that people read, and its curves."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from surrogates.explain import Effort, explain
from surrogates.surrogate import Surrogate
from surrogates.trusted.shown import rounded, unit_of, value

__all__ = ["curves_of", "explained"]


def explained(surrogate: Surrogate, x: np.ndarray, *, effort: Effort, cases: int = 5) -> dict[str, Any]:
    """Shapley values, integrated gradients, Sobol indices and curves of the member that works in a line.

    Inputs vary over the box, evenly and each for itself.

    Args:
        surrogate: to be explained.
        x: points of the box [case, input], SI: the background.
        effort: how much is asked.
        cases: how many of the points are explained one by one.

    Returns:
        The block "explain" of a card, numbers with six digits.
    """
    problem = surrogate.problem
    inputs, outputs = problem.inputs.values(), problem.outputs.values()
    shown = lambda y: jnp.stack([(y[k] - unit_of(a).offset) / unit_of(a).scale for k, a in enumerate(outputs)])  # noqa: E731
    si = lambda z: jnp.stack([z[k] * unit_of(a).scale + unit_of(a).offset for k, a in enumerate(inputs)])  # noqa: E731
    own: Callable[[Array], Array] = jax.jit(jax.vmap(lambda z: shown(surrogate.one(si(z)))))
    all_members = jax.vmap(lambda z: jax.vmap(shown)(surrogate.ensemble.members(si(z))), out_axes=1)
    seen = np.stack([value(about, x[:, k]) for k, about in enumerate(inputs)], axis=1)
    low, high = (
        [float(value(about, edge)) for about, edge in zip(inputs, edges, strict=True)]
        for edges in (problem.low, problem.high)
    )
    found = explain(
        own,
        seen,
        names=list(problem.inputs),
        x=seen[:cases],
        outputs=list(problem.outputs),
        units={name: about.unit for name, about in {**problem.inputs, **problem.outputs}.items()},
        box=(low, high),
        members=jax.jit(all_members),
        effort=effort,
    )
    told = json.loads(found.to_json())
    for curve in [*told["partial"], *(curve for curve in told["accumulated"] if curve)]:
        curve["members"] = None  # their spread is in the interval
    return rounded(told)


def curves_of(surrogate: Surrogate, explanation: dict[str, Any]) -> list[dict[str, Any]]:
    """Partial dependence of every output on every input with its interval, as the block "curves" of a card.

    Args:
        surrogate: whose inputs and outputs.
        explanation: of it, see `explained`.
    """
    problem, found = surrogate.problem, []
    for i, (name, about) in enumerate(problem.inputs.items()):
        curve = explanation["partial"][i]
        for o, output in enumerate(problem.outputs):
            lines = {key: [row[o] for row in curve[key]] for key in ("mean", "low", "high")}
            found.append({"input": name, "unit": about.unit, "output": output, "x": curve["grid"]} | lines)
    return found
