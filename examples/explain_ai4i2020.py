"""Do explanations find rules that are known? Networks learn the failures of a milling machine and are explained.

    python examples/explain_ai4i2020.py --data FOLDER

The data (Matzka 2020, doi 10.24432/C5HS5C, CC BY 4.0) are synthetic and not part of this project: put
`ai4i2020.csv.gz` or `ai4i2020.csv` into a folder. They were made by rules: a failure of heat dissipation (HDF) where
process - air <= 8.6 K and speed < 1380 rpm, of power (PWF) where torque x speed is outside 3.5 to 9 kW, by overstrain
(OSF) where wear x torque > 11, 12, 13 thousand min Nm (types L, M, H), of the tool (TWF) at random from 200 min of wear
on, and of no cause (RNF) at random. The networks see the six inputs only; `docs/trust/ai4i2020.md` has the figures.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from surrogates.dependence import partial_dependence
from surrogates.gradients import integrated_gradients
from surrogates.sensitivity import sobol
from surrogates.shapley import shapley

COLUMNS = {
    "type": "Type",
    "air": "Air temperature [K]",
    "process": "Process temperature [K]",
    "speed": "Rotational speed [rpm]",
    "torque": "Torque [Nm]",
    "wear": "Tool wear [min]",
}
"""Inputs. Left out: numbers of rows and products (no causes), "Machine failure" and the other modes (consequences)."""
INPUTS = tuple(COLUMNS)
MODES = ("TWF", "HDF", "PWF", "OSF", "RNF")
TYPES = "LMH"
WATT = 2.0 * np.pi / 60.0
"""Nm rpm to W."""


@dataclass(frozen=True)
class Cases:
    """Inputs x [case, input], whether each mode failed y [case, mode], and the tool that was in use [case]."""

    x: np.ndarray
    y: np.ndarray
    tool: np.ndarray

    def of(self, chosen: np.ndarray) -> Cases:
        """Those cases."""
        return Cases(self.x[chosen], self.y[chosen], self.tool[chosen])


def read(folder: Path) -> Cases:
    """The cases in a folder; a new tool is where wear falls."""
    packed = folder / "ai4i2020.csv.gz"
    raw = gzip.decompress(packed.read_bytes()) if packed.exists() else (folder / "ai4i2020.csv").read_bytes()
    table = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    columns = [
        [float(TYPES.index(row[c]) if n == "type" else float(row[c])) for row in table] for n, c in COLUMNS.items()
    ]
    x = np.array(columns).T
    y = np.array([[float(row[mode]) for mode in MODES] for row in table])
    wear = x[:, INPUTS.index("wear")]
    return Cases(x, y, np.concatenate([[0], np.cumsum(np.diff(wear) < 0)]))


def parted(cases: Cases, seed: int) -> tuple[Cases, Cases, Cases]:
    """To train on, to stop by, to test on: 70, 10 and 20 % of the tools, each with all its cases."""
    tools = np.random.default_rng(seed).permutation(np.unique(cases.tool))
    cut = np.split(tools, [round(0.7 * len(tools)), round(0.8 * len(tools))])
    first, second, third = (cases.of(np.isin(cases.tool, part)) for part in cut)
    return first, second, third


class Network(nnx.Module):
    """Scaled inputs to logits of the modes."""

    def __init__(self, width: int, *, rngs: nnx.Rngs) -> None:
        self.layers = nnx.List(
            [nnx.Linear(a, b, rngs=rngs) for a, b in ((len(INPUTS), width), (width, width), (width, len(MODES)))]
        )

    def __call__(self, x: jax.Array) -> jax.Array:
        """[case, input] -> [case, mode]."""
        for layer in self.layers[:-1]:
            x = jax.nn.gelu(layer(x))
        return self.layers[-1](x)


@dataclass(frozen=True)
class Ensemble:
    """Networks that differ in their first weights and in the order of their batches; answers are probabilities."""

    members: Callable[[Any], jax.Array]

    def predict(self, x: Any) -> jax.Array:
        """[case, input] -> [case, mode]: mean over the members."""
        return self.members(x).mean(axis=0)


def train(
    cases: Cases, held: Cases, *, members: int, steps: int, seed: int, width: int = 64, batch: int = 512
) -> Ensemble:
    """Learn the logits by Adam with decoupled decay; each member keeps the weights that were best on the held cases."""
    mean, scale = cases.x.mean(axis=0), cases.x.std(axis=0)
    scaled = lambda x: jnp.asarray((x - mean) / scale, jnp.float32)  # noqa: E731
    x, y, hx, hy = scaled(cases.x), jnp.asarray(cases.y, jnp.float32), scaled(held.x), jnp.asarray(held.y, jnp.float32)
    graph, _ = nnx.split(Network(width, rngs=nnx.Rngs(0)))
    optimiser = optax.adamw(optax.cosine_decay_schedule(5e-3, steps), weight_decay=1e-4)
    every = 100

    def loss(state: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        return optax.sigmoid_binary_cross_entropy(nnx.merge(graph, state)(x), y).sum(axis=1).mean()

    def member(key: jax.Array) -> Any:
        first = nnx.state(Network(width, rngs=nnx.Rngs(key)))

        def step(now: tuple, key: jax.Array) -> tuple[tuple, None]:
            state, memory = now
            drawn = jax.random.randint(key, (batch,), 0, len(x))
            change, memory = optimiser.update(jax.grad(loss)(state, x[drawn], y[drawn]), memory, state)
            return (optax.apply_updates(state, change), memory), None

        def round_(now: tuple, key: jax.Array) -> tuple[tuple, None]:
            state, memory, best, least = now
            (state, memory), _ = jax.lax.scan(step, (state, memory), jax.random.split(key, every))
            found = loss(state, hx, hy)
            best = jax.tree.map(lambda new, old: jnp.where(found < least, new, old), state, best)
            return (state, memory, best, jnp.minimum(found, least)), None

        start = (first, optimiser.init(first), first, jnp.asarray(jnp.inf, jnp.float32))
        return jax.lax.scan(round_, start, jax.random.split(jax.random.fold_in(key, 1), steps // every))[0][2]

    states = jax.jit(jax.vmap(member))(jax.random.split(jax.random.key(seed), members))

    @jax.jit
    def answers(x: Any) -> jax.Array:
        return jax.nn.sigmoid(jax.vmap(lambda state: nnx.merge(graph, state)(scaled(x)))(states))

    return Ensemble(answers)


def average_precision(score: np.ndarray, truth: np.ndarray) -> float:
    """Mean precision over the cases that failed, from the highest score down; the share of failures by chance."""
    order = np.argsort(-score, kind="stable")
    hits = truth[order] > 0
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())


def shares(model: Ensemble, background: np.ndarray, failed: Mapping[str, np.ndarray]) -> dict[str, dict[str, Any]]:
    """Of the failures of each mode: mean size of the values of each input in its probability, and of pairs."""
    found = {}
    for mode, x in failed.items():
        at = MODES.index(mode)
        one = shapley(model.predict, background, x, pairs=True)
        other = integrated_gradients(model.predict, background, x, tolerance=1e-3, most=64)
        assert one.pairs is not None
        found[mode] = {
            "shapley": one.importance[:, at],
            "gradients": np.abs(other.values).mean(axis=0)[:, at],
            "pairs": np.triu(one.pairs.mean(axis=0)[:, :, at], 1),
            "explained": float((one.predicted - one.base)[:, at].mean()),
        }
    return found


def crossings(
    model: Ensemble,
    background: np.ndarray,
    *,
    mode: str,
    input: str,
    grid: np.ndarray,
    **fixed: float,  # noqa: A002
) -> np.ndarray:
    """Where each member's partial dependence on an input steps, with others fixed; NaN where it does not step once."""
    cases = background.copy()
    for name, value in fixed.items():
        cases[:, INPUTS.index(name)] = value
    curve = partial_dependence(model.predict, cases, input=INPUTS.index(input), grid=grid, members=model.members)
    assert curve.members is not None
    steps = [replace(curve, mean=member).halfway(MODES.index(mode)) for member in curve.members]
    return np.array([step[0] if len(step) == 1 else np.nan for step in steps])


def thresholds(model: Ensemble, background: np.ndarray) -> list[tuple[str, float, np.ndarray]]:
    """Name, rule and what each member says, in the units of the rule."""
    few = background[:50]
    at = lambda mode, input, low, high, **fixed: crossings(  # noqa: E731
        model, few, mode=mode, input=input, grid=np.linspace(low, high, 101), **fixed
    )
    found = [
        (
            "HDF, process - air [K], speed 1300 rpm, air 302 K",
            8.6,
            at("HDF", "process", 308, 314, speed=1300, air=302, torque=52) - 302,
        )
    ]
    found += [
        ("HDF, speed [rpm], air 302 K, process 310 K", 1380.0, at("HDF", "speed", 1200, 1700, air=302, process=310))
    ]
    for speed in (1350, 1450, 1550):
        found += [
            (
                f"PWF, power above [W], speed {speed} rpm",
                9000.0,
                at("PWF", "torque", 45, 75, speed=speed) * speed * WATT,
            )
        ]
    for speed in (2200, 2500):
        found += [
            (f"PWF, power below [W], speed {speed} rpm", 3500.0, at("PWF", "torque", 5, 25, speed=speed) * speed * WATT)
        ]
    for kind, limit in zip(range(3), (11e3, 12e3, 13e3), strict=True):
        for torque in (55, 62):
            speed = 1400.0
            found += [
                (
                    f"OSF, wear x torque [min Nm], type {TYPES[kind]}, torque {torque} Nm",
                    limit,
                    at("OSF", "wear", 100, 250, type=kind, torque=torque, speed=speed) * torque,
                )
            ]
    return [*found, ("TWF, wear [min]", 200.0, at("TWF", "wear", 0, 240, torque=35, speed=1600))]


def main() -> None:
    """Train, test, explain, print."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    words.add_argument("--data", type=Path, required=True, help="folder with ai4i2020.csv.gz or ai4i2020.csv")
    words.add_argument("--members", type=int, default=5)
    words.add_argument("--steps", type=int, default=6000)
    words.add_argument("--seed", type=int, default=0)
    options = words.parse_args()
    cases = read(options.data)
    known, held, test = parted(cases, options.seed)
    model = train(known, held, members=options.members, steps=options.steps, seed=options.seed)
    probability = np.asarray(model.predict(test.x))
    print(f"{len(known.x)} cases to train on, {len(held.x)} to stop by, {len(test.x)} to test on")
    print("mode  failures  average precision  by chance")
    for mode, score, truth in zip(MODES, probability.T, test.y.T, strict=True):
        print(f"{mode}   {int(truth.sum()):8d}  {average_precision(score, truth):17.3f}  {truth.mean():9.4f}")
    background = np.random.default_rng(options.seed).permutation(known.x)[:100]
    failed = {mode: test.x[test.y[:, i] > 0] for i, mode in enumerate(MODES)}
    print("\nmode  explained  method   " + "".join(f"{name:>9}" for name in INPUTS) + "   strongest pair")
    for mode, found in shares(model, background, failed).items():
        first, second = np.unravel_index(np.argmax(np.abs(found["pairs"])), found["pairs"].shape)
        pair = f"{INPUTS[first]} x {INPUTS[second]} {found['pairs'][first, second]:+.2f}"
        for method in ("shapley", "gradients"):
            print(
                f"{mode}   {found['explained']:9.3f}  {method:9}"
                + "".join(f"{v:9.3f}" for v in found[method])
                + f"   {pair}"
            )
    indices = sobol(model.predict, background=known.x, points=4096)
    print("\nmode  order  " + "".join(f"{name:>20}" for name in INPUTS))
    for i, mode in enumerate(MODES):
        for order, value, interval in (
            ("first", indices.first, indices.first_interval),
            ("total", indices.total, indices.total_interval),
        ):
            cells = [f"{v:6.2f} ({a:.2f}, {b:.2f})" for v, a, b in zip(value[:, i], *interval[:, :, i], strict=True)]
            print(f"{mode}   {order:6}" + "".join(f"{cell:>20}" for cell in cells))
    print(
        "\nthreshold                                                   rule      mean   least to largest of the members"
    )
    for name, rule, values in thresholds(model, background):
        print(f"{name:54} {rule:9.1f} {np.mean(values):9.1f}   {np.min(values):.1f} to {np.max(values):.1f}")


if __name__ == "__main__":
    main()
