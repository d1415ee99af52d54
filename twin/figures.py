"""Figures of a run with their unit and spread, and how they are written down."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from twin.gradient import REMEDY, smooth_only
from twin.statistics import Interval, interval, ratio_interval

Json = dict[str, Any]

_BY_CHANCE = f"this figure counts defects, which are made or not by chance; {REMEDY}."


@partial(jax.tree_util.register_dataclass, data_fields=["values", "sums", "moved_by"], meta_fields=["unit", "random"])
@dataclass(frozen=True)
class Figure:
    """One figure of a run, in every replication.

    Attributes:
        values: one number per replication; NaN where it cannot be known, e.g. a lead time without a good part.
        unit: as shown, "1" for a ratio or a count.
        random: whether the line has anything random, so that replications differ.
        sums: for a ratio to something rare, such as the time per failure, its two sides in every replication. Then all
            replications count together, and one without a failure, whose own value is NaN, tells something too.

    Example:
        >>> length = Figure(np.array([2.0, 4.0]), "s")
        >>> length
        3 s, 95 % interval -10 to 16
    """

    values: Any
    unit: str
    random: bool = True
    sums: tuple[Any, Any] | None = None
    moved_by: Any = None

    @property
    def mean(self) -> Any:
        """Mean over the replications, NaN when it is not known in some of them; differentiable.

        Raises:
            GradientError: it counts what happens by chance, and a derivative is asked for.
        """
        if self.moved_by is not None:
            smooth_only(self.moved_by, _BY_CHANCE)
        if self.sums is None:
            return self.values.mean()
        xp: Any = jnp if isinstance(self.values, jax.Array) else np
        part, whole = (side.sum() for side in self.sums)
        return xp.where(whole > 0, part / xp.where(whole > 0, whole, 1.0), xp.nan)

    @property
    def value(self) -> float | None:
        """The mean as a number, None when it is not known."""
        mean = float(self.mean)
        return mean if np.isfinite(mean) else None

    @property
    def ci95(self) -> Interval | None:
        """95 % interval of the mean by Student's t; None with one replication or when nothing is random."""
        if not self.random:
            return None
        return interval(self.values) if self.sums is None else ratio_interval(*self.sums)

    def to_json(self) -> Json | None:
        """Mean, interval and unit; None (JSON's null) when the figure is not known."""
        return None if self.value is None else {"mean": self.value, "ci95": _listed(self.ci95), "unit": self.unit}

    def __sub__(self, other: Figure) -> Figure:
        """The paired difference of two scenarios on common random numbers (of a ratio of sums: of its values)."""
        return Figure(self.values - other.values, self.unit, self.random or other.random)

    def __repr__(self) -> str:
        if isinstance(self.values, Tracer):
            return f"Figure({self.values!r}, {self.unit!r})"
        unit = "" if self.unit == "1" else f" {self.unit}"
        if self.value is None:
            return "not known"
        if self.ci95 is None:
            return f"{self.value:.4g}{unit}"
        low, high = self.ci95
        places = max(0, 1 - math.floor(math.log10(high - low))) if high > low else 3
        return f"{self.value:.{places}f}{unit}, 95 % interval {low:.{places}f} to {high:.{places}f}"


def _listed(pair: Interval | None) -> list[float] | None:
    return None if pair is None else list(pair)


@dataclass(frozen=True)
class StationKPIs(Mapping[str, Any]):
    """Figures of one station, by name; None for one that cannot be known.

    Attributes:
        machines: how many it has; 1 for a conveyor.
        states: share of the window in each state, mean over the machines.
        figures: further figures by name.
        failures: count, minutes, mtbf and mttr of each failure mode, by its name.
    """

    machines: int
    states: Mapping[str, Figure]
    figures: Mapping[str, Figure | None]
    failures: Mapping[str, Mapping[str, Figure]]

    def __getitem__(self, name: str) -> Any:
        return self.states[name] if name in self.states else self.figures[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.states
        yield from self.figures

    def __len__(self) -> int:
        return len(self.states) + len(self.figures)

    def to_json(self) -> Json:
        """Means by name; ratios and counts without unit, energy in kWh, mtbf and mttr in s, null when not known."""
        said: Json = {"machines": self.machines} | {name: _number(figure) for name, figure in self.items()}
        said["failures"] = {
            name: {key: _number(figure) for key, figure in figures.items()} for name, figures in self.failures.items()
        }
        return said


def _number(figure: Figure | None) -> float | None:
    return None if figure is None else figure.value


@dataclass(frozen=True)
class KPIs(Mapping[str, Any]):
    """Figures of a run by name; None for one that cannot be known, whatever happens in the run.

    Attributes:
        figures: of the line.
        stations: of each station, by its name.
        defects: of each defect that a process can make, by "STATION.cause" (see `twin.defects`).
    """

    figures: Mapping[str, Figure | None]
    stations: Mapping[str, StationKPIs] = field(default_factory=dict)
    defects: Mapping[str, Mapping[str, Figure]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.figures[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.figures)

    def __len__(self) -> int:
        return len(self.figures)

    def difference(self, baseline: KPIs) -> dict[str, Any]:
        """How much these figures differ from those of a baseline on the same random numbers, pair by pair.

        Returns:
            Name -> Figure, or None where one of the two is not known.

        Raises:
            ValueError: the two runs have different numbers of replications.
        """
        found: dict[str, Any] = {}
        for name, figure in self.items():
            other = baseline.get(name)
            found[name] = None if figure is None or other is None else figure - other
        return found

    def to_json(self) -> Json:
        """Tables "kpis", "stations" and, where processes make any, "defects" for JSON; what is not known is None."""
        kpis = {name: figure and figure.to_json() for name, figure in self.items()}
        said = {"kpis": kpis, "stations": {name: station.to_json() for name, station in self.stations.items()}}
        defects = {name: {k: _number(f) for k, f in figures.items()} for name, figures in self.defects.items()}
        return said | ({"defects": defects} if defects else {})


def _flat(kind: type, fields: tuple[str, ...]) -> None:
    """Let JAX look into these, so that a compiled function can return them."""
    jax.tree_util.register_dataclass(
        kind, data_fields=fields, meta_fields=tuple(set(kind.__dataclass_fields__) - set(fields))
    )


_flat(StationKPIs, ("states", "figures", "failures"))
_flat(KPIs, ("figures", "stations", "defects"))


def figure(values: Any, unit: str, *, random: bool, complete: Any, sums: Any = None, moved_by: Any = None) -> Figure:
    """A figure whose values are NaN in replications that did not reach the end of their run."""
    xp: Any = jnp if isinstance(values, Tracer) or isinstance(complete, Tracer) else np
    values = xp.asarray(values, float)
    if xp is np and np.all(complete):
        return Figure(values, unit, random, sums, moved_by)
    known = xp.where(xp.broadcast_to(xp.asarray(complete), values.shape), values, xp.nan)
    return Figure(known, unit, random, sums, moved_by)
