"""What a calibration found: every number with its interval and count, and the line that follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.calibrate.choose import DOWN_FAMILIES, UP_FAMILIES, Choice, Goodness
from twin.calibrate.daily import Spread
from twin.calibrate.drift import Drift
from twin.calibrate.estimate import Data, Estimate
from twin.calibrate.linefile import line_file
from twin.calibrate.oneday import day_estimate
from twin.calibrate.planned import Habit, Planned
from twin.calibrate.report import as_dict, report
from twin.calibrate.resample import Interval
from twin.calibrate.stoplog import Note
from twin.distribution import Distribution
from twin.line import Failure, Line, Process, Product, Source, Station

__all__ = ["Calibration", "Extent", "Settings"]


@dataclass(frozen=True)
class Settings:
    """How a calibration is done; the defaults suit most logs.

    Attributes:
        step: step of the recorder's clock [s]; None finds it out, 0 for exact times.
        threshold: shortest stop that is recorded [s]; None finds it out, 0 for none.
        hidden: what becomes of stops that are too short for the log: "speed" leaves them in the speed, "stops" adds
            them by extrapolating the fitted family.
        up_families, down_families: families to choose from; empty takes the sample itself (empirical).
        factor, slack: an interval of the counts is left out when the operating time that its parts need and the one of
            the log differ by more than `slack` [s] and by more than this factor.
        draws: bootstrap draws for the intervals.
        level: probability that an interval should hold the truth.
        tests: bootstrap samples behind each test of a chosen family; 0 for no test.
        compare_days: whether to fit how much days differ.
        seed: of the random generator.
    """

    step: float | None = None
    threshold: float | None = None
    hidden: str = "speed"
    up_families: tuple[str, ...] = UP_FAMILIES
    down_families: tuple[str, ...] = DOWN_FAMILIES
    factor: float = 2.5
    slack: float = 900.0
    draws: int = 100
    level: float = 0.9
    tests: int = 49
    compare_days: bool = True
    seed: int = 0


@dataclass(frozen=True)
class Extent:
    """What a calibration rests on.

    Attributes:
        log: name of the stop log.
        counts: name of the production counts, "" where there were none.
        first, last: first and last observed moment [s since 1970].
        days: days with observed time.
        observed, operating: observed time without planned stops, and what of it no stop covers [s].
        stops: stops that were fitted.
        parts: parts made in the observed time.
        step, threshold: of the recorder [s].
        blocks, block: number of blocks of the bootstrap and their length [s].
    """

    log: str
    counts: str
    first: float
    last: float
    days: int
    observed: float
    operating: float
    stops: int
    parts: float
    step: float
    threshold: float
    blocks: int
    block: float


@dataclass(frozen=True)
class Calibration:
    """The outcome of `calibrate`.

    Attributes:
        extent: what it rests on.
        settings: how it was done.
        data: what was estimated from.
        point: the estimate.
        draws: bootstrap estimates, for predictions that include the uncertainty of the numbers.
        intervals: every number with its interval, by path (e.g. "micro-stop.mttr"), in SI units.
        choices: families tried, by "<name>.up" and "<name>.down", the chosen one first.
        goodness: how well the chosen ones fit, by the same names.
        spread: how much days differ, by "up", "down" and "speed"; empty with few days.
        drift: numbers in the first and the second half of the days.
        planned: which stops were taken as planned; `planned_stops` of them hold `planned_seconds`.
        habit: a time of day at which long stops crowd, or None.
        notes: what was left out, changed or is doubtful.
        cannot_tell: what the log cannot tell, as sentences.
        products: name in the counts -> name in the line.
        station: name of the station.
        source: where the log comes from, for the line file.
    """

    extent: Extent
    settings: Settings
    data: Data
    point: Estimate
    draws: tuple[Estimate, ...]
    intervals: Mapping[str, Interval]
    choices: Mapping[str, tuple[Choice, ...]]
    goodness: Mapping[str, Goodness]
    spread: Mapping[str, Spread]
    drift: tuple[Drift, ...] = ()
    planned: tuple[Planned, ...] = ()
    planned_stops: int = 0
    planned_seconds: float = 0.0
    habit: Habit | None = None
    notes: tuple[Note, ...] = ()
    cannot_tell: tuple[str, ...] = ()
    products: Mapping[str, str] = field(default_factory=dict)
    station: str = "machine"
    source: str = ""

    def line(self, estimate: Estimate | None = None, *, product: str | None = None) -> Line:
        """The line of an estimate: one station behind a saturated source.

        Args:
            estimate: one of `draws` or of `days`, or None for the point estimate.
            product: makes only this product (its name in the line); None mixes them by their shares.

        Returns:
            A line for `simulate`.

        Raises:
            ValueError: when there were no counts, so that the speed is unknown, or there is no such product.
        """
        found = self.point if estimate is None else estimate
        if not found.seconds_per_part:
            raise ValueError(
                f"{self.extent.log}: without production counts the speed is unknown, and a line needs it. "
                "Give counts to calibrate."
            )
        names = {self.products.get(key, key) or "part": key for key in found.seconds_per_part}
        if product is not None and product not in names:
            raise ValueError(f"{self.extent.log}: there is no product {product!r}; use one of {', '.join(names)}.")
        names = names if product is None else {product: names[product]}
        times = {name: Distribution("constant", {"mean": found.seconds_per_part[key]}) for name, key in names.items()}
        first = max(names, key=lambda name: found.share[names[name]])
        process = Process("timed", times[first], {name: time for name, time in times.items() if name != first})
        failures = tuple(Failure(mode.name, mode.up, mode.down) for mode in found.modes)
        total = sum(found.share[key] for key in names.values())
        return Line(
            name=self.extent.log,
            stations=(Station(self.station, process, failures=failures),),
            source=Source("saturated"),
            products=tuple(Product(name, found.share[key] / total) for name, key in names.items()),
        )

    def days(self, number: int, *, seed: int = 0) -> tuple[Estimate, ...]:
        """Numbers of single days: another bootstrap draw and another difference between days for each.

        Simulating `line(day)` for each gives intervals that hold the uncertainty of the numbers, the differences
        between days and chance.

        Args:
            number: how many days.
            seed: of the random generator.

        Returns:
            One estimate per day.
        """
        rng = np.random.default_rng(seed)
        return tuple(day_estimate(self.data, self.point, self._drawn(rng), self.spread, rng) for _ in range(number))

    def _drawn(self, rng: np.random.Generator) -> Estimate:
        """One of the bootstrap draws, or the point estimate if there are none."""
        return self.draws[int(rng.integers(len(self.draws)))] if self.draws else self.point

    def report(self) -> str:
        """The whole calibration as text, at most 80 columns wide."""
        return report(self)

    def to_toml(self, *, name: str = "calibrated", command: str = "") -> str:
        """The line file, each number with its interval and count in a comment.

        Args:
            name: name of the line.
            command: the command that made it, for the file's head.
        """
        return line_file(self, name=name, command=command)

    def to_dict(self) -> dict[str, Any]:
        """The whole calibration as numbers, texts, lists and tables, ready for JSON."""
        return as_dict(self)
