"""What an optimisation found: the point, what it is worth, and how far that was proved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scenarios.compare import Difference, compared, said
from scenarios.conditions import Condition
from scenarios.figures import FIGURES, unit_words
from scenarios.length import Length
from scenarios.outcome import Outcome

if TYPE_CHECKING:
    from scenarios.line_problem import Aim
    from scenarios.search.problem import Found

__all__ = ["Optimum", "Point"]


@dataclass(frozen=True)
class Point:
    """One number of the optimum.

    Attributes:
        value: in `unit`.
        unit: as people give it.
        si: the same in SI units.
        before: where it stood, in `unit`.
        proposal: whether it lies outside the released window, so that it is a proposal for a trial.
    """

    value: float
    unit: str
    si: float
    before: float
    proposal: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"value": self.value, "unit": self.unit, "before": self.before, "proposal": self.proposal}


@dataclass(frozen=True)
class Optimum:
    """What was found.

    Attributes:
        best: by path.
        aims, conditions: what was asked.
        before, after: on first principles and fresh random numbers, paired.
        start, searched: the same two as the search saw them.
        proof: how long and how often before and after were run.
        found: the search: points, history, multipliers, front.
        scale: of each output of the search: a figure's value for 1 there.
        elsewhere: the same numbers in the scenarios that they have to serve, too, by name.
    """

    best: Mapping[str, Point]
    aims: tuple[Aim, ...]
    conditions: tuple[Condition, ...]
    before: Outcome
    after: Outcome
    start: Outcome
    searched: Outcome
    proof: Length
    found: Found
    scale: Mapping[str, float]
    elsewhere: Mapping[str, Optimum] = field(default_factory=dict)

    @property
    def difference(self) -> dict[str, Difference]:
        """After less before, by figure; those of aims and conditions hold at once."""
        named = {aim.kpi for aim in self.aims} | {one.kpi for one in self.conditions}
        found = {}
        for name, figure in self.after.figures.items():
            other = self.before.figures.get(name)
            if figure is not None and other is not None:
                found[name] = compared(name, figure, other, family=len(named) if name in named else 1)
        return found

    @property
    def kept(self) -> dict[str, bool]:
        """Which conditions the proof keeps: on average, or in so many replications as were asked for."""
        kept = {}
        for one in self.conditions:
            figure = self.after.figures.get(one.kpi)
            if figure is None:
                kept[one.text] = False
                continue
            within = one.kept(figure.values, self.before.figures)
            broken = float(one.excess(figure.values, self.before.figures).mean())
            kept[one.text] = bool(broken <= 0 if one.share is None else within.mean() >= one.share)
        return kept

    @property
    def feasible(self) -> bool:
        """Whether the proof keeps all conditions, in all scenarios."""
        return all(self.kept.values()) and all(own.feasible for own in self.elsewhere.values())

    @property
    def everywhere(self) -> dict[str, Optimum]:
        """This one, then those elsewhere, by what to add behind a condition: "", ", in slow days"."""
        return {"": self, **{f", in {name}": own for name, own in self.elsewhere.items()}}

    @property
    def gap(self) -> dict[str, float]:
        """How much more the search promised of each aim than the proof kept, in the unit of the figure.

        A positive number is a promise that was not kept: luck of the search's random numbers, or an error of networks.
        """
        gaps = {}
        for aim in self.aims:
            searched, start, after, before = (
                _mean(outcome, aim.kpi) for outcome in (self.searched, self.start, self.after, self.before)
            )
            gaps[aim.kpi] = aim.sign * ((after - before) - (searched - start))
        return gaps

    def prices(self) -> dict[str, str]:
        """What each condition costs, in words: from the multipliers of the search."""
        if self.found.multipliers is None or len(self.aims) != 1:
            return {}
        aim = self.aims[0]
        unit = _unit(self.after, aim.kpi)
        told = {}
        for one, multiplier in zip(self.conditions, self.found.multipliers, strict=False):
            if not multiplier > 1e-9:
                told[one.text] = "costs nothing: it is kept with something to spare"
                continue
            size = self.scale[one.kpi]
            step, words = _step(one, size, _unit(self.after, one.kpi))
            price = float(multiplier) * self.scale[aim.kpi] * step / size
            more = "more" if aim.sign > 0 else "less"
            told[one.text] = f"{words} would cost {said(price)}{unit} {more} {FIGURES[aim.kpi].words}"
        return told

    def to_json(self) -> dict[str, Any]:
        """As `linetwin optimise --json` writes it."""
        return {
            "best": {path: point.to_json() for path, point in self.best.items()},
            "before": self.before.to_json()["kpis"],
            "after": self.after.to_json()["kpis"],
            "difference": {name: found.to_json() for name, found in self.difference.items()},
            "feasible": self.feasible,
            "kept": self.kept,
            "gap": {name: value if math.isfinite(value) else None for name, value in self.gap.items()},
            "prices": self.prices(),
            "proposals": [path for path, point in self.best.items() if point.proposal],
            "proof": self.proof.run,
            "evaluations": self.found.evaluations,
            "elsewhere": {name: own.to_json() for name, own in self.elsewhere.items()},
        }


def _mean(outcome: Outcome, kpi: str) -> float:
    figure = outcome.figures.get(kpi)
    return float("nan") if figure is None else float(figure.mean)


def _unit(outcome: Outcome, kpi: str) -> str:
    figure = outcome.figures.get(kpi)
    return "" if figure is None else unit_words(kpi, figure.unit)


def _step(one: Condition, size: float, unit: str) -> tuple[float, str]:
    """A step of a limit that people can think of, and how it is said."""
    known = FIGURES[one.kpi]
    if known.percent:
        return 0.01, f"one %-point {'more' if one.least else 'less'} {known.words}"
    step = 10.0 ** math.floor(math.log10(size / 10)) if size > 0 else 1.0
    return step, f"{step:g}{unit} {'more' if one.least else 'less'}{'' if unit == ' parts/h' else ' ' + known.words}"
