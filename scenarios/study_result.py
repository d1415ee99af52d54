"""What a study told: figures of all cases, differences to the baseline, probabilities of conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from scenarios.compare import Difference, compared
from scenarios.length import Length
from scenarios.outcome import Outcome
from scenarios.study import Study
from twin.statistics import Interval

__all__ = ["Chance", "StudyResult", "share_interval"]


@dataclass(frozen=True)
class Chance:
    """How often a condition is kept: `share` of the replications, with its 95 % interval."""

    text: str
    share: float
    ci95: Interval

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"share": self.share, "ci95": list(self.ci95)}


@dataclass(frozen=True)
class StudyResult:
    """What came out.

    Attributes:
        study: what was asked.
        length: of the runs as they were made, with the replications that it took.
        baseline: what all is compared with.
        scenarios: the alternatives, in order.
        sweeps: outcomes of the points, by sweep.
        provenance: hash of the line and versions.
    """

    study: Study
    length: Length
    baseline: Outcome
    scenarios: tuple[Outcome, ...]
    sweeps: Mapping[str, tuple[Outcome, ...]] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> tuple[str, ...]:
        """Figures that the study is about and the line has."""
        return tuple(name for name in self.study.show if self.baseline.figures.get(name) is not None)

    @property
    def family(self) -> int:
        """How many differences are claimed at once."""
        return max(1, len(self.scenarios) * len(self.shown))

    def difference(self, outcome: Outcome) -> dict[str, Difference]:
        """The paired difference of every figure that both cases know; those shown hold all at once."""
        found = {}
        for name, figure in outcome.figures.items():
            other = self.baseline.figures.get(name)
            if figure is not None and other is not None:
                found[name] = compared(name, figure, other, family=self.family)
        return found

    def chances(self, outcome: Outcome) -> list[Chance]:
        """How often the conditions of the study are kept."""
        found = []
        for one in self.study.conditions:
            figure = outcome.figures.get(one.kpi)
            if figure is not None:
                kept = one.kept(figure.values, self.baseline.figures)
                found.append(Chance(one.text, float(kept.mean()), share_interval(int(kept.sum()), len(kept))))
        return found

    def to_json(self) -> dict[str, Any]:
        """Baseline, scenarios with differences, sweeps; as `linetwin whatif --json` writes it."""
        said: dict[str, Any] = {"study": self.study.name, "question": self.study.question, "line": self.study.line}
        said |= dict(self.provenance) | {"run": self.length.run, "family": self.family, "shown": list(self.shown)}
        said["baseline"] = self._told(self.baseline, self.study.baseline.changes)
        said["scenarios"] = {}
        for outcome, scenario in zip(self.scenarios, self.study.scenarios, strict=True):
            differences = {name: found.to_json() for name, found in self.difference(outcome).items()}
            said["scenarios"][outcome.name] = self._told(outcome, scenario.changes) | {"difference": differences}
        if self.sweeps:
            said["sweeps"] = {
                sweep.name: self._points(sweep.points, self.sweeps[sweep.name]) for sweep in self.study.sweeps
            }
        return said

    def _told(self, outcome: Outcome, changes: Mapping[str, Any]) -> dict[str, Any]:
        told = outcome.to_json() | {"set": dict(changes)}
        if self.study.conditions:
            told["probability"] = {chance.text: chance.to_json() for chance in self.chances(outcome)}
        return told

    def _points(self, points: Sequence[Mapping[str, Any]], outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
        return [
            {"set": dict(point), "kpis": {n: f and f.to_json() for n, f in outcome.figures.items()}}
            for point, outcome in zip(points, outcomes, strict=True)
        ]


def share_interval(kept: int, of: int) -> Interval:
    """95 % interval of a probability, from how often something happened.

    Source:
        Wilson, Probable inference, the law of succession, and statistical inference, J. Am. Stat. Assoc. 22 (1927);
        recommended for small numbers by Brown, Cai and DasGupta, Statistical Science 16 (2001).

    Example:
        >>> share_interval(64, 64)[0] > 0.94
        True
    """
    z = 1.959963984540054
    share = kept / of
    middle, spread = share + z * z / (2 * of), z * float(np.sqrt(share * (1 - share) / of + z * z / (4 * of * of)))
    low, high = ((middle + sign * spread) / (1 + z * z / of) for sign in (-1, 1))
    return max(0.0, low), min(1.0, high)
