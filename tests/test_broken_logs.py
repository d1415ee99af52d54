"""Broken event logs through the command line: one sentence and nothing written, or a report of what is doubtful."""

import os
import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from broken_logs import DOUBTFUL, REFUSED, Refused, log, parquet, put
from command_line import invoke

from twin.parameters import drawn
from twin.spec import load_line

VERBS = "Add|Check|Close|Convert|Copy|Correct|Cut|Export|Give|Install|Leave|Name|Put|Rename|Save|Say|Separate|Use|Write"
REMEDY = re.compile(rf"[.)] ?({VERBS})\b[^\n]*\.?$")
NAME = "visits.csv"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(content: str | bytes, name: str = NAME) -> None:
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())


def refused(words: tuple[str, ...], fragments: tuple[str, ...]) -> None:
    """Fails unless a command ends with one sentence that has all fragments and a remedy, and leaves nothing behind."""
    before = {path.name: path.read_bytes() for path in Path().iterdir() if path.is_file() and os.access(path, os.R_OK)}
    result = invoke(*words, code=2)
    after = {path.name: path.read_bytes() for path in Path().iterdir() if path.is_file() and os.access(path, os.R_OK)}
    assert after == before
    assert result.stdout == ""
    message = result.stderr.removesuffix("\n")
    assert message.startswith("Error: ")
    assert message.isprintable(), message
    assert len(message) < 700, message
    assert REMEDY.search(message), message
    for fragment in fragments:
        assert fragment in message, message


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_log_is_refused_in_one_sentence(name, folder):
    case = REFUSED[name]
    write(case.content)
    about = () if any(fragment.startswith("--") for fragment in case.fragments) else (NAME,)
    refused(("calibrate", NAME, "--output", "line.toml", *case.options), (*about, *case.fragments))


@pytest.mark.parametrize("name", DOUBTFUL)
def test_what_is_doubtful_is_said_and_the_rest_is_learned(name, folder):
    case = DOUBTFUL[name]
    write(case.content)
    result = invoke("calibrate", NAME, "--output", "line.toml", "--draws", "3", *case.options)
    assert result.stderr == ""
    text = " ".join(result.stdout.split())
    for fragment in case.fragments:
        assert fragment in text, result.stdout
    assert "\x1b" not in result.stdout
    line = load_line("line.toml")
    assert line.draws is not None
    assert len(line.draws) == 3
    assert [station.name for station in drawn(line, 2).stations] == [station.name for station in line.stations]


def test_there_are_many_broken_logs():
    assert len(REFUSED) + len(DOUBTFUL) >= 60


@pytest.mark.skipif(find_spec("r4pm") is not None, reason="r4pm is installed, which reads it")
def test_what_reads_xes_is_named_where_it_is_not_installed(folder):
    write('<?xml version="1.0"?><log xes.version="1.0"></log>')
    refused(
        ("calibrate", NAME), (NAME, "an XES file is read by r4pm, which is not installed", "export the log as CSV.")
    )


NO_FILES = {
    "missing": ("visit.csv", ("visit.csv: there is no such file", "Use 'visits.csv', which is there.")),
    "folder": ("days", ("file 'days' is a folder", "Name a file in it.")),
    "device": ("/dev/null", ("is a pipe or a device",)),
    "null in the name": ("a\0.csv", ("a\\x00.csv", "Check")),
    "long name": ("a" * 5000 + ".csv", ("aaaa", "Check")),
}


@pytest.mark.parametrize("command", ["calibrate", "validate"])
@pytest.mark.parametrize("name", NO_FILES)
def test_what_is_no_file_is_refused(name, command, folder):
    write(log())
    Path("days").mkdir()
    write(LINE, "line.toml")
    file, fragments = NO_FILES[name]
    refused(("calibrate", file) if command == "calibrate" else ("validate", "line.toml", file), fragments)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the administrator may read every file")
def test_a_file_without_permission_is_refused(folder):
    write(log())
    Path(NAME).chmod(0)
    refused(("calibrate", NAME), ("cannot be read", NAME, "permissions"))


LINE = """schema = 1
[line]
name = "a"
[source]
mode = "saturated"
[[station]]
name = "saw"
process = { model = "timed", time = { distribution = "lognormal", mean = "44 s", cv = 0.1 } }
"""
BAD = (
    "empty", "binary", "spreadsheet", "gzip cut off", "Parquet cut off", "two columns of one name", "quote left open",
    "case column blank", "two time zones", "day or month", "30 February", "all ends before starts",
    "no complete events", "one gigantic cell", "JSON", "no station",
)  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_validate_refuses_it_in_the_same_words(name, folder):
    write(LINE, "line.toml")
    write(REFUSED[name].content)
    refused(
        ("validate", "line.toml", NAME, "--json", "out.json", "--report", "out.html"), (NAME, *REFUSED[name].fragments)
    )


MODELS = {
    "no model": Refused('{"linetwin":"visit times","schema":1}', ("is a damaged model ('times')", "Write it anew")),
    "another version": Refused(
        '{"linetwin":"visit times","schema":2}', ("is no model of visit times of this version",)
    ),
    "another file": Refused('{"a": 1}', ("is no model of visit times of this version", "Write it anew")),
    "a list": Refused("[1]", ("is a damaged model", "Write it anew")),
    "cut off": Refused('{"linetwin":"visit times","schema":1,"log":', ("is a damaged model (Expecting value",)),
    "binary": Refused(b"\xff\xfe\x00", ("is a damaged model", "Write it anew")),
    "nothing": Refused("", ("is a damaged model", "Write it anew")),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_is_none_is_refused(name, folder):
    write(log())
    write(MODELS[name].content, "times.json")
    refused(("validate", "times.json", NAME), ("times.json", *MODELS[name].fragments))


def test_a_log_of_other_stations_is_refused_with_both_names(folder):
    write(LINE, "line.toml")
    write(log(put(1, "press")))
    refused(("validate", "line.toml", NAME), (NAME, "has visits at 'press'", "the line has 'saw'", "station=NAME."))


def test_days_after_the_log_are_refused(folder):
    write(LINE, "line.toml")
    write(log())
    refused(("validate", "line.toml", NAME, "--from", "2026-02-01"), (NAME, "no visit starts on the days", "--from"))
    refused(("validate", "line.toml", NAME, "--from", "soon"), ("--from is 'soon'", "--from 2026-01-12."))


@pytest.mark.parametrize("command", ["calibrate", "validate"])
def test_a_format_that_is_none_is_refused_where_it_is_not_needed(command, folder):
    write(LINE, "line.toml")
    write(log())
    words = (command, NAME) if command == "calibrate" else (command, "line.toml", NAME)
    refused((*words, "--date-format", "iso"), ("--date-format is 'iso'", "day.month.year", "Use one of these."))


@pytest.mark.parametrize("name", ["", " ", "a\nb"])
def test_a_name_that_no_line_can_have_is_refused(name, folder):
    write(log())
    refused(("calibrate", NAME, "--output", "line.toml", "--name", name), ("--name is '", "on one line", "Give one"))


def test_an_output_over_the_log_is_refused(folder):
    write(parquet(), "visits.parquet")
    refused(
        ("calibrate", "visits.parquet", "--output", "line.csv"),
        ("--output is 'line.csv'", ".toml", ".json", "Rename it."),
    )
    refused(("calibrate", "visits.parquet", "--report", "visits.parquet"), ("--report and LOG name the same file",))
    refused(("calibrate", "visits.parquet", "--output", "-"), ("--output is '-'", "Name it, e.g. line.toml."))
