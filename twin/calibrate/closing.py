"""Stops that last over a night or a weekend."""

from __future__ import annotations

import numpy as np

from twin.calibrate.activity import HELD
from twin.calibrate.shifts import ShiftPattern
from twin.calibrate.stoplog import Note, StopLog
from twin.calibrate.zones import ahead_of_utc
from twin.eventlog.states import noted

__all__ = ["NIGHT", "until_closing"]

NIGHT = 4 * 3600.0
"""Closed hours of at least this [s] cut a stop off."""


def until_closing(stops: StopLog, shifts: ShiftPattern, zone: str | None) -> tuple[StopLog, list[Note]]:
    """Cuts failures off when working hours end, if they last over closed hours: nobody repaired in these.

    Args:
        stops: the stops of one machine, failures and others, with `cut_off`.
        shifts: its working hours.
        zone: local time zone of these, where the stops are in UTC; None for none.

    Returns:
        The stops, what came after the working hours as `HELD`, and notes on those that changed.
    """
    assert stops.cut_off is not None or not len(stops.begin)  # noqa: S101  activities know it
    pieces: list[tuple[float, float, str, int, bool]] = []
    changed: list[int] = []
    ahead = ahead_of_utc(stops.begin, zone) if zone else np.zeros(len(stops.begin))
    cut_off = np.zeros(0, bool) if stops.cut_off is None else stops.cut_off
    for begin, end, name, row, cut, offset in zip(
        stops.begin.tolist(), stops.end.tolist(), stops.reason, stops.rows.tolist(), cut_off.tolist(), ahead.tolist(),
        strict=True,
    ):  # fmt: skip
        close = None if name == HELD else shifts.closing(begin + offset, end + offset, least=NIGHT, cut=cut)
        if close is None:
            pieces.append((begin, end, name, row, cut))
            continue
        changed.append(row)
        moment = close - offset
        pieces += [(begin, moment, name, row, True)] if moment > begin else []
        pieces.append((moment, end, HELD, row, False))
    if not changed:
        return stops, []
    begins, ends, names, rows, cuts = zip(*pieces, strict=True)
    whole = StopLog(stops.name, np.array(begins), np.array(ends), names, np.array(rows), stops.notes, np.array(cuts))
    return whole, [noted("cut off when working hours ended, the stop lasted over closed hours", np.array(changed))]
