"""Times of visits, waits and moves as a file: what is learned from any event log, of a serial line or not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.errors import LogError
from twin.eventlog.visits import VisitLog
from twin.eventlog.words import Words, merged
from twin.learn.backoff import TimesModel
from twin.learn.learned import Learned

__all__ = ["Spread", "VisitModel", "is_visit_model", "kinds_of", "read_model", "spreads_of", "visit_model"]

Array = NDArray[np.float64]
KIND = "visit times"


@dataclass(frozen=True)
class Spread:
    """A mean and a standard deviation [s], from n times."""

    mean: float
    sd: float
    n: int


@dataclass(frozen=True)
class VisitModel:
    """What was learned of times, and two plain ways to tell them to compare with.

    Attributes:
        log: name of the log that it was learned from.
        days: days of it.
        times: of visits by station, activity, product.
        waits: from arrival to start; None where arrivals are not logged.
        moves: from the end of a visit to the part's next arrival, by the visit that it leaves.
        planned: station -> time less planned time, on the days learned from; empty where no times are planned.
        last_day: "station activity" -> times of the last day.
    """

    log: str
    days: tuple[int, ...]
    times: TimesModel
    waits: TimesModel | None
    moves: TimesModel | None
    planned: Mapping[str, Spread]
    last_day: Mapping[str, Spread]

    def to_json(self) -> str:
        """The model as a text of JSON."""
        data = {
            "linetwin": KIND,
            "schema": 1,
            "log": self.log,
            "days": list(self.days),
            "times": self.times.to_dict(),
            "waits": self.waits and self.waits.to_dict(),
            "moves": self.moves and self.moves.to_dict(),
            "planned": {name: [one.mean, one.sd, one.n] for name, one in self.planned.items()},
            "last_day": {name: [one.mean, one.sd, one.n] for name, one in self.last_day.items()},
        }
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"


def visit_model(found: Learned) -> VisitModel:
    """The model of what was learned."""
    log = found.log
    across = found.calendar.closed(log.start, log.complete) > 0
    solid = log.good_or_scrapped & (log.attempts == 1) & ~across
    seconds = log.time
    last = solid & (log.day == log.day[solid].max(initial=-1))
    return VisitModel(
        log=log.name,
        days=tuple(np.unique(log.day).tolist()),
        times=found.times,
        waits=found.waits,
        moves=found.moves,
        planned=spreads_of(log.station.select(solid), (seconds - log.planned)[solid]),
        last_day=spreads_of(kinds_of(log).select(last), seconds[last]),
    )


def kinds_of(log: VisitLog) -> Words:
    """Station and activity of each visit in one word."""
    return merged(log.station, log.activity)


def spreads_of(kinds: Words, values: Array) -> dict[str, Spread]:
    """Mean and standard deviation of each kind; of kinds with a single value, the deviation of all."""
    known = np.isfinite(values)
    codes, values = kinds.codes[known], values[known]
    found = {}
    everything = float(values.std()) if len(values) else 0.0
    for code in np.unique(codes):
        own = values[codes == code]
        sd = float(own.std(ddof=1)) if len(own) > 1 else everything
        found[kinds.words[code]] = Spread(float(own.mean()), max(sd, 1e-3), len(own))
    return found


def is_visit_model(path: str | Path) -> bool:
    """Whether a file is a model, by its first characters."""
    try:
        with Path(path).open("rb") as file:
            return file.read(200).lstrip().startswith(b'{"linetwin":"visit times"')
    except OSError:
        return False


def read_model(path: str | Path) -> VisitModel:
    """The model in a file.

    Raises:
        LogError: when the file is none, or damaged.
    """
    name = Path(path).name
    try:
        data: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
        if data.get("linetwin") != KIND or data.get("schema") != 1:
            raise LogError(f"{name} is no model of visit times of this version. Write it anew with linetwin calibrate.")
        models = {key: TimesModel.from_dict(data[key]) if data[key] else None for key in ("times", "waits", "moves")}
        spreads = {
            key: {word: Spread(float(mean), float(sd), int(n)) for word, (mean, sd, n) in data[key].items()}
            for key in ("planned", "last_day")
        }
        days = tuple(int(day) for day in data["days"])
    except (OSError, UnicodeError, ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, LogError):
            raise
        reason = " ".join(str(error).split())[:120]
        raise LogError(f"{name} is a damaged model ({reason}). Write it anew with linetwin calibrate.") from None
    times = models["times"]
    if times is None:
        raise LogError(f"{name} is a damaged model (it has no times). Write it anew with linetwin calibrate.")
    return VisitModel(str(data["log"]), days, times, models["waits"], models["moves"], **spreads)
