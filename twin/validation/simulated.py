"""A line simulated over the days of a log: parts are released as they came, everything else is told by the line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.eventlog.route import Route
from twin.eventlog.visits import DAY, VisitLog
from twin.learn.build import moment
from twin.learn.calendar import closures
from twin.learn.sequence import sequence_of
from twin.learn.source import all_releases
from twin.line import Line, Order, Source
from twin.parameters import drawn
from twin.run import simulate
from twin.validation.days import Columns, DayFigures, completeness, day_figures, measured, visits_of

__all__ = ["Simulated", "simulated"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Simulated:
    """Figures of days, measured and simulated.

    Attributes:
        days: since 1970.
        measured: figure -> value [day].
        drawn: figure -> values [draw, day].
        lead_times: measured [part], and simulated [draw, part]; NaN of parts that were scrapped or not finished.
        finished: day on which each part was finished in truth [part].
        given: what the line was told of these days, as a clause; "" where parts are its own, so that they have no
            partner in the log.
    """

    days: NDArray[np.int64]
    measured: DayFigures
    drawn: DayFigures
    lead_times: tuple[Array, Array]
    finished: NDArray[np.int64]
    given: str

    def on(self, days: NDArray[np.int64]) -> Simulated:
        """The same on some of the days only."""
        own, parts = np.isin(self.days, days), np.isin(self.finished, days)
        return replace(
            self,
            days=self.days[own],
            measured={name: values[own] for name, values in self.measured.items()},
            drawn={name: values[:, own] for name, values in self.drawn.items()},
            lead_times=(self.lead_times[0][parts], self.lead_times[1][:, parts] if self.given else self.lead_times[1]),
            finished=self.finished[parts],
        )

    def lead_ranks(self) -> tuple[Array, NDArray[np.int64]]:
        """Rank of each part's lead time among its own simulated ones (or all, where it has no partner), and its day."""
        own, drawn = self.lead_times
        if not self.given:
            drawn = np.broadcast_to(drawn[np.isfinite(drawn)][:, None], (int(np.isfinite(drawn).sum()), len(own)))
        return _ranks(own, drawn), self.finished

    def ranks(self, figure: str) -> Array:
        """Rank of each day's measured value among the simulated ones [day]."""
        return _ranks(self.measured[figure], self.drawn[figure])


def _ranks(own: Array, drawn: Array) -> Array:
    """Rank of each value among its drawn ones [draw, value], NaN where either side is not known."""
    known = np.isfinite(drawn).sum(axis=0)
    below = (drawn < own).sum(axis=0) + 0.5 * (drawn == own).sum(axis=0)
    return np.where(np.isnan(own) | (known == 0), np.nan, (below + 0.5) / (known + 1))


def simulated(
    line: Line, log: VisitLog, *, draws: int = 40, seed: int = 0, progress: Callable[[float], None] | None = None
) -> Simulated:
    """Simulates the days of a log.

    Args:
        line: learned on other days; each run takes another of its draws, if it has any.
        log: cleaned visits; its stations are those of the line.
        draws: how many runs.
        seed: of the random numbers.
        progress: called with the finished share after every run.

    Returns:
        Measured and simulated figures by day.
    """
    names = tuple(station.name for station in line.stations)
    days = np.unique(log.day)
    begin = float(days[0]) * DAY
    calendar = closures(line.shifts, int(days[0]), int(days[-1]))
    machines = {station.name: station.machines for station in line.stations}
    line = replace(line, start=moment(begin))
    given, came = "", None
    route = Route(names, 1.0, 0.0, "", len(log.case.words))
    when, visits = all_releases(sequence_of(log, route))
    if line.source.mode != "saturated":
        line, came, given = _released(line, log, visits, when - begin), when, "when parts of which product came"
    horizon = float(days[-1] + 1) * DAY - begin
    rows, leads = [], []
    for k in range(draws):
        one = drawn(line, k) if line.draws else line
        columns = visits_of(simulate(one, horizon=horizon, replications=1, seed=seed + k), begin, came)
        rows.append(day_figures(columns, days, calendar, machines))
        leads.append(_leads(columns, len(names), len(when))[0])
        if progress:
            progress((k + 1) / draws)
    order = np.full(len(log.case.words), -1, np.int64)
    order[log.case.codes[visits]] = np.arange(len(when))
    own = measured(log, names, order, when)
    mine, ends = _leads(own, len(names), len(when))
    return Simulated(
        days,
        _made_whole(day_figures(own, days, calendar, machines), completeness(log, names), names),
        {name: np.stack([row[name] for row in rows]) for name in rows[0]},
        (mine, np.stack(leads)),
        np.where(np.isnan(ends), -1, ends // DAY).astype(np.int64),
        given,
    )


def _made_whole(figures: DayFigures, kept: Array, names: tuple[str, ...]) -> DayFigures:
    """Measured counts and busy times with what lost rows take from them; NaN of a station that the log lacks."""
    shares = {f"{name}.processing": share for name, share in zip(names, kept, strict=True)} | {"throughput": kept[-1]}
    return {name: values / (shares.get(name, 1.0) or np.nan) for name, values in figures.items()}


def _leads(columns: Columns, stations: int, parts: int) -> tuple[Array, Array]:
    """Lead times and completions of good parts [part, in the order in which they came]; NaN of the others."""
    last = (columns.station == stations - 1) & columns.good
    lead, ends = np.full(parts, np.nan), np.full(parts, np.nan)
    part = columns.part[last]
    there = part < parts
    lead[part[there]] = (columns.complete - columns.entered)[last][there]
    ends[part[there]] = columns.complete[last][there]
    return lead, ends


def _released(line: Line, log: VisitLog, visits: NDArray[np.int64], when: Array) -> Line:
    """The line with parts released at these moments [s from its start] as its orders; `visits` has one of each part."""
    products = {one.name for one in line.products}
    usual = line.products[0].name
    words = [log.product[int(row)] for row in visits]
    orders = tuple(
        Order(str(k), word if word in products else usual, 1, max(0.0, float(t)))
        for k, (t, word) in enumerate(zip(when, words, strict=True))
    )
    return replace(line, source=Source("orders", orders=orders))
