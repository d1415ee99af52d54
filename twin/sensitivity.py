"""Derivatives of several key figures by several numbers of a line, in one run, and which of them are refused.

Derivatives are path-wise (`docs/gradients.md`), worked out forwards: one tangent per number, all together in one
vectorised run, so that memory does not grow with the length of the run. The numbers are traced: other values of the
same line and lengths use the same compiled program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from twin.figures import Figure, Interval
from twin.gradient import GradientError
from twin.kpi import kpis as key_figures
from twin.line import Line
from twin.plan import plan
from twin.run import simulate

__all__ = ["Sensitivity", "Slopes", "sensitivity"]


@dataclass(frozen=True)
class Sensitivity:
    """Key figures and their derivatives at one point.

    Attributes:
        values: by KPI, [replication] in the unit of the KPI.
        slopes: by path and KPI, derivative per replication in the unit of the KPI per SI unit of the path; a path that
            is refused has none.
        kinds: by path, "exact" or "refused: " and the reason.
    """

    values: Mapping[str, np.ndarray]
    slopes: Mapping[str, Mapping[str, Figure]]
    kinds: Mapping[str, str]

    def mean(self, path: str, kpi: str) -> float:
        """Mean derivative over replications; raises KeyError where it is refused."""
        return float(np.mean(self._slope(path, kpi).values))

    def ci95(self, path: str, kpi: str) -> Interval | None:
        """95 % interval of the mean derivative; None for one replication."""
        return self._slope(path, kpi).ci95

    def _slope(self, path: str, kpi: str) -> Figure:
        if path not in self.slopes:
            raise KeyError(f"{path}: {self.kinds.get(path, 'not asked for')}")
        return self.slopes[path][kpi]


class Slopes:
    """`sensitivity` made ready for many points: compiled at the first call, not again for other values.

    Args:
        line: what is simulated.
        kpis: names of key figures of the line.
        paths: numbers of the line to differentiate by; all of `line.setpoints` when None.
        length: horizon or parts, warmup or warmup_parts, replications and seed, as for `simulate`.
    """

    def __init__(self, line: Line, kpis: Sequence[str], paths: Sequence[str] | None = None, **length: Any) -> None:
        self.line, self.kpis, self._length = line, tuple(kpis), length
        self.paths = tuple(line.setpoints if paths is None else paths)
        declared = _declared(line)
        unknown = sorted(set(self.paths) - set(declared))
        if unknown:
            raise KeyError(f"{unknown[0]!r} names no number of the line; there are {', '.join(sorted(declared))}")
        self._at = {path: declared[path] for path in self.paths}
        self.compilations = 0
        self._kinds: dict[str, str] | None = None
        self._run = jax.jit(self._values_and_slopes)

    def __call__(self, values: Mapping[str, float] | None = None) -> Sensitivity:
        """The sensitivity at these values of the paths; those not named have the values of the line."""
        values = dict(values or {})
        if unknown := sorted(set(values) - set(self.paths)):
            raise KeyError(f"{unknown[0]!r} is not among the paths asked for: {', '.join(self.paths)}")
        point = {path: jnp.asarray(values.get(path, self._at[path]), float) for path in self.paths}
        kinds = self.kinds
        found, slopes = self._run(point)
        exact = [path for path in self.paths if kinds[path] == "exact"]
        rows = {
            path: {
                kpi: Figure(np.asarray(slopes[path][k]), f"1/{path}", random=True) for k, kpi in enumerate(self.kpis)
            }
            for path in exact
        }
        return Sensitivity(dict(zip(self.kpis, map(np.asarray, found), strict=True)), rows, kinds)

    @property
    def kinds(self) -> dict[str, str]:
        """By path, "exact" or "refused: " and the reason; found by tracing, without a run."""
        if self._kinds is None:
            reasons = {}
            together = self._refusal(self.paths)
            for path in self.paths:
                reason = together and self._refusal((path,))
                reasons[path] = f"refused: {reason}" if reason else "exact"
            self._kinds = reasons
        return self._kinds

    def _refusal(self, paths: Sequence[str]) -> str | None:
        """Why the derivative by these paths is refused; None if it is not."""
        point = {path: jnp.asarray(self._at[path], float) for path in self.paths}
        moved = {path: point[path] for path in paths}
        try:
            jax.eval_shape(lambda rest, at: jax.jvp(partial(self._figures, rest), (at,), (at,)), point, moved)
        except GradientError as refused:
            return str(refused)
        return None

    def _figures(self, rest: Mapping[str, Any], moved: Mapping[str, Any]) -> Any:
        """Key figures [KPI, replication]."""
        trace = simulate(self.line, setpoints={**rest, **moved}, record="kpis", **self._length)
        told = key_figures(trace)
        return jnp.stack([_smooth(told[name], name) for name in self.kpis])

    def _values_and_slopes(self, point: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        self.compilations += 1
        exact = {path: point[path] for path in self.paths if self.kinds[path] == "exact"}
        if not exact:
            return self._figures(point, {}), {}
        slopes, found = jax.jacfwd(partial(self._twice, point), has_aux=True)(exact)
        return found, slopes

    def _twice(self, rest: Mapping[str, Any], moved: Mapping[str, Any]) -> tuple[Any, Any]:
        """The key figures to be differentiated, and as they are."""
        figures = self._figures(rest, moved)
        return figures, figures


def sensitivity(
    line: Line,
    kpis: Sequence[str],
    paths: Sequence[str] | None = None,
    *,
    values: Mapping[str, float] | None = None,
    **length: Any,
) -> Sensitivity:
    """Derivatives of key figures by numbers of a line, per replication.

    For many points of one line keep a `Slopes`, which compiles once.

    Args:
        line: what is simulated.
        kpis: names of key figures of the line.
        paths: numbers to differentiate by; all of `line.setpoints` when None.
        values: where, by path [SI]; the line's own values when not given.
        length: horizon or parts, warmup or warmup_parts, replications and seed, as for `simulate`.

    Raises:
        KeyError: a path names no number of the line.
        LineError, ValueError: as `simulate`.
    """
    return Slopes(line, kpis, paths, **length)(values)


class _Noted(dict[str, float]):
    """No replacements, but a note of every number of a line that could be replaced."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: dict[str, float] = {}

    def __bool__(self) -> bool:
        return True

    def get(self, key: str, default: Any = None, /) -> Any:
        if isinstance(default, (int, float)):
            self.noted[key] = float(default)
        return default


def _declared(line: Line) -> dict[str, float]:
    """Every number of a line that may be replaced, by path [SI]."""
    numbers = _Noted()
    plan(line, numbers)
    return numbers.noted | line.setpoints


def _smooth(told: Figure | None, name: str) -> Any:
    """Values of a figure [replication], refused where its mean is refused (`Figure.moved_by`)."""
    if told is None:
        raise KeyError(f"this line has no figure {name!r}")
    values = jnp.asarray(told.values)
    return values if told.moved_by is None else values + 0.0 * told.mean
