"""The reader at the plant, where nothing of Linetwin and of JAX can be imported."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from deployed import POISONED, apart, guarded, plant, refused, served, table
from test_surrogates import fresh, small

from surrogates.export import export, read_back
from surrogates.golden import TOLERANCE


@pytest.fixture(scope="module")
def plain_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(small(), tmp_path_factory.mktemp("plain") / "mill.deployed")


@pytest.fixture(scope="module")
def onnx_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("onnx", reason="ONNX needs `pip install onnx`")
    return export(small(), tmp_path_factory.mktemp("onnx") / "mill.deployed", onnx=True)


@pytest.fixture(scope="module")
def guarded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("onnx", reason="ONNX needs `pip install onnx`")
    return export(guarded(), tmp_path_factory.mktemp("guarded") / "mill.deployed", onnx=True)


def test_jax_cannot_be_imported_at_the_plant(tmp_path: Path) -> None:
    for name in POISONED:
        command = [sys.executable, "-c", f"import {name}"]
        found = subprocess.run(command, env=plant(tmp_path), cwd=tmp_path, capture_output=True, text=True, check=False)
        assert "not at the plant" in found.stderr


@pytest.mark.parametrize("engine", ["onnx", "numpy"])
def test_the_plant_gets_the_same_answers(onnx_file: Path, engine: str) -> None:
    if engine == "onnx":
        pytest.importorskip("onnxruntime", reason="needs `pip install onnxruntime`")
    x = fresh(small().problem, 20)
    found = served(onnx_file, "--engine", engine, "--keep", "id", cases=table(small(), x))
    assert found.returncode == 0, found.stderr
    assert f"by {engine}" in found.stderr
    rows = list(csv.DictReader(io.StringIO(found.stdout)))
    assert [row["id"] for row in rows] == [str(k) for k in range(20)]
    assert all(row["warnings"] == "" for row in rows)
    told = np.asarray([[float(row[key]) for key in ("milling [s]", "drilling [s]", "energy [kJ]")] for row in rows])
    assert apart(told * [1, 1, 1e3], small().predict(x)) < TOLERANCE


def test_the_plant_needs_no_onnx(plain_file: Path) -> None:
    x = fresh(small().problem, 3)
    found = served(plain_file, "--keep", "id", cases=table(small(), x))
    assert found.returncode == 0
    assert "by numpy" in found.stderr
    assert "no model.onnx" in refused(plain_file, "--engine", "onnx")


def test_without_onnxruntime_it_is_numpy(onnx_file: Path) -> None:
    x, missing = fresh(small().problem, 3), ("onnxruntime",)
    found = served(onnx_file, "--keep", "id", cases=table(small(), x), missing=missing)
    assert found.returncode == 0
    assert "by numpy" in found.stderr
    found = served(onnx_file, "--engine", "onnx", "--check", missing=missing)
    assert found.returncode == 2
    assert "onnxruntime is not installed. Install it, or say --engine numpy." in found.stderr


def test_json_lines_and_cases_that_are_refused(plain_file: Path) -> None:
    good = {"feed_per_tooth [SI]": 1e-4, "drill_speed [m/min]": 160, "wear": 0.2, "face_mill_speed [m/min]": 1500}
    far = good | {"face_mill_speed [m/min]": 4000.0}
    other_unit = {("wear [%]" if key == "wear" else key): value for key, value in good.items()}
    lines = [json.dumps(case) for case in (good, far, other_unit, good | {"wear": None}, good | {"wear": True})]
    lines += [json.dumps(good | {"wear": float("nan")}), json.dumps(good | {"bath": 1}), "{3", "[]", json.dumps(good)]
    found = served(plain_file, cases="\n".join(lines) + "\n")
    assert found.returncode == 1
    told = [json.loads(line) for line in found.stdout.splitlines()]
    right = small().predict(np.asarray([[25.0, 160 / 60, 1e-4, 0.2]]))[0]
    for k in (0, 9):
        assert told[k]["warnings"] == ""
        assert told[k]["milling [s]"] == pytest.approx(right[0], rel=1e-5)
        assert told[k]["energy [kJ]"] == pytest.approx(right[2] / 1e3, rel=1e-5)
    assert told[1]["warnings"] == "face_mill_speed is 4000 m/min, trained from 400 to 3000"
    words = ["'wear' is in [%]; it is asked for in [1]", "wear is None", "wear is True", "wear is nan"]
    words += ["'bath' is no input", "no JSON", "no JSON object"]
    for answer, expected in zip(told[2:9], words, strict=True):
        assert answer["warnings"].startswith("refused: ")
        assert expected in answer["warnings"]
        assert answer["milling [s]"] is None


def test_a_wrong_header_is_refused(plain_file: Path) -> None:
    good = table(small(), fresh(small().problem, 1))
    for was, now, words in (
        ("", "", "'id' is no input"),
        ("feed_per_tooth [mm]", "feed_per_tooth [inch]", "is in [inch]; it is asked for in [mm]"),
        ("feed_per_tooth [mm]", "feed_per_tooth", "is in []"),
        ("feed_per_tooth [mm]", "wear [1]", "'wear' is there twice"),
        ("wear [1]", "id", "'id' is there twice"),
    ):
        keep = ["--keep", "id"] if was else []
        found = served(plain_file, *keep, cases=good.replace(was, now) if was else good)
        assert (found.returncode, found.stdout) == (2, "")
        assert words in found.stderr
        if "twice" not in words:
            assert "Write the header" in found.stderr
    found = served(plain_file, "--keep", "id", cases="id\n1\n")
    assert "'face_mill_speed' is missing" in found.stderr
    found = served(plain_file, "--keep", "id", "--keep", "time", cases=good)
    assert "there is no 'time' to keep" in found.stderr
    found = served(plain_file, "--keep", "id", cases=good.replace("id,", "id [1],") + "0,1,2,3,4,5\n")
    assert found.returncode == 1
    answered, refused_one = csv.DictReader(io.StringIO(found.stdout))
    assert answered["id"] == "0"
    assert "more cells than the header" in refused_one["warnings"]


@pytest.mark.parametrize("engine", ["onnx", "numpy"])
def test_the_plant_gets_flags_and_intervals(guarded_file: Path, engine: str) -> None:
    if engine == "onnx":
        pytest.importorskip("onnxruntime", reason="needs `pip install onnxruntime`")
    made = guarded()
    x = fresh(made.problem, 30)
    found = served(guarded_file, "--engine", engine, "--coverage", "0.9", "--keep", "id", cases=table(made, x))
    assert found.returncode == 0, found.stderr
    rows = list(csv.DictReader(io.StringIO(found.stdout)))
    flags = read_back(guarded_file)(x)["outside"]
    assert [row["outside"] for row in rows] == [str(flag) for flag in flags]
    floor = made.conformal.floor
    assert floor is not None
    half = (made.members(x).std(axis=0, ddof=1) + floor) * made.conformal.quantiles[0, 1]
    low = np.asarray([float(row["milling low [s]"]) for row in rows])
    high = np.asarray([float(row["energy high [kJ]"]) for row in rows]) * 1e3
    np.testing.assert_allclose(made.predict(x)[:, 0] - half[:, 0], low, rtol=1e-4)
    np.testing.assert_allclose(made.predict(x)[:, 2] + half[:, 2], high, rtol=1e-3)
    assert rows[0]["drilling low [s]"] == ""
    assert "coverage 0.8 was not calibrated; there is 0.5, 0.9" in refused(guarded_file, "--coverage", "0.8")
    assert "group 'a' was not calibrated" in refused(guarded_file, "--coverage", "0.9", "--group", "a")
