"""Records joined by part id: against a search by hand, on made-up records of known truth, and on a real chain."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pytest
import typer
from typer.testing import CliRunner

from benchmarks.validate_chain import by_level, chance, joined, ordered, rates_of
from scenarios.cli_logs import logs
from scenarios.ends import Commands
from surrogates.chain import Key, Link, Records, join
from surrogates.plant.models import network

ROOT = Path(__file__).resolve().parents[1]
REAL = Path(os.environ.get("LINETWIN_DATA_ROOT") or ROOT.parent / "shared" / "data") / "rif_injection_screw_chain"
PART, CODE = Key("part"), Key("code", r"\d{4}$")


def plant(seed: int) -> tuple[Records, Records]:
    """Sixty parts: every fifth lost upstream, some back once or twice, a few clocks wrong, all shuffled."""
    draw = np.random.default_rng(seed)
    visits = draw.permutation(np.concatenate([np.arange(60), draw.integers(60, size=25)]))
    visits = visits[visits % 5 > 0]
    upstream = {"part": visits, "at": draw.integers(0, 50, len(visits)), "heat": draw.normal(size=len(visits))}
    parts = draw.permutation(np.arange(3, 63))
    codes = np.array([f"L-{part:04}" if part != 33 else "no code" for part in parts])
    downstream = {"code": codes, "at": draw.integers(20, 60, len(parts)), "ok": draw.random(len(parts)) < 0.9}
    return Records("press", upstream, time="at"), Records("test", downstream, time="at")


@pytest.mark.parametrize("seed", range(5))
def test_every_record_finds_the_last_one_before_it_or_is_named(seed: int) -> None:
    press, test = plant(seed)
    found = join(test, [Link(press, PART, CODE)])
    up = [dict(zip(press.columns, row, strict=True)) for row in zip(*press.columns.values(), strict=True)]
    expected, missing, used = {}, {}, set()
    for row, (code, at) in enumerate(zip(test.columns["code"], test.columns["at"], strict=True)):
        own = [k for k, one in enumerate(up) if f"L-{one['part']:04}" == code]
        before = [k for k in own if up[k]["at"] <= at]
        if before:
            best = max(before, key=lambda k: (up[k]["at"], k))
            expected[row] = up[best]["heat"]
            used.add(best)
        else:
            missing[row + 2] = "no id" if code == "no code" else "the part is later" if own else "no record"
    assert found.rows.tolist() == list(expected)
    np.testing.assert_array_equal(found.columns["press.heat"], list(expected.values()))
    np.testing.assert_array_equal(found.columns["test.ok"], test.columns["ok"][found.rows])
    told = {row: gap.reason for gap in found.gaps if gap.station == "test" for row in gap.rows}
    assert told.keys() == missing.keys()
    assert all(told[row].startswith(reason) for row, reason in missing.items())
    over = {row - 2 for gap in found.gaps if gap.station == "press" for row in gap.rows}
    assert over == set(range(len(up))) - used


def test_a_wrong_clock_is_named_by_both_rows() -> None:
    press = Records(
        "press", {"part": np.array([7, 8]), "at": np.array(["2026-01-05 06:00", "2026-01-05 09:00"])}, time="at"
    )
    columns = {"part": np.array([7, 8]), "day": np.array(["2026-01-05"] * 2), "hour": np.array(["06:00", "08:59:59"])}
    found = join(Records("test", columns, time="day+hour"), [Link(press, PART, PART)])
    assert found.rows.tolist() == [0]  # at the same moment is not later
    assert found.gaps[0].text == (
        "test: 1 × the part is later at 'press', so a clock or a key is wrong: row 3 (8, row 3 of 'press')"
    )


def test_a_record_needs_its_part_at_every_station_upstream() -> None:
    cast = Records("cast", {"id": np.array([1.0, 2.0, np.nan]), "melt": np.array([700.0, 710.0, 720.0])})
    core = Records("core", {"id": np.array(["B", "A"]), "sand": np.array([5.0, 6.0])}, rows=np.array([11, 12]))
    columns = {"casting": np.array([2, 1, 9]), "core": np.array(["a", "x", "b"])}
    links = [Link(cast, Key("id"), Key("casting")), Link(core, Key("id"), Key("core", str.upper))]
    found = join(Records("test", columns), links)
    assert list(found.columns) == ["test.casting", "test.core", "cast.id", "cast.melt", "core.id", "core.sand"]
    assert {name: values.tolist() for name, values in found.columns.items() if "." in name} == {
        "test.casting": [2], "test.core": ["a"], "cast.id": [2.0], "cast.melt": [710.0], "core.id": ["A"],
        "core.sand": [6.0],
    }  # fmt: skip
    assert [gap.text for gap in found.gaps] == [
        "test: 1 × no record of the part at 'cast': row 4 (9)",
        "cast: 1 × no id in id: row 4",
        "test: 1 × no record of the part at 'core': row 3 (X)",
    ]


def test_ids_are_cut_and_numbers_compared_as_numbers() -> None:
    records = Records("test", {"code": np.array([40000000004900, 12]), "text": np.array(["P-0070/a", ""])})
    assert Key("code", r"\d{6}$").ids(records) == ["4900", ""]
    assert Key("text", r"-(\d+)").ids(records) == ["70", ""]
    assert Key("text", lambda text: text[-1:]).ids(records) == ["a", ""]
    assert Key("text", r"\d+").ids(Records("test", {"text": np.array(["000"])})) == ["0"]


ONE = Records("press", {"part": np.array([1, 1, 2])}, where="press.csv")


@pytest.mark.parametrize(
    ("upstream", "columns", "time", "words"),
    [
        (ONE, {"part": [2, 1]}, "", "press.csv: part '1' has 2 records (rows 2, 3); only times tell which one went on"),
        (ONE, {"part": [5, 6]}, "", "no record of 'test' finds its part at 'press' (test: 2 × no record of the part"),
        (ONE, {"part": [5, 6]}, "", "row 2 (5), 3 (6)); ids at 'press' are 1, 1, 2, …"),
        (ONE, {"parts": [1, 2]}, "", "test.csv has no column 'part'; its columns are 'parts'. Use 'parts'"),
        (ONE, {"part": [1, 2], "at": [0, 1]}, "at", "'test' and 'press': one of them has times; name them for both"),
        (Records("test", ONE.columns), {"part": [1]}, "", "stations 'test', 'test': there are two or more"),
        (
            Records("press", {"part": np.array([1]), "at": np.array(["soon"])}, time="at", where="press.csv"),
            {"part": [1], "at": [3]}, "at", "press.csv: 'at' of row 2 is 'soon'; a time is a number, or a text like",
        ),
    ],
)  # fmt: skip
def test_what_is_refused(upstream: Records, columns: dict[str, list[int]], time: str, words: str) -> None:
    arrays = {name: np.array(values) for name, values in columns.items()}
    with pytest.raises(ValueError, match=re.escape(words)):
        join(Records("test", arrays, time=time, where="test.csv"), [Link(upstream, PART, PART)])


def test_records_are_equally_long_and_there() -> None:
    for columns in ({"a": np.zeros(2), "b": np.zeros(3)}, {"a": np.zeros(0)}, {}):
        with pytest.raises(ValueError, match=r"its columns have .* rows; a station has a record or more"):
            Records("press", columns)


def test_rates_of_levels_and_where_a_chance_can_lie() -> None:
    x, y = np.array([[10.0], [10.0], [20.0], [20.0]]), np.array([[1.0], [0.0], [0.0], [0.0]])
    found = by_level(x, y, seed=0)(np.array([[5.0], [10.0], [15.0], [20.0], [30.0]]))
    np.testing.assert_allclose(found[:, 0], [0.5, 0.5, 1 / 3, 1 / 6, 1 / 6])
    sure = chance(lambda x, y, *, seed: lambda inputs: inputs)(x, y, seed=0)
    np.testing.assert_allclose(sure(np.array([[-1.0], [0.4], [2.0]]))[:, 0], [1 / 6, 0.4, 5 / 6])


def test_a_network_learns_what_the_rate_of_a_level_cannot() -> None:
    """Chance of a NOK: 0.6 only where the fibre is low and the flow is high; half of the parts are learnt from."""
    draw = np.random.default_rng(0)
    mould = {"part": np.arange(2000), "fibre": draw.choice([10.0, 20.0], 2000), "flow": draw.uniform(0, 1, 2000)}
    truth = np.where((mould["fibre"] == 10) & (mould["flow"] > 0.5), 0.6, 0.02)
    screws = draw.permutation(2000)
    nok = draw.random(2000) < truth[screws]
    chain = join(Records("screw", {"part": screws, "nok": nok}), [Link(Records("mould", mould), PART, PART)])
    x = np.stack([chain.columns["mould.fibre"], chain.columns["mould.flow"]], axis=1)
    y, p = chain.columns["screw.nok"].astype(float)[:, None], truth[screws][1000:, None]
    told = {
        name: chance(fit)(x[:1000], y[:1000], seed=0)(x[1000:])
        for name, fit in (("level", by_level), ("net", network(members=2, hidden=(16, 16))))
    }
    assert np.square(told["net"] - p).mean() < 0.3 * np.square(told["level"] - p).mean()
    assert np.abs(told["net"] - p).mean() < 0.06


def test_intervals_of_few_visits_hold_as_promised() -> None:
    values = np.arange(1.0, 20.0)
    middle, *ends = ordered(values)
    assert (middle, ends) == (10.0, [5.0, 15.0, 2.0, 18.0, 1.0, 19.0])  # 10 of 20 gaps, 16 of 20, 18 of 20
    assert ordered(values[:8])[-2:].tolist() == [-np.inf, np.inf]
    draw = np.random.default_rng(0).exponential(size=(4000, 20))
    told = np.array([ordered(row[:-1]) for row in draw])
    for k, promise in enumerate((0.5, 0.8, 0.9)):
        held = (told[:, 1 + 2 * k] <= draw[:, -1]) & (draw[:, -1] <= told[:, 2 + 2 * k])
        assert held.mean() == pytest.approx(promise, abs=0.02)


def invoke(*words: str, code: int = 0) -> Any:
    app = typer.Typer(cls=Commands, name="linetwin", pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    app.add_typer(logs)
    result = CliRunner().invoke(app, ["join", *words], catch_exceptions=False)
    assert result.exit_code == code, result.output
    assert code == 0 or (result.stdout == "" and result.stderr.count("\n") == 1)
    return result


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("press.csv").write_text("id,made,heat\n1,10,200\n2,11,210\n2,30,220\n3,50,230\n")
    Path("test.csv").write_text(
        "code,tested,trial,ok\nA001,20,x,1\nA002,20,x,0\nA003,20,x,1\nA009,20,x,1\nA001,9,y,1\n"
    )
    return tmp_path


def test_the_command_joins_and_says_what_did_not_match(files: Path) -> None:
    words = ["press.csv", "test.csv", "--key", r"id=code~\d+$", "--time", "made=tested", "--only", "test.trial=x"]
    shown = invoke(*words, "--out", "joined.parquet", "--report", "missing.csv").stdout
    assert "2 of 4 records of test joined; not joined:" in shown
    assert "- test: 1 × no record of the part at 'press': row 5 (9)" in shown
    table = parquet.read_table("joined.parquet").to_pydict()
    assert (table["test.code"], table["press.heat"], table["test.ok"]) == (["A001", "A002"], [200, 210], [1, 0])
    with Path("missing.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["station"], row["row"]) for row in rows] == [
        ("test", "4"),
        ("test", "5"),
        ("press", "4"),
        ("press", "5"),
    ]
    again = invoke("joined=joined.parquet", "press.csv", "--key", "press.id=id", "--out", "twice.parquet").stdout
    assert "3 of 4 records of press joined" in again


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["press.csv"], "there is one file, 'press.csv'"),
        (["press.csv", "press.csv"], "two files are named 'press'"),
        (
            ["pres.csv", "test.csv"],
            "file 'pres.csv' does not exist; the file must be there to be read. Use 'press.csv'",
        ),
        (["press.csv", "test.csv", "--key", "ident=code"], "has no column 'ident'"),
        (["press.csv", "test.csv", "--key", "=code"], "--key is '=code'; it is COLUMN, or UPSTREAM=DOWNSTREAM"),
        (["press.csv", "test.csv", "--key", "id", "--key", "id", "--key", "id"], "--key is there 3 times for 1 files"),
        (["press.csv", "test.csv", "--key", "id=code~("], "--key: '(' is no regular expression"),
        (["press.csv", "test.csv", "--key", "id=code"], "no record of 'test' finds its part at 'press'"),
        (["press.csv", "test.csv", "--key", r"id=code~\d+$"], "part '2' has 2 records (rows 3, 4)"),
        (["press.csv", "test.csv", "--only", "trial=x"], "--only is 'trial=x'; it is NAME.COLUMN=VALUE"),
        (["press.csv", "test.csv", "--only", "test.trial=z"], "--only test.trial=z: no row of file 'test.csv' is left"),
        (["press.csv", "test.csv", "--out", "out.csv"], "--out is 'out.csv'; what is joined is a Parquet file"),
        (["press.csv", "test.csv", "--out", "-"], "--out or --report is '-'"),
        (["press.csv", "test.csv", "--out", "no/out.parquet"], "there is no folder"),
    ],
)
def test_what_the_command_refuses(files: Path, words: list[str], said: str) -> None:
    words = words if "--key" in words else [*words, "--key", "id=code"]
    words = words if "--out" in words else [*words, "--out", "out.parquet"]
    assert said in invoke(*words, code=2).stderr
    assert not Path("out.parquet").exists()


def test_real_chain_gives_the_published_rates() -> None:
    if not REAL.is_dir():
        pytest.skip(
            "the data set rif_injection_screw_chain is not here; name the folder above it by LINETWIN_DATA_ROOT"
        )
    found = joined(REAL, recorded=False)
    assert len(found.rows) == 7482
    assert {level: rate["nok"] for level, rate in rates_of(found).items() if rate["published"] is not None} == {
        level: rate["published"] for level, rate in rates_of(found).items() if rate["published"] is not None
    }
    assert {(gap.station, gap.reason): len(gap.rows) for gap in found.gaps} == {
        ("mould", "no id in upper_workpiece_id"): 2918,
        ("mould", "no record of the part at 'screw'"): 1200,
    }
    some = joined(REAL, recorded=True)
    assert (len(some.rows), len(some.gaps[0].rows), some.gaps[0].station) == (7286, 196, "screw")
