"""Event logs that are broken, each with what is said of it."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

HEAD = "part,station,start,complete"
STATIONS = ("saw", "mill", "wash")


def clock(seconds: float) -> str:
    """A moment of 2026-01-05, counted from 06:00."""
    minutes, rest = divmod(round(seconds), 60)
    return f"2026-01-05 {6 + minutes // 60:02d}:{minutes % 60:02d}:{rest:02d}"


def rows(parts: int = 12) -> list[list[str]]:
    """Visits of a sound line of three stations: a part a minute, 40 to 49 s at each station."""
    found = []
    for part in range(parts):
        begin = 60 * part
        for station in STATIONS:
            end = begin + 40 + 7 * part % 10
            found.append([f"P{part:03d}", station, clock(begin), clock(end)])
            begin = end + 5
    return found


def log(cells: Sequence[Sequence[str]] | None = None, *, head: str = HEAD, sep: str = ",") -> str:
    """Rows as text, under a header."""
    lines = [head.replace(",", sep), *(sep.join(row) for row in (rows() if cells is None else cells))]
    return "\n".join(lines) + "\n"


def changed(change: Callable[[list[str]], list[str]], at: int | None = None) -> list[list[str]]:
    """The rows, one of them changed (or all)."""
    return [change(row) if at in (None, k) else row for k, row in enumerate(rows())]


def put(column: int, value: str, at: int | None = None) -> list[list[str]]:
    """The rows with another value in a column, in one row or in all."""
    return changed(lambda row: [*row[:column], value, *row[column + 1 :]], at)


def events(words: tuple[str, str] = ("start", "complete")) -> list[list[str]]:
    """The visits as events with a lifecycle."""
    return [
        [part, station, time, word] for part, station, *times in rows() for time, word in zip(times, words, strict=True)
    ]


def archive(name: str) -> bytes:
    """A ZIP archive of one file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr(name, log())
    return stream.getvalue()


def parquet(columns: dict[str, list] | None = None) -> bytes:
    """A table as Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    cells = rows()
    usual = {name: [row[k] for row in cells] for k, name in enumerate(HEAD.split(","))}
    pq.write_table(pa.table(usual if columns is None else columns), stream)
    return stream.getvalue()


LONG = "part,station,timestamp,lifecycle:transition"
DATED = "2026-01-05 06:00:00"


@dataclass(frozen=True)
class Refused:
    """A file that is no log: what the one sentence has to say besides the file's name."""

    content: str | bytes
    fragments: tuple[str, ...]
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Doubtful:
    """A file that something can be learned from after all: what the report has to say, on one line or several."""

    content: str | bytes
    fragments: tuple[str, ...]
    options: tuple[str, ...] = ()


def zoned(start: str, end: str) -> list[list[str]]:
    """The rows with time zones."""
    return changed(lambda row: [*row[:2], row[2] + start, row[3] + end])


def counted(start: str = "{}", end: str = "{}", odd: str | None = None) -> list[list[str]]:
    """The rows with times in seconds from the start of the log; in the fourth another end."""
    cells = [[p, s, start.format(k * 50), end.format(k * 50 + 40)] for k, (p, s, _, _) in enumerate(rows())]
    if odd is not None:
        cells[3][3] = odd
    return cells


def wider(name: str, cell: str) -> str:
    """The log with one more column."""
    return log([[*row, cell] for row in rows()], head=f"{HEAD},{name}")


def backwards() -> list[list[str]]:
    """The rows with starts and ends exchanged."""
    return [[part, station, end, start] for part, station, start, end in rows()]


REFUSED: dict[str, Refused] = {
    "empty": Refused("", ("is empty; a log needs a header and rows", "Export it again.")),
    "blank": Refused(" \n\t\n", ("is empty", "Export it again.")),
    "header only": Refused(HEAD + "\n", ("there is no row of data", "Give a log with rows.")),
    "header without an end of line": Refused(HEAD, ("there is no row of data", "Give a log with rows.")),
    "binary": Refused(bytes(range(256)), ("is a binary file", "Export it as CSV.")),
    "program": Refused(b"\x7fELF\x02\x01\x01" + bytes(60), ("is a binary file",)),
    "old spreadsheet": Refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(60), ("is a binary file",)),
    "null character": Refused(log().replace("P003", "P\0003"), ("is a binary file",)),
    "null character far down": Refused(
        log(rows() + [["Q" * 90, "saw", DATED, DATED]] * 700 + [["P\0004", "saw", DATED, DATED]]),
        ("row 738, column 'part'", "null character", "Export the log again."),
    ),
    "UTF-16 without mark": Refused(log().encode("utf-16-le"), ("is a binary file", "Export it as CSV.")),
    "UTF-16 with half a letter": Refused(log().encode("utf-16") + b"x", ("truncated data", "Export it again.")),
    "UTF-32": Refused(log().encode("utf-32"), ("is a binary file",)),
    "spreadsheet": Refused(archive("xl/workbook.xml"), ("an archive or a spreadsheet", "Save the sheet as CSV")),
    "archive": Refused(archive("visits.csv"), ("an archive or a spreadsheet", "unpack the archive")),
    "gzip cut off": Refused(
        gzip.compress(log(rows(99)).encode())[:300], ("Truncated compressed stream", "Export it again.")
    ),
    "gzip of 15 bytes": Refused(gzip.compress(log().encode())[:15], ("a gzip file that was cut off", "Copy it again.")),
    "gzip with a wrong sum": Refused(
        gzip.compress(log().encode())[:-8] + b"12345678", ("a damaged gzip file", "Copy it again.")
    ),
    "gzip of nothing": Refused(gzip.compress(b""), ("is empty",)),
    "gzip in gzip": Refused(gzip.compress(gzip.compress(log().encode())), ("is a binary file",)),
    "Parquet cut off": Refused(parquet()[:300], ("cannot be read as a Parquet file", "Export it again.")),
    "Parquet damaged": Refused(
        parquet()[:40] + b"\xff" * 40 + parquet()[80:], ("cannot be read as a Parquet file", "Export it again.")
    ),
    "Parquet without rows": Refused(parquet({name: [] for name in HEAD.split(",")}), ("there is no row of data",)),
    "Parquet with endless times": Refused(
        parquet({"part": ["a", "b"], "station": ["x", "x"], "start": [0.0, 9.0], "complete": [1.0, float("inf")]}),
        ("row 2, column 'complete': 'inf'", "Correct the row."),
    ),
    "JSON": Refused('{"part": "P1"}', ("is JSON; a log is a table", "Export it as CSV, Parquet or XES.")),
    "list in JSON": Refused("[1, 2]", ("is JSON",)),
    "XML": Refused('<?xml version="1.0"?>\n<rows/>', ("is XML, but no XES log", "Export it as XES or CSV.")),
    "PDF": Refused(b"%PDF-1.4\n%\xe2\xe3\n1 0 obj\n", ("row 1 has a single column, '%PDF-1.4'", "Separate columns")),
    "one column": Refused("part\nP1\nP2\n", ("single column, 'part'", "Separate columns")),
    "title above": Refused("Export of line 3\n" + log(), ("single column, 'Export of line 3'", "Separate columns")),
    "wrong columns": Refused(log(head="a,b,c,d"), ("tells parts or states", "--column case=NAME")),
    "wrong columns of visits": Refused(
        log(head="a,b,c,d"), ("'a', 'b', 'c', 'd'", "Name it with --column case=NAME."), ("--kind", "visits")
    ),
    "column of that name": Refused(
        log(), ("no column 'parts'", "'part', 'station'", "Use 'part'."), ("--column", "case=parts")
    ),
    "column for no role": Refused(
        log(), ("'cse' is nothing", "Use 'case'."), ("--column", "cse=part", "--kind", "visits")
    ),
    "two columns of one name": Refused(log(head="part,part,start,complete"), ("row 1", "called 'part'", "Rename one.")),
    "two columns with a space more": Refused(log(head="part,start ,start,complete"), ("called 'start'",)),
    "columns without names": Refused(log(head="part,station,,"), ("two columns are called ''", "Rename one.")),
    "two columns": Refused(log([row[:2] for row in rows()], head="part,station"), ("a start and an end", "--column")),
    "no station": Refused(
        log([[a, c, d] for a, _, c, d in rows()], head="part,start,complete"), ("tells the station", "station=NAME.")
    ),
    "no ends": Refused(
        log([row[:3] for row in rows()], head="part,station,start"), ("a start and an end", "complete=NAME.")
    ),
    "header in the middle": Refused(
        log([*rows()[:9], HEAD.split(","), *rows()[9:]]), ("row 11, column 'start': 'start'", "Correct the row.")
    ),
    "quote left open": Refused(
        log(put(1, '"saw', 4)), ("row 6", "a quote is opened and not closed", "31 more lines", "Close it")
    ),
    "quotes left open in all rows": Refused(
        log(put(1, '"saw')), ("row 2, column 'station'", "was never closed", "Close the quote")
    ),
    "quote left open in the header": Refused('"' + log(), ("a quote in row 1 is never closed", "Export it again.")),
    "rows too short": Refused(
        log([row[: 4 if k < 4 else 3] for k, row in enumerate(rows())]),
        ("row 6: 32 rows do not have 4 cells", "quotes"),
    ),
    "rows too long": Refused(log(changed(lambda row: [*row, "x"])), ("row 2: 36 rows do not have 4 cells",)),
    "commas as decimal points": Refused(log(counted("{},5", "{},5")), ("row 2: 36 rows do not have 4 cells",)),
    "decimal commas": Refused(
        log(counted("{},5", "{},5"), sep=";"), ("row 2, column 'start': '0,5'", "Correct the row.")
    ),
    "one gigantic cell": Refused(
        log(put(1, "x" * 3_000_000, 4)), ("row 6, column 'station'", "has 3,000,000 characters", "Cut it")
    ),
    "one endless cell": Refused(log(put(1, "x" * 40_000_000, 4)), ("a row has more than 16 MB", "Close it")),
    "case column blank": Refused(log(put(0, "")), ("no row names both a part and a station", "Export the log again.")),
    "case column of NaN": Refused(log(put(0, "NaN")), ("no row names both a part and a station",)),
    "station column blank": Refused(log(put(1, "  ")), ("no row names both a part and a station",)),
    "two time zones": Refused(
        log(zoned("Z", "+01:00")), ("'start' UTC, 'complete' +01:00", "Convert them to one zone.")
    ),
    "zone in one row": Refused(
        log(put(2, f"{DATED}Z", 4)), ("row 2, column 'start'", f"'{DATED}Z' in the same column", "all without.")
    ),
    "day or month": Refused(
        log(changed(lambda row: [*row[:2], "01/02/2026 06:00:00", "01/02/2026 06:01:00"])),
        ("row 2, column 'start': '01/02/2026 06:00:00'", "which number is the day", "'month/day/year'"),
    ),
    "two formats": Refused(
        log(put(2, "05.01.2026 06:00:00", 4)), ("row 6, column 'start': '05.01.2026", "another format than the rows")
    ),
    "30 February": Refused(log(put(2, "2026-02-30 06:00:00", 4)), ("row 6, column 'start': '2026-02-30", "not a date")),
    "hour 25": Refused(
        log(put(2, "2026-01-05 25:00:00", 4)), ("row 6, column 'start': '25:00:00'", "Correct the row.")
    ),
    "year 20000": Refused(log(put(3, "20000-01-01 00:00:00", 4)), ("row 6, column 'complete': '20000-01-01",)),
    "dates without times": Refused(
        log(changed(lambda row: [*row[:2], row[2][:10], row[3][:10]])), ("row 2, column 'start': '2026-01-05'",)
    ),
    "times without dates": Refused(
        log(changed(lambda row: [*row[:2], row[2][11:], row[3][11:]])), ("row 2, column 'start': '06:00:00'",)
    ),
    "a word for a date": Refused(log(put(2, "soon", 4)), ("row 6, column 'start': 'soon' is not a date", "Correct")),
    "a number for a date": Refused(log(put(2, "17", 4)), ("row 6, column 'start': '17' is not a date", "Correct")),
    "infinite time": Refused(log(counted(odd="1e999")), ("row 5, column 'complete': '1e999'", "Correct the row.")),
    "infinity": Refused(log(counted(odd="inf")), ("row 5, column 'complete': 'inf'", "Correct the row.")),
    "one time in milliseconds": Refused(
        log(counted(odd="1767592800000")), ("row 5, column 'complete'", "only be milliseconds", "in one unit.")
    ),
    "microseconds": Refused(log(counted("17675928{}000000", "17675928{}000000")), ("is too large for", "as dates.")),
    "all ends before starts": Refused(
        log(backwards()), ("no visit is left", "ends before it starts: 36 rows (rows 2-37)", "--column start=NAME")
    ),
    "no start anywhere": Refused(log(put(2, "")), ("no visit is left", "no start: 36 rows", "--column start=NAME")),
    "no end anywhere": Refused(log(put(3, "")), ("no visit is left", "no end: 36 rows", "--column start=NAME")),
    "all in the year 9999": Refused(log().replace("2026", "9999"), ("no visit is left", "after 2199: 36 rows")),
    "all in the year 0000": Refused(
        log().replace("2026", "0000"),
        (
            "no visit is left",
            "before 1970-01-02",
        ),
    ),
    "all on the first day of 1970": Refused(log().replace("2026-01-05", "1970-01-01"), ("before 1970-01-02",)),
    "no complete events": Refused(
        log(events(("start", "start")), head=LONG),
        ("no event completes a visit", "'lifecycle:transition'", "lifecycle=NAME."),
    ),
    "suspend alone": Refused(
        log(events(("suspend", "suspend")), head=LONG), ("no event starts a visit", "says 'suspend'", "lifecycle=NAME.")
    ),
    "unknown lifecycle": Refused(
        log(events(("on", "off")), head=LONG), ("no event starts a visit", "says 'off', 'on'")
    ),
    "names that become one": Refused(
        log(changed(lambda row: [row[0], {"mill": "S.1", "wash": "S_1"}.get(row[1], "saw"), *row[2:]])),
        ("'S.1' and 'S_1' would both be 'S_1'", "Rename one."),
    ),
    "one part that goes round": Refused(
        log(put(0, "P1")), ("is no log of a serial line", "so there is no line file of it", "Use --output line.json")
    ),
    "random numbers without a number": Refused(log(), ("--seed is 'many'",), ("--seed", "many")),
    "option of another log": Refused(log(), ("--alarms is not for a log of visits", "--kind"), ("--alarms", "a.csv")),
}
"""Each ends with exit code 2 and one sentence; nothing is written."""

DOUBTFUL: dict[str, Doubtful] = {
    "one row": Doubtful(log(rows()[:1]), ("1 of 1 visits kept", "How often parts come: one came to the first station")),
    "one part": Doubtful(log(rows()[:3]), ("3 of 3 visits kept, 1 parts", "How often parts come: one came")),
    "one station": Doubtful(log(rows()[::3]), ("route: saw", "12 of 12 visits kept", "1 day show none")),
    "all at the same instant": Doubtful(
        log(changed(lambda row: [*row[:2], DATED, DATED])),
        (
            "36 of 36 visits kept",
            "How long visits at saw take: they start and end at the same moment; the line has 1 ms.",
        ),
    ),
    "every row doubled": Doubtful(
        log([row for row in rows() for _ in (0, 1)]),
        ("36 of 72 visits kept", "dropped, doubled: 36 rows (rows 3, 5, 7"),
    ),
    "every row of a part of its own": Doubtful(
        log([[f"Q{k}", *row[1:]] for k, row in enumerate(rows())]),
        ("In which order parts pass mill, saw, wash: no part was seen at two of them.",),
    ),
    "every row of a station of its own": Doubtful(
        log([[row[0], f"S{k}", *row[2:]] for k, row in enumerate(rows())]),
        ("36 stations", "How often parts come: one came"),
    ),
    "one row too short": Doubtful(
        log(changed(lambda row: row[:3], 4)), ("35 of 35 visits kept", "too many or too few cells: 1 row (row 6)")
    ),
    "one row too long": Doubtful(log(changed(lambda row: [*row, "x"], 4)), ("too few cells: 1 row (row 6)",)),
    "sum at the end": Doubtful(log() + "total,36,,\n", ("36 of 37 visits kept", "dropped, no start: 1 row (row 38)")),
    "one end before its start": Doubtful(
        log([row if k == 4 else one for k, (one, row) in enumerate(zip(rows(), backwards(), strict=True))]),
        ("35 of 36 visits kept", "dropped, ends before it starts: 1 row (row 6)"),
    ),
    "one row of 1970": Doubtful(
        log(put(2, "1970-01-01 00:00:00", 4)), ("before 1970-01-02 or after 2199: 1 row (row 6)",)
    ),
    "one row of 9999": Doubtful(
        log(put(3, "9999-12-31 23:59:59", 4)), ("before 1970-01-02 or after 2199: 1 row (row 6)",)
    ),
    "one event suspended": Doubtful(
        log([*events(), ["P000", "saw", DATED, "suspend"]], head=LONG),
        ("another event than scheduling, start or completion: 1 row", "(row 74)"),
    ),
    "all scheduled after the start": Doubtful(
        wider("scheduled", "2026-01-05 23:00:00"), ("scheduling ignored, after the start: 36 rows (rows 2-37)",)
    ),
    "all scheduled in 1900": Doubtful(
        wider("scheduled", "1900-01-01 00:00:00"), ("scheduling ignored, more than a year before the start: 36 rows",)
    ),
    "attempts in words": Doubtful(wider("attempts", "many"), ("taken as 1 attempt", "36 rows (rows 2-37)")),
    "endless attempts": Doubtful(wider("attempts", "inf"), ("taken as 1 attempt",)),
    "huge attempts": Doubtful(wider("attempts", "1e30"), ("taken as 1 attempt",)),
    "attempts below one": Doubtful(wider("attempts", "-1"), ("taken as 1 attempt",)),
    "all scrapped": Doubtful(wider("outcome", "scrap"), ("36 of 36 visits kept", "95.83%")),
    "all repeated": Doubtful(
        wider("attempts", "2"), ("Times at saw: no visit ran through at the first attempt, so all stand for them.",)
    ),
    "endless plan": Doubtful(wider("planned", "inf"), ("36 of 36 visits kept",)),
    "every other row another run": Doubtful(
        log([[*row, str(k % 2)] for k, row in enumerate(rows())], head=f"{HEAD},replication"),
        ("18 of 18 visits kept", "dropped, another replication than 0: 18 rows"),
    ),
    "a hundred columns": Doubtful(
        log([row + ["1"] * 96 for row in rows()], head=f"{HEAD},{','.join(f'c{k}' for k in range(96))}"),
        ("36 of 36 visits kept",),
    ),
    "colours in a name": Doubtful(log(put(0, "P\x1b[31m", 4)), ("36 of 36 visits kept", "13 parts")),
    "dots and brackets in a name": Doubtful(
        log(changed(lambda row: [row[0], f"{row[1]}.1 [a]", *row[2:]])),
        ("'saw.1 [a]' is called 'saw_1 _a_', as names in a line have no dots or brackets",),
    ),
    "commas and quotes in a name": Doubtful(
        log(changed(lambda row: [row[0], f'"{row[1]}, ""left"""', *row[2:]])), ('saw, "left"', "36 of 36 visits kept")
    ),
    "names from all over the world": Doubtful(
        log(changed(lambda row: [row[0], f"Säge 锯 {row[1]}", *row[2:]])), ("route: Säge 锯 saw >",)
    ),
    "lines ended by carriage returns": Doubtful(log().replace("\n", "\r"), ("36 of 36 visits kept",)),
    "blank lines between": Doubtful(log().replace("\n", "\r\n\r\n"), ("36 of 36 visits kept",)),
    "seconds below zero": Doubtful(
        log([[p, s, str(50 * k - 900), str(50 * k - 860)] for k, (p, s, _, _) in enumerate(rows())]),
        ("a clock that counts seconds", "no time of day is known"),
    ),
    "one part at one station": Doubtful(
        log([["P1", "saw", a, b] for _, _, a, b in rows()[::3]]),
        ("taken as another attempt of the visit before: 11 rows", "Times at saw: no visit ran through"),
    ),
}
"""Each ends with exit code 0, a report that says what is doubtful, and a line that can be read."""
