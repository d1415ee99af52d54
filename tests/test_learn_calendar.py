"""Shifts and breaks from the gaps of a log, and planned standstill between two moments."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.eventlog.visits import VisitLog
from twin.eventlog.words import Words
from twin.learn.calendar import ALWAYS, calendar_of, closures, said
from twin.line import Shift

DAY, HOUR = 86400.0, 3600.0
MONDAY = 20458  # 2026-01-05, in days since 1970
WEEK = (0, 1, 2, 3, 4)


def visits(start: np.ndarray, time: np.ndarray | float = 40.0, zone: str = "") -> VisitLog:
    """Visits of as many parts at one station."""
    n = len(start)
    parts = Words(np.arange(n, dtype=np.int32), tuple(f"P{k:06d}" for k in range(n)))
    blank = Words(np.full(n, -1, np.int32), ())
    one = Words(np.zeros(n, np.int32), ("saw",))
    unknown = np.full(n, np.nan)
    return VisitLog(
        "visits.csv", parts, one, blank, blank, blank, blank, unknown, start, start + time, np.ones(n, np.int64),
        unknown, np.arange(n) + 2, {}, zone,
    )  # fmt: skip


def work(shifts: tuple[Shift, ...], first: int, last: int, seed: int = 0) -> VisitLog:
    """A part in about twenty seconds while the line works, in the shifts that begin from one day to another."""
    rng = np.random.default_rng(seed)
    start = first * DAY + np.cumsum(rng.exponential(20.0, int((last - first + 2) * DAY / 20)))
    night = max((shift.end for shift in shifts if shift.end < shift.begin), default=0.0)
    start = start[(start > first * DAY + night) & (start < (last + 1) * DAY + night)]
    closed = closures(shifts, first, last).closed(start, start + 15.0) > 0
    return visits(start[~closed], 15.0)


SHIFTS = {
    "a day": Shift(WEEK, 6 * HOUR, 14 * HOUR),
    "a day with breaks": Shift(WEEK, 6 * HOUR, 14 * HOUR, ((9 * HOUR, 9.25 * HOUR), (11.5 * HOUR, 12 * HOUR))),
    "two shifts": Shift(WEEK, 6 * HOUR, 22 * HOUR, ((13.5 * HOUR, 14.5 * HOUR),)),
    "half hours": Shift(WEEK, 7.5 * HOUR, 16.5 * HOUR),
    "a night": Shift(WEEK, 22 * HOUR, 6 * HOUR),
    "a night with a break": Shift(WEEK, 22 * HOUR, 6 * HOUR, ((1.5 * HOUR, 2 * HOUR),)),
    "to past midnight": Shift(WEEK, 16 * HOUR, 1 * HOUR),
    "from midnight": Shift(WEEK, 0.0, 15 * HOUR),
    "to midnight": Shift(WEEK, 8 * HOUR, 0.0),
}


class TestFound:
    @pytest.mark.parametrize("name", SHIFTS)
    def test_a_fortnight_tells_all(self, name):
        truth = SHIFTS[name]
        found = calendar_of(work((truth,), MONDAY, MONDAY + 11))
        assert found.shifts == (truth,)
        assert found.days == 10
        assert found.sure < 600

    def test_weekend_work_is_seen(self):
        truth = Shift((0, 1, 2, 3, 4, 5), 6 * HOUR, 14 * HOUR)
        assert calendar_of(work((truth,), MONDAY, MONDAY + 13)).shifts == (truth,)

    def test_a_day_that_was_free_is_free(self):
        truth = Shift((0, 1, 3, 4), 6 * HOUR, 14 * HOUR)
        assert calendar_of(work((truth,), MONDAY, MONDAY + 4)).shifts == (truth,)

    def test_days_that_the_log_does_not_reach_are_like_the_others_from_monday_to_friday(self):
        truth = Shift((0, 1, 2, 3, 4, 5, 6), 6 * HOUR, 14 * HOUR)
        assert calendar_of(work((truth,), MONDAY, MONDAY + 1)).shifts == (Shift(WEEK, 6 * HOUR, 14 * HOUR),)
        weekend = calendar_of(work((truth,), MONDAY + 5, MONDAY + 6)).shifts[0]
        assert weekend.days == (0, 1, 2, 3, 4, 5, 6)

    def test_a_break_on_a_single_day_is_none(self):
        log = work((Shift(WEEK, 6 * HOUR, 14 * HOUR),), MONDAY, MONDAY + 4)
        stood = (log.start > MONDAY * DAY + 10 * HOUR) & (log.start < MONDAY * DAY + 11 * HOUR)
        assert calendar_of(log.select(~stood)).shifts == (Shift(WEEK, 6 * HOUR, 14 * HOUR),)

    def test_somebody_who_tries_a_machine_at_night_opens_no_shift(self):
        log = work((Shift(WEEK, 6 * HOUR, 14 * HOUR),), MONDAY, MONDAY + 4)
        tried = visits(np.append(log.start, (MONDAY + 1) * DAY + 2 * HOUR), 15.0)
        assert calendar_of(tried).shifts == (Shift(WEEK, 6 * HOUR, 14 * HOUR),)


class TestNotFound:
    def test_one_day_has_no_habits(self):
        assert calendar_of(work((Shift(WEEK, 6 * HOUR, 14 * HOUR),), MONDAY, MONDAY)) is ALWAYS

    def test_a_clock_of_seconds_has_no_days(self):
        log = work((Shift(WEEK, 6 * HOUR, 14 * HOUR),), MONDAY, MONDAY + 4)
        assert calendar_of(visits(log.start, zone="seconds")) is ALWAYS

    @pytest.mark.parametrize("seed", range(4))
    def test_a_line_that_always_works(self, seed):
        assert calendar_of(work((), MONDAY, MONDAY + 6, seed)) is ALWAYS

    @pytest.mark.parametrize("seed", range(4))
    def test_a_line_that_always_works_and_often_stops(self, seed):
        log = work((), MONDAY, MONDAY + 4, seed)
        rng = np.random.default_rng(seed)
        stood = np.zeros(len(log), bool)
        for begin in rng.uniform(MONDAY * DAY, (MONDAY + 5) * DAY, 100):
            stood |= (log.start > begin) & (log.start < begin + rng.exponential(1200))
        assert calendar_of(log.select(~stood)) is ALWAYS

    def test_a_single_visit(self):
        assert calendar_of(visits(np.array([MONDAY * DAY]))) is ALWAYS

    def test_a_visit_a_day(self):
        assert calendar_of(visits((MONDAY + np.arange(5)) * DAY + 8 * HOUR)) is ALWAYS


class TestClosures:
    """Planned standstill between two moments is what a count of open seconds leaves."""

    @given(st.sampled_from(sorted(SHIFTS)), st.integers(0, 10 * 86400 - 1), st.integers(0, 3 * 86400))
    def test_closed_is_what_a_count_says(self, name, begin, length):
        shift = SHIFTS[name]
        open_ = np.zeros(20 * 1440, bool)  # minutes from the Sunday before
        for day in range(-1, 18):
            if day % 7 in shift.days:
                first, last = shift.begin, shift.end + DAY * (shift.end <= shift.begin)
                minutes = slice(int((day + 1) * 1440 + first / 60), int((day + 1) * 1440 + last / 60))
                open_[minutes] = True
                for a, b in shift.breaks:
                    later = DAY * (a < shift.begin)
                    open_[int((day + 1) * 1440 + (a + later) / 60) : int((day + 1) * 1440 + (b + later) / 60)] = False
        begin, length = begin // 60 * 60, length // 60 * 60
        counted = 60.0 * (~open_[1440 + begin // 60 : 1440 + (begin + length) // 60]).sum()
        moments = np.array([MONDAY * DAY + begin])
        found = closures((shift,), MONDAY, MONDAY + 13).closed(moments, moments + length)
        np.testing.assert_allclose(found, counted, atol=1e-6)

    def test_a_line_that_always_works_is_never_closed(self):
        assert closures((), MONDAY, MONDAY + 1) is ALWAYS
        assert ALWAYS.closed(np.array([0.0, 5.0]), np.array([9e9, 6.0])).tolist() == [0.0, 0.0]

    def test_it_is_said_as_people_say_it(self):
        words = said(closures((SHIFTS["a day with breaks"],), MONDAY, MONDAY))
        assert list(words) == ["Mon, Tue, Wed, Thu, Fri 06:00 to 14:00, breaks 09:00 to 09:15, 11:30 to 12:00"]
