"""Read a deployed surrogate with numpy and, where it is there, onnxruntime: hashes first, then its golden pairs.

Formats and formulas: `surrogates/export.py`, `bare.py` and `tape.py` of Linetwin, which is not needed here.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Bundle", "Engine", "RefusedError", "engine_of", "opened"]

KIND, SCHEMA = "linetwin deployed surrogate", 2
TOLERANCE = 1e-5
"""Largest difference from a golden answer, in scales (half the range of the golden answers) of the output."""

Arrays = Mapping[str, np.ndarray]
Engine = Callable[[np.ndarray], dict[str, np.ndarray]]
UNREADABLE = (zipfile.BadZipFile, zlib.error, LookupError, ValueError, TypeError, OSError, RuntimeError, EOFError)


class RefusedError(Exception):
    """A file, a header or a case that is not served, and why."""


class Bundle(NamedTuple):
    """A file whose hashes fit: what it says of itself, its members, the sha256 of its manifest."""

    manifest: dict[str, Any]
    files: dict[str, bytes]
    seal: str


def opened(path: Path) -> Bundle:
    """Read a file and check all of its hashes."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            files = {name: archive.read(name) for name in names}
        told, mark = files.pop("manifest.json"), files.pop("manifest.sha256")
        manifest = json.loads(told)
        sums = dict(manifest["sha256"])
    except UNREADABLE as fault:
        raise RefusedError(f"{path} cannot be read, or is damaged: {fault}. Copy it again.") from fault
    seal = hashlib.sha256(told).hexdigest()
    bad = [name for name in sums if hashlib.sha256(files.get(name, b"")).hexdigest() != sums[name]]
    bad += sorted(set(files) - set(sums)) + ["manifest.json"] * (mark.split()[:1] != [seal.encode()])
    if bad or len(names) != len(set(names)):
        raise RefusedError(
            f"{path} is damaged: {', '.join(bad) or 'a member'} is not what it should be. Copy it again."
        )
    if (manifest.get("kind"), manifest.get("schema")) != (KIND, SCHEMA):
        found = f"{manifest.get('kind')!r}, format {manifest.get('schema')!r}"
        raise RefusedError(f"{path} is a {found}; this serves a {KIND!r}, format {SCHEMA}. Export it again.")
    return Bundle(manifest, files, seal)


def by_onnxruntime(bundle: Bundle) -> Engine:
    """Evaluate `model.onnx`, on one thread: the networks are small."""
    import onnxruntime  # type: ignore[import-not-found] # noqa: PLC0415 - may be missing

    if "model.onnx" not in bundle.files:
        raise RefusedError("the file has no model.onnx. Say --engine numpy, or export it with ONNX.")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session: Any = onnxruntime.InferenceSession(bundle.files["model.onnx"], options, ["CPUExecutionProvider"])
    except Exception as fault:  # it raises types of its own
        raise RefusedError(f"onnxruntime refuses model.onnx: {fault}. Export it again.") from fault
    names = list(bundle.manifest["tells"])

    def run(x: np.ndarray) -> dict[str, np.ndarray]:
        try:
            return dict(zip(names, session.run(names, {"x": x}), strict=True))
        except Exception as fault:  # as above
            raise RefusedError(f"onnxruntime cannot run model.onnx: {fault}. Export it again.") from fault

    return run


def by_numpy(bundle: Bundle) -> Engine:
    """Evaluate `arrays.npz` and the formula in the manifest: network and guard, in numpy."""
    a, formula = arrays_in(bundle.files["arrays.npz"]), bundle.manifest["formula"]
    layers = sum(name.endswith("/kernel") for name in a)

    def run(x: np.ndarray) -> dict[str, np.ndarray]:
        z = ((x - a["scales/x_middle"]) / a["scales/x_half"]).astype(np.float32)[None]
        for k in range(layers):
            z = z @ a[f"layers/{k}/kernel"] + a[f"layers/{k}/bias"][:, None]
            z = np.tanh(z) if k < layers - 1 else z
        y = a["scales/y_middle"] + a["scales/y_half"] * z.astype(float) + (played(formula, x) if formula else 0.0)
        log, share = a["scales/log"], a["scales/share"]
        y = np.where(log, np.exp(np.where(log, y, 0.0)), y)
        y = np.where(share, 1 / (1 + np.exp(-np.where(share, y, 0.0))), y)
        spread = y.std(axis=0, ddof=min(len(y) - 1, 1))
        return {"y": y[int(a["chosen"])], "outside": outside(a, x, spread), "spread": spread}

    return run


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "abs": np.abs,
    "add": np.add,
    "and": np.logical_and,
    "div": np.divide,
    "eq": np.equal,
    "exp": np.exp,
    "expm1": np.expm1,
    "float": lambda value: value.astype(float),
    "ge": np.greater_equal,
    "gt": np.greater,
    "isfinite": np.isfinite,
    "le": np.less_equal,
    "log": np.log,
    "log1p": np.log1p,
    "lt": np.less,
    "max": np.maximum,
    "min": np.minimum,
    "mul": np.multiply,
    "ne": np.not_equal,
    "neg": np.negative,
    "not": np.logical_not,
    "or": np.logical_or,
    "pow": np.power,
    "select": np.where,
    "sqrt": np.sqrt,
    "sub": np.subtract,
    "tanh": np.tanh,
}
"""What a step of a formula does."""


def played(formula: Mapping[str, Any], x: np.ndarray) -> np.ndarray:
    """What the formula says of cases [case, output]: its steps in order, each on values of those before."""
    values = list(x.T)
    with np.errstate(all="ignore"):
        for operation, *given in formula["steps"]:
            if operation == "constant":
                (value,) = given
                values.append(np.full(len(x), value if isinstance(value, bool) else float(value)))
            else:
                values.append(OPERATIONS[operation](*(values[k] for k in given)))
    return np.stack([values[k] for k in formula["outputs"]], axis=1)


def outside(a: Arrays, x: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Whether the guard says not to trust the answer [case]."""
    middle, near, apart = a["guard/limits"]
    w = (x - a["guard/shift"]) @ a["guard/matrix"]
    nearest = ((w[:, None] - a["guard/centres"]) ** 2).sum(axis=2).min(axis=1)
    scores = [
        (np.abs(x - a["guard/middle"]) / a["guard/half"]).max(axis=1),
        np.sqrt((w * w).sum(axis=1) + 1e-24) / middle,
        np.sqrt(nearest + 1e-24) / near,
    ]
    if a["guard/usual"].size:
        scores.append((spread / a["guard/usual"]).max(axis=1) / apart)
    return ~(np.max(scores, axis=0) <= 1.0 + a["guard/edge"])


def arrays_in(data: bytes) -> dict[str, np.ndarray]:
    """The arrays of an npz file, without pickle."""
    return dict(np.load(io.BytesIO(data), allow_pickle=False))


def proven(bundle: Bundle, run: Engine) -> float:
    """Tell the golden pairs again; how far off that is, in scales of the outputs."""
    golden, manifest = arrays_in(bundle.files["golden.npz"]), bundle.manifest
    due = {"x": len(manifest["inputs"]), "y": len(manifest["outputs"])}
    if set(golden) != {"x", *manifest["tells"]} or any(
        golden[name].ndim != 2 or golden[name].shape[1] != count for name, count in due.items()
    ):
        raise RefusedError("the golden pairs have other columns than the manifest has names. Export the file again.")
    told = run(golden["x"])
    half, size = np.ptp(golden["y"], axis=0) / 2, np.abs(golden["y"]).max(axis=0)
    scale = np.where(half > 0, half, np.where(size > 0, size, 1.0))
    error = 0.0
    for name in {"y", "spread"} & set(golden):
        apart = np.abs(told[name] - golden[name]) / scale
        error = max(error, float(np.where(np.isfinite(apart), apart, np.inf).max()))
    if error > TOLERANCE or not np.array_equal(told["outside"], golden["outside"]):
        found = f"off by {error:.2g} scales, {TOLERANCE:g} is allowed" if error > TOLERANCE else "a flag is another one"
        raise RefusedError(f"the golden pairs are not told again ({found}). Do not use this file; export it again.")
    return error


def engine_of(bundle: Bundle, wanted: str) -> tuple[str, Engine, float]:
    """The engine that is wanted, or the best that is there, once it is proven: its name, itself, its error."""
    if wanted == "auto":
        wanted = "onnx" if "model.onnx" in bundle.files and _has_onnxruntime() else "numpy"
    try:
        run = by_onnxruntime(bundle) if wanted == "onnx" else by_numpy(bundle)
        return wanted, run, proven(bundle, run)
    except ImportError:
        raise RefusedError("onnxruntime is not installed. Install it, or say --engine numpy.") from None
    except UNREADABLE as fault:
        raise RefusedError(f"the golden pairs cannot be told by {wanted}: {fault}. Export the file again.") from fault


def _has_onnxruntime() -> bool:
    try:
        import onnxruntime  # type: ignore[import-not-found] # noqa: F401, PLC0415
    except ImportError:
        return False
    return True
