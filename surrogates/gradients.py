"""Integrated gradients: an answer's change along the way from a baseline, split by inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

import twin  # noqa: F401 - switches JAX to double precision
from surrogates.evaluate import Predict, evaluate, rows

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy.typing import ArrayLike

__all__ = ["IntegratedGradients", "integrated_gradients"]

FEWEST = 8
BATCH = 1 << 13


@dataclass(frozen=True)
class IntegratedGradients:
    """Integrated gradients of some cases.

    Attributes:
        values: [case, input, output], in units of the output.
        base: mean answer over the baselines [output].
        predicted: answer for each case [case, output].
        error: of the quadrature: change of `values` from half as many nodes [case, input, output].
        gap: sum of `values` over inputs - (`predicted` - `base`), zero if the integral is exact [case, output].
        nodes: of the quadrature.
    """

    values: Float[np.ndarray, "case input output"]
    base: Float[np.ndarray, " output"]
    predicted: Float[np.ndarray, "case output"]
    error: Float[np.ndarray, "case input output"]
    gap: Float[np.ndarray, "case output"]
    nodes: int


def integrated_gradients(
    predict: Predict, baseline: ArrayLike, x: ArrayLike, *, tolerance: float = 1e-6, most: int = 256
) -> IntegratedGradients:
    """Integrated gradients: (x_i - b_i) times the integral over t in (0, 1) of df/dx_i at b + t (x - b).

    With several baselines, the mean over them (expected gradients): take the background of `surrogates.shapley`, and
    both add up to the same f(x) - mean f(background). A single baseline should be a case for which the answer means
    "nothing special", e.g. the released setpoints; an input that equals it gets nothing. Gauss-Legendre quadrature
    whose nodes double until `error` and `gap` are within the tolerance; where they do not get there (kinks, jumps),
    both are returned as they are.

    Args:
        predict: the model, [case, input] -> [case, output], traceable by JAX, each case for itself.
        baseline: [input] or [baseline, input].
        x: cases to explain [case, input].
        tolerance: share of the largest |f(x) - f(baseline)| of each output.
        most: nodes at most, 16 or more; doubled from 8.

    Returns:
        Values, with the error of the quadrature and the gap in completeness.

    Raises:
        ValueError: arrays do not fit, or `most` is below 16.
        TypeError: JAX cannot trace the model.

    Source:
        Sundararajan, Taly, Yan, Axiomatic attribution for deep networks, ICML 2017; several baselines: Erion, Janizek,
        Sturmfels, Lundberg, Lee, Nature Machine Intelligence 3 (2021) 620, doi 10.1038/s42256-021-00343-w.

    Example:
        >>> found = integrated_gradients(lambda x: (x[:, 0] * x[:, 1])[:, None], [0.0, 0.0], [[2.0, 3.0]])
        >>> found.values[0, :, 0].round(9), found.nodes
        (array([3., 3.]), 16)
    """
    cases = rows(x, "x")
    starts = rows(np.atleast_2d(np.asarray(baseline, dtype=np.float64)), "baseline")
    if starts.shape[1] != cases.shape[1]:
        raise ValueError(f"baseline has {starts.shape[1]} inputs; x has {cases.shape[1]}. Give both the same columns.")
    if most < 2 * FEWEST:
        raise ValueError(f"most is {most}; the error needs {2 * FEWEST} nodes or more. Use 256.")
    base, predicted = evaluate(predict, starts), evaluate(predict, cases)
    change = predicted - base.mean(axis=0)
    scale = np.maximum(np.abs(predicted[:, None] - base).max(axis=(0, 1)), np.finfo(float).tiny)
    slopes = _slopes(predict, base.shape[1])
    nodes, values = FEWEST, _integral(slopes, starts, cases, nodes=FEWEST)
    while True:
        nodes, before = 2 * nodes, values
        values = _integral(slopes, starts, cases, nodes=nodes)
        error, gap = np.abs(values - before), values.sum(axis=1) - change
        settled = (error <= tolerance * scale).all() and (np.abs(gap) <= tolerance * scale).all()
        if settled or 2 * nodes > most:
            return IntegratedGradients(values, base.mean(axis=0), predicted, error, gap, nodes)


def _slopes(predict: Predict, outputs: int) -> Any:
    """A compiled function: x [row, input] -> gradient of each output at each row [output, row, input]."""

    def slopes(x: jax.Array) -> jax.Array:
        answer, back = jax.vjp(predict, x)
        one = jnp.eye(outputs, dtype=answer.dtype)[:, None, :]
        return jax.vmap(lambda cotangent: back(cotangent)[0])(jnp.broadcast_to(one, (outputs, *answer.shape)))

    return jax.jit(slopes)


def _integral(
    slopes: Any, starts: Float[np.ndarray, "baseline input"], cases: Float[np.ndarray, "case input"], *, nodes: int
) -> Float[np.ndarray, "case input output"]:
    """Mean over the baselines of the quadrature with so many nodes."""
    place, weight = np.polynomial.legendre.leggauss(nodes)
    way = cases[:, None] - starts  # [case, baseline, input]
    asked = starts + way * ((place[:, None, None, None] + 1.0) / 2.0)
    flat = asked.reshape(-1, cases.shape[1])
    size = min(BATCH, len(flat))
    parts = []
    for first in range(0, len(flat), size):
        part = flat[first : first + size]
        filled = np.concatenate([part, np.repeat(part[-1:], size - len(part), axis=0)])  # one shape, one compilation
        try:
            found = slopes(filled)
        except jax.errors.JAXTypeError as error:
            raise TypeError(
                "the model cannot be traced by JAX, which integrated gradients need; write it with jax.numpy, or use "
                "Shapley values, which ask for answers only."
            ) from error
        parts.append(np.asarray(found, dtype=np.float64)[:, : len(part)])
    slope = np.concatenate(parts, axis=1).reshape(-1, *asked.shape)  # [output, node, case, baseline, input]
    return np.einsum("n,onxbi,xbi->xio", weight / 2.0, slope, way) / len(starts)
