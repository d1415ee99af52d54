"""Every time and every order of the twin equals the event simulation of `oracles/`, on random lines of all features."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
import pytest
from against_oracle import differences
from random_lines import FEATURES, random_line

GROUPS = (
    ("machines", "transport"),
    ("machines", "scrap", "rework"),
    ("machines", "operating", "transport"),
    ("machines", "operating", "scrapping"),
    ("machines", "setup", "orders"),
    ("conveyor", "transport", "scrap"),
    ("calendar", "machines", "scrapping"),
    ("shifts", "machines", "setup"),
    ("shifts", "operating"),
    ("shifts", "calendar", "conveyor"),
    ("maintenance", "machines", "operating"),
    ("planned", "machines", "standby"),
    ("planned", "shifts"),
    ("standby", "interval", "machines"),
    ("pallets", "machines", "interval"),
    ("recorded", "machines", "scrap"),
    ("differ", "machines", "products"),
    ("orders", "products", "machines", "rework"),
    ("renewing", "operating", "machines", "maintenance"),
    ("renewing", "operating", "planned", "shifts", "scrapping"),
    ("setup", "release", "machines", "orders"),
    ("setup", "release", "shifts", "calendar"),
)
"""Features that are tried together; buffers vary on all lines."""


@pytest.fixture(autouse=True)
def _forget_the_line() -> Iterator[None]:
    """Every line has a program of its own, which no other test uses."""
    yield
    jax.clear_caches()


def _cases(count: int, first: int) -> list[tuple[int, tuple[str, ...]]]:
    return [(first + k, GROUPS[k % len(GROUPS)]) for k in range(count)]


def _check(seed: int, features: tuple[str, ...]) -> None:
    by_parts = seed % 5 == 0 and not {"orders", "recorded"} & set(features)
    run: dict[str, Any] = {"parts": 40} if by_parts else {"horizon": 120.0}
    line = random_line(seed, {"buffers", *features})
    assert differences(line, seed=seed, replication=seed % 2, **run) == []


@pytest.mark.parametrize(("seed", "features"), _cases(66, 0))
def test_equals_the_oracle(seed: int, features: tuple[str, ...]) -> None:
    _check(seed, features)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "features"), _cases(308, 1000))
def test_equals_the_oracle_on_many_lines(seed: int, features: tuple[str, ...]) -> None:
    _check(seed, features)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2000, 2030))
def test_equals_the_oracle_with_everything_at_once(seed: int) -> None:
    left_out = np.random.default_rng(seed).choice(FEATURES, 6, replace=False)
    _check(seed, tuple(set(FEATURES) - set(left_out)))


def test_the_comparison_notices_a_wrong_line() -> None:
    line = random_line(4, {"buffers", "machines"})
    other = random_line(5, {"buffers", "machines"})
    assert line != other
    import against_oracle

    original = against_oracle.oracle_line
    try:
        against_oracle.oracle_line = lambda _, seed, replication: original(other, seed, replication)
        assert differences(line, horizon=60.0)
    finally:
        against_oracle.oracle_line = original
