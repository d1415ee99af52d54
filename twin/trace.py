"""What came out of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.line import Line
from twin.plan import Plan, Shape

State = dict[str, Any]


@dataclass
class Trace:
    line: Line
    shape: Shape
    values: dict[str, Any]
    seed: Any
    replications: int
    by: str
    record: Any
    totals: dict[str, Any]
    window: tuple[Any, Any]
    clock: Any
    plan: Plan
    complete: Any
    blocks: list[Any] = field(default_factory=list)

    @property
    def visits(self) -> dict[str, np.ndarray]:
        end = np.asarray(self.window[1])
        rows = {name: [] for name in self.blocks[0]} | {"station": [], "replication": []}
        for block in self.blocks:
            fixed = block["fixed"] & (block["arrive"] <= end)
            k, m, r = np.nonzero(fixed)
            for name, value in block.items():
                if value.ndim == 3:
                    rows[name].append(value[fixed])
            rows["station"].append(m)
            rows["replication"].append(r)
        out = {name: np.concatenate(v) for name, v in rows.items() if v}
        for name in ("start", "finish", "depart"):
            late = out[name] > end[out["replication"]]
            out[name] = np.where(late, np.nan, out[name])
        return out
