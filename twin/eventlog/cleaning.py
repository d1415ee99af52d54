"""Which visits of a log cannot be true, and which are kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.calibrate.errors import LogError
from twin.calibrate.stoplog import Note, outside
from twin.eventlog.attempts import repeated_as_attempts
from twin.eventlog.capacity import capacities, machine_codes
from twin.eventlog.route import Route, route_of
from twin.eventlog.visits import DAY, VisitLog

__all__ = ["cleaned", "clock_step"]

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]

_STEPS = (3600.0, 900.0, 300.0, 60.0, 30.0, 15.0, 10.0, 5.0, 1.0, 0.1, 0.01, 0.001)
_FAR = 30 * DAY
_FIRST, _LAST = DAY, 7258118400.0  # 1970-01-02 and 2200: lines begin between them, and 1970-01-01 is no date
_ROUNDS = 60
_NEIGHBOURS = 3


@dataclass(frozen=True)
class _Kind:
    """Pairs of visits that were compared: those that contradict each other, and those that agree."""

    why: str
    against: Pairs
    agree: Pairs


def clock_step(log: VisitLog) -> float:
    """Step of the clock that wrote the log [s]: the longest of which nearly all times are multiples; 0 for none.

    Example:
        >>> _step(np.array([0.0, 60.0, 120.0])), _step(np.array([0.1234567]))
        (60.0, 0.0)
    """
    times = np.concatenate([log.start, log.complete])
    return _step(times[~np.isnan(times)])


def _step(times: NDArray[np.float64]) -> float:
    for step in _STEPS:
        off = np.abs(times / step - np.round(times / step)) * step
        if np.mean(off < max(min(1e-4 * step, 1e-3), 1e-6)) >= 0.99:  # wrong rows aside
            return step
    return 0.0


def cleaned(log: VisitLog) -> tuple[VisitLog, Route]:
    """The visits that do not contradict each other, with a note on each kind that was left out.

    A part is at one station at a time and, on a line, at the stations in their order; a machine works on one part at a
    time; parts do not overtake each other between stations of one machine. Where two visits contradict each other, the
    one goes that contradicts more others; where that is equal, the one that agrees with fewer; then the one whose time
    is stranger for its station.

    Args:
        log: visits as they were read.

    Returns:
        The visits that are kept, and their route.

    Raises:
        LogError: when no visit is left, with what was wrong.
    """
    if route_of(log).serial:  # elsewhere parts come back to a machine for something else
        log = repeated_as_attempts(log)
    log = _doubled(log)
    no_start, no_end = np.isnan(log.start), np.isnan(log.complete)
    log = log.without(no_start, "no start")
    log = log.without(no_end[~no_start], "no end")
    log = log.without(log.complete < log.start, "ends before it starts")
    log = log.without(_unreal(log), "before 1970-01-02 or after 2199")
    log = log.without(_far(log), "far from all other days")
    if not len(log):
        told = "; ".join(note.text for note in log.notes)
        remedy = "Name the columns with --column start=NAME --column complete=NAME, or export the log again"
        raise LogError(f"{log.name}: no visit is left that could be true ({told}). {remedy}.")
    log = _early(log)
    route = route_of(log)
    log = _contradictions(log, route)
    return _lost(log, route), route_of(log)


def _doubled(log: VisitLog) -> VisitLog:
    """Rows that repeat another one in everything that counts."""
    columns = (log.case.codes, log.station.codes, log.activity.codes, log.machine.codes, log.start, log.complete)
    filled = [np.nan_to_num(column, nan=-1.0) for column in columns]
    order = np.lexsort((np.arange(len(log)), *filled))
    same = np.ones(len(log) - 1, bool)
    for column in filled:
        same &= column[order[1:]] == column[order[:-1]]
    twice = np.zeros(len(log), bool)
    twice[order[1:][same]] = True
    return log.without(twice, "doubled")


def _far(log: VisitLog) -> NDArray[np.bool_]:
    """Visits on days that are a month away from the bulk and hold hardly any."""
    if not len(log):
        return np.zeros(0, bool)
    order = np.argsort(log.start)
    block = np.cumsum(np.diff(log.start[order], prepend=log.start[order[0]]) > _FAR)
    few = np.bincount(block) < 0.005 * len(log)
    far = np.zeros(len(log), bool)
    far[order] = few[block]
    return far


def _unreal(log: VisitLog) -> NDArray[np.bool_]:
    """Visits at times that stand for none, such as 1970-01-01 or the year 9999."""
    if log.zone == "seconds":
        return np.zeros(len(log), bool)
    return (log.start < _FIRST) | (log.complete >= _LAST)


def _early(log: VisitLog) -> VisitLog:
    """Visits that start before they are scheduled, or long after, lose their scheduling."""
    for what, wrong in (
        ("after the start", log.scheduled > log.start),
        ("more than a year before the start", log.scheduled < log.start - 366 * DAY),
    ):
        log = log.noted(f"scheduling ignored, {what}", wrong)
        log = replace(log, scheduled=np.where(wrong, np.nan, log.scheduled))
    return log


def _contradictions(log: VisitLog, route: Route) -> VisitLog:
    """Visits that contradict others, dropped until none does."""
    alive = np.ones(len(log), bool)
    strange = _strangeness(log)
    why = np.full(len(log), "", dtype=object)
    capacity, tolerance = capacities(log), max(clock_step(log), 1e-3)
    for _ in range(_ROUNDS):
        against, agree = np.zeros(len(log)), np.zeros(len(log))
        pairs: list[Pairs] = []
        for kind in _compared(log, route, capacity, np.flatnonzero(alive), tolerance):
            for mine in kind.against:
                against += np.bincount(mine, minlength=len(log))
                why[mine[why[mine] == ""]] = kind.why
            for mine in kind.agree:
                agree += np.bincount(mine, minlength=len(log))
            pairs.append(kind.against)
        one, other = (np.concatenate([pair[k] for pair in pairs]) for k in (0, 1))
        if not len(one):
            break
        blame = against - agree / (1.0 + against + agree) + 1e-3 * strange
        worse = np.where((blame[one] > blame[other]) | ((blame[one] == blame[other]) & (one > other)), one, other)
        better = np.where(worse == one, other, one)
        beaten = np.zeros(len(log), bool)
        beaten[better] = True  # goes later, if at all
        gone = np.unique(worse[~beaten[worse]])
        alive[gone] = False
        why[beaten & alive] = ""
    for reason in sorted({str(why[row]) for row in np.flatnonzero(~alive)}):
        log = log.noted(f"dropped, {reason}", ~alive & (why == reason))
    return log.select(alive)


def _compared(
    log: VisitLog, route: Route, capacity: NDArray[np.int64], rows: NDArray[np.int64], tolerance: float
) -> Iterator[_Kind]:
    """All comparisons among some visits, times being sure to the tolerance [s]."""
    machine = machine_codes(log)
    place = route.place(log)
    alone = rows[capacity[machine[rows]] == 1]
    order = alone[np.lexsort((log.complete[alone], log.start[alone], machine[alone]))]
    yield _overlaps(log, order, machine, tolerance, "on its machine at the same time as another part")
    if not route.serial:  # the steps of a part may run side by side
        return
    order = rows[np.lexsort((log.start[rows], place[rows], log.case.codes[rows]))]
    part = log.case.codes.astype(np.int64)
    yield _overlaps(log, order, part, tolerance, "its part is at a later station before", len(route.stations))
    room = {
        name: int(sum(capacity[code] for code in np.unique(machine[log.station.where(name)])))
        for name in route.stations
    }
    for name, following in zip(route.stations, route.stations[1:], strict=False):
        yield _overtaken(log, rows, name, following, room[name] + room[following])


def _overlaps(
    log: VisitLog,
    order: NDArray[np.int64],
    owner: NDArray[np.int64],
    tolerance: float,
    why: str,
    lags: int = _NEIGHBOURS,
) -> _Kind:
    """Visits of one owner, in the order in which they should follow each other, that begin before one in front ends."""
    against: list[Pairs] = []
    agree: Pairs = (order[:0], order[:0])
    for lag in range(1, min(lags, len(order) - 1) + 1):
        before, after = order[:-lag], order[lag:]
        same = owner[before] == owner[after]
        clash = same & (log.start[after] < log.complete[before] - tolerance)
        if lag == 1:
            fine = same & ~clash
            agree = (before[fine], after[fine])
        against.append((before[clash], after[clash]))
    if not against:
        return _Kind(why, agree, agree)
    return _Kind(why, (np.concatenate([p[0] for p in against]), np.concatenate([p[1] for p in against])), agree)


def _overtaken(log: VisitLog, rows: NDArray[np.int64], name: str, following: str, room: int) -> _Kind:
    """Parts that come to the second of two stations in another order than they went to the first.

    Between stations of one machine nobody overtakes; beside others a part may gain or lose a few places.
    """
    first, second = (rows[log.station.where(station)[rows]] for station in (name, following))
    first, second = (own[np.unique(log.case.codes[own], return_index=True)[1]] for own in (first, second))
    _, a, b = np.intersect1d(log.case.codes[first], log.case.codes[second], return_indices=True)
    first, second = first[a], second[b]
    order = np.argsort(log.start[first], kind="stable")
    first, second = first[order], second[order]
    wrong = np.zeros(len(first), bool)
    if room == 2:  # one machine each
        wrong[outside(log.start[second]) if len(first) else []] = True
    else:
        gained = np.argsort(np.argsort(log.start[second], kind="stable")) - np.arange(len(first))
        wrong = np.abs(gained) > 2 * room
    return _Kind("overtakes other parts", (first[wrong], second[wrong]), (first[~wrong], second[~wrong]))


def _strangeness(log: VisitLog) -> NDArray[np.float64]:
    """How far each visit's time is from its station's, in robust standard deviations of the logarithm; at most 99."""
    logs = np.log(np.maximum(log.time, 1e-3))
    found = np.zeros(len(log))
    for code in np.unique(log.station.codes):
        own = log.station.codes == code
        low, middle, high = np.quantile(logs[own], [0.25, 0.5, 0.75])
        found[own] = np.abs(logs[own] - middle) / max((high - low) / 1.349, 0.01)
    return np.minimum(found, 99.0)


def _lost(log: VisitLog, route: Route) -> VisitLog:
    """Notes on parts that lack a visit at a station between two that they visited: rows that were lost or dropped."""
    if not route.serial:
        return log
    place, case = route.place(log), log.case.codes
    order = np.lexsort((place, case))
    gap = np.diff(place[order])
    same = case[order[1:]] == case[order[:-1]]
    usual = np.bincount(np.maximum(gap[same & (gap > 0)], 0), minlength=2)
    skipped = order[1:][same & (gap > 1)]
    if not len(skipped) or len(skipped) > 0.2 * usual.sum():
        return log
    what = "a visit is missing before this one, at the station in front"
    return replace(log, notes=(*log.notes, Note(what, tuple(np.sort(log.rows[skipped]).tolist()))))
