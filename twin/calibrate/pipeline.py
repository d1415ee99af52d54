"""From a stop log and production counts to the numbers of a line."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.calibration import Calibration, Extent, Settings
from twin.calibrate.cells import Cells, cut, disagree
from twin.calibrate.choose import Choice, Goodness, choose, goodness
from twin.calibrate.counts import Counts, read_counts
from twin.calibrate.daily import Spread, day_spread, speed_spread
from twin.calibrate.drift import find_drift
from twin.calibrate.errors import LogError
from twin.calibrate.estimate import Data, estimate
from twin.calibrate.limits import cannot_tell
from twin.calibrate.modes import ModeData
from twin.calibrate.moments import DAY
from twin.calibrate.planned import Planned, find_habit
from twin.calibrate.recorder import find_step, find_threshold
from twin.calibrate.resample import draw, intervals
from twin.calibrate.sample import Sample, down_times, up_times
from twin.calibrate.stoplog import Note, Redate, StopLog, read_stop_log
from twin.calibrate.windows import Window, infer_windows, read_windows, subtract

__all__ = ["calibrate", "calibrate_files"]

DEFAULT = Settings()
_NEAR = 200.0
"""Families whose BIC is no further than this from the best are tried again with a scale per day."""


def calibrate_files(
    log: str | Path,
    counts: str | Path | None = None,
    windows: str | Path | None = None,
    *,
    redate: Sequence[Redate] = (),
    date_format: str | None = None,
    reasons: Mapping[str, str | None] | None = None,
    planned: Sequence[str] = (),
    products: Mapping[str, str] | None = None,
    station: str = "machine",
    source: str = "",
    settings: Settings = DEFAULT,
) -> Calibration:
    """Reads the files and calibrates; what `linetwin calibrate` does.

    Args:
        log: CSV file of the stops, see `read_stop_log`.
        counts: CSV file of the production counts, see `read_counts`.
        windows: CSV file of the observed windows, see `read_windows`; None infers them.
        redate: corrections of mistyped dates in the log.
        date_format: "year-month-day", "day.month.year" or "month/day/year"; None finds it out.
        reasons: see `calibrate`, as what follows.
        planned: texts such as "11:30-13:15, 40 min".
        products: product in the counts or windows -> its name in the line.
        station: name of the station.
        source: where the log comes from, for the line file.
        settings: how it is done.

    Returns:
        The calibration.

    Raises:
        LogError: when a file cannot be read or does not fit the others.
    """
    return calibrate(
        read_stop_log(log, redate=redate, date_format=date_format),
        read_counts(counts, date_format=date_format) if counts is not None else None,
        read_windows(windows, date_format=date_format) if windows is not None else None,
        reasons=reasons,
        planned=[Planned.parse(text) for text in planned],
        products=products,
        station=station,
        source=source,
        settings=settings,
    )


def calibrate(
    log: StopLog,
    counts: Counts | None = None,
    windows: Sequence[Window] | None = None,
    *,
    reasons: Mapping[str, str | None] | None = None,
    holds: Collection[str] = (),
    planned: Sequence[Planned] = (),
    products: Mapping[str, str] | None = None,
    station: str = "machine",
    source: str = "",
    settings: Settings = DEFAULT,
) -> Calibration:
    """Fits the failure modes and the speed of a machine.

    Args:
        log: its stops.
        counts: parts made; without them the speed stays unknown.
        windows: when stops were recorded; None infers them from the counts, or from the stops.
        reasons: reason code -> name of the failure mode; None as a name marks planned stops, and codes that are not
            named keep their own. A log without reasons has its down-times split into micro-stops and breakdowns.
        holds: names of stops that are no failures: in them the machine does not age, and nothing is fitted to them.
        planned: stops that are planned by their time of day; they are taken out of the observed time.
        products: product in the counts or windows -> its name in the line.
        station: name of the station.
        source: where the log comes from, for the line file.
        settings: how it is done.

    Returns:
        The calibration.

    Raises:
        LogError: when no stop lies in an observed window, or nothing was made in them.
    """
    whole = log
    lengths = log.duration[~_held(log, holds)]
    step = find_step(lengths) if settings.step is None else settings.step
    threshold = find_threshold(lengths, step) if settings.threshold is None else settings.threshold
    short = (log.duration < threshold - 0.5 * step) & ~_held(log, holds)
    notes = [*log.notes, *(counts.notes if counts else ())]
    notes += _note("shorter than the threshold, left in the operating time", log, short)
    log = log.select(~short)
    if windows is None:
        windows = infer_windows(log, counts)
        notes.append(
            Note("windows inferred from the " + ("counts" if counts else "stops, so first up-times are missing"))
        )
    off = _planned(log, reasons or {}, planned)
    windows = subtract(windows, log.begin[off].tolist(), log.end[off].tolist())
    planned_stops, planned_seconds = int(off.sum()), float(log.duration[off].sum())
    log = log.select(~off)
    habit = None if off.any() else find_habit(windows, log.select(~_held(log, holds)))
    if counts:
        cells = cut(windows, log, counts)
        wrong = disagree(cells, factor=settings.factor, slack=settings.slack)
        windows = subtract(windows, cells.begin[wrong].tolist(), cells.end[wrong].tolist())
        if wrong.any():
            what = f"left out, log and counts contradict each other in {wrong.sum()} intervals"
            notes.append(Note(what, (), float((cells.end - cells.begin)[wrong].sum())))
    windows = _after_stops_under_way(windows, log)
    inside = _inside(windows, log)
    fitted = inside & ~_held(log, holds)
    notes += _note("outside the observed windows", log, ~inside)
    if not fitted.any():
        raise LogError(
            f"{whole.name}: no stop lies in an observed window; the files must be of the same days. Check the dates."
        )
    cells = cut(windows, log, counts) if counts else _plain(windows, log)
    if counts and not cells.number.sum() > 0:
        raise LogError(
            f"{counts.name}: nothing was made in the observed windows; files must be of one machine. Check them."
        )
    data, choices = _data(windows, log, fitted, cells, reasons or {}, step, threshold, settings)
    point = estimate(data)
    draws = draw(data, point, draws=settings.draws, seed=settings.seed)
    found = Calibration(
        extent=_extent(whole, counts, windows, cells, data, int(fitted.sum()), step, threshold),
        settings=settings,
        data=data,
        point=point,
        draws=draws,
        intervals=intervals(point, draws, len(data.blocks), level=settings.level),
        choices=choices,
        goodness=_goodness(data, choices, settings),
        spread=_spread(data, choices) if settings.compare_days else {},
        drift=find_drift(data, point, draws),
        planned=tuple(planned),
        planned_stops=planned_stops,
        planned_seconds=planned_seconds,
        habit=habit,
        notes=tuple(notes),
        products=dict(products or {}),
        station=station,
        source=source,
    )
    return replace(found, cannot_tell=cannot_tell(found, has_reasons=any(log.reason)))


def _note(what: str, log: StopLog, mask: NDArray[np.bool_]) -> list[Note]:
    """A note on some stops, if there are any."""
    chosen = log.select(mask)
    if not len(chosen.begin):
        return []
    return [Note(what, tuple(int(row) for row in chosen.rows), float(chosen.duration.sum()))]


def _planned(log: StopLog, reasons: Mapping[str, str | None], planned: Sequence[Planned]) -> NDArray[np.bool_]:
    """Which stops are planned, by reason or by time of day."""
    off = np.array([reason in reasons and reasons[reason] is None for reason in log.reason], bool)
    for one in planned:
        off |= one.holds(log)
    return off


def _held(log: StopLog, holds: Collection[str]) -> NDArray[np.bool_]:
    """Which stops are no failures."""
    return np.array([reason in holds for reason in log.reason], bool)


def _inside(windows: Sequence[Window], log: StopLog) -> NDArray[np.bool_]:
    """Which stops begin in a window."""
    inside = np.zeros(len(log.begin), bool)
    for window in windows:
        inside |= (log.begin >= window.begin) & (log.begin < window.end)
    return inside


def _after_stops_under_way(windows: Sequence[Window], log: StopLog) -> tuple[Window, ...]:
    """The windows without the stops that had begun before them: these are not among the stops that are fitted."""
    before = ~_inside(windows, log)
    return subtract(windows, log.begin[before].tolist(), log.end[before].tolist())


def _plain(windows: Sequence[Window], log: StopLog) -> Cells:
    """Windows cut at midnights as cells, when there are no counts."""
    days = np.arange(windows[0].begin // DAY, windows[-1].end // DAY + 1) * DAY
    return cut(windows, log, Counts("", days, days + DAY, np.zeros(len(days)), ("",) * len(days)))


def _data(
    windows: Sequence[Window],
    log: StopLog,
    inside: NDArray[np.bool_],
    cells: Cells,
    reasons: Mapping[str, str | None],
    step: float,
    threshold: float,
    settings: Settings,
) -> tuple[Data, dict[str, tuple[Choice, ...]]]:
    """The samples of each kind of stops, with the families chosen for them."""
    names = np.array([reasons.get(reason, reason) or "stop" for reason in log.reason])
    kinds = sorted(set(names[inside].tolist()), key=lambda name: -int((names[inside] == name).sum()))
    choices: dict[str, tuple[Choice, ...]] = {}
    modes = []
    for kind in kinds:
        own = names == kind
        down = down_times(windows, log.select(own), step=step, least=threshold)
        up = up_times(windows, log, own, step=step)
        if settings.down_families and len(down.complete):
            choices[f"{kind}.down"] = choose(down, settings.down_families)
        if settings.up_families and len(up.complete):
            choices[f"{kind}.up"] = choose(up, settings.up_families)
        families = [
            choices[f"{kind}.{what}"][0].fit.family if f"{kind}.{what}" in choices else None for what in ("up", "down")
        ]
        modes.append(ModeData(kind, up, down, families[0], families[1], split=not any(log.reason)))
    products = tuple(sorted(set(cells.product)))
    place = np.array([products.index(name) for name in cells.product], dtype=np.int64)
    days = len(np.unique(np.floor(cells.begin / DAY)))
    block = DAY if days >= 5 else 3600.0
    data = Data(tuple(modes), cells.begin, cells.operating, cells.number, place, products, block, settings.hidden)
    return data, choices


def _goodness(data: Data, choices: Mapping[str, tuple[Choice, ...]], settings: Settings) -> dict[str, Goodness]:
    """The test of each chosen family that rests on at least 20 times."""
    rng = np.random.default_rng(settings.seed)
    found = {}
    for name, sample in _samples(data).items():
        if name in choices and len(sample.complete) >= 20 and settings.tests:
            found[name] = goodness(sample, choices[name][0].fit, rng, draws=settings.tests)
    return found


def _samples(data: Data) -> dict[str, Sample]:
    """Samples by "<name>.up" and "<name>.down"."""
    return {f"{mode.name}.{what}": getattr(mode, what) for mode in data.modes for what in ("up", "down")}


def _spread(data: Data, choices: Mapping[str, tuple[Choice, ...]]) -> dict[str, Spread]:
    """How much days differ, when there are at least ten and the stops are of one kind."""
    found: dict[str, Spread] = {}
    days = np.floor(data.at / DAY)
    if len(np.unique(days)) < 10:
        return found
    if len(data.modes) == 1:
        for name, sample in _samples(data).items():
            if name in choices and len(sample.complete) >= 100:
                best, *others = choices[name]
                near = [c.fit for c in others if not c.verdict and c.fit.bic <= best.fit.bic + _NEAR]
                fits = [best.fit, *near]
                found[name.rsplit(".", 1)[1]] = day_spread(sample, fits)
    if data.number.sum() > 0:
        found["speed"] = speed_spread(data.number, data.operating, data.product, days)
    return found


def _extent(
    log: StopLog,
    counts: Counts | None,
    windows: Sequence[Window],
    cells: Cells,
    data: Data,
    stops: int,
    step: float,
    threshold: float,
) -> Extent:
    """What the calibration rests on."""
    return Extent(
        log=log.name,
        counts=counts.name if counts else "",
        first=min(window.begin for window in windows),
        last=max(window.end for window in windows),
        days=len(np.unique(cells.day)),
        observed=float((cells.end - cells.begin).sum()),
        operating=float(cells.operating.sum()),
        stops=stops,
        parts=float(cells.number.sum()),
        step=step,
        threshold=threshold,
        blocks=len(data.blocks),
        block=data.block,
    )
