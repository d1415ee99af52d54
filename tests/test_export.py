"""Deployed surrogates: what their graphs tell, and whether damage is noticed."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from deployed import ROOT, apart, by_numpy, by_onnxruntime, guarded, opened, other, refused, with_files, with_manifest
from test_surrogates import fresh, small

import surrogates
from surrogates.bare import arrays_of, tells
from surrogates.bundle import KIND as TRAINED
from surrogates.export import Deployed, export, read_back
from surrogates.golden import TOLERANCE, golden_pairs, scale_of, worst
from surrogates.onnx_graph import onnx_graph
from surrogates.sealed import MANIFEST, SEAL, arrays_in, as_bytes, unseal
from surrogates.stablehlo import PLATFORMS, runner, stablehlo
from surrogates.swap import SHIPPED

NAMES = ("model.stablehlo", "arrays.npz", "golden.npz")


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


@pytest.mark.parametrize("batch", [1, 7, 1024])
def test_a_deployed_surrogate_tells_the_same(plain_file: Path, batch: int) -> None:
    x = fresh(small().problem, batch)
    right = small().predict(x)
    found = read_back(plain_file)
    scale = scale_of(small().predict(fresh(small().problem)))
    assert (np.abs(found.predict(x) - right) <= 1e-5 * scale).all()
    assert found.predict(x).dtype == np.float64


@pytest.mark.parametrize("model", ["die_casting", "machining", "oven"])
def test_what_ships_is_exported(model: str, tmp_path: Path) -> None:
    """By every way, with the formula of its family where it corrects one: answers and flags, inside and outside."""
    pytest.importorskip("onnx", reason="ONNX needs `pip install onnx`")
    found = surrogates.load(SHIPPED / f"{model}.surrogate")
    path = export(found, tmp_path / "it.deployed", onnx=True)
    told = read_back(path)
    assert (told.manifest["formula"] is None) == (model == "machining")
    low, high = found.problem.low, found.problem.high
    x = low + (high - low) * np.random.default_rng(4).uniform(-0.05, 1.05, (300, len(low)))
    scale, flags = scale_of(found.predict(fresh(found.problem))), found.outside(x)
    assert 0.1 < flags.mean() < 0.9
    for run in (told, by_onnxruntime(opened(path).files["model.onnx"]), by_numpy(path)):
        answer = run(x)
        assert (np.abs(answer["y"] - found.predict(x)) <= TOLERANCE * scale).all()
        np.testing.assert_array_equal(answer["outside"], flags)
    for about, (name, attribute) in zip(told.manifest["inputs"], found.problem.inputs.items(), strict=True):
        assert (about["name"], about["unit"], about["low"]) == (name, attribute.unit, attribute.low)


def test_it_is_public() -> None:
    """In a program of its own, because pytest imports modules in its own way: one is called as the function is."""
    code = "import surrogates, surrogates.export; print(callable(surrogates.export), callable(surrogates.read_back))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "True True\n"


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
    assert golden["outside"].any()
    assert not golden["outside"].all()
    np.testing.assert_array_equal(golden["y"], small().predict(golden["x"]))


def test_the_same_surrogate_makes_the_same_bytes(onnx_file: Path, tmp_path: Path) -> None:
    """And from a file again, and without a word about this machine."""
    again = surrogates.load(surrogates.save(small(), tmp_path / "mill.surrogate"))
    data = export(again, tmp_path / "again.deployed", onnx=True).read_bytes()
    assert data == onnx_file.read_bytes()
    for member in opened(onnx_file).files.values():
        assert str(Path(surrogates.__file__).parent).encode() not in member
    assert not list(tmp_path.glob("*.part"))


def test_damage_of_any_member_is_refused(onnx_file: Path, tmp_path: Path) -> None:
    """One byte of the content of each member, with a good zip around it."""
    with zipfile.ZipFile(onnx_file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert set(files) == {*NAMES, "model.onnx", MANIFEST, SEAL}
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
            found = opened(bad)
        except ValueError as fault:
            assert "bad.deployed" in str(fault)  # noqa: PT017 - a byte that says nothing may change
        else:
            assert found.files == {name: files[name] for name in found.files}
    bad.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="no linetwin deployed surrogate, or damaged"):
        read_back(bad)
    with pytest.raises(FileNotFoundError, match=r"no deployed surrogate.*linetwin export"):
        read_back(tmp_path / "none.deployed")


def test_another_format_is_refused(plain_file: Path, tmp_path: Path) -> None:
    path = with_manifest(plain_file, tmp_path / "new.deployed", schema=99)
    with pytest.raises(ValueError, match="format 99"):
        read_back(path)
    assert "format 99" in refused(path)
    few = with_manifest(plain_file, tmp_path / "few.deployed", inputs=[])
    with pytest.raises(ValueError, match=r"golden pairs.*the manifest names 0 inputs"):
        read_back(few)
    assert "other columns" in refused(few)
    mute = with_manifest(plain_file, tmp_path / "mute.deployed", tells=None)
    with pytest.raises(ValueError, match=r"does not say 'tells'"):
        read_back(mute)
    assert "tells" in refused(mute)
    junk = with_files(plain_file, tmp_path / "junk.deployed", golden_npz=b"x")
    with pytest.raises(ValueError, match=r"no file of arrays"):
        read_back(junk)
    assert "golden pairs cannot be told" in refused(junk)


def test_a_trained_surrogate_is_no_deployed_one(plain_file: Path, tmp_path: Path) -> None:
    trained = surrogates.save(small(), tmp_path / "mill.surrogate")
    with pytest.raises(ValueError, match=r"is a 'linetwin surrogate', format 3; this reads a 'linetwin deployed"):
        read_back(trained)
    with pytest.raises(ValueError, match=r"is a 'linetwin deployed surrogate', format 2; this reads a 'linetwin surr"):
        surrogates.load(plain_file)
    assert "serves a 'linetwin deployed surrogate'" in refused(trained)
    assert unseal(TRAINED, trained.read_bytes(), "").files.keys() == {"arrays.npz"}


def test_a_formula_with_a_step_that_is_not_known_is_refused(tmp_path: Path) -> None:
    found = surrogates.load(SHIPPED / "die_casting.surrogate")
    path = export(found, tmp_path / "it.deployed")
    formula = opened(path).manifest["formula"]
    for steps, words in (
        ([["arctan", 0]], "golden pairs cannot be told by numpy: 'arctan'"),
        ([["add", 0, 999]], "golden pairs cannot be told by numpy"),
        ([["constant", 1.0]] * len(formula["steps"]), "golden pairs are not told again"),
    ):
        bad = with_manifest(path, tmp_path / "bad.deployed", formula=formula | {"steps": steps})
        assert words in refused(bad, "--engine", "numpy")


def test_other_weights_with_good_hashes_are_refused(onnx_file: Path, tmp_path: Path) -> None:
    """Each graph is held to its golden pairs."""
    wrong, path, golden = other(), tmp_path / "other.deployed", golden_pairs(small())
    assert worst(golden, golden | {"y": wrong.predict(golden["x"])}) > 3 * TOLERANCE
    with_files(onnx_file, path, model_stablehlo=stablehlo(wrong))
    with pytest.raises(ValueError, match=r"stablehlo does not tell its golden pairs.*Export it again"):
        read_back(path)
    with_files(onnx_file, path, model_onnx=onnx_graph(arrays_of(wrong), tells(wrong)))
    assert "golden pairs are not told again" in refused(path, "--engine", "onnx")
    with_files(onnx_file, path, arrays_npz=as_bytes(arrays_of(wrong)))
    assert "golden pairs are not told again" in refused(path, "--engine", "numpy")
    with_files(onnx_file, path, model_stablehlo=b"no graph")
    with pytest.raises(ValueError, match=r"no graph that JAX"):
        read_back(path)
    with_files(onnx_file, path, model_onnx=b"no graph")
    assert "onnxruntime refuses" in refused(path, "--engine", "onnx")


def test_a_graph_of_another_surrogate_is_refused(onnx_file: Path, tmp_path: Path) -> None:
    arrays = arrays_of(other())
    arrays["scales/x_middle"], arrays["scales/x_half"] = np.zeros(5), np.ones(5)
    arrays["layers/0/kernel"] = np.zeros((3, 5, 16), np.float32)
    arrays |= {f"guard/{name}": np.ones(5) for name in ("middle", "half", "shift")}
    arrays |= {"guard/matrix": np.eye(5), "guard/centres": np.ones((64, 5))}
    path = with_files(onnx_file, tmp_path / "five.deployed", model_onnx=onnx_graph(arrays, ("y", "outside")))
    assert "onnxruntime cannot run model.onnx" in refused(path, "--engine", "onnx")
    path = with_files(onnx_file, tmp_path / "two.deployed", model_stablehlo=stablehlo(guarded()))
    with pytest.raises(ValueError, match=r"tells 3 arrays; y, outside are due"):
        read_back(path)


def test_what_tells_no_numbers_is_not_exported(tmp_path: Path) -> None:
    broken = replace(small().ensemble, weights=[(k * np.nan, b) for k, b in small().ensemble.weights])
    with pytest.raises(ValueError, match=r"model\.stablehlo does not tell.*off by inf scales"):
        export(replace(small(), ensemble=broken), tmp_path / "mill.deployed")
    assert not list(tmp_path.iterdir())


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
    guard = made.guard
    w = (x - guard.shift) @ guard.matrix
    near = np.linalg.norm(w[:, None] - guard.centres, axis=2).min(axis=1)
    flags = ((x < low) | (x > high)).any(axis=1) | (np.linalg.norm(w, axis=1) > 1.4) | (near > 1.1)
    if spread:
        flags |= (between > 3 * guard.usual).any(axis=1)
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


def test_golden_flags_are_firm(guarded_file: Path) -> None:
    found = read_back(guarded_file)
    golden = arrays_in(opened(guarded_file).files["golden.npz"])
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
    told = by_onnxruntime(opened(onnx_file).files["model.onnx"])(x)["y"]
    assert (np.abs(told - found) <= 1e-5 * scale).all()


def test_without_onnx_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"pip install linetwin\[onnx\]"):
        export(small(), tmp_path / "mill.deployed", onnx=True)
    assert not list(tmp_path.iterdir())
