"""What the tests of deployed surrogates share: one with a tight guard, files, a plant where JAX cannot be imported."""

from __future__ import annotations

import csv
import importlib.util
import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_surrogates import fresh, small

import surrogates
from surrogates.conformal import Conformal
from surrogates.export import KIND
from surrogates.golden import scale_of
from surrogates.guard import Guard
from surrogates.sealed import Sealed, seal, unseal

ROOT = Path(__file__).parent.parent
EDGE = ROOT / "examples" / "edge" / "serve.py"
POISONED = ("jax", "jaxlib", "flax", "optax", "twin", "surrogates", "scenarios", "linetwin")


@cache
def guarded(*, spread: bool = True, floor: bool = True) -> surrogates.Surrogate:
    """The small mill with a guard that flags about half of its box, and intervals."""
    found = small()
    low, high = found.problem.low, found.problem.high
    inner = (fresh(found.problem, 9) - (low + high) / 2) / (high - low) * 2
    between = found.members(fresh(found.problem)).std(axis=0, ddof=1)
    usual = np.median(between, axis=0)
    matrix, limits = np.diag(2 / (high - low)), np.asarray([1.4, 1.1, 3.0])
    guard = Guard(low, high, (low + high) / 2, matrix, inner, usual if spread else np.empty(0), limits)
    quantiles = np.asarray([[[1.0, 2.0, 3e3], [2.0, np.inf, 5e3]]])
    return replace(found, guard=guard, conformal=Conformal((0.5, 0.9), ("",), quantiles, usual if floor else None))


def apart(found: np.ndarray, right: np.ndarray) -> float:
    return float((np.abs(found - right) / scale_of(right)).max())


def by_onnxruntime(data: bytes) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    onnxruntime = pytest.importorskip("onnxruntime", reason="needs `pip install onnxruntime`")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]
    return lambda x: dict(zip(names, session.run(names, {"x": x}), strict=True))


def reader() -> Any:
    """The plant's reader, as a module."""
    spec = importlib.util.spec_from_file_location("edge_reader", EDGE.with_name("reader.py"))
    assert spec is not None
    assert spec.loader is not None
    sys.modules["edge_reader"] = found = importlib.util.module_from_spec(spec)  # a NamedTuple looks itself up there
    spec.loader.exec_module(found)
    return found


def by_numpy(path: Path) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    return reader().by_numpy(reader().opened(path))


def opened(path: Path) -> Sealed:
    return unseal(KIND, path.read_bytes(), str(path))


def with_files(path: Path, to: Path, **changed: bytes) -> Path:
    """The same file with other members, and hashes that fit them."""
    was = opened(path)
    to.write_bytes(seal(KIND, was.manifest, was.files | {n.replace("_", "."): data for n, data in changed.items()}))
    return to


def with_manifest(path: Path, to: Path, **changed: object) -> Path:
    """The same file with other words in its manifest, None for those to be left out, and a seal that fits them."""
    was = opened(path)
    left_out = {name for name, value in changed.items() if value is None}
    told = {name: value for name, value in (was.manifest | changed).items() if name not in left_out}
    to.write_bytes(seal(KIND, told, was.files))
    return to


def other() -> surrogates.Surrogate:
    """The small mill with one weight changed by a thousandth."""
    (kernel, bias), *rest = small().ensemble.weights
    changed = np.array(kernel)
    changed[:, 0, 0] *= 1.001
    return replace(small(), ensemble=replace(small().ensemble, weights=((changed, bias), *rest)))


def plant(folder: Path, *missing: str) -> dict[str, str]:
    """An environment in which these modules end whoever imports them, and others are missing."""
    folder = folder / "-".join(("plant", *missing))
    folder.mkdir(exist_ok=True)
    for name in POISONED:
        (folder / f"{name}.py").write_text("raise SystemExit('not at the plant')\n")
    for name in missing:
        (folder / f"{name}.py").write_text("raise ImportError('missing')\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "XLA", "JAX"))}
    return kept | {"PYTHONPATH": str(folder), "PYTHONWARNINGS": "error"}


def served(path: Path, *words: str, cases: str = "", missing: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command, env = [sys.executable, str(EDGE), str(path), *words], plant(path.parent, *missing)
    return subprocess.run(
        command, input=cases, capture_output=True, text=True, env=env, cwd=path.parent, timeout=60, check=False
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
