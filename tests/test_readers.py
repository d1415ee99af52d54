"""Processes that come from files: who reads them, what of them stands in a line file, what names them by content."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from guarded import Learned

import twin
from scenarios.changes import changed_line
from scenarios.run_command import RunOptions, run
from twin.errors import LineError, RuleError
from twin.physics import Manual
from twin.process import Process, family
from twin.readers import ProcessFile, reader_of
from twin.spec import json_schema, load_line, read_line
from twin.store import line_hash

TEXT = """
[source]
mode = "saturated"
[[product]]
name = "A"
share = 0.5
[[product]]
name = "B"
share = 0.5
[[station]]
name = "cast"
process = { model = "surrogate", file = "cast.learned"%s }
"""


def read(file: ProcessFile) -> type[Any]:
    """A file of a number: the factor by which the process errs."""
    try:
        factor = float(file.content)
    except ValueError as error:
        rule = "it holds one number"
        raise RuleError(rule, "Write it anew", subject=f"file {file.path.name!r} is damaged") from error
    return family(type("Read", (Learned,), {"factor": factor, "__doc__": "From a file."}))


READERS = {"surrogate": read}


@family
class Alone(Process):
    """What was learned from measurements alone."""

    model = "alone"
    guarded = True


def line(folder: Path, rest: str = "standard = '50 s'", content: str = "1.5", **readers: Any) -> twin.Line:
    (folder / "cast.learned").write_text(content)
    return read_line(TEXT % (rest and f", {rest}"), folder, readers=READERS | readers)


def test_a_process_from_a_file_has_the_numbers_of_its_family(tmp_path: Path) -> None:
    rest = "standard = '50 s', outside = 'flag', product = { B = { cv = 0.4, standard = '1 min' } }"
    process = line(tmp_path, rest).stations[0].process
    assert process.model == "surrogate"
    assert process.outside == "flag"
    assert process.digest == hashlib.sha256(b"1.5").hexdigest()
    assert isinstance(process.behaviour, Learned)
    assert (process.behaviour.standard, process.behaviours["B"].standard, process.behaviours["B"].cv) == (50, 60, 0.4)
    plain = twin.first_principles(line(tmp_path, rest)).stations[0].process
    assert type(plain.behaviours["B"]) is Manual
    assert (plain.model, plain.digest, plain.outside) == ("manual", "", "first principles")
    assert line(tmp_path).stations[0].process.outside == "first principles"


def test_the_same_content_is_the_same_class_and_the_same_line(tmp_path: Path) -> None:
    first, again, other = line(tmp_path), line(tmp_path), line(tmp_path, content="2.5")
    assert type(first.stations[0].process.behaviour) is type(again.stations[0].process.behaviour)
    assert first == again
    assert type(first.stations[0].process.behaviour) is not type(other.stations[0].process.behaviour)
    assert line_hash(first) == line_hash(again)
    assert len({line_hash(x) for x in (first, other, line(tmp_path, "outside = 'refuse', standard = '50 s'"))}) == 3


def test_it_runs(tmp_path: Path) -> None:
    run = twin.simulate(line(tmp_path, "seen = 1.000005e6"), parts=12, record="kpis")
    assert run.repeated is not None
    assert run.repeated.all()
    plain = twin.simulate(twin.first_principles(line(tmp_path)), parts=12, record="kpis", setpoints={})
    assert plain.repeated is None


@pytest.mark.parametrize(
    ("rest", "content", "said"),
    [
        (
            "outsid = 'flag'",
            "1",
            "station 'cast': process: unknown key 'outsid'; the numbers of 'manual' are .* Use 'outside'",
        ),
        ("standard = '50 m'", "1", "process.standard is '50 m'; "),
        ("outside = 'ignore'", "1", "process.outside is 'ignore'; it is one of 'first principles', 'refuse', 'flag'"),
        ("ages = 'new'", "1", "process.ages is 'new'; nothing in the process 'surrogate' wears"),
        ("standard = '50 s'", "one", "file 'cast.learned' is damaged; it holds one number. Write it anew"),
        ("product = { C = { standard = '1 s' } }", "1", "process.product names the product 'C'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, rest: str, content: str, said: str) -> None:
    with pytest.raises(LineError, match=said):
        line(tmp_path, rest, content)


def test_files_models_and_readers_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(LineError, match=r"process: file is missing; a process from a file names it\. Add file"):
        read_line((TEXT % "").replace(', file = "cast.learned"', ""), tmp_path, readers=READERS)
    with pytest.raises(LineError, match=r"cast\.learned' does not exist"):
        read_line(TEXT % "", tmp_path, readers=READERS)
    line(tmp_path)
    with pytest.raises(
        LineError, match=r"process.model is 'surogate'; model is one of .*surrogate, mine. Use .surrogate."
    ):
        read_line((TEXT % "").replace("surrogate", "surogate"), tmp_path, readers=READERS | {"mine": read})
    with pytest.raises(LineError, match=r"has no first principles to fall back on\. Use outside = 'refuse' or 'flag'"):
        line(tmp_path, "", surrogate=lambda file: Alone)
    assert line(tmp_path, "outside = 'refuse'", surrogate=lambda file: Alone).stations[0].process.outside == "refuse"
    with pytest.raises(LineError, match="was read as 5; a reader returns a family of processes"):
        line(tmp_path, "", surrogate=lambda file: 5)


def test_readers_that_ship_are_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `PYTHONPATH` finds them: nothing is installed, nothing registered."""
    (tmp_path / "a_package_above.py").write_text("from test_readers import read\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(
        "twin.readers.HOMES", {"surrogate": "a_package_above:read", "gone": "nowhere:read"} | {"odd": "json:read"}
    )
    (tmp_path / "cast.learned").write_text("1.5")
    (tmp_path / "line.toml").write_text(TEXT % ", standard = '50 s'")
    found = load_line(tmp_path / "line.toml").stations[0].process
    assert found.behaviour.standard == 50.0
    changed = changed_line(
        str(tmp_path / "line.toml"), {"cast.process.standard": "55 s", "cast.process.outside": "flag"}
    )
    assert changed.line.stations[0].process.behaviour.standard == 55.0
    assert changed.line.stations[0].process.outside == "flag"
    for model in ("gone", "odd"):
        with pytest.raises(RuleError, match="which is not there"):
            reader_of(model)


def test_a_run_says_what_lay_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("twin.schema_read.reader_of", lambda *_: read)
    (tmp_path / "cast.learned").write_text("1.5")
    (tmp_path / "line.toml").write_text(TEXT % ", seen = 1.000005e6")
    path = tmp_path / "out.json"
    run(RunOptions(str(tmp_path / "line.toml"), parts="12", replications="1", json=str(path)))
    said = " ".join(capsys.readouterr().out.split())
    assert (
        "Outside of where a process may be trusted: cast 6 visits (50 %), practice in 6, 1 of 1 runs repeated" in said
    )
    cast = {"policy": "first principles", "visits": 6, "visits_of_run": 6, "replications": 1}
    cast["inputs"] = {"idle": 0, "practice": 6}
    data = json.loads(path.read_text())
    assert data["outside"] == {"stations": {"cast": cast}, "repeated": 1}
    assert data["stations"]["cast"]["outside"] == 6


def test_the_schema_knows_them() -> None:
    text = json.dumps(json_schema())
    assert '"enum": ["surrogate"]' in text
    assert '"enum": ["first principles", "refuse", "flag"]' in text
