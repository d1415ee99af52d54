"""Export a surrogate as one file that a plant can run without Linetwin, and read it back as the plant would.

The file is a zip of `manifest.json` (names, units, ranges, meanings, the formula that the networks correct, intervals,
versions, sha256 of every member), `manifest.sha256` (its seal), `model.stablehlo`, `arrays.npz` (networks and guard as
bare numbers), `golden.npz` (pairs that a copy has to tell again) and, where it is asked for, `model.onnx`. Nothing in
it is pickled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from surrogates.bare import arrays_of, formula_of, needs_spread, tells
from surrogates.conformal import Conformal
from surrogates.golden import TOLERANCE, golden_pairs, worst
from surrogates.onnx_graph import OPSET, evaluator, onnx_graph
from surrogates.sealed import Kind, arrays_in, as_bytes, seal, unseal
from surrogates.stablehlo import PLATFORMS, runner, stablehlo
from surrogates.surrogate import Surrogate
from twin.process import Attribute
from twin.store import versions, write_atomic
from twin.units import unit

__all__ = ["KIND", "Deployed", "export", "read_back"]

_AGAIN = "Export it again."
KIND = Kind("linetwin deployed surrogate", 2, _AGAIN)
"""Name and version of the format."""

_GRAPH, _ONNX, _ARRAYS, _GOLDEN = "model.stablehlo", "model.onnx", "arrays.npz", "golden.npz"


@dataclass(frozen=True)
class Deployed:
    """A surrogate as a plant runs it: what it tells comes from the graph in its file alone.

    Attributes:
        manifest: what the file says of itself.
        seal: sha256 of the manifest, which names the whole content.
        sizes: bytes of each member.
        error: largest difference from its golden pairs, in scales of the outputs.
        run: x [case, input] -> answers by name, see `surrogates.bare.tells`.
    """

    manifest: Mapping[str, Any]
    seal: str
    sizes: Mapping[str, int]
    error: float
    run: Callable[[np.ndarray], dict[str, np.ndarray]]

    def __call__(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """Answers to cases [case, input], SI: "y" [case, output], and "outside" [case], "spread" where there are any.

        Raises:
            ValueError: it is no table of one or more cases with as many inputs as the surrogate has.
        """
        x = np.asarray(x, float)
        names = [about["name"] for about in self.manifest["inputs"]]
        if x.ndim != 2 or x.shape[1] != len(names) or not len(x):
            rule = f"cases are a table [case, input] of one or more rows with {', '.join(names)}"
            raise ValueError(f"{self.manifest['problem']!r}: cases of shape {x.shape}; {rule}.")
        return self.run(x)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Outputs [case, output] of cases [case, input], SI, as `Surrogate.predict` tells them."""
        return self(x)["y"]


def export(surrogate: Surrogate, path: str | Path, *, onnx: bool = False) -> Path:
    """Write a surrogate for deployment, whole or not at all; the same surrogate makes the same bytes.

    Every graph has told its golden pairs again before the file is written.

    Args:
        surrogate: to be deployed; scaler, formula and guard go into the graphs, half widths of intervals into the
            manifest.
        path: of the file, usually ending in ".deployed"; what is there is replaced.
        onnx: whether to add `model.onnx`, which takes the package onnx.

    Raises:
        ImportError: ONNX is asked for and the package is missing.
        ValueError: a unit is not known, the formula is made of more than `surrogates.tape` can hold, or a graph tells
            something else.
        OSError: the file cannot be written; nothing is left behind.
    """
    names, arrays, golden = tells(surrogate), arrays_of(surrogate), golden_pairs(surrogate)
    formula = formula_of(surrogate)
    files = {_ARRAYS: as_bytes(arrays), _GOLDEN: as_bytes(golden)}
    if onnx:  # first, because the package may be missing
        files[_ONNX] = onnx_graph(arrays, names, formula)
        _checked(evaluator(files[_ONNX], names), golden, _ONNX)
    files[_GRAPH] = stablehlo(surrogate)
    _checked(runner(files[_GRAPH], names), golden, _GRAPH)
    manifest = _manifest(surrogate, onnx=onnx) | {"formula": formula and formula._asdict()}
    return write_atomic(path, seal(KIND, manifest, files))


def read_back(path: str | Path) -> Deployed:
    """Read a deployed surrogate; it is given only after all hashes fit and it told its golden pairs again.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no deployed surrogate, damaged, of another format, or its graph tells something else than its
            golden pairs.
    """
    where = repr(str(path))
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no deployed surrogate {where}. Make one with `linetwin export`.") from None
    manifest, files, mark = unseal(KIND, content, str(path))
    missing = {_GRAPH, _GOLDEN} - set(files)
    if missing:
        raise ValueError(f"{where} has no {', '.join(sorted(missing))}. {_AGAIN}")
    try:
        golden = arrays_in(files[_GOLDEN])
        run = runner(files[_GRAPH], tuple(manifest["tells"]))
        _fitting(manifest, golden)
        error = _checked(run, golden, _GRAPH)
    except KeyError as fault:
        raise ValueError(f"{where}: the manifest does not say {fault}. {_AGAIN}") from fault
    except ValueError as fault:
        raise ValueError(f"{where}: {fault}") from fault
    sizes = {name: len(data) for name, data in files.items()}
    return Deployed(manifest, mark, sizes, error, run)


def _checked(run: Callable[[np.ndarray], dict[str, np.ndarray]], golden: Mapping[str, np.ndarray], name: str) -> float:
    """How far a copy is from its golden pairs, if that is little enough."""
    try:
        error = worst(golden, run(golden["x"]))
    except (ValueError, TypeError, RuntimeError) as fault:
        raise ValueError(f"{name} does not tell its golden pairs: {fault} {_AGAIN}") from fault
    if error > TOLERANCE:
        rule = f"it is off by {error:.2g} scales of an output, and {TOLERANCE:g} is allowed"
        raise ValueError(f"{name} does not tell its golden pairs: {rule}. {_AGAIN}")
    return error


def _fitting(manifest: Mapping[str, Any], golden: Mapping[str, np.ndarray]) -> None:
    """Refuse golden pairs that have other columns than the manifest has names."""
    for name, side in (("x", "inputs"), ("y", "outputs")):
        due, shape = len(manifest[side]), np.shape(golden.get(name, np.empty(0)))
        if len(shape) != 2 or shape[1] != due or not shape[0]:
            raise ValueError(f"golden pairs: {name!r} has shape {shape}; the manifest names {due} {side}. {_AGAIN}")
    if set(golden) != {"x", *manifest["tells"]}:
        rule = f"the manifest names {', '.join(manifest['tells'])}"
        raise ValueError(f"golden pairs: they hold {', '.join(golden)}; {rule}. {_AGAIN}")


def _manifest(surrogate: Surrogate, *, onnx: bool) -> dict[str, Any]:
    problem = surrogate.problem
    return {
        "problem": problem.name,
        "inputs": [_named(name, about) for name, about in problem.inputs.items()],
        "outputs": [_named(name, about) for name, about in problem.outputs.items()],
        "tells": tells(surrogate),
        "graph": {"x": "float64 [batch, input], SI", "platforms": PLATFORMS, "opset": OPSET if onnx else None},
        "members": surrogate.ensemble.count if needs_spread(surrogate) else 1,
        "intervals": _intervals(surrogate.conformal),
        "golden": {"tolerance": TOLERANCE, "scale": "half the range of the golden answers, per output"},
        "numbers": problem.numbers,
        "about": surrogate.about,
        "versions": versions(),
    }


def _named(name: str, about: Attribute) -> dict[str, Any]:
    """An input or output; SI = scale * number in `unit` + offset."""
    known = unit("" if about.unit == "1" else about.unit)
    return {
        "name": name,
        "meaning": about.meaning,
        "unit": about.unit,
        "scale": known.scale,
        "offset": known.offset,
        "value": about.value,
        "low": about.low,
        "high": about.high,
    }


def _intervals(conformal: Conformal) -> dict[str, Any]:
    """Half widths of intervals [group, coverage, output], SI; with a floor they are in units of spread + floor.

    A half width that is not known (infinite) is null.
    """
    return {
        "coverages": list(conformal.coverages),
        "groups": list(conformal.groups),
        "quantiles": conformal.quantiles,
        "floor": conformal.floor,
    }
