"""Setpoints of a line as a problem for a search: points in, key figures out, on the same random numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from scenarios.cases import Case, block_width, evaluate, power_of_two
from scenarios.conditions import Condition
from scenarios.length import Length
from scenarios.outcome import Prices, contribution
from scenarios.search.problem import Evaluated
from scenarios.variables import Variable
from twin.figures import Figure, KPIs
from twin.gradient import GradientError
from twin.kpi import kpis
from twin.line import Line
from twin.many import Group
from twin.run import simulate

__all__ = ["Aim", "Budget", "LineProblem"]

MARGIN = 1.0
"""Standard errors by which the mean of a constrained figure keeps clear of its limit while it is searched."""

_PROBE = 1e-3


@dataclass(frozen=True)
class Budget:
    """Variables whose sum is limited, e.g. the places of all buffers: `most` in the units that people use."""

    of: tuple[str, ...]
    most: float


@dataclass(frozen=True)
class Aim:
    """A figure to make small (`sign` 1) or large (-1)."""

    kpi: str
    sign: float = 1.0


class LineProblem:
    """A line with what may be moved, what is aimed at and what has to be kept (see `scenarios.search.problem`).

    Args:
        line: what is searched.
        variables: what may be moved.
        aims: one, or several for a Pareto front.
        conditions: what has to be kept.
        length: of every run.
        budgets: sums of variables that are limited.
        prices: of parts, for the figure `contribution`.
        fixed: values of other setpoints, by path.
        change: for integers: makes the line with these whole numbers, by path.
        outside: most visits outside of where a surrogate may be trusted, as a share of good parts; None for no limit.
        baseline: the figures that conditions call `baseline`; None: those at the start.
    """

    def __init__(
        self,
        line: Line,
        variables: Sequence[Variable],
        aims: Sequence[Aim],
        conditions: Sequence[Condition],
        length: Length,
        *,
        budgets: Sequence[Budget] = (),
        prices: Prices | None = None,
        fixed: Mapping[str, float] | None = None,
        change: Callable[[Mapping[str, int]], Line] | None = None,
        outside: float | None = None,
        baseline: Mapping[str, Figure | None] | None = None,
    ) -> None:
        self.line, self.variables, self.aims, self.conditions = line, tuple(variables), tuple(aims), tuple(conditions)
        self.length, self.prices, self._fixed, self._change = length, prices, dict(fixed or {}), change
        self.names = tuple(variable.path for variable in variables)
        self.low, self.high, self.start = (
            np.array([getattr(variable, name) for variable in variables], float) for name in ("low", "high", "start")
        )
        self.integer = np.array([variable.integer for variable in variables], bool)
        guarded = any(getattr(type(s.process.behaviour), "guarded", False) for s in line.stations)
        self._outside = outside if guarded else None
        self.objectives = len(self.aims)
        self.budgets = tuple(budgets)
        self.constraints = len(self.conditions) + len(self.budgets) + (self._outside is not None)
        self.evaluations = 0
        self._like: Group | None = None
        self._refused = False
        # a program of a line with processes takes a minute to compile: better one, and some points for nothing
        self._dear = any(station.process.behaviour is not None for station in line.stations)
        self.baseline = baseline or self.figures(self.start[None])[0]
        named = [*(aim.kpi for aim in self.aims), *(one.kpi for one in self.conditions)]
        self.scale = {name: self._size(name) for name in named}

    def evaluate(self, points: Any) -> Evaluated:
        """Objectives, then constraints (kept at zero or less), in units of their size at the start.

        Args:
            points: [point, variable], SI.

        Returns:
            values [point, output, replication]; NaN where a figure is not known.
        """
        points = np.asarray(points, float)
        found = [np.stack(self._outputs(*pair)) for pair in zip(points, self.figures(points), strict=True)]
        return Evaluated(np.stack(found))

    def slopes(self, point: np.ndarray) -> np.ndarray | None:
        """Derivatives of the mean outputs [output, variable], exact; None where there are none.

        They are defined in a run by parts, where the line does not refuse them (docs/gradients.md).
        """
        if self.integer.any() or self.length.parts is None or self._refused:
            return None
        try:
            return np.asarray(self._jacobian(np.asarray(point, float)))
        except GradientError:
            self._refused = True
            return None

    @cached_property
    def _jacobian(self) -> Callable[[Any], Any]:
        """Compiled once, whatever the point."""

        def means(point: Any) -> Any:
            values = self._fixed | {name: point[k] for k, name in enumerate(self.names)}
            found = kpis(simulate(self.line, setpoints=values, record="kpis", **self.length.run))
            return jnp.stack([jnp.mean(row) for row in self._outputs(point, self._outcome(found))])

        return jax.jit(jax.jacrev(means))

    def figures(self, points: Any) -> list[Mapping[str, Figure | None]]:
        """The figures of the line at some points."""
        points = np.asarray(points, float)
        self.evaluations += len(points)
        if self.integer.any():
            told = evaluate([Case(str(k), *self.at(point)) for k, point in enumerate(points)], self.length)
        else:
            told = self._side_by_side([self.at(point)[1] for point in points])
        return [self._outcome(found) for found in told]

    def at(self, point: np.ndarray) -> tuple[Line, Mapping[str, float]]:
        """The line with the whole numbers of a point, and its setpoints."""
        values = dict(zip(self.names, map(float, point), strict=True))
        whole = {name: round(values.pop(name)) for name, own in zip(self.names, self.integer, strict=True) if own}
        if not whole:
            return self.line, self._fixed | values
        if self._change is None:
            raise ValueError("integers need a function that changes the line")
        return self._change(whole), self._fixed | values

    def _side_by_side(self, values: Sequence[Mapping[str, float]]) -> list[KPIs]:
        """All points in blocks of one width, by one program whatever the points are."""
        if self._like is None:
            towards = np.where(self.start < self.high, self.high, self.low)
            base, moved = (self.at(point)[1] for point in (self.start, self.start + _PROBE * (towards - self.start)))
            self._like = Group([self.line] * 2, [base, moved], **self.length.run)
        width = block_width(self.line, self.length.replications)
        group = Group([self.line] * len(values), values, like=self._like, **self.length.run)
        self._like = group
        found: list[KPIs] = []
        for first in range(0, len(values), width):
            places = list(range(first, min(first + width, len(values))))
            narrow = width if self._dear else power_of_two(len(places))
            traces = group.run(places + [places[-1]] * (narrow - len(places)))
            found += [kpis(trace) for trace in traces[: len(places)]]
        return found

    def _outcome(self, found: KPIs) -> Mapping[str, Figure | None]:
        """The figures of a run and those that a study adds."""
        figures = dict(found.figures)
        if self.prices is not None:
            figures["contribution"] = contribution(figures, self.prices)
        if self._outside is not None:
            counts = [s.figures["outside"] for s in found.stations.values() if s.figures.get("outside") is not None]
            figures["outside"] = Figure(sum(count.values for count in counts if count) / _values(found["good"]), "1")
        return figures

    def _outputs(self, point: Any, figures: Mapping[str, Figure | None]) -> list[Any]:
        """Every output [replication], see `evaluate`."""
        rows = [aim.sign * _values(figures[aim.kpi]) / self.scale[aim.kpi] for aim in self.aims]
        rows += [self._excess(one, figures) for one in self.conditions]
        rows += [self._over(one, point) + 0.0 * rows[0] for one in self.budgets]
        if self._outside is not None:
            rows.append(_values(figures["outside"]) - self._outside)
        return rows

    def _excess(self, one: Condition, figures: Mapping[str, Figure | None]) -> Any:
        """By how much a condition is broken [replication], as a share of its limit, with a margin for luck."""
        values = _values(figures[one.kpi])
        xp: Any = np if isinstance(values, np.ndarray) else jnp
        broken = one.excess(values, self.baseline)
        scale = self.scale[one.kpi]
        if one.share is not None:  # the value that so many replications keep counts for all
            return xp.quantile(broken, one.share) / scale + 0.0 * broken
        paired = jax.lax.stop_gradient(values - _values(self.baseline[one.kpi]) if one.relative else values)
        error = MARGIN * xp.std(paired, ddof=1) / math.sqrt(len(paired)) if len(paired) > 1 else 0.0
        return (broken + error) / scale

    def _over(self, budget: Budget, point: Any) -> Any:
        """By how much a budget is overspent, as a share of it."""
        named = zip(self.variables, point, strict=True)
        spent = sum(variable.shown(value) for variable, value in named if variable.path in budget.of)
        return (spent - budget.most) / max(abs(budget.most), 1.0)

    def _size(self, kpi: str) -> float:
        """Size of a figure at the start."""
        figure = self.baseline.get(kpi)
        size = float("nan") if figure is None else abs(float(figure.mean))
        return size if size > 0 and math.isfinite(size) else 1.0


def _values(figure: Figure | None) -> Any:
    return np.array([np.nan]) if figure is None else figure.values
