"""The casting section: error against cost over its grids, and why no lumped formula replaces it.

    python benchmarks/section.py --json benchmarks/results/section.json

Grids: errors (root mean square and largest) against cells of 0.5 mm over random cases of the whole box, cost in CPU
microseconds of one case, 64 at once, loops compiled as the command does it. Formulas: Chvorinov's rule for the freezing
of a section behind a film, with a factor and a power fitted to the solver; and two lumps, boss and wall with their
latent heat and the same law of contact, joined by a conductance, with nine numbers fitted. Both are fitted to 128
cases and judged on 512 others.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from scenarios.compiled import compile_whole_loops

compile_whole_loops()

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from jax import Array, lax  # noqa: E402
from scipy.optimize import least_squares  # noqa: E402

import twin  # noqa: E402, F401 - sets float64
from surrogates import SHIPPED, load  # noqa: E402
from surrogates.trusted.speed import nanoseconds  # noqa: E402
from twin.physics import CastingSection  # noqa: E402
from twin.physics.casting_section import FINE, LATER, STEPS  # noqa: E402
from twin.physics.cells import cells_of  # noqa: E402
from twin.physics.section import LM24, grid, kelvin  # noqa: E402

CELL: Any = CastingSection()
NAMES = tuple(CELL.solver.inputs)
TOLD = tuple(CELL.solver.outputs)
GRIDS = ((1, 20), (1, 40), (2, 16), (2, 24), (FINE, STEPS), (2, 80), (3, 60))
FINEST = (4, 160)
THICK = (0.004, 0.002, 0.01)
"""Volume over cooled area of section, plain wall and biscuit [m]."""


def cases(count: int, seed: int) -> Array:
    """Random points of the box [case, input], SI."""
    low, high = (np.asarray([getattr(one, end) for one in CELL.solver.inputs.values()]) for end in ("low", "high"))
    return jnp.asarray(low + (high - low) * np.random.default_rng(seed).uniform(size=(count, len(NAMES))))


def solved(x: Array, fine: int, steps: int) -> tuple[np.ndarray, float]:
    """What the solver tells [case, output], and CPU seconds of a case, 64 at once."""
    on = grid(cells_of(fine), steps)

    def one(case: Array) -> Array:
        found = CELL.solved(dict(zip(NAMES, case, strict=True)), on)
        return jnp.stack([found[name] for name in TOLD])

    many: Any = jax.jit(jax.vmap(one))
    told = np.concatenate([np.asarray(many(x[k : k + 64])) for k in range(0, len(x), 64)])
    spent = []
    for _ in range(2 if fine < FINEST[0] else 0):
        begin = time.process_time()
        jax.block_until_ready(many(x[:64]))
        spent.append((time.process_time() - begin) / 64)
    return told, min(spent, default=np.nan)


def lumps(case: Array, fitted: Array) -> Array:
    """Two lumps and a biscuit on the die: all outputs; fitted are film, gap, link, the excess of the spot, contact."""
    put = dict(zip(NAMES, case, strict=True))
    films, gaps, link, peak = fitted[:3] * CELL.film, fitted[3:6] * CELL.gap, fitted[6], fitted[7]
    masses = jnp.asarray([CELL.mass * CELL.bossy, CELL.mass * (1 - CELL.bossy), CELL.runners])
    touching = LM24.solidus - jnp.asarray([0.0, 0.0, LATER]) + fitted[8]
    (c1, c2), between, (_, g2), (_, s2) = CELL.resting(put["oil"], put["hall"])

    def flux(warm: Array, surface: Array) -> Array:
        share = jnp.clip((warm - touching + 80.0) / 80.0, 0.0, 1.0)
        return (gaps + (films - gaps) * share * share * (3 - 2 * share)) * (warm - surface)

    def rates(state: Array) -> Array:
        heat, surface, body = state[:3], state[3], state[4]
        warm = kelvin(heat, LM24)
        passes = link * (warm[0] - warm[1]) * jnp.asarray([1 / masses[0], -1 / masses[1], 0.0])
        lost = flux(warm, surface) / (LM24.density * jnp.asarray(THICK))
        inward = between * (surface - body)
        return jnp.concatenate(
            [-lost - passes, jnp.stack([((lost * masses).sum() - inward) / c1, (s2 - g2 * body + inward) / c2])]
        )

    steps = 100
    span = put["dwell"] / steps

    def step(y: Array, _: None) -> tuple[Array, Array]:
        a = rates(y)
        b = rates(y + span / 2 * a)
        c = rates(y + span / 2 * b)
        d = rates(y + span * c)
        y = y + span / 6 * (a + 2 * b + 2 * c + d)
        return y, y[:3]

    start = jnp.full(3, LM24.heat(put["metal"] - CELL.sleeve))
    end, course = lax.scan(step, jnp.concatenate([start, case[3:5]]), None, length=steps)
    warm = kelvin(end[:3], LM24)
    times = span * jax.nn.sigmoid(course / (0.01 * LM24.melt)).sum(axis=0)  # how long it was not yet solid, smoothly
    spot = warm[0] + peak * flux(warm, end[3])[0] * 0.01 / LM24.conductivity
    mean = CELL.bossy * warm[0] + (1 - CELL.bossy) * warm[1]
    return jnp.stack([masses @ (start - end[:3]), mean, spot, times[0], times[2]])


def fit_lumps(x: Array, y: np.ndarray, other: Array, *, only: slice = slice(None)) -> np.ndarray:
    """What the lumps tell of other cases, fitted to these, or to some of their outputs alone."""
    many: Any = jax.jit(jax.vmap(lumps, in_axes=(0, None)))
    slope: Any = jax.jit(jax.vmap(jax.jacfwd(lumps, argnums=1), in_axes=(0, None)))
    size = y.std(axis=0)
    tried = [
        least_squares(
            lambda p: ((np.asarray(many(x, jnp.asarray(p))) - y) / size)[:, only].ravel(),
            np.asarray([0.6, 0.9, 0.7, 1.0, 1.0, 1.0, link, 0.5, 20.0]),
            lambda p: (np.asarray(slope(x, jnp.asarray(p))) / size[:, None])[:, only].reshape(-1, 9),  # type: ignore[arg-type]
            bounds=([0.05] * 6 + [0.0, 0.0, -50.0], [5.0] * 6 + [300.0, 5.0, 100.0]),
            x_scale=[1, 1, 1, 1, 1, 1, 20, 1, 20],
            max_nfev=30,
        )
        for link in (2.0, 20.0)
    ]
    found = min(tried, key=lambda one: one.cost)
    print("fitted:", found.x.round(3))
    return np.asarray(many(other, jnp.asarray(found.x)))


def chvorinov(x: Array, y: np.ndarray, other: Array) -> np.ndarray:
    """Freezing time of the section [case]: factor (density V/A heat / (film drop))^power, fitted."""

    def ask(x: Array) -> np.ndarray:
        drop = LM24.solidus - np.asarray(x[:, 3])
        heat = np.asarray(LM24.heat(x[:, 0] - CELL.sleeve))
        return np.log(LM24.density * THICK[0] * heat / (CELL.film * drop))

    power, factor = np.polyfit(ask(x), np.log(y[:, 3]), 1)
    return np.exp(factor + power * ask(other))


def _warm(many: Any, x: Array) -> float:
    """CPU time of a call that is compiled [ns]."""
    jax.block_until_ready(many(x))
    return nanoseconds(many, x, 0.05)


def speeds() -> dict[str, float]:
    """Solver over network: CPU time of a case at batch 1, at 1,024, and of gradients of all outputs' sum at 256."""
    learned = load(SHIPPED / "die_casting_section.surrogate")
    ways = {"solver": learned.problem.one, "network": learned.one}
    steep = {name: jax.grad(lambda case, one=one: jnp.sum(one(case))) for name, one in ways.items()}
    found = {}
    for what, forms, count in (("batch 1", ways, 1), ("batch 1,024", ways, 1024), ("gradients, 256", steep, 256)):
        cost = {}
        for name, one in forms.items():
            many: Any = jax.jit(jax.vmap(one))
            cost[name] = _warm(many, cases(count, 3))
        found[what] = cost["solver"] / cost["network"]
        each = {name: ns / count for name, ns in cost.items()}
        print(f"{what}: {each['solver']:,.0f} ns on the solver, {each['network']:,.0f} ns on the network", flush=True)
    return found


def blisters(spot: np.ndarray) -> np.ndarray:
    """Chance of a blister at reference porosity."""
    return 1 / (1 + np.exp((CELL.blister - spot) / CELL.blister_width))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="where to store the figures")
    parser.add_argument("--cases", type=int, default=64, help="for the grids")
    parser.add_argument("--speed", action="store_true", help="only how much faster the network is")
    words = parser.parse_args()
    if words.speed:
        print(speeds())
        return
    x = cases(words.cases, 0)
    exact, _ = solved(x, *FINEST)
    found: dict[str, Any] = {"outputs": TOLD, "grids": [], "formulas": []}
    for fine, steps in GRIDS:
        told, spent = solved(x, fine, steps)
        off = told - exact
        row = {"mm": 2 / fine, "steps": steps, "stages": grid(cells_of(fine), steps).stages, "us": 1e6 * spent}
        row |= {"rms": np.sqrt((off**2).mean(axis=0)).tolist(), "largest": np.abs(off).max(axis=0).tolist()}
        found["grids"].append(row)
        print(row, flush=True)
    x, other = cases(128, 1), cases(512, 2)
    (y, _), (true, _) = solved(x, FINE, STEPS), solved(other, FINE, STEPS)
    late = chvorinov(x, y, other) - true[:, 3]
    print(f"Chvorinov: {np.sqrt((late**2).mean()):.3f} s rms, {np.abs(late).max():.2f} s at most")
    found["formulas"] = {"chvorinov_s": {"rms": float(np.sqrt((late**2).mean())), "largest": float(np.abs(late).max())}}
    for name, only in (("lumps", slice(None)), ("lumps, fitted to the spot alone", slice(2, 3))):
        told = fit_lumps(x, y, other, only=only)
        off = np.abs(told - true)
        ratio = blisters(told[:, 2]) / blisters(true[:, 2])
        found["formulas"][name] = {
            "rms": np.sqrt((off**2).mean(axis=0)).tolist(),
            "p99": np.percentile(off, 99, axis=0).tolist(),
            "largest": off.max(axis=0).tolist(),
            "blister_ratio_5_95": np.percentile(ratio, [5, 95]).tolist(),
        }
    print(json.dumps(found["formulas"], indent=1))
    if words.json:
        words.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
