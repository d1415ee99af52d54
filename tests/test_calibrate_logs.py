"""Reading logs: what is understood, what is left out and noted, and one sentence for everything that is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.calibrate import LogError, Planned, Redate, calibrate_files, read_counts, read_stop_log, read_windows
from twin.calibrate.stoplog import Note

HEAD = "date,start,end\n"
ROW = "2026-01-05,06:00:00,06:05:00\n"
GOOD = HEAD + ROW + "2026-01-05,07:00:00,07:01:30\n"


def save(folder: Path, text: str | bytes, name: str = "stops.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


BROKEN_STOPS: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "is empty"),
    "only blanks": (" \n \n", "is empty"),
    "header only": (HEAD, "no row below it"),
    "blank rows only": (HEAD + ",,\n\n", "no row below it"),
    "binary": (b"\x00\x01\x02start,end\n", "binary file"),
    "a workbook": (b"PK\x03\x04workbook", "binary file"),
    "one column": ("start\n2026-01-05 06:00:00\n", "single column"),
    "no start column": ("date,foo,end\n" + ROW, "looks like the start"),
    "no end column": ("date,start,foo\n" + ROW, "looks like the end"),
    "no date column": ("start,end\n06:00:00,06:05:00\n", "no column of dates"),
    "two columns of one name": ("date,start,start\n" + ROW, "two columns are called 'start'"),
    "a cell too few": (HEAD + "2026-01-05,06:00:00\n", "row 2: there are 2 cells but 3 columns"),
    "a cell too many": (GOOD + "2026-01-05,06:00:00,06:05:00,9\n", "row 4: there are 4 cells"),
    "open quotes": (HEAD + '"2026-01-05,06:00:00,06:05:00\n', "not a CSV file"),
    "blank start": (GOOD + "2026-01-05,,08:00:00\n", "row 4, column 'start'"),
    "NaN start": (GOOD + "2026-01-05,NaN,08:00:00\n", "a stop needs a start"),
    "word for a time": (GOOD + "2026-01-05,noon,13:00:00\n", "'noon' is not a time of day"),
    "hour 25": (GOOD + "2026-01-05,25:00:00,25:10:00\n", "between 00:00 and 24:00"),
    "minute 61": (GOOD + "2026-01-05,10:61:00,11:10:00\n", "between 00:00 and 24:00"),
    "seconds of a day": (GOOD + "2026-01-05,36000,36010\n", "'36000' is not a time of day"),
    "decimal hours": (GOOD + "2026-01-05,10.5,10.6\n", "'10.5' is not a time of day"),
    "13 pm": (GOOD + "2026-01-05,13:00 pm,13:10 pm\n", "am or pm"),
    "word for a date": (GOOD + "Monday,08:00:00,08:10:00\n", "row 4, column 'date': 'Monday' is not a date"),
    "month 13": (GOOD + "2026-13-05,08:00:00,08:10:00\n", "is not a date"),
    "30 February": (GOOD + "2026-02-30,08:00:00,08:10:00\n", "is not a date"),
    "a serial number for a date": (HEAD + "46027,08:00:00,08:10:00\n", "'46027' is not a date"),
    "mixed formats of dates": (GOOD + "06.01.2026,08:00:00,08:10:00\n", "another format than the rows above"),
    "day or month": (HEAD + "05/01/2026,08:00:00,08:10:00\n", "which number is the day"),
    "end before start": (GOOD + "2026-01-05,08:10:00,08:00:00\n", "lies before the start"),
    "end before start with dates": (
        "start,end\n2026-01-05 08:00:00,2026-01-04 08:00:00\n",
        "lies before the start of its row",
    ),
    "a date without a time": ("start,end\n2026-01-05 08:00,2026-01-06\n", "a date with a time"),
    "a time zone": ("start,end\n2026-01-05T08:00:00+01:00,2026-01-05T08:10:00+01:00\n", "names a time zone"),
    "no ends at all": (HEAD + "2026-01-05,06:00:00,\n", "no row has both a start and a later end"),
    "a bad duration": ("date,start,duration\n2026-01-05,06:00:00,210\n", "'210' is not a duration"),
    "UTF-16 without a header": ("\ufeff1 2 3".encode("utf-16"), "single column"),
}


@pytest.mark.parametrize("name", BROKEN_STOPS)
def test_a_broken_log_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    text, expected = BROKEN_STOPS[name]
    with pytest.raises(LogError) as caught:
        read_stop_log(save(tmp_path, text))
    message = str(caught.value)
    assert expected in message
    assert message.startswith("stops.csv")
    assert "\n" not in message
    assert message.endswith(".")
    assert len(message) < 300


def test_there_are_many_broken_logs() -> None:
    assert len(BROKEN_STOPS) + len(BROKEN_COUNTS) + len(BROKEN_WINDOWS) >= 45


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"columns": {"begin": "start"}}, "columns= names 'begin'"),
        ({"columns": {"start": "strat"}}, "no column 'strat'.*Use 'start'"),
        ({"date_format": "iso"}, "not a format of dates"),
        ({"redate": [Redate(90, 95, "2026-01-06")]}, "has rows 2 to 3"),
        ({"redate": [Redate(2, 3, "soon")]}, "'soon', which is not a date"),
    ],
)
def test_a_wrong_option_is_refused(tmp_path: Path, words: dict, expected: str) -> None:
    with pytest.raises(LogError, match=expected):
        read_stop_log(save(tmp_path, GOOD), **words)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LogError, match=r"nothing\.csv: there is no such file"):
        read_stop_log(tmp_path / "nothing.csv")
    with pytest.raises(LogError, match="cannot be read"):
        read_stop_log(tmp_path)


def test_a_correction_of_several_dates_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path, GOOD + "2026-01-06,06:00:00,06:05:00\n")
    with pytest.raises(LogError, match="lie on several dates"):
        read_stop_log(path, redate=[Redate(2, 4, "2026-01-07")])


@pytest.mark.parametrize(
    "text",
    [
        "date,start,end\n2026-01-05,06:00:00,06:03:30\n",
        "date;start;end\n05.01.2026;06:00:00;06:03:30\n05.01.2026;7:00;7:20\n13.01.2026;7:00;7:20\n",
        "from\tuntil\n2026-01-05T06:00:00\t2026-01-05T06:03:30.000\n",
        "downtime_id,date,downtime_start_time,downtime_end_time,downtime_time\nd1,2026-01-05,06:00:00,06:03:30,x\n",
        "day,begin,duration\n2026-01-05,06:00 am,00:03:30\n",
        "\ufeffDate,Start time,End time,Reason\n1/5/2026,6:00:00 AM,6:03:30 AM,J\n1/25/2026,6:00:00 AM,6:03:30 AM,J\n",
    ],
)
def test_forms_of_logs_that_are_understood(tmp_path: Path, text: str) -> None:
    log = read_stop_log(save(tmp_path, text))
    assert log.duration[0] == pytest.approx(210.0)
    assert log.begin[0] == pytest.approx(np.datetime64("2026-01-05T06:00").astype("datetime64[s]").astype(float))


def test_a_stop_may_run_past_midnight(tmp_path: Path) -> None:
    log = read_stop_log(save(tmp_path, HEAD + "2026-01-05,23:50:00,00:20:00\n"))
    assert log.duration.tolist() == [1800.0]


def test_what_is_left_out_is_counted_and_named(tmp_path: Path) -> None:
    text = GOOD + "2026-01-05,08:00:00,\n" + ROW + "2026-01-05,09:00:00,09:00:00\n2026-01-05,06:04:00,06:09:00\n"
    log = read_stop_log(save(tmp_path, text))
    assert log.duration.tolist() == [540.0, 90.0]
    said = {note.what: note.rows for note in log.notes}
    assert said["dropped, no end"] == (4,)
    assert said["dropped, no length"] == (6,)
    assert said["dropped, duplicate"] == (5,)
    assert said["merged, overlaps the stop before"] == (7,)


def test_a_mistyped_date_is_named_and_can_be_corrected(tmp_path: Path) -> None:
    rows = [f"2026-01-{day:02d},06:00:00,06:05:00\n" for day in (5, 6, 7, 8, 9)]
    rows[2] = "2025-01-07,06:00:00,06:05:00\n"
    path = save(tmp_path, HEAD + "".join(rows))
    assert read_stop_log(path).notes == (Note("doubtful, out of order", (4,), 300.0),)
    corrected = read_stop_log(path, redate=[Redate(4, 4, "2026-01-07")])
    assert corrected.notes == ()
    assert np.diff(corrected.begin).tolist() == [86400.0] * 4


def test_a_log_that_is_newest_first_is_in_order(tmp_path: Path) -> None:
    log = read_stop_log(save(tmp_path, HEAD + "2026-01-06,06:00:00,06:05:00\n" + ROW))
    assert log.notes == ()
    assert log.begin[0] < log.begin[1]


BROKEN_COUNTS: dict[str, tuple[str, str]] = {
    "no count column": ("date,hour_start,hour_end,foo\n2026-01-05,6,7,50\n", "looks like the count"),
    "a word for a count": ("date,start,end,count\n2026-01-05,6,7,many\n", "'many' is not a number of parts"),
    "a negative count": ("date,start,end,count\n2026-01-05,6,7,-4\n", "a count is zero or more"),
    "an infinite count": ("date,start,end,count\n2026-01-05,6,7,inf\n", "a count is zero or more"),
    "no usable row": ("date,start,end,count\n2026-01-05,6,7,NaN\n", "no row has a start, an end and a count"),
    "overlapping hours": (
        "date,start,end,count\n2026-01-05,6,8,4\n2026-01-05,7,9,5\n",
        "row 3.*before the interval above it has ended",
    ),
    "hour 26": ("date,start,end,count\n2026-01-05,6,26,4\n", "'26' is not a time of day"),
}


@pytest.mark.parametrize("name", BROKEN_COUNTS)
def test_broken_counts_are_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    text, expected = BROKEN_COUNTS[name]
    with pytest.raises(LogError, match=expected) as caught:
        read_counts(save(tmp_path, text, "counts.csv"))
    assert re.fullmatch(r"counts\.csv.*\.", str(caught.value))


def test_counts_drop_duplicates_and_add_up_rows_of_one_hour(tmp_path: Path) -> None:
    rows = "2026-01-05,6,7,50\n2026-01-05,6,7,50\n2026-01-05,7,8,40\n2026-01-05,7,8,2\n2026-01-05,8,9,\n"
    counts = read_counts(save(tmp_path, "date,hour_start,hour_end,units\n" + rows))
    assert counts.number.tolist() == [50.0, 42.0]
    assert [note.rows for note in counts.notes] == [(6,), (3,), (5,)]


BROKEN_WINDOWS: dict[str, tuple[str, str]] = {
    "no end": ("date,start,end\n2026-01-05,06:00:00,\n", "a window needs its end"),
    "no length": ("date,start,end\n2026-01-05,06:00:00,06:00:00\n", "no window has a length"),
    "overlap": ("date,start,end\n2026-01-05,6,9\n2026-01-05,8,10\n", "overlaps the one that begins"),
}


@pytest.mark.parametrize("name", BROKEN_WINDOWS)
def test_broken_windows_are_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    text, expected = BROKEN_WINDOWS[name]
    with pytest.raises(LogError, match=expected):
        read_windows(save(tmp_path, text, "windows.csv"))


def test_files_of_different_days_are_refused(tmp_path: Path) -> None:
    counts = save(tmp_path, "date,start,end,count\n2025-06-01,6,7,50\n", "counts.csv")
    with pytest.raises(LogError, match="no stop lies in an observed window"):
        calibrate_files(save(tmp_path, GOOD), counts)


@pytest.mark.parametrize("text", ["noon, 40 min", "13:00-12:00, 40 min", "11:30-13:15", "11:70-13:15, 1 h"])
def test_a_planned_stop_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(LogError, match="planned stop"):
        Planned.parse(text)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_log_error(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.csv"
    path.write_bytes(b"date,start,end\n" + raw)
    try:
        read_stop_log(path)
    except LogError as error:
        assert "\n" not in str(error)  # noqa: PT017  only some inputs fail
