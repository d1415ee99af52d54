"""What processes tell of the parts: the attributes that each visit makes, in the units in which they are shown."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.units import unit
from viz.numbers import shown_unit
from viz.story import Story

__all__ = ["told"]


def told(story: Story, order: np.ndarray) -> tuple[np.ndarray, list[Any]]:
    """The attributes that visits make.

    Args:
        story: of a run.
        order: in which its visits are wanted.

    Returns:
        All values one after the other, and for each station None, or where those of each of its visits begin (by place
        in `order`) and the names, units and decimals of what it makes.
    """
    values: list[np.ndarray] = []
    found: list[Any] = []
    first = 0
    station = story.visits["station"][order]
    for m in range(len(story.layout.bays)):
        made = [(name, about) for name, about in story.makes[m].items() if f"part/{name}" in story.visits]
        if not made:
            found.append(None)
            continue
        rows = np.flatnonzero(station == m)
        columns, names = [], []
        for name, about in made:
            shown = unit(about.unit)
            column = (story.visits[f"part/{name}"][order][rows] - shown.offset) / shown.scale
            columns.append(column)
            known = column[np.isfinite(column)]
            names.append([name, shown_unit(about.unit), _decimals(known)])
        values.append(np.stack(columns, axis=1).ravel())
        begins = dict(zip(rows.tolist(), range(first, first + len(rows) * len(made), len(made)), strict=True))
        first += len(rows) * len(made)
        found.append([begins, names])
    return np.concatenate([*values, np.zeros(1)]), found


def _decimals(values: np.ndarray) -> int:
    """Decimals that tell values apart: three digits of the largest, at most four."""
    largest = float(np.abs(values).max(initial=0.0))
    return 0 if largest >= 100 or largest == 0 else int(np.clip(2 - np.floor(np.log10(largest)), 0, 4))
