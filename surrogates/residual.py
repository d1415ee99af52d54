"""A law of motion as part of the training loss: networks that tell a whole course, and miss its equation little."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from surrogates.design import design
from surrogates.fit import Loss, squares
from surrogates.networks import Scales, apply
from surrogates.problem import Named, Problem
from twin.physics.oven import Oven, Sections
from twin.process import Attribute

__all__ = ["Course", "along", "oven_course", "residual_loss", "with_way"]


@dataclass(frozen=True)
class Course:
    """How outputs run from the beginning of a way, s = 0, to its end, s = 1: dy/ds = slope(inputs, s, y).

    Attributes:
        outputs: names of y.
        begin: named inputs of one case -> y at s = 0 [output], SI.
        slope: (named inputs, s, y) -> dy/ds [output], SI.
        bends: where on the way the slope jumps; networks read how far they are past each.
    """

    outputs: tuple[str, ...]
    begin: Callable[[Named], Array]
    slope: Callable[[Named, Array, Array], Array]
    bends: tuple[float, ...] = ()


def oven_course(oven: Oven) -> Course:
    """The sections of a part on its way through an oven: C dT/dt = heat from air, walls and neighbours."""
    first = float(oven.boosted / (oven.boosted + oven.holding))

    def begin(inputs: Named) -> Array:
        return jnp.stack([inputs["temperature"], inputs["temperature"], inputs["hall"]])

    def slope(inputs: Named, way: Array, y: Array) -> Array:
        air = jnp.where(way < first, inputs["zone_1"], inputs["zones_2_3"])
        stay = (oven.boosted + oven.holding) * inputs["pitch"]
        heat = oven.heating(Sections(*y), air)
        return stay * jnp.stack([q / c for q, c in zip(heat, oven.capacities(inputs["film"]), strict=True)])

    return Course(Sections._fields, begin, slope, (first,))


def along(problem: Problem, course: Course) -> Problem:
    """The problem with the way as further inputs, its outputs those of the course; cases lie at the end of the way."""
    way = {"way": Attribute(1.0, "1", 0.0, 1.0, "share of the way")}
    way |= {
        f"past {b:.3g}": Attribute(1.0 - b, "1", 0.0, 1.0 - b, "share of the way past a bend") for b in course.bends
    }
    known = {name: k for k, name in enumerate(course.outputs)}

    def start(inputs: Named) -> dict[str, Array]:
        begin = course.begin(inputs)
        return {name: begin[k] for name, k in known.items()}

    outputs = {name: problem.outputs[name] for name in course.outputs}
    return replace(problem, inputs={**problem.inputs, **way}, outputs=outputs, logs=(), shares=(), rough=start)


def with_way(x: np.ndarray, way: np.ndarray, course: Course) -> np.ndarray:
    """Cases [case, input] at places of their way [case], as inputs of `along`."""
    past = [np.maximum(way - bend, 0.0) for bend in course.bends]
    return np.column_stack([x, way, *past])


def residual_loss(
    problem: Problem, course: Course, *, weight: float, points: int, seed: int = 0
) -> Callable[..., Loss]:
    """Mean square of the scaled error at the end of the way, plus that by which the law of motion is missed on it.

    A network N tells y(s) = y(0) + s (middle + half N(inputs, s)), so that the beginning is exact.

    Args:
        problem: without the way.
        course: its law.
        weight: of the residual, in units of the outputs' deviations.
        points: of inputs and places where the law is asked, the same in every step.
        seed: of the points.

    Returns:
        scales -> a loss for `fit`.

    Source: M. Raissi, P. Perdikaris, G. Karniadakis, Physics-informed neural networks (2019); exact beginnings:
        I. Lagaris, A. Likas, D. Fotiadis (1998).
    """
    low, high = np.append(problem.low, 0.0), np.append(problem.high, 1.0)
    cases = jnp.asarray(design(low, high, points, seed=seed), jnp.float32)
    names = tuple(problem.inputs)

    def of(scales: Scales) -> Loss:
        middle, half = (jnp.asarray(part, jnp.float32) for part in (scales.y_middle, scales.y_half))

        def missed(weights: Any, case: Array) -> Array:
            inputs = {name: case[k] for k, name in enumerate(names)}

            def y(way: Array) -> Array:
                past = [jnp.maximum(way - bend, 0.0) for bend in course.bends]
                z = scales.inward(jnp.concatenate([case[:-1], jnp.stack([way, *past])])).astype(jnp.float32)
                return course.begin(inputs) + way * (middle + half * apply(weights, z))

            told, slope = jax.jvp(y, (case[-1],), (jnp.ones((), jnp.float32),))
            return (slope - course.slope(inputs, case[-1], told)) / half

        def loss(weights: Any, z: Array, told: Array) -> Array:
            misses = jax.vmap(lambda case: missed(weights, case))(cases)
            return squares(weights, z, told) + weight * jnp.mean(misses**2).astype(jnp.float32)

        return loss

    return of
