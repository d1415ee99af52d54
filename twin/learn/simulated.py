"""Statistics of simulated logs and their derivatives by what is unknown, as compiled programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from twin.errors import LineError
from twin.gradient import GradientError
from twin.learn.passing import Passing, passing
from twin.learn.summaries import Summaries
from twin.learn.unknowns import Unknown
from twin.line import Line

__all__ = ["Simulated"]

Numbers = Mapping[str, Any]

_STEP = 0.05
"""Half the step of a central difference, as a share of the range: where a number decides what happens, many events have
to change within it, or the difference is mostly noise."""


class Simulated:
    """Statistics of simulated logs of a line; compiled once for all values of what is unknown, and for all logs.

    Replications have the same random numbers at all values.

    Args:
        line: as it is simulated, with as many places as any value needs.
        what: the statistics.
        places: of the logged stations.
        unknown: numbers that are not known; those of machines belong to the line.
        keep: which parts count [part].
        replications: logs that are simulated.
        seed: of all random numbers.
    """

    def __init__(
        self,
        line: Line,
        what: Summaries,
        places: Sequence[int],
        *,
        unknown: Sequence[Unknown],
        keep: Float[np.ndarray, " part"],
        replications: int,
        seed: int,
    ) -> None:
        self._line, self._what, self._places = line, what, tuple(places)
        self._smooth = tuple(one for one in unknown if not one.whole)
        self._counted = tuple(one for one in unknown if one.whole and not one.path.endswith(".machines"))
        self._keep, self._replications, self._seed = jnp.asarray(keep), replications, seed
        self._values = jax.jit(self._statistics)
        self._slopes = jax.jit(self._forwards)
        self._kinds: dict[str, str] | None = None

    def values(
        self, share: Float[np.ndarray, " smooth"], counts: Sequence[int], numbers: Numbers
    ) -> Float[np.ndarray, "replication statistic"]:
        """Statistics of every simulated log.

        Args:
            share: of the range of each number that is not whole, 0 to 1.
            counts: of places, in the order of the unknown numbers.
            numbers: what the log replaces, see `Replay.numbers`.

        Raises:
            LineError: the run was too short to know all times.
        """
        found, known = self._values(jnp.asarray(share, float), jnp.asarray(counts, int), numbers)
        if not np.asarray(known).all():
            rule = "simulated parts had not left the line when the run ended, since stops came more often than expected"
            raise LineError(f"line {self._line.name!r}: {rule}. Narrow the bounds of what is unknown.")
        return np.asarray(found)

    def jacobian(
        self, share: Float[np.ndarray, " smooth"], counts: Sequence[int], numbers: Numbers
    ) -> Float[np.ndarray, "statistic smooth"]:
        """Derivatives of the mean statistics by each number, as a share of its range.

        Path-wise where these are right, else central differences on the same random numbers.
        """
        kinds = self.kinds(numbers)
        exact = np.array([kinds[one.path] == "gradient" for one in self._smooth], bool)
        slopes = np.zeros((len(self._what.names), len(share)))
        if exact.any():
            found = self._slopes(jnp.asarray(share, float), jnp.asarray(counts, int), numbers)
            slopes[:, exact] = np.asarray(found)
        for k in np.flatnonzero(~exact):
            slopes[:, k] = self.differences(share, counts, numbers, int(k))
        return slopes

    def differences(
        self,
        share: Float[np.ndarray, " smooth"],
        counts: Sequence[int],
        numbers: Numbers,
        which: int,
        step: float = _STEP,
    ) -> Float[np.ndarray, " statistic"]:
        """Derivative by one number, by central differences (one-sided at the ends of its range)."""
        low, high = (np.clip(share[which] + sign * step, 0.0, 1.0) for sign in (-1, 1))
        ends = [np.where(np.arange(len(share)) == which, end, share) for end in (low, high)]
        below, above = (self.values(end, counts, numbers).mean(axis=0) for end in ends)
        return (above - below) / (high - low)

    def kinds(self, numbers: Numbers) -> dict[str, str]:
        """By path, "gradient", or "differences: " and why the gradient is refused; found by tracing, without a run."""
        if self._kinds is None:
            self._kinds = {one.path: self._refusal(k, numbers) for k, one in enumerate(self._smooth)}
        return self._kinds

    def _refusal(self, which: int, numbers: Numbers) -> str:
        one = jnp.full(len(self._smooth), 0.5)
        counts = jnp.zeros(len(self._counted), int)

        def moved(x: Array) -> Array:
            return self._means(one.at[which].set(x), counts, numbers, only=which)

        try:
            jax.eval_shape(lambda x: jax.jvp(moved, (x,), (x,)), one[which])
        except GradientError as refused:
            return f"differences: {refused}"
        return "gradient"

    def _forwards(self, share: Array, counts: Array, numbers: Numbers) -> Array:
        """Derivatives by the numbers that have them."""
        assert self._kinds is not None  # noqa: S101 - `jacobian` has asked
        exact = [k for k, one in enumerate(self._smooth) if self._kinds[one.path] == "gradient"]
        at = np.asarray(exact)
        fixed = jax.lax.stop_gradient(share)
        return jax.jacfwd(lambda own: self._means(fixed.at[at].set(own), counts, numbers, only=exact))(share[at])

    def _means(self, share: Array, counts: Array, numbers: Numbers, only: Any = None) -> Array:
        return jnp.mean(self._statistics(share, counts, numbers, only)[0], axis=0)

    def _statistics(self, share: Array, counts: Array, numbers: Numbers, only: Any = None) -> tuple[Array, Array]:
        """Statistics [replication, statistic] and which replications are whole; derivatives by `only` these numbers."""
        moving = range(len(self._smooth)) if only is None else np.atleast_1d(only)
        still = jax.lax.stop_gradient(share)
        values: dict[str, Any] = {
            one.path: one.scaled(share[k] if k in moving else still[k]) for k, one in enumerate(self._smooth)
        }
        values |= {one.path: counts[k] for k, one in enumerate(self._counted)}
        run = {"parts": len(self._keep), "replications": self._replications, "seed": self._seed}
        times, known = passing(self._line, values, numbers=numbers, **run)
        logged = Passing(*(column[:, np.asarray(self._places)] for column in times))
        each = jax.vmap(lambda one: self._what.of_parts(one, self._keep), in_axes=2)
        return each(logged), known
