"""Bad options, lines and outputs: exit code 2 and one sentence before any work begins, never a traceback."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scenarios.cli import app
from twin.spec import starter

ROOT = Path(__file__).parents[1]
HOUR = ["--horizon", "1 h"]

BAD = {
    # words
    "unknown command": (["runn"], "No such command 'runn'", "Did you mean 'run'?", "linetwin --help"),
    "unknown option": (["run", "reference", "--horizn", "8 h"], "No such option: --horizn", "linetwin run --help"),
    "option without value": (["run", "reference", "--horizon"], "'--horizon' requires an argument"),
    "no line": (["run", *HOUR], "Missing argument 'LINE'", "linetwin run --help"),
    "two lines": (["run", "reference", "housing", *HOUR], "unexpected extra argument"),
    "a flag with a value": (["run", "reference", *HOUR, "--advise=7"], "--advise"),
    # the length of a run
    "no length": (["run", "reference"], "either --horizon or --parts", "neither was given", '--horizon "8 h"'),
    "two lengths": (["run", "reference", *HOUR, "--parts", "9"], "both were given"),
    "horizon without unit": (["run", "reference", "--horizon", "8"], "--horizon is '8'", "needs a unit", 'Use "8 h"'),
    "horizon of zero": (["run", "reference", "--horizon", "0 h"], "--horizon is '0 h'", "longer than zero"),
    "negative horizon": (["run", "reference", "--horizon", "-8 h"], "--horizon is '-8 h'", "longer than zero"),
    "horizon that is none": (["run", "reference", "--horizon", "nan h"], "--horizon is 'nan h'", "finite"),
    "endless horizon": (["run", "reference", "--horizon", "inf h"], "finite"),
    "empty horizon": (["run", "reference", "--horizon", ""], "--horizon is ''", "begins with a number"),
    "horizon in kilowatts": (["run", "reference", "--horizon", "8 kW"], "'kW' measures a power"),
    "horizon in words": (["run", "reference", "--horizon", "a shift"], "begins with a number"),
    "horizon with a comma": (["run", "reference", "--horizon", "1,5 h"], "only a point divides"),
    "horizon of ages": (["run", "reference", "--horizon", "1e9 h"], "at most 100 years"),
    "too many visits": (["run", "reference", "--horizon", "90 years"], "visits", "Use a shorter run"),
    "warm-up as long": (
        ["run", "reference", *HOUR, "--warmup", "60 min"],
        "--warmup is 60 min",
        "nothing would be measured",
    ),
    "warm-up longer": (["run", "reference", *HOUR, "--warmup", "2 h"], "--warmup is 2 h"),
    "negative warm-up": (["run", "reference", *HOUR, "--warmup", "-1 s"], "zero or longer"),
    "warm-up by parts": (["run", "reference", *HOUR, "--warmup-parts", "5"], "belongs to --parts"),
    "parts and warm-up": (["run", "reference", "--parts", "5", "--warmup", "1 h"], "belongs to --horizon"),
    "no parts": (["run", "reference", "--parts", "0"], "--parts is '0'", "whole number from 1"),
    "parts as a time": (["run", "reference", "--parts", "8 h"], "--parts is '8 h'", "whole number"),
    "half a part": (["run", "reference", "--parts", "1.5"], "whole number"),
    "parts all warm up": (
        ["run", "reference", "--parts", "9", "--warmup-parts", "9"],
        "--warmup-parts is 9",
        "measured",
    ),
    # the load profile
    "a profile of another kind": (["run", "starter.toml", *HOUR, "--profile", "load.xlsx"], "load.xlsx", ".csv"),
    "a profile in no file": (["run", "starter.toml", *HOUR, "--profile", ""], "--profile is ''", "name of a file"),
    "a profile in the file of the result": (
        ["run", "starter.toml", *HOUR, "--json", "load.csv", "--profile", "load.csv"],
        "--profile and --json name the same file",
    ),
    "periods of no profile": (["run", "starter.toml", *HOUR, "--profile-period", "1 min"], "Add --profile load.csv"),
    "periods of no length": (
        ["run", "starter.toml", *HOUR, "--profile", "load.csv", "--profile-period", "0 s"],
        "--profile-period is '0 s'",
        "longer than zero",
    ),
    "periods without a unit": (
        ["run", "starter.toml", *HOUR, "--profile", "load.csv", "--profile-period", "15"],
        'Use "15 min"',
    ),
    "too many periods": (
        ["run", "housing", *HOUR, "--profile", "load.csv", "--profile-period", "1 ns"],
        "the load profile needs about",
        "longer --profile-period",
    ),
    "a profile of no power": (
        ["run", "reference", *HOUR, "--profile", "load.csv"],
        "line 'reference' gives no power",
        "Add power",
    ),
    # replications and seed
    "no replications": (["run", "reference", *HOUR, "--replications", "0"], "--replications is '0'", "from 1 to"),
    "negative replications": (["run", "reference", *HOUR, "--replications", "-3"], "--replications is '-3'"),
    "replications that are none": (["run", "reference", *HOUR, "--replications", "nan"], "--replications is 'nan'"),
    "broken replications": (["run", "reference", *HOUR, "--replications", "2.5"], "whole number"),
    "replications without end": (["run", "reference", *HOUR, "--replications", "9" * 5000], "whole number"),
    "more than the memory": (["run", "reference", *HOUR, "--replications", "1000000"], "GB of memory", "Use fewer"),
    "negative seed": (["run", "reference", *HOUR, "--seed", "-1"], "--seed is '-1'", "from 0 to"),
    "seed of words": (["run", "reference", *HOUR, "--seed", "random"], "--seed is 'random'"),
    "a large seed": (["run", "reference", *HOUR, "--seed", str(2**63)], "--seed"),
    # the line
    "no such line": (["run", "referense", *HOUR], "referense", "Use 'reference'"),
    "a folder as line": (["run", ".", *HOUR], "'.' is a folder"),
    "a file that is no line": (["check", "text.txt"], "text.txt", "not valid TOML"),
    "an empty line": (["check", "empty.toml"], "empty"),
    "an empty name": (["check", ""], "file or the name of a line"),
    "nonsense as name": (["check", "a\nb\0c"], "no"),
    # changes
    "change without value": (["run", "reference", *HOUR, "--set", "S2.buffer"], "--set is 'S2.buffer'", "PATH=VALUE"),
    "change twice": (["run", "reference", *HOUR, "--set", "S2.buffer=1", "--set", "S2.buffer=2"], "twice"),
    "no such station": (["run", "reference", *HOUR, "--set", "S9.buffer=2"], "no station 'S9'", "S1, S2"),
    "a station alone": (["run", "reference", *HOUR, "--set", "S1=2"], "STATION.key", "S1.buffer"),
    "no such key": (["run", "reference", *HOUR, "--set", "S2.bufer=2"], "unknown key 'bufer'", "Use 'buffer'"),
    "below a number": (["run", "reference", *HOUR, "--set", "S2.buffer.x=2"], "has no keys of its own"),
    "an empty key": (["run", "reference", *HOUR, "--set", "S2..x=2"], "a path is STATION.key"),
    "no such failure": (["run", "line.toml", *HOUR, "--set", "lathe.failure.jam.up.mean=2 h"], "no 'jam'", "breakdown"),
    "a value without unit": (["run", "reference", *HOUR, "--set", "S1.process.time.mean=2"], "needs a unit", "--set"),
    "a value that breaks a rule": (
        ["run", "reference", *HOUR, "--set", "S2.buffer=-1"],
        "buffer is -1",
        "zero or more",
    ),
    "a setpoint too far": (["run", "housing", *HOUR, "--set", "cast.dwell=99 s"], "is '99 s'", "accepts 5 to 16 s"),
    "a setpoint in another unit": (
        ["run", "housing", *HOUR, "--set", "cast.dwell=9 kW"],
        "'cast.dwell' is '9 kW'",
        "given in s",
    ),
    "a setpoint twice": (
        ["run", "housing", *HOUR, "--set", "cast.dwell=9 s", "--set", "cast.setpoints.dwell=8 s"],
        "'dwell'",
        "twice",
    ),
    # stations
    "no such shown station": (["run", "reference", *HOUR, "--stations", "S1,S7"], "'S7'", "S1, S2", "Use"),
    "no shown stations": (["run", "reference", *HOUR, "--stations", " , "], "--stations", "divided by commas"),
    # outputs
    "a folder as output": (["run", "reference", *HOUR, "--json", "folder"], "--json", "'folder' is a folder"),
    "no such folder": (["run", "reference", *HOUR, "--json", "nowhere/out.json"], "there is no folder", "Create it"),
    "no name": (["run", "reference", *HOUR, "--json", ""], "--json is ''"),
    "a long name": (["run", "reference", *HOUR, "--json", "x" * 300], "--json", "too long"),
    "a device": (["run", "reference", *HOUR, "--json", "/dev/null"], "no ordinary file"),
    "below a file": (["run", "reference", *HOUR, "--json", "text.txt/out.json"], "--json"),
    "a loop of links": (["run", "reference", *HOUR, "--json", "loop"], "--json"),
    "where nobody writes": (["run", "reference", *HOUR, "--json", "/proc/out.json"], "--json: '/proc"),
    "twice the same": (["run", "reference", *HOUR, "--json", "a.parquet", "--trace", "./a.parquet"], "the same file"),
    "over the line": (["run", "line.toml", *HOUR, "--json", "line.toml"], "--json and LINE", "the same file"),
    "a trace in words": (["run", "reference", *HOUR, "--trace", "out.csv"], "Parquet", ".parquet"),
    "a trace on standard output": (["run", "reference", *HOUR, "--trace", "-"], ".parquet"),
    "init over a folder": (["init", "folder"], "is a folder"),
    "init over a file": (["init", "text.txt"], "is there already", "--force"),
    "init in no folder": (["init", "nowhere/line.toml"], "there is no folder"),
    "check into a folder": (["check", "reference", "--json", "folder"], "is a folder"),
    "schema of a line": (["check", "reference", "--schema", "x.json"], "--schema stands alone"),
    "schema nowhere": (["check", "--schema", "nowhere/x.json"], "there is no folder"),
    "json of no line": (["check", "--json", "x.json"], "Add LINE"),
    # calibrate
    "no log": (["calibrate", "stops.csv"], "stops.csv: there is no such file"),
    "a log that is none": (["calibrate", "text.txt"], "text.txt"),
    "a line without counts": (["calibrate", "text.txt", "--output", "x.toml"], "--output needs --counts"),
    "report over the log": (["calibrate", "text.txt", "--report", "text.txt"], "the same file"),
    "no such format": (["calibrate", "text.txt", "--date-format", "iso"], "--date-format is 'iso'", "day.month.year"),
    "no such treatment": (["calibrate", "text.txt", "--hidden", "both"], "--hidden is 'both'", "speed, stops"),
    "a bad correction": (["calibrate", "text.txt", "--redate", "7-3=2026-01-05"], "--redate is", "12-18=2026-01-05"),
    "a reason without name": (["calibrate", "text.txt", "--reason", "E12"], "--reason is 'E12'", "CODE=NAME"),
    "a reason twice": (["calibrate", "text.txt", "--reason", "E=a", "--reason", "E=b"], "twice"),
    "a bad planned stop": (["calibrate", "log.csv", "--planned", "noon"], "planned stop 'noon'", "11:30-13:15"),
    "a bad step": (["calibrate", "text.txt", "--step", "10"], "--step is '10'", "unit"),
    "bad draws": (["calibrate", "text.txt", "--draws", "many"], "--draws is 'many'"),
    "a station with a dot": (["calibrate", "text.txt", "--station", "S.1"], "--station is 'S.1'", "no dots"),
    "an empty station": (["calibrate", "text.txt", "--station", " "], "--station is empty"),
    "a name of two lines": (["calibrate", "text.txt", "--name", "a\nb"], "--name is"),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, in which no simulation and no fit may begin."""

    def too_far(*_words, **_options):
        raise AssertionError("the long work has begun")

    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("text.txt").write_text("no line, no log")
    Path("log.csv").write_text("date,start,end\n2026-01-05,06:00:00,06:05:00\n2026-01-05,07:00:00,07:05:00\n")
    Path("empty.toml").write_text("")
    Path("line.toml").write_text(starter(), encoding="utf-8")
    Path("loop").symlink_to("loop")
    monkeypatch.setattr("twin.run.simulate", too_far)
    monkeypatch.setattr("scenarios.size.free_memory", lambda: 16_000_000_000)
    return tmp_path


@pytest.mark.parametrize("name", BAD)
def test_refused_in_one_sentence(name, folder):
    words, *fragments = BAD[name]
    before = sorted(folder.rglob("*"))
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert line[-1] in ".?"
    assert len(line) < 450
    for fragment in fragments:
        assert fragment in line
    assert sorted(folder.rglob("*")) == before


def test_there_are_many():
    assert len(BAD) >= 80


def fill(monkeypatch):
    """Let the disk be full from now on."""

    def full(*_words):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)


@pytest.mark.parametrize("words", [["init", "new.toml"], ["check", "reference", "--json", "new.json"]])
def test_a_disk_that_is_full_when_writing(words, folder, monkeypatch):
    fill(monkeypatch)
    before = sorted(folder.rglob("*"))
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 2
    assert "cannot be written (no space left on device)" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert sorted(folder.rglob("*")) == before


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of POSIX")
def test_a_file_that_may_not_grow(folder):
    code = "import resource, scenarios.cli as c; resource.setrlimit(resource.RLIMIT_FSIZE, (999, 999)); c.main()"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    before = sorted(folder.rglob("*"))
    for words in (["init", "new.toml"], ["run", "reference", *HOUR, "--json", "new.json"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *words], env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert "cannot be written (file too large)" in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert sorted(folder.rglob("*")) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_standard_output_that_is_full(folder):
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-m", "scenarios.cli", "list"]
        done = subprocess.run(words, env=env, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "Error: standard output cannot be written (No space left on device). Send it elsewhere.\n"


@pytest.mark.parametrize("fault", [MemoryError(), RuntimeError("RESOURCE_EXHAUSTED: out of memory")])
def test_memory_that_does_not_suffice(fault, folder, monkeypatch):
    def short(*_words, **_options):
        raise fault

    monkeypatch.setattr("twin.run.simulate", short)
    result = CliRunner().invoke(app, ["run", "reference", *HOUR], catch_exceptions=False)
    assert result.exit_code == 2
    assert "more memory than this computer has free" in result.stderr


def test_a_window_that_only_the_simulation_refuses(folder, monkeypatch):
    def refuse(*_words, **_options):
        raise ValueError("simulate: the warm-up is longer than the run; make the run longer.")

    monkeypatch.setattr("twin.run.simulate", refuse)
    result = CliRunner().invoke(app, ["run", "reference", *HOUR], catch_exceptions=False)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)


def test_a_defect_is_no_bad_input(folder, monkeypatch):
    def defect(*_words, **_options):
        raise ValueError("operands could not be broadcast together")

    monkeypatch.setattr("twin.run.simulate", defect)
    assert CliRunner().invoke(app, ["run", "reference", *HOUR]).exit_code == 1
    with pytest.raises(ValueError, match="broadcast"):
        CliRunner().invoke(app, ["run", "reference", *HOUR], catch_exceptions=False)
