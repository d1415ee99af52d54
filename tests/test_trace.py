"""The table of visits, the line at a moment, and files that are whole or not there."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from plants import (
    KWH,
    full_plant_trace,
    own_stops_trace,
    pair,
    pair_trace,
    plant,
    plant_trace,
)

from twin.kpi import kpis
from twin.run import simulate
from twin.segments import STATES
from twin.store import line_hash, plain, versions, write_atomic, write_json
from twin.trace import from_parquet
from twin.visits import COLUMNS

NAMES = [
    "replication",
    "part",
    "product",
    "station",
    "machine",
    "arrive",
    "start",
    "finish",
    "depart",
    "scrapped",
    "energy",
]


def test_columns_and_order_of_the_table():
    table = plant_trace().to_table()
    assert table.column_names[:12] == [*NAMES, "attempts"]
    assert list(COLUMNS) == table.column_names
    visits = plant_trace().visits
    order = np.lexsort((visits["station"], visits["part"], visits["replication"]))
    assert (order == np.arange(len(order))).all()
    assert pa.types.is_dictionary(table.schema.field("station").type)
    assert set(table["station"].to_pylist()) == {"mill", "wash", "check"}
    assert set(table["product"].to_pylist()) == {"A", "B"}
    for replication in (0, 1):
        first = visits["part"][(visits["replication"] == replication) & (visits["station"] == 0)]
        assert first.tolist() == list(range(len(first)))


def test_times_after_the_end_are_null():
    trace = plant_trace()
    visits, table = trace.visits, trace.to_table()
    end = trace.window[1][0]
    assert (visits["arrive"] <= end).all()
    for name, before in (("start", "arrive"), ("finish", "start"), ("depart", "finish")):
        known = np.isfinite(visits[name])
        assert (visits[name][known] <= end).all()
        assert (visits[name][known] >= visits[before][known]).all()
        assert table[name].null_count == (~known).sum()
    assert table["depart"].null_count > 0
    unfinished = np.isnan(visits["finish"])
    for name in ("scrapped", "attempts", "down"):
        assert table[name].null_count == unfinished.sum()
    assert table["machine"].null_count == np.isnan(visits["start"]).sum()
    assert table["energy"].null_count == np.isnan(visits["depart"]).sum()


def test_parts_go_from_station_to_station():
    visits = plant_trace().visits
    same = (np.diff(visits["replication"]) == 0) & (np.diff(visits["part"]) == 0)
    assert (np.diff(visits["station"])[same] == 1).all()
    transport = np.array([0.0, 6.0, 0.0])[visits["station"][1:]]
    np.testing.assert_allclose(visits["arrive"][1:][same], (visits["depart"][:-1] + transport)[same])
    assert not visits["scrapped"][:-1][same].any()


def test_only_the_visits_asked_for():
    trace = replace(plant_trace(), record=["wash"])
    assert set(trace.to_table()["station"].to_pylist()) == {"wash"}
    with pytest.raises(ValueError, match=r"line 'pair' kept no visits; simulate with record='all'"):
        _ = pair_trace("kpis").visits


def test_energy_of_a_visit_by_hand():
    trace = pair_trace()
    visits = trace.visits
    cut = (visits["station"] == 0) & (visits["start"] > 600) & np.isfinite(visits["depart"])
    np.testing.assert_allclose(visits["energy"][cut], (40 * 6e3 + 20 * 1.2e3) / KWH)
    weld = (visits["station"] == 1) & np.isfinite(visits["depart"])
    np.testing.assert_allclose(visits["energy"][weld], 60 * 6e3 / KWH)


def test_energy_of_visits_with_breaks_and_unequal_machines_by_hand():
    """Between 06:40 and 12:40 the plant stands still at 08:00 for a quarter of an hour and from 10:00 for an hour."""
    visits = plant_trace().visits

    def working(begin, end):
        closed = [np.clip(end, a, b) - np.clip(begin, a, b) for a, b in ((4800, 5700), (12000, 15600))]
        return end - begin - sum(closed)

    known = np.isfinite(visits["depart"]) & (visits["down"] == 0)
    start, finish, depart = (visits[name] for name in ("start", "finish", "depart"))
    stopped = depart - start - working(start, depart)
    wash_power = np.where(visits["machine"] == 1, 12e3, 8e3)
    for station, power in ((0, 8e3 + 3e3), (1, wash_power)):
        here = known & (visits["station"] == station)
        expected = power * working(start, finish) + 2.5e3 * working(finish, depart) + 500.0 * stopped
        np.testing.assert_allclose(visits["energy"][here], expected[here] / KWH, rtol=1e-12)
        assert stopped[here].max() > 600


def test_reworked_visits_take_longer_and_carry_their_attempts():
    visits = plant_trace().visits
    check = (visits["station"] == 2) & np.isfinite(visits["finish"])
    assert set(visits["attempts"][check]) == {1, 2}
    assert (visits["attempts"][check & (visits["station"] != 2)] == 1).all()


def test_parquet_there_and_back(tmp_path):
    trace = plant_trace()
    path = trace.to_parquet(tmp_path / "visits.parquet")
    stored = from_parquet(path)
    assert stored.table.equals(trace.to_table())
    assert stored.provenance == json.loads(json.dumps(trace.provenance))
    assert stored.provenance["seed"] == 3
    assert stored.provenance["hash"] == trace.hash
    assert set(stored.provenance["versions"]) == {"linetwin", "jax", "numpy", "python"}
    assert [entry.name for entry in tmp_path.iterdir()] == ["visits.parquet"]


def test_attributes_are_columns_that_are_not_known_yet():
    trace = pair_trace()
    table = replace(trace, line=replace(trace.line, attributes=("roughness",))).to_table()
    assert table.column_names[-1] == "roughness"
    assert table["roughness"].null_count == len(table)


def test_other_parquet_is_refused(tmp_path):
    parquet.write_table(pa.table({"a": [1]}), tmp_path / "other.parquet")
    with pytest.raises(ValueError, match=r"other.parquet: holds no visits of a run; write them with"):
        from_parquet(tmp_path / "other.parquet")


def test_a_file_is_whole_or_as_before(tmp_path):
    path = tmp_path / "out.json"
    write_json(path, {"a": 1})

    def fails(part):
        part.write_text("half of it")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomic(path, fails)
    assert json.loads(path.read_text()) == {"a": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.json"]
    write_atomic(path, "now text\n")
    write_atomic(tmp_path / "bytes", b"\x00")
    assert path.read_text() == "now text\n"
    with pytest.raises(FileNotFoundError):
        write_atomic(tmp_path / "nowhere" / "out.json", "")


def test_a_new_file_has_the_usual_rights(tmp_path):
    (tmp_path / "usual").write_text("")
    write_atomic(tmp_path / "ours", "")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_json_has_no_nan(tmp_path):
    data = {
        "a": np.nan,
        "b": [np.float64(1), np.inf],
        "c": np.array([[1.0, np.nan]]),
        "d": None,
        "e": np.int64(2),
        "f": "x",
    }
    assert plain(data) == {"a": None, "b": [1.0, None], "c": [[1.0, None]], "d": None, "e": 2, "f": "x"}
    assert json.loads(write_json(tmp_path / "x", data).read_text()) == plain(data)


def test_the_hash_names_the_content():
    line = plant()
    mill = line.stations[0]
    turned = replace(mill, power={carrier: mill.power[carrier] for carrier in ("gas", "electricity")})
    assert line_hash(replace(line, stations=(turned, *line.stations[1:]))) == line_hash(line)
    others = (line_hash(pair()), line_hash(plant(takt=81.0)), line_hash(line, {"mill.buffer": 2}))
    assert len({line_hash(line), *others}) == 4
    assert line_hash(line, {"a": 1, "b": 2.0}) == line_hash(line, {"b": 2, "a": np.float64(1.0)})
    assert len(line_hash(line)) == 64
    assert set(versions()) == {"linetwin", "jax", "numpy", "python"}


def test_the_pair_at_a_moment():
    state = pair_trace().state_at(1810.0)
    cut, weld = state.stations
    assert cut.machines[0].state == "processing"
    assert weld.machines[0].state == "processing"
    assert len(weld.waiting) == 1
    (on_cut,), (waits,), (on_weld,) = cut.machines[0].parts, weld.waiting, weld.machines[0].parts
    assert (on_cut.number, waits.number, on_weld.number) == (31, 30, 29)
    assert on_weld.progress == pytest.approx(((1810 - 40) % 60) / 60)
    assert waits.progress == 0.0
    assert on_cut.product == "part"
    assert pair_trace().state_at(1835.0).stations[0].machines[0].state == "blocked"


@pytest.mark.parametrize("make", [plant_trace, own_stops_trace, pytest.param(full_plant_trace, marks=pytest.mark.slow)])
def test_moments_add_up_to_shares_and_work_in_process(make):
    trace = make()
    begin, end = (float(t[1]) for t in trace.window)
    moments = np.linspace(begin, end, 1501)[1:] - (end - begin) / 3000
    states = [trace.state_at(float(t), replication=1) for t in moments]
    found = kpis(trace)
    assert np.mean([s.parts for s in states]) == pytest.approx(found["wip"].values[1], rel=0.02)
    for m, (name, station) in enumerate(found.stations.items()):
        seen = [machine.state for s in states for machine in s.stations[m].machines]
        for state in STATES:
            assert seen.count(state) / len(seen) == pytest.approx(station[state].values[1], abs=0.01), (name, state)


def test_moments_outside_the_run_are_refused():
    with pytest.raises(ValueError, match="time is 3601 s; it must lie in the run, from 0 to 3600 s"):
        pair_trace().state_at(3601.0)
    with pytest.raises(ValueError, match="replication is 1; the run has 0 to 0"):
        pair_trace().state_at(0.0, replication=1)


def test_going_on_repeats_no_visit():
    """What a run from the state of another one keeps, is what it would have kept without the break."""
    first = simulate(pair(), horizon=1500.0)
    assert first.state is not None
    second = simulate(pair(), horizon=3600.0, state=first.state)
    whole = pair_trace().visits
    later = ~(whole["depart"] <= 1500.0)
    for name in ("part", "station", "start", "depart"):
        np.testing.assert_array_equal(second.visits[name], whole[name][later])
