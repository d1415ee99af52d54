"""What the solvers of the processes cost and how exact they are, over their grids: what a surrogate has to beat.

    python benchmarks/solvers.py --json benchmarks/results/solvers.json

Every solver runs on 1,024 cases at once, drawn from the whole window that the machine accepts, compiled in float64. Its
error is the worst of them against an exact or a much finer solution. Costs are CPU nanoseconds per call over all
threads, the least of some rounds through all grids; loops are compiled as the command `linetwin` does it.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import brentq

from scenarios.compiled import compile_whole_loops
from twin.physics import Casting, Oven, Washing
from twin.physics.conduction import STEPS as WALL_STEPS
from twin.physics.conduction import Face, Wall, conduct
from twin.physics.cure import STEPS as CURE_STEPS
from twin.physics.cure import Kinetics, cured
from twin.physics.die import relax
from twin.physics.oven import REFERENCE
from twin.physics.oven import STEPS as OVEN_STEPS
from twin.physics.solidification import (
    CELLS,
    ROOT_STEPS,
    film_freezing_time,
    neumann_freezing_time,
    solidify,
    solved_freezing_time,
    stefan_root,
)
from twin.physics.solidification import STEPS as FROZEN_STEPS
from twin.physics.washing import STEPS as DRYER_STEPS
from twin.process import Around

COUNT = 1024
ROUNDS = 7
HALL = 293.15

Case = dict[str, Any]


@dataclass(frozen=True)
class Solver:
    """A solver over its grids.

    Attributes:
        name: as shown.
        used: in which process.
        limit: stated errors, by unit.
        grid: the one in use.
        grids: label -> grid.
        cases: arrays [case].
        solve: (case, grid) -> result of one case.
        error: (results of all cases, their grid) -> worst errors by unit.
    """

    name: str
    used: str
    limit: Mapping[str, float]
    grid: Any
    grids: Mapping[str, Any]
    cases: Case
    solve: Callable[[Case, Any], Any]
    error: Callable[[Any, Any], Mapping[str, float]]


def box(ranges: Mapping[str, tuple[float, float]], seed: int = 0) -> Case:
    """Random points of a box, a third of each coordinate on its faces."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, (low, high) in ranges.items():
        share = rng.uniform(size=COUNT)
        share = np.where(rng.uniform(size=COUNT) < 1 / 3, np.round(share), share)
        found[name] = jnp.asarray(low + share * (high - low))
    return found


def knobs(process: Any, *names: str) -> dict[str, tuple[float, float]]:
    """The windows that a machine accepts."""
    return {name: knob.machine for name, knob in process.setpoints.items() if not names or name in names}


def labelled(words: str, grids: Iterable[tuple[int, ...]]) -> dict[str, Any]:
    """The grids by how they are shown."""
    return {words.format(*grid): grid for grid in grids}


def worst(found: Any, true: Any) -> float:
    """Largest difference."""
    return float(np.abs(np.asarray(found) - np.asarray(true)).max())


def wall() -> Solver:
    """Half a plane wall cooled from one excess, Bi 0.01 to 100, Fo 0.05 to 100, against the exact series."""
    rng = np.random.default_rng(0)
    biot, fourier = 10 ** rng.uniform(-2, 2, COUNT), 10 ** rng.uniform(np.log10(0.05), 2, COUNT)
    fourier[: COUNT // 4] = 0.05
    exact = np.asarray([_series(b, f) for b, f in zip(biot, fourier, strict=True)])

    def solve(case: Case, grid: tuple[int, int]) -> Any:
        cells, steps = grid
        front, back = Face(0.0, 0.0), Face(case["biot"], 0.0)
        profile, _, _ = conduct(
            jnp.ones(cells + 1), case["fourier"], Wall(1.0, 1.0, 1.0), front=front, back=back, steps=steps
        )
        return profile[jnp.asarray([0, -1])]

    grids = [
        (4, 4),
        (6, 6),
        (6, 12),
        (8, 12),
        (10, 12),
        (11, 10),
        (12, 8),
        (12, 9),
        (12, 12),
        (16, 16),
        (24, 24),
        (48, 48),
    ]
    return Solver(
        "plane wall, conduction",
        "none of `housing`",
        {"% of the excess": 0.1},
        (12, WALL_STEPS),
        labelled("{} cells, {} steps", grids),
        {"biot": jnp.asarray(biot), "fourier": jnp.asarray(fourier)},
        solve,
        lambda found, _: {"% of the excess": 100 * worst(found, exact)},
    )


def _series(biot: float, fourier: float) -> tuple[float, float]:
    """Excess of a plane wall at its centre and its surface, exact: 30 terms."""
    z = np.asarray(
        [brentq(lambda x: x * np.sin(x) - biot * np.cos(x), k * np.pi + 1e-12, (k + 0.5) * np.pi) for k in range(30)]
    )
    term = 4 * np.sin(z) / (2 * z + np.sin(2 * z)) * np.exp(-(z**2) * fourier)
    return float(term.sum()), float((term * np.cos(z)).sum())


def root() -> Solver:
    """Root of the Stefan problem for Stefan numbers from 1e-4 to 100, against 40 steps."""
    stefan = jnp.asarray(10 ** np.random.default_rng(0).uniform(-4, 2, COUNT))
    true = stefan_root(stefan, steps=40)
    return Solver(
        "Stefan problem, root",
        "die casting",
        {"relative": 1e-9},
        ROOT_STEPS,
        {f"{n} Newton steps": n for n in (1, 2, 3, 4, 6)},
        {"stefan": stefan},
        lambda case, steps: stefan_root(case["stefan"], steps=steps),
        lambda found, _: {"relative": worst(found / true, 1.0)},
    )


def freezing() -> Solver:
    """Enthalpy method: the front beyond a quarter of the half thickness, against Neumann's solution."""
    cases = box({"half": (0.0015, 0.0125), "mould": (420.0, 600.0)})

    def solve(case: Case, grid: tuple[int, int]) -> Any:
        cells, steps = grid
        full = neumann_freezing_time(case["half"], case["mould"])
        times, left = solidify(
            case["half"], case["mould"], film=jnp.inf, melt=853.15, horizon=0.99 * full, cells=cells, steps=steps
        )
        front, exact = (1 - jnp.clip(left, 0, 1)).mean(axis=1), jnp.sqrt(times / full)
        return jnp.max(jnp.where(exact > 0.25, jnp.abs(front / jnp.maximum(exact, 0.25) - 1), 0.0))

    def error(found: Any, grid: tuple[int, int]) -> Mapping[str, float]:
        """Also of the time in which thin walls freeze, which their film alone decides."""
        thin = jnp.asarray([0.001, 0.0015, 0.002]), jnp.asarray([100.0, 150.0, 200.0])
        mould, melt = 493.15, 936.15
        time = lambda half, film: solved_freezing_time(half, mould, film=film, melt=melt, cells=grid[0], steps=grid[1])  # noqa: E731
        exact = film_freezing_time(thin[0], mould, film=thin[1], melt=melt)
        late = worst(jax.jit(jax.vmap(time))(*thin) / exact, 1.0)
        return {"% of the front": 100 * float(jnp.max(found)), "% of a thin wall's time": 100 * late}

    grids = [(10, 40), (15, 80), (20, 120), (25, 140), (30, 120), (30, 140), (30, 160), (30, 320), (60, 320)]
    limit = {"% of the front": 1.0, "% of a thin wall's time": 1.2}
    return Solver(
        "freezing of a wall, enthalpy",
        "checks `freezing_time`; no visit calls it",
        limit,
        (CELLS, FROZEN_STEPS),
        labelled("{} cells, {} steps", grids),
        cases,
        solve,
        error,
    )


def shot() -> Solver:
    """Heat of a shot and temperatures of the die: passes between the freezing metal and the die, against 12 passes."""
    cell = Casting()
    cases = box({**knobs(cell), "surface": (400.0, 560.0), "body": (400.0, 560.0)})

    def solve(case: Case, passes: int) -> Any:
        """As `Casting.cycle` until the die opens."""
        rest, closed = cell.resting(case["oil"], jnp.asarray(HALL)), cell.fill + case["dwell"]
        ready, _ = relax(rest, (case["surface"], case["body"]), cell.close + cell.dose)
        mean = ready[0]
        hot, heat = ready, jnp.asarray(0.0)
        for _ in range(passes):
            heat, _, _ = cell.freeze(case, mean)
            hot, during = relax(rest._replace(source=(heat / closed, rest.source[1])), ready, closed)
            mean = during[0] / closed
        return jnp.stack([heat, hot[0]])

    true = jax.vmap(lambda case: solve(case, 12))(cases)
    return Solver(
        "die and freezing metal, heat of a shot",
        "die casting",
        {"% of the heat": 0.5},
        2,
        {f"{n} pass" + "es" * (n > 1): n for n in (1, 2, 3, 4)},
        cases,
        solve,
        lambda found, _: {
            "% of the heat": 100 * worst(found[:, 0] / true[:, 0], 1.0),
            "K, cavity when it opens": worst(found[:, 1], true[:, 1]),
        },
    )


def oven() -> Solver:
    """Boss, wall and hanger through the zones, against 400 + 600 steps, with what that makes of the cure."""
    process = Oven()
    cases = box({**knobs(process), "temperature": (263.15, 373.15), "film": (20e-6, 400e-6)})
    kinetics = Kinetics(process.slow, process.fast, process.activation, process.speeding, process.order)

    def solve(case: Case, steps: tuple[int, int]) -> Any:
        around = Around(jnp.asarray(HALL), jnp.asarray(60.0))
        return process.passage(case, case, around, steps)

    fine = jax.jit(jax.vmap(lambda case: solve(case, (400, 600))))(cases)
    cure = jax.jit(jax.vmap(lambda time: cured(time, REFERENCE, kinetics, steps=256)))

    def error(found: Any, _: Any) -> Mapping[str, float]:
        kelvin = max(worst(a, b) for a, b in zip(found.temperature, fine.temperature, strict=True))
        degree = max(worst(cure(a), cure(b)) for a, b in ((found.boss, fine.boss), (found.wall, fine.wall)))
        return {"K": kelvin, "of cure": degree}

    grids = [(2, 3), (4, 5), (5, 7), (6, 8), (7, 9), (8, 8), (8, 10), (10, 12), (16, 20), (32, 40)]
    return Solver(
        "oven, three nodes",
        "oven",
        {"K": 0.5, "of cure": 0.002},
        OVEN_STEPS,
        labelled("{} + {} steps", grids),
        cases,
        solve,
        error,
    )


def cure() -> Solver:
    """Degree of cure after an exposure of 10 s to 200 h at 200 °C, against 512 steps."""
    process = Oven()
    kinetics = Kinetics(process.slow, process.fast, process.activation, process.speeding, process.order)
    cases = {"time": jnp.asarray(10 ** np.random.default_rng(0).uniform(1, 5.9, COUNT))}
    solve = lambda case, steps: cured(case["time"], REFERENCE, kinetics, steps=steps)  # noqa: E731
    true = jax.jit(jax.vmap(lambda case: solve(case, 512)))(cases)
    return Solver(
        "cure of the powder",
        "oven",
        {"of cure": 2e-4},
        CURE_STEPS,
        {f"{n} Runge-Kutta steps": n for n in (2, 3, 4, 6, 7, 8, 16, 32)},
        cases,
        solve,
        lambda found, _: {"of cure": worst(found, true)},
    )


def dryer() -> Solver:
    """A part and its water in the dryer, against 2,000 steps."""
    process = Washing()
    cases = box(knobs(process))

    def solve(case: Case, steps: int) -> Any:
        return process.dry(case["bath"], case["dryer"], process.dried * case["pitch"], steps)

    fine = jax.jit(jax.vmap(lambda case: solve(case, 2000)))(cases)

    def error(found: Any, _: Any) -> Mapping[str, float]:
        grams = 1e3 * process.carried * worst(jnp.exp(found.logarithm), jnp.exp(fine.logarithm))
        return {"K": worst(found.temperature, fine.temperature), "g of water": grams}

    return Solver(
        "dryer, part and water",
        "washing",
        {"K": 0.3, "g of water": 0.1},
        DRYER_STEPS,
        {f"{n} steps": n for n in (4, 8, 10, 12, 14, 15, 16, 24, 32, 64)},
        cases,
        solve,
        error,
    )


SOLVERS = (wall, root, freezing, shot, oven, cure, dryer)


def nanoseconds(run: Callable[[Case], Any], cases: Case, least: float = 0.05) -> float:
    """CPU time of one case over all threads [ns], mean over `least` seconds."""
    begin, calls = time.process_time(), 0
    while time.process_time() - begin < least:
        jax.block_until_ready(run(cases))
        calls += 1
    return 1e9 * (time.process_time() - begin) / calls / COUNT


def curve(solver: Solver) -> dict[str, Any]:
    """Error and cost of a solver on each of its grids, and which of them keep the stated error."""
    points, runs = [], {}
    for label, grid in solver.grids.items():
        runs[label] = jax.jit(jax.vmap(lambda case, grid=grid: solver.solve(case, grid)))
        error = dict(solver.error(runs[label](solver.cases), grid))
        kept = all(error[unit] <= limit for unit, limit in solver.limit.items())
        points.append({"grid": label, "error": error, "ns": np.inf, "kept": kept, "in_use": grid == solver.grid})
    for _ in range(ROUNDS):  # in turn, so that a busy machine slows all of them
        for point in points:
            point["ns"] = min(point["ns"], nanoseconds(runs[point["grid"]], solver.cases))
    for point in points:
        shown = ", ".join(f"{value:.2g} {unit}" for unit, value in point["error"].items())
        mark = "  <- in use" if point["in_use"] else "" if point["kept"] else "  (beyond)"
        print(f"  {point['grid']:22} {point['ns']:9.1f} ns  {shown}{mark}", flush=True)
    return {"used": solver.used, "limit": dict(solver.limit), "points": points}


def table(result: Mapping[str, Any]) -> str:
    """The figures as a table for the docs: the grid in use in bold, what misses the stated error in italics."""
    rows = ["| solver, where it is used, stated error | grid | error | ns |", "|---|---|---|---|"]
    for name, found in result.items():
        title = f"{name}; {found['used']}; " + ", ".join(f"{value:g} {unit}" for unit, value in found["limit"].items())
        for point in found["points"]:
            mark = "**" if point["in_use"] else "" if point["kept"] else "*"
            error = ", ".join(f"{point['error'][unit]:.2g}" for unit in found["limit"])
            cells = [f"{mark}{text}{mark}" for text in (point["grid"], error, f"{point['ns']:,.0f}")]
            rows.append(f"| {title} | {' | '.join(cells)} |")
            title = ""
    return "\n".join(rows)


def main() -> None:
    """Measure every solver and print its curve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="where to store the figures")
    parser.add_argument("--table", action="store_true", help="print the table of docs/benchmarks.md, too")
    words = parser.parse_args()
    compile_whole_loops()
    found = {}
    for make in SOLVERS:
        solver = make()
        print(f"{solver.name} ({solver.used}): stated " + ", ".join(f"{v:g} {u}" for u, v in solver.limit.items()))
        found[solver.name] = curve(solver)
    if words.table:
        print(table(found))
    if words.json:
        head = {"cases": COUNT, "python": platform.python_version(), "jax": jax.__version__}
        head["device"] = jax.devices()[0].device_kind
        words.json.parent.mkdir(parents=True, exist_ok=True)
        words.json.write_text(json.dumps(head | {"solvers": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
