"""Random lines for comparison with the oracle: all times are multiples of 1/1024 s, so that sums and ties are exact."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from twin.distribution import Distribution
from twin.line import (
    Failure,
    Line,
    Machine,
    Maintenance,
    Order,
    Process,
    Product,
    Rework,
    Setup,
    Shift,
    Source,
    Standby,
    Station,
)  # fmt: skip

FEATURES = (
    "machines", "buffers", "transport", "scrap", "rework", "setup", "operating", "calendar", "scrapping", "maintenance",
    "planned", "standby", "shifts", "conveyor", "orders", "interval", "pallets", "recorded", "differ", "products",
    "renewing", "release",
)  # fmt: skip

GRID = 1024


def grid(rng: np.random.Generator, low: float, high: float, size: int | None = None) -> Any:
    """Random multiples of 1/1024 between `low` and `high`."""
    return rng.integers(int(low * GRID), int(high * GRID) + 1, size) / GRID


def sample(rng: np.random.Generator, low: float, high: float, size: int = 40) -> Distribution:
    """An empirical distribution on the grid."""
    return Distribution("empirical", values=tuple(grid(rng, low, high, size)))


def random_line(seed: int, features: set[str]) -> Line:
    """A line with random numbers that uses (some of) the features named."""
    rng = np.random.default_rng(seed)
    on = lambda name, share=0.6: name in features and rng.random() < share  # noqa: E731
    count = int(rng.integers(1, 5))
    products = (
        tuple(Product(n, s) for n, s in (("A", 0.5), ("B", 0.25), ("C", 0.25)))
        if features & {"setup", "products"}
        else (Product("part"),)
    )
    names = [p.name for p in products]
    mode = "orders" if on("orders") else "interval" if on("interval") else "saturated"
    pallets = bool(on("pallets")) and not features & {"scrap", "rework", "scrapping"}
    stations = [_station(rng, on, f"S{m}", m, names, mode) for m in range(count)]
    source = Source(mode)
    if mode == "interval":
        source = Source(mode, time=sample(rng, 0.5, 3.0))
    if mode == "orders":
        release = np.sort(grid(rng, 0, 60, 12))
        orders = tuple(
            Order(f"o{k}", names[int(rng.integers(len(names)))], int(rng.integers(1, 8)), float(t))
            for k, t in enumerate(release)
        )
        source = Source(mode, orders=orders)
    shifts = ()
    if on("shifts"):
        shifts = (
            Shift(tuple(range(7)), 0.0, 30.0, ((10.0, 12.5),)),
            Shift(tuple(range(7)), 31.25, 80.0),
            Shift(tuple(range(7)), 84.0, 0.0),
        )
    least = sum(s.machines if s.kind == "machines" else 1 for s in stations)
    return Line(
        f"random {seed}",
        tuple(stations),
        source,
        products,
        shifts,
        pallets=least + int(rng.integers(0, 6)) if pallets else None,
    )


def _station(rng: np.random.Generator, on: Any, name: str, m: int, names: list[str], mode: str) -> Station:
    first = m == 0 and mode == "saturated"
    base = Station(
        name,
        Process(time=sample(rng, 0.25, 3.0)),
        buffer=0 if first or not on("buffers", 0.7) else int(rng.integers(0, 4)),
        transport=0.0 if first or not on("transport") else float(grid(rng, 0, 2)),
        scrap=0.2 if on("scrap") else 0.0,
    )
    down = lambda: sample(rng, 0.25, 6.0)  # noqa: E731
    calendar = Failure("outage", sample(rng, 5, 25), down(), "calendar", ages="new") if on("calendar") else None
    if on("conveyor", 0.4):
        belt = replace(base, kind="conveyor", machines=int(rng.integers(1, 5)), pitch=float(grid(rng, 0, 1.5)))
        belt = replace(belt, process=Process(time=Distribution("constant", {"mean": float(grid(rng, 0.5, 5))})))
        return replace(belt, failures=(calendar,) if calendar else ())
    machines = int(rng.integers(1, 4)) if on("machines") else 1
    failures = []
    scrapping = on("scrapping")
    if calendar:
        lost = scrapping and not on("operating", 0.5)
        failures.append(replace(calendar, interrupted="scrapped") if lost else calendar)
    if on("operating") and not any(f.interrupted == "scrapped" for f in failures):
        for k in range(int(rng.integers(1, 3))):
            interrupted = "scrapped" if scrapping and rng.random() < 0.5 else "kept"
            failures.append(Failure(f"f{k}", sample(rng, 1, 20), down(), "operating", interrupted, "new"))
    base = replace(base, machines=machines, failures=tuple(failures))
    if on("products"):
        base = replace(base, process=replace(base.process, product={names[-1]: sample(rng, 0.25, 3.0)}))
    if on("recorded", 0.3):
        base = replace(base, process=Process("recorded", rows=tuple(grid(rng, 0.25, 3.0, int(rng.integers(20, 60))))))
    elif on("rework"):
        base = replace(base, rework=Rework(0.3, int(rng.integers(1, 4))))
    base = _with_upkeep(rng, on, base, names)
    if on("differ") and machines > 1 and base.process.model == "timed":
        own = tuple(Machine(replace(base.process, time=sample(rng, 0.25, 3.0))) for _ in range(machines))
        base = replace(base, overrides=own)
    return base


def _with_upkeep(rng: np.random.Generator, on: Any, base: Station, names: list[str]) -> Station:
    """The station with setup, maintenance and standby, as far as these features are on."""
    planned = on("planned", 0.4)
    if on("setup"):
        changes = {(a, b): float(grid(rng, 0, 4)) for a in names for b in names if a != b and rng.random() < 0.7}
        begins = "loaded" if planned or rng.random() < 0.5 else "early"
        default = float(grid(rng, 0, 2))
        release = float(grid(rng, 0, 1.5)) if on("release") else 0.0
        base = replace(base, setup=Setup(default, changes, begins, release))
    maintenance = []
    if on("maintenance"):
        maintenance.append(Maintenance("grease", float(grid(rng, 3, 15)), float(grid(rng, 0.5, 4)), "operating"))
        if rng.random() < 0.5:
            maintenance.append(Maintenance("tool", float(rng.integers(2, 8)), float(grid(rng, 0.5, 3)), "parts"))
    if planned:
        every = float(grid(rng, 8, 30))
        maintenance.append(Maintenance("plan", every, float(grid(rng, 0.5, every / 2)), "calendar"))
    if on("standby"):
        levels = (
            Standby(float(grid(rng, 0.5, 1.5)), float(grid(rng, 0.1, 1))),
            Standby(float(grid(rng, 2, 4)), float(grid(rng, 1, 2))),
        )
        base = replace(base, standby=levels[: int(rng.integers(1, 3))])
    modes = [mode.name for mode in base.failures if mode.clock == "operating"]
    if modes and on("renewing", 0.8):
        maintenance = [
            replace(task, renews=tuple(name for name in modes if rng.random() < 0.6)) for task in maintenance
        ]
        foreseen = modes[int(rng.integers(len(modes)))]
        warning, duration = float(grid(rng, 0.5, 6)), float(grid(rng, 0.25, 2))
        task = Maintenance("seen", warning, duration, "condition", (foreseen,) if rng.random() < 0.5 else (), foreseen)
        maintenance.insert(int(rng.integers(len(maintenance) + 1)), task)
    return replace(base, maintenance=tuple(maintenance))
