"""Intervals on a real plant that drifts: a surrogate of a gas turbine's emissions, trained on three years, used on two.

    python examples/drift_gas_turbine.py [--data FOLDER] [--json FILE] [--sensitivity]

The data (H. Kaya, P. Tufekci, E. Uzun, Turk. J. Electr. Eng. Comput. Sci. 27, 2019; UCI 551, doi 10.24432/C5WC95, CC BY
4.0; one row an hour, in the order of time, without time stamps) is not part of this project: put gt_2011_2015.csv.gz in
a folder and name it by --data, or the folder above it by LINETWIN_DATA_ROOT.

Inputs are weather and machine; neither emission is an input of the other, and the year is no input. An ensemble of five
networks learns the first 85 % of 2011 to 2013 and is left alone from then on. Intervals are calibrated on the other
15 %, then follow 2014 and 2015 row by row. Adaptive ones are told each measurement after it was bounded.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from numpy.typing import NDArray

from surrogates.adaptive import AdaptiveLevel, TrackedQuantile, two_sided
from surrogates.conformal import COVERAGES, Conformal
from surrogates.coverage import Coverage, coverage_of
from surrogates.guard import spread_of

Floats = NDArray[np.float64]
ROOT = Path(__file__).resolve().parents[1]
NAME = "gas_turbine_emissions"
INPUTS = ("AT", "AP", "AH", "AFDP", "GTEP", "TIT", "TAT", "TEY", "CDP")
OUTPUTS = {"NOX": "NOx", "CO": "CO"}
UNIT = "mg/m3"
LAST_TRAINED, FITTED = 2013, 0.85
MEMBERS, WIDTH, STEPS, BATCH, RATE = 5, 32, 3000, 256, 5e-3
WINDOW = 500
"""Rows that an adaptive level keeps: three weeks. A larger one forgets later; see --sensitivity."""
DAY = 24
BLOCK = 500
"""Rows in a row of which the least coverage is told: what a long run averages away."""


class Years(NamedTuple):
    """What was measured, a row an hour.

    Attributes:
        year: [row].
        x: inputs [row, input], in the units of the file.
        y: NOx and CO [row, output], in mg/m3.
    """

    year: Floats
    x: Floats
    y: Floats


class Predicted(NamedTuple):
    """Rows of measurements with predictions.

    Attributes:
        year: [row].
        measured: [row, output].
        mean: of the members [row, output].
        spread: deviation between members [row, output].
    """

    year: Floats
    measured: Floats
    mean: Floats
    spread: Floats

    def rows(self, which: slice) -> Predicted:
        """Some of the rows."""
        return Predicted(*(one[which] for one in self))


class Kept(NamedTuple):
    """How one kind of interval did.

    Attributes:
        all: coverage of all rows.
        least: least share held in any block of 500 rows.
    """

    all: Coverage
    least: float

    def to_dict(self) -> dict[str, float]:
        """For JSON."""
        return self.all._asdict() | {"least": self.least}


class Network(nnx.Module):
    """Two hidden layers, in scaled inputs and outputs."""

    def __init__(self, inputs: int, outputs: int, *, rngs: nnx.Rngs) -> None:
        self.first = nnx.Linear(inputs, WIDTH, rngs=rngs)
        self.second = nnx.Linear(WIDTH, WIDTH, rngs=rngs)
        self.last = nnx.Linear(WIDTH, outputs, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        """Outputs [case, output] of inputs [case, input]."""
        return self.last(nnx.tanh(self.second(nnx.tanh(self.first(x)))))


def folder_of(given: str | None) -> Path:
    """Where the data lie: as given, below LINETWIN_DATA_ROOT, or beside the repository."""
    return (
        Path(given) if given else Path(os.environ.get("LINETWIN_DATA_ROOT") or ROOT.parent / "shared" / "data") / NAME
    )


def load(folder: Path) -> Years:
    """Read the file."""
    with gzip.open(folder / "gt_2011_2015.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    column = lambda name: np.array([float(row[name]) for row in rows])  # noqa: E731
    return Years(column("year"), np.stack([*map(column, INPUTS)], axis=1), np.stack([*map(column, OUTPUTS)], axis=1))


def trained(x: Floats, y: Floats, *, seed: int = 0) -> Callable[[Floats], Floats]:
    """Train all members in one program; returns inputs [case, input] -> outputs [member, case, output]."""
    middle, size = (x.mean(axis=0), y.mean(axis=0)), (x.std(axis=0), y.std(axis=0))
    scaled = jnp.asarray((x - middle[0]) / size[0], jnp.float32)
    wanted = jnp.asarray((y - middle[1]) / size[1], jnp.float32)
    rule = optax.adam(optax.cosine_decay_schedule(RATE, STEPS))
    graph = nnx.graphdef(Network(x.shape[1], y.shape[1], rngs=nnx.Rngs(0)))

    def loss(weights: Any, rows: jax.Array) -> jax.Array:
        return jnp.mean((nnx.merge(graph, weights)(scaled[rows]) - wanted[rows]) ** 2)

    def train(key: jax.Array) -> Any:
        def step(state: tuple[Any, Any], count: jax.Array) -> tuple[tuple[Any, Any], None]:
            weights, memory = state
            rows = jax.random.randint(jax.random.fold_in(key, count), (BATCH,), 0, len(scaled))
            change, memory = rule.update(jax.grad(loss)(weights, rows), memory)
            return (optax.apply_updates(weights, change), memory), None

        weights = nnx.state(Network(x.shape[1], y.shape[1], rngs=nnx.Rngs(key)), nnx.Param)
        return jax.lax.scan(step, (weights, rule.init(weights)), jnp.arange(STEPS))[0][0]

    members = jax.jit(jax.vmap(train))(jax.random.split(jax.random.key(seed), MEMBERS))
    answer = jax.jit(jax.vmap(lambda weights, x: nnx.merge(graph, weights)(x), in_axes=(0, None)))

    def predict(cases: Floats) -> Floats:
        return (
            np.asarray(answer(members, jnp.asarray((cases - middle[0]) / size[0], jnp.float32))) * size[1] + middle[1]
        )

    return predict


def predicted(years: Years, *, seed: int = 0) -> tuple[Predicted, Predicted, Predicted]:
    """Train; then the rows fitted, those for calibration, and the years after."""
    end = int(np.sum(years.year <= LAST_TRAINED))
    cut = int(FITTED * end)
    outputs = trained(years.x[:cut], years.y[:cut], seed=seed)(years.x)
    rows = Predicted(years.year, years.y, outputs.mean(axis=0), np.asarray(spread_of(outputs)))
    return rows.rows(slice(cut)), rows.rows(slice(cut, end)), rows.rows(slice(end, None))


def kept(measured: Floats, low: Floats, high: Floats, *, promised: float) -> Kept:
    """Count what intervals held, in all and in the worst block."""
    held = (low <= measured) & (measured <= high)
    blocks = [float(held[begin : begin + BLOCK].mean()) for begin in range(0, len(held) - BLOCK + 1, BLOCK)]
    return Kept(coverage_of(measured, low, high, promised=promised), min(blocks))


def fixed(held: Predicted, after: Predicted, k: int, *, with_spread: bool) -> list[Kept]:
    """Split conformal intervals, calibrated once."""
    spread: dict[str, Any] = {"spread": held.spread} if with_spread else {}
    then: dict[str, Any] = {"spread": after.spread} if with_spread else {}
    found = Conformal.fit(held.measured, held.mean, coverages=COVERAGES, **spread)
    ends = ((promised, *found.interval(after.mean, coverage=promised, **then)) for promised in COVERAGES)
    return [kept(after.measured[:, k], low[:, k], high[:, k], promised=c) for c, low, high in ends]


def adaptive(make: Any, past: Floats, errors: Floats, *, late: int = 0) -> list[Kept]:
    """Adaptive intervals that hear of each error so many rows late."""
    found = []
    for promised in COVERAGES:
        below, above = two_sided(make, past, errors, coverage=promised, late=late)
        found.append(kept(errors, -below, above, promised=promised))
    return found


def compared(held: Predicted, after: Predicted, k: int) -> dict[str, list[Kept]]:
    """Coverage of each kind of interval on the years after, for one output."""
    past, errors = ((one.measured - one.mean)[:, k] for one in (held, after))
    series = np.concatenate([held.measured, after.measured])[:, k]
    changes, count = np.diff(series), len(errors)
    recent = past[-WINDOW:]
    return {
        "fixed": fixed(held, after, k, with_spread=False),
        "fixed, by spread": fixed(held, after, k, with_spread=True),
        "rolling window": adaptive(partial(AdaptiveLevel, step=0.0), recent, errors),
        "adaptive level": adaptive(AdaptiveLevel, recent, errors),
        "adaptive level, told 24 rows late": adaptive(AdaptiveLevel, recent, errors, late=DAY),
        "tracked quantile": adaptive(TrackedQuantile, past, errors),
        "tracked quantile, told 24 rows late": adaptive(TrackedQuantile, past, errors, late=DAY),
        "no surrogate: the row before": adaptive(AdaptiveLevel, changes[:-count][-WINDOW:], changes[-count:]),
    }


def sensitivity(held: Predicted, after: Predicted, k: int) -> dict[str, list[Kept]]:
    """The same with other settings of the adaptive rules, for one output."""
    past, errors = ((one.measured - one.mean)[:, k] for one in (held, after))
    level = {f"window {n}, step {s:g}": (partial(AdaptiveLevel, step=s), n) for n in (250, 1000) for s in (0.002, 0.02)}
    rates = {f"tracked, rate {r:g}": (partial(TrackedQuantile, rate=r), len(past)) for r in (0.01, 0.1)}
    integral = {"tracked, with integral": (partial(TrackedQuantile, gain=0.1), len(past))}
    tried = (level | rates | integral).items()
    return {name: adaptive(make, past[-count:], errors) for name, (make, count) in tried}


def show(title: str, found: dict[str, list[Kept]]) -> None:
    """Print a table, one line for each kind of interval."""
    print(f"\n| {title} |" + "".join(f" promised {one:.0%} |" for one in COVERAGES))
    print("|---|" + "---|" * len(COVERAGES))
    for name, row in found.items():
        cells = []
        for one in row:
            unbounded = f", {one.all.unbounded:.1%} unbounded" if one.all.unbounded else ""
            cells.append(f" {one.all.share:.3f}, least {one.least:.2f}; {one.all.width:.1f}{unbounded} |")
        print(f"| {name} |" + "".join(cells))


def main() -> None:
    """Train, follow two years, print and store what came of it."""
    words = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    words.add_argument("--data", help="folder of gt_2011_2015.csv.gz")
    words.add_argument("--json", help="file to write the figures to")
    words.add_argument("--seed", type=int, default=0, help="of the networks")
    words.add_argument("--sensitivity", action="store_true", help="try other settings of the adaptive rules too")
    given = words.parse_args()
    folder = folder_of(given.data)
    if not (folder / "gt_2011_2015.csv.gz").is_file():
        sys.exit(
            f"{folder} has no gt_2011_2015.csv.gz; it comes from UCI 551. Put it there, or name its folder by --data."
        )
    fitted, held, after = predicted(load(folder), seed=given.seed)
    told: dict[str, Any] = {}
    years = (("fitted", fitted), ("calibration", held), ("2014-2015", after))
    for k, name in enumerate(OUTPUTS.values()):
        found = compared(held, after, k) | (sensitivity(held, after, k) if given.sensitivity else {})
        for when, rows in years:
            error = (rows.measured - rows.mean)[:, k]
            fit = 1.0 - np.mean(error**2) / rows.measured[:, k].var()
            print(f"{name} {when}: {len(error)} rows, mean error {error.mean():.2f} {UNIT}, R2 {fit:.2f}")
        show(f"{name}, {UNIT}", found)
        told[name] = {kind: [one.to_dict() for one in row] for kind, row in found.items()}
    print(f"\nShare held, least in any {BLOCK} rows; mean width of the bounded intervals, share of the others.")
    if given.json:
        Path(given.json).write_text(json.dumps(told, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
