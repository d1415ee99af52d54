"""`linetwin calibrate --unknown`: what it refuses, and what it finds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command_line import invoke
from event_logs import example

import twin

made = example()


@pytest.fixture(scope="module")
def plant(tmp_path_factory) -> Path:
    """A line, and a log of it in which the washer is missing."""
    folder = tmp_path_factory.mktemp("plant")
    (folder / "line.toml").write_text(made.LINE, encoding="utf-8")
    line = twin.load_line(folder / "line.toml")
    rows = [row for row in made.visits(line, days=1.0, seed=4)[0] if row.station != "wash"]
    made.write(folder / "visits.csv", rows, line.start)
    return folder


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--unknown", "test.buffer=0..6"], "--line and --unknown belong together"),
        (["--line", "line.toml"], "Add --unknown mill.buffer=0..8"),
        (["--line", "line.toml", "--unknown", "test.buffer"], "it is written PATH=LOW..HIGH"),
        (["--line", "line.toml", "--unknown", "test.buffer=0..6 apples"], "--unknown is 'test.buffer=0..6 apples'"),
        (["--line", "line.toml", "--unknown", "test.places=0..6"], "no number of line 'synthetic' has this path"),
        (["--line", "line.toml", "--unknown", "test.buffer=6..0"], "test.buffer"),
        (
            ["--line", "line.toml", "--unknown", "test.buffer=0..6", "--output", "x.toml"],
            "--output is not for --unknown",
        ),
        (["--line", "none.toml", "--unknown", "test.buffer=0..6"], "none.toml"),
    ],
)
def test_bad_input_is_one_sentence(plant, monkeypatch, words, said):
    monkeypatch.chdir(plant)
    done = invoke("calibrate", "visits.csv", *words, code=2)
    assert done.stderr.startswith("Error: ")
    assert len(done.stderr.strip().splitlines()) == 1
    assert said in done.stderr


@pytest.mark.slow
def test_a_station_without_a_log_is_found(plant, monkeypatch):
    monkeypatch.chdir(plant)
    words = ["--line", "line.toml", "--unknown", "wash.process.time.scale=10 s..60 s", "--json", "out.json"]
    done = invoke("calibrate", "visits.csv", *words)
    assert "Hidden numbers of line synthetic" in done.stdout
    one = json.loads((plant / "out.json").read_text())["numbers"]["wash.process.time.scale"]
    low, high = one["interval90"]
    assert one["told"]
    assert low < one["value"] < high
    assert np.clip(30.0, low - 4.0, high + 4.0) == 30.0  # the truth, or near it: one interval in ten is off
