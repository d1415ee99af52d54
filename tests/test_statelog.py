"""Logs of states and alarms: what is read, what is left out, what counts as a failure, and whether intervals hold."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from examples.synthetic_state_log import Truth, write
from twin.calibrate import LogError, calibrate
from twin.calibrate.activity import HELD, Activity, Spans, activity_of
from twin.calibrate.families import parse
from twin.calibrate.fit import filled, fit
from twin.calibrate.naming import OTHER, by_alarm, grouped, micro_apart, micro_length
from twin.calibrate.programs import program_runs
from twin.calibrate.recorder import find_step
from twin.calibrate.sample import CENSORED, COMPLETE, RESIDUAL, Sample, down_times
from twin.calibrate.shifts import find_shifts
from twin.calibrate.states import STATE_SETTINGS, StatesFound, calibrate_states
from twin.calibrate.zones import ahead_of_utc
from twin.eventlog.alarms import read_alarms
from twin.eventlog.meanings import MEANINGS, meanings_of
from twin.eventlog.states import StateLog, read_states
from twin.eventlog.words import words_of
from twin.spec import read_line

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("LINETWIN_DATA") or ROOT.parent / "shared" / "data") / "nist_sms_testbed"
HEAD = "machine,state,start,end\n"
DAY = 86400.0
MONDAY = 1767571200.0
QUICK = replace(STATE_SETTINGS, draws=20, up_families=("exponential",), down_families=("exponential", "lognormal"))
TRUTH = Truth()


def save(folder: Path, text: str | bytes, name: str = "states.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def row(state: str, begin: str, end: str, machine: str = "M") -> str:
    return f"{machine},{state},2026-01-05 {begin},2026-01-05 {end}\n"


GOOD = HEAD + row("ACTIVE", "06:00:00", "06:10:00") + row("FEED_HOLD", "06:10:00", "06:11:00")


def log_of(*rows: tuple[str, float, float], missing: tuple[float, ...] = (), program: tuple[str, ...] = ()) -> StateLog:
    """A log of one machine; times in seconds after a Monday's midnight."""
    state, start, end = zip(*rows, strict=True)
    return StateLog(
        "log", words_of(["M"] * len(rows)), words_of(state), np.array(start, float) + MONDAY,
        np.array(end, float) + MONDAY, np.arange(len(rows)) + 2, None, words_of(program) if program else None,
        np.array(missing or [0.0] * len(rows)),
    )  # fmt: skip


def sorted_out(log: StateLog) -> Activity:
    return activity_of(log, meanings_of(log.name, log.state, log.mode), "M")


# Reading


@pytest.mark.parametrize(
    ("state", "meaning"),
    [
        ("ACTIVE", "run"), ("READY", "ready"), ("FEED_HOLD", "stop"), ("INTERRUPTED", "stop"), ("STOPPED", "stop"),
        ("PROGRAM_STOPPED", "ready"), ("PROGRAM_COMPLETED", "ready"), ("OPTIONAL_STOP", "ready"), ("WAIT", "ready"),
        ("UNAVAILABLE", "unknown"), ("Execute", "run"), ("Held", "stop"), ("Aborted", "down"), ("Suspended", "ready"),
        ("Idle", "ready"), ("processing", "run"), ("down", "down"), ("starved", "ready"), ("blocked", "ready"),
        ("maintenance", "planned"), ("planned_stop", "planned"), ("PlannedStop", "planned"), ("off", "planned"),
    ],
)  # fmt: skip
def test_states_of_the_usual_vocabularies_have_a_meaning(state: str, meaning: str) -> None:
    found = meanings_of("log", words_of([state, "ACTIVE"]))
    assert MEANINGS[found[0]] == meaning


def test_work_by_hand_is_no_run_and_no_failure() -> None:
    state, mode = (
        words_of(["ACTIVE", "STOPPED", "ACTIVE", "STOPPED"]),
        words_of(["AUTOMATIC", "MANUAL", "MDI", "AUTOMATIC"]),
    )
    found = [MEANINGS[code] for code in meanings_of("log", state, mode)]
    assert found == ["run", "ready", "ready", "stop"]
    found = [MEANINGS[code] for code in meanings_of("log", state, mode, {"STOPPED/MANUAL": "down", "ACTIVE": "run"})]
    assert found == ["run", "down", "run", "stop"]


def test_a_log_may_be_compressed_and_need_no_machine(tmp_path: Path) -> None:
    text = GOOD.replace("machine,", "").replace("M,", "")
    log = read_states(save(tmp_path, gzip.compress(text.encode()), "states.csv.gz"))
    assert log.machine.words == ("machine",)
    assert (log.end - log.start).tolist() == [600.0, 60.0]


def test_without_ends_a_state_lasts_until_the_next(tmp_path: Path) -> None:
    text = "time,state\n2026-01-05 06:00:00,ACTIVE\n2026-01-05 06:10:00,READY\n2026-01-05 06:11:00,ACTIVE\n"
    log = read_states(save(tmp_path, text))
    assert (log.end - log.start).tolist() == [600.0, 60.0]
    assert log.notes[0].rows == (4,)


def test_what_cannot_be_used_is_named_by_row(tmp_path: Path) -> None:
    rows = [row("ACTIVE", f"07:{k:02d}:00", f"07:{k:02d}:30") for k in range(60)]
    rows += [row("ACTIVE", f"08:{k:02d}:00", f"08:{k:02d}:30") for k in range(60)]
    bad = {
        "left out, no end": "M,READY,2026-01-05 09:00:00,\n",
        "left out, no start": "M,READY,,2026-01-05 09:00:00\n",
        "left out, no state": "M,,2026-01-05 09:00:00,2026-01-05 09:01:00\n",
        "left out, no machine": ",READY,2026-01-05 09:00:00,2026-01-05 09:01:00\n",
        "left out, no length": row("READY", "09:00:00", "09:00:00"),
        "left out, ends before it starts (a clock that runs backwards)": row("READY", "09:00:00", "08:59:00"),
        "left out, the same as another row": rows[5],
        "left out, its date is far from all others (a clock fault)": "M,READY,2002-01-01 04:00,2002-01-01 05:00\n",
        "left out, overlaps other states of its machine": row("READY", "07:10:10", "07:14:10"),
        "left out, too few or too many cells": "M,READY,2026-01-05 09:00:00\n",
    }
    log = read_states(save(tmp_path, HEAD + "".join(rows) + "".join(bad.values())))
    assert {note.what: note.rows for note in log.notes} == {what: (122 + k,) for k, what in enumerate(bad)}
    assert len(log.rows) == 120


def test_alarms_take_the_code_where_they_have_no_text(tmp_path: Path) -> None:
    text = "machine,time,level,code,text\nM,2026-01-05 06:00,Fault,E7,\nM,2026-01-05 05:00,Normal,,\n"
    text += ",2026-01-05 05:00,Fault,E7,x\n"
    alarms = read_alarms(save(tmp_path, text))
    assert [alarms.text[k] for k in range(2)] == ["", "E7"]
    assert alarms.rank.tolist() == [0, 2]
    assert alarms.notes[0].rows == (4,)


BROKEN: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "is empty"),
    "header only": (HEAD, "no row of data"),
    "binary": (b"\x00\x01\x02start,end\n", "binary file"),
    "a workbook": (b"PK\x03\x04workbook", "Save the sheet as CSV"),
    "JSON": ('{"state": "ACTIVE"}', "is JSON"),
    "one column": ("state\nACTIVE\n", "single column"),
    "no state": ("machine,start,end\nM,2026-01-05 06:00:00,2026-01-05 07:00:00\n", "looks like the state"),
    "no start": ("machine,state,foo\nM,ACTIVE,2\n", "looks like the start"),
    "start without end": ("machine,state,start\nM,ACTIVE,2026-01-05 06:00:00\n", "looks like the end"),
    "two columns of one name": ("state,start,start\nACTIVE,1,2\n", "two columns are called 'start'"),
    "no date": (HEAD + "M,ACTIVE,soon,later\n", "'soon' is not a date"),
    "unknown state": (GOOD + row("DWELLING", "06:11:00", "06:12:00"), "'DWELLING' is no state with a known meaning"),
    "nothing runs": (HEAD + row("READY", "06:00:00", "06:10:00"), "no state means that the machine runs"),
    "no usable row": (HEAD + row("ACTIVE", "06:10:00", "06:00:00"), "no row can be used"),
    "some zones": (HEAD + "M,ACTIVE,2026-01-05T06:00:00Z,2026-01-05T07:00:00\n", "different time zones"),
    "days that are no number": (
        HEAD.replace("end", "end,missing_days_inside") + "M,ACTIVE,2026-01-05 06:00:00,2026-01-05 07:00:00,few\n",
        "is no number of days",
    ),
    "most rows torn": (HEAD + row("ACTIVE", "06:00:00", "06:01:00") + "M,ACTIVE\n" * 3, "rows do not have 4 cells"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_log_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    text, expected = BROKEN[name]
    with pytest.raises(LogError) as caught:
        calibrate_states(save(tmp_path, text), settings=QUICK)
    message = str(caught.value)
    assert expected in message
    assert message.startswith("states.csv")
    assert "\n" not in message
    assert message.endswith(".")
    assert len(message) < 320


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"states": {"FEED_HOLD": "stopp"}}, "means 'stopp'.*Use 'stop'"),
        ({"states": {"HOLD": "stop"}}, "states= names 'HOLD', which is not in the log"),
        ({"machines": ["N"]}, "no machine 'N'"),
        ({"columns": {"state": "stat"}}, "no column 'stat'.*Use 'state'"),
        ({"zone": "Europe/Atlantis"}, "'Europe/Atlantis' is not in the time zone database"),
    ],
)
def test_a_wrong_option_is_refused(tmp_path: Path, words: dict, expected: str) -> None:
    with pytest.raises(LogError, match=expected):
        calibrate_states(save(tmp_path, GOOD), settings=QUICK, **words)


def test_alarms_of_other_machines_are_refused(tmp_path: Path) -> None:
    alarms = save(tmp_path, "machine,time,text\nN,2026-01-05 06:00:00,JAM\n", "alarms.csv")
    with pytest.raises(LogError, match=r"no alarm is of a machine of states\.csv; its machines are 'N'"):
        calibrate_states(save(tmp_path, GOOD), alarms, settings=QUICK)


def test_alarms_in_another_time_zone_are_refused(tmp_path: Path) -> None:
    alarms = save(tmp_path, "machine,time,text\nM,2026-01-05T06:00:00Z,JAM\n", "alarms.csv")
    with pytest.raises(LogError, match=r"alarms\.csv: its times name UTC, states\.csv none"):
        calibrate_states(save(tmp_path, GOOD), alarms, settings=QUICK)


# What counts as a failure


def test_only_a_stop_that_interrupts_a_run_is_a_failure() -> None:
    found = sorted_out(
        log_of(
            ("ACTIVE", 0, 10), ("FEED_HOLD", 10, 12), ("INTERRUPTED", 12, 20), ("ACTIVE", 20, 30), ("READY", 30, 40),
            ("STOPPED", 40, 9000), ("ACTIVE", 9000, 9010), ("READY", 9010, 9020), ("down", 9020, 9030),
            ("READY", 9030, 9031),
        )
    )  # fmt: skip
    assert found.stops.reason == ("interrupted", HELD, HELD, HELD, "down", HELD)
    assert found.stops.duration[found.failed].tolist() == [10.0, 10.0]
    assert not np.asarray(found.stops.cut_off).any()


def test_windows_end_where_nobody_looked() -> None:
    found = sorted_out(
        log_of(
            ("FEED_HOLD", 0, 5), ("ACTIVE", 5, 10), ("FEED_HOLD", 10, 20), ("UNAVAILABLE", 20, 30), ("ACTIVE", 30, 40),
            ("READY", 40, 90), ("ACTIVE", 90, 95), ("FEED_HOLD", 95, 99), ("ACTIVE", 200, 210),
            missing=(0, 0, 0, 0, 0, 2, 0, 0, 0),
        )
    )  # fmt: skip
    assert [(w.begin - MONDAY, w.end - MONDAY) for w in found.windows] == [(0, 20), (30, 40), (90, 99), (200, 210)]
    sample = down_times(found.windows, found.stops.select(found.failed), step=0.0, least=0.0)
    assert sample.value.tolist() == [10.0, 4.0]
    assert sample.kind.tolist() == [CENSORED, CENSORED]
    assert found.notes[0].rows == (2,)
    assert found.runs.seconds.tolist() == [5.0, 10.0, 5.0, 10.0]
    assert found.hours["unknown"] == pytest.approx(60 / 3600)


def test_a_run_of_a_program_goes_on_after_a_stop_and_its_begin_may_be_unseen() -> None:
    found = sorted_out(
        log_of(
            ("FEED_HOLD", 0, 5), ("ACTIVE", 5, 10), ("READY", 10, 11), ("ACTIVE", 11, 20), ("FEED_HOLD", 20, 50),
            ("ACTIVE", 50, 60), ("READY", 60, 61), ("ACTIVE", 61, 70), ("ACTIVE", 70, 85), ("UNAVAILABLE", 85, 90),
            program=("A", "A", "A", "A", "A", "A", "A", "A", "B", "B"),
        )
    )  # fmt: skip
    runs = program_runs(found)
    assert runs.seconds.tolist() == [5.0, 19.0, 9.0, 15.0]
    assert runs.kind.tolist() == [RESIDUAL, COMPLETE, COMPLETE, CENSORED]
    assert runs.stops.tolist() == [0, 1, 0, 0]
    assert [runs.program[k] for k in range(4)] == ["A", "A", "A", "B"]


def test_a_stop_is_named_by_the_gravest_alarm_around_it(tmp_path: Path) -> None:
    rows = [
        (s, 100.0 * k + a, 100.0 * k + b) for k in range(4) for s, a, b in (("ACTIVE", 0, 80), ("FEED_HOLD", 80, 100))
    ]
    lines = [
        (75, "Warning", "DOOR"),
        (95, "Fault", "JAM"),
        (169, "Fault", "LATE"),
        (285, "Normal", "OVER"),
        (382, "Warning", "DOOR"),
    ]
    text = "machine,time,level,text\n" + "".join(
        f"M,2026-01-05 00:{t // 60:02d}:{t % 60:02d},{level},{said}\n" for t, level, said in lines
    )
    alarms = read_alarms(save(tmp_path, text))
    stops, named = by_alarm(sorted_out(log_of(*rows)).stops, alarms, before=10.0)
    assert stops.reason == ("JAM", "feed hold", "feed hold", "DOOR")
    assert grouped(stops, named, least=2).reason == (OTHER, "feed hold", "feed hold", OTHER)
    assert micro_apart(stops, 50.0).reason[:3] == ("micro-stop",) * 3


def test_short_and_long_stops_are_told_apart_by_their_mixture() -> None:
    rng = np.random.default_rng(0)
    value = np.concatenate([rng.exponential(5.0, 400), rng.lognormal(6.5, 0.5, 60)])
    sample = Sample(value, np.zeros(460, np.int64), np.zeros(460))
    assert 20 < micro_length(sample) < 250
    assert micro_length(Sample(value[:400], np.zeros(400, np.int64), np.zeros(400))) == 0.0


def test_a_cut_off_time_counts_with_what_it_may_have_become() -> None:
    sample = Sample(np.array([10.0, 10.0, 1e4]), np.array([COMPLETE, CENSORED, COMPLETE]), np.zeros(3))
    found = replace(fit(sample, parse("exponential")), theta=np.log([100.0]))
    assert filled(sample, found).tolist() == pytest.approx([10.0, 110.0, 1e4], rel=1e-6)


def test_times_shorter_than_half_a_step_show_no_step() -> None:
    assert find_step(np.array([0.3, 0.4, 0.5, 0.6])) == 0.0


# Shifts


def test_shifts_and_breaks_are_found_with_their_range() -> None:
    begin = [MONDAY + DAY * (day + 7 * week) for week in range(12) for day in range(5)]
    spans = [(b + 6 * 3600, b + 9 * 3600) for b in begin] + [(b + 9.5 * 3600, b + 14 * 3600) for b in begin]
    spans += [
        (MONDAY + DAY * (5 + 7 * week) + 8 * 3600, MONDAY + DAY * (5 + 7 * week) + 12 * 3600) for week in range(12)
    ]
    first, last = np.array(sorted(spans)).T
    found = find_shifts(Spans(first, last, np.zeros(len(first), np.int64)))
    assert [(one.days, one.begin / 3600, one.end / 3600) for one in found.shifts] == [
        ("mon-fri", 6, 14),
        ("sat", 8, 12),
    ]
    assert found.shifts[0].breaks == ((9 * 3600.0, 9.5 * 3600.0),)
    assert found.inside == pytest.approx(1.0)
    assert 'breaks = ["09:00-09:30"]' in found.toml()
    friday = MONDAY + 4 * DAY
    assert found.closing(friday + 13 * 3600, friday + 3.5 * DAY, least=3600.0) == friday + 14 * 3600
    assert found.closing(friday + 13 * 3600, friday + 15 * 3600, least=3600.0) is None
    assert found.closing(friday + 13 * 3600, friday + 15 * 3600, least=3600.0, cut=True) == friday + 14 * 3600


def test_a_machine_without_habits_has_no_shifts() -> None:
    rng = np.random.default_rng(0)
    begin = MONDAY + np.sort(rng.uniform(0, 70 * DAY, 60))
    assert not find_shifts(Spans(begin, begin + 3600, np.zeros(60, np.int64))).shifts


def test_local_time_knows_daylight_saving() -> None:
    summer, winter = 1751371200.0, MONDAY
    assert ahead_of_utc(np.array([summer, winter]), "America/New_York").tolist() == [-4 * 3600.0, -5 * 3600.0]


# The whole way, with known truth


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> StatesFound:
    states, alarms = write(tmp_path_factory.mktemp("log"), TRUTH, days=20, seed=0)
    return calibrate_states(states, alarms, micro=0.0, settings=QUICK)


def test_failure_modes_cycle_and_shift_are_found(found: StatesFound) -> None:
    one = found.machine("mill")
    assert one.calibration is not None
    for path, truth in TRUTH.numbers().items():
        assert one.calibration.intervals[path].value == pytest.approx(truth, rel=0.35)
    assert one.programs[0].mean.value == pytest.approx(TRUTH.cycle, rel=0.02)
    (shift,) = one.shifts.shifts
    assert (shift.days, shift.begin, shift.end, shift.breaks) == ("mon-fri", TRUTH.begin, TRUTH.end, (TRUTH.rest,))
    hours = one.activity.hours
    assert one.calibration.extent.operating == pytest.approx(3600 * hours["run"], rel=1e-6)


def test_nights_and_loading_are_no_failures(found: StatesFound) -> None:
    activity = found.machine("mill").activity
    failed = activity.stops.select(activity.failed)
    assert failed.duration.max() < 4 * 3600
    assert any("closed hours" in note.what for note in found.machine("mill").notes)


def test_report_and_values_for_programs(found: StatesFound) -> None:
    report = found.report()
    assert max(map(len, report.splitlines())) <= 80
    for words in ("JAM", "feed hold", "P1", "mon-fri 06:00", "How busy the machines are", "How many parts were made"):
        assert words in report
    assert "utilisation" not in report.lower()
    values = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert values["machines"]["mill"]["failures"]["parameters"]["JAM.mttr"]["unit"] == "s"
    assert values["machines"]["mill"]["shifts"]["shifts"][0]["breaks"] == ["09:30-10:00"]


def test_a_line_file_follows(found: StatesFound) -> None:
    line = read_line(found.line_file("mill", "P1", shifts=True, command="linetwin calibrate states.csv"))
    assert {failure.name for failure in line.stations[0].failures} == {"JAM", "feed hold"}
    assert found.failures_toml("mill").count("[[station.failure]]") == 2
    with pytest.raises(LogError, match=r"no cycle time of program 'P9'.*Use 'P1'"):
        found.line_file("mill", "P9")


def test_cut_off_stops_must_not_be_taken_as_complete(tmp_path: Path) -> None:
    truth = Truth(jam_down=1500.0, seen=1500.0, jam_up=3600.0)
    states, alarms = write(tmp_path, truth, days=40, seed=1)
    one = calibrate_states(states, alarms, micro=0.0, settings=QUICK).machine("mill")
    assert one.calibration is not None
    stops = replace(one.activity.stops, cut_off=None)
    naive = calibrate(stops, None, one.activity.windows, holds=(HELD,), settings=replace(QUICK, draws=0))
    mttr = next(mode.mttr for mode in naive.point.modes if mode.name == "JAM")
    interval = one.calibration.intervals["JAM.mttr"]
    assert mttr < 0.75 * truth.jam_down
    assert interval.low <= truth.jam_down <= interval.high
    assert interval.value > mttr / 0.8


@pytest.mark.slow
def test_intervals_hold_the_truth_about_as_often_as_promised(tmp_path: Path) -> None:
    hits: dict[str, list[bool]] = {}
    ratios: dict[str, list[float]] = {}
    truths = TRUTH.numbers() | {"cycle": TRUTH.cycle}
    singles = ("exponential", "weibull", "gamma", "lognormal")
    chosen = replace(STATE_SETTINGS, draws=50, up_families=(), down_families=singles)
    for seed in range(100):
        states, alarms = write(tmp_path / str(seed), TRUTH, days=40, seed=seed)
        one = calibrate_states(states, alarms, micro=0.0, settings=chosen).machine("mill")
        assert one.calibration is not None
        intervals = {**one.calibration.intervals, "cycle": one.programs[0].mean}
        for path, truth in truths.items():
            hits.setdefault(path, []).append(intervals[path].low <= truth <= intervals[path].high)
            ratios.setdefault(path, []).append(intervals[path].value / truth)
    for path in truths:
        assert np.mean(hits[path]) >= 0.78, path
        assert np.mean(ratios[path]) == pytest.approx(1.0, abs=0.05), path


# The real log


needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the log of the NIST test bed is not in {DATA.name}")


@needs_data
def test_the_nist_log_is_read() -> None:
    log = read_states(DATA / "execution_intervals.csv.gz")
    assert len(log.rows) == 73803
    assert [note.rows for note in log.notes] == [(73573,)]
    rows = log.machine.where("Mazak01")
    found = activity_of(log.select(rows), meanings_of(log.name, log.state, log.mode)[rows], "Mazak01")
    assert found.hours["run"] == pytest.approx(378.1, abs=0.1)
    assert found.stops.duration[found.failed].max() < 8 * 3600
    ahead = ahead_of_utc(found.runs.begin, "America/New_York")
    (shift,) = find_shifts(Spans(found.runs.begin + ahead, found.runs.end + ahead, found.runs.kind)).shifts
    assert shift.days == "mon-thu"
    assert (12 * 3600.0, 12.5 * 3600.0) in shift.breaks


@needs_data
def test_small_machines_of_the_nist_log_are_not_overrated() -> None:
    files = (DATA / "execution_intervals.csv.gz", DATA / "alarms.csv.gz")
    found = calibrate_states(*files, machines=["Hurco01", "GFAgie01"], settings=QUICK)
    assert not any(one.shifts.shifts or one.programs for one in found.machines)
    assert "no share of time is given" in " ".join(found.report().split())
    assert max(map(len, found.report().splitlines())) <= 80
