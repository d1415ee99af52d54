"""What `benchmarks/optimise.py` races on: functions of a seed that give a problem of `scenarios.search`."""

from __future__ import annotations

from typing import Any

import numpy as np

from scenarios.search import Evaluated, Problem

SIZE, REPLICATIONS = 16, 16

PATHS = (
    "cast.metal", "cast.oil", "cast.dwell", "cast.spray", "cast.gate_speed", "cast.intensification", "mill.drill_speed",
    "mill.face_mill_speed", "mill.feed_per_tooth", "wash.bath", "wash.dryer", "leak.test", "coat.film", "cure.zone_1",
    "cure.zones_2_3", "cure.exhaust",
)  # fmt: skip


class Valley:
    """A bent, noisy valley of 16 variables with a linear and a curved constraint; what a line costs is charged for.

    The mean is a tilted bowl (condition number about 100) with a fourth-order part; each replication adds luck that
    depends on the point, the same at every call. Means over the replications are what is searched.

    Args:
        seed: of the luck; the valley itself is always the same.
        per_batch, per_point: seconds that a call and each point of it are charged with, as a simulation would cost.
    """

    def __init__(self, seed: int, per_batch: float = 0.01, per_point: float = 0.005) -> None:
        shape = np.random.default_rng(2026)
        turned, _ = np.linalg.qr(shape.normal(size=(SIZE, SIZE)))
        self._root = turned * np.geomspace(0.3, 3.0, SIZE)
        self._lowest = shape.uniform(-0.5, 0.5, SIZE)
        self._row = shape.normal(size=SIZE)
        luck = np.random.default_rng(seed)
        self._luck = 0.05 * luck.normal(size=(3, REPLICATIONS))
        self._lean = 0.02 * luck.normal(size=(3, REPLICATIONS, SIZE))
        self.names = tuple(f"x{k}" for k in range(SIZE))
        self.low, self.high = np.full(SIZE, -2.0), np.full(SIZE, 2.0)
        self.start, self.integer = np.full(SIZE, -0.8), np.zeros(SIZE, bool)
        self.objectives, self.constraints = 1, 2
        self.per_batch, self.per_point, self.charged = per_batch, per_point, 0.0

    def evaluate(self, points: Any) -> Evaluated:
        """Outputs [point, output, replication]."""
        points = np.asarray(points, float)
        self.charged += self.per_batch + self.per_point * len(points)
        away = (points - self._lowest) @ self._root
        cost = 0.5 * (away**2).sum(axis=1) + 0.1 * (away**4).sum(axis=1)
        line = points @ self._row + 0.5
        curved = (points**2).sum(axis=1) / SIZE - 0.15
        means = np.stack([cost, line, curved], axis=1)
        luck = self._luck[None] + np.einsum("orv,pv->por", self._lean, points)
        return Evaluated(means[:, :, None] + luck)

    def slopes(self, point: np.ndarray) -> np.ndarray:
        """Derivatives of the means; charged with half a point per variable, which is what lines take about."""
        self.charged += self.per_batch + self.per_point * SIZE / 2
        away = (point - self._lowest) @ self._root
        cost = self._root @ (away + 0.4 * away**3)
        return np.stack([cost, self._row, 2 * point / SIZE]) + self._lean.mean(axis=1)


def valley(seed: int) -> Problem:
    """See `Valley`."""
    return Valley(seed)


def housing(seed: int) -> Problem:
    """Energy per good part of the line `housing` over 16 setpoints in their released windows; output and scrap held."""
    import twin  # noqa: PLC0415  JAX is set up by whoever asks for this problem
    from scenarios.conditions import condition  # noqa: PLC0415
    from scenarios.length import Length  # noqa: PLC0415
    from scenarios.line_problem import Aim, LineProblem  # noqa: PLC0415
    from scenarios.sweep import Range  # noqa: PLC0415
    from scenarios.variables import variable_of  # noqa: PLC0415

    line = twin.load_line("housing")
    length = Length(parts=400, warmup_parts=50, replications=8, seed=seed)
    variables = [variable_of(line, path, Range(window="released")) for path in PATHS]
    conditions = [condition("throughput >= baseline"), condition("scrap_rate <= baseline")]
    return LineProblem(line, variables, [Aim("energy_per_good_part")], conditions, length)
