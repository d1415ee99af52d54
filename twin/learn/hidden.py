"""Numbers of a line that a log does not show, found by simulating the log.

A station whose visits nobody logs, the places between two machines, the way from one to the next: none has a column,
but all leave traces in the times at the other stations. A line with these numbers is simulated, and what is fitted is
that its log looks like the real one: numbers that are not whole by their gradient through the simulation, places and
machines by how likely the log is with each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.stats import qmc

from twin.eventlog.cleaning import clock_step
from twin.eventlog.visits import VisitLog
from twin.learn.identify import enough_from
from twin.learn.moments import Fitted, fitted, start, target_of
from twin.learn.observed import Observed, observed
from twin.learn.posterior import drawn, probabilities
from twin.learn.replayed import Replay, replay_of
from twin.learn.simulated import Simulated
from twin.learn.summaries import Summaries
from twin.learn.told import Hidden
from twin.learn.unknowns import Unknown, combinations, unknowns_of
from twin.line import Line

__all__ = ["Hidden", "HiddenFit", "fit_hidden"]

_WARMUP = 0.1
_PILOT = 2


def fit_hidden(
    line: Line,
    log: VisitLog,
    unknown: Mapping[str, tuple[float, float]],
    *,
    parts: int | None = None,
    replications: int = 200,
    seed: int = 0,
    repeat: bool = True,
    draws: int = 1000,
) -> Hidden:
    """Find numbers of a line that its log does not show.

    Args:
        line: with everything that is known; its own values of what is unknown play no part.
        log: visits at two stations of it or more, contradictions removed (`twin.eventlog.cleaning.cleaned`).
        unknown: path -> bounds [SI], all values between as likely before the log is seen. Paths as in `line.setpoints`,
            or STATION.transport, STATION.buffer (waiting places), STATION.machines.
        parts: how many parts of the log to use; None: all.
        replications: simulated logs.
        seed: of all random numbers.
        repeat: whether logged stations repeat the times that the log has, and parts come as they did, so that only what
            is hidden is left to chance; otherwise all is drawn from the line's distributions.
        draws: how many values to draw.

    Returns:
        Values, intervals, draws, and what the log does not tell.

    Raises:
        LineError: an unknown path or bad bounds; or the line cannot be simulated exactly.
        LogError: the log is of another line, or too short.
    """
    log_parts = len(observed(line, log, parts).start)
    fit = HiddenFit(line, unknown, parts=log_parts, replications=replications, seed=seed, repeat=repeat)
    return fit(log, draws=draws)


class HiddenFit:
    """`fit_hidden` made ready for many logs of the same stations: compiled for the first, not again for others.

    Args:
        line, unknown, parts, replications, seed, repeat: as for `fit_hidden`; every log has at least so many parts.

    Raises:
        LineError: as `fit_hidden`.
    """

    def __init__(
        self,
        line: Line,
        unknown: Mapping[str, tuple[float, float]],
        *,
        parts: int,
        replications: int = 200,
        seed: int = 0,
        repeat: bool = True,
    ) -> None:
        self.unknown = unknowns_of(line, unknown)
        self._line, self._parts, self._replications = line, parts, replications
        self._seed, self._repeat = seed, repeat
        self._keep = np.where(np.arange(parts) < _WARMUP * parts, 0.0, 1.0)
        self._ready: dict[Any, tuple[Replay, Simulated]] = {}

    def __call__(self, log: VisitLog, *, draws: int = 1000) -> Hidden:
        """The hidden numbers of a log; raises as `fit_hidden`."""
        seen = observed(self._line, log, self._parts)
        what = Summaries.of(self._line, seen)
        smooth = [one for one in self.unknown if not one.whole]
        combined = combinations(self.unknown)
        fits: dict[int, Fitted] = {}
        kinds: dict[str, str] = {}
        target = target_of(what, seen, self._keep, step=clock_step(log), numbers={})
        middle = len(combined) // 2
        for k in sorted(range(len(combined)), key=lambda k: abs(k - middle)):
            replay, simulated = self._made_ready(what, seen, combined[k])
            target = replace(target, numbers=replay.numbers(seen))
            counts = [int(n) for n, one in zip(combined[k], self._whole, strict=True) if not _is_machines(one)]
            if not fits:
                points = 0.03 + 0.94 * qmc.Sobol(max(len(smooth), 1), scramble=False).random_base2(_PILOT + len(smooth))
                share = start(simulated, target, points=points, counts=counts) if smooth else np.zeros(0)
                kinds = simulated.kinds(target.numbers)
            else:
                share = fits[min(fits, key=lambda other: np.abs(combined[other] - combined[k]).sum())].share
            fits[k] = fitted(simulated, target, share, counts)
        return self._told(log, seen, what, [fits[k] for k in range(len(combined))], combined, kinds, draws)

    @property
    def _whole(self) -> list[Unknown]:
        return [one for one in self.unknown if one.whole]

    def _made_ready(self, what: Summaries, seen: Observed, row: np.ndarray) -> tuple[Replay, Simulated]:
        """The line with so many machines, and its programs."""
        machines = {one.station: int(n) for one, n in zip(self._whole, row, strict=True) if _is_machines(one)}
        key = (what, seen.places, seen.arrivals, tuple(machines.items()))
        if key not in self._ready:
            room = {one.station: int(one.high) for one in self._whole if not _is_machines(one)}
            stations = tuple(
                replace(s, machines=machines.get(s.name, s.machines), buffer=room.get(s.name, s.buffer))
                for s in self._line.stations
            )
            line = replace(self._line, stations=stations)
            replay = replay_of(line, seen, unknown=[one.path for one in self.unknown], repeat=self._repeat)
            what = replace(what, machines=tuple(line.stations[place].machines for place in seen.places))
            how = {"keep": self._keep, "replications": self._replications, "seed": self._seed}
            self._ready[key] = replay, Simulated(replay.line, what, seen.places, unknown=self.unknown, **how)
        return self._ready[key]

    def _told(
        self,
        log: VisitLog,
        seen: Observed,
        what: Summaries,
        fits: list[Fitted],
        combined: np.ndarray,
        kinds: Mapping[str, str],
        draws: int,
    ) -> Hidden:
        """All fits together."""
        probability = probabilities(fits)
        chosen, shares = drawn(fits, probability, draws, np.random.default_rng(self._seed))
        best = fits[int(np.argmax(probability))]
        smooth = [one for one in self.unknown if not one.whole]
        values = {one.path: float(one.scaled(best.share[k])) for k, one in enumerate(smooth)}
        drawn_ = {one.path: one.scaled(shares[:, k]) for k, one in enumerate(smooth)}
        marginal = {}
        for k, one in enumerate(self._whole):
            marginal[one.path] = np.array([probability[combined[:, k] == n].sum() for n in one.candidates])
            enough = enough_from(one, marginal[one.path])
            values[one.path] = float(combined[int(np.argmax(probability)), k] if enough is None else enough)
            drawn_[one.path] = combined[chosen, k].astype(float)
        off = best.off / np.sqrt(np.diag(best.covariance))
        worst = int(np.argmax(np.abs(off)))
        return Hidden(
            self._line.name, log.name, what.stations, len(seen.start), self.unknown, values, drawn_, marginal,
            {**kinds, **{one.path: "likelihood" for one in self._whole}}, best.precision, best.misfit, best.wide,
            (what.names[worst], float(off[worst])), sum(fit.runs for fit in fits),
        )  # fmt: skip


def _is_machines(one: Unknown) -> bool:
    return one.path.endswith(".machines")
