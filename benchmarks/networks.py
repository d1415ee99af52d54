"""What a network costs in a loop of steps: `python benchmarks/networks.py`.

Nanoseconds for a case, CPU time over all threads, least of some runs: the visits of families on their solvers and on
the networks that ship, alone in a loop (see `benchmarks/housing.py`); and one network of 6, 32, 32, 5 in three forms.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import housing
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scenarios.compiled import compile_whole_loops
from surrogates import SHIPPED, load, process_class
from twin.physics import FAMILIES

SIZES = (6, 32, 32, 5)
STEPS = 1024


def cases(kernel: Array, z: Array) -> Array:
    """One row for each case."""
    return z @ kernel


def neurons(kernel: Array, z: Array) -> Array:
    """One row for each neuron, as in `surrogates.networks.apply`."""
    return kernel.T @ z


def sums(kernel: Array, z: Array) -> Array:
    """Products and a sum, which XLA fuses with what follows."""
    return jnp.sum(z[:, None] * kernel, axis=0)


def cost(form: Callable[[Array, Array], Array], count: int) -> float:
    """Of a case [ns], of which `count` are asked at once."""
    rng = np.random.default_rng(0)
    pairs = pairwise(SIZES)
    weights = [(rng.normal(size=(a, b)) / a**0.5).astype(np.float32) for a, b in pairs]
    x = jnp.asarray(rng.normal(size=(1, count, SIZES[0])))

    def network(z: Array) -> Array:
        for kernel in weights[:-1]:
            z = jnp.tanh(form(jnp.asarray(kernel), z))
        return form(jnp.asarray(weights[-1]), z)

    def step(seen: Array, _: None) -> tuple[Array, None]:
        now = (x * (1 + 1e-12 * seen[..., None])).astype(np.float32)
        return jnp.clip(jnp.sum(jax.vmap(jax.vmap(network))(now).astype(float), axis=-1), -1, 1), None

    loop: Any = jax.jit(lambda seen: lax.scan(step, seen, None, length=STEPS)[0])
    spent = []
    for _ in range(6):
        begin = time.process_time()
        jax.block_until_ready(loop(jnp.zeros((1, count))))
        spent.append(time.process_time() - begin)
    return 1e9 * min(spent) / STEPS / count


def main() -> None:
    """Measure and print."""
    compile_whole_loops()
    for count in (64, 1024):
        for model in ("die_casting", "oven", "machining"):
            learned = process_class(load(SHIPPED / f"{model}.surrogate"))
            solver, network = (housing.alone(cls, 1, count)[0] for cls in (FAMILIES[model], learned))
            print(f"{model:12} {count:5} at once: visit on its solver {solver:6.0f} ns, on a network {network:6.0f} ns")
        for form in (cases, neurons, sums):
            print(f"network      {count:5} at once, {form.__name__:8} {cost(form, count):6.0f} ns", flush=True)


if __name__ == "__main__":
    main()
