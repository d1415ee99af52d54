"""Deployed surrogates: what they tell, whether they notice damage, and a plant's reader without JAX."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from test_surrogates import fresh, small

import surrogates
from surrogates.bare import arrays_of, tells
from surrogates.design import design
from surrogates.export import Deployed, export, read_back
from surrogates.golden import TOLERANCE, golden_pairs, scale_of, worst
from surrogates.networks import Scales, new_ensemble
from surrogates.onnx_graph import onnx_graph
from surrogates.sealed import MANIFEST, arrays_in, as_bytes, seal, unseal
from surrogates.stablehlo import PLATFORMS, runner, stablehlo
from twin.physics import FAMILIES

EDGE = Path(__file__).parent.parent / "examples" / "edge" / "serve.py"
NAMES = ("model.stablehlo", "arrays.npz", "golden.npz")


@dataclass(frozen=True)
class Ball:
    """A guard with the arrays of one: a box, two distances and a spread, written here in its own words."""

    arrays: Mapping[str, np.ndarray]

    def outside(self, x: Array, spread: Array) -> Array:
        a = {name: jnp.asarray(value) for name, value in self.arrays.items()}
        inside = jnp.all((x >= a["low"] - 1e-9) & (x <= a["high"] + 1e-9))
        w = jnp.matmul(x - a["shift"], a["matrix"])
        inside &= jnp.linalg.norm(w) <= a["limits"][0]
        inside &= jnp.min(jnp.linalg.norm(a["centres"] - w[None], axis=1)) <= a["limits"][1]
        if self.arrays["usual"].size:
            inside &= jnp.all(spread <= a["usual"] * a["limits"][2])
        return ~inside

    def to_arrays(self) -> dict[str, np.ndarray]:
        return dict(self.arrays)


@dataclass(frozen=True)
class Widths:
    coverages: tuple[float, ...]
    groups: tuple[str, ...]
    quantiles: np.ndarray
    floor: np.ndarray | None


@dataclass(frozen=True)
class Guarded(surrogates.Surrogate):
    guard: Any = None
    conformal: Any = None


@cache
def guarded(*, spread: bool = True, floor: bool = True) -> Guarded:
    """The small mill with a guard that flags about half of its box, and intervals."""
    found = small()
    low, high = found.problem.low, found.problem.high
    inner = (fresh(found.problem, 9) - (low + high) / 2) / (high - low) * 2
    between = found.members(fresh(found.problem)).std(axis=0, ddof=1)
    usual = np.median(between, axis=0) if spread else np.empty(0)
    matrix = np.diag(2 / (high - low))
    limits = np.asarray([1.4, 1.1, 3.0])
    a = {"low": low, "high": high, "shift": (low + high) / 2, "matrix": matrix, "centres": inner}
    quantiles = np.asarray([[[1.0, 2.0, 3e3], [2.0, np.inf, 5e3]]])
    widths = Widths((0.5, 0.9), ("",), quantiles, usual if floor else None)
    return Guarded(
        found.problem, found.ensemble, found.chosen, found.about, Ball(a | {"usual": usual, "limits": limits}), widths
    )


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


def apart(found: np.ndarray, right: np.ndarray) -> float:
    return float((np.abs(found - right) / scale_of(right)).max())


def by_onnxruntime(data: bytes) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    onnxruntime = pytest.importorskip("onnxruntime", reason="needs `pip install onnxruntime`")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]
    return lambda x: dict(zip(names, session.run(names, {"x": x}), strict=True))


def with_files(path: Path, to: Path, **changed: bytes) -> Path:
    """The same file with other members, and hashes that fit them."""
    was = unseal(path, remedy="")
    files = was.files | {name.replace("_", "."): data for name, data in changed.items()}
    return seal(to, manifest=was.manifest, files=files)


def other() -> surrogates.Surrogate:
    """The small mill with one weight changed by a thousandth."""
    (kernel, bias), *rest = small().ensemble.weights
    changed = np.array(kernel)
    changed[:, 0, 0] *= 1.001
    return replace(small(), ensemble=replace(small().ensemble, weights=((changed, bias), *rest)))


@pytest.mark.parametrize("batch", [1, 7, 1024])
def test_a_deployed_surrogate_tells_the_same(plain_file: Path, batch: int) -> None:
    x = fresh(small().problem, batch)
    right = small().predict(x)
    found = read_back(plain_file)
    scale = scale_of(small().predict(fresh(small().problem)))
    assert (np.abs(found.predict(x) - right) <= 1e-5 * scale).all()
    assert found.predict(x).dtype == np.float64


@pytest.mark.parametrize("model", ["die_casting", "oven"])
def test_every_family_that_is_learned_is_exported(model: str, tmp_path: Path) -> None:
    """Untrained networks with more layers, and made-up answers, will do."""
    pytest.importorskip("onnx", reason="ONNX needs `pip install onnx`")
    problem = surrogates.problem_of(FAMILIES[model]())
    x = fresh(problem, 64)
    log = np.asarray([name in problem.logs for name in problem.outputs])
    low, high = (np.asarray([getattr(about, end) for about in problem.outputs.values()]) for end in ("low", "high"))
    scales = Scales.of(problem.low, problem.high, design(low, high, 64), log)
    ensemble = new_ensemble([len(problem.inputs), 8, 6, len(problem.outputs)], scales, members=2, seed=5)
    found = surrogates.Surrogate(problem, ensemble, 1)
    path = export(found, tmp_path / "it.deployed", onnx=True)
    told = read_back(path)
    assert apart(told.predict(x), found.predict(x)) < TOLERANCE
    assert apart(by_onnxruntime(unseal(path, remedy="").files["model.onnx"])(x)["y"], found.predict(x)) < TOLERANCE
    for about, (name, attribute) in zip(told.manifest["inputs"], problem.inputs.items(), strict=True):
        assert (about["name"], about["unit"], about["low"]) == (name, attribute.unit, attribute.low)


def test_the_manifest_says_what_it_is(plain_file: Path) -> None:
    found = read_back(plain_file)
    assert isinstance(found, Deployed)
    assert found.manifest["problem"] == "machining"
    feed = next(about for about in found.manifest["inputs"] if about["name"] == "feed_per_tooth")
    assert feed["unit"] == "mm"
    assert feed["scale"] == pytest.approx(1e-3)
    assert feed["meaning"]
    assert found.manifest["graph"]["platforms"] == list(PLATFORMS)
    assert found.manifest["versions"]["jax"]
    assert set(found.sizes) == set(NAMES)
    assert found.error < TOLERANCE


def test_golden_pairs_hold_the_corners() -> None:
    golden = golden_pairs(small())
    low, high = small().problem.low, small().problem.high
    at_corner = ((golden["x"] == low) | (golden["x"] == high)).all(axis=1)
    assert at_corner.sum() == 2 ** len(low)
    assert 24 <= len(golden["x"]) <= 60
    np.testing.assert_array_equal(golden["y"], small().predict(golden["x"]))


def test_the_same_surrogate_makes_the_same_bytes(onnx_file: Path, tmp_path: Path) -> None:
    """And from a file again, and without a word about this machine."""
    again = surrogates.load(surrogates.save(small(), tmp_path / "mill.surrogate"))
    data = export(again, tmp_path / "again.deployed", onnx=True).read_bytes()
    assert data == onnx_file.read_bytes()
    for member in unseal(onnx_file, remedy="").files.values():
        assert str(Path(surrogates.__file__).parent).encode() not in member
    assert not list(tmp_path.glob("*.part"))


def test_damage_of_any_member_is_refused(onnx_file: Path, tmp_path: Path) -> None:
    """One byte of the content of each member, with a good zip around it."""
    with zipfile.ZipFile(onnx_file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert set(files) == {*NAMES, "model.onnx", MANIFEST, "manifest.sha256"}
    bad = tmp_path / "bad.deployed"

    def write(members: Mapping[str, bytes]) -> None:
        with zipfile.ZipFile(bad, "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)

    for name, data in files.items():
        place = len(data) // 2
        write(files | {name: data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]})
        with pytest.raises(ValueError, match=r"bad\.deployed.*Export it again"):
            read_back(bad)
        assert refused(bad, "--check")
        write({key: value for key, value in files.items() if key != name})
        with pytest.raises(ValueError, match=r"bad\.deployed.*Export it again"):
            read_back(bad)
    write(files | {"more.txt": b""})
    with pytest.raises(ValueError, match=r"more\.txt is not there once"):
        read_back(bad)
    whole = onnx_file.read_bytes()
    rng = np.random.default_rng(0)
    for place in rng.integers(len(whole), size=60):
        bad.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        try:
            found = unseal(bad, remedy="Export it again.")
        except ValueError as fault:
            assert "bad.deployed" in str(fault)  # noqa: PT017 - a byte that says nothing may change
        else:
            assert found.files == {name: files[name] for name in found.files}
    bad.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="no bundle, or damaged"):
        read_back(bad)
    with pytest.raises(FileNotFoundError, match=r"no file.*Export it again"):
        read_back(tmp_path / "none.deployed")


def test_another_format_is_refused(plain_file: Path, tmp_path: Path) -> None:
    was = unseal(plain_file, remedy="")
    path = seal(tmp_path / "new.deployed", manifest=was.manifest | {"schema": 99}, files=was.files)
    with pytest.raises(ValueError, match="format 99"):
        read_back(path)
    assert "format 99" in refused(path)
    few = seal(tmp_path / "few.deployed", manifest=was.manifest | {"inputs": []}, files=was.files)
    with pytest.raises(ValueError, match=r"golden pairs.*the manifest names 0 inputs"):
        read_back(few)
    assert "other columns" in refused(few)
    none = {name: value for name, value in was.manifest.items() if name != "tells"}
    mute = seal(tmp_path / "mute.deployed", manifest=none, files=was.files)
    with pytest.raises(ValueError, match=r"does not say 'tells'"):
        read_back(mute)
    assert "tells" in refused(mute)
    junk = seal(tmp_path / "junk.deployed", manifest=was.manifest, files=was.files | {"golden.npz": b"x"})
    with pytest.raises(ValueError, match=r"no file of arrays"):
        read_back(junk)
    assert "golden pairs cannot be told" in refused(junk)


def test_other_weights_with_good_hashes_are_refused(onnx_file: Path, tmp_path: Path) -> None:
    """Each graph is held to its golden pairs."""
    wrong, path = other(), tmp_path / "other.deployed"
    assert worst(golden_pairs(small()), {"y": wrong.predict(golden_pairs(small())["x"])}) > 3 * TOLERANCE
    with_files(onnx_file, path, model_stablehlo=stablehlo(wrong))
    with pytest.raises(ValueError, match=r"stablehlo does not tell its golden pairs.*Export it again"):
        read_back(path)
    with_files(onnx_file, path, model_onnx=onnx_graph(arrays_of(wrong), ("y",)))
    assert "golden pairs are not told again" in refused(path, "--engine", "onnx")
    with_files(onnx_file, path, arrays_npz=as_bytes(arrays_of(wrong)))
    assert "golden pairs are not told again" in refused(path, "--engine", "numpy")
    with_files(onnx_file, path, model_stablehlo=b"no graph")
    with pytest.raises(ValueError, match=r"no graph that JAX"):
        read_back(path)
    with_files(onnx_file, path, model_onnx=b"no graph")
    assert "onnxruntime refuses" in refused(path, "--engine", "onnx")


def test_what_is_no_number_is_worst() -> None:
    golden = {"x": np.zeros((2, 1)), "y": np.asarray([[0.0], [2.0]])}
    assert worst(golden, {"y": np.asarray([[0.0], [2.5]])}) == 0.5
    assert worst(golden, {"y": np.asarray([[np.nan], [2.0]])}) == np.inf
    with pytest.raises(ValueError, match="shape"):
        worst(golden, {"y": np.zeros(2)})
    flags = golden | {"outside": np.asarray([True, False])}
    with pytest.raises(ValueError, match="golden case 1 is inside"):
        worst(flags, golden | {"outside": np.asarray([True, True])})


def test_cases_of_another_shape_are_refused(plain_file: Path) -> None:
    found = read_back(plain_file)
    for x in (np.zeros(4), np.zeros((3, 5)), np.zeros((0, 4))):
        with pytest.raises(ValueError, match=r"'machining': cases of shape .* face_mill_speed"):
            found(x)


@pytest.mark.parametrize(("spread", "floor"), [(False, False), (True, False), (False, True), (True, True)])
def test_guard_and_spread_are_in_both_graphs(*, spread: bool, floor: bool) -> None:
    """Told as here in NumPy, by StableHLO and by ONNX."""
    pytest.importorskip("onnx", reason="ONNX needs `pip install onnx`")
    made = guarded(spread=spread, floor=floor)
    names = tells(made)
    assert names == ("y", "outside", "spread") if floor else ("y", "outside")
    low, high = made.problem.low, made.problem.high
    x = low + (high - low) * np.random.default_rng(3).uniform(-0.1, 1.1, (300, len(low)))
    between = made.members(x).std(axis=0, ddof=1)
    a = made.guard.arrays
    w = (x - a["shift"]) @ a["matrix"]
    near = np.linalg.norm(w[:, None] - a["centres"], axis=2).min(axis=1)
    flags = ((x < low) | (x > high)).any(axis=1) | (np.linalg.norm(w, axis=1) > 1.4) | (near > 1.1)
    if spread:
        flags |= (between > 3 * a["usual"]).any(axis=1)
    assert 0.1 < flags.mean() < 0.98
    data = onnx_graph(arrays_of(made), names)
    for run in (runner(stablehlo(made), names), by_onnxruntime(data)):
        told = run(x)
        assert apart(told["y"], made.predict(x)) < TOLERANCE
        np.testing.assert_array_equal(told["outside"], flags)
        if floor:
            assert (np.abs(told["spread"] - between) < TOLERANCE * scale_of(made.predict(x))).all()
        odd = np.asarray([[np.nan, *x[0, 1:]], [*x[0, :-1], np.nan]])
        assert run(odd)["outside"].all()


def test_a_guard_of_another_kind_is_refused() -> None:
    class Odd(Ball):
        def to_arrays(self) -> dict[str, np.ndarray]:
            return {"radius": np.ones(1)}

    with pytest.raises(ValueError, match=r"made of radius.*Export without it"):
        arrays_of(replace(guarded(), guard=Odd({})))


def test_golden_flags_are_firm(guarded_file: Path) -> None:
    found = read_back(guarded_file)
    golden = arrays_in(unseal(guarded_file, remedy="").files["golden.npz"])
    assert set(golden) == {"x", "y", "outside", "spread"}
    assert golden["outside"].any()
    assert not golden["outside"].all()
    assert found.manifest["intervals"]["coverages"] == [0.5, 0.9]
    assert found.manifest["intervals"]["quantiles"] == [[[1.0, 2.0, 3e3], [2.0, None, 5e3]]]


@pytest.mark.parametrize("batch", [1, 7, 1024])
def test_onnx_tells_what_stablehlo_tells(onnx_file: Path, batch: int) -> None:
    x = fresh(small().problem, batch)
    found = read_back(onnx_file).predict(x)
    scale = scale_of(small().predict(fresh(small().problem)))
    told = by_onnxruntime(unseal(onnx_file, remedy="").files["model.onnx"])(x)["y"]
    assert (np.abs(told - found) <= 1e-5 * scale).all()


def test_without_onnx_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"pip install linetwin\[onnx\]"):
        export(small(), tmp_path / "mill.deployed", onnx=True)
    assert not list(tmp_path.iterdir())


# The reader at the plant, where nothing of Linetwin and of JAX can be imported.

POISONED = ("jax", "jaxlib", "flax", "optax", "twin", "surrogates", "scenarios", "linetwin")


@cache
def plant() -> dict[str, str]:
    """An environment in which these modules end whoever imports them."""
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="linetwin-plant-"))
    for name in POISONED:
        (folder / f"{name}.py").write_text("raise SystemExit('not at the plant')\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "XLA", "JAX"))}
    return kept | {"PYTHONPATH": str(folder), "PYTHONWARNINGS": "error"}


def served(path: Path, *words: str, cases: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(EDGE), str(path), *words]
    return subprocess.run(
        command, input=cases, capture_output=True, text=True, env=plant(), cwd=path.parent, timeout=60, check=False
    )


def refused(path: Path, *words: str) -> str:
    """What the reader says when it refuses, and that it answered nothing."""
    found = served(path, *words, cases="face_mill_speed [m/min]\n1\n")
    assert found.returncode == 2, found.stderr
    assert found.stdout == ""
    assert found.stderr.startswith("refused: ")
    return found.stderr


def table(surrogate: surrogates.Surrogate, x: np.ndarray) -> str:
    """Cases as CSV in the units in which they are shown, last input first, with a number of each."""
    scale = {"m/min": 1 / 60, "mm": 1e-3, "1": 1.0}
    keys = [f"{name} [{about.unit}]" for name, about in surrogate.problem.inputs.items()]
    found = io.StringIO()
    rows = csv.writer(found)
    rows.writerow(["id", *reversed(keys)])
    divisors = [scale[about.unit] for about in surrogate.problem.inputs.values()]
    for k, case in enumerate(x):
        rows.writerow([k, *(repr(float(value)) for value in reversed(case / divisors))])
    return found.getvalue()


def test_jax_cannot_be_imported_at_the_plant() -> None:
    for name in POISONED:
        command = [sys.executable, "-c", f"import {name}"]
        found = subprocess.run(command, env=plant(), capture_output=True, text=True, check=False, cwd="/")
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
    half = (made.members(x).std(axis=0, ddof=1) + made.conformal.floor) * made.conformal.quantiles[0, 1]
    low = np.asarray([float(row["milling low [s]"]) for row in rows])
    high = np.asarray([float(row["energy high [kJ]"]) for row in rows]) * 1e3
    np.testing.assert_allclose(made.predict(x)[:, 0] - half[:, 0], low, rtol=1e-4)
    np.testing.assert_allclose(made.predict(x)[:, 2] + half[:, 2], high, rtol=1e-3)
    assert rows[0]["drilling low [s]"] == ""
    assert "coverage 0.8 was not calibrated; there is 0.5, 0.9" in refused(guarded_file, "--coverage", "0.8")
    assert "group 'a' was not calibrated" in refused(guarded_file, "--coverage", "0.9", "--group", "a")
