"""What the surrogate of the oven that ships may be trusted with, in two lines: `python examples/oven_learned.py`.

The whole of it is the card that `linetwin trust` makes, see `docs/trust/oven.md`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

import surrogates  # noqa: E402

CASES = 4096
BATCH = 1024


def cost(ask: Any, x: np.ndarray) -> float:
    """CPU nanoseconds for a case in a batch: the least of some runs that are compiled already."""
    many, cases = jax.jit(jax.vmap(ask)), jnp.asarray(x)
    jax.block_until_ready(many(cases))
    spent = []
    for _ in range(50):
        begin = time.process_time()
        jax.block_until_ready(many(cases))
        spent.append(time.process_time() - begin)
    return 1e9 * min(spent) / len(x)


def main() -> None:
    """Ask the surrogate and the solver the same, and print."""
    found = surrogates.load(surrogates.SHIPPED / "oven.surrogate")
    problem = found.problem
    x = surrogates.design(problem.low, problem.high, CASES, kind="random", seed=11)
    true, told = problem.truth(x), found.predict(x)
    r2 = 1 - ((told - true) ** 2).sum(axis=0) / ((true - true.mean(axis=0)) ** 2).sum(axis=0)
    kelvin = [k for k, about in enumerate(problem.outputs.values()) if about.unit == "degC"]
    worst = np.quantile(np.abs(told - true)[:, kelvin], 0.99, axis=0).max()
    low, high = found.interval(x, coverage=0.9)
    held = ((low <= true) & (true <= high)).mean()
    print(
        f"oven, {CASES:,} cases that it never saw: R² {r2.min():.5f} or better, 99 of 100 temperatures within "
        f"{worst:.2f} K of the solver's, 90 % intervals hold {held:.1%}."
    )
    beyond = x.copy()
    rows, chosen = np.arange(CASES), np.arange(CASES) % x.shape[1]
    beyond[rows, chosen] = (problem.high + 0.25 * (problem.high - problem.low))[chosen]
    solver, network = cost(problem.one, x[:BATCH]), cost(found.one, x[:BATCH])
    print(
        f"25 % beyond an input it says of {found.outside(beyond).mean():.1%} that they are outside (inside of "
        f"{found.outside(x).mean():.1%}); a case takes {network:.0f} ns instead of {solver:.0f}, {BATCH:,} at once."
    )


if __name__ == "__main__":
    main()
