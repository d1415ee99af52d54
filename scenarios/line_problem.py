"""Setpoints of a line as a problem for a search: points in, key figures out, on the same random numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scenarios.cases import LANES, Case, evaluate
from scenarios.conditions import Condition
from scenarios.length import Length
from scenarios.outcome import Outcome, Prices
from scenarios.search.problem import Evaluated
from scenarios.variables import Variable
from twin.figures import Figure, KPIs
from twin.kpi import kpis
from twin.line import Line
from twin.many import Group

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
        self.baseline = self.outcomes(self.start[None])[0]
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
        found = [self._outputs(*pair) for pair in zip(points, self.outcomes(points), strict=True)]
        return Evaluated(np.stack(found))

    def slopes(self, point: np.ndarray) -> np.ndarray | None:
        """Derivatives of the mean outputs; None: the search takes paired differences."""
        del point
        return None

    def outcomes(self, points: Any) -> list[Outcome]:
        """What the line tells at some points."""
        points = np.asarray(points, float)
        self.evaluations += len(points)
        if self.integer.any():
            told = evaluate([Case(str(k), *self.at(point)) for k, point in enumerate(points)], self.length)
        else:
            told = self._side_by_side([self.at(point)[1] for point in points])
        return [self._outcome(str(k), found) for k, found in enumerate(told)]

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
        width = max(1, LANES // self.length.replications)
        width = 1 << (width - 1).bit_length()
        group = Group([self.line] * len(values), values, like=self._like, **self.length.run)
        self._like = group
        found: list[KPIs] = []
        for first in range(0, len(values), width):
            places = list(range(first, min(first + width, len(values))))
            narrow = 1 << (len(places) - 1).bit_length()  # few programs, little that is computed for nothing
            traces = group.run(places + [places[-1]] * (narrow - len(places)))
            found += [kpis(trace) for trace in traces[: len(places)]]
        return found

    def _outcome(self, name: str, found: KPIs) -> Outcome:
        outcome = Outcome.of(name, found, self.prices)
        if self._outside is None:
            return outcome
        counts = [s.figures["outside"] for s in found.stations.values() if s.figures.get("outside") is not None]
        share = sum(np.asarray(c.values, float) for c in counts if c) / np.maximum(_values(found["good"]), 1.0)
        return replace(outcome, figures={**outcome.figures, "outside": Figure(share, "1")})

    def _outputs(self, point: np.ndarray, outcome: Outcome) -> np.ndarray:
        rows = [aim.sign * _values(outcome.figures[aim.kpi]) / self.scale[aim.kpi] for aim in self.aims]
        rows += [self.excess(one, outcome) for one in self.conditions]
        rows += [np.full_like(rows[0], self._over(one, point)) for one in self.budgets]
        if self._outside is not None:
            rows.append(_values(outcome.figures["outside"]) - self._outside)
        return np.stack(rows)

    def excess(self, one: Condition, outcome: Outcome) -> np.ndarray:
        """By how much a condition is broken [replication], as a share of its limit, with a margin for luck."""
        values = _values(outcome.figures[one.kpi])
        broken = one.excess(values, self.baseline.figures)
        scale = self.scale[one.kpi]
        if one.share is not None:  # the value that so many replications keep counts for all
            return np.full(len(broken), np.quantile(broken, one.share) / scale)
        paired = values - _values(self.baseline.figures[one.kpi]) if one.relative else values
        error = MARGIN * paired.std(ddof=1) / math.sqrt(len(paired)) if len(paired) > 1 else 0.0
        return (broken + error) / scale

    def _over(self, budget: Budget, point: np.ndarray) -> float:
        """By how much a budget is overspent, as a share of it."""
        named = zip(self.variables, map(float, point), strict=True)
        spent = sum(variable.shown(value) for variable, value in named if variable.path in budget.of)
        return (spent - budget.most) / max(abs(budget.most), 1.0)

    def _size(self, kpi: str) -> float:
        """Size of a figure at the start."""
        figure = self.baseline.figures.get(kpi)
        size = float("nan") if figure is None else abs(float(figure.mean))
        return size if size > 0 and math.isfinite(size) else 1.0


def _values(figure: Figure | None) -> np.ndarray:
    return np.array([np.nan]) if figure is None else np.asarray(figure.values, float)
