"""What the tests of deployed surrogates share: a guarded surrogate, files, and a plant where JAX cannot be imported."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
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
from surrogates.golden import scale_of
from surrogates.sealed import seal, unseal

EDGE = Path(__file__).parent.parent / "examples" / "edge" / "serve.py"
POISONED = ("jax", "jaxlib", "flax", "optax", "twin", "surrogates", "scenarios", "linetwin")


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
