"""`linetwin train` and `linetwin trust`: what they write and show, and bad input in one sentence."""

from __future__ import annotations

import json
import re
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import surrogates
from scenarios.cli import app

SMALL = ["--cases", "64", "--members", "2", "--hidden", "4", "--steps", "100", "--finish", "0"]


def invoke(*words: str, code: int = 0):
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def mill(tmp_path_factory) -> Path:
    """A surrogate of the milling station, by the command, and what that showed."""
    folder = tmp_path_factory.mktemp("mill")
    path = folder / "mill.surrogate"
    box = "wear=0.1..0.9"
    shown = invoke(
        "train", "machining", "--out", str(path), *SMALL, "--box", box, "--box", "drill_speed=100 m/min..200 m/min"
    )
    (folder / "shown.txt").write_text(shown.stdout, encoding="utf-8")
    return path


class TestTrain:
    def test_writes_what_was_asked_for(self, mill):
        found = surrogates.load(mill)
        assert found.problem.name == "machining"
        assert found.ensemble.sizes == (4, 4, 3)
        assert found.about["cases"] == 64
        wear, drill = found.problem.inputs["wear"], found.problem.inputs["drill_speed"]
        assert (wear.low, wear.high) == (0.1, 0.9)
        assert (drill.low, drill.high) == (pytest.approx(100 / 60), pytest.approx(200 / 60))

    def test_is_what_python_trains(self, mill):
        recipe = surrogates.Recipe(hidden=(4,), members=2, steps=100, finish=0)
        box = {"wear": (0.1, 0.9), "drill_speed": (100 / 60, 200 / 60)}
        from twin.physics import Machining

        again = surrogates.train(Machining(), cases=64, recipe=recipe, box=box)
        x = (again.problem.low + again.problem.high)[None] / 2
        np.testing.assert_allclose(surrogates.load(mill).predict(x), again.predict(x), rtol=1e-6)

    def test_shows_box_outputs_and_what_comes_next(self, mill):
        shown = (mill.parent / "shown.txt").read_text(encoding="utf-8")
        assert re.search(r"drill_speed +100 m/min +200 m/min", shown)
        assert re.search(r"milling +[\d.e-]+ s", shown)
        assert "64 cases solved" in shown
        assert "linetwin trust" in shown


class TestTrust:
    def test_writes_a_card(self, mill, tmp_path, monkeypatch):
        drawn = types.ModuleType("surrogates.card")
        drawn.__dict__["page"] = lambda card: f"<p>{card['surrogate']['problem']}</p>"
        drawn.__dict__["markdown"] = lambda card: f"# {len(card['verdicts'])}"
        monkeypatch.setitem(sys.modules, "surrogates.card", drawn)
        paths = {name: tmp_path / f"card.{name}" for name in ("json", "html", "markdown")}
        options = [word for name, path in paths.items() for word in (f"--{name}", str(path))]
        shown = invoke("trust", str(mill), "--quick", "--seeds", "1", "--no-trees", *options).stdout
        card = json.loads(paths["json"].read_text(encoding="utf-8"))
        assert card["command"] == "linetwin trust mill.surrogate --seeds 1 --quick --no-trees"
        assert card["accuracy"]["seeds"] == 1
        assert paths["html"].read_text() == "<p>machining</p>"
        assert paths["markdown"].read_text() == f"# {len(card['verdicts'])}"
        passed = sum(one["passes"] for one in card["verdicts"])
        assert f"machining: {passed} of {len(card['verdicts'])} claims hold" in shown
        assert "mean nothing for this surrogate" in " ".join(shown.split())
        assert all(len(line) <= 80 or line.startswith("Wrote") for line in shown.splitlines())

    def test_says_what_to_install(self, mill, monkeypatch):
        monkeypatch.setitem(sys.modules, "sklearn", None)
        told = invoke("trust", str(mill), "--quick", "--seeds", "1", code=2).stderr
        assert "pip install linetwin[trust]" in told
        assert "--no-trees" in told
        assert len(told.splitlines()) == 1


BAD = {
    "no model": (["train"], "Missing argument 'MODEL'"),
    "no file": (["train", "oven"], "--out is missing", "--out oven.surrogate"),
    "a file that is none": (["train", "oven", "--out", "-"], "a surrogate is no text"),
    "a folder that is not there": (["train", "oven", "--out", "no/oven.surrogate"], "there is no folder"),
    "an unknown model": (["train", "ovn", "--out", "o"], "MODEL is 'ovn'", "Use 'oven'"),
    "nothing to learn": (["train", "manual", "--out", "o"], "nothing to learn", "die_casting"),
    "too few cases": (["train", "oven", "--out", "o", "--cases", "3"], "--cases is '3'", "from 20"),
    "no network": (["train", "oven", "--out", "o", "--members", "0"], "--members is '0'"),
    "no neuron": (["train", "oven", "--out", "o", "--hidden", "32,"], "--hidden is ''"),
    "no step": (["train", "oven", "--out", "o", "--steps", "0", "--finish", "0"], "something has to train"),
    "a box that is none": (["train", "oven", "--out", "o", "--box", "hall"], "NAME=LOW..HIGH", "hall="),
    "a box of something else": (["train", "oven", "--out", "o", "--box", "bath=1 s..2 s"], "'bath'", "pitch"),
    "a box in other units": (["train", "oven", "--out", "o", "--box", "pitch=1 m..2 m"], "pitch is in s"),
    "a box without units": (["train", "oven", "--out", "o", "--box", "pitch=1..2"], "pitch is in s"),
    "a box in words": (["train", "oven", "--out", "o", "--box", "pitch=a..b"], "begins with a number"),
    "a box upside down": (["train", "oven", "--out", "o", "--box", "pitch=60 s..40 s"], "begins below its end"),
    "a box twice": (
        ["train", "oven", "--out", "o", "--box", "pitch=40 s..50 s", "--box", "pitch=40 s..60 s"],
        "names 'pitch' twice",
    ),
    "a checkpoint that is a file": (["train", "oven", "--out", "o", "--checkpoint", "text"], "it is a folder"),
    "no surrogate": (["trust", "none.surrogate"], "there is no surrogate 'none.surrogate'", "linetwin train"),
    "a file of another kind": (["trust", "text"], "'text' is no linetwin surrogate"),
    "no seed": (["trust", "text", "--seeds", "0"], "--seeds is '0'"),
    "a page to nowhere": (["trust", "text", "--html", "-"], "a page goes into a file"),
    "the surrogate as the card": (["trust", "text", "--json", "text"], "name the same file"),
}


@pytest.mark.parametrize("name", BAD)
def test_refused_in_one_sentence(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("text").write_text("text")
    words, *fragments = BAD[name]
    result = invoke(*words, code=2)
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    for fragment in fragments:
        assert fragment in line
    assert [path.name for path in tmp_path.iterdir()] == ["text"]


@pytest.mark.parametrize("command", ["train", "trust"])
def test_help_teaches_by_examples_in_80_columns(command):
    shown = invoke(command, "--help").stdout
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert len(re.findall(rf"^ linetwin {command}", shown, re.MULTILINE)) >= 2
