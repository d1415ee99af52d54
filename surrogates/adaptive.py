"""Bounds that keep their coverage while the process drifts: they learn from every miss, in the order of time.

A rule says how large the next score may be, is told what it was, and moves. State in, state out: for a live twin call
`threshold` and `update` in turn, for a recorded series `follow`. A score is anything of which large values are misses;
for both sides of an interval take the error, and the error with its sign turned round (`two_sided`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike, NDArray

import twin  # noqa: F401 - from here on JAX computes with double precision

__all__ = ["AdaptiveLevel", "Followed", "Rule", "TrackedQuantile", "follow", "two_sided"]

S = TypeVar("S")
Floats = NDArray[np.float64]


class Rule(Protocol[S]):
    """Bounds the next score."""

    def start(self, past: Array) -> S:
        """State after past scores [time]."""
        ...

    def threshold(self, state: S) -> Array:
        """Bound of the next score."""
        ...

    def update(self, state: S, score: Array, bound: Array | None = None) -> S:
        """State after a score and the bound that was in force for it, by default that of the state."""
        ...


class Level(NamedTuple):
    """State of `AdaptiveLevel`.

    Attributes:
        miss: level of missing aimed at now; may leave 0 to 1.
        recent: scores of the past [window], the oldest at `place`.
        place: of the oldest.
    """

    miss: Array
    recent: Array
    place: Array


@dataclass(frozen=True)
class AdaptiveLevel:
    """Adaptive conformal inference: the bound is a quantile of the recent scores, at a level that every miss moves.

    a <- a + step (alpha - missed), the bound is the conformal quantile at 1 - a. Beyond the largest score it is
    infinite. Whatever happens, |share of misses - alpha| is at most (max(a_1, 1 - a_1) + step) / (step time).

    Attributes:
        coverage: 1 - alpha, promised; above 0 and below 1.
        step: of the level at a miss; larger follows faster and varies more.

    Source:
        Gibbs and Candes, Adaptive conformal inference under distribution shift, Neural Information Processing Systems
        2021: equation 2 and proposition 4.1.

    Example:
        >>> rule = AdaptiveLevel(coverage=0.9)
        >>> state = rule.start(jnp.arange(1.0, 100.0))
        >>> float(rule.threshold(state)), float(rule.update(state, jnp.asarray(95.0)).miss)
        (90.0, 0.0955)
    """

    coverage: Any
    step: Any = 0.005

    def start(self, past: Array) -> Level:
        """State after past scores [time], all of which stay in the window."""
        return Level(1.0 - jnp.asarray(self.coverage, float), jnp.asarray(past, float), jnp.asarray(0))

    def threshold(self, state: Level) -> Array:
        """Bound of the next score; infinite where the level asks for more than there is."""
        count = len(state.recent)
        ordered = jnp.concatenate([jnp.array([-jnp.inf]), jnp.sort(state.recent), jnp.array([jnp.inf])])
        rank = jnp.ceil((count + 1) * (1.0 - state.miss) - 1e-9)
        return ordered[jnp.clip(rank, 0, count + 1).astype(int)]

    def update(self, state: Level, score: Array, bound: Array | None = None) -> Level:
        """State after a score, which takes the place of the oldest, see `Rule.update`."""
        missed = score > (self.threshold(state) if bound is None else bound)
        miss = state.miss + self.step * (1.0 - self.coverage - missed)
        recent = state.recent.at[state.place].set(score)
        return Level(miss, recent, (state.place + 1) % len(state.recent))


class Tracked(NamedTuple):
    """State of `TrackedQuantile`.

    Attributes:
        quantile: tracked.
        unit: of its steps: distance from the 5th to the 95th percentile of the past scores.
        excess: misses so far, less those promised.
        time: scores so far.
    """

    quantile: Array
    unit: Array
    excess: Array
    time: Array


@dataclass(frozen=True)
class TrackedQuantile:
    """Quantile tracking: the bound itself moves at every miss (P), and by what has gone wrong so far (I).

    q <- q + rate unit (missed - alpha); the bound is q + gain unit tan(excess log(t + 1) / ((t + 1) saturation)), where
    the tangent is infinite beyond its pole. Without gain the bound is always finite, and for scores that stay in a
    range b the share of misses is within (b + rate unit) / (rate unit time) of alpha.

    Attributes:
        coverage: 1 - alpha, promised; above 0 and below 1.
        rate: step at a miss, in units of the past scores.
        gain: of the integral, in the same units; 0 leaves it out.
        saturation: of the integral: larger reacts later.

    Source:
        Angelopoulos, Candes and Tibshirani, Conformal PID control for time series prediction, Neural Information
        Processing Systems 2023: equations 4 and 6, proposition 1.

    Example:
        >>> rule = TrackedQuantile(coverage=0.9, rate=0.01)
        >>> state = rule.start(jnp.arange(0.0, 101.0))
        >>> float(rule.threshold(state)), float(rule.update(state, jnp.asarray(95.0)).quantile)
        (91.0, 91.81)
    """

    coverage: Any
    rate: Any = 0.03
    gain: Any = 0.0
    saturation: Any = 5.0

    def start(self, past: Array) -> Tracked:
        """State after past scores [time]."""
        ordered = jnp.sort(jnp.asarray(past, float))
        rank = jnp.ceil((len(past) + 1) * jnp.asarray(self.coverage, float) - 1e-9).astype(int)
        low, high = jnp.quantile(ordered, 0.05), jnp.quantile(ordered, 0.95)
        return Tracked(ordered[jnp.clip(rank - 1, 0, len(past) - 1)], high - low, jnp.zeros(()), jnp.zeros(()))

    def threshold(self, state: Tracked) -> Array:
        """Bound of the next score."""
        angle = state.excess * jnp.log(state.time + 1.0) / ((state.time + 1.0) * self.saturation)
        within = jnp.abs(angle) < jnp.pi / 2.0
        lean = jnp.where(within, jnp.tan(jnp.where(within, angle, 0.0)), jnp.sign(angle) * jnp.inf)
        return state.quantile + jnp.where(jnp.asarray(self.gain) > 0.0, self.gain * state.unit * lean, 0.0)

    def update(self, state: Tracked, score: Array, bound: Array | None = None) -> Tracked:
        """State after a score, see `Rule.update`."""
        off = (score > (self.threshold(state) if bound is None else bound)) - (1.0 - self.coverage)
        quantile = state.quantile + self.rate * state.unit * off
        return Tracked(quantile, state.unit, state.excess + off, state.time + 1.0)


jax.tree_util.register_dataclass(AdaptiveLevel, data_fields=["coverage", "step"], meta_fields=[])
jax.tree_util.register_dataclass(
    TrackedQuantile, data_fields=["coverage", "rate", "gain", "saturation"], meta_fields=[]
)


class Followed(NamedTuple, Generic[S]):
    """A rule along a series of scores.

    Attributes:
        threshold: bound of each score, from those before it [time].
        missed: whether the score was larger [time].
        state: after the last one.
    """

    threshold: Array
    missed: Array
    state: S


@partial(jax.jit, static_argnames="late")
def follow(rule: Rule[S], state: S, scores: Array, *, late: int = 0) -> Followed[S]:
    """Take a rule along a series of scores, each of which it bounds before it sees it.

    A miss counts against the bound that was in force, also where it is heard of late.

    Args:
        rule: how to bound.
        state: before the first of them, from `rule.start`, or from an earlier `follow`.
        scores: in the order of time [time].
        late: how many further scores are bounded before one is heard of, e.g. while a laboratory measures. The state
            that comes back has not heard of the last ones.

    Example:
        >>> rule = AdaptiveLevel(coverage=0.5, step=0.1)
        >>> found = follow(rule, rule.start(jnp.array([1.0, 2.0, 3.0])), jnp.array([5.0, 1.0]))
        >>> found.threshold, found.missed
        (Array([2., 5.], dtype=float64), Array([ True, False], dtype=bool))
    """

    def onward(carry: tuple[S, Array], now: tuple[Array, Array, Array]) -> tuple[tuple[S, Array], tuple[Array, Array]]:
        state, bounds = carry
        time, score, heard = now
        bound = rule.threshold(state)
        bounds = bounds.at[time % (late + 1)].set(bound)
        told = rule.update(state, heard, bounds[(time + 1) % (late + 1)])
        after = jax.tree.map(lambda old, new: jnp.where(time < late, old, new), state, told)
        return (after, bounds), (bound, score > bound)

    heard = jnp.concatenate([jnp.zeros(late), scores])[: len(scores)]
    series = (jnp.arange(len(scores)), scores, heard)
    (last, _), (threshold, missed) = jax.lax.scan(onward, (state, jnp.zeros(late + 1)), series)
    return Followed(threshold, missed, last)


def two_sided(
    make: Callable[[float], Rule[Any]],
    past: ArrayLike,
    errors: ArrayLike,
    *,
    coverage: float,
    unit: tuple[ArrayLike, ArrayLike] | None = None,
    late: int = 0,
) -> tuple[Floats, Floats]:
    """How far an interval has to reach below and above each prediction, each side missed half as often as allowed.

    Args:
        make: coverage of one side -> its rule, e.g. `AdaptiveLevel`.
        past: measured - predicted, before the first one [time].
        errors: measured - predicted, in the order of time [time].
        coverage: of the interval, above 0 and below 1.
        unit: guesses of the size of both errors, e.g. spreads of the members, above zero: reaches grow with them.
        late: after how many further rows an error is heard of, see `follow`.

    Returns:
        Reach below and above [time]; the interval is from predicted - below to predicted + above. Each rests on the
        errors before its own alone. One that has turned inside out is empty and holds nothing.

    Example:
        >>> draw = np.random.default_rng(0)
        >>> past, errors = draw.normal(size=500), draw.normal(5.0, 1.0, 5000)
        >>> below, above = two_sided(AdaptiveLevel, past, errors, coverage=0.9)
        >>> round(float(np.mean((-below <= errors) & (errors <= above))), 2)
        0.9
    """
    before, after = np.asarray(past, float), np.asarray(errors, float)
    sizes = (np.ones_like(before), np.ones_like(after)) if unit is None else tuple(np.asarray(one) for one in unit)
    rule = make((1.0 + coverage) / 2.0)
    reach = []
    for sign in (-1.0, 1.0):
        state = rule.start(jnp.asarray(sign * before / sizes[0]))
        found = follow(rule, state, jnp.asarray(sign * after / sizes[1]), late=late)
        reach.append(np.asarray(found.threshold) * sizes[1])
    return reach[0], reach[1]
