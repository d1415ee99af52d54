"""A surrogate in one sealed file (`surrogates.sealed`): a manifest and arrays, checked before anything is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from surrogates.conformal import Conformal
from surrogates.guard import Guard
from surrogates.networks import Ensemble, Scales
from surrogates.problem import Problem
from surrogates.sealed import Kind, arrays_in, as_bytes, seal, unseal
from surrogates.surrogate import Surrogate
from twin.physics import FAMILIES
from twin.process import Attribute
from twin.store import versions, write_atomic

__all__ = ["KIND", "load", "loads", "save"]

KIND = Kind("linetwin surrogate", 3, "Train it again.")
"""Name and version of the format."""

_ARRAYS = "arrays.npz"


def save(surrogate: Surrogate, path: str | Path) -> Path:
    """Write a surrogate, whole or not at all; the same surrogate makes the same bytes.

    Args:
        surrogate: to be written.
        path: of the file, usually ending in ".surrogate"; what is there is replaced.

    Raises:
        OSError: the file cannot be written; nothing is left behind.
    """
    return write_atomic(path, seal(KIND, _manifest(surrogate), {_ARRAYS: as_bytes(_arrays(surrogate))}))


def load(path: str | Path) -> Surrogate:
    """Read a surrogate.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no surrogate, or damaged, or of another format or an unknown family.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no surrogate {str(path)!r}. Make one with `linetwin train`.") from None
    return loads(content, str(path))


def loads(content: bytes, name: str) -> Surrogate:
    """Read a surrogate from the bytes of its file, called `name` in messages; raises as `load` does."""
    found = unseal(KIND, content, name)
    return _surrogate(found.manifest, arrays_in(found.files[_ARRAYS]))


def _manifest(surrogate: Surrogate) -> dict[str, Any]:
    problem = surrogate.problem
    return {
        "problem": problem.name,
        "inputs": {name: asdict(about) for name, about in problem.inputs.items()},
        "outputs": {name: asdict(about) for name, about in problem.outputs.items()},
        "logs": problem.logs,
        "shares": problem.shares,
        "structure": problem.rough is not None,
        "numbers": problem.numbers,
        "sizes": surrogate.ensemble.sizes,
        "chosen": surrogate.chosen,
        "about": surrogate.about,
        "versions": versions(),
    }


def _arrays(surrogate: Surrogate) -> dict[str, np.ndarray]:
    ensemble = surrogate.ensemble
    found = {f"scales/{name}": np.asarray(value) for name, value in ensemble.scales._asdict().items()}
    parts = {"guard": surrogate.guard.to_arrays(), "conformal": surrogate.conformal.to_arrays()}
    found |= {f"{part}/{name}": value for part, arrays in parts.items() for name, value in arrays.items()}
    for k, (kernel, bias) in enumerate(ensemble.weights):
        found |= {f"layers/{k}/kernel": np.asarray(kernel), f"layers/{k}/bias": np.asarray(bias)}
    return found


def _surrogate(manifest: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Surrogate:
    scales = Scales(**{name: arrays[f"scales/{name}"] for name in Scales._fields})
    layers = range(len(manifest["sizes"]) - 1)
    weights = tuple((arrays[f"layers/{k}/kernel"], arrays[f"layers/{k}/bias"]) for k in layers)
    problem = _problem(manifest)
    ensemble = Ensemble(tuple(manifest["sizes"]), scales, weights, problem.formula)
    under = lambda part: {n.removeprefix(part): value for n, value in arrays.items() if n.startswith(part)}  # noqa: E731
    guard, conformal = Guard.from_arrays(under("guard/")), Conformal.from_arrays(under("conformal/"))
    return Surrogate(problem, ensemble, manifest["chosen"], guard, conformal, manifest["about"])


def _problem(manifest: Mapping[str, Any]) -> Problem:
    inputs, outputs = (
        {name: Attribute(**about) for name, about in manifest[side].items()} for side in ("inputs", "outputs")
    )
    name, numbers = manifest["problem"], manifest["numbers"]
    logs, shares = tuple(manifest["logs"]), tuple(manifest["shares"])
    if numbers is None:
        return Problem(name, inputs, outputs, logs, shares=shares)
    if name not in FAMILIES:
        raise ValueError(f"the surrogate is of the process {name!r}, which this version does not know. Update it.")
    process = FAMILIES[name](**numbers)
    rough = process.estimate if manifest["structure"] else None
    return Problem(name, inputs, outputs, logs, process.solve, rough, numbers, shares)
