"""The line `housing` on its processes from first principles: visits per CPU second, and where the time goes.

    python benchmarks/housing.py --json benchmarks/results/housing.json

One run of 1,000 parts in 64 replications that keeps KPIs only; CPU seconds over all threads, least of some runs after
the first. The first, with all caches empty, compiles and is listed apart. The share of the processes is a difference of
runs, taken in turn in one process: the line as it is; the same with constants in place of the visits of the families
that solve equations step by step (die casting, washing, oven); the same with constants in place of all visits.
Constants are those of a usual visit, so that as many parts are made and scrapped, and they depend on all that a visit
looks at, so that nothing else is compiled out. The cost of one family alone is that of its visits in a loop of their
own, in batches of the same shape, each station having its share of the visits. On a busy machine the differences are
noise; trust them when they agree with the sum of the families.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

import twin
from scenarios.compiled import compile_whole_loops
from twin.behave import HALL
from twin.line import Line, Station
from twin.process import Around, Outcome, family, knobs
from twin.shape import shape_of

SOLVERS = ("die_casting", "washing", "oven")
"""Families that solve equations step by step; the others are formulas."""

STEPS = 2048
"""Of the loop in which a family is timed alone."""


def case(process: Any) -> tuple[Any, ...]:
    """What a usual visit of a family starts from: setpoints, part, condition, surroundings, draws."""
    blank = lambda named: {name: jnp.asarray(about.value, float) for name, about in named.items()}  # noqa: E731
    around = Around(jnp.asarray(HALL), jnp.asarray(1.0))
    settings = {name: jnp.asarray(value, float) for name, value in knobs(process).items()}
    return (
        settings,
        blank(process.reads),
        blank(process.condition),
        around,
        dict.fromkeys(process.draws, jnp.asarray(0.5)),
    )


def usual(process: Any) -> tuple[Outcome, dict[str, Array]]:
    """A visit of a machine that has worked for a while, and the errors of its test, as plain numbers."""
    settings, part, condition, around, draws = case(process)
    visit = jax.jit(process.visit)
    for _ in range(60 if process.model == "die_casting" else 0):
        condition = visit(settings, part, condition, around, draws).condition
    found = (
        visit(settings, part, condition, around, draws)._replace(heat=None),
        process.finds(settings, part, condition),
    )
    return jax.tree.map(float, found)


@cache
def constant(cls: type[Any]) -> type[Any]:
    """A family that returns the outcome of a usual visit, whatever the numbers, of which it looks at all."""
    outcome, errors = usual(cls())

    def nothing(*seen: Any) -> Array:
        return sum((0.0 * jnp.sum(jnp.clip(x, -1e9, 1e9)) for x in jax.tree.leaves(seen)), start=jnp.zeros(()))

    def visit(self: Any, setpoints: Any, part: Any, *rest: Any) -> Outcome:
        zero = nothing(self, setpoints, part, *rest)
        return jax.tree.map(lambda x: x + zero, outcome)

    def finds(self: Any, setpoints: Any, part: Any, condition: Any) -> dict[str, Array]:
        zero = nothing(self, setpoints, part, condition)
        return {name: value + zero for name, value in errors.items()}

    own = {"visit": visit, "__annotations__": {}} | ({"finds": finds} if errors else {})
    return family(type(f"Constant{cls.__name__}", (cls,), own))


def without(line: Line, models: tuple[str, ...] | None) -> Line:
    """The line with constants in place of the visits of these families, or of all."""

    def made(station: Station) -> Station:
        process = station.process
        if process.behaviour is None or not (models is None or process.model in models):
            return station
        swap = lambda b: constant(type(b))(**{f.name: getattr(b, f.name) for f in fields(b)})  # noqa: E731
        behaviours = {name: swap(b) for name, b in process.behaviours.items()}
        return replace(station, process=replace(process, behaviour=swap(process.behaviour), behaviours=behaviours))

    return replace(line, stations=tuple(made(station) for station in line.stations))


def run(line: Line, parts: int, replications: int) -> tuple[float, float]:
    """CPU seconds of a run, and its visits."""
    begin = time.process_time()
    trace = twin.simulate(line, parts=parts, replications=replications, record="kpis")
    jax.block_until_ready(trace.totals)
    spent = time.process_time() - begin
    return spent, float(np.asarray(trace.totals["produced"]).sum())


def alone(cls: type[Any], places: int, replications: int) -> tuple[float, float]:
    """A family alone: CPU nanoseconds of a visit in a loop, and CPU seconds to compile that."""
    size = (places, replications)
    rng = np.random.default_rng(0)
    vary = lambda x: jnp.asarray(float(x) * (1 + 0.001 * rng.uniform(-1, 1, size)))  # noqa: E731
    inputs = jax.tree.map(vary, case(cls()))
    leaves = jax.tree.map(vary, cls())

    def step(seen: Array, _: None) -> tuple[Array, None]:
        now = jax.tree.map(lambda x: x * (1 + 1e-12 * seen), inputs)
        out = jax.vmap(jax.vmap(lambda process, args: process.visit(*args)._replace(heat=None)))(leaves, now)
        total = sum((jnp.asarray(x) for x in jax.tree.leaves(out)), start=jnp.zeros(size))
        return jnp.clip(1e-9 * total, -1.0, 1.0), None

    loop = jax.jit(lambda start: lax.scan(step, start, None, length=STEPS)[0])
    begin = time.process_time()
    compiled = loop.lower(jnp.zeros(size)).compile()
    compiling = time.process_time() - begin
    jax.block_until_ready(compiled(jnp.zeros(size)))
    best = np.inf
    for _ in range(5):
        begin = time.process_time()
        jax.block_until_ready(compiled(jnp.zeros(size)))
        best = min(best, time.process_time() - begin)
    return 1e9 * best / STEPS / places / replications, compiling


def measured(parts: int, replications: int, repeats: int) -> dict[str, Any]:
    """All figures."""
    line = twin.load_line("housing")
    lines = {
        "as it is": line,
        "constants for solvers": without(line, SOLVERS),
        "constants for all": without(line, None),
    }
    compiling, best, visits = {}, dict.fromkeys(lines, np.inf), {}
    for name, variant in lines.items():
        compiling[name], _ = run(variant, parts, replications)
        print(f"first run, {name}: {compiling[name]:.1f} CPU s", flush=True)
    for _ in range(repeats):
        for name, variant in lines.items():
            spent, visits[name] = run(variant, parts, replications)
            best[name] = min(best[name], spent)
    each = {name: 1e9 * best[name] / visits[name] for name in lines}
    families = {}
    for cls, places in shape_of(line).families:
        cost, compiled = alone(cls, len(places), replications)
        share = cost / each["as it is"] * len(places) / len(line.stations)
        families[cls.model] = {"ns": cost, "share": share, "compile_s": compiled}
        print(f"  {cls.model:12} {cost:7.0f} ns a visit, {share:6.1%}, compiles {compiled:.1f} CPU s")
    return {
        "parts": parts, "replications": replications, "repeats": repeats, "visits": visits["as it is"],
        "cpu_s": best, "visits_per_cpu_s": visits["as it is"] / best["as it is"],
        "share_of_solvers": 1 - each["constants for solvers"] / each["as it is"],
        "share_of_processes": 1 - each["constants for all"] / each["as it is"],
        "first_run_s": compiling, "families": families,
    }  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="where to store the figures")
    parser.add_argument("--parts", type=int, default=1000)
    parser.add_argument("--replications", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=7)
    words = parser.parse_args()
    compile_whole_loops()
    found = measured(words.parts, words.replications, words.repeats)
    solvers, processes = found["share_of_solvers"], found["share_of_processes"]
    print(f"{found['visits_per_cpu_s'] / 1e6:.3f} million visits per CPU second")
    print(f"differences of runs: {solvers:.1%} in {', '.join(SOLVERS)}, {processes:.1%} in all processes")
    if words.json:
        head = {"python": platform.python_version(), "jax": jax.__version__, "device": jax.devices()[0].device_kind}
        words.json.parent.mkdir(parents=True, exist_ok=True)
        words.json.write_text(json.dumps(head | found, indent=1) + "\n")


if __name__ == "__main__":
    main()
