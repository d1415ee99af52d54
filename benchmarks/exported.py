"""An exported surrogate: how large its file is, and what one call costs beside the jitted member of the ensemble.

    python benchmarks/exported.py

The surrogates that ship with the package. Each way tells the outputs and whether to trust them, from all members; the
jitted member, as it works in a line, tells the outputs alone. Wall seconds on one thread for onnxruntime, with as many
threads as XLA takes for JAX; the least of some rounds of many calls, each with NumPy arrays in and out.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import surrogates
from surrogates.design import design
from surrogates.export import KIND, export, read_back
from surrogates.sealed import unseal
from surrogates.swap import SHIPPED

MODELS = ("machining", "die_casting", "oven")
BATCHES = (1, 1024)
CALLS, ROUNDS = 200, 15


def seconds(call: Callable[[np.ndarray], Any], x: np.ndarray) -> float:
    """Wall seconds of one call, the mean of many after the first."""
    call(x)
    begin = time.perf_counter()
    for _ in range(CALLS):
        call(x)
    return (time.perf_counter() - begin) / CALLS


def by_onnxruntime(data: bytes) -> Callable[[np.ndarray], Any]:
    """A session on one thread, as the reader at the plant makes it."""
    import onnxruntime  # type: ignore[import-not-found] # noqa: PLC0415 - optional

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session: Any = onnxruntime.InferenceSession(data, options, ["CPUExecutionProvider"])
    return lambda x: session.run(None, {"x": x})


def measured(model: str) -> dict[str, Any]:
    """Bytes of the file and its members, error, seconds of a call."""
    found = surrogates.load(SHIPPED / f"{model}.surrogate")
    jitted = jax.jit(jax.vmap(found.one))
    with tempfile.TemporaryDirectory() as folder:
        path = export(found, Path(folder) / "it.deployed", onnx=True)
        told, size = read_back(path), path.stat().st_size
        session = by_onnxruntime(unseal(KIND, path.read_bytes(), str(path)).files["model.onnx"])
    ways = {"jitted member": lambda x: np.asarray(jitted(jnp.asarray(x))), "StableHLO": told, "onnxruntime": session}
    cases = {batch: design(found.problem.low, found.problem.high, batch) for batch in BATCHES}
    times: dict[str, float] = {}
    for _ in range(ROUNDS):  # in turn, so that a busy machine slows all of them
        for name, way in ways.items():
            for batch, x in cases.items():
                key = f"{name}, batch {batch}"
                times[key] = min(times.get(key, np.inf), seconds(way, x))
    return {"file": size, "members": dict(told.sizes), "error": told.error, "seconds": times}


def main() -> None:
    """Measure and print; with --json also write."""
    words = argparse.ArgumentParser()
    words.add_argument("--json", type=Path)
    said = words.parse_args()
    table = {model: measured(model) for model in MODELS}
    for model, row in table.items():
        print(f"{model}: {row['file']:,} bytes, golden pairs within {row['error']:.1g}")
        print("  " + ", ".join(f"{name} {size:,}" for name, size in row["members"].items()))
        for name, spent in row["seconds"].items():
            print(f"  {name:28} {spent * 1e6:9.1f} us")
    if said.json:
        said.json.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
