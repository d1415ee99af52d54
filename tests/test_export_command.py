"""`linetwin export`: what it writes and shows, and what it refuses in one sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from deployed import other, served
from typer.testing import CliRunner

import surrogates
from scenarios.cli import app
from surrogates.export import read_back
from surrogates.golden import TOLERANCE


def invoke(*words: str, code: int = 0) -> str:
    """What a command shows; where it is refused, its one sentence."""
    result = CliRunner().invoke(app, ["export", *words], catch_exceptions=False)
    assert result.exit_code == code, result.output
    assert all(len(line) <= 80 for line in result.stdout.splitlines()), result.stdout
    assert code == 0 or (result.stdout == "" and result.stderr.count("\n") == 1)
    return result.stderr if code else result.stdout


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_surrogate_that_ships_gets_to_the_plant(folder: Path) -> None:
    pytest.importorskip("onnx", reason="ONNX needs `pip install onnx`")
    shown = invoke("machining", "--out", "mill.deployed", "--onnx")
    found = read_back("mill.deployed")
    assert [path.name for path in folder.iterdir()] == ["mill.deployed"]
    assert found.seal in shown
    assert found.error < TOLERANCE
    assert f"{Path('mill.deployed').stat().st_size:,} bytes" in shown
    for name in ("model.stablehlo", "model.onnx", "arrays.npz", "golden.npz"):
        assert f"{name} " in shown
        assert f"{found.sizes[name]:,} " in shown
    checked = served(folder / "mill.deployed", "--check")
    assert checked.returncode == 0, checked.stderr
    assert found.seal[:12] in checked.stderr


def test_a_file_comes_before_a_name_and_onnx_only_if_asked_for() -> None:
    surrogates.save(other(), "machining")
    assert "model.onnx" not in invoke("machining", "--out", "mill.deployed")
    assert read_back("mill.deployed").manifest["about"]["cases"] == other().about["cases"] == 512


def test_what_cannot_be_read_is_refused(folder: Path) -> None:
    words = invoke("mill", "--out", "out.deployed", code=2)
    assert "FILE: 'mill' cannot be read (there is no such file). Use a file from `linetwin train`" in words
    assert "die_casting, die_casting_section, machining, oven" in words
    assert "cannot be read" in invoke(".", "--out", "out.deployed", code=2)
    Path("junk").write_bytes(b"junk")
    assert "'junk' is no linetwin surrogate, or damaged" in invoke("junk", "--out", "out.deployed", code=2)
    assert [path.name for path in folder.iterdir()] == ["junk"]


def test_a_place_that_cannot_be_written_is_refused_before_the_work() -> None:
    assert "Missing option '--out'" in invoke("oven", code=2)
    assert "--out is '-'" in invoke("oven", "--out", "-", code=2)
    assert "no folder" in invoke("oven", "--out", "none/oven.deployed", code=2)
    surrogates.save(other(), "mill.surrogate")
    assert "name the same file" in invoke("mill.surrogate", "--out", "mill.surrogate", code=2)


def test_without_onnx_it_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    words = invoke("machining", "--out", "mill.deployed", "--onnx", code=2)
    assert words.startswith("Error: --onnx: ONNX needs the package onnx. Install it with `pip install linetwin[onnx]`")
    assert not list(folder.iterdir())


def test_one_that_tells_no_numbers_is_refused(folder: Path) -> None:
    from dataclasses import replace

    ensemble = replace(other().ensemble, weights=[(k * float("nan"), b) for k, b in other().ensemble.weights])
    surrogates.save(replace(other(), ensemble=ensemble), "mill.surrogate")
    words = invoke("mill.surrogate", "--out", "mill.deployed", code=2)
    assert "'mill.surrogate' cannot be exported: model.stablehlo does not tell its golden pairs" in words
    assert [path.name for path in folder.iterdir()] == ["mill.surrogate"]
