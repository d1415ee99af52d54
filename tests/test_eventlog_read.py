"""Event logs as visits: each kind of file, moments, roles of columns, events with a lifecycle."""

import gzip
import io
import sys
from datetime import datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from broken_logs import HEAD, LONG, events, log, parquet, rows
from event_logs import as_tuples
from hypothesis import given
from hypothesis import strategies as st

import twin
from twin.calibrate.errors import LogError
from twin.eventlog.instants import instants
from twin.eventlog.opening import open_log
from twin.eventlog.roles import roles_of
from twin.eventlog.visits import ROLES, read_visits

EPOCH = datetime(1970, 1, 1)
MONDAY = (datetime(2026, 1, 5, 6) - EPOCH).total_seconds()


def seconds(text: str) -> float:
    return (datetime.fromisoformat(text) - EPOCH).total_seconds()


TRUTH = sorted((part, station, seconds(start), seconds(end)) for part, station, start, end in rows())


def read(content: str | bytes, folder, name="visits.csv", **options):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_visits(path, **options)


def timestamps() -> bytes:
    """The rows as Parquet with moments as such and stations as a dictionary."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    cells = list(zip(*rows(), strict=True))
    moments = [pa.array([datetime.fromisoformat(text) for text in column], pa.timestamp("us")) for column in cells[2:]]
    table = pa.table([pa.array(cells[0]), pa.array(cells[1]).dictionary_encode(), *moments], HEAD.split(","))
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()


FILES = {
    "comma": log().encode(),
    "semicolon": log(sep=";").encode(),
    "tab": log(sep="\t").encode(),
    "bar": log(sep="|").encode(),
    "quotes": log([[f'"{cell}"' for cell in row] for row in rows()]).encode(),
    "line breaks of Windows": log().replace("\n", "\r\n").encode(),
    "mark of UTF-8": log().encode("utf-8-sig"),
    "UTF-16": log().encode("utf-16"),
    "UTF-16, large end first": b"\xfe\xff" + log().encode("utf-16-be"),
    "gzip": gzip.compress(log().encode()),
    "gzip of semicolons": gzip.compress(log(sep=";").encode("utf-8-sig")),
    "Parquet of texts": parquet(),
    "Parquet of moments": timestamps(),
    "other order of columns": log([row[::-1] for row in rows()], head="complete,start,station,part").encode(),
    "more columns": log([[*row, "", "x,y"] for row in rows()], head=f"{HEAD},a,b").replace("x,y", '"x,y"').encode(),
    "spaces around": log(
        [[f" {cell} " for cell in row] for row in rows()], head=" part , station, start, complete"
    ).encode(),
}


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file_gives_the_same_visits(name, tmp_path):
    for file in ("visits.csv", "visits.bin"):  # its name says nothing
        assert as_tuples(read(FILES[name], tmp_path, file)) == TRUTH


def test_latin_1_is_read_where_it_is_not_utf_8(tmp_path):
    text = log([[row[0], "Säge", *row[2:]] for row in rows()])
    for content in (text.encode("latin-1"), text.encode(), gzip.compress(text.encode("latin-1"))):
        assert read(content, tmp_path).station.words == ("Säge",)


def test_rows_are_counted_as_a_spreadsheet_does(tmp_path):
    assert read(log(), tmp_path).rows.tolist() == list(range(2, 38))
    assert read(log([*rows()[:5], ["", "", "", ""], *rows()[5:]]), tmp_path).rows.tolist() == [
        *range(2, 7),
        *range(8, 39),
    ]
    assert read(parquet(), tmp_path).rows.tolist() == list(range(1, 37))


def test_the_traces_of_this_program_are_logs(tmp_path):
    trace = twin.simulate(twin.load_line("reference"), parts=40, replications=2, seed=3)
    trace.to_parquet(tmp_path / "trace.parquet")
    found = read_visits(tmp_path / "trace.parquet")
    table = trace.visits
    first = table["replication"] == 0
    assert len(found) == first.sum()
    assert found.zone == "seconds"
    assert [note.what for note in found.notes] == ["dropped, another replication than 0"]
    assert len(found.notes[0].rows) == (~first).sum()
    parts = np.array([int(found.case[k]) for k in range(len(found))])
    order = np.lexsort((found.start, found.station.codes, parts))
    truth = np.lexsort((table["start"][first], table["station"][first], table["part"][first]))
    for mine, theirs in (("scheduled", "arrive"), ("start", "start"), ("complete", "finish")):
        np.testing.assert_allclose(getattr(found, mine)[order], table[theirs][first][truth], rtol=0, atol=1e-6)


def test_xes_goes_through_its_reader(tmp_path, monkeypatch):
    import pyarrow as pa

    names = ("case:concept:name", "org:resource", "time:timestamp", "lifecycle:transition")
    table = pa.table([list(column) for column in zip(*events(), strict=True)], list(names))
    frame = SimpleNamespace(to_arrow=lambda: table)
    monkeypatch.setitem(sys.modules, "r4pm", SimpleNamespace(df=SimpleNamespace(import_xes=lambda path: (frame, {}))))
    assert as_tuples(read('<?xml version="1.0"?>\n<log xes.version="1.0">', tmp_path, "log.xes")) == TRUTH


def test_xes_as_it_is_written(tmp_path):
    pytest.importorskip("r4pm")
    traces = ""
    for part in dict.fromkeys(row[0] for row in rows()):
        cells = "".join(
            f'<event><string key="org:resource" value="{s}"/><string key="lifecycle:transition" value="{w}"/>'
            f'<date key="time:timestamp" value="{t.replace(" ", "T")}+00:00"/></event>'
            for p, s, t, w in events()
            if p == part
        )
        traces += f'<trace><string key="concept:name" value="{part}"/>{cells}</trace>'
    content = f'<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1.0">{traces}</log>'
    assert as_tuples(read(content, tmp_path, "log.xes")) == TRUTH


FORMS = {
    "2026-01-05 06:00:00": "",
    "2026-01-05T06:00:00": "",
    "2026-01-05 06:00": "",
    "2026-01-05 06:00:00.000": "",
    "2026-01-05T06:00:00.000000": "",
    "2026/01/05 06:00:00": "",
    "05.01.2026 06:00:00": "day.month.year",
    "5.1.2026 6:00": "day.month.year",
    "01/05/2026 06:00:00": "month/day/year",
    "1/5/2026 6:00 AM": "month/day/year",
}


class TestMoments:
    """The same moment in many forms."""

    @pytest.mark.parametrize("text", FORMS)
    def test_forms(self, text, tmp_path):
        content = f"part,station,start,complete\nP1,saw,{text},{text}\n"
        found = read(content, tmp_path, date_format=FORMS[text] or None)
        assert found.start.tolist() == found.complete.tolist() == [MONDAY]
        assert found.zone == ""

    @pytest.mark.parametrize(
        ("form", "day"), [("%d.%m.%Y %H:%M:%S", 20), ("%m/%d/%Y %I:%M:%S %p", 20), ("%Y-%m-%d %H:%M:%S", 2)]
    )
    def test_day_and_month_are_told_apart_where_a_day_is_past_the_twelfth(self, form, day, tmp_path):
        begin = datetime(2026, 1, day, 11, 30)
        moments = [(begin + timedelta(hours=k)).strftime(form) for k in range(30)]
        content = "part,station,start,complete\n" + "".join(f"P{k},saw,{t},{t}\n" for k, t in enumerate(moments))
        assert np.diff(read(content, tmp_path).start).tolist() == [3600.0] * 29

    def test_noon_and_midnight_of_twelve_hours(self, tmp_path):
        content = "part,station,start,complete\nP1,saw,1/25/2026 12:00 AM,1/25/2026 12:00 PM\n"
        found = read(content, tmp_path)
        assert (found.complete - found.start).tolist() == [12 * 3600.0]
        assert found.start[0] % 86400 == 0

    @pytest.mark.parametrize(
        ("zones", "said", "first"),
        [
            (("Z", "Z"), "UTC", MONDAY),
            (("+00:00", "+00:00"), "+00:00", MONDAY),
            (("+02:00", "+02:00"), "+02:00", MONDAY),
            ((" +0200", " +0200"), "+0200", MONDAY),
            (("+02:00", "+01:00"), "UTC, from several", MONDAY - 7200),
            (("-05:30", "Z"), "UTC, from several", MONDAY + 19800),
        ],
    )
    def test_zones(self, zones, said, first, tmp_path):
        cells = [f"P{k},saw,2026-01-05 06:00:00{zone},2026-01-05 07:00:00{zone}" for k, zone in enumerate(zones)]
        found = read("part,station,start,complete\n" + "\n".join(cells) + "\n", tmp_path)
        assert (found.zone, found.start[0]) == (said, first)
        assert found.time.tolist() == [3600.0, 3600.0]

    @pytest.mark.parametrize(("factor", "offset"), [(1, 0), (1, 1767592800), (1000, 1767592800)])
    def test_numbers_are_seconds_or_milliseconds(self, factor, offset, tmp_path):
        cells = [f"P{k},saw,{factor * (offset + 60 * k)},{factor * (offset + 60 * k) + factor * 45}" for k in range(5)]
        found = read("part,station,start,complete\n" + "\n".join(cells) + "\n", tmp_path)
        assert found.zone == "seconds"
        assert found.start.tolist() == [offset + 60.0 * k for k in range(5)]
        assert found.time.tolist() == [45.0] * 5

    def test_parquet_in_utc(self, tmp_path):
        import pyarrow as pa
        import pyarrow.parquet as pq

        moment = pa.array([datetime(2026, 1, 5, 6), None], pa.timestamp("ms", "UTC"))
        pq.write_table(pa.table([["a", "b"], moment], ["part", "start"]), tmp_path / "a.parquet")
        found = instants(open_log(tmp_path / "a.parquet").read(["part", "start"]), "start")
        np.testing.assert_equal(found.seconds, [MONDAY, np.nan])
        assert found.zone == "UTC"

    @given(
        st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1)),
        st.sampled_from(["%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S"]),
    )
    def test_any_moment(self, moment, form):
        import pyarrow as pa

        from twin.eventlog.files import LogTable

        text = moment.strftime(form).zfill(19)
        table = LogTable("a", pa.table([[text, None]], ["t"]), np.array([2, 3]))
        truth = (datetime.strptime(text, form) - EPOCH).total_seconds()
        np.testing.assert_allclose(instants(table, "t").seconds, [truth, np.nan], rtol=0, atol=1e-5)


HEADS = {
    "case:concept:name,org:resource,concept:name,time:timestamp,lifecycle:transition": {
        "case": "case:concept:name", "station": "org:resource", "activity": "concept:name",
        "time": "time:timestamp", "lifecycle": "lifecycle:transition",
    },
    "SerialNumber;Workstation;Machine;StartTime;EndTime;Result": {
        "case": "SerialNumber", "station": "Workstation", "machine": "Machine", "start": "StartTime",
        "complete": "EndTime", "outcome": "Result",
    },
    "replication,part,product,station,machine,arrive,start,finish,depart,scrapped": {
        "replication": "replication", "case": "part", "product": "product", "station": "station",
        "machine": "machine", "scheduled": "arrive", "start": "start", "complete": "finish", "outcome": "scrapped",
    },
    "order_id,machine,begin_time,end_time": {
        "case": "order_id", "station": "machine", "start": "begin_time", "complete": "end_time",
    },
    "a,b,c": {},
}  # fmt: skip


class TestRoles:
    @pytest.mark.parametrize("head", HEADS)
    def test_columns_are_known_by_their_names(self, head, tmp_path):
        path = tmp_path / "a.csv"
        path.write_text(head + "\n")
        assert roles_of(open_log(path), ROLES) == HEADS[head]

    def test_a_person_knows_better(self, tmp_path):
        text = log([[*row, "X" + row[0]] for row in rows()], head=f"{HEAD},lot")
        found = read(text, tmp_path, columns={"case": "lot"})
        assert set(found.case.words) == {f"XP{k:03d}" for k in range(12)}
        assert found.columns["case"] == "lot"

    def test_a_column_that_counts_for_nothing(self, tmp_path):
        text = log([[*row, "A"] for row in rows()], head=f"{HEAD},product")
        assert read(text, tmp_path).product.words == ("A",)
        assert read(text, tmp_path, columns={"product": ""}).product.blank.all()

    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            ({"case": "parts"}, "there is no column 'parts'; the columns are 'part', .*Use 'part'"),
            ({"caze": "part"}, "'caze' is nothing that a column of this log can be; .* Use 'case'"),
            ({"case": ""}, "no column tells which part an event belongs to; .*--column case=NAME"),
        ],
    )
    def test_faults_are_named(self, columns, message, tmp_path):
        with pytest.raises(LogError, match=message):
            read(log(), tmp_path, columns=columns)

    def test_the_activity_stands_in_for_the_station(self, tmp_path):
        found = read(log(head="case_id,activity,start,complete"), tmp_path)
        assert found.station.words == found.activity.words == ("mill", "saw", "wash")


LIFECYCLES = [
    ("start", "complete"),
    ("START", "Completed"),
    ("begin", "end"),
    ("enter", "leave"),
    ("in progress", "finished"),
]


class TestLifecycle:
    """Events with a lifecycle are the visits that the wide form has."""

    @pytest.mark.parametrize("words", LIFECYCLES)
    def test_the_same_visits(self, words, tmp_path):
        assert as_tuples(read(log(events(words), head=LONG), tmp_path)) == TRUTH

    @given(st.randoms(use_true_random=False))
    def test_in_any_order(self, tmp_path_factory, random):
        cells = events()
        random.shuffle(cells)
        found = read(log(cells, head=LONG), tmp_path_factory.mktemp("shuffled"))
        assert as_tuples(found) == TRUTH
        assert found.rows.tolist() == sorted(found.rows.tolist())

    def test_scheduling_is_the_arrival(self, tmp_path):
        cells = [
            cell
            for p, s, a, b in rows()
            for cell in ([p, s, a, "scheduled"], [p, s, a, "start"], [p, s, b, "complete"])
        ]
        found = read(log(cells, head=LONG), tmp_path)
        assert as_tuples(found) == TRUTH
        assert (found.scheduled == found.start).all()

    def test_instances_tell_visits_apart_that_overlap(self, tmp_path):
        cells = [
            ["P1", "saw", "2026-01-05 06:00:00", "start", "1"],
            ["P1", "saw", "2026-01-05 06:01:00", "start", "2"],
            ["P1", "saw", "2026-01-05 06:02:00", "complete", "2"],
            ["P1", "saw", "2026-01-05 06:05:00", "complete", "1"],
        ]
        found = read(log(cells, head=LONG + ",event_id"), tmp_path)
        assert sorted(found.time.tolist()) == [60.0, 300.0]

    def test_the_outcome_is_that_of_the_last_event(self, tmp_path):
        cells = [
            [*event, result] for event, result in zip(events(), ["running", "ok", "running", "scrap"] * 18, strict=True)
        ]
        found = read(log(cells, head=LONG + ",result"), tmp_path)
        assert found.scrapped.tolist() == [False, True] * 18
        assert found.good.tolist() == [True, False] * 18

    @given(st.integers(0, 71), st.sampled_from(["lost", "doubled", "other"]))
    def test_a_wrong_event_spoils_its_own_visit_only(self, tmp_path_factory, place, wrong):
        cells = events()
        event = cells[place]
        visit = (event[0], event[1])
        if wrong == "lost":
            del cells[place]
        elif wrong == "doubled":
            cells.insert(place, event)
        else:
            cells.insert(place, [*event[:3], "suspend"])
        found = read(log(cells, head=LONG), tmp_path_factory.mktemp("wrong"))
        others = [one for one in as_tuples(found) if one[:2] != visit]
        assert others == [one for one in TRUTH if one[:2] != visit]
        own = [one for one in as_tuples(found) if one[:2] == visit]
        if wrong == "lost":
            assert len(own) == 1
            assert np.isnan(own[0][2 + place % 2])
        else:
            assert own == [one for one in TRUTH if one[:2] == visit]
            assert [len(note.rows) for note in found.notes] == [1]
            assert found.notes[0].rows[0] - 2 in (place, place + 1)

    def test_events_without_a_time_are_named(self, tmp_path):
        cells = events()
        cells[3][2] = ""
        found = read(log(cells, head=LONG), tmp_path)
        assert [(note.what, note.rows) for note in found.notes] == [("dropped, no time", (5,))]


@pytest.mark.parametrize(
    ("cell", "planned"),
    [("42.5", 42.5), ("00:03:42", 222.0), ("0 days 00:03:42", 222.0), ("1 days 00:00:01", 86401.0), ("soon", np.nan)],
)
def test_planned_times_are_numbers_or_durations(cell, planned, tmp_path):
    found = read(
        f"part,station,start,complete,planned_time\nP1,saw,2026-01-05 06:00,2026-01-05 06:01,{cell}\n", tmp_path
    )
    np.testing.assert_equal(found.planned, [planned])


def test_attempts_are_whole_numbers(tmp_path):
    cells = [[*row, cell] for row, cell in zip(rows(), ["1", "2", "3", "", "0", "x"] * 6, strict=True)]
    found = read(log(cells, head=f"{HEAD},attempts"), tmp_path)
    assert found.attempts.tolist() == [1, 2, 3, 1, 1, 1] * 6
    assert found.notes[0].rows == tuple(row for row in range(2, 38) if (row - 2) % 6 in (4, 5))
